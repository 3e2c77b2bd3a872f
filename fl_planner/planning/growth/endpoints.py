"""What the trials measure over the scans of one patient: limit, response, scores, function.

Days count from the embolisation or radioembolisation. Nothing is forecast [clinical.md 16].

The lesions of the liver are compared from the baseline to each later scan by RECIST 1.1. By masks
the two largest lesions of the baseline are the targets, and the lesions of both scans are matched;
by callipers the largest lesion alone is. It tells of the liver only, is shown beside
`recist_response_after_chemo`, and never fills it in [clinical.md 16, trials.md 11].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from fl_planner.basis.follow_up import Period
from fl_planner.basis.standing_words import MeasuredBy, ResponseCategory, ScoreName
from fl_planner.basis.truth import Truth
from fl_planner.basis.units import MM_IN_CM
from fl_planner.function.share import RegionalChange, RegionalScan, find_regional_change
from fl_planner.liver.growth import LimitReach, ScanReach, judge_reach
from fl_planner.liver.lesions.lesions import Lesion
from fl_planner.liver.lesions.locations import (
    NOTHING_MATCHED,
    LesionMatch,
    LesionScan,
    axial_mm,
    match_lesions,
)
from fl_planner.patient.response import (
    LEAST_MM,
    MOST_OF_AN_ORGAN,
    NonTarget,
    Response,
    TargetLesion,
    find_best_response,
)
from fl_planner.patient.score_change import SCALES, ScoreChange, ScoreValue, find_score_change
from fl_planner.planning.given.case import Embolisation
from fl_planner.planning.growth.change import TimePoint
from fl_planner.planning.pathway.states import FlrState
from fl_planner.trials.criterion import FollowUpDays

MEASURED_BY: tuple[MeasuredBy, ...] = ("masks", "callipers")
LIVER = "liver"
CALLIPER, COUNT = "largest_lesion", "lesion_count"


@dataclass(frozen=True, slots=True, eq=False)
class LiverResponse:
    """Response of the lesions of the liver at one later scan.

    - `point`: the scan.
    - `by`: what was measured.
    - `response`: sums and category.
    - `targets`: numbers of the target lesions at the baseline; empty by calliper.
    - `match`: which lesion is which; no pair by calliper.
    - `nadir_known`: whether each sum in between is known.
    """

    point: TimePoint
    by: MeasuredBy
    response: Response
    targets: tuple[int, ...] = ()
    match: LesionMatch = NOTHING_MATCHED
    nadir_known: bool = True

    @property
    def category(self) -> ResponseCategory | None:
        """What follows; below an unknown sum in between only progression is certain."""
        found = self.response.category
        return found if self.nadir_known or found == "progressive_disease" else None


def find_responses(baseline: TimePoint, later: Sequence[TimePoint]) -> tuple[LiverResponse, ...]:
    """Find the responses by masks, then those by callipers; none where a scan has neither."""
    by_masks = _with_nadir(_by_masks(baseline, point) for point in later)
    return (*by_masks, *_with_nadir(_by_callipers(baseline, point) for point in later))


def _with_nadir(found: Iterable[LiverResponse | None]) -> Iterable[LiverResponse]:
    """Tell each response the sums before it."""
    sums: list[Fraction | None] = []
    for one in found:
        if one is None:
            sums.append(None)
            continue
        known = tuple(mm for mm in sums if mm is not None)
        response = replace(one.response, earlier_sums_mm=known)
        yield replace(one, response=response, nadir_known=len(known) == len(sums))
        sums.append(response.followup_sum_mm)


def _by_masks(baseline: TimePoint, point: TimePoint) -> LiverResponse | None:
    before, after = _scan(baseline), _scan(point)
    if before is None or after is None:
        return None
    grid = before.organ.grid
    slice_mm = Fraction(str(grid.spacing_mm[grid.axial_axis]))
    least_mm = max(Fraction(LEAST_MM), 2 * slice_mm)
    measurable = [one for one in before.lesions.items if axial_mm(one) >= least_mm]
    targets = sorted(measurable, key=axial_mm, reverse=True)[:MOST_OF_AN_ORGAN]
    if not targets:
        return None
    match = match_lesions(before, after)
    numbers = tuple(one.number for one in targets)
    others = [one.number for one in before.lesions.items if one.number not in numbers]
    response = Response(
        "recist_1_1",
        tuple(_target(one, match, after.lesions.items) for one in targets),
        True if match.new else None if match.unclear_after else False,
        _nontarget(others, match),
        slice_mm=slice_mm,
    )
    return LiverResponse(point, "masks", response, numbers, match)


def _scan(point: TimePoint) -> LesionScan | None:
    """Give the lesions of a scan; none where an error forbids to use them."""
    plan = point.plan
    lesions = plan.measured.lesions
    if lesions is None or "lesions" in {one.number for one in plan.withdrawn}:
        return None
    return LesionScan(lesions, plan.case.anatomy.organ)


def _target(one: Lesion, match: LesionMatch, after: Sequence[Lesion]) -> TargetLesion:
    """Measure a target lesion again: 0 where it is gone, None where that is unclear."""
    of = {lesion.number: axial_mm(lesion) for lesion in after}
    now = of[match.pairs[one.number]] if one.number in match.pairs else None
    return TargetLesion(LIVER, axial_mm(one), Fraction(0) if one.number in match.gone else now)


def _nontarget(others: Sequence[int], match: LesionMatch) -> NonTarget | None:
    if not others:
        return "none"
    if {*others} & {*match.pairs}:
        return "present"
    return "complete" if {*others} <= {*match.gone} else None


def _by_callipers(baseline: TimePoint, point: TimePoint) -> LiverResponse | None:
    """Compare what readers measured of the largest lesion; a sole one leaves nothing open."""
    before, after = _calliper_mm(baseline), _calliper_mm(point)
    if before is None or after is None or before < LEAST_MM:
        return None
    alone = all(one.plan.judged.facts.get(COUNT) == 1 for one in (baseline, point))
    response = Response(
        "recist_1_1",
        (TargetLesion(LIVER, before, after),),
        False if alone else None,
        "none" if alone else None,
    )
    return LiverResponse(point, "callipers", response)


def _calliper_mm(point: TimePoint) -> Fraction | None:
    """Give the reader's calliper; what was measured on a mask is none."""
    facts, case = point.plan.judged.facts, point.plan.case
    found = facts.get("largest_lesion_cm") if CALLIPER in case.stated.values else None
    return found * MM_IN_CM if isinstance(found, Fraction) else None


_REACHES = {FlrState.SUFFICIENT: Truth.TRUE, FlrState.INSUFFICIENT: Truth.FALSE}
_COMPUTED = {"albi": "albi", "child_pugh": "points", "meld": "meld"}  # a score's value
_TYPED = {"child_pugh": "child_pugh_score", "ecog": "ecog"}  # a fact, which goes before


@dataclass(frozen=True, slots=True, eq=False)
class Endpoints:
    """Endpoints of one patient; None or empty where the case files do not hold them.

    - `scans`: what each scan reaches, in their order.
    - `reach`: when the limit is reached first; None where no day 0 is known.
    - `responses`: of the lesions of the liver, at each later scan.
    - `best`: the best of them before progression, by what was measured.
    - `scores`: their change up to `days`.
    - `function`: of the remnant and of the rest of the liver.
    - `censor_day`: of the next anticancer treatment, which ends `scores` and `function`.
    """

    scans: tuple[ScanReach, ...]
    reach: LimitReach | None = None
    responses: tuple[LiverResponse, ...] = ()
    best: Mapping[MeasuredBy, ResponseCategory | None] = field(default_factory=dict)
    scores: tuple[ScoreChange, ...] = ()
    function: RegionalChange | None = None
    days: FollowUpDays | None = None
    censor_day: int | None = None


def find_endpoints(
    points: Sequence[TimePoint], baseline: TimePoint, treated: Embolisation | None
) -> Endpoints:
    """Find the endpoints over scans in their order; `treated` is day 0, where it is known."""
    zero = baseline.on if treated is None else treated.on
    scans = tuple(_reach(point, (point.on - zero).days) for point in points)
    later = [one for one in points if one.on > baseline.on]
    responses = find_responses(baseline, later)
    best = dict(_find_best(responses, later))
    if treated is None:
        return Endpoints(scans, responses=responses, best=best)
    days = next(one.follow_up for one in baseline.plan.judged.rules if one.follow_up)
    next_on = treated.next_treatment_on
    censor_day = None if next_on is None else (next_on - zero).days
    return Endpoints(
        scans,
        judge_reach(scans),
        responses,
        best,
        tuple(_find_scores(points, zero, Period(days.scores, censor_day))),
        _find_function(points, zero, Period(days.function, censor_day)),
        days,
        censor_day,
    )


def _find_best(
    responses: Sequence[LiverResponse], later: Sequence[TimePoint]
) -> Iterable[tuple[MeasuredBy, ResponseCategory | None]]:
    """Find the best response by masks and by callipers, where several scans tell one."""
    for by in MEASURED_BY:
        found = {id(one.point): one.category for one in responses if one.by == by}
        if len(found) > 1:
            told = [found.get(id(point)) for point in later]
            last = max(place for place, point in enumerate(later) if id(point) in found)
            yield by, find_best_response(told[: last + 1])


def _reach(point: TimePoint, day: int) -> ScanReach:
    """Ask the limits on the FLR that hold for this patient, as the pathway does."""
    states = point.plan.judged.states
    return ScanReach(day, _REACHES.get(states.flr, Truth.UNKNOWN), states.function)


def _find_scores(points: Sequence[TimePoint], zero: date, period: Period) -> Iterable[ScoreChange]:
    """Find the scores that have a value before the treatment and one after it."""
    for score in SCALES:
        values = _in_order(
            (day, value)
            for point in points
            for day, value in _values(point, score, zero)
            if SCALES[score].range.holds(value)
        )
        if any(one.day <= 0 for one in values):
            change = find_score_change(score, values, period)
            if change.last is not None:
                yield change


def _values(point: TimePoint, score: ScoreName, zero: date) -> Iterable[tuple[int, Fraction]]:
    """Give a score of a case: typed, or computed on the day of its blood values."""
    typed = point.plan.judged.facts.get(_TYPED.get(score, ""))
    if isinstance(typed, Fraction):
        yield (point.on - zero).days, typed
        return
    scores = point.plan.scores
    for one in () if scores is None else scores.every:
        value = one.values.get(_COMPUTED.get(score, "")) if one.name == score else None
        if isinstance(value, int | float):
            yield ((one.on or point.on) - zero).days, Fraction(str(value))


def _in_order(found: Iterable[tuple[int, Fraction]]) -> list[ScoreValue]:
    """Put values in order, each once; none of a day on which they contradict each other."""
    of_day: dict[int, set[Fraction]] = {}
    for day, value in found:
        of_day.setdefault(day, set()).add(value)
    return [ScoreValue(day, *of_day[day]) for day in sorted(of_day) if len(of_day[day]) == 1]


def _find_function(
    points: Sequence[TimePoint], zero: date, period: Period
) -> RegionalChange | None:
    """Find how function moved to the remnant, which is the untreated side."""
    scans = {}
    for point in points:
        measured, studied_on = point.plan.measured.function, point.plan.case.studied_on
        if measured is None or not measured.usable or measured.clearance is None:
            continue
        whole, spect = measured.clearance.per_min_m2, measured.spect
        if whole is not None and spect is not None:
            day = ((studied_on or point.on) - zero).days
            scans[day] = RegionalScan(day, whole, 100 * spect.by_counts)
    change = find_regional_change([scans[day] for day in sorted(scans)], period)
    return None if change.untreated.gain is None else change
