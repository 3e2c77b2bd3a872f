"""The form that a logged result must have: what of it is told, each of its own type.

Who forges an entry can make its hashes hold, but not make the program trip over it.
"""

import json
from dataclasses import dataclass, field
from typing import Any, NoReturn

from msgspec import ValidationError, convert

from fl_planner.record.base import Record
from fl_planner.record.declaration.quantity import Percent
from fl_planner.record.over_time.log import LoggedFileRecord
from fl_planner.record.over_time.outcome import OutcomeRecord, WithdrawnOutcomeRecord
from fl_planner.trials.judge import Verdict


@dataclass(frozen=True, slots=True)
class LoggedAnswer:
    """A pathway or route."""

    name: str


@dataclass(frozen=True, slots=True)
class LoggedRule:
    """A protocol."""

    id: str
    name: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedVerdict:
    """A trial."""

    id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class LoggedFinding:
    """A finding."""

    code: str
    severity: str


@dataclass(frozen=True, slots=True)
class LoggedResult:
    """What a list of the log tells of a result."""

    case: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[LoggedFileRecord, ...] = ()
    rules: tuple[LoggedRule, ...] = ()
    trials: tuple[LoggedVerdict, ...] = ()
    findings: tuple[LoggedFinding, ...] = ()
    flr_percent: Percent | None = None
    flr_percent_shown: str | None = None
    pathway: LoggedAnswer | None = None
    route: LoggedAnswer | None = None
    outcome: OutcomeRecord | None = None
    withdraws: WithdrawnOutcomeRecord | None = None


def parse_result(content: bytes) -> Record | None:
    """Read a result that was logged; None where its bytes are none, or not in its form."""
    try:
        record: Record = json.loads(content.decode(), parse_constant=_no_number)
        read_result(record)
    except (ValueError, RecursionError, ValidationError):
        return None
    return record


def read_result(record: Record) -> LoggedResult:
    """Read what is told of a result."""
    return convert(record, LoggedResult)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
