// Files that are dropped: sent, told what each of them is, and given roles that a person confirms.

const AT_ONCE = 40; // files a request
const NOT_USED = "";
const ROLES = [
  [NOT_USED, "not used"], ["liver", "liver"], ["tumour", "tumour"], ["flr", "FLR"], ["resected", "part to be removed"],
  ["treated", "treated area"], ["labelmap", "label map"], ["spleen", "spleen"], ["ct", "CT"],
];
const FACTS = [
  ["chemo_damage", "Damage by chemotherapy"], ["liver_disease", "Other liver disease"], ["cirrhosis", "Cirrhosis"],
  ["portal_hypertension", "Significant portal hypertension"], ["prior_embolisation", "Embolised before this scan"],
];

export class Drop {
  constructor(page) {
    Object.assign(this, page);
    const { $, attempt } = this;
    for (const id of ["files-in", "folder-in"]) {
      $(id).addEventListener("change", () => {
        const files = [...$(id).files].map((file) => [file, folderOf(file.webkitRelativePath)]);
        $(id).value = "";
        if (files.length) attempt(() => this.take(files));
      });
    }
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
      attempt(async () => this.take(entries.length ? await list(entries) : loose.map((file) => [file, ""])));
    });
    $("roles-form").addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(() => this.plan());
    });
    $("facts").append(...FACTS.map(([name, words]) => {
      const choice = this.make("select", null, { "data-fact": name });
      choice.append(new Option("not known", ""), new Option("yes", "yes"), new Option("no", "no"));
      return this.into(this.make("label", `${words} `), choice);
    }));
  }

  async take(files) {
    if (!files.length) return;
    const { id } = await (await this.post("/cases")).json();
    this.$("said").textContent = `${files.length} files are being read.`;
    const refused = [];
    const folders = Map.groupBy ? Map.groupBy(files, ([, folder]) => folder) : grouped(files);
    for (const [folder, those] of folders) {
      for (let n = 0; n < those.length; n += AT_ONCE) {
        const some = those.slice(n, n + AT_ONCE).map(([file]) => file);
        refused.push(...(await (await this.post(`/cases/${id}/files`, folder ? { folder } : {}, some)).json()));
      }
    }
    this.refused = { id, refused };
    const cases = files.filter(([file, folder]) => !folder && file.name.toLowerCase().endsWith(".toml"));
    if (cases.length === 1) await this.post(`/cases/${id}/plan`, { case_file: cases[0][0].name });
    else await this.post(`/cases/${id}/check`);
    await this.follow(id);
  }

  // false where the files were not looked at
  async showRoles(id) {
    let checked;
    try {
      checked = await (await this.ask(`/cases/${id}/check`)).json();
    } catch {
      return false;
    }
    Object.assign(this, { id, checked });
    const { $, make } = this;
    this.showOnly("roles");
    $("said").textContent = "Say what each file is.";
    const before = this.refused?.id === id ? this.refused.refused : [];
    const told = [...checked.told.files, ...before.map((refusal) => ({ file: refusal.file, status: "refused", refusal }))];
    $("files-told").replaceChildren(...told.map((one) => this.row(one)));
    $("misfits").replaceChildren(...checked.told.misfits.map((one) =>
      make("p", `${one.file} does not fit ${one.other}: ${one.reason}`, { class: "loud" })));
    $("scheme").replaceChildren(...checked.schemes.map((name) => new Option(name.replaceAll("_", " "), name)));
    this.ask_missing();
    return true;
  }

  row(one) {
    const { make, into } = this;
    const row = into(make("tr"), make("th", one.file, { scope: "row" }));
    if (one.status === "refused") {
      return into(row, make("td", `not usable: ${one.refusal.reason}`, { class: "refused" }), make("td", "not used"),
        make("td", one.refusal.remedy));
    }
    const labels = (one.labels ?? []).map((label) => `${label.name ?? label.label}: ${Number(label.volume_ml).toPrecision(4)} mL`);
    const shown = labels.length > 6 ? [...labels.slice(0, 6), `and ${labels.length - 6} more`] : labels;
    const what = into(make("td", `${one.kind}, ${one.geometry.words}`), make("span", shown.join("; "), { class: "beside" }));
    const proposed = this.checked.proposed[one.file];
    const choice = make("select", null, { "aria-label": `Role of ${one.file}`, "data-file": one.file });
    choice.append(...ROLES.map(([role, words]) => new Option(words, role)));
    choice.value = proposed?.role ?? NOT_USED;
    choice.addEventListener("change", () => this.ask_missing());
    const why = proposed ? make("span", `suggested ${proposed.why}`, { class: "beside" }) : null;
    const asked = this.checked.told.assessment?.findings ?? [];
    const found = [...one.findings, ...asked.filter((each) => each.file === one.file)].filter((each) => each.severity !== "info");
    return into(row, what, into(make("td"), choice, why), into(make("td"), ...found.map((each) =>
      make("p", `${each.severity.toUpperCase()}: ${each.message}`))));
  }

  chosen() {
    const choices = [...this.$("files-told").querySelectorAll("select")];
    return choices.filter((choice) => choice.value).map((choice) => ({ file: choice.dataset.file, role: choice.value }));
  }

  ask_missing() {
    const { $ } = this;
    const roles = new Set(this.chosen().map(({ role }) => role));
    $("no-tumour-row").hidden = roles.has("tumour");
    $("scheme-row").hidden = !roles.has("labelmap");
    $("segments-row").hidden = !roles.has("labelmap") || roles.has("flr") || roles.has("resected");
    const missing = [];
    if (!roles.has("liver") && !roles.has("labelmap")) missing.push("which file is the liver");
    if (!roles.has("tumour") && !roles.has("labelmap")) missing.push("the tumour, or that there is none");
    if (!roles.has("flr") && !roles.has("resected") && !roles.has("treated")) missing.push("what is to remain");
    $("missing").textContent = missing.length ? `Not given yet: ${missing.join("; ")}.` : "";
  }

  async plan() {
    const { $ } = this;
    const facts = Object.fromEntries([...$("facts").querySelectorAll("select")].map((one) => [one.dataset.fact, one.value]));
    const answers = {
      roles: this.chosen(), facts, diagnosis: $("diagnosis").value, id: $("case-id").value,
      no_tumour: !$("no-tumour-row").hidden && $("no-tumour").checked,
      remnant_segments: $("segments-row").hidden ? "" : $("remnant").value,
      scheme: $("scheme").value,
    };
    await this.post(`/cases/${this.id}/plan`, { answers: JSON.stringify(answers) });
    await this.follow(this.id);
  }
}

function folderOf(path) {
  return (path ?? "").includes("/") ? path.split("/")[0] : "";
}

function grouped(files) {
  const folders = new Map();
  for (const one of files) folders.set(one[1], [...(folders.get(one[1]) ?? []), one]);
  return folders;
}

async function list(entries, folder = "") {
  const found = [];
  for (const entry of entries) {
    if (entry.isFile) found.push([await new Promise((done, failed) => entry.file(done, failed)), folder]);
    else {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((done, failed) => reader.readEntries(done, failed));
        if (!some.length) break;
        found.push(...(await list(some, folder || entry.name)));
      }
    }
  }
  return found;
}
