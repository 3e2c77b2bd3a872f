"""Columns of a hospital's list under their input keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import as_plain_text, find_nearest, join_first, list_first
from fl_planner.intake.patients.cell_words_by_language import CellWords
from fl_planner.intake.patients.rows import ID_KEYS, SOURCE
from fl_planner.planning.given.case import InputFile

HEADER = "screen.header"
REMEDY = (
    "use input keys as column names, each quantity with its unit: platelets [10*9/L]; or map the "
    "columns with --column, and omit others with --ignore-column"
)
MOST_NAME = 60  # characters of a column name in a message
MOST_IGNORED = 10  # names in a finding
DAMAGED = (
    "the id is not as it was entered, because a spreadsheet has rounded it or replaced it by an "
    "error; store it as text"
)
# 1.23457E+11, a column that is too narrow, #NAME? in any language
_DAMAGED = re.compile(r"\d(?:[.,]\d+)?E\+\d+|##+|#[A-Z\xc0-\xde/0]+[!?]|#N/A|#NV")
_NUMBER = re.compile(r"\d{4}")  # as in a date or a record number
Encoding = Literal["utf-8", "cp1252"]
Separator = Literal[",", ";"]


class RowsOfCells(Protocol):
    """The rows of a table as texts, which can be iterated several times."""

    @property
    def semicolons(self) -> bool:
        """Whether a comma may be a decimal comma."""

    @property
    def refused(self) -> Mapping[int, str]:
        """Errors of invalid rows, by their numbers."""

    @property
    def invalid(self) -> Mapping[int, Mapping[int, str]]:
        """Errors of invalid cells, by the number of their row and their position in it."""

    @property
    def unsure_ids(self) -> Mapping[int, Mapping[int, str]]:
        """Errors of cells that cannot be the id of a patient, in the same form."""

    def __iter__(self) -> Iterator[list[str]]:
        """Yield each row."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Meaning of the columns and cells of a list.

    - `columns`: column names of this program, by column names of the list.
    - `ignored`: columns of the list that are not read.
    - `words`: words and days of its cells.
    - `encoding`, `separator`: encoding and separator of its text, if stated.
    - `cell_unknown`: whether an invalid cell is read as unknown.
    - `file`: the columns file.
    - `clinical`: whether messages quote every unknown column name, for authorised staff.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    words: CellWords = field(default_factory=CellWords)
    encoding: Encoding | None = None
    separator: Separator | None = None
    cell_unknown: bool = False
    file: InputFile | None = None
    clinical: bool = False

    @property
    def of_tables(self) -> bool:
        """Whether the mapping affects the reading of a table."""
        return replace(self, clinical=False) != AS_GIVEN


AS_GIVEN = ColumnMapping()


class MappedRows:
    """The rows of a table with the columns of a mapping; its other names are unchanged.

    - `header`: column names, mapped.
    - `names`: column names as in the list.
    - `ignored`: positions of the columns that are not read.

    Raises `InputRefused`: `screen.header` if a mapped column is not in the list.
    """

    def __init__(self, rows: RowsOfCells, mapping: ColumnMapping = AS_GIVEN) -> None:
        self._rows = rows
        self.mapping = mapping
        self.semicolons = rows.semicolons
        self.names = tuple(map(clean_name, next(iter(rows), [])))
        if absent := [name for name in mapping.columns if name not in self.names]:
            reason = join_first([_describe_absent(name, self.names) for name in absent])
            remedy = "map the column names as they are written in the list"
            raise InputRefused(HEADER, SOURCE, reason, remedy)
        self.header = tuple(mapping.columns.get(name, name) for name in self.names)
        self._ids = [place for place, name in enumerate(self.header) if name in ID_KEYS]
        places = [place for place, name in enumerate(self.names) if name in mapping.ignored]
        self.ignored = frozenset(places) | self._find_empty()

    def __iter__(self) -> Iterator[list[str]]:
        """Yield each row after the header, as in the list."""
        rows = iter(self._rows)
        next(rows, None)
        yield from rows

    def _find_empty(self) -> frozenset[int]:
        """Find columns without a name or a value, as spreadsheets write after the last one."""
        empty = {place for place, name in enumerate(self.names) if not name}
        for cells in self if empty else ():
            empty -= {place for place in empty if any(map(str.strip, cells[place : place + 1]))}
        return frozenset(empty)

    def find_error(self, number: int, row: list[str]) -> str | None:
        """Return why a row is not read: its own error, or errors of its cells that are read."""
        cells = self._rows.invalid.get(number, {})
        found = [wrong for place, wrong in cells.items() if place not in self.ignored]
        found += self._find_wrong_ids(number, row)
        of_row = self._rows.refused.get(number)
        return join_first([*found, *([of_row] if of_row else [])]) if found or of_row else None

    def _find_wrong_ids(self, number: int, row: list[str]) -> Iterator[str]:
        unsure = self._rows.unsure_ids.get(number, {})
        for place in self._ids:
            if place in self.ignored or place >= len(row):
                continue
            if place in unsure:
                yield unsure[place]
            elif _DAMAGED.fullmatch(row[place].strip()):
                yield f"column {place + 1}: {DAMAGED}"

    def without(self, places: frozenset[int]) -> MappedRows:
        """Return the same rows, with these columns ignored as well."""
        others = copy(self)
        others.ignored = self.ignored | places
        return others

    def called(self, place: int) -> str:
        """Return the name of a mapped column in the list; "" for a column that is not mapped."""
        name = self.names[place]
        return show_name(name) if name in self.mapping.columns else ""

    def describe(self, place: int, *, named: bool) -> str:
        """Describe a column in a message; `named`: with its name, if that is not a patient's."""
        name = show_name(self.names[place])
        is_name = named and not _NUMBER.search(name)
        mapped = self.names[place] in self.mapping.columns
        shown = is_name or mapped or self.mapping.clinical
        return f"column {place + 1} ({name})" if shown and name else f"column {place + 1}"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Finding on the columns that are not read."""
        places = (place for place in sorted(self.ignored) if self.names[place])
        if not (names := [show_name(self.names[place]) for place in places]):
            return ()
        message = f"columns that were not read: {list_first(names, MOST_IGNORED)}"
        return (Finding("screen.ignored", Severity.INFO, message, None, len(names)),)


def clean_name(name: str) -> str:
    r"""Return a column name without line ends and repeated blanks.

    Examples
    --------
    >>> clean_name(" Thrombozyten\n(G/l) ")
    'Thrombozyten (G/l)'
    """
    return " ".join(name.split())


def show_name(name: str) -> str:
    """Shorten a column name for a message."""
    plain = as_plain_text(name)
    return plain if len(plain) <= MOST_NAME else f"{plain[:MOST_NAME]}..."


def _describe_absent(name: str, names: tuple[str, ...]) -> str:
    near = find_nearest(name, sorted({*names}))
    meant = f"; did you mean {show_name(near[0])}?" if near else ""
    return f"there is no column {show_name(name)}{meant}"
