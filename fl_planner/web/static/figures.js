// Numbers as text, by the rules of basis/shown.py and report/words.py.

export const ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII"];

// A Couinaud segment in Roman numerals: "4a" is "IVa".
export const asRoman = (name) => String(name).replace(/^[1-8]/, (digit) => ROMAN[digit - 1]);

// A volume: whole mL from 100 mL, one decimal below, two below 1 mL; more where these are zeros.
export function asMl(ml) {
  const size = Math.abs(ml);
  let decimals = size === 0 ? 0 : (size < 100) + (size < 1);
  while (size > 0 && !Number(size.toFixed(decimals))) decimals += 1;
  return `${ml.toFixed(decimals)} mL`;
}

// Both ends of an interval, rounded outwards; a product such as 1.1 * 10 is taken as 11.
export function asEnds([low, high], decimals) {
  const scaled = [low, high].map((one) => Number((one * 10 ** decimals).toPrecision(12)));
  return [Math.floor(scaled[0]), Math.ceil(scaled[1])].map((one) => (one / 10 ** decimals).toFixed(decimals));
}

// A chance: 0 % and 100 % only where exact.
export function asChance(share) {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.5) return "< 1 %";
  let decimals = 0;
  while (percent < 100 && Number(percent.toFixed(decimals)) === 100) decimals += 1;
  return `${percent.toFixed(decimals)} %`;
}
