"""What a file of any format holds: structures or an image; or its grid alone."""

from dataclasses import dataclass, replace
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.segments.choice import NamedStructure
from fl_planner.formats.segments.content import find_ends
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.formats.voxels.label_file import LabelFile, SegmentFile
from fl_planner.formats.voxels.values import Holds
from fl_planner.intake.reading.segment_folder import require_one_file
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import Grid
from fl_planner.space.image import Image
from fl_planner.workup.files.check import NO_LABELS, ZIP, check_files

EVERY = "check"  # the role that asks for every segment of a file
SOFT = {"values.probability_map", "values.fractional"}  # findings: a threshold decided
CONTOURS = "dicom-rtstruct"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds; of one whose grid alone is asked for, that."""

    name: str
    grid: Grid
    inputs: tuple[InputFile, ...] = ()
    findings: tuple[Finding, ...] = ()
    named: tuple[NamedStructure, ...] = ()
    image: Image | None = None
    numbered: bool = False  # whether numbers alone tell its structures apart

    @property
    def is_contours(self) -> bool:
        """Whether it has no grid of its own: contours are drawn on an image's."""
        return self.inputs[0].format == CONTOURS


def read_ct(path: Source, limits: Limits) -> Contents:
    """Read a CT, of which the grid counts."""
    image, inputs, findings = read_image(path, "ct", limits)
    return Contents(inputs[0].file, image.grid, inputs, findings)


def read_like(path: Source, limits: Limits) -> Contents:
    """Read the grid of a file, whatever it holds; what is odd beside its grid is no matter."""
    ((checked,), _) = check_files((path,), limits)
    if isinstance(checked, InputRefused):
        raise checked
    inputs = tuple(replace(one, role="like") for one in checked.inputs)
    odd = tuple(one for one in checked.findings if one.code.startswith("geometry."))
    return Contents(checked.file, checked.grid, inputs, odd)


def read_contents(path: Source, limits: Limits, on: Grid | None) -> Contents:
    """Read structures where the numbers of a file are labels, else an image."""
    try:
        file = read_labels(path, EVERY, Holds.LABEL_MAP, limits, on)
    except InputRefused as refused:
        if refused.code not in NO_LABELS | {ZIP}:
            raise
    else:
        held = _of_segments(file) if isinstance(file, SegmentFile) else _of_labels(file)
        return _require_whole(held)
    if isinstance(path, Path):
        require_one_file(path)
    image, inputs, findings = read_image(path, "input", limits)
    if _is_probability(image):
        raise _refuse_soft(image.file or path.name, "holds fractions from 0 to 1")
    return Contents(inputs[0].file, image.grid, inputs, findings, image=image)


def _of_segments(file: SegmentFile) -> Contents:
    named = tuple(
        NamedStructure(one.number, mask.renamed(one.name), one.name or None, one.structure)
        for one, mask in file.drawn()
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
    return tuple(replace(one, role="input") for one in inputs)


def _require_whole(held: Contents) -> Contents:
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
