"""The record of `plan`, as JSON Schema."""

from __future__ import annotations

from fl_planner.record.declaration.json_schema import describe_keys
from fl_planner.record.plan import PlanPartsRecord
from fl_planner.record.schema.trials import ANSWERS
from fl_planner.record.schema.words import Schema, table


def plan() -> Schema:
    """Describe the record of `plan` and `demo`."""
    must, may = describe_keys(PlanPartsRecord)
    return table("All that the inputs allow.", {**must, **ANSWERS}, may)
