// Files to export; a refusal is shown with its reason and remedy.

const FILES = [
  ["case.toml", "Case file"], ["plan.json", "JSON"], ["plan.csv", "CSV"], ["plan.fhir.json", "FHIR"],
  ["report.html", "Report, HTML"], ["report.pdf", "Report, PDF"], ["contact_sheet.png", "Contact sheet"],
  ["dicom.zip", "DICOM result set"], ["masks.seg.nrrd", "Masks, .seg.nrrd"], ["masks.zip", "Masks, NIfTI"],
];

export class Away {
  constructor(page) {
    Object.assign(this, page);
  }

  // hindrances: why a file cannot be made, by its name
  show(id, hindrances) {
    const { $, make, into } = this;
    $("away-wrong").textContent = "";
    $("files").replaceChildren(...FILES.map(([name, words]) => {
      if (hindrances[name]) {
        const button = make("button", words, { type: "button", disabled: "", "aria-describedby": `not-${name}` });
        return into(make("li"), button, make("span", `Not available: ${hindrances[name]}`, { class: "beside", id: `not-${name}` }));
      }
      const link = make("a", words, { href: `/cases/${id}/files/${name}`, download: "" });
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.take(link, words);
      });
      return into(make("li"), link);
    }));
  }

  async take(link, words) {
    const { $ } = this;
    $("away-wrong").textContent = "";
    link.setAttribute("aria-busy", "true");
    try {
      await this.save(await this.ask(link.href));
    } catch (refused) {
      if (!refused.told) throw refused;
      const { file, reason, remedy } = refused.told;
      $("away-wrong").textContent = `${words}: ${file ? `${file}: ` : ""}${reason}; ${remedy}.`;
    } finally {
      link.setAttribute("aria-busy", "false");
    }
  }
}
