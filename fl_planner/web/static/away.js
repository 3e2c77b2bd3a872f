// Files to export; a refusal is shown with its reason and remedy.

const FILES = [
  ["case.toml", "Case file"], ["plan.json", "JSON"], ["plan.csv", "CSV"], ["plan.fhir.json", "FHIR"],
  ["report.html", "Report, HTML"], ["report.pdf", "Report, PDF"], ["contact_sheet.png", "Contact sheet"],
  ["dicom.zip", "DICOM SEG and SR"], ["masks.seg.nrrd", "Masks, .seg.nrrd"], ["masks.zip", "Masks, NIfTI"],
];

export class Away {
  constructor(page) {
    Object.assign(this, page);
  }

  show(id) {
    const { $, make, into } = this;
    $("away-wrong").textContent = "";
    $("files").replaceChildren(...FILES.map(([name, words]) => {
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
