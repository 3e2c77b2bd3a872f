"""Growth of a remnant over scans and its endpoints: the record of `growth`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Literal

from fl_planner.basis.standing_words import (
    EmbolisationKind,
    MeasuredBy,
    ReachedBy,
    ResponseCategory,
    ScoreName,
)
from fl_planner.basis.three_valued import as_answer
from fl_planner.planning.facts import FLR_FUNCTION
from fl_planner.record.declaration.part import (
    DENOMINATORS,
    WHOLE_LIVER,
    Amount,
    ClinicalDate,
    Ml,
    Mm,
    Number,
    Percent,
    RecordKeys,
    RecordPart,
    Segments,
    as_float,
    as_part,
    at_least,
    observed_in_last,
    says,
)
from fl_planner.record.growth_scan import (
    ChangeRecord,
    ScanRecord,
    StepRecord,
    as_change,
    as_scan,
    as_step,
)
from fl_planner.record.head import MeasuredRecord, as_findings, as_inputs, as_withdrawn, name_schema

if TYPE_CHECKING:
    from fl_planner.basis.defaults import Profile
    from fl_planner.function.share import FunctionChange, RegionalChange
    from fl_planner.liver.growth import LimitReach
    from fl_planner.patient.score_change import Grade, ScoreChange, ScoreValue
    from fl_planner.planning.given.case import Embolisation
    from fl_planner.planning.growth.endpoints import (
        Endpoints,
        LiverResponse,
        WithheldResponse,
    )
    from fl_planner.planning.growth.story import GrowthStory
    from fl_planner.planning.plan import Plan

Day = Annotated[int, says("Days from the embolisation.")]
LesionNumbers = tuple[Number, ...]


class LimitReachRecord(RecordPart):
    """Whether and when the remnant reached its limit, by volume or by function."""

    reached: Annotated[
        bool | None, says("Whether the limit is reached on any scan after the embolisation.")
    ] = None
    at_baseline: Annotated[
        bool | None, says("Whether the limit was already reached at baseline.")
    ] = None
    first_day: Annotated[
        int | None,
        says(
            "Day of the first scan on which the limit is reached; absent if an earlier scan is "
            "undecided."
        ),
    ] = None
    first_day_at_latest: Annotated[int | None, says("Day by which the limit was reached.")] = None
    by: Annotated[ReachedBy | None, says("Criterion whose limit was reached.")] = None


class TargetRecord(RecordPart):
    """Target lesion, measured on two scans."""

    lesion: Annotated[
        Number | None, says("Identifying number of the lesion at baseline, if measured on masks.")
    ] = None
    baseline_mm: Annotated[Mm, says("Longest axial diameter at baseline")]
    followup_mm: Annotated[
        Mm | None,
        says("Longest axial diameter on the later scan; 0 if the lesion has disappeared."),
    ] = None


class MatchedRecord(RecordPart):
    """Lesion on both scans."""

    before: Annotated[Number, says("Identifying number of the lesion at baseline.")]
    after: Annotated[Number, says("Identifying number of the lesion on the later scan.")]


class ResponseRecord(RecordPart):
    """Response of the liver lesions, in addition to the stated one; it replaces no fact."""

    from_scan: Annotated[Number, says("Index of the baseline scan in the series, counted from 1.")]
    to_scan: Annotated[Number, says("Index of the later scan in the series, counted from 1.")]
    criteria: Literal["recist_1_1"] = "recist_1_1"
    by: Annotated[
        MeasuredBy,
        says(
            "Measured on masks (the two largest lesions), or with callipers (the largest lesion)."
        ),
    ]
    targets: Annotated[tuple[TargetRecord, ...], says("Target lesions.")]
    baseline_sum_mm: Annotated[Mm, says("Sum of diameters at baseline")]
    followup_sum_mm: Annotated[Mm | None, says("Sum of diameters on the later scan, mm.")] = None
    nadir_sum_mm: Annotated[Mm, says("Smallest previous sum")]
    change_from_baseline_percent: Annotated[float | None, says("Change since baseline, %.")] = None
    change_from_nadir_percent: Annotated[float | None, says("Change from the smallest sum, %.")] = (
        None
    )
    category: Annotated[
        ResponseCategory | None,
        says("Response of the liver lesions, unconfirmed; absent if unknown."),
    ] = None
    matched: Annotated[tuple[MatchedRecord, ...], says("Lesions present on both scans.")] = ()
    gone: Annotated[LesionNumbers, says("Baseline lesions that have disappeared.")] = ()
    new: Annotated[LesionNumbers, says("New lesions on the later scan.")] = ()
    unclear_before: Annotated[
        LesionNumbers, says("Baseline lesions that require a reader's decision.")
    ] = ()
    unclear_after: Annotated[
        LesionNumbers, says("Lesions on the later scan that require a reader's decision.")
    ] = ()
    same_masks: Annotated[
        Number | None,
        says("Index of the first earlier scan whose tumour masks have the same voxels."),
    ] = None
    stated: Annotated[
        str | None, says("Fact recist_response_after_chemo in the case file of the later scan.")
    ] = None


class ScanErrorRecord(RecordPart):
    """Scan with an error that affects its lesions."""

    scan: Annotated[Number, says("Index of the scan in the series, counted from 1.")]
    why: Annotated[str, says("Cause of the error, in brief.")]


class WithheldResponseRecord(RecordPart):
    """Response that is not determined because of an error on a scan."""

    from_scan: Annotated[Number, says("Index of the baseline scan in the series, counted from 1.")]
    to_scan: Annotated[Number, says("Index of the later scan in the series, counted from 1.")]
    by: Annotated[MeasuredBy, says("Measured on masks, or with callipers.")]
    because: Annotated[tuple[ScanErrorRecord, ...], says("Scans with an error."), at_least(1)]


class BestResponseRecord(RecordPart):
    """Best of several responses, in addition to the stated one; it replaces no fact."""

    by: Annotated[MeasuredBy, says("Measured on masks, or with callipers.")]
    category: Annotated[
        ResponseCategory | None,
        says(
            "Best response before progression, unconfirmed; absent if the response on any scan is "
            "undecided."
        ),
    ] = None


class ScoreOnDayRecord(RecordPart):
    """A score on one day."""

    day: Day
    value: Annotated[float, says("Points.")]
    grade: Annotated[int | str | None, says("ALBI grade or Child-Pugh class.")] = None
    change: Annotated[
        float | None, says("Change since baseline; a positive value means deterioration.")
    ] = None


class ScoreChangeRecord(RecordPart):
    """Change of a score."""

    score: Annotated[ScoreName, says("Score.")]
    to_day: Annotated[Number, says("Last day included.")]
    baseline: ScoreOnDayRecord
    last: ScoreOnDayRecord
    worst: ScoreOnDayRecord
    grade_change: Annotated[
        int | None, says("Number of steps from the grade at baseline to the last grade.")
    ] = None


class FunctionSideRecord(RecordPart):
    """Function of one side."""

    before: Annotated[float, says("Function at baseline, %/min/m².")]
    last: Annotated[float, says("Function in the last study, %/min/m².")]
    change: Annotated[float, says("Gain, %/min/m².")]
    change_percent: Annotated[float | None, says("Gain, % of the baseline value.")] = None


class RegionalFunctionRecord(RecordPart):
    """Function of the remnant, which is untreated, and of the rest, before and after."""

    to_day: Annotated[Number, says("Last day included.")]
    baseline_day: Day
    last_day: Day
    untreated: FunctionSideRecord
    treated: FunctionSideRecord


class EndpointKeys(RecordKeys):
    """Endpoints of the trials."""

    limit_reach: LimitReachRecord | None = None
    responses: Annotated[
        tuple[ResponseRecord, ...], says("Response on each scan after baseline.")
    ] = ()
    withheld_responses: Annotated[
        tuple[WithheldResponseRecord, ...] | None,
        says("Responses that are not determined because of an error on a scan."),
    ] = None
    best_responses: Annotated[
        tuple[BestResponseRecord, ...] | None, says("Best response over several later scans.")
    ] = None
    censor_day: Annotated[
        int | None,
        says(
            "Day of the next anticancer treatment; later scores and function values are not used."
        ),
    ] = None
    score_changes: Annotated[
        tuple[ScoreChangeRecord, ...], says("Scores for liver function and performance status.")
    ] = ()
    regional_function: RegionalFunctionRecord | None = None


def as_endpoints(
    endpoints: Endpoints, baseline: int, numbers: Mapping[int, int], *, answered: bool
) -> EndpointKeys:
    """Describe the endpoints; the limit only if it may be answered."""
    reach, days, function = endpoints.reach, endpoints.days, endpoints.function
    censor_day = endpoints.censor_day
    from fl_planner.basis.follow_up import Period  # for scans after one another alone

    return EndpointKeys(
        limit_reach=None if reach is None or not answered else _as_reach(reach),
        responses=tuple(_as_response(one, baseline, numbers) for one in endpoints.responses),
        withheld_responses=tuple(_as_withheld(one, baseline, numbers) for one in endpoints.withheld)
        or None,
        best_responses=tuple(
            BestResponseRecord(by=by, category=category) for by, category in endpoints.best.items()
        )
        or None,
        censor_day=censor_day,
        score_changes=()
        if days is None
        else tuple(
            _as_score(one, Period(days.scores, censor_day).last_day) for one in endpoints.scores
        ),
        regional_function=None
        if days is None or function is None
        else _as_function(function, Period(days.function, censor_day).last_day),
    )


def _as_reach(reach: LimitReach) -> LimitReachRecord:
    return as_part(
        LimitReachRecord,
        reach,
        reached=as_answer(reach.reached),
        at_baseline=as_answer(reach.at_baseline),
        by=None if reach.first is None else reach.first.by,
    )


def _as_response(one: LiverResponse, baseline: int, numbers: Mapping[int, int]) -> ResponseRecord:
    found, match = one.response, one.match
    stated = one.point.plan.judged.facts.get("recist_response_after_chemo")
    numbered = one.targets or (None,) * len(found.lesions)
    return as_part(
        ResponseRecord,
        found,
        from_scan=baseline,
        to_scan=numbers[id(one.point)],
        criteria="recist_1_1",
        by=one.by,
        targets=tuple(
            as_part(TargetRecord, lesion, lesion=number)
            for number, lesion in zip(numbered, found.lesions, strict=True)
        ),
        category=one.category,
        matched=tuple(MatchedRecord(before=i, after=j) for i, j in sorted(match.pairs.items())),
        gone=match.gone,
        new=match.new,
        unclear_before=match.unclear_before,
        unclear_after=match.unclear_after,
        same_masks=None if one.same_masks is None else numbers[id(one.same_masks)],
        stated=stated if isinstance(stated, str) else None,
    )


def _as_withheld(
    one: WithheldResponse, baseline: int, numbers: Mapping[int, int]
) -> WithheldResponseRecord:
    return WithheldResponseRecord(
        from_scan=baseline,
        to_scan=numbers[id(one.point)],
        by="masks",
        because=tuple(
            ScanErrorRecord(scan=numbers[id(point)], why=why) for point, why in one.because
        ),
    )


def _as_score(one: ScoreChange, to_day: int | None) -> ScoreChangeRecord:
    last, worst = one.last, one.worst
    assert to_day is not None  # a trial's window ends it
    assert last is not None  # a score without a later value is not among them
    assert worst is not None
    return ScoreChangeRecord(
        score=one.score,
        to_day=to_day,
        baseline=_on_day(one.baseline, one.grade(one.baseline)),
        last=_on_day(last, one.grade(last), one.change_to(last)),
        worst=_on_day(worst, one.grade(worst), one.change_to(worst)),
        grade_change=one.grade_change,
    )


def _on_day(
    one: ScoreValue, grade: Grade | None, change: Fraction | None = None
) -> ScoreOnDayRecord:
    return as_part(ScoreOnDayRecord, one, grade=grade, change=change)


def _as_function(change: RegionalChange, to_day: int | None) -> RegionalFunctionRecord:
    first, last = change.follow_up.baseline, change.follow_up.last
    assert to_day is not None  # a trial's window ends it
    assert first is not None  # both are there, or there is nothing to describe
    assert last is not None
    return RegionalFunctionRecord(
        to_day=to_day,
        baseline_day=first.day,
        last_day=last.day,
        untreated=_as_side(change.untreated),
        treated=_as_side(change.treated),
    )


def _as_side(side: FunctionChange) -> FunctionSideRecord:
    assert side.before is not None
    assert side.after is not None
    assert side.gain is not None
    return FunctionSideRecord(
        before=float(side.before),
        last=float(side.after),
        change=float(side.gain),
        change_percent=as_float(side.percent),
    )


FixedDenominator = Literal["baseline_nontumour", "baseline_liver"]
FIXED: Mapping[str, FixedDenominator] = {  # by the denominator of the baseline scan
    "measured_nontumour": "baseline_nontumour",
    WHOLE_LIVER: "baseline_liver",
}


class FixedDenominatorRecord(RecordPart):
    """Common denominator of the shares of all scans."""

    fixed: Annotated[
        FixedDenominator,
        says(
            "Non-tumorous liver at baseline; `baseline_liver`, the whole liver at baseline, if no "
            "scan has a tumour mask."
        ),
    ] = "baseline_nontumour"
    ml: Annotated[
        Ml, says("Non-tumorous liver at baseline (the whole liver, if no tumour mask was given)")
    ]
    of_scan: Annotated[Number, says("Index of the baseline scan in the series, counted from 1.")]
    standard_ml: Annotated[Ml | None, says("Volume expected for the body size, mL.")] = None

    @property
    def whole(self) -> str:
        """Name of the denominator of each scan."""
        return next(DENOMINATORS[code] for code, fixed in FIXED.items() if fixed == self.fixed)


class ClosedVeinsRecord(RecordPart):
    """Occluded veins."""

    kind: Annotated[
        EmbolisationKind,
        says("Procedure: embolisation of veins, ALPPS, or radioembolisation (Y90)."),
    ]
    segments: Segments
    date: ClinicalDate = None


class GrowthLimitsRecord(RecordPart):
    """Limits of the trials on the FLR for this diagnosis."""

    flr_percent: Annotated[tuple[Percent, ...], says("Limits for the FLR, %.")]
    function_pct_per_min_per_m2: Annotated[
        Amount | None, says("Lowest published cut-off that the function must exceed, %/min/m².")
    ] = None


class FootnoteRecord(RecordPart):
    """Published observation, with its source."""

    says: Annotated[str, says("Observed changes.")]
    source: Annotated[str, says("Source.")]


class GrowthKeys(RecordKeys):
    """Growth of a remnant over scans."""

    embolisation: ClosedVeinsRecord | None = None
    denominator: FixedDenominatorRecord
    time_points: Annotated[
        tuple[ScanRecord, ...], says("Scans in chronological order."), at_least(2)
    ]
    growth: Annotated[
        tuple[ChangeRecord, ...],
        says("Change from baseline to each later scan."),
        at_least(1),
        observed_in_last(),
    ]
    between_scans: Annotated[
        tuple[StepRecord, ...], says("Change between consecutive scans."), at_least(1)
    ]
    footnotes: Annotated[tuple[FootnoteRecord, ...], says("Published results; not a forecast.")]
    endpoints: EndpointKeys
    limits: GrowthLimitsRecord | None = None


class PlanGrowthRecord(RecordPart):
    """Growth of the remnant up to the planning scan."""

    story: GrowthKeys


class GrowthRecord(MeasuredRecord, tag_field="schema", tag=name_schema("growth")):
    """Growth of a remnant over scans."""

    story: GrowthKeys


NO_FORECAST = "Not a forecast for this patient."
SLOW = FootnoteRecord(
    says="One centre followed 107 patients with CRLM and a standardised FLR above 20 %. Growth "
    "rates were measured at the first volumetry. Hepatic insufficiency occurred in 21.6 % of "
    "patients with a rate below 2 percentage points per week, and in none with 2 or more. "
    f"{NO_FORECAST}",
    source="Shindoh 2013, PMC3632508",
)
FIRST_WEEK = FootnoteRecord(
    says="After embolisation, FLR growth is fastest in the first week: 5.4 "
    "percentage points per week at first, 1.5 later. A rate therefore depends on the day "
    "of the scan; the kinetic growth rate is calculated only for the first "
    f"CT after the embolisation. {NO_FORECAST}",
    source="PMC6414468",
)
DRAGON_1 = FootnoteRecord(
    says="Single-arm study of PVE/HVE for CRLM: 102 patients at 43 centres. Of these, 96 "
    "underwent embolisation, without related deaths, and 86 underwent resection, with 7 deaths "
    f"within 90 days. {NO_FORECAST}",
    source="DRAGON 1, Korenblik 2025, Lancet Reg Health Eur 53:101284, PMC12008670",
)
AFTER_ALPPS = FootnoteRecord(
    says="In 98 patients from the ALPPS registry, two separate criteria were associated with more "
    "frequent liver failure (ISGLS grade B or C). These were an FLR gain of at most 4.1 % of the "
    f"FLR volume per day, and an FLR function of at most 2.7 %/min/m². {NO_FORECAST}",
    source="Tomassini 2020, HPB, doi 10.1016/j.hpb.2020.01.010",
)


def list_footnotes(kind: EmbolisationKind | None) -> tuple[FootnoteRecord, ...]:
    """List published data on growth after this kind of FLR augmentation [clinical.md 4].

    For context only. No published data concern radioembolisation; if no kind was given, an
    embolisation of veins is assumed.
    """
    match kind:
        case "Y90":
            return ()
        case "ALPPS":
            return (AFTER_ALPPS,)
        case "PVE/HVE":
            return (SLOW, FIRST_WEEK, DRAGON_1)
    return (SLOW, FIRST_WEEK)


def as_growth(story: GrowthStory, profile: Profile = "shareable") -> GrowthRecord:
    """Describe the course of a remnant."""
    inputs = [one for point in story.points for one in point.plan.case.inputs]
    return GrowthRecord(
        refusal=None,
        inputs=as_inputs(dict.fromkeys(inputs)),
        story=_as_story(story, clinical=profile == "clinical"),
        withdrawn=as_withdrawn(story.withdrawn),
        findings=as_findings(story.findings, story.accepted),
    )


def _as_story(story: GrowthStory, *, clinical: bool) -> GrowthKeys:
    numbers = {id(point): number for number, point in enumerate(story.points, start=1)}
    answered = not story.withdrawn
    kind = None if story.embolisation is None else story.embolisation.kind
    base = story.baseline
    return GrowthKeys(
        embolisation=_closed(story.embolisation, clinical=clinical),
        denominator=FixedDenominatorRecord(
            fixed=FIXED[base.plan.measured.volumes.denominator],
            ml=float(base.nontumorous_ml),
            of_scan=numbers[id(base)],
            standard_ml=story.standard_ml,
        ),
        time_points=tuple(as_scan(story, one, numbers, clinical=clinical) for one in story.points),
        growth=tuple(as_change(one, numbers, answered=answered) for one in story.changes),
        between_scans=tuple(as_step(one, numbers) for one in story.steps),
        footnotes=list_footnotes(kind),
        endpoints=as_endpoints(
            story.endpoints, numbers[id(story.baseline)], numbers, answered=answered
        ),
        limits=_limits(story.points[-1].plan),
    )


def _limits(plan: Plan) -> GrowthLimitsRecord:
    """Describe the limits applied to the latest scan, without those that do not apply."""
    flr = (one for one in plan.judged.thresholds if one.measured.fact == "flr_fraction")
    every = {one.limit for one in flr if one.applies is not False}
    function = min(plan.judged.limits.get(FLR_FUNCTION, ()), default=None)
    return GrowthLimitsRecord(
        flr_percent=tuple(sorted({float(100 * one.value) for one in every})),
        function_pct_per_min_per_m2=as_float(function),
    )


def _closed(embolisation: Embolisation | None, *, clinical: bool) -> ClosedVeinsRecord | None:
    if embolisation is None:
        return None
    on = embolisation.on.isoformat() if clinical else None
    return ClosedVeinsRecord(kind=embolisation.kind, segments=embolisation.segments, date=on)
