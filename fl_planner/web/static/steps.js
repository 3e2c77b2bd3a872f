// The steps of a case with their state: done, something needed, more possible, or off with the reason.
import { $, into, make } from "/dom.js";

const MARKS = { done: "✓", needs: "!", more: "", off: "" };
const CALLED = { done: "done", needs: "needs attention", more: "", off: "not available" };

// What was scrolled in the panels was of another step, or of another case.
export function unscroll() {
  for (const one of [$("files-step"), $("panel"), document.querySelector("main")]) one.scrollTop = 0;
}

export class Steps {
  // `opened` is called with the step that the user chose; `chosen` is kept until another is chosen.
  constructor(opened) {
    Object.assign(this, { opened, step: "files", chosen: null, told: {} });
    this.buttons = new Map([...document.querySelectorAll("[data-step]")]
      .filter((one) => one.tagName === "BUTTON").map((one) => [one.dataset.step, one]));
    for (const [name, button] of this.buttons) {
      this.told[name] = { called: button.textContent, state: "off", says: "" };
      button.addEventListener("click", () => this.choose(name));
    }
    this.close();
  }

  choose(name) {
    const { state, says, called } = this.told[name];
    if (state === "off") {
      $("said").textContent = `${called}: ${says}.`;
      return;
    }
    this.keep(name);
    this.opened(name);
  }

  // Show a step that the user chose.
  go(name) {
    this.keep(name);
    this.turn(name);
  }

  // The step that the user chose, or none; that of a planned case is shown again when the page is
  // loaded again.
  keep(name) {
    this.chosen = name;
    history.replaceState(name && this.told.plan.state !== "off" ? { step: name } : null, "");
  }

  // Show a step; what it contains was made ready before.
  turn(name) {
    if (name !== this.step) unscroll(); // another step is read from its beginning
    this.step = name;
    document.querySelector("main").dataset.step = name;
    for (const [each, button] of this.buttons) button.setAttribute("aria-current", each === name ? "step" : "false");
    for (const each of document.querySelectorAll(".step")) each.hidden = each.dataset.of !== name;
  }

  // No case is planned: only its files can be given.
  close() {
    this.tell("files", "needs", "open a case");
    for (const name of this.buttons.keys()) if (name !== "files") this.tell(name, "off", "the case has not been planned yet");
    this.turn("files");
  }

  // A case is planned: `strip` is what stays in sight, `dossier` its questions, findings and exports.
  open(strip, dossier) {
    const { questions, findings, reading, hindrances } = dossier;
    const deciding = questions.filter((one) => one.deciding).length;
    const known = Boolean(strip.share.ml) || strip.share.note === "as entered";
    if (known && strip.fates.length) this.tell("plan", "needs", strip.fates.join("; "), strip.lesions_open);
    else this.tell("plan", known ? "done" : "needs", known ? "" : `FLR ${strip.share.percent}`);
    const together = questions.filter((one) => one.with_others).length;
    const counted = deciding || together, others = questions.length - counted;
    const of = others ? ` of ${questions.length} unanswered questions` : "";
    const says = deciding ? `${deciding}${of} could change the pathway` : `${together}${of} could change the pathway only together with other answers`;
    if (counted) this.tell("questions", "needs", says, counted);
    else if (others) this.tell("questions", "more", `${others} unanswered; none could change the pathway`);
    else this.tell("questions", "done", "no question remains");
    const open = strip.undecided || strip.open_trials;
    const first = open && !strip.undecided ? `undecided trials: ${strip.open_trials}; ` : "";
    this.tell("trials", open ? "needs" : "done", `${first}${strip.route}`, open);
    const verified = reading.status === "verified";
    if (verified && !findings.length) this.tell("sign", "done", strip.signed);
    else this.tell("sign", "needs", findings.length ? `${strip.signed}; findings to accept: ${findings.length}` : strip.signed, findings.length);
    const without = Object.keys(hindrances).length;
    this.tell("export", "more", without ? `files can be exported; formats not available: ${without}` : "files can be exported");
  }

  // `edited`: whether entries in the form of the files were not sent.
  tellFiles(edited) {
    if (edited) this.tell("files", "needs", "entries were not sent; the results do not include them");
    else this.tell("files", "done", "files and facts can be changed");
  }

  tell(name, state, says, count = 0) {
    const button = this.buttons.get(name);
    const { called } = this.told[name];
    this.told[name] = { called, state, says };
    const mark = make("span", count ? String(count) : MARKS[state], { class: "mark", "aria-hidden": "true" });
    button.replaceChildren();
    into(button, mark, called);
    button.dataset.state = state;
    button.title = [CALLED[state], says].filter(Boolean).join(": "); // what its mark means
    button.setAttribute("aria-disabled", String(state === "off"));
    button.setAttribute("aria-label", [called, CALLED[state], says].filter(Boolean).join(", "));
  }
}
