// Three linked sections. Values and outlines come from the server, slice by slice, and are only
// drawn here: the window maps values to grey, and outlines are lines, sharp at any size.
import { Marks } from "/marks.js";

const KEPT = 60; // slices kept per view
const LINE = 1.4; // px of an outline for each point of its width
const NAME_PX = 18; // between names
const USUAL_PX = 500, MOST_GROWN = 2; // width of a section: a larger one has larger labels and thicker lines
const LETTERS = ["R", "L", "A", "P", "S", "I"];

class View {
  constructor(told, cuts) {
    Object.assign(this, { told, cuts, layer: told.layer, layers: new Map(), size: 1, shift: [0, 0], fingers: new Map() });
    this.box = document.createElement("section");
    this.box.className = "view cut";
    this.head = document.createElement("h3");
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.slider = document.createElement("input");
    Object.assign(this.slider, { type: "range", min: 0, max: told.layers - 1, value: told.layer });
    this.slider.setAttribute("aria-label", `${told.name} slice`);
    this.box.append(this.head, this.canvas, this.slider);
    this.slider.addEventListener("input", () => this.cuts.move(this.told.axes[2], Number(this.slider.value)));
    this.canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("pointerdown", (event) => this.down(event));
    this.canvas.addEventListener("pointermove", (event) => this.moved(event));
    for (const kind of ["pointerup", "pointercancel"]) this.canvas.addEventListener(kind, (event) => this.up(event));
  }

  // Show a slice; while one is loading, the last one requested follows.
  go(layer) {
    this.layer = layer;
    this.slider.value = layer;
    this.slider.setAttribute("aria-valuetext", this.cuts.place(this.told.axes[2], layer));
    if (this.layers.has(layer)) this.put(this.layers.get(layer));
    else this.coming ??= this.cuts.awaiting(this.come()).finally(() => { this.coming = null; });
    return this.coming;
  }

  async come() {
    do {
      const held = this.layers.get(this.layer) ?? (await this.load(this.layer));
      this.put(held);
    } while (this.held.layer !== this.layer);
  }

  put(held) {
    this.held = held;
    this.draw();
  }

  async load(layer) {
    const bytes = await this.cuts.fetch(this.told.name, layer);
    const length = new DataView(bytes).getUint32(0, true);
    const lines = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
    const values = bytes.byteLength > 4 + length ? new Float32Array(bytes, 4 + length) : null;
    const held = { layer, values, groups: {} };
    for (const [group, named] of Object.entries(lines)) {
      held.groups[group] = Object.entries(named).map(([name, loops]) => [name, pathOf(loops)]);
    }
    this.layers.set(layer, held);
    if (this.layers.size > KEPT) this.layers.delete(this.layers.keys().next().value);
    return held;
  }

  // from pixels of the layer to those of the canvas
  scale() {
    const [columns, rows] = this.told.size;
    const [wide, tall] = this.told.spacing;
    const fit = Math.min(this.canvas.width / (columns * wide), this.canvas.height / (rows * tall)) * this.size;
    const [x, y] = [fit * wide, fit * tall];
    return { x, y, left: (this.canvas.width - x * columns) / 2 + this.shift[0], top: (this.canvas.height - y * rows) / 2 + this.shift[1] };
  }

  draw() {
    const ratio = window.devicePixelRatio || 1;
    const [wide, tall] = [this.canvas.clientWidth, this.canvas.clientHeight].map((one) => Math.max(Math.round(one * ratio), 1));
    if (this.canvas.width !== wide || this.canvas.height !== tall) Object.assign(this.canvas, { width: wide, height: tall });
    const ink = this.canvas.getContext("2d");
    ink.setTransform(1, 0, 0, 1, 0, 0);
    ink.fillStyle = "#000";
    ink.fillRect(0, 0, wide, tall);
    const to = this.scale();
    if (this.held.values) this.drawValues(ink, to);
    const larger = ratio * Math.min(Math.max(this.canvas.clientWidth / USUAL_PX, 1), MOST_GROWN);
    this.drawLines(ink, to, larger);
    this.cuts.overlay?.draw(this, ink, to, ratio);
    this.cuts.marks.draw(this, ink, to, larger);
    this.drawCross(ink, to, larger);
    this.drawLetters(ink, wide, tall, larger);
    const place = this.cuts.place(this.told.axes[2], this.held.layer);
    this.head.textContent = `${this.told.name[0].toUpperCase()}${this.told.name.slice(1)}, ${place}`;
    const marks = this.cuts.marks.names(this).map((name) => `; mark ${name}`).join("");
    this.canvas.setAttribute("aria-label", `${this.head.textContent}: ${this.names().join(", ") || "no structure"}${marks}`);
  }

  drawValues(ink, to) {
    const [columns, rows] = this.told.size;
    const { level, width } = this.cuts.window;
    const low = level - width / 2;
    const shown = new ImageData(columns, rows);
    const grey = shown.data;
    const values = this.held.values;
    for (let n = 0; n < values.length; n++) {
      const value = values[n];
      const one = value === value ? ((value - low) / width) * 255 : 0; // NaN: outside the CT
      grey[4 * n] = grey[4 * n + 1] = grey[4 * n + 2] = one; // clamped by its type
      grey[4 * n + 3] = 255;
    }
    this.layer2d ??= document.createElement("canvas");
    Object.assign(this.layer2d, { width: columns, height: rows });
    this.layer2d.getContext("2d").putImageData(shown, 0, 0);
    ink.imageSmoothingEnabled = to.x < 4;
    ink.drawImage(this.layer2d, to.left, to.top, to.x * columns, to.y * rows);
  }

  drawLines(ink, to, ratio) {
    const drawn = [...this.outlines()].map(([path, part, alpha]) => {
      const onto = new Path2D();
      onto.addPath(path, new DOMMatrix([to.x, 0, 0, to.y, to.left, to.top]));
      return [onto, part, part.points * LINE * ratio, alpha];
    });
    ink.strokeStyle = "#000"; // a dark line beneath each, not over another
    for (const [onto, , thick, alpha] of drawn) {
      ink.globalAlpha = alpha;
      ink.lineWidth = thick + 2 * ratio;
      ink.stroke(onto);
    }
    for (const [onto, part, thick, alpha] of drawn) {
      ink.globalAlpha = alpha;
      ink.setLineDash(part.dashes.map((length) => length * thick));
      ink.strokeStyle = part.on_ct;
      ink.lineWidth = thick;
      ink.stroke(onto);
    }
    ink.setLineDash([]);
    ink.globalAlpha = 1;
    this.drawNames(ink, to, ratio);
  }

  *outlines() {
    for (const part of this.cuts.scan.parts) {
      const group = part.key === "segments" ? this.held.groups.segments : this.held.groups.parts.filter(([name]) => name === part.key);
      for (const [name, path] of group) {
        const alpha = this.cuts.shown.alpha(part.key, name);
        if (alpha > 0) yield [path.lines, part, alpha];
      }
    }
  }

  drawNames(ink, to, ratio) {
    ink.font = `bold ${12 * ratio}px sans-serif`;
    ink.textAlign = "center";
    ink.textBaseline = "middle";
    const taken = [];
    for (const [group, part, colour] of [["lesions", "tumour", "#ffa521"], ["segments", "segments", "#fff"]]) {
      for (const [name, { middle }] of this.held.groups[group]) {
        if (!(this.cuts.shown.alpha(part, name) > 0)) continue;
        const x = to.left + middle[0] * to.x;
        let y = to.top + middle[1] * to.y;
        while (taken.some(([left, top]) => Math.hypot(left - x, top - y) < NAME_PX * ratio)) y += NAME_PX * ratio;
        taken.push([x, y]);
        write(ink, name, x, y, colour, ratio);
      }
    }
  }

  drawCross(ink, to, ratio) {
    const [x, y] = this.pixelOf(this.cuts.at);
    const [left, top] = [to.left + (x + 0.5) * to.x, to.top + (y + 0.5) * to.y];
    const gap = 8 * ratio;
    ink.strokeStyle = "#9fe8ff";
    ink.lineWidth = ratio;
    ink.globalAlpha = 0.7;
    ink.beginPath();
    for (const [x0, y0, x1, y1] of [
      [0, top, left - gap, top], [left + gap, top, this.canvas.width, top],
      [left, 0, left, top - gap], [left, top + gap, left, this.canvas.height],
    ]) {
      ink.moveTo(x0, y0);
      ink.lineTo(x1, y1);
    }
    ink.stroke();
    ink.globalAlpha = 1;
  }

  drawLetters(ink, wide, tall, ratio) {
    if (!this.told.letters) return;
    ink.font = `bold ${15 * ratio}px sans-serif`;
    const inset = 14 * ratio;
    const spots = [[inset, tall / 2], [wide - inset, tall / 2], [wide / 2, inset], [wide / 2, tall - inset]];
    this.told.letters.forEach((letter, n) => write(ink, letter === "S" ? "H" : letter === "I" ? "F" : letter, ...spots[n], "#fff", ratio));
  }

  centre(at) {
    const { x, y } = this.scale();
    const [column, row] = this.pixelOf(at);
    const [columns, rows] = this.told.size;
    this.shift = [x * (columns / 2 - column - 0.5), y * (rows / 2 - row - 0.5)];
  }

  // columns and rows run from the far end of their axes
  pixelOf(at) {
    const [level, upright] = this.told.axes;
    return [this.told.size[0] - 1 - at[level], this.told.size[1] - 1 - at[upright]];
  }

  // position on the canvas of a place in mm, on any slice
  canvasOf(to, mm) {
    const [x, y] = this.pixelOf(this.cuts.indexAt(mm));
    return [to.left + (x + 0.5) * to.x, to.top + (y + 0.5) * to.y];
  }

  indexOf(x, y) {
    const at = [...this.cuts.at];
    const [level, upright, across] = this.told.axes;
    at[level] = this.told.size[0] - 1 - x;
    at[upright] = this.told.size[1] - 1 - y;
    at[across] = this.held.layer;
    return at;
  }

  pixelUnder(event) {
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    const to = this.scale();
    const x = Math.floor(((event.clientX - box.left) * ratio - to.left) / to.x);
    const y = Math.floor(((event.clientY - box.top) * ratio - to.top) / to.y);
    const inside = x >= 0 && y >= 0 && x < this.told.size[0] && y < this.told.size[1];
    return inside ? [x, y] : null;
  }

  names([x, y] = this.pixelOf(this.cuts.at)) {
    if (!this.held) return [];
    const ink = this.canvas.getContext("2d");
    ink.setTransform(1, 0, 0, 1, 0, 0);
    const within = ([, path]) => ink.isPointInPath(path.lines, x + 0.5, y + 0.5, "evenodd");
    const { parts, segments, lesions } = this.held.groups;
    const labels = new Map(this.cuts.scan.parts.map((part) => [part.key, part.label]));
    return [
      ...parts.filter(within).map(([name]) => labels.get(name)),
      ...segments.filter(within).map(([name]) => `segment ${name}`),
      ...lesions.filter(within).map(([name]) => name),
    ];
  }

  valueAt([x, y]) {
    const value = this.held?.values?.[y * this.told.size[0] + x];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  wheel(event) {
    event.preventDefault();
    if (event.ctrlKey) this.resize(event.deltaY < 0 ? 1.15 : 1 / 1.15, this.offMiddle(event));
    else this.cuts.move(this.told.axes[2], this.layer - Math.sign(event.deltaY));
  }

  key(event) {
    const [level, upright, across] = this.told.axes;
    const at = this.cuts.at;
    const does = {
      ArrowUp: () => this.cuts.move(across, this.layer + 1),
      ArrowDown: () => this.cuts.move(across, this.layer - 1),
      PageUp: () => this.cuts.move(across, this.layer + 10),
      PageDown: () => this.cuts.move(across, this.layer - 10),
      ArrowLeft: () => this.cuts.move(level, at[level] + 1),
      ArrowRight: () => this.cuts.move(level, at[level] - 1),
      w: () => this.cuts.move(upright, at[upright] + 1),
      s: () => this.cuts.move(upright, at[upright] - 1),
      "+": () => this.resize(1.25),
      "-": () => this.resize(0.8),
    }[event.key];
    if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    does();
    this.cuts.tell(this, this.pixelOf(this.cuts.at));
  }

  // Zoom so that the point `from` the middle of the canvas moves `to`.
  resize(by, from = [0, 0], to = from) {
    const size = Math.min(Math.max(this.size * by, 0.5), 40);
    const grown = size / this.size;
    this.size = size;
    this.shift = this.shift.map((one, n) => (size === 0.5 && by < 1 ? 0 : to[n] - (from[n] - one) * grown));
    this.draw();
  }

  offMiddle(event) {
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    return [(event.clientX - box.left) * ratio - this.canvas.width / 2, (event.clientY - box.top) * ratio - this.canvas.height / 2];
  }

  // One finger, or the mouse, pans or clicks; two fingers pan and zoom.
  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    const at = this.offMiddle(event);
    this.fingers.set(event.pointerId, { at, from: at });
    this.click = this.fingers.size === 1;
  }

  moved(event) {
    const under = this.pixelUnder(event);
    if (under) this.cuts.tell(this, under);
    const finger = this.fingers.get(event.pointerId);
    if (!finger) return;
    const at = this.offMiddle(event);
    const ratio = this.canvas.width / this.canvas.getBoundingClientRect().width;
    this.click &&= Math.hypot(at[0] - finger.from[0], at[1] - finger.from[1]) <= 5 * ratio;
    if (this.click) return;
    const before = finger.at;
    finger.at = at;
    const other = [...this.fingers.values()].find((one) => one !== finger)?.at;
    if (!other) return this.resize(1, before, at);
    const apart = (one) => Math.max(Math.hypot(one[0] - other[0], one[1] - other[1]), 1);
    const middle = (one) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
    this.resize(apart(at) / apart(before), middle(before), middle(at));
  }

  up(event) {
    const under = this.pixelUnder(event);
    const clicked = this.fingers.delete(event.pointerId) && this.click && event.type === "pointerup";
    if (clicked && under) this.cuts.goTo(this.indexOf(...under));
  }
}

function pathOf(loops) {
  const lines = new Path2D();
  let [least, most, count] = [[Infinity, Infinity], [-Infinity, -Infinity], 0];
  for (const loop of loops) {
    for (let n = 0; n < loop.length; n += 2) {
      const [x, y] = [loop[n], loop[n + 1]];
      if (n) lines.lineTo(x, y);
      else lines.moveTo(x, y);
      if (loop.length < count) continue; // a label is placed in the middle of the longest loop
      if (loop.length > count) [least, most, count] = [[Infinity, Infinity], [-Infinity, -Infinity], loop.length];
      least = [Math.min(least[0], x), Math.min(least[1], y)];
      most = [Math.max(most[0], x), Math.max(most[1], y)];
    }
    lines.closePath();
  }
  return { lines, middle: [(least[0] + most[0]) / 2, (least[1] + most[1]) / 2] };
}

export function write(ink, text, x, y, colour, ratio) {
  ink.textAlign = "center";
  ink.textBaseline = "middle";
  ink.lineWidth = 3 * ratio;
  ink.strokeStyle = "#000";
  ink.strokeText(text, x, y);
  ink.fillStyle = colour;
  ink.fillText(text, x, y);
}

export class Cuts {
  constructor(place, shown, $) {
    shown.changed.push(() => this.draw());
    Object.assign(this, { parent: place, $, views: [], shown, at: [0, 0, 0], asked: new Set(), marks: new Marks(this) });
    this.$("window").addEventListener("change", () => this.choose());
    for (const id of ["level", "width"]) this.$(id).addEventListener("input", () => this.setWindow());
    this.$("fit").addEventListener("click", () => this.fit());
    new ResizeObserver(() => this.draw()).observe(place);
    place.setAttribute("aria-busy", "true");
  }

  // `again`: the same case is shown anew at the current position.
  async open(scan, fetch, again = false) {
    const { zooms, window, first } = this;
    const stays = again && this.at.some((index, axis) => index !== first[axis]) ? this.at : null;
    Object.assign(this, { scan, fetch });
    this.marks.open(scan, again);
    this.views = scan.views.map((told) => new View(told, this));
    this.at = [0, 0, 0];
    for (const view of this.views) this.at[view.told.axes[2]] = view.layer;
    this.first = this.at;
    if (again) this.zooms = zooms;
    if (stays) this.at = stays;
    for (const box of this.parent.querySelectorAll(".cut")) box.remove();
    this.parent.prepend(...this.views.map((view) => view.box));
    this.listWindows(again && window);
    this.$("notes").replaceChildren(...scan.notes.map(({ text, loud }) => {
      const note = document.createElement("p");
      note.textContent = text;
      if (loud) note.className = "loud";
      return note;
    }));
    await Promise.all(this.views.map((view) => view.go(this.at[view.told.axes[2]])));
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
    return this.views.map(({ size, shift }) => ({ size, shift }));
  }

  set zooms(kept) {
    for (const [n, view] of this.views.entries()) Object.assign(view, kept[n]);
  }

  // Centre a voxel in each section that does not show its whole slice.
  bringInto(at) {
    for (const view of this.views) if (view.size !== 1) view.centre(at);
  }

  draw() {
    for (const view of this.views) if (view.held) view.draw();
  }

  fit() {
    for (const view of this.views) Object.assign(view, { size: 1, shift: [0, 0] });
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
    const at = [...this.at];
    at[axis] = layer;
    return this.describeAxis(axis, this.mm(at)[axis]);
  }

  tell(view, pixel) {
    const at = view.indexOf(...pixel);
    const place = this.scan.placed ? this.describePlace(this.mm(at)) : `voxel ${at.join(", ")}`;
    const value = view.valueAt(pixel);
    const shown = value === null ? [] : [`${Math.round(value)} HU`];
    this.$("pointer").textContent = [place, ...shown, view.names(pixel).join(", ") || "no structure"].join("; ");
  }

  listWindows(kept) {
    const chosen = kept && this.$("window").value;
    this.$("window").replaceChildren(...this.scan.windows.map(({ name }) => new Option(name, name)), new Option("own", ""));
    if (kept) this.$("window").value = chosen;
    else this.choose(this.scan.windows[0].name);
  }

  choose(name = this.$("window").value) {
    const one = this.scan.windows.find((window) => window.name === name);
    if (!one) return;
    this.$("level").value = one.level;
    this.$("width").value = one.width;
    this.window = { level: one.level, width: one.width };
    this.draw();
  }

  setWindow() {
    const [level, width] = [Number(this.$("level").value), Number(this.$("width").value)];
    if (!Number.isFinite(level) || !(width >= 1)) return;
    this.window = { level, width };
    this.$("window").value = "";
    this.draw();
  }
}
