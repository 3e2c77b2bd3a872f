"""Rows and entries of a list of patients, and their errors.

Lists may contain names and numbers of patients anywhere, so no text of a list is quoted: an error
is identified by the key of its entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args, overload

from fl_planner.basis.constants import DIAGNOSES, Diagnosis
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import (
    MOST_LINES,
    as_compared,
    find_nearest,
    join_first,
    list_alike,
    list_first,
)
from fl_planner.given.case import CaseTables
from fl_planner.given.table import columns_of
from fl_planner.planning.given.chart import FactSource
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import FactKind
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
    DRUG_KEY,
    EMBOLISATION_KINDS,
    EMBOLISED,
    RADIOEMBOLISED,
    Stated,
    StatedValue,
    parse_stated,
)

CODE = "screen.unreadable"
SOURCE = "list of patients"  # the name of a list may be that of a patient
ROW_REMEDY = f"correct the row, or map its words with --columns; {ALL_KEYS}"
ID_KEYS = ("id", "record_id")
DIAGNOSIS = "diagnosis"  # from which facts follow, as in a case file
OTHER_KEYS = (*ID_KEYS, DIAGNOSIS)  # that are no facts
WRONG_DIAGNOSIS = f"{DIAGNOSIS}: give {', '.join(DIAGNOSES)}, or omit it"
TWIN_REMEDY = "use one row for each patient, with the most recent values"
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
    `faults` are its individual errors, if there are several.
    """

    row: int
    id: str | None
    code: str
    reason: str
    remedy: str = ROW_REMEDY
    file: str | None = None
    full: str | None = None
    faults: tuple[str, ...] = ()


Row = Listed | NotRead


def doubt_alike(where: str) -> Finding:
    """Return the finding on ids of a list or log that may be those of one patient."""
    message = f"the ids of {where} differ only in upper and lower case, blanks or leading zeros"
    return Finding("screen.ids_alike", Severity.WARNING, message)


class Again:
    """Rows that are read by a function, again in each iteration."""

    def __init__(self, read: Callable[[], Iterator[Row]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[Row]:
        """Read each row."""
        return self._read()


class Rows(Sequence[Row]):
    """The rows of a list, read again in each iteration.

    Every row with the id of another row is refused, because the valid one is unknown. Rows whose
    ids may be one patient's, as in `list_alike`, have a finding.
    """

    def __init__(self, read: Iterable[Row], ids: Iterable[tuple[int, str | None]]) -> None:
        self._read = read
        self._count = 0
        first: dict[str, int] = {}
        several: dict[str, list[int]] = {}
        for number, id_ in ids:
            self._count += 1
            if id_ is None:
                continue
            key = as_compared(id_)
            if first.setdefault(key, number) != number:
                several.setdefault(key, [first[key]]).append(number)
        listed = {id_: list_first([*map(str, same)], MOST_TWINS) for id_, same in several.items()}
        self._twins = {number: listed[id_] for id_, same in several.items() for number in same}
        rows = [[first[id_] for id_ in alike] for alike in list_alike(first)]
        self._alike = {
            number: list_first([*map(str, same)], MOST_TWINS) for same in rows for number in same
        }

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._count

    def __iter__(self) -> Iterator[Row]:
        """Read each row."""
        for row in self._read:
            same, alike = self._twins.get(row.row), self._alike.get(row.row)
            if same is None and alike is not None and isinstance(row, Listed):
                yield replace(row, findings=(*row.findings, doubt_alike(f"rows {alike}")))
                continue
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
        return NotRead(number, id_, CODE, join_first(errors), faults=errors)
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
            diagnosis = read_diagnosis(entry)
            errors += [WRONG_DIAGNOSIS] if diagnosis is None and entry is not None else []
            continue
        if key not in INPUT_NAMES:
            where = f"entry {place}"
            shown = len(errors) < MOST_LINES
            errors.append(describe_unknown_key(key, where) if shown else f"{where}: unknown key")
            continue
        value = _read(key, entry)
        if value is _WRONG:
            errors.append(f"{key}: give {_describe_expected(key, entry)}")
        elif value is not None:
            values[key] = value
    return state_with_diagnosis(diagnosis, Stated(values)), tuple(errors)


def read_diagnosis(entry: object) -> Diagnosis | None:
    """Read a diagnosis in the words of a case file; None for any other entry."""
    word = entry.casefold() if isinstance(entry, str) else entry
    return next((known for known in get_args(Diagnosis) if known == word), None)


def state_with_diagnosis(diagnosis: Diagnosis | None, stated: Stated) -> Stated:
    """Add the facts that follow from a diagnosis."""
    if diagnosis is None:
        return stated
    from fl_planner.planning.facts import state_diagnosis  # not for lists without this column

    return state_diagnosis(diagnosis, stated)


def _describe_expected(key: str, entry: object) -> str:
    """Describe what an invalid entry lacks: its date, if it is valid without it."""
    if isinstance(entry, dict) and "date" in entry:
        undated = {inner: one for inner, one in entry.items() if inner != "date"}
        if _read(key, undated) is not _WRONG:
            return "a valid date, as YYYY-MM-DD"
    return describe_type(key)


def _read(key: str, entry: object) -> StatedValue | None:
    """Read one entry, from a cache if possible; None for an empty entry."""
    if isinstance(entry, dict):
        inner = tuple((name, type(one), one) for name, one in entry.items())
        form: tuple[object, ...] = (key, *inner)
    else:
        form = (key, type(entry), tuple(entry) if isinstance(entry, list) else entry)
    try:
        known = _READ.get(form, _ABSENT)  # once, as another thread may clear the cache
    except TypeError:  # tables in lists, and the like
        return _read_again(key, entry)
    if known is not _ABSENT:
        return known
    if len(_READ) >= MOST_READ:
        _READ.clear()
    value = _READ[form] = _read_again(key, entry)
    return value


def _read_again(key: str, entry: object) -> StatedValue | None:
    read, wrong = parse_stated({key: entry})
    return _WRONG if wrong else read.values.get(key)


_WRONG: StatedValue = ("an invalid entry",)
_ABSENT: StatedValue = ("not in the cache",)
_BEFORE_UNIT = re.compile(r"([^(\[]*[^(\[ _])[ _]*[(\[]")
_READ: dict[tuple[object, ...], StatedValue | None] = {}


def describe_unknown_key(key: str, where: str) -> str:
    """Describe an unknown key by its position and the nearest known key, without quoting it."""
    if names_no_liver(key):  # also of a column `flr`: a number in it would be a percentage
        return f"{where}: {WHICH_LIVER}"
    if key in {one.column for _, _, one in columns_of(CaseTables)}:
        return f"{where}: read only by fl-planner cohort"
    known = sorted({*INPUT_NAMES, *OTHER_KEYS})
    bare = _BEFORE_UNIT.match(key)  # `age (years)`: its unit hides that it is nearly `age`
    near = find_nearest(key, known) or (find_nearest(bare[1], known) if bare else [])
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
        drug = ", and the name of the drug" if key == DRUG_KEY else ""
        return f"a number and its unit: {', '.join(quantity.units)}{drug}"
    if key in DAYS:
        return "a date YYYY-MM-DD"
    if key == RADIOEMBOLISED:
        return "true, false, or the date of the treatment"
    if key == EMBOLISED:
        return f"true, false, or a kind ({', '.join(EMBOLISATION_KINDS)}), a date, or both"
    fact = FACTS[key]
    if not fact.codes:
        return _PLAIN[fact.kind]
    listed = ", ".join(fact.codes[:-1]) + f" or {fact.codes[-1]}"
    return f"a list of {listed}" if fact.kind is FactKind.CODES else listed
