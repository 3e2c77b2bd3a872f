// Places in vessel trees: their origins, and points that correct the division of one label. A
// position in a section is recorded, and the case is planned again.
import { rewrite } from "/dom.js";
import { under } from "/initials.js";

const VEINS = { portal: "Portal tree", hepatic: "Hepatic tree" };
const POINT = "point";
const round = (one) => Number(one.toFixed(3));

export class Begins {
  constructor({ $, findings, initials, into, make }, desk, cuts, places) {
    Object.assign(this, { $, findings, initials, into, make, desk, cuts, places });
  }

  // `trees` were drawn: the name of each, its origins, and whether these were given. `points` were
  // given in one label of all veins; null without such a label.
  show(trees, points) {
    const { $, make } = this;
    $("begins").hidden = !trees.length;
    $("begins-first").hidden = trees.every(({ at_mm }) => at_mm.length);
    $("begins-wrong").textContent = $("points-wrong").textContent = "";
    $("begins-told").replaceChildren(...trees.map((one) => this.into(make("li"), ...this.describe(one))));
    this.offer("begin-here", trees, "the origin", (tree) => this.send("begin", tree, this.here(), "begins-wrong"));
    $("points").hidden = !points;
    $("points-first").hidden = trees.every(({ at_mm }) => at_mm.length);
    this.offer("point-here", trees, "a point", (tree) => this.send(POINT, tree, this.here(), "points-wrong"));
    this.list(points ?? []);
    this.initials.tell();
  }

  offer(id, trees, what, take) {
    const { $, make } = this;
    rewrite($(id), $("begins"), ...trees.map(({ tree }) => {
      const button = make("button", `Set ${what} of the ${tree} tree here`, { type: "button", "data-tree": tree });
      button.addEventListener("click", () => take(tree));
      return button;
    }), under());
  }

  // The points with a marker in the sections, each can be removed.
  list(points) {
    const { $, make, into } = this;
    const counts = {};
    const named = points.map((one) => ({ ...one, name: `${one.tree} ${counts[one.tree] = (counts[one.tree] ?? 0) + 1}` }));
    this.cuts.marks.lay(POINT, named.map(({ name, tree, at_mm }) => ({ name, kind: tree, places_mm: [at_mm] })));
    rewrite($("points-told"), $("point-here").querySelector("button"), ...named.map(({ name, tree, at_mm }) => {
      const way = this.places.way(name, this.cuts.voxelAt(at_mm), `point ${name}`);
      const remove = make("button", "Remove", { type: "button", "aria-label": `Remove point ${name}` });
      remove.addEventListener("click", () => this.send("remove_point", tree, at_mm, "points-wrong"));
      return into(make("li"), way, `: ${this.cuts.describePlace(at_mm)} `, remove);
    }));
  }

  here() {
    return this.cuts.mm(this.cuts.at).map(round);
  }

  send(what, tree, at_mm, wrong) {
    return this.desk.submit(what, { tree, at_mm: JSON.stringify(at_mm) }, this.$(wrong), "Position");
  }

  *untold() {
    const finding = this.make("button", "finding", { type: "button", class: "place", "aria-label": "Go to the findings of this case" });
    finding.addEventListener("click", () => this.findings());
    yield ". The territory of this tree cannot be determined: see the ";
    yield finding;
    yield ".";
  }

  *describe({ tree, at_mm, told, tells }) {
    if (!at_mm.length) return yield `${VEINS[tree]}: not yet separated from the other tree; set the origin of this tree`;
    for (const [n, one] of at_mm.entries()) {
      yield n ? " and " : `${VEINS[tree]}: `;
      const way = this.places.way("origin", this.cuts.voxelAt(one), `the origin of the ${tree} tree`);
      way.setAttribute("aria-label", `Go to the origin of the ${tree} tree`);
      yield way;
      yield ` at ${this.cuts.describePlace(one)}`;
    }
    if (!told) yield ", derived from the mask, not confirmed";
    if (!tells) yield* this.untold();
  }
}
