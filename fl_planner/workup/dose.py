"""Doses of a radioembolisation to tumour, treated liver and lungs."""

from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import InputRefused
from fl_planner.intake.request.request import Request
from fl_planner.planning.plan import Plan
from fl_planner.record.dose import DoseRecord, as_dose_record
from fl_planner.workup.plan import make_plan


def describe_dose(request: Request, profile: Profile) -> DoseRecord:
    """Calculate the doses of the treatment in a request.

    Raises `InputRefused`: `dose.no_inputs` if nothing of the dose is given; `dose.no_masks`
    without a tumour or a territory; and the errors of planning.
    """
    plan = make_plan(request, resections=False)
    _require_dose(plan)
    return as_dose_record(plan, profile)


def _require_dose(plan: Plan) -> None:
    if (found := plan.measured.dose) is None:
        reason = "neither a lung shunt nor a tumour-to-normal ratio is given"
        remedy = "give --lung-shunt and --tumour-to-normal, or [dose] in the case file"
        raise InputRefused("dose.no_inputs", "dose", reason, remedy)
    if found.model is None:
        codes = ("dose.no_territory", "dose.no_tumour")
        reason = next(each.message for each in plan.findings if each.code in codes)
        remedy = "give --treated (or --treated-segments) and --tumour"
        raise InputRefused("dose.no_masks", "treated", reason, remedy)
