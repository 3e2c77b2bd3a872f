"""The record of `function`: what was measured, and whether the remnant's is adequate."""

from __future__ import annotations

from fl_planner.basis.shown import as_plain
from fl_planner.planning.assessment.function import Answered
from fl_planner.record.base import Record, as_findings, as_head, given
from fl_planner.record.function import as_function


def as_answer(answered: Answered) -> Record:
    """Tell a function by itself; whether it is adequate is absent where that is not known."""
    return {
        "schema": "fl-planner/function/1",
        **as_head(answered.inputs),
        "function": as_function(answered.function, answered.limits),
        **given(adequate=answered.adequate, ct_to_scintigraphy_days=answered.ct_days),
        "limit_pct_per_min_per_m2": float(answered.limit),
        "limit_shown": as_plain(answered.limit),
        "findings": as_findings(answered.findings, answered.accepted),
    }
