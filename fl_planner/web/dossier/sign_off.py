"""What is typed on the page and goes into the case file: vessels, findings, sign-off."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from sys import float_info
from typing import Any

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import is_plain
from fl_planner.given.places import as_ras
from fl_planner.given.toml import as_toml, table_in
from fl_planner.liver.names.structures import TREES, TreeName
from fl_planner.liver.vessels.divide import list_drawn
from fl_planner.report.findings import gather_alike
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.slices.figure import draw_contact_sheet
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.space.frame import Frame, Place
from fl_planner.web.dossier.planned import BESIDE_FILES, CaseText, PlannedCase

FRAME: Frame = "RAS"  # of the page: as its cuts are lettered
MOST_NAME, MOST_REASON = 60, 300  # characters [project's choice]
# a patient's number, a day, an address, a name as DICOM writes it
_IDENTIFYING = re.compile(r"\d{6,}|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|@|\^")


def read_name(typed: str) -> str:
    """Read who says something.

    Raises `InputRefused`: `page.entry`, and `page.identifying`.
    """
    return _read("by", typed, MOST_NAME, "give your mark, such as R1")


def read_reason(typed: str) -> str:
    """Read why a finding is accepted.

    Raises `InputRefused`: as `read_name`.
    """
    return _read("why", typed, MOST_REASON, "say what was looked at, and why it holds")


def read_day(typed: str) -> str:
    """Read the day on which something was said.

    Raises `InputRefused`: `page.entry`.
    """
    try:
        return date.fromisoformat(typed.strip()).isoformat()
    except ValueError:
        raise InputRefused("page.entry", "on", "is no day", "give a day") from None


def _read(field: str, typed: str, most: int, remedy: str) -> str:
    """Read a text that goes into outputs which are shared."""
    text = " ".join(typed.split())
    if not text:
        raise InputRefused("page.entry", field, "is empty", remedy)
    if len(text) > most or not is_plain(text):
        reason = f"is longer than {most} characters, or has signs that nobody sees"
        raise InputRefused("page.entry", field, reason, "shorten it")
    if _IDENTIFYING.search(text):
        reason = "holds a number, a day, an address or a name that could tell who the patient is"
        raise InputRefused("page.identifying", field, reason, "leave that out: outputs are shared")
    return text


def read_told(text: str) -> Any:
    """Read what the page sent as JSON; None where it cannot be read, as from no page of ours."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_place(told: Any) -> Place:
    """Read a place or a direction: three finite numbers; true and false are none."""
    if not isinstance(told, list) or len(told) != 3 or not all(map(_is_number, told)):
        raise refuse_draft("has a place that is not three numbers")
    x, y, z = map(float, told)
    return x, y, z


def _is_number(one: Any) -> bool:
    counts = isinstance(one, int | float) and not isinstance(one, bool)
    return counts and abs(one) <= float_info.max  # a whole number may be beyond any float


def refuse_draft(reason: str) -> InputRefused:
    """Refuse what no page of ours sends."""
    return InputRefused("page.draft", "draft cut", reason, "reload the page, and cut again")


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


VESSELS = "vessels"


def list_begins(case: PlannedCase) -> list[dict[str, Any]]:
    """List the trees that were drawn, and where each begins as far as that is known.

    - `at_mm`: places in RAS+ mm; empty where one label of all veins was not told apart,
      and where it is too large for a vessel.
    - `told`: whether somebody or a drawn vessel says so; else it was taken from the mask.
    - `tells`: whether it tells which liver lives on it; if not, a finding of the plan says why.
    """
    vessels = case.plan.measured.vessels
    known = {one.tree: one for one in (() if vessels is None else vessels.quality)}
    told = case.plan.case.vessel_roots_mm
    listed = []
    for tree in list_drawn(case.plan.case.anatomy):
        places = [told[tree]] if tree in told else []
        if tree in known and not places:
            places = [*known[tree].roots_mm]
        is_told = tree in told or (tree in known and bool(known[tree].root_told))
        tells = tree in known and known[tree].refused is None
        at_mm = [[*one] for one in places]
        listed.append({"tree": tree, "at_mm": at_mm, "told": is_told, "tells": tells})
    return listed


def read_begin(tree: str, at_mm: str) -> tuple[TreeName, Place]:
    """Read where a tree begins: its name, and a place as JSON in RAS+ mm.

    Raises `InputRefused`: `page.entry`; `page.draft` where that is no place.
    """
    name = next((one for one in TREES if one == tree), None)
    if name is None:
        raise InputRefused("page.entry", "tree", "is none", "reload the page")
    return name, read_place(read_told(at_mm))


def add_begin(text: CaseText, tree: TreeName, place: Place, said: str) -> CaseText:
    """Write where a tree begins, in the frame in which the file tells the other one.

    Who signed the case off did not see it: it is a draft again.
    """
    written = table_in(text.table, VESSELS).get("frame")
    frame: Frame = "LPS" if written == "LPS" else FRAME
    made = void_sign(text)
    if written is None:
        made = made.with_entry(VESSELS, "frame", as_toml(frame))
    x, y, z = as_ras(place, frame)  # and back alike: two signs turn
    return made.with_entry(VESSELS, f"{tree}_root_mm", f"[{x:.3f}, {y:.3f}, {z:.3f}]", said)
