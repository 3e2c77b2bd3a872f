"""Whether a remnant reaches its limit after an embolisation, by what, and on which day first.

By volume: remnant of the non-tumorous liver of the same scan at or above the limit. Or by function.
One of both is enough, and what was not measured is not known [clinical.md 16].
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.follow_up import FollowUp, Period
from fl_planner.basis.glossary import ReachedBy
from fl_planner.basis.truth import Truth, any_of


@dataclass(frozen=True, slots=True)
class RemnantVolumes:
    """Volumes of one scan; None was not measured, and then both were not.

    0 < flr_ml <= nontumorous_ml.
    """

    flr_ml: Fraction | None
    nontumorous_ml: Fraction | None

    def __post_init__(self) -> None:
        """Refuse one volume alone, and a part larger than its whole."""
        if (self.flr_ml is None) is not (self.nontumorous_ml is None):
            missing = "flr_ml" if self.flr_ml is None else "nontumorous_ml"
            reason = "one volume of two was given"
            raise InputRefused("endpoint.one_volume", missing, reason, "give both, or neither")
        if self.flr_ml is None or self.nontumorous_ml is None:
            return
        if not 0 < self.flr_ml <= self.nontumorous_ml:
            reason = f"{float(self.flr_ml):g} mL, and nontumorous_ml is "
            reason += f"{float(self.nontumorous_ml):g} mL"
            remedy = "check which volume is which"
            raise InputRefused("endpoint.flr_above_liver", "flr_ml", reason, remedy)

    @property
    def percent(self) -> Fraction | None:
        """Remnant of the non-tumorous liver of this scan."""
        if self.flr_ml is None or self.nontumorous_ml is None:
            return None
        return 100 * self.flr_ml / self.nontumorous_ml

    def reach(self, limit_percent: Fraction) -> Truth:
        """Tell whether the volume reaches a limit; the limit itself does."""
        if self.percent is None:
            return Truth.UNKNOWN
        return Truth.TRUE if self.percent >= limit_percent else Truth.FALSE


@dataclass(frozen=True, slots=True)
class ScanReach:
    """What one scan reaches, so many days from the embolisation: by volume, and by function."""

    day: int
    volume: Truth
    function: Truth

    @property
    def reached(self) -> Truth:
        """Whether volume or function does."""
        return any_of((self.volume, self.function))

    @property
    def by(self) -> ReachedBy | None:
        """What reaches it; None where nothing is known to."""
        if self.reached is not Truth.TRUE:
            return None
        if self.volume is self.function:
            return "both"
        return "volume" if self.volume is Truth.TRUE else "function"


@dataclass(frozen=True, slots=True)
class LimitReach:
    """Whether a remnant reached its limit over the scans of one embolisation."""

    follow_up: FollowUp[ScanReach]

    @property
    def at_baseline(self) -> Truth:
        """Whether it did already before, which does not count; unknown without a baseline."""
        baseline = self.follow_up.baseline
        return Truth.UNKNOWN if baseline is None else baseline.reached

    @property
    def reached(self) -> Truth:
        """Whether any scan after the embolisation does."""
        return any_of(one.reached for one in self.follow_up.after)

    @property
    def first(self) -> ScanReach | None:
        """The first scan after the embolisation that is known to reach it."""
        return next((one for one in self.follow_up.after if one.reached is Truth.TRUE), None)

    @property
    def first_day_at_latest(self) -> int | None:
        """The day by which it was reached."""
        return None if self.first is None else self.first.day

    @property
    def first_day(self) -> int | None:
        """That day, where each earlier scan after the embolisation is known not to reach it."""
        if self.first is None:
            return None
        earlier = self.follow_up.after[: self.follow_up.after.index(self.first)]
        return self.first.day if all(one.reached is Truth.FALSE for one in earlier) else None


def find_reach(scans: Sequence[ScanReach]) -> LimitReach:
    """Find whether and when a limit is reached.

    Raises `InputRefused`: `endpoint.days`, and `endpoint.no_follow_up` without a scan after day 0.
    """
    follow_up = Period().split(scans, "scans")
    if not follow_up.after:
        reason = "no scan lies after the embolisation, day 0"
        raise InputRefused("endpoint.no_follow_up", "scans", reason, "give a later scan")
    return LimitReach(follow_up)
