// Dropped files: sent, checked, and assigned roles that the user confirms.
import { isDay, today } from "/ask.js";
import { firstOf, say } from "/dom.js";
import { asMl } from "/figures.js";
import { LabelFields } from "/labels.js";
import { Refused } from "/net.js";
import { OriginFields } from "/origin.js";
import { thumbnail } from "/thumbs.js";
import { unpackExports } from "/unpack.js";

const AT_ONCE = 40; // files per request
const MOST_BYTES = 2 ** 29; // per request, if there are several files
const NOT_USED = "";
const OWN_MATRIX = /^(maa_|region_)|^(dynamic|spect|lungs|lung_ct)$/; // roles on other grids than the masks of the CT
const FIELDS = { // of the form, by the name of the answer
  diagnosis: "diagnosis", id: "case-id", remnant_segments: "remnant", scheme: "scheme", plan: "plan-name", date: "scanned", as_of: "as-of",
  closed: "closed", closed_kind: "closed-kind", decay_corrected: "decay-corrected", validated_locally: "validated-locally",
  fasting_hours: "fasting-hours", height_cm: "height", weight_kg: "weight",
};
const NO_CASE_FILE = { reason: "a case file cannot be added to a case", remedy: "open it as another case" };
const NO_FILES = { reason: "nothing that was dropped contains a file", remedy: "drop files, or a folder that contains files" };
const GONE = { reason: "the file was moved, deleted or changed after it was selected", remedy: "select it again" };
const TWO_CASE_FILES = { reason: "several case files (.toml) were dropped together", remedy: "drop one case file with its files at a time" };
const PRIOR = "prior_embolisation"; // a fact
const SCHEME_UNCLEAR = "labels.which_scheme"; // a finding; it is settled by the choice of a scheme
const SCHEME = "the label scheme of the label map";
const MOST_NAMED = 9; // labels
const DRAWN = ["flr", "resected", "treated"]; // structures that state what remains
const BY_NAME = ["facts", "labels", "dose"]; // tables of answers
const OF_DOSE = ["treated", "maa_planar", "maa_spect"]; // roles with which a dose is asked for
const BOXES = { no_tumour: "no-tumour", registered: "registered" };
const CALLED = { exclude: "structure, such as cyst", vessel: "vessel, such as portal veins", plan_flr: "name of the plan", plan_resected: "name of the plan" };
// Show a part of the form, and go to its first control.
export function goToPart(part) {
  part.scrollIntoView({ block: "start" });
  const first = part.matches("select, input") ? part : part.querySelector("select, input");
  first?.focus({ preventScroll: true });
}

export class Drop {
  constructor(page) {
    Object.assign(this, page, { forms: new Map(), kept: new Map(), ended: new Set(), leaving: 0 }); // by case: its form, and what is entered in the next one; cases that are being closed, or were; clicks that ask for another case
    const { $, attempt } = this;
    for (const id of ["files-in", "folder-in"]) {
      $(id).addEventListener("change", () => {
        const files = inFolders([...$(id).files].map((file) => [file, foldersOf(file.webkitRelativePath)]), this.lacking);
        $(id).value = "";
        if (files.length) attempt(() => this.bring(files, this.target));
      });
    }
    for (const way of $("roles-ways").children) way.addEventListener("click", () => goToPart($(way.dataset.to)));
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      document.body.classList.add("over");
    });
    document.addEventListener("dragleave", () => document.body.classList.remove("over"));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      document.body.classList.remove("over");
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
      const loose = [...event.dataTransfer.files];
      const to = $("files-step").contains(event.target) ? this.target : null, { lacking } = this; // before folders are listed
      attempt(async () => this.bring(entries.length ? inFolders(await list(entries), lacking) : loose.map((file) => [file, "", ""]), to));
    });
  }

  // The case to which dropped files are added: that whose missing files (then with the name of its case
  // file), or whose roles, are shown; null if they are those of a new case, also of one just asked for.
  get target() {
    if (this.lacking) return this.case_file;
    return !this.$("roles").hidden && this.adds && !this.leaving ? { id: this.id } : null;
  }

  // Whether the shown case file lacks files.
  get lacking() {
    return !this.$("drop-missing").hidden && !this.leaving;
  }

  // A case file was dropped without its files: name them, and take them to the same case.
  async askFiles({ id, case_file, reason }) {
    const { $ } = this;
    await this.listCases();
    if (!this.isOpen(id)) return;
    this.case_file = { id, name: case_file };
    this.showOnly("drop");
    const [, ...listed] = reason.split(": "); // the files, after how many they are
    $("drop-title").textContent = "Add the files listed in the case file";
    const unusable = this.refused?.id === id ? this.refused.refused.map((one) => ` ${one.file} is not usable: ${one.reason}.`) : [];
    $("drop-missing").textContent = `${case_file} also requires ${listed.join(": ")}. Drop these files here, or choose them.${unusable.join("")}`;
    $("drop-missing").hidden = false;
    $("drop-new").hidden = $("sample").hidden = true;
    $("said").textContent = "Files listed in the case file are missing.";
  }

  // Files were added to a case file that lacked some: read it again.
  async complete({ id, name }) {
    await this.post(`/cases/${id}/plan`, { case_file: name });
    if (this.isOpen(id)) await this.follow(id);
  }

  // Whether the files of a planned case are shown.
  get shown() {
    return Boolean(this.editing) && !this.$("roles").hidden;
  }

  // Take dropped files; those of a case that is closed on this page meanwhile go with it, as does a new case.
  async bring(dropped, to) {
    const at = { id: to?.id };
    try {
      await this.take(dropped, to, at);
    } catch (wrong) {
      if (!this.ended.has(at.id)) throw wrong;
    }
  }

  // `to`: the case to which they are added, also if another one is shown meanwhile; `at` is told the case.
  async take(dropped, to, at) {
    if (!dropped.length) throw new Refused(NO_FILES, 422);
    const answers = to && !to.name ? this.answers() : null, over = this.noteChoice();
    let files = await unpackExports(dropped).catch(async (wrong) => {
      throw await explain(wrong, dropped.map(([file]) => file));
    });
    const listed = files.filter(([file]) => isCaseFile(file)).map(([file]) => file.name);
    if (listed.length > 1) throw new Refused({ file: listed.join(", "), ...TWO_CASE_FILES }, 422); // of which case would the masks be?
    if (to?.name && files.some(([file]) => isCaseFile(file))) to = null; // a case file with its files
    const id = at.id = to ? to.id : (await (await this.post("/cases")).json()).id;
    if (!over()) this.$("said").textContent = files.length === 1 ? "Reading 1 file." : `Reading ${files.length} files.`;
    const refused = [];
    if (to) {
      const isCase = ([file]) => isCaseFile(file);
      refused.push(...files.filter(isCase).map(([file]) => ({ file: file.name, ...NO_CASE_FILE })));
      files = files.filter((one) => !isCase(one));
    }
    for (const [folder, some, path] of inRequests(files)) {
      try {
        refused.push(...(await (await this.post(`/cases/${id}/files`, folder ? { folder, path } : {}, some)).json()));
      } catch (failed) {
        const wrong = failed.status ? failed : await explain(failed, some);
        this.$("said").textContent = "";
        if (!to && wrong.status) await this.post(`/cases/${id}/close`); // no case begins with a part of its files
        if (some.length === 1 && wrong.told) wrong.told.file ||= some[0].name;
        throw wrong;
      }
    }
    if (!to && files.length && refused.length === files.length) { // no case begins with these files
      await this.post(`/cases/${id}/close`);
      this.$("said").textContent = "";
      await this.listCases();
      throw new Refused(refused[0], 422);
    }
    const before = this.refused?.id === id ? this.refused.refused : [];
    this.refused = { id, refused: [...before, ...refused] };
    if (to) return to.name ? this.complete(to) : this.again(id, answers);
    const cases = files.filter(([file, folder]) => !folder && isCaseFile(file));
    if (cases.length === 1) await this.post(`/cases/${id}/plan`, { case_file: cases[0][0].name });
    else await this.post(`/cases/${id}/check`);
    if (this.ended.has(id)) return;
    if (!over() || this.isOpen(id)) await this.follow(id);
    else await this.listCases(); // another case was selected meanwhile: it stays, and this one has a tab
  }

  // Files were added: check all, and show the form with what was entered in it, also meanwhile.
  async again(id, answers) {
    await this.post(`/cases/${id}/check`);
    const form = this.forms.get(id); // without an entry it is as it was filled
    if (form) this.anew(id, this.entered(id, form.entered ?? (form.filled ? JSON.parse(form.filled) : answers)));
    if (this.editing) await this.showRoles(id);
    else if (this.isOpen(id)) await this.follow(id);
  }

  // Show the files of a planned case, so that roles and facts can be changed.
  async edit(id) {
    const version = this.version(), form = this.forms.get(id);
    this.editing = true;
    const { checked } = this.dossier();
    this.$("said").textContent = `The files are being ${checked ? "loaded" : "checked"}.`;
    if (!checked) { // opened from a case file
      await this.post(`/cases/${id}/check`);
    }
    if (form && form.version !== version) this.anew(id, form.entered && this.entered(id, form.entered)); // changed since, or undone
    await this.showRoles(id);
    Object.assign(this.forms.get(id) ?? {}, { version });
  }

  // Answers that were entered in the form of a case, and those with which it was filled from its case
  // file; `before` is a method of every element, so these have another name.
  entered(id, answers) {
    const { filled } = this.forms.get(id);
    return { answers, before: filled && JSON.parse(filled) };
  }

  // Fill the form of a case anew, with what was entered in it.
  anew(id, kept) {
    this.forget(id);
    this.kept.set(id, kept);
  }

  // Each case has a separate form, empty at first: data of patients are never mixed.
  // False if the files were not checked, or another case was selected meanwhile.
  async showRoles(id) {
    let checked, held;
    try {
      checked = await (await this.ask(`/cases/${id}/check`)).json();
      held = await this.listCases();
    } catch {
      return false;
    }
    if (!this.isOpen(id)) return false;
    if (this.editing && this.steps.chosen !== "files") return false; // another step was chosen meanwhile
    const { $ } = this;
    const adds = held.find((one) => one.id === id)?.dropped; // files elsewhere have no folder for more
    Object.assign(this, { id, checked, adds });
    const begun = this.forms.get(id);
    if (!begun) this.forms.set(id, $("roles-blank").content.firstElementChild.cloneNode(true));
    this.labels = this.forms.get(id).labels ??= new LabelFields(this);
    $("roles-form")?.remove();
    $("roles").append(this.forms.get(id));
    if (!begun) this.fill(checked.given, this.kept.get(id));
    this.kept.delete(id);
    this.ask_missing();
    const first = !this.editing && checked.told.files.some(({ status }) => status !== "refused"); // its sections follow
    this.showOnly(...(this.editing ? ["case"] : []), ...(adds ? ["drop"] : []), "roles", ...(first ? ["case"] : []));
    $("roles-elsewhere").hidden = adds;
    this.steps.turn("files");
    $("confirm").textContent = this.editing ? "Plan again with these files and facts" : "Confirm these roles and make the plan";
    const unsent = this.isEdited(id) ? " Entries that were not sent are kept." : "";
    $("said").textContent = this.editing ? `Files, roles and facts can be changed.${unsent}` : "Select the role of each file.";
    if (!this.editing) this.showFirst(id);
    return true;
  }

  // Fill a form with the files of its case, with what is `given` in its case file, and with what was
  // entered (`kept`) before files were added.
  fill(given, kept) {
    const { $, id, checked } = this;
    $("roles-form").addEventListener("input", ({ currentTarget }) => {
      const now = this.answers();
      currentTarget.entered = JSON.stringify(now) === currentTarget.filled ? null : now; // or taken back
    });
    $("roles-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.attempt(() => this.plan());
    });
    for (const one of ["height", "weight", "diagnosis", "decay-corrected", "scheme", "no-tumour", "remnant", "scanned", "closed", "closed-kind"]) {
      $(one).addEventListener("input", () => this.ask_missing());
    }
    $("facts").append(...checked.facts.map(([name, words]) => {
      const choice = this.make("select", null, { "data-fact": name });
      choice.append(new Option("not known", ""), new Option("yes", "yes"), new Option("no", "no"));
      return this.into(this.make("label", `${words} `), choice);
    }));
    $("dose-row").append(...checked.dose.map(([name, words, choices, shape]) => {
      const field = choices.length ? withChoices(this.make("select", null, { "data-dose": name }), choices)
        : this.make("input", null, { "data-dose": name, autocomplete: "off",
          ...(shape ? { size: String(shape.length), placeholder: shape, title: shape } : { inputmode: "decimal", size: "6" }) });
      field.addEventListener("input", () => this.ask_missing());
      return this.into(this.make("label", `${words} `), field);
    }));
    $("as-of").value = checked.as_of || today(); // proposed
    const before = this.refused?.id === id ? this.refused.refused : [];
    const told = [...checked.told.files, ...before.map((refusal) => ({ file: refusal.file, status: "refused", refusal }))];
    $("files-told").replaceChildren(...told.map((one) => this.row(one)));
    this.listSchemes();
    if (given) this.take_given(given, kept);
    if (!kept) return;
    const now = this.entered(id).before, { answers } = kept;
    this.restore(now && kept.before ? overlay(now, kept.before, answers) : answers);
    this.ask_missing();
    this.forms.get(id).entered = this.answers();
  }

  // Label schemes, with their names of the labels of this file; those that define them all first.
  listSchemes() {
    const { $, into, make } = this;
    const maps = new Set(this.chosen().filter(({ role }) => role === "labelmap").map(({ file }) => file));
    const named = this.checked.told.files.filter(({ file, labels }) => maps.has(file) && labels);
    const present = [...new Set(named.flatMap(({ labels }) => labels.map(({ label }) => String(label))))];
    const told = present.join(" ");
    if ($("scheme").dataset.labels === told) return;
    const kept = $("scheme").value;
    const options = this.checked.schemes.map(([name, title, labels]) => {
      const fits = present.length > 0 && present.every((one) => labels[one]);
      const segments = present.every((one) => labels[one]?.startsWith("segment "));
      const names = present.slice(0, MOST_NAMED).map((one) => `${one} = ${labels[one]}`).join(", ");
      const more = present.length > MOST_NAMED ? " ..." : "";
      const option = new Option(`${name.replaceAll("_", " ")}: ${title}${fits && !segments ? `; here ${names}${more}` : ""}`, name);
      return [fits, option];
    });
    const group = (label, fits) => {
      const some = options.filter(([one]) => one === fits).map(([, option]) => option);
      return some.length ? [into(make("optgroup", null, { label }), ...some)] : [];
    };
    $("scheme").replaceChildren(new Option("select a scheme, or name each label", ""), ...group("Schemes that define all labels of this file", true), ...group(present.length ? "Other schemes" : "Schemes", false));
    $("scheme").value = kept;
    $("scheme").dataset.labels = told;
  }

  // Enter what is given in the case file. The form is then as it was shown: only what is changed
  // from there on is changed in the case file. A file that it does not use has no role, unless it
  // was added just now.
  take_given(given, kept) {
    const unused = this.choices().filter(({ dataset }) => !given.files.includes(dataset.file));
    const suggested = unused.map((choice) => choice.value);
    for (const choice of unused) choice.value = NOT_USED;
    this.restore(given);
    this.ask_missing();
    this.forms.get(this.id).filled = JSON.stringify(this.answers());
    for (const [n, choice] of unused.entries()) {
      if (kept && !kept.answers.files.includes(choice.dataset.file)) choice.value = suggested[n];
    }
  }

  // Enter what was given before; files added since keep their suggested roles.
  restore(given) {
    const { $ } = this;
    for (const choice of this.choices()) {
      const { file } = choice.dataset;
      if (!given.files?.includes(file)) continue;
      const one = given.roles.find((each) => each.file === file);
      choice.value = one?.role ?? NOT_USED;
      choice.parentElement.querySelector("[data-named]").value = one?.name ?? "";
      this.origins().get(file).value = one?.origin;
    }
    for (const [key, id] of Object.entries(FIELDS)) $(id).value = given[key] ?? "";
    for (const [key, id] of Object.entries(BOXES)) $(id).checked = given[key] === true;
    this.labels.value = given.labels;
    for (const one of $("facts").querySelectorAll("select")) one.value = given.facts?.[one.dataset.fact] ?? "";
    for (const one of this.doseFields()) one.value = given.dose?.[one.dataset.dose] ?? "";
  }

  // Whether something was entered in the form of a case since it was planned.
  isEdited(id) {
    return Boolean(this.forms.get(id)?.entered ?? this.kept.get(id));
  }

  // Whether something was entered in the form of any open case.
  get holdsEntries() {
    return [...this.forms.keys(), ...this.kept.keys()].some((id) => this.isEdited(id));
  }

  // The entries that were sent are those of the case now; what was entered meanwhile is kept.
  sent(id) {
    const form = this.forms.get(id);
    if (form && (!form.entered || JSON.stringify(form.entered) === form.sending)) delete form.entered;
  }

  // Remove the form of a case.
  forget(id) {
    this.forms.get(id)?.remove();
    this.forms.delete(id);
    this.kept.delete(id);
  }

  row(one) {
    const { make, into } = this;
    const row = into(make("tr"), make("th", one.file, { scope: "row" }));
    const nuclear = this.checked.nuclear[one.file];
    const plain = this.checked.plain[this.checked.told.files.indexOf(one)] ?? one; // in the words of the page
    if (one.status === "refused" && !nuclear) {
      return into(row, make("td", `not usable: ${plain.refusal.reason}`, { class: "refused" }), make("td", "not used"),
        make("td", plain.refusal.remedy));
    }
    if (nuclear) return into(row, make("td", `not a mask: ${plain.refusal.reason}`), this.role(one, nuclear), make("td"));
    const labels = (one.labels ?? []).map((label) => `${label.name ?? label.label}: ${asMl(Number(label.volume_ml))}`);
    const shown = labels.length > 6 ? [...labels.slice(0, 6), `and ${labels.length - 6} more`] : labels;
    if (one.kind !== "image") row.firstChild.append(thumbnail(this.ask, this.id, one.file));
    const what = into(make("td", `${one.kind}, ${one.geometry.words}`), make("span", shown.join("; "), { class: "beside" }));
    return into(row, what, this.role(one), into(make("td"), ...plain.findings.map((each) =>
      make("p", `${each.severity.toUpperCase()}: ${each.message}`, { "data-code": each.code }))));
  }

  // The role of a file, and its name where the role requires one; `may` lists the possible roles.
  role(one, may) {
    const { make, into } = this;
    const proposed = this.checked.proposed[one.file];
    const choice = into(make("select", null, { "aria-label": `Role of ${one.file}`, "data-file": one.file }), new Option("not used", NOT_USED));
    for (const [group, roles] of this.checked.roles) {
      const kept = roles.filter(([role]) => !may || may.includes(role)).map(([role, words]) => new Option(words, role));
      if (kept.length) choice.append(...(group ? [into(make("optgroup", null, { label: group }), ...kept)] : kept));
    }
    choice.value = proposed?.role ?? NOT_USED;
    const named = make("input", null, { "aria-label": `Name: ${one.file}`, "data-named": one.file, maxlength: "60", autocomplete: "off" });
    named.value = proposed?.name ?? "";
    for (const each of [choice, named]) each.addEventListener("input", () => this.ask_missing());
    const why = proposed ? make("span", `suggested ${proposed.why}`, { class: "beside" }) : null;
    const origin = new OriginFields(this, one.file);
    origin.box.addEventListener("input", () => this.ask_missing());
    this.origins().set(one.file, origin);
    return into(make("td"), choice, named, origin.box, why);
  }

  // The roles in the form, and the origins of its masks by file.
  choices() {
    return [...this.$("files-told").querySelectorAll("select[data-file]")];
  }

  doseFields() {
    return [...this.$("dose-row").querySelectorAll("[data-dose]")];
  }

  origins() {
    const form = this.forms.get(this.id);
    form.origins ??= new Map();
    return form.origins;
  }

  chosen() {
    return this.choices().filter((choice) => choice.value).map((choice) => {
      const { file } = choice.dataset;
      const named = choice.parentElement.querySelector("[data-named]");
      const origin = this.origins().get(file).value;
      return { file, role: choice.value, name: CALLED[choice.value] ? named.value.trim() : "", ...(origin && { origin }) };
    });
  }

  ask_missing() {
    const { $ } = this;
    for (const choice of this.choices()) {
      const named = choice.parentElement.querySelector("[data-named]");
      named.hidden = !CALLED[choice.value];
      named.placeholder = CALLED[choice.value] ?? "";
      this.origins().get(choice.dataset.file).show(this.checked.of_masks.includes(choice.value));
    }
    const chosen = this.chosen();
    const inMaps = chosen.flatMap(({ file, role }) => (role === "labelmap" && this.checked.named[file]) || []);
    const roles = new Set([...chosen.map(({ role }) => role), ...inMaps]); // also those of named segments
    const any = (...some) => some.some((role) => roles.has(role));
    $("no-tumour-row").hidden = roles.has("tumour");
    // a segmentation contains the names of its parts
    const numbered = chosen.some(({ file, role }) => role === "labelmap" && this.kindOf(file) !== "segmentation");
    $("scheme-row").hidden = !numbered;
    this.listSchemes();
    const maps = new Set(chosen.filter(({ role }) => role === "labelmap").map(({ file }) => file));
    this.labels.show(this.checked.told.files.filter(({ file, kind }) => maps.has(file) && kind !== "segmentation"));
    const own = Object.values(this.labels.value);
    const entered = this.doseFields().some((one) => one.value); // it stays in sight
    $("dose-row").hidden = !(any(...OF_DOSE) || own.includes("treated") || $("diagnosis").value === "hcc" || entered);
    $("scheme").required = numbered && !own.length;
    for (const choice of this.choices()) {
      const settled = choice.value === "labelmap" && (Boolean($("scheme").value) || own.length > 0);
      for (const one of choice.closest("tr").querySelectorAll(`[data-code="${SCHEME_UNCLEAR}"]`)) one.hidden = settled;
    }
    $("segments-row").hidden = !roles.has("labelmap") || any("flr", "resected");
    $("plan-row").hidden = !any("plan_flr", "plan_resected");
    $("registered-row").hidden = !any("spect", "maa_spect");
    $("study-row").hidden = !any("dynamic", "curves", "spect");
    $("decay-row").hidden = !any("dynamic", "curves");
    const apart = new Set(chosen.filter(({ role }) => OWN_MATRIX.test(role)).map(({ file }) => file));
    const misfits = this.checked.told.misfits.map((one, n) => [one, this.checked.misfits[n]]);
    $("misfits").replaceChildren(...misfits.filter(([{ file, other }]) => !apart.has(file) && !apart.has(other)).map(([one, why]) =>
      this.make("p", `${one.file} does not match ${one.other}: ${why}`, { class: "loud" })));
    this.askPrior();
    const missing = [], later = []; // without the latter the case is planned
    if (!any("liver", "labelmap")) missing.push("the liver");
    const [, , defined] = this.checked.schemes.find(([name]) => name === $("scheme").value) ?? [];
    const present = ($("scheme").dataset.labels ?? "").split(" ");
    const mayHoldTumour = numbered && !own.length && (!defined || present.some((one) => defined[one] === "tumour"));
    if (!any("tumour") && !own.includes("tumour") && !mayHoldTumour && !$("no-tumour").checked) later.push("a tumour mask, or “No tumour”");
    const schemeless = numbered && !$("scheme").value && !own.length;
    $("scheme").setAttribute("aria-invalid", String(schemeless));
    if (schemeless) missing.push(SCHEME);
    const bySegments = !$("segments-row").hidden && $("remnant").value.trim();
    if (!bySegments && !this.checked.given?.cut && !any("flr", "resected", "treated") && !own.some((one) => DRAWN.includes(one))) later.push("the FLR, the resected part or the treated area");
    if (any("curves") && !$("decay-corrected").value) missing.push("whether the counts are decay-corrected");
    if (any("dynamic") && !(any("region_liver") && any("region_heart"))) missing.push("the liver and heart regions");
    if (any("dynamic", "curves") && !($("height").value && $("weight").value)) missing.push("height and weight");
    if (any("maa_spect") && !any("lungs")) missing.push("the lungs on the MAA SPECT");
    else if (any("lung_ct") && !any("lungs")) missing.push("the lungs on their CT");
    for (const one of chosen) if (["exclude", "vessel"].includes(one.role) && !one.name) missing.push(`the name of the structure in ${one.file}`);
    for (const { file } of chosen) if (this.origins().get(file).missing) missing.push(`${this.origins().get(file).missing} ${file}`);
    if ($("closed-kind").value && !$("closed").value) missing.push("the embolisation date");
    if ($("closed").value && !$("closed-kind").value) missing.push("the kind of embolisation");
    this.tellMissing(missing);
    const unused = this.choices().filter((one) => !one.value).map((one) => one.dataset.file);
    $("missing-later").textContent = [
      later.length ? `Not given: ${later.join("; ")}. The case can be planned without this information, and a cut can be drafted.` : "",
      unused.length ? `Not used, because no role was selected: ${firstOf(unused)}.` : "",
    ].filter(Boolean).join(" ");
  }

  // Name what is missing; the scheme by a button that leads to its field, which may be out of sight.
  tellMissing(missing) {
    const { $, make } = this;
    $("missing").replaceChildren(...missing.flatMap((words, n) => {
      const before = n ? "; " : "Missing: ";
      if (words !== SCHEME) return [before, words];
      const to = make("button", words, { type: "button", class: "place" });
      to.addEventListener("click", () => {
        $("scheme").scrollIntoView({ block: "center" });
        $("scheme").focus();
      });
      return [before, to];
    }), missing.length ? "." : "");
  }

  // Whether there was an embolisation before this scan is not asked where its kind and both dates
  // state it.
  askPrior() {
    const { $ } = this;
    const [scanned, closed, kind] = ["scanned", "closed", "closed-kind"].map((id) => $(id).value);
    const prior = $("facts").querySelector(`[data-fact="${PRIOR}"]`);
    const dated = isDay(scanned) && isDay(closed) && kind;
    prior.parentElement.hidden = Boolean(dated && closed <= scanned && kind !== "Y90" && !prior.value);
    const follows = closed <= scanned ? `${kind} before, or on the day of, this scan` : `${kind} after this scan: the scan is a baseline and shows the liver before ${kind}`;
    say($("prior-told"), dated ? `From the dates: ${follows}.` : "");
  }

  kindOf(file) {
    return this.checked.told.files.find((one) => one.file === file)?.kind;
  }

  // Answers about a study apply only where they are requested.
  study(row, id) {
    return this.$(row).hidden || this.$("study-row").hidden ? "" : this.$(id).value;
  }

  // What was entered in the form; fields that are not asked for are empty.
  answers() {
    const { $ } = this;
    const facts = Object.fromEntries([...$("facts").querySelectorAll("select")].map((one) => [one.dataset.fact, one.value]));
    return {
      files: this.choices().map((one) => one.dataset.file),
      roles: this.chosen(), facts, diagnosis: $("diagnosis").value, id: $("case-id").value,
      no_tumour: !$("no-tumour-row").hidden && $("no-tumour").checked,
      remnant_segments: $("segments-row").hidden ? "" : $("remnant").value,
      scheme: $("scheme-row").hidden ? "" : $("scheme").value, labels: this.labels.value, plan: $("plan-row").hidden ? "" : $("plan-name").value,
      date: $("scanned").value, as_of: $("as-of").value, closed: $("closed").value, closed_kind: $("closed-kind").value,
      registered: !$("registered-row").hidden && $("registered").checked,
      decay_corrected: this.study("decay-row", "decay-corrected"), validated_locally: this.study("study-row", "validated-locally"),
      fasting_hours: this.study("study-row", "fasting-hours"),
      height_cm: $("height").value, weight_kg: $("weight").value,
      dose: Object.fromEntries(this.doseFields().map((one) => [one.dataset.dose, one.value])),
    };
  }

  async plan() {
    const { id } = this;
    const answers = this.forms.get(id).sending = JSON.stringify(this.answers());
    if (this.editing) await this.change({ answers, before: this.forms.get(id).filled }, this.$("roles-wrong"));
    else {
      await this.post(`/cases/${id}/plan`, { answers });
      this.sent(id);
      await this.follow(id);
    }
  }
}

function withChoices(select, choices) {
  select.append(new Option("not stated", ""), ...choices.map(([value, words]) => new Option(words, value)));
  return select;
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// A table with the entries that were changed from `before`.
function lay(now, before, changed) {
  const names = Object.keys({ ...now, ...changed });
  return Object.fromEntries(names.map((name) => [name, same(before[name], changed[name]) ? now[name] : changed[name]]));
}

// The answers of a form filled `now`, with what was changed in it when it was filled with `before`.
function overlay(now, before, changed) {
  const byFile = ({ roles }) => Object.fromEntries(roles.map((one) => [one.file, one]));
  const tables = BY_NAME.map((name) => [name, lay(now[name], before[name], changed[name])]);
  const roles = Object.values(lay(...[now, before, changed].map(byFile))).filter(Boolean);
  return { ...lay(now, before, changed), ...Object.fromEntries(tables), roles, files: changed.files };
}

// Why files could not be read or sent: one that is no longer there is no lost connection.
async function explain(wrong, files) {
  for (const file of files) {
    try {
      const reader = file.stream().getReader(); // an empty part of a file is read even where it is gone
      await reader.read();
      await reader.cancel();
    } catch {
      return new Refused({ file: file.name, ...GONE }, 422);
    }
  }
  return wrong;
}

const foldersOf = (path) => (path ?? "").split("/").slice(0, -1);

const isCaseFile = (file) => file.name.toLowerCase().endsWith(".toml");

// The outermost folder of each file, given all of its folders. A folder that contains a case file is
// that of a case: its files are taken as if they had been dropped themselves, with the `whole` path by
// which the case file names them. So are files that a case file lacks.
function inFolders(files, whole) {
  const cases = files.filter(([file]) => isCaseFile(file)).map(([, path]) => path);
  return files.map(([file, path]) => {
    const within = cases.find((own) => own.every((name, n) => path[n] === name)) ?? (whole && []);
    return [file, within ? path.slice(within.length).join("/") : path[0] ?? "", path.join("/")];
  });
}

// Files as they are sent: of one folder with its whole path, few at a time, and no more bytes than a
// request may have.
export function inRequests(files) {
  const requests = [];
  let bytes = 0;
  const inOrder = ([, one, ofOne = ""], [, other, ofOther = ""]) => one.localeCompare(other) || ofOne.localeCompare(ofOther);
  for (const [file, folder, path] of [...files].sort(inOrder)) {
    const [before, some, at] = requests.at(-1) ?? [];
    bytes += file.size;
    if (before === folder && at === path && some.length < AT_ONCE && bytes <= MOST_BYTES) some.push(file);
    else {
      requests.push([folder, [file], path]);
      bytes = file.size;
    }
  }
  return requests;
}

async function list(entries, path = []) {
  const found = [];
  for (const entry of entries) {
    if (entry.isFile) found.push([await new Promise((done, failed) => entry.file(done, failed)), path]);
    else {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((done, failed) => reader.readEntries(done, failed));
        if (!some.length) break;
        found.push(...(await list(some, [...path, entry.name])));
      }
    }
  }
  return found;
}
