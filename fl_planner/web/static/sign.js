// Findings accepted with a reason, and sign-off with the reviewed contact sheet.
import { stateSignOff } from "/ask.js";
import { blame, rewrite } from "/dom.js";
import { under } from "/initials.js";

const VERIFIED = "verified";
const COMING = "The contact sheet is being loaded.";
const VOID = "The earlier review is no longer valid, because an entry was made after that review. Review the contact sheet again.";

export class Sign {
  constructor(page, ask) {
    Object.assign(this, page);
    this.desk = ask;
    const { $ } = this;
    $("look").addEventListener("click", () => this.attempt(() => this.look()));
    $("unlooked").addEventListener("click", () => $("sheet-view").close());
    for (const id of ["looked", "looked-end"]) {
      $(id).addEventListener("click", () => {
        $("seen").disabled = false;
        $("seen").checked = true;
        $("seen-void").textContent = "";
        this.reviewed = this.desk.id;
        $("sheet-view").close();
      });
    }
    $("sign-form").addEventListener("submit", (event) => {
      event.preventDefault();
      if (!$("status").value) {
        $("sign-wrong").textContent = "Not signed: select under “Masks” whether the masks are verified or drafts.";
        blame($("status"), $("sign-wrong"));
      } else if ($("status").value === VERIFIED && this.findings.length) this.warn();
      else this.sign("");
    });
    $("despite-back").addEventListener("click", () => $("despite").close());
    $("despite-sign").addEventListener("click", () => {
      $("despite").close();
      this.sign(this.findings.map(({ code }) => code).join(" "));
    });
  }

  // Name each finding that is not accepted, before the sign-off is taken.
  warn() {
    const { $, make } = this;
    $("despite-told").replaceChildren(...this.findings.map((one) => make("li", `${one.severity.toUpperCase()}: ${one.message}`)));
    $("despite").showModal();
  }

  sign(despite) {
    const { $ } = this;
    const seen = $("seen").checked ? this.digest : "";
    this.desk.submit("sign", { status: $("status").value, seen, despite }, $("sign-wrong"), "Sign-off");
  }

  show(told) {
    const { $, make, into } = this;
    this.findings = told.findings;
    const { reader, status } = told.reading;
    $("reading").textContent = `Reader: ${reader ?? "not given"}. Masks: ${status ?? "not given"}. ${stateSignOff(told)}.`;
    const verified = status === VERIFIED;
    if (told !== this.sheetOf) this.unsee(verified);
    if (verified) this.reviewed = this.desk.id; // also by a case file that was signed off before
    rewrite($("findings"), $("look"), ...told.findings.map((one) => {
      const why = make("input", null, { name: "why", "aria-label": `Reason for accepting: ${one.message}`, maxlength: "300", autocomplete: "off" });
      const wrong = make("p", null, { class: "refused", role: "alert" });
      const form = into(make("form", null, { "data-code": one.code }), into(make("label", "Reason "), why),
        make("button", "Accept", { type: "submit" }), under(), wrong);
      this.desk.unsent.keep(this.desk.id, one.code, form);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.desk.submit("accept", { code: one.code, why: why.value }, wrong, "Finding");
      });
      return into(make("li", `${one.severity.toUpperCase()}: ${one.message}`), form);
    }));
    $("no-findings").hidden = told.findings.length > 0;
    this.initials.tell();
    $("accepted").hidden = !told.accepted.length;
    rewrite($("accepted-told"), $("findings").querySelector("input") ?? $("look"), ...told.accepted.map((one) => this.accepted(one)));
  }

  // A sheet that is open, and a review, are of before: never signed as the case was.
  unsee(verified) {
    const { $ } = this;
    if ($("sheet-view").open) {
      $("sheet-view").close();
      this.reviewed = this.desk.id;
    }
    $("seen-void").textContent = verified || this.reviewed !== this.desk.id ? "" : VOID;
    $("status").value = "";
    $("seen").checked = false;
    $("seen").disabled = true;
    this.digest = "";
  }

  // An accepted finding stays readable, and its acceptance can be withdrawn.
  accepted({ code, message, by, why }) {
    const { make, into } = this;
    const wrong = make("p", null, { class: "refused", role: "alert" });
    const back = make("button", "Withdraw", { type: "button", "aria-label": `Withdraw the acceptance: ${message}` });
    back.addEventListener("click", () => this.desk.submit("withdraw", { code }, wrong, "Finding"));
    return into(make("li", message), make("span", `Accepted by ${by}: ${why}`, { class: "beside" }), back, wrong);
  }

  // The sheet is drawn as received, so that the signed sheet is the reviewed one.
  async look() {
    const { $, desk: { id, told } } = this;
    if (this.looking === id) return; // a double click is one
    this.looking = id;
    let answer, picture;
    $("said").textContent = COMING;
    try {
      answer = await this.ask(`/cases/${id}/sheet`);
      picture = await createImageBitmap(await answer.blob());
    } finally {
      this.looking = null;
      if ($("said").textContent === COMING) $("said").textContent = "";
    }
    if (!this.isOpen(id)) return; // another case was selected meanwhile
    if (told !== this.desk.told) return this.look(); // this one was changed: the sheet is of before
    this.sheetOf = told;
    const canvas = $("sheet");
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.getContext("2d").drawImage(picture, 0, 0);
    this.digest = answer.headers.get("x-fl-planner-sheet");
    $("sheet-view").showModal();
  }
}
