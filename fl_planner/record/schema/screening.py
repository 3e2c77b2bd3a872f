"""The records of `screen`, `outcome` and `new-case`, as JSON Schema."""

from fl_planner.planning.urgency import Urgency
from fl_planner.record.declaration.json_schema import describe
from fl_planner.record.over_time.outcome import LastOutcomeRecord
from fl_planner.record.schema.parts import (
    FILE,
    FINDINGS,
    HASH,
    HEAD,
    ID,
    RESULT,
    of_schema,
)
from fl_planner.record.schema.words import (
    CODE,
    Schema,
    count,
    named,
    number,
    one_of,
    rows,
    table,
    text,
)
from fl_planner.record.trials.route import ROUTE_ROWS, QuestionRecord, SettledRecord
from fl_planner.record.trials.trials import RuleRecord, TrialAnswerRecord

QUESTION, RULE = describe(QuestionRecord), describe(RuleRecord)
JUDGED = describe(TrialAnswerRecord)
TRIAL_ID, CRITERION_ID = (
    describe(SettledRecord)["properties"][key] for key in ("trial", "criterion")
)
ASKED_OF = QUESTION["properties"]["asked_of"]
ROW = count("Row of the table, line, or file in the order of names.", 1)
DEADLINE = table(
    "Something that ends.",
    {"trial": TRIAL_ID, "criterion": CRITERION_ID, "says": text("What ends, in short.")},
    {
        "days": number(
            "Days from the judging date on which it still holds, below 0 where it is past; absent "
            "where it ends with an event."
        )
    },
)
SCREENED = table(
    "One patient.",
    {
        "row": ROW,
        "urgency": one_of("What presses.", (one.name.lower() for one in Urgency)),
        "deadlines": rows("What ends, the most pressing first.", DEADLINE),
        "verdicts": named("By trial, for programs.", JUDGED["properties"]["verdict"]),
        "verdicts_shown": named("By trial, for people.", JUDGED["properties"]["verdict_shown"]),
        "only_human_open": rows("Trials that wait for a person's word alone.", TRIAL_ID),
        "possible": rows("Trials that are possible, and not closed here.", TRIAL_ID),
        "route": text("Stable name.", "^[a-z0-9_]+$"),
        "route_row": one_of("Row of the table of routes.", [ROUTE_ROWS]),
        "questions": count("How many there are to ask."),
        "findings": rows("Codes of findings above info.", text("Code.", CODE)),
        "doubts": rows(
            "The same findings in words, which repeat nothing of the patient's file.",
            table(
                "One.",
                {
                    "code": text("Code.", CODE),
                    "severity": one_of("How much it matters.", ("warning", "error")),
                    "message": text("What is doubtful, and what it does."),
                },
            ),
        ),
    },
    {
        "id": ID,
        "file": FILE,
        "deadline": DEADLINE,
        "next_question": table(
            "What to find out first.",
            {"asked_of": ASKED_OF, "trials": count("How many trials it could settle.")},
            {"key": text("Input key; absent where a person must choose between readings.")},
        ),
        "outcomes": named(
            "By trial, what was recorded last.",
            describe(LastOutcomeRecord),
        ),
    },
)
NOT_READ = table(
    "A row that cannot be read.",
    {
        "row": ROW,
        "code": text("topic.detail, stable; docs/codes.md lists them all.", CODE),
        "reason": text("What is wrong; nothing of the row is repeated."),
        "remedy": text("What to do about it."),
    },
    {"id": ID, "file": FILE},
)
_BY_CRITERION = table("One.", {"criterion": CRITERION_ID, "patients": count("How many.", 1)})
CONSORT = table(
    "Patients by step, for a CONSORT diagram.",
    {
        "listed": count("On the list."),
        "not_read": count("Rows that could not be read."),
        "assessed": count("Judged."),
        "trials": rows(
            "By trial.",
            table(
                "One.",
                {
                    "trial": TRIAL_ID,
                    "assessed": count("Judged."),
                    "not_eligible": count("A criterion keeps them out."),
                    "kept_out_by": rows("By the first such criterion.", _BY_CRITERION),
                    "open": count("Answers are missing."),
                    "eligible": count("Potentially eligible."),
                    "approached": count("Were asked, or gave an answer."),
                    "declined": count("Their last word."),
                    "consented": count("Their last word."),
                    "screen_failures": count("Failed screening, before or after consent."),
                    "failed_on": rows("By the criterion last recorded.", _BY_CRITERION),
                },
            ),
        ),
    },
)


def screen() -> Schema:
    """Describe the record of `screen`."""
    listed = table(
        "A file that the list was read from.",
        {"role": text("patients, centre, trial."), "format": text("csv, json ..."), "sha256": HASH},
        {"file": FILE},
    )
    must = {
        "schema": of_schema("screen"),
        **RESULT,
        "inputs": rows("The files; by name in the clinical profile alone.", listed),
        "rules": rows("Every protocol that the answers rest on.", RULE, 1),
        "rows": rows("Patients, what presses most first.", SCREENED),
        "refused": rows("Rows that could not be read.", NOT_READ),
        "consort": CONSORT,
        "findings": FINDINGS,
    }
    return table("Many patients, in order of need.", must)


def new_case() -> Schema:
    """Describe the record of `new-case`."""
    must = {
        "schema": of_schema("new-case"),
        **HEAD,
        "file": FILE,
        "answered": count("Questions that were answered at the terminal."),
        "route": text("Stable name of the route so far.", "^[a-z0-9_]+$"),
        "questions": rows("What is still to ask, what settles most first.", QUESTION),
        "findings": FINDINGS,
    }
    return table("A case file that was begun.", must)
