"""Input keys: accepted units, plausible ranges, and the facts to which they are converted.

Quantities are given with one of several units; counts, codes and yes/no facts under their own
names. Units are UCUM codes, case-sensitive; `basis/units.py` lists other spellings [trials.md 7.0].
"""

from __future__ import annotations

import re
from fractions import Fraction

from msgspec import Struct

from fl_planner.basis import units
from fl_planner.basis.standing_words import SHARE_WORDS
from fl_planner.trials.facts.facts import FACTS, FOLLOWING, Range, between
from fl_planner.trials.facts.meanings import AS_EQUIVALENT, LABORATORY, NUMBERS, FactKind

RATIO_UNIT = "xULN"  # multiples of the local upper limit of normal; own code, not UCUM
RATIOS = Range(Fraction(0), None)  # project's choice: no range is stated; not negative


class Quantity(Struct, frozen=True):
    """A quantity that is given with a unit.

    - `name`: the input key.
    - `units`: accepted UCUM codes, with the factor to the first unit, which is the unit of the
      fact.
    - `range`: plausible values, in the first unit.
    - `fact`: the fact in that unit; None if trials use only the ratio.
    - `ratio`: the fact in multiples of the laboratory's upper limit, whose key is `<name>_uln`.
    """

    name: str
    units: dict[str, Fraction]
    range: Range
    fact: str | None = None
    ratio: str | None = None

    @property
    def unit(self) -> str:
        """Unit of the fact."""
        return next(iter(self.units))

    @property
    def subject(self) -> str:
        """Name of the fact in findings."""
        return self.fact or self.ratio or self.name

    @property
    def is_laboratory(self) -> bool:
        """Whether it may have a separate date."""
        return self.name in LABORATORY

    @property
    def takes_ratio(self) -> bool:
        """Whether `xULN` is an accepted unit; not of an INR."""
        return self.ratio is not None and self.name != "inr"


def _typed(
    name: str, fact: str, others: dict[str, Fraction] | None = None, *, ratio: bool = False
) -> Quantity:
    known = NUMBERS[fact]
    accepted = {known.unit: Fraction(1)} | (others or {})
    return Quantity(name, accepted, known.range or RATIOS, fact, f"{name}_x_uln" if ratio else None)


def _seconds(name: str, low: str, high: str) -> Quantity:
    return Quantity(name, {"s": Fraction(1)}, between(low, high), ratio=f"{name}_x_uln")


_VOLUMES = {"L": units.ML_IN_L, "mm3": 1 / units.MM3_IN_ML}
_CELLS = {
    "10*3/uL": Fraction(1),
    "/uL": 1 / units.PER_UL_IN_10E9_PER_L,
    "/mm3": 1 / units.PER_UL_IN_10E9_PER_L,
}
_ENZYME = {"ukat/L": units.U_PER_L_IN_UKAT_PER_L}
_KPA = {"kPa": units.MMHG_IN_KPA}
_MM = {"mm": 1 / units.MM_IN_CM}
_WEEKS = {"wk": units.DAYS_IN_WEEK}
_MONTHS = {"mo": 1 / units.MONTHS_IN_YEAR}
_YEARS_AND_DAYS = {
    "a": units.MONTHS_IN_YEAR,
    "wk": units.DAYS_IN_WEEK / units.DAYS_IN_MONTH,
    "d": 1 / units.DAYS_IN_MONTH,
}
_BILIRUBIN = {"umol/L": 1 / units.BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL}
_CREATININE = {
    "umol/L": 1 / units.CREATININE_UMOL_PER_L_IN_MG_PER_DL,
    "mmol/L": units.UMOL_IN_MMOL / units.CREATININE_UMOL_PER_L_IN_MG_PER_DL,
}
_HAEMOGLOBIN = {
    "g/L": 1 / units.G_PER_L_IN_G_PER_DL,
    "mmol/L": units.HAEMOGLOBIN_G_PER_DL_IN_MMOL_PER_L,
}

QUANTITIES = {
    quantity.name: quantity
    for quantity in (
        _typed("age", "age_years", _MONTHS),
        _typed("total_liver_volume", "total_liver_volume_ml", _VOLUMES),
        _typed("tumour_volume", "tumour_volume_ml", _VOLUMES),
        _typed("flr_volume", "flr_volume_ml", _VOLUMES),
        _typed("flr_after_clearing_volume", "flr_after_clearing_volume_ml", _VOLUMES),
        _typed("flr_after_clearing_1mm_volume", "flr_after_clearing_1mm_volume_ml", _VOLUMES),
        _typed("clearing_margin", "clearing_margin_mm", {"cm": units.MM_IN_CM}),
        _typed("baseline_nontumorous_volume", "baseline_nontumorous_volume_ml", _VOLUMES),
        _typed("flr_of_nontumorous_liver", "flr_of_nontumorous_liver_percent"),
        _typed("flr_of_whole_liver", "flr_of_whole_liver_percent"),
        _typed("treated_nontumorous_volume", "treated_nontumorous_volume_ml", _VOLUMES),
        _typed("flr_function", "flr_function_pct_per_min_per_m2"),
        _typed("largest_lesion", "largest_lesion_cm", _MM),
        _typed("largest_lesion_mask", "largest_lesion_mask_cm", _MM),
        _typed(
            "extrahepatic_indeterminate_max",
            "extrahepatic_indeterminate_max_mm",
            {"cm": units.MM_IN_CM},
        ),
        _typed("staging_ct_age", "staging_ct_age_days", _WEEKS),
        _typed("labs_age", "labs_age_days", _WEEKS),
        _typed("life_expectancy", "life_expectancy_months", _YEARS_AND_DAYS),
        _typed("haemoglobin", "haemoglobin_g_per_dl", _HAEMOGLOBIN),
        _typed("anc", "anc_10e9_per_l", _CELLS),
        _typed("wbc", "wbc_10e9_per_l", _CELLS),
        _typed("platelets", "platelets_10e9_per_l", _CELLS),
        _typed("albumin", "albumin_g_per_l", {"g/dL": units.G_PER_L_IN_G_PER_DL}),
        _typed("bilirubin_total", "bilirubin_total_mg_per_dl", _BILIRUBIN, ratio=True),
        _typed("alt", "alt_u_per_l", _ENZYME, ratio=True),
        _typed("ast", "ast_u_per_l", _ENZYME, ratio=True),
        _typed("alp", "alp_u_per_l", _ENZYME, ratio=True),
        _typed("creatinine", "creatinine_mg_per_dl", _CREATININE, ratio=True),
        _typed(
            "creatinine_clearance",
            "creatinine_clearance_ml_per_min",
            {"mL/s": units.SECONDS_IN_MINUTE},
        ),
        _typed("egfr_mdrd", "egfr_mdrd_ml_per_min_per_1_73m2"),
        _typed("inr", "inr", ratio=True),
        _typed("inr_uln", "inr_uln"),
        _seconds("aptt", "10", "300"),
        _seconds("prothrombin_time", "5", "200"),
        _typed("lung_dose", "lung_dose_gy_at_150gy_tumour", {"mGy": 1 / units.MGY_IN_GY}),
        _typed("pao2", "pao2_mmhg", _KPA),
        _typed("systolic_bp_treated", "systolic_bp_treated_mmhg", _KPA),
        _typed("diastolic_bp_treated", "diastolic_bp_treated_mmhg", _KPA),
        _typed("lvef", "lvef_percent", {"1": units.PERCENT_IN_ONE}),
        _typed("other_malignancy_disease_free", "other_malignancy_disease_free_years", _MONTHS),
        _typed("corticosteroid_daily_dose", "corticosteroid_methylprednisolone_eq_mg_per_day"),
    )
}
# upper limit of normal -> its quantity, in any of the units of that quantity
UPPER_LIMITS = {f"{q.name}_uln": q for q in QUANTITIES.values() if q.takes_ratio}
# date -> the age that follows from it
LABS_DATE, LABS_AGE = "labs_date", "labs_age"  # of all blood tests without a date of their own
DATES = {LABS_DATE: LABS_AGE, "staging_ct_date": "staging_ct_age"}
SCAN_DATE = "scan_date"  # of the scan on which the volumes were measured
DAYS = (*DATES, SCAN_DATE)  # all inputs that are plain dates
# facts that follow from others; not accepted as input
_DERIVED = {*FOLLOWING, "extrahepatic_confirmed_sites", "prior_pve_hve_kind"}
TYPED_PLAINLY = frozenset(
    name
    for name, fact in FACTS.items()
    if fact.kind is not FactKind.NUMBER and name not in _DERIVED
)
TYPED_FLR = "flr_share_typed"  # derived fact: the FLR percentage was entered
TYPED_FLR_AS = {  # fact -> input key; the denominator excludes or includes tumour
    "flr_of_nontumorous_liver_percent": "flr_of_nontumorous_liver",
    "flr_of_whole_liver_percent": "flr_of_whole_liver",
}
# names of an FLR as a share that do not state the denominator
_FLR_OF_SOME_LIVER = re.compile(
    rf"flr([ _]*(%|{'|'.join(SHARE_WORDS)}))?", re.ASCII | re.IGNORECASE
)
WHICH_LIVER = (
    "FLR denominator not stated; use flr_of_nontumorous_liver (tumour not counted) or "
    "flr_of_whole_liver (tumour counted); a volume is flr_volume"
)
UNITS = frozenset({RATIO_UNIT}.union(*(q.units for q in QUANTITIES.values())))
INPUT_NAMES = frozenset({*QUANTITIES, *UPPER_LIMITS, *DAYS, *TYPED_PLAINLY})

_FROM_OTHERS = {
    "all_lesions_ablated": ("ablation_count", "lesion_count"),
    "extrahepatic_confirmed_sites": ("extrahepatic_sites",),
    "flr_after_clearing_fraction": (
        "flr_after_clearing_volume",
        "total_liver_volume",
        "tumour_volume",
    ),
    "life_expectancy_days": ("life_expectancy",),
    "flr_after_clearing_1mm_fraction": (
        "flr_after_clearing_1mm_volume",
        "total_liver_volume",
        "tumour_volume",
    ),
    "flr_of_baseline_fraction": ("baseline_nontumorous_volume", "flr_volume"),
    "prior_pve_hve_age_days": ("prior_pve_hve",),
    "prior_pve_hve_day": ("prior_pve_hve", "scan_date"),
    "prior_radioembolisation_age_days": ("prior_radioembolisation",),
    "prior_radioembolisation_day": ("prior_radioembolisation", "scan_date"),
    "prior_pve_hve_kind": ("prior_pve_hve",),
    "flr_fraction": ("flr_volume", "total_liver_volume", "tumour_volume"),
    "untreated_nontumorous_fraction": (
        "total_liver_volume",
        "treated_nontumorous_volume",
        "tumour_volume",
    ),
}
# fact in the unit of one trial -> the fact that it follows from, and the conversion factor
OTHER_UNITS = {
    "life_expectancy_weeks": ("life_expectancy_months", units.DAYS_IN_MONTH / units.DAYS_IN_WEEK),
    "haemoglobin_mmol_per_l": (
        "haemoglobin_g_per_dl",
        1 / units.HAEMOGLOBIN_G_PER_DL_IN_MMOL_PER_L,
    ),
}
_INPUTS: dict[str, tuple[str, ...]] = {q.fact: (q.name,) for q in QUANTITIES.values() if q.fact}
_INPUTS |= {fact: _INPUTS[other] for fact, (other, _) in OTHER_UNITS.items()}
_INPUTS |= {q.ratio: (q.name, f"{q.name}_uln") for q in QUANTITIES.values() if q.ratio}
_INPUTS |= _FROM_OTHERS


def inputs_of(fact: str) -> tuple[str, ...]:
    """Return the input keys from which a fact follows, sorted.

    Examples
    --------
    >>> inputs_of("haemoglobin_g_per_dl"), inputs_of("ast_x_uln")
    (('haemoglobin',), ('ast', 'ast_uln'))
    """
    return _INPUTS.get(fact, (fact,))


def names_no_liver(key: str) -> bool:
    """Check whether a key is an FLR as a share that does not state its denominator.

    Examples
    --------
    >>> names_no_liver("FLR %"), names_no_liver("FLR percentage"), names_no_liver("flr_volume")
    (True, True, False)
    """
    return _FLR_OF_SOME_LIVER.fullmatch(key) is not None


OF_DATES = {
    "labs_date": "date of the blood tests",
    "staging_ct_date": "date of the staging CT",
    SCAN_DATE: "date of this scan",
}


def name_fact(fact: str) -> str:
    """Return the short name of a fact, as printed before its value.

    Examples
    --------
    >>> name_fact("alt_x_uln"), name_fact("ecog"), name_fact("liver_tumour_resectability")
    ('ALT', 'ECOG', 'resectability of the liver tumours')
    """
    return FACTS[fact].meaning.partition(" (")[0].partition(", as a multiple")[0]


CODE_WORDS = {  # codes that are no words
    "other_crc": "other colorectal cancer",
    "total_field": "whole field of view",
}


def name_code(code: str) -> str:
    """Return a code in words.

    Examples
    --------
    >>> name_code("potentially_resectable"), name_code("other_crc"), name_code("LR-5")
    ('potentially resectable', 'other colorectal cancer', 'LR-5')
    """
    return CODE_WORDS.get(code, code.replace("_", " "))


def describe_fact(key: str) -> str:
    """Return the meaning of an input key.

    Examples
    --------
    >>> describe_fact("alt_uln"), describe_fact("labs_date"), describe_fact("inr")
    ("ALT: the laboratory's upper limit of normal", 'date of the blood tests', 'INR')
    """
    if key in UPPER_LIMITS:
        return f"{describe_fact(UPPER_LIMITS[key].name)}: the laboratory's upper limit of normal"
    if key in DAYS:
        return OF_DATES[key]
    quantity = QUANTITIES.get(key)
    meaning = FACTS[key if quantity is None else quantity.subject].meaning
    return meaning.partition(", as a multiple")[0].replace(AS_EQUIVALENT, "")
