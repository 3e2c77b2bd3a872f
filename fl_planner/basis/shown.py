"""Numbers as text: shares by their counts, and the fewest decimals that tell the truth.

Rounding exists here only: a rule sees the exact value and a reader a rounded one, and the two must
never disagree [clinical.md 10.1].
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from fl_planner.basis.findings import InputRefused

WORDS_FROM_DECIMALS = 3  # a number that needs so many is told in words: "just under 30 %"
MOST_DECIMALS = 6  # of a number that has no threshold to keep away from
HELD = re.compile(r"(?<=\d) (?=(?:%|mL|mm|cm|Gy|GBq|h|s|days?)(?!\w))|(?<=<) (?=\d)")


def as_number(
    value: Fraction | float, thresholds: Iterable[Fraction | int] = (), least_decimals: int = 1
) -> str:
    """Round a number without letting it change sides.

    The text has the fewest decimals, at least `least_decimals`, with which it lies below, at or
    above each threshold just as the exact value does. Halves are rounded away from zero.

    - `value`: exact; a double is taken as the exact number that it is.
    - `thresholds`: in the unit of `value`, each of six decimals at most.
    - `least_decimals`: at least one for percent, two for liver function [clinical.md 10.1].

    Examples
    --------
    >>> as_number(Fraction("29.96"), [30, 40]), as_number(Fraction(30), [30, 40])
    ('29.96', '30.0')
    >>> as_number(Fraction("2.6705"), [Fraction("2.67")], 2)
    '2.671'
    >>> as_number(Fraction("-0.04"))
    '0.0'
    """
    exact, limits = Fraction(value), [Fraction(threshold) for threshold in thresholds]
    sides = [_side(exact, limit) for limit in limits]
    if 0 in sides and 10**MOST_DECIMALS % exact.denominator:
        raise ValueError(f"threshold {exact} has no end of decimals to be shown equal to")
    decimals = least_decimals
    while [_side(_rounded(exact, decimals), limit) for limit in limits] != sides:
        decimals += 1
    return _text(_rounded(exact, decimals), decimals)


def as_words(
    value: Fraction | float,
    thresholds: Iterable[Fraction | int],
    unit: str,
    least_decimals: int = 1,
) -> str:
    """Tell a number to a person, in words where it is a hair from a threshold.

    Examples
    --------
    >>> as_words(Fraction(999_999 * 100, 3_333_333), [30, 40], "%")
    'just under 30 %'
    >>> as_words(Fraction("29.96"), [30, 40], "%")
    '29.96 %'
    """
    exact, limits = Fraction(value), [Fraction(threshold) for threshold in thresholds]
    number = as_number(exact, limits, least_decimals)
    if len(number.partition(".")[2]) < max(WORDS_FROM_DECIMALS, least_decimals + 1):
        return f"{number} {unit}"
    nearest = min(limits, key=lambda limit: abs(exact - limit))
    side = "under" if exact < nearest else "over"
    return f"just {side} {as_plain(nearest)} {unit}"


def as_most(value: Fraction | float, decimals: int = 1) -> str:
    """Round down what is allowed at most, so that the text is allowed too.

    Examples
    --------
    >>> as_most(Fraction("28.9645")), as_number(Fraction("28.9645"))
    ('28.9', '29.0')
    """
    scale = 10**decimals
    return _text(Fraction(floor(Fraction(value) * scale), scale), decimals)


def as_plain(value: Fraction | int) -> str:
    """Write a decimal as it is typed, `30` or `2.67`, with six decimals at most.

    Examples
    --------
    >>> as_plain(Fraction(30)), as_plain(Fraction("2.670")), as_plain(Fraction("-0.5"))
    ('30', '2.67', '-0.5')
    """
    exact, decimals = Fraction(value), 0
    while _rounded(exact, decimals) != exact and decimals < MOST_DECIMALS:
        decimals += 1
    return _text(_rounded(exact, decimals), decimals)


def as_ml(ml: Fraction | float) -> str:
    """Write a volume: whole mL from 100 on, one decimal below, two below 1 mL.

    What is there is never written as nothing: it gets more decimals, where two would be zeros.

    Examples
    --------
    >>> as_ml(1499.99976), as_ml(12.44), as_ml(0.034), as_ml(0.00128), as_ml(0)
    ('1500 mL', '12.4 mL', '0.03 mL', '0.001 mL', '0 mL')
    """
    size = abs(Fraction(ml))
    decimals = sum(0 < size < step for step in (100, 1))
    return f"{as_number(ml, (0,), decimals)} mL"


def as_margin(mm: float) -> str:
    """Write with which margin a lesion is cleared.

    Examples
    --------
    >>> as_margin(10.0), as_margin(2.5), as_margin(0)
    ('with a 10 mm margin', 'with a 2.5 mm margin', 'without a margin')
    """
    return f"with a {mm:g} mm margin" if mm else "without a margin"


def _side(value: Fraction, threshold: Fraction) -> int:
    return (value > threshold) - (value < threshold)


def _rounded(value: Fraction, decimals: int) -> Fraction:
    scale = 10**decimals
    whole = (abs(value) * scale + Fraction(1, 2)).__floor__()
    return Fraction(whole if value >= 0 else -whole, scale)


def _text(rounded: Fraction, decimals: int) -> str:
    digits = f"{abs(rounded) * 10**decimals}".rjust(decimals + 1, "0")
    sign = "-" if rounded < 0 else ""
    if decimals == 0:
        return f"{sign}{digits}"
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def hold_units(words: str) -> str:
    r"""Keep a number and its unit, or its sign, on one line.

    Examples
    --------
    >>> hold_units("of < 1 %")
    'of <\xa01\xa0%'
    """
    return HELD.sub("\u00a0", words)


@dataclass(frozen=True, slots=True)
class Share:
    """Some voxels of a whole, 0 <= numerator_voxels <= denominator_voxels, and a whole there is.

    Examples
    --------
    >>> Share(270_009, 900_030).fraction == Fraction("0.30")  # exact; in doubles it is not
    True
    >>> Share(375, 1500).percent
    25.0
    """

    numerator_voxels: int
    denominator_voxels: int

    def __post_init__(self) -> None:
        """Refuse a part larger than its whole, and a share of nothing."""
        if not 0 <= self.numerator_voxels <= self.denominator_voxels != 0:
            reason = f"{self.numerator_voxels} of {self.denominator_voxels} voxels"
            raise InputRefused("share.impossible", "share", reason, "check which label is which")

    @property
    def fraction(self) -> Fraction:
        """The exact share; compare this one with a threshold (cross-multiplied integers)."""
        return Fraction(self.numerator_voxels, self.denominator_voxels)

    @property
    def percent(self) -> float:
        """The double nearest to the share in percent, for showing only."""
        return 100 * self.numerator_voxels / self.denominator_voxels
