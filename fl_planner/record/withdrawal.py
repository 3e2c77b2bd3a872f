"""Numbers of a record that are shown and not to be used, and the records that may have them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fl_planner.planning.withdrawal import NUMBERS, Withdrawn
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import at_least, one_of, says
from fl_planner.record.head import Findings, ResultRecord


class WithdrawnRecord(RecordPart):
    """One."""

    number: Annotated[str, one_of("Which.", (*NUMBERS, "growth"))]
    codes: Annotated[tuple[str, ...], says("Codes of the errors.")]
    why: Annotated[str, says("Their causes, in few words.")]


class MeasuredRecord(ResultRecord):
    """A result of measuring: what of it is not to be used, and what was found."""

    withdrawn: Annotated[
        tuple[WithdrawnRecord, ...],
        says(
            "Numbers that are shown and not to be used, for an error among the findings; "
            "absent: none."
        ),
        at_least(1),
    ] = ()
    findings: Findings


def as_withdrawn(withdrawn: Iterable[Withdrawn]) -> tuple[WithdrawnRecord, ...]:
    """List numbers that are shown and not to be used."""
    return tuple(
        WithdrawnRecord(number=one.number, codes=one.codes, why=one.why) for one in withdrawn
    )
