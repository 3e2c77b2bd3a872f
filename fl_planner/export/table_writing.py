"""Tables as CSV and as workbooks, the same bytes from the same table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from io import BytesIO, StringIO
from itertools import chain
from pathlib import Path
from typing import Any, TextIO
from zipfile import ZipFile, ZipInfo

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import as_plain_text
from fl_planner.basis.spreadsheet_text import as_cell_text
from fl_planner.formats.stored.temporary import putting_aside
from fl_planner.formats.stored.workbooks import import_openpyxl
from fl_planner.record.declaration.part import DIGITS

LONGEST_NAME = 26  # of a column

MARK = "\ufeff"  # byte order mark: spreadsheets recognise UTF-8 by it

Cell = str | int | float | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class FlatTable:
    """A table: the names of its columns, and its rows."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class CsvForm:
    """Format of a table; the default is for programs.

    - `semicolons`: separate cells with semicolons, and write decimals with a comma.
    - `mark`: begin with a byte-order mark.
    """

    semicolons: bool = False
    mark: bool = False


PLAIN = CsvForm()


def write_csv(table: FlatTable, form: CsvForm = PLAIN) -> str:
    """Write a table in a given form, as `as_csv` does in the plain form."""
    head = (MARK if form.mark else "") + as_csv_row(table.columns, form)
    return head + "".join(as_csv_row(row, form) for row in table.rows)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Write a table: one header row, commas, decimal points; blank is unknown.

    Yes and no are 1 and 0. A `Decimal` has all of its digits. A text that a spreadsheet would
    execute begins with an apostrophe, and control characters are escaped [basis/plain_text.py].

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
        case float() | Decimal():
            number = f"{entry:.{DIGITS}g}" if isinstance(entry, float) else f"{entry:f}"
            return number.replace(".", ",") if form.semicolons else number
        case str():
            return as_cell_text(entry, semicolons=form.semicolons)
    return str(entry)


DAY = (1980, 1, 1, 0, 0, 0)  # the first date of a zip archive


@dataclass(frozen=True, slots=True)
class WorkbookSheet:
    """A sheet of a workbook.

    - `widths`: widths of its columns in characters, for people; its rows can then be filtered.
    """

    name: str
    table: FlatTable
    widths: Sequence[int] = ()


def as_workbook(table: FlatTable, name: str) -> bytes:
    """Write a table as a workbook with one sheet, as `as_sheets` does."""
    return as_sheets((WorkbookSheet(name, table),))


def as_sheets(sheets: Iterable[WorkbookSheet]) -> bytes:
    """Write tables as a workbook; blank is unknown, yes and no are 1 and 0.

    A `Decimal` has 16 digits, all that the library writes of a 64-bit number.
    A text remains a text, regardless of its first character; it never becomes a formula.

    Raises `InputRefused`: see `require_rows`.
    """
    with putting_aside():  # the library writes each sheet into a temporary file
        return _write(sheets)


MOST_ROWS = 1 << 20  # of a sheet, by the limits of Excel
MOST_LETTERS = (1 << 15) - 1  # of a cell; the library would cut it without notice
CUT = " ... (truncated; the CSV file contains the complete text)"
WRAPPED = 30  # width from which lines are wrapped


def require_rows(name: str, rows: int) -> None:
    """Refuse a sheet that no spreadsheet program opens in full; `rows`: without its header.

    Raises `InputRefused`: `output.rows`.
    """
    if rows >= MOST_ROWS:
        reason = f"would have more than {MOST_ROWS:,} rows, the limit for a sheet in Excel"
        raise InputRefused("output.rows", name, reason, "use the CSV files, or split the list")


def _write(sheets: Iterable[WorkbookSheet]) -> bytes:
    book = import_openpyxl().Workbook(write_only=True)
    book.properties.creator = "fl_planner"
    day = datetime(*DAY, tzinfo=UTC).replace(tzinfo=None)  # as the library expects it
    book.properties.created = book.properties.modified = day
    for one in sheets:
        sheet = book.create_sheet(one.name)
        try:
            _write_sheet(sheet, one)
        finally:  # a refusal leaves no half-written part to the library
            sheet.close()
    written = BytesIO()
    # Not `book.save`: it adds the time, and fails if the clock is before 1980 or after 2107.
    import_module("openpyxl.writer.excel").ExcelWriter(book, _UndatedArchive(written)).save()
    return written.getvalue()


def _write_sheet(sheet: Any, of: WorkbookSheet) -> None:
    cells: Any = import_module("openpyxl.cell")
    styles: Any = import_module("openpyxl.styles")
    letters: Any = import_module("openpyxl.utils").get_column_letter
    sheet.freeze_panes = "B2"
    for place, width in enumerate(of.widths, 1):
        sheet.column_dimensions[letters(place)].width = width
    wrapped = styles.Alignment(vertical="top", wrap_text=True)
    rows = 0
    for rows, row in enumerate(chain((of.table.columns,), of.table.rows)):
        require_rows(of.name, rows)
        written = [_workbook_cell(cells.WriteOnlyCell(sheet), entry) for entry in row]
        for cell, width in zip(written, of.widths, strict=False):
            if rows == 0 or width >= WRAPPED:
                cell.alignment = wrapped
        sheet.append(written)
    if of.widths:
        sheet.auto_filter.ref = f"A1:{letters(len(of.table.columns))}{rows + 1}"


def _workbook_cell(cell: Any, entry: Cell) -> Any:
    if isinstance(entry, str):
        text = as_plain_text(entry)
        cell.value = text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - len(CUT)] + CUT
        cell.data_type = "s"  # else = begins a formula
        cell.quotePrefix = True  # and would, once somebody edits the cell
    elif isinstance(entry, float):
        cell.value = float(f"{entry:.{DIGITS}g}")
    elif isinstance(entry, Decimal):
        cell.value = float(entry)
    else:
        cell.value = None if entry is None else int(entry)
    return cell


class _UndatedArchive:
    """The zip archive of a workbook, without time stamps and settings of the packer."""

    def __init__(self, packed: BytesIO) -> None:
        self._archive = ZipFile(packed, "w")
        self.close, self.namelist = self._archive.close, self._archive.namelist

    def writestr(self, part: str, content: str | bytes) -> None:
        self._archive.writestr(ZipInfo(part, DAY), content)

    def write(self, path: str, part: str) -> None:
        """Add a sheet, which the library has written into a temporary file."""
        self.writestr(part, Path(path).read_bytes())
