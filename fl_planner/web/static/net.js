// Requests to the server, and files saved under the names that it gives.
import { make } from "/dom.js";

const contentOf = (page, name) => page.querySelector(`meta[name="${name}"]`)?.content;
const TOKEN = contentOf(document, "token"), RUN = contentOf(document, "run");
const TRIES = 30; // one second apart, while the program is busy

export class Refused extends Error {
  constructor(told, status, sent = false) {
    super(told.reason);
    this.told = told;
    this.status = status;
    this.sent = sent; // a change without an answer: it may have been made
  }
}

export const LOST = {
  reason: "Connection lost: fl_planner does not answer.",
  remedy: "If it was closed or has stopped, start it again, and open the address shown in the terminal.",
};

// A refusal in words; a lost connection is in sentences already.
export const inWords = ({ reason, remedy }) => (reason.endsWith(".") ? `${reason} ${remedy}` : `${reason}; ${remedy}.`);
export const UNSURE = `${LOST.reason} It is unknown whether the entry was applied.`;

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

export async function ask(address, how = {}, tries = TRIES) {
  let answer;
  try {
    answer = await fetch(address, how);
  } catch (wrong) {
    if (how.signal?.aborted) throw wrong;
    throw new Refused(LOST, 0, Boolean(how.method));
  }
  if (answer.status === 503 && !how.method && tries > 1) { // a query may be repeated
    await wait(1000);
    return ask(address, how, tries - 1);
  }
  if (!answer.ok) {
    const told = await answer.json().catch(() => null);
    throw told ? new Refused(told, answer.status) : new Refused(LOST, 0, Boolean(how.method)); // the program failed, or is ending: what it did is unknown
  }
  return answer;
}

// What changed after this page was loaded: the "run" of the program, only the "cookie" of the browser, or nothing.
export async function findChanged() {
  const text = await (await ask("/", {}, 1)).text();
  const page = new DOMParser().parseFromString(text, "text/html");
  if (contentOf(page, "run") !== RUN) return "run";
  return contentOf(page, "token") === TOKEN ? "" : "cookie";
}

export function post(address, words = {}, files = []) {
  const form = new FormData();
  form.append("page", "1");
  for (const [name, value] of Object.entries(words)) form.append(name, value);
  for (const file of files) form.append("files", file, file.name);
  return ask(address, { method: "POST", body: form, headers: { "X-FL-Planner-Token": TOKEN } });
}

// Save an answer under the name given by the server, which contains the case.
export async function save(answer) {
  const told = answer.headers.get("content-disposition");
  const whole = /filename\*=UTF-8''([^;]+)/.exec(told);
  const name = whole ? decodeURIComponent(whole[1]) : /filename="([^"]+)"/.exec(told)[1];
  const saved = make("a", null, { download: name });
  saved.href = URL.createObjectURL(await answer.blob());
  saved.click();
  setTimeout(() => URL.revokeObjectURL(saved.href), 10000);
}
