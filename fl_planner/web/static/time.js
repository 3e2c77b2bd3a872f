// A previous scan compared with the one shown: growth and function against their limits.

const SAYS = {
  "growth.svg": "Growth: the FLR on each scan, compared with the limits. The numbers are in the results.",
  "function.png": "Function: curves, and masks on the count image. The numbers are in the results.",
};

export class OverTime {
  constructor(page, ask) {
    Object.assign(this, page);
    this.desk = ask;
    const { $ } = this;
    $("chart-close").addEventListener("click", () => $("chart-view").close());
    $("time-form").addEventListener("submit", (event) => {
      event.preventDefault();
      ask.submit("earlier", { other: $("earlier").value }, $("time-wrong"), "Previous scan");
    });
  }

  // told: state of the case; held: all cases of this browser
  show(told, held) {
    const { $, into, make } = this;
    const others = held.map((one) => [one, `Case ${one.number}: ${one.called}`]).filter(([one]) => one.id !== this.desk.id && one.state === "ready");
    $("earlier").replaceChildren(new Option("select a case", ""), ...others.map(([one, words]) => new Option(words, one.id)));
    const changed = `?${told.steps.length}`; // a chart is redrawn after each step
    $("charts").replaceChildren(...told.charts.map((name) => {
      const attributes = { src: `/cases/${this.desk.id}/charts/${name}${changed}`, alt: SAYS[name] };
      const chart = make("button", null, { type: "button", title: "Enlarge this chart" });
      chart.addEventListener("click", () => {
        $("chart-large").replaceChildren(make("img", null, attributes));
        $("chart-view").showModal();
      });
      return into(chart, make("img", null, attributes));
    }));
  }
}
