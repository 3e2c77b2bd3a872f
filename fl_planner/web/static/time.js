// A previous scan compared with the one shown: growth and function against their limits.

const SAYS = {
  "growth.svg": "Growth: the FLR on each scan, compared with the limits. The numbers are in the results.",
  "function.png": "Function: curves, and masks on the count image. The numbers are in the results.",
};

export class OverTime {
  constructor(page, ask) {
    Object.assign(this, page);
    this.desk = ask;
    this.chosen = new Map(); // previous scan by case
    const { $ } = this;
    $("chart-close").addEventListener("click", () => $("chart-view").close());
    $("earlier").addEventListener("input", () => this.chosen.set(this.desk.id, $("earlier").value));
    $("time-form").addEventListener("submit", (event) => {
      event.preventDefault();
      ask.submit("earlier", { other: $("earlier").value }, $("time-wrong"), "Previous scan");
    });
  }

  // The case is closed.
  forget(id) {
    this.chosen.delete(id);
  }

  // told: state of the case; held: all cases of this browser
  show(told, held) {
    const { $, make } = this;
    const others = held.map((one) => [one, `Case ${one.number}: ${one.called}`]).filter(([one]) => one.id !== this.desk.id && one.state === "ready");
    $("earlier").replaceChildren(new Option("select a case", ""), ...others.map(([one, words]) => new Option(words, one.id)));
    const chosen = this.chosen.get(this.desk.id); // unless that case was closed
    if (others.some(([one]) => one.id === chosen)) $("earlier").value = chosen;
    const changed = `?${this.version()}`; // a chart is redrawn with all results
    $("charts").replaceChildren(...told.charts.map((name) => {
      const attributes = { src: `/cases/${this.desk.id}/charts/${name}${changed}`, alt: SAYS[name], loading: "lazy" };
      const chart = make("button", null, { type: "button", title: "Enlarge this chart" });
      chart.addEventListener("click", () => {
        $("chart-large").replaceChildren();
        this.draw($("chart-large"), attributes);
        $("chart-view").showModal();
      });
      return this.draw(chart, attributes);
    }));
  }

  // A chart in a box, and words in its place until it is drawn.
  draw(box, attributes) {
    const picture = this.make("img", null, attributes), waits = this.make("span", "The chart is being drawn.", { class: "small" });
    for (const ends of ["load", "error"]) picture.addEventListener(ends, () => waits.remove());
    return this.into(box, waits, picture);
  }
}
