"""The tables of a cohort as files: each as CSV and as Parquet, and the codebook of all columns."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from fl_planner.basis.extras import OF_PARQUET, say_install
from fl_planner.basis.text.plain_text import as_plain_text
from fl_planner.cohort.file_roles import read_shown
from fl_planner.cohort.result import CaseResult
from fl_planner.cohort.tables.names import find_names
from fl_planner.cohort.tables.tables import WORDS, CohortTable, Row, list_tables
from fl_planner.cohort.tables.worklist import WORKLIST, as_worklist_csv
from fl_planner.export.columns import Column
from fl_planner.export.csv import as_csv, write_csv_rows
from fl_planner.export.plan_row import CODEBOOK
from fl_planner.export.save import unwritable

Look = Callable[[CaseResult], None]
Add = Callable[[Iterable[Row]], None]

CSV, PARQUET, CODEBOOK_FILE = ".csv", ".parquet", "codebook.csv"
NO_PARQUET = (
    "no Parquet was written, as pyarrow is not installed: the CSV files hold the same; "
    f"to have both, {say_install('cluster')}"
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
