"""Patients that a program holds: rows as mappings, or a frame of pandas, as cells of a table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import sha256
from io import StringIO
from numbers import Integral, Real
from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.brevity import join_told
from fl_planner.intake.patients.rows import ID_KEYS

MIDNIGHT = time()


class HeldRows:
    """Rows in memory, as a table of CSV with commas would hold them, its header first.

    - `header`: the names of the columns, with their units: `platelets [10*9/L]`.
    - `rows`: a value for each column; None, NaN and NA are blanks.
    - `refused`: by row, what is wrong with it; the header is row 1.
    - `sha256`: of the table as CSV, its lines ended by a line feed.
    """

    called = "rows"
    semicolons = False  # a comma is no decimal one

    def __init__(self, header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> None:
        names = list(header)
        if odd := [name for name in names if not isinstance(name, str)]:
            reason = f"has the column {odd[0]!r}, which is no text"
            raise _refuse(reason, "name columns by input keys and units: platelets [10*9/L]")
        self.refused: dict[int, str] = {}
        told = [list(self._read(number, cells)) for number, cells in enumerate(rows, start=2)]
        self._rows = [names, *told]
        written = StringIO(newline="")
        csv.writer(written, lineterminator="\n").writerows(self._rows)
        self.sha256 = sha256(written.getvalue().encode("utf-8", "replace")).hexdigest()

    @classmethod
    def of(cls, given: Any) -> HeldRows:
        """Take a frame of pandas, or mappings, a patient each.

        Raises `InputRefused`: `usage.wrong` for anything else, or a frame whose index has a name.
        """
        if hasattr(given, "itertuples") and hasattr(given, "columns"):
            if kept := [name for name in given.index.names if name is not None]:
                reason = f"is a frame whose index is {kept[0]!r}, and an index is not read"
                raise _refuse(reason, "make it a column: frame.reset_index()")
            return cls(given.columns, given.itertuples(index=False, name=None))
        if isinstance(given, Mapping | str | bytes) or not isinstance(given, Iterable):
            raise _refuse(f"{type(given).__name__} is no list of patients", _GIVE)
        rows = list(given)
        if not all(isinstance(row, Mapping) for row in rows):
            raise _refuse("holds a row that is no mapping of column to value", _GIVE)
        names = list(dict.fromkeys(name for row in rows for name in row))
        return cls(names, ([row.get(name) for name in names] for row in rows))

    def __iter__(self) -> Iterator[list[str]]:
        """Give row after row."""
        yield from self._rows

    def _read(self, number: int, cells: Iterable[Any]) -> Iterator[str]:
        wrong = []
        for column, value in enumerate(cells, start=1):
            text = _as_text(value)
            if text is None or "\0" in text:
                kind = type(value).__name__
                wrong.append(f"column {column}: holds a {kind} where a cell holds one value")
            yield "?" if text is None else text
        if wrong:
            self.refused[number] = join_told(wrong)


_GIVE = (
    f"give a path, a frame of pandas, or a list of dicts, {' or '.join(ID_KEYS)} among their keys"
)


def _as_text(value: Any) -> str | None:
    """Write a value as a cell; None for what no cell holds."""
    if value is None or _is_missing(value):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.timetz() == MIDNIGHT else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Real) and not isinstance(value, Integral) and value % 1 == 0:
        return f"{float(value):.0f}"  # a frame makes 61.0 of 61 in a column that has a blank
    return str(value) if isinstance(value, Real | Decimal) else None


def _is_missing(value: Any) -> bool:
    """Whether it is NaN, or the NA or NaT of pandas."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, Real | Decimal) and bool(value != value)


def _refuse(reason: str, remedy: str) -> InputRefused:
    return InputRefused("usage.wrong", HeldRows.called, reason, remedy)
