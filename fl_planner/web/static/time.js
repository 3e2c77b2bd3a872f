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
    $("time-form").addEventListener("submit", (event) => {
      event.preventDefault();
      ask.submit("earlier", { other: $("earlier").value }, $("time-wrong"), "Previous scan");
    });
  }

  // told: state of the case; held: all cases of this browser
  show(told, held) {
    const { $, make } = this;
    const others = held.map((one) => [one, `Case ${one.number}: ${one.called}`]).filter(([one]) => one.id !== this.desk.id && one.state === "ready");
    $("earlier").replaceChildren(new Option("select a case", ""), ...others.map(([one, words]) => new Option(words, one.id)));
    const changed = `?${told.steps.length}`; // a chart is redrawn after each step
    $("charts").replaceChildren(...told.charts.map((name) =>
      make("img", null, { src: `/cases/${this.desk.id}/charts/${name}${changed}`, alt: SAYS[name] })));
  }
}
