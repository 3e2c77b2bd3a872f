"""Values that are rare in the stated unit, and usual in another one, or that no patient has.

A unit is never changed: the value is used as stated, and the doubt is reported with it. Two values
of which one cannot be as stated are reported too.
"""

from fractions import Fraction
from functools import lru_cache

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_plain
from fl_planner.basis.units import between
from fl_planner.trials.facts.facts import Contradiction, Facts
from fl_planner.trials.facts.quantities import QUANTITIES, RATIO_UNIT, UPPER_LIMITS, Quantity
from fl_planner.trials.statements import Amount

PLAIN_RATIO = "1"  # UCUM code of a number without a unit
# Input name -> unit -> number from which a value is rare in it, and the unit in which the number is
# usual. Bilirubin of 5 to 20 umol/L is usual; at 5 mg/dL and above, the bile is drained before
# resection. 5 xULN is as rare; creatinine above 6 xULN is life-threatening (CTCAE 5.0, grade 4).
# Creatinine of 0.4 mmol/L or 5 mg/dL occurs in renal failure only, and a normal AST is never below
# 5 U/L or above 10 ukat/L; 10 to 40 U/L are usual. ALP of 15 ukat/L occurs in cholestasis, and
# 15 U/L is not usual; 30 U/L is. Haemoglobin of 12 mmol/L is 19.3 g/dL, as in
# polycythaemia; 12 g/dL is usual. Neutrophils of 40 10*9/L are a leukaemoid reaction, and 40 to
# 80 % are usual. A prothrombin time is 9 s or more, and an INR of 8 a severe overdose of an
# anticoagulant. A PaO2 of 40 kPa is 300 mm[Hg], not reached on room air (at most 20 kPa or
# 150 mm[Hg]). A pulmonary nodule of 3 cm is a mass (Fleischner Society 2024)
# [safety.md H-09; the figures are this project's choice]
RareUnits = dict[str, tuple[int | Fraction, str]]
_TRANSAMINASES = ("ast", "alt")
LESIONS = ("largest_lesion", "largest_lesion_mask")
RARE_FROM: dict[str, RareUnits] = {
    "bilirubin_total": {"mg/dL": (5, "umol/L"), RATIO_UNIT: (5, "umol/L")},
    "creatinine": {
        "mmol/L": (Fraction(2, 5), "mg/dL"),
        "mg/dL": (5, "mg/L"),
        RATIO_UNIT: (6, "umol/L"),
    },
    "haemoglobin": {"mmol/L": (12, "g/dL")},
    "anc": {"10*9/L": (40, "%"), "10*3/uL": (40, "%")},
    **{name: {"ukat/L": (10, "U/L"), RATIO_UNIT: (10, "U/L")} for name in _TRANSAMINASES},
    "alp": {"ukat/L": (30, "U/L"), RATIO_UNIT: (30, "U/L")},
    "inr": {PLAIN_RATIO: (8, "s")},
    "aptt": {RATIO_UNIT: (5, "s")},
    "prothrombin_time": {RATIO_UNIT: (5, "s"), "s": (40, "%")},
    "pao2": {"kPa": (40, "mm[Hg]")},
    **{name: {"cm": (20, "mm")} for name in LESIONS},
    "extrahepatic_indeterminate_max": {"cm": (3, "mm")},
    "life_expectancy": {"a": (10, "mo")},
    "other_malignancy_disease_free": {"a": (30, "mo")},
}
# The same, below a number. 0.1 mg/dL of bilirubin, the least that laboratories report, is
# 1.7 umol/L. Creatinine of 0.2 mg/dL or 15 umol/L is reached by infants only. Haemoglobin below
# 8 g/dL is severe anaemia (WHO 2024), and 7 to 11 mmol/L are usual; below 100 neutrophils in a uL
# neutropenia is profound (IDSA 2010), and 40 10*9/L are not usual. A clearance of 4 mL/min is none;
# 1 to 2.5 mL/s are usual. A tumour of 1 mL is 12 mm wide; 0.4 L as 0.4 mL enlarges the
# non-tumorous liver and lowers the FLR. A treated area of 1.1 L as 1.1 mL leaves nearly all of the
# liver untreated. CT does not show lesions much smaller than 5 mm in the liver, or 2 mm elsewhere.
_PART: RareUnits = {"mL": (10, "L"), "mm3": (10_000, "mL")}
RARE_BELOW: dict[str, RareUnits] = {
    "bilirubin_total": {"umol/L": (2, "mg/dL")},
    "creatinine": {"mg/dL": (Fraction(1, 5), "mmol/L"), "umol/L": (15, "mg/L")},
    "haemoglobin": {"g/dL": (8, "mmol/L")},
    "anc": {"/uL": (40, "10*9/L"), "/mm3": (40, "10*9/L")},
    **{name: {"U/L": (5, "ukat/L")} for name in (*_TRANSAMINASES, "alp")},
    "creatinine_clearance": {"mL/min": (4, "mL/s")},
    "egfr_mdrd": {"mL/min/{1.73_m2}": (4, "mL/s/{1.73_m2}")},
    "lung_dose": {"mGy": (100, "Gy")},
    "tumour_volume": {"mL": (1, "L"), "mm3": (1000, "mL")},
    **dict.fromkeys(("treated_nontumorous_volume", "flr_after_clearing_volume"), _PART),
    "flr_after_clearing_1mm_volume": _PART,
    **{name: {"mm": (5, "cm")} for name in LESIONS},
    "extrahepatic_indeterminate_max": {"mm": (2, "cm")},
    "life_expectancy": {"d": (30, "mo")},
}
WITH_UNIT_DOUBTS = RARE_FROM.keys() | RARE_BELOW.keys()  # quantities
# Usual upper limits of normal, in the first unit of the analyte. They include the lowest published
# for women (ALT 19 U/L, Prati 2002), those of previous methods (ALP 359 U/L, JSCC, Japan), and
# those of growing children (ALP 468 U/L, CALIPER 2012) [project's choice].
_TRANSAMINASE = ("15", "100")
USUAL_UPPER_LIMITS = {
    "bilirubin_total": ("0.5", "2.5"),
    **dict.fromkeys(("ast", "alt"), _TRANSAMINASE),
    "alp": ("60", "500"),
    "creatinine": ("0.4", "2"),
    "aptt": ("25", "70"),
    "prothrombin_time": ("9", "25"),
}


def as_suffix(unit: str) -> str:
    """Return a unit as it follows a number: nothing for a plain ratio, whose UCUM code is 1."""
    return "" if unit == PLAIN_RATIO else f" {unit}"


@lru_cache(maxsize=1 << 13)  # patients of a list have much in common
def find_amount_doubts(
    name: str, typed: Amount, *, called: str | None = None
) -> tuple[Finding, ...]:
    """Find a doubt about the unit of a quantity, or of an upper limit of normal.

    A multiple of 0 meets every upper limit, as may a missing result that was stored as 0.

    - `name`: input name; `called`: name in the message, if different.
    """
    called = called or name
    if typed.unit == RATIO_UNIT and typed.value == 0:
        message = f"{called}: 0 {RATIO_UNIT} is not measured in any patient: check whether there "
        message += "is a result"
        return (Finding("lab.multiple_of_zero", Severity.WARNING, message, None, 0.0, RATIO_UNIT),)
    quantity = QUANTITIES.get(name) or UPPER_LIMITS[name]
    found = find_unit_doubts(quantity.name, typed.value, typed.unit, called=called)
    if not found and name.endswith("_uln"):
        found = _find_unusual_limit(quantity, typed, called)
    return tuple(found)


def _find_unusual_limit(quantity: Quantity, typed: Amount, called: str) -> list[Finding]:
    """Find an upper limit of normal as no laboratory has it: another unit, or a patient's value."""
    limits = USUAL_UPPER_LIMITS.get(quantity.name)
    usual = between(*limits) if limits else quantity.range  # of the INR: its range as a fact
    if usual.holds(typed.value * quantity.units[typed.unit]):
        return []
    message = f"{called}: {as_plain(typed.value)}{as_suffix(typed.unit)} is outside the usual "
    message += f"upper limits of normal, {usual}{as_suffix(quantity.unit)}: "
    message += "check the number and its unit"
    value = float(typed.value)
    return [Finding("lab.upper_limit_unusual", Severity.WARNING, message, None, value, typed.unit)]


def find_unit_doubts(
    analyte: str, value: Fraction, unit: str, *, called: str | None = None
) -> list[Finding]:
    """Find a value that is rare in its unit and usual in another; both are reported.

    - `analyte`: input name; `called`: name in the message, if different.
    - `unit`: UCUM code.

    Examples
    --------
    >>> find_unit_doubts("bilirubin_total", Fraction(17), "mg/dL")[0].message
    'bilirubin_total: 17 mg/dL is 290.8 umol/L; check whether 17 umol/L was meant'
    >>> find_unit_doubts("bilirubin_total", Fraction(1), "mg/dL")
    []
    """
    from_, meant = RARE_FROM.get(analyte, {}).get(unit, (None, ""))
    rare = from_ is not None and value >= from_
    if not rare:
        below, meant = RARE_BELOW.get(analyte, {}).get(unit, (0, ""))
        rare = 0 < value < below  # 0 is none, in any unit
    if not rare:
        return []
    number, factors = f"{float(value):g}", QUANTITIES[analyte].units
    read = "unusual"
    if unit in factors and meant in factors:
        read = f"{float(value * factors[unit] / factors[meant]):.4g} {meant}"
    message = f"{called or analyte}: {number}{as_suffix(unit)} is {read}; check whether "
    message += f"{number} {meant} was meant"
    return [Finding("lab.unit_doubt", Severity.WARNING, message, None, float(value), unit)]


CELLS_ROUNDING = Fraction(1, 2)  # 10*9/L: counts entered as whole numbers
# A lesion fills at most the sphere of its longest diameter, half of the cube, and an elongated one
# up to 10 spheres of its axial diameter. Millimetres as centimetres are 1000 times the cube, which
# is 500 times the volume of four such spheres [project's choice]
LESION_CUBES, LARGEST_LESION_CUBE = 5, 400


def find_cells_apart(facts: Facts) -> Contradiction | None:
    """Find more neutrophils than leukocytes, of which they are a part, on the same day."""
    neutrophils, all_white = facts.get("anc_10e9_per_l"), facts.get("wbc_10e9_per_l")
    if not (isinstance(neutrophils, Fraction) and isinstance(all_white, Fraction)):
        return None
    same_day = facts.get("anc_age_days") == facts.get("wbc_age_days")
    if not same_day or neutrophils - all_white <= CELLS_ROUNDING:
        return None
    message = f"{as_plain(neutrophils)} neutrophils and {as_plain(all_white)} leukocytes "
    message += "(10*9/L) are recorded, but neutrophils are a part of the leukocytes"
    remedy = "check both units, whether one is a percentage, and whether both are of one sample"
    return Contradiction("evidence.blood_cells_apart", message, remedy=remedy)


def find_pressures_apart(facts: Facts) -> Contradiction | None:
    """Find a diastolic pressure that is not below the systolic: both are unknown."""
    concerned = ("systolic_bp_treated_mmhg", "diastolic_bp_treated_mmhg")
    systolic, diastolic = map(facts.get, concerned)
    if not (isinstance(systolic, Fraction) and isinstance(diastolic, Fraction)):
        return None
    if diastolic < systolic:
        return None
    message = "the diastolic blood pressure is not lower than the systolic"
    remedy = "check whether the two were exchanged"
    return Contradiction("evidence.blood_pressure_apart", message, concerned, remedy)


def find_sizes_apart(facts: Facts) -> Contradiction | None:
    """Find a largest lesion that the tumour volume excludes: mm entered as cm, or the reverse.

    Without a diameter on a mask: a difference from the calliper is reported by itself.
    """
    asked = ("tumour_volume_ml", "lesion_count", "largest_lesion_cm")
    volume, count, diameter = map(facts.get, asked)
    if facts.get("largest_lesion_mask_cm") is not None or not (
        isinstance(volume, Fraction) and isinstance(count, Fraction)
    ):
        return None
    if not isinstance(diameter, Fraction) or not volume or not count:
        return None
    cube = diameter**3  # mL; a sphere is about half of it
    if cube <= LARGEST_LESION_CUBE * volume and volume <= LESION_CUBES * count * cube:
        return None
    message = f"a largest lesion of {as_plain(diameter)} cm does not fit a tumour volume of "
    message += f"{as_ml(float(volume))} in {count} lesion{'' if count == 1 else 's'}"
    remedy = "check the units (mm, cm; mL, L) and the number of lesions"
    return Contradiction("evidence.lesion_sizes_apart", message, remedy=remedy)
