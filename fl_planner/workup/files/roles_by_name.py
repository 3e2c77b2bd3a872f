"""What `volume` would say of files that only their names tell the roles of.

By the same code: the files are read as a case, and asked what a case is asked.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import within_bounds
from fl_planner.formats.read import is_folder, read_labels
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.stored.limits import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.formats.voxels.file_facts import Assessed, Checked, Misfit
from fl_planner.formats.voxels.values import Holds, SegmentFile
from fl_planner.intake.reading.label_map import map_names, map_numbers
from fl_planner.intake.reading.mask_files import MAP
from fl_planner.intake.reading.masks import DEFAULT_SCHEME, MaskFiles
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.liver.anatomy import SEGMENTS
from fl_planner.liver.drawing import find_outlines
from fl_planner.liver.names.exclusions import read_vessel
from fl_planner.liver.names.part_names import organ_beside, structure_of
from fl_planner.liver.names.structures import PARTS, ROLES, VESSEL
from fl_planner.liver.volumetry import find_lost_spacing, find_thick_slices
from fl_planner.planning.assessment.assess import measure_volumes
from fl_planner.space.labels import find_scheme

CT = "ct"
MANY = "tumour"  # a role that several files may have
LEAST_SEGMENTS = 3  # of a map whose numbers are read as Couinaud's: 1 and 2 alone may be LiTS's
BELOW_TISSUE_HU = -500  # a CT shows some air; counts and MR have no such values [project's choice]
LAST_SEGMENT = len(SEGMENTS)
_ENDING = re.compile(r"(\.seg)?\.(nii|nrrd|nhdr|mha|mhd|hdr|img|dcm)(\.gz)?$", re.IGNORECASE)
_NUMBERED = re.compile(r"^[a-z]+[-_ ]?\d+[-_ ]+", re.IGNORECASE)  # a case: "MSD-011_liver"

Files = Mapping[str, Sequence[Source]]


def assess_files(
    paths: Sequence[Source],
    checked: Sequence[Checked | InputRefused],
    misfits: Iterable[Misfit],
    limits: Limits,
) -> Assessed | None:
    """Ask files what `volume` asks, each in the role that its name tells; None without masks.

    Files that do not fit are left out, and so are roles that several files seem to have. A mask
    without a role, or without a liver to go with it, is asked what any mask is.
    """
    apart = {one.file for one in misfits}
    read = [
        (path, one)
        for path, one in zip(paths, checked, strict=True)
        if isinstance(one, Checked) and one.file not in apart
    ]
    if not any(one.kind != "image" for _, one in read):
        return None
    claimed = _find_claims(read)
    roles = _settle(claimed)
    unasked = _tell_unasked(read, claimed, roles)
    told = {(each.code, each.file) for _, one in read for each in one.findings}
    if not {"liver", MAP} & roles.keys():
        return Assessed((), _without(told, _ask_alone(read, (), limits)), unasked=unasked)
    named = tuple((role, path.name) for role, each in roles.items() for path in each)
    taken = {path for paths in roles.values() for path in paths}
    alone = _ask_alone(read, taken, limits)
    try:
        asked = within_bounds("files", partial(_ask_case, roles, limits))
    except InputRefused as refused:
        return Assessed(named, _without(told, alone), refused, unasked)
    return Assessed(named, _without(told, (*asked, *alone)), unasked=unasked)


def _ask_case(roles: Files, limits: Limits) -> tuple[Finding, ...]:
    """Ask files of these roles what a case is asked."""
    case = read_case(replace(_as_request(roles), limits=limits))
    return (*case.findings, *measure_volumes(case).findings)


def guess_role(name: str) -> str | None:
    """Read a file's name as that of a role; None where it tells none.

    Examples
    --------
    >>> [guess_role(name) for name in ("FLR_left.nii.gz", "MSD-011_liver.nii", "liver_cut.nrrd")]
    ['flr', 'liver', None]
    """
    stem = _ENDING.sub("", name)
    structure = structure_of(stem) or structure_of(_NUMBERED.sub("", stem))
    return structure if structure in ROLES else None


def guess_vessel(name: str) -> str | None:
    """Read a file's name as that of a vessel; None where it tells none.

    Examples
    --------
    >>> [guess_vessel(name) for name in ("liver_vessels.nii.gz", "P1_RHV.nrrd", "liver.nii")]
    ['liver_vessels', 'right_hepatic_vein', None]
    """
    stem = _ENDING.sub("", name)
    return read_vessel(stem) or read_vessel(_NUMBERED.sub("", stem))


def _has_many(role: str) -> bool:
    """Whether several files of a role are united."""
    return role == MANY or role.startswith(VESSEL)


def _find_claims(read: Sequence[tuple[Source, Checked]]) -> dict[str, list[Source]]:
    """List the files of each role, as their names or their labels tell."""
    found: dict[str, list[Source]] = {}
    for path, one in read:
        role = _role_of(path, one)
        if role is not None:
            found.setdefault(role, []).append(path)
    return found


def _settle(found: Files) -> dict[str, Sequence[Source]]:
    """Give each role the file that alone claims it."""
    single = {role: paths for role, paths in found.items() if _has_many(role) or len(paths) == 1}
    if {"flr", "resected"} <= single.keys():
        del single["resected"]  # the rest of the remnant, drawn too
    return single


def _tell_unasked(
    read: Iterable[tuple[Source, Checked]], claimed: Files, roles: Files
) -> tuple[tuple[str, str], ...]:
    """Tell the masks that were read as no part of the liver, and why.

    A map is asked what its labels mean, whatever its name is; another organ is none of its parts.
    """
    with_liver = {"liver", MAP} & roles.keys()
    asked = {path for paths in roles.values() for path in paths} if with_liver else set()
    left = [path for path, one in read if one.kind == "mask" and path not in asked]
    found = [(path.name, _why_unasked(path, claimed, with_liver=bool(with_liver))) for path in left]
    return tuple((name, why) for name, why in found if why)


def _why_unasked(path: Source, claimed: Files, *, with_liver: bool) -> str:
    """Say why a mask was read as no part; "" of another organ, and of the rest of a remnant."""
    role = next((role for role, paths in claimed.items() if path in paths), None)
    if role is None:
        stem = _ENDING.sub("", path.name)
        return "" if structure_of(stem) or organ_beside(stem) else "its name tells no role"
    if not _has_many(role) and len(claimed[role]) > 1:
        return f"several files are named {role}"
    return "" if with_liver else "no one file is named liver"


def _role_of(path: Source, one: Checked) -> str | None:
    if one.kind == "image":
        return CT if one.values is not None and one.values[0] <= BELOW_TISSUE_HU else None
    numbers = {label.number for label in one.labels}
    names = [label.name for label in one.labels if label.name is not None]
    structures = {structure_of(_ENDING.sub("", name)) for name in names}  # or of a folder's files
    role = guess_role(path.name)
    if one.kind == "mask" and role is None:
        vessel = guess_vessel(path.name)
        return None if vessel is None else f"{VESSEL}{vessel}"
    if one.kind == "mask" or (role in ("liver", MANY) and not structures & {*PARTS}):
        return role
    in_order = numbers <= {*range(1, LAST_SEGMENT + 1)} and len(numbers) >= LEAST_SEGMENTS
    known = structures & {"liver", *PARTS}
    return MAP if known or (not structures and in_order) else None


def _as_request(roles: Files) -> Request:
    masks = {role: tuple(paths) for role, paths in roles.items() if role in ROLES}
    files = MaskFiles(
        masks={role: paths if role == MANY else paths[0] for role, paths in masks.items()},
        label_map=roles[MAP][0] if MAP in roles else None,
        vessels={
            role.removeprefix(VESSEL): tuple(paths)
            for role, paths in roles.items()
            if role.startswith(VESSEL)
        },
    )
    return Request(files, ct=roles[CT][0] if CT in roles else None)


def _ask_alone(
    read: Iterable[tuple[Source, Checked]], taken: Collection[Source], limits: Limits
) -> tuple[Finding, ...]:
    """Ask files that are `taken` in no role what holds of any mask, and of any map."""
    found: list[Finding] = []
    for path, one in read:
        if path in taken or one.kind == "image" or is_folder(path):
            continue
        found += _ask_mask(path, limits) if one.kind == "mask" else _ask_map(path, limits)
    return tuple(found)


def _ask_mask(path: Source, limits: Limits) -> tuple[Finding, ...]:
    file = read_labels(path, "check", Holds.LABEL_MAP, limits)
    if isinstance(file, SegmentFile):
        return ()
    mask = file.whole("mask")
    lost = () if file.grid.looks_unset else find_lost_spacing(mask)
    return (*find_thick_slices(mask), *lost, *find_outlines(mask))


def _ask_map(path: Source, limits: Limits) -> tuple[Finding, ...]:
    """Ask what the numbers or the names of a file mean, as if it were given as the label map."""
    scheme = find_scheme(read_bundled_schemes(), DEFAULT_SCHEME)
    try:
        file = read_labels(path, MAP, Holds.LABEL_MAP, limits)
        if isinstance(file, SegmentFile):
            return map_names(file, scheme, frozenset()).findings
        return map_numbers(file, scheme, named=False).findings
    except InputRefused as refused:
        name = refused.source
        return (Finding(refused.code, Severity.WARNING, str(refused), name),)


def _without(told: set[tuple[str, str | None]], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Leave out what was told beside its file already."""
    return tuple(dict.fromkeys(one for one in findings if (one.code, one.file) not in told))
