"""Parts of a record as plain dicts, for what does not read the record's own nouns yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import convert

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.record import head
from fl_planner.record.declaration.part import DIGITS as DIGITS
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.declaration.part import as_json as as_json
from fl_planner.record.declaration.part import printable as printable
from fl_planner.record.declaration.quantity import as_float as as_float
from fl_planner.record.head import RESEARCH_USE as RESEARCH_USE
from fl_planner.record.head import FindingRecord

if TYPE_CHECKING:  # a refusal is written without loading what measures
    from fl_planner.planning.given.case import Accepted, InputFile

Record = dict[str, Any]


def read_findings(findings: Iterable[FindingRecord | Record]) -> tuple[FindingRecord, ...]:
    """Read findings, some of which may be dicts."""
    return tuple(
        convert(one, FindingRecord) if isinstance(one, Mapping) else one for one in findings
    )


def as_findings(findings: Iterable[Finding], accepted: Iterable[Accepted] = ()) -> list[Record]:
    """List findings, errors first, as dicts; one that a reader has accepted says who and why."""
    return [as_dict(one) for one in head.as_findings(findings, accepted)]


def as_refusal(refused: InputRefused, command: str) -> Record:
    """Tell what was refused, by which command, why, and what to do, as a dict."""
    return as_dict(head.as_refusal(refused, command))


def as_head(inputs: Iterable[InputFile]) -> Record:
    """Tell what every result begins with, as a dict."""
    return as_dict(head.ResultRecord(refusal=None, inputs=head.as_inputs(inputs)))


def given(**entries: Any) -> Record:
    """Keep the entries that are known: absent is not null and not 0."""
    return {key: value for key, value in entries.items() if value is not None}
