"""One patient of a list: what was said of the patient, or why the row cannot be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fl_planner.basis.brevity import join_told
from fl_planner.basis.findings import Finding
from fl_planner.trials.stated import Stated

CODE = "screen.unreadable"
SOURCE = "INPUT"  # a list's own name may be that of a patient
ROW_REMEDY = "correct the row; the keys, units and codes are those of the facts' list"
ID_KEYS = ("id", "record_id")


@dataclass(frozen=True, slots=True)
class Listed:
    """One patient of a list.

    Parameters
    ----------
    row : int
        Where in the list: the row as a spreadsheet counts, the line, or in a folder the patient.
    id : str or None
        The user's pseudonym.
    stated : Stated
        What was said of the patient; empty where `case` says it.
    case : Path or None
        A case file, which is judged with its masks.
    findings : tuple of Finding
        What was doubtful in the reading.
    file : str or None
        Base name of the patient's own file, for who may see it.
    """

    row: int
    id: str | None = None
    stated: Stated = field(default_factory=Stated)
    case: Path | None = None
    findings: tuple[Finding, ...] = ()
    file: str | None = None


@dataclass(frozen=True, slots=True)
class NotRead:
    """One patient of a list of whom nothing is said, because the row cannot be read.

    `reason` repeats nothing of the patient's file; `full` is what who may see it is told.
    """

    row: int
    id: str | None
    code: str
    reason: str
    remedy: str = ROW_REMEDY
    file: str | None = None
    full: str | None = None


Row = Listed | NotRead


def as_row(number: int, id_: str | None, stated: Stated, errors: tuple[str, ...]) -> Row:
    """Make a row of what was read; of one with errors nothing else is kept."""
    if errors:
        return NotRead(number, id_, CODE, join_told(errors))
    return Listed(number, id_, stated)
