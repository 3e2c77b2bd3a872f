"""What a radioembolisation gives to tumour, treated liver and lungs."""

from fractions import Fraction

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.units import Plausible
from fl_planner.intake.documents.case_function import parse_number
from fl_planner.intake.reading.dose import DoseFiles
from fl_planner.intake.request.request import Request
from fl_planner.planning.plan import Plan
from fl_planner.record.dose import DoseRecord, as_dose_record
from fl_planner.record.head import Profile
from fl_planner.workup.plan import make_plan
from fl_planner.workup.request import Words, name_option, parse_decimal
from fl_planner.y90.partition import (
    LIVER_DENSITY,
    LUNG_MASS,
    LUNG_SHUNT,
    RATIO,
    RESIDUAL,
    TUMOUR_DOSE,
)


def describe_dose(request: Request, profile: Profile = "shareable") -> DoseRecord:
    """Tell the dose that the request's treatment gives.

    Raises `InputRefused`: `usage.wrong` for a cut of a branch; `dose.no_masks` without a tumour or
    a territory; and as planning.
    """
    request.require_no_cuts("dose")
    plan = make_plan(request)
    _require_territory(plan)
    return as_dose_record(plan, profile)


def with_dose(request: Request, given: Words) -> Request:
    """Lay what was said of a dose over what a case file says of it."""
    return request.overlaid(Request(dose=_parse_dose(given), limits=request.limits))


def _require_territory(plan: Plan) -> None:
    found = plan.measured.dose
    if found is not None and found.model is not None:
        return
    lacking = [one for one in plan.findings if one.code in ("dose.no_territory", "dose.no_tumour")]
    reason = lacking[0].message if lacking else "no dose can be told"
    remedy = "give --treated (or --treated-segments) and --tumour"
    raise InputRefused("dose.no_masks", "treated", reason, remedy)


def _parse_dose(given: Words) -> DoseFiles:
    def number(name: str, plausible: Plausible) -> Fraction | None:
        return None if given[name] is None else _number(name, given[name], plausible)

    return DoseFiles(
        decides=None if given["lung_shunt"] is None else "given",
        lung_shunt=number("lung_shunt", LUNG_SHUNT),
        shunt_method=given["shunt_method"],
        tumour_to_normal=number("tumour_to_normal", RATIO),
        lung_mass_kg=number("lung_mass_kg", LUNG_MASS),
        density_g_per_ml=number("density_g_per_ml", LIVER_DENSITY),
        tumour_dose_gy=number("tumour_dose_gy", TUMOUR_DOSE),
        residual_fraction=number("residual_fraction", RESIDUAL),
    )


def _number(name: str, text: str, plausible: Plausible) -> Fraction:
    number = parse_decimal(name, text)
    try:
        return parse_number(number, plausible)
    except ValueError as wrong:
        option = name_option(name.removesuffix("_g_per_ml"))
        raise InputRefused("value.implausible", option, str(wrong), "check its unit") from wrong
