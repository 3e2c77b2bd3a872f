"""How far readings of one case scatter: within-case SD and CV over cases, with exact intervals.

One-way analysis of variance: what readers differ by on average is part of it, for nobody knows
which of them reads next [Bland and Altman, BMJ 1996;313:744 and 313:106].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

from fl_planner.basis.constants import Z_95
from fl_planner.liver.agreement.bland_altman import TAIL, Span

FEWEST_CASES = 2  # of which an SD is told: one pair has one difference, and no interval of it
ENOUGH = 10  # degrees of freedom, from which a CV may stand for a centre [project's choice]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A standard deviation or a CV, and its exact 95 % interval by chi square; sd > 0."""

    value: float
    interval: Span

    def times(self, factor: float) -> Estimate:
        """Give a multiple, such as a repeatability coefficient."""
        low, high = self.interval
        return Estimate(factor * self.value, (factor * low, factor * high))


@dataclass(frozen=True, slots=True)
class Repeatability:
    """How far readings of one case scatter.

    - `cases`: that were read twice at least.
    - `df`: degrees of freedom, readings less cases: one for each pair.
    - `sd`: within cases, in the quantity's own unit; None below `FEWEST_CASES`, or where no reading
      differs.
    - `cv`: within cases, over each case's own mean (root mean square); None as `sd`, and where a
      case has a mean of 0.
    """

    cases: int
    df: int
    sd: Estimate | None = None
    cv: Estimate | None = None

    @property
    def coefficient(self) -> Estimate | None:
        """Repeatability coefficient, √2·1.96·SD: 95 of 100 pairs differ by less."""
        return None if self.sd is None else self.sd.times(sqrt(2) * float(Z_95))

    @property
    def is_enough(self) -> bool:
        """Whether a CV of it may stand for a centre's own reading error."""
        return self.cv is not None and self.df >= ENOUGH


def measure_repeatability(cases: Sequence[Sequence[float]]) -> Repeatability:
    """Measure how far readings of one case scatter, over cases of two readings or more each.

    Examples
    --------
    >>> measure_repeatability([(100.0, 110.0)])
    Repeatability(cases=1, df=1, sd=None, cv=None)
    >>> found = measure_repeatability([(100.0, 110.0), (200.0, 190.0)])
    >>> found.df, round(found.sd.value, 4), round(100 * found.cv.value, 4)
    (2, 7.0711, 5.4084)
    """
    df = sum(len(one) - 1 for one in cases)
    if len(cases) < FEWEST_CASES:
        return Repeatability(len(cases), df)
    squares = [_square(one) for one in cases]
    means = [fmean(one) for one in cases]
    sd = estimate(sum(squares), df)
    cv = None
    if all(means):
        relative = (square / mean**2 for square, mean in zip(squares, means, strict=True))
        cv = estimate(sum(relative), df)
    return Repeatability(len(cases), df, sd, cv)


def estimate(squares: float, df: int) -> Estimate | None:
    """Estimate a standard deviation from a sum of squares; None where nothing scatters.

    Examples
    --------
    >>> estimate(7.0, 0) is None, estimate(0.0, 5) is None
    (True, True)
    >>> [round(end, 4) for end in estimate(10.0, 10).interval]
    [0.6987, 1.7549]
    """
    if not (df > 0 and squares > 0):
        return None
    from scipy.special import chdtri  # a third of a second: for these only

    low, high = (sqrt(squares / float(chdtri(df, tail))) for tail in (TAIL, 1 - TAIL))
    return Estimate(sqrt(squares / df), (low, high))


def _square(readings: Sequence[float]) -> float:
    mean = fmean(readings)
    return sum((one - mean) ** 2 for one in readings)
