"""Rows, entries and cells of a list of patients, and their errors.

Lists may contain names and numbers of patients anywhere, so no text of a list is quoted: an error
is identified by the key of its entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import get_args, overload

from fl_planner.basis.constants import DIAGNOSES, Diagnosis
from fl_planner.basis.findings import Finding
from fl_planner.basis.plain_text import MOST_LINES, find_nearest, join_first, list_first
from fl_planner.planning.given.chart import FactSource
from fl_planner.trials.facts.facts import FACTS, FactKind
from fl_planner.trials.facts.quantities import (
    DAYS,
    INPUT_NAMES,
    QUANTITIES,
    UPPER_LIMITS,
    WHICH_LIVER,
    names_no_liver,
)
from fl_planner.trials.statements import (
    ALL_KEYS,
    EMBOLISATION_KINDS,
    EMBOLISED,
    RADIOEMBOLISED,
    TREATED_BEFORE,
    Stated,
    StatedValue,
    parse_stated,
)

CODE = "screen.unreadable"
SOURCE = "INPUT"  # the name of a list may be that of a patient
ROW_REMEDY = f"correct the row; {ALL_KEYS}"
ID_KEYS = ("id", "record_id")
DIAGNOSIS = "diagnosis"  # from which facts follow, as in a case file
OTHER_KEYS = (*ID_KEYS, DIAGNOSIS)  # that are no facts
WRONG_DIAGNOSIS = f"{DIAGNOSIS}: give {', '.join(DIAGNOSES)}, or omit it"
TWIN_REMEDY = "give each patient one row, with the newest values"
MOST_TWINS = 20  # rows of one id in a message


@dataclass(frozen=True, slots=True)
class Listed:
    """One patient of a list.

    - `row`: number of the row as in a spreadsheet, of the line, or of the patient in a folder.
    - `id`: the user's pseudonym.
    - `stated`: facts of the patient; empty if `case` contains them.
    - `case`: a case file, which is judged with its masks.
    - `findings`: findings in reading.
    - `sources`: resources of an electronic record from which the facts were read.
    - `file`: base name of the patient's own file, only for authorised output.
    """

    row: int
    id: str | None = None
    stated: Stated = field(default_factory=Stated)
    case: Path | None = None
    findings: tuple[Finding, ...] = ()
    file: str | None = None
    sources: tuple[FactSource, ...] = ()


@dataclass(frozen=True, slots=True)
class NotRead:
    """One patient of a list whose row is invalid.

    `reason` does not quote the patient's file; `full` may, and is only for authorised output.
    """

    row: int
    id: str | None
    code: str
    reason: str
    remedy: str = ROW_REMEDY
    file: str | None = None
    full: str | None = None


Row = Listed | NotRead


class Rows(Sequence[Row]):
    """The rows of a list, read again in each iteration.

    Every row with the id of another row is refused, because the valid one is unknown.
    """

    def __init__(self, read: Iterable[Row], ids: Iterable[tuple[int, str | None]]) -> None:
        self._read = read
        self._count = 0
        first: dict[str, int] = {}
        several: dict[str, list[int]] = {}
        for number, id_ in ids:
            self._count += 1
            if id_ is not None and first.setdefault(id_, number) != number:
                several.setdefault(id_, [first[id_]]).append(number)
        listed = {id_: list_first([*map(str, same)], MOST_TWINS) for id_, same in several.items()}
        self._twins = {number: listed[id_] for id_, same in several.items() for number in same}

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._count

    def __iter__(self) -> Iterator[Row]:
        """Read each row."""
        for row in self._read:
            same = self._twins.get(row.row)
            if same is None:
                yield row
                continue
            reason = f"rows {same} have the same id"
            yield NotRead(row.row, row.id, "screen.id_twice", reason, TWIN_REMEDY, row.file)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, place: int | slice) -> Row | tuple[Row, ...]:
        """Return one row or several; reads all rows."""
        return tuple(self)[place]


def as_row(number: int, id_: str | None, stated: Stated, errors: tuple[str, ...]) -> Row:
    """Return the row of a patient; of a row with errors, only the errors are kept."""
    if errors:
        return NotRead(number, id_, CODE, join_first(errors))
    return Listed(number, id_, stated)


MOST_READ = 1 << 13  # cached entries; many patients share the same
_PLAIN = {
    FactKind.WHOLE: "a whole number",
    FactKind.YES_NO: "true or false",
    FactKind.TRIALS: "a list of trial ids",
}


def find_entries(
    table: Mapping[str, object], twice: Iterable[str] = ()
) -> tuple[Stated, tuple[str, ...]]:
    """Read a table of input keys; return the valid entries, and every error.

    `twice` are duplicate keys.

    Examples
    --------
    >>> find_entries({"ecog": "Smith", "platelet": 1})[1]
    ('ecog: give a whole number', 'entry 2: unknown key; did you mean platelets?')
    """
    values: dict[str, StatedValue] = {}
    errors = [f"{key if key in INPUT_NAMES else 'a key'}: given twice" for key in twice]
    diagnosis: Diagnosis | None = None
    for place, (key, entry) in enumerate(table.items(), start=1):
        if key == DIAGNOSIS:
            diagnosis = _read_diagnosis(entry)
            errors += [WRONG_DIAGNOSIS] if diagnosis is None and entry is not None else []
            continue
        if key not in INPUT_NAMES:
            where = f"entry {place}"
            shown = len(errors) < MOST_LINES
            errors.append(describe_unknown_key(key, where) if shown else f"{where}: unknown key")
            continue
        value = _read(key, entry)
        if value is _WRONG:
            errors.append(f"{key}: give {describe_type(key)}")
        elif value is not None:
            values[key] = value
    return _diagnosed(diagnosis, Stated(values)), tuple(errors)


def _read_diagnosis(entry: object) -> Diagnosis | None:
    """Read a diagnosis by the words of a case file; None for any other entry."""
    word = entry.casefold() if isinstance(entry, str) else entry
    return next((known for known in get_args(Diagnosis) if known == word), None)


def _diagnosed(diagnosis: Diagnosis | None, stated: Stated) -> Stated:
    if diagnosis is None:
        return stated
    from fl_planner.planning.facts import state_diagnosis  # not for lists without this column

    return state_diagnosis(diagnosis, stated)


def _read(key: str, entry: object) -> StatedValue | None:
    """Read one entry, from a cache if possible; None for an empty entry."""
    if isinstance(entry, dict):
        inner = tuple((name, type(one), one) for name, one in entry.items())
        form: tuple[object, ...] = (key, *inner)
    else:
        form = (key, type(entry), tuple(entry) if isinstance(entry, list) else entry)
    try:
        if form in _READ:
            return _READ[form]
    except TypeError:  # tables in lists, and the like
        return _read_again(key, entry)
    if len(_READ) >= MOST_READ:
        _READ.clear()
    value = _READ[form] = _read_again(key, entry)
    return value


def _read_again(key: str, entry: object) -> StatedValue | None:
    read, wrong = parse_stated({key: entry})
    return _WRONG if wrong else read.values.get(key)


_WRONG: StatedValue = ("an invalid entry",)
_READ: dict[tuple[object, ...], StatedValue | None] = {}


def describe_unknown_key(key: str, where: str) -> str:
    """Describe an unknown key by its position and the nearest known key, without quoting it."""
    if names_no_liver(key):
        return f"{where}: {WHICH_LIVER}"
    near = find_nearest(key, sorted(INPUT_NAMES))
    return f"{where}: unknown key" + (f"; did you mean {near[0]}?" if near else "")


def describe_type(key: str) -> str:
    """Describe the values of a key.

    Examples
    --------
    >>> describe_type("haemoglobin"), describe_type("sex")
    ('a number and its unit: g/dL, g/L, mmol/L', 'female or male')
    """
    quantity = QUANTITIES.get(key) or UPPER_LIMITS.get(key)
    if quantity is not None:
        return f"a number and its unit: {', '.join(quantity.units)}"
    if key in DAYS:
        return "a date YYYY-MM-DD"
    if key == RADIOEMBOLISED:
        return "true, false, or its date"
    if key == EMBOLISED:
        return f"true, false, or its kind ({', '.join(EMBOLISATION_KINDS)}), its date or both"
    fact = FACTS[key]
    if not fact.codes:
        return _PLAIN[fact.kind]
    listed = ", ".join(fact.codes[:-1]) + f" or {fact.codes[-1]}"
    return f"a list of {listed}" if fact.kind is FactKind.CODES else listed


UNKNOWN = ("", "unknown")  # empty cells
YES_NO = {"yes": True, "true": True, "no": False, "false": False}
MOST_KNOWN = 1 << 8  # cached cells of a column
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_KINDS = {kind.lower(): kind for kind in EMBOLISATION_KINDS}
_THOUSANDS = re.compile(
    r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII
)  # 1.234 in a table with decimal commas


@dataclass(frozen=True, slots=True)
class InputColumn:
    """A column: an input key, with the unit of a quantity, or its date or drug."""

    key: str
    unit: str | None = None
    inner: str = "value"

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers with a unit."""
        return self.unit is not None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Number format of a table.

    - `comma`: whether it has decimal commas; `sure`: whether one is unambiguous.
    - `semicolons`: whether cells are not separated by commas.
    """

    comma: bool
    semicolons: bool
    sure: bool = False

    def read(self, cell: str) -> Decimal | None:
        """Parse a number exactly; None for any other text."""
        wrong_sign = "." in cell if self.comma else "," in cell
        if not _NUMBER.fullmatch(cell) or wrong_sign:
            return None
        try:
            return Decimal(cell.replace(",", "."))
        except InvalidOperation:  # an exponent out of range
            return None

    def may_be_thousands(self, cell: str) -> bool:
        """Whether a separator may be one of thousands: 1.234 with semicolons, or a single 1,234."""
        if _THOUSANDS.fullmatch(cell) is None:
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
    return max((_THOUSANDS.fullmatch(cell) is None for cell in numbers), default=None)


class Cells:
    """Reader of the cells of rows, with a cache of equal cells."""

    def __init__(self, columns: Sequence[InputColumn], numbers: Numbers) -> None:
        self._numbers = numbers
        self._columns = columns
        self._ids = [place for place, one in enumerate(columns) if one.key in ID_KEYS]
        self._inner = [place for place, one in enumerate(columns) if one.inner != "value"]
        self._diagnosis = [place for place, one in enumerate(columns) if one.key == DIAGNOSIS]
        others = {*self._ids, *self._inner, *self._diagnosis}
        self._values: list[tuple[int, InputColumn, dict[str, _Read]]] = [
            (place, one, {}) for place, one in enumerate(columns) if place not in others
        ]

    def read(self, number: int, cells: Sequence[str]) -> Row:
        """Read a row: facts of a patient, or all errors of the row."""
        inner = self._gather_inner(cells)
        values: dict[str, StatedValue] = {}
        thousands: list[str] = []
        wrong: list[str] = []
        id_ = next((cells[place].strip() or None for place in self._ids), None)
        diagnosis: Diagnosis | None = None
        for cell in (cells[place].strip() for place in self._diagnosis):
            diagnosis = _read_diagnosis(cell)
            unknown = diagnosis is None and cell.lower() not in UNKNOWN
            wrong += [WRONG_DIAGNOSIS] if unknown else []
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
        columns = (self._columns[place] for place in self._inner)
        lost = [one for one in columns if one.inner in inner.get(one.key, ())]
        without_value = (f"{one.key}: a {one.inner} without a value" for one in lost)
        stated = _diagnosed(diagnosis, Stated(values))
        return as_row(number, id_, stated, (*thousands, *without_value, *wrong))

    def _gather_inner(self, cells: Sequence[str]) -> dict[str, dict[str, str]]:
        """Gather dates and drugs by their quantities."""
        found: dict[str, dict[str, str]] = {}
        for place in self._inner:
            column, cell = self._columns[place], cells[place].strip()
            if cell.lower() not in UNKNOWN:
                found.setdefault(column.key, {})[column.inner] = cell
        return found

    def _read(self, column: InputColumn, cell: str, inner: dict[str, str]) -> _Read:
        key = column.key
        if key == EMBOLISED and inner:
            return _read_dated(cell, inner)
        if cell.lower() in UNKNOWN:
            return _Read(None)
        if self._numbers.may_be_thousands(cell) and column.is_number:
            sign = "comma" if "," in cell else "point"
            wrong_sign = f"{key}: the {sign} may separate thousands; write the number without it"
            return _Read(None, (wrong_sign,))
        entry = parse_cell(key, cell)
        if column.is_number:
            entry = {"value": self._numbers.read(cell), "unit": column.unit, **inner}
        stated, wrong = find_entries({key: entry})
        return _Read(stated.values.get(key), (), wrong, laid=column.is_number)


@dataclass(frozen=True, slots=True)
class _Read:
    """The value of a cell, and its errors; `laid`: whether a date or drug belongs to it."""

    value: StatedValue | None
    thousands: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    laid: bool = False


def _read_dated(cell: str, inner: dict[str, str]) -> _Read:
    """Read an embolisation whose date is in a separate column; the date is sufficient."""
    entry = True if cell.lower() in UNKNOWN else parse_cell(EMBOLISED, cell)
    if entry is False:
        return _Read(None, (), (f"{EMBOLISED}: is no, but has a date",), laid=True)
    given = entry if isinstance(entry, dict) else {} if entry is True else {"kind": cell}
    if "date" in given:
        return _Read(None, (), (f"{EMBOLISED}: has two dates; give one",), laid=True)
    stated, wrong = find_entries({EMBOLISED: {**given, **inner}})
    return _Read(stated.values.get(EMBOLISED), (), wrong, laid=True)


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
    if kind is FactKind.WHOLE and re.fullmatch(r"\d{1,9}", cell, re.ASCII):
        return Decimal(cell)
    return cell


def _parse_embolisation(cell: str) -> object:
    """Parse kind, date, or both of an embolisation; return the text if it is neither."""
    words = cell.split()
    days = [word for word in words if _DAY.fullmatch(word)]
    kinds = [_KINDS[word.lower()] for word in words if word.lower() in _KINDS]
    if not words or len(days) > 1 or len(kinds) > 1 or len(days) + len(kinds) < len(words):
        return cell
    return {key: given[0] for key, given in (("kind", kinds), ("date", days)) if given}
