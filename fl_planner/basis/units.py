"""Units: exact factors, spellings, and the range of values possible in a living patient.

The factors are those of `clinical.md` section 9 and `trials.md` section 7.1. Each name states how
many of the first unit equal one of the second: `MM_IN_CM` is 10, `length_mm / MM_IN_CM` is cm.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from numbers import Real
from typing import TypeGuard

from msgspec import Struct

from fl_planner.basis.findings import InputRefused

# amounts of substance, with the molar mass
HAEMOGLOBIN_G_PER_DL_IN_MMOL_PER_L = Fraction("1.6114")  # monomer, 16 114 g/mol
BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL = Fraction("17.104")  # 584.66 g/mol
CREATININE_UMOL_PER_L_IN_MG_PER_DL = Fraction("88.4")  # 113.12 g/mol
UMOL_IN_MMOL = Fraction(1000)

G_PER_L_IN_G_PER_DL = Fraction(10)
PER_UL_IN_10E9_PER_L = Fraction(1000)
U_PER_L_IN_UKAT_PER_L = Fraction(60)  # one unit is one micromole in a minute, one katal a mole/s

# time
MONTHS_IN_YEAR = Fraction(12)
DAYS_IN_WEEK = Fraction(7)
DAYS_IN_YEAR = Fraction("365.25")
DAYS_IN_MONTH = DAYS_IN_YEAR / MONTHS_IN_YEAR
MS_IN_S = 1000
SECONDS_IN_MINUTE = Fraction(60)
SECONDS_IN_HOUR = Fraction(3600)
MINUTES_IN_HOUR = Fraction(60)

# space
MM_IN_CM = Fraction(10)
MM_IN_M = 1000
CM_IN_M = Fraction(100)
ML_IN_L = Fraction(1000)
MM3_IN_ML = Fraction(1000)
G_IN_KG = Fraction(1000)

# radiation
MGY_IN_GY = Fraction(1000)
CGY_IN_GY = Fraction(100)
MBQ_IN_GBQ = Fraction(1000)
KBQ_IN_GBQ = Fraction(1000**2)
GBQ_IN_MCI = Fraction("0.037")
GBQ_IN_CI = Fraction(37)

MMHG_IN_KPA = Fraction("7.50062")
PERCENT_IN_ONE = Fraction(100)

# mg of methylprednisolone equivalent to 1 mg; PUMP-IT states its limit in methylprednisolone
METHYLPREDNISOLONE_MG_IN_MG = {
    "methylprednisolone": Fraction(1),
    "prednisolone": Fraction("0.8"),
    "prednisone": Fraction("0.8"),
    "dexamethasone": Fraction("5.333"),
    "hydrocortisone": Fraction("0.2"),
}

# UCUM code -> spellings of laboratories, without spaces; case-sensitive: G/L is not g/L
_SPELLINGS = {
    "mL": ("cm3", "cc", "ccm"),
    "%": ("percent", "pct"),
    "mg/dL": ("mg%", "mg/100mL"),
    "g/dL": ("g%", "g/100mL", "gm/dL", "gr/dL"),
    "g/L": ("gm/L", "gr/L"),
    "umol/L": ("micromol/L",),
    "mEq/L": ("meq/L", "mval/L"),
    "U/L": ("IU/L", "[IU]/L", "UI/L"),
    "mm[Hg]": ("mmHg",),
    "10*9/L": ("G/L", "Gpt/L", "Giga/L", "giga/L", "E9/L", "/nL", "1/nL"),
    "10*3/uL": (
        *("K/uL", "k/uL", "K/mm3", "k/mm3", "10*3/mm3", "thou/uL", "thou/mm3"),
        *("Tsd/uL", "Tsd./uL", "1000/uL", "1000/mm3", "K/cumm", "E3/uL"),
    ),
    "/uL": ("cells/uL", "{cells}/uL", "{#}/uL", "1/uL", "10*6/L"),
    "/mm3": ("cells/mm3", "{cells}/mm3", "{#}/mm3", "1/mm3", "/cmm", "/cumm"),
    "a": ("y", "yr", "yrs", "year", "years"),
    "mo": ("month", "months"),
    "wk": ("week", "weeks"),
    "d": ("day", "days"),
    "s": ("sec", "secs", "seconds", "sek", "Sek"),
    "mg/d": ("mg/day",),
    "ug/kg/h": ("ug/kg/hr",),
    "mL/min/{1.73_m2}": ("mL/min/1.73m2", "mL/min/1,73m2", "mL/min/{1.73m2}", "mL/min/1.73qm"),
    "xULN": ("ULN", "*ULN", "\N{MULTIPLICATION SIGN}ULN"),
}
_UCUM = {spelt: code for code, spellings in _SPELLINGS.items() for spelt in spellings}
_MICRO = str.maketrans("\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}", "uu")
_MC = re.compile(r"(?<![A-Za-z])mc(?=mol|kat|[gLl](?![A-Za-z]))")  # of mcmol, mcg, mcL
_LITRE = re.compile(r"(?<![A-Za-z])([dmun]?)l(?![A-Za-z])", re.ASCII)  # not the l of mol
_METRES = re.compile(r"(?<=m)\^(?=[23])")  # m^2, cm^3
_POWERS = str.maketrans(
    "\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT THREE}\N{SUPERSCRIPT SIX}\N{SUPERSCRIPT NINE}", "2369"
)
# 10^9, x10E9, 10**9 and 10 with a raised 9; laboratories mean ten to the ninth by 10E9
_TEN = (  # compiled at its first use
    r"[x*\N{MULTIPLICATION SIGN}]?(?:10(?:\^|\*\*|\*|[Ee])([369])|10"
    r"([\N{SUPERSCRIPT THREE}\N{SUPERSCRIPT SIX}\N{SUPERSCRIPT NINE}]))(?=/)"
)


@lru_cache(maxsize=1 << 8)  # many amounts, few units
def as_ucum(unit: str) -> str:
    """Return the UCUM code of a unit as laboratories print it.

    An unknown spelling is returned unchanged except for litres, the micro sign and powers.

    Examples
    --------
    >>> as_ucum("G/l"), as_ucum("\N{MICRO SIGN}mol/l"), as_ucum("g/l"), as_ucum("years")
    ('10*9/L', 'umol/L', 'g/L', 'a')
    >>> as_ucum("x10E9/l"), as_ucum("K/mcL"), as_ucum("mg / 100 ml")
    ('10*9/L', '10*3/uL', 'mg/dL')
    """
    plain = _MC.sub("u", "".join(unit.split()).translate(_MICRO))
    if (ten := re.match(_TEN, plain)) is not None:
        power = ten[1] or ten[2].translate(_POWERS)
        plain = f"10*{power}{plain[ten.end() :]}"
    spelt = _METRES.sub("", _LITRE.sub(r"\1L", plain).translate(_POWERS))
    return _UCUM.get(spelt, spelt)


class Range(Struct, frozen=True):
    """Values possible in a living patient, low <= value <= high; an open end is excluded.

    Examples
    --------
    >>> albumin_g_per_l = Range(Fraction(10), Fraction(70), low_open=True)
    >>> albumin_g_per_l.holds(Fraction(10)), albumin_g_per_l.holds(Fraction(70))
    (False, True)
    """

    low: Fraction
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    def __post_init__(self) -> None:
        """Refuse an empty range."""
        if self.high is not None and not self.low < self.high:
            raise ValueError(f"{self.low} to {self.high} is not a range")

    def holds(self, value: Fraction | float) -> bool:
        """Whether the value is possible; NaN is not."""
        if not value >= self.low or (self.low_open and value == self.low):
            return False
        if self.high is None:
            return True
        return value < self.high or (value == self.high and not self.high_open)

    @property
    def is_closed(self) -> bool:
        """Whether the range has two ends and contains both."""
        return self.high is not None and not (self.low_open or self.high_open)

    def __str__(self) -> str:
        """Format the range for readers: "above 10, to 70"."""
        low = f"above {float(self.low):g}" if self.low_open else f"{float(self.low):g}"
        if self.high is None:
            return low if self.low_open else f"{low} or more"
        end = f"below {float(self.high):g}" if self.high_open else f"{float(self.high):g}"
        return f"{low}{',' if self.low_open else ''} to {end}"

    def name(self, unit: str = "") -> str:
        """Name the range in a sentence, with its unit; an open or missing end needs brackets.

        Examples
        --------
        >>> between("100", "250").name("cm"), between(">0", "100").name("%")
        ('100 to 250 cm', 'the permitted range (above 0, to 100 %)')
        >>> at_least("0").name("U/L"), at_least("0.5").name()
        ('the permitted range (0 U/L or more)', 'the permitted range (0.5 or more)')
        """
        end = f" {unit}" if unit else ""
        if self.is_closed:
            return f"{self}{end}"
        if self.high is None and not self.low_open:
            return f"the permitted range ({float(self.low):g}{end} or more)"
        return f"the permitted range ({self}{end})"


def between(low: str, high: str) -> Range:
    """Return the range between two decimals; ">10" and "<60" exclude the end itself."""
    ends = Fraction(low.lstrip(">")), Fraction(high.lstrip("<"))
    return Range(*ends, low_open=low.startswith(">"), high_open=high.startswith("<"))


def at_least(low: str) -> Range:
    """Return the range without an upper end; ">0" excludes the lower end."""
    return Range(Fraction(low.lstrip(">")), None, low_open=low.startswith(">"))


class Plausible(Struct, frozen=True):
    """Possible values of a quantity in its unit, and the usual cause of other values.

    Examples
    --------
    >>> height = Plausible(between("100", "250"), "cm", "possibly given in metres or inches")
    >>> height.describe_implausible(Fraction("1.75"))
    '1.75 is outside 100 to 250 cm: possibly given in metres or inches'
    """

    range: Range
    unit: str
    doubt: str

    def describe_implausible(self, value: Fraction | float) -> str | None:
        """Describe what is wrong with a value; None for a possible one."""
        if self.range.holds(value):
            return None
        shown = f"{float(value):g}"
        if self.range.holds(Fraction(shown)):  # inside after rounding
            shown = repr(float(value))
        return f"{shown} is outside {self.range.name(self.unit)}: {self.doubt}"

    def check(self, **fields: Fraction | float | None) -> None:
        """Refuse the first field outside the range, and name it; None is not checked.

        Raises `InputRefused`: `value.implausible`.
        """
        for name, value in fields.items():
            reason = None if value is None else self.describe_implausible(value)
            if reason is not None:
                remedy = f"give {name} in {self.unit}" if self.unit else f"check {name}"
                raise InputRefused("value.implausible", name, reason, remedy)


def is_finite_number(given: object) -> TypeGuard[float]:
    """Whether a value is a finite number, as which True and False do not count.

    Examples
    --------
    >>> [is_finite_number(one) for one in (2, Fraction(1, 3), True, "2", 1j, 10**400)]
    [True, True, False, False, False, False]
    """
    if isinstance(given, bool) or not isinstance(given, Real):
        return False
    try:
        return isfinite(given)
    except OverflowError:  # an integer beyond all floats
        return False
