"""The records of `plan` and `resections`, as JSON Schema."""

from __future__ import annotations

from fl_planner.basis.diagnoses import DIAGNOSES
from fl_planner.record.declaration.json_schema import describe, describe_keys
from fl_planner.record.dose.answer import LungDoseRecord
from fl_planner.record.function import RemnantFunctionRecord
from fl_planner.record.schema.anatomy import (
    ANATOMY,
    ANSWER,
    CHANCE,
    CLEARING,
    LESIONS,
    LIMIT_NAME,
    PLANNED,
    RESECTIONS,
    SHOWN,
)
from fl_planner.record.schema.parts import FINDINGS, ID, RESULT, SEGMENTS, WITHDRAWN, of_schema
from fl_planner.record.schema.trials import ANSWERS
from fl_planner.record.schema.words import (
    Keys,
    Schema,
    amount,
    count,
    number,
    one_of,
    pair,
    rows,
    table,
    text,
    yes_no,
)
from fl_planner.record.scores import ScoresRecord
from fl_planner.record.volumes import VolumeKeys

MEASURED, _SOME_MEASURED = describe_keys(VolumeKeys)
WITH_MASKS = {**_SOME_MEASURED, "withdrawn": WITHDRAWN}
READING = table(
    "Who drew the masks, and on what.",
    {},
    {
        "reader": text("As the case file says."),
        "status": one_of("How far they were checked.", ("draft", "verified")),
        "phase": text("Phase of the CT, as the case file says."),
        "dated": yes_no("Whether the day of the scan was given; absent: it was not."),
        "age_days": {"type": "integer", "description": "Days from the scan to the judging date."},
        "date": text("Of the scan; in the clinical profile alone.", "^[0-9-]{10}$"),
    },
)
TREATED = table(
    "What is to be treated, where it was told by segments and not drawn.",
    {
        "segments": SEGMENTS,
        "with_tumour": yes_no("All tumour with it."),
        "margin_mm": amount("Margin around the tumour, mm."),
    },
)
EMBOLISED = table(
    "What was closed to let the remnant grow.",
    {"kind": one_of("By which veins.", ("PVE", "PVE/HVE")), "segments": SEGMENTS},
    {
        "to_ct_days": {"type": "integer", "description": "To the CT; below 0 where it came after."},
        "date": text("In the clinical profile alone.", "^[0-9-]{10}$"),
    },
)
CASE = table(
    "What was asked.",
    {
        "plan": {**PLANNED, "required": []},
        "other_plans": rows("Further plans of the case.", PLANNED),
        "reading": READING,
    },
    {
        "id": ID,
        "label": text("The case file's label; in the clinical profile alone."),
        "diagnosis": one_of("What is treated.", DIAGNOSES),
        "treated": TREATED,
        "embolisation": EMBOLISED,
    },
)
SPREAD = table(
    "How far readings of the share lie apart: standard deviations over the share.",
    {
        "remnant": amount("Of the remnant, between readers in print."),
        "liver": amount("Of the liver, between readers in print."),
        "rho": number("How the two go together.", -1, 1),
        "readers_sd": amount("What these come to."),
        "geometry_sd": amount("The least that the masks allow."),
        "decided_by": one_of("The source that counts.", ("readers", "second_reader", "geometry")),
        "relative_sd": amount("What counts."),
        "source": text("Where the readers stand in print."),
    },
    {
        "second_reader_sd": amount("By a second reader of this case."),
        "contour_widening": amount("By which each end is moved out, over the share."),
    },
)
AGREEMENT = table(
    "A structure as two readers have it.",
    {
        "name": text("flr, liver or tumour."),
        "first_ml": amount("mL."),
        "second_ml": amount("mL."),
    },
    {
        "dice": number("Twice what is common over both.", 0, 1),
        "mean_surface_mm": amount("Mean distance of the surfaces, mm."),
        "surface_95_mm": amount("95th percentile of that distance, mm."),
    },
)
SECOND_READER = table(
    "The share by a second reader.",
    {
        "numerator_voxels": count("Voxels."),
        "denominator_voxels": count("Voxels.", 1),
        "percent": number("Share, percent.", 0, 100),
        "percent_shown": SHOWN,
        "difference_points": number("Less the first reader's, percentage points."),
        "sd_points": amount("Standard deviation between the two, percentage points."),
        "structures": rows("How the structures agree.", AGREEMENT),
    },
)
_RATIO: Keys = {
    "numerator_voxels": count("Voxels of the part."),
    "denominator_voxels": count("Voxels of the whole.", 1),
    "denominator": MEASURED["denominator"],
    "interval_percent": pair("Where 95 of 100 readings would lie, percent."),
    "cv": SPREAD,
}
RATIOS = table(
    "Each share by its counts.",
    {},
    {
        "flr": table("The FLR.", _RATIO, {"second_reader": SECOND_READER}),
        "untreated": table("The untreated liver.", _RATIO),
    },
)
THRESHOLD = table(
    "A share against a limit.",
    {
        "name": LIMIT_NAME,
        "answer": ANSWER,
        "limit_percent": number("The limit, percent.", 0, 100),
        "distance_ml": number("Share less limit, mL: negative where it falls short."),
        "margin_voxels": number("Voxels that it lacks; negative where it has more."),
        "crossing_chance": CHANCE,
        "borderline": yes_no("One of five readings or more would answer otherwise."),
        "inside_interval": yes_no("The limit lies where 95 of 100 readings would."),
        "source": text("Which sentence of which protocol sets it."),
    },
    {
        "growth_needed_ml": table(
            "What the part must gain to reach the limit, mL; absent where it has it.",
            {
                "total_held": amount("While the rest shrinks by as much."),
                "rest_held": amount("While the rest stays as it is."),
            },
        ),
    },
)


PLAN: Keys = {
    "case": CASE,
    "ratios": RATIOS,
    "thresholds": rows("Against every limit for this diagnosis.", THRESHOLD),
    **ANSWERS,
}
OF_PLAN: Keys = {
    **WITH_MASKS,
    **ANATOMY,
    "clearing": CLEARING,
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
