// Numbers as text, by the rules of basis/shown.py and report/words.py.

export const ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII"];

// A Couinaud segment in Roman numerals: "4a" is "IVa".
export const asRoman = (name) => String(name).replace(/^[1-8]/, (digit) => ROMAN[digit - 1]);

// As `typeset` of basis/shown.py: a minus sign before a negative number, except in a command, and each
// number on one line with its unit.
const HELD = /(?<=\d) (?=(?:%|°|mL|L|mm|cm|kg|HU|Gy|GBq|MBq|h|s|days?)(?!\w))|(?<=[<>≤≥±]) (?=\d)/g;
const NEGATIVE = /(?<![^\s([])-(?=\d)/g;
export function typeset(words) {
  const text = String(words);
  return (text.includes("--") ? text : text.replace(NEGATIVE, "\u2212")).replace(HELD, "\u00a0");
}

// A volume: whole mL from 100 mL, one decimal below, two below 1 mL; more where these are zeros.
export function asMl(ml) {
  const size = Math.abs(ml);
  let decimals = size === 0 ? 0 : (size < 100) + (size < 1);
  while (size > 0 && !Number(size.toFixed(decimals))) decimals += 1;
  return `${ml.toFixed(decimals)} mL`;
}

// A distance: one decimal, more if it is just short of a whole mm, as `as_mm` of basis/shown.py.
// Halves are rounded up; `toFixed` alone would not, as 1.15 is stored as 1.1499999999999999.
const MM_DECIMALS = 4;
const halfUp = (mm, n) => Math.round(Number((mm * 10 ** n).toPrecision(12))) / 10 ** n;
export const atExact = (mm) => Number(mm.toFixed(MM_DECIMALS));
export function asMm(mm) {
  const exact = atExact(mm), whole = Math.ceil(exact);
  let decimals = 1;
  while (exact < whole && halfUp(exact, decimals) >= whole) decimals += 1;
  return `${halfUp(exact, decimals).toFixed(decimals)} mm`;
}

// Both ends of an interval, rounded outwards; a product such as 1.1 * 10 is taken as 11.
export function asEnds([low, high], decimals) {
  const scaled = [low, high].map((one) => Number((one * 10 ** decimals).toPrecision(12)));
  return [Math.floor(scaled[0]), Math.ceil(scaled[1])].map((one) => (one / 10 ** decimals).toFixed(decimals));
}

const decimalsOf = (text) => (text.split(" ")[0].split(".")[1] ?? "").length;

// Values to compare, each with as many decimals as the finest: "29.96 %" and "31.95 %", not "31.9 %".
// texts: as shown alone, with a unit, null where there is none; values: their numbers.
export function alike(texts, values) {
  const decimals = Math.max(...texts.map((one) => (one ? decimalsOf(one) : 0)));
  return texts.map((one, n) => {
    if (!one || decimalsOf(one) === decimals) return one;
    return [values[n].toFixed(decimals), ...one.split(" ").slice(1)].join(" ");
  });
}

// The difference of two values as shown, "29.3 %" and "31.9 %", without their unit.
export function lessShown(first, second) {
  const decimals = Math.max(decimalsOf(first), decimalsOf(second));
  const [a, b] = [first, second].map((one) => Number(one.split(" ")[0]));
  const less = (b - a).toFixed(decimals);
  if (!Number(less)) return less.replace("-", "");
  return Number(less) > 0 ? `+${less}` : less;
}
