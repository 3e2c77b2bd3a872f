"""Tables as CSV that spreadsheets and REDCap take in [conventions.md 4]."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from fl_planner.report.record import DIGITS

LONGEST_NAME = 26  # of a column
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run such a text

Cell = str | int | float | bool | None


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Write a table: one header row, commas, points in decimals; blank is not known.

    Yes and no are 1 and 0. Text that a spreadsheet would take for a formula begins with an
    apostrophe.

    Examples
    --------
    >>> print(as_csv(["name", "flr_ml"], [["=A1", 0.25], ["left, lateral", None]]), end="")
    name,flr_ml
    '=A1,0.25
    "left, lateral",
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(entry) for entry in row] for row in rows)
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
            return f"'{entry}" if entry.startswith(FORMULA_SIGNS) else entry
    return str(entry)
