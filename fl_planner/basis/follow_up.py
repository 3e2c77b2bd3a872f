"""Days that count from a treatment, which is day 0: what lies on or before it is the baseline."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.units import Plausible, between

DAY = Plausible(between("-36525", "36525"), "days", "a date was perhaps meant")


class Dated(Protocol):
    """What was found on one day."""

    @property
    def day(self) -> int:
        """Days from the treatment; 0 and below are before it."""


Entry = TypeVar("Entry", bound=Dated)


@dataclass(frozen=True, slots=True)
class FollowUp(Generic[Entry]):
    """What was found over time, in its order.

    - `before`: on or before day 0.
    - `after`: after it, up to the last day that counts.
    """

    before: tuple[Entry, ...]
    after: tuple[Entry, ...]

    @property
    def baseline(self) -> Entry | None:
        """The last one that is not after the treatment."""
        return self.before[-1] if self.before else None

    @property
    def last(self) -> Entry | None:
        """The last one that counts."""
        return self.after[-1] if self.after else None


@dataclass(frozen=True, slots=True)
class Period:
    """How long after a treatment an endpoint is looked at; the last day is included.

    - `window_days`: as the protocol says.
    - `censor_day`: of the next anticancer treatment; None where there was none.

    Examples
    --------
    >>> Period(90, 60).last_day, Period(90).last_day, Period().last_day
    (60, 90, None)
    """

    window_days: int | None = None
    censor_day: int | None = None

    @property
    def last_day(self) -> int | None:
        """The earlier of both; None where nothing ends it."""
        ends = [end for end in (self.window_days, self.censor_day) if end is not None]
        return min(ends) if ends else None

    def split(self, entries: Sequence[Entry], source: str) -> FollowUp[Entry]:
        """Split what was found at the treatment.

        Raises `InputRefused`: `endpoint.days` unless the days rise.
        """
        for one, other in pairwise(entries):
            if one.day >= other.day:
                reason = f"day {other.day} stands behind day {one.day}"
                raise InputRefused("endpoint.days", source, reason, "give the days in their order")
        end = self.last_day
        return FollowUp(
            tuple(one for one in entries if one.day <= 0),
            tuple(one for one in entries if one.day > 0 and (end is None or one.day <= end)),
        )
