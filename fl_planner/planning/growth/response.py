"""How the lesions of the liver responded from the baseline to each later scan, by RECIST 1.1.

By masks the two largest lesions of the baseline are the targets, and the lesions of both scans are
matched; by callipers the largest lesion alone is. It tells of the liver only, is shown beside
`recist_response_after_chemo`, and never fills it in [clinical.md 16, trials.md 11].
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from fl_planner.basis.glossary import MeasuredBy, ResponseCategory
from fl_planner.basis.units import MM_IN_CM
from fl_planner.liver.lesions.lesions import Lesion
from fl_planner.liver.lesions.matching import (
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
)
from fl_planner.planning.growth.change import TimePoint

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
