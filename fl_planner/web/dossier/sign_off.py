"""Findings that are accepted with a reason, and the sign-off of a case, in its case file."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from fl_planner.basis.errors import InputRefused
from fl_planner.intake.documents.new_case import as_toml
from fl_planner.intake.documents.toml import table_in
from fl_planner.report.findings import gather_alike
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.slices.contact_sheet import draw_contact_sheet
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.web.dossier.case_text import CaseText
from fl_planner.web.dossier.entries import read_reason
from fl_planner.web.dossier.planned import BESIDE_FILES, PlannedCase

IMAGING, ACCEPTED = "imaging", "accepted"
VERIFIED, DRAFT = "verified", "draft"
DPI = 150  # of the sheet, as in a report


@dataclass(frozen=True, slots=True)
class SignedSheet:
    """A contact sheet, and the SHA-256 by which it is known which one was looked at."""

    png: bytes

    @classmethod
    def of(cls, case: PlannedCase) -> SignedSheet:
        """Draw it."""
        picture = as_picture(case.plan, case.record)
        return cls(draw_contact_sheet(picture, Print("png", DPI))[0])

    @property
    def digest(self) -> str:
        """Its SHA-256."""
        return sha256(self.png).hexdigest()


def list_findings(case: PlannedCase) -> list[dict[str, str]]:
    """List warnings and errors that nobody accepted yet, errors first."""
    return [
        {"code": one.code, "severity": one.severity, "message": one.message}
        for one in gather_alike(case.record.findings)
        if one.severity != "info" and one.accepted is None
    ]


def accept(case: PlannedCase, code: str, why: str, by: str, on: str) -> CaseText:
    """Write that a finding was seen and accepted, and why.

    Raises `InputRefused`: `page.entry` for a finding that there is not; as `read_reason`.
    """
    if code not in {one["code"] for one in list_findings(case)}:
        reason = "is not among the findings that could be accepted"
        raise InputRefused("page.entry", "finding", reason, "reload the page")
    entries = {"code": code, "by": by, "why": read_reason(why)}
    written = {key: as_toml(value) for key, value in entries.items()}
    return void_sign(case.text).with_table(ACCEPTED, written, f"on the page, {on}")


def sign(case: PlannedCase, status: str, seen: str, by: str, on: str) -> CaseText:
    """Write who read a case, how far it was checked, and the hashes of what was looked at.

    - `seen`: SHA-256 of the contact sheet that was looked at.

    Raises `InputRefused`: `page.entry` for another status; `page.sheet` where the sheet was not
    looked at, or has changed since.
    """
    if status not in (VERIFIED, DRAFT):
        raise InputRefused("page.entry", "status", "is none", "choose draft or verified")
    text = case.text.with_entry(IMAGING, "reader", as_toml(by))
    if status == DRAFT:
        return text.with_entry(IMAGING, "status", as_toml(DRAFT), f"on the page, {on}")
    if seen != SignedSheet.of(case).digest:
        reason = "was not looked at as it is now"
        raise InputRefused("page.sheet", "contact sheet", reason, "look at it, then sign off")
    said = f"signed off on the page, {on}; contact sheet looked at: SHA-256 {seen}"
    text = text.with_entry(IMAGING, "status", as_toml(VERIFIED), said)
    return text.with_entry(IMAGING, "sha256", _hashes(case))


def void_sign(text: CaseText) -> CaseText:
    """Call a signed case a draft again, for what follows was not looked at."""
    if table_in(text.table, IMAGING).get("status") != VERIFIED:
        return text
    return text.with_entry(IMAGING, "status", as_toml(DRAFT), "changed since it was signed off")


def _hashes(case: PlannedCase) -> str:
    """Write the hashes of all files by their roles."""
    found: dict[str, tuple[str, ...]] = {}
    for one in case.plan.case.inputs:
        if one.role not in (*BESIDE_FILES, "facts"):
            found[one.role] = (*found.get(one.role, ()), one.sha256)
    return as_toml({role: of[0] if len(of) == 1 else of for role, of in found.items()})
