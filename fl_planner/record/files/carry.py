"""What was laid onto another scan, and how well: the records of `carry` and `spect-shift`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Literal

from fl_planner.basis.constants import CARRIED_NOT_DRAWN, TRIAL_DOSE_GY, CarriedNotDrawn
from fl_planner.basis.findings import Finding
from fl_planner.liver.agreement.second_reader import Agreement
from fl_planner.liver.scatter.registration import OF_INSIDE, TG_132, RegistrationQuality
from fl_planner.planning.given.case import InputFile
from fl_planner.record.declaration.part import (
    FileName,
    Ml,
    Mm,
    Percent,
    PercentOfAnother,
    RecordPart,
    Sha256,
    Unit,
    Voxels,
    as_float,
    as_part,
    at_least,
    measured_in,
    one_of,
    says,
)
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs
from fl_planner.space.mask import Mask

if TYPE_CHECKING:
    from fl_planner.function.registration import SpectShift

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
    status: Annotated[
        CarriedNotDrawn, says("What it is worth until somebody has corrected it.")
    ] = CARRIED_NOT_DRAWN
    file: FileName
    label: Annotated[int, says("Its number in the file.")]
    sha256: Sha256
    voxels: Annotated[Voxels, says("On the scan that it was carried onto.")]
    volume_ml: Annotated[Ml, says("There")]
    volume_before_ml: Annotated[Ml, says("Where it was drawn")]
    kept_percent: Annotated[PercentOfAnother, says("Volume there over that before")]


class CarryRecord(ResultRecord, tag_field="schema", tag="fl-planner/carry/1"):
    """Masks carried from one scan to another."""

    draft: Annotated[CarriedNotDrawn, says("What every mask in it is.")] = CARRIED_NOT_DRAWN
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
        folding=as_part(
            FoldingRecord,
            folding,
            folded_percent=100 * folding.share,
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


Study = Literal["function", "dose"]
Likeness = Annotated[float, measured_in(Unit("correlation"), -1, 1)]
QUANTITIES = {
    "flr_share": ("Share of the remnant in the counts", "%"),
    "flr_function": ("Function of the remnant", "%/min/m2"),
    "tumour_to_normal": ("Tumour to treated liver", "times"),
    "lung_shunt": ("Lung shunt", "%"),
    "lung_dose": (f"Lung dose when the tumour gets {TRIAL_DOSE_GY} Gy", "Gy"),
}


@dataclass(frozen=True, slots=True)
class WeighedQuantity:
    """What rests on where the SPECT lies; None where that place gives no honest number."""

    name: str
    as_given: float | None
    laid: float | None


class SpectPlaceRecord(RecordPart):
    """Where the counts of the liver lie, seen from the liver that was drawn."""

    right_mm: Annotated[Side, says("To the patient's right, at the liver's middle")]
    front_mm: Annotated[Side, says("To the front")]
    head_mm: Annotated[Side, says("To the head")]
    right_sd_mm: Annotated[Mm, says("Its standard deviation")]
    front_sd_mm: Annotated[Mm, says("Its standard deviation")]
    head_sd_mm: Annotated[Mm, says("Its standard deviation")]
    turn_degrees: Annotated[Turn, says("About any axis")]
    turn_sd_degrees: Annotated[Turn, says("Its standard deviation")]
    words: Annotated[
        str | None, says("Along which axes it lies off, for a person; null where along none.")
    ] = None


class WeighedRecord(RecordPart):
    """A quantity with the SPECT as it was given, and as it is laid."""

    name: Annotated[str, one_of("What it is.", QUANTITIES)]
    words: Annotated[str, says("For a person.")]
    unit: Annotated[str, says("Of both numbers.")]
    as_given: Annotated[
        float | None, says("As it was given; null where the masks do not lie on its counts.")
    ]
    laid: Annotated[float | None, says("Laid onto the liver.")]


class LaidSpectRecord(RecordPart):
    """The SPECT that was written: a draft."""

    status: Annotated[
        CarriedNotDrawn, says("What it is worth until somebody has looked at it.")
    ] = CARRIED_NOT_DRAWN
    file: FileName
    sha256: Sha256
    off_mm: Annotated[Mm, says("By which it may be off along any axis, one standard deviation")]


class SpectShiftRecord(ResultRecord, tag_field="schema", tag="fl-planner/spect-shift/1"):
    """How far the counts of a SPECT lie off the liver drawn on the CT."""

    study: Annotated[Study, one_of("Of what the SPECT is.", ("function", "dose"))]
    spect: FileName
    place: SpectPlaceRecord
    likeness_as_given: Annotated[Likeness, says("Counts and blurred mask, as it was given")]
    likeness: Annotated[Likeness, says("Counts and blurred mask, laid")]
    left_out_ml: Annotated[Ml, says("Hotter than liver and outside it, left out")]
    weighed: Annotated[tuple[WeighedRecord, ...], says("What rests on where it lies.")]
    moved: Annotated[bool, says("Whether a moved SPECT was written; no other number rests on it.")]
    written: LaidSpectRecord | None = None
    findings: Findings


@dataclass(frozen=True, slots=True)
class SpectAnswer:
    """What the record tells, before it is one.

    - `written`: base name and content of the moved SPECT, where one was asked for.
    """

    study: Study
    spect: str
    shift: SpectShift
    weighed: tuple[WeighedQuantity, ...]
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]
    written: tuple[str, bytes] | None = None


def as_spect_shift(told: SpectAnswer) -> SpectShiftRecord:
    """Tell where the counts lie, how sure that is, and what rests on it."""
    return SpectShiftRecord(
        refusal=None,
        inputs=as_inputs(told.inputs),
        study=told.study,
        spect=told.spect,
        place=_as_place(told.shift),
        likeness_as_given=told.shift.likeness_before,
        likeness=told.shift.likeness,
        left_out_ml=told.shift.hot_ml,
        weighed=tuple(_as_weighed(told.weighed)),
        moved=told.written is not None,
        written=_as_written(told),
        findings=as_findings(told.findings),
    )


def _as_place(found: SpectShift) -> SpectPlaceRecord:
    right, front, head = found.move.shift_mm
    right_sd, front_sd, head_sd = found.sd_mm
    return SpectPlaceRecord(
        right_mm=right,
        front_mm=front,
        head_mm=head,
        right_sd_mm=right_sd,
        front_sd_mm=front_sd,
        head_sd_mm=head_sd,
        turn_degrees=found.move.turn_degrees,
        turn_sd_degrees=found.turn_sd_degrees,
        words=found.words or None,
    )


def _as_weighed(each: Iterable[WeighedQuantity]) -> Iterable[WeighedRecord]:
    for one in each:
        words, unit = QUANTITIES[one.name]
        yield as_part(WeighedRecord, one, words=words, unit=unit)


def _as_written(told: SpectAnswer) -> LaidSpectRecord | None:
    if told.written is None:
        return None
    file, content = told.written
    return LaidSpectRecord(file=file, sha256=sha256(content).hexdigest(), off_mm=told.shift.off_mm)
