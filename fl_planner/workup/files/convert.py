"""Convert a file to another format or grid.

A loss of information is refused: another lattice, voxels outside the grid, fractions, and
structures that cannot be distinguished [safety.md H-05, H-06, H-13].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from fl_planner.basis.constants import CONTOURS
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import begin_step
from fl_planner.export.save import check_output, save
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.segments.content import (
    ConvertedFile,
    NamedStructure,
    OutFormat,
    Output,
    Structure,
    choose_structures,
    find_ends,
    require_some_left,
)
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import Source, note_input
from fl_planner.formats.voxels.values import Holds, KnownGrids, LabelFile, SegmentFile
from fl_planner.formats.write import (
    as_nifti,
    as_nrrd,
    as_seg,
    format_of,
    numbered_for,
    read_back,
    require_dicom,
)
from fl_planner.intake.reading.files import adding_role, find_shared, judge_owners
from fl_planner.intake.reading.mask_files import require_one_file
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import find_swapped_files
from fl_planner.record.files.check import ConversionRecord, Written, as_conversion
from fl_planner.space.common_grid.resample import move_image_onto, move_onto, resample_onto
from fl_planner.space.common_grid.same_grid import describe_misfit
from fl_planner.space.grid import Grid, Image
from fl_planner.space.labels import find_scheme
from fl_planner.workup.files.check import NO_LABELS, ZIP, check_files

EVERY = "check"  # role that reads every segment of a file
NOT_FINITE = "values.not_finite"
SOFT = {"values.probability_map", "values.fractional"}  # findings of a mask by threshold


@dataclass(frozen=True, slots=True)
class Contents:
    """Contents of a file, or only its grid."""

    name: str
    grid: Grid
    inputs: tuple[InputFile, ...] = ()
    findings: tuple[Finding, ...] = ()
    named: tuple[NamedStructure, ...] = ()
    image: Image | None = None
    numbered: bool = False  # whether its structures have numbers only

    @property
    def is_contours(self) -> bool:
        """Whether it consists of contours, which refer to the grid of an image."""
        return self.inputs[0].format == CONTOURS


def read_ct(path: Source, limits: Limits, drawn: Source) -> Contents:
    """Read the grid of a CT, on which a file was `drawn`."""
    image, inputs, findings = read_image(path, "ct", limits, (drawn,))
    return Contents(inputs[0].file, image.grid, inputs, findings)


def read_like(path: Source, limits: Limits) -> Contents:
    """Read the grid of any file, with findings only about the grid."""
    ((checked,), _) = check_files((path,), limits)
    if isinstance(checked, InputRefused):
        raise checked
    inputs = tuple(replace(file, role="like") for file in checked.inputs)
    odd = tuple(each for each in checked.findings if each.code.startswith("geometry."))
    return Contents(checked.file, checked.grid, inputs, odd)


def read_contents(path: Source, limits: Limits, on: Grid | None) -> Contents:
    """Read structures if the numbers of a file are labels, otherwise an image."""
    try:
        file = read_labels(path, EVERY, Holds.LABEL_MAP, limits, KnownGrids(on))
    except InputRefused as refused:
        if refused.code not in NO_LABELS | {ZIP}:
            raise
        no_labels = refused
    else:
        held = _of_segments(file) if isinstance(file, SegmentFile) else _of_labels(file)
        return _require_whole(held)
    if isinstance(path, Path):
        require_one_file(path)
    image, inputs, findings = read_image(path, "input", limits)
    ends = find_ends(image)
    if ends is not None and ends[0] >= 0.0 and ends[1] <= 1.0:  # a mask without a threshold
        if no_labels.code == NOT_FINITE:
            raise no_labels
        raise _refuse_soft(image.file or path.name, "the file contains fractions from 0 to 1")
    return Contents(inputs[0].file, image.grid, inputs, findings, image=image)


def _of_segments(file: SegmentFile) -> Contents:
    named = tuple(
        NamedStructure(each.number, mask.renamed(each.name), each.name or None, each.structure)
        for each, mask in file.drawn()
    )
    return Contents(file.name, file.grid, _as_input(file.inputs), file.findings, named)


def _of_labels(file: LabelFile) -> Contents:
    named = tuple(
        NamedStructure(number, file.mask(f"label {number}", number), None, None)
        for number in file.labelled.labels
    )
    inputs = _as_input(file.inputs)
    return Contents(file.name, file.grid, inputs, file.findings, named, numbered=True)


def _as_input(inputs: tuple[InputFile, ...]) -> tuple[InputFile, ...]:
    return tuple(replace(file, role="input") for file in inputs)


def _require_whole(held: Contents) -> Contents:
    soft = [each for each in held.findings if each.code in SOFT]
    if soft:
        raise _refuse_soft(
            held.name, "the file contains fractions, so the mask depends on a threshold"
        )
    return held


def _refuse_soft(name: str, reason: str) -> InputRefused:
    remedy = "apply a threshold in the original program, and export the mask as whole numbers"
    return InputRefused("convert.fractions", name, reason, remedy)


SEG = "dicom-seg"


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion.

    - `file`: the input, in any readable format.
    - `to`: the output, whose extension determines its format.
    - `like`: a file with the grid to use; by default the grid of the input.
    - `ct`: the CT on which it was drawn: contours and a SEG refer to it.
    - `scheme`: label scheme of a label map.
    - `structures`: structures to convert, as NAME or NAME=NUMBER; all by default.
    - `resample`: whether another lattice is resampled by nearest neighbour.
    - `as_of`: date in a SEG; by default the date of the CT study.
    - `force`: whether an existing output is replaced.
    - `size_limit`: largest file size, in GiB.
    """

    file: Source
    to: Path
    like: Source | None = None
    ct: Source | None = None
    scheme: str | None = None
    structures: Sequence[str] = ()
    resample: bool = False
    as_of: date | None = None
    force: bool = False
    size_limit: int = 1

    @property
    def format(self) -> OutFormat:
        """The format given by the name of the output."""
        return format_of(self.to.name)

    @property
    def on_ct(self) -> bool:
        """Whether the result must have the grid of the CT, as a SEG."""
        return self.format == SEG

    def check(self) -> None:
        """Refuse an output that has an unknown format, cannot be written, or is an input."""
        dated = self.on_ct
        for path in (self.file, self.like, self.ct):
            if isinstance(path, Path):
                note_input(path)
        try:
            check_output(self.to, force=self.force)
        except InputRefused as refused:
            if refused.code != "output.is_input":
                raise
            what = refused.reason, refused.remedy  # under its established code
            raise InputRefused("convert.same_file", refused.source, *what) from refused
        if self.as_of is not None and not dated:
            reason = f"a date can be written only to a SEG, not to {self.to.name}"
            raise InputRefused("usage.wrong", "--as-of", reason, "omit the option")


def convert_file(wanted: Conversion) -> ConversionRecord:
    """Write a file in another format or on another grid, after reading it back.

    Raises `InputRefused`: see `Conversion.check`, `read_converted` and `read_back`.
    """
    wanted.check()
    if wanted.on_ct:
        require_dicom()
    name, limits = wanted.to.name, Limits.of_gib(wanted.size_limit)
    converted = numbered_for(read_converted(wanted, limits), wanted.format)
    begin_step("writing")
    output = _write(converted, wanted, limits)
    begin_step("reading back the output")
    off_mm = read_back(output.content, name, converted, limits)
    record = as_conversion(converted, Written(name, wanted.format, output, off_mm))
    save(wanted.to, output.content, force=wanted.force)
    return record


def _write(converted: ConvertedFile, wanted: Conversion, limits: Limits) -> Output:
    if not wanted.on_ct:
        as_bytes = as_nifti if wanted.format == "nifti1" else as_nrrd
        return as_bytes(converted, wanted.to.name)
    from fl_planner.formats.dicom.sources import read_sources

    assert wanted.ct is not None  # as `read_converted` requires
    slices = read_sources(wanted.ct, converted.grid, limits, (wanted.file,))
    return as_seg(converted, slices, wanted.as_of)


def read_converted(wanted: Conversion, limits: Limits) -> ConvertedFile:
    """Read a file and move its contents to the chosen grid.

    Raises `InputRefused` if a file cannot be read, or information would be lost.
    """
    _require_ct(wanted)
    shared = find_shared(path for path in (wanted.file, wanted.like, wanted.ct) if path)
    with adding_role("--ct", shared):
        ct = read_ct(wanted.ct, limits, wanted.file) if wanted.ct else None
    with adding_role("--like", shared):
        like = read_like(wanted.like, limits) if wanted.like else None
    drawn_on = ct or like
    held = read_contents(wanted.file, limits, drawn_on.grid if drawn_on else None)
    beside = [each for each in (ct, like) if each]
    others = [file for other in beside for file in other.inputs]
    inputs = (*held.inputs, *others)
    findings = (
        *held.findings,
        *(each for other in beside for each in other.findings),
        *_judge_scans(held, {"--ct": ct, "--like": like}, shared),
    )
    held = replace(held, inputs=inputs, findings=tuple(dict.fromkeys(findings)))
    target = like or (ct if wanted.on_ct or held.is_contours else None) or held
    if target.name in shared and target is not held:
        target = replace(target, name=f"{target.name} ({'--like' if like else '--ct'})")
    if ct and target is held:
        reason = f"{held.name} already has a grid, so a CT has no effect"
        raise InputRefused("usage.wrong", "--ct", reason, "omit --ct, or choose a grid with --like")
    return _convert(held, target, wanted)


def _judge_scans(
    held: Contents, others: Mapping[str, Contents | None], shared: frozenset[str]
) -> tuple[Finding, ...]:
    """Compare the patients and scans of files; one with a shared base name is named by option."""
    found = [(option, file) for option, other in others.items() if other for file in other.inputs]
    named = (
        replace(file, file=f"{file.file} ({option})") if file.file in shared else file
        for option, file in found
    )
    return judge_owners((held.inputs[0], *named))  # the files of a pair are one input


def _require_ct(wanted: Conversion) -> None:
    if wanted.on_ct and wanted.ct is None:
        reason = "a DICOM SEG refers to the slices of its CT, which were not given"
        raise InputRefused("convert.no_ct", wanted.file.name, reason, "give them with --ct")
    if wanted.on_ct and wanted.like is not None:
        reason = "a DICOM SEG must have the grid of its CT"
        raise InputRefused("usage.wrong", "--like", reason, "omit the option")


def _convert(held: Contents, target: Contents, wanted: Conversion) -> ConvertedFile:
    if held.image is not None:
        return _convert_image(held, held.image, target, wanted)
    named = choose_structures(held.name, _name(held, wanted.scheme), wanted.structures)
    brought = [_bring(each, target, resample=wanted.resample) for each in named]
    structures = tuple(structure for structure, _ in brought)
    require_some_left(held.name, structures)
    moved = tuple(finding for _, findings in brought for finding in findings)
    found = (*held.findings, *moved, *_find_swapped(held, named))
    return ConvertedFile(
        held.name, target.grid, held.inputs, found, structures, numbered=held.numbered
    )


def _find_swapped(held: Contents, named: Sequence[NamedStructure]) -> tuple[Finding, ...]:
    """Compare the name given to the only label of a file with the name of the file."""
    if not held.numbered or len(held.named) > 1:
        return ()
    roles = (one.meaning for one in named if one.meaning is not None)
    return tuple(find_swapped_files([replace(held.inputs[0], role=role) for role in roles]))


def _convert_image(
    held: Contents, image: Image, target: Contents, wanted: Conversion
) -> ConvertedFile:
    if wanted.on_ct or wanted.structures or wanted.scheme:
        reason = "the file is an image, which has no structures"
        remedy = "give a mask, or write the image as NIfTI without structures"
        raise InputRefused("convert.image", held.name, reason, remedy)
    if target is held:
        return ConvertedFile(held.name, held.grid, held.inputs, held.findings, image=image)
    if wanted.resample:
        reason = "the file is an image; resampling would change its values"
        raise InputRefused("convert.image", held.name, reason, "resample masks only")
    moved = move_image_onto(image, target.grid, target.name)
    before, after = image.voxels.size, moved.voxels.size
    findings = held.findings
    if after < before:
        message = f"{held.name}: {before - after} of {before} voxels are outside the chosen grid "
        message += "and were omitted"
        findings = (*findings, Finding("convert.cropped", Severity.INFO, message))
    return ConvertedFile(held.name, target.grid, held.inputs, findings, image=moved)


def _name(held: Contents, scheme: str | None) -> tuple[NamedStructure, ...]:
    """Name the labels of a map by a scheme, unless the file contains names."""
    if scheme is None:
        return held.named
    known = find_scheme(read_bundled_schemes(), scheme)
    if not held.numbered:
        reason = f"{held.name} contains the names of its structures"
        raise InputRefused("usage.wrong", "--scheme", reason, "omit the option")
    names = known.structures
    return tuple(
        each.renamed(names[each.number]) if each.number in names else each for each in held.named
    )


def _bring(
    named: NamedStructure, target: Contents, *, resample: bool
) -> tuple[Structure, tuple[Finding, ...]]:
    """Move a structure exactly if its lattice is that of the grid, otherwise by resampling."""
    mask = named.mask
    before = Structure.of(named.number, mask, named.name, named.meaning)
    placed = mask.grid.placed and target.grid.placed
    if not (resample and placed and describe_misfit(target.grid, mask.grid)):
        return replace(before, mask=move_onto(mask, target.grid, target.name)), ()
    near, _, finding = resample_onto(mask, target.grid, target.name)
    return replace(before, mask=move_onto(near, target.grid, target.name)), (finding,)
