"""What many records hold, as JSON Schema: findings, files, the head of each result."""

from fl_planner.record.declaration.json_schema import describe, describe_keys
from fl_planner.record.head import AnswerRecord, RefusalRecord, ResultRecord
from fl_planner.record.schema.words import (
    SHA256,
    Schema,
    always,
    text,
)
from fl_planner.record.withdrawal import MeasuredRecord

FILE = text("Base name of a file, never a path.")
HASH = text("SHA-256 of the file.", SHA256)
ID = text("The user's pseudonym, as given.")
REFUSAL = describe(RefusalRecord)
HEAD, _ = describe_keys(AnswerRecord)
RESULT, _ = describe_keys(ResultRecord)  # of all that rests on a patient's files
VERSION = HEAD["version"]
_MEASURED, _WITHDRAWN = describe_keys(MeasuredRecord)
FINDINGS, WITHDRAWN = _MEASURED["findings"], _WITHDRAWN["withdrawn"]


def of_schema(name: str) -> Schema:
    """Describe the name that a record says it follows."""
    return always(f"fl-planner/{name}/1", "Which schema the record follows.")
