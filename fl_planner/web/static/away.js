// Files to export; a refusal is shown with its reason and remedy.

const FILES = [ // file, name, content
  ["case.toml", "Case file (without the masks)", "facts, answers, accepted findings and sign-off; opens the case again together with its masks"],
  ["report.html", "Report, HTML", "results, trials and pictures, to read in a browser"],
  ["report.pdf", "Report, PDF", "the same report, to print"],
  ["contact_sheet.png", "Contact sheet", "axial slices with the outlines of the masks"],
  ["plan.json", "JSON", "the complete record, for programs"],
  ["plan.csv", "CSV", "a table of the main numbers, for spreadsheets"],
  ["plan.fhir.json", "FHIR", "results for a hospital information system"],
  ["dicom.zip", "DICOM result set", "segmentation, measurements and report, for an image archive"],
  ["masks.seg.nrrd", "Masks, .seg.nrrd", "one segmentation, for 3D Slicer"],
  ["masks.zip", "Masks, NIfTI", "one file for each mask"],
];

export class Away {
  constructor(page) {
    Object.assign(this, page);
  }

  // hindrances: why a file cannot be made, by its name
  show(id, hindrances) {
    const { $, make, into } = this;
    $("away-wrong").textContent = "";
    $("files").replaceChildren(...FILES.map(([name, words, content]) => {
      if (hindrances[name]) {
        const button = make("button", words, { type: "button", disabled: "", "aria-describedby": `not-${name}` });
        return into(make("li"), button, make("span", `Not available: ${hindrances[name]}`, { class: "beside", id: `not-${name}` }));
      }
      const link = make("a", words, { href: `/cases/${id}/files/${name}`, download: "" });
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.take(link, words);
      });
      return into(make("li"), link, make("span", content, { class: "beside" }));
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
