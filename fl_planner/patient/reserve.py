"""Reserve of a cirrhotic liver: modified ALBI grade, largest resection in Makuuchi's tree."""

from fractions import Fraction
from typing import Literal

from fl_planner.patient.labs import BILIRUBIN_MG_DL, ICG_R15
from fl_planner.patient.scores import grade_albi

ModifiedGrade = Literal["1", "2a", "2b", "3"]
Ascites = Literal["none", "controlled", "uncontrolled"]

MALBI_2B = -2.27  # least of grade 2b (Hiraoka 2019)
NO_HEPATECTOMY = "no hepatectomy"
# (bilirubin in mg/dL, from there on, what the tree goes up to); between two printed bands,
# 1.0 and 1.1 or 1.5 and 1.6, the stricter one [project's choice]
BY_BILIRUBIN = (
    (Fraction("1.0"), "limited resection"),
    (Fraction("1.5"), "enucleation"),
)
BILIRUBIN_LIMIT = Fraction(2)  # mg/dL, from which the tree has no hepatectomy
# (ICG-R15 in %, below which the tree goes up to it)
BY_RETENTION = (
    (10, "right hepatectomy or trisectionectomy"),
    (20, "left hepatectomy or sectionectomy"),
    (30, "segmentectomy"),
    (40, "limited resection"),
)


def grade_malbi(albi: float) -> ModifiedGrade:
    """Divide ALBI grade 2 at -2.27: 2a below it, 2b from there on (Hiraoka 2019).

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


def find_makuuchi_limit(
    ascites: Ascites, bilirubin_mg_dl: Fraction, icg_r15_percent: Fraction
) -> str:
    """Find the largest resection in Makuuchi's tree: ascites, then bilirubin, then ICG-R15.

    Examples
    --------
    >>> find_makuuchi_limit("none", Fraction("0.9"), Fraction(20))
    'segmentectomy'
    >>> find_makuuchi_limit("none", Fraction("1.2"), Fraction(5))
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
