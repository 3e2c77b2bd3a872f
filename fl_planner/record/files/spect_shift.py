"""How far a SPECT lies off the liver of the CT, and what follows: the record of `spect-shift`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Literal

from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import (
    FileName,
    Ml,
    Mm,
    Sha256,
    Unit,
    measured_in,
    one_of,
    says,
)
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs

if TYPE_CHECKING:
    from fl_planner.basis.findings import Finding
    from fl_planner.function.spect_shift import SpectShift
    from fl_planner.planning.given.case import InputFile

Study = Literal["function", "dose"]
Side = Annotated[float, measured_in(Unit("mm"))]
Turn = Annotated[float, measured_in(Unit("degrees"), 0, 180)]
Likeness = Annotated[float, measured_in(Unit("correlation"), -1, 1)]
QUANTITIES = {
    "flr_share": ("Share of the remnant in the counts", "%"),
    "flr_function": ("Function of the remnant", "%/min/m2"),
    "tumour_to_normal": ("Tumour to treated liver", "times"),
    "lung_shunt": ("Lung shunt", "%"),
    "lung_dose": ("Lung dose when the tumour gets 150 Gy", "Gy"),
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
        Literal["carried, not drawn"], says("What it is worth until somebody has looked at it.")
    ] = "carried, not drawn"
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
        yield WeighedRecord(
            name=one.name, words=words, unit=unit, as_given=one.as_given, laid=one.laid
        )


def _as_written(told: SpectAnswer) -> LaidSpectRecord | None:
    if told.written is None:
        return None
    file, content = told.written
    return LaidSpectRecord(file=file, sha256=sha256(content).hexdigest(), off_mm=told.shift.off_mm)
