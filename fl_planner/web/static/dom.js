// Elements of the page: all contents are inserted as text, never as markup.
import { typeset } from "/figures.js";

export const $ = (id) => document.getElementById(id);

export function make(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = typeset(text);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Write a text that contains numbers into an element. The same text is not written again: in a live
// region it would be announced again.
export function say(element, text) {
  const told = typeset(text ?? "");
  if (element.textContent !== told || element.children.length) element.textContent = told;
}

const MOST_NAMED = 9; // in a list of names

// The first names of a list, and how many more there are.
export function firstOf(names) {
  return names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED), `and ${names.length - MOST_NAMED} more`].join(", ") : names.join(", ");
}

export function into(parent, ...children) {
  parent.append(...children.filter((child) => child));
  return parent;
}

// Write a list of forms anew. The focus stays in the same field; if that is gone, it goes to the first
// control of the list, or to `next`.
export function rewrite(list, next, ...items) {
  const held = document.activeElement, inside = list.contains(held);
  const form = inside ? held.closest("form") : null, [at, to] = [held.selectionStart, held.selectionEnd];
  const isNamed = (one) => one.matches("button") && !form && one.textContent === held.textContent && one.ariaLabel === held.ariaLabel;
  const isSame = (one) => isNamed(one) || form && one.form && one.name && one.name === held.name && one.value === held.value
    && one.form.dataset.key === form.dataset.key && one.form.dataset.code === form.dataset.code;
  list.replaceChildren(...items);
  if (!inside) return;
  const same = [...list.querySelectorAll("input, select, button")].find(isSame);
  const control = same ?? list.querySelector("summary, input, button") ?? next;
  control.focus({ preventScroll: true });
  if (control.matches(":focus-visible")) control.scrollIntoView({ block: "nearest" }); // with a pointer, nothing is moved
  if (same?.type === "text" && at !== null) same.setSelectionRange(at, to);
}

const MESSAGE = "refusal-of-field"; // for a message without an id
let blamed = null; // the field of the last refusal

// Lead to the field that a refusal is about: it is read with the message until it is changed.
export function blame(field, message) {
  absolve();
  if (!field?.checkVisibility()) return;
  field.focus();
  if (field.matches("button")) return;
  message.id ||= MESSAGE;
  blamed = field;
  if (field.type !== "radio") field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", message.id);
  field.addEventListener("input", absolve, { once: true });
}

// No field is that of a refusal any more.
export function absolve() {
  for (const name of ["aria-invalid", "aria-describedby"]) blamed?.removeAttribute(name);
  $(MESSAGE)?.removeAttribute("id");
  blamed = null;
}
