"""Formulas of radioembolisation with yttrium-90."""

from fractions import Fraction

from fl_planner.basis.constants import GY_KG_PER_GBQ, LIVER_G_PER_ML, TRIAL_DOSE_GY
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
from fl_planner.calculator.trial_conditions import LUNG_DOSE, RADIOEMBOLISATION, judge_lung_dose
from fl_planner.y90.partition import (
    ACTIVITY,
    COUNTS,
    DEFAULT_LUNG_KG,
    DENSITY,
    LUNG_MASS,
    LUNG_SHUNT,
    NORMAL_MASS,
    RATIO,
    TUMOUR_DOSE,
    TUMOUR_MASS,
    VOLUME,
    CountedPartition,
    Masses,
    Partition,
    ShuntCounts,
    find_largest_shunt,
    find_lung_dose_gy,
    find_lung_dose_of_activity_gy,
    find_mass_kg,
    find_shunt_doubts,
    find_small_volume,
)

assert LUNG_DOSE.endswith("at_150gy_tumour")
DEFAULT_DENSITY = f"{float(LIVER_G_PER_ML):g} if not given"


def _masses(given: Given) -> Masses | None:
    tumour, normal = given.number("m_tumour_kg"), given.number("m_normal_treated_kg")
    return when_given(Masses, tumour, normal, given.number_or("m_lung_kg", DEFAULT_LUNG_KG))


def _partition(given: Given) -> Partition | None:
    return when_given(Partition, _masses(given), given.number("tnr"))


def _required(given: Given) -> Answer:
    model, shunt = _partition(given), given.number("lsf")
    dose, tumour = given.number("dose_tumour_gy"), given.number("m_tumour_kg")
    lung = given.number_or("m_lung_kg", DEFAULT_LUNG_KG)
    over = None if model is None else model.over_lung
    at_trial = when_given(find_lung_dose_gy, TRIAL_DOSE_GY, over, shunt)
    limit = _limit_gy(given)
    alone = None if tumour is None else tumour / lung
    return Answer(
        {
            "activity_gbq": None if model is None else when_given(model.activity_gbq, dose, shunt),
            "dose_normal_gy": when_given(lambda d, r: d / r, dose, given.number("tnr")),
            "dose_lung_gy": when_given(find_lung_dose_gy, dose, over, shunt),
            "dose_lung_gy_at_150": at_trial,
            "lung_exclusion_met": judge_lung_dose(given, at_trial),
            "lsf_max_for_15_gy": when_given(find_largest_shunt, limit, TRIAL_DOSE_GY, over),
            "sensitivity_lsf_used_as_tlsf_dose_lung_gy": when_given(
                find_lung_dose_gy, TRIAL_DOSE_GY, alone, shunt
            ),
            "m_lung_kg": lung,
            "k_gy_kg_per_gbq": GY_KG_PER_GBQ,
        },
        tuple(find_shunt_doubts(shunt)) if shunt is not None else (),
    )


def _limit_gy(given: Given) -> Fraction:
    """Give the trial's limit on the lung dose."""
    (limit,) = given.trials[RADIOEMBOLISATION].limits_on(LUNG_DOSE)
    return limit.value


def _doses(given: Given) -> Answer:
    model, shunt, activity = _partition(given), given.number("lsf"), given.number("activity_gbq")
    lung = given.number_or("m_lung_kg", DEFAULT_LUNG_KG)
    tumour = None if model is None else when_given(model.tumour_dose_gy, activity, shunt)
    return Answer(
        {
            "dose_tumour_gy": tumour,
            "dose_normal_gy": when_given(lambda d, r: d / r, tumour, given.number("tnr")),
            "dose_lung_gy": when_given(find_lung_dose_of_activity_gy, activity, shunt, lung),
            "m_lung_kg": lung,
            "k_gy_kg_per_gbq": GY_KG_PER_GBQ,
        },
        tuple(find_shunt_doubts(shunt)) if shunt is not None else (),
    )


def _counted(given: Given) -> Answer:
    names = ("counts_tumour", "counts_normal", "counts_lung")
    counts = when_given(ShuntCounts, *(given.number(name) for name in names))
    model = when_given(CountedPartition, counts, _masses(given))
    dose = given.number("dose_tumour_gy")
    by_tumour_shunt = (
        None if model is None else when_given(model.lung_dose_by_tumour_shunt_gy, dose)
    )
    return Answer(
        {
            "lsf": None if counts is None else counts.lung_shunt,
            "tlsf": None if counts is None else counts.tumour_lung_shunt,
            "tnr": None if model is None else model.tnr,
            "dose_lung_partition_gy": None
            if model is None
            else when_given(model.lung_dose_gy, dose),
            "dose_lung_tlsf_gy": by_tumour_shunt,
            "m_lung_kg": given.number_or("m_lung_kg", DEFAULT_LUNG_KG),
        },
        tuple(find_shunt_doubts(counts.lung_shunt)) if counts else (),
    )


def _mass(given: Given) -> Answer:
    volume = given.number("volume_ml")
    density = given.number_or("density_g_per_ml", LIVER_G_PER_ML)
    return Answer(
        {"mass_kg": when_given(find_mass_kg, volume, density), "density_g_per_ml": density},
        tuple(find_small_volume(volume)) if volume is not None else (),
    )


TUMOUR = Input("m_tumour_kg", Kind.NUMBER, "tumour", "kg", TUMOUR_MASS)
NORMAL = Input(
    "m_normal_treated_kg", Kind.NUMBER, "treated liver without tumour", "kg", NORMAL_MASS
)
LUNG = Input("m_lung_kg", Kind.NUMBER, "lungs, 1.0 if not given", "kg", LUNG_MASS)
TNR = Input("tnr", Kind.NUMBER, "concentration in tumour over normal liver", "", RATIO)
LSF = Input("lsf", Kind.NUMBER, "lung shunt, a fraction", "", LUNG_SHUNT)
DOSE = Input("dose_tumour_gy", Kind.NUMBER, "wanted tumour dose", "Gy", TUMOUR_DOSE)
CONSTANTS = {
    "m_lung_kg": "lung mass that was used, kg",
    "k_gy_kg_per_gbq": "constant that was used, Gy kg/GBq",
}
FORMULAS = (
    Formula(
        "y90_required",
        "activity for a tumour dose by the partition model, and RESCUE's rule on the lung dose",
        (TUMOUR, NORMAL, LUNG, TNR, LSF, DOSE),
        {
            "activity_gbq": "activity in the patient, GBq",
            "dose_normal_gy": "dose to the treated liver, Gy",
            "dose_lung_gy": "dose to the lungs with the wanted tumour dose, Gy",
            "dose_lung_gy_at_150": "dose to the lungs when the tumour gets 150 Gy, Gy",
            "lung_exclusion_met": "whether RESCUE excludes it, at 150 Gy to the tumour",
            "lsf_max_for_15_gy": "shunt at which the limit is met, at 150 Gy to the tumour",
            "sensitivity_lsf_used_as_tlsf_dose_lung_gy": "at 150 Gy, were the shunt Kao's; "
            "it decides nothing, Gy",
            **CONSTANTS,
        },
        _required,
        (RADIOEMBOLISATION,),
    ),
    Formula(
        "y90",
        "doses of an activity by the partition model",
        (
            Input("activity_gbq", Kind.NUMBER, "in the patient, without residual", "GBq", ACTIVITY),
            *(TUMOUR, NORMAL, LUNG, TNR, LSF),
        ),
        {
            "dose_tumour_gy": "dose to the tumour, Gy",
            "dose_normal_gy": "dose to the treated liver, Gy",
            "dose_lung_gy": "dose to the lungs, Gy",
            **CONSTANTS,
        },
        _doses,
    ),
    Formula(
        "y90_counts",
        "shunt, ratio and lung dose from counts, by two conventions that must agree",
        (
            Input("counts_tumour", Kind.NUMBER, "tumour", "counts", COUNTS),
            Input("counts_normal", Kind.NUMBER, "treated liver without tumour", "counts", COUNTS),
            Input("counts_lung", Kind.NUMBER, "lungs", "counts", COUNTS),
            *(TUMOUR, NORMAL, LUNG, DOSE),
        ),
        {
            "lsf": "lung shunt, a fraction",
            "tlsf": "Kao's shunt, of tumour and lungs, a fraction",
            "tnr": "concentration in tumour over normal liver",
            "dose_lung_partition_gy": "dose to the lungs by the partition model, Gy",
            "dose_lung_tlsf_gy": "the same by Kao's convention, Gy",
            "m_lung_kg": CONSTANTS["m_lung_kg"],
        },
        _counted,
    ),
    Formula(
        "mass",
        "mass of a volume",
        (
            Input("volume_ml", Kind.NUMBER, "volume", "mL", VOLUME),
            Input("density_g_per_ml", Kind.NUMBER, DEFAULT_DENSITY, "g/mL", DENSITY),
        ),
        {"mass_kg": "mass, kg", "density_g_per_ml": "density that was used, g/mL"},
        _mass,
    ),
)
