"""Entries of the page in the case file: places in vessels, accepted findings, sign-off."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from hashlib import sha256
from sys import float_info
from typing import Any

from fl_planner.basis.exact_text import parse_strict_json
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import is_plain
from fl_planner.given.places import as_ras
from fl_planner.given.toml import as_toml, table_in
from fl_planner.intake.reading.files import list_named
from fl_planner.liver.names.structures import TREES, TreeName
from fl_planner.liver.vessels.divide import is_one_label, list_drawn
from fl_planner.report.findings import split_by_acceptance
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.slices.figure import draw_contact_sheet
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.plain_words import as_plain_words
from fl_planner.space.grid import Frame, Place
from fl_planner.trials.statements import Amount
from fl_planner.web.dossier.planned import TEXT_ROLES, CaseText, PlannedCase

FRAME: Frame = "RAS"  # of the page, as its sections are labelled
MOST_NAME, MOST_REASON = 60, 300  # characters [project's choice]
# a patient number, a date, an e-mail address, a name as in DICOM
_SIGNED_ON = re.compile(r"# signed off on the page, (\d{4}-\d{2}-\d{2});")
_IDENTIFYING = re.compile(r"\d{6,}|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|@|\^")


def read_name(typed: str) -> str:
    """Parse the initials of the user.

    Raises `InputRefused`: `page.entry`, and `page.identifying`.
    """
    return _read("by", typed, MOST_NAME, "give your initials or reader code, such as R1")


def read_reason(typed: str) -> str:
    """Parse the reason for accepting a finding.

    Raises `InputRefused`: see `read_name`.
    """
    return _read("why", typed, MOST_REASON, "state what was reviewed, and why the result is valid")


def read_day(typed: str) -> str:
    """Parse the date of an entry.

    Raises `InputRefused`: `page.entry`.
    """
    try:
        return date.fromisoformat(typed.strip()).isoformat()
    except ValueError:
        raise InputRefused(
            "page.entry", "on", "the date is invalid", "enter it as yyyy-mm-dd"
        ) from None


def read_length(typed: str) -> Amount:
    """Parse a length measured on the page, in mm.

    Raises `InputRefused`: `page.entry`.

    Examples
    --------
    >>> read_length("48.1")
    Amount(value=Fraction(481, 10), unit='mm', date=None, drug=None)
    """
    if not re.fullmatch(r"\d{1,3}(\.\d)?", typed) or not Fraction(typed):
        reason = "the length in mm is not a number greater than 0"
        raise InputRefused("page.entry", "length", reason, "measure it again")
    return Amount(Fraction(typed), "mm")


def _read(field: str, typed: str, most: int, remedy: str) -> str:
    """Parse text that will appear in shared outputs."""
    if not (text := " ".join(typed.split())):
        raise InputRefused("page.entry", field, "nothing was entered", remedy)
    if len(text) > most or not is_plain(text):
        reason = f"the text has more than {most} characters, or contains invisible characters"
        raise InputRefused("page.entry", field, reason, "shorten or correct it")
    if _IDENTIFYING.search(text):
        reason = "a number, date, address or name in the text could identify the patient"
        raise InputRefused(
            "page.identifying", field, reason, "remove it, because outputs may be shared"
        )
    return text


def read_json(text: str) -> Any:
    """Parse JSON sent by the page; return None if it is invalid, or has a key twice."""
    try:
        return parse_strict_json(text)
    except (ValueError, RecursionError):
        return None


def read_place(parsed: Any) -> Place:
    """Parse a place or a direction: three finite numbers, not booleans."""
    if not isinstance(parsed, list) or len(parsed) != 3 or not all(map(_is_number, parsed)):
        raise refuse_draft("a position is not given as three numbers")
    x, y, z = map(float, parsed)
    return x, y, z


def _is_number(value: Any) -> bool:
    counts = isinstance(value, int | float) and not isinstance(value, bool)
    return counts and abs(value) <= float_info.max  # a whole number may be beyond any float


def refuse_draft(reason: str, remedy: str = "reload the page, and cut again") -> InputRefused:
    """Build the refusal of an unusable draft; the default remedy is to reload the page."""
    return InputRefused("page.draft", "draft cut", reason, remedy)


IMAGING, ACCEPTED = "imaging", "accepted"
HASHES = "sha256"  # of the files that were signed off, by role
VERIFIED, DRAFT = "verified", "draft"
VOID = "changed after sign-off"  # comment in the case file
DPI = 150  # of the sheet, as in a report


@dataclass(frozen=True, slots=True)
class SignedSheet:
    """A contact sheet, identified by its SHA-256."""

    png: bytes

    @classmethod
    def of(cls, case: PlannedCase) -> SignedSheet:
        """Draw the contact sheet of a case."""
        return cls(draw_contact_sheet(as_picture(case.plan, case.record), Print("png", DPI))[0])

    @property
    def digest(self) -> str:
        """SHA-256 of the picture."""
        return sha256(self.png).hexdigest()


def list_findings(case: PlannedCase) -> list[dict[str, str]]:
    """List warnings and errors that have not been accepted, errors first."""
    open_, _ = split_by_acceptance(case.record.findings)
    return [
        {"code": one.code, "severity": one.severity, "message": as_plain_words(one.message)}
        for one in open_
    ]


def list_accepted(case: PlannedCase) -> list[dict[str, str]]:
    """List the accepted warnings and errors, with reader and reason."""
    _, accepted = split_by_acceptance(case.record.findings)
    return [
        {
            "code": one.code,
            "message": as_plain_words(one.message),
            "by": one.accepted.by,
            "why": one.accepted.why,
        }
        for one in accepted
        if one.accepted is not None
    ]


def accept(case: PlannedCase, code: str, why: str, by: str, on: str) -> CaseText:
    """Record the acceptance of a finding with its reason.

    Raises `InputRefused`: `page.entry` for an unknown finding; see also `read_reason`.
    """
    if code not in {one["code"] for one in list_findings(case)}:
        reason = "this finding does not require acceptance"
        raise InputRefused("page.entry", "finding", reason, "reload the page")
    entries = {"code": code, "by": by, "why": read_reason(why)}
    written = {key: as_toml(value) for key, value in entries.items()}
    return void_sign(case.text).with_table(ACCEPTED, written, f"on the page, {on}")


def withdraw(case: PlannedCase, code: str) -> CaseText:
    """Remove the acceptance of a finding; the case becomes a draft again.

    Raises `InputRefused`: `page.entry` if the case file does not accept this finding.
    """
    numbers = [n for n, one in enumerate(case.text.table.get(ACCEPTED, ())) if one["code"] == code]
    if not numbers:
        reason = "this finding is not accepted in the case file"
        raise InputRefused("page.entry", "finding", reason, "reload the page")
    text = void_sign(case.text)
    for number in reversed(numbers):
        text = text.without_table(ACCEPTED, number)
    return text


def find_signed_day(text: CaseText) -> str | None:
    """Return the date of a sign-off on the page; None if the case is not signed off there."""
    if table_in(text.table, IMAGING).get("status") != VERIFIED:
        return None
    found = _SIGNED_ON.search(text.text)
    return None if found is None else found[1]


def is_sign_off_void(text: CaseText) -> bool:
    """Return whether the case was changed on the page after its sign-off."""
    return table_in(text.table, IMAGING).get("status") == DRAFT and f"# {VOID}" in text.text


def sign(
    case: PlannedCase, status: str, seen: str, despite: Collection[str], by: str, on: str
) -> CaseText:
    """Record the reader, the status of the masks, and the hashes of the reviewed files.

    - `seen`: SHA-256 of the reviewed contact sheet.
    - `despite`: codes of the findings shown to the user as not accepted.

    Raises `InputRefused`: `page.entry` for an unknown status; `page.sheet` if the sheet was not
    reviewed, or has changed since; `page.unaccepted` if a warning is neither accepted nor shown.
    """
    if status not in (VERIFIED, DRAFT):
        raise InputRefused(
            "page.entry", "status", "the status is unknown", "choose draft or verified"
        )
    text = case.text.with_entry(IMAGING, "reader", as_toml(by))
    if status == DRAFT:
        return text.with_entry(IMAGING, "status", as_toml(DRAFT), f"on the page, {on}")
    if seen != SignedSheet.of(case).digest:
        reason = "the current contact sheet was not reviewed"
        raise InputRefused("page.sheet", "contact sheet", reason, "review it, then sign off")
    left = list_findings(case)
    if unseen := [one["message"] for one in left if one["code"] not in despite]:
        reason = f"not accepted: {'; '.join(unseen)}"
        remedy = "accept each with a reason, or sign off without accepting them"
        raise InputRefused("page.unaccepted", "sign-off", reason, remedy)
    note = f"signed off on the page, {on}; contact sheet reviewed: SHA-256 {seen}"
    if left:
        note += f"; not accepted: {', '.join(sorted({one['code'] for one in left}))}"
    text = text.with_entry(IMAGING, "status", as_toml(VERIFIED), note)
    return text.with_entry(IMAGING, HASHES, _hashes(case))


def void_sign(text: CaseText) -> CaseText:
    """Return a signed case to draft status, because later entries were not reviewed."""
    if table_in(text.table, IMAGING).get("status") != VERIFIED:
        return text
    return text.with_entry(IMAGING, "status", as_toml(DRAFT), VOID)


def _hashes(case: PlannedCase) -> str:
    """Format the hashes of all files by their roles."""
    found: dict[str, tuple[str, ...]] = {}
    for file in case.plan.case.inputs:
        if file.role not in (*TEXT_ROLES, "facts"):
            found[file.role] = (*found.get(file.role, ()), file.sha256)
    return as_toml({role: of[0] if len(of) == 1 else of for role, of in found.items()})


def list_changed_files(before: PlannedCase, after: PlannedCase) -> tuple[str, ...]:
    """List the files whose content was replaced under the same name and role.

    The case file is not among them: the page keeps its text, and makes its entries there.

    If both cases name the same paths, also files that are new or missing in one of the folders.
    """
    was, now = _contents(before), _contents(after)
    gone, come = [[one for one in a if one not in b] for a, b in ((was, now), (now, was))]
    if _paths(before) != _paths(after):
        replaced = {one[:-1] for one in gone}
        gone, come = [], [one for one in come if one[:-1] in replaced]
    return tuple(dict.fromkeys(str(file) for *_, file, _ in (*gone, *come)))


def _paths(case: PlannedCase) -> tuple[object, ...]:
    """Return what decides which files are read, and their roles: paths, plans, previous scans."""
    request = case.request
    named = list_named(replace(request, centre=None, written={}))
    return (*named, len(request.operations), len(case.earlier))


def require_same_files(before: PlannedCase, after: PlannedCase) -> None:
    """Refuse a statement on results whose files were other files when read for it [H-15].

    Raises `InputRefused`: `page.changed_file`.
    """
    if changed := list_changed_files(before, after):
        reason = f"changed after the case was planned: {', '.join(changed)}"
        remedy = "in the step Files, plan again, and review the new results"
        raise InputRefused("page.changed_file", "files", reason, remedy)


def _contents(case: PlannedCase) -> list[tuple[object, ...]]:
    """List each file of this scan, and of those compared with it: role, name, hash."""
    scans = () if case.growth is None else case.growth.story.time_points
    read = [
        (len(scans), scan.number, one.role, one.file, one.sha256)
        for scan in scans[:-1]
        for one in scan.files
    ]
    listed = (*read, *((one.role, one.file, one.sha256) for one in case.plan.case.inputs))
    return [one for one in listed if one[-3] != "case"]


VESSELS = "vessels"


def list_begins(case: PlannedCase) -> list[dict[str, Any]]:
    """List the drawn trees with their origins, as far as known.

    - `at_mm`: places in RAS+ mm; empty if a single label of all veins was not separated or the mask
      is too large for a vessel.
    - `told`: whether the origin was given or follows from a drawn vessel; otherwise it was derived
    from
      the mask.
    - `tells`: whether the tree defines territories; if not, a finding of the plan gives the reason.
    """
    vessels = case.plan.measured.vessels
    known = {one.tree: one for one in (() if vessels is None else vessels.quality)}
    told = case.plan.case.vessel_roots_mm
    listed = []
    for tree in list_drawn(case.plan.case.anatomy):
        places = [told[tree]] if tree in told else []
        if tree in known and not places:
            places = [*known[tree].roots_mm]
        is_known = tree in told or (tree in known and bool(known[tree].root_told))
        tells = tree in known and known[tree].refused is None
        at_mm = [[*one] for one in places]
        listed.append({"tree": tree, "at_mm": at_mm, "told": is_known, "tells": tells})
    return listed


def list_points(case: PlannedCase) -> list[dict[str, Any]] | None:
    """List the points that correct the division of a single label of all veins, in RAS+ mm.

    None if there is no such label.
    """
    if not is_one_label(case.plan.case.anatomy):
        return None
    return [
        {"tree": tree, "at_mm": [*place]}
        for tree, places in case.plan.case.vessel_points_mm.items()
        for place in places
    ]


def read_vessel_place(tree: str, at_mm: str) -> tuple[TreeName, Place]:
    """Parse a place in a tree: tree name, and place as JSON in RAS+ mm.

    Raises `InputRefused`: `page.entry`; `page.draft` for an invalid place.
    """
    if (name := next((name for name in TREES if name == tree), None)) is None:
        raise InputRefused(
            "page.entry", "tree", "the vessel tree does not exist", "reload the page"
        )
    return name, read_place(read_json(at_mm))


def add_begin(text: CaseText, tree: TreeName, place: Place, note: str) -> CaseText:
    """Record the origin of a tree, in the coordinate frame of the case file.

    A sign-off does not include it, so that the case becomes a draft again.
    """
    made, frame = _framed(text)
    return made.with_entry(VESSELS, f"{tree}_root_mm", _write_place(place, frame), note)


def add_point(text: CaseText, tree: TreeName, place: Place, note: str) -> CaseText:
    """Record a further point in a tree separated from a single label, as `add_begin` does."""
    made, frame = _framed(text)
    return _with_points(made, tree, [*_points(made, tree), _write_place(place, frame)], note)


def remove_point(text: CaseText, tree: TreeName, place: Place, note: str) -> CaseText:
    """Remove a recorded point; the case becomes a draft again.

    Raises `InputRefused`: `page.entry` if there is no such point.
    """
    places = text.parse().vessel_points_mm.get(tree, ())
    if place not in places:
        reason = "the case file contains no such point"
        raise InputRefused("page.entry", "at_mm", reason, "reload the page")
    made, number = void_sign(text), places.index(place)
    written = _points(made, tree)
    return _with_points(made, tree, [*written[:number], *written[number + 1 :]], note)


def _framed(text: CaseText) -> tuple[CaseText, Frame]:
    """Return the case file as a draft, and the coordinate frame of its places."""
    written = table_in(text.table, VESSELS).get("frame")
    made = void_sign(text)
    if written is not None:
        return made, "LPS" if written == "LPS" else FRAME
    return made.with_entry(VESSELS, "frame", as_toml(FRAME)), FRAME


def _write_place(place: Place, frame: Frame) -> str:
    x, y, z = as_ras(place, frame)  # its own inverse: two signs change
    return f"[{x:.3f}, {y:.3f}, {z:.3f}]"


def _points(text: CaseText, tree: TreeName) -> list[str]:
    """List the points of a tree as written in the case file."""
    return [as_toml(one) for one in text.table.get(VESSELS, {}).get(f"{tree}_points_mm", ())]


def _with_points(text: CaseText, tree: TreeName, points: list[str], note: str) -> CaseText:
    key = f"{tree}_points_mm"
    if not points:
        return text.without_entry(VESSELS, key)
    return text.with_entry(VESSELS, key, f"[{', '.join(points)}]", note)
