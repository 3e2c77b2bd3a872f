// Fields of numbers, read as they were entered. A field of the type "number" leaves out signs that it
// does not know: 2,5 would be 25 in it, 1,234.5 would be 1.2345, and a long minus sign would be lost.
import { $, say } from "/dom.js";
import { atExact } from "/figures.js";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const THOUSANDS = /^[+-]?[1-9]\d{0,2}[.,]\d{3}$/;
const HINT = "write it without a thousands separator, and a fraction with a decimal point";

// The number that a text states, also with its unit and with a decimal comma; null if it states none.
// `whole`: of a quantity that is written without decimals, in which 1.234 may be 1234.
// Digits in full width are digits; raised or circled ones are not: 2² would be 22.
export function readNumber(text, unit, whole = false) {
  if (/\p{No}/u.test(text)) return null;
  const bare = text.normalize("NFKC").trim().replace(/^[‐-―−]/, "-");
  const plain = (bare.endsWith(unit) ? bare.slice(0, -unit.length).trimEnd() : bare).replace(",", ".");
  return NUMBER.test(plain) && Number.isFinite(Number(plain)) && !(whole && THOUSANDS.test(plain)) ? Number(plain) : null;
}

let unclear = ""; // the message on the last entry that is no number

// What is stated of an entry that is no number.
export const describeUnclear = (field, entered) => `${field.getAttribute("aria-label")}: “${entered}” is not a clear number; ${HINT}.`;

// Use what is entered in a field, or stepped with the arrow keys. If it is no number, the line of status
// names what was entered, and so does `mark` until the field is changed or confirmed. Returns what writes
// the value `inUse` into the field, except while a text is being entered.
export function followNumber(field, { unit, step, whole }, inUse, use, mark = () => {}) {
  let entering = false;
  const show = () => {
    if (!entering) field.value = inUse();
  };
  const enter = (value) => {
    entering = false;
    if (unclear && $("said").textContent === unclear) $("said").textContent = "";
    use(value);
    show();
  };
  field.addEventListener("input", () => {
    entering = field.value !== String(inUse());
    mark("");
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !entering) mark(""); // the value in use is confirmed
    if (entering && (event.ctrlKey || event.metaKey)) event.stopPropagation(); // undoes the entry, not the cut
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key], value = readNumber(field.value, unit, whole);
    if (!way || value === null) return;
    event.preventDefault();
    enter(atExact(value + way * step));
  });
  field.addEventListener("change", () => {
    const entered = field.value.trim(), value = readNumber(entered, unit, whole);
    if (value !== null) return enter(value);
    entering = false;
    show();
    if (!entered) return;
    say($("said"), describeUnclear(field, entered));
    unclear = $("said").textContent;
    mark(entered);
  });
  field.addEventListener("blur", () => {
    entering = false;
    show();
  });
  return show;
}
