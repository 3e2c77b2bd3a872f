// An earlier scan set beside the one that is shown: growth and function against their limits.

const SAYS = {
  "growth.svg": "Growth: the remnant of each scan against its limits. Its numbers stand in the answer.",
  "function.png": "Function: curves and masks on the counts. Its numbers stand in the answer.",
};

export class OverTime {
  constructor(page, ask) {
    Object.assign(this, page);
    this.desk = ask;
    const { $ } = this;
    $("time-form").addEventListener("submit", (event) => {
      event.preventDefault();
      ask.say("earlier", { other: $("earlier").value }, $("time-wrong"), "The earlier scan");
    });
  }

  // told: what the server said of the case; held: every case of this browser
  show(told, held) {
    const { $, make } = this;
    const others = held.map((one, n) => [one, `Case ${n + 1}`]).filter(([one]) => one.id !== this.desk.id && one.state === "ready");
    $("earlier").replaceChildren(new Option("choose a case", ""), ...others.map(([one, words]) => new Option(words, one.id)));
    const changed = `?${told.steps.length}`; // a chart is drawn anew after each step
    $("charts").replaceChildren(...told.charts.map((name) =>
      make("img", null, { src: `/cases/${this.desk.id}/charts/${name}${changed}`, alt: SAYS[name] })));
  }
}
