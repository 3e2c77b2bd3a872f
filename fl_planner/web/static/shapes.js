// Outlines of voxels as paths: exact, smoothed for display, and the places within where a name fits.

const CALM = 0.5, SWELL = -0.53; // steps of a smoothing that keeps areas (Taubin 1995)
const ROUNDS = 5;
const UNEVEN = 1.3; // times that one edge of a voxel is longer: above it outlines are interpolated between slices
const FINER = 2; // points of an interpolated outline for each slice that it crosses
const TRIES = 13; // places along the longer edge of a part's box that are tried for its name

// `loops` are closed outlines, alternating x and y of corners in pixels; `spacing` is mm per pixel.
export function shapeOf(loops, spacing) {
  const exact = new Path2D(), smooth = new Path2D(), rings = [];
  for (const loop of loops) {
    trace(exact, loop);
    const ring = calm(between(loop, spacing) ?? middles(loop));
    trace(smooth, ring);
    rings.push(ring);
  }
  return { exact, smooth, rings, spacing, spots: null };
}

function trace(path, loop) {
  for (let n = 0; n < loop.length; n += 2) {
    if (n) path.lineTo(loop[n], loop[n + 1]);
    else path.moveTo(loop[n], loop[n + 1]);
  }
  path.closePath();
}

// The middles of all unit edges of an outline along voxels.
function middles(loop) {
  const made = [];
  for (let n = 0; n < loop.length; n += 2) {
    const [x, y] = [loop[n], loop[n + 1]];
    const [a, b] = [loop[(n + 2) % loop.length], loop[(n + 3) % loop.length]];
    const steps = Math.abs(a - x) + Math.abs(b - y);
    const [right, down] = [Math.sign(a - x), Math.sign(b - y)];
    for (let step = 0; step < steps; step++) made.push(x + (step + 0.5) * right, y + (step + 0.5) * down);
  }
  return made;
}

// An outline of voxels that are much longer along one axis, as thick slices are, interpolated between
// the slices: straight from the end of a run of voxels to that of the next slice, at the middles of
// the slices. Where a part ends, its last run stays. Null for other voxels.
function between(loop, [wide, tall]) {
  if (Math.max(wide / tall, tall / wide) < UNEVEN) return null;
  const along = tall > wide ? 1 : 0; // axis across the slices
  const corners = [], kept = [];
  for (let n = 0; n < loop.length; n += 2) corners.push([loop[n], loop[n + 1]]);
  const count = corners.length;
  const step = (n) => corners[(n + 1) % count][along] - corners[n % count][along]; // of an edge; 0: within a slice
  for (let n = 0; n < count; n++) {
    const [from, to] = [corners[n], corners[(n + 1) % count]];
    if (step(n)) { // the middle of each slice that the edge crosses
      for (let at = 0; at < Math.abs(step(n)); at++) {
        const point = [...from];
        point[along] += Math.sign(step(n)) * (at + 0.5);
        kept.push(point);
      }
    } else if (step(n + count - 1) * step(n + 1) < 0) kept.push(...[0.25, 0.5, 0.75].map((share) => from.map((one, axis) => one + share * (to[axis] - one))));
  }
  return spread(kept, [wide, tall], Math.max(wide, tall) / FINER);
}

// Points at about equal distances along a closed line, in mm, as alternating x and y.
function spread(points, [wide, tall], mm) {
  const made = [];
  for (const [n, [x, y]] of points.entries()) {
    const [a, b] = points[(n + 1) % points.length];
    const pieces = Math.max(Math.round(Math.hypot((a - x) * wide, (b - y) * tall) / mm), 1);
    for (let piece = 0; piece < pieces; piece++) made.push(x + ((a - x) * piece) / pieces, y + ((b - y) * piece) / pieces);
  }
  return made;
}

// Smooth a ring without shrinking it.
function calm(ring) {
  if (ring.length < 12) return ring;
  let from = Float64Array.from(ring), to = new Float64Array(ring.length);
  const size = ring.length;
  for (let round = 0; round < 2 * ROUNDS; round++) {
    const by = round % 2 ? SWELL : CALM;
    for (let n = 0; n < size; n++) {
      const mean = (from[(n + size - 2) % size] + from[(n + 2) % size]) / 2;
      to[n] = from[n] + by * (mean - from[n]);
    }
    [from, to] = [to, from];
  }
  return from;
}

function holds(rings, x, y) {
  let inside = false;
  for (const ring of rings) {
    let [a, b] = [ring[ring.length - 2], ring[ring.length - 1]];
    for (let n = 0; n < ring.length; n += 2) {
      const [c, d] = [ring[n], ring[n + 1]];
      if ((b > y) !== (d > y) && x < a + ((y - b) * (c - a)) / (d - b)) inside = !inside;
      [a, b] = [c, d];
    }
  }
  return inside;
}

// Whether a place is in a shape or near it, within pixels along both axes.
function isNear(rings, { x, y }, wide, tall) {
  if (holds(rings, x, y)) return true;
  return rings.some((ring) => {
    for (let n = 0; n < ring.length; n += 2) if (Math.hypot((ring[n] - x) / wide, (ring[n + 1] - y) / tall) < 1) return true;
    return false;
  });
}

// Places within a shape, the roomiest first: {x, y, mm}, pixels and mm to its outline.
export function spotsOf(shape) {
  if (shape.spots) return shape.spots;
  const { rings, spacing: [wide, tall] } = shape;
  let [left, top, right, low] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) for (let n = 0; n < ring.length; n += 2) {
    [left, right] = [Math.min(left, ring[n]), Math.max(right, ring[n])];
    [top, low] = [Math.min(top, ring[n + 1]), Math.max(low, ring[n + 1])];
  }
  const step = Math.max(((right - left) * wide) / TRIES, ((low - top) * tall) / TRIES, 1e-3);
  const found = [];
  for (let y = top + step / tall / 2; y < low; y += step / tall) {
    for (let x = left + step / wide / 2; x < right; x += step / wide) {
      if (!holds(rings, x, y)) continue;
      let near = Infinity;
      for (const ring of rings) for (let n = 0; n < ring.length; n += 2) {
        near = Math.min(near, ((ring[n] - x) * wide) ** 2 + ((ring[n + 1] - y) * tall) ** 2);
      }
      found.push({ x, y, mm: Math.sqrt(near) });
    }
  }
  shape.spots = found.sort((a, b) => b.mm - a.mm);
  return shape.spots;
}

// Choose where names stand: [{text, shape, avoid, must}] in order of importance. A name stays within
// its part and covers no other; one that `must` be shown stands next to it, with a line, where it does
// not fit. `to` is the scale of the canvas, `measure` the width of a text, `tall` its height in px.
export function placeNames(wanted, to, measure, tall, taken = []) {
  const placed = [];
  const free = (box) => !taken.some((one) =>
    Math.abs(one.x - box.x) < one.half + box.half && Math.abs(one.y - box.y) < (one.tall + box.tall) / 2);
  for (const { shape, avoid = [], must = false, ...more } of wanted) {
    const half = measure(more.text) / 2 + 2;
    const pixels = (spot) => (spot.mm * to.x) / shape.spacing[0];
    const spots = spotsOf(shape);
    const fits = spots.find((spot) => {
      const box = { x: to.left + spot.x * to.x, y: to.top + spot.y * to.y, half, tall };
      const room = Math.hypot(half, tall / 2) * 0.8;
      return pixels(spot) >= room && free(box) && !avoid.some((one) => isNear(one.rings, spot, room / to.x, room / to.y));
    });
    let at = fits && { x: to.left + fits.x * to.x, y: to.top + fits.y * to.y };
    let from = null;
    if (!at && must && spots.length) {
      from = { x: to.left + spots[0].x * to.x, y: to.top + spots[0].y * to.y };
      at = around(from, pixels(spots[0]) + half + tall).find(({ x, y }) => free({ x, y, half, tall }));
    }
    if (!at) continue;
    taken.push({ ...at, half, tall });
    placed.push({ ...more, ...at, from });
  }
  return placed;
}

function around({ x, y }, far) {
  return [0, 1, 2, 3, 4, 5, 6, 7].map((n) => ({ x: x + far * Math.cos((n * Math.PI) / 4 - 0.6), y: y + far * Math.sin((n * Math.PI) / 4 - 0.6) }));
}

// Parallel lines as a fill.
export function hatch(ink, colour, way, ratio) {
  const size = Math.round(8 * ratio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const lines = tile.getContext("2d");
  lines.strokeStyle = colour;
  lines.lineWidth = 1.6 * ratio;
  lines.beginPath();
  for (const shift of [-size, 0, size]) {
    lines.moveTo(shift, way > 0 ? size : 0);
    lines.lineTo(shift + size, way > 0 ? 0 : size);
  }
  lines.stroke();
  return ink.createPattern(tile, "repeat");
}
