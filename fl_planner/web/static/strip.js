// What stays in sight: the FLR against its limits, pathway, warning, drafts and next question.
import { reachOf } from "/ask.js";
import { $, firstOf, into, make, say } from "/dom.js";
import { atExact, typeset } from "/figures.js";

const TICK = 10, ROOM = 4; // percent: between ticks, and beyond the outermost mark
const ALARMS = /^(not removed|cut|0 mm)/; // margins in the colour of a refusal
const LEAST_LINE = 20; // letters before and after a colon at which a sentence is divided
const CHIPS = 4; // answers of the next question

// A long sentence as short lines: one for each part that is not in brackets, with a capital.
export function asLines(sentence) {
  const parts = sentence.split(/; (?![^(]*\))/).flatMap((one) => {
    const [head, ...rest] = one.split(/: (?![^(]*\))/), tail = rest.join(": ");
    return Math.min(head.length, tail.length) > LEAST_LINE ? [head, tail] : [one];
  });
  return parts.map((one) => one[0].toUpperCase() + one.slice(1));
}

// "below 10 mm", for a margin smaller than the safety margin that is set.
export const belowSafety = (margin_mm, safety) => (margin_mm !== null && margin_mm !== undefined && atExact(margin_mm) < safety ? `below ${safety} mm` : "");

// Write a warning. Its level, if it is in the text, is a part of its own: on paper each warning begins with
// its level, which would be there twice.
function tell(place, { severity, says }) {
  const level = `${severity.toUpperCase()}: `, named = says.startsWith(level);
  place.replaceChildren(typeset(named ? says.slice(level.length) : says));
  if (named) place.prepend(make("span", level, { class: "level" }));
  return place;
}

export class Strip {
  // `more` shows all findings; `answer` shows a question, with an answer chosen; `finding` shows one
  // finding; `safety` gives the safety margin that is set, in mm. `drafted`, if set, is called with the
  // draft that could become the plan, if there is no plan yet.
  constructor(more, answer, finding, safety) {
    Object.assign(this, { answer, finding, safety, share: null, drafts: [], warnings: [] });
    $("warnings-more").addEventListener("click", more);
    $("warned-mark").addEventListener("click", () => $("warned").scrollIntoView({ block: "end" }));
    $("warning-whole").addEventListener("click", () => this.unfold($("warning").dataset.whole !== "true"));
    new ResizeObserver(() => this.fold()).observe($("warning"));
    const table = $("cut-numbers");
    const drafts = $("share-drafts");
    const tell = () => { $("no-draft").hidden = !table.hidden || !drafts.hidden; };
    const hides = new MutationObserver(tell);
    for (const one of [table, drafts]) hides.observe(one, { attributes: true, attributeFilter: ["hidden"] });
    tell();
  }

  show({ share, fates, signed, signed_despite, answer, pathway, accepted, route, warnings, seen, lesions, supply, unused }, places) {
    $("share-name").textContent = share.name;
    say($("signed"), signed);
    say($("signed-despite"), signed_despite);
    $("share-percent").dataset.long = String(share.percent.length > 8);
    $("hero").dataset.known = String(Boolean(share.bar || share.limits));
    say($("share-ml"), share.ml ?? "");
    say($("share-fates"), fates.join("; "));
    say($("share-note"), share.note);
    $("share-supply").hidden = !supply.length;
    $("share-supply").replaceChildren(...supply.map(([name, state, finding]) =>
      into(make("div"), make("dt", `${name}: `), into(make("dd", state, state.startsWith("lost") ? { class: "refused" } : {}), finding && this.linkFinding(finding)))));
    this.share = share;
    this.tellPlan();
    this.draw();
    this.warnings = warnings;
    this.warn();
    $("warned-seen").hidden = !seen.length;
    $("warned-seen").replaceChildren(...seen.map((text) => make("li", text)));
    $("left-out").hidden = !unused.length;
    say($("left-out"), `Files of this case that are not used: ${firstOf(unused)}`);
    say($("pathway-answer"), answer);
    const rest = pathway.startsWith(answer) ? pathway.slice(answer.length).replace(/^[;:,.]? */, "") : pathway;
    const told = [rest && rest[0].toUpperCase() + rest.slice(1), accepted].filter(Boolean);
    $("pathway-told").hidden = !told.length;
    $("pathway-told").replaceChildren(...told.flatMap(asLines).map((line) => make("li", line)));
    say($("route-told"), route);
    $("lesions").hidden = !lesions.length;
    $("lesions").dataset.margins = String(lesions.some((one) => one.margin));
    $("lesions").dataset.segments = String(lesions.some((one) => one.segments));
    $("lesions-told").replaceChildren(...lesions.map((one) => into(make("tr"),
      into(make("th", null, { scope: "row" }), places.button(one.name, one.name)),
      make("td", one.cm), make("td", one.ml), make("td", one.segments), make("td", one.margin, ALARMS.test(one.margin) ? { class: "refused" } : {}))));
    this.lesions = lesions;
    this.tellMargins();
  }

  // A margin below the safety margin that is set, in the colour of a refusal.
  tellMargins() {
    for (const [n, { margin, margin_mm }] of (this.lesions ?? []).entries()) {
      const cell = $("lesions-told").rows[n].lastElementChild, below = belowSafety(margin_mm, this.safety?.());
      say(cell, margin);
      if (below) cell.append(make("span", below, { class: "below" }));
      cell.classList.toggle("refused", Boolean(below) || ALARMS.test(margin));
      cell.classList.toggle("words", margin_mm === null); // they may take two lines, a number and its unit do not
    }
  }

  // A button that goes to a finding in the results.
  linkFinding(sentence) {
    const link = make("button", "Go to the finding", { type: "button", class: "place" });
    link.addEventListener("click", () => this.finding(sentence));
    return into(make("span", " "), link);
  }

  // What is shown of the plan; without one, the limits and the bar of a draft are shown, and it is
  // said not to be the plan.
  tellPlan() {
    const { share, drafts } = this;
    const told = share.no_plan ? drafts : [];
    const draft = told.find((one) => one.active && one.limits) ?? told.find((one) => one.limits);
    const names = told.map((one) => one.name.at(-1)).join(" and ");
    say($("share-percent"), told.length > 1 ? `No plan yet; drafts ${names} are shown` : told.length ? `No plan yet; draft ${names} is shown` : share.percent);
    $("no-plan").hidden = !told.length;
    const whose = told.length > 1 ? `${draft?.name.at(-1)}: ` : "";
    const limits = (draft?.limits ?? share.limits ?? []).map((one) => ({ ...one, name: whose + one.name }));
    const of = draft?.limits_of ?? share.limits_of ?? "";
    const interval = draft?.interval ? whose + draft.interval : share.interval ?? "";
    const text = JSON.stringify([limits, of, share.chance_note, interval]);
    this.draft = draft;
    for (const id of ["hero-bar", "hero-measures"]) $(id).setAttribute("aria-busy", String(Boolean(draft && !draft.settled)));
    if (this.limited === text) return;
    this.limited = text;
    this.tellLimits(limits);
    say($("share-interval"), interval);
    say($("share-limits-of"), of);
    say($("share-chance-note"), share.chance_note ?? "");
  }

  // Each limit with the distance and the chance of crossing it; a chance that is the same for all
  // limits is written once.
  tellLimits(limits) {
    const once = limits.length > 1 && new Set(limits.map((one) => one.chance)).size === 1 ? limits[0].chance : null;
    const each = (one) => (once || !one.chance ? "" : `crossing chance ${one.chance}`);
    $("share-limits").hidden = !limits.length;
    $("share-limits").tBodies[0].replaceChildren(...limits.flatMap((one) => [
      into(make("tr"), make("th", one.name, { scope: "row" }), make("td", one.says), make("td", each(one))),
      one.after && into(make("tr", null, { class: "after" }), make("td", one.after, { colspan: 3 })),
    ].filter(Boolean)));
    say($("share-chance"), once ? `Crossing chance ${once} for each limit` : "");
  }

  // The FLR of drafts, next to that of the plan and on its bar.
  showDrafts(drafts) {
    this.drafts = drafts;
    $("share-drafts").hidden = !drafts.length;
    $("share-drafts").replaceChildren(...drafts.map((one) => {
      const value = one.refused && one.settled ? (one.lost ? "not calculated" : "refused") : one.shown ?? "";
      const more = one.settled ? (!one.refused && one.ml) || "" : "being calculated"; // the number is that of the cut before
      const fates = one.settled && !one.refused && one.fates.length ? make("span", one.fates.join("; "), { class: "refused" }) : null;
      return into(make("span", null, { "aria-busy": String(!one.settled) }), `${one.name} `, make("strong", value), " ", make("span", more), " ", fates);
    }));
    if (!this.share) return;
    this.warn();
    this.tellPlan();
    this.draw();
    this.drafted?.(this.share.no_plan ? drafts.find((one) => one.active) : null);
  }

  // A bar in percent: interval, limits, value and drafts; the texts next to it have the numbers.
  draw() {
    const { draft, share: plan } = this;
    const { bar, limits = [], interval = "" } = draft ?? plan, named = draft ? `${draft.name} ${draft.shown}` : `${plan.name} ${plan.percent}`;
    const drafts = this.drafts.filter((one) => one.shown && !one.refused);
    const box = $("bar");
    box.hidden = !bar;
    box.replaceChildren();
    if (!bar) return;
    const at = limits.map((one) => one.percent).sort((a, b) => a - b);
    const all = [...bar.ends, bar.at, ...at, ...drafts.map((one) => one.percent)];
    const low = Math.max(Math.floor((Math.min(...all) - ROOM) / TICK) * TICK, 0);
    const high = Math.min(Math.ceil((Math.max(...all) + ROOM) / TICK) * TICK, 100);
    const place = (one) => (100 * (one - low)) / (high - low);
    const put = (kind, from, to, text = "") => {
      const made = make("span", text, { class: `bar-${kind}` });
      made.style.left = `${place(from)}%`;
      if (to !== from) made.style.width = `${place(to) - place(from)}%`;
      box.append(made);
    };
    const edges = [low, ...at, high];
    for (let n = 0; n + 1 < edges.length; n++) {
      const kind = n === edges.length - 2 ? "above" : n ? "between" : "below";
      put(at.length ? kind : "plain", edges[n], edges[n + 1]);
    }
    put("interval", ...bar.ends);
    for (const one of at) put("limit", one, one);
    if (!draft) put("value", bar.at, bar.at);
    for (const [n, one] of [...drafts].sort((a, b) => a.percent - b.percent).entries()) {
      const left = n === 0 && drafts.length > 1 ? " bar-left" : ""; // their letters stand apart
      put(`draft${left}${one.settled ? "" : " bar-pending"}`, one.percent, one.percent, one.name.at(-1));
    }
    const ticks = Math.max(Math.ceil((high - low) / TICK / 6), 1) * TICK;
    for (let one = low; one <= high; one += ticks) put("tick", one, one, String(one));
    box.setAttribute("aria-label", [named, interval, ...limits.map((one) => [`${one.name}: ${one.says}`, one.chance && `crossing chance ${one.chance}`].filter(Boolean).join(", "))].filter(Boolean).join("; "));
  }

  // Errors first; then warnings on drafts, which are being made, before those on the plan.
  warn() {
    const drafts = this.drafts.filter((one) => one.settled && !one.refused);
    const ofDrafts = drafts.flatMap(({ name, warnings = [] }) => warnings.map((one) => ({ ...one, says: `${one.severity.toUpperCase()}: ${name}: ${one.says}` })));
    const all = [...ofDrafts, ...this.warnings];
    const warnings = [...all.filter((one) => one.severity === "error"), ...all.filter((one) => one.severity !== "error")];
    $("warned").hidden = $("warned-mark").hidden = !warnings.length;
    const errors = warnings.filter((one) => one.severity === "error").length;
    $("warned-mark").textContent = [counted(errors, "error"), counted(warnings.length - errors, "warning")].filter(Boolean).join(", ");
    const [first, ...others] = warnings;
    $("warned-others").replaceChildren(...others.map((one) => tell(make("li", null, { "data-severity": one.severity }), one))); // printed: paper leads nowhere
    if (!first) return;
    const { severity, says } = first;
    for (const id of ["warned", "warning"]) $(id).dataset.severity = severity;
    if ($("warning").textContent !== typeset(says)) {
      tell($("warning"), first);
      this.unfold(severity === "error");
    }
    $("warnings-more").hidden = !others.length;
    $("warnings-more").textContent = `and ${others.length} more`;
  }

  // Show a long warning as a whole, or its first lines, so that the drafts stay in sight below it.
  unfold(whole) {
    $("warning").dataset.whole = String(whole);
    $("warning-whole").textContent = whole ? "Show only the first lines" : "Show the whole warning";
    $("warning-whole").setAttribute("aria-expanded", String(whole));
    this.fold();
  }

  // Offer the whole warning only where lines are left out.
  fold() {
    const { dataset, scrollHeight, clientHeight } = $("warning");
    $("warning-whole").hidden = $("warned").dataset.severity === "error" || (dataset.whole !== "true" && scrollHeight <= clientHeight + 1);
  }

  // The first question, with its answers where they are few.
  ask(questions) {
    const [one] = questions;
    say($("next-told"), one ? one.says : "None.");
    say($("next-reach"), one && !one.deciding && reachOf(one) ? `The answer ${reachOf(one)}.` : "");
    const choices = one?.control === "choice" && one.choices.length <= CHIPS ? one.choices : [];
    const chips = one ? [...choices, ["", choices.length ? "effect of each answer" : "answer"]] : [];
    $("next-answers").replaceChildren(...chips.map(([value, words]) => {
      const chip = make("button", value ? `${words} …` : words, { type: "button" });
      chip.setAttribute("aria-label", value ? `${words}: ${one.says}` : `Go to this question: ${words}`);
      chip.addEventListener("click", () => this.answer(one.key, value));
      return chip;
    }));
  }
}

const counted = (n, word) => (n ? `${n} ${word}${n === 1 ? "" : "s"}` : "");
