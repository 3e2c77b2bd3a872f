"""What many records hold, as JSON Schema: findings, files, the head of each result."""

from __future__ import annotations

from fl_planner.record.declaration.json_schema import describe, describe_keys
from fl_planner.record.head import AnswerRecord, RefusalRecord, ResultRecord
from fl_planner.record.schema.words import (
    SHA256,
    Schema,
    always,
    amount,
    pair,
    rows,
    table,
    text,
    texts,
    yes_no,
)
from fl_planner.record.withdrawal import MeasuredRecord

FILE = text("Base name of a file, never a path.")
HASH = text("SHA-256 of the file.", SHA256)
SEGMENTS = texts('Couinaud segments, "1" to "8", "4a", "4b".')
NUMBERS = rows("Numbers of lesions.", {"type": "integer"})
ID = text("The user's pseudonym, as given.")
REFUSAL = describe(RefusalRecord)
HEAD, _ = describe_keys(AnswerRecord)
RESULT, _ = describe_keys(ResultRecord)  # of all that rests on a patient's files
VERSION = HEAD["version"]
_MEASURED, _WITHDRAWN = describe_keys(MeasuredRecord)
FINDINGS, WITHDRAWN = _MEASURED["findings"], _WITHDRAWN["withdrawn"]
FATES = table(
    "What becomes of each lesion.",
    {
        "cleared": NUMBERS,
        "cut": NUMBERS,
        "left": NUMBERS,
    },
)
GEOMETRY = table(
    "Where voxels lie.",
    {
        "shape": rows("Voxels along each axis.", {"type": "integer", "minimum": 1}, 3),
        "spacing_mm": rows("Edges of a voxel, mm.", {"type": "number"}, 3),
        "extent_mm": rows("Edges of the grid, mm.", {"type": "number"}, 3),
        "voxel_ml": amount("Volume of a voxel, mL."),
        "placed": yes_no("Whether side and place in the patient are known."),
        "words": text("The same for a person."),
    },
    {
        "axis_codes": text("Where each index axis leads: R, L, A, P, S, I.", "^[RLAPSI]{3}$"),
        "tilt_degrees": amount("Angle to the patient's axes, degrees."),
    },
)
VALUES = pair("Least and greatest value of an image.")


def of_schema(name: str) -> Schema:
    """Describe the name that a record says it follows."""
    return always(f"fl-planner/{name}/1", "Which schema the record follows.")
