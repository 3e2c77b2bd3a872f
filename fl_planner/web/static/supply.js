// Volumes of liver and remnant without inflow or outflow, as text, for cut branches and draft cuts.
import { asMl } from "/figures.js";

export const LOSES = { portal: "inflow", hepatic: "outflow" };

export function asRange({ volume_ml, low_ml, high_ml }) {
  if (low_ml === high_ml) return asMl(volume_ml);
  const [low, high] = [low_ml, high_ml].map((one) => asMl(one).replace(" mL", ""));
  return `${asMl(volume_ml)} (${low} to ${high})`;
}

// Losses by cuts or a resection: name, value and note
export function* listSupply(told) {
  const of = told.flr_supplied_ml === undefined ? "Liver" : "FLR";
  for (const loses of Object.values(LOSES)) {
    const lost = told[of === "FLR" ? `flr_${loses}_lost` : `${loses}_lost`];
    if (lost) yield [`${of} without ${loses}`, asRange(lost)];
  }
  if (of === "Liver") return;
  const by = told.flr_supplied_by.map((tree) => LOSES[tree]);
  const untold = Object.values(LOSES).filter((one) => !by.includes(one)).map((one) => `; ${one} not determined`);
  const ends = [told.flr_supplied_low_percent, told.flr_supplied_high_percent].map((one) => one.toFixed(1));
  yield [
    `FLR with ${by.join(" and ")}`, `${asMl(told.flr_supplied_ml)} = ${told.flr_supplied_percent_shown} %`,
    `${ends.join(" to ")} % by other readings of the vessels${untold.join("")}`,
  ];
}
