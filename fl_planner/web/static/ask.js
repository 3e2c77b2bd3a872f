// Unanswered questions with the effect of each answer, and the entries made on this page.
import { absolve, blame, rewrite, say } from "/dom.js";
import { useAsPlan } from "/draft.js";
import { typeset } from "/figures.js";
import { under } from "/initials.js";
import { inWords, UNSURE } from "/net.js";
import { Unsent } from "/unsent.js";

const AT_ONCE = 6; // questions shown at once
const OPEN = 2; // of these, shown expanded
const DECIDES = "could change the pathway";
const ANSWER = "[name=typed]:checked,[name=typed],[name=why]";
const DATE = "assess"; // the form of the assessment date
const NOT_SIGNED = "Not signed";
const AGAIN = ["undo", "redo"]; // each click is a step
const UNNAMED = ["", "answers", "entries", "case", "case.toml", "roles", "files"]; // sources of refusals that name no field and no file
const WITH_OTHERS = "could change the pathway only together with other answers";

// What the answer to a question could do to the pathway; "" if nothing.
export const reachOf = (one) => (one.deciding ? DECIDES : one.with_others ? WITH_OTHERS : "");

// How many of the unanswered questions could change the pathway, by themselves or with others.
function countReach(questions) {
  const count = questions.length, alone = questions.filter((one) => one.deciding).length;
  const together = questions.filter((one) => one.with_others).length;
  if (!count) return "";
  const by = `${alone || "none"} ${DECIDES} by ${alone > 1 ? "themselves" : "itself"}`;
  return `${count} unanswered question${count > 1 ? "s" : ""}: ${by}${together ? `; ${together} ${WITH_OTHERS}` : ""}.`;
}

export class Ask {
  // page: shared functions of page.js; changed: called with the server's state after each step
  constructor(page, changed) {
    Object.assign(this, page, { changed, day: today(), draft: null, of: null, sending: [], turn: 0, line: null, unanswered: null, unsent: new Unsent() });
    const { $ } = this;
    $("assess-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit("assess", { day: $("assess-day").value }, $("assess-wrong"), "Assessment date");
    });
    $("undo-said").addEventListener("click", () => this.submit("undo", {}, $("step-wrong"), "undo"));
    $("assess-day").addEventListener("input", () => this.tellDate());
    for (const id of ["on", "assess-day"]) $(id).addEventListener("input", () => { $(id).dataset.entered = ""; });
    new MutationObserver(() => this.tellUndo()).observe($("said"), { childList: true });
    for (const what of ["undo", "redo"]) {
      $(what).addEventListener("click", () => this.submit(what, {}, $("step-wrong"), what));
    }
  }

  // `over`: whether a later request shows the questions.
  async open(id, get, over) {
    if (this.id !== id) this.fill("on", today());
    this.initials.tell();
    this.id = id;
    const told = await (await get("dossier")).json();
    if (this.id === id && !over()) this.show(told);
  }

  // Another case is selected, or this one anew: what is shown here goes.
  leave() {
    this.of = this.line = null;
    this.tellBusy();
  }

  // An entry for a case is under way until the function that is returned is called.
  begin(id, entry) {
    const sent = { id, entry };
    this.sending.push(sent);
    this.line = null;
    this.tellBusy();
    return () => {
      this.sending = this.sending.filter((one) => one !== sent);
      this.tellBusy();
    };
  }

  // Whether the questions are not those after the last entry of the case.
  tellBusy() {
    const { $, id, of, sending } = this;
    $("ask").setAttribute("aria-busy", String(of !== id || sending.some((one) => one.id === id)));
  }

  show(told) {
    const { $, make, into } = this;
    this.told = told;
    this.of = this.id;
    this.unsent.leave(this.id, [DATE, ...told.questions.map(({ key }) => key), ...told.findings.map(({ code }) => code)]);
    const every = told.questions.map((question, n) => this.question(question, n < OPEN));
    rewrite($("questions"), $("assess-day"), ...every.slice(0, AT_ONCE));
    rewrite($("further"), $("more-said"), ...every.slice(AT_ONCE));
    $("further").start = AT_ONCE + 1;
    $("more").hidden = every.length <= AT_ONCE;
    $("more-said").textContent = `and ${every.length - AT_ONCE} more`;
    say($("questions-told"), countReach(told.questions));
    $("nothing-open").hidden = every.length > 0;
    this.fill("assess-day", told.as_of ?? today());
    this.unsent.keep(this.id, DATE, $("assess-form"));
    if (this.unsent.has(this.id, DATE)) $("assess-day").dataset.entered = "";
    this.tellDate();
    $("steps").replaceChildren(...told.steps.map((one) =>
      into(make("li", one.says), make("span", [one.by, one.on].filter(Boolean).join(", "), { class: "beside" }))));
    $("steps-title").hidden = !told.steps.length;
    $("stepping").hidden = !told.undo && !told.redo;
    const stepped = [$("undo"), $("redo")].includes(document.activeElement); // one of them is then disabled
    $("undo").disabled = !told.undo;
    $("redo").disabled = !told.redo;
    if (stepped) $("stepping").querySelector("button:focus:enabled, button:enabled")?.focus({ preventScroll: true });
    say($("undo-told"), told.undo ? `Undo reverses: ${told.steps.at(-1).says}` : "");
    this.offerDraft(this.draft);
    $("ask").dataset.steps = told.steps.length;
    this.initials.tell();
    this.tellBusy();
  }

  // Whether the date in the field is the assessment date of the case.
  tellDate() {
    const { $, told: { as_of } } = this, day = $("assess-day").value;
    const proposed = day === today() ? "not given; today is suggested" : "not used yet; no assessment date was given";
    $("assess-told").textContent = as_of ? (day === as_of ? "" : `not used yet; the assessment date is ${as_of}`) : proposed;
  }

  // A date of the program; one that the user enters later stays, also past midnight.
  fill(id, day) {
    this.$(id).value = day;
    delete this.$(id).dataset.entered;
  }

  // Past midnight: the dates that were suggested as today are those of the new day.
  turnDay() {
    const { $, day } = this;
    this.day = today();
    if (this.day === day) return;
    for (const id of ["on", ...(this.told?.as_of ? [] : ["assess-day"])]) {
      if ($(id).value === day && !("entered" in $(id).dataset)) $(id).value = this.day;
    }
    this.initials.tell();
    if (this.told) this.tellDate();
  }

  question(one, open) {
    const { make, into } = this;
    const form = make("form", null, { "data-key": one.key });
    const does = make("div", null, { class: "does", "aria-busy": "true" });
    const wrong = make("p", null, { class: "refused", role: "alert" });
    const used = make("button", "Use this answer", { type: "submit" });
    const drafted = one.by_plan ? this.drafted(wrong) : null;
    const recorded = one.recorded ? make("p", `Recorded: ${one.recorded}`, { class: "small" }) : null;
    into(form, recorded, ...this.control(one), drafted, does, wrong, into(make("p", null, { class: "choices" }), used, under()));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const typed = read(form);
      if (!typed) {
        wrong.textContent = "No answer was entered; enter one first.";
        blame(form.querySelector(ANSWER), wrong);
      } else this.submit("answer", { key: one.key, typed }, wrong, one.says);
    });
    const settles = [reachOf(one), one.settles ? `settles ${one.settles}` : ""];
    this.unsent.keep(this.id, one.key, form);
    const summary = into(make("summary", one.says), make("span", settles.filter(Boolean).join("; "), { class: "beside" }));
    const details = into(make("details", null, open || this.unsent.has(this.id, one.key) ? { open: "" } : {}), summary, form);
    details.addEventListener("toggle", () => details.open && this.tryOut(one, form, does));
    return into(make("li"), details);
  }

  // Next to a field that a plan fills: the draft, and the action that makes it the plan.
  drafted(wrong) {
    const { make, into } = this;
    const use = make("button", null, { type: "button" });
    use.addEventListener("click", async () => { wrong.textContent = await this.useDraft(); });
    return into(make("p", null, { class: "choices drafted", hidden: "" }), make("span"), use);
  }

  // Offer a draft there; it is the one that is shown while there is no plan.
  offerDraft(draft) {
    this.draft = draft;
    const place = this.$("ask").querySelector(".drafted");
    if (!place) return;
    const [told, use] = place.children, usable = Boolean(draft?.settled && draft.shown && !draft.refused);
    place.hidden = !draft;
    use.disabled = !usable;
    if (draft) say(use, useAsPlan(draft.name));
    say(told, usable ? `No volume needs to be entered for ${draft.name.replace("D", "d")}: FLR ${[draft.shown, draft.ml, ...draft.fates].join(", ")}.` : "");
  }

  // Open a question, with an answer chosen if one is given; it is used only by its button.
  choose(key, value) {
    const form = [...document.querySelectorAll("#ask form[data-key]")].find((one) => one.dataset.key === key);
    if (!form) return;
    if (this.$("further").contains(form)) this.$("more").open = true;
    const details = form.closest("details");
    details.open = true;
    const chosen = [...form.querySelectorAll("input")].find((one) => value && one.value === value);
    if (chosen) {
      chosen.checked = true;
      chosen.dispatchEvent(new Event("input", { bubbles: true }));
    }
    (chosen ?? form.querySelector("input, select")).focus();
    details.scrollIntoView({ block: "nearest" });
  }

  control(one) {
    const { make, into } = this;
    const named = (attributes) => ({ "aria-label": one.says, ...attributes });
    const day = one.may_have_day ? into(make("label", "date "), make("input", null, { ...DAY, name: "day" })) : null;
    if (one.control === "choice" || one.control === "several") {
      const kind = one.control === "choice" ? "radio" : "checkbox";
      const field = into(make("fieldset", null, { class: "answers" }), make("legend", "Answer"));
      for (const [value, words] of one.choices) {
        const choice = make("input", null, { type: kind, name: "typed", value });
        into(field, into(make("div", null, { "data-value": value }), into(make("label"), choice, ` ${words}`)));
      }
      return [field, day];
    }
    if (one.control === "day") return [make("input", null, named({ ...DAY, name: "typed" }))];
    if (one.control === "whole") {
      return [make("input", null, named({ name: "typed", inputmode: "numeric", autocomplete: "off", size: "6" }))];
    }
    const number = make("input", null, named({ name: "typed", inputmode: "decimal", autocomplete: "off", size: "8" }));
    const unit = into(make("select", null, { name: "unit", "aria-label": `Unit: ${one.says}` }), new Option("unit", ""));
    unit.append(...one.units.map(([value, words]) => new Option(words, value)));
    const drug = one.drugs.length ? into(make("select", null, { name: "drug", "aria-label": "Drug" }), new Option("drug", "")) : null;
    drug?.append(...one.drugs.map((name) => new Option(name, name)));
    return [into(make("div", null, { class: "choices" }), number, unit, drug, day)];
  }

  // The effect of each answer is calculated when its question is opened.
  async tryOut(one, form, does) {
    if (form.dataset.tried) return;
    form.dataset.tried = "asked";
    const { make, into } = this;
    let told;
    try {
      told = await (await this.ask(`/cases/${this.id}/questions/${one.key}`)).json();
    } catch (refused) {
      if (!refused.told) throw refused;
      say(does, refused.told.reason);
      return;
    }
    const list = make("ul");
    for (const answer of told.answers) {
      const beside = [...form.querySelectorAll("[data-value]")].find((each) => each.dataset.value === answer.value);
      const lines = answer.does.map((text) => make("li", text));
      if (beside) into(beside, into(make("ul", null, { class: "small" }), ...lines));
      else into(list, into(make("li", `${answer.says}:`), into(make("ul"), ...lines)));
    }
    if (list.children.length) does.replaceChildren(make("p", "Effect of this answer", { class: "small" }), list);
    else say(does, told.beside);
    does.setAttribute("aria-busy", "false");
  }

  // Send an entry for the case; a refusal is shown at its field, and nothing changes.
  async submit(what, words, wrong, called) {
    const { $, id, told: before } = this, entry = JSON.stringify([id, what, words]);
    if (this.sending.some((one) => one.entry === entry) && !AGAIN.includes(what)) return; // a double click is one entry
    const turn = this.turn += 1, end = this.begin(id, entry);
    wrong.textContent = "";
    absolve();
    try {
      $("said").textContent = "The entry is being applied.";
      const signed = { by: $("by").value, on: $("on").value };
      const told = await (await this.post(`/cases/${id}/${what}`, { ...words, ...signed })).json();
      this.unsent.sent(id, words.key ?? words.code ?? what);
      if (what === "change") this.formSent(id); // also where another case is shown meanwhile
      if (!this.isOpen(id)) return;
      const isShown = this.of === id; // not if another case was selected and this one again: it is on its way
      const line = { id, turn, says: said(what, told, isShown ? this.told : before), canUndo: !AGAIN.includes(what) };
      this.line = line;
      await this.attempt(async () => {
        await (isShown ? this.showEntry(what, told, line.says) : this.showCase());
        this.tellEntry(line);
      });
    } catch (refused) {
      if (!refused.told) throw refused;
      if (!this.isOpen(id)) return;
      const { file, reason } = refused.told;
      if (!refused.status) { // no answer: whether the entry was made is unknown
        say(wrong, `${called}: ${inWords(refused.told)}`);
        say($("said"), UNSURE);
        return;
      }
      const form = what === "change" && !UNNAMED.includes(file) && file; // a field or a file of the form
      const field = what === "assess" ? null : { by: "Your initials", on: "Date", why: "Reason" }[file] ?? (form || null);
      say(wrong, `${what === "sign" ? `${NOT_SIGNED}: ` : ""}${field ?? called}: ${inWords(refused.told)}`);
      say($("said"), `The entry was refused; nothing changed. ${field ?? called}: ${reason}.`);
      if (what !== "assess" && (file === "by" || file === "on")) blame($(file), wrong);
      else {
        const at = this.fieldOf(file, wrong), held = document.activeElement;
        if (at && (held === document.body || at.form.contains(held))) blame(at, wrong); // else the user has gone on
      }
    } finally {
      end();
    }
  }

  // The field that a refusal names, in the form that contains its message; otherwise the first one.
  fieldOf(file, wrong) {
    const form = wrong.closest("form");
    if (wrong === this.$("assess-wrong")) return this.$("assess-day");
    if (!form) return null;
    if (form.id === "sign-form") return this.$(file === "status" ? file : "look");
    if (form.id !== "roles-form") return form.querySelector(ANSWER);
    const named = [...form.querySelectorAll("label")].find((one) => typeset(one.textContent.trim()).startsWith(typeset(file)));
    const isOf = ({ dataset, value }) => dataset.file === file || (dataset.named && value && file.endsWith(` ${value}`));
    const ofFiles = [...form.querySelectorAll("[data-file], [data-named]")];
    return ofFiles.find(isOf) ?? named?.control ?? (file === "roles" ? ofFiles[0] : null);
  }

  // Whether an entry for this case got no answer; asked once, when its results have changed.
  takeUnanswered(id) {
    const was = this.unanswered === id;
    this.unanswered = null;
    return was;
  }

  // The entry stated in the line of status can be undone there.
  tellUndo() {
    this.$("undo-said").hidden = !this.told?.undo || this.$("said").textContent !== this.offered;
  }

  // An entry was made: show what it changed.
  async showEntry(what, told, says) {
    const { $, told: before } = this;
    this.show(told);
    if (what === "answer") $("questions-told").append(raised(before.questions, told.questions));
    $("said").textContent = says;
    await this.changed(told, what);
  }

  // State the last entry once all that it changed is shown, unless another case or entry followed.
  tellEntry(line, first = "") {
    const { $ } = this;
    if (!line || !this.isOpen(line.id) || line.turn !== this.turn) return;
    this.line = null;
    const says = `${first}${line.says}`;
    this.offered = line.canUndo ? says : null;
    if ($("said").textContent !== says) $("said").textContent = says; // announced once
    this.tellUndo();
  }
}

// The questions that an answer raised: their number explains why the count may not be smaller.
function raised(before, now) {
  const known = new Set(before.map((one) => one.key)), fresh = now.filter((one) => !known.has(one.key));
  return fresh.length ? ` Questions raised by the last answer: ${fresh.map((one) => one.says).join("; ")}.` : "";
}

// What an entry did, for the line of status; first its notes, and that other files were read.
function said(what, told, before) {
  const { changed = [], notes = [] } = told.steps.at(-1) ?? {}, isStep = !["undo", "redo"].includes(what);
  const files = isStep && changed.length ? `Changed since the case was planned before: ${changed.join(", ")}. ` : "";
  const noted = isStep ? notes.map((one) => `${one[0].toUpperCase()}${one.slice(1)}. `).join("") : "";
  return `${noted}${files}${stateEntry(what, told, before)}`;
}

function stateEntry(what, told, before) {
  if (what === "undo") return `Undone: ${told.undone}.`; // also an entry of another tab
  if (what === "redo") return `Redone: ${told.steps.at(-1)?.says}.`;
  if (what === "sign") return `${stateSignOff(told)}.`;
  const again = before.signed_on && !told.signed_on ? " The sign-off no longer applies: sign off again." : "";
  if (what === "accept") return `Finding accepted by ${told.steps.at(-1)?.by}.${again || " Sign off after all findings are accepted."}`;
  const route = told.route === before.route ? null : `New route: ${told.route}`;
  const pathway = told.pathway === before.pathway ? null : `New pathway: ${told.pathway}`;
  return `${[route, pathway].filter(Boolean).join("; ") || `Pathway and route unchanged: ${told.route}`}${again && `.${again}`}`;
}

// Whether a case is signed off, by whom and when, or why not.
export function stateSignOff({ reading: { reader, status }, signed_on, sign_off_void }) {
  if (status === "verified") return signed_on ? `Signed off by ${reader} on ${signed_on}` : `Verified by ${reader}`;
  if (sign_off_void) return `${NOT_SIGNED}: the case was changed after the sign-off; sign off again`;
  return status === "draft" ? `${NOT_SIGNED}: the masks are drafts` : NOT_SIGNED;
}

function read(form) {
  const given = new FormData(form);
  const typed = given.getAll("typed").map((one) => one.trim()).filter(Boolean).join(" ");
  if (!typed) return "";
  const beside = ["unit", "drug", "day"].map((name) => given.get(name)).filter(Boolean);
  const kind = typed === "yes" && given.get("day") ? "" : typed; // a date alone means yes
  return [kind, ...beside].filter(Boolean).join(" ");
}

const DAY_FORM = "\\d{4}-\\d{2}-\\d{2}"; // one form of dates, whatever the browser's language
const DAY = {
  "data-day": "", inputmode: "numeric", placeholder: "yyyy-mm-dd", title: "yyyy-mm-dd", pattern: DAY_FORM, maxlength: "10", autocomplete: "off",
};

// Whether a text is a date, year first.
export const isDay = (text) => new RegExp(`^${DAY_FORM}$`).test(text) && !Number.isNaN(Date.parse(text));

export function today() {
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
