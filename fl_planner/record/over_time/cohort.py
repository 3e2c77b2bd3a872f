"""What became of a cohort in one run: the record of `cohort`; each case has its own beside it."""

from collections.abc import Iterator
from typing import Annotated, Literal

from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import Code, Count, Number, says
from fl_planner.record.head import AnswerRecord

MOST_SAID = 20  # cases without a plan that a person is told one by one; the tables have all


class CaseLeftRecord(RecordPart):
    """A case without a plan."""

    id: Annotated[str, says("The user's pseudonym, as given.")]
    number: Annotated[Number, says("In the order of the source; the log names it so.")]
    status: Literal["refused", "failed"]
    code: Code | None = None
    file: Annotated[str | None, says("What the refusal is about.")] = None
    reason: Annotated[str, says("Why it has none.")]
    remedy: Annotated[str | None, says("What to do about it.")] = None


class PlannedAgainRecord(RecordPart):
    """Cases whose earlier result did not hold."""

    changed: Annotated[str, says("What had changed.")]
    cases: Annotated[Count, says("How many.")]


class CohortCountKeys(RecordPart):
    """Cases by what became of them."""

    cases: Annotated[Count, says("All of the source.")]
    planned: Annotated[Count, says("With a plan.")]
    refused: Annotated[Count, says("Refused: there is no honest result.")]
    failed: Annotated[Count, says("Not ended: memory, time, or a process that was killed.")]
    held: Annotated[Count, says("Whose earlier result holds: not planned anew.")]
    left_out: Annotated[Count, says("In the folder from an earlier run, and not of this one.")]


class CohortRecord(AnswerRecord, tag_field="schema", tag="fl-planner/cohort/1"):
    """A cohort, planned into a folder."""

    counts: CohortCountKeys
    planned_again: Annotated[tuple[PlannedAgainRecord, ...], says("Of results that did not hold.")]
    without_plan: Annotated[tuple[CaseLeftRecord, ...], says("Every case that has none.")]


def say_cohort(record: CohortRecord) -> Iterator[str]:
    """Say it in a few lines."""
    counts = record.counts
    told = f"{counts.planned:,} planned, {counts.refused:,} refused, {counts.failed:,} failed"
    yield f"{say_cases(counts.cases)}: {told}"
    if counts.held:
        yield f"  {counts.held:,} of them were planned before, and their result holds"
    for again in record.planned_again:
        yield f"  {again.cases:,} planned again: changed was {again.changed}"
    if counts.left_out:
        yield f"  of an earlier run and not among these, left as they are: {counts.left_out:,}"
    for one in record.without_plan[:MOST_SAID]:
        about = "" if one.file is None else f"{one.file}: "
        remedy = "" if one.remedy is None else f"; {one.remedy}"
        yield f"  {one.id}: {one.status}: {about}{one.reason}{remedy}"
    if (more := len(record.without_plan) - MOST_SAID) > 0:
        yield f"  and {more:,} more; cases.csv lists all"


def say_cases(count: int) -> str:
    """Count cases."""
    return "1 case" if count == 1 else f"{count:,} cases"
