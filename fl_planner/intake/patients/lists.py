"""A list of patients, gone through without holding it whole, whatever its form.

Names of files and texts in them may be a patient's name, so none is repeated: a patient is told
by the pseudonym that the list gives (`id`), and by the row.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import BufferedReader, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.exact_text import BeyondBoundsError, Pairs, parse_exact_json
from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import PlainBytes, no_text, read_text
from fl_planner.formats.stored.limits import Limits
from fl_planner.formats.stored.source import note_input
from fl_planner.intake.patients.rows import (
    CODE,
    ID_KEYS,
    SOURCE,
    Listed,
    NotRead,
    Row,
    Rows,
    as_row,
    find_entries,
)
from fl_planner.planning.given.case import InputFile
from fl_planner.trials.facts.quantities import INPUT_NAMES
from fl_planner.trials.statements import ALL_KEYS

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from fl_planner.intake.patients.worksheet import HeldRows

WHAT = "a list of patients"
MOST_LIST_BYTES = 512 << 20  # some 200,000 patients with every fact have 400 MB [project's choice]
LONGEST_LINE = 1 << 20  # signs; no patient has as many
FIRST_LOOK = 1 << 12  # bytes


class _Raw(RawIOBase):
    """Bytes that were looked at on their way, as a stream."""

    def __init__(self, source: PlainBytes) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, target: WriteableBuffer) -> int:
        """Fill a buffer."""
        return self._source.fill(memoryview(target).cast("B"))


class ListText:
    """A list's text; each time it is read it must be what it was the first time.

    - `path`: a file of at most `MOST_BYTES`, UTF-8 with or without a byte-order mark.
    - `line_end`: as for `open`: "" ends lines as CSV does, a line feed by that alone.
    """

    def __init__(self, path: Path, line_end: str) -> None:
        self._path = path
        self._line_end = line_end
        self.sha256: str | None = None  # known when all of it was read once

    def __iter__(self) -> Iterator[str]:
        """Give line after line with its end.

        Raises `InputRefused`: `screen.unreadable`, or as any other file if it cannot be opened; no
        name is told.
        """
        try:
            with PlainBytes(self._path, Limits(stored_bytes=MOST_LIST_BYTES)) as source:
                yield from self._lines(source)
                source.finish()
                self._require_same(source.sha256)
        except InputRefused as wrong:
            raise wrong.within(SOURCE) from None

    def _lines(self, source: PlainBytes) -> Iterator[str]:
        if source.packed:
            raise source.refuse(CODE, f"is gzipped, which {WHAT} is not", f"give {WHAT}")
        first = source.peek(FIRST_LOOK)
        raw = BufferedReader(_Raw(source), 1 << 18)
        text = TextIOWrapper(raw, "utf-8-sig", newline=self._line_end)
        try:
            while line := text.readline(LONGEST_LINE):
                if "\0" in line:  # an image of zeros is right UTF-8 too
                    raise no_text(source, CODE, WHAT, first)
                if len(line) == LONGEST_LINE:
                    reason = f"has a line of more than {LONGEST_LINE} signs"
                    raise source.refuse(CODE, reason, "export it again, one patient a row")
                yield line
        except UnicodeDecodeError as error:
            raise no_text(source, CODE, WHAT, first) from error

    def _require_same(self, digest: str) -> None:
        if self.sha256 not in (None, digest):
            reason = "was changed while it was read"
            raise InputRefused(CODE, SOURCE, reason, "wait until it is written, and try again")
        self.sha256 = digest


# topics of refusals whose reasons are about bytes and places, and hold no word of a file
OF_FILES = frozenset({"file", "gzip", "limit", "dims", "geometry", "grid", "mask", "volume"})
UNSAID = "the case file, or a file that it names, is refused"


def find_id(text: str) -> str | None:
    """Find the id that a case file gives, also where the rest of it cannot be used.

    Examples
    --------
    >>> find_id('id = "case-001"'), find_id("id = 7"), find_id("id =")
    ('case-001', None, None)
    """
    said = _parse(text).get("id")
    return said if isinstance(said, str) and said.strip() else None


def say_refused(path: Path, wrong: InputRefused) -> str:
    """Say why a case is refused: its files by their roles, and no word of them.

    A file's name may be a patient's, and what a case file or a header says may be too.
    """
    if wrong.code.partition(".")[0] not in OF_FILES:
        return UNSAID
    roles = dict(_roles(_parse(read_text(path, "case.unreadable", "a case file")[0])))
    roles[path.name] = "the case file"
    if wrong.source not in roles:
        return UNSAID
    said = f"{wrong.source}: {wrong.reason}"
    for name in sorted(roles, key=len, reverse=True):
        said = said.replace(name, roles[name])
    return said


def _parse(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except (ValueError, ArithmeticError, RecursionError):
        return {}


def _roles(table: object, role: str = "") -> Iterator[tuple[str, str]]:
    """Give each path that a case file may name, its parts, and the role that they have."""
    if isinstance(table, str) and role:
        *folders, name = Path(table).parts or ("",)
        yield from ((folder, "folder") for folder in folders if folder.strip("./\\"))
        yield from ((one, role) for one in (table, name) if one)
    elif isinstance(table, list):
        for one in table:
            yield from _roles(one, role)
    elif isinstance(table, Mapping):
        for key, inner in table.items():
            if key not in ("facts", "id", "label"):
                yield from _roles(inner, role if key in ("file", "scheme") and role else str(key))


MOST_BYTES = 64 << 20  # a bundle of a thousand patients has some 30 MB [project's choice]
LINES, TABLE, JSON, CASE = (".jsonl", ".ndjson"), ".csv", ".json", ".toml"
WORKBOOK, OTHER_WORKBOOKS = ".xlsx", (".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
NO_LIST = "this is not a list of patients, and no patient's facts: it has none of their keys"
NO_LIST_REMEDY = f"keep results and other files elsewhere; {ALL_KEYS}"
KNOWN_KEYS = {*INPUT_NAMES, *ID_KEYS}
CASE_NAME = "case.toml"  # of a case in a folder of its own
KINDS = (*LINES, TABLE, WORKBOOK, JSON, CASE)


@dataclass(frozen=True, slots=True)
class PatientList:
    """The patients of a list in its order, and the files that it was read from."""

    rows: Rows
    inputs: tuple[InputFile, ...]


def read_patients(listed: Path | HeldRows, *, as_of: date | None = None) -> PatientList:
    """Read a list of patients.

    - `listed`: a table (`.csv`, `.xlsx`), JSON lines (`.jsonl`, `.ndjson`), a FHIR Bundle or a file
      of facts (`.json`), a case file (`.toml`), or a folder of such files and of folders that hold
      a `case.toml` each; or rows that a program holds.
    - `as_of`: the assessment date, from which a birth date of a Bundle is counted.

    Raises `InputRefused`: `screen.unreadable`, `screen.header`, `screen.no_patient`; as any other
    file if it cannot be opened. A row that cannot be read by itself is listed among the rows.
    """
    if not isinstance(listed, Path):
        found = _read_held(listed)
    elif listed.is_dir():
        found = _read_folder(listed, as_of)
    elif listed.suffix.lower() in (TABLE, *LINES):
        found = _read_list(listed)
    else:
        rows, file = _read_file(listed, 1, as_of)
        found = PatientList(_as_rows(rows), (file,))
    if not found.rows:
        reason, remedy = "holds no patient", f"give a list, or a folder of {', '.join(KINDS)}"
        raise InputRefused("screen.no_patient", SOURCE, reason, remedy)
    return found


def _as_rows(rows: Sequence[Row]) -> Rows:
    return Rows(rows, ((row.row, row.id) for row in rows))


def _read_held(rows: HeldRows) -> PatientList:
    """Read rows in memory, as a table of CSV."""
    from fl_planner.intake.patients.worksheet import Worksheet

    sheet = Worksheet(rows)
    file = InputFile("patients", rows.called, rows.called, rows.sha256)
    return PatientList(Rows(sheet, sheet.ids()), (file,))


def _read_list(path: Path) -> PatientList:
    """Read a table or JSON lines of any length, row after row."""
    kind = path.suffix.lower()
    text = ListText(path, "" if kind == TABLE else "\n")
    if kind == TABLE:
        from fl_planner.intake.patients.worksheet import CsvRows, Worksheet

        sheet = Worksheet(CsvRows(text))
        rows = Rows(sheet, sheet.ids())
    else:
        rows = Rows(_JsonLines(text), _find_ids(text))
    file = InputFile("patients", path.name, kind.removeprefix("."), text.sha256 or "")
    return PatientList(rows, (file,))


def _read_folder(folder: Path, as_of: date | None) -> PatientList:
    """Read every file of a folder, in the order of their names; one that fails is one row.

    Rows are counted through all files: each patient of a list among them has a number of their own.
    """
    rows: list[Row] = []
    inputs: list[InputFile] = []
    for path in _list_folder(folder):
        number = len(rows) + 1
        name = path.name if path.parent == folder else path.parent.name
        try:
            read, file = _read_file(path, number, as_of)
        except InputRefused as wrong:
            rows.append(NotRead(number, None, wrong.code, wrong.reason, wrong.remedy, name))
            continue
        rows += [replace(one, row=at, file=name) for at, one in enumerate(read, start=number)]
        inputs.append(file)
    return PatientList(_as_rows(rows), tuple(inputs))


def _list_folder(folder: Path) -> list[Path]:
    """List a folder's own files, and the case file of each folder in it."""
    note_input(folder)
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        reason = f"the folder cannot be listed: {error.strerror}"
        raise InputRefused("file.unreadable", SOURCE, reason, "ask for access") from error
    paths = [one / CASE_NAME if one.is_dir() else one for one in found]
    return [one for one in paths if one.suffix.lower() in KINDS and one.is_file()]


def _read_file(path: Path, number: int, as_of: date | None) -> tuple[tuple[Row, ...], InputFile]:
    """Read one file; its name is in no refusal."""
    kind = path.suffix.lower()
    if kind in OTHER_WORKBOOKS:
        reason = f"is a workbook of a kind ({kind}) that is not read"
        raise InputRefused(CODE, SOURCE, reason, "save it as .xlsx, or as CSV UTF-8")
    if kind == WORKBOOK:
        return _read_workbook(path)
    try:
        text, digest = read_text(path, CODE, "a list of patients", MOST_BYTES)
    except InputRefused as wrong:
        raise wrong.within(SOURCE) from None
    file = InputFile("patients", path.name, kind.removeprefix("."), digest)
    if kind == CASE:
        return (Listed(number, find_id(text), case=path),), file
    if kind == TABLE:
        from fl_planner.intake.patients.worksheet import parse_worksheet

        return parse_worksheet(text), file
    if kind in LINES:
        return tuple(_JsonLines(text.split("\n"))), file
    return _parse_json(text, number, as_of), file


def _read_workbook(path: Path) -> tuple[tuple[Row, ...], InputFile]:
    from fl_planner.intake.patients.workbook import WorkbookRows
    from fl_planner.intake.patients.worksheet import Worksheet

    rows = WorkbookRows(path)
    file = InputFile("patients", path.name, WORKBOOK.removeprefix("."), rows.sha256)
    return tuple(Worksheet(rows)), file


class _JsonLines:
    """JSON lines: one flat object a line; an empty line is none."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[Row]:
        """Read line after line."""
        for number, line in enumerate(self._lines, start=1):
            if line.strip():
                yield _parse_object(line, number)


def _find_ids(lines: Iterable[str]) -> Iterator[tuple[int, str | None]]:
    """Find the id in each line, as `_parse_object` does; numbers are not looked at."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            table = json.loads(line, parse_int=len, parse_float=len)
        except (json.JSONDecodeError, RecursionError):
            table = None
        yield number, _find_id(table) if isinstance(table, dict) else None


def _find_id(table: Mapping[str, object]) -> str | None:
    said = [table.get(key) for key in ID_KEYS if table.get(key) is not None]
    return said[0] if len(said) == 1 and isinstance(said[0], str) and said[0] else None


def _parse_json(text: str, number: int, as_of: date | None) -> tuple[Row, ...]:
    try:
        found = parse_exact_json(text)
    except (json.JSONDecodeError, BeyondBoundsError):
        found = None
    if isinstance(found, Pairs) and found.get("resourceType") == "Bundle":
        from fl_planner.intake.patients.fhir_bundle import read_bundle

        if _says_twice(found):
            return (NotRead(number, None, CODE, "a key of the Bundle is given twice"),)
        return read_bundle(found, as_of)
    if isinstance(found, Pairs) and len(found) > 1 and not KNOWN_KEYS.intersection(found):
        return (NotRead(number, None, CODE, NO_LIST, NO_LIST_REMEDY),)  # once, not for each key
    return (_parse_object(text, number),)


def _says_twice(found: object) -> bool:
    """Tell whether an object anywhere in a Bundle has a key twice; nobody knows which holds."""
    if isinstance(found, Pairs):
        return bool(found.twice) or any(_says_twice(inner) for inner in found.values())
    return isinstance(found, list) and any(_says_twice(inner) for inner in found)


def _parse_object(text: str, number: int) -> Row:
    """Read a file of facts, which may bear an id."""
    try:
        table = parse_exact_json(text)
    except BeyondBoundsError as error:
        return NotRead(number, None, CODE, str(error))
    except json.JSONDecodeError:
        return NotRead(number, None, CODE, "is no JSON")
    if not isinstance(table, Pairs):
        return NotRead(number, None, CODE, "is not one flat JSON object")
    id_ = _find_id(table)
    said = any(table.get(key) is not None for key in ID_KEYS)
    facts = {key: entry for key, entry in table.items() if key not in ID_KEYS}
    inner = [key for key, entry in facts.items() if isinstance(entry, Pairs) and entry.twice]
    stated, errors = find_entries(facts, [*table.twice, *inner])
    if said and not id_:
        errors = ("id: give one text, in quotes", *errors)
    return as_row(number, id_, stated, errors)
