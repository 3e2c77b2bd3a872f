// Volumes of liver and remnant without inflow or outflow, as text, for cut branches and draft cuts.
import { asEnds, asMl } from "/figures.js";

export const LOSES = { portal: "inflow", hepatic: "outflow" };

// Whether a remnant keeps its inflow or outflow, as in the plan's card; `told` is null while it is calculated.
export function stateSupply(tree, told) {
  if (!told) return "being calculated";
  const lost = told[`flr_${LOSES[tree]}_lost`];
  if (!lost) return "not determined";
  if (!lost.high_ml) return "kept";
  return lost.volume_ml === 0 ? `kept; for variants of the vessel drawing, lost in up to ${asMl(lost.high_ml)}` : `lost in ${asRange(lost)}`;
}

// The range alone if the effect of a cut is uncertain: there is no volume then
export function asRange({ volume_ml, low_ml, high_ml }) {
  if (low_ml === high_ml) return asMl(low_ml);
  const [low, high] = asEnds([low_ml, high_ml], Number(low_ml < 100));
  if (volume_ml === undefined) return `between ${low} and ${high} mL`;
  return `${asMl(volume_ml)} (${low} to ${high})`;
}

// Losses by cuts or a resection: name, value and note
export function* listSupply(told) {
  const of = told.flr_supplied_uncertain === undefined ? "Liver" : "FLR";
  for (const loses of Object.values(LOSES)) {
    const lost = told[of === "FLR" ? `flr_${loses}_lost` : `${loses}_lost`];
    if (lost) yield [`${of} without ${loses}`, asRange(lost)];
  }
  if (of === "Liver") return;
  const by = told.flr_supplied_by.map((tree) => LOSES[tree]);
  const untold = Object.values(LOSES).filter((one) => !by.includes(one)).map((one) => `; ${one} not determined`);
  const ends = asEnds([told.flr_supplied_low_percent, told.flr_supplied_high_percent], 1);
  const uncertain = told.flr_supplied_uncertain;
  yield [
    `FLR with ${by.join(" and ")}`,
    uncertain ? `between ${ends.join(" and ")} %` : `${asMl(told.flr_supplied_ml)} = ${told.flr_supplied_percent_shown} %`,
    `${uncertain ? "range only, because the effect of a cut is uncertain" : `${ends.join(" to ")} % for variants of the vessel drawing`}${untold.join("")}`,
  ];
}
