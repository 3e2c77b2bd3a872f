"""What was written from what: the record of `convert`."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal

from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.segments.content import (
    ConvertedFile,
    OutFormat,
    Output,
    Structure,
    find_ends,
)
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import (
    FileName,
    Ml,
    Sha256,
    Unit,
    Voxels,
    at_least,
    measured_in,
    says,
)
from fl_planner.record.files.check import Format, Values
from fl_planner.record.files.geometry import GeometryRecord, as_geometry
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs

MM = Unit("mm")


@dataclass(frozen=True, slots=True)
class Written:
    """An output that was read back: its name, its format and what is in it.

    `off_mm` is how far a corner of its grid lies from where it was, by rounding; 0 is exact.
    """

    name: str
    format: OutFormat
    output: Output
    off_mm: float


class OutputRecord(RecordPart):
    """What was written."""

    file: FileName
    format: Format
    numbers: Annotated[str, says("Type of its numbers, uint8 ...")]
    sha256: Sha256


class VerifiedRecord(RecordPart):
    """What was read back."""

    content: Literal[True] = True
    grid_off_mm: Annotated[
        Annotated[float, measured_in(MM, 0)], says("By which a corner is off, as its format rounds")
    ]


class StructureRecord(RecordPart):
    """A structure that was written."""

    label: Annotated[int, says("Its number in the output.")]
    label_before: Annotated[int | None, says("Its number in the input.")] = None
    name: Annotated[
        str | None, says("What it is called; absent where neither the file nor the user says.")
    ] = None
    voxels: Annotated[Voxels, says("Voxels.")]
    voxels_before: Annotated[Voxels, says("Voxels on the grid it came from.")]
    volume_ml: Ml
    volume_ml_before: Annotated[Ml, says("mL, on the grid it came from.")]


class ConversionRecord(ResultRecord, tag_field="schema", tag="fl-planner/convert/1"):
    """What was written from what."""

    kind: Annotated[Literal["image", "structures"], says("What was converted.")]
    output: OutputRecord
    geometry: GeometryRecord
    verified: VerifiedRecord
    structures: Annotated[
        Annotated[tuple[StructureRecord, ...], at_least(1)] | None, says("What was written.")
    ] = None
    values: Values = None
    findings: Findings


def as_conversion(converted: ConvertedFile, written: Written) -> ConversionRecord:
    """Tell what was written from what, and what a reader of it must know."""
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
    return StructureRecord(
        label=one.number,
        label_before=one.number_before,
        name=one.name,
        voxels=one.mask.voxel_count,
        voxels_before=one.voxels_before,
        volume_ml=one.mask.volume_ml,
        volume_ml_before=one.ml_before,
    )


def _find_rounded(written: Written) -> tuple[Finding, ...]:
    """Name a grid whose numbers the format holds rounded."""
    if not written.off_mm:
        return ()
    message = (
        f"{written.name}: its grid is rounded as its format demands, by at most "
        f"{written.off_mm:.2g} mm at a corner"
    )
    code, level = "convert.rounded", Severity.INFO
    return (Finding(code, level, message, written.name, written.off_mm, "mm"),)
