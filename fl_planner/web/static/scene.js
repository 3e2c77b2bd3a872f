// The 3D view of the liver, linked to the sections.
import { Liver3D, VIEWS } from "/liver3d.js";

const SIGHTS = { front: "A", back: "P", right: "R", left: "L", top: "H", below: "F" };
const FROM = {
  front: "From the front", back: "From the back", right: "From the patient's right",
  left: "From the patient's left", top: "From the head", below: "From below, as on axial CT",
};
const HOW = "Click a structure: show it in the sections. Drag or arrow keys: rotate. Wheel, + and -, or two fingers: zoom.";
const EDGE_PX = 24; // a place nearer to the edge is centred
const ASLANT = [0.4, 0.9, 0.2]; // of the first plane: seen from the front, its handles stand apart

export class Scene {
  // `picked` is called with the voxel and the label of a clicked structure.
  constructor(cuts, shown, $) {
    Object.assign(this, { cuts, shown, $, view: null, told: null, picked: null, coming: null });
    cuts.moved = (mm) => this.view?.mark(mm);
    shown.changed.push(() => this.bringAll());
    $("cutaway").addEventListener("change", () => this.cutAway());
    $("sights").replaceChildren(...Object.keys(VIEWS).map((name) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: SIGHTS[name], title: FROM[name] });
      button.setAttribute("aria-label", FROM[name]);
      button.addEventListener("click", () => this.view?.look(name));
      return button;
    }));
  }

  // `told` lists the parts; `fetch` returns a surface by its number. Surfaces are loaded one by one,
  // never while a section is loading; a hidden one is loaded when it is shown.
  async open(told, fetch) {
    this.close();
    Object.assign(this, { told, fetch });
    try {
      this.view = new Liver3D(this.$("liver"), { placed: told.placed });
    } catch (missing) {
      this.announce(`Not shown: ${missing.message}. The sections show the complete case.`);
      this.$("scene").setAttribute("aria-busy", "false");
      return;
    }
    this.view.addEventListener("pick", ({ detail }) => this.strike(detail));
    this.view.addEventListener("plane", ({ detail }) => this.dragPlane(detail));
    this.view.camera.fit(...told.bounds);
    this.view.mark(this.cuts.mm(this.cuts.at));
    this.announce("Surfaces are being computed.");
    if (await this.bringAll()) this.announce(HOW);
  }

  // Close the view and discard pending surfaces.
  close() {
    this.view?.close();
    Object.assign(this, { view: null, told: null, coming: null });
    this.$("scene").setAttribute("aria-busy", "true");
    this.$("cutaway").checked = false;
    this.announce("");
  }

  // Set the opacity of each surface; missing ones are loaded one by one.
  bringAll() {
    const { view, told } = this;
    if (!view) return null;
    for (const { number, opacity } of this.shown.surfaces()) {
      const { name } = told.parts[number];
      if (view.parts.has(name)) view.set(name, { visible: opacity > 0, opacity });
    }
    if (!this.coming) {
      const coming = this.bringMissing(view, told).finally(() => {
        if (this.coming === coming) this.coming = null;
      });
      this.coming = coming;
    }
    return this.coming;
  }

  // Whether all were loaded; false if one failed or another case is shown meanwhile.
  async bringMissing(view, told) {
    const missing = () => [...this.shown.surfaces()].find(({ number, opacity }) =>
      opacity > 0 && !view.parts.has(told.parts[number].name));
    let next = missing();
    if (next) this.$("scene").setAttribute("aria-busy", "true");
    for (; next; next = missing()) {
      try {
        await this.cuts.settled();
        if (this.told !== told) return false;
        const buffer = await this.fetch(next.number);
        if (this.told !== told) return false;
        const { opacity } = [...this.shown.surfaces()].find(({ number }) => number === next.number);
        view.add({ ...told.parts[next.number], visible: opacity > 0, opacity, buffer });
      } catch (wrong) {
        if (this.told !== told) return false;
        this.announce(`Not shown: ${told.parts[next.number].label}: ${wrong.message}. The sections show the complete case.`);
        this.$("scene").setAttribute("aria-busy", "false");
        return false;
      }
    }
    this.$("scene").setAttribute("aria-busy", "false");
    return true;
  }

  strike({ name, mm }) {
    const { label } = this.told.parts.find((part) => part.name === name);
    const place = this.told.placed ? `, ${mm.map((one, axis) => this.cuts.describeAxis(axis, one)).join(", ")}` : "";
    this.picked?.(this.cuts.voxelAt(mm), `${label}${place}`);
  }

  // Camera position, to be restored later.
  get pose() {
    const { centre, extent, right, up, near } = this.view?.camera ?? {};
    return this.view && structuredClone({ centre, extent, right, up, near });
  }

  set pose(kept) {
    if (!this.view || !kept) return;
    Object.assign(this.view.camera, structuredClone(kept));
    this.view.redraw();
  }

  // Mark a place; centre it if it would not be visible.
  bringInto(mm) {
    if (!this.view) return;
    const [x, y] = this.view.camera.project(mm);
    const [wide, tall] = this.view.camera.size;
    const seen = x > EDGE_PX && y > EDGE_PX && x < wide - EDGE_PX && y < tall - EDGE_PX;
    if (seen) this.view.mark(mm);
    else this.view.goTo(mm);
  }

  announce(text) {
    this.$("struck").textContent = text;
  }

  // Show the plane of a draft cut, or none; a plane being dragged is not moved.
  layDraft(plane) {
    const same = JSON.stringify(plane) === JSON.stringify(this.draft);
    this.draft = plane;
    if (!same && !this.dragging && !this.$("cutaway").checked) this.view?.setPlane(plane);
  }

  dragPlane({ point, normal, ended }) {
    if (this.$("cutaway").checked) return; // that plane is not a draft
    this.dragging = !ended;
    this.dragged?.({ point, normal, ended });
  }

  cutAway() {
    if (!this.view?.parts.size) return;
    const { low, high } = this.view.bounds;
    const point = low.map((one, n) => (one + high[n]) / 2);
    const plane = { point, normal: ASLANT, clip: true };
    this.view.setPlane(this.$("cutaway").checked ? plane : this.draft ?? null);
  }
}
