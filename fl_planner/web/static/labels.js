// What each label of a label map is: by its scheme, or named one by one, as in a case file.
import { asMl } from "/figures.js";

const NONE = ""; // not named: reported, not counted

export class LabelFields {
  // `page` is the form of the files; `named` are the structures chosen in it, by label.
  constructor(page) {
    Object.assign(this, { page, named: new Map(), found: [] });
  }

  // Show the labels of the files that are label maps; with a scheme, what it calls them.
  show(files) {
    const { $, checked } = this.page;
    const scheme = $("scheme").value;
    this.found = files.flatMap(({ labels }) => labels ?? []);
    $("labels-row").hidden = $("scheme-row").hidden || !this.found.length;
    const of = JSON.stringify([scheme, files.map(({ file }) => file)]);
    if ($("labels").dataset.of === of) return;
    $("labels").dataset.of = of;
    const [, , names, other] = checked.schemes.find(([name]) => name === scheme) ?? [];
    $("labels").querySelector("tbody").replaceChildren(...this.found.map((one) => this.row(one, names, other)));
  }

  row({ label, volume_ml }, names, other) {
    const { into, make } = this.page;
    const called = names ? make("td", names[label] ?? other) : into(make("td"), this.choice(String(label)));
    return into(make("tr"), make("th", String(label), { scope: "row" }), make("td", asMl(Number(volume_ml))), called);
  }

  choice(label) {
    const { checked, into, make } = this.page;
    const choice = into(make("select", null, { "aria-label": `Structure for label ${label}`, "data-label": label }), new Option("not named: not counted", NONE));
    for (const [group, some] of checked.structures) choice.append(into(make("optgroup", null, { label: group }), ...some.map(([value, words]) => new Option(words, value))));
    const named = this.named.get(label) ?? NONE;
    if (named && ![...choice.options].some(({ value }) => value === named)) choice.append(new Option(named, named)); // as in the case file
    choice.value = named;
    choice.addEventListener("input", () => {
      this.named.set(label, choice.value);
      this.page.ask_missing();
    });
    return choice;
  }

  // The structures by label; none with a scheme.
  get value() {
    const { $ } = this.page;
    if ($("labels-row").hidden || $("scheme").value) return {};
    const labels = this.found.map(({ label }) => String(label));
    return Object.fromEntries(labels.map((label) => [label, this.named.get(label) ?? NONE]).filter(([, named]) => named));
  }

  // Those of the case file, or those entered before files were added.
  set value(labels) {
    this.named = new Map(Object.entries(labels ?? {}));
    delete this.page.$("labels").dataset.of;
  }
}
