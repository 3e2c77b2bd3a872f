"""How far readings of one share lie apart: as readers do, and never less than masks can tell.

It stands beside a rule's answer and never changes it [clinical.md 13].
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import hypot, sqrt
from typing import TYPE_CHECKING, Literal

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import InputRefused
from fl_planner.liver.scatter.interval import Interval, Scatter, find_interval

if TYPE_CHECKING:  # loaded where a centre has one
    from fl_planner.liver.scatter.reading_error import ReadingError

Decides = Literal["readers", "second_reader", "geometry", "centre"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations over the share, each by one source; the largest that applies counts.

    - `scatter`: of readers in print.
    - `geometry`: by the masks' own steps (`boundaries.py`), >= 0.
    - `second_reader`: by the masks of a second reader, >= 0; it replaces the readers in print,
      better or worse.
    - `widening`: how far the share may be off because masks were drawn from contours, over the
      share, >= 0: half a voxel of surface, which each end of the interval is moved out by.
    - `carried`: the part that readers drew over what is kept of it, >= 1: the cut is the same, so
      that they differ by as many mL, which are more of a smaller part.
    - `registration`: by masks that were carried from another scan, >= 0: what their registration
      cannot know. It says nothing of readers, so that both count.
    - `own`: what readers of this centre differ by, measured on its own cases; it replaces the
      readers in print, better or worse. Beside a second reader, of whom there is one difference
      alone, the larger counts.

    Examples
    --------
    >>> printed = Scatter(Fraction("0.07"), Fraction("0.03"))
    >>> Spread(printed, geometry=0.01).decided_by
    'readers'
    >>> Spread(printed, geometry=0.01, second_reader=0.002).relative_sd
    0.01
    >>> round(Spread(printed, carried=Fraction(2)).relative_sd, 6)
    0.143178
    """

    scatter: Scatter
    geometry: float = 0.0
    second_reader: float | None = None
    widening: float = 0.0
    carried: Fraction = Fraction(1)
    registration: float = 0.0
    own: ReadingError | None = None

    def __post_init__(self) -> None:
        """Refuse a spread below nothing."""
        if not min(self.geometry, self.second_reader or 0.0, self.widening, self.registration) >= 0:
            reason = f"{self.geometry}, {self.second_reader}, {self.widening}, {self.registration}"
            remedy = "give standard deviations, which are not negative"
            raise InputRefused("uncertainty.impossible", "spread of readings", reason, remedy)

    @property
    def of_readers(self) -> float:
        """By readers alone: the second one's, the centre's own, or else those in print."""
        if self.second_reader is None and self.own is None:
            return self.in_print
        return max(self.of_second, self.of_centre)

    @property
    def of_second(self) -> float:
        """By a second reader of this case, of what is kept of the part; 0 without one."""
        return float(self.carried) * (self.second_reader or 0.0)

    @property
    def of_centre(self) -> float:
        """By the centre's own readers, of what is kept of the part; 0 where it told none."""
        return 0.0 if self.own is None else float(self.carried) * self.own.relative_sd

    @property
    def is_of_two(self) -> bool:
        """Whether it is of two readings of this case alone, so that no 95 % can be told."""
        return self.second_reader is not None and self.of_second >= self.of_centre

    @property
    def in_print(self) -> float:
        """By readers in print, of what is kept of the part."""
        cv_part, cv_liver = self.carried * self.scatter.cv_remnant, self.scatter.cv_liver
        return sqrt(cv_part**2 + cv_liver**2 - 2 * self.scatter.rho * cv_part * cv_liver)

    @property
    def relative_sd(self) -> float:
        """Standard deviation over the share that the interval and the chances rest on.

        The larger of readers and geometry, with what was carried by the squares; and the
        widening as the interval has it: an end that moves out by w is that of a standard
        deviation larger by w/1.96.
        """
        read = max(self.of_readers, self.geometry)
        return hypot(read, self.registration) + self.widening / float(Z_95)

    def find_interval_percent(self, share: Fraction) -> Interval:
        """Find where 95 % of readings of a share lie, in percent; it may pass 0 and 100."""
        return find_interval(100 * share, self.relative_sd)

    @property
    def decided_by(self) -> Decides:
        """Tell which of the two is larger; the readers where they are equal."""
        if self.geometry > self.of_readers:
            return "geometry"
        if self.is_of_two:
            return "second_reader"
        return "readers" if self.own is None else "centre"
