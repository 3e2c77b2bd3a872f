"""The lung dose that decides and what was computed of it: in a plan, and as what `dose` tells."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from fl_planner.basis.constants import SESSION_GY
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.planning.facts import LUNG_DOSE
from fl_planner.record.declaration.observation import observed_as
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import column, one_of, says
from fl_planner.record.dose.dose import ComputedDoseRecord, as_dose
from fl_planner.record.dose.model import Gy
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs

if TYPE_CHECKING:
    from fl_planner.planning.plan import Plan
    from fl_planner.trials.criterion import Limit


class LungDoseRecord(RecordPart):
    """Lung dose: the figure that decides, and what was computed."""

    lung_dose_gy_at_150gy_tumour: Annotated[
        Gy | None,
        says("The one that decides"),
        column("lung_dose_gy", "lung dose when the tumour gets 150 Gy"),
        observed_as(
            "lung-dose",
            "Lung dose of a radioembolisation that gives the tumour 150 Gy",
            "by the partition model: masses, lung shunt and ratio of tumour to liver",
            number="dose",
            always=True,
        ),
    ] = None
    shown: Annotated[str | None, says("For a person.")] = None
    origin: Annotated[str, one_of("Typed, or computed.", ("given", "computed"))] | None = None
    computed: ComputedDoseRecord | None = None


class DoseRecord(ResultRecord, tag_field="schema", tag="fl-planner/dose/1"):
    """Dose of a radioembolisation."""

    id: Annotated[str | None, says("The user's pseudonym, as given.")] = None
    dose: LungDoseRecord
    findings: Findings


def as_dose_record(plan: Plan, profile: str = "shareable") -> DoseRecord:
    """Tell a dose by itself."""
    return DoseRecord(
        refusal=None,
        inputs=as_inputs(plan.case.inputs),
        id=plan.case.id,
        dose=as_lung_dose(plan, profile) or LungDoseRecord(),
        findings=as_findings(plan.findings, plan.case.accepted),
    )


def as_lung_dose(plan: Plan, profile: str = "shareable") -> LungDoseRecord | None:
    """Tell the lung dose that decides, and what was computed; None where neither is there."""
    limits = find_dose_limits(plan)
    value, dose = plan.judged.facts.get(LUNG_DOSE), plan.measured.dose
    computed = None if dose is None else as_dose(dose, limits, profile)
    if not isinstance(value, Fraction):
        return None if computed is None else LungDoseRecord(computed=computed)
    typed = "lung_dose" in plan.case.stated.values
    decimals = len(as_plain(value).partition(".")[2]) if typed else 1
    every = [SESSION_GY, *(limit.value for limit in limits)]
    return LungDoseRecord(
        lung_dose_gy_at_150gy_tumour=float(value),
        shown=as_number(value, every, decimals),
        origin="given" if typed else "computed",
        computed=computed,
    )


def find_dose_limits(plan: Plan) -> tuple[Limit, ...]:
    """Find every limit that a trial sets on the lung dose."""
    every = (limit for j in plan.judged.judgements for limit in j.trial.limits_on(LUNG_DOSE))
    return tuple(every)
