// Origins of vessel trees: a position in a section is recorded, and the case is planned again.

const VEINS = { portal: "Portal tree", hepatic: "Hepatic tree" };
const round = (one) => Number(one.toFixed(3));

export class Begins {
  constructor({ $, into, make }, desk, cuts, places) {
    Object.assign(this, { $, into, make, desk, cuts, places });
  }

  // `trees` were drawn: the name of each, its origins, and whether these were given.
  show(trees) {
    const { $, make } = this;
    $("begins").hidden = !trees.length;
    $("begins-wrong").textContent = "";
    $("begins-told").replaceChildren(...trees.map((one) => this.into(make("li"), ...this.describe(one))));
    $("begin-here").replaceChildren(...trees.map(({ tree }) => {
      const button = make("button", `Set the origin of the ${tree} tree here`, { type: "button", "data-tree": tree });
      button.addEventListener("click", () => this.begin(tree));
      return button;
    }));
  }

  begin(tree) {
    const at_mm = JSON.stringify(this.cuts.mm(this.cuts.at).map(round));
    return this.desk.submit("begin", { tree, at_mm }, this.$("begins-wrong"), "Position");
  }

  *describe({ tree, at_mm, told, tells }) {
    if (!at_mm.length) return yield `${VEINS[tree]}: not yet separated from the other tree; set its origin`;
    for (const [n, one] of at_mm.entries()) {
      yield n ? " and " : `${VEINS[tree]}: origin at `;
      yield this.places.way(this.cuts.describePlace(one), this.cuts.voxelAt(one), `the origin of the ${tree} tree`);
    }
    if (!told) yield ", derived from the mask, not confirmed";
    if (!tells) yield "; the territory that it supplies cannot be determined (see its finding)";
  }
}
