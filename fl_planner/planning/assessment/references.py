"""What is set beside a remnant: how each is measured, in which unit, and who printed it.

None of them is a criterion of a trial, and none is inferred from another. Limits that papers
print are told with them: they decide nothing here.
"""

from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.ranges import Plausible, between
from fl_planner.liver.spleen import MINUS_SPLEEN_HU, SPLEEN_ML
from fl_planner.patient import labs
from fl_planner.patient.reserve import MALBI_2B
from fl_planner.patient.scores import ALBI_1, ALBI_2, ALBI_FORMULA
from fl_planner.planning.given.context_inputs import WEEKS


@dataclass(frozen=True, slots=True)
class Reference:
    """One of them.

    - `name`: its key.
    - `formula`: how it is made, with the limits that are in print.
    - `plausible`: what it can be, in its unit; None for words.
    - `source`: the paper.
    - `limits`: that no shown number may change its side of; `decimals` at least.
    """

    name: str
    formula: str
    plausible: Plausible | None
    source: str
    limits: tuple[Fraction, ...] = ()
    decimals: int = 0


def _limits(*decimals: str) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, decimals))


CHEMOTHERAPY = Reference(
    "chemotherapy",
    "weeks before this scan, and its drugs, as given; in print a larger remnant is asked for after "
    "more than 12 weeks",
    WEEKS,
    "Shindoh 2013, Ann Surg Oncol 20:2493",
    _limits("12"),
)
APRI = Reference(
    "apri",
    "100 x (AST / its upper limit) / platelets in 10*9/L; 0.5 and 1.5 in print",
    Plausible(between(">0", "100"), "", "check AST, its upper limit and platelets"),
    "Wai 2003, Hepatology 38:518",
    _limits("0.5", "1.5"),
    2,
)
FIB_4 = Reference(
    "fib_4",
    "age x AST / (platelets in 10*9/L x square root of ALT), U/L; 1.45 and 3.25 in print",
    Plausible(between(">0", "500"), "", "check age, AST, ALT and platelets"),
    "Sterling 2006, Hepatology 43:1317",
    _limits("1.45", "3.25"),
    2,
)
SPLEEN = Reference(
    "spleen_volume",
    "voxels of its mask x volume of a voxel; 107 to 315 mL in healthy adults",
    SPLEEN_ML,
    "Prassopoulos 1997, Eur Radiol 7:246",
)
PDFF = Reference(
    "pdff",
    "proton density fat fraction by MRI, as given; up to 5.56 % without steatosis",
    labs.PDFF,
    "Szczepaniak 2005, Am J Physiol 288:E462",
    _limits("5.56"),
    1,
)
LIVER_MINUS_SPLEEN = Reference(
    "liver_minus_spleen",
    "median of liver without tumour minus median of spleen on an unenhanced CT; -9 or less goes "
    "with 30 % of fat or more",
    MINUS_SPLEEN_HU,
    "Park 2006, Radiology 239:105",
    _limits("-9"),
)
ICG_R15 = Reference(
    "icg_r15",
    "indocyanine green retained after 15 minutes, as given; Makuuchi's tree sets limits at 10, 20, "
    "30 and 40 % after ascites and bilirubin",
    labs.ICG_R15,
    "Imamura 2005, J Hepatobiliary Pancreat Surg 12:16; Makuuchi 1993, Semin Surg Oncol 9:298",
    _limits("10", "20", "30", "40"),
)
HVPG = Reference(
    "hvpg",
    "wedged minus free hepatic venous pressure, as given; clinically significant portal "
    "hypertension from 10 on",
    labs.HVPG,
    "Baveno VII, de Franchis 2022, J Hepatol 76:959",
    _limits("10"),
)
LIMAX = Reference(
    "limax",
    "13C-methacetin breath test, as given; above 315 in healthy adults",
    labs.LIMAX,
    "Stockmann 2010, HPB 12:139; Jara 2015, J Surg Res 193:184",
    _limits("315"),
)
MALBI = Reference(
    "malbi",
    f"{ALBI_FORMULA}; grade 1 to {float(ALBI_1):.2f}, 2a below {float(MALBI_2B):.2f}, 2b to "
    f"{float(ALBI_2):.2f}, 3 above",
    Plausible(between("-6", "3"), "", "check albumin and bilirubin"),
    "Johnson 2015, J Clin Oncol 33:550; Hiraoka 2019, Liver Cancer 8:121",
    (ALBI_1, Fraction(str(MALBI_2B)), ALBI_2),
    2,
)
PHLF = Reference(
    "phlf",
    "INR and bilirubin above the local limits on one day from day 5 on, rising where they were "
    "raised before; grade A: management unchanged, B: changed, C: with invasive treatment",
    None,
    "Rahbari 2011, Surgery 149:713",
)
FIFTY_FIFTY = Reference(
    "fifty_fifty",
    "prothrombin time below 50 % of normal and bilirubin above 50 umol/L on day 5",
    None,
    "Balzan 2005, Ann Surg 242:824",
)
PEAK_BILIRUBIN = Reference(
    "peak_bilirubin",
    "highest of the days given, to day 90; more than 7 in print",
    labs.BILIRUBIN_MG_DL,
    "Mullen 2007, J Am Coll Surg 204:854",
    _limits("7"),
    1,
)
