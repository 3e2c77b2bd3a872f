"""The record of `function`: what was measured, and whether the remnant's is adequate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fl_planner.basis.shown import as_plain
from fl_planner.record.declaration.quantity import Amount, says
from fl_planner.record.function import CtDays, ScintigraphyRecord, as_function
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs

if TYPE_CHECKING:
    from fl_planner.planning.assessment.function import Answered


class FunctionRecord(ResultRecord, tag_field="schema", tag="fl-planner/function/1"):
    """How well the liver works, and its remnant."""

    function: ScintigraphyRecord
    adequate: Annotated[
        bool | None, says("Whether the remnant's exceeds that; absent: unknown.")
    ] = None
    limit_pct_per_min_per_m2: Annotated[Amount, says("The figure of DRAGON 2's background.")]
    limit_shown: Annotated[str, says("The same for a person.")]
    ct_to_scintigraphy_days: CtDays | None = None
    findings: Findings


def as_function_record(answered: Answered) -> FunctionRecord:
    """Tell a function by itself; whether it is adequate is absent where that is not known."""
    return FunctionRecord(
        refusal=None,
        inputs=as_inputs(answered.inputs),
        function=as_function(answered.function, answered.limits),
        adequate=answered.adequate,
        limit_pct_per_min_per_m2=float(answered.limit),
        limit_shown=as_plain(answered.limit),
        ct_to_scintigraphy_days=answered.ct_days,
        findings=as_findings(answered.findings, answered.accepted),
    )
