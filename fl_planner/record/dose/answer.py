"""What `dose` tells: one record, without a plan around it."""

from __future__ import annotations

from typing import Literal

from fl_planner.planning.plan import Plan
from fl_planner.record.base import Record, as_findings, as_head, given
from fl_planner.record.dose.part import as_dose_part


def as_dose_answer(plan: Plan, profile: Literal["shareable", "clinical"] = "shareable") -> Record:
    """Tell a dose by itself."""
    return {
        "schema": "fl-planner/dose/1",
        **as_head(plan.case.inputs),
        **given(id=plan.case.id),
        "dose": as_dose_part(plan, profile) or {},
        "findings": as_findings(plan.findings, plan.case.accepted),
    }
