"""Readings over all cases: which of them count, and what they come to for each quantity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.liver.agreement.bland_altman import Differences, compare_pairs
from fl_planner.liver.agreement.reading import (
    FLR_PERCENT,
    CaseReading,
    ReadPair,
    list_quantities,
    structure_of_quantity,
)
from fl_planner.liver.agreement.repeatability import (
    ENOUGH,
    FEWEST_CASES,
    Repeatability,
    measure_repeatability,
)
from fl_planner.liver.agreement.second_reader import Agreement
from fl_planner.liver.remnant.remnant import Origin

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
        cls,
        readings: Sequence[CaseReading],
        pairs: Sequence[ReadPair],
        findings: Sequence[Finding],
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
