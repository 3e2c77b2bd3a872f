// Findings next to the values that they concern, each with a link to the list of findings.

import { typeset } from "/figures.js";

export function tellConcerns(answer, concerns) {
  const cards = [...answer.querySelectorAll("#first .card")];
  for (const { card, line, severity, sentence } of concerns) {
    const within = cards.find((one) => one.querySelector("h3").textContent === card);
    if (!within) continue;
    const named = [...within.querySelectorAll("dt")].find((one) => one.textContent === typeset(line));
    const told = Object.assign(document.createElement("button"), {
      type: "button", className: "concern", textContent: typeset(sentence), title: sentence,
    });
    told.setAttribute("aria-label", `${severity} concerning ${line || card}: ${sentence}`);
    told.addEventListener("click", () => goToFinding(answer, sentence));
    if (named) named.nextElementSibling.append(told);
    else within.querySelector("h3").after(told);
  }
}

const LEVEL = /^[A-Z]+: /; // of a finding: in the table it has a column of its own

// Go to a finding in the results: to those to be looked at first, or to its row among all findings.
export function goToFinding(answer, sentence) {
  const bare = sentence.replace(LEVEL, "");
  const found = [...answer.querySelectorAll("li")].find((one) => one.textContent === typeset(sentence))
    ?? [...answer.querySelectorAll("td")].find((one) => one.textContent === typeset(bare));
  if (!found) return;
  for (let folded = found.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
  found.tabIndex = -1;
  found.focus();
  found.scrollIntoView({ block: "nearest" });
}
