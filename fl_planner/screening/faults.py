"""Faults of the rows of a list, grouped: each kind once, with its rows and its remedy."""

from __future__ import annotations

from dataclasses import dataclass, field

from fl_planner.intake.patients.cells import CELL_UNKNOWN, TREATED_AS
from fl_planner.intake.patients.rows import Listed, NotRead, Row
from fl_planner.record.over_time.worklist import FaultRecord, FaultRowRecord

MOST_KINDS = 1000  # kept; a list may have a different fault in each row
MOST_ROWS = 20  # named of each kind
UNKNOWN_REMEDY = "correct the cells; the patients were assessed without these values"


@dataclass(slots=True)
class _Kind:
    rows: list[FaultRowRecord] = field(default_factory=list)
    count: int = 0


class Faults:
    """Faults of the rows of a list, in the order of their first rows."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[bool, str, str], _Kind] = {}
        self._others = {True: 0, False: 0}

    def add(self, row: Row) -> None:
        """Add the faults of a row, if it has any."""
        if isinstance(row, NotRead):
            for fault in row.faults or (row.reason,):
                self._add(row, fault, row.remedy, judged=False)
            return
        for finding in row.findings:
            if finding.code == CELL_UNKNOWN:
                fault = finding.message.removesuffix(TREATED_AS)
                self._add(row, fault, UNKNOWN_REMEDY, judged=True)

    def _add(self, row: Listed | NotRead, fault: str, remedy: str, *, judged: bool) -> None:
        key = (judged, fault, remedy)
        if key not in self._kinds and len(self._kinds) >= MOST_KINDS:
            self._others[judged] += 1
            return
        kind = self._kinds.setdefault(key, _Kind())
        kind.count += 1
        if len(kind.rows) < MOST_ROWS:
            kind.rows.append(FaultRowRecord(row=row.row, id=row.id))

    def as_records(self) -> tuple[FaultRecord, ...]:
        """Return the kinds of fault, those of rows that were not judged first."""
        found = [
            FaultRecord(
                fault=fault, remedy=remedy, rows=tuple(kind.rows), count=kind.count, judged=judged
            )
            for (judged, fault, remedy), kind in sorted(
                self._kinds.items(), key=lambda one: one[0][0]
            )
        ]
        found += [
            FaultRecord(
                fault="other faults",
                remedy="first correct the listed faults, and then screen the list again",
                rows=(),
                count=count,
                judged=judged,
            )
            for judged, count in self._others.items()
            if count
        ]
        return tuple(found)
