"""Counts of liver, blood pool and all else by head and frame, and the curves that they make.

The geometric mean of both heads is taken by region, of the liver and of all that lies outside
it; the whole field is their sum. Pixel by pixel it would be low where pixels hold few counts:
the mean of a root of counts is below the root of their mean by 1/(8·count) [project's choice].
"""

from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.constants import TC99M_HALF_LIFE_H
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.glossary import DecayCorrection
from fl_planner.function.curves import Curve, check_times, find_geometric_mean

Series = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of one head, an entry a frame; `blood` is part of `outside`, the liver is not."""

    liver: Series
    blood: Series
    outside: Series


@dataclass(frozen=True, slots=True)
class Activity:
    """Counts over time, of one head or two.

    - `times_s`: mid-frame, increasing.
    - `durations_s`: of each frame; equal ones change no result.
    - `heads`: one or two.
    - `corrected` ("NONE", "START" or "ADMIN"): whether decay was corrected already.
    - `counted`: whether they are counts as they came, so that their scatter is known.
    """

    times_s: Series
    durations_s: Series
    heads: tuple[Counts, ...]
    corrected: DecayCorrection
    counted: bool = True

    def __post_init__(self) -> None:
        """Refuse curves of different length, frames without one, and counts below 0."""
        check_times(self.times_s)
        lengths = {len(one) for head in self.heads for one in _parts(head)}
        if lengths != {len(self.times_s)} or len(self.durations_s) != len(self.times_s):
            reason = f"{len(self.times_s)} times for {sorted(lengths)} counts"
            remedy = "give one count for each time"
            raise InputRefused("curve.lengths_differ", "time_s", reason, remedy)
        if any(not long > 0 for long in self.durations_s):
            reason, remedy = "a frame has no length above 0", "give duration_s in seconds"
            raise InputRefused("curve.times", "duration_s", reason, remedy)
        # two heads below 0 would have a geometric mean above it
        if any(not n >= 0 for head in self.heads for part in _parts(head) for n in part):
            reason, remedy = "holds a count below 0", "give counts, nothing subtracted"
            raise InputRefused("curve.negative", "counts", reason, remedy)

    @property
    def liver(self) -> Curve:
        """Counts a second of the liver, corrected for decay."""
        return self._curve("liver", [head.liver for head in self.heads])

    @property
    def blood(self) -> Curve:
        """The same of the blood pool."""
        return self._curve("blood", [head.blood for head in self.heads])

    @property
    def outside(self) -> Curve:
        """The same of all that lies outside the liver."""
        return self._curve("outside", [head.outside for head in self.heads])

    @property
    def total(self) -> Curve:
        """The whole field: liver and all else."""
        liver, rest = self.liver, self.outside
        both = tuple(a + b for a, b in zip(liver.counts, rest.counts, strict=True))
        return Curve("total_field", self.times_s, both)

    def _curve(self, name: str, series: list[Series]) -> Curve:
        means = (_mean(counts) for counts in zip(*series, strict=True))
        rates = (mean / long for mean, long in zip(means, self.durations_s, strict=True))
        curve = Curve(name, self.times_s, tuple(rates))
        if self.corrected != "NONE":
            return curve
        return curve.decay_corrected("NONE", TC99M_HALF_LIFE_H)


def _parts(head: Counts) -> tuple[Series, ...]:
    return head.liver, head.blood, head.outside


def _mean(counts: tuple[Fraction, ...]) -> Fraction:
    """Geometric mean of two heads; what one head counted stays as it is."""
    return counts[0] if len(counts) == 1 else Fraction(find_geometric_mean(*counts))


def find_relative_variance(counts: tuple[Fraction, ...]) -> float:
    """Relative variance of a geometric mean of n counts that scatter as counts do: Σ(1/N)/n².

    Examples
    --------
    >>> find_relative_variance((Fraction(100), Fraction(100)))
    0.005
    """
    return sum(1 / max(1.0, float(count)) for count in counts) / len(counts) ** 2
