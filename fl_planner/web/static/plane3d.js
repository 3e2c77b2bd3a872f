// The plane of a cut and its two handles: the middle moves it along its normal, the tip tilts it.

import { add, cross, dot, length, scaled, unit } from "./camera3d.js";

const STEEP = 0.25; // of a normal's length on the screen: seen steeper, a drag upwards moves it
const ARM = 0.35; // of the sheet's half edge: from the middle to the tip

export class Plane {
  // With `clip`, the side of the normal is hidden; `remains` is 1 if it stays in a
  // draft, else -1. With `paints`, the plane alone is the cut, and surfaces are painted by it.
  constructor({ point, normal, clip = false, remains = 1, paints = true }, half = 100) {
    this.point = [...point];
    this.normal = unit(normal);
    this.clip = clip;
    this.remains = remains;
    this.paints = paints;
    this.half = half; // mm, half an edge of the sheet
    this.least = 0; // mm, of the arm: its ends are to stand apart on the screen
  }

  get offset() {
    return dot(this.normal, this.point);
  }

  get arm() {
    return Math.max(ARM * this.half, this.least);
  }

  get tip() {
    return add(this.point, this.normal, this.arm);
  }

  get corners() {
    const along = unit(cross(this.normal, Math.abs(this.normal[2]) < 0.9 ? [0, 0, 1] : [0, 1, 0]));
    const up = cross(along, this.normal);
    return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([a, b]) =>
      add(add(this.point, along, a * this.half), up, b * this.half));
  }

  move(mm) {
    this.point = add(this.point, this.normal, mm);
  }

  // Follow a drag of the middle, in CSS pixels.
  slide(x, y, camera) {
    const mm = 1 / camera.pixelsPerMm;
    const seen = [dot(this.normal, camera.right), -dot(this.normal, camera.up)];
    const long = Math.hypot(...seen);
    if (long > STEEP) this.move(((x * seen[0] + y * seen[1]) * mm) / long ** 2);
    else this.move((dot(this.normal, camera.near) > 0 ? -y : y) * mm);
  }

  // Move the tip under a pixel, or as near to it as a rotation allows.
  tilt(x, y, camera) {
    const at = add(camera.unproject(x, y), this.point, -1);
    const { arm } = this;
    const right = dot(at, camera.right), up = dot(at, camera.up);
    const across = Math.hypot(right, up);
    const ahead = dot(this.normal, camera.near) < 0 ? -1 : 1;
    const near = ahead * Math.sqrt(Math.max(0, arm ** 2 - across ** 2));
    const flat = add(scaled(camera.right, right), camera.up, up);
    const towards = add(flat, camera.near, near);
    if (length(towards) > 0) this.normal = unit(towards);
  }

  keeps(mm) {
    return !this.clip || dot(this.normal, mm) <= this.offset;
  }
}
