// The initials under which entries are recorded. They are asked for with each case, and stated next
// to each button that records an entry.
import { $, make } from "/dom.js";

export class Initials {
  constructor() {
    Object.assign(this, { kept: new Map(), of: null }); // by case
    for (const id of ["by", "on"]) $(id).addEventListener("input", () => this.tell());
    this.tell();
  }

  // Another case is shown, or none: the initials entered with it, if any, never those of another.
  turnTo(id) {
    this.kept.set(this.of, $("by").value);
    this.of = id;
    $("by").value = this.kept.get(id) ?? "";
    this.tell();
  }

  // The case is closed.
  forget(id) {
    this.kept.delete(id);
  }

  // State next to each button whose initials are used.
  tell() {
    const by = $("by").value.trim(), on = $("on").value;
    const told = by ? `will be recorded by ${by}${on ? ` on ${on}` : ""}` : "enter your initials under “Recorded by”";
    for (const one of document.querySelectorAll(".under")) one.textContent = told;
  }
}

// Where the initials are stated, next to a button.
export const under = () => make("span", null, { class: "small under" });
