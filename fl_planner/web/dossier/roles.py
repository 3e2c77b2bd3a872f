"""Roles of dropped files, media types of exported files, and fields of entries."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from fl_planner.basis.constants import LEAST_LIVER_ML
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.given.file_roles import MAP, ROLES, VESSEL
from fl_planner.liver.anatomy import HALVES, SEGMENTS
from fl_planner.liver.names.exclusions import NAMES as VESSEL_NAMES
from fl_planner.liver.names.exclusions import OWN, guess_role, read_excluded
from fl_planner.liver.names.part_names import structure_of
from fl_planner.liver.names.structures import EXCLUDED, as_roman, describe_structure
from fl_planner.liver.names.structures import VESSEL as OF_VESSEL
from fl_planner.record.files.check import CheckRecord, ReadFileRecord, RefusedFileRecord
from fl_planner.workup.files.result_set import DICOM_CT
from fl_planner.workup.files.roles_by_name import guess_vessel, names_other

CT, EXCLUDE = "ct", "exclude"
NUCLEAR = (
    "dynamic",
    "spect",
    "maa_planar",
    "maa_spect",
)  # DICOM that `check` does not read as masks
MAA = "maa_"  # before the roles of counts and regions of a radioembolisation
OF_EITHER = "region_liver"  # also the name of a region of MAA counts
OF_UPTAKE = {"dynamic", "region_heart", "region_field"}  # only of a mebrofenin scintigraphy
STUDIES = [role for role, one in ROLES.items() if one.table.startswith(("function", "dose"))]


# roles of masks whose origin a case file can state
OF_MASKS = [role for role, one in ROLES.items() if one.table.startswith(("masks", "plan"))]


def as_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """List the roles in groups with their labels, as offered on the page."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for role, one in ROLES.items():
        groups.setdefault(one.group, []).append((role, one.words))
    return [*groups.items()]


NOT_USED = "not used here: not counted"  # of a scheme whose other organs are not listed
UNDEFINED = "not defined by this scheme"


def list_schemes() -> list[tuple[str, str, dict[str, str], str]]:
    """List the bundled label schemes: name, title, name of each label, words for other labels."""
    return [
        (
            name,
            one.title,
            {str(n): describe_structure(each) for n, each in one.structures.items()},
            UNDEFINED if one.complete else NOT_USED,
        )
        for name, one in read_bundled_schemes().items()
    ]


def list_structures() -> list[tuple[str, list[tuple[str, str]]]]:
    """List the structures that a label may be, in groups: name in a case file, and label."""
    groups = {
        "liver and plan": LABELLED,
        "segments": [as_roman(name) for name in (*SEGMENTS, *HALVES)],
        "veins and other vessels": VESSEL_NAMES,
        "non-functioning liver": EXCLUDED,
        "adjacent to the liver": ("gallbladder",),
    }
    return [
        (group, [(one, _describe_label(group, one)) for one in names])
        for group, names in groups.items()
    ]


def _describe_label(group: str, name: str) -> str:
    if group == "segments":
        return f"segment {name}"
    return ROLES[name].words if name in LABELLED else describe_structure(name)


LABELLED = ("liver", "tumour", "flr", "resected", "treated")


def list_named(checked: CheckRecord) -> dict[str, list[str]]:
    """List the masks that each segmentation contains, by the names of its segments."""
    found = {}
    for one in checked.files:
        if isinstance(one, ReadFileRecord) and one.kind == "segmentation":
            structures = {structure_of(label.name or "") for label in one.labels or ()}
            found[one.file] = [name for name in LABELLED if name in structures]
    return found


BY_NAME, BY_LABELS = "from its name", "from its labels; select their scheme"
BY_SEG = "because the segmentation refers to it"
UNCLEAR_SCHEME = "labels.which_scheme"  # a finding
Suggested = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A role assigned to a file.

    - `name`: name of an excluded part, a vessel or a plan.
    - `origin`: how the mask was made, as in a case file; empty if not stated.
    """

    file: str
    role: str
    name: str = ""
    origin: str = ""


def suggest_roles(checked: CheckRecord, referred: Collection[str]) -> Suggested:
    """Suggest a role for each file with the reason; the user decides.

    Roles follow from names or labels. If no file is named as liver, the largest mask of at least
    liver size is suggested, except masks named as another structure. The only map with an unclear
    label scheme is suggested as the label map. The only DICOM series of CT slices is suggested as
    the CT; of several, the only one to which the segmentations refer.

    - `referred`: names of these series.
    """
    named = checked.assessment.read_as if checked.assessment else ()
    found: Suggested = {
        one.file: {**_part_role(one.role), "why": "from its name or labels"} for one in named
    }
    for one in checked.files:
        if isinstance(one, ReadFileRecord) and one.file in found and one.kind == "image":
            found[one.file]["why"] = "from its values"
        elif one.file not in found and (more := _by_name(one.file, read_roles(one))):
            found[one.file] = more
    sizes = {
        one.file: sum(float(label.volume_ml) for label in one.labels or ())
        for one in checked.files
        if isinstance(one, ReadFileRecord) and one.kind == "mask" and one.file not in found
    }
    livers = {file: ml for file, ml in sizes.items() if not names_other(file)}
    if livers and not {"liver", MAP} & {one["role"] for one in found.values()}:
        largest = max(livers, key=lambda file: livers[file])
        if livers[largest] >= LEAST_LIVER_ML:
            found[largest] = {"role": "liver", "why": "from its size"}
            found |= _suggest_named(checked, [file for file in sizes if file != largest])
    found |= _suggest_map(checked, found)
    free = [name for name in list_series(checked) if name not in found]
    series = free if len(free) == 1 else [name for name in free if name in referred]
    if len(series) == 1 and CT not in {one["role"] for one in found.values()}:
        found[series[0]] = {"role": CT, "why": "from its format" if free == series else BY_SEG}
    roles = {one["role"] for one in found.values()}
    if roles.isdisjoint(OF_UPTAKE) and any(role.startswith(MAA) for role in roles):
        of_liver = {file: one for file, one in found.items() if one["role"] == OF_EITHER}
        found |= {file: {**one, "role": f"{MAA}{OF_EITHER}"} for file, one in of_liver.items()}
    return found


def _suggest_named(checked: CheckRecord, masks: Iterable[str]) -> Suggested:
    """Suggest the roles in the names of masks next to a liver of another name.

    Masks that do not match the others, and roles named by several files, are left to the user; so
    is the part to be removed next to an FLR, as in `check`.
    """
    apart = {one.file for one in checked.misfits}
    roles = {file: role for file in masks if file not in apart and (role := guess_role(file))}
    stated = [*roles.values()]
    left = {"liver", "resected"} if "flr" in stated else {"liver"}
    return {
        file: {"role": role, "why": BY_NAME}
        for file, role in roles.items()
        if role not in left and (ROLES[role].many or stated.count(role) == 1)
    }


def list_series(checked: CheckRecord) -> list[str]:
    """List the names of the DICOM series of CT slices."""
    return [one.file for one in checked.files if _is_ct(one)]


def _suggest_map(checked: CheckRecord, found: Suggested) -> Suggested:
    """Suggest the one label map whose scheme the user must name; the scheme is not suggested."""
    asked = checked.assessment.findings if checked.assessment else ()
    unclear = {one.file for one in asked if one.code == UNCLEAR_SCHEME} - {*found}
    if len(unclear) != 1 or MAP in {one["role"] for one in found.values()}:
        return {}
    return {file: {"role": MAP, "why": BY_LABELS} for file in unclear if file is not None}


def _is_ct(one: ReadFileRecord | RefusedFileRecord) -> bool:
    """Whether a file is a DICOM series of CT slices."""
    if not isinstance(one, ReadFileRecord) or one.kind != "image":
        return False
    return any(file.format == DICOM_CT for file in one.inputs)


def list_nuclear(checked: CheckRecord) -> dict[str, list[str]]:
    """List the possible roles of files that `check` does not read as masks."""
    refused = (one for one in checked.files if isinstance(one, RefusedFileRecord))
    return {one.file: roles for one in refused if (roles := [*read_roles(one)])}


def read_roles(one: ReadFileRecord | RefusedFileRecord) -> Iterable[str]:
    """Return the possible roles of a file by its content."""
    if isinstance(one, ReadFileRecord):
        return ROLES
    if one.file.lower().endswith(".csv"):
        return ("curves",)
    return NUCLEAR if one.refusal.code == "file.not_a_mask" else ()


def _part_role(role: str) -> dict[str, str]:
    """Split a vessel role into role and name."""
    name = role.removeprefix(OF_VESSEL)
    return {"role": role} if name == role else {"role": VESSEL, "name": name}


def _by_name(file: str, may: Iterable[str]) -> dict[str, str] | None:
    stem = file.partition(".")[0].lower()
    own = stem in STUDIES or not stem.startswith("region_")
    roles = [role for role in STUDIES if role == (stem if own else f"{MAA}{stem}")]
    if roles and roles[0] in may:
        return {"role": roles[0], "why": BY_NAME}
    vessel = guess_vessel(file) if VESSEL in may else None
    if vessel is not None:
        return {"role": VESSEL, "name": vessel, "why": BY_NAME}
    name = read_excluded(stem) if EXCLUDE in may else None
    if name is None or name.startswith(OWN):
        return None
    return {"role": EXCLUDE, "name": name, "why": BY_NAME}


ENTRIES = {  # kinds of entries, and their fields
    "answer": ("key", "typed", "by", "on"),
    "measure": ("mm", "by", "on"),
    "accept": ("code", "why", "by", "on"),
    "withdraw": ("code", "by", "on"),
    "sign": ("status", "seen", "despite", "by", "on"),
    "assess": ("day",),
    "begin": ("tree", "at_mm", "by", "on"),
    "point": ("tree", "at_mm", "by", "on"),
    "remove_point": ("tree", "at_mm", "by", "on"),
    "undo": (),
    "redo": (),
}

ZIP = "application/zip"
KINDS = {
    "plan.json": "application/json",
    "plan.csv": "text/csv; charset=utf-8",
    "plan.fhir.json": "application/fhir+json",
    "report.html": "text/html; charset=utf-8",
    "report.pdf": "application/pdf",
    "contact_sheet.png": "image/png",
    "dicom.zip": ZIP,
    "masks.seg.nrrd": "application/octet-stream",
    "masks.zip": ZIP,
    "case.toml": "text/plain; charset=utf-8",
}
