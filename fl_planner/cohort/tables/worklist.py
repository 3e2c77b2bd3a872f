"""The worklist of a cohort for the screening office: its patients as `screen` tells them.

What presses is found where a case is planned, and kept beside its plan: `worklist.json`. The list
of the run puts first the patients whose FLR has no answer, with the reason; then the others in
order of need, and behind them the cases that have no plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import json

from fl_planner.basis.errors import InputRefused
from fl_planner.cohort.file_roles import hide_in_state
from fl_planner.cohort.result import (
    LISTED,
    STATE,
    CaseState,
    KeptPatient,
    Refusal,
    find_doubts,
    find_folder,
    read_cohort,
    read_state,
    refuse_failed,
    unreadable,
)
from fl_planner.export.csv import Cell, as_csv_row
from fl_planner.record.declaration.part import as_part
from fl_planner.record.declaration.reader import read_record
from fl_planner.record.head import FindingRecord
from fl_planner.record.over_time.worklist import DoubtRecord, NotReadRecord, ScreenedRecord

if TYPE_CHECKING:
    from fl_planner.screening.worklist_record import WorklistTable

WORKLIST = "worklist.csv"
REASON = "reason"  # its column
NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class ListedPatient:
    """A patient of the worklist, and where they stand in it.

    - `unanswered`: why there is no answer on the FLR; None where there is one.
    """

    case_id: str
    order: tuple[Fraction, ...]
    row: ScreenedRecord
    unanswered: str | None = None

    @property
    def place(self) -> tuple[bool, tuple[Fraction, ...]]:
        """Where they stand: first those without an answer, then by need."""
        return (self.unanswered is None, self.order)


def read_worklist(
    out: Path, *, clinical: bool = False
) -> tuple[tuple[ListedPatient, ...], tuple[NotReadRecord, ...]]:
    """Read the patients of a run in order of need, and the cases that have no plan.

    A plan of which nothing was kept for a worklist has no row.

    - `clinical`: whether a reason may name files.

    Raises `InputRefused`: as `read_cohort`, and `cohort.unreadable` for what is damaged.
    """
    patients: list[ListedPatient] = []
    without: list[NotReadRecord] = []
    doubts = find_doubts(out)
    for number, case_id in enumerate(read_cohort(out).ids, 1):
        folder = find_folder(out, case_id)
        if (folder / LISTED).exists():
            patient = _read_patient(folder / LISTED, number, case_id)
            patients.append(_with_doubts(patient, doubts.get(case_id, ())))
        elif (folder / STATE).exists() and (state := read_state(folder)).status != "planned":
            without.append(_without_plan(number, state if clinical else hide_in_state(state)))
    return tuple(sorted(patients, key=lambda one: one.place)), tuple(without)


def _read_patient(path: Path, number: int, case_id: str) -> ListedPatient:
    try:
        kept = json.decode(path.read_bytes(), type=KeptPatient)
        row = read_record(ScreenedRecord, {**kept.row, "row": number})
        return ListedPatient(case_id, tuple(map(Fraction, kept.order)), row, kept.unanswered)
    except (OSError, ValueError, ZeroDivisionError) as error:
        raise unreadable(path) from error


def _with_doubts(patient: ListedPatient, found: tuple[FindingRecord, ...]) -> ListedPatient:
    """Add what the run found of a patient to what the plan did."""
    if not found:
        return patient
    row, doubts = patient.row, tuple(as_part(DoubtRecord, one) for one in found)
    codes = tuple(sorted({*row.findings, *(one.code for one in found)}))
    return replace(
        patient, row=as_part(ScreenedRecord, row, findings=codes, doubts=(*doubts, *row.doubts))
    )


def _without_plan(number: int, state: CaseState) -> NotReadRecord:
    why: Refusal | InputRefused | None = state.refusal
    if why is None:
        why = refuse_failed(state)
    return as_part(NotReadRecord, why, row=number, id=state.id, file=None)


def as_worklist_csv(out: Path, trials: tuple[str, ...], *, clinical: bool = False) -> str:
    """Write the worklist of a run as `screen --csv` does; `trials` are those that were judged."""
    from fl_planner.screening.worklist_record import WorklistTable

    patients, without = read_worklist(out, clinical=clinical)
    table = WorklistTable(trials)
    listed = (_list_cells(table, one) for one in patients)
    return "".join((table.header, *map(as_csv_row, listed), *map(table.as_text, without)))


def _list_cells(table: WorklistTable, patient: ListedPatient) -> list[Cell]:
    cells = table.list_cells(patient.row)
    if patient.unanswered is not None:
        cells[table.columns.index(REASON)] = f"{NO_ANSWER}: {patient.unanswered}"
    return cells
