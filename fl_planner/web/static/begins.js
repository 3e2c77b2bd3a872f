// Where vessel trees begin: a place is chosen in a cut, said, and the case is planned again.

const VEINS = { portal: "Portal tree", hepatic: "Hepatic tree" };
const round = (one) => Number(one.toFixed(3));

export class Begins {
  constructor({ $, make }, desk, cuts) {
    Object.assign(this, { $, make, desk, cuts });
  }

  // `trees` were drawn: of each its name, where it begins, and whether that was told.
  show(trees) {
    const { $, make } = this;
    $("begins").hidden = !trees.length;
    $("begins-wrong").textContent = "";
    $("begins-told").replaceChildren(...trees.map((one) => make("li", this.say(one))));
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

  say({ tree, at_mm, told, tells }) {
    if (!at_mm.length) return `${VEINS[tree]}: not told apart yet; say where it begins`;
    const places = at_mm.map((one) => this.cuts.sayPlace(one)).join(" and ");
    const taken = told ? "" : ", taken from the mask: nobody said so";
    const silent = tells ? "" : "; which liver lives on it is not told: its finding says why";
    return `${VEINS[tree]}: begins at ${places}${taken}${silent}`;
  }
}
