"""Trials, a patient's answers, pathway and route, as JSON Schema."""

from __future__ import annotations

from fl_planner.planning.pathway.table import ROWS
from fl_planner.record.schema.parts import FINDINGS, HASH, HEAD, ID, RESULT, of_schema
from fl_planner.record.schema.words import (
    ROUTE_ROWS,
    Keys,
    Schema,
    amount,
    count,
    number,
    one_of,
    rows,
    table,
    text,
    texts,
    yes_no,
)
from fl_planner.trials.facts.facts import FACTS, Fact, FactKind
from fl_planner.trials.judge import CONSENTED, VERDICTS
from fl_planner.trials.load import ALLOWED

ANSWER = one_of("For an exclusion, met means that it keeps the patient out.",
                ("met", "not_met", "unknown"))  # fmt: skip
REACH = one_of("How a trial is reached from here.", ("open", "referral", "closed"))
BY = rows("What kinds of evidence answer it.", one_of("Kind.", sorted(ALLOWED["by"])))
ASKED_OF = one_of("Who can answer.", sorted(ALLOWED["asked_of"]))
TRIAL_ID = text("Registry id.", "^[A-Za-z0-9._-]+$")
CRITERION_ID = text("Id of the criterion.")
OPEN_FACTS = texts("Unknown facts that could still change the answer.")
_SAID: Keys = {  # of a criterion, of any patient
    "id": CRITERION_ID,
    "kind": one_of("Inclusion or exclusion.", ("inclusion", "exclusion")),
    "says": text("What it asks, in short."),
    "source": text("Where it stands in the registry text."),
    "by": BY,
    "asked_of": ASKED_OF,
}
_BESIDE: Keys = {
    "reading": text("The reading chosen where the text is unclear."),
    "note": text("What a person should see with the answer."),
}
_TRIAL: Keys = {
    "id": TRIAL_ID,
    "name": text("What people call it."),
    "source": text("Where its text comes from."),
    "notes": texts("What a person should know of the whole trial."),
}
PART = table(
    "A piece of a criterion.",
    {
        "name": text("What it is called."),
        "answer": ANSWER,
        "by": BY,
        "evidence": text("Facts and limits it rests on."),
        "open_facts": OPEN_FACTS,
    },
    {"distance": text("How far from the limit.")},
)
ANSWERED = table(
    "A criterion, answered.",
    {
        **_SAID,
        "answer": ANSWER,
        "evidence": text("Facts and limits it rests on."),
        "changes": one_of("How the answer may turn.", sorted(ALLOWED["changes"])),
        "human_open": yes_no("Nothing is missing but a person's word."),
        "open_facts": OPEN_FACTS,
    },
    {
        **_BESIDE,
        "distance": text("How far from the limit."),
        "crossing_chance": number("How often another reading would answer otherwise.", 0, 0.5),
        "holds_days": amount("Days from the judging date for which its values stay fresh."),
        "parts": rows("Its pieces, where it has several.", PART, 2),
    },
)
JUDGED = table(
    "A trial's answers to one patient.",
    {
        **_TRIAL,
        "verdict": one_of("For programs.", (verdict.value for verdict in VERDICTS)),
        "verdict_shown": one_of("For people.", (*VERDICTS.values(), CONSENTED)),
        "only_human_open": yes_no("Nothing is missing but what a person must answer."),
        "failed": texts("Ids of criteria that keep the patient out."),
        "unknown": texts("Ids of criteria without an answer."),
        "criteria": rows("In the order of the registry.", ANSWERED),
    },
    {"reach": REACH},
)
PATHWAY = table(
    "The answer by images alone.",
    {
        "name": one_of("Stable name.", (row.pathway for row in ROWS)),
        "row": one_of("Row of the table of pathways.", (row.name for row in ROWS)),
        "headline": text("One line for people."),
        "reasons": texts("Sentences."),
        "would_change": texts("What would lead elsewhere."),
        "to_ask": texts("Input keys of facts that could change the name."),
        "borderline": yes_no("One of five readings or more would fall on the other side."),
    },
)
QUESTION = table(
    "Something to find out.",
    {
        "asked_of": ASKED_OF,
        "trials": count("How many trials it could settle."),
        "criteria": rows(
            "What it could settle.",
            table("A criterion.", {"trial": TRIAL_ID, "criterion": CRITERION_ID}),
        ),
    },
    {"key": text("Input key; absent where a person must choose between readings.")},
)
ROUTE = table(
    "A proposal for the tumour board, by all facts.",
    {
        "name": text("Stable name.", "^[a-z0-9_]+$"),
        "row": one_of("Row of the table of routes.", [ROUTE_ROWS]),
        "headline": text("One line for people."),
        "reasons": texts("Sentences."),
        "alternatives": rows(
            "Other ways that are open by the facts.",
            table("One.", {"name": text("Name."), "reach": REACH, "why": text("Reason.")}),
        ),
        "next_steps": texts("Sentences, in order."),
        "pending": rows("Trials that a missing answer keeps open.", TRIAL_ID),
        "questions": rows("What to find out, what settles most first.", QUESTION),
    },
    {"centre": text("Whose list of trials it follows.")},
)
RULE = table(
    "A protocol that the answers rest on.",
    {"id": TRIAL_ID, "name": text("What people call it.")},
    {"sha256": HASH},
)


def _fact(fact: Fact) -> Schema:
    says = f"{fact.meaning}{f', {fact.unit}' if fact.unit else ''}"
    match fact.kind:
        case FactKind.YES_NO:
            return yes_no(says)
        case FactKind.CODE:
            return one_of(says, fact.codes)
        case FactKind.CODES:
            return rows(says, one_of("One.", fact.codes))
        case FactKind.WHOLE:
            return {"type": "integer", "description": says}
    return number(says)


ANSWERS: Keys = {
    "facts": table(
        "Every fact that is known, by canonical name.",
        {},
        {name: _fact(fact) for name, fact in FACTS.items()},
    ),
    "rules": rows("Every protocol that the answers rest on, by hash.", RULE, 1),
    "trials": rows("In the order of the project's list.", JUDGED),
    "pathway": PATHWAY,
    "route": ROUTE,
}


def trials() -> Schema:
    """Describe the record of `trials judge`."""
    must = {"schema": of_schema("trials"), **RESULT, **ANSWERS, "findings": FINDINGS}
    return table("What a patient's facts come to.", must, {"id": ID})


def trial_list() -> Schema:
    """Describe the record of `trials list` and `trials show`."""
    criterion = table(
        "A criterion.",
        {
            **_SAID,
            "changes": one_of("How an answer may turn.", sorted(ALLOWED["changes"])),
            "facts": texts("Canonical names of the facts that it looks at."),
        },
        _BESIDE,
    )
    must = {
        "schema": of_schema("trial-list"),
        **HEAD,
        "trials": rows("The trials.", table("A trial.", _TRIAL)),
    }
    shown = {"criteria": rows("Of the one that was asked for.", criterion)}
    return table("Trials by what they are called.", must, shown)
