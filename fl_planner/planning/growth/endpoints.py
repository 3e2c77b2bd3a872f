"""What the trials measure, over the scans of one patient: limit, response, scores, function.

Days count from the embolisation or radioembolisation. Nothing is forecast [clinical.md 16].
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from fl_planner.basis.follow_up import Period
from fl_planner.basis.glossary import MeasuredBy, ResponseCategory, ScoreName
from fl_planner.basis.truth import Truth
from fl_planner.function.regional_change import RegionalChange, RegionalScan, find_regional_change
from fl_planner.liver.limit_reach import LimitReach, ScanReach, find_reach
from fl_planner.patient.response import find_best_response
from fl_planner.patient.score_change import SCALES, ScoreChange, ScoreValue, find_score_change
from fl_planner.planning.given.case import Embolisation
from fl_planner.planning.growth.change import TimePoint
from fl_planner.planning.growth.response import (
    MEASURED_BY,
    LiverResponse,
    find_responses,
)
from fl_planner.planning.pathway.states import FlrState
from fl_planner.trials.criterion import FollowUpDays

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
        find_reach(scans),
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
