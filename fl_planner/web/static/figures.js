// Numbers as text, as everywhere else: basis/shown.py and report/words.py have the same rules.

// A volume: whole mL from 100 on, one decimal below, two below 1 mL; more where these were zeros.
export function asMl(ml) {
  const size = Math.abs(ml);
  let decimals = size === 0 ? 0 : (size < 100) + (size < 1);
  while (size > 0 && !Number(size.toFixed(decimals))) decimals += 1;
  return `${ml.toFixed(decimals)} mL`;
}

// A chance: what is not nothing is never 0 %, and what is not sure never 100 %.
export function asChance(share) {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.5) return "< 1 %";
  let decimals = 0;
  while (percent < 100 && Number(percent.toFixed(decimals)) === 100) decimals += 1;
  return `${percent.toFixed(decimals)} %`;
}
