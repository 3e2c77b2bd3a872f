// The liver in three dimensions beside the cuts: what is shown, from where, and the way between.
import { Liver3D, VIEWS } from "/liver3d.js";

const SIGHTS = { front: "A", back: "P", right: "R", left: "L", top: "H", below: "F" };
const FROM = {
  front: "From the front", back: "From the back", right: "From the patient's right",
  left: "From the patient's left", top: "From the head", below: "From below, as an axial CT",
};
const HOW = "Click a part: the cuts go there. Drag or arrow keys: turn. Wheel, + and -, or two fingers: size.";
const EDGE_PX = 24; // nearer to it, a place is not well seen
const ASLANT = [0.4, 0.9, 0.2]; // of the first plane: seen from the front, its handles stand apart

export class Scene {
  // `picked` is told which part was clicked, and where: the voxel.
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

  // `told` lists the parts; `fetch` gives the surface of one by its number. They come one by one,
  // and none is asked for while a cut is on its way; one that is hidden, when it is shown.
  async open(told, fetch) {
    this.close();
    Object.assign(this, { told, fetch });
    try {
      this.view = new Liver3D(this.$("liver"), { placed: told.placed });
    } catch (missing) {
      this.say(`Not shown: ${missing.message}. The three cuts show all of it.`);
      this.$("scene").setAttribute("aria-busy", "false");
      return;
    }
    this.view.addEventListener("pick", ({ detail }) => this.strike(detail));
    this.view.addEventListener("plane", ({ detail }) => this.dragPlane(detail));
    this.view.camera.fit(...told.bounds);
    this.view.mark(this.cuts.mm(this.cuts.at));
    this.say("Surfaces are being made.");
    if (await this.bringAll()) this.say(HOW);
  }

  // Nothing is shown any more, and what is on its way is not waited for.
  close() {
    this.view?.close();
    Object.assign(this, { view: null, told: null, coming: null });
    this.$("scene").setAttribute("aria-busy", "true");
    this.$("cutaway").checked = false;
    this.say("");
  }

  // Show each surface as opaque as it is to be; those that are not there yet come one by one.
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

  // Whether all came; not where one could not be made, or another case is shown meanwhile.
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
        this.say(`Not shown: ${told.parts[next.number].label}: ${wrong.message}. The three cuts show all of it.`);
        this.$("scene").setAttribute("aria-busy", "false");
        return false;
      }
    }
    this.$("scene").setAttribute("aria-busy", "false");
    return true;
  }

  strike({ name, mm }) {
    const { label } = this.told.parts.find((part) => part.name === name);
    const place = this.told.placed ? `, ${mm.map((one, axis) => this.cuts.say(axis, one)).join(", ")}` : "";
    this.picked?.(this.cuts.voxelAt(mm), `${label}${place}`);
  }

  // Where one looks from: to be kept, and taken again.
  get pose() {
    const { centre, extent, right, up, near } = this.view?.camera ?? {};
    return this.view && structuredClone({ centre, extent, right, up, near });
  }

  set pose(kept) {
    if (!this.view || !kept) return;
    Object.assign(this.view.camera, structuredClone(kept));
    this.view.redraw();
  }

  // Mark a place; where it would not be seen, bring it into the middle.
  bringInto(mm) {
    if (!this.view) return;
    const [x, y] = this.view.camera.project(mm);
    const [wide, tall] = this.view.camera.size;
    const seen = x > EDGE_PX && y > EDGE_PX && x < wide - EDGE_PX && y < tall - EDGE_PX;
    if (seen) this.view.mark(mm);
    else this.view.goTo(mm);
  }

  say(text) {
    this.$("struck").textContent = text;
  }

  // Show the plane of a draft cut, or none; while it is dragged here, it stays where it is.
  layDraft(plane) {
    const same = JSON.stringify(plane) === JSON.stringify(this.draft);
    this.draft = plane;
    if (!same && !this.dragging && !this.$("cutaway").checked) this.view?.setPlane(plane);
  }

  dragPlane({ point, normal, ended }) {
    if (this.$("cutaway").checked) return; // that plane is no draft
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
