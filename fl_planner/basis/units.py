"""Every factor between units, exact, and every spelling of a unit; neither stands elsewhere.

The factors are those of `clinical.md` section 9 and `trials.md` section 7.1. A name reads
"so many of the first in one of the second": `MM_IN_CM` is 10, `length_mm / MM_IN_CM` is in cm.
"""

import re
from fractions import Fraction
from functools import lru_cache

# amounts of substance; the molar mass stands beside the factor
HAEMOGLOBIN_G_PER_DL_IN_MMOL_PER_L = Fraction("1.6114")  # monomer, 16 114 g/mol
BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL = Fraction("17.104")  # 584.66 g/mol
CREATININE_UMOL_PER_L_IN_MG_PER_DL = Fraction("88.4")  # 113.12 g/mol
UMOL_IN_MMOL = Fraction(1000)

G_PER_L_IN_G_PER_DL = Fraction(10)
PER_UL_IN_10E9_PER_L = Fraction(1000)
U_PER_L_IN_UKAT_PER_L = Fraction(60)  # one unit is one micromole in a minute, one katal a mole/s

# time; a month is a twelfth of 365.25 days
MONTHS_IN_YEAR = Fraction(12)
DAYS_IN_WEEK = Fraction(7)
DAYS_IN_MONTH = Fraction("30.4375")
MS_IN_S = 1000
SECONDS_IN_MINUTE = Fraction(60)
SECONDS_IN_HOUR = Fraction(3600)
MINUTES_IN_HOUR = Fraction(60)

# space
MM_IN_CM = Fraction(10)
CM_IN_M = Fraction(100)
ML_IN_L = Fraction(1000)
MM3_IN_ML = Fraction(1000)
G_IN_KG = Fraction(1000)

# radiation
MGY_IN_GY = Fraction(1000)
CGY_IN_GY = Fraction(100)
GBQ_IN_MCI = Fraction("0.037")

MMHG_IN_KPA = Fraction("7.50062")
PERCENT_IN_ONE = Fraction(100)

# equal effect of 1 mg in mg of methylprednisolone, the drug in which PUMP-IT states its limit
METHYLPREDNISOLONE_MG_IN_MG = {
    "methylprednisolone": Fraction(1),
    "prednisolone": Fraction("0.8"),
    "prednisone": Fraction("0.8"),
    "dexamethasone": Fraction("5.333"),
    "hydrocortisone": Fraction("0.2"),
}

# as laboratories print a unit, without spaces -> its UCUM code; capitals count, for G/L is no g/L
_M2 = "m\N{SUPERSCRIPT TWO}"
_SPELLINGS = {
    "mL": ("cm3", "cc", "ccm"),
    "%": ("percent", "pct"),
    "mg/dL": ("mg%", "mg/100mL"),
    "g/dL": ("g%", "g/100mL", "gm/dL"),
    "g/L": ("gm/L",),
    "mEq/L": ("meq/L", "mval/L"),
    "U/L": ("IU/L", "[IU]/L", "UI/L"),
    "mm[Hg]": ("mmHg",),
    "10*9/L": ("G/L", "Gpt/L", "/nL"),
    "10*3/uL": (
        *("K/uL", "k/uL", "K/mm3", "k/mm3", "10*3/mm3", "thou/uL", "thou/mm3"),
        *("Tsd/uL", "Tsd./uL"),
    ),
    "/uL": ("cells/uL", "10*6/L"),
    "/mm3": ("cells/mm3", "/cmm", "/cumm"),
    "a": ("y", "yr", "yrs", "year", "years"),
    "mo": ("month", "months"),
    "wk": ("week", "weeks"),
    "d": ("day", "days"),
    "s": ("sec", "seconds"),
    "mg/d": ("mg/day",),
    "ug/kg/h": ("ug/kg/hr",),
    "%/min/m2": ("%/min/m^2", f"%/min/{_M2}"),
    "mL/min/{1.73_m2}": tuple(f"mL/min/1.73{m2}" for m2 in ("m2", "m^2", _M2)),
    "xULN": ("ULN", "*ULN", "\N{MULTIPLICATION SIGN}ULN"),
}
_UCUM = {spelt: code for code, spellings in _SPELLINGS.items() for spelt in spellings}
_MICRO = str.maketrans("\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}", "uu")
_MC = re.compile(r"(?<![A-Za-z])mc(?=mol|kat|[gLl](?![A-Za-z]))")  # of mcmol, mcg, mcL
_LITRE = re.compile(r"(?<![A-Za-z])([dmun]?)l(?![A-Za-z])", re.ASCII)  # not that of mol
_POWERS = str.maketrans("\N{SUPERSCRIPT THREE}\N{SUPERSCRIPT SIX}\N{SUPERSCRIPT NINE}", "369")
# 10^9, x10E9, 10**9 and 10 with a raised 9; laboratories mean ten to the ninth by 10E9
_TEN = re.compile(
    r"[x*\N{MULTIPLICATION SIGN}]?(?:10(?:\^|\*\*|\*|[Ee])([369])|10"
    r"([\N{SUPERSCRIPT THREE}\N{SUPERSCRIPT SIX}\N{SUPERSCRIPT NINE}]))(?=/)"
)


@lru_cache(maxsize=1 << 8)  # many amounts, few units
def as_ucum(unit: str) -> str:
    """Spell a unit as UCUM does, where it is one that laboratories print otherwise.

    What is no known spelling is given as it is, but for its litres and its micro sign.

    Examples
    --------
    >>> as_ucum("G/l"), as_ucum("\N{MICRO SIGN}mol/l"), as_ucum("g/l"), as_ucum("years")
    ('10*9/L', 'umol/L', 'g/L', 'a')
    >>> as_ucum("x10E9/l"), as_ucum("K/mcL"), as_ucum("mg / 100 ml")
    ('10*9/L', '10*3/uL', 'mg/dL')
    """
    plain = _MC.sub("u", "".join(unit.split()).translate(_MICRO))
    ten = _TEN.match(plain)
    if ten is not None:
        power = ten[1] or ten[2].translate(_POWERS)
        plain = f"10*{power}{plain[ten.end() :]}"
    spelt = _LITRE.sub(r"\1L", plain)
    return _UCUM.get(spelt, spelt)
