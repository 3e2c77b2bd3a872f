"""Growth of the FLR over two or more scans of one patient, compared with reading error.

The denominator is kept constant for all scans: the non-tumorous liver of the first. Shares of each
scan's own liver are also shown; mixing the two mimics growth [clinical.md 4]. The kinetic growth
rate refers only to the first scan after embolisation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, pairwise, product

from msgspec import structs

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_ends, as_ml, as_number, as_plain
from fl_planner.basis.standing_words import describe_same_tumour
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.growth import FAR, FAR_DAYS, SLOW_POINTS_PER_WEEK, find_growth_doubts
from fl_planner.liver.names.structures import as_roman
from fl_planner.liver.volumetry import find_odd_volume
from fl_planner.planning.given.case import Accepted, Embolisation
from fl_planner.planning.growth.case_files import find_denied_on_baseline, find_other_cases
from fl_planner.planning.growth.change import (
    CARRIED_SHORT,
    RemnantChange,
    TimePoint,
    find_embolised_remnant,
    find_other_remnant,
    find_other_tumour,
)
from fl_planner.planning.growth.endpoints import Endpoints, measure_endpoints
from fl_planner.planning.withdrawal import Withdrawn, find_withdrawn_growth
from fl_planner.space.mask import Mask

DRAWN = {  # roles whose masks may not be used for two scans
    "flr": "the FLR", "resected": "the part to be removed", "liver": "the liver",
    "labelmap": "the segments",
}  # fmt: skip
OF_FACTS = (
    *("contradiction.prior_treatment", "function.", "body."),
    *("evidence.flr_apart", "evidence.function_apart", "evidence.typed_apart"),
)
CHECK_DATES = "check the dates of the scans and of the embolisation"
# The liver as a whole changes little between two scans: one part grows as another shrinks. More
# suggests another voxel size, or another part of the liver in the mask [project's choice].
MOST_LIVER_RATIO = Fraction(5, 4)
# As many slices of the liver on two scans, within 5 %, although their distances differ by more: the
# liver would have become about 10 % longer or shorter. Even of different people, few livers agree
# so: 2 of 93 pairs of the public scans [project's choice].
LEAST_STEP_RATIO, MOST_SLICES_RATIO = 1.15, 1.05
# No liver does so between two scans: a length in cm for mm is a factor of 1000 [project's choice].
OTHER_SIZE_RATIO = 10
# An FLR of more than the whole liver on another scan; as the range of shares [project's choice].
MOST_OF_LIVER = Fraction(3, 2)


@dataclass(frozen=True, slots=True, eq=False)
class GrowthStory:
    """All scans of one patient in chronological order.

    - `points`: the scans, by date.
    - `baseline`: last scan not after the embolisation; without an embolisation, the first scan.
    - `embolisation`: embolisation as recorded in the case files.
    - `changes`: change from the baseline to each later scan.
    - `steps`: change from each scan to the next.
    - `endpoints`: trial endpoints over these scans.
    """

    points: tuple[TimePoint, ...]
    baseline: TimePoint
    embolisation: Embolisation | None
    changes: tuple[RemnantChange, ...]
    steps: tuple[RemnantChange, ...]
    endpoints: Endpoints
    findings: tuple[Finding, ...]

    def day_of(self, point: TimePoint) -> int:
        """Count the days from the embolisation, or from the baseline if none is recorded."""
        zero = self.baseline.on if self.embolisation is None else self.embolisation.on
        return (point.on - zero).days

    def share_fixed(self, point: TimePoint) -> Fraction:
        """Return the FLR of a scan as a share of the baseline's non-tumorous liver."""
        return point.flr_ml / self.baseline.nontumorous_ml

    @property
    def standard_ml(self) -> float | None:
        """Liver volume estimated from body size, the other fixed denominator."""
        return _find_standard_ml(self.points, self.baseline)

    @property
    def withdrawn(self) -> tuple[Withdrawn, ...]:
        """Errors that exclude use of the growth, with reasons; empty if there are none."""
        scans = (point.plan.withdrawn for point in self.points)
        return find_withdrawn_growth(scans, self.findings, {each.code for each in self.accepted})

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """Findings accepted at every scan that has them."""
        return tuple(
            accepted
            for point in self.points
            for accepted in point.plan.case.accepted
            if all(
                accepted.code in {other.code for other in p.plan.case.accepted}
                for p in self.points
                if accepted.code in {finding.code for finding in p.plan.findings}
            )
        )


def measure_growth(points: Iterable[TimePoint]) -> GrowthStory:
    """Sort the scans of one patient by date, and measure the change of the remnant.

    Raises `InputRefused`: `growth.*` if the scans do not form one series: two scans from the same
    date, no scan before or after the embolisation, different remnants, one mask for two scans, or
    livers of sizes that cannot be those of one patient.
    """
    ordered = tuple(sorted(points, key=lambda point: point.on))
    embolisation = _read_embolisation(ordered)
    _require_series(ordered)
    baseline = _select_baseline(ordered, embolisation)
    later = [point for point in ordered if point.on > baseline.on]
    standard_ml = _find_standard_ml(ordered, baseline)
    changes = tuple(
        _change((baseline, point), baseline, standard_ml, embolisation, is_first=point is later[0])
        for point in later
    )
    steps = tuple(_change(pair, baseline, standard_ml, None) for pair in pairwise(ordered))
    endpoints = measure_endpoints(ordered, baseline, embolisation)
    findings = (
        *_find_doubts(ordered, changes, embolisation),
        *_of_steps(steps, baseline),
        *_of_responses(ordered, endpoints),
        *_of_masks(ordered, embolisation),
    )
    return GrowthStory(ordered, baseline, embolisation, changes, steps, endpoints, findings)


def _find_standard_ml(points: Sequence[TimePoint], baseline: TimePoint) -> float | None:
    """Return the estimate of the baseline, or of the first scan that has height and weight."""
    estimates = (point.plan.estimates for point in (baseline, *points))
    found = (each.standard_ml for each in estimates if each is not None)
    return next((ml for ml in found if ml is not None), None)


def _change(
    pair: tuple[TimePoint, TimePoint],
    baseline: TimePoint,
    standard_ml: float | None,
    embolisation: Embolisation | None,
    *,
    is_first: bool = False,
) -> RemnantChange:
    before, after = pair
    known = embolisation is not None
    days = Fraction((after.on - embolisation.on).days) if embolisation is not None else None
    return RemnantChange(
        before,
        after,
        baseline.nontumorous_ml,
        baseline.cv_liver,
        standard_ml,
        days,
        known and is_first,
        None if embolisation is None else embolisation.kind,
    )


def _read_embolisation(points: Sequence[TimePoint]) -> Embolisation | None:
    """Return the embolisation recorded in the cases, which must agree in what they state."""
    every = [p.plan.case.embolisation for p in points if p.plan.case.embolisation is not None]
    recorded = {(each.on, each.kind) for each in every}
    parts = {frozenset(each.segments): each.segments for each in every if each.segments}
    ended = {each.next_treatment_on for each in every} - {None}
    if max(map(len, (recorded, parts, ended))) > 1:
        reason = "the case files record different embolisations"
        remedy = "give the same date, kind, segments and next_treatment in each file, or only in "
        remedy += "one of them"
        raise InputRefused("growth.embolisations_differ", "embolisation", reason, remedy)
    if not every:
        return None
    segments, next_on = next(iter(parts.values()), ()), next(iter(ended), None)
    return structs.replace(every[0], segments=segments, next_treatment_on=next_on)


def _select_baseline(points: Sequence[TimePoint], embolisation: Embolisation | None) -> TimePoint:
    if embolisation is None:
        return points[0]
    if not (before := [point for point in points if point.on <= embolisation.on]):
        reason = "no scan was acquired before the embolisation"
        remedy = f"{CHECK_DATES}, or give a case with a scan from before the embolisation"
        raise InputRefused("growth.no_baseline", "date", reason, remedy)
    if len(before) == len(points):
        reason = "no scan was acquired after the embolisation"
        remedy = f"{CHECK_DATES}, or give a case with a later scan"
        raise InputRefused("growth.dates", "date", reason, remedy)
    return before[-1]


def _require_series(points: Sequence[TimePoint]) -> None:
    if len({point.on for point in points}) < len(points):
        reason = "two cases have scans from the same date"
        raise InputRefused("growth.same_date", "date", reason, "give only one case for each scan")
    if len({p.plan.measured.volumes.denominator for p in points}) > 1:
        reason = (
            "whether there is a tumour is stated for some scans but not for others; the different "
            "denominators mimic growth"
        )
        remedy = "give a tumour mask, or no_tumour, for each scan"
        raise InputRefused("growth.denominators_differ", "tumour", reason, remedy)
    remnants = (point.remnant.segments for point in points)
    composed = {frozenset(names): names for names in remnants if names}
    if len(composed) > 1:
        named = (", ".join(map(as_roman, names)) for names in sorted(composed.values()))
        reason = f"the remnants consist of different segments: {' and '.join(named)}"
        raise InputRefused(
            "growth.remnants_differ", "remnant", reason, "give the same segments for each scan"
        )
    _require_same_size(points)
    _require_different_masks(points)


def _require_same_size(points: Sequence[TimePoint]) -> None:
    """Refuse a scan with another voxel size, or a part of the liver: its FLR is not comparable."""
    livers = [point.plan.case.anatomy.liver for point in points]
    small, large = (choose(livers, key=lambda one: one.exact_ml) for choose in (min, max))
    largest_flr_ml = max(point.flr_ml for point in points)
    if (
        large.exact_ml <= OTHER_SIZE_RATIO * small.exact_ml
        and largest_flr_ml <= MOST_OF_LIVER * small.exact_ml
    ):
        return
    sizes = " and ".join(
        f"{as_ml(one.exact_ml)} on scan {number}"
        for number, one in enumerate(livers, start=1)
        if one is small or one is large
    )
    odd = next((one for one in (small, large) if find_odd_volume(one)), small)
    number = livers.index(odd) + 1
    reason = f"the liver has {sizes}, so a voxel size is wrong, or a mask lacks part of the liver"
    remedy = (
        f"check that the voxel size in the files of scan {number} is in mm, and that its liver "
        "mask contains the whole liver"
    )
    raise InputRefused("growth.scan_size", odd.file or odd.name, reason, remedy)


def _require_different_masks(points: Sequence[TimePoint]) -> None:
    """Refuse one mask for two scans, in any file: it cannot show growth."""
    for (first, other), role in product(combinations(points, 2), DRAWN):
        if _is_one_file(role, first, other) or _is_one_mask(role, first, other):
            file = next((it.file for it in other.plan.case.inputs if it.role == role), role)
            reason = f"the same mask of {DRAWN[role]} was given for two scans"
            raise InputRefused(
                "growth.same_file", file, reason, "give a separate mask for each scan"
            )


def _is_one_file(role: str, one: TimePoint, other: TimePoint) -> bool:
    first, second = (
        {it.sha256 for it in point.plan.case.inputs if it.role == role} for point in (one, other)
    )
    return not first.isdisjoint(second)


def _is_one_mask(role: str, one: TimePoint, other: TimePoint) -> bool:
    """Whether masks of a role have the same voxels at the same position, in any files."""
    first, second = (_masks_of(role, point.plan.case.anatomy) for point in (one, other))
    if not first or first.keys() != second.keys():
        return False
    return all(mask.is_oriented_as(second[name]) for name, mask in first.items())


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
        message = (
            "no case file has an embolisation with its date under [embolisation]: the kinetic "
        )
        message += "growth rate cannot be calculated"
        yield Finding("growth.no_embolisation", Severity.WARNING, message)
    if all(point.plan.measured.volumes.tumour_voxels is None for point in points):
        message = "no tumour mask was given for any scan: each percentage refers to the whole "
        message += "liver, with any tumour in it, and a shrinking tumour mimics growth"
        yield Finding("growth.no_tumour_mask", Severity.WARNING, message)
    if len({point.remnant.outline for point in points}) > 1:
        message = "the remnant was drawn on one scan and composed of segments on another: the "
        message += "transection planes differ"
        yield Finding("growth.methods_differ", Severity.WARNING, message)
    yield from find_other_cases(points, embolisation)
    for number, point in enumerate(points, start=1):
        if point.stale:
            message = (
                f"scan {number}: a mask has changed since it was verified: growth is not valid"
            )
            yield Finding("growth.stale", Severity.ERROR, message)
    yield from find_embolised_remnant(points, embolisation)
    numbered = [
        (one, (points.index(one.before) + 1, points.index(one.after) + 1)) for one in changes
    ]
    for change, numbers in numbered:
        yield from find_other_remnant(change, numbers)
        yield from find_other_tumour(change, numbers)
        yield from _of_programs(change, numbers)
        yield from _of_cuts(change, numbers)
        yield from _of_carried(change, numbers[1])
    for change, numbers in numbered:  # after doubts on whether the scans are comparable at all
        yield from _of_change(change, numbers[1])


def _of_masks(points: Sequence[TimePoint], embolisation: Embolisation | None) -> Iterable[Finding]:
    """Repeat the findings on each scan's files, masks, function, body size, denied embolisation.

    Growth is counted from the embolisation of the case, and rated by its kind [trials.md 8]; a
    function, also an entered one, can reach the limit. The body size gives the other denominator.
    An entered volume that differs from the masks would give another growth.
    """
    for number, point in enumerate(points, start=1):
        of_facts = (one for one in point.plan.findings if one.code.startswith(OF_FACTS))
        every = (*of_facts, *point.plan.case.findings, *point.plan.measured.findings)
        innocent = find_denied_on_baseline(point, embolisation)
        for found in dict.fromkeys(every):
            if found.severity is not Severity.INFO and found not in innocent:
                yield replace(found, message=f"scan {number}: {found.message}")


def _of_programs(change: RemnantChange, numbers: tuple[int, int]) -> Iterable[Finding]:
    """Find remnants of which a program drew one, and a reader or another program the other."""
    points = change.before, change.after
    known = all(point.remnant.mask.author for point in points)
    if known and len({point.method[1] for point in points}) > 1:
        first, second = (
            "drawn or verified by a reader" if made is None else made.drawn_automatically
            for made in (point.program for point in points)
        )
        message = (
            f"the remnant was {first} on scan {numbers[0]}, but {second} on scan {numbers[1]}: "
            "part of the change of the FLR may not be growth"
        )
        yield Finding("growth.methods_differ", Severity.WARNING, message)


def _of_cuts(change: RemnantChange, numbers: tuple[int, int]) -> Iterable[Finding]:
    """Find planes, or wedges with their margin, on one scan that the other lacks [H-03]."""
    cuts = [point.remnant.transection for point in (change.before, change.after)]
    kinds = {
        cut and (bool(cut.planes or cut.surfaces), (*cut.wedge_margins_mm.values(),))
        for cut in cuts
    }
    if len(kinds) > 1:
        made = ["neither plane nor wedge" if cut is None else cut.describe() for cut in cuts]
        message = (
            f"the remnant of scan {numbers[0]} is given with {made[0]}, but that of scan "
            f"{numbers[1]} with {made[1]}: part of the change of the FLR may not be growth"
        )
        yield Finding("growth.cuts_differ", Severity.WARNING, message)


def _of_carried(change: RemnantChange, number: int) -> Iterable[Finding]:
    """Find growth measured on carried masks, which underestimate it."""
    if change.is_carried:
        message = (
            f"scan {number}: growth was measured on a mask carried over from another scan. Such a "
            "mask shows growth only in part: in a test, growth of 30 % was measured as 17 %. "
            f"Growth may be up to {as_number(CARRIED_SHORT)} times as large as measured, and its "
            "interval is widened accordingly"
        )
        yield Finding("growth.carried", Severity.WARNING, message)


def _of_change(change: RemnantChange, number: int) -> Iterable[Finding]:
    yield from find_growth_doubts(change.growth, number)
    if change.within_reading_error:
        value = float(change.gain_ml)
        readings = "two readings by one reader" if change.one_reader else "two readings"
        message = (
            f"scan {number}: growth of {as_ml(value)} is within the reading error: {readings} "
            f"differ by up to {as_ml(Z_95 * change.gain_sd_ml)} (95 % limit)"
        )
        yield Finding("growth.within_error", Severity.WARNING, message, None, value, "mL")
    elif change.gain_ml < 0:
        value = float(change.gain_ml)
        message = (
            f"scan {number}: the FLR is {as_ml(-value)} smaller than at baseline: check that "
            "the dates and masks belong to these scans"
        )
        yield Finding("growth.shrank", Severity.WARNING, message, None, value, "mL")
    yield from _of_days(change, number)
    yield from _of_liver(change, number)
    yield from _of_slices(change, number)
    yield from _of_rate(change, number)


def _of_steps(steps: Sequence[RemnantChange], baseline: TimePoint) -> Iterable[Finding]:
    """Find a change that no embolisation explains: one before it, or a later loss [H-04].

    A later scan dated before the embolisation, as with day and month swapped, would otherwise be
    the baseline, or be missing as the first scan after the embolisation.
    """
    for number, step in enumerate(steps, start=2):
        if step.before is baseline or step.within_reading_error:
            continue  # a change since the baseline is compared elsewhere
        value = float(step.gain_ml)
        size = "larger" if value > 0 else "smaller"
        message = f"scan {number}: the FLR is {as_ml(abs(value))} {size} than on scan {number - 1}"
        if step.after.on <= baseline.on:
            message += (
                f", although neither was acquired after the embolisation: {CHECK_DATES}, and "
                "whether a previous embolisation is not recorded"
            )
            yield Finding(
                "growth.before_embolisation", Severity.WARNING, message, None, value, "mL"
            )
        elif value < 0:
            message += ": check that the dates and masks belong to these scans"
            yield Finding("growth.shrank", Severity.WARNING, message, None, value, "mL")


def _of_responses(points: Sequence[TimePoint], endpoints: Endpoints) -> Iterable[Finding]:
    """Find a response to which a scan contributes the tumour masks of another [H-04]."""
    for each in endpoints.responses:
        if each.same_masks is not None:
            first, number = (points.index(one) + 1 for one in (each.same_masks, each.point))
            message = (
                f"{describe_same_tumour(first, number)}, so the response includes no change of any "
                "lesion between these scans. Check whether the lesions were segmented on both scans"
            )
            yield Finding("growth.same_tumour", Severity.INFO, message)


def _of_days(change: RemnantChange, number: int) -> Iterable[Finding]:
    """Find a scan so far from the embolisation that the year may be wrong."""
    if change.days is None or not change.is_first:
        return
    before = change.between_days - change.days
    for days, interval in (
        (before, f"the baseline is {before} days before the embolisation"),
        (change.days, f"scan {number} is {change.days} days after the embolisation"),
    ):
        if days > FAR_DAYS:
            message, value = f"{interval}: {FAR}", float(days)
            yield Finding("growth.far_apart", Severity.WARNING, message, None, value, "d")


def _of_liver(change: RemnantChange, number: int) -> Iterable[Finding]:
    """Find a liver that changed as a whole: the change of the remnant may not be growth [H-01]."""
    before, after = change.before.nontumorous_ml, change.after.nontumorous_ml
    if max(before, after) > MOST_LIVER_RATIO * min(before, after):
        undrawn = change.before.plan.measured.volumes.tumour_voxels is None
        message = (
            f"scan {number}: the {'' if undrawn else 'non-tumorous '}liver has {as_ml(after)}, but "
            f"{as_ml(before)} at baseline, although the whole liver seldom changes by more than a "
            f"factor of {as_plain(MOST_LIVER_RATIO)}. Part of the change of the FLR may not be "
            "growth"
        )
        yield Finding("growth.liver_differs", Severity.WARNING, message, None, float(after), "mL")


def _of_slices(change: RemnantChange, number: int) -> Iterable[Finding]:
    """Find a liver with as many slices as at baseline, although their distance differs [H-01]."""
    (first, first_mm), (slices, step_mm) = map(_count_slices, (change.before, change.after))
    same = max(first, slices) <= MOST_SLICES_RATIO * min(first, slices)
    if same and max(first_mm, step_mm) >= LEAST_STEP_RATIO * min(first_mm, step_mm):
        message = (
            f"scan {number}: the liver has {slices} slices, {step_mm:.3g} mm apart, "
            f"but {first} slices, {first_mm:.3g} mm apart, at baseline, so its length "
            "differs as the slice distance does. Check the distance between the slices in the "
            "files of both scans; a wrong one mimics or hides growth"
        )
        yield Finding("growth.slices_differ", Severity.WARNING, message, None, step_mm, "mm")


def _count_slices(point: TimePoint) -> tuple[int, float]:
    """Count the axial slices of the liver with its tumour; return their distance as well, mm."""
    organ = point.plan.case.anatomy.organ
    axis = organ.grid.axial_axis
    return organ.box.shape[axis], organ.grid.layers_mm[axis]


def _of_rate(change: RemnantChange, number: int) -> Iterable[Finding]:
    """Find a rate that is slow by one denominator only, or with an interval that includes 2."""
    ends, kgr = change.kgr_interval, change.kgr
    if ends is None or kgr is None or change.growth.is_slow is None:
        return  # no limit applies to the rate
    limit = SLOW_POINTS_PER_WEEK
    low, high = as_ends(ends, [limit])
    rate = (
        f"{as_number(kgr, [limit])} percentage points per week of the baseline liver (95 % "
        f"interval {low} to {high}"
    )
    by_size = None if change.standard is None else change.standard.points_per_week
    if by_size is not None and (by_size < limit) is not (kgr < limit):
        message = (
            f"scan {number}: the growth rate is {as_number(by_size, [limit])} percentage points "
            "per week of the liver volume estimated from body size, to which the published limit "
            f"of {limit} refers, but {rate})"
        )
        yield Finding("growth.denominators_disagree", Severity.WARNING, message)
        return
    of_size = change.standard_interval
    near = [one for one in (ends, of_size) if one is not None and one[0] <= limit <= one[1]]
    if not near:
        return
    which = f", which includes {limit}" if near[0] is ends else ""
    message = f"scan {number}: the growth rate is {rate}{which})"
    if by_size is not None and of_size is not None:
        low, high = as_ends(of_size, [limit])
        which = f", which includes {limit}" if near[-1] is of_size else ""
        message += (
            f", and {as_number(by_size, [limit])} of the liver volume estimated from body size "
            f"(95 % interval {low} to {high}{which})"
        )
    yield Finding("growth.near_limit", Severity.WARNING, message, None, float(kgr), "%/wk")
