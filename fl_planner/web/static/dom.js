// Elements of the page: all contents are inserted as text, never as markup.

export const $ = (id) => document.getElementById(id);

export function make(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export function into(parent, ...children) {
  parent.append(...children.filter((child) => child));
  return parent;
}
