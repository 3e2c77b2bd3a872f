// Cut branches: a position in a vessel is chosen in a view, and the affected volumes are shown.
import { say } from "/dom.js";
import { asMl } from "/figures.js";
import { inWords } from "/net.js";
import { Outlines } from "/outlines.js";
import { asRange, LOSES, listSupply } from "/supply.js";
import { LOSSES } from "/view2d.js";

const NAMES = { portal: "portal vein", hepatic: "hepatic vein" };
const FILE = "branches-cut.toml";
const round = (one) => Number(one.toFixed(3));

export class Branches {
  constructor({ $, into, make, save }, cuts, places) {
    Object.assign(this, { $, into, make, keep: save, cuts, places, wish: [], left: [], get: null, kept: new Map(), turn: Promise.resolve(), outlines: new Outlines(cuts) });
    cuts.branches = this;
    $("branching").addEventListener("toggle", () => $("branching").open && this.wish.length && cuts.bringFront("branches"));
    $("branch-undo").addEventListener("click", () => this.change((wish) => wish.slice(0, -1), "Nothing was undone", true));
    $("branch-save").addEventListener("click", () => this.save());
  }

  // `trees` can be cut; `get` queries the case, whose cuts are recalculated: those with which it was left.
  open(id, trees, get) {
    this.leave("branches");
    const { wish: kept, front } = this.kept.get(id) ?? { wish: [] };
    Object.assign(this, { id, get, wish: [], left: kept });
    this.outlines.clear();
    this.$("branches").hidden = !trees.length;
    this.$("branch-here").replaceChildren(...trees.map((tree) => {
      const button = this.make("button", `Cut the ${NAMES[tree]} here`, { type: "button", "data-tree": tree });
      button.addEventListener("click", () => this.cut(tree));
      return button;
    }));
    this.$("branch-wrong").textContent = "";
    this.show(null);
    if (kept.length) this.change(() => kept, "The cuts were not recalculated", front === "branches");
  }

  // Keep the cuts of the case shown, and whether the views show them.
  leave(front) {
    if (this.get) this.kept.set(this.id, { wish: this.left.length ? this.left : this.wish, front });
  }

  // The case is closed.
  forget(id) {
    this.kept.delete(id);
  }

  // Another case is shown: the cuts stay with this one.
  close() {
    this.leave(this.cuts.front);
    Object.assign(this, { get: null, wish: [] });
    this.outlines.clear();
    this.cuts.marks.lay("cut", []);
    this.paint();
    this.$("branches").hidden = true;
  }

  cut(tree) {
    const at_mm = this.cuts.mm(this.cuts.at).map(round);
    this.change((wish) => [...wish, { tree, at_mm }], `The ${NAMES[tree]} was not cut`, true);
  }

  // An answer was used: recalculate the cuts.
  again() {
    this.change((wish) => wish, "These numbers do not reflect the last answer entered");
  }

  // Changes are made one after another: each starts from answered cuts, and a refused change keeps them.
  // `chosen`: the views show them.
  change(make, failed, chosen = false) {
    const { $, get } = this;
    const work = () => (get === this.get ? this.take(make(this.wish), failed, chosen) : null);
    $("branches").setAttribute("aria-busy", "true");
    $("branch-wrong").textContent = "";
    const turn = this.turn.then(work, work)
      .finally(() => turn === this.turn && $("branches").removeAttribute("aria-busy"));
    this.turn = turn;
  }

  take(wish, failed, chosen) {
    return this.unless(failed, async (get) => {
      const answer = wish.length ? await (await get(`branch-cuts${asked(wish)}`)).json() : null;
      if (get !== this.get) return;
      Object.assign(this, { wish, left: [] });
      this.show(answer);
      if (chosen || !wish.length) this.cuts.bringFront(wish.length ? "branches" : "draft");
      this.paint();
    });
  }

  // The cuts that the views show; null if they show a draft cut, or if no branch is cut.
  get shown() {
    return this.cuts.front === "branches" && this.wish.length ? this.wish : null;
  }

  // Show in all views what these cuts affect, or no longer.
  paint() {
    this.cuts.draw();
    this.painted?.(this.shown);
  }

  // Liver without inflow and without outflow in a section, as [name, shape]; null if not shown.
  affected(view) {
    if (!this.shown || !view.held || !this.cuts.get) return null;
    const shapes = this.outlines.find(view, "branch-outlines", this.shown);
    return LOSSES.map((name) => [name, shapes?.[name]]);
  }

  save() {
    this.$("branch-wrong").textContent = "";
    return this.unless("Nothing was saved", async (get) => {
      const answer = await get(`branches/${FILE}${asked(this.wish)}`);
      await this.keep(answer);
    });
  }

  // Show a refusal, unless another case is shown meanwhile.
  async unless(failed, work) {
    const { get } = this;
    try {
      await work(get);
    } catch (wrong) {
      if (get !== this.get) return;
      if (!wrong.told) throw wrong;
      say(this.$("branch-wrong"), `${failed}: ${inWords(wrong.told)}`);
    }
  }

  show(answer) {
    const { $, into, make } = this;
    for (const id of ["branch-undo", "branch-save"]) $(id).disabled = !answer;
    const cuts = (answer?.cuts ?? []).map((one, n) => ({ ...one, name: `D${one.number}`, place: answer.taken_mm[n] }));
    this.cuts.marks.lay("cut", cuts.map(({ name, place }) => ({ name, places_mm: [place] })));
    $("branch-cuts").replaceChildren(...cuts.map((one) => {
      const way = this.places.way(one.name, this.cuts.voxelAt(one.place), `draft cut ${one.name}`);
      return into(make("li"), way, `: ${this.describeCut(one)}`);
    }));
    const lines = answer ? [...listSupply(answer)].map(([name, value, beside]) => {
      const shown = make("dd", value, beside ? { class: "strong" } : {});
      if (beside) into(shown, " ", make("span", beside, { class: "beside" }));
      return into(make("div"), make("dt", name), shown);
    }) : [];
    const notes = (answer?.notes ?? []).map((text) => make("p", text, { class: "small" }));
    $("branch-told").replaceChildren(...(lines.length ? [into(make("dl"), ...lines)] : []), ...notes);
  }

  describeCut({ tree, at_mm, snapped_mm, lost, doubtful, course_ml, other_ml }) {
    const name = NAMES[tree][0].toUpperCase() + NAMES[tree].slice(1);
    const where = snapped_mm > 0 ? `${snapped_mm.toFixed(1)} mm from` : "at";
    const volume = asRange(lost);
    const doubt = doubtful ? `; uncertain: ${describeMethods(asMl(course_ml), asMl(other_ml))}` : "";
    return `${name} cut ${where} ${this.cuts.describePlace(at_mm)}: ${volume} of the liver without ${LOSES[tree]}${doubt}`;
  }
}

const describeMethods = (course, section) => course === section
  ? `${course} by both methods`
  : `${course} from the course of the branch, ${section} from the cross-section at the cut`;
const asked = (wish) => `?cut=${encodeURIComponent(JSON.stringify(wish))}`;
