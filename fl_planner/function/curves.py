"""Time-activity curves of one dynamic series, and what can be wrong with their times."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import sqrt

from fl_planner.basis.constants import TC99M_HALF_LIFE_H
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.glossary import DecayCorrection
from fl_planner.basis.units import SECONDS_IN_HOUR

LEAST_LAST_S = 60  # a series that ends before was timed in minutes [clinical.md, general rules]
LARGEST_LAST_S = 7200  # one that ends later was timed in milliseconds [project's choice]


@dataclass(frozen=True, slots=True)
class Curve:
    """Counts of one region over time, `times_s` at mid-frame and increasing, counts >= 0.

    Examples
    --------
    >>> blood = Curve("blood", (Fraction(100), Fraction(200)), (Fraction(9), Fraction(5)))
    >>> blood.at(Fraction(150))
    Fraction(7, 1)
    """

    name: str
    times_s: tuple[Fraction, ...]
    counts: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        """Refuse times that are in another unit or no times, and counts that do not fit them."""
        check_times(self.times_s)
        if len(self.counts) != len(self.times_s):
            reason = f"{self.name} has {len(self.counts)} counts for {len(self.times_s)} times"
            remedy = "give one count for each entry of time_s"
            raise InputRefused("curve.lengths_differ", self.name, reason, remedy)
        if any(not count >= 0 for count in self.counts):
            reason = f"{self.name} has a count below 0"
            raise InputRefused(
                "curve.negative", self.name, reason, "give counts, nothing subtracted"
            )

    def at(self, time_s: Fraction) -> Fraction:
        """Interpolate linearly; refused outside the record."""
        check_covers(self.times_s, time_s)
        after = max(1, bisect_left(self.times_s, time_s))  # the first sample not before it
        start, stop = self.times_s[after - 1], self.times_s[after]
        first, last = self.counts[after - 1], self.counts[after]
        return first + (last - first) * (time_s - start) / (stop - start)

    def integral(self, start_s: Fraction, stop_s: Fraction) -> Fraction:
        """Integrate by trapezoids, ends interpolated, in counts times seconds.

        Examples
        --------
        >>> flat = Curve("blood", (Fraction(0), Fraction(90)), (Fraction(3), Fraction(3)))
        >>> flat.integral(Fraction(10), Fraction(30))
        Fraction(60, 1)
        """
        inner = [
            (time, count)
            for time, count in zip(self.times_s, self.counts, strict=True)
            if start_s < time < stop_s
        ]
        points = [(start_s, self.at(start_s)), *inner, (stop_s, self.at(stop_s))]
        areas = ((b - a) * (first + last) / 2 for (a, first), (b, last) in pairwise(points))
        return sum(areas, Fraction(0))

    def decay_corrected(
        self, done: DecayCorrection, half_life_h: Fraction = TC99M_HALF_LIFE_H
    ) -> Curve:
        """Correct each count for decay to time 0; `done` is what the file says was done already.

        Raises `InputRefused`: `curve.corrected_twice` unless nothing was done: twice gives K too
        high by as much as none gives it too low, about 1.2 % [clinical.md 5.2].
        """
        if done != "NONE":
            reason = f"{self.name} is decay corrected already ({done})"
            remedy = "use the counts as they are"
            raise InputRefused("curve.corrected_twice", self.name, reason, remedy)
        factors = (find_decay_factor(time / SECONDS_IN_HOUR, half_life_h) for time in self.times_s)
        corrected = (n * Fraction(f) for n, f in zip(self.counts, factors, strict=True))
        return Curve(self.name, self.times_s, tuple(corrected))


def check_times(times_s: tuple[Fraction, ...]) -> None:
    """Refuse times that do not increase, or that are minutes or milliseconds."""
    if len(times_s) < 2:
        reason = f"time_s has {len(times_s)} entries"
        raise InputRefused(
            "curve.times", "time_s", reason, "give the mid-frame times of the series"
        )
    if any(after <= before for before, after in pairwise(times_s)):
        reason = "time_s does not increase from sample to sample"
        raise InputRefused("curve.times", "time_s", reason, "give mid-frame times in order")
    if times_s[0] < 0:
        reason = f"time_s begins at {float(times_s[0]):g} s, before 0"
        raise InputRefused("curve.times", "time_s", reason, "count time_s from the injection")
    if not LEAST_LAST_S <= times_s[-1] <= LARGEST_LAST_S:
        reason = f"time_s ends at {float(times_s[-1]):g}, outside {LEAST_LAST_S} to "
        reason += f"{LARGEST_LAST_S} s: minutes or milliseconds were perhaps meant"
        raise InputRefused("curve.time_unit", "time_s", reason, "give time_s in seconds")


def check_covers(times_s: tuple[Fraction, ...], time_s: Fraction) -> None:
    """Refuse a moment that the record does not reach."""
    first, last = times_s[0], times_s[-1]
    if not first <= time_s <= last:
        reason = f"time_s runs from {float(first):g} to {float(last):g} s and does not hold "
        reason += f"{float(time_s):g} s"
        remedy = "give the whole dynamic series"
        raise InputRefused("curve.truncated", "time_s", reason, remedy)


def find_decay_factor(
    elapsed_h: Fraction | float, half_life_h: Fraction | float = TC99M_HALF_LIFE_H
) -> float:
    """Factor by which counts are multiplied for decay, 2^(elapsed / half-life), both in hours.

    The half-life of 99mTc is 6.0067 h (DDEP) unless another is given [clinical.md 5.2].

    Examples
    --------
    >>> find_decay_factor(6, 6)
    2.0
    >>> round(find_decay_factor(0.1), 6)
    1.011606
    """
    return float(2 ** (float(elapsed_h) / float(half_life_h)))


def find_geometric_mean(anterior: Fraction | float, posterior: Fraction | float) -> float:
    """Geometric mean of the counts of both heads, √(anterior·posterior) [clinical.md 5.2].

    Examples
    --------
    >>> find_geometric_mean(1600, 900)
    1200.0
    """
    return sqrt(anterior * posterior)
