"""Growth of a remnant over two or more scans of one patient, and what reading alone would do.

One denominator is held fixed for all scans, the non-tumorous liver of the first; measured anew
it stands beside, because mixing mimics growth [clinical.md 4]. The kinetic growth rate is of the
first scan after the embolisation alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, pairwise, product

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.growth import SLOW_POINTS_PER_WEEK, find_growth_doubts
from fl_planner.planning.given.case import Accepted, Embolisation
from fl_planner.planning.growth.change import (
    CARRIED_SHORT,
    RemnantChange,
    TimePoint,
    find_embolised_remnant,
    find_other_remnant,
    find_other_tumour,
)
from fl_planner.planning.growth.endpoints import Endpoints, find_endpoints
from fl_planner.planning.withdrawal import Withdrawn, find_withdrawn_growth
from fl_planner.space.mask import Mask

DRAWN = {  # roles of which none may serve two scans, in words
    "flr": "the FLR", "resected": "the part to be removed", "liver": "the liver",
    "labelmap": "the segments",
}  # fmt: skip
FAR_DAYS = 183  # between a scan and the embolisation: a year was mistyped [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class GrowthStory:
    """All scans of one patient in their order.

    - `points`: by date.
    - `baseline`: the last one that is not after the embolisation; without one, the first.
    - `embolisation`: as the case files say.
    - `changes`: from the baseline to each later scan.
    - `steps`: from each scan to the next.
    - `endpoints`: what the trials measure over these scans.
    - `findings`: what is to be known of them.
    """

    points: tuple[TimePoint, ...]
    baseline: TimePoint
    embolisation: Embolisation | None
    changes: tuple[RemnantChange, ...]
    steps: tuple[RemnantChange, ...]
    endpoints: Endpoints
    findings: tuple[Finding, ...]

    def day_of(self, point: TimePoint) -> int:
        """Count a scan's days from the embolisation; from the baseline where none was told."""
        zero = self.baseline.on if self.embolisation is None else self.embolisation.on
        return (point.on - zero).days

    def share_fixed(self, point: TimePoint) -> Fraction:
        """Give a scan's remnant as a share of the baseline's non-tumorous liver."""
        return point.flr_ml / self.baseline.nontumorous_ml

    @property
    def withdrawn(self) -> tuple[Withdrawn, ...]:
        """Whether an error forbids to use the growth, and why; empty where none does."""
        scans = (point.plan.withdrawn for point in self.points)
        return find_withdrawn_growth(scans, self.findings, {one.code for one in self.accepted})

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """Findings that are accepted at every scan that has them."""
        return tuple(
            one
            for point in self.points
            for one in point.plan.case.accepted
            if all(
                one.code in {accepted.code for accepted in p.plan.case.accepted}
                for p in self.points
                if one.code in {finding.code for finding in p.plan.findings}
            )
        )


def tell_growth(points: Iterable[TimePoint]) -> GrowthStory:
    """Put the scans of one patient in order, and tell what the remnant did.

    Raises `InputRefused`: `growth.*` where the scans do not make one story: two of one day, none
    before or after the embolisation, another remnant, one mask for two scans.
    """
    ordered = tuple(sorted(points, key=lambda point: point.on))
    embolisation = _find_embolisation(ordered)
    _require_story(ordered)
    baseline = _find_baseline(ordered, embolisation)
    later = [point for point in ordered if point.on > baseline.on]
    changes = tuple(
        _change(baseline, point, baseline, embolisation, is_first=point is later[0])
        for point in later
    )
    steps = tuple(_change(one, other, baseline, None) for one, other in pairwise(ordered))
    endpoints = find_endpoints(ordered, baseline, embolisation)
    findings = (*_find_doubts(ordered, changes, embolisation), *_of_masks(ordered))
    return GrowthStory(ordered, baseline, embolisation, changes, steps, endpoints, findings)


def _change(
    before: TimePoint,
    after: TimePoint,
    baseline: TimePoint,
    embolisation: Embolisation | None,
    *,
    is_first: bool = False,
) -> RemnantChange:
    estimates = baseline.plan.estimates
    known = embolisation is not None
    days = Fraction((after.on - embolisation.on).days) if embolisation is not None else None
    return RemnantChange(
        before,
        after,
        baseline.nontumorous_ml,
        baseline.cv_liver,
        None if estimates is None else estimates.standard_ml,
        days,
        known and is_first,
        None if embolisation is None else embolisation.kind,
    )


def _find_embolisation(points: Sequence[TimePoint]) -> Embolisation | None:
    """Find what the cases say of the embolisation; they must not contradict each other."""
    every = [p.plan.case.embolisation for p in points if p.plan.case.embolisation is not None]
    told = {replace(one, next_treatment_on=None) for one in every}
    ended = {one.next_treatment_on for one in every if one.next_treatment_on is not None}
    if len(told) > 1 or len(ended) > 1:
        reason = "the case files tell different embolisations"
        remedy = "give the same date, kind, segments and next_treatment in each, or in one of them "
        remedy += "alone"
        raise InputRefused("growth.embolisations_differ", "embolisation", reason, remedy)
    found = next(iter(told), None)
    return found if found is None else replace(found, next_treatment_on=next(iter(ended), None))


def _find_baseline(points: Sequence[TimePoint], embolisation: Embolisation | None) -> TimePoint:
    if embolisation is None:
        return points[0]
    before = [point for point in points if point.on <= embolisation.on]
    if not before:
        reason = "no scan lies before the embolisation"
        raise InputRefused("growth.no_baseline", "date", reason, "give the case of that scan")
    if len(before) == len(points):
        reason = "no scan lies after the embolisation"
        raise InputRefused("growth.dates", "date", reason, "give the case of a later scan")
    return before[-1]


def _require_story(points: Sequence[TimePoint]) -> None:
    if len({point.on for point in points}) < len(points):
        reason = "two cases have scans of one day"
        raise InputRefused("growth.same_date", "date", reason, "give one case for each scan")
    wholes = {p.plan.measured.volumes.denominator for p in points}
    if len(wholes) > 1:
        reason = "the tumour is known at one scan and not at another: that mimics growth"
        remedy = "give a tumour mask, or no_tumour, for each"
        raise InputRefused("growth.denominators_differ", "tumour", reason, remedy)
    remnants = {p.plan.measured.remnant.segments for p in points if p.plan.measured.remnant}
    if len(remnants - {()}) > 1:
        told = " and ".join(" ".join(names) for names in sorted(remnants - {()}))
        reason = f"the remnants are of different segments: {told}"
        raise InputRefused("growth.remnants_differ", "remnant", reason, "give the same ones")
    _require_own_masks(points)


def _require_own_masks(points: Sequence[TimePoint]) -> None:
    """Refuse one mask for two scans, however stored: the remnant could not have grown."""
    for (one, other), role in product(combinations(points, 2), DRAWN):
        if _is_one_file(role, one, other) or _is_one_mask(role, one, other):
            file = next((it.file for it in other.plan.case.inputs if it.role == role), role)
            reason = f"one and the same mask of {DRAWN[role]} was given for two scans"
            raise InputRefused("growth.same_file", file, reason, "give each scan's own")


def _is_one_file(role: str, one: TimePoint, other: TimePoint) -> bool:
    first, second = (
        {it.sha256 for it in point.plan.case.inputs if it.role == role} for point in (one, other)
    )
    return not first.isdisjoint(second)


def _is_one_mask(role: str, one: TimePoint, other: TimePoint) -> bool:
    """Whether masks of a role hold the same voxels in the same places; their files may differ."""
    first, second = (_masks_of(role, point.plan.case.anatomy) for point in (one, other))
    if not first or first.keys() != second.keys():
        return False
    return all(mask.lies_as(second[name]) for name, mask in first.items())


def _masks_of(role: str, anatomy: Anatomy) -> Mapping[str, Mask]:
    drawn = {"flr": anatomy.flr, "resected": anatomy.resected, "liver": anatomy.liver}
    if role not in drawn:
        return anatomy.drawn_segments
    mask = drawn[role]
    return {} if mask is None else {role: mask}


def _find_doubts(
    points: Sequence[TimePoint], changes: Sequence[RemnantChange], embolisation: Embolisation | None
) -> Iterable[Finding]:
    if embolisation is None:
        message = "nothing says when the embolisation was: no kinetic growth rate can be told"
        yield Finding("growth.no_embolisation", Severity.WARNING, message)
    origins = {p.plan.measured.remnant.origin for p in points if p.plan.measured.remnant}
    if len(origins) > 1:
        message = "the remnant was drawn at one scan and made of segments at another: their cut "
        message += "is not the same"
        yield Finding("growth.methods_differ", Severity.WARNING, message)
    yield from _of_patients(points)
    sizes = {(p.plan.case.height_cm, p.plan.case.weight_kg) for p in points}
    if len(sizes - {(None, None)}) > 1:
        message = "height or weight differ between the scans: those of the baseline count"
        yield Finding("growth.body_differs", Severity.INFO, message)
    for number, point in enumerate(points, start=1):
        if point.stale:
            message = f"scan {number}: a mask is not the one that was verified: its growth is stale"
            yield Finding("growth.stale", Severity.ERROR, message)
    yield from find_embolised_remnant(points, embolisation)
    for change in changes:
        numbers = points.index(change.before) + 1, points.index(change.after) + 1
        yield from find_other_remnant(change, numbers)
        yield from find_other_tumour(change, numbers)
        yield from _of_carried(change, numbers[1])
        yield from _of_change(change, numbers[1])


def _of_patients(points: Sequence[TimePoint]) -> Iterable[Finding]:
    """Find case files that tell two patients, by what is one and the same of a person [H-11]."""
    cases = [point.plan.case for point in points]
    told: dict[str, set[object]] = {
        "id": {case.id for case in cases},
        "diagnosis": {case.diagnosis for case in cases},
        "sex": {case.stated.values.get("sex") for case in cases},
    }
    differ = [name for name, values in told.items() if len(values - {None}) > 1]
    if differ:
        message = f"the case files differ in {' and '.join(differ)}: are they of one patient?"
        yield Finding("growth.cases_differ", Severity.WARNING, message)


def _of_masks(points: Sequence[TimePoint]) -> Iterable[Finding]:
    """Repeat what is wrong with each scan's own files and masks."""
    for number, point in enumerate(points, start=1):
        for one in (*point.plan.case.findings, *point.plan.measured.findings):
            if one.severity is not Severity.INFO:
                yield replace(one, message=f"scan {number}: {one.message}")


def _of_carried(change: RemnantChange, number: int) -> Iterable[Finding]:
    """Say to which side the growth of carried masks errs, and that its interval is wider."""
    if change.is_carried:
        message = (
            f"scan {number}: the growth rests on a carried mask, which follows growth in part: a "
            "remnant that grew by 30 % was carried as grown by 17 %. The growth may be up to "
            f"{as_number(CARRIED_SHORT)} times as large, and its interval is wider to that side"
        )
        yield Finding("growth.carried", Severity.WARNING, message)


def _of_change(change: RemnantChange, number: int) -> Iterable[Finding]:
    yield from find_growth_doubts(change.growth)
    if change.within_reading_error:
        value = float(change.gain_ml)
        whose = "one reader's two readings" if change.one_reader else "two readings"
        message = (
            f"scan {number}: growth is within the reading error: {as_ml(value)}, and {whose} "
            f"differ by up to {as_ml(Z_95 * change.gain_sd_ml)} (95 % limit)"
        )
        yield Finding("growth.within_error", Severity.WARNING, message, None, value, "mL")
    elif change.gain_ml < 0:
        value = float(change.gain_ml)
        message = (
            f"scan {number}: the remnant has {as_ml(-value)} less than at the baseline: are the "
            "dates and the masks those of these scans?"
        )
        yield Finding("growth.shrank", Severity.WARNING, message, None, value, "mL")
    yield from _of_days(change, number)
    yield from _of_denominators(change, number)
    ends, kgr = change.kgr_interval, change.kgr
    if change.growth.is_slow is None:
        return  # nothing is asked of the rate
    if ends is not None and kgr is not None and ends[0] <= SLOW_POINTS_PER_WEEK <= ends[1]:
        low, high = (as_number(end, [SLOW_POINTS_PER_WEEK]) for end in ends)
        rate = as_number(kgr, [SLOW_POINTS_PER_WEEK])
        message = (
            f"scan {number}: the growth rate is {rate} points per week, and readings leave {low} "
            f"to {high}, which holds {SLOW_POINTS_PER_WEEK}"
        )
        yield Finding("growth.near_limit", Severity.WARNING, message, None, float(kgr), "%/wk")


def _of_days(change: RemnantChange, number: int) -> Iterable[Finding]:
    """Find a scan so far from the embolisation that its rate is none, or its year mistyped."""
    if change.days is None or not change.is_first:
        return
    before = change.between_days - change.days
    for days, told in (
        (before, f"the baseline lies {before} days before the embolisation"),
        (change.days, f"scan {number} lies {change.days} days after the embolisation"),
    ):
        if days > FAR_DAYS:
            message = f"{told}: is the year right? A growth rate is of the weeks around it"
            value = float(days)
            yield Finding("growth.far_apart", Severity.WARNING, message, None, value, "d")


def _of_denominators(change: RemnantChange, number: int) -> Iterable[Finding]:
    """Find a rate that is slow by one denominator alone; 2 in print is of the standard liver."""
    standard = change.standard
    if standard is None or not change.is_first or standard.is_slow is change.growth.is_slow:
        return
    message = (
        f"scan {number}: the growth rate is below {SLOW_POINTS_PER_WEEK} points per week by one "
        "denominator alone; in print it is of the liver that body size expects"
    )
    yield Finding("growth.denominators_disagree", Severity.WARNING, message)
