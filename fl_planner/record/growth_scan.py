"""Records of one scan of a remnant and of the change to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from fl_planner.basis.clinical_codes import ML, PERCENT_PER_WEEK
from fl_planner.basis.shown import as_number
from fl_planner.basis.three_valued import as_answer
from fl_planner.record.declaration.part import (
    PERCENTAGE,
    SHOWN_SAYS,
    CaseLabel,
    ClinicalDate,
    FileName,
    Ml,
    Number,
    PercentOfAnother,
    RecordKeys,
    RecordPart,
    Segments,
    Sha256,
    Unit,
    as_part,
    measured_in,
    observed_as,
    one_of,
    says,
)

if TYPE_CHECKING:
    from fl_planner.liver.growth import Growth
    from fl_planner.planning.growth.change import RemnantChange, TimePoint
    from fl_planner.planning.growth.story import GrowthStory

Range = tuple[float, float]
Shown = Annotated[str, says(SHOWN_SAYS)]


class ScanFileRecord(RecordPart):
    """Input file of a scan."""

    role: Annotated[str, says("Role.")]
    file: FileName
    sha256: Sha256


class ScanRecord(RecordPart):
    """One scan."""

    number: Annotated[Number, says("Number of the scan in the series, counted from 1.")]
    id: Annotated[str | None, says("Pseudonym as given by the user.")] = None
    label: CaseLabel | None = None
    date: ClinicalDate = None
    plan: Annotated[str | None, says("Name of the planned operation.")] = None
    days: Annotated[int, says("Days from the embolisation, or from the baseline scan.")]
    baseline: Annotated[
        bool,
        says("Whether this is the last scan up to the embolisation; without one, the first scan."),
    ]
    origin: Annotated[Literal["drawn", "segments"], says("Source of the remnant.")]
    segments: Segments
    reader: Annotated[str | None, says("Reader, as recorded in the case file.")] = None
    status: Annotated[
        str | None, one_of("Verification status of the masks.", ("draft", "verified"))
    ] = None
    phase: Annotated[str | None, says("Phase of the CT, as recorded in the case file.")] = None
    flr_ml: Annotated[Ml, says("FLR without drawn tumour")]
    flr_interval_ml: Annotated[Range, says("95 % inter-reader interval, mL.")]
    cv: Annotated[
        Annotated[float, Meta(ge=0)], says("Relative standard deviation between readings.")
    ]
    nontumorous_ml: Annotated[
        Ml, says("Non-tumorous liver (the whole liver, if no tumour mask was given)")
    ]
    flr_percent_fixed: Annotated[PercentOfAnother, says("FLR as a share of the fixed denominator")]
    flr_percent_fixed_shown: Shown
    flr_percent_anew: Annotated[
        PercentOfAnother, says("FLR as a share of `nontumorous_ml` on this scan")
    ]
    flr_percent_anew_shown: Shown
    flr_percent_anew_interval: Annotated[Range | None, says("95 % inter-reader interval, %.")] = (
        None
    )
    function_pct_per_min_per_m2: Annotated[
        float | None, says("Function of the remnant, %/min/m².")
    ] = None
    volume_reached: Annotated[
        bool | None, says("Whether the FLR reaches the limit for this patient.")
    ] = None
    function_reached: Annotated[bool | None, says("Whether the function exceeds the limit.")] = None
    limit_reached: Annotated[
        bool | None, says("Whether volume reaches its limit or function exceeds its limit.")
    ] = None
    stale: Annotated[bool, says("Whether a mask differs from the verified mask.")]
    files: Annotated[tuple[ScanFileRecord, ...], says("Input files of the scan.")]

    @property
    def flr_sd_ml(self) -> float:
        """Standard deviation of readings of the remnant."""
        return self.cv * self.flr_ml


def as_scan(
    story: GrowthStory, point: TimePoint, numbers: Mapping[int, int], *, clinical: bool
) -> ScanRecord:
    """Describe one scan; `numbers` are the numbers of all scans, by their identity."""
    case, remnant = point.plan.case, point.plan.measured.remnant
    assert remnant is not None  # its volume was measured
    of_fixed = 100 * story.share_fixed(point)
    reach = story.endpoints.scans[story.points.index(point)]
    limits = [100 * limit for one in story.points for limit in one.plan.share_limits]
    return as_part(
        ScanRecord,
        point,
        number=numbers[id(point)],
        id=case.id,
        label=case.label if clinical else None,
        date=point.on.isoformat() if clinical else None,
        plan=case.operations[0].name,
        days=story.day_of(point),
        baseline=point is story.baseline,
        origin=remnant.origin,
        segments=remnant.segments,
        reader=case.reading.reader,
        status=case.reading.status,
        phase=case.reading.phase,
        flr_percent_fixed=of_fixed,
        flr_percent_fixed_shown=as_number(of_fixed, limits),
        flr_percent_anew=100 * float(point.share_remeasured),
        flr_percent_anew_shown=as_number(100 * point.share_remeasured, limits),
        flr_percent_anew_interval=point.share_anew_interval_percent,
        function_pct_per_min_per_m2=point.function,
        volume_reached=as_answer(reach.volume),
        function_reached=as_answer(reach.function),
        limit_reached=as_answer(reach.reached),
        files=tuple(as_part(ScanFileRecord, one) for one in case.inputs),
    )


ReadingRange = Annotated[Range, says("Range of this value according to the inter-reader interval.")]
WithinError = Annotated[
    bool,
    says(
        "Whether the gain is within the 95 % limit for the difference between two readings of the "
        "same remnant."
    ),
]


class DailyKeys(RecordKeys):
    """Growth per day since the embolisation."""

    ml_per_day: Annotated[float, says("Growth, mL per day since the embolisation.")]
    relative_percent_per_day: Annotated[
        float, says("Growth, % of the initial volume per day since the embolisation.")
    ]


def _observed(code: str, display: str, method: str, ends: str) -> Meta:
    """Declare the observation of a gain between two scans."""
    return observed_as(
        code,
        f"{display}, from the baseline scan to this scan",
        method,
        origin="masks",
        of=("flr-volume",),
        number="growth",
        ends=ends,
        of_one_scan=False,
    )


Gain = Annotated[float, measured_in(Unit("mL", ML))]
Points = Annotated[float, measured_in(PERCENTAGE)]
Rate = Annotated[float, measured_in(Unit("percentage points per week", PERCENT_PER_WEEK))]


class KineticKeys(RecordKeys):
    """The kinetic growth rate, of the first scan after an embolisation."""

    kgr_points_per_week: Annotated[
        Rate,
        says("Kinetic growth rate; calculated only for the first scan after embolisation."),
        _observed(
            "kinetic-growth-rate",
            "Kinetic growth rate of the future liver remnant",
            "degree of hypertrophy per week; denominator: {whole} on the baseline scan",
            "kgr_interval",
        ),
    ]
    kgr_shown: Annotated[str, says("The rate, with enough digits to show whether it is below 2.")]
    kgr_interval: ReadingRange
    kgr_below_2: Annotated[
        bool | None, says("Whether the rate is below 2 percentage points per week (Shindoh 2013).")
    ] = None


class KineticOfStandardKeys(RecordKeys):
    """Kinetic growth rate with the liver volume expected from body size as denominator."""

    kgr_of_standard_points_per_week: Annotated[
        Rate,
        says("Rate with the liver volume expected from body size as denominator."),
        _observed(
            "kinetic-growth-rate-standardised",
            "Kinetic growth rate of the standardised future liver remnant",
            "degree of hypertrophy per week; denominator: standard liver volume",
            "kgr_of_standard_interval",
        ),
    ]
    kgr_of_standard_interval: ReadingRange
    kgr_of_standard_below_2: Annotated[
        bool | None,
        says("Whether this rate is below the published limit of 2 percentage points per week."),
    ] = None


class ChangeRecord(RecordPart):
    """Change from the baseline to a later scan."""

    from_scan: Annotated[Number, says("Index of the baseline scan in the series, counted from 1.")]
    to_scan: Annotated[Number, says("Index of the later scan in the series, counted from 1.")]
    days: Annotated[int | None, says("Days from the embolisation to the later scan.")] = None
    gain_ml: Annotated[
        Gain,
        says("Gain, mL; negative if the FLR shrank."),
        _observed(
            "flr-gain-volume",
            "Gain in future liver remnant volume",
            "difference between two scans",
            "gain_interval_ml",
        ),
    ]
    gain_interval_ml: Annotated[Range, says("95 % inter-reader interval, mL.")]
    relative_percent: Annotated[
        Points,
        says("Degree of hypertrophy, % of the initial volume."),
        _observed(
            "flr-gain-relative-percent",
            "Gain in future liver remnant volume as a share of its initial volume",
            "share of the future liver remnant on the baseline scan",
            "relative_interval_percent",
        ),
    ]
    relative_interval_percent: Annotated[
        Range | None,
        says(
            "Range of this value according to the inter-reader interval (Fieller); absent if the "
            "reading at baseline does not exclude 0 mL."
        ),
    ] = None
    points: Annotated[
        Points,
        says("Degree of hypertrophy, percentage points, with the fixed denominator."),
        _observed(
            "flr-degree-of-hypertrophy",
            "Degree of hypertrophy of the future liver remnant, percentage points",
            "gain as a share of the {whole} on the baseline scan",
            "points_interval",
        ),
    ]
    points_interval: ReadingRange
    points_of_standard: Annotated[
        float | None,
        says(
            "Degree of hypertrophy, percentage points, with the liver volume expected from body "
            "size as denominator."
        ),
    ] = None
    points_anew: Annotated[
        float, says("Gain with the liver on each scan as denominator, percentage points.")
    ]
    anew_less_fixed_points: Annotated[
        float, says("Difference from the gain with the fixed denominator, percentage points.")
    ]
    a_day: DailyKeys | None = None
    kinetic: KineticKeys | None = None
    kinetic_of_standard: KineticOfStandardKeys | None = None
    function_gain_pct_per_min_per_m2: Annotated[
        float | None, says("Gain in function, %/min/m².")
    ] = None
    one_reader: Annotated[
        bool,
        says(
            "Whether one reader made both remnants by the same method; half of the variance is "
            "then specific to that reader."
        ),
    ]
    within_reading_error: WithinError


class StepRecord(RecordPart):
    """Change from a scan to the next; its rate is not a kinetic growth rate."""

    from_scan: Annotated[
        Number, says("Index of the first of the two scans in the series, counted from 1.")
    ]
    to_scan: Annotated[
        Number, says("Index of the second of the two scans in the series, counted from 1.")
    ]
    days: Annotated[Number, says("Days between the scans.")]
    gain_ml: Annotated[float, says("Gain, mL.")]
    points: Annotated[float, says("Gain, percentage points, with the fixed denominator.")]
    points_per_week: Annotated[float, says("Gain, percentage points per week.")]
    ml_per_day: Annotated[float, says("Gain, mL per day between the scans.")]
    within_reading_error: WithinError


def as_change(change: RemnantChange, numbers: Mapping[int, int], *, answered: bool) -> ChangeRecord:
    """Describe the gain; compared with 2 percentage points per week only if this is permitted."""
    standard = change.standard
    shares = None if standard is None else standard.shares
    return as_part(
        ChangeRecord,
        change,
        from_scan=numbers[id(change.before)],
        to_scan=numbers[id(change.after)],
        days=None if change.days is None else int(change.days),
        points_of_standard=None if shares is None else shares.points,
        anew_less_fixed_points=change.points_anew - change.points,
        a_day=_daily(change.growth),
        kinetic=_kinetic(change, answered=answered),
        kinetic_of_standard=_kinetic_of_standard(change, answered=answered),
        function_gain_pct_per_min_per_m2=change.function_gain,
    )


def _daily(growth: Growth) -> DailyKeys | None:
    ml, percent = growth.ml_per_day, growth.relative_percent_per_day
    if ml is None or percent is None:
        return None
    return DailyKeys(ml_per_day=float(ml), relative_percent_per_day=float(percent))


def _kinetic(change: RemnantChange, *, answered: bool) -> KineticKeys | None:
    if change.kgr is None or change.kgr_interval is None:
        return None
    from fl_planner.liver.growth import SLOW_POINTS_PER_WEEK  # for two scans alone

    return KineticKeys(
        kgr_points_per_week=float(change.kgr),
        kgr_shown=as_number(change.kgr, [SLOW_POINTS_PER_WEEK]),
        kgr_interval=change.kgr_interval,
        kgr_below_2=change.growth.is_slow if answered else None,
    )


def _kinetic_of_standard(change: RemnantChange, *, answered: bool) -> KineticOfStandardKeys | None:
    standard = change.standard
    ends = change.standard_interval
    if standard is None or standard.points_per_week is None or ends is None or not change.is_first:
        return None
    return KineticOfStandardKeys(
        kgr_of_standard_points_per_week=float(standard.points_per_week),
        kgr_of_standard_interval=ends,
        kgr_of_standard_below_2=standard.is_slow if answered else None,
    )


def as_step(change: RemnantChange, numbers: Mapping[int, int]) -> StepRecord:
    """Describe two consecutive scans; the rate between them is not a kinetic growth rate."""
    return as_part(
        StepRecord,
        change,
        from_scan=numbers[id(change.before)],
        to_scan=numbers[id(change.after)],
        days=int(change.between_days),
        points_per_week=change.points_a_week,
        ml_per_day=change.ml_a_day,
    )
