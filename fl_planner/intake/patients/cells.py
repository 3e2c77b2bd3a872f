"""Cells of a table of patients: numbers, words, days and embolisations, and their errors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from msgspec import structs

from fl_planner.basis.constants import PRESENT, Diagnosis
from fl_planner.basis.findings import Finding, Severity
from fl_planner.intake.patients.cell_words_by_language import ISO_DAY
from fl_planner.intake.patients.mapping import AS_GIVEN, ColumnMapping
from fl_planner.intake.patients.rows import (
    DIAGNOSIS,
    ID_KEYS,
    WRONG_DIAGNOSIS,
    Listed,
    Row,
    as_row,
    find_entries,
    read_diagnosis,
    state_with_diagnosis,
)
from fl_planner.trials.convert import is_plausible
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.statements import (
    EMBOLISATION_KINDS,
    EMBOLISED,
    TREATED_BEFORE,
    Amount,
    Stated,
    StatedValue,
)

UNKNOWN = ("", "unknown")  # empty cells
YES_NO = {"yes": True, "true": True, "no": False, "false": False}
MOST_KNOWN = 1 << 8  # cached cells of a column
_NUMBER = re.compile(  # of a list: "1." may be an ordinal
    r"[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII
)
_STATISTIC = re.compile(rf"(?:{_NUMBER.pattern}) ?%?(?:\s*[(\[\xb1].*)?", re.ASCII)  # also 64 (9)
_KINDS = {kind.lower(): kind for kind in EMBOLISATION_KINDS}
# 1.234 where a point may separate thousands
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class InputColumn:
    """A column: an input key, with the unit of a quantity, or its date or drug.

    `called`: its name in the list, if it was mapped.
    """

    key: str
    unit: str | None = None
    inner: str = "value"
    called: str = ""

    def name_error(self, wrong: str) -> str:
        """Add the name of the column in the list to an error."""
        return wrong.replace(self.key, f"{self.key} ({self.called})", 1) if self.called else wrong

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers with a unit."""
        return self.unit is not None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Number format of a table.

    - `comma`: whether it has decimal commas; `sure`: whether at least one of them is unambiguous.
    - `semicolons`: whether cells are not separated by commas.
    - `point`: whether at least one decimal point is unambiguous.
    """

    comma: bool
    semicolons: bool
    sure: bool = False
    point: bool = False

    def read(self, cell: str) -> Decimal | None:
        """Parse a number exactly; None for any other text."""
        number = not self._has_other_sign(cell) and _NUMBER.fullmatch(cell)
        return Decimal(cell.replace(",", ".")) if number else None

    def _has_other_sign(self, cell: str) -> bool:
        return "." in cell if self.comma else "," in cell

    def describe_fault(self, cell: str) -> str:
        """Describe what to write instead of a cell that is not a number; otherwise ""."""
        if _NUMBER.fullmatch(cell) is None:
            return "give a number without a unit, a space or a sign such as <"
        if not self._has_other_sign(cell):
            return ""
        if self.comma:
            return "write the number with a decimal comma, as elsewhere in the table"
        return "write the number with a decimal point, or separate the cells with semicolons"

    def may_be_thousands(self, cell: str) -> bool:
        """Whether a separator may separate thousands: 1.234 with semicolons, or a single 1,234."""
        if THOUSANDS.fullmatch(cell) is None:
            return False
        if "," in cell:
            return not self.sure
        return self.semicolons


def find_comma(cells: Sequence[str], columns: Sequence[InputColumn]) -> bool | None:
    """Whether numbers of a row have a comma, and whether it can only be a decimal comma.

    If so, no point in the table is a decimal point.

    Examples
    --------
    >>> age = [InputColumn("age", "a")]
    >>> [find_comma([cell], age) for cell in ("61", "1,234", "61,5")]
    [None, False, True]
    """
    numbers = (
        cell.strip()
        for column, cell in zip(columns, cells, strict=False)
        if column.is_number and "," in cell
    )
    return max((THOUSANDS.fullmatch(cell) is None for cell in numbers), default=None)


def has_decimal_point(cells: Sequence[str], columns: Sequence[InputColumn]) -> bool:
    """Whether a number of a row has a point that can only be a decimal point.

    Examples
    --------
    >>> flr = [InputColumn("flr_volume", "mL")]
    >>> [has_decimal_point([cell], flr) for cell in ("61", "1.250", "1.25", "412.125")]
    [False, False, True, True]
    """
    return any(
        _NUMBER.fullmatch(number := cell.strip()) is not None
        and (THOUSANDS.fullmatch(number) is None or _is_decimal(column, number))
        for column, cell in zip(columns, cells, strict=False)
        if column.is_number and "." in cell
    )


def _is_decimal(column: InputColumn, number: str) -> bool:
    """Whether 1.250 is plausible, but 1250 is not."""
    entry = {"value": Decimal(number), "unit": column.unit}
    (read,) = find_entries({column.key: entry})[0].values.values()
    return _list_plausible(column.key, read) == [True, False]


def _list_plausible(key: str, read: StatedValue | None) -> list[bool]:
    """Return whether a quantity is plausible as 1.250, and as 1250."""
    both = (read, as_thousands(read)) if isinstance(read, Amount) else ()
    return [is_plausible(key, one) for one in both]


def as_thousands(amount: Amount) -> Amount:
    """Return the amount that is meant if its point before three digits separates thousands."""
    return structs.replace(amount, value=1000 * amount.value)


def has_only_numbers(cells: Sequence[str], columns: Sequence[InputColumn]) -> bool:
    r"""Whether a quantity of a row and all its other cells are numbers, as in totals or means.

    A mean may be followed by its standard deviation. A whole number in a column without a unit may
    be a code.

    Examples
    --------
    >>> columns = [InputColumn("age", "a"), InputColumn("ecog")]
    >>> [has_only_numbers([cell, "0.7"], columns) for cell in ("64.5", "64 (9)", "64 \xb1 9")]
    [True, True, True]
    >>> [has_only_numbers(["64", cell], columns) for cell in ("", "unknown", "2026-11-20")]
    [True, False, False]
    >>> has_only_numbers(["", "1"], columns)
    False
    """
    filled = {place: cell for place, cell in enumerate(map(str.strip, cells)) if cell}
    return any(columns[place].is_number for place in filled) and all(
        map(_STATISTIC.fullmatch, filled.values())
    )


class Cells:
    """Reader of the cells of rows, with a cache of equal cells.

    - `ignored`: positions of cells that are not read.
    """

    def __init__(
        self,
        columns: Sequence[InputColumn],
        numbers: Numbers,
        mapping: ColumnMapping = AS_GIVEN,
        ignored: frozenset[int] = frozenset(),
    ) -> None:
        self._numbers = numbers
        self._columns = columns
        self._words = mapping.words
        self._cell_unknown = mapping.cell_unknown
        self._ids = [place for place, one in enumerate(columns) if one.key in ID_KEYS]
        self._inner = [place for place, one in enumerate(columns) if one.inner != "value"]
        self._diagnosis = [place for place, one in enumerate(columns) if one.key == DIAGNOSIS]
        others = {*self._ids, *self._inner, *self._diagnosis, *ignored}
        self._values: list[tuple[int, str, InputColumn, dict[str, StatedValue | None]]] = [
            (place, one.key, one, {}) for place, one in enumerate(columns) if place not in others
        ]
        self._faulty: list[dict[str, _Read]] = [{} for _ in columns]

    def read(self, number: int, cells: Sequence[str]) -> Row:
        """Read a row: facts of a patient, or all errors of the row."""
        inner = self._gather_inner(cells)
        values: dict[str, StatedValue] = {}
        thousands: list[str] = []
        wrong: list[str] = []
        id_ = next((cells[place].strip() or None for place in self._ids), None)
        diagnosis: Diagnosis | None = None
        decisive = False  # whether an error is in a cell that the diagnosis rests on
        for place in self._diagnosis:
            cell = self._words.translate(DIAGNOSIS, cells[place].strip())
            diagnosis = read_diagnosis(cell)
            unknown = diagnosis is None and cell.lower() not in UNKNOWN
            wrong += [self._columns[place].name_error(WRONG_DIAGNOSIS)] if unknown else []
            decisive |= unknown
        for place, key, column, known in self._values:
            cell = cells[place]
            if cell in known and key not in inner:  # nearly always
                value = known[cell]
            else:
                read = self._read_new(place, column, cell, inner)
                value = read.value
                if read.thousands or read.wrong:
                    thousands += read.thousands
                    wrong += read.wrong
                    decisive |= bool(read.wrong) and key in PRESENT.values()
                elif key not in inner and len(known) < MOST_KNOWN:
                    known[cell] = value
                if read.takes_inner:
                    inner.pop(key, None)
            if value is not None:
                values[key] = value
        columns = (self._columns[place] for place in self._inner)
        lost = [one for one in columns if one.inner in inner.get(one.key, ())]
        without_value = (
            one.name_error(f"{one.key}: a {one.inner} without a value") for one in lost
        )
        faults = (*thousands, *without_value, *wrong)
        stated = state_with_diagnosis(diagnosis, Stated(values))
        if faults and self._cell_unknown and not decisive:
            return Listed(number, id_, stated, findings=tuple(map(_find_unknown, faults)))
        return as_row(number, id_, stated, faults)

    def _read_new(
        self, place: int, column: InputColumn, cell: str, inner: dict[str, dict[str, str]]
    ) -> _Read:
        """Read a cell whose value is not cached; errors are cached separately."""
        if column.key in inner:
            return self._read(column, cell.strip(), inner[column.key])
        faulty = self._faulty[place]
        read = faulty.get(cell) or self._read(column, cell.strip(), {})
        if (read.thousands or read.wrong) and len(faulty) < MOST_KNOWN:
            faulty[cell] = read
        return read

    def _gather_inner(self, cells: Sequence[str]) -> dict[str, dict[str, str]]:
        """Gather dates and drugs by their quantities."""
        found: dict[str, dict[str, str]] = {}
        for place in self._inner:
            column, is_day = self._columns[place], self._columns[place].inner == "date"
            cell = self._words.translate(column.key, cells[place].strip(), is_day=is_day)
            if cell.lower() not in UNKNOWN:
                found.setdefault(column.key, {})[column.inner] = cell
        return found

    def _read(self, column: InputColumn, cell: str, inner: dict[str, str]) -> _Read:
        read = self._read_value(column, self._words.translate(column.key, cell), inner)
        if not column.called:
            return read
        thousands, wrong = (
            tuple(map(column.name_error, errors)) for errors in (read.thousands, read.wrong)
        )
        return replace(read, thousands=thousands, wrong=wrong)

    def _read_value(self, column: InputColumn, cell: str, inner: dict[str, str]) -> _Read:
        key = column.key
        if key == EMBOLISED and inner:
            return _read_dated(cell, inner)
        if cell.lower() in UNKNOWN:
            return _Read(None)
        if self._numbers.may_be_thousands(cell) and column.is_number:
            sign = "comma" if "," in cell else "point"
            wrong_sign = (
                f"{key}: the {sign} may be a thousands separator; write the number without it"
            )
            return _Read(None, (wrong_sign,), takes_inner=True)
        if column.is_number and (fault := self._numbers.describe_fault(cell)):
            return _Read(None, (f"{key}: {fault}",), takes_inner=True)
        entry: object
        if column.is_number:
            entry = {"value": self._numbers.read(cell), "unit": column.unit, **inner}
        else:
            entry = parse_cell(key, cell)
        stated, wrong = find_entries({key: entry})
        value = stated.values.get(key)
        unsure = not self._numbers.point and THOUSANDS.fullmatch(cell) is not None
        if unsure and _list_plausible(key, value) == [True, True]:
            return _Read(None, (f"{key}: {TWO_READINGS}",), takes_inner=True)
        return _Read(value, (), wrong, takes_inner=column.is_number)


TWO_READINGS = (
    "the point may be a decimal point or separate thousands; write the number with four decimals, "
    "or without the point"
)
CELL_UNKNOWN = "screen.cell_unknown"
TREATED_AS = "; treated as unknown"


def _find_unknown(fault: str) -> Finding:
    return Finding("screen.cell_unknown", Severity.WARNING, f"{fault}{TREATED_AS}")


@dataclass(frozen=True, slots=True)
class _Read:
    """The value of a cell and its errors; `takes_inner`: whether a date or drug belongs to it."""

    value: StatedValue | None
    thousands: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    takes_inner: bool = False


def _read_dated(cell: str, inner: dict[str, str]) -> _Read:
    """Read an embolisation whose date is in a separate column; the date is sufficient."""
    entry = True if cell.lower() in UNKNOWN else parse_cell(EMBOLISED, cell)
    if entry is False:
        return _Read(
            None, (), (f"{EMBOLISED}: the answer is 'no', but a date is given",), takes_inner=True
        )
    given = entry if isinstance(entry, dict) else {} if entry is True else {"kind": cell}
    if "date" in given:
        return _Read(None, (), (f"{EMBOLISED}: has two dates; give only one",), takes_inner=True)
    stated, wrong = find_entries({EMBOLISED: {**given, **inner}})
    return _Read(stated.values.get(EMBOLISED), (), wrong, takes_inner=True)


def parse_cell(key: str, cell: str) -> object:
    """Parse a cell of a fact without a unit; return the text if it is not a valid value.

    Examples
    --------
    >>> parse_cell("ecog", "1"), parse_cell("cirrhosis", "No"), parse_cell("cirrhosis", "0")
    (Decimal('1'), False, '0')
    >>> parse_cell("extrahepatic_sites", "lung brain")
    ['lung', 'brain']
    >>> parse_cell("prior_pve_hve", "PVE 2026-04-20"), parse_cell("prior_pve_hve", "no")
    ({'kind': 'PVE', 'date': '2026-04-20'}, False)
    """
    if key in TREATED_BEFORE and cell.lower() not in YES_NO:
        return _parse_embolisation(cell)
    kind = FACTS[key].kind if key in FACTS else None
    if kind is FactKind.YES_NO:
        return YES_NO.get(cell.lower(), cell)
    if kind in (FactKind.CODES, FactKind.TRIALS):
        return [code for code in re.split(r"[\s|,;]+", cell) if code]
    if kind is FactKind.WHOLE and re.fullmatch(r"-?\d{1,9}(\.0)?", cell, re.ASCII):
        return Decimal(cell)
    return cell


def _parse_embolisation(cell: str) -> object:
    """Parse kind, date, or both of an embolisation; return the text if it is neither."""
    words = cell.split()
    days = [word for word in words if ISO_DAY.fullmatch(word)]
    kinds = [_KINDS[word.lower()] for word in words if word.lower() in _KINDS]
    if not words or len(days) > 1 or len(kinds) > 1 or len(days) + len(kinds) < len(words):
        return cell
    return {key: given[0] for key, given in (("kind", kinds), ("date", days)) if given}
