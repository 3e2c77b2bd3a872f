"""Laboratory values in the unit that a formula wants, and what they can be in it.

What lies outside is in another unit [clinical.md, general rules].
"""

from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.ranges import Plausible, Range, at_least, between
from fl_planner.basis.units import (
    BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL,
    CREATININE_UMOL_PER_L_IN_MG_PER_DL,
    G_PER_L_IN_G_PER_DL,
)

_BILIRUBIN, _CREATININE = between("0.05", "<60"), between("0.1", "<20")
_ALBUMIN = between(">1", "<8")
_UMOL, _MG = "mg/dL was perhaps meant", "umol/L was perhaps meant"


def _times(range_: Range, factor: Fraction) -> Range:
    high = None if range_.high is None else range_.high * factor
    return Range(range_.low * factor, high, range_.low_open, range_.high_open)


BILIRUBIN_MG_DL = Plausible(_BILIRUBIN, "mg/dL", _MG)
BILIRUBIN_UMOL_L = Plausible(_times(_BILIRUBIN, BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL), "umol/L", _UMOL)
CREATININE_MG_DL = Plausible(_CREATININE, "mg/dL", _MG)
CREATININE_UMOL_L = Plausible(
    _times(_CREATININE, CREATININE_UMOL_PER_L_IN_MG_PER_DL), "umol/L", _UMOL
)
ALBUMIN_G_DL = Plausible(_ALBUMIN, "g/dL", "g/L was perhaps meant")
ALBUMIN_G_L = Plausible(_times(_ALBUMIN, G_PER_L_IN_G_PER_DL), "g/L", "g/dL was perhaps meant")
INR = Plausible(between("0.5", "20"), "", "an INR is a ratio; seconds or percent are not it")
SODIUM = Plausible(between("100", "180"), "mmol/L", "it is the sodium in the blood")
AST_U_L = Plausible(between("1", "20000"), "U/L", "ukat/L was perhaps meant")
ALT_U_L = Plausible(between("1", "20000"), "U/L", "ukat/L was perhaps meant")
AST_X_ULN = Plausible(at_least("0"), "times its upper limit", "check value and limit")
PLATELETS = Plausible(between("1", "2000"), "10*9/L", "a count in /uL was perhaps meant")
PROTHROMBIN = Plausible(between("1", "200"), "%", "an INR or seconds were perhaps meant")
PDFF = Plausible(between("0", "60"), "%", "a fraction was perhaps meant")
ICG_R15 = Plausible(between("1", "100"), "%", "a fraction was perhaps meant")
HVPG = Plausible(between("0", "50"), "mm[Hg]", "another pressure or unit was perhaps meant")
LIMAX = Plausible(between("5", "1000"), "ug/kg/h", "another unit was perhaps meant")
AGE = Plausible(between("18", "120"), "years", "the equations are for adults; give years")

# tables in umol/L cut at 34 and 51: from there to 2 and 3 mg/dL the two differ by a point
TABLES_DIFFER = ((Fraction(34), Fraction("34.21")), (Fraction(51), Fraction("51.31")))


def find_differing_tables(name: str, umol_per_l: Fraction) -> list[Finding]:
    """Find a bilirubin that tables in umol/L give other Child-Pugh points than those in mg/dL."""
    if not any(low <= umol_per_l <= high for low, high in TABLES_DIFFER):
        return []
    value, unit = float(umol_per_l), "umol/L"
    message = f"{name}: {value:g} {unit} lies between the limits of tables in {unit} (34, 51) and "
    message += "in mg/dL (2, 3), which decide here"
    return [Finding("score.tables_differ", Severity.WARNING, message, None, value, unit)]
