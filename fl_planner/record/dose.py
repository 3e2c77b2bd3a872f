"""Doses computed for a radioembolisation, and the decisive lung dose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from msgspec.structs import replace

from fl_planner.basis.formula import formula_of
from fl_planner.basis.shown import as_entered, as_number
from fl_planner.planning.facts import LUNG_DOSE
from fl_planner.record.declaration.part import (
    Ml,
    RecordPart,
    as_float,
    as_part,
    column,
    observed_as,
    one_of,
    says,
)
from fl_planner.record.dose_model import (
    DoseLimitRecord,
    DosesRecord,
    Gy,
    LungShuntRecord,
    MassesRecord,
    Part,
    Ratio,
    Shown,
    ShownOnItsSide,
    TumourToNormalRecord,
    as_doses,
    as_masses,
    as_ratio,
    as_shunt,
    list_limits,
)
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs, name_schema
from fl_planner.y90.constants_and_limits import (
    GY_KG_PER_GBQ,
    LUNG_SESSION_GY,
    TRIAL_DOSE_GY,
    Y90_HALF_LIFE_H,
)
from fl_planner.y90.partition import compute_lung_dose_gy

if TYPE_CHECKING:
    from fl_planner.planning.assessment.dose import TreatedVolumes, TreatmentDose
    from fl_planner.planning.plan import Plan
    from fl_planner.trials.criterion import Limit
    from fl_planner.y90.dose import DoseModel

VARIATIONS = {  # name -> what is otherwise
    "lung_mass_default": "default lung mass",
    "lung_mass_ct": "lung mass measured on CT",
    "lung_mass_less": "lung mass 20 % lower",
    "lung_mass_more": "lung mass 20 % higher",
    "tumour_to_normal_less": "tumour-to-normal ratio 20 % lower",
    "tumour_to_normal_more": "tumour-to-normal ratio 20 % higher",
    "one_compartment": (
        "one-compartment model, an upper bound if the tumour-to-normal ratio is above 1"
    ),
    "density": "liver density as in cirrhosis",
    "shunt_of_tumour_alone": "shunt assumed to arise from the tumour alone (Kao)",
}


UNITS_VARIED = {"lung_mass": "kg", "density": "g/mL"}  # first words of a name -> unit; else a ratio


class TreatedVolumesRecord(RecordPart):
    """Volumes."""

    tumour_ml: Annotated[Ml, says("Tumour within the treated area")]
    liver_ml: Annotated[Ml, says("Treated non-tumorous liver")]
    tumour_outside_ml: Annotated[Ml, says("Tumour that receives no dose")]


class DoseVariationRecord(RecordPart, rename={"words": "says"}):
    """Lung dose with one input changed; not used in any answer."""

    name: Annotated[str, one_of("Identifier.", VARIATIONS)]
    words: Annotated[str, says("Description.")]
    value: Annotated[Ratio, says("Value in this scenario.")]
    lung_gy: Annotated[Gy, says(f"Lung dose at a tumour dose of {TRIAL_DOSE_GY} Gy")]
    lung_shown: Shown

    @property
    def unit(self) -> str:
        """Unit of `value`; "" of a ratio."""
        return next((unit for of, unit in UNITS_VARIED.items() if self.name.startswith(of)), "")


class DeliveryRecord(RecordPart):
    """Losses of activity before it reaches the patient."""

    residual_fraction: Annotated[
        Part | None,
        says(
            "Activity that remains in the vial and lines, as a fraction of the activity at "
            "administration."
        ),
    ] = None
    hours_from_calibration: Annotated[
        float | None, says("Time from calibration to administration, h.")
    ] = None
    half_life_h: Annotated[Ratio, says("Half-life of yttrium-90, h.")]
    calibrated_at: Annotated[str | None, says("Only in the clinical profile.")] = None
    administered_at: Annotated[str | None, says("Only in the clinical profile.")] = None


class ComputedDoseRecord(RecordPart):
    """Results of the partition model."""

    usable: Annotated[
        bool, says("Whether the results may be used; false if there is an error-level finding.")
    ]
    treated: TreatedVolumesRecord | None = None
    masses: MassesRecord | None = None
    lung_shunt: LungShuntRecord | None = None
    other_lung_shunts: Annotated[
        tuple[LungShuntRecord, ...],
        says("Other measured values of the lung shunt, which are not used."),
    ]
    tumour_to_normal: TumourToNormalRecord | None = None
    at_150_gy: DosesRecord | None = None
    at_planned_dose: DosesRecord | None = None
    most_lung_gy: Annotated[
        Gy | None,
        says(
            f"Upper bound of the lung dose at a tumour dose of {TRIAL_DOSE_GY} Gy, if the "
            "tumour-to-normal ratio is unknown; applies to ratios of 1 or more"
        ),
    ] = None
    most_lung_shown: ShownOnItsSide | None = None
    limits: Annotated[tuple[DoseLimitRecord, ...], says("Separate limits from different sources.")]
    variations: Annotated[
        tuple[DoseVariationRecord, ...], says("Lung dose under other assumptions.")
    ]
    delivery: DeliveryRecord
    gy_kg_per_gbq: Annotated[Ratio, says("Model constant, Gy kg/GBq.")]

    @property
    def listed_doses(self) -> tuple[DosesRecord, ...]:
        """Results by tumour dose, each listed once: the intended dose may be the trial's."""
        trial, intended = self.at_150_gy, self.at_planned_dose
        return tuple(
            one for one in (trial, None if intended == trial else intended) if one is not None
        )

    @property
    def lacks_shunt(self) -> bool:
        """Whether no lung shunt is known, not even one that is not used."""
        return self.lung_shunt is None and not self.other_lung_shunts


def as_dose(
    dose: TreatmentDose,
    limits: Iterable[Limit],
    profile: str = "shareable",
    entered_gy: Fraction | None = None,
) -> ComputedDoseRecord:
    """Describe the computed results; unknown ones are absent.

    - `entered_gy`: the lung dose at 150 Gy as entered, which the trial's limit applies to.
    """
    model, every, dose_given = dose.model, tuple(limits), dose.given
    values = [LUNG_SESSION_GY, *(limit.value for limit in every)]
    others = (shunt for name, shunt in dose.shunts.items() if name != dose_given.chosen)
    counts = None if dose_given.chosen is None else dose.shunts.get(dose_given.chosen)
    ratio = None if model is None else model.ratio
    most = None if model is None or ratio is not None else model.most_lung_dose_gy()

    def at(tumour_gy: Fraction | None) -> DosesRecord | None:
        if model is None or tumour_gy is None:
            return None
        return as_doses(model, dose_given.delivery, tumour_gy, values)

    return ComputedDoseRecord(
        usable=dose.usable,
        treated=None if dose.volumes is None else _as_treated(dose.volumes),
        masses=None if model is None else as_masses(dose, model),
        lung_shunt=None if counts is None else as_shunt(dose, counts, values),
        other_lung_shunts=tuple(as_shunt(dose, shunt, values) for shunt in others),
        tumour_to_normal=None if ratio is None else as_ratio(dose, ratio),
        at_150_gy=at(TRIAL_DOSE_GY),
        at_planned_dose=at(dose_given.tumour_dose_gy),
        most_lung_gy=as_float(most),
        most_lung_shown=None if most is None else as_number(most, values),
        limits=() if model is None else tuple(_list_answers(dose, model, every, entered_gy)),
        variations=() if model is None else tuple(_list_variations(model, values)),
        delivery=_as_delivery(dose, clinical=profile == "clinical"),
        gy_kg_per_gbq=float(GY_KG_PER_GBQ),
    )


def _as_treated(volumes: TreatedVolumes) -> TreatedVolumesRecord:
    return as_part(
        TreatedVolumesRecord,
        volumes,
        liver_ml=volumes.normal_ml,
        tumour_outside_ml=volumes.outside_ml,
    )


def _list_answers(
    dose: TreatmentDose, model: DoseModel, limits: Iterable[Limit], entered_gy: Fraction | None
) -> Iterator[DoseLimitRecord]:
    """Omit the side of a limit for numbers that must not be used; an entered one may be."""
    for one in list_limits(model, dose.given.tumour_dose_gy, limits, entered_gy):
        entered = one.decides and entered_gy is not None
        yield one if dose.usable or entered else replace(one, answer=None)


def _list_variations(model: DoseModel, limits: Iterable[Fraction]) -> Iterator[DoseVariationRecord]:
    for one in model.vary():
        yield as_part(
            DoseVariationRecord,
            one,
            words=VARIATIONS[one.name],
            lung_gy=one.lung_dose_gy,
            lung_shown=as_number(one.lung_dose_gy, limits),
        )


def _as_delivery(dose: TreatmentDose, *, clinical: bool) -> DeliveryRecord:
    dose_given = dose.given
    calibrated, administered = (
        None if at is None or not clinical else at.isoformat()
        for at in (dose_given.calibrated_at, dose_given.administered_at)
    )
    return DeliveryRecord(
        residual_fraction=as_float(dose_given.delivery.residual_fraction),
        hours_from_calibration=as_float(dose_given.delivery.delay_h),
        half_life_h=float(Y90_HALF_LIFE_H),
        calibrated_at=calibrated,
        administered_at=administered,
    )


class LungDoseRecord(RecordPart):
    """Lung dose: the decisive value and the computed results."""

    lung_dose_gy_at_150gy_tumour: Annotated[
        Gy | None,
        says("Value used"),
        column("lung_dose_gy", f"lung dose at a tumour dose of {TRIAL_DOSE_GY} Gy"),
        observed_as(
            "lung-dose",
            f"Lung dose in radioembolisation at a tumour dose of {TRIAL_DOSE_GY} Gy",
            formula_of(compute_lung_dose_gy).method,
            number="dose",
            always=True,
            doubts=("evidence.lung_dose_apart",),  # others are on the computed dose
        ),
    ] = None
    shown: Annotated[str | None, says("The value, formatted for display.")] = None
    origin: Annotated[str, one_of("Entered or calculated.", ("given", "computed"))] | None = None
    computed: ComputedDoseRecord | None = None


class DoseRecord(ResultRecord, tag_field="schema", tag=name_schema("dose")):
    """Dose of a radioembolisation."""

    id: Annotated[str | None, says("Pseudonym as given by the user.")] = None
    dose: LungDoseRecord
    findings: Findings


def as_dose_record(plan: Plan, profile: str = "shareable") -> DoseRecord:
    """Describe a dose alone."""
    return DoseRecord(
        refusal=None,
        inputs=as_inputs(plan.case.inputs),
        id=plan.case.id,
        dose=as_lung_dose(plan, profile) or LungDoseRecord(),
        findings=as_findings(plan.findings, plan.case.accepted),
    )


def as_lung_dose(plan: Plan, profile: str) -> LungDoseRecord | None:
    """Describe the decisive lung dose and the computed results; None without both."""
    limits = [one for j in plan.judged.judgements for one in j.trial.limits_on(LUNG_DOSE)]
    value, dose = plan.judged.facts.get(LUNG_DOSE), plan.measured.dose
    typed = "lung_dose" in plan.case.stated.values
    entered_gy = value if typed and isinstance(value, Fraction) else None
    computed = None if dose is None else as_dose(dose, limits, profile, entered_gy)
    if not isinstance(value, Fraction):
        return None if computed is None else LungDoseRecord(computed=computed)
    every = [LUNG_SESSION_GY, *(limit.value for limit in limits)]
    return LungDoseRecord(
        lung_dose_gy_at_150gy_tumour=float(value),
        shown=as_entered(value, every) if typed else as_number(value, every),
        origin="given" if typed else "computed",
        computed=computed,
    )
