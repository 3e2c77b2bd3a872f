"""Tables as CSV that spreadsheets and REDCap take in [conventions.md 4]."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TextIO

from fl_planner.basis.text.plain_text import as_cell_text
from fl_planner.record.declaration.part import DIGITS

LONGEST_NAME = 26  # of a column

MARK = "\ufeff"  # of byte order: by it a spreadsheet knows UTF-8

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class FlatTable:
    """A table before it is written: the names of its columns, and its rows."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a table is written: as programs read it, unless told.

    - `semicolons`: between cells, and a comma in decimals: where a comma is the decimal sign.
    - `mark`: begin with a byte-order mark.
    """

    semicolons: bool = False
    mark: bool = False


PLAIN = CsvForm()


def write_csv(table: FlatTable, form: CsvForm = PLAIN) -> str:
    """Write a table in a form, as `as_csv` does in the plain one."""
    head = (MARK if form.mark else "") + as_csv_row(map(as_cell_text, table.columns), form)
    return head + "".join(as_csv_row(row, form) for row in table.rows)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Write a table: one header row, commas, points in decimals; blank is not known.

    Yes and no are 1 and 0. A text that a spreadsheet would run begins with an apostrophe, and what
    a terminal would obey is shown as its escape [basis/plain_text.py].

    Examples
    --------
    >>> print(as_csv(["name", "flr_ml"], [["=A1", 0.25], ["left, lateral", None]]), end="")
    name,flr_ml
    '=A1,0.25
    "left, lateral",
    """
    return write_csv(FlatTable(columns, rows))


def as_csv_row(cells: Iterable[Cell], form: CsvForm = PLAIN) -> str:
    """Write one row of a table."""
    text = StringIO()
    write_csv_rows(text, [cells], form)
    return text.getvalue()


def write_csv_rows(file: TextIO, rows: Iterable[Iterable[Cell]], form: CsvForm = PLAIN) -> None:
    """Write rows of a table into a file."""
    writer = csv.writer(file, lineterminator="\n", delimiter=",;"[form.semicolons])
    writer.writerows([_cell(entry, form) for entry in cells] for cells in rows)


def _cell(entry: Cell, form: CsvForm) -> str:
    match entry:
        case None:
            return ""
        case bool():
            return str(int(entry))
        case float():
            number = f"{entry:.{DIGITS}g}"
            return number.replace(".", ",") if form.semicolons else number
        case str():
            return as_cell_text(entry)
    return str(entry)
