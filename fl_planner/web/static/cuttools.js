// Buttons above the views that begin a draft cut: each opens the tool at the left that it names.
import { $, into, make } from "/dom.js";

// name: [words, explanation, tool, control that is used first, whether it is pressed, what the case needs]
const TOOLS = {
  row: ["Resection", "Choose a named resection", "cutting", "#cut-row", false, "segments"],
  plane: ["Plane", "Cut with a plane: move, rotate or tilt it", "cutting", "#cut-plane", true, "masks with a known orientation"],
  curve: ["Curve", "Cut along a curved surface through points", "cutting", "#cut-curve", true, "masks with a known orientation"],
  wedge: ["Wedge", "Cut wedges around lesions", "cutting", "#cut-wedges input", false, "lesions"],
  branch: ["Branch", "Cut a vessel branch at the crosshair", "branching", "#branch-here button", false, "vessels with known origins"],
};
const FIRST = "first separate the vessel trees and set their origins under “Origins of vessel trees”";

export class CutTools {
  // `shown` is called first, to show the step of the plan.
  constructor(shown) {
    this.box = make("div", null, { id: "cut-tools", role: "group", "aria-label": "Begin a draft cut" });
    into(this.box, make("span", "Cut", { "aria-hidden": "true" }));
    this.buttons = Object.entries(TOOLS).map(([name, [words, title, tool, control, pressed]]) => {
      const button = make("button", words, { type: "button", "data-cut": name, title });
      button.addEventListener("click", () => {
        if (button.getAttribute("aria-disabled") === "true") {
          $("said").textContent = `${button.title}.`;
          if (button.dataset.first) this.first(shown, button.dataset.first);
          return;
        }
        shown();
        this.begin(tool, document.querySelector(control), pressed);
      });
      return button;
    });
    into(this.box, ...this.buttons);
    document.querySelector(".tools2d").append(this.box);
    this.show();
  }

  // Enable the tools that the case has; the others stay in place, so that the views do not move.
  show() {
    for (const button of this.buttons) {
      const [words, title, tool, control, , needed] = TOOLS[button.dataset.cut];
      const first = document.querySelector(control);
      const off = !first || $(tool).parentElement.hidden || isHidden(first, $(tool));
      button.setAttribute("aria-disabled", String(off)); // it can be pressed, and then states the reason
      const lacks = tool === "branching" && !$("begins").hidden && !$("begins-first").hidden ? FIRST : `the case has no ${needed}`;
      button.title = off ? `${words} is not available: ${lacks}` : title;
      button.dataset.first = off && lacks === FIRST ? "beginning" : "";
    }
  }

  // Open the tool that is used before another one.
  first(shown, tool) {
    const said = $("said").textContent;
    shown();
    $("said").textContent = said;
    $(tool).open = true;
    $(tool).scrollIntoView({ block: "center" });
  }

  // Open a tool, use its first control where that only begins a cut, and go to it.
  begin(tool, control, pressed) {
    $(tool).open = true;
    if (pressed && control.getAttribute("aria-pressed") !== "true") control.click();
    const laid = control.id === "cut-plane", next = laid ? $("plane-tilt") : control;
    next.focus({ preventScroll: true });
    if (laid) $("plane-controls").scrollIntoView({ block: "start" }); // Move is its first control
    next.scrollIntoView({ block: laid ? "nearest" : "center" });
  }
}

// Whether a control, or what contains it within its tool, is hidden.
function isHidden(control, tool) {
  for (let one = control; one && one !== tool; one = one.parentElement) if (one.hidden) return true;
  return false;
}
