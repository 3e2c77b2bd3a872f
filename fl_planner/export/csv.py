"""Tables as CSV that spreadsheets and REDCap take in [conventions.md 4]."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from fl_planner.basis.text.plain_text import as_cell_text
from fl_planner.record.declaration.part import DIGITS

LONGEST_NAME = 26  # of a column

Cell = str | int | float | bool | None


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
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([as_cell_text(name) for name in columns])
    writer.writerows([_cell(entry) for entry in row] for row in rows)
    return text.getvalue()


def as_csv_row(cells: Iterable[Cell]) -> str:
    """Write one row of a table."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow([_cell(entry) for entry in cells])
    return text.getvalue()


def _cell(entry: Cell) -> str:
    match entry:
        case None:
            return ""
        case bool():
            return str(int(entry))
        case float():
            return f"{entry:.{DIGITS}g}"
        case str():
            return as_cell_text(entry)
    return str(entry)
