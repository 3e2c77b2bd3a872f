"""The records of `plan` and `resections`, as JSON Schema."""

from __future__ import annotations

from fl_planner.record.case import CaseRecord
from fl_planner.record.declaration.json_schema import describe, describe_keys
from fl_planner.record.dose.answer import LungDoseRecord
from fl_planner.record.function import RemnantFunctionRecord
from fl_planner.record.plan import ClearingRecord
from fl_planner.record.ratios import RatiosRecord, ThresholdRecord
from fl_planner.record.schema.anatomy import (
    ANATOMY,
    LESIONS,
    PLANNED,
    RESECTIONS,
)
from fl_planner.record.schema.parts import FINDINGS, ID, RESULT, WITHDRAWN, of_schema
from fl_planner.record.schema.trials import ANSWERS
from fl_planner.record.schema.words import (
    Keys,
    Schema,
    rows,
    table,
)
from fl_planner.record.scores import ScoresRecord
from fl_planner.record.volumes import VolumeKeys

MEASURED, _SOME_MEASURED = describe_keys(VolumeKeys)
WITH_MASKS = {**_SOME_MEASURED, "withdrawn": WITHDRAWN}


class _CaseRecord(CaseRecord):
    """What was asked."""

    plan: dict[str, str]
    other_plans: tuple[dict[str, str], ...]


CASE = describe(_CaseRecord)
CASE = CASE | {
    "properties": CASE["properties"]
    | {
        "plan": {**PLANNED, "required": []},
        "other_plans": rows("Further plans of the case.", PLANNED),
    }
}


PLAN: Keys = {
    "case": CASE,
    "ratios": describe(RatiosRecord),
    "thresholds": rows("Against every limit for this diagnosis.", describe(ThresholdRecord)),
    **ANSWERS,
}
OF_PLAN: Keys = {
    **WITH_MASKS,
    **ANATOMY,
    "clearing": describe(ClearingRecord),
    "function": describe(RemnantFunctionRecord),
    "dose": describe(LungDoseRecord),
    "scores": describe(ScoresRecord),
}


def plan() -> Schema:
    """Describe the record of `plan` and `demo`."""
    must = {"schema": of_schema("plan"), **RESULT, **MEASURED, **PLAN, "findings": FINDINGS}
    return table("All that the inputs allow.", must, OF_PLAN)


def resections() -> Schema:
    """Describe the record of `resections`."""
    must = {"schema": of_schema("resections"), **RESULT, **MEASURED, **RESECTIONS}
    return table(
        "Every resection by whole segments.",
        {**must, "findings": FINDINGS},
        {**WITH_MASKS, **LESIONS, "id": ID},
    )
