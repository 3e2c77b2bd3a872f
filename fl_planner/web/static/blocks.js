// Blocks of the results, as the report has them: cards, tables and sentences.
import { into, make } from "/dom.js";

const NONE = "-";

// `within` prefixes the name of a table in a chapter, as the same name may occur above.
export function block(one, within = "") {
  if (one.kind === "card") return card(one);
  if (one.kind === "cards") return into(make("div", null, { class: "cards" }), ...one.cards.map(card));
  if (one.kind === "rows") return rows(one, within);
  if (one.kind !== "sentences") return "";
  const list = into(make("ul"), ...one.sentences.map((text) => make("li", text)));
  return into(make("section", null, one.loud ? { class: "loud" } : {}), make("h3", one.title), list);
}

export function chapter(one) {
  const blocks = one.blocks.map((each) => block(each, `${one.title}: `));
  return into(make("details"), make("summary", one.title), ...blocks);
}

const ANSWERS = [[/^not eligible/, "no"], [/^undecided/, "open"], [/eligible|^meets all/, "yes"], [/./, "other"]]; // of trials

// Mark each answer in the table of trials by a sign and a colour; a cell without a word is left out
// where a row is a block.
export function markAnswers(table) {
  for (const row of table?.tBodies[0].rows ?? []) {
    const [, answer, ...others] = row.cells;
    answer.dataset.answer = ANSWERS.find(([words]) => words.test(answer.textContent))[1];
    for (const one of others) one.dataset.none = String(one.textContent === NONE);
  }
}

function card(one) {
  const list = make("dl");
  for (const line of one.lines) {
    const value = make("dd", line.value, line.strong ? { class: "strong" } : {});
    if (line.beside) into(value, " ", make("span", line.beside, { class: "beside" }));
    into(list, into(make("div"), make("dt", line.name), value));
  }
  return into(make("section", null, { class: "card" }), make("h3", one.title), list);
}

function rows(one, within) {
  const head = into(make("tr"), ...one.head.map((name) => make("th", name, { scope: "col" })));
  const body = one.rows.map((row) =>
    into(make("tr"), ...row.map((text, n) => (n ? make("td", text) : make("th", text, { scope: "row" })))),
  );
  const table = into(make("table"), make("caption", one.title), into(make("thead"), head), into(make("tbody"), ...body));
  const notes = one.beside.map((text) => make("p", text, { class: "small" }));
  const around = { class: "table", tabindex: "0", role: "region", "aria-label": `${within}${one.title}` };
  return into(make("section", null, around), table, ...notes);
}
