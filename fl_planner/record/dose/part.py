"""What a plan tells of the lung dose: the one that decides, and what was computed of it."""

from __future__ import annotations

from fractions import Fraction

from fl_planner.basis.shown import as_number, as_plain
from fl_planner.planning.facts import LUNG_DOSE
from fl_planner.planning.plan import Plan
from fl_planner.record.base import Record
from fl_planner.trials.criterion import Limit
from fl_planner.y90.dose import SESSION_GY


def as_dose_part(plan: Plan, profile: str = "shareable") -> Record | None:
    """Tell the lung dose that decides, and what was computed; None where neither is there."""
    limits = find_dose_limits(plan)
    value, dose = plan.judged.facts.get(LUNG_DOSE), plan.measured.dose
    found: Record = {}
    if isinstance(value, Fraction):
        typed = "lung_dose" in plan.case.stated.values
        decimals = len(as_plain(value).partition(".")[2]) if typed else 1
        every = [SESSION_GY, *(limit.value for limit in limits)]
        found = {
            LUNG_DOSE: float(value),
            "shown": as_number(value, every, decimals),
            "origin": "given" if typed else "computed",
        }
    if dose is not None:
        from fl_planner.record.dose.dose import as_dose

        found["computed"] = as_dose(dose, limits, profile)
    return found or None


def find_dose_limits(plan: Plan) -> tuple[Limit, ...]:
    """Find every limit that a trial sets on the lung dose."""
    every = (limit for j in plan.judged.judgements for limit in j.trial.limits_on(LUNG_DOSE))
    return tuple(every)
