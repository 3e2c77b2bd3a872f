// The liver in three dimensions beside the cuts: what is shown, from where, and the way between.
import { Liver3D, VIEWS } from "/liver3d.js";

const SIGHTS = { front: "A", back: "P", right: "R", left: "L", top: "H", below: "F" };
const FROM = {
  front: "From the front", back: "From the back", right: "From the patient's right",
  left: "From the patient's left", top: "From the head", below: "From below, as an axial CT",
};
const HOW = "Click a part: the cuts go there. Drag or arrow keys: turn. Wheel, + and -: size.";
const ASLANT = [0.4, 0.9, 0.2]; // of the first plane: seen from the front, its handles stand apart

export class Scene {
  constructor(cuts, $) {
    Object.assign(this, { cuts, $, view: null, told: null });
    cuts.moved = (mm) => this.view?.mark(mm);
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
    this.view.camera.fit(...told.bounds);
    this.view.mark(this.cuts.mm(this.cuts.at));
    this.list();
    this.say("Surfaces are being made.");
    const first = told.parts.flatMap((part, number) => (part.visible ? [number] : []));
    for (const number of first) if (!(await this.bring(number))) return;
    this.say(HOW);
    this.$("scene").setAttribute("aria-busy", "false");
  }

  // Nothing is shown any more, and what is on its way is not waited for.
  close() {
    this.view?.close();
    Object.assign(this, { view: null, told: null });
    this.$("scene").setAttribute("aria-busy", "true");
    this.$("cutaway").checked = false;
    this.say("");
  }

  // Whether the part is shown; not where it could not be made, or another case is shown meanwhile.
  async bring(number) {
    const { view, told } = this;
    try {
      await this.cuts.settled();
      if (this.told !== told) return false;
      const buffer = await this.fetch(number);
      if (this.told !== told) return false;
      view.add({ ...told.parts[number], visible: true, buffer });
    } catch (wrong) {
      if (this.told !== told) return false;
      this.say(`Not shown: ${told.parts[number].label}: ${wrong.message}. The three cuts show all of it.`);
      this.$("scene").setAttribute("aria-busy", "false");
      return false;
    }
    return true;
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
    this.say(`${label[0].toUpperCase()}${label.slice(1)}${place}.`);
    this.cuts.goToMm(mm);
  }

  say(text) {
    this.$("struck").textContent = text;
  }

  cutAway() {
    if (!this.view?.parts.size) return;
    const { low, high } = this.view.bounds;
    const point = low.map((one, n) => (one + high[n]) / 2);
    const plane = { point, normal: ASLANT, clip: true };
    this.view.setPlane(this.$("cutaway").checked ? plane : null);
  }
}
