// How a mask was made: the fields of its row in the table of files. Its words are those of a case
// file; program and version belong to a program, the error of the surface to a carried mask.

const METHODS = [
  ["", "not stated"], ["manual", "drawn manually"], ["semi-automatic", "semi-automatic"], ["automatic", "automatic"],
  ["carried", "carried over from another scan"], ["unknown", "unknown"],
];
const BY_PROGRAM = ["semi-automatic", "automatic"];
const FIELDS = { program: "Program", version: "Version", error_mm: "Surface error, mm" };

export class OriginFields {
  constructor({ make, into }, file, given = {}) {
    this.method = make("select", null, { "aria-label": `Origin of ${file}`, "data-origin": file });
    this.method.append(...METHODS.map(([value, words]) => new Option(words, value)));
    this.inputs = {};
    this.box = into(make("div", null, { class: "origin" }), into(make("label", "Origin "), this.method));
    for (const [key, words] of Object.entries(FIELDS)) {
      const input = make("input", null, { "aria-label": `${words}: ${file}`, maxlength: "64", autocomplete: "off" });
      if (key === "error_mm") input.inputMode = "decimal";
      this.inputs[key] = input;
      into(this.box, into(make("label", `${words} `), input));
    }
    this.method.addEventListener("input", () => this.show(true));
    this.value = given;
    this.show(true);
  }

  // Fields apply only to a mask, and each only to its methods.
  show(ofMask) {
    this.box.hidden = !ofMask;
    const { value } = this.method;
    for (const [key, input] of Object.entries(this.inputs)) {
      input.parentElement.hidden = key === "error_mm" ? value !== "carried" : !BY_PROGRAM.includes(value);
    }
  }

  get value() {
    const shown = Object.entries(this.inputs).filter(([, input]) => !input.parentElement.hidden && input.value.trim());
    if (this.box.hidden || !this.method.value) return undefined;
    return { method: this.method.value, ...Object.fromEntries(shown.map(([key, input]) => [key, input.value.trim()])) };
  }

  set value(given) {
    this.method.value = given?.method ?? "";
    for (const [key, input] of Object.entries(this.inputs)) input.value = given?.[key] ?? "";
    this.show(!this.box.hidden);
  }

  // What is missing from the statement; empty if nothing is.
  get missing() {
    return this.value?.method === "carried" && !this.value.error_mm ? "the surface error of the carried-over mask in" : "";
  }
}
