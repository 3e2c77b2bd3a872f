"""The tables of a cohort as files, and its worklist for the screening office.

What presses is found where a case is planned, and kept beside its plan: `worklist.json`. The list
of the run puts first the patients whose FLR has no answer, with the reason; then the others in
order of need, and behind them the cases that have no plan.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from msgspec import json

from fl_planner.basis.extras import OF_PARQUET, describe_install
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import as_plain_text
from fl_planner.cohort.result import (
    LISTED,
    STATE,
    CaseResult,
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
from fl_planner.cohort.run_folder import hide_in_state, read_shown
from fl_planner.cohort.tables import WORDS, CohortTable, Row, find_names, list_tables
from fl_planner.export.columns import Column
from fl_planner.export.csv import Cell, as_csv, as_csv_row, write_csv_rows
from fl_planner.export.rows import CODEBOOK
from fl_planner.export.save import unwritable
from fl_planner.record.declaration.json_form import read_record
from fl_planner.record.declaration.part import as_part
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


Look = Callable[[CaseResult], None]
Add = Callable[[Iterable[Row]], None]

CSV, PARQUET, CODEBOOK_FILE = ".csv", ".parquet", "codebook.csv"
NO_PARQUET = (
    "no Parquet was written, as pyarrow is not installed: the CSV files hold the same; "
    f"to have both, {describe_install('cluster')}"
)
ROWS_A_GROUP = 20_000  # of a Parquet file: what is held in memory
TYPES = {"number": "double", "integer": "int64", "yes_no": "bool"}  # others are text
CODED = tuple(name for name in CODEBOOK if name != "source")


def write_tables(
    out: Path, look: Look = lambda _: None, *, clinical: bool = False
) -> tuple[str, ...]:
    """Write the tables of a run into its folder; give what a person should know of them.

    - `look`: is shown each result, which is read for the tables.
    - `clinical`: whether they may name files, which may hold the name of a patient.

    Each file is written beside and gets its name when all are whole. The same results give the
    same bytes.

    Raises `InputRefused`: as `read_results`; `output.unwritable` where the disk is full.
    """
    names = find_names(out)
    tables = list_tables(names)
    parquet = find_spec(OF_PARQUET) is not None
    try:
        with tempfile.TemporaryDirectory(prefix=".fl-planner-", dir=out) as place:
            draft = Path(place)
            _write_rows(
                _list_seen(read_shown(out, clinical=clinical), look), tables, draft, parquet=parquet
            )
            (draft / CODEBOOK_FILE).write_text(as_codebook(tables), "utf-8", newline="\n")
            worklist = as_worklist_csv(out, names.trials, clinical=clinical)
            (draft / WORKLIST).write_text(worklist, "utf-8", newline="\n")
            for file in sorted(draft.iterdir()):
                file.replace(out / file.name)
        if not parquet:  # those of an earlier run would not be of these results
            for table in tables:
                (out / f"{table.name}{PARQUET}").unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(out, error) from error
    return () if parquet else (NO_PARQUET,)


def as_codebook(tables: Iterable[CohortTable]) -> str:
    """Write what each column of each table means, as CSV."""
    rows = (
        (table.name, one.name, one.meaning, one.unit, one.kind, _say_choices(one))
        for table in tables
        for one in table.columns
    )
    return as_csv(("table", *CODED), rows)


def _say_choices(column: Column) -> str:
    """Say what a column may hold: each code with its words, where they say more."""
    if column.kind == "yes_no":
        return column.coded
    words = WORDS.get(column.name.rpartition(".")[2], {})
    said = {code: words.get(code, code.replace("_", " ")) for code in column.choices}
    return " | ".join(code if code == told else f"{code}, {told}" for code, told in said.items())


def _list_seen(results: Iterable[CaseResult], look: Look) -> Iterator[CaseResult]:
    for result in results:
        look(result)
        yield result


def _write_rows(
    results: Iterable[CaseResult], tables: Sequence[CohortTable], draft: Path, *, parquet: bool
) -> None:
    with ExitStack() as files:
        growing: list[tuple[CohortTable, list[Add]]] = []
        for table in tables:
            growing.append((table, [files.enter_context(_CsvFile(table, draft)).add]))
            if parquet:
                growing[-1][1].append(files.enter_context(_ParquetFile(table, draft)).add)
        for result in results:
            for table, adds in growing:
                rows = [*table.list_rows(result)]
                for add in adds:
                    add(rows)


class _CsvFile:
    """A table that grows, as CSV."""

    def __init__(self, table: CohortTable, folder: Path) -> None:
        path = folder / f"{table.name}{CSV}"
        self._file = path.open("x", encoding="utf-8", newline="")
        write_csv_rows(self._file, [[one.name for one in table.columns]])

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close the file."""
        self._file.close()

    def add(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        write_csv_rows(self._file, rows)


class _ParquetFile:
    """A table that grows, as Parquet: typed, and each column with its words and unit."""

    def __init__(self, table: CohortTable, folder: Path) -> None:
        self._arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
        self._columns = table.columns
        self._schema = self._arrow.schema([self._as_field(one) for one in table.columns])
        self._file = parquet.ParquetWriter(folder / f"{table.name}{PARQUET}", self._schema)
        self._rows: list[Row] = []

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Write what is left, and close the file."""
        if not any(raised):
            self._write()
        self._file.close()

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        self._rows += rows
        if len(self._rows) >= ROWS_A_GROUP:
            self._write()

    def _as_field(self, column: Column) -> Any:
        kind = self._arrow.type_for_alias(TYPES.get(column.kind, "string"))
        told = {"meaning": column.meaning, "unit": column.unit, "choices": _say_choices(column)}
        return self._arrow.field(column.name, kind, metadata={k: v for k, v in told.items() if v})

    def _write(self) -> None:
        cells = [*zip(*self._rows, strict=True)] or [()] * len(self._schema)
        columns = [
            self._arrow.array(_as_values(column, one), type=field.type)
            for column, one, field in zip(cells, self._columns, self._schema, strict=True)
        ]
        self._file.write_table(self._arrow.Table.from_arrays(columns, schema=self._schema))
        self._rows.clear()


def _as_values(cells: Sequence[object], column: Column) -> Iterable[object]:
    """Give cells as Parquet holds them: a text as it is, whatever it begins with, if it is any."""
    if column.kind in TYPES:
        return cells
    return (None if one in (None, "") else as_plain_text(f"{one}") for one in cells)
