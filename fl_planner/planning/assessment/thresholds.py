"""How near a share is to the limits that trials set on it: mL, voxels, chance, other readers.

The limits come from the trials' TOML, and the exact share decides; the rest stands beside it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.basis.shown import as_ml, as_number, as_plain
from fl_planner.liver.remnant.segment_gaps import OPTION
from fl_planner.liver.scatter.interval import (
    BORDERLINE,
    Interval,
    find_crossing_chance,
    find_interval,
)
from fl_planner.planning.assessment.operations import Planned
from fl_planner.trials.criterion import Limit, Trial
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.facts.meaning import say_fact
from fl_planner.trials.facts.quantities import TYPED_FLR

FLR, AFTER_CLEARING = "flr_fraction", "flr_after_clearing_fraction"
SPOKEN = {FLR: "flr", "untreated_nontumorous_fraction": "untreated", AFTER_CLEARING: "clear"}
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
        return find_interval(self.share.fraction, self.relative_sd)


def name_side(share: Fraction, limit: Limit) -> str:
    """Name the side of a limit on which a share lies, exactly: "below", "at" or "above"."""
    if share == limit.value:
        return "at"
    return "below" if share < limit.value else "above"


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
        return name_side(self.measured.share.fraction, self.limit)

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
        return find_crossing_chance(measured.share.fraction, self.limit.value, measured.relative_sd)

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
    sides = [[_side(share, value) for share in (whole, parted)] for value in values]
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
                case: {reader: name_side(share, limit) for reader, share in each.items()}
                for case, each in read_twice.items()
            },
        )
        for limit in limits.values()
    )


def _side(share: Share, limit: Fraction) -> int:
    return (share.fraction > limit) - (share.fraction < limit)


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
