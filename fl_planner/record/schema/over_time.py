"""The records of `log` and `verify`, as JSON Schema."""

from fl_planner.record.declaration.json_schema import describe
from fl_planner.record.over_time.outcome import OutcomeRecord, WithdrawnOutcomeRecord
from fl_planner.record.schema.parts import FINDINGS, HASH, HEAD, of_schema
from fl_planner.record.schema.words import (
    SHA256,
    Keys,
    Schema,
    always,
    count,
    named,
    number,
    rows,
    table,
    text,
    texts,
    yes_no,
)
from fl_planner.record.trials.trials import RuleRecord, TrialAnswerRecord

KINDS = ("file", "fact", "rule", "version", "time", "answer")
RECORD_NAME = text("Schema of the result.", "^fl-planner/[a-z-]+/[0-9]+$")
BROKEN = table(
    "An entry that is not what was logged: nothing in it is told.",
    {"sequence": {"type": "integer"}, "intact": always(False)},
)
ENTRY = table(
    "A result that was logged.",
    {
        "sequence": count("Its number in the log.", 1),
        "command": text("Which command gave it."),
        "schema": RECORD_NAME,
        "version": text("Version of fl_planner that made it."),
        "sha256": text("SHA-256 of the result's bytes.", SHA256),
        "inputs": rows("Its files, by role and hash; never by name.",
                       table("One.", {"role": text("Role."), "sha256": HASH})),
        "rules": rows("The protocols it rests on.", describe(RuleRecord)),
        "verdicts": named("By trial.", describe(TrialAnswerRecord)["properties"]["verdict"]),
        "findings": texts("Codes of its findings above info."),
        "chain": text("SHA-256 over this entry and the one before.", SHA256),
        "intact": always(True, "Its hashes hold, and it follows on the entry before."),
    },
    {
        "day": {"type": "integer", "description": "Days since the log's first entry."},
        "case": text("The user's pseudonym, as given."),
        "flr_percent": number("Share, percent.", 0, 100),
        "flr_percent_shown": text("The same, on its side of every limit."),
        "pathway": text("Stable name."),
        "route": text("Stable name."),
        "outcome": describe(OutcomeRecord),
        "withdraws": describe(WithdrawnOutcomeRecord),
        "withdrawn_by": count("The entry that took this outcome back: it counts no more.", 1),
        "logged_at": text("When, UTC; in the clinical profile alone."),
    },
)  # fmt: skip


def log() -> Schema:
    """Describe the record of `log`."""
    return table("A screening log.", {"schema": of_schema("log"), **HEAD, **log_entries()})


def log_entries() -> Keys:
    """Describe what is told of a log, also of one that is refused because somebody changed it."""
    return {
        "intact": yes_no("Every entry is, and none is missing between them."),
        "head": text("Chain of the last entry: note it down elsewhere.", SHA256),
        "entries": rows("In the order they were logged.", {"oneOf": [ENTRY, BROKEN]}),
        "findings": FINDINGS,
    }
