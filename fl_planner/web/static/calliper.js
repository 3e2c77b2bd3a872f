// Lengths measured in the sections, in mm between two places. One may be recorded as the largest
// diameter of the lesions by calliper.
import { today } from "/ask.js";
import { shorten } from "/stage.js";
import { write } from "/view2d.js";

const RECORD = "Record as largest diameter";
const COLOUR = "#7dffb2", END = 5, REACH = 12; // px

export class Calliper {
  constructor(cuts, tools) {
    Object.assign(this, { cuts, line: null, on: false, held: null });
    this.toggle = button("Measure", "Measure a length: drag in a section (M)");
    this.toggle.setAttribute("aria-pressed", "false");
    this.toggle.addEventListener("click", () => this.turn(!this.on));
    this.said = document.createElement("output");
    this.use = button(RECORD, "Record this length as the largest lesion diameter by calliper");
    this.clear = button("Remove", "Remove the measured length");
    this.use.addEventListener("click", () => this.record());
    this.clear.addEventListener("click", () => this.lay(null));
    document.getElementById("by").addEventListener("input", () => this.showTools());
    shorten(this.toggle, "Measure", "↔");
    this.box = document.createElement("div"); // over the views, which stay in place
    this.box.className = "measuring";
    this.box.append(this.said, this.use, this.clear);
    tools.append(this.toggle, this.box);
    this.lay(null);
  }

  open() {
    this.turn(false);
    this.lay(null);
  }

  turn(on) {
    this.on = on;
    this.toggle.setAttribute("aria-pressed", String(on));
    this.showTools();
    for (const { canvas } of this.cuts.views) canvas.style.cursor = on ? "crosshair" : "";
  }

  // {view, layer, ends_mm} or null.
  lay(line) {
    this.line = line;
    if (this.held === null) this.showTools();
    if (this.cuts.views) this.cuts.draw();
  }

  showTools() {
    const by = document.getElementById("by").value.trim();
    this.use.textContent = `${RECORD}${by && ` by ${by}`}`;
    this.use.hidden = this.clear.hidden = !this.line;
    this.box.hidden = !this.line && !this.on;
    this.said.textContent = this.line ? `${this.mm.toFixed(1)} mm` : this.on ? "drag in a section" : "";
  }

  get mm() {
    const [a, b] = this.line.ends_mm;
    return Math.hypot(...a.map((one, n) => one - b[n]));
  }

  // Whether a press begins or changes a measurement.
  down(view, [x, y]) {
    const to = view.scale();
    const near = this.line?.view === view.told.name && this.line.layer === view.layer
      ? this.line.ends_mm.findIndex((mm) => Math.hypot(...less(view.canvasOf(to, mm), [x, y])) < REACH * view.ratio) : -1;
    if (!this.on && near < 0) return false;
    const mm = view.mmOf(x, y);
    this.held = near < 0 ? 1 : near;
    if (near < 0) this.lay({ view: view.told.name, layer: view.layer, ends_mm: [mm, mm] });
    return true;
  }

  move(view, [x, y]) {
    const ends = [...this.line.ends_mm];
    ends[this.held] = view.mmOf(x, y);
    this.lay({ ...this.line, ends_mm: ends });
  }

  up() {
    this.held = null;
    this.lay(this.line && this.mm < 0.5 ? null : this.line); // a click is no length
  }

  draw(view, ink, to, ratio) {
    if (this.line?.view !== view.told.name || this.line.layer !== view.held.layer) return;
    const [a, b] = this.line.ends_mm.map((mm) => view.canvasOf(to, mm));
    const along = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
    const across = [(-(b[1] - a[1]) / along) * END * ratio, ((b[0] - a[0]) / along) * END * ratio];
    for (const [style, wide] of [["#000", 4], [COLOUR, 1.8]]) {
      Object.assign(ink, { strokeStyle: style, lineWidth: wide * ratio });
      ink.beginPath();
      ink.moveTo(...a);
      ink.lineTo(...b);
      for (const [x, y] of [a, b]) {
        ink.moveTo(x - across[0], y - across[1]);
        ink.lineTo(x + across[0], y + across[1]);
      }
      ink.stroke();
    }
    ink.font = `bold ${12 * ratio}px sans-serif`;
    write(ink, `${this.mm.toFixed(1)} mm`, (a[0] + b[0]) / 2 + 2 * across[0], (a[1] + b[1]) / 2 + 2 * across[1] - 8 * ratio, COLOUR, ratio);
  }

  record() {
    const by = document.getElementById("by")?.value ?? "", on = document.getElementById("on")?.value || today();
    this.cuts.recorded?.({ mm: this.mm.toFixed(1), by, on }, (told) => { this.said.textContent = `${this.mm.toFixed(1)} mm: ${told}`; });
  }
}

const less = (a, b) => a.map((one, n) => one - b[n]);

function button(text, title) {
  return Object.assign(document.createElement("button"), { type: "button", textContent: text, title });
}
