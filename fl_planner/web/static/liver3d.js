// 3D view of the liver: surfaces that can be rotated, picked, shown, hidden and cut.
//
//   const view = new Liver3D(host, { placed: true });
//   await view.load([{ name, label, url, colour: "#9e3600", opacity: 1 }]);
//   view.addEventListener("pick", ({ detail }) => detail.name, detail.mm);
//
// Places are mm in the patient, RAS+. Events: "pick" {name, mm, behind}, "plane" {point, normal,
// ended}, "look" {name}. Requires liver3d.css and WebGL 2, and no other computer.

import { add, Camera, dot, nameDirection, scaled, VIEWS } from "./camera3d.js";
import { boundsOf, meet, normalsOf, readMesh } from "./mesh3d.js";
import { Painter } from "./paint3d.js";
import { Plane } from "./plane3d.js";

export { VIEWS };

const FROM = {
  front: "from the front", back: "from the back", right: "from the patient's right",
  left: "from the patient's left", top: "from the head", below: "from below, as on axial CT",
};
const CLICK_PX = 4; // smaller movements count as a click
const TURN = Math.PI / 36; // of an arrow key
const FINE_MM = 1, COARSE_MM = 10; // steps of the plane by keys
const TILT_PX = 8; // of its tip by an arrow key
const BARS_MM = [1, 2, 5, 10, 20, 50, 100, 200];
const MOST_BAR_PX = 130;
const SHARPEST = 2; // device pixels per CSS pixel, at most
const PULL_MM = 1.5; // offset of a segment's surface towards the viewer, above that of the liver
const PLANE_COLOUR = "#0072b2";

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

export class Liver3D extends EventTarget {
  constructor(host, { placed = true, label = "Liver in 3D" } = {}) {
    super();
    this.host = host;
    this.placed = placed; // whether orientation is known: otherwise no letters are shown
    this.label = label;
    this.camera = new Camera();
    this.parts = new Map();
    this.plane = null;
    this.marked = null;
    this.pointers = new Map();
    host.classList.add("liver3d");
    this.canvas = make(host, "canvas", "liver3d-canvas", { tabindex: "0", role: "application" });
    this.painter = this.begin();
    this.sides = Object.fromEntries(["left", "right", "upper", "lower"].map((edge) =>
      [edge, make(host, "span", `liver3d-side liver3d-${edge}`, { "aria-hidden": "true" })]));
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
  add({ name, label = name, kind, colour, opacity = 1, visible = true, buffer, ...mesh }) {
    const { positions, indices } = buffer ? readMesh(buffer) : mesh;
    const part = { name, label, opacity, visible, positions, indices, ...boundsOf(positions) };
    part.pull = kind === "segment" ? PULL_MM : 0;
    part.colour = readColour(colour);
    part.normals = normalsOf(positions, indices);
    part.surface = this.painter.add(positions, part.normals, indices);
    if (this.parts.has(name)) this.painter.remove(this.parts.get(name).surface);
    this.parts.set(name, part);
    this.redraw();
  }

  // Change `visible`, `opacity` (0 to 1) or `colour` of one part.
  set(name, { visible, opacity, colour }) {
    const part = this.parts.get(name);
    if (!part) throw new Error(`unknown part: ${name}`);
    if (visible !== undefined) part.visible = visible;
    if (opacity !== undefined) part.opacity = Math.min(1, Math.max(0, opacity));
    if (colour !== undefined) part.colour = readColour(colour);
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
    if (this.parts.size) this.camera.fit(this.bounds.low, this.bounds.high);
    this.redraw();
  }

  look(name) {
    this.camera.look(name);
    this.name(name);
    this.fit();
    this.dispatchEvent(new CustomEvent("look", { detail: { name } }));
  }

  name(view) {
    const seen = this.placed && view ? `, ${FROM[view]}` : "";
    const keys = "Arrow keys rotate, plus and minus zoom, 1 to 6 select the named views, 0 shows all";
    this.canvas.setAttribute("aria-label", `${this.label}${seen}. ${keys}`);
  }

  // Centre and mark a place; null removes the mark.
  goTo(mm) {
    if (mm) this.camera.centre = [...mm];
    this.mark(mm);
    this.redraw();
  }

  mark(mm) {
    this.marked = mm && [...mm];
    this.put(this.cross, this.marked);
  }

  // ---- the plane ----

  // {point, normal, clip}: with `clip`, the side of the normal is hidden; null: no plane.
  setPlane(plane) {
    const { low, high } = this.parts.size ? this.bounds : { low: [0, 0, 0], high: [1, 1, 1] };
    const half = 0.5 * Math.max(...[0, 1, 2].map((n) => high[n] - low[n]));
    this.plane = plane && new Plane(plane, half);
    this.redraw();
  }

  tellPlane(ended) {
    const { point, normal } = this.plane;
    this.redraw();
    this.dispatchEvent(new CustomEvent("plane", { detail: { point, normal, ended } }));
  }

  // ---- picking ----

  // The part under a pixel: the nearest opaque one, else the nearest of all.
  pickAt(x, y) {
    const { camera } = this;
    const at = camera.unproject(x, y);
    const right = dot(at, camera.right), up = dot(at, camera.up);
    const flat = add(scaled(camera.right, right), camera.up, up);
    const place = (depth) => add(flat, camera.near, depth);
    const kept = (depth) => !this.plane || this.plane.keeps(place(depth));
    const met = this.shown
      .map((part) => ({ part, depth: meet(part, camera, right, up, kept) }))
      .filter(({ depth }) => depth !== null)
      .sort((a, b) => b.depth - a.depth);
    if (!met.length) return null;
    const hit = met.find(({ part }) => part.opacity >= 1) ?? met[0];
    const tell = ({ part, depth }) => ({ name: part.name, mm: place(depth) });
    return { ...tell(hit), behind: met.filter((one) => one !== hit).map(tell) };
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
      this.redraw();
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
    let from = null;
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      from = [event.clientX, event.clientY];
    });
    handle.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [x, y] = [event.clientX - from[0], event.clientY - from[1]];
      from = [event.clientX, event.clientY];
      if (which === "move") this.plane.slide(x, y, this.camera);
      else this.plane.tilt(...this.placeOf(event), this.camera);
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
      if (which === "move") this.plane.move((x + y) * (event.shiftKey ? COARSE_MM : FINE_MM));
      else {
        const [left, top] = this.camera.project(this.plane.tip);
        this.plane.tilt(left + x * TILT_PX, top - y * TILT_PX, this.camera);
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
    this.redraw();
  }

  release(event) {
    const pointer = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (!pointer || pointer.moved || event.type === "pointercancel" || event.button !== 0) return;
    const hit = this.pickAt(...pointer.at);
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
    this.redraw();
  }

  // ---- drawing ----

  resize() {
    const { clientWidth, clientHeight } = this.host;
    const sharp = Math.min(SHARPEST, window.devicePixelRatio || 1);
    this.camera.size = [Math.max(1, clientWidth), Math.max(1, clientHeight)];
    this.canvas.width = Math.max(1, Math.round(clientWidth * sharp));
    this.canvas.height = Math.max(1, Math.round(clientHeight * sharp));
    this.draw(); // at once: a canvas that changed its size is blank
  }

  restore() {
    this.painter.restore();
    for (const part of this.parts.values())
      part.surface = this.painter.add(part.positions, part.normals, part.indices);
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
    const { camera, plane } = this;
    const { low, high } = this.parts.size ? this.bounds : { low: [0, 0, 0], high: [0, 0, 0] };
    const far = Math.hypot(...[0, 1, 2].map((n) => high[n] - low[n]));
    const away = Math.hypot(...add(scaled(add(low, high), 0.5), camera.centre, -1));
    const nearest = (part) => [0, 1, 2].reduce((sum, n) =>
      sum + Math.max(part.low[n] * camera.near[n], part.high[n] * camera.near[n]), 0);
    this.painter.draw({
      camera,
      pixels: [this.canvas.width, this.canvas.height],
      background: readColour(getComputedStyle(this.host).backgroundColor),
      parts: this.shown.sort((a, b) => nearest(a) - nearest(b)), // enclosing parts last
      plane: plane && {
        normal: plane.normal, offset: plane.offset, clip: plane.clip, corners: plane.corners,
        colour: readColour(PLANE_COLOUR),
      },
      reach: far + away + (plane ? plane.half * 2 : 0) + 1,
    });
    this.letter();
    this.host.dataset.painted = String(!this.painter.gl.isContextLost());
  }

  letter() {
    const { camera, sides, plane } = this;
    const ways = {
      left: scaled(camera.right, -1), right: camera.right, upper: camera.up,
      lower: scaled(camera.up, -1),
    };
    for (const [edge, way] of Object.entries(ways))
      sides[edge].textContent = this.placed ? nameDirection(way) : "";
    const scale = camera.pixelsPerMm;
    const long = BARS_MM.filter((mm) => mm * scale <= MOST_BAR_PX).pop() ?? BARS_MM[0];
    this.bar.style.width = `${long * scale}px`;
    this.bar.textContent = long < 10 ? `${long} mm` : `${long / 10} cm`;
    this.put(this.cross, this.marked);
    this.put(this.handles.move, plane && plane.point);
    this.put(this.handles.tilt, plane && plane.tip);
  }

  put(shown, mm) {
    shown.hidden = !mm;
    if (!mm) return;
    const [x, y] = this.camera.project(mm);
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
