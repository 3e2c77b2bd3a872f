"""Agreement over all cases: bias, limits of agreement, within-case SD and CV, with intervals.

Bland and Altman, Lancet 1986;1:307; intervals of the limits are exact [Carkeet, J Biopharm Stat
2015;25:71], not by the paper's large-sample formula. Within-case SD and CV by one-way analysis of
variance; they include the mean differences between readers, as the next reader is not known [Bland
and Altman, BMJ 1996;313:744 and 313:106].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import sqrt
from statistics import fmean, stdev

from msgspec import Struct

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import Share
from fl_planner.liver.agreement.reading import (
    FLR_PERCENT,
    CaseReading,
    ReadPair,
    list_quantities,
    structure_of_quantity,
)
from fl_planner.liver.agreement.second_reader import Agreement
from fl_planner.liver.remnant import ReadingOrigin

ROUNDING = 1e-9  # relative: rounding of equal differences
TAIL = 0.025  # of a 95 % interval, on each side

Span = tuple[float, float]


class Differences(Struct, frozen=True):
    """Differences between two readers; None with too few cases.

    - `cases`: number of cases that both read.
    - `bias`: mean of the differences; `bias_interval`: 95 %, by Student's t.
    - `sd`: standard deviation of the differences; None with fewer than two cases.
    - `low`, `high`: limits of agreement, bias ± 1.96 SD.
    - `low_interval`, `high_interval`: their 95 % intervals, by the non-central t. These, the
      limits and the interval of the bias are None if all differences are equal, as no scatter can
      be estimated.
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
    """Compare two readers by the differences in the cases that both read.

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
    from scipy.special import nctdtrit, stdtrit  # takes a third of a second: only here

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


FEWEST_CASES = 2  # for an SD: one case gives no interval
ENOUGH = 10  # degrees of freedom for a CV that represents a centre [project's choice]


class Estimate(Struct, frozen=True):
    """A standard deviation or a CV, and its exact 95 % interval by chi square; sd > 0."""

    value: float
    interval: Span

    def times(self, factor: float) -> Estimate:
        """Multiply estimate and interval by a factor, as for a repeatability coefficient."""
        low, high = self.interval
        return Estimate(factor * self.value, (factor * low, factor * high))


class Repeatability(Struct, frozen=True):
    """Scatter of the readings of one case.

    - `cases`: number of cases read at least twice.
    - `df`: degrees of freedom: number of readings minus number of cases.
    - `sd`: within-case SD, in the unit of the quantity; None with fewer than `FEWEST_CASES`, or if
      no reading differs.
    - `cv`: within-case SD divided by the mean of each case (root mean square); None like `sd`, and
      if the mean of a case is 0.
    """

    cases: int
    df: int
    sd: Estimate | None = None
    cv: Estimate | None = None

    @property
    def coefficient(self) -> Estimate | None:
        """Repeatability coefficient, √2·1.96·SD: 95 % of pairs differ by less."""
        return None if self.sd is None else self.sd.times(sqrt(2) * float(Z_95))

    @property
    def is_enough(self) -> bool:
        """Whether its CV may represent the reading error of a centre."""
        return self.cv is not None and self.df >= ENOUGH


def measure_repeatability(cases: Sequence[Sequence[float]]) -> Repeatability:
    """Measure the scatter of readings over cases with at least two readings each.

    Examples
    --------
    >>> measure_repeatability([(100.0, 110.0)])
    Repeatability(cases=1, df=1, sd=None, cv=None)
    >>> found = measure_repeatability([(100.0, 110.0), (200.0, 190.0)])
    >>> found.df, round(found.sd.value, 4), round(100 * found.cv.value, 4)
    (2, 7.0711, 5.4084)
    """
    df = sum(len(amounts) - 1 for amounts in cases)
    if len(cases) < FEWEST_CASES:
        return Repeatability(len(cases), df)
    means = [fmean(amounts) for amounts in cases]
    squares = [
        sum((amount - mean) ** 2 for amount in amounts)
        for amounts, mean in zip(cases, means, strict=True)
    ]
    sd = estimate(sum(squares), df)
    cv = None
    if all(means):
        relative = (square / mean**2 for square, mean in zip(squares, means, strict=True))
        cv = estimate(sum(relative), df)
    return Repeatability(len(cases), df, sd, cv)


def estimate(squares: float, df: int) -> Estimate | None:
    """Estimate a standard deviation from a sum of squares; None without scatter.

    Examples
    --------
    >>> estimate(7.0, 0) is None, estimate(0.0, 5) is None
    (True, True)
    >>> [round(end, 4) for end in estimate(10.0, 10).interval]
    [0.6987, 1.7549]
    """
    if not (df > 0 and squares > 0):
        return None
    from scipy.special import chdtri  # takes a third of a second: only here

    low, high = (sqrt(squares / float(chdtri(df, tail))) for tail in (TAIL, 1 - TAIL))
    return Estimate(sqrt(squares / df), (low, high))


Amounts = Mapping[str, float]  # by reader
TUMOUR_FREE = "measured_nontumour"  # the denominator of limits


class ReadAmounts(Struct, frozen=True):
    """Measurements of one reader in one case, without the masks.

    - `amounts`: values by quantity, mL or percent.
    - `flr`: FLR share by voxel counts; None without a remnant.
    """

    reader: str
    amounts: Mapping[str, float]
    flr: Share | None
    denominator: str
    origin: ReadingOrigin | None

    @classmethod
    def of(cls, reading: CaseReading) -> ReadAmounts:
        """Return the numbers of a reading."""
        known = {name: reading.amount(name) for name in list_quantities([reading])}
        amounts = {name: amount for name, amount in known.items() if amount is not None}
        volumes = reading.volumes
        return cls(reading.reader, amounts, volumes.flr_share, volumes.denominator, reading.origin)


class PairAgreement(Struct, frozen=True):
    """Agreement of two readers in each structure of a case."""

    first: str
    second: str
    structures: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True)
class CaseAgreement:
    """One case that was read at least twice.

    - `findings`: findings on its pairs of readings; an error excludes the case from summaries over
      cases.
    """

    case: str
    readings: tuple[ReadAmounts, ...]
    pairs: tuple[PairAgreement, ...]
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(
        cls, readings: Sequence[CaseReading], pairs: Sequence[ReadPair], findings: Sequence[Finding]
    ) -> CaseAgreement:
        """Keep the numbers of a case without its masks."""
        mixed = _find_mixed(readings)
        return cls(
            readings[0].case,
            tuple(map(ReadAmounts.of, readings)),
            tuple(
                PairAgreement(pair.first.reader, pair.second.reader, pair.structures)
                for pair in pairs
            ),
            (*findings, *mixed),
        )

    @property
    def counts(self) -> bool:
        """Whether the case is included in summaries over cases."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    def kept(self, quantity: str) -> dict[str, float]:
        """Return a quantity by reader; empty for shares of different denominators or only zeros."""
        found = [reading for reading in self.readings if quantity in reading.amounts]
        if quantity == FLR_PERCENT and len({reading.denominator for reading in found}) > 1:
            return {}
        amounts = {reading.reader: reading.amounts[quantity] for reading in found}
        return amounts if any(amounts.values()) else {}

    def kept_apart(self, quantity: str) -> dict[str, float]:
        """Return a quantity as in `kept`, with identical drawings included only once."""
        structure = structure_of_quantity(quantity)
        again = {
            pair.second
            for pair in self.pairs
            if any(found.name == structure and found.dice == 1 for found in pair.structures)
        }
        return {reader: ml for reader, ml in self.kept(quantity).items() if reader not in again}

    @property
    def shares(self) -> dict[str, Fraction]:
        """Exact FLR share of the non-tumorous liver, by the readers compared."""
        kept = self.kept(FLR_PERCENT)
        return {
            reading.reader: reading.flr.fraction
            for reading in self.readings
            if reading.flr is not None
            and reading.denominator == TUMOUR_FREE
            and reading.reader in kept
        }


def _find_mixed(readings: Sequence[CaseReading]) -> tuple[Finding, ...]:
    """Find shares with different denominators: one reader drew the tumour and another did not."""
    with_flr = [reading for reading in readings if reading.volumes.flr_share is not None]
    if len({reading.volumes.denominator for reading in with_flr}) < 2:
        return ()
    unknown = [one.reader for one in with_flr if one.volumes.tumour_voxels is None]
    message = (
        f"{readings[0].case}: the FLR was not compared: without a tumour mask, the FLR of "
        f"{join_words(unknown)} refers to the whole liver, but the FLR of the other readers refers "
        "to the non-tumorous liver"
    )
    return (Finding("agree.denominators", Severity.WARNING, message),)


class ReaderDifferences(Struct, frozen=True):
    """Differences between two readers, over the cases that both read."""

    first: str
    second: str
    differences: Differences


class QuantityAgreement(Struct, frozen=True):
    """One quantity over all cases.

    - `amounts`: amounts by case and reader, for the included cases.
    - `pairs`: second reading minus first, for every two readers.
    """

    quantity: str
    amounts: Mapping[str, Amounts]
    repeatability: Repeatability
    pairs: tuple[ReaderDifferences, ...]


def summarise(
    cases: Sequence[CaseAgreement], readers: Sequence[str]
) -> tuple[QuantityAgreement, ...]:
    """Summarise each quantity over the included cases with at least two readings of it.

    - `readers`: all readers; in each pair, the earlier reader is subtracted from the later one.
    """
    counted = [case for case in cases if case.counts]
    names = dict.fromkeys(name for one in cases for each in one.readings for name in each.amounts)
    order = [*(name for name in names if name != FLR_PERCENT), *({FLR_PERCENT} & names.keys())]
    found = []
    for quantity in order:
        every = {one.case: one.kept(quantity) for one in counted}
        if amounts := {case: each for case, each in every.items() if len(each) > 1}:
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


def find_few(quantities: Sequence[QuantityAgreement]) -> tuple[Finding, ...]:
    """Find too few repeated readings of the FLR, otherwise of the liver, for a CV."""
    if not quantities:
        return ()
    last = quantities[-1].repeatability
    if last.df >= ENOUGH and last.cases >= FEWEST_CASES:
        return ()
    many = "only 1 case" if last.cases == 1 else f"{last.cases} cases"
    freedom = "1 degree" if last.df == 1 else f"{last.df} degrees"
    no_interval = ""
    if last.cases == 1:
        no_interval = "; an interval cannot be calculated from a single case"
    message = (
        f"{many} read at least twice, with {freedom} of freedom: too few for a CV that "
        f"represents a centre (at least {FEWEST_CASES} cases and {ENOUGH} degrees of freedom "
        f"required){no_interval}"
    )
    return (Finding("agree.too_few", Severity.WARNING, message, None, last.df, "df"),)
