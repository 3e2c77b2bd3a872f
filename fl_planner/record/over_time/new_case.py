"""What a new case file still asks, as the one dict and as lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fl_planner.basis.version import __version__
from fl_planner.planning.judgement import Judged
from fl_planner.planning.route.questions import Question
from fl_planner.record.base import Record, as_findings
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.trials.route import as_question

MOST_SHOWN = 5  # questions that a person reads here; the file has them all


def as_new_case(name: str, judged: Judged, questions: Sequence[Question], *, asked: int) -> Record:
    """Tell what was written, and what is still to ask, the most telling first."""
    return {
        "schema": "fl-planner/new-case/1",
        "version": __version__,
        "status": "ok",
        "refusal": None,
        "file": name,
        "answered": asked,
        "route": judged.route.name,
        "questions": [as_dict(as_question(question)) for question in questions],
        "findings": as_findings(judged.findings),
    }


def say_new_case(record: Record) -> Iterator[str]:
    """Say it in a few lines."""
    questions = record["questions"]
    yield f"{record['file']}: written; {len(questions)} facts still open"
    for question in questions[:MOST_SHOWN]:
        yield f"  {question['key']} ({question['asked_of']})"
    if len(questions) > MOST_SHOWN:
        yield f"  and {len(questions) - MOST_SHOWN} more, as comments in the file"
    yield from (f"{one['code']}: {one['message']}" for one in record["findings"])
