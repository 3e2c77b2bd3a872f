// Elements of the page: all contents are inserted as text, never as markup.
import { typeset } from "/figures.js";

export const $ = (id) => document.getElementById(id);

export function make(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = typeset(text);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Write a text that contains numbers into an element.
export function say(element, text) {
  element.textContent = typeset(text ?? "");
}

export function into(parent, ...children) {
  parent.append(...children.filter((child) => child));
  return parent;
}
