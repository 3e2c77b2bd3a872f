"""Fibrosis (APRI, FIB-4) and reserve in cirrhosis: modified ALBI, Makuuchi criteria by ICG-R15."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from math import sqrt
from typing import Literal

from msgspec import Struct

from fl_planner.basis.formula import computes
from fl_planner.patient.scores import (
    AGE,
    ALBI_1,
    ALBI_2,
    ALT_U_L,
    AST_U_L,
    AST_X_ULN,
    BILIRUBIN_MG_DL,
    ICG_R15,
    PLATELETS,
    grade_albi,
)

APRI_LIMITS = Fraction("0.5"), Fraction("1.5")  # published cut-offs
FIB_4_LIMITS = Fraction("1.45"), Fraction("3.25")


@computes(
    "100 x (AST / upper limit of normal) / platelets in 10*9/L", "Wai 2003, Hepatology 38:518"
)
def compute_apri(ast_x_uln: Fraction, platelets_10e9_per_l: Fraction) -> Fraction:
    """Compute the AST to platelet ratio index, {formula}; exact ({source}).

    Examples
    --------
    >>> float(compute_apri(Fraction(90, 40), Fraction(120)))
    1.875
    """
    AST_X_ULN.check(ast_x_uln=ast_x_uln)
    PLATELETS.check(platelets_10e9_per_l=platelets_10e9_per_l)
    return 100 * ast_x_uln / platelets_10e9_per_l


@computes(
    "age x AST / (platelets in 10*9/L x square root of ALT), AST and ALT in U/L",
    "Sterling 2006, Hepatology 43:1317",
)
def compute_fib_4(
    age_years: Fraction,
    ast_u_per_l: Fraction,
    alt_u_per_l: Fraction,
    platelets_10e9_per_l: Fraction,
) -> float:
    """Compute FIB-4, {formula} ({source}).

    Examples
    --------
    >>> compute_fib_4(Fraction(60), Fraction(80), Fraction(64), Fraction(150))
    4.0
    """
    AGE.check(age=age_years)
    AST_U_L.check(ast_u_per_l=ast_u_per_l)
    ALT_U_L.check(alt_u_per_l=alt_u_per_l)
    PLATELETS.check(platelets_10e9_per_l=platelets_10e9_per_l)
    return float(age_years * ast_u_per_l / platelets_10e9_per_l) / sqrt(alt_u_per_l)


SIGNIFICANT_HVPG = Fraction(10)  # mm[Hg], from which portal hypertension is clinically significant
BAVENO = "Baveno VII, de Franchis 2022"
MAKUUCHI = "Makuuchi 1993"

ModifiedGrade = Literal["1", "2a", "2b", "3"]
Ascites = Literal["none", "controlled", "uncontrolled"]

MALBI_2B = -2.27  # least of grade 2b
NO_HEPATECTOMY = "no hepatectomy"
# (bilirubin in mg/dL, largest resection above it); between two published bands, 1.0 and 1.1 or 1.5
# and 1.6, the stricter one [project's choice]
BY_BILIRUBIN = ((Fraction("1.0"), "limited resection"), (Fraction("1.5"), "enucleation"))
BILIRUBIN_LIMIT = Fraction(2)  # mg/dL, from which no hepatectomy is indicated
# below 20 %: Imamura 2005; a section consists of two segments
UP_TO_TWO = "left hepatectomy or sectionectomy (up to two segments)"
# (ICG-R15 in %, largest resection below it)
BY_RETENTION = (
    (10, "right hepatectomy or trisectionectomy"),
    (20, UP_TO_TWO),
    (30, "segmentectomy"),
    (40, "limited resection"),
)


@computes(
    f"grade 1: up to {float(ALBI_1):.2f}, 2a: below {MALBI_2B:.2f}, "
    f"2b: up to {float(ALBI_2):.2f}, 3: above {float(ALBI_2):.2f}",
    "Hiraoka 2019, Liver Cancer 8:121",
)
def grade_malbi(albi: float) -> ModifiedGrade:
    """Divide ALBI grade 2: {formula} ({source}).

    Examples
    --------
    >>> [grade_malbi(albi) for albi in (-2.60, -2.59, -2.28, -2.27, -1.39, -1.38)]
    ['1', '2a', '2a', '2b', '2b', '3']
    """
    match grade_albi(albi):
        case 1:
            return "1"
        case 2:
            return "2a" if albi < MALBI_2B else "2b"
    return "3"


@computes(
    "Makuuchi criteria: limits of {}, {}, {} and {} %".format(*(end for end, _ in BY_RETENTION))
    + ", considered after ascites and bilirubin",
    f"Imamura 2005, J Hepatobiliary Pancreat Surg 12:16; {MAKUUCHI}, Semin Surg Oncol 9:298",
)
def compute_makuuchi_limit(
    ascites: Ascites, bilirubin_mg_dl: Fraction, icg_r15_percent: Fraction
) -> str:
    """Return the largest resection by the Makuuchi criteria: ascites, bilirubin, ICG-R15.

    Examples
    --------
    >>> compute_makuuchi_limit("none", Fraction("0.9"), Fraction(20))
    'segmentectomy'
    >>> compute_makuuchi_limit("none", Fraction("1.2"), Fraction(5))
    'limited resection'
    """
    BILIRUBIN_MG_DL.check(bilirubin_mg_dl=bilirubin_mg_dl)
    ICG_R15.check(icg_r15_percent=icg_r15_percent)
    if ascites == "uncontrolled" or bilirubin_mg_dl >= BILIRUBIN_LIMIT:
        return NO_HEPATECTOMY
    for above, largest in reversed(BY_BILIRUBIN):
        if bilirubin_mg_dl > above:
            return largest
    return next((up_to for end, up_to in BY_RETENTION if icg_r15_percent < end), "enucleation")


MOST_BILIRUBIN = Fraction("1.0")  # mg/dL, up to which the ICG-R15 decides [clinical.md 12.1]
LEFT_LIVER = frozenset(("2", "3", "4", "4a", "4b"))
CAUDATE = "1"  # not counted together with others
HALF = Fraction(1, 2)  # of a segment: 4a or 4b


class ResectionLimit(Struct, frozen=True):
    """Largest anatomical resection by the Makuuchi criteria.

    - `most`: maximum number of segments, with half of IV counted as 0.5; None for any number.
    - `or_left`: whether the left liver may also be removed.
    """

    words: str
    most: Fraction | None
    or_left: bool = False

    def allows(self, removed: Collection[str]) -> bool:
        """Whether these segments may be removed; segment 1 is considered only if removed alone.

        Examples
        --------
        >>> compute_largest_resection(Fraction("0.8"), Fraction(15)).allows(("1", "2", "3", "4"))
        True
        """
        counted = {*removed} - {CAUDATE} or {*removed}
        if self.most is None or (self.or_left and counted <= LEFT_LIVER):
            return True
        return sum(HALF if len(name) > 1 else 1 for name in counted) <= self.most


# (ICG-R15 in %, resection allowed below it); from the last limit, less than a segment
CRITERIA = (
    (10, ResectionLimit("any resection", None)),
    (20, ResectionLimit(UP_TO_TWO, Fraction(2), or_left=True)),
    (30, ResectionLimit("at most one segment", Fraction(1))),
)


def compute_largest_resection(
    bilirubin_mg_dl: Fraction, icg_r15_percent: Fraction
) -> ResectionLimit:
    """Return the limit of the Makuuchi criteria in HCC without ascites [clinical.md 12.1].

    Examples
    --------
    >>> compute_largest_resection(Fraction("1.0"), Fraction("9.9")).words
    'any resection'
    >>> compute_largest_resection(Fraction("1.1"), Fraction("9.9")).words
    'no anatomical resection'
    """
    if bilirubin_mg_dl > MOST_BILIRUBIN:
        return ResectionLimit("no anatomical resection", Fraction(0))
    below = (limit for end, limit in CRITERIA if icg_r15_percent < end)
    return next(below, ResectionLimit("less than a segment", HALF))
