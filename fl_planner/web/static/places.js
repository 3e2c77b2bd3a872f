// Navigation to a place and back, in all views at once.
import { ROMAN } from "/figures.js";

// "L2", "lesion 2", "segment IV"; not a lesion of a previous scan, nor a size as in "lesion 4.8 cm"
const NAMED = /(?<![Bb]aseline )\b(?:L(\d+)|[Ll]esion (\d+)|[Ss]egment ([IVX]+|[1-8]))\b(?!\.\d| (?:cm|mm|mL|%))/g;
const MOST = 100; // places remembered
const TIMES = 3, LEAST_MM = 60; // of a lesion's size that the sections show, and at least

export class Places {
  constructor($, cuts, scene) {
    Object.assign(this, { $, cuts, scene, known: new Map(), before: [] });
    $("back").addEventListener("click", () => this.back());
    $("views").addEventListener("keydown", (event) => {
      if (event.key === "b" && !event.ctrlKey && !event.metaKey && !event.altKey) this.back();
    });
  }

  // Names with a place: "L2", "segment IV".
  open(scan) {
    const segments = scan.segments.map(({ name, at }) => [`segment ${ROMAN[Number(name.split(" ")[1]) - 1]}`, at]);
    this.known = new Map([...scan.lesions.map(({ name, at }) => [name, at]), ...segments]);
    this.sizes = new Map(scan.lesions.map(({ name, size_mm }) => [`lesion ${name}`, size_mm]));
    this.before = [];
    this.$("back").disabled = true;
  }

  go(at, label) {
    this.before.push({ at: this.cuts.at, zooms: this.cuts.zooms, pose: this.scene.pose });
    if (this.before.length > MOST) this.before.shift();
    this.$("back").disabled = false;
    const size = this.sizes.get(label);
    if (size) this.cuts.fit({ at, mm: Math.max(TIMES * size, LEAST_MM) });
    else this.cuts.bringInto(at);
    const going = this.cuts.goTo(at);
    this.scene.bringInto(this.cuts.mm(this.cuts.at));
    this.scene.announce(`${label[0].toUpperCase()}${label.slice(1)}: shown in all views. To return, press Back, or the B key in a view.`);
    return going;
  }

  back() {
    const last = this.before.pop();
    if (!last) return;
    this.$("back").disabled = this.before.length === 0;
    this.cuts.zooms = last.zooms;
    this.scene.pose = last.pose;
    this.cuts.goTo(last.at);
    this.scene.announce("Previous position restored.");
  }

  // Turn every name with a place in a text into a button.
  link(parent) {
    const walk = document.createTreeWalker(parent, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walk.nextNode()) if (!walk.currentNode.parentElement.closest("button, a, summary")) texts.push(walk.currentNode);
    for (const text of texts) text.replaceWith(...this.split(text.data, text.parentElement));
  }

  *split(text, parent) {
    const table = parent.tagName === "TH" && parent.closest("table").caption?.textContent;
    if (table === "Segments" && ROMAN.includes(text)) {
      yield this.button(text, `segment ${text}`);
      return;
    }
    let from = 0;
    for (const found of text.matchAll(NAMED)) {
      const [words, short, lesion, segment] = found;
      const roman = ROMAN[Number(segment) - 1] ?? segment;
      const name = segment ? `segment ${roman}` : `L${short ?? lesion}`;
      if (!this.known.has(name)) continue;
      yield text.slice(from, found.index);
      yield this.button(words, name);
      from = found.index + words.length;
    }
    yield text.slice(from);
  }

  button(words, name) {
    const at = this.known.get(name);
    return at ? this.way(words, at, name.startsWith("L") ? `lesion ${name}` : name) : words;
  }

  // A button that navigates to a voxel.
  way(words, at, label) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "place", textContent: words, title: `Go to ${label}` }); // a row or a sentence is read with its words
    button.addEventListener("click", () => this.go(at, label));
    return button;
  }
}
