// Further cuts of a draft: a curved surface through points, wedges, and all of them
// together; and the draft as the plan.
import { say } from "/dom.js";
import { useAsPlan } from "/draft.js";
import { inWords, UNSURE } from "/net.js";

const LEAST_POINTS = 4;
export const BASES = ["segments", "plane", "surface"]; // kinds of cuts that replace each other unless combined
const MOST_WEDGE_MM = 20;

// The cuts of a wish by kind: {segments, plane, surface, wedges}, each undefined where there is none.
export function partsOf(wish) {
  if (!wish) return {};
  if (wish.normal) return { plane: wish };
  if (wish.segments) return { segments: wish.segments };
  const { segments, planes, surfaces, wedges } = wish.cuts;
  return { segments, plane: planes?.[0], surface: surfaces?.[0], wedges };
}

// A wish of these cuts; null without any.
export function compose({ segments, plane, surface, wedges }) {
  const given = [segments, plane, surface, wedges].filter(Boolean).length;
  if (!given) return null;
  if (given === 1 && segments) return { segments };
  if (given === 1 && plane) return plane;
  return {
    cuts: {
      ...(segments && { segments }), ...(plane && { planes: [plane] }),
      ...(surface && { surfaces: [surface] }), ...(wedges && { wedges }),
    },
  };
}

export class MoreCuts {
  // `owner` is the cutter: its `parts` are read, and changed by `put` and, during a drag, by `pull`.
  constructor(owner) {
    Object.assign(this, { owner, points: [], setting: false, towards: [-1, 0, 0], changing: new Set() }); // cases whose plan is being changed
    const { make, into } = owner;
    this.together = make("input", null, { type: "checkbox", id: "cut-together" });
    this.together.addEventListener("change", () => {
      this.join(this.together.checked);
      owner.showShares(); // what a new cut does has changed
    });
    this.curve = make("button", "Curved cut", { type: "button", id: "cut-curve", "aria-pressed": "false" });
    this.last = make("button", "Remove the last point", { type: "button" });
    this.side = make("button", "Keep the other side of the curve", { type: "button" });
    this.said = make("span", null, { class: "small", role: "status" });
    this.vein = make("select", null, { id: "cut-vein" });
    this.along = make("button", "Place the curve along this vein", { type: "button", id: "cut-along" });
    this.alongWrong = make("p", null, { id: "cut-along-wrong", class: "refused", role: "alert" });
    this.lesions = make("fieldset", null, { id: "cut-wedges" });
    this.margin = make("input", null, { type: "range", id: "wedge-margin", min: 0, max: MOST_WEDGE_MM, step: 1 });
    this.marginSaid = make("output", null, { "aria-live": "off" }); // the slider announces it
    this.adopt = make("button", null, { type: "button", id: "cut-adopt", class: "main" });
    this.undo = make("button", "Restore the previous plan", { type: "button", id: "cut-unadopt" });
    this.adopt.hidden = this.undo.hidden = true;
    this.adoptWrong = make("p", null, { class: "refused", role: "alert" });
    this.curve.addEventListener("click", () => this.turn(!this.setting));
    this.last.addEventListener("click", () => this.lay(this.points.slice(0, -1)));
    this.side.addEventListener("click", () => {
      this.towards = this.towards.map((one) => -one);
      this.lay(this.points);
    });
    this.along.addEventListener("click", () => this.follow());
    owner.cuts.measuring = () => this.setting && this.turn(false);
    this.margin.addEventListener("input", () => this.pullMargin());
    this.margin.addEventListener("change", () => owner.dropped());
    this.adopt.addEventListener("click", () => this.use());
    this.undo.addEventListener("click", () => this.back());
    const all = into(make("div", null, { id: "cut-more", class: "more-cuts" }),
      into(make("label"), this.together, " Combine segments, plane and curve"),
      into(make("p", "If not ticked: a cut of a different kind starts the other draft if that draft is empty; otherwise, it replaces the draft shown. Wedges are added to the draft shown.", { class: "small" })),
      into(make("div", null, { class: "controls" }), this.curve, this.last, this.side, this.said),
      into(make("div", null, { class: "controls" }), into(make("label", "Along a vein "), this.vein), this.along),
      this.alongWrong,
      this.lesions);
    owner.$("cut-segments").after(all);
    into(owner.$("drafts-use"), this.adopt, this.undo, this.adoptWrong); // in sight, whatever is scrolled
  }

  // What is not part of a draft, such as the first points of a curve.
  get left() {
    const { points, towards, joined, margin } = this;
    return { points, towards, joined, margin: margin.value };
  }

  open(told, left) {
    const { make, into } = this.owner;
    Object.assign(this, { points: left?.points ?? [], setting: false, towards: left?.towards ?? [-1, 0, 0], told, joined: left?.joined ?? false, latest: null });
    this.adoptWrong.textContent = "";
    this.margin.value = left?.margin ?? told.margin_mm;
    this.boxes = Array.from({ length: told.lesions }, (_, n) => {
      const box = make("input", null, { type: "checkbox", value: n + 1 });
      box.addEventListener("change", () => this.wedge());
      return box;
    });
    const margin = into(make("label", "Wedge margin "), this.margin, this.marginSaid);
    this.lesions.replaceChildren(make("legend", "Wedges around lesions, added to the draft"), ...this.boxes.map((box) => into(make("label"), box, ` L${box.value}`)), margin);
    this.lesions.hidden = !told.lesions;
    this.curve.parentElement.hidden = !told.plane;
    this.vein.replaceChildren(...(told.veins ?? []).map((name) => new Option(name.replaceAll("_", " "), name)));
    this.along.parentElement.hidden = !told.veins?.length;
    this.alongWrong.textContent = "";
    this.together.parentElement.hidden = !told.plane || !told.segments.length;
  }

  // The cuts of the draft after a change of `some`. A new cut is a draft of its own, unless cuts are
  // combined; wedges are added to any draft, and stay with its segments.
  combine(some) {
    const { parts } = this.owner;
    const begun = BASES.find((kind) => some[kind] && !parts[kind]);
    if (begun) this.latest = begun;
    if (begun && begun !== "surface") this.setting = false;
    if (!begun || this.together.checked) return { ...parts, ...some };
    return begun === "segments" ? { wedges: parts.wedges, ...some } : some;
  }

  // Combine the next cuts, or leave only the last one with its wedges.
  join(joined) {
    const { owner, latest } = this, { parts } = owner;
    this.joined = joined;
    const laid = BASES.filter((kind) => parts[kind]);
    if (joined || laid.length < 2) return;
    const stays = laid.includes(latest) ? latest : laid.at(-1);
    owner.put({ [stays]: parts[stays], wedges: parts.wedges }, true);
  }

  turn(setting) {
    this.setting = setting;
    if (setting) this.owner.cuts.calliper.turn(false);
    this.points = this.owner.parts.surface?.points_mm ?? this.points;
    this.show();
    this.owner.cuts.draw();
  }

  // A place clicked in a section: true where it is taken as a point.
  take(mm) {
    if (!this.setting) return false;
    this.lay([...this.points, mm.map((one) => Number(one.toFixed(2)))]);
    return true;
  }

  lay(points) {
    this.points = points;
    const surface = points.length < LEAST_POINTS ? undefined : { points_mm: points, towards: this.towards };
    this.owner.put({ surface });
    this.show();
  }

  // Place the points of the curve along the chosen vein; the draft is then changed as by clicks.
  async follow() {
    const { owner, told, vein } = this, { active } = owner;
    this.alongWrong.textContent = "";
    try {
      const { points_mm, towards } = await owner.fetch("vein-cut", vein.value);
      if (told !== this.told || active !== owner.active) return; // another case or draft is shown
      this.towards = towards;
      this.lay(points_mm);
    } catch (wrong) {
      if (!wrong.told) throw wrong;
      say(this.alongWrong, inWords(wrong.told));
    }
  }

  get wedges() {
    const lesions = this.boxes.filter((box) => box.checked).map((box) => Number(box.value));
    return lesions.length ? { lesions, margin_mm: Number(this.margin.value) } : undefined;
  }

  wedge() {
    this.owner.put({ wedges: this.wedges });
  }

  pullMargin() {
    this.tellMargin();
    if (this.wedges) this.owner.pull({ wedges: this.wedges });
  }

  tellMargin() {
    say(this.marginSaid, `${this.margin.value} mm`);
    this.margin.setAttribute("aria-valuetext", `${this.margin.value} mm`);
  }

  show() {
    const { parts, draft } = this.owner;
    this.together.checked = this.joined || BASES.filter((kind) => parts[kind]).length > 1;
    if (parts.surface) Object.assign(this, { points: parts.surface.points_mm, towards: parts.surface.towards });
    else if (this.points.length >= LEAST_POINTS) this.points = [];
    this.curve.setAttribute("aria-pressed", String(this.setting));
    const count = this.points.length;
    this.last.hidden = !count;
    this.side.hidden = !parts.surface;
    const more = count < LEAST_POINTS ? `Points: ${count} (at least ${LEAST_POINTS} required).` : `Points: ${count}.`;
    this.said.textContent = this.setting ? `Click in the sections to set points of the cut. ${more}` : count ? more : "";
    for (const box of this.boxes ?? []) box.checked = Boolean(parts.wedges?.lesions.includes(Number(box.value)));
    if (parts.wedges) this.margin.value = parts.wedges.margin_mm;
    this.tellMargin();
    this.undo.disabled = this.changing.has(this.owner.id); // a second click would undo the entry before
    this.adopt.disabled = this.undo.disabled || !draft.told || !draft.settled;
    this.adopt.hidden = !this.owner.wish;
    say(this.adopt, useAsPlan(this.owner.names[0])); // with two drafts, it states which one
    if (this.unclear && !this.owner.unclear) this.adoptWrong.textContent = ""; // the entry was mended
    this.unclear &&= Boolean(this.owner.unclear);
    this.undo.hidden = !this.undone;
  }

  // The draft that is the plan by the last entry of the case: only then does undo take it back.
  get undone() {
    const last = JSON.stringify(this.owner.dossier()?.steps ?? []);
    return this.owner.adopted.findLast((one) => one.steps === last);
  }

  use() {
    const { owner } = this;
    owner.endEntry();
    if (this.adopt.disabled) return false; // the value that was being entered changes the draft
    if (owner.unclear) {
      say(this.adoptWrong, `Not used: ${owner.unclear}`);
      this.unclear = true;
      return false;
    }
    return this.change(async () => {
      const { draft, id, wish } = owner, [name] = owner.names;
      const { steps } = await (await owner.post(`${owner.address()}/adopt`, { cut: JSON.stringify(wish) })).json();
      const of = owner.told && owner.isOpen(id) ? owner : owner.kept.get(id); // another case may be shown by now
      of?.adopted.push({ wish, steps: JSON.stringify(steps) });
      if (of === owner) owner.used = draft;
      return `${name} is now the plan.`;
    });
  }

  // The plan is that of before; the draft that was used is a draft again.
  async back() {
    const { owner } = this;
    const { id } = owner, { wish } = this.undone;
    const done = await this.change(async () => {
      await owner.post(`${owner.address()}/undo`);
      return "The previous plan was restored.";
    });
    if (done && owner.told && owner.id === id && !owner.wish) owner.put(partsOf(wish), true);
  }

  // Change the plan, and show all results again; a refusal is shown here, and the answer is false.
  async change(work) {
    const { owner } = this, { id } = owner;
    this.adoptWrong.textContent = "";
    if ([this.adopt, this.undo].includes(document.activeElement)) owner.$("strip").focus({ preventScroll: true }); // a disabled button loses the focus
    this.changing.add(id);
    this.show();
    const end = owner.begin(id); // the change is of this tab
    owner.$("said").textContent = "The entry is being applied.";
    try {
      const says = await work();
      if (owner.isOpen(id)) await owner.attempt(() => owner.showCase(`${says} The results are shown.`));
    } catch (wrong) {
      if (!wrong.told) throw wrong;
      if (!owner.isOpen(id)) return false;
      owner.$("said").textContent = "";
      say(this.adoptWrong, wrong.status ? `Not used: ${inWords(wrong.told)}` : UNSURE);
      return false;
    } finally {
      end();
      this.changing.delete(id);
      this.show();
    }
    if ([document.body, owner.$("strip")].includes(document.activeElement)) [this.undo, this.adopt].find((one) => !one.hidden && !one.disabled)?.focus({ preventScroll: true });
    return true;
  }
}
