"""Description of files, their agreement, and conversions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal

from msgspec import Meta

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import join_words
from fl_planner.formats.segments.content import (
    ConvertedFile,
    OutFormat,
    Output,
    Structure,
    find_ends,
)
from fl_planner.formats.voxels.file_facts import Assessed, Checked, Misfit
from fl_planner.record.declaration.part import (
    FileName,
    Ml,
    RecordPart,
    Sha256,
    Unit,
    Voxels,
    as_part,
    at_least,
    like,
    measured_in,
    one_of,
    says,
)
from fl_planner.record.head import (
    AnswerRecord,
    FindingRecord,
    Findings,
    RefusalRecord,
    ResultRecord,
    as_findings,
    as_inputs,
    as_refusal,
    name_schema,
)
from fl_planner.space.grid import Grid

WORDS = {
    "R": "right", "L": "left", "A": "front", "P": "back", "S": "head", "I": "foot",
}  # fmt: skip
OBLIQUE_DEGREES = 1.0  # from here on a grid is called oblique
DEGREES = Unit("degrees")


class GeometryRecord(RecordPart):
    """Geometry of a voxel grid."""

    shape: Annotated[
        tuple[Annotated[int, Meta(ge=1)], ...],
        says("Number of voxels along each axis."),
        at_least(3),
    ]
    spacing_mm: Annotated[tuple[float, ...], says("Voxel edge lengths, mm."), at_least(3)]
    extent_mm: Annotated[tuple[float, ...], says("Edge lengths of the grid, mm."), at_least(3)]
    voxel_ml: Annotated[Ml, says("Volume of one voxel")]
    placed: Annotated[bool, says("Whether orientation and position in the patient are known.")]
    axis_codes: Annotated[
        Annotated[str, like("^[RLAPSI]{3}$")] | None,
        says("Direction of each index axis: R, L, A, P, S, I."),
    ] = None
    tilt_degrees: Annotated[
        Annotated[float, measured_in(DEGREES, 0)] | None,
        says("Angle between the grid axes and the patient axes"),
    ] = None
    words: Annotated[str, says("Grid and position in words.")]


def as_geometry(grid: Grid) -> GeometryRecord:
    """Describe a grid in numbers and text."""
    return as_part(
        GeometryRecord,
        grid,
        axis_codes=grid.axis_codes if grid.placed else None,
        tilt_degrees=grid.tilt_degrees if grid.placed else None,
        words=describe_geometry(grid),
    )


def describe_geometry(grid: Grid) -> str:
    """Describe a grid in text.

    Examples
    --------
    >>> size, axes = describe_geometry(Grid.upright((8, 8, 4), (4, 4, 5))).split("; ")
    >>> size
    '8 x 8 x 4 voxels of 4 x 4 x 5 mm, 32 x 32 x 20 mm in total'
    >>> axes
    "axes pointing towards the patient's right, front and head"
    """
    voxels = " x ".join(map(str, grid.shape))
    edges, lengths = (
        " x ".join(f"{mm:.{digits}g}" for mm in each)
        for each, digits in ((grid.spacing_mm, 5), (grid.extent_mm, 4))
    )
    size = f"{voxels} voxels of {edges} mm, {lengths} mm in total"
    if not grid.placed:
        return f"{size}; orientation and position in the patient are unknown"
    tilt = grid.tilt_degrees
    oblique = f", tilted by {tilt:.1f} degrees" if tilt >= OBLIQUE_DEGREES else ""
    sides = join_words(WORDS[code] for code in grid.axis_codes)
    return f"{size}; axes pointing towards the patient's {sides}{oblique}"


Format = Annotated[str, says("Format: nifti1, nrrd, dicom-seg ...")]
Values = Annotated[tuple[float, float] | None, says("Minimum and maximum values of an image.")]


class SourceFileRecord(RecordPart):
    """File, with its format and hash."""

    file: FileName
    format: Format
    sha256: Sha256


class LabelRecord(RecordPart):
    """A label of a mask."""

    label: Annotated[int, says("Label number.")]
    name: Annotated[str | None, says("Name in the file.")] = None
    voxels: Annotated[Voxels, says("Voxels.")]
    volume_ml: Ml


class ReadFileRecord(RecordPart, tag_field="status", tag="ok"):
    """Readable file."""

    file: FileName
    kind: Annotated[str, one_of("Type of content.", ("mask", "label map", "segmentation", "image"))]
    inputs: Annotated[
        tuple[SourceFileRecord, ...], says("The file, or the files of a folder."), at_least(1)
    ]
    geometry: GeometryRecord
    labels: Annotated[tuple[LabelRecord, ...] | None, says("Labels of a mask.")] = None
    values: Values = None
    findings: Findings


class RefusedFileRecord(RecordPart, tag_field="status", tag="refused"):
    """Refused file."""

    file: FileName
    refusal: RefusalRecord


class MisfitRecord(RecordPart):
    """Two files that do not match."""

    file: FileName
    other: FileName
    reason: Annotated[str, says("Reason.")]


class RoleRecord(RecordPart):
    """File, with the role in which it was read."""

    role: Annotated[str, says("Role: liver, flr, labelmap ...")]
    file: FileName


class UnaskedRecord(RecordPart):
    """Mask that was not recognised as part of the liver."""

    file: FileName
    reason: Annotated[str, says("Reason.")]


class AssessmentRecord(RecordPart):
    """Findings of `volume` for the files in the roles indicated by their names."""

    read_as: Annotated[tuple[RoleRecord, ...], says("Role in which each file was read.")]
    findings: Findings
    refusal: RefusalRecord | None = None
    unasked: Annotated[
        tuple[UnaskedRecord, ...] | None, says("Masks with names that do not indicate a role.")
    ] = None


class CheckRecord(AnswerRecord, tag_field="schema", tag=name_schema("check")):
    """Description of files and their agreement."""

    files: Annotated[
        tuple[ReadFileRecord | RefusedFileRecord, ...],
        says("Files in the order given."),
        at_least(1),
    ]
    fits: Annotated[
        bool,
        says(
            "Whether all files can be read and share the same grid, and `volume` reports no "
            "refusal or error."
        ),
    ]
    misfits: Annotated[tuple[MisfitRecord, ...], says("Inconsistencies.")]
    assessment: AssessmentRecord | None = None
    passed_over: Annotated[
        tuple[FindingRecord, ...] | None,
        says("Masks and images in folders, other than those checked."),
    ] = None


def as_check(
    checked: Sequence[Checked | InputRefused],
    misfits: Sequence[Misfit],
    assessed: Assessed | None = None,
    passed_over: Iterable[Finding] = (),
) -> CheckRecord:
    """Describe each file, their agreement, and the findings of `volume`.

    A refused file is listed with its refusal; a file that cannot be read matches no other.
    """
    refused = any(isinstance(one, InputRefused) for one in checked)
    wrong = assessed is not None and assessed.is_wrong
    return CheckRecord(
        refusal=None,
        files=tuple(_file(one) for one in checked),
        fits=not (misfits or refused or wrong),
        misfits=tuple(as_part(MisfitRecord, one) for one in misfits),
        assessment=None if assessed is None else _assessment(assessed),
        passed_over=as_findings(passed_over) or None,
    )


def _assessment(assessed: Assessed) -> AssessmentRecord:
    refused = assessed.refused
    return AssessmentRecord(
        read_as=tuple(RoleRecord(role=role, file=file) for role, file in assessed.roles),
        findings=as_findings(assessed.findings),
        refusal=None if refused is None else as_refusal(refused, "check").refusal,
        unasked=tuple(UnaskedRecord(file=file, reason=why) for file, why in assessed.unasked)
        or None,
    )


def _file(one: Checked | InputRefused) -> ReadFileRecord | RefusedFileRecord:
    if isinstance(one, InputRefused):
        return RefusedFileRecord(file=one.source, refusal=as_refusal(one, "check").refusal)
    return as_part(
        ReadFileRecord,
        one,
        inputs=tuple(as_part(SourceFileRecord, each) for each in one.inputs),
        geometry=as_geometry(one.stored_grid),
        labels=_labels(one) if one.kind != "image" else None,
        findings=as_findings(one.findings),
    )


def _labels(one: Checked) -> tuple[LabelRecord, ...]:
    return tuple(
        as_part(LabelRecord, each, label=each.number, volume_ml=each.voxels * one.grid.voxel_ml)
        for each in one.labels
    )


MM = Unit("mm")


@dataclass(frozen=True, slots=True)
class Written:
    """Output that was read back: name, format and content.

    `off_mm` is the displacement of a corner of its grid by rounding; 0 if exact.
    """

    name: str
    format: OutFormat
    output: Output
    off_mm: float


class OutputRecord(RecordPart):
    """The written output."""

    file: FileName
    format: Format
    numbers: Annotated[str, says("Data type: uint8 ...")]
    sha256: Sha256


class VerifiedRecord(RecordPart):
    """The output as read back."""

    content: Literal[True] = True
    grid_off_mm: Annotated[
        Annotated[float, measured_in(MM, 0)],
        says("Displacement of a grid corner by rounding in the file format"),
    ]


class StructureRecord(RecordPart):
    """A structure that was written."""

    label: Annotated[int, says("Label number in the output.")]
    label_before: Annotated[int | None, says("Label number in the input.")] = None
    name: Annotated[
        str | None, says("Name; absent if neither the file nor the user gives one.")
    ] = None
    voxels: Annotated[Voxels, says("Voxels.")]
    voxels_before: Annotated[Voxels, says("Number of voxels on the original grid.")]
    volume_ml: Ml
    volume_ml_before: Annotated[Ml, says("Volume on the original grid")]


class ConversionRecord(ResultRecord, tag_field="schema", tag=name_schema("convert")):
    """Conversion of files."""

    kind: Annotated[Literal["image", "structures"], says("Input that was converted.")]
    output: OutputRecord
    geometry: GeometryRecord
    verified: VerifiedRecord
    structures: Annotated[
        Annotated[tuple[StructureRecord, ...], at_least(1)] | None,
        says("Structures written; absent for an image."),
    ] = None
    values: Values = None
    findings: Findings


def as_conversion(converted: ConvertedFile, written: Written) -> ConversionRecord:
    """Describe a conversion and its findings."""
    image = converted.image
    return ConversionRecord(
        refusal=None,
        inputs=as_inputs(converted.inputs),
        kind="structures" if image is None else "image",
        output=OutputRecord(
            file=written.name,
            format=written.format,
            numbers=written.output.numbers,
            sha256=sha256(written.output.content).hexdigest(),
        ),
        geometry=as_geometry(converted.grid),
        verified=VerifiedRecord(grid_off_mm=written.off_mm),
        structures=tuple(map(_structure, converted.structures)) if image is None else None,
        values=None if image is None else find_ends(image),
        findings=as_findings((*converted.findings, *_find_rounded(written))),
    )


def _structure(one: Structure) -> StructureRecord:
    return as_part(
        StructureRecord,
        one,
        label=one.number,
        label_before=one.number_before,
        voxels=one.mask.voxel_count,
        volume_ml=one.mask.volume_ml,
        volume_ml_before=one.ml_before,
    )


def _find_rounded(written: Written) -> tuple[Finding, ...]:
    """Return a finding if the format stores rounded numbers of a grid."""
    if not written.off_mm:
        return ()
    message = (
        f"{written.name}: the file format rounds the coordinates of the grid, by at most "
        f"{written.off_mm:.2g} mm at a corner"
    )
    code, level = "convert.rounded", Severity.INFO
    return (Finding(code, level, message, written.name, written.off_mm, "mm"),)
