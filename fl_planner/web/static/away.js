// Files to export; a refusal is shown with its reason and remedy.
import { say } from "/dom.js";
import { inWords } from "/net.js";

const BOARD = [ // file, name, content
  ["report.pdf", "Report, PDF", "results, trials and pictures, to print or present"],
  ["report.html", "Report, HTML", "results, trials and pictures, to read in a browser"],
  ["contact_sheet.png", "Contact sheet", "axial slices with the outlines of the masks"],
];
const PROGRAMS = [
  ["plan.json", "JSON", "the complete record, for programs"],
  ["plan.csv", "CSV", "a table of the main numbers, for spreadsheets"],
  ["plan.fhir.json", "FHIR", "results for a hospital information system"],
  ["dicom.zip", "DICOM result set", "segmentation, measurements and report, for an image archive"],
  ["masks.seg.nrrd", "Masks, .seg.nrrd", "one segmentation, for 3D Slicer"],
  ["masks.zip", "Masks, NIfTI", "one file for each mask"],
];
const LATER = [
  ["case.toml", "Case file", "facts, answers, accepted findings and sign-off. It contains no masks: keep it in the same folder as the mask files, and open it together with them"],
];
const GROUPS = [["For the tumour board", BOARD], ["For other programs", PROGRAMS], ["To continue later", LATER]];

export class Away {
  constructor(page) {
    Object.assign(this, page);
  }

  // hindrances: why a file cannot be made, by its name
  show(id, hindrances) {
    const { $, make, into } = this;
    $("away-wrong").textContent = "";
    $("files").replaceChildren(...GROUPS.flatMap(([title, files]) =>
      [make("h3", title), into(make("ul"), ...this.list(id, files, hindrances))]));
  }

  list(id, files, hindrances) {
    const { make, into } = this;
    return files.map(([name, words, content]) => {
      if (hindrances[name]) {
        const button = make("button", words, { type: "button", disabled: "", "aria-describedby": `not-${name}` });
        return into(make("li"), button, make("span", `Not available: ${hindrances[name]}`, { class: "beside", id: `not-${name}` }));
      }
      const link = make("a", words, { href: `/cases/${id}/files/${name}`, download: "" });
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.take(id, link, words);
      });
      return into(make("li"), link, make("span", content, { class: "beside" }));
    });
  }

  async take(id, link, words) {
    const { $ } = this;
    $("away-wrong").textContent = "";
    link.setAttribute("aria-busy", "true");
    try {
      await this.save(await this.ask(link.href));
    } catch (refused) {
      if (!refused.told) throw refused;
      if (!this.isOpen(id)) return; // another case was selected meanwhile
      const { file } = refused.told;
      say($("away-wrong"), `${words}: ${file ? `${file}: ` : ""}${inWords(refused.told)}`);
    } finally {
      link.setAttribute("aria-busy", "false");
    }
  }
}
