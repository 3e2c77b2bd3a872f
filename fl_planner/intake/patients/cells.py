"""The cells of a table of patients: what each says, by the column that it stands in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from fl_planner.intake.patients.entries import find_entries
from fl_planner.intake.patients.rows import ID_KEYS, Row, as_row
from fl_planner.trials.facts.facts import FACTS, FactKind
from fl_planner.trials.statements import EMBOLISATION_KINDS, EMBOLISED, Stated, StatedValue

UNKNOWN = ("", "unknown")  # a cell that says nothing
YES_NO = {"yes": True, "true": True, "no": False, "false": False}
MOST_KNOWN = 1 << 8  # cells of a column that are kept
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_KINDS = {kind.lower(): kind for kind in EMBOLISATION_KINDS}
_THOUSANDS = re.compile(
    r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII
)  # 1.234 with a decimal comma around


@dataclass(frozen=True, slots=True)
class InputColumn:
    """What a column holds: an input key, a quantity's unit, or its own date or drug."""

    key: str
    unit: str | None = None
    inner: str = "value"

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers with a unit."""
        return self.unit is not None


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the numbers of a table are written.

    - `comma`: with decimal commas; `sure`: one of them can be nothing else.
    - `semicolons`: a comma is not what parts cells.
    """

    comma: bool
    semicolons: bool
    sure: bool = False

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
        """Tell whether a sign may stand for thousands: 1.234 beside semicolons; a sole 1,234."""
        if _THOUSANDS.fullmatch(cell) is None:
            return False
        if "," in cell:
            return not self.sure
        return self.semicolons


def find_comma(cells: Sequence[str], columns: Sequence[InputColumn]) -> bool | None:
    """Find whether numbers of a row have a comma, and whether it can be a decimal one alone.

    Where one has, no point of the table is a decimal one.

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
    return max((_THOUSANDS.fullmatch(cell) is None for cell in numbers), default=None)


class Cells:
    """Reads the cells of rows; what one says is read once for all rows that have it."""

    def __init__(self, columns: Sequence[InputColumn], numbers: Numbers) -> None:
        self._numbers = numbers
        self._columns = columns
        self._ids = [place for place, one in enumerate(columns) if one.key in ID_KEYS]
        self._inner = [place for place, one in enumerate(columns) if one.inner != "value"]
        others = {*self._ids, *self._inner}
        self._values: list[tuple[int, InputColumn, dict[str, _Read]]] = [
            (place, one, {}) for place, one in enumerate(columns) if place not in others
        ]

    def read(self, number: int, cells: Sequence[str]) -> Row:
        """Read a row: what was said of a patient, or everything that is wrong with it."""
        inner = self._beside(cells)
        values: dict[str, StatedValue] = {}
        thousands: list[str] = []
        wrong: list[str] = []
        id_ = next((cells[place].strip() or None for place in self._ids), None)
        for place, column, known in self._values:
            key, cell = column.key, cells[place]
            read = None if key in inner else known.get(cell)
            if read is None:
                read = self._read(column, cell.strip(), inner.get(key, {}))
                if key not in inner and len(known) < MOST_KNOWN:
                    known[cell] = read
            if read.value is not None:
                values[key] = read.value
            thousands += read.thousands
            wrong += read.wrong
            if read.laid:
                inner.pop(key, None)
        beside = (self._columns[place] for place in self._inner)
        lost = [one for one in beside if one.inner in inner.get(one.key, ())]
        lost_told = (f"{one.key}: a {one.inner} without a value" for one in lost)
        return as_row(number, id_, Stated(values), (*thousands, *lost_told, *wrong))

    def _beside(self, cells: Sequence[str]) -> dict[str, dict[str, str]]:
        """Gather dates and drugs by the quantities that they stand beside."""
        found: dict[str, dict[str, str]] = {}
        for place in self._inner:
            column, cell = self._columns[place], cells[place].strip()
            if cell.lower() not in UNKNOWN:
                found.setdefault(column.key, {})[column.inner] = cell
        return found

    def _read(self, column: InputColumn, cell: str, beside: dict[str, str]) -> _Read:
        key = column.key
        if key == EMBOLISED and beside:
            return _read_dated(cell, beside)
        if cell.lower() in UNKNOWN:
            return _Read(None)
        if self._numbers.may_be_thousands(cell) and column.is_number:
            sign = "comma" if "," in cell else "point"
            told = f"{key}: its {sign} may stand for thousands; write it without"
            return _Read(None, (told,))
        entry = parse_cell(key, cell)
        if column.is_number:
            entry = {"value": self._numbers.read(cell), "unit": column.unit, **beside}
        stated, wrong = find_entries({key: entry})
        return _Read(stated.values.get(key), (), wrong, laid=column.is_number)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a cell says, and what is wrong with it; `laid`: a date or drug belongs to it."""

    value: StatedValue | None
    thousands: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    laid: bool = False


def _read_dated(cell: str, beside: dict[str, str]) -> _Read:
    """Read an embolisation whose date has a column of its own; the date may stand alone."""
    entry = True if cell.lower() in UNKNOWN else parse_cell(EMBOLISED, cell)
    if entry is False:
        return _Read(None, (), (f"{EMBOLISED}: a date of none",), laid=True)
    told = entry if isinstance(entry, dict) else {} if entry is True else {"kind": cell}
    if "date" in told:
        return _Read(None, (), (f"{EMBOLISED}: two dates; give one",), laid=True)
    stated, wrong = find_entries({EMBOLISED: {**told, **beside}})
    return _Read(stated.values.get(EMBOLISED), (), wrong, laid=True)


def parse_cell(key: str, cell: str) -> object:
    """Read a cell of a fact without a unit; gives the text where it is none of its values.

    Examples
    --------
    >>> parse_cell("ecog", "1"), parse_cell("cirrhosis", "No"), parse_cell("cirrhosis", "0")
    (Decimal('1'), False, '0')
    >>> parse_cell("extrahepatic_sites", "lung brain")
    ['lung', 'brain']
    >>> parse_cell("prior_pve_hve", "PVE 2026-04-20"), parse_cell("prior_pve_hve", "no")
    ({'kind': 'PVE', 'date': '2026-04-20'}, False)
    """
    if key == EMBOLISED and cell.lower() not in YES_NO:
        return _parse_embolisation(cell)
    kind = FACTS[key].kind if key in FACTS else None
    if kind is FactKind.YES_NO:
        return YES_NO.get(cell.lower(), cell)
    if kind in (FactKind.CODES, FactKind.TRIALS):
        return [code for code in re.split(r"[\s|,;]+", cell) if code]
    if kind is FactKind.WHOLE and re.fullmatch(r"\d{1,9}", cell, re.ASCII):
        return Decimal(cell)
    return cell


def _parse_embolisation(cell: str) -> object:
    """Read what was done, when, or both; gives the text where it is neither."""
    words = cell.split()
    days = [word for word in words if _DAY.fullmatch(word)]
    kinds = [_KINDS[word.lower()] for word in words if word.lower() in _KINDS]
    if not words or len(days) > 1 or len(kinds) > 1 or len(days) + len(kinds) < len(words):
        return cell
    told = (("kind", kinds), ("date", days))
    return {key: given[0] for key, given in told if given}
