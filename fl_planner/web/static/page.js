// The page: the open case, its progress, results and exports.
import { Ask } from "/ask.js";
import { Away } from "/away.js";
import { Begins } from "/begins.js";
import { block, chapter, markAnswers } from "/blocks.js";
import { Branches } from "/branches.js";
import { labelCase, nameTab, stateName, tellApart } from "/casenames.js";
import { goToFinding, tellConcerns } from "/concerns.js";
import { Cuts } from "/cuts.js";
import { Cutter } from "/cutter.js";
import { CutTools } from "/cuttools.js";
import { $, absolve, blame, into, make, say } from "/dom.js";
import { Drop, goToPart } from "/drop.js";
import { Initials } from "/initials.js";
import { ask, findChanged, LOST, post, Refused, save, wait } from "/net.js";
import { Places } from "/places.js";
import { Scene } from "/scene.js";
import { Shown } from "/shown.js";
import { Sign } from "/sign.js";
import { Stage } from "/stage.js";
import { Steps, unscroll } from "/steps.js";
import { Strip } from "/strip.js";
import { Tabs } from "/tabs.js";
import { OverTime } from "/time.js";

const NAME = document.title;
const SKIPS = document.querySelectorAll(".skip");
const WATCH_MS = 1000; // between looks at the cases, which also keep those of this browser open
const MISSING = "file.missing"; // a refusal: files that the case file names were not dropped
const CHANGES = /^\/cases\/\w+\/(?!files$|check$|plan$|cancel$|close$)\w+$/; // each makes one new version
const MOST_REPEATS = 5; // of what failed, one second apart
const LATE = "Results that could not be loaded before are now shown.";
const POLL_MS = 200; // at most; shorter at first, since most cases take a second
let open = null; // the case shown
let seen = null; // the case whose sections are shown
let version = 0; // of the results shown
let lost = null; // why the results shown are no longer updated
let last = null; // action of "Try again"
let cutOff = false; // a change of that action has no answer, as the connection was lost
let results = null; // of the case shown
let before = null; // the step that was shown when the page was loaded again
let closing = null; // the case that the user is asked about
let refusals = 0; // that were shown
let choices = 0; // by the user, of what is shown: the last one counts
const sheets = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheets);
const known = new Set(); // cases of this browser, also those that were closed
const ending = new Set(); // cases of which a click that closes them is followed
let asking = null; // the case whose closing was chosen last: the user may be asked about it
let acting = 0, own = 0; // changes by this tab: under way, and not yet shown
let showing = 0, pending = false; // requests to show the case, and whether the last one is under way
let failed = false, repeats = 0; // whether it failed, and how often it was then repeated
let way = new AbortController(); // cancels pending requests of the case shown before
const shown = new Shown($, (at, label) => places.go(at, label));
const cuts = new Cuts($("views"), shown, $);
const scene = new Scene(cuts, shown, $);
export const places = new Places($, cuts, scene);
scene.picked = (at, label) => places.go(at, label);
const initials = new Initials();
const tabs = new Tabs();
const tools = new CutTools(() => {
  showOnly("case");
  steps.go("plan");
});
const stage = new Stage(() => cuts.draw());
const steps = new Steps((step) => attempt(() => turnStep(step)));
const safety = () => Number(scene.margin.value); // mm
const strip = new Strip(() => showResults(), (key, value) => {
  showOnly("case");
  steps.go("questions");
  desk.choose(key, value);
}, showFinding, safety);

function showOnly(...ids) {
  for (const id of ["drop", "roles", "trouble", "work", "case"]) $(id).hidden = !ids.includes(id);
  if (lost) $("trouble").hidden = false;
  const first = ids.includes("roles") && ids.includes("case") && !drop.editing; // sections of dropped files
  const early = ids.includes("work") && ids.includes("case"); // sections are shown, results are pending
  $("case").dataset.answered = String(!early && !first);
  $("strip").hidden = early || first || !ids.includes("case");
  $("stage").hidden = first && cuts.opened !== open; // its place is kept: no field moves below the pointer when the sections come
  for (const link of SKIPS) link.hidden = !ids.includes("case") || $(link.hash.slice(1)).hidden;
  ($("strip").hidden ? document.querySelector("header") : $("strip")).prepend($("title")); // a page has one heading
  document.querySelector("main").dataset.shown = ids.join(" ");
  $("drop-more").hidden = !ids.includes("roles");
  $("drop-new").hidden = ids.includes("roles");
  $("drop-missing").hidden = true;
  $("drop-title").textContent = ids.includes("roles") ? "Add a file" : "Open a case";
  $("sample").hidden = ids.includes("roles");
  if (first || !ids.includes("case")) steps.close();
  else if (early || (steps.step === "files" && $("roles").hidden)) steps.turn("plan");
  bringTab();
}

// Show a step of the planned case; that of the files needs its form, which follows the results.
async function turnStep(step) {
  cuts.forget();
  if (step === "files") {
    if (open && steps.told.plan.state !== "off") return drop.edit(open);
    if (open && $("roles").hidden) $("said").textContent = "Files are shown as soon as the results are available.";
    return null;
  }
  $("said").textContent = ""; // it was of the step before
  showOnly("case");
  steps.go(step);
}

// Open the results; the findings are the first of them.
function showResults() {
  showOnly("case");
  steps.go("plan");
  $("results").open = true;
  $("answer").focus();
  $("results").scrollIntoView({ block: "start" });
}

// Open the results at one of the findings.
function showFinding(sentence) {
  showResults();
  goToFinding($("answer"), sentence);
}

function showRefusal(told) {
  refusals += 1;
  const file = told.file ? `${told.file}: ` : "";
  $("trouble-title").textContent = "Request refused";
  say($("reason"), `${file}${told.reason}`);
  say($("remedy"), told.remedy);
  showDetail(told.detail);
  if (["case", "drop", "roles"].every((id) => $(id).hidden)) showOnly("trouble");
  else $("trouble").hidden = false; // what is shown stays
}

function showDetail(detail) {
  $("trouble-more").hidden = !detail;
  $("trouble-more").open = false;
  $("detail").textContent = detail ?? "";
}

// Show a refusal; dropped files are kept, so that roles can be changed.
async function trouble(held) {
  if (held.case_file && held.code === MISSING) return drop.askFiles(held);
  showRefusal(held);
  await listCases();
  if (held.dropped && (await drop.showRoles(held.id))) {
    $("trouble").hidden = false;
    if (document.activeElement === document.body) blame(desk.fieldOf(held.file, $("roles-wrong")) ?? $("confirm"), $("reason")); // the form was hidden
  } else if ($("case").hidden) showOnly("trouble", "drop"); // all files can be dropped again
}

async function attempt(work) {
  last = work;
  cutOff = false;
  try {
    await work();
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    const ended = lost && lost !== LOST; // the case is not open any more: this is why, and it stays
    if (refused.status && !ended) showRefusal(refused.told);
    else {
      cutOff = !ended && refused.sent;
      tellOver(ended ? lost : refused.told); // what is shown stays readable
    }
  }
}

// Say above the results that they are no longer kept up to date; they stay readable.
function tellOver(told) {
  const { reason, remedy } = lost = told;
  const stays = $("strip").hidden ? "" : " The results below are no longer updated.";
  tellAbove(APART, { reason: `${reason}${stays}`, remedy }); // nothing was refused
}

// All that is shown stays, with what was entered in it.
function tellAbove(title, { reason, remedy }) {
  $("trouble-title").textContent = title;
  say($("reason"), reason);
  say($("remedy"), remedy);
  showDetail("");
  $("trouble").hidden = false;
}

const APART = "Not connected"; // title
const CLOSED = {
  reason: "This case was closed in another tab, or because no tab with this page was open for some time.",
  remedy: "Open the case again to continue.",
};
const AGAIN = {
  reason: "fl_planner was started again; this case is not open in it.",
  remedy: "Reload this page, and open the case again.",
};
const FORGOTTEN = {
  reason: "The browser deleted the cookie of this page, without which this case cannot be reached.",
  remedy: "Reload this page, and open the case again.",
};
const WHY = { run: AGAIN, cookie: FORGOTTEN, "": CLOSED };
const UNANSWERED = {
  reason: "The connection was interrupted, and it is unknown whether the last action was applied.",
  remedy: "Check what is shown, and try again if it was not applied.",
};

const NOT_HERE = "The case of this address is not open in this browser: it was closed, or it was opened in another browser.";
const GIVEN_UP = "The results were requested several times without success. To request them again, choose “Try again”.";
const TRYING = "The results are being requested again.";

// Look at the cases all the time: another tab may change or close them, and the program may end.
async function watch() {
  for (;;) {
    await wait(WATCH_MS);
    desk.turnDay();
    try {
      await tabs.look();
      const held = await (await ask("/cases", {}, 1)).json();
      if (lost === LOST && !open && (await findChanged()) === "run") location.reload(); // it does not know this page
      else await notice(held);
    } catch (wrong) {
      if (!(wrong instanceof Refused)) throw wrong;
      if (!wrong.status && !lost) tellOver(wrong.told);
    }
  }
}

async function notice(held) {
  const mine = held.find((one) => one.id === open);
  if (open && !mine) {
    const id = open;
    if (lost && lost !== LOST) return;
    const why = WHY[await findChanged()]; // a tab in the background may not see the end of the program
    if (open === id) tellOver(why); // what is shown stays readable
    return;
  }
  if (failed && repeats === MOST_REPEATS) { // it stays stated that they are not shown
    if ($("trouble-title").textContent === APART && $("remedy").textContent !== TRYING) say($("remedy"), GIVEN_UP);
    return;
  }
  if (lost) {
    lost = null;
    if ($("trouble-title").textContent === APART) { // a refusal stays
      if (cutOff) tellAbove("Connection interrupted", UNANSWERED);
      else $("trouble").hidden = true;
    }
    cutter.again(); // what was asked for meanwhile has no answer
  }
  if (JSON.stringify(held.map(stateName)) !== $("cases").dataset.told) list(held);
  if (failed && (mine || !open) && !acting && !desk.sending.length) {
    failed = false;
    repeats += 1;
    attempt(repeat());
    return;
  }
  const stale = mine?.state === "ready" && version && !acting && mine.version > version + own;
  if (!stale || seen !== open || $("ask").getAttribute("aria-busy") === "true") return;
  const unanswered = desk.takeUnanswered(open);
  const by = unanswered ? "has changed since the connection was lost, by your entry or" : "was changed";
  const tells = (state) => `The case ${by} in another tab; the new results are ${state}.`;
  const says = tells("shown"), { turn } = desk, { signal } = way;
  $("said").textContent = tells("being loaded");
  await show(open, says);
  if (signal.aborted || turn !== desk.turn) return; // another case was selected, or an entry made, meanwhile
  if ($("said").textContent !== says) $("said").textContent = says;
}

// What requests anew the results that could not be loaded.
const repeat = () => (open ? (version ? showLate : () => follow(open)) : begin);

async function showLate() {
  await show(open, LATE);
  desk.tellEntry(desk.line, `${LATE} `); // whose results these are
}

const OF_CASE = ["step", "first", "second", "chapters", "codes-told", "trials-told", "lesions-told", "charts", "questions", "further", "steps", "findings", "accepted-told", "files", "first-notes", "next-told", "next-reach", "next-answers", "to-embolisation"];

// Empty all that was written of a case, so that nothing of one patient is read as another's.
function forgetCase() {
  for (const id of OF_CASE) $(id).replaceChildren();
  for (const one of document.querySelectorAll("dialog[open]:not(#closing)")) one.close(); // the contact sheet of that case
  $("lesions").hidden = true;
  $("said").textContent = "";
  cuts.forget();
}

// Another case begins with its structures: what was open and scrolled was of the case before.
function foldTools() {
  for (const one of document.querySelectorAll(".step[data-of='plan'] > details, .step[data-of='plan'] > section > details")) one.open = one.id === "structures";
  unscroll();
}

// Select another case, or none; pending requests of the previous one are cancelled.
function turnTo(id) {
  if (id !== open) {
    foldTools();
    stage.turn(id);
    repeats = 0;
  }
  pending = failed = false;
  tellOutdated(false);
  way.abort();
  way = new AbortController();
  scene.close();
  scene.turnTo(id);
  forgetCase();
  cutter.close();
  begins.show([], null);
  branches.close();
  tools.show();
  desk.leave(); // contents belong to another case
  for (const one of document.querySelectorAll("p.refused")) one.textContent = "";
  absolve();
  seen = null;
  version = own = 0;
  drop.editing = false;
  open = id;
  initials.turnTo(id);
  tabs.turnTo(id);
  tellSame("");
  nameSheets("");
  cuts.turnTo(id);
  steps.chosen = null;
  steps.close();
  tellUnsent();
  $("title").textContent = document.title = NAME; // without the name of the previous case
  for (const one of $("cases").querySelectorAll("[aria-current]")) {
    one.setAttribute("aria-current", String(one.dataset.case === id));
  }
  bringTab();
}

async function follow(id) {
  try {
    await followState(id);
  } catch (wrong) {
    failed ||= open === id;
    throw wrong;
  }
}

async function followState(id) {
  if (lost) {
    const turn = choices;
    await ask(`/cases/${id}`); // otherwise the results that are shown stay
    if (turn !== choices) return; // another case was selected meanwhile
  }
  turnTo(id);
  if (location.hash.slice(1) !== id) location.hash = id;
  showOnly("work");
  for (let turn = 1; ; turn++) {
    const held = await (await ask(`/cases/${id}`).catch((wrong) => {
      if (open === id) throw wrong;
    }))?.json();
    if (open !== id) return; // another case was selected, or this one closed, meanwhile
    $("cancel").hidden = held.state !== "working";
    if (held.state === "ready") return show(id);
    if (held.state === "checked") {
      await drop.showRoles(id);
      if (document.activeElement === document.body) $("roles").focus({ preventScroll: true }); // the control that was used was hidden meanwhile
      return;
    }
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
    shown.open(id, scan);
    places.open(scan);
    await cuts.open(scan, async (view, layer) => (await get(`cuts/${view}/${layer}`)).arrayBuffer());
    seen = id;
    $("said").textContent = "The sections are shown; the results are being calculated.";
    await listCases();
  } catch (wrong) {
    if (!signal.aborted && !(wrong instanceof Refused)) throw wrong; // the case itself reports the reason
  }
}

// Show parts of the page; a refusal that is shown stays.
function showApart(...ids) {
  const { hidden } = $("trouble");
  showOnly(...ids);
  $("trouble").hidden = hidden;
}

// Show sections of dropped files while their roles are chosen.
async function showFirst(id) {
  const { signal } = way;
  const get = (what) => ask(`/cases/${id}/${what}`, { signal });
  const isAsked = () => !(signal.aborted || $("roles").hidden || drop.editing);
  try {
    const scan = await (await get("scan")).json();
    if (!isAsked()) return;
    shown.open(id, scan);
    places.open(scan);
    const drawn = cuts.open(scan, async (view, layer) => (await get(`cuts/${view}/${layer}`)).arrayBuffer());
    say($("first-notes"), scan.notes.map(({ text }) => text).join(" ")); // the structures, with their notes, are hidden
    showApart("drop", "roles", "case");
    await drawn;
  } catch (wrong) {
    if (signal.aborted) return;
    if (!(wrong instanceof Refused)) throw wrong;
    if (!isAsked() || !$("stage").hidden) return;
    showApart("drop", "roles"); // without a mask there is none
    document.activeElement.scrollIntoView({ block: "nearest" }); // the form has another width now
  }
}

// Whether all changes of the open case are those that this tab has shown, or is about to show.
const isOwn = (held) => held.find((one) => one.id === open)?.version === version + own;

// The results of a case are loaded anew: state that values of before may still be shown.
function tellOutdated(outdated) {
  $("outdated").hidden = !outdated;
  $("strip").setAttribute("aria-busy", String(outdated));
}

// What is shown stays, and is not busy: a screen reader would omit it.
function fail(wrong) {
  failed = true;
  $("strip").setAttribute("aria-busy", "false");
  throw wrong;
}

// `asked`: whether the questions and entries were shown with the answer to an entry.
async function show(id, says = "The results are shown.", asked = false) {
  const { signal } = way, turn = showing += 1, known = refusals;
  const get = (what) => ask(`/cases/${id}/${what}`, { signal });
  const over = () => signal.aborted || turn !== showing; // another case was selected, or this one is requested anew, meanwhile
  pending = true;
  tellOutdated(Boolean(version));
  try {
    const held = await listCases(); // first: a later change is noticed by its version
    const told = asked && isOwn(held);
    const [tree, scan] = await Promise.all(["answer", "scan"].map(async (what) => (await get(what)).json()));
    if (over()) return;
    if (!drop.shown) (refusals === known ? showOnly : showApart)("case"); // files that the user chose meanwhile stay, as does what was refused
    scene.expect(id, scan.surfaces);
    showBanner(held.find((one) => one.id === id));
    shown.open(id, scan);
    places.open(scan);
    showAnswer(tree);
    const fetch = async (view, layer) => (await get(`cuts/${view}/${layer}`)).arrayBuffer();
    const again = seen === id;
    await cuts.open(scan, fetch, again);
    if (over()) return;
    seen = id;
    if (!told) await desk.open(id, get, over);
    if (over()) return;
    showDossier(desk.told); // at once, so that later choices of the user are kept
    if (navigator.userActivation?.hasBeenActive && document.activeElement === document.body) $("strip").focus({ preventScroll: true }); // its control is not shown any more, or disabled
    begins.show(desk.told.begins, desk.told.points);
    time.show(desk.told, held);
    if (says) $("said").textContent = says;
    if (before && !steps.chosen) steps.go(before);
    before = null;
    if (steps.chosen === "files" && !(drop.shown && drop.isEdited(id))) await drop.edit(id);
    if (over()) return;
    const drafts = await (await get("drafts")).json();
    if (over()) return;
    cutter.open(id, drafts, get);
    const trees = await (await get("branches")).json();
    if (over()) return;
    branches.open(id, trees, get);
    tools.show();
    tellOutdated(false); // surfaces of before are marked as such
    await scene.open(id, scan.surfaces, async (number) => (await get(`surfaces/${number}?of=${scan.surfaces.of}`)).arrayBuffer());
    if (over()) return;
    pending = failed = false;
    repeats = 0;
  } catch (wrong) {
    if (over()) return;
    fail(wrong);
  }
}

function showBanner(held) {
  version = held.version;
  own = 0;
  say($("title"), held.banner);
  document.title = `${held.called} · ${NAME}`;
  nameSheets(labelCase(held));
}

function showAnswer(tree) {
  say($("notice"), `${tree.notice} ${tree.subtitle}.`);
  results = tree;
  $("first").replaceChildren(...tree.first.map((one) => block(one)));
  $("second").replaceChildren(...tree.second.filter((one) => one.title !== "Reviewed and approved").map((one) => block(one)));
  $("chapters").replaceChildren(...tree.chapters.map(chapter));
  $("trials-told").replaceChildren(...tree.trials.map((one) => block(one, "Trials: ")));
  markAnswers($("trials-told").querySelector("table"));
  $("trials-baseline").hidden = !tree.baseline.length; // why an embolisation decides nothing here
  say($("trials-baseline"), tree.baseline.map((one) => `${one}.`).join(" "));
  $("codes").hidden = !tree.codes.length;
  $("codes-told").replaceChildren(...tree.codes.map(({ code, says }) => make("li", `${code}: ${says}`)));
  tellConcerns($("answer"), tree.concerns);
  places.link($("answer"));
  strip.show(tree.strip, places);
  shown.measure(tree.strip.volumes, tree.strip.origins);
}

// What depends on the entries: questions, findings to accept, exports.
function showDossier(told) {
  say($("to-embolisation"), told.embolised ? `Change the recorded embolisation (${told.embolised})` : "Enter a PVE or another embolisation");
  steps.open(results.strip, told);
  tellUnsent();
  strip.ask(told.questions);
  sign.show(told);
  away.show(open, told.hindrances);
}

async function listCases() {
  const held = await (await ask("/cases")).json();
  list(held);
  return held;
}

// What is shown was chosen; the function that is returned gives whether another choice followed.
function noteChoice() {
  const turn = choices += 1;
  return () => turn !== choices;
}

// The list of cases for a choice; null if another choice followed.
async function listForChoice() {
  const over = noteChoice();
  const held = await listCases();
  return over() ? null : held;
}

function select(id) {
  noteChoice();
  return follow(id);
}

// Scroll the tabs to that of the case shown.
function bringTab() {
  $("cases").querySelector("[aria-current=true]")?.parentElement.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// State where entries were made that the results do not contain, until they are sent or taken back.
function tellUnsent() {
  const edited = drop.isEdited(open), from = [edited && "Files", desk.unsent.has(open) && "Questions or Sign"].filter(Boolean);
  const words = `Entries in ${from.join(" and in ")} were not sent: these results do not include them.`;
  $("unsent").hidden = !from.length;
  say($("unsent"), from.length ? words : "");
  if (steps.told.plan.state !== "off") steps.tellFiles(edited);
}

// Name the case on each printed sheet, which may be read alone.
function nameSheets(text) {
  sheets.replaceSync(`@page { @bottom-center { content: "${CSS.escape(text)}"; font: 8pt sans-serif; } }`);
}

// State which other open cases appear to be of the same patient.
function tellSame(text) {
  $("same-patient").hidden = !text;
  say($("same-patient"), text);
}

function list(held) {
  for (const one of held) known.add(one.id);
  const { case: id, closes } = $("cases").contains(document.activeElement) ? document.activeElement.dataset : {};
  tellApart(held);
  tellSame(held.find((one) => one.id === open)?.same ?? "");
  $("cases").dataset.told = JSON.stringify(held.map(stateName));
  $("open-cases").hidden = !held.length;
  $("open-cases-told").replaceChildren(...held.map((one) => {
    const button = make("button", labelCase(one), { type: "button" });
    button.addEventListener("click", () => attempt(() => select(one.id)));
    return into(make("li"), button);
  }));
  $("cases").replaceChildren(
    ...held.map((one) => {
      const label = labelCase(one);
      const named = make("button", null, { type: "button", title: label, "aria-label": label, "data-case": one.id, "aria-current": String(one.id === open) });
      into(named, ...nameTab(one));
      named.addEventListener("click", () => attempt(() => select(one.id)));
      const close = make("button", "×", { type: "button", "aria-label": `Close ${label.replace("C", "c")}`, title: "Close this case", "data-closes": one.id });
      close.addEventListener("click", () => {
        asking = one.id;
        attempt(() => endOnce(one.id, () => askToClose(one.id)));
      });
      return into(make("li"), named, close);
    }),
  );
  [...$("cases").querySelectorAll("button")].find((one) => (id || closes) && one.dataset.case === id && one.dataset.closes === closes)?.focus({ preventScroll: true });
  requestAnimationFrame(bringTab); // once all tabs have their widths
}

// Follow a click that closes a case; a double click is one.
async function endOnce(id, work) {
  if (ending.has(id)) return;
  ending.add(id);
  try {
    await work();
  } finally {
    ending.delete(id);
  }
}

// Ask before a case is closed whose entries, or whose draft cut, would be lost.
async function askToClose(id) {
  const held = (await listCases()).find((one) => one.id === id);
  if (!held) return;
  if (!held.unsaved && !drop.isEdited(id) && !desk.unsent.has(id) && !cutter.has(id)) return closeCase(held);
  if (asking !== id) return; // the question is about the case chosen last
  say($("closing-title"), `Close ${labelCase(held).replace("C", "c")}?`);
  $("closing-export").hidden = held.state !== "ready";
  closing = held;
  $("closing").showModal();
}

async function closeCase({ id, number }) {
  if (closing?.id === id) $("closing-title").textContent = "";
  if (open === id) {
    noteChoice();
    turnTo(null); // so that it is not missed
  }
  drop.ended.add(id); // files on their way to it may have their answer before
  try {
    await post(`/cases/${id}/close`);
  } catch (wrong) {
    drop.ended.delete(id);
    if (!open) openNone(""); // no empty case is left, and its tab stays
    throw wrong;
  }
  if (open === id) turnTo(null); // it was selected meanwhile
  for (const one of [drop, desk.unsent, cutter, branches, initials, scene, shown, time]) one.forget(id);
  cuts.kept.delete(id);
  await listCases();
  if (open) { // the case shown stays, with its drafts
    if (document.activeElement === document.body) $("another").focus({ preventScroll: true });
    $("said").textContent = `Case ${number} was closed.`;
    return;
  }
  if (location.hash.slice(1) === id) history.replaceState(null, "", location.pathname);
  openNone(`Case ${number} was closed. No case is shown.`); // never another patient's, unasked
  if (document.activeElement === document.body) $("files-in").focus({ preventScroll: true }); // the tab with the focus is gone
}

let opening = null; // whether another choice followed the last click, while the sample is opened
async function openSample() {
  const again = opening;
  opening = noteChoice();
  if (again) return; // a double click opens one case
  let held, over;
  try {
    held = await (await post("/cases", { sample: "crlm" })).json();
  } finally {
    over = opening;
    opening = null;
  }
  await (over() ? listCases() : follow(held.id)); // another case that was selected meanwhile stays
}

// The form was sent: the plan follows it, unless another step was chosen.
function leaveFiles() {
  drop.editing = false;
  if (steps.chosen === "files") steps.keep(null);
}

// After an answer only texts change, unless files were read again, as after any other entry, and had been changed.
async function changed(told, what) {
  if (what === "change") leaveFiles();
  const showAll = () => show(open, null, true); // what the entry did stays in the line of status
  if (pending || failed || what !== "answer" || told.steps.at(-1).changed.length) return showAll();
  const { signal } = way, turn = showing += 1;
  const over = () => signal.aborted || turn !== showing; // another case was selected, or another entry made, meanwhile
  let held, tree;
  tellOutdated(true);
  try {
    held = await listCases();
    if (over()) return;
    if (!isOwn(held)) return showAll(); // another entry followed
    tree = await (await ask(`/cases/${open}/answer`)).json();
    if (over()) return;
  } catch (wrong) {
    if (over()) return;
    fail(wrong);
  }
  showBanner(held.find((one) => one.id === open));
  showAnswer(tree);
  showDossier(told);
  time.show(told, held);
  cutter.again();
  branches.again();
  tellOutdated(false);
}

// A change by this tab: what it changes is shown afterwards, and is not that of another tab.
async function act(...asked) {
  acting += 1;
  try {
    const answer = await post(...asked);
    own += CHANGES.test(asked[0]) && asked[0].startsWith(address()) ? 1 : 0; // of the case that is shown now
    return answer;
  } catch (wrong) {
    if (!wrong.status && CHANGES.test(asked[0])) desk.unanswered = asked[0].split("/")[2]; // it may have been made
    throw wrong;
  } finally {
    acting -= 1;
  }
}

const isOpen = (id) => open === id;
const dossier = () => desk.told;
const change = (form, wrong) => desk.submit("change", form, wrong, "Files and facts");
const showCase = (says) => show(open, says);
const address = () => `/cases/${open}`;
const lent = { $, address, change, noteChoice, dossier, ask, attempt, findings: showResults, follow, initials, into, isOpen, listCases, make, post: act, save, showCase, showFirst, showOnly, steps, version: () => version };
const cutter = new Cutter(lent, cuts);
const branches = new Branches(lent, cuts, places);
Object.assign(cutter, { safety, begin: (id) => desk.begin(id), linkFinding: (sentence) => strip.linkFinding(sentence), shared: (shares) => strip.showDrafts(shares) });
strip.drafted = (draft) => desk.offerDraft(draft);
scene.margined = () => {
  strip.tellMargins();
  cutter.show();
  cutter.tellLargest?.();
};
branches.painted = (wish) => scene.showBranches(wish);
cuts.turned = () => {
  cutter.show();
  branches.paint();
};
cutter.changed = (wish) => scene.layDraft(wish && { point: wish.point_mm, normal: wish.normal });
scene.dragged = ({ point, normal, ended }) => {
  cutter.drag({ point_mm: [...point], normal: [...normal] });
  if (ended) cutter.dropped();
};
const drop = new Drop(lent);
const away = new Away(lent);
const desk = new Ask(lent, changed);
desk.useDraft = async () => ((await cutter.more.use()) ? "" : cutter.more.adoptWrong.textContent);
desk.formSent = (id) => drop.sent(id);
const sign = new Sign(lent, desk);
const begins = new Begins(lent, desk, cuts, places);
const time = new OverTime(lent, desk);

// Ask before the page is left or loaded again while it holds drafts or entries that were not sent:
// they are only in this page, and would be lost.
window.addEventListener("beforeunload", (event) => {
  if (cutter.holdsDrafts || drop.holdsEntries || desk.unsent.holdsEntries) event.preventDefault();
});

async function begin() {
  const held = await listForChoice().catch((wrong) => {
    failed = true; // nothing is shown yet
    throw wrong;
  });
  if (!held) return;
  const asked = location.hash.slice(1);
  const chosen = held.find((one) => one.id === asked) ?? held[0];
  if (!chosen) return openNone(asked ? NOT_HERE : "No case is open.");
  before = chosen.id === asked ? history.state?.step : null;
  history.replaceState(null, "", `#${chosen.id}`);
  await follow(chosen.id);
  if (asked && asked !== chosen.id && open === chosen.id) $("said").textContent = `${NOT_HERE} Case ${chosen.number} is shown.`; // not the patient that was asked for
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
  const held = await listForChoice();
  if (!held || location.hash.slice(1) !== id) return;
  if (held.some((one) => one.id === id)) {
    before = history.state?.step;
    await follow(id);
  } else openNone(known.has(id) ? "This case was closed." : NOT_HERE);
}));

$("another").addEventListener("click", () => attempt(async () => {
  drop.leaving += 1;
  try {
    if (!(await listForChoice())) return; // if the program has ended, the results that are shown stay
  } finally {
    drop.leaving -= 1;
  }
  openNone("No case is shown. Files of another case can be opened.");
  location.hash = "";
}));
// A link to a part of the page gives it the focus: the address stays that of the case.
for (const link of SKIPS) link.addEventListener("click", (event) => {
  event.preventDefault();
  $(link.hash.slice(1)).focus();
});
cuts.failed = (wrong) => wrong instanceof Refused && $("work").hidden && attempt(async () => {
  last = () => follow(open);
  throw wrong;
});
$("to-embolisation").addEventListener("click", () => attempt(async () => {
  steps.keep("files");
  await turnStep("files");
  if ($("closed-kind")) goToPart($("closed-kind"));
}));
for (const step of ["files", "questions"]) {
  $(step === "files" ? "to-facts" : "to-questions").addEventListener("click", () => steps.choose(step));
}
$("sample").addEventListener("click", () => attempt(openSample));
$("closing-back").addEventListener("click", () => $("closing").close());
$("closing-close").addEventListener("click", () => {
  $("closing").close();
  attempt(() => endOnce(closing.id, () => closeCase(closing)));
});
$("closing-export").addEventListener("click", () => {
  $("closing").close();
  attempt(async () => {
    const { id, number } = closing;
    await save(await ask(`/cases/${id}/files/case.toml`));
    $("said").textContent = `The case file of case ${number} was exported.`;
  });
});
$("cancel").addEventListener("click", () => attempt(async () => {
  await post(`/cases/${open}/cancel`);
}));
$("retry").addEventListener("click", () => {
  if ([AGAIN, FORGOTTEN].includes(lost)) return location.reload();
  if (!failed || repeats < MOST_REPEATS || $("trouble-title").textContent !== APART) return attempt(last ?? begin);
  say($("remedy"), TRYING);
  return attempt(repeat()); // not the action that followed
});
document.addEventListener("input", tellUnsent); // after the form that keeps the entry
new ResizeObserver(bringTab).observe($("cases"));
attempt(begin);
watch();
