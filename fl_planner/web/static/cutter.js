// Draft cuts: a resection, segments or a plane is chosen; two drafts are compared.
import { dot, unit } from "/camera3d.js";
import { say } from "/dom.js";
import { Draft, Follower, noDrafts } from "/draft.js";
import { alike, asMl, asMm, asRoman, lessShown, typeset } from "/figures.js";
import { BASES, compose, MoreCuts, partsOf } from "/morecuts.js";
import { ask, inWords, LOST, UNSURE } from "/net.js";
import { describeUnclear, followNumber } from "/numbers.js";
import { PlaneInCuts } from "/plane2d.js";
import { belowSafety } from "/strip.js";
import { listSupply, stateSupply } from "/supply.js";

const DICOM = "draft-cut.dcm";
const FILES = [
  ["draft-cut.nii.gz", "Remnant, NIfTI"], ["draft-cut.seg.nrrd", "Remnant, .seg.nrrd"],
  [DICOM, "Remnant, DICOM SEG (contains the patient identifiers from the CT)"], ["draft-cut.zip", "Case file with this plan"],
];
const SIGNED = ["by", "on"]; // fields of who records an entry, and when
const NONE = "-", CROSSED = "Lesions crossed by the cut", LEFT = "Lesions remaining", MARGIN = "Margin around the removed lesions";
const ALARMS = {
  [CROSSED]: (text) => text !== "none", [LEFT]: (text) => text !== "none", [MARGIN]: (text) => Number.parseFloat(text) === 0 || text.includes(", below "),
}; // values in the colour of a refusal, as is a supply that is lost
const isAlarm = (name, text) => ALARMS[name]?.(text) ?? text.startsWith("lost in ");
const degrees = (one) => (one * 180) / Math.PI;
const radians = (one) => (one * Math.PI) / 180;
const SAME_VALUE = 0.05; // mm or degrees: below what is shown of a value
const UPRIGHT = 1e-4; // part of a normal in the axial plane, below which its rotation is not defined
const unusable = ({ not_to_use: mark }) => mark && `; ${mark}`; // as in every table of resections
const round = (one, digits) => Number(one.toFixed(digits));

export class Cutter {
  constructor({ $: find, address, attempt, dossier, into, isOpen, make, post, save, showCase, showOnly, steps }, cuts) {
    Object.assign(this, { $: find, address, attempt, dossier, into, isOpen, make, post, keep: save, showCase, showOnly, steps, cuts, adopted: [], drafts: noDrafts(), active: 0, kept: new Map() });
    const { $ } = this;
    this.planes = new PlaneInCuts(cuts, this);
    this.more = new MoreCuts(this);
    cuts.recorded = (words, tell) => this.attempt(() => this.record(words, tell));
    for (const radio of document.querySelectorAll("input[name=draft]")) {
      radio.addEventListener("change", () => this.turnTo(Number(radio.value)));
    }
    $("cut-undo").addEventListener("click", () => this.step("undo"));
    $("cut-redo").addEventListener("click", () => this.step("redo"));
    $("cut-row").addEventListener("change", () => this.choose());
    $("cut-plane").addEventListener("click", () => this.put({ plane: { ...this.told.plane } }));
    $("plane-side").addEventListener("click", () => {
      this.put({ plane: { ...this.plane, keeps: this.plane.keeps === "front" ? "back" : "front" } });
    });
    this.showValue = {};
    for (const id of ["plane-move", "plane-turn", "plane-tilt"]) {
      $(id).addEventListener("input", () => this.pull({ plane: this.read(id) }));
      $(id).addEventListener("change", () => this.dropped());
      const inUse = () => $(id).getAttribute("aria-valuetext").split(" ")[0];
      this.showValue[id] = followNumber($(`${id}-said`), { unit: id === "plane-move" ? "mm" : "°", step: 1 }, inUse, (value) => this.type(id, value), (entered) => this.mark(id, entered));
    }
    $("cutter").addEventListener("keydown", (event) => this.key(event));
    $("cutting").addEventListener("toggle", () => $("cutting").open && this.wish && cuts.bringFront("draft"));
    $("cut-save").replaceChildren(...FILES.map(([name, words]) => {
      const button = this.make("button", words, { type: "button", "data-file": name });
      button.addEventListener("click", () => this.attempt(() => this.save(name)));
      return button;
    }));
  }

  // `told` lists the choices; `get` queries the case. Its drafts are those with which it was left.
  open(id, told, get) {
    this.leave();
    this.cuts.get = get;
    const { drafts, active, adopted, curve } = this.kept.get(id) ?? { drafts: noDrafts(), active: 0, adopted: [] };
    Object.assign(this, { id, told, get, drafts, active, adopted });
    const { $ } = this;
    $("cutter").hidden = false;
    document.querySelector(`input[name=draft][value='${active}']`).checked = true;
    this.fetch = async (what, wish) => (await get(`${what}?cut=${encodeURIComponent(JSON.stringify(wish))}`)).json();
    this.follower = new Follower((wish) => this.fetch("draft", wish), () => this.show());
    $("cut-row").replaceChildren(new Option("none selected", ""), ...this.listRows(told));
    const boxes = told.segments.map((name) => {
      const box = this.make("input", null, { type: "checkbox", value: name });
      box.addEventListener("change", () => this.toggle(box));
      return this.into(this.make("label"), box, ` ${asRoman(name)}`);
    });
    const none = this.make("button", "Untick all", { type: "button", id: "cut-untick", title: "Then tick the segments to be kept" });
    none.addEventListener("click", () => this.untick());
    $("cut-segments").replaceChildren($("cut-segments").querySelector("legend"), ...boxes, none);
    this.unticked = false;
    this.offerLargest(told);
    $("cut-segments").hidden = $("cut-row").parentElement.hidden = !told.segments.length;
    $("cut-plane").hidden = !told.plane;
    $("no-plane").hidden = !told.no_plane;
    say($("no-plane"), told.no_plane ? `A plane cannot be used: ${told.no_plane}.` : "");
    say($("no-draft-dicom"), told.no_dicom ? `DICOM SEG is not available: ${told.no_dicom}.` : "");
    if (told.plane) Object.assign($("plane-move"), { min: -Math.ceil(told.reach_mm), max: Math.ceil(told.reach_mm) });
    this.planes.attach();
    this.planes.outlines.clear();
    this.cuts.bringFront("draft");
    this.more.open(told, curve);
    this.follow();
  }

  // Resections, those that remove all lesions first, each group from the largest FLR to the smallest.
  // The name is in front, where it is not cut off and is found by typing.
  listRows({ rows, lesions }) {
    const margin = (row) => (row.clears && row.margin ? `, margin ${row.margin}` : "");
    const option = (row) => new Option(`${row.name}: FLR ${row.percent} %${margin(row)} (${row.code})${unusable(row)}`, row.kept.join(" "));
    const listed = (some) => [...some].sort((a, b) => b.percent - a.percent).map(option);
    if (!lesions) return listed(rows);
    const groups = [["Removes all lesions", listed(rows.filter((row) => row.clears))], ["Leaves or cuts a lesion", listed(rows.filter((row) => !row.clears))]];
    return groups.filter(([, some]) => some.length).map(([label, some]) => this.into(this.make("optgroup", null, { label }), ...some));
  }

  // The resection that removes all lesions and leaves the largest FLR, as a button that begins it.
  offerLargest({ rows, lesions }) {
    const [row] = rows.filter((one) => lesions && one.clears).sort((a, b) => b.percent - a.percent);
    const button = this.$("cut-largest");
    this.tellLargest = null; // words the button again once another safety margin is set
    button.hidden = !row;
    this.$("cut-no-largest").hidden = Boolean(row) || !lesions || !rows.length;
    if (!row) return;
    const tell = (lesion, below = "") => {
      say(button, `Removes all lesions, largest FLR of the named resections: ${row.name}, ${row.percent} %${row.margin ? `, margin ${row.margin}${lesion}${below}` : ""}${unusable(row)}`);
    };
    tell("");
    button.onclick = () => this.put({ segments: row.kept }, true);
    const { told } = this;
    this.ask(async () => {
      const draft = await this.fetch("draft", { segments: row.kept });
      if (told !== this.told) return; // another case is shown meanwhile
      this.tellLargest = () => tell(nearest(draft), this.tellBelow(draft));
      this.tellLargest();
    });
  }

  // Another case is shown: what was drafted stays with this one.
  close() {
    this.leave();
    Object.assign(this, { told: null, adopted: [], drafts: noDrafts(), follower: null });
    this.shared?.([]);
    this.$("cutter").hidden = true;
    this.$("recorded").dataset.asked = "false";
  }

  // Keep the drafts of the case shown, except that which is now its plan.
  leave() {
    const { told, id, drafts, used, active, adopted, more } = this;
    this.used = null;
    if (!told) return;
    const left = drafts.map((one) => (one === used ? new Draft() : one.anew()));
    this.kept.set(id, { drafts: left, active, adopted, curve: used ? null : more.left });
  }

  // The case is closed.
  forget(id) {
    this.kept.delete(id);
  }

  // Whether a case has a draft.
  has(id) {
    const drafts = this.told && this.id === id ? this.drafts : this.kept.get(id)?.drafts;
    return Boolean(drafts?.some(({ wish }) => wish));
  }

  // Whether any open case has a draft.
  get holdsDrafts() {
    return [this.id, ...this.kept.keys()].some((id) => this.has(id));
  }

  get draft() {
    return this.drafts[this.active];
  }

  get wish() {
    return this.draft.wish;
  }

  // The cuts of the draft by kind, and its plane.
  get parts() {
    return partsOf(this.wish);
  }

  get plane() {
    return this.parts.plane ?? null;
  }

  // Points of a curved surface that is being set.
  get points() {
    return this.more.points;
  }

  // A place clicked in a section: true where it is a point of a curved surface.
  point(mm) {
    return this.more.take(mm);
  }

  // A complete change of some cuts: chosen, toggled or entered; or `whole`: all of them.
  put(some, whole = false) {
    this.pull(some, whole);
    this.dropped();
  }

  // The same while it is dragged. A new cut replaces the others unless they are combined; wedges are added.
  pull(some, whole = false) {
    const before = this.parts, next = whole ? some : this.more.combine(some);
    if (replaces(before, next)) this.leaveDraft();
    this.draft.change(tidy(compose(next)));
    this.cuts.bringFront("draft");
    this.follow();
  }

  // A new cut begins the other draft if that is empty, so that neither is lost.
  leaveDraft() {
    const other = 1 - this.active, [kept, made] = this.names;
    if (this.drafts[other].wish) return;
    this.active = other;
    this.unticked = false;
    document.querySelector(`input[name=draft][value='${other}']`).checked = true;
    this.$("said").textContent = `${kept} is kept; the new cut is ${made.replace("D", "d")}.`;
  }

  // The draft shown, and the other one.
  get names() {
    return [this.active, 1 - this.active].map((n) => `Draft ${"AB"[n]}`);
  }

  // What a new cut does to the drafts; "" without a draft.
  get next() {
    const [shown, other] = this.names.map((name) => name.replace("D", "d"));
    if (!this.told || !this.wish) return "";
    if (this.more.together.checked) return `A new cut is added to ${shown}.`;
    if (!this.drafts[1 - this.active].wish) return `A cut of a different kind starts ${other}; ${shown} is kept.`;
    return `A new cut replaces ${shown}; Undo restores it.`;
  }

  // ", below 10 mm", for a draft whose margin is smaller than the safety margin that is set.
  tellBelow({ plan }) {
    const below = belowSafety(plan.margin_mm, this.safety?.());
    return below && `, ${below}`;
  }

  // A plane that was dragged in a view.
  drag({ point_mm, normal }) {
    this.pull({ plane: { ...this.plane, point_mm, normal } });
  }

  // Record a measured length as the largest lesion by calliper.
  async record(words, tell) {
    const of = this.address(), isLeft = () => of !== this.address(); // another case is shown by now
    const entry = JSON.stringify([of, words]);
    if (this.recording === entry) return; // a double click is one entry
    this.recording = entry;
    tell("being recorded");
    try {
      await this.post(`${of}/measure`, words);
    } catch (wrong) {
      if (!wrong.told) throw wrong;
      if (isLeft()) return;
      const { file, reason, remedy } = wrong.told;
      tell(wrong.status ? `not recorded: ${reason}; ${remedy}` : UNSURE);
      if (SIGNED.includes(file)) this.askSigned(file);
      return;
    } finally {
      if (this.recording === entry) this.recording = null;
    }
    if (isLeft()) return;
    this.$("recorded").dataset.asked = "false";
    tell("recorded as the largest lesion diameter by calliper");
    await this.showCase(`Largest lesion diameter by calliper recorded: ${asMm(Number(words.mm))}. The results are shown.`);
  }

  // Show the initials and the date, which a step may hide, and go to the one that is missing.
  askSigned(field) {
    if (this.$("panel").offsetParent === null) {
      this.showOnly("case");
      this.steps.go("plan");
    }
    this.$("recorded").dataset.asked = "true";
    this.$(field).focus();
  }

  dropped() {
    this.draft.commit();
    this.show();
  }

  step(way) {
    this.draft[way]();
    this.cuts.bringFront("draft");
    this.follow();
  }

  // What is entered in a plane is of the draft shown until now. Where a finger chooses, the focus stays
  // in its field, and the value would not be used.
  endEntry() {
    const held = document.activeElement;
    if (this.$("plane-controls").contains(held)) held.blur();
  }

  // What was entered in the plane of a draft, by control, and is no number: the value that it should have is unknown.
  mark(id, entered) {
    if (!this.plane || !(entered || this.draft.unclear?.[id])) return;
    this.draft.unclear = { ...this.draft.unclear, [id]: entered && { entered, value: this.valuesOf(this.plane)[id] } };
    this.showControls();
    this.more.show();
  }

  // The entry of a control that is no number; null once its value was changed.
  unclearIn(id) {
    const entry = this.plane && this.draft.unclear?.[id];
    return entry && Math.abs(entry.value - this.valuesOf(this.plane)[id]) < SAME_VALUE ? entry.entered : null;
  }

  // Why the draft cannot be used or saved: an entry in its plane is no number; "" if none is.
  get unclear() {
    const id = Object.keys(this.showValue).find((one) => this.unclearIn(one));
    return id ? describeUnclear(this.$(`${id}-said`), this.unclearIn(id)) : "";
  }

  turnTo(active) {
    this.endEntry();
    Object.assign(this, { active, unticked: false });
    this.cuts.bringFront("draft");
    this.show();
  }

  follow() {
    this.unticked = false;
    this.show();
    this.follower?.follow(this.drafts).catch((wrong) => {
      if (wrong.name !== "AbortError") this.attempt(() => Promise.reject(wrong));
    });
  }

  // The case has changed: recalculate both drafts.
  again() {
    this.drafts = this.drafts.map((one) => Object.assign(one.anew(), { told: one.told }));
    this.follow();
  }

  choose() {
    const kept = this.$("cut-row").value;
    if (kept) this.put({ segments: kept.split(" ") }, !this.more.together.checked);
  }

  // The segments that remain after one was ticked or unticked. Those cut by another cut that stays
  // are still cut by it; if it is replaced, they remain only if ticked.
  toggle(box) {
    const { segments, plane, surface, wedges } = this.parts;
    if (!segments && this.wish && !this.unticked && !this.draft.isDetailed) return this.showSegments(); // it is not known yet what the others leave
    const cut = this.more.together.checked || (wedges && !plane && !surface);
    const kept = this.unticked ? [] : segments ?? this.boxes.filter((one) => one.checked || (cut && one.indeterminate)).map((one) => one.value);
    this.unticked = false;
    this.put({ segments: this.told.segments.filter((name) => (name === box.value ? box.checked : kept.includes(name))) });
  }

  // Untick all segments: those ticked next remain. Until then, the draft is as before.
  untick() {
    this.unticked = true;
    this.showSegments();
    this.boxes[0]?.focus();
  }

  // A segment is ticked if it remains entirely, and mixed if it is cut: by the draft, or else by the plan.
  showSegments() {
    const { wish, parts: { segments, ...others } } = this;
    const alone = wish && !Object.values(others).some(Boolean), known = wish ? this.draft.kept : this.told.kept;
    this.$("cut-segments").setAttribute("aria-busy", String(Boolean(wish) && !alone && !this.unticked && !this.draft.isDetailed));
    if (!segments && !known && !this.unticked) return; // those of before, until it is known
    for (const box of this.boxes) {
      const stays = !this.unticked && (!segments || segments.includes(box.value));
      const cut = stays && !alone && known?.[box.value] === "part";
      Object.assign(box, { checked: stays && !cut && (Boolean(segments) || known[box.value] === "all"), indeterminate: cut });
    }
  }

  // Which segments other cuts leave, and which way the plane keeps more, is requested once the draft is settled.
  askDetails() {
    const { draft } = this, { segments, ...others } = this.parts;
    if (!Object.values(others).some(Boolean) || !draft.told || !draft.settled || draft.from || draft.keptOf === draft.told) return;
    const of = draft.told;
    draft.keptOf = of;
    this.ask(async () => {
      const { kept, more } = await this.fetch("draft-details", draft.wish);
      if (draft.keptOf !== of || !this.drafts.includes(draft)) return;
      Object.assign(draft, { kept, more, detailed: of });
      this.showControls();
    });
  }

  // Ask for a detail of the case shown. A case that was left is no longer asked.
  ask(work) {
    work().catch((wrong) => wrong.name !== "AbortError" && this.attempt(() => Promise.reject(wrong)));
  }

  // A draft in words: what it is composed of.
  nameParts({ segments, plane, surface, wedges }) {
    const row = segments && this.told.rows.find((one) => one.kept.join() === segments.join());
    const kept = segments && (row?.name ?? (segments.length > 1 ? `segments ${segments.map(asRoman).join(", ")} remain` : segments.length ? `segment ${asRoman(segments[0])} remains` : "no segment remains"));
    const around = wedges && `wedge around ${wedges.lesions.map((n) => `L${n}`).join(", ")} (${wedges.margin_mm} mm)`;
    return [kept, plane && "plane", surface && "curve", around].filter(Boolean).join(" + ");
  }

  get boxes() {
    return [...this.$("cut-segments").querySelectorAll("input")];
  }

  key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const way = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[event.key.toLowerCase()];
    if (!way) return;
    event.preventDefault();
    this.step(way);
  }

  // A number that was entered.
  type(id, value) {
    if (!this.plane) return; // the case was left meanwhile
    const { min, max } = this.$(id), within = Math.min(Math.max(value, Number(min)), Number(max));
    this.put({ plane: this.read(id, within) });
  }

  // The plane after one of its three values was set; the other two stay. Its point stays as near as
  // it can to where it was, and so do the handles.
  read(id, value = Number(this.$(id).value)) {
    const { plane } = this, at = { ...this.valuesOf(plane), [id]: value };
    const [turn, tilt] = [at["plane-turn"], at["plane-tilt"]].map(radians);
    const normal = [Math.cos(tilt) * Math.cos(turn), Math.cos(tilt) * Math.sin(turn), Math.sin(tilt)];
    const by = at["plane-move"] - this.moveOf({ ...plane, normal });
    return { ...plane, normal, point_mm: plane.point_mm.map((one, n) => one + by * normal[n]) };
  }

  // The values of a plane by control: mm from the middle of the liver, and the angles of its normal.
  valuesOf(plane) {
    const [x, y, z] = plane.normal;
    const turn = Math.hypot(x, y) < UPRIGHT ? Number(this.$("plane-turn").value) : degrees(Math.atan2(y, x));
    return { "plane-move": this.moveOf(plane), "plane-turn": turn, "plane-tilt": degrees(Math.asin(z)) };
  }

  moveOf({ normal, point_mm }) {
    return dot(normal, point_mm.map((one, n) => one - this.told.plane.point_mm[n]));
  }

  show() {
    if (!this.told) return;
    const { $, draft } = this;
    const busy = this.drafts.some((one) => !one.settled);
    const state = busy ? "busy" : draft.refused ? "refused" : draft.told ? "shown" : "none";
    this.showControls();
    this.more.show();
    this.showSaid();
    for (const button of $("cut-save").children) button.disabled = !draft.told || !draft.settled || (button.dataset.file === DICOM && this.told.no_dicom);
    this.askSupply();
    this.askDetails();
    this.showNumbers();
    this.showShares();
    this.drawCuts();
    this.cuts.drafted?.(draft);
    this.changed?.(this.plane);
    $("cutter").dataset.state = state;
  }

  // Draw the sections again, except if a draft that is dragged has only received its numbers.
  drawCuts() {
    const { draft } = this;
    const drawn = draft.from ? draft.wish : null;
    if (!drawn || this.drawn !== drawn) this.cuts.draw();
    this.drawn = drawn;
  }

  // Inflow and outflow take longer than volumes: they are requested once the draft is settled.
  askSupply() {
    if (!this.told.trees.length) return;
    for (const draft of this.drafts) {
      const { wish } = draft;
      if (!draft.told || !draft.settled || draft.from || draft.supplyOf === draft.told) continue;
      const of = draft.told;
      Object.assign(draft, { supplyOf: of, supply: null, supplyPending: true });
      this.attempt(async () => {
        let supply = null; // as after a refusal, which `attempt` shows
        try {
          supply = await this.fetch("draft-supply", wish);
        } finally {
          if (draft.supplyOf === of && this.drafts.includes(draft)) {
            Object.assign(draft, { supply, supplyPending: false });
            this.show();
          }
        }
      });
    }
  }

  showControls() {
    const { $, plane: laid, draft } = this, ways = [$("cut-undo"), $("cut-redo")], held = document.activeElement;
    $("cut-undo").disabled = !draft.past.length;
    $("cut-redo").disabled = !draft.future.length;
    if (ways.includes(held) && held.disabled) ways.find((one) => !one.disabled)?.focus({ preventScroll: true });
    const plane = Boolean(laid);
    $("cut-plane").setAttribute("aria-pressed", String(plane));
    $("plane-controls").hidden = !plane;
    this.showSegments();
    const { segments, ...others } = this.parts, row = Object.values(others).some(Boolean) ? "" : segments?.join(" ") ?? "";
    $("cut-row").value = [...$("cut-row").options].some((one) => one.value === row) ? row : "";
    $("cut-row").options[0].textContent = this.wish && !$("cut-row").value ? this.nameParts(this.parts) : "none selected";
    say($("cut-composed"), this.wish ? `Draft ${"AB"[this.active]}: ${this.nameParts(this.parts)}` : "");
    if (!plane) return;
    for (const [id, value] of Object.entries(this.valuesOf(laid))) this.slide(id, value, id === "plane-move" ? "mm" : "degrees");
    this.tellMore();
  }

  // In which direction each control of the plane keeps more; unknown while it is dragged.
  tellMore() {
    const { draft } = this, more = draft.isDetailed ? draft.more : {};
    const known = { move: this.plane.keeps === "back" ? 1 : -1, ...more };
    for (const told of document.querySelectorAll("[data-more]")) {
      const way = known[told.dataset.more];
      const from = told.dataset.more === "move" ? "" : "from here, "; // beyond, the other way may keep more
      told.textContent = way ? `; ${from}${way > 0 ? "+" : "\u2212"} keeps more liver` : "";
    }
  }

  slide(id, value, unitName) {
    const slider = this.$(id), text = value.toFixed(1).replace(/^-(?=0\.0$)/, "");
    const said = unitName === "mm" ? text : text.replace(/\.0$/, "");
    if (document.activeElement !== slider || !this.draft.from) slider.value = value;
    slider.setAttribute("aria-valuetext", `${said} ${unitName}`);
    this.showValue[id]();
    this.$(`${id}-said`).setAttribute("aria-invalid", String(Boolean(this.unclearIn(id))));
  }

  showSaid() {
    const { draft } = this;
    const notes = [...(draft.told?.notes ?? []), ...(suppliedOf(draft)?.notes ?? [])];
    const texts = draft.refused ? [draft.refused === LOST ? `Not calculated: ${LOST.reason}` : `Refused: ${inWords(draft.refused)}`] : notes;
    const lines = texts.map((text) => this.make("p", text, draft.refused ? { class: "loud" } : { class: "small" }));
    const shown = [...this.$("cut-told").children].map((one) => one.textContent).join();
    if (shown !== texts.map(typeset).join()) this.$("cut-told").replaceChildren(...lines);
  }

  showNumbers() {
    const table = this.$("cut-numbers");
    const told = this.drafts.map((one) => one.told);
    table.hidden = !told.some(Boolean);
    table.setAttribute("aria-busy", String(this.drafts.some((one) => !one.settled || one.supplyPending)));
    const of = { below: (draft) => this.tellBelow(draft), lesions: this.told.lesions };
    const listed = [...lines(told, of), ...this.supplyStates(), ...supplyLines(this.drafts.map(suppliedOf))];
    const text = JSON.stringify(listed);
    if (this.listed === text) return;
    this.listed = text;
    const rows = listed.map(([name, [a, b], less]) => {
      const cells = [a, b, less].map((text) => this.make("td", text ?? NONE, text && isAlarm(name, text) ? { class: "refused strong" } : {}));
      if (!less) cells[2].className = "none";
      return this.into(this.make("tr"), this.make("th", name, { scope: "row" }), ...cells);
    });
    table.querySelector("tbody").replaceChildren(...rows);
    this.linkFindings(rows, listed);
  }

  // Next to a supply that is not determined, a link to the finding that gives the reason.
  linkFindings(rows, listed) {
    for (const { name, finding } of this.told.supply_rows) {
      const row = finding && rows[listed.findIndex(([named]) => named === name)];
      if (row) row.cells[1 + Number(!this.drafts[0].told)].append(this.linkFinding(finding));
    }
  }

  // Whether the remnant keeps inflow and outflow, or why this is not determined; only with vessels.
  *supplyStates() {
    for (const { name, tree, state } of this.told.supply_rows) {
      yield [name, this.drafts.map((draft) => draft.told && (state || stateSupply(tree, suppliedOf(draft)))), null];
    }
  }

  // The FLR of both drafts next to that of the plan.
  showShares() {
    const texts = alikeShares(this.drafts.map(({ told }) => told));
    const shares = this.drafts.map(({ wish, told, refused, settled }, n) => wish && {
      name: `Draft ${"AB"[n]}`, settled, refused: Boolean(refused), lost: refused === LOST, fates: told?.fates ?? [], warnings: told?.warnings ?? [],
      active: n === this.active, limits: told && !refused ? told.limits : null, limits_of: told?.limits_of,
      bar: told?.bar, interval: told?.interval,
      ml: told && asMl(told.plan.flr_ml), percent: told?.plan.flr_percent, shown: texts[n],
    });
    for (const id of ["draft-next", "cut-next"]) {
      this.$(id).textContent = this.next;
      this.$(id).hidden = !this.next;
    }
    const known = [0, 1].filter((n) => this.drafts[n].told);
    this.$("cut-numbers").dataset.only = known.length === 2 ? "" : String(known[0] ?? 0);
    this.announce(shares[this.active]);
    this.shared?.(shares.filter(Boolean));
  }

  // Announce what a draft comes to, once it is settled: its numbers are shown in the strip, which is
  // no live region. A refusal is announced where it is shown.
  announce(share) {
    if (share && (!share.settled || this.draft.from)) return;
    const { name, shown, ml, fates, warnings } = share ?? {};
    const told = share && !share.refused ? [`${name}: FLR ${shown}, ${ml}`, ...fates, ...warnings.map((one) => `${one.severity}: ${one.says}`)].join("; ") : "";
    say(this.$("cut-heard"), told);
  }

  // A file that was asked for is saved also if another case is selected meanwhile: it is named by its case.
  async save(name) {
    this.endEntry();
    if (!this.draft.settled) return; // as where the mouse chooses, which ends the entry first
    const { id } = this, refuse = (why) => this.$("cut-told").replaceChildren(this.make("p", `Not saved: ${why}`, { class: "loud" }));
    if (this.unclear) return refuse(this.unclear);
    const answer = await ask(`/cases/${id}/drafts/${name}?cut=${encodeURIComponent(JSON.stringify(this.wish))}`).catch((wrong) => {
      if (!wrong.told || this.id !== id) throw wrong;
      refuse(inWords(wrong.told));
      return null;
    });
    if (!answer) return;
    await this.keep(answer);
  }
}

function tidy(wish) {
  if (wish?.cuts?.planes) return { cuts: { ...wish.cuts, planes: wish.cuts.planes.map(tidy) } };
  if (!wish?.normal) return wish;
  return {
    point_mm: wish.point_mm.map((one) => round(one, 3)),
    normal: unit(wish.normal).map((one) => round(one, 6)), keeps: wish.keeps,
  };
}

// Whether a new kind of cut comes instead of another, or of wedges.
function replaces(before, next) {
  const begun = BASES.some((kind) => next[kind] && !before[kind]);
  return begun && [...BASES, "wedges"].some((kind) => before[kind] && !next[kind]);
}

// rows of the table: name, the two plans, and the difference where meaningful; `of` has the number
// of lesions of the case, and words a margin `below` the safety margin
function* lines(told, of) {
  const each = (find) => told.map((draft) => (draft ? find(draft) : null));
  // a row of numbers, whose difference is that of the numbers in the row
  const compared = (name, text, value, unit, more = "") => {
    const [a, b] = alike(each(text), each(value));
    return [name, [a, b].map((one) => one && one + more), a && b ? `${lessShown(a, b)} ${unit}` : null];
  };
  const [first, second] = alikeShares(told);
  yield ["FLR share", [first, second], first && second ? `${lessShown(first, second)} percentage points` : null];
  const limits = new Map(told.flatMap((one) => one?.limits ?? []).map((one) => [one.name, one]));
  for (const [name, { sources }] of [...limits].sort(([, a], [, b]) => a.percent - b.percent)) {
    yield [`Limit of ${name}: ${sources.map(shortened).join("; ")}`, each((draft) => draft.limits.find((one) => one.name === name)?.line ?? null), null];
  }
  if (!limits.size) yield ["Limits", each(({ no_limits }) => no_limits), null];
  yield compared("FLR", ({ plan }) => asMl(plan.flr_ml), ({ plan }) => plan.flr_ml, "mL");
  yield ["95 % inter-reader interval", each(({ intervals }) => intervals.flr), null];
  yield ["Origin", each(({ plan }) => originOf(plan)), null];
  if (told.some((one) => one?.plan.flr_after_clearing_percent !== undefined)) {
    const has = (plan) => plan.flr_after_clearing_percent !== undefined;
    const margin = told.find((one) => one && has(one.plan)).plan.clearing_margin_mm;
    yield compared(
      "FLR share after clearing", ({ plan }) => (has(plan) ? `${plan.flr_after_clearing_percent_shown} %` : null),
      ({ plan }) => plan.flr_after_clearing_percent, "percentage points", `, margin ${margin} mm`,
    );
    yield ["95 % inter-reader interval after clearing", each(({ intervals }) => intervals.flr_after_clearing ?? null), null];
  }
  if (!of.lesions) return;
  for (const [key, name] of [["cleared", "Lesions removed"], ["cut", CROSSED], ["left", LEFT]]) {
    yield [name, each(({ plan }) => (plan.lesions ? plan.lesions[key].map((n) => `L${n}`).join(", ") || "none" : null)), null];
  }
  yield compared(
    MARGIN, (draft) => (draft.plan.margin_mm === undefined ? null : `${asMm(draft.plan.margin_mm)}${nearest(draft)}${of.below(draft)}${draft.plan.lesions?.cut.length ? ", excluding crossed lesions" : ""}`),
    ({ plan }) => plan.margin_mm, "mm",
  );
}

// The shares of both drafts with as many decimals as the finer, in the table and next to the plan; null
// where there is none.
function alikeShares(told) {
  const each = (find) => told.map((draft) => (draft ? find(draft) : null));
  return alike(each(({ plan }) => `${plan.flr_percent_shown} %`), each(({ plan }) => plan.flr_percent));
}

// The lesions with the smallest margin.
function nearest({ nearest: numbers = [], plan }) {
  const named = numbers.map((one) => `L${one}`).join(", ");
  if (!named) return "";
  return plan.margin_mm === 0 ? ` (touches ${named})` : ` (${named})`;
}

// "DRAGON 2 (NCT05428735), inclusion 1, applied to ..." without the number in the registry.
const shortened = (source) => source.replace(/ \([^)]*\)/, "");

function originOf(plan) {
  const segments = plan.remnant_segments.map(asRoman).join(", ");
  if (!plan.cut_by) return plan.origin === "segments" ? `segments ${segments}` : "plane";
  return segments ? `segments ${segments}, cut by ${plan.cut_by}` : plan.cut_by;
}

// the supply of the current draft; none while it is pending
const suppliedOf = (draft) => (draft.told && draft.supplyOf === draft.told ? draft.supply : null);

function* supplyLines(told) {
  const texts = told.map((one) => new Map(one ? [...listSupply(one)].map(([name, ...said]) => [name, said.join("; ")]) : []));
  for (const name of new Set(texts.flatMap((one) => [...one.keys()]))) {
    yield [name, texts.map((one) => one.get(name) ?? null), null];
  }
}
