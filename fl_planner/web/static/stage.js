// Which views are shown: all of them, or one that fills the stage.
import { $, make } from "/dom.js";

const ALL = "all";
const CALLED = { [ALL]: "All", solid: "3D", axial: "Axial", coronal: "Coronal", sagittal: "Sagittal" };
const SHORT = { axial: "Ax", coronal: "Cor", sagittal: "Sag" }; // where all tools have to fit in one row
const CUTS = ["axial", "coronal", "sagittal"];

export class Stage {
  // `redraw` is called when views have changed their size.
  constructor(redraw) {
    Object.assign(this, { redraw, of: null, kept: new Map() });
    const views = $("views");
    views.dataset.full = ALL;
    $("layouts").replaceChildren(...Object.entries(CALLED).map(([name, words]) => {
      const button = make("button", words, { type: "button", "data-view": name, "aria-pressed": String(name === ALL) });
      if (SHORT[name]) shorten(button, words, SHORT[name]);
      button.addEventListener("click", () => this.show(name));
      return button;
    }));
    document.querySelector(".tools2d").append($("layouts"));
    new MutationObserver(() => this.name()).observe(views, { childList: true });
    this.name();
    views.addEventListener("dblclick", ({ target }) => {
      const view = target.closest(".view");
      if (view && !target.closest("button, input")) this.show(views.dataset.full === ALL ? view.dataset.view : ALL);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) this.show(ALL);
    });
  }

  name() {
    for (const [n, cut] of [...document.querySelectorAll("#views > .cut")].entries()) cut.dataset.view = CUTS[n];
    $("scene").dataset.view = "solid";
  }

  // Show the views of another case as they were left; at first, all of them.
  turn(id) {
    this.kept.set(this.of, $("views").dataset.full);
    this.of = id;
    this.show((id && this.kept.get(id)) || ALL);
  }

  show(name) {
    if ($("views").dataset.full === name) return;
    $("views").dataset.full = name;
    for (const button of $("layouts").children) button.setAttribute("aria-pressed", String(button.dataset.view === name));
    this.redraw();
  }
}

// Show a button by a sign or an abbreviation where there is little room; its name and title stay.
export function shorten(button, words, sign) {
  button.dataset.sign = sign;
  button.setAttribute("aria-label", words);
  button.title ||= words;
}
