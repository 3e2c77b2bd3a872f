"""Dose of a radioembolisation as a dict: what it rests on, and three limits by their names."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.constants import GY_KG_PER_GBQ, Y90_HALF_LIFE_H
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.record.base import Record, as_float, given
from fl_planner.y90.dose import SESSION_GY, TRIAL_DOSE_GY
from fl_planner.y90.lung_shunt import RESIN_LABEL

if TYPE_CHECKING:
    from fl_planner.planning.assessment.dose import TreatmentDose
    from fl_planner.trials.criterion import Limit
    from fl_planner.y90.dose import DoseModel, Known

SESSION_SOURCE = "usual limit of one treatment (Radiopaedia), no trial's"
LABEL_SOURCE = "label of resin spheres (Sirtex, instructions for use), no trial's"
VARIATIONS = {  # name -> what is otherwise
    "lung_mass_default": "lungs of the default mass",
    "lung_mass_ct": "lungs of the mass by CT",
    "lung_mass_less": "lungs lighter by a fifth",
    "lung_mass_more": "lungs heavier by a fifth",
    "tumour_to_normal_less": "ratio smaller by a fifth",
    "tumour_to_normal_more": "ratio larger by a fifth",
    "one_compartment": "one compartment, an upper bound for ratios above 1",
    "density": "liver as dense as in cirrhosis",
    "shunt_of_tumour_alone": "the shunt read as one of the tumour alone (Kao)",
}
SIDES = {-1: "below", 0: "at", 1: "above"}


def as_dose(dose: TreatmentDose, limits: Iterable[Limit], profile: str = "shareable") -> Record:
    """Tell what was computed; absent is what is not known."""
    model, every = dose.model, tuple(limits)
    answers = [] if model is None else [*_limits(dose, model, every)]
    said, volumes = dose.given, dose.volumes
    wanted = said.tumour_dose_gy
    most = _most(model)
    values = [SESSION_GY, *(limit.value for limit in every)]
    return given(
        usable=dose.usable,
        treated=None
        if volumes is None
        else {
            "tumour_ml": float(volumes.tumour_ml),
            "liver_ml": float(volumes.normal_ml),
            "tumour_outside_ml": float(volumes.outside_ml),
        },
        masses=None if model is None else _masses(dose, model),
        lung_shunt=None if said.chosen is None else _shunt(dose, said.chosen, values),
        other_lung_shunts=[
            _shunt(dose, name, values) for name in dose.shunts if name != said.chosen
        ],
        tumour_to_normal=None if model is None else _ratio(dose, model.ratio),
        at_150_gy=None if model is None else _doses(dose, model, TRIAL_DOSE_GY, values),
        at_planned_dose=None
        if model is None or wanted is None
        else _doses(dose, model, wanted, values),
        most_lung_gy=as_float(most),
        most_lung_shown=None if most is None else as_number(most, values),
        limits=answers if dose.usable else [_unanswered(one) for one in answers],
        variations=[] if model is None else _variations(model, values),
        delivery=_delivery(dose, profile),
        gy_kg_per_gbq=float(GY_KG_PER_GBQ),
    )


def _masses(dose: TreatmentDose, model: DoseModel) -> Record:
    said = dose.given
    of_lungs = "ct" if said.lung_by_ct else "default" if said.lung_mass_kg is None else "given"
    return given(
        tumour_kg=float(model.masses.tumour_kg),
        treated_liver_kg=float(model.masses.normal_kg),
        lungs_kg=float(model.masses.lung_kg),
        lungs_by=of_lungs,
        lungs_by_ct_kg=as_float(model.ct_lung_kg),
        density_g_per_ml=float(model.density_g_per_ml),
    )


def _shunt(dose: TreatmentDose, name: str, limits_gy: list[Fraction]) -> Record | None:
    """Tell a shunt on its side of the label, and of the largest that keeps each dose."""
    known, model = dose.shunts.get(name), dose.model
    if known is None:
        return None
    largest = [] if model is None else [model.largest_shunt(limit) for limit in limits_gy]
    sides = [RESIN_LABEL, *(one for one in largest if one is not None and one != known.value)]
    typed = dose.given.shunt_method or "not said"
    return given(
        fraction=float(known.value),
        shown=as_number(known.value, sides, 3),
        origin=known.origin,
        method=typed if known.origin == "given" else known.origin,
        interval=None if known.interval is None else [*known.interval],
    )


def _ratio(dose: TreatmentDose, ratio: Known | None) -> Record | None:
    spect = dose.spect
    by_spect = None if spect is None or spect.ratio is None else spect.ratio
    if ratio is None:
        return None
    moved = [float(one) for one in spect.ratio_by_shift.values()] if spect is not None else []
    basis = None if dose.given.spect is None else dose.given.spect.basis
    return given(
        ratio=float(ratio.value),
        shown=as_number(ratio.value, [1], 2),
        origin=ratio.origin,
        interval=None if ratio.interval is None else [*ratio.interval],
        by_spect=None if by_spect is None else float(by_spect.ratio),
        range_by_shift=[min(moved), max(moved)] if moved else None,
        registered_by=basis,
    )


def _doses(
    dose: TreatmentDose, model: DoseModel, tumour_gy: Fraction, limits: list[Fraction]
) -> Record:
    """Tell doses and activity for a dose to the tumour."""
    lung, interval = model.lung_dose_gy(tumour_gy), model.interval_gy(tumour_gy)
    activity, delivery = model.activity_gbq(tumour_gy), dose.given.delivery
    return given(
        tumour_gy=float(tumour_gy),
        lung_gy=as_float(lung),
        lung_shown=None if lung is None else as_number(lung, limits),
        lung_interval_gy=None if interval is None else [*interval],
        lung_interval_shown=None if interval is None else _ends(interval, limits),
        treated_liver_gy=as_float(model.liver_dose_gy(tumour_gy)),
        activity_in_patient_gbq=as_float(activity),
        activity_prepared_gbq=None
        if activity is None
        else as_float(delivery.prepared_gbq(activity)),
        activity_at_calibration_gbq=None if activity is None else delivery.calibrated_gbq(activity),
    )


def _most(model: DoseModel | None) -> Fraction | None:
    """Tell the upper bound where there is no ratio to compute with."""
    return None if model is None or model.ratio is not None else model.most_lung_dose_gy()


def _ends(interval: tuple[float, float], limits: list[Fraction]) -> str:
    """Write from where to where, each end on its side of every limit."""
    low, high = (as_number(Fraction(str(end)), limits, 2) for end in interval)
    return f"{low} to {high}"


def _limits(dose: TreatmentDose, model: DoseModel, limits: tuple[Limit, ...]) -> Iterable[Record]:
    """Set three questions side by side; only a trial's limit is one of a trial."""
    for one in limits:
        value, name = model.lung_dose_gy(), _name(one.trial, "lung_dose", one.value)
        yield _limit(
            name, "lung dose when the tumour gets 150 Gy", "Gy", (value, one.value), one.source
        ) | given(decides=True, largest_lung_shunt=as_float(model.largest_shunt(one.value)))
    planned = dose.given.tumour_dose_gy or TRIAL_DOSE_GY
    of = f"lung dose of one treatment, tumour {as_plain(planned)} Gy"
    value = model.lung_dose_gy(planned)
    yield _limit(
        _name("session", "lung_dose", SESSION_GY), of, "Gy", (value, SESSION_GY), SESSION_SOURCE
    ) | given(decides=False, largest_lung_shunt=as_float(model.largest_shunt(SESSION_GY, planned)))
    shunt = None if model.shunt is None else model.shunt.value
    yield _limit(
        _name("resin_label", "lung_shunt", RESIN_LABEL),
        "lung shunt",
        "1",
        (shunt, RESIN_LABEL),
        LABEL_SOURCE,
    ) | {"decides": False}


def _unanswered(limit: Record) -> Record:
    """Leave out on which side of a limit a number lies that is not to be used."""
    return {key: told for key, told in limit.items() if key != "answer"}


def _name(whose: str, what: str, limit: Fraction) -> str:
    """Make the stable name of a limit."""
    return f"{whose}.{what}_{as_plain(limit)}"


def _limit(
    name: str, of: str, unit: str, pair: tuple[Fraction | None, Fraction], source: str
) -> Record:
    value, limit = pair
    side = None if value is None else SIDES[(value > limit) - (value < limit)]
    return given(
        name=name, of=of, limit=float(limit), unit=unit, value=as_float(value), answer=side,
        source=source,
    )  # fmt: skip


def _variations(model: DoseModel, limits: list[Fraction]) -> list[Record]:
    return [
        given(
            name=one.name,
            says=VARIATIONS[one.name],
            value=as_float(one.value),
            lung_gy=float(one.lung_dose_gy),
            lung_shown=as_number(one.lung_dose_gy, limits),
        )
        for one in model.vary()
    ]


def _delivery(dose: TreatmentDose, profile: str) -> Record:
    said = dose.given
    moments = {"calibrated_at": said.calibrated_at, "administered_at": said.administered_at}
    told = {name: at.isoformat() for name, at in moments.items() if at is not None}
    return given(
        residual_fraction=as_float(said.delivery.residual_fraction),
        hours_from_calibration=as_float(said.delivery.delay_h),
        half_life_h=float(Y90_HALF_LIFE_H),
    ) | (told if profile == "clinical" else {})
