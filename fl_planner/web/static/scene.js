// The liver in three dimensions beside the cuts: what is shown, from where, and the way between.
import { Liver3D, VIEWS } from "/liver3d.js";

const SIGHTS = { front: "Front", back: "Back", right: "Right", left: "Left", top: "Head", below: "Below" };

const ASLANT = [0.4, 0.9, 0.2]; // of the first plane: seen from the front, its handles stand apart

// Which voxel lies at a place: Cramer's rule on the rows of the grid's matrix.
function voxelAt(matrix, mm) {
  const columns = [0, 1, 2].map((axis) => matrix.map((row) => row[axis]));
  const from = mm.map((one, world) => one - matrix[world][3]);
  const determinant = ([a, b, c]) =>
    a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1]);
  const whole = determinant(columns);
  return [0, 1, 2].map((axis) =>
    Math.round(determinant(columns.map((column, n) => (n === axis ? from : column))) / whole));
}

export class Scene {
  constructor(cuts, $) {
    Object.assign(this, { cuts, $, view: null });
    cuts.moved = (mm) => this.view?.mark(mm);
    $("cutaway").addEventListener("change", () => this.cutAway());
    $("sights").replaceChildren(...Object.keys(VIEWS).map((name) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: SIGHTS[name] });
      button.addEventListener("click", () => this.view?.look(name));
      return button;
    }));
  }

  // `told` lists the parts; `fetch` gives the surface of one by its number. A part that is hidden
  // is asked for when it is shown.
  async open(told, fetch) {
    this.view?.close();
    this.view = null;
    Object.assign(this, { told, fetch });
    this.$("cutaway").checked = false;
    try {
      this.view = new Liver3D(this.$("liver"), { placed: told.placed });
    } catch (missing) {
      this.$("struck").textContent = `Not shown: ${missing.message}. The three cuts show all of it.`;
      return;
    }
    const view = this.view;
    view.addEventListener("pick", ({ detail }) => this.strike(detail));
    this.list();
    for (const [number, part] of told.parts.entries()) {
      if (part.visible) await this.bring(number);
      if (this.view !== view) return; // another case was opened meanwhile
    }
    view.mark(this.cuts.mm(this.cuts.at));
  }

  async bring(number) {
    const view = this.view;
    const part = this.told.parts[number];
    const buffer = await this.fetch(number);
    if (this.view !== view) return;
    view.add({ ...part, visible: true, buffer });
    if (view.parts.size === 1) view.fit();
  }

  list() {
    const rows = this.told.parts.map((part, number) => {
      const row = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: part.visible });
      box.addEventListener("change", async () => {
        if (this.view.parts.has(part.name)) this.view.set(part.name, { visible: box.checked });
        else if (box.checked) await this.bring(number);
      });
      const dot = Object.assign(document.createElement("span"), { className: "dot" });
      dot.style.background = part.colour;
      row.append(box, dot, part.label);
      return row;
    });
    this.$("solids").replaceChildren(this.$("solids").querySelector("legend"), ...rows);
  }

  strike({ name, mm }) {
    const { label } = this.told.parts.find((part) => part.name === name);
    const place = this.told.placed ? `: ${mm.map((one, axis) => this.cuts.say(axis, one)).join(", ")}` : "";
    this.$("struck").textContent = `${label[0].toUpperCase()}${label.slice(1)}${place}.`;
    this.cuts.goTo(voxelAt(this.cuts.scan.matrix, mm));
  }

  cutAway() {
    if (!this.view) return;
    const { low, high } = this.view.bounds;
    const point = low.map((one, n) => (one + high[n]) / 2);
    const plane = { point, normal: ASLANT, clip: true };
    this.view.setPlane(this.$("cutaway").checked ? plane : null);
  }
}
