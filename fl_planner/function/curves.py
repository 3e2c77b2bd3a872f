"""Time-activity curves: counts of liver, blood pool and the rest of the field by head and frame.

The geometric mean of both heads is taken by region, of the liver and of the rest of the field; the
whole field is their sum. A mean by pixel would be too low for low counts, because the mean of the
roots of counts is below the root of their mean by 1/(8·count) [project's choice].
"""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction
from itertools import pairwise
from math import sqrt

from msgspec import Struct

from fl_planner.basis.constants import TC99M_HALF_LIFE_H
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.standing_words import DecayCorrection
from fl_planner.basis.units import SECONDS_IN_HOUR

LEAST_LAST_S = 60  # an earlier end suggests times in minutes [clinical.md, general rules]
LARGEST_LAST_S = 7200  # a later end suggests times in milliseconds [project's choice]


class Curve(Struct, frozen=True):
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
        """Refuse invalid times, and counts that are negative or differ in number."""
        check_times(self.times_s)
        if len(self.counts) != len(self.times_s):
            counts = format_count(len(self.counts), "count")
            reason = f"has {counts} for {_count_points(self.times_s)}"
            remedy = "give one count for each entry in time_s"
            raise InputRefused("curve.lengths_differ", self.name, reason, remedy)
        if any(not count >= 0 for count in self.counts):
            reason = "has a count below 0"
            remedy = "give raw counts without background subtraction"
            raise InputRefused("curve.negative", self.name, reason, remedy)

    def at(self, time_s: Fraction) -> Fraction:
        """Interpolate linearly; refuse a time outside the record."""
        check_covers(self.times_s, time_s)
        after = max(1, bisect_left(self.times_s, time_s))  # first sample not before this time
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
        """Correct each count for decay to time 0; `done`: correction recorded in the file.

        Raises `InputRefused`: `curve.corrected_twice` if it was corrected already: a second
        correction makes K about 1.2 % too high [clinical.md 5.2].
        """
        if done != "NONE":
            reason = f"is already decay-corrected ({done})"
            remedy = "use the counts without further correction"
            raise InputRefused("curve.corrected_twice", self.name, reason, remedy)
        factors = (
            compute_decay_factor(time / SECONDS_IN_HOUR, half_life_h) for time in self.times_s
        )
        corrected = (n * Fraction(f) for n, f in zip(self.counts, factors, strict=True))
        return Curve(self.name, self.times_s, tuple(corrected))


def _count_points(times_s: tuple[Fraction, ...]) -> str:
    return format_count(len(times_s), "time point")


def check_times(times_s: tuple[Fraction, ...]) -> None:
    """Refuse times that do not increase, or that are in minutes or milliseconds."""
    if len(times_s) < 2:
        reason = f"time_s has {len(times_s)} entries, but at least two are required"
        remedy = "give the mid-frame times of the series"
        raise InputRefused("curve.times", "time_s", reason, remedy)
    if any(after <= before for before, after in pairwise(times_s)):
        reason = "time_s does not increase from sample to sample"
        raise InputRefused(
            "curve.times", "time_s", reason, "give mid-frame times in ascending order"
        )
    if times_s[0] < 0:
        reason = f"time_s begins at {float(times_s[0]):g} s, before 0"
        raise InputRefused("curve.times", "time_s", reason, "measure time_s from the injection")
    if not LEAST_LAST_S <= times_s[-1] <= LARGEST_LAST_S:
        reason = f"time_s ends at {float(times_s[-1]):g}, outside {LEAST_LAST_S} to "
        reason += f"{LARGEST_LAST_S} s: possibly in minutes or milliseconds"
        raise InputRefused("curve.time_unit", "time_s", reason, "give time_s in seconds")


def check_covers(times_s: tuple[Fraction, ...], time_s: Fraction) -> None:
    """Refuse a time outside the series."""
    first, last = times_s[0], times_s[-1]
    if not first <= time_s <= last:
        reason = f"time_s runs from {float(first):g} to {float(last):g} s and does not include "
        reason += f"{float(time_s):g} s"
        raise InputRefused("curve.truncated", "time_s", reason, "give the whole dynamic series")


def compute_decay_factor(
    elapsed_h: Fraction | float, half_life_h: Fraction | float = TC99M_HALF_LIFE_H
) -> float:
    """Factor by which counts are multiplied for decay, 2^(elapsed / half-life), both in hours.

    The half-life of 99mTc is 6.0067 h (DDEP) unless another is given [clinical.md 5.2].

    Examples
    --------
    >>> compute_decay_factor(6, 6)
    2.0
    >>> round(compute_decay_factor(0.1), 6)
    1.011606
    """
    return float(2 ** (float(elapsed_h) / float(half_life_h)))


def compute_geometric_mean(anterior: Fraction | float, posterior: Fraction | float) -> float:
    """Geometric mean of the counts of both heads, √(anterior·posterior) [clinical.md 5.2].

    Examples
    --------
    >>> compute_geometric_mean(1600, 900)
    1200.0
    """
    return sqrt(anterior * posterior)


Series = tuple[Fraction, ...]


class Counts(Struct, frozen=True):
    """Counts of one head, one entry per frame; `blood` is part of `outside`, the liver is not."""

    liver: Series
    blood: Series
    outside: Series


class Activity(Struct, frozen=True):
    """Counts over time, of one head or two.

    - `times_s`: mid-frame, increasing.
    - `durations_s`: duration of each frame; equal durations do not affect results.
    - `heads`: one or two.
    - `corrected` ("NONE", "START" or "ADMIN"): decay correction already applied.
    - `counted`: whether they are raw counts with known counting error.
    """

    times_s: Series
    durations_s: Series
    heads: tuple[Counts, ...]
    corrected: DecayCorrection
    counted: bool = True

    def __post_init__(self) -> None:
        """Refuse curves of different length, frames without duration, and counts below 0."""
        check_times(self.times_s)
        lengths = {len(part) for head in self.heads for part in _parts(head)}
        if lengths != {len(self.times_s)} or len(self.durations_s) != len(self.times_s):
            *fewer, most = sorted(lengths)
            counts = " or ".join([*map(str, fewer), format_count(most, "count")])
            reason = f"{counts} for {_count_points(self.times_s)}"
            remedy = "give one count for each time point"
            raise InputRefused("curve.lengths_differ", "time_s", reason, remedy)
        if any(not long > 0 for long in self.durations_s):
            reason, remedy = "the duration of a frame must be above 0", "give duration_s in seconds"
            raise InputRefused("curve.times", "duration_s", reason, remedy)
        # two heads below 0 would have a geometric mean above it
        if any(not n >= 0 for head in self.heads for part in _parts(head) for n in part):
            reason = "there is a count below 0"
            remedy = "give raw counts without background subtraction"
            raise InputRefused("curve.negative", "counts", reason, remedy)

    @property
    def liver(self) -> Curve:
        """Counts per second of the liver, corrected for decay."""
        return self._curve("liver", [head.liver for head in self.heads])

    @property
    def blood(self) -> Curve:
        """Counts per second of the blood pool, corrected for decay."""
        return self._curve("blood", [head.blood for head in self.heads])

    @property
    def outside(self) -> Curve:
        """Counts per second of the extrahepatic field, corrected for decay."""
        return self._curve("outside", [head.outside for head in self.heads])

    @property
    def total(self) -> Curve:
        """Counts per second of the whole field, liver included, corrected for decay."""
        liver, rest = self.liver, self.outside
        both = tuple(a + b for a, b in zip(liver.counts, rest.counts, strict=True))
        return Curve("total_field", self.times_s, both)

    def _curve(self, name: str, series: list[Series]) -> Curve:
        means = (_mean(counts) for counts in zip(*series, strict=True))
        rates = (mean / long for mean, long in zip(means, self.durations_s, strict=True))
        curve = Curve(name, self.times_s, tuple(rates))
        return curve.decay_corrected("NONE") if self.corrected == "NONE" else curve


def _parts(head: Counts) -> tuple[Series, ...]:
    return head.liver, head.blood, head.outside


def _mean(counts: tuple[Fraction, ...]) -> Fraction:
    """Geometric mean of two heads; counts of one head are not changed."""
    return counts[0] if len(counts) == 1 else Fraction(compute_geometric_mean(*counts))


def compute_relative_variance(counts: tuple[Fraction, ...]) -> float:
    """Relative variance of a geometric mean of n counts with Poisson error: Σ(1/N)/n².

    Examples
    --------
    >>> compute_relative_variance((Fraction(100), Fraction(100)))
    0.005
    """
    return sum(1 / max(1.0, float(count)) for count in counts) / len(counts) ** 2
