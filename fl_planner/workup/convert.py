"""A file of any format as structures or an image on the grid that was chosen, to be written.

Nothing is lost unsaid: another lattice, voxels beyond the grid, fractions and structures that
cannot be told apart are refused [safety.md H-05, H-06, H-13].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.segments.choice import Named, choose_structures
from fl_planner.formats.segments.content import Converted, Structure, find_ends, require_some_left
from fl_planner.formats.segments.schemes import read_bundled_schemes
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.voxels.label_file import LabelFile, SegmentFile
from fl_planner.formats.voxels.values import Holds
from fl_planner.intake.reading.segment_folder import require_one_file
from fl_planner.intake.request.file_names import find_shared, telling
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import judge_identities
from fl_planner.space.common_grid.lattice import find_misfit
from fl_planner.space.common_grid.resample import resample_onto
from fl_planner.space.common_grid.transfer import move_image_onto, move_onto
from fl_planner.space.grid import Grid
from fl_planner.space.image import Image
from fl_planner.space.labels import find_scheme
from fl_planner.space.mask import Mask
from fl_planner.workup.check import NO_LABELS, ZIP, check_files

EVERY = "check"  # the role that asks for every segment of a file
SOFT = {"values.probability_map", "values.fractional"}  # findings: a threshold decided
CONTOURS = "dicom-rtstruct"


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is to be converted, and onto what.

    Parameters
    ----------
    file : Path
        Of any format that can be read.
    like : Path or None
        A file whose grid is chosen; its own otherwise.
    ct : Path or None
        The CT that it was drawn on: contours are drawn on it, and a SEG refers to it.
    scheme : str or None
        What the numbers of a label map mean.
    structures : sequence of str
        Which structures, all of them where none is named: a name, or NAME=NUMBER.
    resample : bool
        Whether another lattice is accepted, by nearest neighbour.
    on_ct : bool
        Whether the result has to lie on the CT's grid, as a SEG does.
    """

    file: Path
    like: Path | None = None
    ct: Path | None = None
    scheme: str | None = None
    structures: Sequence[str] = ()
    resample: bool = False
    on_ct: bool = False


@dataclass(frozen=True, slots=True)
class _Held:
    """What a file holds: structures or an image; of a file whose grid is chosen, its grid."""

    name: str
    grid: Grid
    inputs: tuple[InputFile, ...] = ()
    findings: tuple[Finding, ...] = ()
    named: tuple[Named, ...] = ()
    image: Image | None = None
    numbered: bool = False  # whether numbers alone tell its structures apart


def read_converted(wanted: Conversion, limits: Limits) -> Converted:
    """Read a file and bring what it holds onto the grid that was chosen.

    Raises
    ------
    InputRefused
        Where a file cannot be read, or something would be lost on the way.
    """
    _require_ct(wanted)
    shared = find_shared(path for path in (wanted.file, wanted.like, wanted.ct) if path)
    with telling("--ct", shared):
        ct = _read_ct(wanted.ct, limits) if wanted.ct else None
    with telling("--like", shared):
        like = _read_like(wanted.like, limits) if wanted.like else None
    drawn_on = ct or like
    held = _read_held(wanted.file, limits, drawn_on.grid if drawn_on else None)
    beside = [one for one in (ct, like) if one]
    others = [one for other in beside for one in other.inputs]
    inputs = (*held.inputs, *others)
    findings = (
        *held.findings,
        *(one for other in beside for one in other.findings),
        *judge_identities((held.inputs[0], *others)),  # the files of a pair are one
    )
    held = replace(held, inputs=inputs, findings=tuple(dict.fromkeys(findings)))
    target = like or (ct if wanted.on_ct or _of_contours(held) else None) or held
    if target.name in shared and target is not held:
        target = replace(target, name=f"{target.name} ({'--like' if like else '--ct'})")
    if ct and target is held:
        reason = f"{held.name} has a grid of its own, and a CT changes nothing"
        raise InputRefused("usage.wrong", "--ct", reason, "leave it out, or choose by --like")
    return _convert(held, target, wanted)


def _require_ct(wanted: Conversion) -> None:
    if wanted.on_ct and wanted.ct is None:
        reason = "a DICOM SEG refers to the slices of its CT, and none were given"
        raise InputRefused("convert.no_ct", wanted.file.name, reason, "give them by --ct")
    if wanted.on_ct and wanted.like is not None:
        reason = "a DICOM SEG lies on the grid of its CT and on no other"
        raise InputRefused("usage.wrong", "--like", reason, "leave it out")


def _read_ct(path: Path, limits: Limits) -> _Held:
    image, inputs, findings = read_image(path, "ct", limits)
    return _Held(inputs[0].file, image.grid, inputs, findings)


def _read_like(path: Path, limits: Limits) -> _Held:
    """Read the grid of a file, whatever it holds; what is odd beside its grid is no matter."""
    ((checked,), _) = check_files((path,), limits)
    if isinstance(checked, InputRefused):
        raise checked
    inputs = tuple(replace(one, role="like") for one in checked.inputs)
    odd = tuple(one for one in checked.findings if one.code.startswith("geometry."))
    return _Held(checked.file, checked.grid, inputs, odd)


def _read_held(path: Path, limits: Limits, on: Grid | None) -> _Held:
    """Read structures where the numbers of a file are labels, else an image."""
    try:
        file = read_labels(path, EVERY, Holds.LABEL_MAP, limits, on)
    except InputRefused as refused:
        if refused.code not in NO_LABELS | {ZIP}:
            raise
    else:
        held = _of_segments(file) if isinstance(file, SegmentFile) else _of_labels(file)
        return _require_whole(held)
    require_one_file(path)
    image, inputs, findings = read_image(path, "input", limits)
    if _is_probability(image):
        raise _refuse_soft(image.file or path.name, "holds fractions from 0 to 1")
    return _Held(inputs[0].file, image.grid, inputs, findings, image=image)


def _of_segments(file: SegmentFile) -> _Held:
    named = tuple(
        Named(one.number, mask.renamed(one.name), one.name or None, one.structure)
        for one, mask in file.drawn()
    )
    return _Held(file.name, file.grid, _as_input(file.inputs), file.findings, named)


def _of_labels(file: LabelFile) -> _Held:
    named = tuple(
        Named(number, file.mask(f"label {number}", number), None, None)
        for number in file.labelled.labels
    )
    inputs = _as_input(file.inputs)
    return _Held(file.name, file.grid, inputs, file.findings, named, numbered=True)


def _as_input(inputs: tuple[InputFile, ...]) -> tuple[InputFile, ...]:
    return tuple(replace(one, role="input") for one in inputs)


def _require_whole(held: _Held) -> _Held:
    soft = [one for one in held.findings if one.code in SOFT]
    if soft:
        raise _refuse_soft(held.name, "holds fractions, and a threshold would decide")
    return held


def _is_probability(image: Image) -> bool:
    """Whether an image is one of fractions from 0 to 1: a mask that nobody has cut yet."""
    ends = find_ends(image)
    return ends is not None and ends[0] >= 0.0 and ends[1] <= 1.0


def _refuse_soft(name: str, reason: str) -> InputRefused:
    remedy = "cut it in the program that made it, and export a mask of whole numbers"
    return InputRefused("convert.fractions", name, reason, remedy)


def _of_contours(held: _Held) -> bool:
    return held.inputs[0].format == CONTOURS


def _convert(held: _Held, target: _Held, wanted: Conversion) -> Converted:
    if held.image is not None:
        return _convert_image(held, held.image, target, wanted)
    named = choose_structures(held.name, _name(held, wanted.scheme), wanted.structures)
    brought = [_bring(one, target, resample=wanted.resample) for one in named]
    structures = tuple(structure for structure, _ in brought)
    require_some_left(held.name, structures)
    told = tuple(finding for _, findings in brought for finding in findings)
    found = (*held.findings, *told)
    return Converted(held.name, target.grid, held.inputs, found, structures)


def _convert_image(held: _Held, image: Image, target: _Held, wanted: Conversion) -> Converted:
    if wanted.on_ct or wanted.structures or wanted.scheme:
        reason = "is an image, which has no structures"
        remedy = "give a mask, or write the image as NIfTI without naming structures"
        raise InputRefused("convert.image", held.name, reason, remedy)
    if target is held:
        return Converted(held.name, held.grid, held.inputs, held.findings, image=image)
    if wanted.resample:
        reason = "is an image, and its values would be changed"
        raise InputRefused("convert.image", held.name, reason, "resample masks only")
    moved = move_image_onto(image, target.grid, target.name)
    before, after = (one.voxels.size for one in (image, moved))
    findings = held.findings
    if after < before:
        what = f"{held.name}: {before - after} of {before} voxels lie outside the grid that was"
        cut = Finding("convert.cropped", Severity.INFO, f"{what} chosen, and are left out")
        findings = (*findings, cut)
    return Converted(held.name, target.grid, held.inputs, findings, image=moved)


def _name(held: _Held, scheme: str | None) -> tuple[Named, ...]:
    """Give the labels of a map the names of a scheme; names in the file go before any."""
    if scheme is None:
        return held.named
    known = find_scheme(read_bundled_schemes(), scheme)
    if not held.numbered:
        reason = f"{held.name} names its structures itself"
        raise InputRefused("usage.wrong", "--scheme", reason, "leave it out")
    names = known.structures
    return tuple(
        one.renamed(names[one.number]) if one.number in names else one for one in held.named
    )


def _bring(one: Named, target: _Held, *, resample: bool) -> tuple[Structure, tuple[Finding, ...]]:
    """Move a structure exactly where its lattice is the grid's, else only where that is asked."""
    before = Structure.of(one.number, one.mask, one.name, one.meaning)
    if not (resample and _is_another(one.mask, target.grid)):
        return replace(before, mask=move_onto(one.mask, target.grid, target.name)), ()
    near, _, finding = resample_onto(one.mask, target.grid, target.name)
    return replace(before, mask=move_onto(near, target.grid, target.name)), (finding,)


def _is_another(mask: Mask, grid: Grid) -> bool:
    return mask.grid.placed and grid.placed and find_misfit(grid, mask.grid) is not None
