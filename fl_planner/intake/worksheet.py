"""A table of patients as CSV: one row a patient, units declared in the header [contract.md 7].

`id`, `age [a]`, `platelets [10*9/L]`, `platelets.date`, `ecog`. Commas and decimal points, or
semicolons and decimal commas.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import StringIO

from fl_planner.basis.brevity import join_told
from fl_planner.basis.errors import InputRefused
from fl_planner.intake._entries import find_entries, say_no_such_key
from fl_planner.intake.listed import CODE, ID_KEYS, SOURCE, NotRead, Row, as_row
from fl_planner.trials.facts import FACTS, Kind
from fl_planner.trials.quantities import (
    INPUT_NAMES,
    QUANTITIES,
    RATIO_UNIT,
    UPPER_LIMITS,
    Quantity,
    as_ucum,
)
from fl_planner.trials.stated import DRUG_KEY

UNKNOWN = ("", "unknown")  # a cell that says nothing
YES_NO = {"yes": True, "true": True, "no": False, "false": False}
HEADER = "screen.header"
MOST_COLUMNS = 1000  # there are some 140 keys, a few with a date [project's choice]
REMEDY = "write input keys as column names, each quantity with its unit: platelets [10*9/L]"
_COLUMN = re.compile(r"(?P<key>[^\[\].]*)(?:\.(?P<inner>date|drug))?\s*(?:\[(?P<unit>.*)\])?")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)  # 1.234 with a decimal comma around


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds: an input key, a quantity's unit, or its own date or drug."""

    key: str
    unit: str | None = None
    inner: str = "value"

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers with a unit."""
        return self.unit is not None


def parse_worksheet(text: str) -> tuple[Row, ...]:
    """Read a table of patients.

    Raises
    ------
    InputRefused
        `screen.header`, naming every column by its place; `screen.unreadable` where it is no CSV.
    """
    semicolons = ";" in text.split("\n", 1)[0]
    try:
        reader = csv.reader(StringIO(text, newline=""), strict=True, delimiter=",;"[semicolons])
        lines = [*reader]
    except csv.Error as error:
        reason = "is no CSV: a quotation mark is missing, or a cell is far too long"
        raise InputRefused(CODE, SOURCE, reason, "export it again as CSV") from error
    columns = _read_header(lines[0] if lines else [])
    comma = semicolons and _has_comma(lines[1:], columns)
    return tuple(_read_rows(lines[1:], columns, comma=comma, semicolons=semicolons))


def _read_header(cells: Sequence[str]) -> tuple[Column, ...]:
    """Read the names of the columns; refuses all wrong ones at once, by their places."""
    if len(cells) > MOST_COLUMNS:
        reason = f"has {len(cells):,} columns, more than {MOST_COLUMNS}"
        raise InputRefused(HEADER, SOURCE, reason, REMEDY)
    columns: list[Column] = []
    errors: list[str] = []
    for place, cell in enumerate(cells, start=1):
        column, wrong = _read_column(cell.strip(), place)
        if wrong is None and any((c.key, c.inner) == (column.key, column.inner) for c in columns):
            wrong = f"column {place}: {column.key} is a column already"
        columns.append(column)
        errors += [wrong] if wrong else []
    if not any(column.key not in ID_KEYS for column in columns):
        errors.append("no column holds a fact")
    if sum(column.key in ID_KEYS for column in columns) > 1:
        errors.append("two columns hold an id")
    if errors:
        raise InputRefused(HEADER, SOURCE, join_told(errors), REMEDY)
    return tuple(columns)


def _read_column(cell: str, place: int) -> tuple[Column, str | None]:
    """Read one name; gives what is wrong with it, which repeats nothing of it."""
    parts = _COLUMN.fullmatch(cell)
    key = parts["key"].strip() if parts else cell
    where = f"column {place}"
    if parts is None or (key not in INPUT_NAMES and key not in ID_KEYS):
        return Column(key), say_no_such_key(key, where)
    quantity = QUANTITIES.get(key) or UPPER_LIMITS.get(key)
    unit, inner = parts["unit"], parts["inner"]
    if inner is not None:
        fits = key == DRUG_KEY if inner == "drug" else key in QUANTITIES and _dated(key)
        wrong = None if fits and unit is None else f"{where}: {key} has no {inner} of its own"
        return Column(key, None, inner), wrong
    if quantity is not None and not (unit or "").strip():
        units = ", ".join(_units(key, quantity))
        return Column(key), f"{where}: {key} without its unit, one of {units}"
    if quantity is None and unit is not None:
        return Column(key), f"{where}: {key} takes no unit"
    if quantity is not None and unit is not None and not _is_listed(key, quantity, unit):
        units = ", ".join(_units(key, quantity))
        return Column(key), f"{where}: {key} in a unit that is not listed; it is one of {units}"
    return Column(key, None if unit is None else unit.strip()), None


def _units(key: str, quantity: Quantity) -> tuple[str, ...]:
    """List the units that a column may be in."""
    ratio = (RATIO_UNIT,) if quantity.takes_ratio and key in QUANTITIES else ()
    return (*quantity.units, *ratio)


def _is_listed(key: str, quantity: Quantity, unit: str) -> bool:
    return as_ucum(unit.strip()) in _units(key, quantity)


def _dated(key: str) -> bool:
    return QUANTITIES[key].is_laboratory


def _has_comma(lines: Sequence[Sequence[str]], columns: Sequence[Column]) -> bool:
    """Tell whether a number of the table has a decimal comma: then no point is one."""
    return any(
        column.is_number and "," in cell
        for cells in lines
        for column, cell in zip(columns, cells, strict=False)
    )


def _read_rows(
    lines: Sequence[Sequence[str]], columns: Sequence[Column], *, comma: bool, semicolons: bool
) -> Iterator[Row]:
    for number, cells in enumerate(lines, start=2):  # the header is row 1
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            reason = f"has {len(cells)} cells where the header has {len(columns)}"
            yield NotRead(number, None, CODE, reason, "export the table again")
            continue
        yield _read_row(number, cells, columns, _Numbers(comma=comma, semicolons=semicolons))


@dataclass(frozen=True, slots=True)
class _Numbers:
    """How the numbers of a table are written."""

    comma: bool
    semicolons: bool

    def read(self, cell: str) -> Decimal | None:
        """Read a number exactly; None where it is none."""
        wrong_sign = "." in cell if self.comma else "," in cell
        if not _NUMBER.fullmatch(cell) or wrong_sign:
            return None
        try:
            return Decimal(cell.replace(",", "."))
        except InvalidOperation:  # an exponent beyond what a decimal holds
            return None

    def may_be_thousands(self, cell: str) -> bool:
        """Tell whether a point may stand for thousands: 1.234 beside semicolons."""
        return self.semicolons and _THOUSANDS.fullmatch(cell) is not None


def _read_row(
    number: int, cells: Sequence[str], columns: Sequence[Column], numbers: _Numbers
) -> Row:
    table: dict[str, object] = {}
    errors: list[str] = []
    id_: str | None = None
    told = [(column, cell.strip()) for column, cell in zip(columns, cells, strict=True)]
    for column, cell in told:
        if column.key in ID_KEYS:
            id_ = cell or None
        elif cell.lower() in UNKNOWN or column.inner != "value":
            continue
        elif not column.is_number:
            table[column.key] = parse_cell(column.key, cell)
        elif numbers.may_be_thousands(cell):
            errors.append(f"{column.key}: its point may stand for thousands; write it without")
        else:
            table[column.key] = {"value": numbers.read(cell), "unit": column.unit}
    errors += _lay_beside(table, told)
    stated, wrong = find_entries(table)
    return as_row(number, id_, stated, (*errors, *wrong))


def _lay_beside(table: dict[str, object], told: Sequence[tuple[Column, str]]) -> Iterator[str]:
    """Lay dates and drugs beside their quantities; gives those without a quantity."""
    for column, cell in told:
        if column.inner == "value" or cell.lower() in UNKNOWN:
            continue
        quantity = table.get(column.key)
        if isinstance(quantity, dict):
            quantity[column.inner] = cell
        else:
            yield f"{column.key}: a {column.inner} without a value"


def parse_cell(key: str, cell: str) -> object:
    """Read a cell of a fact without a unit; gives the text where it is none of its values.

    Examples
    --------
    >>> parse_cell("ecog", "1"), parse_cell("cirrhosis", "No"), parse_cell("cirrhosis", "0")
    (Decimal('1'), False, '0')
    >>> parse_cell("extrahepatic_sites", "lung brain")
    ['lung', 'brain']
    """
    kind = FACTS[key].kind if key in FACTS else None
    if kind is Kind.YES_NO:
        return YES_NO.get(cell.lower(), cell)
    if kind is Kind.CODES:
        return [code for code in re.split(r"[\s|,;]+", cell) if code]
    if kind is Kind.WHOLE and re.fullmatch(r"\d{1,9}", cell, re.ASCII):
        return Decimal(cell)
    return cell
