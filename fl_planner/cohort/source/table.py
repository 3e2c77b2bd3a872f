"""A table of cases: one row a case, its files, its plan and its facts [contract.md 9].

`id`, `liver`, `tumour`, `labelmap`, `remnant_segments`, `diagnosis`, `age [a]`: what is no fact
stands in a column of its name; facts as in a table of patients. As CSV, with commas or with
semicolons and decimal commas; or as a workbook.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.brevity import join_told
from fl_planner.basis.text.nearest import find_nearest
from fl_planner.cohort.source.draft import CaseDraft, split_list
from fl_planner.intake.patients.cells import UNKNOWN, YES_NO, Numbers
from fl_planner.intake.patients.list_text import ListText
from fl_planner.intake.patients.rows import ID_KEYS, SOURCE, NotRead, Row
from fl_planner.intake.patients.worksheet import HEADER, CsvRows, RowsOfCells, Worksheet
from fl_planner.liver.names.numerals import ACCEPTED, parse_segments, split_segments
from fl_planner.liver.names.structures import ROLES
from fl_planner.trials.facts.quantities import INPUT_NAMES

TABLE, WORKBOOK = ".csv", ".xlsx"
FILES = (*(role for role in ROLES if role != "tumour"), "labelmap", "spleen")
EXCLUDE, VESSEL = "exclude.", "vessel."  # before the name of a structure
BY_NAME = {EXCLUDE: "exclude", VESSEL: "vessels"}  # as a case file has them
BODY = ("height_cm", "weight_kg")
REMEDY = "docs/how-to/cohort.md lists the columns of a table of cases"
Read = Callable[[CaseDraft, str], None]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table of cases: what it says, or all that is wrong with it."""

    number: int
    id: str | None
    draft: CaseDraft | None
    wrong: tuple[str, ...] = ()


def read_table(path: Path) -> tuple[TableRow, ...]:
    """Read a table of cases.

    Raises `InputRefused`: `screen.header`, naming every column by its place; `screen.unreadable`.
    """
    return tuple(CaseTable(_open(path)))


def _open(path: Path) -> RowsOfCells:
    if path.suffix.lower() == WORKBOOK:
        from fl_planner.intake.patients.workbook import WorkbookRows

        return WorkbookRows(path)
    return CsvRows(ListText(path, ""))


class CaseTable:
    """The rows of a table of cases."""

    def __init__(self, rows: RowsOfCells) -> None:
        self._rows = [*rows]
        self._refused = rows.refused
        self._semicolons = rows.semicolons
        header = [cell.strip() for cell in self._rows[0]] if self._rows else []
        self._own = {place: cell for place, cell in enumerate(header) if _is_own(cell)}
        self._ids = [place for place, cell in enumerate(header) if cell in ID_KEYS]
        self._width = len(header)
        _require_header(header, self._own, self._ids)

    def __iter__(self) -> Iterator[TableRow]:
        """Read row after row; the header is row 1."""
        facts = self._read_facts()
        for number, cells in enumerate(self._rows[1:], start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if number in self._refused:
                yield TableRow(number, None, None, (self._refused[number],))
            elif len(cells) != self._width:
                wrong = f"has {len(cells)} cells where the header has {self._width}"
                yield TableRow(number, None, None, (wrong,))
            else:
                yield self._read(number, cells, facts.get(number))

    def _read_facts(self) -> Mapping[int, Row]:
        """Read the columns of facts as those of a table of patients."""
        places = [place for place in range(self._width) if place not in self._own]
        if len(places) == len(self._ids):
            return {}
        cells = [
            [row[place] for place in places] if len(row) == self._width else row
            for row in self._rows
        ]
        return {one.row: one for one in Worksheet(_Part(cells, self._semicolons))}

    def _read(self, number: int, cells: Sequence[str], facts: Row | None) -> TableRow:
        id_ = cells[self._ids[0]].strip()
        draft = CaseDraft(id_)
        wrong: list[str] = [] if id_ else ["id: is empty"]
        if isinstance(facts, NotRead):
            wrong.append(facts.reason)
        elif facts is not None:
            draft.stated = facts.stated
        for place, column in self._own.items():
            cell = cells[place].strip()
            if cell.lower() in UNKNOWN:
                continue
            try:
                _put(draft, column, cell, comma=self._semicolons)
            except ValueError as error:
                wrong.append(f"{column}: {error}")
        return TableRow(number, id_ or None, None if wrong else draft, tuple(wrong))


@dataclass(frozen=True, slots=True)
class _Part:
    """Some columns of a table; rows of another width were refused before."""

    cells: list[list[str]]
    semicolons: bool

    @property
    def refused(self) -> Mapping[int, str]:
        return {}

    def __iter__(self) -> Iterator[list[str]]:
        yield from self.cells


def _is_own(column: str) -> bool:
    if any(column.startswith(one) and len(column) > len(one) for one in BY_NAME):
        return True
    return column in COLUMNS


def _require_header(header: Sequence[str], own: Mapping[int, str], ids: Sequence[int]) -> None:
    """Refuse a header that is not understood; facts are asked by their own table."""
    wrong: list[str] = []
    if len(ids) != 1:
        wrong.append("one column has to be the id")
    if not any(column in (*FILES, "tumour") for column in own.values()):
        wrong.append("no column names a mask")
    for place, column in enumerate(header, start=1):
        if header.index(column) < place - 1:
            wrong.append(f"column {place}: its name is that of column {header.index(column) + 1}")
        key = re.split(r"[.\[ ]", column, maxsplit=1)[0]
        if place - 1 not in own and key not in INPUT_NAMES and key not in ID_KEYS:
            near = find_nearest(key, sorted({*COLUMNS, *INPUT_NAMES}))
            meant = f"; did you mean {near[0]}?" if near else ""
            wrong.append(f"column {place}: no such column{meant}")
    if wrong:
        raise InputRefused(HEADER, SOURCE, join_told(wrong), REMEDY)


def _put(draft: CaseDraft, column: str, cell: str, *, comma: bool) -> None:
    """Put what a cell says where the case file has it; `ValueError` says what is wrong."""
    by_name = next((one for one in BY_NAME if column.startswith(one)), None)
    if by_name is not None:
        named = [draft.name_file(by_name.strip("."), part) for part in split_list(cell)]
        draft.masks.setdefault(BY_NAME[by_name], {})[column.removeprefix(by_name)] = named
    elif column in (*FILES, "ct"):
        table = draft.imaging if column == "ct" else draft.masks
        table[column] = draft.name_file(column, cell)
    elif column in BODY or column == "clearing_margin_mm":
        number = Numbers(comma=comma and "," in cell, semicolons=comma).read(cell)
        if number is None:
            raise ValueError("is not a number")
        (draft.patient if column in BODY else draft.plan)[column] = Fraction(number)
    else:
        COLUMNS[column](draft, cell)


def _put_tumour(draft: CaseDraft, cell: str) -> None:
    draft.masks["tumour"] = [draft.name_file("tumour", part) for part in split_list(cell)]


def _put_yes_no(key: str) -> Read:
    def put(draft: CaseDraft, cell: str) -> None:
        said = YES_NO.get(cell.lower())
        if said is None:
            raise ValueError("give yes or no")
        draft.masks[key] = said

    return put


def _put_segments(table: str, key: str) -> Read:
    def put(draft: CaseDraft, cell: str) -> None:
        names, wrong = parse_segments(split_segments(cell.replace("|", ",")))
        if wrong:
            raise ValueError(f"give some of {ACCEPTED}")
        getattr(draft, table)[key] = names

    return put


def _put_scheme(draft: CaseDraft, cell: str) -> None:
    draft.scheme = cell


def _put_text(table: str, key: str) -> Read:
    def put(draft: CaseDraft, cell: str) -> None:
        getattr(draft, table)[key] = cell

    return put


def _put_day(draft: CaseDraft, cell: str) -> None:
    from datetime import date

    if not _DAY.fullmatch(cell):
        raise ValueError("give a date YYYY-MM-DD")
    draft.imaging["date"] = date.fromisoformat(cell)


def _put_apart(_draft: CaseDraft, _cell: str) -> None:
    """Take what `_put` reads itself."""


COLUMNS: Mapping[str, Read] = {
    **dict.fromkeys((*FILES, "ct", *BODY, "clearing_margin_mm"), _put_apart),
    "tumour": _put_tumour,
    "no_tumour": _put_yes_no("no_tumour"),
    "gaps_to_nearest": _put_yes_no("gaps_to_nearest"),
    "scheme": _put_scheme,
    "diagnosis": _put_text("top", "diagnosis"),
    "label": _put_text("top", "label"),
    "plan": _put_text("plan", "name"),
    "remnant_segments": _put_segments("plan", "remnant_segments"),
    "resected_segments": _put_segments("plan", "resected_segments"),
    "absent_segments": _put_segments("masks", "absent_segments"),
    "phase": _put_text("imaging", "phase"),
    "reader": _put_text("imaging", "reader"),
    "date": _put_day,
}
