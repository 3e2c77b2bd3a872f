"""Trial endpoints over the scans of one patient: FLR limit, response, scores, function.

Days are counted from the embolisation or radioembolisation. Nothing is forecast [clinical.md 16].

Liver lesions are compared between the baseline and each later scan by RECIST 1.1. With masks, the
two largest lesions of the baseline are the targets, and the lesions of both scans are matched.
With callipers, the largest lesion is the only target. The result refers to the liver only; it is
shown in addition to `recist_response_after_chemo` and never replaces it [clinical.md 16, trials.md
11].
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from fl_planner.basis.follow_up import Entry, Period
from fl_planner.basis.standing_words import MeasuredBy, ResponseCategory, ScoreName
from fl_planner.basis.three_valued import Truth
from fl_planner.basis.units import MM_IN_CM
from fl_planner.function.share import RegionalChange, RegionalScan, measure_regional_change
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
    judge_best_response,
)
from fl_planner.patient.score_change import SCALES, ScoreChange, ScoreValue, measure_score_change
from fl_planner.planning.given.case import Embolisation
from fl_planner.planning.growth.change import TimePoint
from fl_planner.planning.volume_pathway.states import FlrState
from fl_planner.planning.withdrawal import may_be_mirrored
from fl_planner.trials.criterion import FollowUpDays

MEASURED_BY: tuple[MeasuredBy, ...] = ("masks", "callipers")
LIVER = "liver"
CALLIPER, COUNT = "largest_lesion", "lesion_count"


@dataclass(frozen=True, slots=True, eq=False)
class LiverResponse:
    """Response of the liver lesions at one later scan.

    - `response`: sums and category.
    - `targets`: numbers of the target lesions at the baseline; empty by calliper.
    - `match`: matched lesions; no pair by calliper.
    - `nadir_known`: whether each intermediate sum is known.
    - `same_masks`: first earlier scan whose tumour masks have the same voxels, if any.
    """

    point: TimePoint
    by: MeasuredBy
    response: Response
    targets: tuple[int, ...] = ()
    match: LesionMatch = NOTHING_MATCHED
    nadir_known: bool = True
    same_masks: TimePoint | None = None

    @property
    def category(self) -> ResponseCategory | None:
        """Category of response; if an intermediate sum is unknown, only progression is certain."""
        found = self.response.category
        return found if self.nadir_known or found == "progressive_disease" else None


@dataclass(frozen=True, slots=True, eq=False)
class WithheldResponse:
    """Response by masks at one later scan that an error on one or both scans withholds.

    - `because`: each scan with an error, with its cause in a few words.
    """

    point: TimePoint
    because: tuple[tuple[TimePoint, str], ...]


def find_withheld(baseline: TimePoint, later: Sequence[TimePoint]) -> Iterable[WithheldResponse]:
    """Find the responses that would be measured on masks without the errors on the scans."""
    for point in later:
        causes = [(each, _why_withheld(each)) for each in (baseline, point)]
        because = tuple((each, why) for each, why in causes if why)
        before, after = (_all_lesions(each) for each in (baseline, point))
        if because and after is not None and before is not None and _select_targets(before):
            yield WithheldResponse(point, because)


def _why_withheld(point: TimePoint) -> str:
    """Return why the lesions of a scan must not be used; "" if they may be."""
    plan = point.plan
    if barred := [each.why for each in plan.withdrawn if each.number == "lesions"]:
        return barred[0]
    return "the scan may be mirrored" if may_be_mirrored(plan.case, plan.measured) else ""


def _with_nadir(found: Iterable[LiverResponse | None]) -> Iterable[LiverResponse]:
    """Add the previous sums to each response."""
    sums: list[Fraction | None] = []
    for each in found:
        if each is None:
            sums.append(None)
            continue
        known = tuple(mm for mm in sums if mm is not None)
        response = replace(each.response, earlier_sums_mm=known)
        yield replace(each, response=response, nadir_known=len(known) == len(sums))
        sums.append(response.followup_sum_mm)


def _by_masks(
    baseline: TimePoint, point: TimePoint, points: Sequence[TimePoint]
) -> LiverResponse | None:
    before, after = _scan(baseline), _scan(point)
    if before is None or after is None:
        return None
    if not (targets := _select_targets(before)):
        return None
    match = match_lesions(before, after)
    numbers = tuple(lesion.number for lesion in targets)
    others = [x.number for x in before.lesions.items if x.number not in numbers]
    response = Response(
        "recist_1_1",
        tuple(_target(lesion, match, after.lesions.items) for lesion in targets),
        True if match.new else None if match.unclear_after else False,
        _nontarget(others, match),
        slice_mm=_measure_slice_mm(before),
    )
    same_masks = _find_same_masks(point, points)
    return LiverResponse(point, "masks", response, numbers, match, same_masks=same_masks)


def _find_same_masks(point: TimePoint, points: Sequence[TimePoint]) -> TimePoint | None:
    """Find the first earlier scan with the tumour of a scan, voxel by voxel [H-04]."""
    own = point.plan.case.anatomy.tumour
    if own is None or not own.voxel_count:
        return None
    masks = ((each, each.plan.case.anatomy.tumour) for each in points[: points.index(point)])
    return next((each for each, mask in masks if mask and mask.is_oriented_as(own)), None)


def _select_targets(scan: LesionScan) -> list[Lesion]:
    """Select the two largest lesions of at least 10 mm and two slices."""
    least_mm = max(Fraction(LEAST_MM), 2 * _measure_slice_mm(scan))
    measurable = [lesion for lesion in scan.lesions.items if axial_mm(lesion) >= least_mm]
    return sorted(measurable, key=axial_mm, reverse=True)[:MOST_OF_AN_ORGAN]


def _measure_slice_mm(scan: LesionScan) -> Fraction:
    grid = scan.organ.grid
    return grid.settle(Fraction(str(grid.spacing_mm[grid.axial_axis])))


def _all_lesions(point: TimePoint) -> LesionScan | None:
    """Return the lesions of a scan, also if they must not be used."""
    lesions = point.plan.measured.lesions
    return None if lesions is None else LesionScan(lesions, point.plan.case.anatomy.organ)


def _scan(point: TimePoint) -> LesionScan | None:
    """Return the lesions of a scan; None if an error excludes their use."""
    return None if _why_withheld(point) else _all_lesions(point)


def _target(lesion: Lesion, match: LesionMatch, after: Sequence[Lesion]) -> TargetLesion:
    """Measure a target lesion again: 0 if it has disappeared, None if this is unclear."""
    of, number = {other.number: axial_mm(other) for other in after}, lesion.number
    now = of[match.pairs[number]] if number in match.pairs else None
    return TargetLesion(LIVER, axial_mm(lesion), Fraction(0) if number in match.gone else now)


def _nontarget(others: Sequence[int], match: LesionMatch) -> NonTarget | None:
    if not others:
        return "none"
    if {*others} & {*match.pairs}:
        return "present"
    return "complete" if {*others} <= {*match.gone} else None


def _by_callipers(baseline: TimePoint, point: TimePoint) -> LiverResponse | None:
    """Compare readers' callipers of the largest lesion; complete only for a single lesion."""
    before, after = _calliper_mm(baseline), _calliper_mm(point)
    if before is None or after is None or before < LEAST_MM:
        return None
    alone = all(p.plan.judged.facts.get(COUNT) == 1 for p in (baseline, point))
    response = Response(
        "recist_1_1",
        (TargetLesion(LIVER, before, after),),
        False if alone else None,
        "none" if alone else None,
    )
    return LiverResponse(point, "callipers", response)


def _calliper_mm(point: TimePoint) -> Fraction | None:
    """Return the reader's calliper; a measurement on a mask does not count."""
    facts, case = point.plan.judged.facts, point.plan.case
    found = facts.get("largest_lesion_cm") if CALLIPER in case.stated.values else None
    return found * MM_IN_CM if isinstance(found, Fraction) else None


_REACHES = {FlrState.SUFFICIENT: Truth.TRUE, FlrState.INSUFFICIENT: Truth.FALSE}
_COMPUTED = {"albi": "albi", "child_pugh": "points", "meld": "meld"}  # a score's value
_ENTERED = {"child_pugh": "child_pugh_score", "ecog": "ecog"}  # an entered fact takes precedence


@dataclass(frozen=True, slots=True, eq=False)
class Endpoints:
    """Endpoints of one patient; None or empty if the case files do not contain them.

    - `scans`: FLR limit at each scan, in their order.
    - `reach`: first scan at or above the limit; None if day 0 is not known.
    - `responses`: response of the liver lesions at each later scan.
    - `withheld`: responses that an error withholds.
    - `best`: best response before progression, by method of measurement.
    - `scores`: change of the scores up to `days`.
    - `function`: function of the remnant and of the rest of the liver.
    - `censor_day`: day of the next anticancer treatment, which ends `scores` and `function`.
    """

    scans: tuple[ScanReach, ...]
    reach: LimitReach | None = None
    responses: tuple[LiverResponse, ...] = ()
    withheld: tuple[WithheldResponse, ...] = ()
    best: Mapping[MeasuredBy, ResponseCategory | None] = field(default_factory=dict)
    scores: tuple[ScoreChange, ...] = ()
    function: RegionalChange | None = None
    days: FollowUpDays | None = None
    censor_day: int | None = None


def measure_endpoints(
    points: Sequence[TimePoint], baseline: TimePoint, treated: Embolisation | None
) -> Endpoints:
    """Measure the endpoints over scans in their order; `treated`: day 0, if known."""
    zero = baseline.on if treated is None else treated.on
    scans = tuple(_reach(point, (point.on - zero).days) for point in points)
    later = [point for point in points if point.on > baseline.on]
    responses = (
        *_with_nadir(_by_masks(baseline, point, points) for point in later),
        *_with_nadir(_by_callipers(baseline, point) for point in later),
    )
    withheld = tuple(find_withheld(baseline, later))
    best = dict(_best_of(responses, later))
    if treated is None:
        return Endpoints(scans, responses=responses, withheld=withheld, best=best)
    days = next(rule.follow_up for rule in baseline.plan.judged.rules if rule.follow_up)
    next_on = treated.next_treatment_on
    censor_day = None if next_on is None else (next_on - zero).days
    return Endpoints(
        scans,
        judge_reach(scans),
        responses,
        withheld,
        best,
        tuple(_measure_scores(points, zero, Period(days.scores, censor_day))),
        _measure_function(points, zero, Period(days.function, censor_day)),
        days,
        censor_day,
    )


def _best_of(
    responses: Sequence[LiverResponse], later: Sequence[TimePoint]
) -> Iterable[tuple[MeasuredBy, ResponseCategory | None]]:
    """Determine the best response by masks and by callipers over several scans."""
    for by in MEASURED_BY:
        found = {id(each.point): each.category for each in responses if each.by == by}
        if len(found) > 1:
            categories = [found.get(id(point)) for point in later]
            last = max(place for place, point in enumerate(later) if id(point) in found)
            yield by, judge_best_response(categories[: last + 1])


def _reach(point: TimePoint, day: int) -> ScanReach:
    """Judge the FLR limits that apply to this patient, as the pathway does."""
    states = point.plan.judged.states
    return ScanReach(day, _REACHES.get(states.flr, Truth.UNKNOWN), states.function)


def _measure_scores(
    points: Sequence[TimePoint], zero: date, period: Period
) -> Iterable[ScoreChange]:
    """Measure the change of scores with values before and after the treatment."""
    for score in SCALES:
        values = _in_order(
            ScoreValue(day, value)
            for point in points
            for day, value in _values(point, score, zero)
            if SCALES[score].range.holds(value)
        )
        if any(value.day <= 0 for value in values):
            change = measure_score_change(score, values, period)
            if change.last is not None:
                yield change


def _values(point: TimePoint, score: ScoreName, zero: date) -> Iterable[tuple[int, Fraction]]:
    """List a score of a case: entered, or computed on the date of its blood tests."""
    entered = point.plan.judged.facts.get(_ENTERED.get(score, ""))
    if isinstance(entered, Fraction):
        yield (point.on - zero).days, entered
        return
    scores = point.plan.scores
    for each in () if scores is None else scores.every:
        value = each.values.get(_COMPUTED.get(score, "")) if each.name == score else None
        if isinstance(value, int | float):
            yield ((each.on or point.on) - zero).days, Fraction(str(value))


def _in_order(found: Iterable[Entry]) -> list[Entry]:
    """Sort values by day; days with contradictory values are omitted."""
    once = {*found}
    days = Counter(each.day for each in once)
    return sorted((each for each in once if days[each.day] == 1), key=lambda each: each.day)


def _measure_function(
    points: Sequence[TimePoint], zero: date, period: Period
) -> RegionalChange | None:
    """Measure the change of function of the remnant, which is the untreated side.

    Impaired liver in the remnant is on neither side.
    """
    scans = []
    for point in points:
        measured, studied_on = point.plan.measured.function, point.plan.case.studied_on
        if measured is None or not measured.usable or measured.clearance is None:
            continue
        whole, spect = measured.clearance.per_min_m2, measured.spect
        if whole is not None and spect is not None:
            day = ((studied_on or point.on) - zero).days
            shares = 100 * spect.by_counts, 100 * spect.rest_by_counts
            scans.append(RegionalScan(day, whole, *shares))
    change = measure_regional_change(_in_order(scans), period)
    return None if change.untreated.gain is None else change
