"""Readings over all cases: bias, limits of agreement, within-case SD and CV, with intervals.

Bland and Altman, Lancet 1986;1:307; intervals of the limits exact [Carkeet, J Biopharm Stat
2015;25:71], where the paper's own are by a large-sample formula. Within-case SD and CV by one-way
analysis of variance: what readers differ by on average is part of it, for nobody knows which of
them reads next [Bland and Altman, BMJ 1996;313:744 and 313:106].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import sqrt
from statistics import fmean, stdev

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.agreement.reading import (
    FLR_PERCENT,
    CaseReading,
    ReadPair,
    list_quantities,
    structure_of_quantity,
)
from fl_planner.liver.agreement.second_reader import Agreement
from fl_planner.liver.remnant import Origin

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
    means = [fmean(one) for one in cases]
    squares = [
        sum((amount - mean) ** 2 for amount in one) for one, mean in zip(cases, means, strict=True)
    ]
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


Amounts = Mapping[str, float]  # by reader
TUMOUR_FREE = "measured_nontumour"  # what limits are set on


@dataclass(frozen=True, slots=True)
class ReadAmounts:
    """What one reader has of one case, without the masks.

    - `amounts`: by quantity, mL or percent.
    - `flr`: the remnant's share by its counts; None without a remnant.
    - `denominator`: what that is of.
    - `origin`: where the remnant comes from.
    """

    reader: str
    amounts: Mapping[str, float]
    flr: Share | None
    denominator: str
    origin: Origin | None

    @classmethod
    def of(cls, reading: CaseReading) -> ReadAmounts:
        """Take the numbers of a reading."""
        told = {one: reading.amount(one) for one in list_quantities([reading])}
        amounts = {name: amount for name, amount in told.items() if amount is not None}
        volumes = reading.volumes
        return cls(reading.reader, amounts, volumes.flr_share, volumes.denominator, reading.origin)


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two readers of a case, and how each structure agrees."""

    first: str
    second: str
    structures: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True)
class CaseAgreement:
    """One case that was read twice at least.

    - `findings`: what its pairs give to doubt; one of severity error leaves it out over cases.
    """

    case: str
    readings: tuple[ReadAmounts, ...]
    pairs: tuple[PairAgreement, ...]
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(
        cls, readings: Sequence[CaseReading], pairs: Sequence[ReadPair], findings: Sequence[Finding]
    ) -> CaseAgreement:
        """Keep the numbers of a case; its masks are let go."""
        mixed = _find_mixed(readings)
        return cls(
            readings[0].case,
            tuple(map(ReadAmounts.of, readings)),
            tuple(
                PairAgreement(one.first.reader, one.second.reader, one.structures) for one in pairs
            ),
            (*findings, *mixed),
        )

    @property
    def counts(self) -> bool:
        """Whether it counts in what is told over cases."""
        return all(one.severity is not Severity.ERROR for one in self.findings)

    def kept(self, quantity: str) -> dict[str, float]:
        """Give a quantity by reader: no share of two denominators, and no tumour of nobody."""
        found = [one for one in self.readings if quantity in one.amounts]
        if quantity == FLR_PERCENT and len({one.denominator for one in found}) > 1:
            return {}
        amounts = {one.reader: one.amounts[quantity] for one in found}
        return amounts if any(amounts.values()) else {}

    def kept_apart(self, quantity: str) -> dict[str, float]:
        """Give a quantity as `kept`, a drawing that is the same to the voxel once alone."""
        structure = structure_of_quantity(quantity)
        again = {
            pair.second
            for pair in self.pairs
            if any(one.name == structure and one.dice == 1 for one in pair.structures)
        }
        return {reader: ml for reader, ml in self.kept(quantity).items() if reader not in again}

    @property
    def shares(self) -> dict[str, Fraction]:
        """The FLR of the tumour-free liver by reader, exact, of readers who are compared."""
        kept = self.kept(FLR_PERCENT)
        return {
            one.reader: one.flr.fraction
            for one in self.readings
            if one.flr is not None and one.denominator == TUMOUR_FREE and one.reader in kept
        }


def _find_mixed(readings: Sequence[CaseReading]) -> tuple[Finding, ...]:
    """Find shares that are not of one thing: one reader gives the tumour, another does not."""
    with_flr = [one for one in readings if one.volumes.flr_share is not None]
    if len({one.volumes.denominator for one in with_flr}) < 2:
        return ()
    unknown = [one.reader for one in with_flr if one.volumes.tumour_voxels is None]
    message = (
        f"{readings[0].case}: the FLR of {', '.join(unknown)} is of the whole liver, for no tumour "
        "was given, and that of the others of the tumour-free liver: not compared"
    )
    return (Finding("agree.denominators", Severity.WARNING, message),)


@dataclass(frozen=True, slots=True)
class ReaderDifferences:
    """One reader's less another's, over the cases that both read."""

    first: str
    second: str
    differences: Differences


@dataclass(frozen=True, slots=True)
class QuantityAgreement:
    """One quantity over all cases.

    - `amounts`: by case and reader, those that count.
    - `pairs`: second less first of every two readers.
    """

    quantity: str
    amounts: Mapping[str, Amounts]
    repeatability: Repeatability
    pairs: tuple[ReaderDifferences, ...]


def summarise(
    cases: Sequence[CaseAgreement], readers: Sequence[str]
) -> tuple[QuantityAgreement, ...]:
    """Tell each quantity over the cases that count and have it twice at least.

    - `readers`: all of them, in the order in which one is taken from another.
    """
    counted = [one for one in cases if one.counts]
    names = dict.fromkeys(name for one in cases for each in one.readings for name in each.amounts)
    order = [*(name for name in names if name != FLR_PERCENT), *({FLR_PERCENT} & names.keys())]
    found = []
    for quantity in order:
        every = {one.case: one.kept(quantity) for one in counted}
        amounts = {case: each for case, each in every.items() if len(each) > 1}
        if amounts:
            found.append(_summarise(quantity, amounts, readers))
    return tuple(found)


def _summarise(
    quantity: str, amounts: Mapping[str, Amounts], readers: Sequence[str]
) -> QuantityAgreement:
    pairs = []
    for one, other in combinations(readers, 2):
        apart = [
            each[other] - each[one] for each in amounts.values() if one in each and other in each
        ]
        if apart:
            pairs.append(ReaderDifferences(one, other, compare_pairs(apart)))
    repeatability = measure_repeatability([[*each.values()] for each in amounts.values()])
    return QuantityAgreement(quantity, amounts, repeatability, tuple(pairs))


def find_few(told: Sequence[QuantityAgreement]) -> tuple[Finding, ...]:
    """Tell that the FLR, or else the liver, was read twice in too few cases for a CV."""
    if not told:
        return ()
    one = told[-1].repeatability
    if one.df >= ENOUGH and one.cases >= FEWEST_CASES:
        return ()
    many = "1 case alone" if one.cases == 1 else f"{one.cases} cases"
    only = "one difference says nothing of how far others would lie: no interval is told of it; "
    message = (
        f"{many} read twice, degrees of freedom {one.df}: too few for a CV that stands for a "
        f"centre; {only if one.cases == 1 else ''}{ENOUGH} are asked for"
    )
    return (Finding("agree.too_few", Severity.WARNING, message, None, one.df, "df"),)
