"""The worklist of a cohort for the screening office: its patients as `screen` tells them.

What presses is found where a case is planned, and kept beside its plan: `worklist.json`. The list
of the run puts these rows in order of need, and behind them the cases that have no plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, json

from fl_planner.basis.errors import InputRefused
from fl_planner.cohort.result import (
    LISTED,
    REDO,
    STATE,
    CaseState,
    Refusal,
    find_folder,
    read_cohort,
    read_state,
    unreadable,
)
from fl_planner.record.declaration.part import as_dict, as_json, as_part
from fl_planner.record.declaration.reader import read_record
from fl_planner.record.over_time.worklist import NotReadRecord, ScreenedRecord

if TYPE_CHECKING:
    from fl_planner.planning.plan import Plan

WORKLIST = "worklist.csv"


@dataclass(frozen=True, slots=True)
class ListedPatient:
    """A patient of the worklist, and where they stand in it."""

    case_id: str
    order: tuple[Fraction, ...]
    row: ScreenedRecord


class _KeptPatient(Struct, frozen=True):
    """What is kept of a patient: exact numbers as texts, and the row without its number.

    The number is that of the case in its run, which another run may tell otherwise.
    """

    order: tuple[str, ...]
    row: dict[str, Any]


def tell_patient(plan: Plan) -> bytes:
    """Tell a planned case as a row of a worklist, to be kept beside its plan."""
    from fl_planner.planning.urgency import find_pressing
    from fl_planner.screening.worklist import Screened
    from fl_planner.screening.worklist_record import tell_row

    case, judged = plan.case, plan.judged
    pressing = find_pressing(judged)
    screened = Screened(1, case.id, judged, plan.findings, pressing, of_case=True, plan=plan)
    row = as_dict(tell_row(screened, clinical=False))
    del row["row"]
    kept = {"order": [str(one) for one in pressing.order], "row": row}
    return f"{as_json(kept)}\n".encode()


def read_worklist(out: Path) -> tuple[tuple[ListedPatient, ...], tuple[NotReadRecord, ...]]:
    """Read the patients of a run in order of need, and the cases that have no plan.

    A plan of which nothing was kept for a worklist has no row.

    Raises `InputRefused`: as `read_cohort`, and `cohort.unreadable` for what is damaged.
    """
    patients: list[ListedPatient] = []
    without: list[NotReadRecord] = []
    for number, case_id in enumerate(read_cohort(out).ids, 1):
        folder = find_folder(out, case_id)
        if (folder / LISTED).exists():
            patients.append(_read_patient(folder / LISTED, number, case_id))
        elif (folder / STATE).exists() and (state := read_state(folder)).status != "planned":
            without.append(_without_plan(number, state))
    return tuple(sorted(patients, key=lambda one: one.order)), tuple(without)


def _read_patient(path: Path, number: int, case_id: str) -> ListedPatient:
    try:
        kept = json.decode(path.read_bytes(), type=_KeptPatient)
        row = read_record(ScreenedRecord, {**kept.row, "row": number})
        return ListedPatient(case_id, tuple(map(Fraction, kept.order)), row)
    except (OSError, ValueError, ZeroDivisionError) as error:
        raise unreadable(path) from error


def _without_plan(number: int, state: CaseState) -> NotReadRecord:
    why: Refusal | InputRefused | None = state.refusal
    if why is None:
        why = InputRefused("cohort.failed", state.id, state.failure or "did not end", REDO)
    return as_part(NotReadRecord, why, row=number, id=state.id, file=None)


def as_worklist_csv(out: Path, trials: tuple[str, ...]) -> str:
    """Write the worklist of a run as `screen --csv` does; `trials` are those that were judged."""
    from fl_planner.screening.worklist_record import WorklistTable

    patients, without = read_worklist(out)
    table = WorklistTable(trials)
    rows: tuple[ScreenedRecord | NotReadRecord, ...] = (*(one.row for one in patients), *without)
    return "".join((table.header, *map(table.as_text, rows)))
