"""Every factor between units, exact; a conversion anywhere else is a defect.

The factors are those of `clinical.md` section 9 and `trials.md` section 7.1. A name reads
"so many of the first in one of the second": `MM_IN_CM` is 10, `length_mm / MM_IN_CM` is in cm.
"""

from fractions import Fraction

# amounts of substance; the molar mass stands beside the factor
HAEMOGLOBIN_G_PER_DL_IN_MMOL_PER_L = Fraction("1.6114")  # monomer, 16 114 g/mol
BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL = Fraction("17.104")  # 584.66 g/mol
CREATININE_UMOL_PER_L_IN_MG_PER_DL = Fraction("88.4")  # 113.12 g/mol

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
