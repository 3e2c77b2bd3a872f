// Camera: places in the patient (mm, RAS+) to pixels of the view and back.
// The projection is parallel, so that a millimetre has the same length everywhere.

export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const add = (a, b, times = 1) => [0, 1, 2].map((n) => a[n] + times * b[n]);
export const scaled = (a, times) => a.map((one) => one * times);
export const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0],
];
export const length = (a) => Math.sqrt(dot(a, a));

export function unit(a) {
  const long = length(a);
  if (!(long > 0)) throw new Error("a direction vector has zero length");
  return scaled(a, 1 / long);
}

// Axes of the screen for each named view: to the right and up. The third is towards the reader.
// From the front and from below the patient's right is on the reader's left, as in a CT; from the
// head it is on the right, the front up, as 3D Slicer shows it.
export const VIEWS = {
  front: { right: [-1, 0, 0], up: [0, 0, 1] },
  back: { right: [1, 0, 0], up: [0, 0, 1] },
  right: { right: [0, 1, 0], up: [0, 0, 1] },
  left: { right: [0, -1, 0], up: [0, 0, 1] },
  top: { right: [1, 0, 0], up: [0, 1, 0] },
  below: { right: [-1, 0, 0], up: [0, 1, 0] },
};

const LETTERS = ["RL", "AP", "HF"]; // as the cuts name them: head and foot
const OBLIQUE = 0.38; // sine of 22°: an axis less tilted than that to the edge is not named

// Label the patient side of a direction: "R", or "RA" between two.
export function nameDirection(direction) {
  const along = [0, 1, 2].map((n) => [Math.abs(direction[n]), LETTERS[n][direction[n] > 0 ? 0 : 1]]);
  along.sort((a, b) => b[0] - a[0]);
  return along.filter(([share]) => share > OBLIQUE).map(([, letter]) => letter).join("");
}

// Turn a vector about a unit axis, anticlockwise seen from its tip (Rodrigues).
export function turn(vector, axis, angle) {
  const c = Math.cos(angle), s = Math.sin(angle);
  const along = scaled(axis, dot(axis, vector) * (1 - c));
  return add(add(scaled(vector, c), cross(axis, vector), s), along);
}

const BARS_MM = [1, 2, 5, 10, 20, 50, 100, 200];
const BAR_PX = 130, BAR_SHARE = 0.25, MOST_SHARE = 0.3; // longest scale bar: this width, or this share of a wide or a narrow view

// The scale bar of a view `wide` pixels wide: {px, text}.
export function scaleBar(pixelsPerMm, wide) {
  const most = Math.min(Math.max(BAR_PX, BAR_SHARE * wide), MOST_SHARE * wide);
  const long = BARS_MM.filter((mm) => mm * pixelsPerMm <= most).pop() ?? BARS_MM[0];
  return { px: long * pixelsPerMm, text: long < 10 ? `${long} mm` : `${long / 10} cm` };
}

export class Camera {
  constructor() {
    this.centre = [0, 0, 0];
    this.extent = 200; // mm from the middle of the view to the nearer border
    this.size = [1, 1]; // CSS pixels
    this.look("front");
  }

  look(name) {
    if (!(name in VIEWS)) throw new Error(`no view ${name}: ${Object.keys(VIEWS).join(", ")}`);
    this.setAxes(VIEWS[name].right, VIEWS[name].up);
  }

  // Accept any two directions; `up` is made perpendicular to `right`.
  setAxes(right, up) {
    this.right = unit(right);
    this.up = unit(add(up, this.right, -dot(up, this.right)));
    this.near = cross(this.right, this.up);
  }

  // Fit a box, given by its corners in mm, in any rotation.
  fit(low, high) {
    this.centre = scaled(add(low, high), 0.5);
    this.extent = 1.05 * length(add(high, low, -1)) / 2;
  }

  // Fit a box as it is seen now, which leaves less room.
  fill(low, high) {
    this.centre = scaled(add(low, high), 0.5);
    const half = scaled(add(high, low, -1), 0.5);
    const seen = [this.right, this.up].map((way) => half.reduce((sum, mm, n) => sum + mm * Math.abs(way[n]), 0));
    const smaller = Math.min(...this.size);
    this.extent = 1.12 * Math.max(...seen.map((mm, n) => (mm * smaller) / this.size[n]));
  }

  // The zoom, with the size of the view for which it is meant.
  get zoomed() {
    return { extent: this.extent, size: this.size };
  }

  // Zoom so that all that such a view showed stays in view.
  keep({ extent, size: [wide, tall] }) {
    const larger = Math.min(this.size[0] / wide, this.size[1] / tall);
    this.extent = (extent * (Math.min(...this.size) / Math.min(wide, tall))) / larger;
  }

  get pixelsPerMm() {
    return Math.min(...this.size) / 2 / this.extent;
  }

  // Turn by a drag in pixels: half the view is a quarter of a turn.
  drag(x, y) {
    const turnOf = (pixels) => (pixels / Math.min(...this.size)) * Math.PI;
    this.rotate(turnOf(x), turnOf(y));
  }

  // Rotate the scene to the right and downwards, by radians.
  rotate(toRight, down) {
    const right = turn(this.right, this.up, -toRight);
    const near = turn(this.near, this.up, -toRight);
    const axis = unit(right);
    this.setAxes(axis, turn(cross(near, right), axis, -down));
  }

  pan(x, y) {
    const mm = 1 / this.pixelsPerMm;
    this.centre = add(add(this.centre, this.right, -x * mm), this.up, y * mm);
  }

  zoom(times) {
    this.extent = Math.min(2000, Math.max(2, this.extent / times));
  }

  // Place in the patient to CSS pixels from the upper left, and mm towards the reader.
  project(mm) {
    const from = add(mm, this.centre, -1);
    const scale = this.pixelsPerMm;
    return [
      this.size[0] / 2 + dot(from, this.right) * scale,
      this.size[1] / 2 - dot(from, this.up) * scale,
      dot(from, this.near),
    ];
  }

  // The place under a pixel, on the plane through the middle that faces the reader.
  unproject(x, y) {
    const mm = 1 / this.pixelsPerMm;
    const across = add(this.centre, this.right, (x - this.size[0] / 2) * mm);
    return add(across, this.up, (this.size[1] / 2 - y) * mm);
  }

  // A matrix for WebGL, by columns; `reach` mm before and behind the middle are drawn.
  matrix(reach) {
    const [wide, tall] = this.size.map((pixels) => pixels / 2 / this.pixelsPerMm);
    const rows = [
      scaled(this.right, 1 / wide), scaled(this.up, 1 / tall), scaled(this.near, -1 / reach),
    ];
    const away = rows.map((row) => -dot(row, this.centre));
    return new Float32Array([
      rows[0][0], rows[1][0], rows[2][0], 0,
      rows[0][1], rows[1][1], rows[2][1], 0,
      rows[0][2], rows[1][2], rows[2][2], 0,
      away[0], away[1], away[2], 1,
    ]);
  }
}
