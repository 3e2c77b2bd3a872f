"""Tables of a cohort as files, and its worklist for the screening office.

Urgency is determined when a case is planned, and saved with its plan as `worklist.json`. The
worklist of the run lists patients without an FLR answer first, with the reason, then the others by
urgency, then the cases without a plan.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import json

from fl_planner.basis.extras import OF_PARQUET, describe_install
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.spreadsheet_text import undo_cell_text
from fl_planner.cohort.in_words import NO_FLR, list_case_widths
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
from fl_planner.cohort.tables import ROWS, CohortTable, Row, collect_names, list_tables
from fl_planner.cohort.typed_tables import CSV, PARQUET, list_choices, name_csv, write_parquet
from fl_planner.export.plan_columns import CODEBOOK
from fl_planner.export.save import draft_folder, unwritable
from fl_planner.export.table_writing import (
    Cell,
    FlatTable,
    WorkbookSheet,
    as_csv,
    as_csv_row,
    write_csv_rows,
)
from fl_planner.record.declaration.json_form import read_record
from fl_planner.record.declaration.part import as_part
from fl_planner.record.head import FindingRecord
from fl_planner.record.over_time.worklist import DoubtRecord, NotReadRecord, ScreenedRecord

if TYPE_CHECKING:
    from fl_planner.screening.worklist_record import WorklistTable
    from fl_planner.workup.exports import TableBook

WORKLIST = "worklist.csv"
REASON = "reason"  # its column


@dataclass(frozen=True, slots=True)
class ListedPatient:
    """A patient of the worklist, with sort key.

    - `unanswered`: reason for a missing FLR answer; None if there is an answer.
    """

    case_id: str
    order: tuple[Fraction, ...]
    row: ScreenedRecord
    unanswered: str | None = None

    @property
    def place(self) -> tuple[bool, tuple[Fraction, ...]]:
        """Sort key: patients without an answer first, then by urgency."""
        return (self.unanswered is None, self.order)


def read_worklist(
    out: Path, *, clinical: bool = False, numbers: Mapping[str, int] | None = None
) -> tuple[tuple[ListedPatient, ...], tuple[NotReadRecord, ...]]:
    """Read the patients of a run by urgency, and the cases without a plan.

    A plan without a saved row is not in the worklist.

    - `clinical`: whether a reason may contain names of files.
    - `numbers`: numbers of the cases in the source, by id; by default their positions in the run.

    Raises `InputRefused`: see `read_cohort`, and `cohort.unreadable` for damaged files.
    """
    patients: list[ListedPatient] = []
    without: list[NotReadRecord] = []
    doubts = find_doubts(out)
    for place, case_id in enumerate(read_cohort(out).ids, 1):
        number = place if numbers is None else numbers[case_id]
        folder = find_folder(out, case_id)
        if (folder / LISTED).exists():
            patients.append(read_patient(folder, number, case_id, doubts.get(case_id, ())))
        elif (folder / STATE).exists() and (state := read_state(folder)).status != "planned":
            without.append(_without_plan(number, state if clinical else hide_in_state(state)))
    return tuple(sorted(patients, key=lambda one: one.place)), tuple(without)


def read_patient(
    folder: Path, number: int, case_id: str, found: tuple[FindingRecord, ...]
) -> ListedPatient:
    """Read the worklist row of a planned case; `found`: findings of the run on it.

    Raises `InputRefused`: `cohort.unreadable`.
    """
    path = folder / LISTED
    try:
        kept = json.decode(path.read_bytes(), type=KeptPatient)
        row = read_record(ScreenedRecord, {**kept.row, "row": number})
        patient = ListedPatient(case_id, tuple(map(Fraction, kept.order)), row, kept.unanswered)
        return _with_doubts(patient, found)
    except (OSError, ValueError, ZeroDivisionError) as error:
        raise unreadable(path) from error


def _with_doubts(patient: ListedPatient, found: tuple[FindingRecord, ...]) -> ListedPatient:
    """Add the findings of the run on a patient to those of the plan."""
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


@dataclass(frozen=True, slots=True)
class WorklistLine:
    """A line of a worklist as CSV.

    - `place`: sort key of a patient; None for a case without a plan.
    """

    number: int
    place: tuple[bool, tuple[Fraction, ...]] | None
    text: str


def list_worklist(
    out: Path,
    table: WorklistTable,
    *,
    clinical: bool = False,
    numbers: Mapping[str, int] | None = None,
) -> Iterator[WorklistLine]:
    """List the lines of the worklist of a run in their order, as with `screen --csv`."""
    patients, without = read_worklist(out, clinical=clinical, numbers=numbers)
    for patient in patients:
        yield WorklistLine(patient.row.row, patient.place, format_patient_line(table, patient))
    for row in without:
        yield WorklistLine(row.row, None, table.as_text(row))


def format_patient_line(table: WorklistTable, patient: ListedPatient) -> str:
    """Format the line of a patient."""
    cells = table.list_cells(patient.row)
    if patient.unanswered is not None:
        cells[table.columns.index(REASON)] = f"{NO_FLR}: {patient.unanswered}"
    return as_csv_row(cells)


Look = Callable[[CaseResult, Sequence[int]], None]

CODEBOOK_FILE = "codebook.csv"
PAGE_FILE = "index.html"  # made of the tables
NO_PARQUET = (
    "no Parquet file was written, because pyarrow is not installed; the CSV files contain the "
    f"same data; to write Parquet files as well, {describe_install('cluster')}"
)
CODED = tuple(name for name in CODEBOOK if name != "source")


def write_tables(
    out: Path,
    look: Look = lambda _, __: None,
    list_line: Callable[[WorklistLine], None] = lambda _: None,
    *,
    clinical: bool = False,
    numbers: Mapping[str, int] | None = None,
    book: TableBook | None = None,
) -> tuple[str, ...]:
    """Write the tables of a run into its folder; return remarks on them.

    - `look`: receives each result as it is read, with the bytes of its rows in each table as CSV.
    - `list_line`: receives each line of the worklist.
    - `clinical`: whether they may contain names of files, which may include a patient's name.
    - `numbers`: numbers of the cases in the source, as for `read_worklist`.
    - `book`: workbook of the cases, if requested.

    Files are written under temporary names and renamed when all are complete. The same results
    give the same bytes.

    Raises `InputRefused`: see `read_results`; `output.unwritable` if the disk is full.
    """
    from fl_planner.screening.worklist_record import WorklistTable

    names = collect_names(out)
    tables = list_tables(names)
    parquet = find_spec(OF_PARQUET) is not None
    place_of = numbers or {id_: place for place, id_ in enumerate(read_cohort(out).ids, 1)}
    sizes: dict[int, int] = {}  # of the rows in the order of the source, by number
    order: list[int] = []

    def measure(result: CaseResult, of_tables: Sequence[int]) -> None:
        sizes[place_of[result.id]] = of_tables[-1]
        look(result, of_tables)

    try:
        with draft_folder(out) as draft:
            _write_rows(read_shown(out, clinical=clinical), tables, draft, measure)
            (draft / CODEBOOK_FILE).write_text(as_codebook(tables), "utf-8", newline="\n")
            worklist = WorklistTable(names.trials)
            with (draft / WORKLIST).open("x", encoding="utf-8", newline="") as file:
                file.write(worklist.header)
                for line in list_worklist(out, worklist, clinical=clinical, numbers=numbers):
                    file.write(line.text)
                    order.append(line.number)
                    list_line(line)
            _arrange_rows(tables[-1], draft, sizes, order)
            for table in tables if parquet else ():
                write_parquet(table, draft)
            put_in_place(draft, out)
    except OSError as error:
        raise unwritable(out, error) from error
    remarks = () if parquet else (NO_PARQUET,)
    return remarks if book is None else (*remarks, write_workbook(out, tables, book))


def _arrange_rows(
    table: CohortTable, draft: Path, sizes: Mapping[int, int], order: Sequence[int]
) -> None:
    """Arrange the rows of a table in worklist order, followed by rows not in the worklist.

    - `sizes`: bytes of the rows of each case, by its number, in the order of the source.
    - `order`: numbers of the cases in the worklist.
    """
    path, start, starts = draft / name_csv(table), len(format_header(table)), dict[int, int]()
    for number, size in sizes.items():
        starts[number] = start
        start += size
    arranged = draft / f"{table.name}.arranged"
    with path.open("rb") as source, arranged.open("xb") as file:
        file.write(source.read(len(format_header(table))))
        for number in dict.fromkeys((*order, *starts)):
            source.seek(starts[number])
            file.write(source.read(sizes[number]))
    arranged.replace(path)


def write_workbook(out: Path, tables: Sequence[CohortTable], book: TableBook) -> str:
    """Write the cases as a workbook, first in words, then with all keys; return its description.

    The rows are those of the CSV files in the folder of the run.

    Raises `InputRefused`: see `TableBook.write`.
    """
    codes, words = tables[0], tables[-1]
    in_words = _as_flat(words, out)
    first = WorkbookSheet(f"{book.name} in words", in_words, list_case_widths(words.columns))
    book.write(_as_flat(codes, out), [first])
    return book.description


def _as_flat(table: CohortTable, out: Path) -> FlatTable:
    return FlatTable([column.name for column in table.columns], read_rows(table, out))


def read_rows(table: CohortTable, folder: Path) -> Iterator[list[Cell]]:
    """Read the rows of a table from its CSV: numbers as numbers, texts without escapes of CSV."""
    kinds = [column.kind for column in table.columns]
    with (folder / name_csv(table)).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, strict=True)
        next(rows)
        for row in rows:
            yield [_read_cell(*cell) for cell in zip(kinds, row, strict=True)]


def _read_cell(kind: str, cell: str) -> Cell:
    if not cell:
        return None
    if kind == "number":
        return float(cell)
    if kind == "integer":
        return int(cell)
    return cell == "1" if kind == "yes_no" else undo_cell_text(cell)


def put_in_place(draft: Path, out: Path) -> None:
    """Move complete tables into the folder of a run.

    All tables and the page of a previous run are removed first: if the process is stopped, some are
    missing, and none is next to a table with other results.
    """
    made = sorted(draft.iterdir())
    tables = {f"{table}{ending}" for table in ROWS for ending in (CSV, PARQUET)}
    for name in {PAGE_FILE, *tables, *(path.name for path in made)}:
        (out / name).unlink(missing_ok=True)
    for path in made:
        path.replace(out / path.name)


def as_codebook(tables: Iterable[CohortTable]) -> str:
    """Format the meaning of each column of the tables as CSV."""
    rows = (
        (table.name, column.name, column.meaning, column.unit, column.kind, list_choices(column))
        for table in tables
        for column in table.columns
    )
    return as_csv(("table", *CODED), rows)


def _write_rows(
    results: Iterable[CaseResult], tables: Sequence[CohortTable], draft: Path, look: Look
) -> None:
    with ExitStack() as files:
        texts = [files.enter_context((draft / name_csv(table)).open("xb")) for table in tables]
        for table, file in zip(tables, texts, strict=True):
            file.write(format_header(table))
        for result in results:
            rows = (format_rows(table.list_rows(result)) for table in tables)
            look(result, [file.write(each) for file, each in zip(texts, rows, strict=True)])


def format_header(table: CohortTable) -> bytes:
    """Format the column names of a table as CSV."""
    return format_rows([[column.name for column in table.columns]])


def format_rows(rows: Iterable[Row]) -> bytes:
    """Format rows of a table as CSV; each row is one line."""
    text = StringIO(newline="")
    write_csv_rows(text, rows)
    return text.getvalue().encode()
