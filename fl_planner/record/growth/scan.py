"""One scan of a remnant, as a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from fl_planner.basis.shown import as_number
from fl_planner.basis.truth import Truth
from fl_planner.record.declaration.part import SHOWN_SAYS, RecordPart
from fl_planner.record.declaration.quantity import (
    ClinicalDate,
    FileName,
    Ml,
    Number,
    PercentOfAnother,
    Segments,
    Sha256,
    as_float,
    one_of,
    says,
)

if TYPE_CHECKING:
    from fl_planner.planning.growth.change import TimePoint
    from fl_planner.planning.growth.story import GrowthStory

Range = tuple[float, float]
Shown = Annotated[str, says(SHOWN_SAYS)]


def as_answer(truth: Truth) -> bool | None:
    """Tell an answer; None where it is not known."""
    return None if truth is Truth.UNKNOWN else truth is Truth.TRUE


class ScanFileRecord(RecordPart):
    """One."""

    role: Annotated[str, says("Role.")]
    file: FileName
    sha256: Sha256


class ScanRecord(RecordPart):
    """One scan."""

    number: Annotated[Number, says("Scans in their order.")]
    id: Annotated[str | None, says("The user's pseudonym, as given.")] = None
    label: Annotated[str | None, says("The case file's label; in the clinical profile alone.")] = (
        None
    )
    date: ClinicalDate = None
    plan: Annotated[str | None, says("Name of the planned operation.")] = None
    days: Annotated[int, says("Days from the embolisation, or from the baseline.")]
    baseline: Annotated[bool, says("The last scan that is not after the embolisation.")]
    origin: Annotated[Literal["drawn", "segments"], says("Where the remnant comes from.")]
    segments: Segments
    reader: Annotated[str | None, says("As the case file says.")] = None
    status: Annotated[
        str | None, one_of("How far the masks were checked.", ("draft", "verified"))
    ] = None
    phase: Annotated[str | None, says("Phase of the CT, as the case file says.")] = None
    flr_ml: Annotated[Ml, says("Remnant without tumour")]
    flr_interval_ml: Annotated[Range, says("The 95 % inter-reader interval, mL.")]
    cv: Annotated[
        Annotated[float, Meta(ge=0)], says("Standard deviation of readings over the volume.")
    ]
    nontumorous_ml: Annotated[Ml, says("Liver without tumour")]
    flr_percent_fixed: Annotated[PercentOfAnother, says("Of the fixed denominator")]
    flr_percent_fixed_shown: Shown
    flr_percent_anew: Annotated[PercentOfAnother, says("Of the liver of this scan")]
    flr_percent_anew_shown: Shown
    flr_percent_anew_interval: Annotated[
        Range | None, says("Its 95 % inter-reader interval, percent.")
    ] = None
    function_pct_per_min_per_m2: Annotated[
        float | None, says("Function of the remnant, %/min/m2.")
    ] = None
    volume_reached: Annotated[
        bool | None, says("The FLR reaches the limit that holds for this patient.")
    ] = None
    function_reached: Annotated[bool | None, says("Its function exceeds the limit.")] = None
    limit_reached: Annotated[bool | None, says("Volume or function does.")] = None
    stale: Annotated[bool, says("A mask is not the one that was verified.")]
    files: Annotated[tuple[ScanFileRecord, ...], says("What the scan rests on.")]

    @property
    def flr_sd_ml(self) -> float:
        """Standard deviation of readings of the remnant."""
        return self.cv * self.flr_ml


def as_scan(
    story: GrowthStory, point: TimePoint, numbers: Mapping[int, int], *, clinical: bool
) -> ScanRecord:
    """Tell one scan of a story; `numbers` are those of its scans, by their identity."""
    case, remnant = point.plan.case, point.plan.measured.remnant
    assert remnant is not None  # its volume was measured
    of_fixed = 100 * point.flr_ml / story.baseline.nontumorous_ml
    reach = story.endpoints.scans[story.points.index(point)]
    limits = [100 * limit for one in story.points for limit in one.plan.share_limits]
    return ScanRecord(
        number=numbers[id(point)],
        id=case.id,
        label=case.label if clinical else None,
        date=point.on.isoformat() if clinical else None,
        plan=case.operations[0].name,
        days=_day_of(story, point),
        baseline=point is story.baseline,
        origin=remnant.origin,
        segments=remnant.segments,
        reader=case.reading.reader,
        status=case.reading.status,
        phase=case.reading.phase,
        flr_ml=float(point.flr_ml),
        flr_interval_ml=point.flr_interval_ml,
        cv=point.cv,
        nontumorous_ml=float(point.nontumorous_ml),
        flr_percent_fixed=float(of_fixed),
        flr_percent_fixed_shown=as_number(of_fixed, limits),
        flr_percent_anew=100 * float(point.share_anew),
        flr_percent_anew_shown=as_number(100 * point.share_anew, limits),
        flr_percent_anew_interval=point.share_anew_interval_percent,
        function_pct_per_min_per_m2=as_float(point.function),
        volume_reached=as_answer(reach.volume),
        function_reached=as_answer(reach.function),
        limit_reached=as_answer(reach.reached),
        stale=point.stale,
        files=tuple(
            ScanFileRecord(role=one.role, file=one.file, sha256=one.sha256) for one in case.inputs
        ),
    )


def _day_of(story: GrowthStory, point: TimePoint) -> int:
    """Count from the embolisation, or from the baseline where none was told."""
    zero = story.baseline.on if story.embolisation is None else story.embolisation.on
    return (point.on - zero).days
