// The 3D view of the liver, linked to the sections: the plan, or a draft, with what remains, what is
// removed, the face of the cut, distances from lesions, and liver that loses a vessel.
import { say } from "/dom.js";
import { asRoman } from "/figures.js";
import { Liver3D, VIEWS } from "/liver3d.js";
import { partsOf } from "/morecuts.js";
import { seenThrough } from "/paint3d.js";
import { LIVER, VESSELS } from "/shown.js";

const SIGHTS = { front: "A", back: "P", right: "R", left: "L", top: "H", below: "F" };
const FROM = {
  front: "From the front", back: "From the back", right: "From the patient's right",
  left: "From the patient's left", top: "From above", below: "From below, as on axial CT",
};
const TITLE = "In three dimensions";
const HOW = "3D view: click to show in the sections, drag to rotate, wheel to zoom."; // not as in a section
const EDGE_PX = 24; // a place nearer to the edge is centred
const ASLANT = [0.4, 0.9, 0.2]; // of the first plane: seen from the front, its handles stand apart
const OF_PLAN = ["liver", "rest", "remnant", "treated"]; // parts that a draft replaces
const LOOKS = { kept: ["#5ba4e6", 0.85], gone: ["#f6d5b8", 0.65] }; // of a draft, without a plan
const SHELL = { name: "shell", label: "margin", kind: "other", colour: "#ffb54a", opacity: 0.22 };
const LEGEND = {
  kept: ["remains", "#5ba4e6"], gone: ["removed", "#f6d5b8"],
  near: ["within the margin", "linear-gradient(90deg, #d61a1f, #faad38)"],
  inflow: ["no inflow", "repeating-linear-gradient(135deg, #ffe14d 0 3px, #5ba4e6 3px 7px)"],
  outflow: ["no outflow", "repeating-linear-gradient(45deg, #5ce1f0 0 3px, #5ba4e6 3px 7px)"],
};
const PICTURE_TIMES = 2;
const LEAST_CHIP = 0.2; // opacity of a colour in the legend
const REMNANT = "remnant", SEGMENTS = "segments", BY = [REMNANT, SEGMENTS]; // what gives the surface its colours

function make(tag, text, more = {}) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(more)) made.setAttribute(name, value);
  return made;
}

export class Scene {
  // `picked` is called with the voxel and the label of a clicked structure.
  constructor(cuts, shown, $) {
    Object.assign(this, { cuts, shown, $, view: null, told: null, picked: null, coming: null, drafted: null, branched: null, held: 0, poses: new Map(), colours: new Map(), margins: new Map() });
    cuts.moved = (mm) => this.view?.mark(mm);
    cuts.drafted = (draft) => this.showDraft(draft);
    shown.changed.push(() => {
      this.tellLiver();
      this.bringAll();
    });
    $("cutaway").addEventListener("change", () => this.cutAway());
    $("sights").replaceChildren(...Object.keys(VIEWS).map((name) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: SIGHTS[name], title: FROM[name] });
      button.setAttribute("aria-label", FROM[name]);
      button.addEventListener("click", () => this.view?.look(name));
      return button;
    }));
    this.addTools();
  }

  // Margin, shell, names and picture, below the directions.
  addTools() {
    this.margin = make("input", null, { type: "range", min: 0, max: 10, step: 1, value: 10, "aria-label": "Safety margin shown, mm" });
    this.marginSaid = make("output", "10 mm", { "aria-live": "off" }); // the slider announces it
    this.shell = make("input", null, { type: "checkbox" });
    this.named = make("input", null, { type: "checkbox", checked: "" });
    this.picture = make("button", "Picture", { type: "button", title: "Save a picture of this view at twice its size" });
    this.margin.addEventListener("input", () => this.setMargin());
    this.margin.addEventListener("change", () => {
      this.margined?.();
      this.bringShell();
    });
    this.shell.addEventListener("change", () => this.bringShell());
    this.named.addEventListener("change", () => this.label());
    this.picture.addEventListener("click", () => this.savePicture());
    const tools = make("div", null, { class: "tools3d", role: "group", "aria-label": "3D view options" });
    const margin = make("label", "Safety margin ");
    margin.append(this.margin, this.marginSaid);
    this.liver = make("input", null, { type: "range", min: 0, max: 100, step: 5, "aria-label": "Opacity of the liver in 3D" });
    this.liver.addEventListener("input", () => this.setLiver(this.liver.valueAsNumber / 100));
    const liver = make("label", "Liver ");
    liver.title = "Opacity of the remaining and removed parts of the liver";
    liver.append(this.liver);
    this.by = make("select", null, { "aria-label": "Colour by" });
    this.by.append(...BY.map((name) => new Option(name, name)));
    this.by.addEventListener("change", () => this.colourBy());
    this.coloured = make("label", "Colour by ");
    this.coloured.title = "Colour the surface by remaining and removed parts, or by segment";
    this.coloured.append(this.by);
    const shell = make("label"), named = make("label");
    shell.append(this.shell, " Shell");
    this.namedSaid = make("span", null, { class: "liver3d-count", title: "Lesions with a name; a name is hidden if it would overlap another, or if its lesion is in the part that is cut away" });
    named.append(this.named, " Names", this.namedSaid);
    tools.append(this.coloured, liver, this.picture, margin, shell, named);
    this.$("sights").after(tools);
    this.legend = make("ul", null, { class: "legend3d", "aria-label": "3D view colours" });
    this.$("liver").after(this.legend);
  }

  // `told` lists the parts; `fetch` returns a surface by its number. Surfaces are loaded one by one,
  // never while a section is loading; a hidden one is loaded when it is shown.
  // The same case is seen from the same side; until its surfaces have come, its picture of before
  // stays, marked as such. Surfaces that are the same stay as they are.
  async open(id, told, fetch) {
    if (this.keeps(id, told)) return this.stay(told, fetch);
    const before = this.of === id ? this.still : null;
    this.close();
    Object.assign(this, { of: id, told, fetch, whole: true });
    for (const one of [this.margin, this.shell]) one.parentElement.hidden = !this.cuts.scan.lesions.length; // they are of lesions
    try {
      this.view = new Liver3D(this.$("liver"), { placed: told.placed });
    } catch (missing) {
      this.announce(`Not shown: ${missing.message}. The sections show the complete case.`);
      this.$("scene").setAttribute("aria-busy", "false");
      return;
    }
    this.view.addEventListener("pick", ({ detail }) => this.strike(detail));
    this.view.addEventListener("named", ({ detail: { shown, of } }) => {
      say(this.namedSaid, shown < of ? ` (${shown} of ${of})` : "");
    });
    this.view.addEventListener("plane", ({ detail }) => this.dragPlane(detail));
    this.pose = this.poses.get(id);
    if (this.view.fitted) this.view.camera.fill(...told.bounds);
    this.view.mark(this.cuts.mm(this.cuts.at));
    this.setMargin();
    this.coloured.hidden = !this.shown.segments.length;
    this.by.value = this.colours.get(id) ?? REMNANT;
    this.tellLiver();
    this.wait(before);
    this.announce("Surfaces are being computed.");
    this.cuts.turned?.(); // a draft of this case, and its cut branches
    await this.hold(this.bringFirst());
  }

  async bringFirst() {
    const { view } = this;
    try {
      if (!(await this.bringAll())) return;
      this.announce(HOW);
      await this.bringFields();
    } finally {
      if (view === this.view) this.come();
    }
  }

  // Whether these are the surfaces shown, and all that was asked for has come.
  keeps(id, told) {
    return this.of === id && this.view && this.whole && !this.waiting && this.told.of === told.of;
  }

  // The case was planned again with the same surfaces; a draft, and what paints it, is asked for anew.
  async stay(told, fetch) {
    Object.assign(this, { told, fetch, coming: null, asked: null, painted: this.painted && {} });
    this.view.mark(this.cuts.mm(this.cuts.at));
    this.tellLiver();
    this.cuts.turned?.();
    await this.bringAll();
  }

  // The case was changed: unless its surfaces are the same, what is shown is of before.
  expect(id, told) {
    if (this.keeps(id, told)) return;
    if (this.of === id && this.view?.parts.size && !this.waiting) this.wait(this.view.still());
  }

  // Say in the view itself that its surfaces are to come, over the picture of before if there is one.
  wait(before) {
    this.still = before;
    const says = before ? "Picture from before the change: the new surfaces are being computed." : "The surfaces are being computed.";
    this.waiting = make("p", says, { class: "liver3d-wait" });
    this.picture.disabled = true;
    this.$("scene").setAttribute("aria-busy", "true");
    this.$("liver").append(...[before, this.waiting].filter(Boolean));
  }

  // The surfaces have come, or one of them is refused: the picture of before goes.
  come() {
    this.still?.remove();
    this.waiting?.remove();
    this.still = this.waiting = null;
    this.picture.disabled = false;
    this.label();
  }

  // Another case is shown, or none: the safety margin set with it, if any, never that of another.
  turnTo(id) {
    this.margins.set(this.turned, this.margin.value);
    this.turned = id;
    this.margin.value = this.margins.get(id) ?? this.margin.defaultValue;
    this.setMargin();
  }

  // The case is closed.
  forget(id) {
    this.margins.delete(id);
    this.poses.delete(id);
    this.colours.delete(id);
  }

  // The scene is busy until all that it holds has come, surfaces and fields alike: without its
  // fields a surface has other colours.
  async hold(work) {
    const { view } = this;
    this.held += 1;
    this.$("scene").setAttribute("aria-busy", "true");
    try {
      return await work;
    } finally {
      if (view === this.view && (this.held -= 1) === 0) this.$("scene").setAttribute("aria-busy", "false");
    }
  }

  // Close the view and discard pending surfaces.
  close() {
    this.ending = null;
    this.mind(null);
    if (this.view) this.poses.set(this.of, this.view.pose);
    this.view?.close();
    Object.assign(this, { of: null, still: null, waiting: null, view: null, told: null, coming: null, drafted: null, branched: null, draft: null, splits: null, painted: null, asked: null, dragging: false, held: 0 });
    this.shell.checked = false;
    this.legend.replaceChildren();
    this.$("scene-title").textContent = TITLE;
    this.$("scene").dataset.empty = "true";
    this.$("scene").setAttribute("aria-busy", "true");
    this.$("cutaway").checked = false;
    this.announce("");
  }

  // What the case answers: bytes, or null if it is refused or another case is shown meanwhile.
  async ask(what) {
    const { view } = this;
    try {
      const buffer = await (await this.cuts.get(what)).arrayBuffer();
      return view === this.view ? buffer : null;
    } catch (wrong) {
      if (view === this.view) this.whole = false;
      if (view === this.view && !wrong.told && wrong.name !== "AbortError") throw wrong;
      return null;
    }
  }

  // Fields, by which surfaces are painted.
  async bringFields() {
    const { view } = this;
    if (!this.cuts.get) return;
    const organ = await this.ask(`fields?of=${this.told.of}`);
    if (organ) await view.setField("organ", organ);
    if (this.view === view && !this.drafted) await this.paintRest();
  }

  get remains() {
    return this.told.parts.some(({ name }) => name === "remnant");
  }

  // Paint the surfaces without a draft cut: by what cut branches affect, or by the plan's remnant.
  async paintRest() {
    const { view, branched } = this;
    const what = branched ? `branch-fields${asked(branched)}` : this.remains ? `plan-fields?of=${this.told.of}` : null;
    const field = what && (await this.ask(what));
    if (view !== this.view || this.drafted || branched !== this.branched) return;
    this.painted = field && what;
    await view.setField("draft", field);
    this.showLegend(field);
  }

  // Cut branches, of which the views show the liver that they affect; null: none.
  showBranches(branched) {
    if (this.branched === branched) return;
    this.branched = branched;
    if (this.view && !this.drafted) this.hold(this.paintRest());
  }

  // Whether the settings are those of other surfaces: the case was changed, and its list is to come.
  get replaced() {
    return this.told !== this.shown.of;
  }

  // Set the opacity of each surface; missing ones are loaded one by one.
  bringAll() {
    const { view, told } = this;
    if (!view || this.replaced) return null; // the surfaces of the case as it is now follow
    for (const { number, opacity } of this.surfaces()) {
      const { name } = told.parts[number];
      if (view.parts.has(name)) view.set(name, { visible: opacity > 0 && !this.replaces(name), opacity });
    }
    this.lookDraft();
    this.lookLegend();
    if (!this.coming) {
      const coming = this.hold(this.bringMissing(view, told)).finally(() => {
        if (this.coming === coming) this.coming = null;
      });
      this.coming = coming;
    }
    return this.coming;
  }

  // Whether all were loaded; false if one failed or another case is shown meanwhile.
  async bringMissing(view, told) {
    const missing = () => [...this.surfaces()].find(({ number, opacity }) =>
      opacity > 0 && !view.parts.has(told.parts[number].name));
    let next = missing();
    for (; next; next = missing()) {
      try {
        await this.cuts.settled();
        if (this.told !== told || this.replaced) return false;
        const buffer = await this.fetch(next.number);
        if (this.told !== told || this.replaced) return false;
        const { opacity } = [...this.surfaces()].find(({ number }) => number === next.number);
        const part = told.parts[next.number];
        view.add({ ...part, kind: kindOf(part), visible: opacity > 0 && !this.replaces(part.name), opacity, buffer });
        this.$("scene").dataset.empty = "false"; // until then, the picture states what is awaited
      } catch (wrong) {
        if (this.told !== told) return false;
        this.whole = false;
        this.announce(`Not shown: ${told.parts[next.number].label}: ${wrong.message}. The sections show the complete case.`);
        return false;
      }
    }
    return true;
  }

  // ---- drafts ----

  replaces(name) {
    return OF_PLAN.includes(name) && Boolean(this.splits);
  }

  // Colour and opacity of what remains and of what is removed, as of the plan's parts.
  looks() {
    const of = (names, [colour, opacity]) => {
      const number = this.told.parts.findIndex(({ name }) => names.includes(name));
      if (number < 0) return { colour, opacity: this.shown.chosen.get("liver")?.opacity ?? Math.min(opacity, this.shown.most) };
      const shown = !this.replaced && [...this.surfaces()].find((one) => one.number === number);
      return { colour: this.told.parts[number].colour, opacity: shown ? shown.opacity : opacity };
    };
    return [of(["remnant"], LOOKS.kept), of(["rest"], LOOKS.gone)];
  }

  // Whether the surface has the colours of the segments, in place of those of what remains.
  get bySegments() {
    return this.by.value === SEGMENTS && !this.coloured.hidden;
  }

  // Surfaces with the opacity that each has in the chosen colours.
  *surfaces() {
    for (const one of this.shown.surfaces()) {
      const covered = this.bySegments && OF_PLAN.includes(this.told.parts[one.number].name);
      yield covered ? { ...one, opacity: 0 } : one;
    }
  }

  // The segments are shown, with an opacity in the list of structures, or hidden again.
  colourBy() {
    this.colours.set(this.of, this.by.value);
    this.shown.setSegments(this.bySegments ? 1 : 0);
    if (this.told) this.showLegend(this.legendOf);
  }

  // Opacity of the liver, of the plan and of a draft alike; by segments, of these.
  setLiver(opacity) {
    if (this.bySegments) return this.shown.setSegments(opacity);
    for (const one of this.shown.rows.filter(({ key }) => LIVER.includes(key))) this.shown.set(one, { opacity });
  }

  // The slider next to the view follows the list.
  tellLiver() {
    const rows = this.bySegments ? this.shown.segments : this.shown.rows.filter(({ key }) => LIVER.includes(key));
    const most = Math.max(0, ...rows.map(({ opacity }) => opacity));
    this.liver.value = Math.round(100 * most);
    this.liver.setAttribute("aria-valuetext", `${this.liver.value} %`);
  }

  lookDraft() {
    const [kept, gone] = this.told ? this.looks() : [], own = !this.bySegments;
    if (this.view?.parts.has("organ")) this.view.set("organ", { opacities: [kept.opacity, gone.opacity], visible: own && this.splits === "plane" });
    for (const [name, look] of [["kept", kept], ["gone", gone]])
      if (this.view?.parts.has(name)) this.view.set(name, { opacity: look.opacity, visible: own && this.splits === "cuts" && look.opacity > 0 });
  }

  // A draft of the cutter: its wish, and whether it is answered. The plan is shown without one.
  showDraft(draft) {
    if (!this.view) return;
    const wish = this.cuts.front === "draft" ? draft.wish : null;
    this.drafted = wish;
    this.view.drawRough(Boolean(draft.from));
    this.mind(wish);
    if (!wish) return this.splits && this.endDraft();
    this.ending = null;
    if (wish.normal) return this.showPlane(draft);
    if (draft.told && draft.settled) this.follow(draft, () => this.bringCuts(wish), "cuts");
  }

  // Mark what is shown where it is not of the draft whose numbers are shown, or will be; without a
  // draft, until the plan is painted again.
  mind(wish) {
    const shown = wish?.normal ? this.splits === "plane" : this.painted === wish;
    const stale = wish ? !shown : Boolean(this.ending);
    this.$("liver").dataset.stale = String(stale);
    if (stale && !this.late) this.$("liver").append(this.late = make("p", "Picture from before the last change to the draft.", { class: "liver3d-wait" }));
    if (!stale) this.late = this.late?.remove() ?? null;
  }

  async showPlane(draft) {
    const { view } = this;
    if (!view.parts.has("organ") && !this.organ) {
      this.organ = this.fetch(this.told.organ).then((buffer) => {
        if (view !== this.view) return;
        const looks = this.looks();
        const split = { colours: looks.map(({ colour }) => colour), opacities: looks.map(({ opacity }) => opacity) };
        view.add({ name: "organ", label: "liver", kind: "liver", colour: LOOKS.gone[0], split, buffer, visible: false });
        this.swap(this.drafted?.normal ? "plane" : this.splits);
      }, () => null).finally(() => { this.organ = null; });
    }
    if (view.parts.has("organ")) this.swap("plane");
    if (this.painted && this.painted !== draft.wish) view.setField("draft", (this.painted = null));
    if (draft.supply && !draft.from && draft.settled) this.follow(draft, () => this.bringLost(draft.wish), "lost");
  }

  // Ask once for what a settled draft is painted with; a later draft is not answered by an earlier one.
  follow(draft, bring, what) {
    const key = JSON.stringify([draft.wish, what, Boolean(draft.supply)]);
    if (this.asked === key) return;
    this.asked = key;
    this.hold(bring()).finally(() => { if (this.asked === key && !this.painted) this.asked = null; });
  }

  async bringLost(wish) {
    const field = await this.ask(`draft-fields${asked(wish)}`);
    if (!field || this.drafted !== wish) return;
    this.painted = wish;
    await this.view.setField("draft", field);
    this.showLegend(field);
  }

  async bringCuts(wish) {
    const { view } = this;
    const [kept, gone, field] = await Promise.all(
      ["draft-surfaces/kept", "draft-surfaces/gone", "draft-fields"].map((what) => this.ask(`${what}${asked(wish)}`)));
    if (!kept || !gone || !field || view !== this.view || this.drafted !== wish) return;
    this.painted = wish;
    const looks = this.looks();
    for (const [n, [name, buffer]] of [["kept", kept], ["gone", gone]].entries()) {
      const { colour, opacity } = looks[n];
      view.add({ name, label: LEGEND[name][0], kind: "liver", colour, opacity, buffer, visible: this.splits === "cuts" });
    }
    await view.setField("draft", field);
    if (view !== this.view || this.drafted !== wish) return;
    this.swap("cuts");
    this.mind(wish);
    this.showLegend(field);
  }

  swap(splits) {
    if (this.splits === splits) return this.lookDraft();
    this.splits = splits;
    this.mind(this.drafted);
    this.$("scene-title").textContent = splits ? `${TITLE}: draft` : TITLE;
    if (splits !== "cuts") for (const name of ["kept", "gone"]) this.view.drop(name);
    this.bringAll();
    this.showLegend(null);
  }

  endDraft() {
    this.asked = this.painted = null;
    this.swap(null);
    const ending = this.ending = this.hold(this.paintRest()).finally(() => {
      if (this.ending !== ending) return;
      this.ending = null;
      this.mind(this.drafted);
    });
    this.mind(null);
  }

  showLegend(field) {
    this.legendOf = field;
    const own = !this.bySegments, segments = own ? [] : this.shown.segments.map(({ label, solids: [{ colour }] }) => [label.replace("segment ", ""), colour]);
    const shown = own && (this.splits || this.remains) ? ["kept", "gone"] : [];
    if (this.cuts.scan?.lesions.length && (this.splits || this.remains)) shown.push("near");
    if (field && own) {
      const lost = this.view.lost();
      if (lost.inflow) shown.push("inflow");
      if (lost.outflow) shown.push("outflow");
    }
    const vessels = this.told.parts.filter(({ name }) => VESSELS.includes(name)).map(({ label, colour }) => [label, colour]);
    this.legend.replaceChildren(...[...segments, ...shown.map((key) => LEGEND[key]), ...vessels].map(([words, paint]) => {
      const line = make("li"), chip = make("span");
      chip.style.background = paint;
      line.append(chip, words);
      return line;
    }));
    this.lookLegend();
  }

  // The colours of what remains and of what is removed, in the legend as strong as in the view.
  lookLegend() {
    const words = ["kept", "gone"].map((key) => LEGEND[key][0]);
    for (const line of this.legend.children) {
      const n = words.indexOf(line.textContent);
      if (n >= 0) line.firstChild.style.opacity = Math.max(LEAST_CHIP, seenThrough(this.looks()[n].opacity));
    }
  }

  // ---- margin, names, picture ----

  setMargin() {
    const mm = Number(this.margin.value);
    say(this.marginSaid, `${mm} mm`);
    this.margin.setAttribute("aria-valuetext", `${mm} mm`);
    if (!this.view) return;
    this.view.margin = mm;
    this.view.redraw();
  }

  async bringShell() {
    const { view } = this;
    if (!view) return;
    if (!this.shell.checked) return view.drop("shell");
    const mm = this.margin.value;
    const buffer = await this.ask(`shells/${mm}?of=${this.told.of}`);
    if (!buffer || view !== this.view || this.margin.value !== mm || !this.shell.checked) return;
    view.add({ ...SHELL, label: `lesions with a ${mm} mm margin`, buffer });
  }

  label() {
    const { scan } = this.cuts;
    if (!this.view || !scan) return;
    const segments = scan.segments.map(({ name, at }) => ({ text: asRoman(name.split(" ")[1]), mm: this.cuts.mm(at) }));
    const lesions = scan.lesions.map(({ name, at }) => ({ text: name, mm: this.cuts.mm(at), must: true }));
    this.view.setLabels(this.named.checked ? [...lesions, ...segments] : []);
  }

  async savePicture() {
    if (!this.view) return;
    const blob = await this.view.snapshot(PICTURE_TIMES);
    const saved = make("a", null, { download: `${document.title.replace(/[^\p{L}\p{N}.-]+/gu, "_")}_3d.png` });
    saved.href = URL.createObjectURL(blob);
    saved.click();
    setTimeout(() => URL.revokeObjectURL(saved.href), 10000);
  }

  // ---- places ----

  strike({ name, mm }) {
    const label = this.told.parts.find((part) => part.name === name)?.label ?? this.view.parts.get(name).label;
    const place = this.told.placed ? `, ${mm.map((one, axis) => this.cuts.describeAxis(axis, one)).join(", ")}` : "";
    this.picked?.(this.cuts.voxelAt(mm), `${label}${place}`);
  }

  // Camera position, to be restored later.
  get pose() {
    return this.view?.pose;
  }

  set pose(kept) {
    if (this.view && kept) this.view.pose = kept;
  }

  // Mark a place; centre it if it would not be visible.
  bringInto(mm) {
    if (!this.view) return;
    const [x, y] = this.view.camera.project(mm);
    const [wide, tall] = this.view.camera.size;
    const seen = x > EDGE_PX && y > EDGE_PX && x < wide - EDGE_PX && y < tall - EDGE_PX;
    if (seen) this.view.mark(mm);
    else this.view.goTo(mm);
  }

  announce(text) {
    say(this.$("struck"), text);
  }

  // Show the plane of a draft cut, or none; a plane being dragged is not moved.
  layDraft(plane) {
    const { plane: cut } = partsOf(this.drafted);
    const laid = plane && this.drafted && { ...plane, remains: cut?.keeps === "front" ? 1 : -1, paints: Boolean(this.drafted?.normal) };
    const same = JSON.stringify(laid) === JSON.stringify(this.draft);
    this.draft = laid;
    if (!same && !this.dragging && !this.$("cutaway").checked) this.view?.setPlane(laid);
  }

  dragPlane({ point, normal, ended }) {
    if (this.$("cutaway").checked) return; // that plane is not a draft
    this.dragging = !ended;
    this.dragged?.({ point, normal, ended });
  }

  cutAway() {
    if (!this.view?.parts.size) return;
    const { low, high } = this.view.bounds;
    const point = low.map((one, n) => (one + high[n]) / 2);
    const plane = { point, normal: ASLANT, clip: true };
    this.view.setPlane(this.$("cutaway").checked ? plane : this.draft ?? null);
  }
}

function kindOf({ name, kind }) {
  if (kind !== "part") return kind;
  return OF_PLAN.includes(name) ? "liver" : VESSELS.includes(name) ? "vessel" : "other";
}

const asked = (wish) => `?cut=${encodeURIComponent(JSON.stringify(wish))}`;
