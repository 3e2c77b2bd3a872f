// Visibility and opacity of structures, in sections and as surfaces.
// At its initial opacity, the outline of a structure is full; below that it fades as well.
// Segments share their surfaces with the liver: these are transparent at first, with outlines drawn.
import { say } from "/dom.js";
import { cross, gap } from "/marks.js";

export const LIVER = ["liver", "remnant", "treated"]; // rows of what may hide vessels
export const VESSELS = ["vessels", "portal", "hepatic", "cava", "artery", "duct"];
const THROUGH = 0.35; // opacity of the liver, at first, where vessels are within it
const OF_LIVER = "rest"; // the surface of the liver outside the remnant
const GROUP = "segments";
const UNKNOWN = "unknown"; // origin
const CONTACT = "contact"; // distances of lesions to vessels
const SHORT = { [CONTACT]: "distance to vessel" }; // names that are long; the whole one is their explanation

export class Shown {
  constructor($, go) {
    Object.assign(this, { $, go, rows: [], changed: [], kept: new Map() });
  }

  // What was set for a case is kept, and is that of no other case.
  open(id, scan) {
    const { parts } = this.of = scan.surfaces;
    if (!this.kept.has(id)) this.kept.set(id, new Map());
    this.chosen = this.kept.get(id);
    const named = new Map(parts.map((part, number) => [part.name, { ...part, number }]));
    const of = (key) => [...named.values()].filter(({ name, kind }) => (kind === "part" && name === key)
      || (key === "liver" && name === OF_LIVER) || (key === "tumour" && kind === "lesion"));
    const drawn = scan.parts.filter(({ key }) => key !== "calliper" && key !== GROUP);
    const example = scan.marks.find(({ part }) => part === CONTACT)?.name;
    const explained = ({ key, label }) => (key === CONTACT && example ? `${label}: white line, such as “${example}”` : "");
    this.most = parts.some(({ name }) => VESSELS.includes(name)) ? THROUGH : 1;
    const first = ({ key }, [solid]) => (solid && LIVER.includes(key) ? Math.min(solid.opacity, this.most) : solid?.opacity);
    this.rows = drawn.map((part) => ({ ...row(part.key, SHORT[part.key] ?? part.label, of(part.key), part, first(part, of(part.key))), explained: explained(part) }));
    const segments = [...named.values()].filter(({ kind }) => kind === "segment");
    this.segments = segments.map((part) => row(part.name, part.label, [part], null, 0));
    const lines = scan.parts.find(({ key }) => key === GROUP);
    this.group = lines ? row(GROUP, lines.label, [], lines, 0) : null;
    for (const one of this.all) Object.assign(one, this.chosen.get(one.key));
    this.list(scan);
  }

  get all() {
    return [...this.rows, ...this.segments, ...(this.group ? [this.group] : [])];
  }

  // The case is closed.
  forget(id) {
    this.kept.delete(id);
  }

  // Opacity of the outline of a part, or of a segment by name: "IV", "IVa".
  alpha(key, name) {
    const one = key === GROUP
      ? this.segments.find(({ label }) => label === `segment ${name.replace(/[ab]$/, "")}`) ?? this.group
      : this.rows.find((each) => each.key === key);
    if (!one?.visible) return 0;
    return one.first ? Math.min(1, one.opacity / one.first) : 1;
  }

  // Opacity of all surfaces in the list `of`: {number of the surface, opacity}.
  *surfaces() {
    for (const one of [...this.rows, ...this.segments])
      for (const { number } of one.solids) yield { number, opacity: one.visible ? one.opacity : 0 };
  }

  set(one, more) {
    for (const each of one === this.group ? [one, ...this.segments] : [one]) {
      Object.assign(each, more);
      this.chosen.set(each.key, { visible: each.visible, opacity: each.opacity });
      if (!each.box) continue;
      Object.assign(each.box, { checked: each.visible });
      each.range.value = Math.round(100 * each.opacity);
      each.range.setAttribute("aria-valuetext", `${each.range.value} %`);
    }
    for (const tell of this.changed) tell();
  }

  // Opacity of all segments as surfaces.
  setSegments(opacity) {
    if (this.group) this.set(this.group, { opacity });
  }

  list(scan) {
    const { $ } = this;
    const rows = this.rows.map((one) => this.control(one));
    const lesions = scan.lesions.map(({ name, at }) => this.way(name, `lesion ${name}`, at));
    if (lesions.length) rows.push(together("Go to a lesion", lesions));
    const cuts = scan.marks.filter(({ part }) => part === "cut").map(({ name, at }) => this.way(name, `cut ${name}`, at));
    if (cuts.length) rows.push(together("Go to a branch cut", cuts));
    if (this.group) rows.push(this.control(this.group));
    if (this.segments.length) {
      const each = document.createElement("details");
      each.id = "segments";
      const places = new Map(scan.segments.map(({ name, at }) => [name, at]));
      each.append(Object.assign(document.createElement("summary"), { textContent: "Each segment" }));
      const inner = Object.assign(document.createElement("div"), { className: "rows" });
      inner.append(...this.segments.map((one) => this.control(one, places.get(one.key))));
      each.append(inner);
      rows.push(each);
    }
    $("parts").replaceChildren($("parts").querySelector("legend"), ...rows);
  }

  control(one, at) {
    const [line, label] = [document.createElement("div"), document.createElement("label")];
    line.className = "part";
    if (one.explained) line.title = one.explained;
    one.box = Object.assign(document.createElement("input"), { type: "checkbox", checked: one.visible });
    one.box.addEventListener("change", () => this.set(one, { visible: one.box.checked }));
    one.range = Object.assign(document.createElement("input"), {
      type: "range", min: 0, max: 100, step: 5, value: Math.round(100 * one.opacity),
    });
    one.range.setAttribute("aria-label", `Opacity of ${one.label}`);
    one.range.setAttribute("aria-valuetext", `${one.range.value} %`);
    one.range.addEventListener("input", () => this.set(one, { opacity: one.range.valueAsNumber / 100 }));
    const look = one.lines ? swatch(one.lines) : dot(one.solids[0].colour);
    const called = at ? this.way(one.label, one.label, at)
      : Object.assign(document.createElement("span"), { className: "called", textContent: one.label });
    label.append(one.box, look, ...(at ? [] : [called]));
    if (at) one.box.setAttribute("aria-label", one.label);
    one.measured = Object.assign(document.createElement("span"), { className: "measured" });
    one.made = Object.assign(document.createElement("span"), { className: "made" });
    const named = Object.assign(document.createElement("div"), { className: "named" });
    named.append(label, ...(at ? [called] : []));
    line.append(named, one.measured, one.made, one.range);
    return line;
  }

  // Show the volume and the origin of each structure, as text by its key.
  measure(volumes, origins) {
    for (const one of [...this.rows, ...this.segments]) say(one.measured, volumes[one.key] ?? "");
    for (const one of [...this.rows, ...(this.group ? [this.group] : [])]) {
      const made = origins[one.key];
      one.made.textContent = made === UNKNOWN ? "origin unknown" : made ?? "";
    }
  }

  way(text, label, at) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "place", textContent: text });
    button.setAttribute("aria-label", `Go to ${label}`);
    button.addEventListener("click", () => this.go(at, label));
    return button;
  }
}

function row(key, label, solids, lines, first = 1) {
  return { key, label, solids, lines, first, opacity: first, visible: true };
}

function together(label, children) {
  const group = document.createElement("div");
  group.className = "ways";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", label);
  group.append("Go to", ...children);
  return group;
}

function dot(colour) {
  const made = Object.assign(document.createElement("span"), { className: "dot" });
  made.style.background = colour;
  return made;
}

function swatch(part) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { className: "swatch", width: 64, height: 28 });
  canvas.setAttribute("aria-hidden", "true");
  const ink = canvas.getContext("2d");
  ink.strokeStyle = part.on_ct;
  ink.lineWidth = part.points * 3;
  ink.setLineDash(part.dashes.map((length) => length * part.points * 3));
  const marks = { cut: cross([32, 14], 9), contact: gap([[6, 14], [58, 14]], 3) };
  if (part.key in marks) ink.stroke(marks[part.key]);
  else ink.strokeRect(6, 6, 52, 16);
  return canvas;
}
