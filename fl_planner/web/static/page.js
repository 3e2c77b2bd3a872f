// The page: the open case, its progress, results and exports.
// All contents come from the server as text and are inserted as text, never as markup.
import { tellConcerns } from "/concerns.js";
import { Cuts } from "/cuts.js";
import { Ask } from "/ask.js";
import { Away } from "/away.js";
import { Begins } from "/begins.js";
import { Branches } from "/branches.js";
import { Cutter } from "/cutter.js";
import { Drop } from "/drop.js";
import { Places } from "/places.js";
import { Sign } from "/sign.js";
import { Scene } from "/scene.js";
import { Shown } from "/shown.js";
import { OverTime } from "/time.js";

const $ = (id) => document.getElementById(id);
const TOKEN = document.querySelector('meta[name="token"]').content;
const NAME = document.title;
const WATCH_MS = 1000; // between looks at the cases, which also keep those of this browser open
const POLL_MS = 200; // at most; shorter at first, since most cases take a second
let open = null; // the case shown
let seen = null; // the case whose sections are shown
let version = 0; // of the results shown
let lost = false; // the program does not answer
let last = null; // action of "Try again"
let way = new AbortController(); // cancels pending requests of the case shown before
const shown = new Shown($, (at, label) => places.go(at, label));
const cuts = new Cuts($("views"), shown, $);
const scene = new Scene(cuts, shown, $);
export const places = new Places($, cuts, scene);
scene.picked = (at, label) => places.go(at, label);

function make(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function into(parent, ...children) {
  parent.append(...children.filter((child) => child));
  return parent;
}

class Refused extends Error {
  constructor(told, status) {
    super(told.reason);
    this.told = told;
    this.status = status;
  }
}

const TRIES = 30; // one second apart, while the program is busy

async function ask(address, how = {}, tries = TRIES) {
  let answer;
  try {
    answer = await fetch(address, how);
  } catch (wrong) {
    if (how.signal?.aborted) throw wrong;
    throw new Refused({
      reason: "Connection lost: fl_planner was closed or has stopped.",
      remedy: "Start fl-planner serve again, and open the address that it prints.",
    }, 0);
  }
  if (answer.status === 503 && !how.method && tries > 1) { // a query may be repeated
    await new Promise((done) => setTimeout(done, 1000));
    return ask(address, how, tries - 1);
  }
  if (!answer.ok) throw new Refused(await answer.json(), answer.status);
  return answer;
}

function post(address, words = {}, files = []) {
  const form = new FormData();
  form.append("page", "1");
  for (const [name, value] of Object.entries(words)) form.append(name, value);
  for (const file of files) form.append("files", file, file.name);
  return ask(address, { method: "POST", body: form, headers: { "X-FL-Planner-Token": TOKEN } });
}

function showOnly(...ids) {
  for (const id of ["drop", "roles", "trouble", "work", "case"]) $(id).hidden = !ids.includes(id);
  const first = ids.includes("roles") && ids.includes("case"); // sections of dropped files
  const early = ids.includes("work") && ids.includes("case"); // sections are shown, results are pending
  $("case").dataset.answered = String(!early && !first);
  if (early) $("cuts").after($("work"));
  else $("case").before($("work"));
  $("another").hidden = ids.includes("drop");
}

function showRefusal(told) {
  const file = told.file ? `${told.file}: ` : "";
  $("reason").textContent = `${file}${told.reason}`;
  $("remedy").textContent = told.remedy;
  showDetail(told.detail);
  showOnly("trouble");
}

function showDetail(detail) {
  $("trouble-more").hidden = !detail;
  $("trouble-more").open = false;
  $("detail").textContent = detail ?? "";
}

// Show a refusal; dropped files are kept, so that roles can be changed.
async function trouble(held) {
  showRefusal(held);
  await listCases();
  if (held.dropped && (await drop.showRoles(held.id))) $("trouble").hidden = false;
}

async function attempt(work) {
  last = work;
  try {
    await work();
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    if (refused.status) showRefusal(refused.told);
    else tellOver(refused.told); // what is shown stays readable
  }
}

// Say above the results that they are no longer kept up to date; they stay readable.
function tellOver({ reason, remedy }) {
  lost = true;
  const stays = $("case").hidden ? "" : " The results below are as last shown.";
  $("reason").textContent = `${reason}${stays}`;
  $("remedy").textContent = remedy;
  showDetail("");
  $("trouble").hidden = false;
}

const CLOSED = {
  reason: "This case was closed: in another tab, or because this page was not open for some time.",
  remedy: "Open the case again to continue.",
};

// Look at the cases all the time: another tab may change or close them, and the program may end.
async function watch() {
  for (;;) {
    await wait(WATCH_MS);
    try {
      await notice(await (await ask("/cases", {}, 1)).json());
    } catch (wrong) {
      if (!(wrong instanceof Refused)) throw wrong;
      if (!wrong.status && !lost) tellOver(wrong.told);
    }
  }
}

async function notice(held) {
  const mine = held.find((one) => one.id === open);
  if (open && !mine) {
    if (!lost && $("drop").hidden) tellOver(CLOSED);
    return;
  }
  if (lost) {
    lost = false;
    $("trouble").hidden = true;
  }
  if (JSON.stringify(held.map(naming)) !== $("cases").dataset.told) list(held);
  const stale = mine?.state === "ready" && version && mine.version !== version;
  if (!stale || seen !== open || $("ask").getAttribute("aria-busy") === "true") return;
  await show(open);
  $("said").textContent = "The case was changed in another tab; the results shown are the new ones.";
}

// Save an answer under the name given by the server, which contains the case.
async function save(answer) {
  const told = answer.headers.get("content-disposition");
  const whole = /filename\*=UTF-8''([^;]+)/.exec(told);
  const name = whole ? decodeURIComponent(whole[1]) : /filename="([^"]+)"/.exec(told)[1];
  const saved = make("a", null, { download: name });
  saved.href = URL.createObjectURL(await answer.blob());
  saved.click();
  setTimeout(() => URL.revokeObjectURL(saved.href), 10000);
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

// Select another case, or none; pending requests of the previous one are cancelled.
function turnTo(id) {
  way.abort();
  way = new AbortController();
  scene.close();
  cutter.close();
  begins.show([]);
  branches.close();
  $("ask").setAttribute("aria-busy", "true"); // contents are of another case
  for (const one of document.querySelectorAll("p.refused")) one.textContent = "";
  seen = null;
  version = 0;
  open = id;
  $("title").textContent = document.title = NAME; // without the name of the previous case
  for (const one of $("cases").querySelectorAll("[aria-current]")) {
    one.setAttribute("aria-current", String(one.dataset.case === id));
  }
}

async function follow(id) {
  if (lost) await ask(`/cases/${id}`); // otherwise the results that are shown stay
  turnTo(id);
  if (location.hash.slice(1) !== id) location.hash = id;
  showOnly("work");
  for (let turn = 1; ; turn++) {
    const held = await (await ask(`/cases/${id}`)).json();
    if (open !== id) return;
    if (held.state === "ready") return show(id);
    if (held.state === "checked") return drop.showRoles(id);
    if (held.state === "gathering") return showOnly("drop");
    if (held.state !== "working") return trouble(held);
    if (held.seen && seen !== id) await showEarly(id);
    const [kind, number, total] = held.counted ?? ["", 0, 0];
    const step = held.step.replaceAll("_", " ").replace(/\bct\b/, "CT");
    $("step").textContent = [total ? `${kind} ${number} of ${total}` : "", step].filter(Boolean).join(": ");
    if (total) {
      $("progress").max = total;
      $("progress").value = number - 1;
    } else $("progress").removeAttribute("value");
    await wait(Math.min(POLL_MS, 20 * turn));
  }
}

// Show sections of the masks while they are being measured.
async function showEarly(id) {
  const { signal } = way;
  const get = (what) => ask(`/cases/${id}/${what}`, { signal });
  try {
    const scan = await (await get("scan")).json();
    if (signal.aborted) return;
    showOnly("work", "case");
    shown.open(scan);
    places.open(scan);
    await cuts.open(scan, async (view, layer) => (await get(`cuts/${view}/${layer}`)).arrayBuffer());
    seen = id;
    $("said").textContent = "The sections are shown; the results are being calculated.";
    await listCases();
  } catch (wrong) {
    if (!signal.aborted && !(wrong instanceof Refused)) throw wrong; // the case itself reports the reason
  }
}

// Show sections of dropped files while their roles are chosen.
async function showFirst(id) {
  const { signal } = way;
  const get = (what) => ask(`/cases/${id}/${what}`, { signal });
  try {
    const scan = await (await get("scan")).json();
    if (signal.aborted || $("roles").hidden) return;
    showOnly("roles", "case");
    shown.open(scan);
    places.open(scan);
    await cuts.open(scan, async (view, layer) => (await get(`cuts/${view}/${layer}`)).arrayBuffer());
  } catch (wrong) {
    if (!signal.aborted && !(wrong instanceof Refused)) throw wrong; // without a mask there is none
  }
}

async function show(id) {
  const { signal } = way;
  const get = (what) => ask(`/cases/${id}/${what}`, { signal });
  try {
    const held = await listCases(); // first: a later change is noticed by its version
    const [tree, scan] = await Promise.all(["answer", "scan"].map(async (what) => (await get(what)).json()));
    if (signal.aborted) return;
    showOnly("case");
    showBanner(held.find((one) => one.id === id));
    shown.open(scan);
    places.open(scan);
    showAnswer(tree);
    const fetch = async (view, layer) => (await get(`cuts/${view}/${layer}`)).arrayBuffer();
    const again = seen === id;
    await cuts.open(scan, fetch, again);
    seen = id;
    await desk.open(id, get);
    if (signal.aborted) return;
    away.show(id, desk.told.hindrances);
    sign.show(desk.told); // at once, so that later choices of the user are kept
    begins.show(desk.told.begins);
    time.show(desk.told, held);
    $("said").textContent = "The results are shown.";
    cutter.open(await (await get("drafts")).json(), get);
    branches.open(await (await get("branches")).json(), get, again);
    await scene.open(scan.surfaces, async (number) => (await get(`surfaces/${number}`)).arrayBuffer());
  } catch (wrong) {
    if (!signal.aborted) throw wrong; // another case was selected meanwhile
  }
}

function showBanner(held) {
  version = held.version;
  $("title").textContent = held.banner;
  document.title = `${held.called} · ${NAME}`;
}

function showAnswer(tree) {
  $("notice").textContent = `${tree.notice} ${tree.subtitle}`;
  $("first").replaceChildren(...tree.first.map((one) => block(one)));
  $("second").replaceChildren(...[...tree.second, ...tree.measured].filter((one) => one.title !== "Reviewed and approved").map((one) => block(one)));
  $("chapters").replaceChildren(
    ...tree.chapters.map((one) =>
      into(make("details"), make("summary", one.title), ...one.blocks.map((each) => block(each, `${one.title}: `))),
    ),
  );
  $("codes").hidden = !tree.codes.length;
  $("codes-told").replaceChildren(...tree.codes.map(({ code, says }) => make("li", `${code}: ${says}`)));
  tellConcerns($("answer"), tree.concerns);
  places.link($("answer"));
}

// `within` prefixes the name of a table in a chapter, as the same name may occur above.
function block(one, within = "") {
  if (one.kind === "card") return card(one);
  if (one.kind === "cards") return into(make("div", null, { class: "cards" }), ...one.cards.map(card));
  if (one.kind === "rows") return rows(one, within);
  if (one.kind !== "sentences") return "";
  const list = into(make("ul"), ...one.sentences.map((text) => make("li", text)));
  return into(make("section", null, one.loud ? { class: "loud" } : {}), make("h3", one.title), list);
}

function card(one) {
  const list = make("dl");
  for (const line of one.lines) {
    const value = make("dd", line.value, line.strong ? { class: "strong" } : {});
    if (line.beside) into(value, " ", make("span", line.beside, { class: "beside" }));
    into(list, into(make("div"), make("dt", line.name), value));
  }
  return into(make("section", null, { class: "card" }), make("h3", one.title), list);
}

function rows(one, within) {
  const head = into(make("tr"), ...one.head.map((name) => make("th", name, { scope: "col" })));
  const body = one.rows.map((row) =>
    into(make("tr"), ...row.map((text, n) => (n ? make("td", text) : make("th", text, { scope: "row" })))),
  );
  const table = into(make("table"), make("caption", one.title), into(make("thead"), head), into(make("tbody"), ...body));
  const notes = one.beside.map((text) => make("p", text, { class: "small" }));
  const around = { class: "table", tabindex: "0", role: "region", "aria-label": `${within}${one.title}` };
  return into(make("section", null, around), table, ...notes);
}

async function listCases() {
  const held = await (await ask("/cases")).json();
  list(held);
  return held;
}

const naming = ({ id, called }) => [id, called];

function list(held) {
  $("cases").dataset.told = JSON.stringify(held.map(naming));
  $("cases").replaceChildren(
    ...held.map((one, number) => {
      const label = [`Case ${number + 1}`, one.called].filter(Boolean).join(": ");
      const named = make("button", label, { type: "button", "data-case": one.id, "aria-current": String(one.id === open) });
      named.addEventListener("click", () => attempt(() => follow(one.id)));
      const close = make("button", "Close", { type: "button", "aria-label": `Close ${label.replace("C", "c")}` });
      close.addEventListener("click", () => attempt(() => closeCase(one.id)));
      return into(make("li"), named, close);
    }),
  );
}

async function closeCase(id) {
  if (open === id) turnTo(null); // so that it is not missed
  await post(`/cases/${id}/close`);
  drop.forget(id);
  if (location.hash.slice(1) === id) history.replaceState(null, "", location.pathname);
  await begin();
}

async function openSample() {
  const held = await (await post("/cases", { sample: "crlm" })).json();
  await follow(held.id);
}

// After an answer only texts change; after any other entry files were read again, and sections may change.
async function changed(told, what) {
  sign.show(told);
  away.show(open, told.hindrances);
  if (what !== "answer") return show(open);
  const held = await listCases();
  const tree = await (await ask(`/cases/${open}/answer`)).json();
  showBanner(held.find((one) => one.id === open));
  showAnswer(tree);
  cutter.again();
  branches.again();
}

const isOpen = (id) => open === id;
const showCase = () => show(open);
const lent = { $, ask, attempt, follow, into, isOpen, listCases, make, post, save, showCase, showFirst, showOnly };
const cutter = new Cutter(lent, cuts);
const branches = new Branches(lent, cuts, places);
cutter.changed = (wish) => scene.layDraft(wish && { point: wish.point_mm, normal: wish.normal });
scene.dragged = ({ point, normal, ended }) => {
  cutter.drag({ point_mm: [...point], normal: [...normal] });
  if (ended) cutter.dropped();
};
const drop = new Drop(lent);
const away = new Away(lent);
const desk = new Ask(lent, changed);
const sign = new Sign(lent, desk);
const begins = new Begins(lent, desk, cuts, places);
const time = new OverTime(lent, desk);

async function begin() {
  const held = await listCases();
  const asked = location.hash.slice(1);
  const chosen = held.find((one) => one.id === asked) ?? held[0];
  if (chosen) {
    history.replaceState(null, "", `#${chosen.id}`);
    await follow(chosen.id);
  } else openNone("No case is open.");
}

function openNone(said) {
  turnTo(null);
  showOnly("drop");
  $("said").textContent = said;
}

// Back and forward: the address is that of the case shown.
window.addEventListener("hashchange", () => attempt(async () => {
  const id = location.hash.slice(1);
  if (id === (open ?? "")) return;
  if (!id) return openNone("");
  const held = await listCases();
  if (held.some((one) => one.id === id)) await follow(id);
  else openNone("This case was closed.");
}));

$("another").addEventListener("click", () => {
  openNone("");
  location.hash = "";
});
cuts.failed = (wrong) => wrong instanceof Refused && $("work").hidden && attempt(async () => {
  last = () => follow(open);
  throw wrong;
});
$("sample").addEventListener("click", () => attempt(openSample));
$("cancel").addEventListener("click", () => attempt(async () => {
  await post(`/cases/${open}/cancel`);
}));
$("retry").addEventListener("click", () => attempt(last ?? begin));
attempt(begin);
watch();
