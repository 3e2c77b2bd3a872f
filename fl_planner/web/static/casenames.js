// Names of cases, in their tabs and in full.
import { into, make } from "/dom.js";

// What a tab is redrawn for.
export const stateName = ({ id, called }) => [id, called];

const END = 4; // characters of a long pseudonym that its tab always shows

const nameCase = ({ number }) => `Case ${number}`;

// State the time of opening of each case, with seconds where two were opened in the same minute. Cases
// with the same pseudonym are told apart by the dates of their scans, or by this time without them.
export function tellApart(held) {
  const minutes = held.map((one) => timeOf(one, 2));
  for (const [n, one] of held.entries()) {
    const same = minutes.filter((each) => each === minutes[n]).length > 1;
    one.time = same ? timeOf(one, 3) : minutes[n];
    const [, scan] = one.parts, others = held.filter((other) => other !== one && other.pseudonym === one.pseudonym);
    one.twin = others.some(({ parts }) => !one.given.includes(scan) || parts[1] === scan);
    one.dated = others.length > 0 && !one.twin;
  }
  return held;
}

// Hours, minutes and, as the third part, seconds.
function timeOf({ opened_s }, parts) {
  const at = new Date(1000 * opened_s);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].slice(0, parts).map((part) => String(part).padStart(2, "0")).join(":");
}

// The full name of a case. The time of opening distinguishes cases without a pseudonym, or of one scan.
export function labelCase(one) {
  const [called, ...rest] = one.parts;
  if (!called) return nameCase(one);
  const named = one.pseudonym && !one.twin ? called : `${called}, opened ${one.time}`;
  return [`${nameCase(one)}: ${named}`, ...rest].join(" · ");
}

// The name of a case in its tab, in the parts that are left out whole where there is no room: first
// the FLR, then the day of the scan, or the time of opening of a case with the pseudonym of another.
export function nameTab(one) {
  const whose = make("span", null, { class: "whose" });
  const part = (words, more) => make("span", words, { class: more });
  into(whose, part("Case ", "tab-case"), `${one.number}`);
  if (!one.parts.length) return [whose];
  const signs = [...one.pseudonym ?? ""], end = signs.slice(-END).join("");
  if (signs.length > 3 * END) { // pseudonyms of one study differ at their ends
    whose.classList.add("whose-long");
    into(whose, ": ", part(signs.slice(0, -END).join(""), "tab-begins"), part(end, "tab-ends"));
  } else if (one.pseudonym) into(whose, `: ${one.pseudonym}`);
  else into(whose, ": ", part(`${one.parts[0]}, `, "tab-nobody"), part("opened ", "tab-opened"), one.time);
  const given = one.given.map((words) => make("span", ` · ${words}`));
  if (one.pseudonym && one.twin) given.unshift(into(make("span", ", "), part("opened ", "tab-opened tab-twin"), one.time));
  if (one.pseudonym && one.dated) given[0].replaceChildren(" · ", part("scan of ", "tab-nobody"), one.parts[1].split(" ").at(-1));
  return [whose, ...given];
}
