// Lengths measured in the sections, in mm between two places. One may be recorded as the largest
// diameter of the lesions by calliper.
import { today } from "/ask.js";
import { say } from "/dom.js";
import { shorten } from "/stage.js";
import { write } from "/view2d.js";

const RECORD = "Record as largest diameter";
const COLOUR = "#7dffb2", END = 5, REACH = 12, TEXT = 12; // px
const HINTS = ["drag, or press Enter at one end", "press Enter at the other end"];
const PIECES = 8; // of a line, for the room that it takes

export class Calliper {
  constructor(cuts, tools) {
    Object.assign(this, { cuts, line: null, on: false, held: null, first: null });
    this.toggle = button("Measure", "Measure a length: drag in a section, or press Enter at each end (M)");
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
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.on || document.querySelector("dialog[open]")) return;
      event.stopImmediatePropagation(); // the views stay as they are
      this.turn(false);
    });
    this.lay(null);
  }

  open() {
    this.held = this.line = null; // the section in which a drag began is gone
    this.turn(false);
  }

  // Measure with the next drags; points of a cut are then no longer set, and vice versa.
  turn(on) {
    this.on = on;
    this.first = null;
    if (on) this.cuts.measuring?.();
    this.toggle.setAttribute("aria-pressed", String(on));
    this.lay(this.line);
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
    this.use.textContent = `${RECORD}${by && ` (${by})`}`;
    this.use.hidden = this.clear.hidden = !this.line;
    this.box.hidden = !this.line && !this.on;
    say(this.said, this.line ? this.shown : this.on ? HINTS[Number(Boolean(this.first))] : "");
  }

  // In cm, as the sizes of lesions are elsewhere on the page.
  get shown() {
    return `${(Number(this.mm.toFixed(1)) / 10).toFixed(2)} cm`;
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
    this.first = null;
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

  // By keyboard: the crosshair is at one end, then at the other end on the same slice.
  mark(view) {
    const place = { view: view.told.name, layer: view.layer }, mm = this.cuts.mm(this.cuts.at), { first } = this;
    const ends = first?.view === place.view && first.layer === place.layer;
    this.first = ends ? null : { ...place, ends_mm: [mm] };
    this.lay(ends ? { ...place, ends_mm: [...first.ends_mm, mm] } : null);
    this.up();
  }

  // The line with its length, or the first end that was set by keyboard.
  draw(view, ink, to, ratio) {
    const { ends_mm } = [this.line, this.first].find((one) => isIn(one, view)) ?? { ends_mm: [] };
    const [a, b] = ends_mm.map((mm) => view.canvasOf(to, mm));
    if (!a) return;
    const [x, y] = b ? less(b, a) : [1, 0], along = Math.hypot(x, y) || 1;
    const across = [(-y / along) * END * ratio, (x / along) * END * ratio];
    const ticks = b ? [[a, across], [b, across]] : [[a, across], [a, [END * ratio, 0]]]; // a single end is a plus sign
    for (const [style, wide] of [["#000", 4], [COLOUR, 1.8]]) {
      Object.assign(ink, { strokeStyle: style, lineWidth: wide * ratio });
      ink.beginPath();
      ink.moveTo(...a);
      ink.lineTo(...(b ?? a));
      for (const [end, [right, down]] of ticks) {
        ink.moveTo(end[0] - right, end[1] - down);
        ink.lineTo(end[0] + right, end[1] + down);
      }
      ink.stroke();
    }
    if (!b) return;
    ink.font = `bold ${TEXT * ratio}px sans-serif`;
    const place = this.label(view, to, ratio, ink.measureText(this.shown).width);
    write(ink, this.shown, place.x, place.y, COLOUR, ratio);
  }

  // Box of the length, beyond the right end of the line, or its left end where there is no room:
  // it does not cover what is measured.
  label(view, to, ratio, wide) {
    const [left, right] = this.line.ends_mm.map((mm) => view.canvasOf(to, mm)).sort(([a], [b]) => a - b);
    const half = wide / 2 + 2 * ratio, away = half + (END + 3) * ratio;
    const fits = right[0] + away + half <= view.canvas.width;
    const [x, y] = fits ? [right[0] + away, right[1]] : [left[0] - away, left[1]];
    return { x, y, half, tall: 1.2 * TEXT * ratio };
  }

  // Boxes that names leave free: the length, and the line in pieces.
  taken(view, ink, to, ratio) {
    if (!isIn(this.line, view)) return [];
    ink.font = `bold ${TEXT * ratio}px sans-serif`;
    const [a, b] = this.line.ends_mm.map((mm) => view.canvasOf(to, mm));
    const [half, tall] = [0, 1].map((one) => Math.abs(b[one] - a[one]) / PIECES + END * ratio);
    const pieces = Array.from({ length: PIECES }, (_, n) => {
      const [x, y] = [0, 1].map((one) => a[one] + ((n + 0.5) / PIECES) * (b[one] - a[one]));
      return { x, y, half: half / 2, tall };
    });
    return [this.label(view, to, ratio, ink.measureText(this.shown).width), ...pieces];
  }

  record() {
    const by = document.getElementById("by")?.value ?? "", on = document.getElementById("on")?.value || today();
    const { shown } = this; // another length may be measured meanwhile
    this.cuts.recorded?.({ mm: this.mm.toFixed(1), by, on }, (told) => { this.said.textContent = `${shown}: ${told}`; });
  }
}

const isIn = (one, view) => one?.view === view.told.name && one.layer === view.held.layer;

const less = (a, b) => a.map((one, n) => one - b[n]);

function button(text, title) {
  return Object.assign(document.createElement("button"), { type: "button", textContent: text, title });
}
