"""Read a table of patients, one per row, from a file or memory [contract.md 7].

`id`, `age [a]`, `platelets [10*9/L]`, `platelets.date`, `ecog`, `prior_pve_hve.date`. The
table is CSV with commas and decimal points or with semicolons and decimal commas, or a workbook.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import sha256
from io import StringIO
from itertools import islice
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any

from fl_planner.basis.exact_text import require_commas, split_cells
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import format_count, join_first
from fl_planner.basis.shown import as_unit
from fl_planner.basis.units import as_ucum
from fl_planner.intake.patients.cell_words_by_language import is_foot
from fl_planner.intake.patients.cells import (
    THOUSANDS,
    Cells,
    InputColumn,
    Numbers,
    find_comma,
    has_decimal_point,
    has_only_numbers,
)
from fl_planner.intake.patients.mapping import HEADER, REMEDY, MappedRows, Separator
from fl_planner.intake.patients.rows import (
    CODE,
    ID_KEYS,
    OTHER_KEYS,
    SOURCE,
    NotRead,
    Row,
    describe_unknown_key,
)
from fl_planner.trials.convert import TIMES
from fl_planner.trials.facts.quantities import (
    INPUT_NAMES,
    QUANTITIES,
    RATIO_UNIT,
    UNITS,
    UPPER_LIMITS,
    Quantity,
)
from fl_planner.trials.statements import DRUG_KEY, EMBOLISED

MOST_COLUMNS = 1000  # there are some 140 keys, a few with a date [project's choice]
LEAST_KNOWN = 2  # valid column names, from which the first row is taken to be a header
MOST_COMPARED = 50  # rows by which the separator is found [project's choice]
NO_PATIENT = "the row is a total, a mean or a count of the list, not a patient"
NO_PATIENT_REMEDY = "delete the row; if it is a patient, give another id"
ONLY_NUMBERS = "the row has no id and contains only numbers, so it may be a total or a mean"
ONLY_NUMBERS_REMEDY = "enter the id of the patient, or delete the row"
WITHOUT_ID = Finding(
    "screen.no_id",
    Severity.WARNING,
    "the row has no id, unlike other rows, and may not be a patient",
)
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]+)[)\]]")
# `FLR %`, `liver_ml`; a single letter may have another meaning, as in `lobe L`
_LAST_WORD = re.compile(r"(?:[\s_,;]|(?=%))([^\s_,;]{2,}|%)$")
_NO_UNITS = {*TIMES, RATIO_UNIT}  # as last words: `ALT, last 7 days`, `ALT ULN`
_COLUMN = re.compile(r"(?P<key>[^\[\].]*)(?:\.(?P<inner>date|drug))?\s*(?:\[(?P<unit>.*)\])?")


class CsvRows:
    """The rows of CSV, separated by commas or semicolons.

    - `lines`: its text, which can be iterated several times.
    - `separator`: separator, if stated.

    Raises `InputRefused`: `screen.unreadable` for invalid CSV, and if it is unclear which
    character separates the cells.
    """

    refused: Mapping[int, str] = MappingProxyType({})
    invalid: Mapping[int, Mapping[int, str]] = MappingProxyType({})
    unsure_ids: Mapping[int, Mapping[int, str]] = MappingProxyType({})

    def __init__(self, lines: Iterable[str], separator: Separator | None = None) -> None:
        self._lines = lines
        self.semicolons = (separator or _find_separator(lines)) == ";"

    def __iter__(self) -> Iterator[list[str]]:
        """Yield each row."""
        yield from _split(self._lines, ",;"[self.semicolons])


def _split(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    return split_cells(lines, separator, CODE, SOURCE)


def _find_separator(lines: Iterable[str]) -> str:
    """Return the separator of cells; of two candidates, the one that gives rows of equal length.

    Only the first rows are used.

    Raises `InputRefused`: `screen.unreadable` if this is the case with both separators, or with
    neither, and for a first row without column names.
    """
    first = _first_line(lines)
    _require_names(first)
    signs = [sign for sign in ",;" if sign in first]
    if len(signs) < 2:
        return signs[0] if signs else ","
    fit = [sign for sign in signs if _fits(lines, sign)]
    if len(fit) != 1:
        reason = "the column names contain commas and semicolons, and either may be the separator"
        remedy = "use only one of them, or state the separator in a file for --columns"
        raise InputRefused(CODE, SOURCE, reason, remedy)
    return fit[0]


def _require_names(first: str) -> None:
    """Refuse a first row that is empty, is the hint sep= of Excel, or has other separators."""
    line = first.strip("\r\n")
    wrong = None
    if not line.strip():
        wrong = "the first row is empty", "delete the empty rows above the column names"
    elif line.lower().startswith("sep="):
        wrong = f"the first row is {line[:5]!r}, without column names", "delete this row"
    if wrong is not None:
        raise InputRefused(CODE, SOURCE, *wrong)
    require_commas(line, CODE, SOURCE)


def _fits(lines: Iterable[str], separator: str) -> bool:
    """Whether a separator divides the first rows into equal numbers of cells."""
    try:
        rows = [row for row in islice(_split(lines, separator), MOST_COMPARED) if row]
    except InputRefused:  # a quotation mark that does not begin a cell
        return False
    return len(rows[0]) > 1 and len({len(row) for row in rows}) == 1


class Worksheet:
    """A table of patients, read row by row.

    Raises `InputRefused`: `screen.header`, describing every invalid column; the codes of its rows.
    """

    def __init__(self, records: MappedRows) -> None:
        self._records = records
        self._columns = _read_header(records)
        # the column with ids
        self._ids = next((n for n, one in enumerate(self._columns) if one.key in ID_KEYS), None)
        self._has_ids = self._ids is not None and any(id_ for _, id_ in self.ids())
        several = records if records.semicolons else ()
        commas = [find_comma(cells, self._columns) for cells in several]
        self._numbers = Numbers(
            comma=any(one is not None for one in commas),
            semicolons=records.semicolons,
            sure=any(commas),
            # with semicolons, 1.234 is refused in any case
            point=records.semicolons
            or any(has_decimal_point(cells, self._columns) for cells in records),
        )

    def ids(self) -> Iterator[tuple[int, str | None]]:
        """Yield the number and the id of each row, without reading the other cells."""
        place = self._ids
        for number, cells, foot in self._rows():
            whole = len(cells) == len(self._columns) and not foot
            yield number, (cells[place].strip() or None) if whole and place is not None else None

    def _name(self, cells: list[str]) -> str:
        """Return the id of a row, or its first cell without an id."""
        place = self._ids
        id_ = cells[place].strip() if place is not None and place < len(cells) else ""
        return id_ or next(filter(str.strip, cells), "")

    def __iter__(self) -> Iterator[Row]:
        """Read each row."""
        records, wanted = self._records, len(self._columns)
        reader = Cells(self._columns, self._numbers, records.mapping, records.ignored)
        for number, cells, foot in self._rows():
            if wrong := records.find_error(number, cells):
                yield NotRead(number, None, CODE, wrong)
            elif foot:
                yield NotRead(number, None, CODE, NO_PATIENT, NO_PATIENT_REMEDY)
            elif len(cells) == wanted:
                row = reader.read(number, cells)
                yield row if row.id or not self._has_ids else self._doubt(row, cells)
            else:
                reason = (
                    f"the row has {format_count(len(cells), 'cell')}, but the header has {wanted}"
                )
                yield NotRead(number, None, CODE, reason, "export the table again")

    def _doubt(self, row: Row, cells: Sequence[str]) -> Row:
        """Refuse a row without an id if it has only numbers; otherwise report that it has none.

        Only in a list in which other rows have an id.
        """
        if has_only_numbers(cells, self._columns):
            return NotRead(row.row, None, CODE, ONLY_NUMBERS, ONLY_NUMBERS_REMEDY)
        if isinstance(row, NotRead):
            return row
        return replace(row, findings=(*row.findings, WITHOUT_ID))

    def _rows(self) -> Iterator[tuple[int, list[str], bool]]:
        """Yield the rows with content: number, cells, and whether it is a total or a mean.

        The header is row 1.
        """
        foot = False
        for number, cells in enumerate(self._records, start=2):
            if any(cell.strip() for cell in cells):
                foot = is_foot(self._name(cells), below=foot)
                yield number, cells, foot


def _first_line(lines: Iterable[str]) -> str:
    first = ""
    for line in lines:
        first += line
        if line.endswith("\n"):
            return first
    return first


def _read_header(rows: MappedRows) -> tuple[InputColumn, ...]:
    """Read the column names; refuses all invalid ones together.

    An unknown name is quoted only if several valid ones show that the first row is a header: in
    a list without a header, it may be a patient's name.
    """
    if len(rows.header) > MOST_COLUMNS:
        reason = f"the table has {len(rows.header):,} columns; the limit is {MOST_COLUMNS}"
        raise InputRefused(HEADER, SOURCE, reason, REMEDY)
    columns: list[InputColumn] = []
    errors: list[str] = []
    valid = [name for name in rows.header if _read_column(name, "", "")[1] is None]
    named = len(valid) >= LEAST_KNOWN
    for place, cell in enumerate(rows.header):
        if place in rows.ignored:
            columns.append(InputColumn(""))
            continue
        where = rows.describe(place, named=named and not is_known(cell))
        column, wrong = _read_column(cell, where, rows.called(place))
        if wrong is None and any((c.key, c.inner) == (column.key, column.inner) for c in columns):
            wrong = f"{where}: another column already contains {column.key}"
        columns.append(column)
        errors += [wrong] if wrong else []
    if not any(column.key not in ("", *ID_KEYS) for column in columns):
        errors.append("no column contains a fact")
    if sum(column.key in ID_KEYS for column in columns) > 1:
        errors.append("two columns contain an id")
    if errors:
        raise InputRefused(HEADER, SOURCE, join_first(errors), REMEDY)
    return tuple(columns)


def is_known(name: str) -> bool:
    """Whether a column name has a known key."""
    parts = _COLUMN.fullmatch(name)
    return parts is not None and parts["key"].strip() in (*INPUT_NAMES, *OTHER_KEYS)


def _read_column(cell: str, where: str, called: str) -> tuple[InputColumn, str | None]:
    """Read a column name; return the column, and an error."""
    if not cell:
        return InputColumn(cell), f"{where}: a value in a column without a name"
    parts = _COLUMN.fullmatch(cell)
    key = parts["key"].strip() if parts else cell
    if parts is None or not is_known(cell):
        return InputColumn(key), describe_unknown_key(key, where)
    quantity = QUANTITIES.get(key) or UPPER_LIMITS.get(key)
    inner, unit = parts["inner"], None if parts["unit"] is None else parts["unit"].strip()
    if inner is not None:
        dated = key == EMBOLISED or (key in QUANTITIES and QUANTITIES[key].is_laboratory)
        fits = key == DRUG_KEY if inner == "drug" else dated
        wrong = None
        if not fits:
            wrong = f"{where}: {key} cannot have a separate {inner} column"
        elif unit is not None:
            wrong = f"{where}: a {inner} does not take a unit"
        return InputColumn(key, None, inner, called), wrong
    plain = InputColumn(key, called=called)
    if quantity is None:
        return plain, None if unit is None else f"{where}: {key} does not take a unit"
    ratio = (RATIO_UNIT,) if quantity.takes_ratio and key in QUANTITIES else ()
    units = (*quantity.units, *ratio)
    if not unit and units == ("1",):
        return plain, f"{where}: {key} has no unit; name the column {key} [1]"
    if not unit:
        named = [f"a ({as_unit('a')})" if one == "a" else one for one in units]
        wrong = f"{where}: {key} requires a unit, one of {', '.join(named)}"
        return plain, f"{wrong}, such as {key} [{units[0]}]"
    if as_ucum(unit) not in units:
        return plain, f"{where}: unknown unit for {key}; give one of {', '.join(units)}"
    if (other := _find_other_unit(quantity, called, as_ucum(unit))) is not None:
        wrong = f"{where}: the column name states {other}, but the mapping states {as_ucum(unit)}"
        return plain, wrong
    return InputColumn(key, unit, called=called), None


def _find_other_unit(quantity: Quantity, called: str, unit: str) -> str | None:
    """Return the unit in the name of a mapped column, if it contradicts that of the mapping."""
    last = [text for text in _LAST_WORD.findall(called) if as_ucum(text) not in _NO_UNITS]
    for text in (*_IN_BRACKETS.findall(called), *last):
        stated = as_ucum(text)
        factors = quantity.units
        if stated in UNITS and factors.get(stated, stated) != factors.get(unit, unit):
            return stated
    return None


MIDNIGHT = time()


class HeldRows:
    """Rows in memory, in the form of CSV with commas, header first.

    - `header`: column names with their units: `platelets [10*9/L]`.
    - `rows`: a value for each column; None, NaN and NA are blanks.
    - `invalid`: errors of cells by row and position; the header is row 1. `unsure_ids`: those of
      numbers that may have lost digits if they are ids: 3.10, or a long number in a column of
      decimals.
    - `sha256`: hash of the table as CSV with line feeds.
    """

    called = "rows"
    refused: Mapping[int, str] = MappingProxyType({})
    semicolons = False  # a comma is not a decimal comma

    def __init__(self, header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> None:
        names = list(header)
        if odd := [name for name in names if not isinstance(name, str)]:
            reason = f"the column name {odd[0]!r} is not text"
            raise _refuse(reason, "use input keys with units as column names: platelets [10*9/L]")
        self.invalid: dict[int, dict[int, str]] = {}
        self.unsure_ids: dict[int, dict[int, str]] = {}
        texts = [list(self._read(number, cells)) for number, cells in enumerate(rows, start=2)]
        self._rows = [names, *texts]
        written = StringIO(newline="")
        csv.writer(written, lineterminator="\n").writerows(self._rows)
        self.sha256 = sha256(written.getvalue().encode("utf-8", "replace")).hexdigest()

    @classmethod
    def of(cls, given: Any) -> HeldRows:
        """Convert a pandas frame, or mappings, one per patient.

        Raises `InputRefused`: `usage.wrong` for anything else, or a frame with a named index.
        """
        if hasattr(given, "itertuples") and hasattr(given, "columns"):
            if kept := [name for name in given.index.names if name is not None]:
                reason = f"the DataFrame has the index {kept[0]!r}, but an index is not read"
                raise _refuse(reason, "turn the index into a column: frame.reset_index()")
            # unlike `itertuples`, keeps the precision: 1.7 of 32 bits is not 1.7000000476837158
            columns = (given.iloc[:, place].array for place in range(len(given.columns)))
            return cls(given.columns, zip(*columns, strict=True))
        if isinstance(given, Mapping | str | bytes) or not isinstance(given, Iterable):
            raise _refuse(f"{type(given).__name__} is not a list of patients", _GIVE)
        rows = list(given)
        if not all(isinstance(row, Mapping) for row in rows):
            raise _refuse("a row is not a mapping of column names to values", _GIVE)
        names = list(dict.fromkeys(name for row in rows for name in row))
        return cls(names, ([row.get(name) for name in names] for row in rows))

    def __iter__(self) -> Iterator[list[str]]:
        """Yield each row."""
        yield from self._rows

    def _read(self, number: int, cells: Iterable[Any]) -> Iterator[str]:
        for place, value in enumerate(cells):
            text = _as_text(value)
            if text is None or "\0" in text:
                wrong = f"column {place + 1}: a {type(value).__name__} is not a single value"
                if isinstance(value, datetime):
                    wrong = f"column {place + 1}: a date with a time of day; give the date alone"
                self.invalid.setdefault(number, {})[place] = wrong
            elif text and _may_have_lost_digits(value):
                self.unsure_ids.setdefault(number, {})[place] = f"column {place + 1}: {UNSURE}"
            yield "?" if text is None else text


EXACT = 1 << 53  # larger whole numbers are not all kept by a double
UNSURE = "the id is a number that may have lost digits; give it as text"
_GIVE = f"give a path, a pandas DataFrame, or a list of dicts with the key {' or '.join(ID_KEYS)}"


def _as_text(value: Any) -> str | None:
    """Write a value as a cell; None if it is not a single value."""
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
    if isinstance(value, Real) and not isinstance(value, Integral) and float(value).is_integer():
        return f"{float(value):.0f}"  # a frame converts 61 to 61.0 in a column with a blank
    if not isinstance(value, Real | Decimal):
        return None
    return f"{value}0" if THOUSANDS.fullmatch(str(value)) else str(value)  # of a text, 1.234 may


def _may_have_lost_digits(value: Any) -> bool:
    """Whether a number is a double with decimals (3.1 for 3.10), or too large to be exact."""
    if isinstance(value, Integral) or not isinstance(value, Real):
        return False
    return not float(value).is_integer() or abs(float(value)) > EXACT


def _is_missing(value: Any) -> bool:
    """Whether a value is NaN, or the NA or NaT of pandas."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, Real | Decimal) and bool(value != value)


def _refuse(reason: str, remedy: str) -> InputRefused:
    return InputRefused("usage.wrong", HeldRows.called, reason, remedy)
