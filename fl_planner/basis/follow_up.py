"""Days relative to a treatment, which is day 0; findings on or before it are the baseline."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.units import Plausible, between

DAY = Plausible(between("-36525", "36525"), "days", "possibly a date")


class Dated(Protocol):
    """A finding with its day."""

    @property
    def day(self) -> int:
        """Days from the treatment; 0 and below are before it."""


Entry = TypeVar("Entry", bound=Dated)


@dataclass(frozen=True, slots=True)
class FollowUp(Generic[Entry]):
    """Findings in the order of their days.

    - `before`: findings on or before day 0.
    - `after`: findings after day 0, up to the last day of the period.
    """

    before: tuple[Entry, ...]
    after: tuple[Entry, ...]

    @property
    def baseline(self) -> Entry | None:
        """The last finding on or before day 0."""
        return self.before[-1] if self.before else None

    @property
    def last(self) -> Entry | None:
        """The last finding of the period."""
        return self.after[-1] if self.after else None


@dataclass(frozen=True, slots=True)
class Period:
    """Period after a treatment in which an endpoint is assessed; the last day is included.

    - `window_days`: last day of the period according to the protocol.
    - `censor_day`: day of the next anticancer treatment; None without such a treatment.

    Examples
    --------
    >>> Period(90, 60).last_day, Period(90).last_day, Period().last_day
    (60, 90, None)
    """

    window_days: int | None = None
    censor_day: int | None = None

    @property
    def last_day(self) -> int | None:
        """The earlier of the two days; None for a period without end."""
        ends = [end for end in (self.window_days, self.censor_day) if end is not None]
        return min(ends) if ends else None

    def split(self, entries: Sequence[Entry], source: str) -> FollowUp[Entry]:
        """Split findings into those before and after the treatment.

        Raises `InputRefused`: `endpoint.days` unless the days increase.
        """
        for first, second in pairwise(entries):
            if first.day >= second.day:
                reason = f"day {second.day} is given after day {first.day}"
                raise InputRefused(
                    "endpoint.days", source, reason, "give the days in chronological order"
                )
        end = self.last_day
        return FollowUp(
            tuple(entry for entry in entries if entry.day <= 0),
            tuple(item for item in entries if item.day > 0 and (end is None or item.day <= end)),
        )
