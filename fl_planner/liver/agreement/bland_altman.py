"""Differences of two readers over cases: bias and limits of agreement, each with its interval.

Bland and Altman, Lancet 1986;1:307; intervals of the limits exact [Carkeet, J Biopharm Stat
2015;25:71], where the paper's own are by a large-sample formula.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from fl_planner.basis.constants import Z_95

ROUNDING = 1e-9  # relative: what floats leave of differences that are the same
TAIL = 0.025  # of a 95 % interval, on each side

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Differences:
    """What one reader has more than another; None where too few cases tell it.

    - `cases`: how many both read.
    - `bias`: mean of the differences; `bias_interval`: 95 %, by Student's t.
    - `sd`: of the differences; None below two cases.
    - `low`, `high`: limits of agreement, bias ± 1.96 SD: between them lie 95 of 100 differences.
    - `low_interval`, `high_interval`: 95 %, by the non-central t. None, as the limits and the
      interval of the bias, where all differences are the same: what does not scatter says nothing
      of how far it might.
    """

    cases: int
    bias: float
    bias_interval: Span | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    low_interval: Span | None = None
    high_interval: Span | None = None


def compare_pairs(differences: Sequence[float]) -> Differences:
    """Compare two readers by their differences, one for each case that both read, one at least.

    Examples
    --------
    >>> compare_pairs([2.0])
    Differences(cases=1, bias=2.0, bias_interval=None, sd=None, low=None, high=None, \
low_interval=None, high_interval=None)
    >>> compare_pairs([1.0, 3.0]).sd ** 2
    2.0000000000000004
    """
    cases, bias = len(differences), fmean(differences)
    if cases == 1:
        return Differences(cases, bias)
    sd = stdev(differences)
    reach = float(Z_95) * sd
    if not sd > ROUNDING * max(map(abs, differences)):
        return Differences(cases, bias, sd=0.0)
    from scipy.special import nctdtrit, stdtrit  # a third of a second: for these only

    df, root = cases - 1, sqrt(cases)
    half = float(stdtrit(df, 1 - TAIL)) * sd / root
    near, far = (
        float(nctdtrit(df, float(Z_95) * root, tail)) * sd / root for tail in (TAIL, 1 - TAIL)
    )
    return Differences(
        cases,
        bias,
        (bias - half, bias + half),
        sd,
        bias - reach,
        bias + reach,
        (bias - far, bias - near),
        (bias + near, bias + far),
    )
