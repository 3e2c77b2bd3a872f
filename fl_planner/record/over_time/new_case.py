"""What a new case file still asks: the record of `new-case`, and its lines."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from fl_planner.planning.judgement import Judged
from fl_planner.planning.route.questions import Question
from fl_planner.record.declaration.quantity import Count, FileName, like, says
from fl_planner.record.head import AnswerRecord, Findings, as_findings
from fl_planner.record.trials.route import QuestionRecord, as_question

MOST_SHOWN = 5  # questions that a person reads here; the file has them all


class NewCaseRecord(AnswerRecord, tag_field="schema", tag="fl-planner/new-case/1"):
    """A case file that was begun."""

    file: FileName
    answered: Annotated[Count, says("Questions that were answered at the terminal.")]
    route: Annotated[str, says("Stable name of the route so far."), like("^[a-z0-9_]+$")]
    questions: Annotated[
        tuple[QuestionRecord, ...], says("What is still to ask, the most informative first.")
    ]
    findings: Findings


def as_new_case(
    name: str, judged: Judged, questions: Sequence[Question], *, asked: int
) -> NewCaseRecord:
    """Tell what was written, and what is still to ask, the most telling first."""
    return NewCaseRecord(
        refusal=None,
        file=name,
        answered=asked,
        route=judged.route.name,
        questions=tuple(map(as_question, questions)),
        findings=as_findings(judged.findings),
    )


def say_new_case(record: NewCaseRecord) -> Iterator[str]:
    """Say it in a few lines."""
    questions = record.questions
    yield f"{record.file}: written; {len(questions)} facts not yet answered"
    for question in questions[:MOST_SHOWN]:
        yield f"  {question.key} ({question.asked_of})"
    if len(questions) > MOST_SHOWN:
        yield f"  and {len(questions) - MOST_SHOWN} more, as comments in the file"
    yield from (f"{one.code}: {one.message}" for one in record.findings)
