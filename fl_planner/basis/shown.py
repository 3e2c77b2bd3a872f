"""Format numbers, intervals, chances and units for readers.

Values are rounded here only. A rule compares the exact value, a reader sees the rounded one, and
both must be on the same side of every limit [clinical.md 10.1].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from math import ceil, floor, isfinite
from numbers import Integral

from msgspec import Struct

from fl_planner.basis.findings import InputRefused

WORDS_FROM_DECIMALS = 3  # a number that needs as many is given in words: "just under 30 %"
MOST_DECIMALS = 6  # of a number without a threshold
MM_DECIMALS = 4  # a distance is exact to so many: affines of single precision round
MOST_OF_ENDS = 2  # decimals of an interval, unless a limit requires more
LEAST_CHANCE = Fraction(1, 200)  # a smaller one is shown as < 1 %
_MICRO, _SQUARE, _CUBE = "\N{MICRO SIGN}", "\N{SUPERSCRIPT TWO}", "\N{SUPERSCRIPT THREE}"
UNITS = {  # UCUM code -> as clinicians write it; other codes are written alike
    "1": "",
    "a": "years",
    "mo": "months",
    "wk": "weeks",
    "d": "days",
    "xULN": "times the upper limit of normal",
    "10*9/L": "\N{MULTIPLICATION SIGN} 10\N{SUPERSCRIPT NINE}/L",
    "10*3/uL": f"\N{MULTIPLICATION SIGN} 10{_CUBE}/{_MICRO}L",
    "/uL": f"/{_MICRO}L",
    "/mm3": f"/mm{_CUBE}",
    "umol/L": f"{_MICRO}mol/L",
    "ukat/L": f"{_MICRO}kat/L",
    "ug/kg/h": f"{_MICRO}g/kg/h",
    "mm[Hg]": "mmHg",
    "mm2": f"mm{_SQUARE}",
    "mm3": f"mm{_CUBE}",
    "mL/min/{1.73_m2}": f"mL/min/1.73 m{_SQUARE}",
    "%/min/m2": f"%/min/m{_SQUARE}",
}
HELD = re.compile(
    r"(?<=\d) (?=(?:%|°|mL|L|mm|cm|kg|HU|Gy|GBq|MBq|h|s|days?)(?!\w))|(?<=[<>≤≥±]) (?=\d)"
)
# "not" at the end of a line would be overlooked, and so would half of "DO NOT USE"
NOT = re.compile(r"(?<=\bnot) (?=\w)|(?<=DO) (?=NOT USE\b)|(?<=DO NOT) (?=USE\b)")
NEGATIVE = re.compile(r"(?<![^\s(\[])-(?=\d)")  # a sign, not a hyphen: nothing is before it
OPTION = "--"  # a text with a command is not changed, so that it can be copied


def as_number(
    value: Fraction | float, thresholds: Iterable[Fraction | int] = (), least_decimals: int = 1
) -> str:
    """Round a number without crossing any threshold.

    The text has the fewest decimals, at least `least_decimals`, that put it below, at or above each
    threshold, as the exact value is. Halves are rounded away from zero.

    - `value`: exact number; a double is used with its exact binary value.
    - `thresholds`: thresholds in the unit of `value`, with six decimals at most.
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
    decimals = _count_decimals(Fraction(value), thresholds, least_decimals, _rounded)
    return _text(_rounded(Fraction(value), decimals), decimals)


def as_measured(
    value: float, thresholds: Iterable[Fraction | int] = (), least_decimals: int = 1
) -> str:
    """Round a measured number like `as_number`, as the decimal number that JSON shows.

    A number that is not finite is shown as it is.

    Examples
    --------
    >>> as_measured(3.004, [3]), as_measured(0.2, [Fraction(1, 5)]), as_measured(float("nan"), [3])
    ('3.004', '0.2', 'nan')
    """
    if not isfinite(value):
        return f"{value}"
    return as_number(Fraction(str(value)), thresholds, least_decimals)


def as_ends(
    ends: Iterable[Fraction | float],
    thresholds: Iterable[Fraction | int] = (),
    least_decimals: int = 1,
) -> tuple[str, str]:
    """Round both ends of an interval outwards, with equal decimals, without crossing thresholds.

    A float is used as the decimal number that JSON shows.

    Examples
    --------
    >>> as_ends((24.943, 34.978)), as_ends((24.943, 34.978), least_decimals=2)
    (('24.9', '35.0'), ('24.94', '34.98'))
    >>> as_ends((24.943, 29.9995), [30])
    ('24.9430', '29.9995')
    >>> as_ends((1.51, 1.62)), as_ends((-0.31, 0))
    (('1.5', '1.7'), ('-0.4', '0.0'))
    """
    low, high = (Fraction(str(end) if isinstance(end, float) else end) for end in ends)
    limits = [*thresholds]
    decimals = max(
        _count_decimals(low, limits, least_decimals, _rounded_down),
        _count_decimals(high, limits, least_decimals, _rounded_up),
    )
    return _text(_rounded_down(low, decimals), decimals), _text(
        _rounded_up(high, decimals), decimals
    )


def as_interval(
    ends: Iterable[Fraction | float],
    thresholds: Iterable[Fraction | int] = (),
    unit: str = "",
    *,
    of: str = "",
) -> str:
    """Format an interval with its unit.

    - `of`: the value as shown; the interval has two decimals if this value has two or more.

    Examples
    --------
    >>> as_interval((24.943, 34.978), [30, 40], "%", of="29.96")
    '24.94 to 34.98 %'
    """
    decimals = min(max(len(of.partition(".")[2]), 1), MOST_OF_ENDS)
    low, high = as_ends(ends, thresholds, decimals)
    return f"{low} to {high} {unit}".strip()


def as_chance(chance: float) -> str:
    """Format a chance in whole percent: 0 % only if impossible, 100 % only if certain.

    Examples
    --------
    >>> as_chance(0.0), as_chance(0.004), as_chance(0.486), as_chance(0.9999)
    ('0 %', '< 1 %', '49 %', '99.99 %')
    """
    if 0 < chance < LEAST_CHANCE:
        return "< 1 %"
    return f"{as_number(Fraction(100 * chance), (100,), 0)} %"


def as_unit(unit: str) -> str:
    """Write a UCUM unit as clinicians do; the unit 1 is an empty text.

    Examples
    --------
    >>> as_unit("mL/min/{1.73_m2}"), as_unit("mg/dL"), as_unit("1")
    ('mL/min/1.73 m\u00b2', 'mg/dL', '')
    """
    return UNITS.get(unit, unit)


def as_words(value: Fraction | float, thresholds: Iterable[Fraction | int], unit: str) -> str:
    """Format a number with its unit, in words if it is very close to a threshold.

    Examples
    --------
    >>> as_words(Fraction(999_999 * 100, 3_333_333), [30, 40], "%")
    'just under 30 %'
    >>> as_words(Fraction("29.96"), [30, 40], "%")
    '29.96 %'
    """
    exact, limits = Fraction(value), [Fraction(threshold) for threshold in thresholds]
    number = as_number(exact, limits)
    if len(number.partition(".")[2]) < WORDS_FROM_DECIMALS:
        return f"{number} {unit}"
    nearest = min(limits, key=lambda limit: abs(exact - limit))
    side = "under" if exact < nearest else "over"
    return f"just {side} {as_plain(nearest)} {unit}"


def as_most(value: Fraction | float, decimals: int = 1) -> str:
    """Round down a permitted maximum, so that the text is also permitted.

    Examples
    --------
    >>> as_most(Fraction("28.9645")), as_number(Fraction("28.9645"))
    ('28.9', '29.0')
    """
    return _text(_rounded_down(Fraction(value), decimals), decimals)


def as_plain(value: Fraction | float) -> str:
    """Write a decimal without trailing zeros, `30` or `2.67`, with six decimals at most.

    A float is used as the decimal number that JSON shows.

    Examples
    --------
    >>> as_plain(Fraction(30)), as_plain(Fraction("2.670")), as_plain(Fraction("-0.5"))
    ('30', '2.67', '-0.5')
    """
    if isinstance(value, float):
        value = Fraction(str(value))
    whole, parts = value.numerator, value.denominator  # in whole numbers: many are written
    decimals = 0
    while decimals < MOST_DECIMALS and whole * 10**decimals % parts:
        decimals += 1
    return _text(_rounded(value, decimals), decimals)


def as_entered(value: Fraction, thresholds: Iterable[Fraction | int] = ()) -> str:
    """Write an entered number as it was entered, with more decimals only near a threshold.

    Examples
    --------
    >>> as_entered(Fraction("12.5")), as_entered(Fraction("2.670"), [Fraction("2.67")])
    ('12.5', '2.67')
    """
    return as_number(value, thresholds, len(as_plain(value).partition(".")[2]))


def as_ml(ml: Fraction | float) -> str:
    """Format a volume: whole mL from 100 mL, one decimal below, two below 1 mL.

    A volume above zero is never written as zero: it has more decimals if two would be zeros.

    Examples
    --------
    >>> as_ml(1499.99976), as_ml(12.44), as_ml(0.034), as_ml(0.00128), as_ml(0)
    ('1500 mL', '12.4 mL', '0.03 mL', '0.001 mL', '0 mL')
    """
    size = abs(Fraction(ml))
    decimals = sum(0 < size < step for step in (100, 1))
    return f"{as_number(ml, (0,), decimals)} mL"


def as_gbq(gbq: Fraction | float) -> str:
    """Format an activity in GBq: two decimals; below 0.1 GBq, at least two significant digits.

    Examples
    --------
    >>> as_gbq(2.0486), as_gbq(0.1), as_gbq(0.0232), as_gbq(0.0068), as_gbq(0)
    ('2.05 GBq', '0.10 GBq', '0.023 GBq', '0.0068 GBq', '0.00 GBq')
    """
    size, decimals = abs(Fraction(gbq)), 2
    while 0 < size * 10**decimals < 10:
        decimals += 1
    return f"{as_number(gbq, (), decimals)} GBq"


def as_mm(mm: float, limits_mm: Iterable[Fraction | int] = ()) -> str:
    """Format a distance: one decimal, more if it is just short of a whole mm or of a limit.

    Examples
    --------
    >>> as_mm(3.16), as_mm(0.977), as_mm(9.97), as_mm(9.9999999), as_mm(10.04)
    ('3.2', '0.98', '9.97', '10.0', '10.0')
    >>> as_mm(7.46), as_mm(7.46, [Fraction("7.5")])
    ('7.5', '7.46')
    """
    exact = _rounded(Fraction(mm), MM_DECIMALS)
    return as_number(exact, (ceil(exact), *limits_mm))


def list_sides(value: Fraction, limits: Iterable[Fraction]) -> tuple[int, ...]:
    """List -1, 0 or 1 for each limit, for a value below, at or above it."""
    return tuple((value > limit) - (value < limit) for limit in limits)


def _count_decimals(
    value: Fraction,
    thresholds: Iterable[Fraction | int],
    least: int,
    rounded: Callable[[Fraction, int], Fraction],
) -> int:
    """Count the decimals, at least `least`, with which a value does not cross a threshold."""
    limits = [Fraction(threshold) for threshold in thresholds]
    sides = list_sides(value, limits)
    if 0 in sides and 10**MOST_DECIMALS % value.denominator:
        raise ValueError(f"threshold {value} has no finite decimal form")
    decimals, shown = least, rounded(value, least)
    while list_sides(shown, limits) != sides:
        decimals += 1
        shown = rounded(value, decimals)
    return decimals


def _rounded(value: Fraction | int, decimals: int) -> Fraction:
    scale, parts = 10**decimals, value.denominator
    whole = (2 * abs(value.numerator) * scale + parts) // (2 * parts)
    return Fraction(whole if value >= 0 else -whole, scale)


def _rounded_down(value: Fraction, decimals: int) -> Fraction:
    return Fraction(floor(value * 10**decimals), 10**decimals)


def _rounded_up(value: Fraction, decimals: int) -> Fraction:
    return Fraction(ceil(value * 10**decimals), 10**decimals)


def _text(rounded: Fraction, decimals: int) -> str:
    whole = abs(rounded.numerator) * 10**decimals // rounded.denominator
    digits = f"{whole}".rjust(decimals + 1, "0")
    sign = "-" if rounded < 0 else ""
    if decimals == 0:
        return f"{sign}{digits}"
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def keep_units_together(words: str) -> str:
    r"""Keep a number and its unit, or its sign, on one line (no-break spaces).

    Examples
    --------
    >>> keep_units_together("of < 1 %")
    'of <\xa01\xa0%'
    """
    return HELD.sub("\u00a0", words)


def sign_with_minus(words: str) -> str:
    r"""Write negative numbers with a minus sign instead of a hyphen; commands are unchanged.

    Examples
    --------
    >>> sign_with_minus("-0.69 mm (-3 to 2)") == "\u22120.69 mm (\u22123 to 2)"
    True
    >>> sign_with_minus("2026-03-01, L-3")
    '2026-03-01, L-3'
    >>> sign_with_minus("use --level -50")
    'use --level -50'
    """
    return words if OPTION in words else NEGATIVE.sub("\u2212", words)


def typeset(words: str) -> str:
    r"""Set a text for a page: minus signs, and each number on one line with its unit.

    Programs read the text as it was: JSON, CSV and FHIR are not typeset.

    Examples
    --------
    >>> typeset("-0.7 mm") == "\u22120.7\xa0mm"
    True
    """
    return keep_units_together(sign_with_minus(words))


class Share(Struct, frozen=True):
    """A share as voxel counts, 0 <= numerator_voxels <= denominator_voxels, denominator above 0.

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
        """Refuse values that cannot be counts, a part larger than its whole, and an empty one."""
        counts = self.numerator_voxels, self.denominator_voxels
        are_whole = all(isinstance(one, Integral) for one in counts)
        if not (are_whole and 0 <= self.numerator_voxels <= self.denominator_voxels != 0):
            reason = f"{counts[0]!r} of {counts[1]!r} voxels is impossible"
            raise InputRefused("share.impossible", "share", reason, "check the labels")

    @property
    def fraction(self) -> Fraction:
        """The exact share, to be compared with thresholds (cross-multiplied integers)."""
        return Fraction(self.numerator_voxels, self.denominator_voxels)

    @property
    def percent(self) -> float:
        """The double nearest to the share in percent, for display only."""
        return 100 * self.numerator_voxels / self.denominator_voxels
