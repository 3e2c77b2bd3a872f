"""How exactly shares are known, and how near each is to the trials' limits: mL, chance, readers.

The limits come from the trials' TOML, and the exact share decides; the rest stands beside it.

A share that was entered was measured by nobody here, so it has no interval. How often another
reading would cross a limit is told of it as of a drawing by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import hypot

from fl_planner.basis.constants import CARRIED
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share, as_ml, as_number, as_plain
from fl_planner.basis.standing_words import TYPED_HERE
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.remnant import OPTION
from fl_planner.liver.scatter.boundaries import Boundaries, measure_boundaries
from fl_planner.liver.scatter.interval import (
    BORDERLINE,
    Interval,
    compute_crossing_chance,
    compute_interval,
    default_scatter,
)
from fl_planner.planning.assessment.operations import Planned
from fl_planner.space.mask import Mask
from fl_planner.trials.convert import say_percent
from fl_planner.trials.criterion import Limit, Trial
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.facts.quantities import TYPED_FLR, say_fact

FLR, AFTER_CLEARING = "flr_fraction", "flr_after_clearing_fraction"
SPOKEN = {FLR: "flr", "untreated_nontumorous_fraction": "untreated", AFTER_CLEARING: "clear"}
LEAST_CHANCE = 0.01  # below it a chance is not told as a number
HAIR = Fraction(1, 1000)  # of the denominator: nearer than this is a hair [clinical.md 13]


@dataclass(frozen=True, slots=True)
class LimitedShare:
    """A counted share that trials set limits on, and how far readings of it scatter.

    - `fact`: of `SPOKEN`: the FLR as drawn or after clearing, or the untreated share.
    - `share`: voxels of the part and of the non-tumorous liver.
    - `voxel_ml`: volume of one voxel.
    - `relative_sd`: standard deviation between readings over the share [clinical.md 13].
    - `read_twice`: whether that is of two readings of this very case.
    """

    fact: str
    share: Share
    voxel_ml: float
    relative_sd: float
    read_twice: bool = False

    @property
    def interval(self) -> Interval:
        """The 95 % inter-reader interval."""
        return compute_interval(self.share.fraction, self.relative_sd)


def name_side(value: Fraction, limit: Fraction) -> str:
    """Name the side of a limit on which a value lies, exactly: "below", "at" or "above"."""
    if value == limit:
        return "at"
    return "below" if value < limit else "above"


@dataclass(frozen=True, slots=True)
class Threshold:
    """One share against one limit."""

    measured: LimitedShare
    limit: Limit

    @property
    def name(self) -> str:
        """Stable name, `dragon2.flr_30`."""
        return name_limit(self.limit)

    @property
    def answer(self) -> str:
        """Tell "below", "at" or "above", by the exact share."""
        return name_side(self.measured.share.fraction, self.limit.value)

    @property
    def margin_voxels(self) -> Fraction:
        """Voxels that the part lacks, limit·N - n; negative where it has more than the limit."""
        share = self.measured.share
        return self.limit.value * share.denominator_voxels - share.numerator_voxels

    @property
    def distance_ml(self) -> float:
        """Part less limit in mL, the liver as it is: positive to spare, negative short."""
        return -float(self.margin_voxels) * self.measured.voxel_ml

    @property
    def growth_ml(self) -> tuple[float, float] | None:
        """What the part must gain to reach the limit t, in mL; None where it has it.

        t·P - F while the rest shrinks by as much, as it does after an embolisation; and
        (t·P - F) / (1 - t) while the rest stays as it is, for then the whole grows too.
        """
        if self.margin_voxels <= 0:
            return None
        held = float(self.margin_voxels) * self.measured.voxel_ml
        return held, held / float(1 - self.limit.value)

    @property
    def crossing_chance(self) -> float:
        """How often another reading would fall on the other side, 0 to 0.5."""
        measured = self.measured
        return compute_crossing_chance(
            measured.share.fraction, self.limit.value, measured.relative_sd
        )

    @property
    def has_chance(self) -> bool:
        """That is told as a number."""
        return True

    @property
    def is_borderline(self) -> bool:
        """Whether that happens in one of five readings or more."""
        return self.crossing_chance >= BORDERLINE

    @property
    def inside_interval(self) -> bool:
        """Whether the limit lies inside the 95 % inter-reader interval."""
        return self.measured.interval.holds(self.limit.value)

    @property
    def source(self) -> str:
        """Which sentence of which protocol sets the limit."""
        return self.limit.source


def say_chance(chance: float) -> str:
    """Say how often another reading would cross a limit, in whole percent."""
    return "under 1 %" if 0 < chance < LEAST_CHANCE else f"{as_number(100 * chance, (), 0)} %"


def find_typed_share(facts: Facts) -> Fraction | None:
    """Find the FLR's share where it answers as it was typed, and nobody measured it here."""
    share = facts.get(FLR)
    return share if facts.get(TYPED_FLR) is True and isinstance(share, Fraction) else None


def list_typed(facts: Facts) -> frozenset[str]:
    """List the facts that are as typed from a report, where they answer."""
    return frozenset() if find_typed_share(facts) is None else frozenset({FLR})


def name_limit(limit: Limit) -> str:
    """Name a limit on a share for programs: `dragon2.flr_30`."""
    return f"{limit.trial}.{SPOKEN[limit.fact]}_{as_plain(100 * limit.value)}"


def find_thresholds(
    shares: Iterable[LimitedShare], trials: Iterable[Trial]
) -> tuple[Threshold, ...]:
    """Set each share against every limit that these trials have on it, in the trials' order.

    `Protocols.trials_of` chooses the trials for a diagnosis.
    """
    measured = tuple(shares)
    return tuple(
        Threshold(share, limit)
        for trial in trials
        for share in measured
        for limit in list_share_limits(trial, share.fact)
    )


def list_share_limits(trial: Trial, fact: str) -> tuple[Limit, ...]:
    """List a trial's limits on a share; after clearing the FLR is held to those on the FLR."""
    if fact != AFTER_CLEARING:
        return trial.limits_on(fact)
    return tuple(
        replace(limit, fact=fact, source=f"{limit.source}, applied to the FLR after clearing")
        for limit in trial.limits_on(FLR)
    )


def find_hairs(
    thresholds: Iterable[Threshold], limits: Collection[Fraction] = ()
) -> tuple[Finding, ...]:
    """Find limits that a handful of voxels decide: nearer than 0.1 % of the denominator.

    No share that is told changes its side of `limits`, those of all trials.
    """
    return tuple(_tell_hair(threshold, limits) for threshold in thresholds if _is_hair(threshold))


def find_shares_apart(
    planned: Planned, limits: Collection[Limit], called: str = ""
) -> tuple[Finding, ...]:
    """Find limits that lie between the two shares of a remnant made of segments beside gaps.

    `called` names a further plan.
    """
    whole, parted = planned.volumes.flr_share, planned.share_of_segments
    if whole is None or parted is None:
        return ()
    values = sorted({limit.value for limit in limits})
    sides = [[name_side(one.fraction, value) for one in (whole, parted)] for value in values]
    apart = [value for value, (one, other) in zip(values, sides, strict=True) if one != other]
    if not apart:
        return ()
    percents = [100 * value for value in values]
    shown = (as_number(100 * share.fraction, percents) for share in (whole, parted))
    message = (
        f"{called}the remnant is {' % of the whole liver and '.join(shown)} % of what lies in "
        f"segments, on different sides of {', '.join(as_plain(100 * x) for x in apart)} %: draw "
        f"what lies in the gaps, or give it to the nearest segment ({OPTION})"
    )
    percent = whole.percent
    return (Finding("segments.shares_disagree", Severity.WARNING, message, None, percent, "%"),)


@dataclass(frozen=True, slots=True)
class SideChange:
    """One limit, and the side of each reading.

    - `limit`: of a trial, on the FLR.
    - `sides`: "below", "at" or "above" by case and reader, of cases that two or more have read.
    """

    limit: Limit
    sides: Mapping[str, Mapping[str, str]]

    @property
    def name(self) -> str:
        """Stable name, `dragon2.flr_30`."""
        return name_limit(self.limit)

    @property
    def changed(self) -> tuple[str, ...]:
        """Cases in which readers give different answers."""
        return tuple(case for case, each in self.sides.items() if len({*each.values()}) > 1)


def find_side_changes(
    shares: Mapping[str, Mapping[str, Fraction]], trials: Iterable[Trial]
) -> tuple[SideChange, ...]:
    """Set every reader's FLR of every case against each limit that these trials have on it.

    - `shares`: of the tumour-free liver, by case and reader.
    """
    read_twice = {case: each for case, each in shares.items() if len(each) > 1}
    if not read_twice:
        return ()
    limits = {name_limit(one): one for trial in trials for one in trial.limits_on(FLR)}
    return tuple(
        SideChange(
            limit,
            {
                case: {reader: name_side(share, limit.value) for reader, share in each.items()}
                for case, each in read_twice.items()
            },
        )
        for limit in limits.values()
    )


def _is_hair(threshold: Threshold) -> bool:
    whole = threshold.measured.share.denominator_voxels
    return abs(threshold.margin_voxels) < HAIR * whole


def _tell_hair(threshold: Threshold, limits: Collection[Fraction]) -> Finding:
    limit = 100 * threshold.limit.value
    every = [limit, *(100 * one for one in limits)]
    percent = as_number(100 * threshold.measured.share.fraction, every)
    voxels = as_number(abs(threshold.margin_voxels), (0,), 0)
    matter = f"{voxels} voxel{'' if voxels == '1' else 's'} ({as_ml(abs(threshold.distance_ml))})"
    near = (
        f"is {as_plain(limit)} % to the voxel"
        if threshold.answer == "at"
        else f"is within 0.1 % of the limit of {as_plain(limit)} %, a matter of {matter}"
    )
    message = f"{threshold.limit.source}: {say_fact(threshold.measured.fact)} {percent} % {near}"
    value_ml = threshold.distance_ml
    return Finding("threshold.by_a_hair", Severity.WARNING, message, None, value_ml, "mL")


@dataclass(frozen=True, slots=True)
class EnteredLimit:
    """A share that was entered, as volumes or in percent, against one limit.

    - `share`: exact.
    - `limit`: of a trial, on this share.
    - `whole_ml`: the non-tumorous liver that it is a share of; None where percent was typed.
    """

    share: Fraction
    limit: Limit
    whole_ml: Fraction | None = None

    @property
    def name(self) -> str:
        """Stable name, `dragon2.flr_30`."""
        return name_limit(self.limit)

    @property
    def answer(self) -> str:
        """Tell "below", "at" or "above"."""
        return name_side(self.share, self.limit.value)

    @property
    def distance_ml(self) -> float | None:
        """Part less limit in mL, the liver as it is; None where percent was typed."""
        if self.whole_ml is None:
            return None
        return float((self.share - self.limit.value) * self.whole_ml)

    @property
    def crossing_chance(self) -> float:
        """How often another reading would fall on the other side, 0 to 0.5.

        Volumes that were entered scatter as a drawing by hand does [clinical.md 13]. Nobody knows
        how a typed percentage was made: it counts as made from segment labels, the coarsest known.
        """
        scatter = default_scatter("segments" if self.whole_ml is None else "drawn")
        return compute_crossing_chance(self.share, self.limit.value, scatter.relative_sd)

    @property
    def is_borderline(self) -> bool:
        """Whether that happens in one of five readings or more."""
        return self.crossing_chance >= BORDERLINE

    @property
    def has_chance(self) -> bool:
        """Whether that is told as a number: not where percent was typed."""
        return self.whole_ml is not None

    @property
    def distance(self) -> str:
        """How far from the limit it lies: "1.5 points above 30 %", "0.15 mL below 30 %"."""
        limit = f"{as_plain(100 * self.limit.value)} %"
        if self.answer == "at":
            return f"exactly at {limit}"
        if self.distance_ml is not None:
            return f"{as_ml(abs(self.distance_ml))} {self.answer} {limit}"
        apart = say_percent(abs(self.share - self.limit.value), (Fraction(0),))
        points = apart.replace("%", "point" if apart == "1 %" else "points")
        return f"{points} {self.answer} {limit}"

    @property
    def finding(self) -> Finding:
        """Tell that it is near."""
        share = f"{say_fact(self.limit.fact)}, {TYPED_HERE}, is {self.distance}"
        message = f"{self.source}: {share}: another reading may lie on the other side"
        return Finding("flr.typed_near_limit", Severity.WARNING, message)

    @property
    def source(self) -> str:
        """Which sentence of which protocol sets the limit."""
        return self.limit.source


Limited = Threshold | EnteredLimit  # a share against one limit
# shares that answer no limit but where something else is known
_ANSWERS_WHERE: dict[str, Callable[[Facts], bool]] = {
    AFTER_CLEARING: lambda facts: facts.get("lesions_in_remnant_count") not in (None, 0),
    "untreated_nontumorous_fraction": lambda facts: facts.get("treated_covers_tumour") is True,
}


def find_entered_limits(
    facts: Facts, trials: Iterable[Trial], measured: Iterable[Threshold] = ()
) -> tuple[EnteredLimit, ...]:
    """Set each share that was entered against every limit that these trials have on it.

    `measured` are the limits of shares that masks gave: these were not entered. In the order of
    the trials.
    """
    counted = {one.limit.fact for one in measured}
    shares = {fact: share for fact in SPOKEN if isinstance(share := facts.get(fact), Fraction)}
    silent = counted | {fact for fact, answers in _ANSWERS_WHERE.items() if not answers(facts)}
    shares = {fact: share for fact, share in shares.items() if fact not in silent}
    whole = None
    if shares and find_typed_share(facts) is None:
        total, tumour = facts.get("total_liver_volume_ml"), facts.get("tumour_volume_ml")
        if isinstance(total, Fraction) and isinstance(tumour, Fraction):
            whole = total - tumour
    return tuple(
        EnteredLimit(share, limit, whole)
        for trial in trials
        for fact, share in shares.items()
        for limit in list_share_limits(trial, fact)
    )


# Half steps that a mask drawn from contours may be off all around [conventions.md 2]: one on the
# grid of its image; without an image two, for its own lattice of 0.5 mm stands for pixels of 1.
HALF_STEPS = {"contours.derived": 1.0, "contours.no_image": 2.0}


@dataclass(frozen=True, slots=True)
class Exactness:
    """What masks leave open of one share, over that share.

    - `sd`: standard deviation by the masks' own steps.
    - `widening`: how far the share may be off because masks were drawn from contours; 0 without
      any.
    - `registration`: standard deviation by masks that were carried from another scan; 0 without
      any.
    """

    sd: float
    widening: float = 0.0
    registration: float = 0.0


def measure_exactness(
    anatomy: Anatomy,
    part: Mask,
    share: Share,
    findings: Sequence[Finding],
    *,
    outside: bool = False,
) -> Exactness:
    """Measure how exactly the masks tell a share.

    - `anatomy`: liver, tumour and what lies beside the liver.
    - `part`: what the share is of; with `outside`, what it is not of.
    - `share`: as counted. A share of nothing scatters by nothing.
    - `findings`: of reading the files: they tell which masks were drawn from contours, and which
      were carried.
    """
    if not share.numerator_voxels:
        return Exactness(0.0)
    whole, held = share.denominator_voxels, share.numerator_voxels
    drawn = Share(whole - held, whole) if outside else share
    boundaries = measure_boundaries(anatomy, part, drawn)
    return tell_exactness(boundaries, anatomy, part.file, share, findings)


def tell_exactness(
    boundaries: Boundaries,
    anatomy: Anatomy,
    file: str | None,
    share: Share,
    findings: Sequence[Finding],
) -> Exactness:
    """Tell the same of measured boundaries; `file` is the part's, None where several gave it."""
    off = {one.file: HALF_STEPS[one.code] for one in findings if one.code in HALF_STEPS}
    away = {one.file: one.value or 0.0 for one in findings if one.code == CARRIED}
    counted = float(share.fraction)
    return Exactness(
        boundaries.sd / counted,
        _widen(boundaries, anatomy, file, off) / counted,
        _carry(boundaries, anatomy, file, away) / counted,
    )


def carry_cut(findings: Sequence[Finding], anatomy: Anatomy, file: str) -> tuple[Finding, ...]:
    """Tell of a part that a plane cuts out of the liver: it is as carried as liver or tumour is.

    `file` stands for the part's, which has none: a plane is no contour, and is exact.
    """
    kept = {mask.file for mask in (anatomy.liver, anatomy.tumour) if mask is not None}
    carried = [one for one in findings if one.code == CARRIED and one.file in kept]
    most = max(carried, key=lambda one: one.value or 0.0, default=None)
    return tuple(findings) if most is None else (*findings, replace(most, file=file))


def _widen(
    boundaries: Boundaries, anatomy: Anatomy, file: str | None, off: Mapping[str | None, float]
) -> float:
    """Add up how far each mask may move the share: all the same way, at worst."""
    moved = [(file, boundaries.part_off), (anatomy.liver.file, boundaries.liver_off)]
    if anatomy.tumour is not None:
        moved.append((anatomy.tumour.file, boundaries.tumour_off))
    off_at_most = max(off.values(), default=0.0)  # of a mask that several files gave
    return sum(by * (off.get(one, 0.0) if one else off_at_most) for one, by in moved)


def _carry(
    boundaries: Boundaries, anatomy: Anatomy, part: str | None, away: Mapping[str | None, float]
) -> float:
    """Tell how far carried masks may move the share: each surface as a whole, by its own mm.

    SD = √Σ(s·a)², s how far the mask's surface is off and a what 1 mm of that surface comes to.
    What divides the liver is that of the part's file, or of any that is not the liver's or the
    tumour's: a remnant may be what a carried resection leaves.
    """
    if not away:
        return 0.0
    anywhere = max(away.values())
    outer = {anatomy.liver.file, *(() if anatomy.tumour is None else (anatomy.tumour.file,))}
    dividing = [mm for file, mm in away.items() if file not in outer or file == part]
    cut_mm = max(dividing, default=0.0) if part else anywhere
    tumour_mm = 0.0 if anatomy.tumour is None else away.get(anatomy.tumour.file, 0.0)
    return hypot(
        boundaries.cut_per_mm * cut_mm,
        boundaries.liver_per_mm * away.get(anatomy.liver.file, 0.0),
        boundaries.tumour_per_mm * tumour_mm,
    )
