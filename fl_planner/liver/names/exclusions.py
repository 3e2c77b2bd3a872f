"""Names of excluded structures and vessels in separate files, roles in file names, users' labels.

Adjacent structures are subtracted from the organ; others remain in it and in the denominator, and
liver without blood supply is subtracted from the working remnant [clinical.md 1.2, 2; safety.md
S3].
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import find_nearest
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import BESIDE_THE_LIVER, Anatomy
from fl_planner.liver.mask_faults import warn
from fl_planner.liver.names.part_names import adjacent_organ, structure_of
from fl_planner.liver.names.sides import words_of
from fl_planner.liver.names.structures import (
    CAVA,
    DUCT,
    EXCLUDE,
    EXCLUDED,
    OF_LIVER,
    ROLES,
    SPARED,
    TRUNK,
    UNDIVIDED,
    USED,
    VESSEL,
    VESSELS,
    WHOLE_HEPATIC,
    WHOLE_PORTAL,
    parse_structure,
    place_of,
    tree_of,
)
from fl_planner.space.components import LESION_CONNECTIVITY, split_parts
from fl_planner.space.mask import Mask, unite

OWN = "other "  # before a name chosen by the user, for structures in the liver
OUTSIDE, NOT_WORKING, IN_LIVER = "outside", "not_working", "liver"  # how a part is counted
BRANCHES = "portal_branches"
_PORTAL = {"portal_veins", "portal_vein_and_splenic_vein"}
_BRANCH = {"left", "right", "branch", "branches", "rpv", "lpv", "rapv", "rppv", "intrahepatic"}
_WITHIN = {*EXCLUDED, "hepatic_veins", "liver_vessels"}
LISTED = ", ".join(
    (*EXCLUDED, "gallbladder", CAVA, TRUNK, BRANCHES, "hepatic_veins", "liver_vessels", *SPARED)
)


def read_excluded(name: str) -> str | None:
    """Read the name of an excluded structure; None if unknown.

    Examples
    --------
    >>> [read_excluded(name) for name in ("GB", "gall_bladder", "Cysts", "VCI", "PV trunk")]
    ['gallbladder', 'gallbladder', 'cyst', 'inferior_vena_cava', 'portal_vein_trunk']
    >>> [read_excluded(name) for name in ("portal vein", "RPV", "left kidney", "Other x", "Galle")]
    ['portal_vein_trunk', 'portal_branches', 'kidney', 'other x', None]
    """
    folded = " ".join(name.casefold().replace("_", " ").split())
    if folded.startswith(OWN):
        return folded
    structure = tree_of(structure_of(name) or "")
    if structure in _PORTAL:
        return BRANCHES if _BRANCH.intersection(words_of(name)) else TRUNK
    if structure.startswith(EXCLUDE):
        return structure.removeprefix(EXCLUDE)
    if structure in _WITHIN or (structure in BESIDE_THE_LIVER and structure != DUCT):
        return structure
    organ = adjacent_organ(name)
    return organ if organ in BESIDE_THE_LIVER else None


def is_of_liver(structure: str | None) -> bool:
    """Whether voxels of a structure are liver, if a file separates them from the liver.

    Examples
    --------
    >>> [is_of_liver(name) for name in ("flr", "cyst", "exclude haemangioma", "segment_4")]
    [True, True, True, True]
    >>> [is_of_liver(name) for name in ("tumour", "exclude gallbladder", "portal_veins", None)]
    [False, False, False, False]
    """
    place = place_of(structure) or ""
    excluded = place.removeprefix(EXCLUDE)
    return structure in OF_LIVER or (place != excluded and excluded not in BESIDE_THE_LIVER)


def fold_role(role: str) -> str:
    """Return the canonical role of an excluded structure; other roles unchanged.

    Examples
    --------
    >>> fold_role("exclude GB"), fold_role("liver"), fold_role("exclude cist")
    ('exclude gallbladder', 'liver', 'exclude cist')
    """
    name = role.removeprefix(EXCLUDE)
    return role if name == role else f"{EXCLUDE}{read_excluded(name) or name}"


class ExcludedPart(Struct, frozen=True):
    """An excluded structure, its volume in the liver mask, and how it is counted.

    `counted` is "outside" if subtracted from the liver, "not_working" if subtracted from the
    working remnant only, and "liver" if it remains in both. `in_tumour_ml` is 0 unless it is
    subtracted from the liver, as the tumour in it then is too.
    """

    name: str
    volume_ml: float
    in_liver_ml: float
    counted: str
    in_tumour_ml: float = 0.0


def list_excluded(anatomy: Anatomy) -> tuple[ExcludedPart, ...]:
    """List the excluded structures that were drawn."""
    if not (drawn := [mask for mask in anatomy.excluded if mask.voxel_count]):
        return ()
    return tuple(_count(mask, anatomy) for mask in drawn)


def _count(mask: Mask, anatomy: Anatomy) -> ExcludedPart:
    counted, tumour = _counted_as(mask, anatomy), anatomy.tumour
    lost = None if tumour is None or counted != OUTSIDE else mask & tumour
    return ExcludedPart(
        mask.name,
        mask.volume_ml,
        (mask & anatomy.delivered).volume_ml,
        counted,
        0.0 if lost is None else lost.volume_ml,
    )


def report_excluded(anatomy: Anatomy) -> tuple[Finding, ...]:
    """Report how each excluded structure is counted."""
    named = "; ".join(map(_describe, list_excluded(anatomy)))
    return (Finding("exclude.counted", Severity.INFO, f"excluded: {named}"),) if named else ()


def require_outside_liver(anatomy: Anatomy) -> None:
    """Refuse an adjacent structure that covers most of the liver or of a part of it.

    Raises `InputRefused`: `exclude.takes_liver`, with the file of the structure as source.
    """
    drawn = (anatomy.flr, anatomy.resected, anatomy.treated)
    parts = (anatomy.delivered, *(part for part in drawn if part is not None))
    for mask in anatomy.beside:
        for part in parts:
            held = part & mask
            if 2 * held.voxel_count > part.voxel_count:
                reason = (
                    f"was given as {mask.name.replace('_', ' ')}, a structure outside the liver, "
                    f"but covers {as_ml(held.volume_ml)} of the {as_ml(part.volume_ml)} of "
                    f"{part.source} ({part.name})"
                )
                name = mask.name.replace("_", " ")
                remedy = f"check the file, and give the file that contains the {name}"
                raise InputRefused("exclude.takes_liver", mask.source, reason, remedy)


def find_excluded_tumour(anatomy: Anatomy) -> Iterator[Finding]:
    """Find lesions mostly in an adjacent structure, with which they are subtracted."""
    if (tumour := anatomy.tumour) is None:
        return
    for mask in anatomy.beside:
        if not (tumour & mask).voxel_count:
            continue
        lesions = anatomy.lesions or split_parts(tumour, LESION_CONNECTIVITY)
        held = [part & mask for part in lesions if 2 * (part & mask).voxel_count > part.voxel_count]
        if held:
            held_ml = unite(held).volume_ml
            message = (
                f"{as_ml(held_ml)} of tumour is in the excluded {mask.name.replace('_', ' ')} and "
                "is subtracted from the liver together with this structure: check which mask "
                "is correct"
            )
            yield warn("overlap.excluded_tumour", mask, message, held_ml, "mL")


def _counted_as(mask: Mask, anatomy: Anatomy) -> str:
    if any(mask is other for other in anatomy.beside):
        return OUTSIDE
    return NOT_WORKING if any(mask is other for other in anatomy.impaired) else IN_LIVER


def _describe(part: ExcludedPart) -> str:
    held, counted = "", _HOW[part.counted]
    if part.counted == OUTSIDE or part.in_liver_ml != part.volume_ml:
        held = f", {as_ml(part.in_liver_ml)} of it in the liver mask"
    if part.in_tumour_ml:
        held += f", {as_ml(part.in_tumour_ml)} of it in the tumour mask"
        counted += " and from the tumour"
    return f"{part.name.replace('_', ' ')} ({as_ml(part.volume_ml)}{held}) {counted}"


_HOW = {
    OUTSIDE: "is subtracted from the liver",
    NOT_WORKING: "remains in the liver and is subtracted from the functioning remnant",
    IN_LIVER: "remains in the liver and in the denominator",
}
ONE_DRAWING = ("liver", "flr", "resected", "treated")  # different names mean different drawings
_LABEL = re.compile("[1-9][0-9]{0,15}")


def parse_labels(
    table: Mapping[str, object], passed_over: Collection[str]
) -> tuple[dict[int, str], tuple[tuple[str, str], ...]]:
    """Read the user's labels, number to structure; return valid labels, and errors with their key.

    A name is read by its words (`part_names.py`). A name of an unused structure is ignored, unless
    it is similar to a used one: a spelling error must not remove a structure from a sum unnoticed.

    - `passed_over`: similar names of other structures that are accepted.
    """
    labels: dict[int, str] = {}
    errors: list[tuple[str, str]] = []
    for key, entry in table.items():
        wrong = [*_find_wrong(key, entry, passed_over)]
        errors += [(key, what) for what in wrong]
        if not wrong:
            labels[int(key)] = _mean(str(entry)) or str(entry).strip()
    errors += _find_two_drawings(table, labels)
    return labels, tuple(errors)


def _mean(text: str) -> str | None:
    """Return the structure of a name, with excluded ones in canonical spelling."""
    structure = parse_structure(text) or structure_of(text)
    if structure is None or not structure.startswith(EXCLUDE):
        return structure
    excluded = read_excluded(structure.removeprefix(EXCLUDE))
    return None if excluded is None else f"{EXCLUDE}{excluded}"


def _find_two_drawings(
    table: Mapping[str, object], labels: Mapping[int, str]
) -> Iterator[tuple[str, str]]:
    """Find one part labelled under two names, such as a left and a right remnant."""
    for structure in ONE_DRAWING:
        called = {n: str(table[str(n)]).strip() for n in labels if labels[n] == structure}
        first, *others = [*called] or [0]
        for other in others:
            if words_of(called[other]) != words_of(called[first]):
                what = f"{called[other]!r} and {called[first]!r} (label {first}) both mean "
                yield str(other), f"{what}{structure}: give only the intended label"
                break


def _find_wrong(key: str, entry: object, passed_over: Collection[str]) -> Iterator[str]:
    if not (_LABEL.fullmatch(key) and int(key) < 1 << 53):
        yield "give a label number of 1 or more; 0 is the background"
    if not isinstance(entry, str) or not entry.strip():
        yield "give the name of a structure, in quotes"
    elif _mean(entry) is None and entry.strip() not in passed_over and not adjacent_organ(entry):
        if entry.strip().startswith(EXCLUDE):
            yield f"{entry!r} is not a known structure: give {LISTED}, or 'other' with a name"
            return
        if near := find_nearest(entry.strip().casefold(), USED):
            yield f"no structure has the name {entry!r}; did you mean {near[0]}?"


NAMES = (*VESSELS, TRUNK)
LISTED_VESSELS = ", ".join(NAMES)
OF_LABEL = "#"  # between the name of a vessel and its label
NO_LABEL = f"no label follows {OF_LABEL}: give a whole number of 1 or more"
_VESSEL_LABEL = re.compile("[1-9][0-9]{0,8}", re.ASCII)


def read_vessel(name: str) -> str | None:
    """Read the name of a vessel; None if unknown.

    Examples
    --------
    >>> [read_vessel(name) for name in ("RHV", "hepatic vein middle", "PV", "MPV", "VCI", "CBD")]
    ... # doctest: +NORMALIZE_WHITESPACE
    ['right_hepatic_vein', 'middle_hepatic_vein', 'portal_veins', 'portal_vein_trunk',
     'inferior_vena_cava', 'bile_duct']
    >>> [read_vessel(name) for name in ("liver_vessels", "hepatic_vessel", "aorta", "tumour")]
    ['liver_vessels', 'hepatic_vessel', None, None]
    """
    own = "_".join(name.casefold().split())
    structure = own if own in NAMES else structure_of(name)
    return structure if structure in NAMES else None


_ENDING = re.compile(r"(\.seg)?\.(nii|nrrd|nhdr|mha|mhd|hdr|img|dcm)(\.gz)?$", re.IGNORECASE)
_NUMBERED = re.compile(r"^[a-z]+[-_ ]?\d+[-_ ]+", re.IGNORECASE)  # a case: "MSD-011_liver"


def list_stems(name: str) -> tuple[str, str]:
    """Return a file name without its ending, and also without the number of a case before it."""
    stem = _ENDING.sub("", name)
    return stem, _NUMBERED.sub("", stem)


def guess_role(name: str) -> str | None:
    """Return the role in a file name; None if there is none.

    Examples
    --------
    >>> [guess_role(name) for name in ("FLR_left.nii.gz", "MSD-011_liver.nii", "liver_cut.nrrd")]
    ['flr', 'liver', None]
    """
    stem, without_case = list_stems(name)
    structure = structure_of(stem) or structure_of(without_case)
    return structure if structure in ROLES else None


def parse_vessel(entry: str) -> tuple[str, int | None] | None:
    """Read a vessel as given: its name and, after a number sign, its label in the file.

    Examples
    --------
    >>> parse_vessel("PV#2"), parse_vessel("RHV")
    (('portal_veins', 2), ('right_hepatic_vein', None))
    >>> parse_vessel("aorta#2"), parse_vessel("PV#x"), parse_vessel("PV#1#2")
    (None, None, None)
    """
    name, sign, number = entry.partition(OF_LABEL)
    label = _VESSEL_LABEL.fullmatch(number) if sign else None
    if sign and label is None:
        return None
    known = read_vessel(name)
    return None if known is None else (known, int(number) if label else None)


def lacks_label(entry: str) -> bool:
    """Whether a known vessel has a number sign that is not followed by a label.

    Examples
    --------
    >>> lacks_label("RPV#x"), lacks_label("RPV#2"), lacks_label("aorta#x"), lacks_label("RPV")
    (True, False, False, False)
    """
    name, sign, _ = entry.partition(OF_LABEL)
    return bool(sign) and parse_vessel(entry) is None and read_vessel(name) is not None


def fold_vessel(role: str) -> str:
    """Return the canonical role of a vessel; other roles unchanged.

    Examples
    --------
    >>> fold_vessel("vessel RHV"), fold_vessel("liver"), fold_vessel("vessel aorta")
    ('vessel right_hepatic_vein', 'liver', 'vessel aorta')
    """
    name = role.removeprefix(VESSEL)
    if name == role:
        return role
    parsed = parse_vessel(name)
    return f"{VESSEL}{name if parsed is None else parsed[0]}"


def is_meant(structure: str | None, vessel: str) -> bool:
    """Whether a structure belongs to the vessel given; a tree includes its branches.

    Examples
    --------
    >>> is_meant("right_hepatic_vein", "hepatic_veins"), is_meant("portal_veins", "hepatic_veins")
    (True, False)
    >>> is_meant("hepatic_veins", "right_hepatic_vein"), is_meant("portal_veins", "liver_vessels")
    (False, True)
    """
    if structure is None or structure == vessel:
        return structure is not None
    tree = tree_of(structure)
    return tree == vessel or (vessel in UNDIVIDED and tree in (WHOLE_HEPATIC, WHOLE_PORTAL))
