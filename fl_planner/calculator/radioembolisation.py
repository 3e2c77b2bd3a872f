"""Formulas of radioembolisation with yttrium-90."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_plain
from fl_planner.basis.units import between
from fl_planner.calculator.formula import Answer, Input, Number, answer, formula, when_given
from fl_planner.calculator.trial_conditions import LUNG_DOSE, judge_lung_dose
from fl_planner.trials.criterion import Trial
from fl_planner.y90.constants_and_limits import GY_KG_PER_GBQ, LIVER_G_PER_ML, TRIAL_DOSE_GY
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
    compute_largest_shunt,
    compute_lung_dose_gy,
    compute_lung_dose_of_activity_gy,
    compute_mass_kg,
    find_above_usual,
    find_ratio_doubts,
    find_shunt_doubts,
    find_small_volume,
    find_unusual_tumour_dose,
)

assert LUNG_DOSE.endswith("at_150gy_tumour")
TumourKg = Annotated[Number, Input("mass of the tumour", TUMOUR_MASS)]
NormalKg = Annotated[Number, Input("mass of the treated non-tumorous liver", NORMAL_MASS)]
LungKg = Annotated[
    Fraction, Input(f"mass of the lungs (default {float(DEFAULT_LUNG_KG)})", LUNG_MASS)
]
Tnr = Annotated[Number, Input("tumour-to-normal ratio of activity concentrations", RATIO)]
Lsf = Annotated[Number, Input("lung shunt fraction", LUNG_SHUNT)]
WantedGy = Annotated[Number, Input("intended tumour dose", TUMOUR_DOSE)]
# of an activity: less suggests curies instead of GBq, or grams [project's choice]
USUAL_RESULT_GY = between("20", "2000")
CONSTANTS = {"m_lung_kg": "lung mass used, kg", "k_gy_kg_per_gbq": "constant used, Gy kg/GBq"}


def _find_doubts(lsf: Number, tnr: Number) -> tuple[Finding, ...]:
    """Find doubts on an entered or counted shunt and ratio."""
    of_shunt = () if lsf is None else find_shunt_doubts(lsf)
    return (*of_shunt, *(() if tnr is None else find_ratio_doubts(tnr)))


def _find_unusual(activity_gbq: Number, tumour_gy: Number) -> tuple[Finding, ...]:
    """Find results far from those of radioembolisation: an input may be in another unit."""
    results = (
        ("activity", activity_gbq, ACTIVITY.range, "GBq"),
        ("tumour dose", tumour_gy, USUAL_RESULT_GY, "Gy"),
    )
    return tuple(
        Finding(
            "y90.unusual_result",
            Severity.WARNING,
            f"{name} of {float(value):.4g} {unit}: {usual} {unit} expected; check the inputs and "
            "their units",
            None,
            float(value),
            unit,
        )
        for name, value, usual, unit in results
        if value is not None and not usual.holds(value)
    )


def _partition(tumour: Number, normal: Number, lung: Fraction, tnr: Number) -> Partition | None:
    if normal == 0 and tnr is None:
        tnr = Fraction(1)  # without treated liver, no result depends on it
    return when_given(Partition, when_given(Masses, tumour, normal, lung), tnr)


@formula(
    activity_gbq="administered activity, GBq",
    dose_normal_gy="dose to the treated non-tumorous liver, Gy",
    dose_lung_gy="dose to the lungs at the intended tumour dose, Gy",
    dose_lung_gy_at_150=f"lung dose at a tumour dose of {TRIAL_DOSE_GY} Gy, Gy",
    lung_exclusion_met="whether the lung dose exclusion of RESCUE applies, "
    f"at a tumour dose of {TRIAL_DOSE_GY} Gy",
    lsf_max_for_15_gy="lung shunt at which the lung dose reaches its limit, "
    f"at a tumour dose of {TRIAL_DOSE_GY} Gy",
    sensitivity_lsf_used_as_tlsf_dose_lung_gy=f"lung dose at a tumour dose of {TRIAL_DOSE_GY} Gy "
    "if the entered shunt fraction is as defined by Kao (for information), Gy",
    **CONSTANTS,
)
def y90_required(
    *,
    m_tumour_kg: TumourKg,
    m_normal_treated_kg: NormalKg,
    m_lung_kg: LungKg = DEFAULT_LUNG_KG,
    tnr: Tnr,
    lsf: Lsf,
    dose_tumour_gy: WantedGy,
    radioembolisation: Trial,
) -> Answer:
    """Activity required for a tumour dose (partition model), and the lung dose rule of RESCUE."""
    model = _partition(m_tumour_kg, m_normal_treated_kg, m_lung_kg, tnr)
    over = None if model is None else model.over_lung
    at_trial = when_given(compute_lung_dose_gy, TRIAL_DOSE_GY, over, lsf)
    (limit,) = radioembolisation.limits_on(LUNG_DOSE)
    alone = None if m_tumour_kg is None else m_tumour_kg / m_lung_kg
    activity = None if model is None else when_given(model.activity_gbq, dose_tumour_gy, lsf)
    lungs_gy = when_given(compute_lung_dose_gy, dose_tumour_gy, over, lsf)
    of_lungs = {f" at a tumour dose of {TRIAL_DOSE_GY} Gy": at_trial}
    if dose_tumour_gy is not None:
        of_lungs[f" at a tumour dose of {as_plain(dose_tumour_gy)} Gy"] = lungs_gy
    return answer(
        (
            *_find_doubts(lsf, tnr),
            *find_unusual_tumour_dose(dose_tumour_gy),
            *_find_unusual(activity, None),
            *(one for when, gy in of_lungs.items() for one in find_above_usual(gy, when)),
        ),
        activity_gbq=activity,
        dose_normal_gy=when_given(lambda d, r: d / r, dose_tumour_gy, tnr),
        dose_lung_gy=lungs_gy,
        dose_lung_gy_at_150=at_trial,
        lung_exclusion_met=judge_lung_dose(radioembolisation, at_trial),
        lsf_max_for_15_gy=when_given(compute_largest_shunt, limit.value, TRIAL_DOSE_GY, over),
        sensitivity_lsf_used_as_tlsf_dose_lung_gy=when_given(
            compute_lung_dose_gy, TRIAL_DOSE_GY, alone, lsf
        ),
        m_lung_kg=m_lung_kg,
        k_gy_kg_per_gbq=GY_KG_PER_GBQ,
    )


@formula(
    dose_tumour_gy="dose to the tumour, Gy",
    dose_normal_gy="dose to the treated non-tumorous liver, Gy",
    dose_lung_gy="dose to the lungs, Gy",
    **CONSTANTS,
)
def y90(
    *,
    activity_gbq: Annotated[
        Number, Input("administered activity, excluding the residual activity", ACTIVITY)
    ],
    m_tumour_kg: TumourKg,
    m_normal_treated_kg: NormalKg,
    m_lung_kg: LungKg = DEFAULT_LUNG_KG,
    tnr: Tnr,
    lsf: Lsf,
) -> Answer:
    """Doses from an activity, according to the partition model."""
    model = _partition(m_tumour_kg, m_normal_treated_kg, m_lung_kg, tnr)
    tumour = None if model is None else when_given(model.tumour_dose_gy, activity_gbq, lsf)
    lungs_gy = when_given(compute_lung_dose_of_activity_gy, activity_gbq, lsf, m_lung_kg)
    return answer(
        (*_find_doubts(lsf, tnr), *_find_unusual(None, tumour), *find_above_usual(lungs_gy)),
        dose_tumour_gy=tumour,
        dose_normal_gy=when_given(lambda d, r: d / r, tumour, tnr),
        dose_lung_gy=lungs_gy,
        m_lung_kg=m_lung_kg,
        k_gy_kg_per_gbq=GY_KG_PER_GBQ,
    )


@formula(
    lsf="lung shunt fraction",
    tlsf="tumour-to-lung shunt fraction as defined by Kao",
    tnr="tumour-to-normal ratio of activity concentrations",
    dose_lung_partition_gy="dose to the lungs according to the partition model, Gy",
    dose_lung_tlsf_gy="dose to the lungs according to the convention of Kao, Gy",
    m_lung_kg=CONSTANTS["m_lung_kg"],
)
def y90_counts(
    *,
    counts_tumour: Annotated[Number, Input("counts in the tumour", COUNTS)],
    counts_normal: Annotated[Number, Input("counts in the treated non-tumorous liver", COUNTS)],
    counts_lung: Annotated[Number, Input("counts in the lungs", COUNTS)],
    m_tumour_kg: TumourKg,
    m_normal_treated_kg: NormalKg,
    m_lung_kg: LungKg = DEFAULT_LUNG_KG,
    dose_tumour_gy: WantedGy,
) -> Answer:
    """Shunt, ratio and lung dose from counts, by two conventions that must agree."""
    counts = when_given(ShuntCounts, counts_tumour, counts_normal, counts_lung)
    masses = when_given(Masses, m_tumour_kg, m_normal_treated_kg, m_lung_kg)
    model, dose = when_given(CountedPartition, counts, masses), dose_tumour_gy
    by_model, by_kao = (
        (None, None)
        if model is None
        else (
            when_given(model.lung_dose_gy, dose),
            when_given(model.lung_dose_by_tumour_shunt_gy, dose),
        )
    )
    of_counts = _find_doubts(
        None if counts is None else counts.lung_shunt, None if model is None else model.tnr
    )
    return answer(
        (*of_counts, *find_above_usual(by_model)),
        lsf=None if counts is None else counts.lung_shunt,
        tlsf=None if counts is None else counts.tumour_lung_shunt,
        tnr=None if model is None else model.tnr,
        dose_lung_partition_gy=by_model,
        dose_lung_tlsf_gy=by_kao,
        m_lung_kg=m_lung_kg,
    )


@formula(mass_kg="mass, kg", density_g_per_ml="density used, g/mL")
def mass(
    volume_ml: Annotated[Number, Input("volume", VOLUME)],
    density_g_per_ml: Annotated[
        Fraction, Input(f"density (default {as_plain(LIVER_G_PER_ML)})", DENSITY)
    ] = LIVER_G_PER_ML,
) -> Answer:
    """Mass of tissue, from its volume and density."""
    return answer(
        tuple(find_small_volume(volume_ml)) if volume_ml is not None else (),
        mass_kg=when_given(compute_mass_kg, volume_ml, density_g_per_ml),
        density_g_per_ml=density_g_per_ml,
    )
