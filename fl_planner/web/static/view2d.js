// One section: the CT, translucent parts with smoothed outlines, names, and what fingers and mouse do.
import { scaleBar } from "/camera3d.js";
import { hatch, placeNames, shapeOf } from "/shapes.js";

const KEPT = 60; // slices kept per view
const LINE = 1.1; // px of an outline for each point of its width
const USUAL_PX = [420, 330], MOST_GROWN = 1.8; // of a section, wide and tall: a larger one has larger labels and thicker lines
const ROOM = 1.14; // of a section around the liver
const LEAST_SIZE = 0.5, MOST_SIZE = 40;
const SCRUB_PX = 9; // of a finger, for each slice
const BAR_INSET = 10, BAR_TEXT = 11, BAR_END = 5; // px, of the scale bar
const HU_PX = 1.2; // of level and width, for each pixel of a drag
const REMAINS = "#5ba4e6", GOES = "#f0d6bd", PENDING = "#8a929b"; // the last: what remains is not known yet
const SEGMENTS = ["#9aa3ad", "#56b4e9", "#2fbf95", "#e6a020", "#d98ab5", "#efe14a", "#e0703a", "#4b8fd6"];
const FILLS = { cava: "#6c86d8", hepatic: "#3fc79b", portal: "#b48cf2", duct: "#c8dd55", artery: "#ff7b7b", excluded: "#f0e442", vessels: "#9dbdb6", treated: "#ffb8e0" };
const LESION = "#ff9a3d";
const ON_CT = { liver: 0.1, remnant: 0.34, segments: 0.2, other: 0.38, lesion: 0.34 };
const ON_BODY = { liver: 0.72, remnant: 0.8, segments: 0.62, other: 0.85, lesion: 0.95 };
export const LOSSES = ["inflow_lost", "outflow_lost"]; // liver without a vessel
const BODY = "#1d242b", BODY_EDGE = "#2b343d";

export class View {
  constructor(told, cuts) {
    Object.assign(this, { told, cuts, layer: told.layer, layers: new Map(), size: 1, shift: [0, 0], fitted: "liver", fingers: new Map() });
    this.box = document.createElement("section");
    this.box.className = "view cut";
    this.head = document.createElement("h3");
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.head.textContent = `${told.name[0].toUpperCase()}${told.name.slice(1)}`; // until a slice is shown
    this.canvas.setAttribute("aria-label", this.head.textContent);
    this.slider = document.createElement("input");
    Object.assign(this.slider, { type: "range", min: 0, max: told.layers - 1, value: told.layer });
    this.slider.setAttribute("aria-label", `${told.name} slice`);
    this.box.append(this.head, this.canvas, this.slider);
    this.slider.addEventListener("input", () => this.cuts.move(this.told.axes[2], Number(this.slider.value)));
    this.canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("pointerdown", (event) => this.down(event));
    this.canvas.addEventListener("pointermove", (event) => this.moved(event));
    this.canvas.addEventListener("contextmenu", (event) => event.preventDefault());
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
    this.cuts.tellAgain(this);
  }

  async load(layer) {
    const bytes = await this.cuts.fetch(this.told.name, layer);
    const length = new DataView(bytes).getUint32(0, true);
    const lines = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
    const values = bytes.byteLength > 4 + length ? new Float32Array(bytes, 4 + length) : null;
    const held = { layer, values, groups: {} };
    for (const [group, named] of Object.entries(lines)) {
      held.groups[group] = Object.entries(named).map(([name, loops]) => [name, shapeOf(loops, this.told.spacing)]);
    }
    this.layers.set(layer, held);
    if (this.layers.size > KEPT) this.layers.delete(this.layers.keys().next().value);
    return held;
  }

  get ratio() {
    return this.canvas.width / (this.canvas.clientWidth || 1);
  }

  // from pixels of the layer to those of the canvas
  scale() {
    const [columns, rows] = this.told.size;
    const [wide, tall] = this.told.spacing;
    const fit = this.whole * this.size;
    const [x, y] = [fit * wide, fit * tall];
    return { x, y, left: (this.canvas.width - x * columns) / 2 + this.shift[0], top: (this.canvas.height - y * rows) / 2 + this.shift[1] };
  }

  // px per mm with the whole slice in view
  get whole() {
    const [columns, rows] = this.told.size;
    const [wide, tall] = this.told.spacing;
    return Math.min(this.canvas.width / (columns * wide), this.canvas.height / (rows * tall));
  }

  // Fit the "liver", the "whole" slice, or {at, mm}: so many mm around a voxel, until it is moved by hand.
  fit(what) {
    this.fitted = what;
    Object.assign(this, { size: 1, shift: [0, 0] });
    if (what.mm) {
      const size = Math.min(this.canvas.width, this.canvas.height) / what.mm / this.whole;
      this.size = Math.min(Math.max(size, LEAST_SIZE), MOST_SIZE);
      return this.centre(what.at);
    }
    if (what !== "liver" || !this.told.liver) return;
    const [level, upright] = this.told.liver;
    const mm = [level, upright].map(([low, high], n) => (high - low + 1) * this.told.spacing[n] * ROOM);
    this.size = Math.min(Math.max(Math.min(this.canvas.width / mm[0], this.canvas.height / mm[1]) / this.whole, LEAST_SIZE), MOST_SIZE);
    const at = [...this.cuts.at];
    at[this.told.axes[0]] = (level[0] + level[1]) / 2;
    at[this.told.axes[1]] = (upright[0] + upright[1]) / 2;
    this.centre(at);
  }

  draw() {
    const sharp = window.devicePixelRatio || 1;
    const [wide, tall] = [this.canvas.clientWidth, this.canvas.clientHeight].map((one) => Math.max(Math.round(one * sharp), 1));
    if (this.canvas.width !== wide || this.canvas.height !== tall) Object.assign(this.canvas, { width: wide, height: tall });
    if (this.fitted) this.fit(this.fitted);
    const ink = this.canvas.getContext("2d");
    ink.setTransform(1, 0, 0, 1, 0, 0);
    ink.fillStyle = "#000";
    ink.fillRect(0, 0, wide, tall);
    const to = this.scale();
    const times = Math.min(this.canvas.clientWidth / USUAL_PX[0], this.canvas.clientHeight / USUAL_PX[1]);
    const larger = sharp * Math.min(Math.max(times, 1), MOST_GROWN);
    if (this.held.values) this.drawValues(ink, to);
    else this.drawBody(ink, to, larger);
    this.drawFills(ink, to, sharp);
    this.drawLines(ink, to, larger);
    this.cuts.overlay?.draw(this, ink, to, sharp);
    this.cuts.marks.draw(this, ink, to, larger);
    this.drawCross(ink, to, sharp);
    this.drawNames(ink, to, larger);
    this.cuts.calliper.draw(this, ink, to, larger);
    this.drawLetters(ink, wide, tall, larger);
    this.drawBar(ink, to, larger);
    const place = this.cuts.place(this.told.axes[2], this.held.layer);
    this.head.textContent = `${this.told.name[0].toUpperCase()}${this.told.name.slice(1)}, ${place}`;
    const marks = this.cuts.marks.names(this).map((name) => `; mark ${name}`).join("");
    this.canvas.setAttribute("aria-label", `${this.head.textContent}: ${this.names().join(", ") || "no structure"}${marks}`);
  }

  drawValues(ink, to) {
    const [columns, rows] = this.told.size;
    const { level, width } = this.cuts.window;
    if (this.shown2d?.layer !== this.held.layer || this.shown2d.level !== level || this.shown2d.width !== width) {
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
      this.shown2d = { layer: this.held.layer, level, width };
    }
    ink.imageSmoothingEnabled = !this.cuts.voxels;
    ink.imageSmoothingQuality = "high";
    ink.drawImage(this.layer2d, to.left, to.top, to.x * columns, to.y * rows);
  }

  // Without a CT: the scan's field as a plain ground, so that no organ seems to be there.
  drawBody(ink, to, ratio) {
    const [columns, rows] = this.told.size;
    ink.fillStyle = BODY;
    ink.strokeStyle = BODY_EDGE;
    ink.lineWidth = ratio;
    ink.beginPath();
    ink.roundRect(to.left, to.top, to.x * columns, to.y * rows, 10 * ratio);
    ink.fill();
    ink.stroke();
    ink.font = `${11 * ratio}px sans-serif`;
    ink.textAlign = "right";
    ink.textBaseline = "alphabetic";
    ink.fillStyle = "#9fb0bf";
    ink.fillText("no CT", this.canvas.width - 8 * ratio, this.canvas.height - 8 * ratio);
  }

  // A shape on the canvas: smoothed, or along its voxels.
  onto(shape, to) {
    const path = new Path2D();
    path.addPath(this.cuts.voxels ? shape.exact : shape.smooth, new DOMMatrix([to.x, 0, 0, to.y, to.left, to.top]));
    return path;
  }

  part(key) {
    return this.held.groups.parts.find(([name]) => name === key)?.[1];
  }

  drawFills(ink, to, ratio) {
    const alphas = this.held.values ? ON_CT : ON_BODY;
    const { shown } = this.cuts;
    const fill = (shape, colour, alpha) => {
      if (!shape || !(alpha > 0)) return;
      ink.globalAlpha = alpha;
      ink.fillStyle = colour;
      ink.fill(this.onto(shape, to), "evenodd");
    };
    const draft = this.cuts.overlay?.sides(this, to);
    this.box.dataset.pending = String(Boolean(draft?.pending));
    const liver = this.part("liver");
    const remnant = this.part("remnant");
    const planned = this.cuts.scan.parts.some(({ key }) => key === "remnant");
    if (draft) {
      fill(liver, draft.pending && !draft.path ? PENDING : GOES, alphas.liver * shown.alpha("liver"));
      if (draft.path) {
        ink.globalAlpha = alphas.remnant;
        ink.fillStyle = REMAINS;
        if (liver && draft.clip) {
          ink.save();
          ink.clip(draft.path);
          ink.fill(draft.of ?? this.onto(liver, to), "evenodd");
          ink.restore();
        } else if (!draft.clip) ink.fill(draft.path, "evenodd");
      }
    } else if (planned || !this.held.groups.segments.length) {
      fill(liver, GOES, alphas.liver * shown.alpha("liver"));
      fill(remnant, REMAINS, alphas.remnant * shown.alpha("remnant"));
    } else {
      fill(liver, GOES, alphas.liver * shown.alpha("liver"));
      for (const [name, shape] of this.held.groups.segments)
        fill(shape, SEGMENTS[segmentOf(name)], alphas.segments * shown.alpha("segments", name));
    }
    for (const [name, shape] of this.held.groups.parts) {
      if (name in FILLS) fill(shape, FILLS[name], alphas.other * shown.alpha(name));
      else if (name.startsWith("mask ")) fill(shape, this.cuts.scan.parts.find(({ key }) => key === name).on_ct, 0.7 * alphas.other * shown.alpha(name));
      else if (name === "tumour") fill(shape, LESION, alphas.lesion * shown.alpha("tumour"));
    }
    const drafted = draft ? draft.lost : this.cuts.branches?.affected(this);
    for (const [name, shape] of drafted ?? LOSSES.map((name) => [name, this.part(name)])) {
      const alpha = drafted ? 1 : shown.alpha(name);
      if (!shape || !(alpha > 0)) continue;
      ink.globalAlpha = alpha;
      ink.fillStyle = hatch(ink, name === "inflow_lost" ? "#ffe14d" : "#5ce1f0", name === "inflow_lost" ? 1 : -1, ratio);
      ink.fill(this.onto(shape, to), "evenodd");
    }
    ink.globalAlpha = 1;
  }

  drawLines(ink, to, ratio) {
    const drawn = [...this.outlines()].map(([shape, part, alpha]) => [this.onto(shape, to), part, part.points * LINE * ratio, alpha]);
    ink.lineJoin = "round";
    ink.strokeStyle = "#000"; // a dark line beneath each, not over another
    for (const [onto, , thick, alpha] of drawn) {
      ink.globalAlpha = 0.6 * alpha;
      ink.lineWidth = thick + 1.4 * ratio;
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
  }

  *outlines() {
    for (const part of this.cuts.scan.parts) {
      const group = part.key === "segments" ? this.held.groups.segments : this.held.groups.parts.filter(([name]) => name === part.key);
      for (const [name, shape] of group) {
        const alpha = this.cuts.shown.alpha(part.key, name);
        if (alpha > 0) yield [shape, part, alpha];
      }
    }
  }

  drawNames(ink, to, ratio) {
    const tall = 12 * ratio;
    ink.font = `bold ${tall}px sans-serif`;
    const lesions = this.held.groups.lesions;
    const avoid = lesions.map(([, shape]) => shape);
    const wanted = [
      ...lesions.filter(() => this.cuts.shown.alpha("tumour") > 0).map(([text, shape]) => ({ text, shape, colour: "#ffc27a", must: true })),
      ...this.held.groups.segments.filter(([name]) => this.cuts.shown.alpha("segments", name) > 0)
        .map(([name, shape]) => ({ text: name, shape, avoid, colour: "#fff" })),
    ];
    const taken = [...(this.cuts.overlay?.taken(this, to, ratio) ?? []), this.roomOfBar(to, ratio), ...this.marked, ...this.cuts.calliper.taken(this, ink, to, ratio)];
    const names = placeNames(wanted, to, (text) => ink.measureText(text).width, tall * 1.15, taken);
    for (const { text, x, y, from, colour } of names) {
      if (from) {
        ink.strokeStyle = colour;
        ink.lineWidth = ratio;
        ink.beginPath();
        ink.moveTo(from.x, from.y);
        ink.lineTo(x, y);
        ink.stroke();
      }
      write(ink, text, x, y, colour, ratio);
    }
    this.canvas.dataset.names = JSON.stringify(names.map(({ text, x, y }) => [text, x / this.ratio, y / this.ratio]));
  }

  drawCross(ink, to, ratio) {
    const [x, y] = this.pixelOf(this.cuts.at);
    const [left, top] = [to.left + (x + 0.5) * to.x, to.top + (y + 0.5) * to.y];
    const gap = 14 * ratio;
    ink.strokeStyle = "#9fe8ff";
    ink.lineWidth = ratio;
    ink.globalAlpha = 0.5;
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
    ink.font = `bold ${13 * ratio}px sans-serif`;
    const inset = 12 * ratio;
    const spots = [[inset, tall / 2], [wide - inset, tall / 2], [wide / 2, inset], [wide / 2, tall - inset]];
    this.told.letters.forEach((letter, n) => write(ink, letter === "S" ? "H" : letter === "I" ? "F" : letter, ...spots[n], "#fff", ratio));
  }

  // The scale bar in CSS pixels.
  bar(to) {
    return scaleBar(to.x / this.told.spacing[0] / this.ratio, this.canvas.clientWidth);
  }

  // Box that names leave free: the scale bar with its text.
  roomOfBar(to, ratio) {
    const half = (this.bar(to).px * this.ratio) / 2, tall = (BAR_TEXT + BAR_END + 4) * ratio;
    return { x: BAR_INSET * ratio + half, y: this.canvas.height - BAR_INSET * ratio - tall / 2, half, tall };
  }

  // A bar in mm at the lower left, its length by the zoom.
  drawBar(ink, to, ratio) {
    const { px, text } = this.bar(to);
    const [left, low] = [BAR_INSET * ratio, this.canvas.height - BAR_INSET * ratio];
    const right = left + px * this.ratio;
    const path = new Path2D();
    for (const [x, y] of [[left, low - BAR_END * ratio], [left, low], [right, low], [right, low - BAR_END * ratio]]) path.lineTo(x, y);
    for (const [colour, thick] of [["#000", 4], ["#fff", 1.6]]) {
      Object.assign(ink, { strokeStyle: colour, lineWidth: thick * ratio });
      ink.stroke(path);
    }
    ink.font = `${BAR_TEXT * ratio}px sans-serif`;
    write(ink, text, (left + right) / 2, low - (BAR_TEXT / 2 + 2) * ratio, "#fff", ratio);
    this.canvas.dataset.bar = JSON.stringify({ px, text });
  }

  // Bring a voxel to the middle.
  centre(at) {
    const { x, y } = this.scale();
    const [column, row] = this.pixelOf(at);
    const [columns, rows] = this.told.size;
    this.shift = [x * (columns / 2 - column - 0.5), y * (rows / 2 - row - 0.5)];
  }

  // Whether a voxel is in view.
  sees(at) {
    const to = this.scale();
    const [x, y] = this.pixelOf(at);
    const [left, top] = [to.left + (x + 0.5) * to.x, to.top + (y + 0.5) * to.y];
    return left >= 0 && top >= 0 && left <= this.canvas.width && top <= this.canvas.height;
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

  // mm of a place on the canvas, on the slice shown
  mmOf(x, y, to = this.scale()) {
    return this.cuts.mm(this.indexOf((x - to.left) / to.x - 0.5, (y - to.top) / to.y - 0.5));
  }

  indexOf(x, y) {
    const at = [...this.cuts.at];
    const [level, upright, across] = this.told.axes;
    at[level] = this.told.size[0] - 1 - x;
    at[upright] = this.told.size[1] - 1 - y;
    at[across] = this.held.layer;
    return at;
  }

  // place of an event on the canvas, in its pixels
  spotOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
  }

  pixelUnder(event) {
    const [left, top] = this.spotOf(event);
    const to = this.scale();
    const x = Math.floor((left - to.left) / to.x);
    const y = Math.floor((top - to.top) / to.y);
    const inside = x >= 0 && y >= 0 && x < this.told.size[0] && y < this.told.size[1];
    return inside ? [x, y] : null;
  }

  names([x, y] = this.pixelOf(this.cuts.at)) {
    if (!this.held) return [];
    const ink = this.canvas.getContext("2d");
    ink.setTransform(1, 0, 0, 1, 0, 0);
    const within = ([, shape]) => ink.isPointInPath(shape.exact, x + 0.5, y + 0.5, "evenodd");
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

  // ---- input ----

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
      v: () => this.cuts.showVoxels(!this.cuts.voxels),
      m: () => this.cuts.calliper.turn(!this.cuts.calliper.on),
      Enter: this.cuts.calliper.on && (() => this.cuts.calliper.mark(this)),
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
    const size = Math.min(Math.max(this.size * by, LEAST_SIZE), MOST_SIZE);
    const grown = size / this.size;
    this.size = size;
    this.fitted = null;
    this.shift = this.shift.map((one, n) => (size === LEAST_SIZE && by < 1 ? 0 : to[n] - (from[n] - one) * grown));
    this.draw();
  }

  offMiddle(event) {
    const [x, y] = this.spotOf(event);
    return [x - this.canvas.width / 2, y - this.canvas.height / 2];
  }

  // The mouse clicks, changes the window, or measures; with Shift or another button it pans. One finger
  // clicks, or scrubs sideways and, unless the views are scrolled by it, up and down; two fingers pan
  // and zoom.
  down(event) {
    if (!this.held) return;
    this.canvas.setPointerCapture(event.pointerId);
    const at = this.offMiddle(event);
    this.fingers.set(event.pointerId, { at, from: at, layer: this.layer });
    this.click = this.fingers.size === 1 && event.button === 0;
    this.pans = event.pointerType !== "touch" && (event.shiftKey || event.button !== 0 || !this.held.values);
    this.measures = this.fingers.size === 1 && event.button === 0 && this.cuts.calliper.down(this, this.spotOf(event));
    if (this.measures) this.click = false;
  }

  moved(event) {
    if (!this.held) return;
    const under = this.pixelUnder(event);
    if (under) this.cuts.tell(this, under);
    const finger = this.fingers.get(event.pointerId);
    if (!finger) return;
    if (this.measures) return this.cuts.calliper.move(this, this.spotOf(event));
    const at = this.offMiddle(event);
    this.click &&= Math.hypot(at[0] - finger.from[0], at[1] - finger.from[1]) <= 5 * this.ratio;
    if (this.click) return;
    const before = finger.at;
    finger.at = at;
    const other = [...this.fingers.values()].find((one) => one !== finger)?.at;
    if (!other) return this.drag(event, finger, before);
    const apart = (one) => Math.max(Math.hypot(one[0] - other[0], one[1] - other[1]), 1);
    const middle = (one) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
    this.resize(apart(at) / apart(before), middle(before), middle(at));
  }

  drag(event, finger, before) {
    const [x, y] = [finger.at[0] - before[0], finger.at[1] - before[1]].map((one) => one / this.ratio);
    if (event.pointerType === "touch") {
      const [right, down] = [0, 1].map((n) => (finger.at[n] - finger.from[n]) / this.ratio);
      const slices = Math.round((Math.abs(right) >= Math.abs(down) ? right : -down) / SCRUB_PX);
      this.cuts.move(this.told.axes[2], finger.layer + slices);
    } else if (this.pans) this.resize(1, before, finger.at);
    else this.cuts.shiftWindow(-y * HU_PX, x * HU_PX);
  }

  up(event) {
    if (this.measures) {
      this.measures = false;
      this.cuts.calliper.up();
    }
    const under = this.held && this.pixelUnder(event);
    const clicked = this.fingers.delete(event.pointerId) && this.click && event.type === "pointerup";
    if (clicked && under && !this.cuts.overlay?.takes(this, event)) this.cuts.goTo(this.indexOf(...under));
  }
}

const segmentOf = (name) => ["I", "II", "III", "IV", "V", "VI", "VII", "VIII"].indexOf(name.replace(/[ab]$/, ""));

export function write(ink, text, x, y, colour, ratio) {
  ink.textAlign = "center";
  ink.textBaseline = "middle";
  ink.lineJoin = "round";
  ink.lineWidth = 3 * ratio;
  ink.strokeStyle = "rgba(0, 0, 0, 0.85)";
  ink.strokeText(text, x, y);
  ink.fillStyle = colour;
  ink.fillText(text, x, y);
}
