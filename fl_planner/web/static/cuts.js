// Three linked sections. Values and outlines come from the server, slice by slice, and are only
// drawn here: the window maps values to grey, and outlines are smoothed lines, sharp at any size.
import { Calliper } from "/calliper.js";
import { say } from "/dom.js";
import { Marks } from "/marks.js";
import { followNumber } from "/numbers.js";
import { shorten } from "/stage.js";
import { View } from "/view2d.js";

const LETTERS = ["R", "L", "A", "P", "S", "I"];
const LEAST_WIDTH = 1; // HU
const POINT = "Point at a section to see the position and the structures there.";

export class Cuts {
  constructor(place, shown, $) {
    shown.changed.push(() => this.draw());
    Object.assign(this, { parent: place, $, views: [], shown, at: [0, 0, 0], asked: new Set(), front: "draft", branches: null, kept: new Map(), marks: new Marks(this) });
    this.$("window").addEventListener("change", () => this.choose());
    for (const id of ["level", "width"]) {
      followNumber(this.$(id), { unit: "HU", step: 10, whole: true }, () => this.window[id], (value) => this.setWindow({ ...this.window, [id]: value }));
    }
    this.$("fit").addEventListener("click", () => this.fit("whole"));
    this.addTools(place);
    this.sizes = new ResizeObserver(() => {
      this.draw();
      place.dataset.scrolls = String(place.scrollHeight > place.clientHeight + 1); // what a finger up and down does
    });
    this.sizes.observe(place);
    place.setAttribute("aria-busy", "true");
  }

  // Fit, voxels and calliper, above the views.
  addTools(place) {
    const tools = document.createElement("div");
    tools.className = "tools2d";
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", "Section display options");
    const liver = Object.assign(document.createElement("button"), { type: "button", textContent: "Fit liver" });
    liver.addEventListener("click", () => this.fit("liver"));
    const label = document.createElement("label");
    this.exact = Object.assign(document.createElement("input"), { type: "checkbox" });
    this.exact.addEventListener("change", () => this.showVoxels(this.exact.checked));
    label.append(this.exact, " Voxels");
    label.title = "Outlines along the edges of the counted voxels (V)";
    label.dataset.sign = "▦";
    shorten(liver, "Fit liver", "Fit");
    tools.append(liver, label);
    this.calliper = new Calliper(this, tools);
    place.before(tools);
  }

  // Outlines along the voxels that are counted, or smoothed.
  showVoxels(exact) {
    this.voxels = this.exact.checked = exact;
    this.draw();
  }

  // Show the draft cut ("draft") or the cut branches ("branches") in all views: the last one changed.
  bringFront(front) {
    if (this.front === front) return;
    this.front = front;
    this.turned?.();
  }

  // Whether other slices are shown than those with which the case was opened.
  get isMoved() {
    return this.at.some((index, axis) => index !== this.first[axis]);
  }

  // `same`: the same case is shown anew; at the current position if its grid is that of before.
  async open(scan, fetch, same = false) {
    const { zooms, window } = this, again = same && String(scan.shape) === String(this.scan.shape);
    const left = again ? null : this.take(scan);
    const stays = left?.at ?? (again && this.isMoved ? this.at : null);
    Object.assign(this, { scan, fetch });
    this.forget();
    this.marks.open(scan, again);
    this.views = scan.views.map((told) => new View(told, this));
    this.at = [0, 0, 0];
    for (const view of this.views) this.at[view.told.axes[2]] = view.layer;
    this.first = this.at;
    if (again || left) this.zooms = left?.zooms ?? zooms;
    if (stays) this.at = stays;
    for (const box of this.parent.querySelectorAll(".cut")) box.remove();
    this.parent.prepend(...this.views.map((view) => view.box));
    this.sizes.disconnect();
    for (const one of [this.parent, ...this.views.map(({ canvas }) => canvas)]) this.sizes.observe(one);
    this.calliper.open();
    this.listWindows(again && window);
    this.$("notes").replaceChildren(...scan.notes.map(({ text, loud }) => {
      const note = document.createElement("p");
      say(note, text);
      if (loud) note.className = "loud";
      return note;
    }));
    await Promise.all(this.views.map((view) => view.go(this.at[view.told.axes[2]])));
  }

  // Another case is shown: the zooms of this one are kept, and its slices if they were changed.
  turnTo(id) {
    if (this.of && this.opened === this.of) this.kept.set(this.of, { at: this.isMoved ? this.at : null, zooms: this.zooms, shape: String(this.scan.shape) });
    Object.assign(this, { of: id, opened: null });
  }

  // The slices with which the case shown was left, if they are of the same grid.
  take({ shape }) {
    this.opened = this.of;
    const left = this.kept.get(this.of);
    this.kept.delete(this.of);
    return left?.shape === String(shape) ? left : null;
  }

  // Mark the view as busy until slices are drawn; a failure is reported once, by `failed`.
  async awaiting(coming) {
    const { scan } = this;
    this.asked.add(coming);
    this.parent.setAttribute("aria-busy", "true");
    try {
      await coming;
    } catch (wrong) {
      if (scan === this.scan) this.failed?.(wrong);
    } finally {
      this.asked.delete(coming);
      if (!this.asked.size) this.parent.setAttribute("aria-busy", "false");
    }
  }

  // Wait until no slice is loading: surfaces are requested then.
  async settled() {
    while (this.asked.size) await Promise.allSettled(this.asked);
  }

  move(axis, index) {
    const at = [...this.at];
    at[axis] = index;
    return this.goTo(at);
  }

  goTo(at) {
    this.at = at.map((index, axis) => Math.min(Math.max(index, 0), this.scan.shape[axis] - 1));
    this.moved?.(this.mm(this.at));
    return Promise.all(this.views.map((view) => {
      const layer = this.at[view.told.axes[2]];
      if (layer !== view.layer) return view.go(layer);
      return view.held && view.draw();
    }));
  }

  // Zoom and shift of each section, to be restored later.
  get zooms() {
    return this.views.map(({ size, shift, fitted }) => ({ size, shift, fitted }));
  }

  set zooms(kept) {
    for (const [n, view] of this.views.entries()) Object.assign(view, kept[n]);
  }

  // Centre a voxel in each section that does not show it.
  bringInto(at) {
    for (const view of this.views) {
      if (view.sees(at)) continue;
      view.fitted = null;
      view.centre(at);
    }
  }

  draw() {
    for (const view of this.views) if (view.held) view.draw();
  }

  // Fit the "liver", the "whole" slice, or a place: see `View.fit`.
  fit(what) {
    for (const view of this.views) view.fit(what);
    this.draw();
  }

  // mm as viewers show them: right, anterior and superior of the origin, or opposite
  mm(at) {
    return this.scan.matrix.map((row) => row[0] * at[0] + row[1] * at[1] + row[2] * at[2] + row[3]);
  }

  voxelAt(mm) {
    return this.indexAt(mm).map(Math.round);
  }

  // Indices of a place, by Cramer's rule on the rows of the grid's matrix.
  indexAt(mm) {
    const { matrix } = this.scan;
    const columns = [0, 1, 2].map((axis) => matrix.map((row) => row[axis]));
    const from = mm.map((one, world) => one - matrix[world][3]);
    const determinant = ([a, b, c]) =>
      a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1]);
    const whole = determinant(columns);
    return [0, 1, 2].map((axis) => determinant(columns.map((column, n) => (n === axis ? from : column))) / whole);
  }

  describeAxis(axis, mm) {
    const letter = LETTERS[2 * axis + (mm < 0 ? 1 : 0)];
    const named = letter === "S" ? "H" : letter === "I" ? "F" : letter;
    return `${named} ${Math.abs(mm).toFixed(1)} mm`;
  }

  // A place in mm with its sides, as in the views.
  describePlace(mm) {
    return mm.map((one, axis) => (this.scan.placed ? this.describeAxis(axis, one) : `${one.toFixed(1)} mm`)).join(", ");
  }

  place(axis, layer) {
    if (!this.scan.placed) return `slice ${layer + 1}`;
    // a slice of a tilted grid has no single position: that at the crosshair moves with it
    if (this.scan.oblique) return `slice ${layer + 1} of ${this.scan.shape[axis]}`;
    const at = [...this.at];
    at[axis] = layer;
    return this.describeAxis(axis, this.mm(at)[axis]);
  }

  // Another case, other results or another step: nothing of the position pointed at stays.
  forget() {
    this.pointed = null;
    this.$("pointer").textContent = POINT;
  }

  // A slice changed under the pointer: state what is there now.
  tellAgain(view) {
    if (this.pointed?.view === view) this.tell(view, this.pointed.pixel);
  }

  tell(view, pixel) {
    this.pointed = { view, pixel };
    const at = view.indexOf(...pixel);
    const place = this.scan.placed ? this.describePlace(this.mm(at)) : `voxel ${at.join(", ")}`;
    const value = view.valueAt(pixel);
    const shown = value === null ? [] : [`${Math.round(value)} HU`];
    say(this.$("pointer"), [place, ...shown, view.names(pixel).join(", ") || "no structure"].join("; "));
  }

  listWindows(kept) {
    const chosen = kept && this.$("window").value;
    for (const id of ["window", "level", "width"]) this.$(id).parentElement.hidden = !this.scan.image; // without a CT they change nothing
    this.$("window").replaceChildren(...this.scan.windows.map(({ name }) => new Option(name, name)), new Option("custom", ""));
    if (kept) this.$("window").value = chosen;
    else this.choose(this.scan.windows[0].name);
  }

  choose(name = this.$("window").value) {
    const one = this.scan.windows.find((window) => window.name === name);
    if (!one) return;
    this.setWindow(one);
    this.$("window").value = name;
  }

  // Change level and width by a drag, in HU.
  shiftWindow(level, width) {
    this.setWindow({ level: Math.round(this.window.level + level), width: Math.round(this.window.width + width) });
  }

  // Level and width in HU, of none of the named windows.
  setWindow({ level, width }) {
    this.window = { level, width: Math.max(width, LEAST_WIDTH) };
    for (const [id, value] of Object.entries(this.window)) this.$(id).value = value;
    this.$("window").value = "";
    this.draw();
  }
}
