"""Read a list of patients in any form, row by row.

File names and texts may contain a patient's name, so none is repeated: a patient is identified by
the pseudonym in the list (`id`), and by the row.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from io import BufferedReader, RawIOBase, TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.exact_text import BeyondBoundsError, Pairs, parse_exact_json
from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import PlainBytes, no_text, read_text
from fl_planner.formats.stored.limits import Limits
from fl_planner.formats.stored.source import note_input
from fl_planner.intake.patients.fhir.charts import Charts
from fl_planner.intake.patients.fhir.entries import (
    BUNDLE,
    TYPE,
    Records,
    has_duplicates,
    is_resource,
)
from fl_planner.intake.patients.rows import (
    CODE,
    ID_KEYS,
    OTHER_KEYS,
    SOURCE,
    Listed,
    NotRead,
    Row,
    Rows,
    as_row,
    find_entries,
)
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.chart import UnmappedCode
from fl_planner.trials.facts.quantities import INPUT_NAMES
from fl_planner.trials.statements import ALL_KEYS

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from fl_planner.intake.patients.worksheet import HeldRows

WHAT = "a list of patients"
MOST_LIST_BYTES = 512 << 20  # some 200,000 patients with every fact have 400 MB [project's choice]
LONGEST_LINE = 1 << 20  # characters, more than any patient has
LONGEST_RESOURCE = 1 << 24  # characters; a report may contain its document [project's choice]
FIRST_LOOK = 1 << 12  # bytes


class _Raw(RawIOBase):
    """The bytes of a source, as a stream."""

    def __init__(self, source: PlainBytes) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        """Return that the stream can be read."""
        return True

    def readinto(self, target: WriteableBuffer) -> int:
        """Fill a buffer."""
        return self._source.fill(memoryview(target).cast("B"))


class ListText:
    """The text of a list; each reading must give the same text as the first.

    - `path`: a file of at most `MOST_BYTES`, UTF-8 with or without a byte-order mark.
    - `line_end`: as for `open`: "" ends lines as CSV does, a line feed only by itself.
    - `longest`: most characters of a line.
    """

    def __init__(self, path: Path, line_end: str, longest: int | None = None) -> None:
        self._path = path
        self._line_end = line_end
        self._longest = longest or LONGEST_LINE
        self.sha256: str | None = None  # known after the first complete reading

    def __iter__(self) -> Iterator[str]:
        """Yield each line with its end.

        Raises `InputRefused`: `screen.unreadable`, or as any other file if it cannot be opened,
        without its name.
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
            raise source.refuse(CODE, f"{WHAT} must not be gzipped", "unpack the file")
        first = source.peek(FIRST_LOOK)
        raw = BufferedReader(_Raw(source), 1 << 18)
        text = TextIOWrapper(raw, "utf-8-sig", newline=self._line_end)
        try:
            while line := text.readline(self._longest):
                if "\0" in line:  # an image of zeros is also valid UTF-8
                    raise no_text(source, CODE, WHAT, first)
                if len(line) == self._longest:
                    reason = f"a line has more than {self._longest} characters"
                    raise source.refuse(CODE, reason, "export the list with one patient per row")
                yield line
        except UnicodeDecodeError as error:
            raise no_text(source, CODE, WHAT, first) from error

    def _require_same(self, digest: str) -> None:
        if self.sha256 not in (None, digest):
            reason = "the list changed during reading"
            raise InputRefused(CODE, SOURCE, reason, "try again when it is completely written")
        self.sha256 = digest


# topics of refusals whose reasons never quote a file's text
OF_FILES = frozenset({"file", "gzip", "limit", "dims", "geometry", "grid", "mask", "volume"})
UNSAID = "the case file, or a file that it names, is refused"


def find_id(text: str) -> str | None:
    """Return the id of a case file, even if the rest of the file is invalid.

    Examples
    --------
    >>> find_id('id = "case-001"'), find_id("id = 7"), find_id("id =")
    ('case-001', None, None)
    """
    id_ = _parse(text).get("id")
    return id_ if isinstance(id_, str) and id_.strip() else None


def describe_refused(path: Path, wrong: InputRefused) -> str:
    """Describe why a case is refused, with roles instead of file names.

    File names, and texts of case files and headers, may contain a patient's name.
    """
    if wrong.code.partition(".")[0] not in OF_FILES:
        return UNSAID
    roles = dict(_roles(_parse(read_text(path, "case.unreadable", "a case file")[0])))
    roles[path.name] = "the case file"
    if wrong.source not in roles:
        return UNSAID
    reason = f"{wrong.source}: {wrong.reason}"
    for name in sorted(roles, key=len, reverse=True):
        reason = reason.replace(name, roles[name])
    return reason


def _parse(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except (ValueError, ArithmeticError, RecursionError):
        return {}


def _roles(table: object, role: str = "") -> Iterator[tuple[str, str]]:
    """Yield each path in a case file and its parts, with their role."""
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
NO_LIST = "the file has no key of a list of patients or of a patient's facts"
NO_LIST_REMEDY = f"keep results and other files in another folder; {ALL_KEYS}"
KNOWN_KEYS = {*INPUT_NAMES, *OTHER_KEYS}
CASE_NAME = "case.toml"  # of a case in a separate folder
KINDS = (*LINES, TABLE, WORKBOOK, JSON, CASE)


@dataclass(frozen=True, slots=True)
class PatientList:
    """The patients of a list in its order, and its files.

    `unmapped`: codes of electronic records without a rule, complete when all rows were read.
    """

    rows: Rows
    inputs: tuple[InputFile, ...]
    unmapped: Mapping[UnmappedCode, int] = field(default_factory=dict)


def read_patients(
    listed: Path | HeldRows, *, as_of: date | None = None, fhir_map: Path | None = None
) -> PatientList:
    """Read a list of patients.

    - `listed`: a table (`.csv`, `.xlsx`), JSON lines (`.jsonl`, `.ndjson`), a FHIR Bundle or a file
      of facts (`.json`), a bulk export of FHIR (`.ndjson`), a case file (`.toml`), a folder of such
      files and of folders with a `case.toml` each; or rows in memory.
    - `as_of`: the assessment date, for ages and intervals in electronic records.
    - `fhir_map`: a mapping of FHIR codes to facts; None for the default.

    Raises `InputRefused`: `screen.unreadable`, `screen.header`, `screen.no_patient`,
    `fhir.map_unreadable`; as any other file if it cannot be opened. A single invalid row is listed
    among the rows.
    """
    records = Records(as_of, fhir_map)
    if not isinstance(listed, Path):
        found = _read_held(listed)
    elif listed.is_dir():
        found = _read_folder(listed, records)
    elif listed.suffix.lower() in (TABLE, *LINES):
        found = _read_list(listed, records)
    else:
        rows, file = _read_file(listed, 1, records)
        found = PatientList(_as_rows(rows), (file,))
    found = replace(found, inputs=(*found.inputs, *records.inputs), unmapped=records.unmapped)
    if not found.rows:
        reason = "there is no patient in the input"
        remedy = f"give a list, or a folder of {', '.join(KINDS)}"
        raise InputRefused("screen.no_patient", SOURCE, reason, remedy)
    return found


def _as_rows(rows: Sequence[Row]) -> Rows:
    return Rows(rows, ((row.row, row.id) for row in rows))


def _read_held(rows: HeldRows) -> PatientList:
    """Read rows in memory as a table."""
    from fl_planner.intake.patients.worksheet import Worksheet

    sheet = Worksheet(rows)
    file = InputFile("patients", rows.called, rows.called, rows.sha256)
    return PatientList(Rows(sheet, sheet.ids()), (file,))


def _read_list(path: Path, records: Records) -> PatientList:
    """Read a table or lines of any length, row by row."""
    kind = path.suffix.lower()
    if kind != TABLE and has_resources(path):
        charts, files = _read_export([path], records)
        return PatientList(Rows(charts, charts.ids()), files)
    text = ListText(path, "" if kind == TABLE else "\n")
    if kind == TABLE:
        from fl_planner.intake.patients.worksheet import CsvRows, Worksheet

        sheet = Worksheet(CsvRows(text))
        rows = Rows(sheet, sheet.ids())
    else:
        rows = Rows(_JsonLines(text), _find_ids(text))
    return PatientList(rows, (_name_file(path, text.sha256),))


def _name_file(path: Path, digest: str | None) -> InputFile:
    kind = path.suffix.lower().removeprefix(".")
    return InputFile("patients", path.name, kind, digest or "")


def has_resources(path: Path) -> bool:
    """Whether the first line of a file is a resource of FHIR."""
    lines = iter(ListText(path, "\n", LONGEST_RESOURCE))
    return is_resource(next((line for line in lines if line.strip()), ""))


def _read_export(
    paths: Sequence[Path], records: Records, first: int = 1
) -> tuple[Charts, tuple[InputFile, ...]]:
    """Read the files of one bulk export together: a patient's resources are in several."""
    texts = [ListText(path, "\n", LONGEST_RESOURCE) for path in paths]
    charts = records.read_lines(chain.from_iterable(texts), first)
    hashes = (text.sha256 for text in texts)
    return charts, tuple(_name_file(*one) for one in zip(paths, hashes, strict=True))


def _read_folder(folder: Path, records: Records) -> PatientList:
    """Read every file of a folder in the order of names; an invalid file is one row.

    Rows are numbered through all files; those of a bulk export are last.
    """
    rows: list[Row] = []
    inputs: list[InputFile] = []
    export: list[Path] = []
    for path in _list_folder(folder):
        number = len(rows) + 1
        name = path.name if path.parent == folder else path.parent.name
        try:
            if path.suffix.lower() in LINES and has_resources(path):
                export.append(path)
                continue
            read, file = _read_file(path, number, records)
        except InputRefused as wrong:
            rows.append(NotRead(number, None, wrong.code, wrong.reason, wrong.remedy, name))
            continue
        rows += [replace(one, row=at, file=name) for at, one in enumerate(read, start=number)]
        inputs.append(file)
    if not export:
        return PatientList(_as_rows(rows), tuple(inputs))
    charts, files = _read_export(export, records, len(rows) + 1)
    ids = chain(((row.row, row.id) for row in rows), charts.ids())
    return PatientList(Rows(_Joined(rows, charts), ids), (*inputs, *files))


class _Joined:
    """Rows of several inputs, read again in each iteration."""

    def __init__(self, *parts: Iterable[Row]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[Row]:
        """Read each part."""
        return chain.from_iterable(self._parts)


def _list_folder(folder: Path) -> list[Path]:
    """List the files of a folder, and the case file of each folder in it."""
    note_input(folder)
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        reason = f"the folder cannot be listed: {error.strerror}"
        raise InputRefused("file.unreadable", SOURCE, reason, "check the access rights") from error
    paths = [one / CASE_NAME if one.is_dir() else one for one in found]
    return [one for one in paths if one.suffix.lower() in KINDS and one.is_file()]


def _read_file(path: Path, number: int, records: Records) -> tuple[tuple[Row, ...], InputFile]:
    """Read one file; refusals do not include its name."""
    kind = path.suffix.lower()
    if kind in OTHER_WORKBOOKS:
        reason = f"workbooks of the type {kind} are not supported"
        raise InputRefused(CODE, SOURCE, reason, "save the list as .xlsx or as CSV UTF-8")
    if kind == WORKBOOK:
        return _read_workbook(path)
    try:
        text, digest = read_text(path, CODE, "a list of patients", MOST_BYTES)
    except InputRefused as wrong:
        raise wrong.within(SOURCE) from None
    file = _name_file(path, digest)
    if kind == CASE:
        return (Listed(number, find_id(text), case=path),), file
    if kind == TABLE:
        from fl_planner.intake.patients.worksheet import parse_worksheet

        return parse_worksheet(text), file
    if kind in LINES:
        return tuple(_JsonLines(text.split("\n"))), file
    return _parse_json(text, number, records), file


def _read_workbook(path: Path) -> tuple[tuple[Row, ...], InputFile]:
    from fl_planner.intake.patients.workbook import WorkbookRows
    from fl_planner.intake.patients.worksheet import Worksheet

    rows = WorkbookRows(path)
    file = InputFile("patients", path.name, WORKBOOK.removeprefix("."), rows.sha256)
    return tuple(Worksheet(rows)), file


class _JsonLines:
    """JSON lines: one flat object per line; empty lines are ignored."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[Row]:
        """Read each line."""
        for number, line in enumerate(self._lines, start=1):
            if line.strip():
                yield _parse_object(line, number)


def _find_ids(lines: Iterable[str]) -> Iterator[tuple[int, str | None]]:
    """Find the id in each line, as `_parse_object` does, without reading numbers."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            table = json.loads(line, parse_int=len, parse_float=len)
        except (json.JSONDecodeError, RecursionError):
            table = None
        yield number, _find_id(table) if isinstance(table, dict) else None


def _find_id(table: Mapping[str, object]) -> str | None:
    ids = [table.get(key) for key in ID_KEYS if table.get(key) is not None]
    return ids[0] if len(ids) == 1 and isinstance(ids[0], str) and ids[0] else None


def _parse_json(text: str, number: int, records: Records) -> tuple[Row, ...]:
    try:
        found = parse_exact_json(text)
    except (json.JSONDecodeError, BeyondBoundsError):
        found = None
    if isinstance(found, Pairs) and found.get(TYPE) == BUNDLE:
        if has_duplicates(found):
            return (NotRead(number, None, CODE, "a key of the Bundle is given twice"),)
        return tuple(records.read_bundle(found, number))
    if isinstance(found, Pairs) and len(found) > 1 and not KNOWN_KEYS.intersection(found):
        return (NotRead(number, None, CODE, NO_LIST, NO_LIST_REMEDY),)  # once, not for each key
    return (_parse_object(text, number),)


def _parse_object(text: str, number: int) -> Row:
    """Parse a file of facts, which may contain an id."""
    try:
        table = parse_exact_json(text)
    except BeyondBoundsError as error:
        return NotRead(number, None, CODE, str(error))
    except json.JSONDecodeError:
        return NotRead(number, None, CODE, "not valid JSON")
    if not isinstance(table, Pairs):
        return NotRead(number, None, CODE, "not one flat JSON object")
    id_ = _find_id(table)
    has_id = any(table.get(key) is not None for key in ID_KEYS)
    facts = {key: entry for key, entry in table.items() if key not in ID_KEYS}
    inner = [key for key, entry in facts.items() if isinstance(entry, Pairs) and entry.twice]
    stated, errors = find_entries(facts, [*table.twice, *inner])
    if has_id and not id_:
        errors = ("id: give one text in quotes", *errors)
    return as_row(number, id_, stated, errors)
