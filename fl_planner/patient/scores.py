"""Scores of liver disease: MELD and its variants, ALBI, Child-Pugh; and their laboratory values.

A score with a missing input is unknown, never partial. Rounding is half up, at the end
[clinical.md 8]. Laboratory values are in the unit of the formula; implausible values are probably
in a different unit [clinical.md, general rules].
"""

from __future__ import annotations

from fractions import Fraction
from math import log, log10
from typing import Literal

from msgspec import Struct

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.formula import computes
from fl_planner.basis.shown import as_plain
from fl_planner.basis.units import (
    BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL,
    CREATININE_UMOL_PER_L_IN_MG_PER_DL,
    G_PER_L_IN_G_PER_DL,
    Plausible,
    Range,
    at_least,
    between,
)

_BILIRUBIN, _CREATININE = between("0.05", "<60"), between("0.1", "<20")
_ALBUMIN = between(">1", "<8")
_UMOL, _MG = "possibly mg/dL", "possibly umol/L"


def _times(range_: Range, factor: Fraction) -> Range:
    high = None if range_.high is None else range_.high * factor
    return Range(range_.low * factor, high, range_.low_open, range_.high_open)


BILIRUBIN_MG_DL = Plausible(_BILIRUBIN, "mg/dL", _MG)
BILIRUBIN_UMOL_L = Plausible(_times(_BILIRUBIN, BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL), "umol/L", _UMOL)
CREATININE_MG_DL = Plausible(_CREATININE, "mg/dL", _MG)
CREATININE_UMOL_L = Plausible(
    _times(_CREATININE, CREATININE_UMOL_PER_L_IN_MG_PER_DL), "umol/L", _UMOL
)
ALBUMIN_G_DL = Plausible(_ALBUMIN, "g/dL", "possibly g/L")
ALBUMIN_G_L = Plausible(_times(_ALBUMIN, G_PER_L_IN_G_PER_DL), "g/L", "possibly g/dL")
INR = Plausible(between("0.5", "20"), "", "an INR is a ratio, not a time or a percentage")
SODIUM = Plausible(between("100", "180"), "mmol/L", "serum sodium is required")
SODIUM_MEQ_L = Plausible(SODIUM.range, "mEq/L", SODIUM.doubt)  # the same number: one charge
AST_U_L = Plausible(between("1", "20000"), "U/L", "possibly ukat/L")
ALT_U_L = Plausible(between("1", "20000"), "U/L", "possibly ukat/L")
AST_X_ULN = Plausible(
    at_least("0"),
    "times the upper limit of normal",
    "check the value and the upper limit of normal",
)
PLATELETS = Plausible(between("1", "2000"), "10*9/L", "possibly a count per uL")
PROTHROMBIN = Plausible(between("1", "200"), "%", "possibly an INR, or a time in seconds")
PDFF = Plausible(between("0", "60"), "%", "possibly a fraction")
ICG_R15 = Plausible(between("1", "100"), "%", "possibly a fraction")
HVPG = Plausible(between("0", "50"), "mm[Hg]", "possibly a different pressure or another unit")
LIMAX = Plausible(between("5", "1000"), "ug/kg/h", "possibly another unit")
AGE = Plausible(
    between("18", "120"), "years", "the equations are for adults; give the age in years"
)

ADULT = "adult_age"  # missing of a patient under 18, in MELD and the equations of the kidney

# tables in umol/L have limits of 34 and 51: from there to 2 and 3 mg/dL they differ by a point
TABLES_DIFFER = ((Fraction(34), Fraction("34.21")), (Fraction(51), Fraction("51.31")))


def find_differing_tables(name: str, umol_per_l: Fraction) -> list[Finding]:
    """Find a bilirubin with different Child-Pugh points by tables in umol/L and mg/dL."""
    if not any(low <= umol_per_l <= high for low, high in TABLES_DIFFER):
        return []
    value, unit = float(umol_per_l), "umol/L"
    message = (
        f"{name}: {value:g} µmol/L can give different Child-Pugh points with the limits in "
        "µmol/L (34, 51) and in mg/dL (2, 3); "
    )
    message += "the limits in mg/dL are used"
    return [Finding("score.tables_differ", Severity.WARNING, message, None, value, unit)]


Sex = Literal["F", "M"]
Sign = Literal["none", "slight", "marked"]  # of ascites and encephalopathy: 1, 2, 3 points

MELD_LEAST, MELD_LARGEST = 6, 40
NA_TERM_ABOVE = 11  # MELD above which the OPTN includes sodium
MOST_CREATININE, MOST_CREATININE_3 = Fraction(4), Fraction(3)  # mg/dL; also used for dialysis
SODIUM_LOW, SODIUM_HIGH, SODIUM_HIGH_KIM = Fraction(125), Fraction(137), Fraction(140)
ALBUMIN_LOW, ALBUMIN_HIGH = Fraction("1.5"), Fraction("3.5")  # g/dL, of MELD 3.0
# largest of grade 1 and of grade 2 (Johnson 2015)
ALBI_1, ALBI_2 = Fraction("-2.60"), Fraction("-1.39")

Band = tuple[Fraction, Fraction]  # values from ... to ... score 2 points
BILIRUBIN_BAND: Band = (Fraction(2), Fraction(3))  # mg/dL
CHOLESTATIC_BAND: Band = (Fraction(4), Fraction(10))  # in PBC and PSC
ALBUMIN_BAND: Band = (Fraction("2.8"), Fraction("3.5"))  # g/dL
INR_BAND: Band = (Fraction("1.7"), Fraction("2.3"))
SIGN_POINTS: dict[Sign, int] = {"none": 1, "slight": 2, "marked": 3}
# Johnson 2015
ALBI_BILIRUBIN, ALBI_ALBUMIN = Fraction("0.66"), Fraction("0.085")
CLASS_A_MOST, CLASS_B_MOST = 6, 9  # points


class MeldLabs(Struct, frozen=True):
    """Bilirubin and creatinine in mg/dL, and the INR; a creatinine of None means dialysis.

    Examples
    --------
    >>> labs = MeldLabs(Fraction("4.2"), Fraction("1.2"), Fraction("1.9"))
    >>> round(labs.meld_raw, 7), labs.meld  # ameld's test row
    (20.0391626, 20)
    """

    bilirubin_mg_dl: Fraction
    inr: Fraction
    creatinine_mg_dl: Fraction | None

    def __post_init__(self) -> None:
        """Refuse values in other units."""
        BILIRUBIN_MG_DL.check(bilirubin_mg_dl=self.bilirubin_mg_dl)
        INR.check(inr=self.inr)
        CREATININE_MG_DL.check(creatinine_mg_dl=self.creatinine_mg_dl)

    @property
    def meld_raw(self) -> float:
        """MELD before rounding: 9.57 ln Cr + 3.78 ln Bili + 11.2 ln INR + 6.43 (OPTN).

        Each value below 1 counts as 1; creatinine above 4, and dialysis, as 4.
        """
        creatinine = self.creatinine_within(MOST_CREATININE)
        return (
            9.57 * log(creatinine)
            + 3.78 * self.log_bilirubin
            + 11.2 * log(max(self.inr, Fraction(1)))
            + 6.43
        )

    @property
    @computes(
        f"OPTN; each value at least 1, result {MELD_LEAST} to {MELD_LARGEST}",
        "OPTN",
        name="MELD",
        key="scores.meld.meld",
    )
    def meld(self) -> int:
        """MELD, 6 to 40."""
        return _as_score(self.meld_raw)

    @property
    def log_bilirubin(self) -> float:
        """Natural logarithm of bilirubin, of at least 1 mg/dL."""
        return log(max(self.bilirubin_mg_dl, Fraction(1)))

    def creatinine_within(self, most: Fraction) -> Fraction:
        """Creatinine from 1 to `most`; dialysis counts as `most`."""
        known = most if self.creatinine_mg_dl is None else self.creatinine_mg_dl
        return _within(known, Fraction(1), most)


def compute_meld_na_raw(meld: int, sodium_mmol_l: Fraction) -> Fraction:
    """MELD-Na of the OPTN (2016) before rounding, exact.

    MELD + 1.32·(137 - Na) - 0.033·MELD·(137 - Na) for a MELD above 11, else MELD; sodium counts
    from 125 to 137, and MELD is rounded first.

    Examples
    --------
    >>> float(compute_meld_na_raw(20, Fraction(125)))
    27.92
    >>> compute_meld_na_raw(11, Fraction(125))
    Fraction(11, 1)
    """
    SODIUM.check(sodium_mmol_l=sodium_mmol_l)
    if meld <= NA_TERM_ABOVE:
        return Fraction(meld)
    short = SODIUM_HIGH - _within(sodium_mmol_l, SODIUM_LOW, SODIUM_HIGH)
    return meld + (Fraction("1.32") - Fraction("0.033") * meld) * short


@computes(
    f"MELD and sodium, with sodium limited to the range {SODIUM_LOW} to {SODIUM_HIGH} mmol/L",
    "OPTN 2016",
    name="MELD-Na",
    key="scores.meld_na_optn2016.meld_na",
)
def compute_meld_na(meld: int, sodium_mmol_l: Fraction) -> int:
    """MELD-Na of the OPTN (2016), 6 to 40.

    Examples
    --------
    >>> compute_meld_na(22, Fraction(131))
    26
    """
    return _as_score(compute_meld_na_raw(meld, sodium_mmol_l))


def compute_meld_na_kim(meld_raw: float, sodium_mmol_l: Fraction) -> float:
    """MELD-Na of Kim (2008), MELD - Na - 0.025·MELD·(140 - Na) + 140, Na from 125 to 140.

    MELD is not rounded, but from 6 to 40: above 40 a lower sodium would lower the score.

    Examples
    --------
    >>> round(compute_meld_na_kim(22.266725507379004, Fraction(131)), 3)  # transplantr's test row
    26.257
    """
    SODIUM.check(sodium_mmol_l=sodium_mmol_l)
    sodium = float(_within(sodium_mmol_l, SODIUM_LOW, SODIUM_HIGH_KIM))
    meld = min(max(meld_raw, MELD_LEAST), MELD_LARGEST)
    return meld - sodium - 0.025 * meld * (140 - sodium) + 140


def compute_meld_3_raw(
    labs: MeldLabs, sex: Sex, sodium_mmol_l: Fraction, albumin_g_dl: Fraction
) -> float:
    """MELD 3.0 before rounding (Kim 2021).

    1.33 if female + 4.56 ln Bili + 0.82·(137 - Na) - 0.24·(137 - Na)·ln Bili + 9.09 ln INR +
    11.14 ln Cr + 1.85·(3.5 - Alb) - 1.83·(3.5 - Alb)·ln Cr + 6; creatinine 1 to 3, and 3 on
    dialysis, sodium 125 to 137 mmol/L, albumin 1.5 to 3.5 g/dL.

    Examples
    --------
    >>> labs = MeldLabs(Fraction(1), Fraction(1), Fraction(1))
    >>> round(compute_meld_3_raw(labs, "F", Fraction(137), Fraction("3.5")), 9)  # 6 + 1.33
    7.33
    """
    SODIUM.check(sodium_mmol_l=sodium_mmol_l)
    ALBUMIN_G_DL.check(albumin_g_dl=albumin_g_dl)
    salt = float(SODIUM_HIGH - _within(sodium_mmol_l, SODIUM_LOW, SODIUM_HIGH))
    lack = float(ALBUMIN_HIGH - _within(albumin_g_dl, ALBUMIN_LOW, ALBUMIN_HIGH))
    bilirubin, inr = labs.log_bilirubin, log(max(labs.inr, Fraction(1)))
    creatinine = log(labs.creatinine_within(MOST_CREATININE_3))
    return (
        (1.33 if sex == "F" else 0.0)
        + 4.56 * bilirubin
        + 0.82 * salt
        - 0.24 * salt * bilirubin
        + 9.09 * inr
        + 11.14 * creatinine
        + 1.85 * lack
        - 1.83 * lack * creatinine
        + 6
    )


@computes("with sex, sodium and albumin", "Kim 2021", name="MELD 3.0", key="scores.meld_3.meld_3")
def compute_meld_3(raw: float) -> int:
    """MELD 3.0, 6 to 40.

    Examples
    --------
    >>> compute_meld_3(24.438857530638458), compute_meld_3(41.2)
    (24, 40)
    """
    return _as_score(raw)


@computes(
    f"{as_plain(ALBI_BILIRUBIN)} x log10 bilirubin umol/L - {as_plain(ALBI_ALBUMIN)} x albumin g/L",
    "Johnson 2015",
    name="ALBI",
    key="scores.albi.albi",
)
def compute_albi(albumin_g_l: Fraction, bilirubin_umol_l: Fraction) -> float:
    """Compute ALBI, {formula} ({source}).

    Some public calculators give a different value for this example, which contradicts the formula.

    Examples
    --------
    >>> round(compute_albi(Fraction(35), Fraction("20.52")), 3)
    -2.109
    """
    ALBUMIN_G_L.check(albumin_g_l=albumin_g_l)
    BILIRUBIN_UMOL_L.check(bilirubin_umol_l=bilirubin_umol_l)
    return float(ALBI_BILIRUBIN) * log10(bilirubin_umol_l) - float(ALBI_ALBUMIN * albumin_g_l)


def grade_albi(albi: Fraction | float) -> Literal[1, 2, 3]:
    """Grade 1 up to -2.60, 2 up to -1.39, 3 above; a float is compared by its shortest decimal.

    Examples
    --------
    >>> grade_albi(-2.60), grade_albi(-2.59), grade_albi(-1.39), grade_albi(-1.38)
    (1, 2, 2, 3)
    """
    exact = albi if isinstance(albi, Fraction) else Fraction(str(albi))
    if exact <= ALBI_1:
        return 1
    return 2 if exact <= ALBI_2 else 3


def class_child_pugh(points: int) -> Literal["A", "B", "C"]:
    """Class A is 5 and 6 points, B is 7 to 9, C is 10 to 15.

    Examples
    --------
    >>> [class_child_pugh(points) for points in (5, 6, 7, 9, 10, 15)]
    ['A', 'A', 'B', 'B', 'C', 'C']
    """
    if points <= CLASS_A_MOST:
        return "A"
    return "B" if points <= CLASS_B_MOST else "C"


class ChildPugh(Struct, frozen=True):
    """Five items, with the INR; values at a boundary score 2.

    Examples
    --------
    >>> score = ChildPugh(Fraction(2), Fraction("3.5"), Fraction("1.7"), "none", "none")
    >>> score.points, score.letter
    (8, 'B')
    """

    bilirubin_mg_dl: Fraction
    albumin_g_dl: Fraction
    inr: Fraction
    ascites: Sign
    encephalopathy: Sign
    cholestatic: bool = False  # PBC or PSC: other limits of bilirubin

    def __post_init__(self) -> None:
        """Refuse values in other units."""
        BILIRUBIN_MG_DL.check(bilirubin_mg_dl=self.bilirubin_mg_dl)
        ALBUMIN_G_DL.check(albumin_g_dl=self.albumin_g_dl)
        INR.check(inr=self.inr)

    @property
    @computes(
        "sum of the points for bilirubin, albumin, INR, ascites and encephalopathy",
        "MSD Manual",
        name="Child-Pugh",
        key="scores.child_pugh.points",
    )
    def points(self) -> int:
        """5 to 15."""
        band = CHOLESTATIC_BAND if self.cholestatic else BILIRUBIN_BAND
        low, high = ALBUMIN_BAND
        return (
            _in_band(self.bilirubin_mg_dl, band)
            + _in_band(-self.albumin_g_dl, (-high, -low))
            + _in_band(self.inr, INR_BAND)
            + SIGN_POINTS[self.ascites]
            + SIGN_POINTS[self.encephalopathy]
        )

    @property
    def letter(self) -> Literal["A", "B", "C"]:
        """Class that corresponds to the points."""
        return class_child_pugh(self.points)


def _in_band(value: Fraction, band: Band) -> int:
    low, high = band
    return 1 if value < low else 2 if value <= high else 3


def _within(value: Fraction, low: Fraction, high: Fraction) -> Fraction:
    return min(max(value, low), high)


def _as_score(raw: float | Fraction) -> int:
    """Round half up, within the scale."""
    return min(max((Fraction(raw) + Fraction(1, 2)).__floor__(), MELD_LEAST), MELD_LARGEST)
