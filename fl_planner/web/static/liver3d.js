// 3D view of the liver: surfaces that can be rotated, picked, shown, hidden and cut.
//
//   const view = new Liver3D(host, { placed: true });
//   await view.load([{ name, label, url, colour: "#9e3600", opacity: 1 }]);
//   view.addEventListener("pick", ({ detail }) => detail.name, detail.mm);
//
// Places are mm in the patient, RAS+. Events: "pick" {name, mm, behind}, "plane" {point, normal,
// ended}, "look" {name}, "painted". Requires liver3d.css and WebGL 2, and no other computer.

import { add, Camera, dot, nameDirection, scaleBar, scaled, VIEWS } from "./camera3d.js";
import { boundsOf, meet, normalsOf, readMesh } from "./mesh3d.js";
import { Painter, readField } from "./paint3d.js";
import { takePicture } from "./picture3d.js";
import { Plane } from "./plane3d.js";

export { VIEWS };

const FROM = {
  front: "from the front", back: "from the back", right: "from the patient's right",
  left: "from the patient's left", top: "from above", below: "from below, as on axial CT",
};
const BESIDE_PX = 8; // of a name from a handle, more than from the mark of a place
const CLICK_PX = 4; // smaller movements count as a click
const NEAR_PX = [3, 6]; // of a click from a vessel
const TURN = Math.PI / 36; // of an arrow key
const FINE_MM = 1, COARSE_MM = 10; // steps of the plane by keys
const TILT_PX = 8; // of its tip by an arrow key
const SHARPEST = 2; // device pixels per CSS pixel, at most
const ROUGH = 0.4; // of them while a plane is dragged, if no graphics card draws
const PULL_MM = 1.5; // offset of a segment's surface towards the viewer, above that of the liver
const PLANE_COLOUR = "#56b4e9", DRAFT_COLOUR = "#ffe14d";
const LEAST_ARM_PX = 52; // between the handles of a plane, seen from the side
const HANDLE_PX = 22; // of a handle's middle from the edges
const LABEL_PX = [34, 18]; // between the middles of two names in letters of 16 px

function readColour(text) {
  const hex = /^#([0-9a-f]{6})$/i.exec(text);
  if (hex) return [0, 2, 4].map((n) => parseInt(hex[1].slice(n, n + 2), 16) / 255);
  const rgb = /^rgba?\(([^)]*)\)$/.exec(text);
  if (rgb) return rgb[1].split(/[ ,/]+/).slice(0, 3).map((one) => Number(one) / 255);
  throw new Error(`unknown colour: ${text}`);
}

function make(parent, tag, name, more = {}) {
  const made = document.createElement(tag);
  made.className = name;
  for (const [key, value] of Object.entries(more)) made.setAttribute(key, value);
  return parent.appendChild(made);
}

// A part that a draft splits has two colours: it is drawn at once if both sides are transparent,
// otherwise once for each side.
function sidesOf(part) {
  if (!part.split) return [part];
  const { colours: [kept, gone], opacities: [first, second] } = part.split;
  if (first > 0 && second > 0 && first < 1 && second < 1)
    return [{ ...part, colour: kept, opacity: first, removed: [...gone, second] }];
  return [1, -1]
    .map((side, n) => ({ ...part, side, colour: part.split.colours[n], opacity: part.split.opacities[n] }))
    .filter(({ opacity }) => opacity > 0);
}

export class Liver3D extends EventTarget {
  constructor(host, { placed = true, label = "Liver in 3D" } = {}) {
    super();
    this.host = host;
    this.placed = placed; // whether orientation is known: otherwise no letters are shown
    this.label = label;
    this.camera = new Camera();
    this.parts = new Map();
    this.plane = null; // of a draft
    this.opening = null; // cuts all surfaces open
    this.labels = [];
    this.apart = LABEL_PX;
    this.margin = 10; // mm to which distances from the cut are painted
    this.fitted = true; // until it is moved by hand
    this.rough = false; // while a plane is dragged
    this.marked = null;
    this.pointers = new Map();
    host.classList.add("liver3d");
    this.canvas = make(host, "canvas", "liver3d-canvas", { tabindex: "0", role: "application" });
    this.painter = this.begin();
    this.sides = Object.fromEntries(["left", "right", "upper", "lower"].map((edge) =>
      [edge, make(host, "span", `liver3d-side liver3d-${edge}`, { "aria-hidden": "true" })]));
    this.names = make(host, "div", "liver3d-names", { "aria-hidden": "true" });
    this.bar = make(host, "span", "liver3d-bar", { "aria-hidden": "true" });
    this.cross = make(host, "span", "liver3d-cross", { "aria-hidden": "true", hidden: "" });
    this.handles = {
      move: make(host, "button", "liver3d-handle", {
        type: "button", hidden: "", "aria-label": "Move the plane: arrow keys, 1 mm; with Shift, 10 mm",
      }),
      tilt: make(host, "button", "liver3d-handle liver3d-tip", {
        type: "button", hidden: "", "aria-label": "Tilt the plane: arrow keys",
      }),
    };
    this.listen();
    this.name("front");
    this.resize();
  }

  begin() {
    try {
      return new Painter(this.canvas);
    } catch (missing) { // and the host is unchanged
      this.host.classList.remove("liver3d");
      this.host.replaceChildren();
      throw missing;
    }
  }

  // ---- what is shown ----

  async load(list) {
    const read = await Promise.all(list.map(async ({ url, ...part }) => {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`no surface of ${part.label ?? part.name}: ${answer.status}`);
      return { ...part, ...readMesh(await answer.arrayBuffer()) };
    }));
    this.setMeshes(read);
  }

  // Replace the parts; the camera is kept unless there were none.
  setMeshes(list) {
    const first = this.parts.size === 0;
    for (const part of this.parts.values()) this.painter.remove(part.surface);
    this.parts.clear();
    for (const part of list) this.add(part);
    if (first) this.fit();
  }

  // Add a part, with `positions` and `indices`, or a `buffer` as the server sends it.
  // `kind` "segment" is drawn before parts that share its surface.
  // "liver" and "lesion" are painted by the fields. A part `split` by a draft has `colours` and
  // `opacities` of what remains and of what is removed.
  add({ name, label = name, kind, colour, opacity = 1, visible = true, split = null, buffer, ...mesh }) {
    const { positions, indices } = buffer ? readMesh(buffer) : mesh;
    const part = { name, label, kind, opacity, visible, positions, indices, ...boundsOf(positions) };
    part.pull = kind === "segment" ? PULL_MM : 0;
    part.split = split && { ...split, colours: split.colours.map(readColour) };
    part.colour = readColour(colour);
    part.normals = normalsOf(positions, indices);
    part.surface = this.painter.add(positions, part.normals, indices);
    if (this.parts.has(name)) this.painter.remove(this.parts.get(name).surface);
    this.parts.set(name, part);
    this.redraw();
  }

  // Remove a part, if it is shown.
  drop(name) {
    if (!this.parts.has(name)) return;
    this.painter.remove(this.parts.get(name).surface);
    this.parts.delete(name);
    this.redraw();
  }

  // Change `visible`, `opacity` (0 to 1), `colour` or `opacities` of one part.
  set(name, { visible, opacity, colour, opacities }) {
    const part = this.parts.get(name);
    if (!part) throw new Error(`unknown part: ${name}`);
    const look = () => JSON.stringify([part.visible, part.opacity, part.colour, part.split?.opacities]);
    const before = look();
    if (visible !== undefined) part.visible = visible;
    if (opacity !== undefined) part.opacity = Math.min(1, Math.max(0, opacity));
    if (colour !== undefined) part.colour = readColour(colour);
    if (opacities !== undefined) part.split.opacities = opacities;
    if (look() !== before) this.redraw();
  }

  // The field "organ" of the liver or "draft" of a cut, as the server sends it; null: none.
  async setField(name, buffer) {
    this.painter.setField(name, buffer && (await readField(buffer)));
    this.redraw();
  }

  // Whether any liver loses inflow or outflow, by the field of the draft.
  lost() {
    const { cells } = this.painter.fields.draft ?? { cells: [] };
    const found = { inflow: false, outflow: false };
    for (let n = 0; n < cells.length; n += 4) {
      if (cells[n + 1] > 127) found.inflow = true;
      if (cells[n + 2] > 127) found.outflow = true;
    }
    return found;
  }

  // Names at places in mm: [{text, mm, must}].
  setLabels(labels) {
    this.labels = labels.map((one) => ({ ...one, span: make(this.names, "span", "liver3d-name") }));
    this.names.replaceChildren(...this.labels.map(({ span }) => span));
    for (const { span, text } of this.labels) span.textContent = text;
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.apart = LABEL_PX.map((px) => px * Math.max(1, rem / 16));
    this.redraw();
  }

  get shown() {
    return [...this.parts.values()].filter((one) => one.visible && one.opacity > 0);
  }

  get bounds() {
    const low = [0, 1, 2].map((n) => Math.min(...[...this.parts.values()].map((p) => p.low[n])));
    const high = [0, 1, 2].map((n) => Math.max(...[...this.parts.values()].map((p) => p.high[n])));
    return { low, high };
  }

  // ---- camera ----

  fit() {
    this.fitted = true;
    if (this.parts.size) this.camera.fill(this.bounds.low, this.bounds.high);
    this.redraw();
  }

  look(name) {
    this.camera.look(name);
    this.name(name);
    this.fit();
    this.dispatchEvent(new CustomEvent("look", { detail: { name } }));
  }

  name(view) {
    this.seen = view;
    const seen = this.placed && view ? `, ${FROM[view]}` : "";
    const keys = "Arrow keys rotate, plus and minus zoom, 1 to 6 select the named views, 0 fits all surfaces into the view";
    this.canvas.setAttribute("aria-label", `${this.label}${seen}. ${keys}`);
  }

  // The zoom as it was chosen, at the size of the view then.
  get zoom() {
    return this.laid?.extent === this.camera.extent ? this.laid.zoom : this.camera.zoomed;
  }

  // Where the camera is, to be restored later; a fitted view is fitted to what is shown then.
  get pose() {
    const { centre, extent, right, up, near } = this.camera;
    return structuredClone({ camera: { centre, extent, right, up, near }, fitted: this.fitted, seen: this.seen, zoom: this.zoom });
  }

  set pose({ camera, fitted, seen, zoom }) {
    Object.assign(this.camera, structuredClone(camera));
    this.camera.keep(zoom);
    this.laid = { zoom, extent: this.camera.extent };
    this.name(seen);
    this.fitted = fitted;
    if (fitted && this.parts.size) this.camera.fill(this.bounds.low, this.bounds.high);
    this.redraw();
  }

  // What is shown now, as a still picture; it does not change with this view.
  still() {
    this.draw(); // at once: its pixels are kept until the next frame only
    const copy = document.createElement("div");
    copy.className = "liver3d-still";
    copy.setAttribute("aria-hidden", "true");
    const canvas = make(copy, "canvas", "liver3d-canvas");
    Object.assign(canvas, { width: this.canvas.width, height: this.canvas.height });
    canvas.getContext("2d").drawImage(this.canvas, 0, 0);
    copy.append(...[...Object.values(this.sides), this.names, this.bar].map((one) => one.cloneNode(true)));
    return copy;
  }

  // Centre and mark a place; null removes the mark.
  goTo(mm) {
    if (mm) this.camera.centre = [...mm];
    this.fitted &&= !mm;
    this.mark(mm);
    this.redraw();
  }

  mark(mm) {
    this.marked = mm && [...mm];
    this.put(this.cross, this.marked);
  }

  // ---- the plane ----

  // {point, normal, remains}: the plane of a draft; the side of the normal remains if `remains`
  // is 1, the other if it is -1. With `clip` it opens the surfaces: the side of the normal is hidden.
  setPlane(plane) {
    const { low, high } = this.parts.size ? this.bounds : { low: [0, 0, 0], high: [1, 1, 1] };
    const half = 0.5 * Math.max(...[0, 1, 2].map((n) => high[n] - low[n]));
    this.opening = plane?.clip ? new Plane(plane, half) : null;
    if (!plane?.clip) this.plane = plane && new Plane(plane, half);
    this.redraw();
  }

  // The plane with the handles.
  get handled() {
    return this.opening ?? this.plane;
  }

  // While a plane is dragged, a processor that draws in place of a graphics card draws fewer pixels.
  drawRough(dragged) {
    const rough = dragged && this.painter.slow;
    if (this.rough === rough) return;
    this.rough = rough;
    this.redraw();
  }

  tellPlane(ended) {
    const { point, normal } = this.handled;
    this.drawRough(!ended);
    this.redraw();
    this.dispatchEvent(new CustomEvent("plane", { detail: { point, normal, ended } }));
  }

  // ---- picking ----

  // The part under a pixel: the nearest opaque one, else the nearest of all.
  pickAt(x, y, parts = this.shown) {
    const { camera } = this;
    const at = camera.unproject(x, y);
    const right = dot(at, camera.right), up = dot(at, camera.up);
    const flat = add(scaled(camera.right, right), camera.up, up);
    const place = (depth) => add(flat, camera.near, depth);
    const kept = (depth) => !this.opening || this.opening.keeps(place(depth));
    const met = parts
      .map((part) => ({ part, depth: meet(part, camera, right, up, kept) }))
      .filter(({ depth }) => depth !== null)
      .sort((a, b) => b.depth - a.depth);
    if (!met.length) return null;
    const hit = met.find(({ part }) => part.opacity >= 1) ?? met[0];
    const tell = ({ part, depth }) => ({ name: part.name, mm: place(depth) });
    return { ...tell(hit), behind: met.filter((one) => one !== hit).map(tell) };
  }

  // What a click means: a vessel within a few pixels, which is thin, if it is seen through the liver.
  pickNear(x, y) {
    const hit = this.pickAt(x, y), vessels = this.shown.filter(({ kind }) => kind === "vessel");
    if (!vessels.length || (hit && this.parts.get(hit.name).opacity >= 1)) return hit;
    for (const px of NEAR_PX) {
      for (let n = 0; n < 8; n++) {
        const near = this.pickAt(x + px * Math.cos((n * Math.PI) / 4), y + px * Math.sin((n * Math.PI) / 4), vessels);
        if (near) return near;
      }
    }
    return hit;
  }

  // ---- input ----

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const kind of ["pointerup", "pointercancel"])
      canvas.addEventListener(kind, (event) => this.release(event));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.camera.zoom(Math.exp(-event.deltaY / 500));
      this.moved();
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.host.dataset.painted = "false";
    });
    canvas.addEventListener("webglcontextrestored", () => this.restore());
    for (const [which, handle] of Object.entries(this.handles)) this.listenTo(which, handle);
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.host);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.redrawn = () => this.redraw();
    this.dark.addEventListener("change", this.redrawn);
  }

  listenTo(which, handle) {
    let from = null, off = [0, 0]; // of the tip from the pointer
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      from = [event.clientX, event.clientY];
      const at = this.placeOf(event), tip = this.camera.project(this.handled.tip);
      off = at.map((one, n) => tip[n] - one);
    });
    handle.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [x, y] = [event.clientX - from[0], event.clientY - from[1]];
      from = [event.clientX, event.clientY];
      if (which === "move") this.handled.slide(x, y, this.camera);
      else this.handled.tilt(...this.placeOf(event).map((one, n) => one + off[n]), this.camera);
      this.tellPlane(false);
    });
    for (const kind of ["pointerup", "pointercancel"])
      handle.addEventListener(kind, () => {
        if (from) this.tellPlane(true);
        from = null;
      });
    handle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      const [x, y] = step[event.key] ?? [0, 0];
      if (!x && !y) return;
      event.preventDefault();
      if (which === "move") this.handled.move((x + y) * (event.shiftKey ? COARSE_MM : FINE_MM));
      else {
        const [left, top] = this.camera.project(this.handled.tip);
        this.handled.tilt(left + x * TILT_PX, top - y * TILT_PX, this.camera);
      }
      this.tellPlane(true);
    });
  }

  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    const at = this.placeOf(event);
    this.pointers.set(event.pointerId, { at, from: at, moved: false });
  }

  drag(event) {
    const pointer = this.pointers.get(event.pointerId);
    if (!pointer) return;
    const at = this.placeOf(event);
    if (Math.hypot(at[0] - pointer.from[0], at[1] - pointer.from[1]) > CLICK_PX)
      pointer.moved = true;
    const [x, y] = [at[0] - pointer.at[0], at[1] - pointer.at[1]];
    const other = [...this.pointers.values()].find((one) => one !== pointer);
    if (other) {
      const apart = (one) => Math.max(1, Math.hypot(one[0] - other.at[0], one[1] - other.at[1]));
      other.moved = pointer.moved = true;
      const times = apart(at) / apart(pointer.at); // about the place between both
      const off = [0, 1].map((n) => (pointer.at[n] + other.at[n] - this.camera.size[n]) / 2);
      this.camera.zoom(times);
      this.camera.pan(off[0] * (1 - times) + x / 2, off[1] * (1 - times) + y / 2);
    } else if (event.shiftKey || event.buttons & 6) this.camera.pan(x, y);
    else if (pointer.moved) this.turned(() => this.camera.drag(x, y));
    pointer.at = at;
    if (pointer.moved) this.moved();
  }

  release(event) {
    const pointer = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (!pointer || pointer.moved || event.type === "pointercancel" || event.button !== 0) return;
    const hit = this.pickNear(...pointer.at);
    if (hit) this.dispatchEvent(new CustomEvent("pick", { detail: hit }));
  }

  turned(turn) {
    turn();
    this.name(null);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const turns = {
      ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN],
    };
    const named = Object.keys(VIEWS)[Number(event.key) - 1];
    if (event.key in turns) this.turned(() => this.camera.rotate(...turns[event.key]));
    else if (event.key === "+" || event.key === "=") this.camera.zoom(1.2);
    else if (event.key === "-") this.camera.zoom(1 / 1.2);
    else if (event.key === "0") this.fit();
    else if (named) this.look(named);
    else return;
    event.preventDefault();
    this.fitted &&= event.key === "0" || Boolean(named);
    this.redraw();
  }

  // ---- drawing ----

  resize() {
    const { width, height } = this.host.getBoundingClientRect(); // in fractions of a pixel, as pointers are
    const { camera } = this;
    const { zoom: before } = this;
    camera.size = [Math.max(1, width), Math.max(1, height)];
    if (this.fitted && this.parts.size) camera.fill(this.bounds.low, this.bounds.high);
    else camera.keep(before);
    this.laid = { zoom: this.fitted ? camera.zoomed : before, extent: camera.extent };
    this.draw(); // at once: a canvas that changed its size is blank
  }

  // Pixels of the canvas, as many as are drawn now.
  setPixels() {
    const sharp = Math.min(SHARPEST, window.devicePixelRatio || 1) * (this.rough ? ROUGH : 1);
    const [width, height] = this.camera.size.map((one) => Math.max(1, Math.round(one * sharp)));
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
  }

  restore() {
    this.painter.restore();
    for (const part of this.parts.values())
      part.surface = this.painter.add(part.positions, part.normals, part.indices);
    this.redraw();
  }

  // The camera was moved by hand.
  moved() {
    this.fitted = false;
    this.redraw();
  }

  // `data-painted` states whether the current view has been drawn.
  redraw() {
    this.host.dataset.painted = "false";
    this.waiting ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    if (this.waiting) cancelAnimationFrame(this.waiting);
    this.waiting = null;
    this.setPixels();
    this.paint([this.canvas.width, this.canvas.height]);
    this.letter();
    this.host.dataset.painted = String(!this.painter.gl.isContextLost());
    this.dispatchEvent(new CustomEvent("painted"));
  }

  paint(pixels) {
    const { camera, plane, opening } = this;
    const { low, high } = this.parts.size ? this.bounds : { low: [0, 0, 0], high: [0, 0, 0] };
    const far = Math.hypot(...[0, 1, 2].map((n) => high[n] - low[n]));
    const away = Math.hypot(...add(scaled(add(low, high), 0.5), camera.centre, -1));
    const nearest = (part) => [0, 1, 2].reduce((sum, n) =>
      sum + Math.max(part.low[n] * camera.near[n], part.high[n] * camera.near[n]), 0);
    const half = Math.max(plane?.half ?? 0, opening?.half ?? 0);
    const middle = scaled(add(low, high), 0.5);
    this.painter.draw({
      camera,
      pixels,
      background: readColour(getComputedStyle(this.host).backgroundColor),
      parts: this.shown.sort((a, b) => nearest(a) - nearest(b)).flatMap(sidesOf), // enclosing parts last
      plane: plane?.paints && {
        normal: scaled(plane.normal, plane.remains), offset: plane.remains * plane.offset,
        corners: plane.corners, colour: readColour(DRAFT_COLOUR),
      },
      opening: opening && {
        normal: opening.normal, offset: opening.offset, corners: opening.corners, colour: readColour(PLANE_COLOUR),
      },
      reach: far + away + half * 2 + 1,
      margin: this.margin,
      middle: dot(middle, camera.near),
      depth: Math.max(far, 1),
      ratio: pixels[0] / Math.max(camera.size[0], 1),
    });
  }

  // A PNG of the view with letters, names and scale, at a multiple of its size in CSS pixels.
  snapshot(times = 2) {
    return takePicture(this, times);
  }

  letter() {
    const { camera, sides } = this;
    const plane = this.handled;
    const ways = {
      left: scaled(camera.right, -1), right: camera.right, upper: camera.up,
      lower: scaled(camera.up, -1),
    };
    for (const [edge, way] of Object.entries(ways))
      sides[edge].textContent = this.placed ? nameDirection(way) : "";
    const scale = camera.pixelsPerMm;
    const bar = scaleBar(scale, camera.size[0]);
    this.bar.style.width = `${bar.px}px`;
    this.bar.textContent = bar.text;
    this.put(this.cross, this.marked);
    if (plane) plane.least = LEAST_ARM_PX / scale;
    this.put(this.handles.move, plane && plane.point, HANDLE_PX);
    this.put(this.handles.tilt, plane && plane.tip, HANDLE_PX);
    this.name3d();
  }

  // Put each name at its place, none over another: those that `must` be shown first, then the nearest.
  name3d() {
    const taken = [], [across, down] = this.apart;
    const placed = this.labels.map((one) => ({ ...one, at: this.camera.project(one.mm) }));
    const plane = this.handled;
    const rings = [[this.marked, 0], [plane?.point, BESIDE_PX], [plane?.tip, BESIDE_PX]]
      .filter(([mm]) => mm).map(([mm, more]) => [...this.camera.project(mm), more]);
    for (const { span, at: [x, over, near] } of placed.sort((a, b) => Boolean(b.must) - Boolean(a.must) || b.at[2] - a.at[2])) {
      const ring = rings.find(([left, top, , more]) => Math.abs(left - x) < across + more && Math.abs(top - over) < down + more);
      const y = ring ? ring[1] - down - ring[3] : over;
      const hidden = this.opening && !this.opening.keeps(placed.find((one) => one.span === span).mm);
      const crowded = taken.some(([a, b]) => Math.abs(a - x) < across && Math.abs(b - y) < down);
      span.hidden = Boolean(hidden || crowded);
      if (span.hidden) continue;
      taken.push([x, y]);
      span.classList.toggle("liver3d-behind", near < 0);
      span.style.transform = `translate(-50%, -50%) translate(${x}px, ${y}px)`;
    }
    const first = placed.filter(({ must }) => must), shown = first.filter(({ span }) => !span.hidden).length;
    this.dispatchEvent(new CustomEvent("named", { detail: { shown, of: first.length } }));
  }

  // `inset`: at least so many pixels from the edges of the view.
  put(shown, mm, inset = null) {
    shown.hidden = !mm;
    if (!mm) return;
    const at = this.camera.project(mm);
    const inside = (one, size) => Math.min(Math.max(one, inset), Math.max(size - inset, inset));
    const [x, y] = inset === null ? at : [0, 1].map((n) => inside(at[n], this.camera.size[n]));
    shown.style.transform = `translate(-50%, -50%) translate(${x}px, ${y}px)`;
  }

  // Remove everything, including listeners and graphics memory.
  close() {
    this.watch.disconnect();
    this.dark.removeEventListener("change", this.redrawn);
    if (this.waiting) cancelAnimationFrame(this.waiting);
    this.painter.gl.getExtension("WEBGL_lose_context")?.loseContext();
    this.host.classList.remove("liver3d");
    delete this.host.dataset.painted;
    this.host.replaceChildren();
  }
}
