// Where vessel trees begin: a place is chosen in a cut, said, and the case is planned again.

const VEINS = { portal: "Portal tree", hepatic: "Hepatic tree" };
const round = (one) => Number(one.toFixed(3));

export class Begins {
  constructor({ $, into, make }, desk, cuts, places) {
    Object.assign(this, { $, into, make, desk, cuts, places });
  }

  // `trees` were drawn: of each its name, where it begins, and whether that was told.
  show(trees) {
    const { $, make } = this;
    $("begins").hidden = !trees.length;
    $("begins-wrong").textContent = "";
    $("begins-told").replaceChildren(...trees.map((one) => this.into(make("li"), ...this.say(one))));
    $("begin-here").replaceChildren(...trees.map(({ tree }) => {
      const button = make("button", `The ${tree} tree begins here`, { type: "button", "data-tree": tree });
      button.addEventListener("click", () => this.begin(tree));
      return button;
    }));
  }

  begin(tree) {
    const at_mm = JSON.stringify(this.cuts.mm(this.cuts.at).map(round));
    return this.desk.say("begin", { tree, at_mm }, this.$("begins-wrong"), "The place");
  }

  *say({ tree, at_mm, told, tells }) {
    if (!at_mm.length) return yield `${VEINS[tree]}: not told apart yet; say where it begins`;
    for (const [n, one] of at_mm.entries()) {
      yield n ? " and " : `${VEINS[tree]}: begins at `;
      yield this.places.way(this.cuts.sayPlace(one), this.cuts.voxelAt(one), `the root of the ${tree} tree`);
    }
    if (!told) yield ", taken from the mask: nobody said so";
    if (!tells) yield "; which liver lives on it is not told: its finding says why";
  }
}
