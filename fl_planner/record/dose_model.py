"""Masses, lung shunt, ratio and doses of the partition model, and three limits by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

from fl_planner.basis.clinical_codes import GY
from fl_planner.basis.constants import FARTHEST_SHIFT
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.planning.assessment.near_limits import name_side
from fl_planner.record.declaration.part import (
    RecordPart,
    Unit,
    as_float,
    as_part,
    measured_in,
    one_of,
    says,
)
from fl_planner.y90.constants_and_limits import LUNG_SESSION_GY, RESIN_LABEL, TRIAL_DOSE_GY
from fl_planner.y90.partition import Delivery, Origin

if TYPE_CHECKING:
    from fl_planner.planning.assessment.dose import TreatmentDose
    from fl_planner.trials.criterion import Limit
    from fl_planner.y90.dose import DoseModel, Known

Gy = Annotated[float, measured_in(Unit("Gy", GY), 0)]
Kg = Annotated[float, measured_in(Unit("kg"), 0)]
Gbq = Annotated[float, measured_in(Unit("GBq"), 0)]
Ratio = Annotated[float, measured_in(Unit("1"), 0)]
Part = Annotated[float, measured_in(Unit("1"), 0, 1)]
Shown = Annotated[str, says("The value, formatted for display.")]
ShownOnItsSide = Annotated[
    str, says("The value, with enough digits to show whether it is below, at or above each limit.")
]
Ends = Annotated[tuple[float, float], says("95 % counting interval.")]
StudyOrigin = Annotated[Origin, says("Source of the value: entered, or measured from the study.")]


class MassesRecord(RecordPart):
    """Masses used."""

    tumour_kg: Annotated[Kg, says("Tumour within the treated area")]
    treated_liver_kg: Annotated[Kg, says("Treated non-tumorous liver")]
    lungs_kg: Annotated[Kg, says("Lungs")]
    lungs_by: Annotated[str, one_of("Source of the value.", ("default", "given", "ct"))]
    lungs_by_ct_kg: Annotated[Kg | None, says("Lung mass measured on CT")] = None
    density_g_per_ml: Annotated[Ratio, says("Density of liver and tumour, g/mL.")]


class LungShuntRecord(RecordPart):
    """A lung shunt."""

    fraction: Annotated[
        Part, says("Lung shunt as a fraction of all counts, from 0 to less than 1.")
    ]
    shown: Shown
    origin: StudyOrigin
    method: Annotated[str, one_of("Method of measurement.", ("planar", "spect_ct", "not said"))]
    interval: Ends | None = None


class TumourToNormalRecord(RecordPart):
    """Concentration in the tumour divided by that in the treated liver."""

    ratio: Annotated[Ratio, says("Ratio used.")]
    shown: Shown
    origin: StudyOrigin
    by_spect: Annotated[Ratio | None, says("Ratio measured on the SPECT.")] = None
    range_by_shift: Annotated[
        tuple[float, float] | None,
        says(
            "Minimum and maximum with the masks as drawn and shifted by up to "
            f"{FARTHEST_SHIFT} along the long axis of the body."
        ),
    ] = None
    registered_by: Annotated[str | None, says("Basis for the alignment of masks and SPECT.")] = None


class DosesRecord(RecordPart):
    """Doses and activity for a dose to the tumour.

    `row` is its name in a table.
    """

    tumour_gy: Annotated[Gy, says("Tumour dose")]
    lung_gy: Annotated[Gy | None, says("Lung dose")] = None
    lung_shown: ShownOnItsSide | None = None
    treated_liver_gy: Annotated[Gy | None, says("Dose to the treated non-tumorous liver")] = None
    activity_in_patient_gbq: Annotated[
        Gbq | None, says("Activity of Y-90 in the patient", row="of Y-90 in the patient")
    ] = None
    activity_prepared_gbq: Annotated[
        Gbq | None,
        says("Activity including the residual, at administration", row="including the residual"),
    ] = None
    activity_at_calibration_gbq: Annotated[
        Gbq | None, says("Activity including the residual, at calibration", row="at calibration")
    ] = None


def as_masses(dose: TreatmentDose, model: DoseModel) -> MassesRecord:
    """Describe the masses used, and the source of the lung mass."""
    stated = dose.given
    unless_ct = "default" if stated.lung_mass_kg is None else "given"
    return MassesRecord(
        tumour_kg=float(model.masses.tumour_kg),
        treated_liver_kg=float(model.masses.normal_kg),
        lungs_kg=float(model.masses.lung_kg),
        lungs_by="ct" if stated.lung_by_ct else unless_ct,
        lungs_by_ct_kg=as_float(model.ct_lung_kg),
        density_g_per_ml=float(model.density_g_per_ml),
    )


def as_shunt(dose: TreatmentDose, known: Known, limits_gy: Iterable[Fraction]) -> LungShuntRecord:
    """Describe a shunt without rounding it across the label's or the largest permitted shunt."""
    model = dose.model
    largest = [] if model is None else [model.largest_shunt(limit) for limit in limits_gy]
    sides = [RESIN_LABEL, *(one for one in largest if one is not None and one != known.value)]
    typed = dose.given.shunt_method or "not said"
    return as_part(
        LungShuntRecord,
        known,
        fraction=known.value,
        shown=as_number(known.value, sides, 3),
        method=typed if known.origin == "given" else known.origin,
    )


def as_ratio(dose: TreatmentDose, ratio: Known) -> TumourToNormalRecord:
    """Describe the ratio used, and that of the SPECT."""
    spect = dose.spect
    by_spect = None if spect is None else spect.ratio
    return as_part(
        TumourToNormalRecord,
        ratio,
        ratio=ratio.value,
        shown=as_number(ratio.value, [1], 2),
        by_spect=None if by_spect is None else by_spect.ratio,
        range_by_shift=None if spect is None else spect.ratio_range,
        registered_by=None if dose.given.spect is None else dose.given.spect.basis,
    )


def as_doses(
    model: DoseModel, delivery: Delivery, tumour_gy: Fraction, limits: Sequence[Fraction]
) -> DosesRecord:
    """Describe doses and activity for a dose to the tumour."""
    lung = model.lung_dose_gy(tumour_gy)
    activity = model.activity_gbq(tumour_gy)
    return DosesRecord(
        tumour_gy=float(tumour_gy),
        lung_gy=as_float(lung),
        lung_shown=None if lung is None else as_number(lung, limits),
        treated_liver_gy=as_float(model.liver_dose_gy(tumour_gy)),
        activity_in_patient_gbq=as_float(activity),
        activity_prepared_gbq=None
        if activity is None
        else as_float(delivery.prepared_gbq(activity)),
        activity_at_calibration_gbq=None if activity is None else delivery.calibrated_gbq(activity),
    )


SESSION_SOURCE = "usual limit per treatment (Radiopaedia), not a trial limit"
LABEL_SOURCE = (
    "product label of resin microspheres (Sirtex, instructions for use), not a trial limit"
)


class DoseLimitRecord(RecordPart):
    """One of the limits, which answer different questions."""

    name: Annotated[str, says("Identifier.")]
    of: Annotated[str, says("Quantity to which the limit applies.")]
    limit: Annotated[Ratio, says("Limit, in `unit`.")]
    unit: Annotated[str, says("UCUM.")]
    value: Annotated[Ratio | None, says("Value in this case, in `unit`.")] = None
    answer: (
        Annotated[
            str,
            one_of("Whether the value is below, at or above the limit.", ("below", "at", "above")),
        ]
        | None
    ) = None
    source: Annotated[str, says("Source of the limit.")]
    decides: Annotated[bool, says("Whether a trial uses the limit.")]
    largest_lung_shunt: Annotated[
        Part | None, says("Largest lung shunt at which the limit is not exceeded.")
    ] = None


def list_limits(
    model: DoseModel,
    planned_gy: Fraction | None,
    limits: Iterable[Limit],
    entered_gy: Fraction | None = None,
) -> Iterator[DoseLimitRecord]:
    """Compare with three limits; only one is that of a trial.

    - `entered_gy`: the lung dose at 150 Gy as entered; it takes precedence for the trial's limit.
    """
    used, how = (model.lung_dose_gy(), "") if entered_gy is None else (entered_gy, ", as entered")
    for one in limits:
        yield DoseLimitRecord(
            **_compare(f"{one.trial}.lung_dose", used, one.value),
            of=f"lung dose at a tumour dose of {TRIAL_DOSE_GY} Gy{how}",
            unit="Gy",
            source=one.source,
            decides=True,
            largest_lung_shunt=as_float(model.largest_shunt(one.value)),
        )
    gy = planned_gy or TRIAL_DOSE_GY
    yield DoseLimitRecord(
        **_compare("session.lung_dose", model.lung_dose_gy(gy), LUNG_SESSION_GY),
        of=f"lung dose per treatment at a tumour dose of {as_plain(gy)} Gy",
        unit="Gy",
        source=SESSION_SOURCE,
        decides=False,
        largest_lung_shunt=as_float(model.largest_shunt(LUNG_SESSION_GY, gy)),
    )
    shunt = None if model.shunt is None else model.shunt.value
    yield DoseLimitRecord(
        **_compare("resin_label.lung_shunt", shunt, RESIN_LABEL),
        of="lung shunt",
        unit="1",
        source=LABEL_SOURCE,
        decides=False,
    )


def _compare(of: str, value: Fraction | None, limit: Fraction) -> dict[str, Any]:
    return {
        "name": f"{of}_{as_plain(limit)}",
        "limit": float(limit),
        "value": as_float(value),
        "answer": None if value is None else name_side(value, limit),
    }
