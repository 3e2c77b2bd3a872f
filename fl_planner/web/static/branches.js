// Cut branches: a place in a vessel is chosen in a cut, and the numbers say what hangs on it.
import { asMl } from "/figures.js";

const NAMES = { portal: "portal vein", hepatic: "hepatic vein" };
const LOSES = { portal: "inflow", hepatic: "outflow" };
const FILE = "branches-cut.toml";
const round = (one) => Number(one.toFixed(3));

export class Branches {
  constructor({ $, attempt, make }, cuts) {
    Object.assign(this, { $, attempt, make, cuts, wish: [], get: null });
    $("branch-undo").addEventListener("click", () => this.set(this.wish.slice(0, -1)));
    $("branch-save").addEventListener("click", () => this.attempt(() => this.save()));
  }

  // `trees` can be cut; `get` asks the case.
  open(trees, get) {
    this.get = get;
    this.$("branches").hidden = !trees.length;
    this.$("branch-here").replaceChildren(...trees.map((tree) => {
      const button = this.make("button", `Cut the ${NAMES[tree]} here`, { type: "button", "data-tree": tree });
      button.addEventListener("click", () => this.set([...this.wish, { tree, at_mm: this.cuts.mm(this.cuts.at).map(round) }]));
      return button;
    }));
    this.wish = [];
    this.show(null);
  }

  // Ask what the cuts take; one that is refused is said, and taken back.
  set(wish) {
    const before = this.wish;
    this.wish = wish;
    if (!wish.length) return this.show(null);
    this.$("branches").setAttribute("aria-busy", "true");
    return this.attempt(async () => {
      const answer = await this.ask("branch-cuts").catch((wrong) => {
        if (!wrong.told) throw wrong;
        if (this.wish === wish) {
          this.wish = before;
          this.refuse("Not cut", wrong.told);
        }
        return null;
      });
      if (answer && this.wish === wish) this.show(await answer.json());
    });
  }

  ask(what) {
    return this.get(`${what}?cut=${encodeURIComponent(JSON.stringify(this.wish))}`);
  }

  refuse(what, { reason, remedy }) {
    this.$("branches").removeAttribute("aria-busy");
    this.$("branch-told").replaceChildren(this.make("p", `${what}: ${reason}; ${remedy}.`, { class: "loud" }));
  }

  show(told) {
    const { $, make } = this;
    $("branches").removeAttribute("aria-busy");
    for (const id of ["branch-undo", "branch-save"]) $(id).disabled = !told;
    $("branch-cuts").replaceChildren(...(told?.cuts ?? []).map((one) => make("li", sayCut(one))));
    const lines = told ? [...say(told)].map((text) => make("p", text)) : [];
    const notes = (told?.notes ?? []).map((text) => make("p", text, { class: "small" }));
    $("branch-told").replaceChildren(...lines, ...notes);
  }

  async save() {
    const answer = await this.ask(`branches/${FILE}`).catch((wrong) => {
      if (!wrong.told) throw wrong;
      this.refuse("Not saved", wrong.told);
      return null;
    });
    if (!answer) return;
    const link = this.make("a", "", { href: URL.createObjectURL(await answer.blob()), download: FILE });
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

const range = ({ volume_ml, low_ml, high_ml }) => `${asMl(volume_ml)} (${asMl(low_ml)} to ${asMl(high_ml)})`;

function sayCut({ tree, at_mm, lost, doubtful, other_ml }) {
  const place = at_mm.map((one) => one.toFixed(0)).join(", ");
  const doubt = doubtful ? `; DOUBTFUL, ${asMl(other_ml)} by another reading of the cut` : "";
  return `${NAMES[tree]} at ${place} mm: ${range(lost)} of the liver lose ${LOSES[tree]}${doubt}`;
}

function* say(told) {
  if (told.flr_inflow_lost) yield `FLR without inflow: ${range(told.flr_inflow_lost)}`;
  if (told.flr_outflow_lost) yield `FLR without outflow: ${range(told.flr_outflow_lost)}`;
  if (told.flr_supplied_ml === undefined) return;
  const by = told.flr_supplied_by.map((tree) => LOSES[tree]).join(" and ");
  yield `FLR that keeps its ${by}: ${asMl(told.flr_supplied_ml)} = ${told.flr_supplied_percent_shown} %`;
}
