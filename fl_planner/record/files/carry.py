"""Masks that were carried from one scan to another, and how well: the record of `carry`."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal

from fl_planner.basis.findings import Finding
from fl_planner.liver.agreement.second_reader import Agreement
from fl_planner.liver.scatter.registration import OF_INSIDE, TG_132, RegistrationQuality
from fl_planner.planning.given.case import InputFile
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import (
    FileName,
    Ml,
    Mm,
    Percent,
    PercentOfAnother,
    Sha256,
    Unit,
    Voxels,
    as_float,
    at_least,
    measured_in,
    says,
)
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs
from fl_planner.space.mask import Mask

Draft = Literal["carried, not drawn"]
Side = Annotated[float, measured_in(Unit("mm"))]
Turn = Annotated[float, measured_in(Unit("degrees"), 0, 180)]
Determinant = Annotated[float, measured_in(Unit("times the volume"))]


@dataclass(frozen=True, slots=True)
class CarriedMask:
    """A mask before and after, and the file that it went into.

    - `file`: base name of the output; several segments are in one.
    - `label`: its number there.
    - `content`: of the file.
    """

    before: Mask
    after: Mask
    file: str
    label: int
    content: bytes


class ShiftRecord(RecordPart):
    """How the liver moves, before it is bent."""

    right_mm: Annotated[Side, says("To the patient's right, at the liver's middle")]
    front_mm: Annotated[Side, says("To the front")]
    head_mm: Annotated[Side, says("To the head")]
    turn_degrees: Annotated[Turn, says("About any axis")]


class SurfacesRecord(RecordPart):
    """How two livers agree."""

    mean_mm: Annotated[Mm | None, says("Mean distance of their surfaces")] = None
    hd95_mm: Annotated[Mm | None, says("95th percentile of that distance")] = None
    dice: Annotated[float | None, says("Twice what is common over both.")] = None


class FoldingRecord(RecordPart):
    """What the deformation does to small pieces of liver: its Jacobian determinants."""

    folded_percent: Annotated[Percent, says("Of the liver, where they are 0 or below")]
    least: Annotated[Determinant, says("Least")]
    most: Annotated[Determinant, says("Largest")]
    p1: Annotated[Determinant, says("1st percentile")]
    p99: Annotated[Determinant, says("99th percentile")]


class CarriedRecord(RecordPart):
    """A mask that was carried: a draft."""

    name: Annotated[str, says("What it is: flr, segment_4 ...")]
    status: Annotated[Draft, says("What it is worth until somebody has corrected it.")] = (
        "carried, not drawn"
    )
    file: FileName
    label: Annotated[int, says("Its number in the file.")]
    sha256: Sha256
    voxels: Annotated[Voxels, says("On the scan that it was carried onto.")]
    volume_ml: Annotated[Ml, says("There")]
    volume_before_ml: Annotated[Ml, says("Where it was drawn")]
    kept_percent: Annotated[PercentOfAnother, says("Volume there over that before")]


class CarryRecord(ResultRecord, tag_field="schema", tag="fl-planner/carry/1"):
    """Masks carried from one scan to another."""

    draft: Annotated[Draft, says("What every mask in it is.")] = "carried, not drawn"
    method: Annotated[Literal["rigid", "deformable"], says("How one was laid onto the other.")]
    guide: Annotated[Literal["surface and CT", "surface"], says("What it was found by.")]
    shift: ShiftRecord
    surfaces_before: SurfacesRecord
    surfaces: SurfacesRecord
    asked: Annotated[str, says("Where the quality that is asked for stands in print.")] = TG_132
    folding: FoldingRecord
    off_mm: Annotated[Mm, says("By which a carried surface may be off, one standard deviation")]
    off_source: Annotated[str, says("Where that comes from.")] = OF_INSIDE
    masks: Annotated[tuple[CarriedRecord, ...], says("What was written."), at_least(1)]
    findings: Findings


def as_carry(
    found: RegistrationQuality,
    off_mm: float,
    masks: Iterable[CarriedMask],
    inputs: Iterable[InputFile],
    findings: Iterable[Finding],
) -> CarryRecord:
    """Tell what was carried, how well one scan lies on the other, and what to doubt."""
    right, front, head = found.shift_mm
    turn, folding = found.turn_degrees, found.folding
    return CarryRecord(
        refusal=None,
        inputs=as_inputs(inputs),
        method=found.method,
        guide=found.guide,
        shift=ShiftRecord(right_mm=right, front_mm=front, head_mm=head, turn_degrees=turn),
        surfaces_before=_surfaces(found.before),
        surfaces=_surfaces(found.after),
        folding=FoldingRecord(
            folded_percent=100 * folding.share,
            least=folding.least,
            most=folding.most,
            p1=folding.low,
            p99=folding.high,
        ),
        off_mm=off_mm,
        masks=tuple(map(_carried, masks)),
        findings=as_findings(findings),
    )


def _surfaces(one: Agreement) -> SurfacesRecord:
    return SurfacesRecord(mean_mm=one.mean_mm, hd95_mm=one.far_mm, dice=as_float(one.dice))


def _carried(one: CarriedMask) -> CarriedRecord:
    before_ml, after_ml = one.before.volume_ml, one.after.volume_ml
    return CarriedRecord(
        name=one.after.name,
        file=one.file,
        label=one.label,
        sha256=sha256(one.content).hexdigest(),
        voxels=one.after.voxel_count,
        volume_ml=after_ml,
        volume_before_ml=before_ml,
        kept_percent=100 * after_ml / before_ml,
    )
