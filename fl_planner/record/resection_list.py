"""The record of `resections`: every set of segments of a plan's case."""

from __future__ import annotations

from collections.abc import Sequence

from fl_planner.planning.assessment.resections import ResectionRow
from fl_planner.planning.plan import Plan
from fl_planner.record.anatomy import baseline_record, lesion_record
from fl_planner.record.base import Record, as_findings
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.resections import as_resections
from fl_planner.record.volumes import as_volume_record


def as_resection_record(plan: Plan, shown: Sequence[ResectionRow]) -> Record:
    """Tell every resection of a plan's case; `shown` are those that a person sees."""
    volumes = as_dict(as_volume_record(plan.case, plan.measured, plan.share_limits))
    return {
        **volumes,
        "schema": "fl-planner/resections/1",
        **({"id": plan.case.id} if plan.case.id else {}),
        **lesion_record(plan),
        **baseline_record(plan),
        **as_resections(plan, plan.resections, shown),
        "findings": as_findings(plan.findings, plan.case.accepted),
    }
