"""Registration of one scan to another and its quality: the records of `carry` and `spect-shift`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Literal

from fl_planner.basis.constants import CARRIED_NOT_DRAWN, CarriedNotDrawn
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
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs, name_schema
from fl_planner.space.mask import Mask
from fl_planner.y90.constants_and_limits import TRIAL_DOSE_GY

if TYPE_CHECKING:
    from fl_planner.function.registration import SpectShift

Side = Annotated[float, measured_in(Unit("mm"))]
Turn = Annotated[float, measured_in(Unit("degrees"), 0, 180)]
Determinant = Annotated[float, measured_in(Unit("ratio of volumes"))]


@dataclass(frozen=True, slots=True)
class CarriedMask:
    """Mask before and after, and the output file.

    - `file`: base name of the output; one file may contain several segments.
    - `label`: its number in the file.
    - `content`: content of the file.
    """

    before: Mask
    after: Mask
    file: str
    label: int
    content: bytes


class ShiftRecord(RecordPart):
    """Movement of the liver before deformation."""

    right_mm: Annotated[Side, says("Shift to the patient's right, at the centre of the liver")]
    front_mm: Annotated[Side, says("Anterior shift")]
    head_mm: Annotated[Side, says("Superior shift")]
    turn_degrees: Annotated[Turn, says("Total angle of rotation")]


class SurfacesRecord(RecordPart):
    """Agreement of two livers."""

    mean_mm: Annotated[Mm | None, says("Mean distance between the liver surfaces")] = None
    hd95_mm: Annotated[
        Mm | None, says("95th percentile of the distance between the liver surfaces")
    ] = None
    dice: Annotated[
        float | None,
        says("Dice coefficient: twice the shared volume divided by the sum of the two volumes."),
    ] = None


class FoldingRecord(RecordPart):
    """Local effect of the deformation: its Jacobian determinants."""

    folded_percent: Annotated[
        Percent, says("Share of the liver with a Jacobian determinant of 0 or below")
    ]
    least: Annotated[Determinant, says("Smallest Jacobian determinant")]
    most: Annotated[Determinant, says("Largest Jacobian determinant")]
    p1: Annotated[Determinant, says("1st percentile of the Jacobian determinant")]
    p99: Annotated[Determinant, says("99th percentile of the Jacobian determinant")]


class CarriedRecord(RecordPart):
    """A mask that was carried: a draft."""

    name: Annotated[str, says("Structure: flr, segment_4 ...")]
    status: Annotated[CarriedNotDrawn, says("Status of the mask until it has been corrected.")] = (
        CARRIED_NOT_DRAWN
    )
    file: FileName
    label: Annotated[int, says("Label number in the file.")]
    sha256: Sha256
    voxels: Annotated[Voxels, says("Size on the target scan")]
    volume_ml: Annotated[Ml, says("Volume on the target scan")]
    volume_before_ml: Annotated[Ml, says("Volume on the original scan")]
    kept_percent: Annotated[
        PercentOfAnother, says("Volume on the target scan divided by that on the original scan")
    ]


class CarryRecord(ResultRecord, tag_field="schema", tag=name_schema("carry")):
    """Masks carried from one scan to another."""

    draft: Annotated[CarriedNotDrawn, says("Status of every mask in the file.")] = CARRIED_NOT_DRAWN
    method: Annotated[Literal["rigid", "deformable"], says("Type of registration.")]
    guide: Annotated[Literal["surface and CT", "surface"], says("Data used for the registration.")]
    shift: ShiftRecord
    surfaces_before: SurfacesRecord
    surfaces: SurfacesRecord
    asked: Annotated[str, says("Publication that defines the required quality.")] = TG_132
    folding: FoldingRecord
    off_mm: Annotated[Mm, says("Possible error of a carried-over surface, one standard deviation")]
    off_source: Annotated[str, says("Source of the possible error.")] = OF_INSIDE
    masks: Annotated[tuple[CarriedRecord, ...], says("Masks written."), at_least(1)]
    findings: Findings


def as_carry(
    found: RegistrationQuality,
    off_mm: float,
    masks: Iterable[CarriedMask],
    inputs: Iterable[InputFile],
    findings: Iterable[Finding],
) -> CarryRecord:
    """Describe the carried masks, the quality of the registration, and findings."""
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
    "flr_share": ("Remnant's share of the counts", "%"),
    "flr_function": ("Function of the remnant", "%/min/m2"),
    "tumour_to_normal": ("Tumour-to-normal ratio", "times"),
    "lung_shunt": ("Lung shunt", "%"),
    "lung_dose": (f"Lung dose at a tumour dose of {TRIAL_DOSE_GY} Gy", "Gy"),
}


@dataclass(frozen=True, slots=True)
class WeighedQuantity:
    """Quantity that depends on the position of the SPECT; None if it is unreliable."""

    name: str
    as_given: float | None
    laid: float | None


class SpectPlaceRecord(RecordPart):
    """Position of the liver's counts relative to the drawn liver."""

    right_mm: Annotated[Side, says("Shift to the patient's right, at the centre of the liver")]
    front_mm: Annotated[Side, says("Anterior shift")]
    head_mm: Annotated[Side, says("Superior shift")]
    right_sd_mm: Annotated[Mm, says("Standard deviation of the shift to the right")]
    front_sd_mm: Annotated[Mm, says("Standard deviation of the anterior shift")]
    head_sd_mm: Annotated[Mm, says("Standard deviation of the superior shift")]
    turn_degrees: Annotated[Turn, says("Total angle of rotation")]
    turn_sd_degrees: Annotated[Turn, says("Standard deviation of the rotation")]
    words: Annotated[
        str | None,
        says(
            "Shift in words, along axes where it is at least 3 mm and exceeds its uncertainty; "
            "otherwise null."
        ),
    ] = None


class WeighedRecord(RecordPart):
    """Quantity with the SPECT as given and as shifted."""

    name: Annotated[str, one_of("Quantity.", QUANTITIES)]
    words: Annotated[str, says("Name of the quantity in words.")]
    unit: Annotated[str, says("Unit of the values `as_given` and `laid`.")]
    as_given: Annotated[
        float | None,
        says("Value with the SPECT as given; null if the masks are outside its field of view."),
    ]
    laid: Annotated[float | None, says("Value with the SPECT aligned to the liver.")]


class AlignedSpectRecord(RecordPart):
    """The SPECT that was written: a draft."""

    status: Annotated[
        CarriedNotDrawn, says("Status of the aligned SPECT until it has been reviewed.")
    ] = CARRIED_NOT_DRAWN
    file: FileName
    sha256: Sha256
    off_mm: Annotated[Mm, says("Possible error along any axis, one standard deviation")]


class SpectShiftRecord(ResultRecord, tag_field="schema", tag=name_schema("spect-shift")):
    """Shift of the counts of a SPECT relative to the liver drawn on the CT."""

    study: Annotated[Study, one_of("Study to which the SPECT belongs.", ("function", "dose"))]
    spect: FileName
    place: SpectPlaceRecord
    likeness_as_given: Annotated[
        Likeness, says("Correlation between the counts and the blurred mask, before alignment.")
    ]
    likeness: Annotated[
        Likeness, says("Correlation between the counts and the blurred mask, after alignment.")
    ]
    left_out_ml: Annotated[
        Ml,
        says("Extrahepatic volume that was omitted because its activity exceeds that of the liver"),
    ]
    weighed: Annotated[tuple[WeighedRecord, ...], says("Results that depend on the alignment.")]
    moved: Annotated[
        bool,
        says(
            "Whether the aligned SPECT was written; the other values in this record do not "
            "depend on this."
        ),
    ]
    written: AlignedSpectRecord | None = None
    findings: Findings


@dataclass(frozen=True, slots=True)
class SpectAnswer:
    """Content of the record before it is composed.

    - `written`: base name and content of the moved SPECT, if one was requested.
    """

    study: Study
    spect: str
    shift: SpectShift
    weighed: tuple[WeighedQuantity, ...]
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]
    written: tuple[str, bytes] | None = None


def as_spect_shift(answer: SpectAnswer) -> SpectShiftRecord:
    """Describe the position of the counts, its uncertainty, and the dependent quantities."""
    return SpectShiftRecord(
        refusal=None,
        inputs=as_inputs(answer.inputs),
        study=answer.study,
        spect=answer.spect,
        place=_as_place(answer.shift),
        likeness_as_given=answer.shift.likeness_before,
        likeness=answer.shift.likeness,
        left_out_ml=answer.shift.hot_ml,
        weighed=tuple(_as_weighed(answer.weighed)),
        moved=answer.written is not None,
        written=_as_written(answer),
        findings=as_findings(answer.findings),
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


def _as_written(answer: SpectAnswer) -> AlignedSpectRecord | None:
    if answer.written is None:
        return None
    file, content = answer.written
    return AlignedSpectRecord(
        file=file, sha256=sha256(content).hexdigest(), off_mm=answer.shift.off_mm
    )
