"""Apply the checks of `volume` to files whose roles follow from their names.

The files are read as a case by the same code.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from fl_planner.basis.clinical_codes import list_tracers
from fl_planner.basis.constants import CT_SEVERAL
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import within_bounds
from fl_planner.formats.read import is_folder, read_labels
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.formats.voxels.file_facts import Assessed, Checked, Misfit
from fl_planner.formats.voxels.values import Holds, KnownGrids, SegmentFile
from fl_planner.intake.reading.label_map import map_names, map_numbers
from fl_planner.intake.reading.mask_files import MAP
from fl_planner.intake.reading.masks import DEFAULT_SCHEME, MaskFiles
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.liver.anatomy import SEGMENTS
from fl_planner.liver.mask_faults import find_outlines
from fl_planner.liver.names.exclusions import guess_role, list_stems, read_vessel
from fl_planner.liver.names.part_names import adjacent_organ, names_other_than_liver, structure_of
from fl_planner.liver.names.structures import PARTS, ROLES, VESSEL
from fl_planner.liver.volumetry import find_thick_slices, find_wrong_spacing
from fl_planner.planning.assessment.assess import measure_volumes
from fl_planner.space.grid import Grid
from fl_planner.space.labels import find_scheme
from fl_planner.space.mask import Mask, unite

CT = "ct"
MANY = "tumour"  # a role of several files
OF_ONE_SEGMENT = {*ROLES} - {"liver"}  # a liver alone is read as a map of it
LEAST_SEGMENTS = 3  # of a map read as Couinaud segments: only 1 and 2 may be LiTS labels
BELOW_TISSUE_HU = -500  # a CT includes air; counts and MR have no such values [project's choice]
LAST_SEGMENT = len(SEGMENTS)
# words in names of images that are not the CT, as in "PET-CT", or that were moved to the grid of it
OF_OTHERS = {"mr", "mri", "nm", "pet", "spect", "suv"}
MOVED = {"in", "on", "onto", "to"}

Files = Mapping[str, Sequence[Source]]


def assess_files(
    paths: Sequence[Source],
    checked: Sequence[Checked | InputRefused],
    misfits: Iterable[Misfit],
    limits: Limits,
) -> Assessed | None:
    """Apply the checks of `volume` to files in the roles given by their names; None without masks.

    Files that do not match, and roles claimed by several files, are excluded. A mask without a
    role, or without a liver, undergoes the checks of any mask.
    """
    apart = {misfit.file for misfit in misfits}
    read = [
        (path, each)
        for path, each in zip(paths, checked, strict=True)
        if isinstance(each, Checked) and each.file not in apart
    ]
    if not any(each.kind != "image" for _, each in read):
        return None
    claimed = _list_claims(read)
    roles = _settle(claimed)
    unasked = _list_unasked(read, claimed, roles)
    lesions = claimed.get(MANY, ())
    known = {(found.code, found.file) for _, each in read for found in each.findings}
    if not {"liver", MAP} & roles.keys():
        found = _without(known, _check_alone(read, (), lesions, limits))
        return Assessed((), found, unasked=unasked)
    named = tuple((role, path.name) for role, each in roles.items() for path in each)
    taken = {path for paths in roles.values() for path in paths}
    alone = (*_find_several_cts(claimed), *_check_alone(read, taken, lesions, limits))
    try:
        asked = within_bounds("files", partial(_check_case, roles, limits))
    except InputRefused as refused:
        return Assessed(named, _without(known, alone), refused, unasked)
    return Assessed(named, _without(known, (*asked, *alone)), unasked=unasked)


def _check_case(roles: Files, limits: Limits) -> tuple[Finding, ...]:
    """Apply the checks of a case to files of these roles."""
    case = read_case(replace(_as_request(roles), limits=limits))
    return (*case.findings, *measure_volumes(case).findings)


def names_other(name: str) -> bool:
    """Return whether a file name contains a structure other than the whole liver.

    Examples
    --------
    >>> [names_other(name) for name in ("flr.nii.gz", "spleen.nii", "liver.nii", "series 7.nii")]
    [True, True, False, False]
    """
    return guess_role(name) != "liver" and any(map(names_other_than_liver, list_stems(name)))


def guess_vessel(name: str) -> str | None:
    """Return the vessel in a file name; None if there is none.

    Examples
    --------
    >>> [guess_vessel(name) for name in ("liver_vessels.nii.gz", "P1_RHV.nrrd", "liver.nii")]
    ['liver_vessels', 'right_hepatic_vein', None]
    """
    stem, without_case = list_stems(name)
    return read_vessel(stem) or read_vessel(without_case)


def _has_many(role: str) -> bool:
    """Return whether several files of a role are united."""
    return role == MANY or role.startswith(VESSEL)


def _list_claims(read: Sequence[tuple[Source, Checked]]) -> dict[str, list[Source]]:
    """List the files of each role, by their names or labels."""
    found: dict[str, list[Source]] = {}
    drawn_on = [each.grid for _, each in read if each.is_contours and each.held is None]
    for path, each in read:
        if (role := _role_of(path, each, drawn_on)) is not None:
            found.setdefault(role, []).append(path)
    if CT not in found and not drawn_on:
        named = [path for path, each in read if each.kind == "image" and _is_named_ct(path.name)]
        found |= {CT: named} if named else {}
    return found


def _is_named_ct(name: str) -> bool:
    """Whether a file name states a CT: `volume` then checks whether its values are HU."""
    words = re.findall("[a-z]+", list_stems(name)[0].lower())
    if CT not in words or OF_OTHERS.intersection(words) or list_tracers(words):
        return False
    return words[max(words.index(CT) - 1, 0)] not in MOVED


def _find_several_cts(claimed: Files) -> tuple[Finding, ...]:
    """Find several CTs: none of them is compared with the masks."""
    if len(images := claimed.get(CT, ())) < 2:
        return ()
    message = (
        f"several CTs were given ({', '.join(image.name for image in images)}), so the masks were "
        "compared with none of them. Give only the CT on which the masks were drawn"
    )
    return (Finding(CT_SEVERAL, Severity.INFO, message),)


def _settle(found: Files) -> dict[str, Sequence[Source]]:
    """Assign each role to the only file that claims it."""
    single = {role: paths for role, paths in found.items() if _has_many(role) or len(paths) == 1}
    if {"flr", "resected"} <= single.keys():
        del single["resected"]  # complement of a drawn remnant
    return single


def _list_unasked(
    read: Iterable[tuple[Source, Checked]], claimed: Files, roles: Files
) -> tuple[tuple[str, str], ...]:
    """List masks that were not read as parts of the liver, with the reason.

    The labels of a map are checked regardless of its name; other organs are not parts of the liver.
    """
    with_liver = {"liver", MAP} & roles.keys()
    asked = {path for paths in roles.values() for path in paths} if with_liver else set()
    alone = {path for role in OF_ONE_SEGMENT for path in claimed.get(role, ())}
    masks = [path for path, each in read if each.kind == "mask" or path in alone]
    left = [path for path in masks if path not in asked]
    found = [(path.name, _why_unasked(path, claimed, with_liver=bool(with_liver))) for path in left]
    return tuple((name, why) for name, why in found if why)


def _why_unasked(path: Source, claimed: Files, *, with_liver: bool) -> str:
    """Return why a mask is not read as part of the liver; "" for organs or a resected part."""
    role = next((role for role, paths in claimed.items() if path in paths), None)
    if role is None:
        stem = list_stems(path.name)[0]
        return "" if structure_of(stem) or adjacent_organ(stem) else "the file name states no role"
    if not _has_many(role) and len(claimed[role]) > 1:
        return f"several files have the name {role}"
    return "" if with_liver else "no file, or more than one, has the name liver"


def _role_of(path: Source, checked: Checked, drawn_on: Sequence[Grid]) -> str | None:
    """Return the role of a file; of images, one on which contours were drawn is the CT."""
    kind, values = checked.kind, checked.values
    if kind == "image":
        if drawn_on:
            return CT if checked.grid in drawn_on else None
        return CT if values is not None and values[0] <= BELOW_TISSUE_HU else None
    numbers = {label.number for label in checked.labels}
    names = [label.name for label in checked.labels if label.name is not None]
    structures = {structure_of(list_stems(name)[0]) for name in names}  # or of files in a folder
    role = guess_role(path.name)
    if kind == "mask" and role is None:
        vessel = guess_vessel(path.name)
        return None if vessel is None else f"{VESSEL}{vessel}"
    if kind == "mask" or (role in ("liver", MANY) and not structures & {*PARTS}):
        return role
    if len(checked.labels) == 1 and structures <= OF_ONE_SEGMENT:
        return structures.pop()
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


def _check_alone(
    read: Iterable[tuple[Source, Checked]],
    taken: Collection[Source],
    lesions: Collection[Source],
    limits: Limits,
) -> tuple[Finding, ...]:
    """Apply the checks of any mask or label map to files without a role in `taken`.

    A rim around one of the `lesions` is not an outline, as in a case with this tumour.
    """
    found: list[Finding] = []
    read = [*read]
    grids = tuple(each.grid for _, each in read)
    known = {  # without `held`, its grid is that of its image
        path: KnownGrids(each.grid if each.held is None else None, grids)
        for path, each in read
        if each.kind != "image" and not is_folder(path)
    }
    for path, each in read:
        if path in taken or path not in known:
            continue
        if each.kind == "mask":
            others = {one: known[one] for one in lesions if one in known and one != path}
            found += _check_mask(path, others, limits, known[path])
        else:
            found += _check_map(path, limits, known[path])
    return tuple(found)


def _check_mask(
    path: Source, lesions: Mapping[Source, KnownGrids], limits: Limits, known: KnownGrids
) -> tuple[Finding, ...]:
    if (mask := _read_mask(path, limits, known)) is None:
        return ()
    spacing = () if mask.grid.looks_unset else find_wrong_spacing(mask)
    outlines = find_outlines(mask)
    if outlines:  # few masks: only then are the lesions read
        drawn = [_read_mask(lesion, limits, its) for lesion, its in lesions.items()]
        spared = [one for one in drawn if one is not None and one.grid.matches(mask.grid)]
        placed = [replace(one, grid=mask.grid) for one in spared]
        outlines = find_outlines(mask, unite(placed) if placed else None)
    return (*find_thick_slices(mask), *spacing, *outlines)


def _read_mask(path: Source, limits: Limits, known: KnownGrids) -> Mask | None:
    file = read_labels(path, "check", Holds.LABEL_MAP, limits, known)
    return None if isinstance(file, SegmentFile) else file.whole("mask")


def _check_map(path: Source, limits: Limits, known: KnownGrids) -> tuple[Finding, ...]:
    """Check the numbers or names of a file as if it were given as the label map."""
    scheme = find_scheme(read_bundled_schemes(), DEFAULT_SCHEME)
    try:
        file = read_labels(path, MAP, Holds.LABEL_MAP, limits, known)
        if isinstance(file, SegmentFile):
            return map_names(file, scheme, frozenset()).findings
        return map_numbers(file, scheme, named=False).findings
    except InputRefused as refused:
        return (Finding(refused.code, Severity.WARNING, str(refused), refused.source),)


def _without(
    known: set[tuple[str, str | None]], findings: Iterable[Finding]
) -> tuple[Finding, ...]:
    """Remove findings already reported for their file."""
    return tuple(dict.fromkeys(each for each in findings if (each.code, each.file) not in known))
