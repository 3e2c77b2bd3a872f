"""Spread between readings of one share: that of readers, or that due to the voxel size if larger.

It is shown next to a rule's answer and never changes it [clinical.md 13].
"""

from __future__ import annotations

from fractions import Fraction
from math import hypot, sqrt
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import InputRefused
from fl_planner.liver.scatter.crossing_chance import Interval, Scatter, compute_interval

if TYPE_CHECKING:  # loaded only with a reading error
    from fl_planner.liver.scatter.reading_error import ReadingError

Decides = Literal["readers", "second_reader", "geometry", "centre"]


class Spread(Struct, frozen=True):
    """Relative standard deviations of the share, by source; the largest that applies is used.

    - `scatter`: scatter of published readers.
    - `geometry`: spread due to the voxel size (`boundaries.py`), >= 0.
    - `second_reader`: spread from the masks of a second reader, >= 0; it replaces that of
      published readers, whether smaller or larger.
    - `widening`: relative error of the share because masks were drawn from contours, >= 0: half a
      voxel at the surface; each end of the interval is moved outwards by it.
    - `carried`: the drawn part divided by the part of it that is kept, >= 1: the cut is the same,
      so readers differ by the same volume, which is a larger fraction of a smaller part.
    - `registration`: error of the registration for masks carried from another scan, >= 0, in
      addition to that of readers.
    - `own`: reading error of this centre, measured on its cases; it replaces that of published
      readers, whether smaller or larger. If there is also a second reader, the larger is used.

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
        """Refuse negative values."""
        if not min(self.geometry, self.second_reader or 0.0, self.widening, self.registration) >= 0:
            reason = f"{self.geometry}, {self.second_reader}, {self.widening}, {self.registration}"
            reason += ": a standard deviation is negative"
            remedy = "give standard deviations of 0 or more"
            raise InputRefused("uncertainty.impossible", "spread of readings", reason, remedy)

    @property
    def of_readers(self) -> float:
        """Spread between readers only: second reader, centre, otherwise published readers."""
        if self.second_reader is None and self.own is None:
            return self.in_print
        return max(self.of_second, self.of_centre)

    @property
    def of_second(self) -> float:
        """Spread from a second reader of this case, for the part kept; 0 if there is none."""
        return float(self.carried) * (self.second_reader or 0.0)

    @property
    def of_centre(self) -> float:
        """Spread between the centre's readers, for the part kept; 0 without a reading error."""
        return 0.0 if self.own is None else float(self.carried) * self.own.relative_sd

    @property
    def is_of_two(self) -> bool:
        """Whether only two readings of this case are used, which give no 95 % interval."""
        return self.second_reader is not None and self.of_second >= self.of_centre

    @property
    def in_print(self) -> float:
        """Spread between published readers, for the part kept."""
        cv_part, cv_liver = self.carried * self.scatter.cv_remnant, self.scatter.cv_liver
        return sqrt(cv_part**2 + cv_liver**2 - 2 * self.scatter.rho * cv_part * cv_liver)

    @property
    def relative_sd(self) -> float:
        """Relative standard deviation of the share, for the interval and the crossing chances.

        The larger of readers and geometry, with the scatter from registration added in quadrature.
        The widening adds w/1.96, so that the ends of the interval move outwards by w.
        """
        read = max(self.of_readers, self.geometry)
        return hypot(read, self.registration) + self.widening / float(Z_95)

    def interval_percent(self, share: Fraction) -> Interval:
        """Return the 95 % inter-reader interval in percent; it may exceed 0 and 100."""
        return compute_interval(100 * share, self.relative_sd)

    @property
    def decided_by(self) -> Decides:
        """The source that determines the spread; the readers if both sources are equal."""
        if self.geometry > self.of_readers:
            return "geometry"
        if self.is_of_two:
            return "second_reader"
        return "readers" if self.own is None else "centre"
