"""Records of new case files and centre files with their open questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from fl_planner.basis.standing_words import BY_REFERRAL
from fl_planner.planning.full_route.route import Question
from fl_planner.planning.judgement import Judged
from fl_planner.record.declaration.part import (
    Count,
    FileName,
    RecordPart,
    TrialId,
    as_part,
    like,
    says,
)
from fl_planner.record.head import AnswerRecord, Findings, as_findings, name_schema
from fl_planner.record.judgement import QuestionRecord, as_question
from fl_planner.record.trials import Reached
from fl_planner.trials.criterion import REACH, Centre, Trial, name_with_id
from fl_planner.trials.facts.quantities import describe_fact

MOST_SHOWN = 5  # questions that a person reads here; the file has them all


class NewCaseRecord(AnswerRecord, tag_field="schema", tag=name_schema("new-case")):
    """New case file."""

    file: FileName
    answered: Annotated[Count, says("Questions answered at the terminal.")]
    route: Annotated[
        str, says("Identifier of the route based on the facts so far."), like("^[a-z0-9_]+$")
    ]
    questions: Annotated[
        tuple[QuestionRecord, ...], says("Remaining questions, the most informative first.")
    ]
    findings: Findings


def as_new_case(
    name: str, judged: Judged, questions: Sequence[Question], *, asked: int
) -> NewCaseRecord:
    """Describe the written file and the remaining questions, most informative first."""
    return NewCaseRecord(
        refusal=None,
        file=name,
        answered=asked,
        route=judged.route.name,
        questions=tuple(map(as_question, questions)),
        findings=as_findings(judged.findings),
    )


def format_new_case(record: NewCaseRecord) -> Iterator[str]:
    """Format as a few lines."""
    questions = record.questions
    yield f"{record.file}: written; {len(questions)} questions not yet answered"
    for question in questions[:MOST_SHOWN]:
        key = str(question.key)
        yield f"  {key}: {describe_fact(key)} ({question.asked_of})"
    if len(questions) > MOST_SHOWN:
        yield f"  and {len(questions) - MOST_SHOWN} more, as comments in the file"
    yield from (f"{one.code}: {one.message}" for one in record.findings)


class CentreTrialRecord(RecordPart):
    """Trial of a centre's list; an omitted one has no `reach`."""

    id: TrialId
    name: Annotated[str, says("Name for display.")]
    reach: Reached | None = None


class NewCentreRecord(AnswerRecord, tag_field="schema", tag=name_schema("new-centre")):
    """New centre file."""

    file: FileName
    trials: Annotated[tuple[CentreTrialRecord, ...], says("All trials that are assessed.")]


def as_new_centre(name: str, centre: Centre, trials: Sequence[Trial]) -> NewCentreRecord:
    """Describe the written file."""
    reach = {trial: offer.status for trial, offer in centre.offers.items()}
    listed = tuple(as_part(CentreTrialRecord, one, reach=reach.get(one.id)) for one in trials)
    return NewCentreRecord(refusal=None, file=name, trials=listed)


def format_new_centre(record: NewCentreRecord) -> Iterator[str]:
    """Format as a few lines."""
    listed = [one for one in record.trials if one.reach is not None]
    yield f"{record.file}: written; answers for {len(listed)} of {len(record.trials)} trials"
    yield from (
        f"  {name_with_id(one.name, one.id)}: {REACH[one.reach]}" for one in listed if one.reach
    )
    if len(listed) < len(record.trials):
        yield f"  other trials (comments in the file): assumed to be available {BY_REFERRAL}"
