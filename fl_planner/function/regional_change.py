"""Function of the treated and the untreated liver before and after a treatment [clinical.md 16].

Untreated = function of the whole by body surface x untreated share; treated the rest of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.follow_up import FollowUp, Period


@dataclass(frozen=True, slots=True)
class RegionalScan:
    """One study with mebrofenin.

    - `day`: from the treatment.
    - `total`: function of the whole liver, %/min/m2.
    - `untreated_percent`: share of the liver that was not treated.
    """

    day: int
    total: Fraction
    untreated_percent: Fraction

    @property
    def untreated(self) -> Fraction:
        """Function of the untreated liver, %/min/m2."""
        return self.total * self.untreated_percent / 100

    @property
    def treated(self) -> Fraction:
        """Function of the treated liver, %/min/m2."""
        return self.total - self.untreated


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """Function of one side of the liver before and after; None was not measured."""

    before: Fraction | None
    after: Fraction | None

    @property
    def gain(self) -> Fraction | None:
        """What was gained, %/min/m2; negative where it was lost."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    @property
    def percent(self) -> Fraction | None:
        """The same in percent of before; None of nothing."""
        return None if self.gain is None or not self.before else 100 * self.gain / self.before


@dataclass(frozen=True, slots=True)
class RegionalChange:
    """Both sides of the liver, from the baseline to the last study that counts."""

    follow_up: FollowUp[RegionalScan]

    @property
    def untreated(self) -> FunctionChange:
        """The side that was not treated."""
        first, last = self.follow_up.baseline, self.follow_up.last
        return FunctionChange(
            None if first is None else first.untreated, None if last is None else last.untreated
        )

    @property
    def treated(self) -> FunctionChange:
        """The side that was."""
        first, last = self.follow_up.baseline, self.follow_up.last
        return FunctionChange(
            None if first is None else first.treated, None if last is None else last.treated
        )


def find_regional_change(scans: Sequence[RegionalScan], period: Period) -> RegionalChange:
    """Find how the function moved.

    Raises `InputRefused`: `endpoint.days`.
    """
    return RegionalChange(period.split(scans, "scans"))
