// The draft in the sections: the dashed outline of the remnant, and two handles of its plane.
import { cross, dot, unit } from "/camera3d.js";
import { asRoman } from "/figures.js";
import { Outlines } from "/outlines.js";
import { LOSSES } from "/view2d.js";

export const COLOUR = "#ffe14d"; // of a draft
const DASHES = [7, 5], ARM = 70, SHARE_ARM = 0.3, NEAR = 18, NEAR_FINGER = 28; // px
const HANDLE = 12, HANDLE_FINGER = 18; // px, half a handle: for a mouse, and for a finger
const coarse = matchMedia("(pointer: coarse)");
const half = () => (coarse.matches ? HANDLE_FINGER : HANDLE);
const SMALL = 160; // px, height of a section that large handles would cover; a finger reaches as far
const drawn = (view, ratio) => (view.canvas.height < SMALL * ratio ? HANDLE : half());
const EDGE = 4; // px, of a handle from the edge of its section
const LEAST = 0.15; // in-section part of a normal: below it the section is parallel to the plane

const less = (a, b) => a.map((one, n) => one - b[n]);
const plus = (a, b, times = 1) => a.map((one, n) => one + times * b[n]);

export class PlaneInCuts {
  // `owner.wish` is the draft that is drawn; `owner.drag` gets one while it is dragged, `owner.dropped` ends it
  constructor(cuts, owner) {
    Object.assign(this, { cuts, owner, held: null, outlines: new Outlines(cuts) });
    cuts.overlay = this;
  }

  attach() {
    this.held = null; // the section in which a drag began is gone
    for (const view of this.cuts.views) {
      const { canvas } = view;
      canvas.addEventListener("pointerdown", (event) => this.down(view, event), { capture: true });
      canvas.addEventListener("pointermove", (event) => this.moved(view, event), { capture: true });
      for (const end of ["pointerup", "pointercancel"]) {
        canvas.addEventListener(end, (event) => this.up(event), { capture: true });
      }
    }
  }

  // Whether the views show this draft.
  get inFront() {
    return this.cuts.front === "draft";
  }

  mmOf(view, to, x, y) {
    return view.mmOf(x, y, to);
  }

  // What remains of a draft in a section, as a path, or a half of the canvas to `clip` the liver by;
  // with what of it loses a vessel. Null without a draft.
  sides(view, to) {
    const { wish } = this.owner;
    if (!wish || !view.held || !this.inFront) return null;
    const shapes = this.shapesOf(view);
    const lost = LOSSES.map((name) => [name, shapes?.[name]]);
    if (wish.segments) return { path: this.onto(view, to, wish.segments), lost };
    if (wish.normal) return { path: this.sideOf(view, to, wish), clip: true, lost };
    if (shapes) return { path: shapes.kept ? view.onto(shapes.kept, to) : null, lost };
    const { segments, plane, surface, wedges } = this.owner.parts; // while it is dragged or counted
    if (!plane || surface) return { path: null, lost, pending: true };
    const of = segments && this.onto(view, to, segments); // without its wedges, and marked as such
    return { path: this.sideOf(view, to, plane), clip: true, of, lost, pending: Boolean(wedges) };
  }

  // Segments in a section, as a path.
  onto(view, to, segments) {
    const roman = segments.map(asRoman), path = new Path2D();
    for (const [name, shape] of view.held.groups.segments) if (roman.includes(name)) path.addPath(view.onto(shape, to));
    return path;
  }

  // The half of the canvas on the side of a plane that remains; null if none does.
  sideOf(view, to, plane) {
    const spot = this.handles(view, to, view.ratio, plane);
    const keeps = plane.keeps === "front" ? 1 : -1;
    if (spot) return side(spot, keeps);
    return this.trace(view, to, plane).flat * keeps < 0 ? null : everything();
  }

  // Outlines of other drafts than planes and segments, and of what loses a vessel. They are
  // requested once the draft is answered.
  shapesOf(view) {
    const { draft } = this.owner;
    if (!draft.told || !draft.settled || draft.from || (!draft.supply && (draft.wish.normal || draft.wish.segments))) return null;
    return this.outlines.find(view, "draft-outlines", draft.wish, Boolean(draft.supply));
  }

  // Boxes that names leave free: the handles.
  taken(view, to, ratio) {
    const { plane } = this.owner;
    const spot = plane && view.held && this.inFront && this.handles(view, to, view.ratio, plane);
    if (!spot?.seen) return [];
    return [spot.middle, spot.tip].map(([x, y]) => ({ x, y, half: 1.2 * drawn(view, ratio) * ratio, tall: 2.4 * drawn(view, ratio) * ratio }));
  }

  // Whether a click in a section is taken as a point of a curved surface.
  takes(view, event) {
    return Boolean(this.owner.point?.(view.mmOf(...view.spotOf(event))));
  }

  // the plane on a layer: height above it as a function of the canvas' place
  trace(view, to, wish) {
    const height = (x, y) => dot(wish.normal, less(this.mmOf(view, to, x, y), wish.point_mm));
    const zero = height(0, 0);
    const [a, b] = [(height(100, 0) - zero) / 100, (height(0, 100) - zero) / 100]; // mm for each px
    const mm = Math.hypot(...less(this.mmOf(view, to, 100, 0), this.mmOf(view, to, 0, 0))) / 100;
    if (Math.hypot(a, b) < LEAST * mm) return { flat: height(view.canvas.width / 2, view.canvas.height / 2) };
    return { a, b, zero };
  }

  handles(view, to, ratio, wish) {
    const line = this.trace(view, to, wish);
    if (line.flat !== undefined) return null;
    const { a, b, zero } = line;
    // position of the plane's point over the section, and along the line from there
    const [left, top] = view.canvasOf(to, wish.point_mm);
    const off = (zero + a * left + b * top) / (a * a + b * b);
    const begin = [left - a * off, top - b * off];
    const along = [-b / Math.hypot(a, b), a / Math.hypot(a, b)];
    const [wide, tall] = [view.canvas.width / ratio, view.canvas.height / ratio];
    const arm = Math.min(ARM, Math.max(3 * half(), Math.min(wide, tall) * SHARE_ARM)) * ratio;
    const turning = this.held?.view === view && this.held.kind === "turn" ? this.held.way : 0;
    const range = within(begin, along, view.canvas, (half() + EDGE) * ratio);
    const { at, way } = layHandles(range, arm, turning);
    const place = (far) => [begin[0] + far * along[0], begin[1] + far * along[1]];
    return { middle: place(at), tip: place(at + way * arm), along, line, way, seen: Boolean(range) };
  }

  draw(view, ink, to, ratio) {
    const wish = this.owner.wish ?? (this.owner.points?.length ? { points: this.owner.points } : null);
    delete view.canvas.dataset.handles;
    if (!wish || !view.held || !this.inFront) return;
    ink.save();
    ink.setLineDash(DASHES.map((one) => one * ratio));
    if (wish.normal) this.drawPlane(view, ink, to, ratio, wish);
    else {
      const drawn = this.owner.wish && this.sides(view, to);
      if (drawn?.clip) this.drawPlane(view, ink, to, ratio, this.owner.plane, drawn.of);
      else if (drawn?.path) this.stroke(ink, drawn.path, ratio);
      if (this.owner.plane && !drawn?.clip) this.drawHandles(view, ink, to, ratio, this.owner.plane);
      this.drawPoints(view, ink, to, ratio, wish);
    }
    ink.restore();
  }

  // Points of a curved surface: filled in this slice, hollow beyond.
  drawPoints(view, ink, to, ratio, wish) {
    const across = view.told.axes[2];
    ink.setLineDash([]);
    for (const mm of wish.cuts?.surfaces?.[0]?.points_mm ?? this.owner.points ?? []) {
      const [x, y] = view.canvasOf(to, mm);
      const here = Math.round(this.cuts.indexAt(mm)[across]) === view.held.layer;
      const dot = new Path2D();
      dot.arc(x, y, (here ? 5 : 3.5) * ratio, 0, 2 * Math.PI);
      ink.globalAlpha = here ? 1 : 0.55;
      this.stroke(ink, dot, ratio / 1.6);
      if (here) {
        ink.fillStyle = COLOUR;
        ink.fill(dot);
      }
    }
    ink.globalAlpha = 1;
  }

  // outline of the remnant, and the plane within the liver; `of`: of these segments
  drawPlane(view, ink, to, ratio, wish, of) {
    const liver = view.part("liver");
    const spot = this.handles(view, to, ratio, wish);
    const keeps = wish.keeps === "front" ? 1 : -1;
    if (liver) {
      const onto = view.onto(liver, to);
      ink.save();
      if (spot) ink.clip(side(spot, keeps));
      else if (this.trace(view, to, wish).flat * keeps < 0) ink.clip(new Path2D());
      this.stroke(ink, of ?? onto, ratio);
      ink.restore();
      if (spot) {
        ink.save();
        ink.clip(onto, "evenodd");
        this.stroke(ink, lineThrough(spot), ratio);
        ink.restore();
      }
    }
    this.drawHandles(view, ink, to, ratio, wish);
  }

  drawHandles(view, ink, to, ratio, plane) {
    const spot = this.handles(view, to, ratio, plane);
    if (!spot?.seen) return;
    const out = (place) => place.map((one) => one / ratio); // in CSS pixels, for tests
    const size = drawn(view, ratio) * ratio;
    view.canvas.dataset.handles = JSON.stringify({ middle: out(spot.middle), tip: out(spot.tip) });
    view.canvas.dataset.handle = String(2 * drawn(view, ratio));
    ink.setLineDash([]);
    this.stroke(ink, arm(spot), ratio / 2);
    for (const [x, y, round] of [[...spot.middle, true], [...spot.tip, false]]) {
      const path = new Path2D();
      if (round) path.arc(x, y, size, 0, 2 * Math.PI);
      else path.rect(x - size, y - size, 2 * size, 2 * size);
      ink.fillStyle = "#000";
      ink.globalAlpha = 0.4; // what is under it is seen
      ink.fill(path);
      ink.globalAlpha = 0.9;
      this.stroke(ink, path, ratio);
    }
    ink.globalAlpha = 1;
  }

  stroke(ink, path, ratio) {
    const dashes = ink.getLineDash();
    ink.setLineDash([]);
    Object.assign(ink, { strokeStyle: "#000", lineWidth: 4.5 * ratio });
    ink.stroke(path);
    ink.setLineDash(dashes);
    Object.assign(ink, { strokeStyle: COLOUR, lineWidth: 2.2 * ratio });
    ink.stroke(path);
  }

  placeOf(view, event) {
    const box = view.canvas.getBoundingClientRect();
    const ratio = view.canvas.width / box.width;
    return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio, ratio];
  }

  down(view, event) {
    const wish = this.owner.plane;
    if (!wish || !view.held || !this.inFront) return;
    const [x, y, ratio] = this.placeOf(view, event);
    const spot = this.handles(view, view.scale(), ratio, wish);
    if (!spot?.seen) return;
    const reach = event.pointerType === "touch" ? NEAR_FINGER : NEAR;
    const near = ([left, top]) => Math.hypot(left - x, top - y) <= reach * ratio;
    const kind = near(spot.tip) ? "turn" : near(spot.middle) ? "move" : null;
    if (!kind) return;
    event.stopImmediatePropagation();
    view.canvas.setPointerCapture(event.pointerId);
    this.held = { kind, view, wish, by: event.pointerId, way: spot.way, pivot: this.mmOf(view, view.scale(), ...spot.middle) };
  }

  moved(view, event) {
    if (this.held?.view !== view || this.held.by !== event.pointerId) return;
    event.stopImmediatePropagation();
    const [x, y] = this.placeOf(view, event);
    const at = this.mmOf(view, view.scale(), x, y);
    const { kind, wish, pivot } = this.held;
    if (kind === "move") {
      const by = dot(wish.normal, less(at, wish.point_mm));
      this.owner.drag({ ...wish, point_mm: plus(wish.point_mm, wish.normal, by) });
      return;
    }
    const towards = less(at, pivot);
    if (Math.hypot(...towards) < 1) return;
    this.owner.drag({ ...wish, point_mm: pivot, normal: this.turned(view, wish.normal, towards) });
  }

  // the normal turned about the view's own axis until the plane runs through a place
  turned(view, normal, towards) {
    const [level, upright] = view.told.axes;
    const column = (axis) => this.cuts.scan.matrix.map((row) => row[axis]);
    const axis = unit(cross(column(level), column(upright)));
    const across = dot(normal, axis);
    const flat = plus(normal, axis, -across);
    const along = unit(cross(axis, towards));
    const sign = dot(along, flat) < 0 ? -1 : 1;
    return unit(plus(axis.map((one) => one * across), along, sign * Math.hypot(...flat)));
  }

  up(event) {
    if (this.held?.by !== event.pointerId) return;
    event.stopImmediatePropagation();
    this.held = null;
    this.owner.dropped();
  }
}

// From where to where a line stays within a canvas, an inset from its edges; null if it does not enter.
function within(begin, along, { width, height }, inset) {
  let [low, high] = [-Infinity, Infinity];
  for (const [n, size] of [width, height].entries()) {
    const [near, far] = [inset, size - inset].map((edge) => edge - begin[n]);
    if (Math.abs(along[n]) < 1e-9) {
      if (near > 0 || far < 0) return null;
      continue;
    }
    const ends = [near / along[n], far / along[n]].sort((one, other) => one - other);
    [low, high] = [Math.max(low, ends[0]), Math.min(high, ends[1])];
  }
  return low <= high ? [low, high] : null;
}

// Where the disc is on the line, and on which side of it the square, so that both are seen; `turning`:
// the side of a square that is being dragged.
function layHandles(range, arm, turning) {
  if (!range) return { at: 0, way: turning || 1 };
  const [low, high] = range;
  const at = Math.min(Math.max(0, low), high);
  if (turning) return { at, way: turning };
  if (at + arm <= high) return { at, way: 1 };
  if (at - arm >= low) return { at, way: -1 };
  return { at: Math.max(low, high - arm), way: 1 };
}

function everything() {
  const path = new Path2D();
  path.rect(-9999, -9999, 99999, 99999);
  return path;
}

function lineThrough({ middle, along }) {
  const path = new Path2D();
  path.moveTo(middle[0] - 9999 * along[0], middle[1] - 9999 * along[1]);
  path.lineTo(middle[0] + 9999 * along[0], middle[1] + 9999 * along[1]);
  return path;
}

function arm({ middle, tip }) {
  const path = new Path2D();
  path.moveTo(...middle);
  path.lineTo(...tip);
  return path;
}

// the half of the canvas in front of the plane, or behind it
function side({ middle, along, line }, keeps) {
  const size = keeps / Math.hypot(line.a, line.b);
  const [x, y] = [line.a * size, line.b * size];
  const path = new Path2D();
  const ends = [[-1, 0], [1, 0], [1, 1], [-1, 1]];
  ends.forEach(([far, up], n) => {
    const at = [middle[0] + 9999 * (far * along[0] + up * x), middle[1] + 9999 * (far * along[1] + up * y)];
    if (n) path.lineTo(...at);
    else path.moveTo(...at);
  });
  path.closePath();
  return path;
}
