"""Read a list of patients in any form, row by row.

File names and texts may contain a patient's name, so none is repeated: a patient is identified by
the pseudonym in the list (`id`), and by the row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.exact_text import (
    BeyondBoundsError,
    Pairs,
    parse_exact_json,
    parse_exact_toml,
)
from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.stored.source import list_folder, note_input
from fl_planner.intake.patients.fhir.charts import Charts
from fl_planner.intake.patients.fhir.entries import (
    TYPE,
    Records,
    RecordServer,
    find_bundle_fault,
    is_resource,
)
from fl_planner.intake.patients.fhir.resources import BUNDLE
from fl_planner.intake.patients.list_text import WHAT, ListText, open_table
from fl_planner.intake.patients.mapping import AS_GIVEN, ColumnMapping, MappedRows
from fl_planner.intake.patients.rows import (
    CODE,
    ID_KEYS,
    OTHER_KEYS,
    SOURCE,
    Again,
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
    from fl_planner.intake.patients.worksheet import HeldRows

# topics of refusals whose reasons never quote a file's text
OF_FILES = frozenset({"file", "gzip", "limit", "dims", "geometry", "grid", "mask", "volume"})
UNSAID = "the case file, or a file listed in it, was refused"


def find_id(text: str) -> str | None:
    """Return the id of a case file, even if its other values are invalid.

    Examples
    --------
    >>> find_id('id = "case-001"'), find_id("id = 7"), find_id("id =")
    ('case-001', None, None)
    """
    id_ = _parse(text).get("id")
    return id_ if isinstance(id_, str) and id_.strip() else None


def describe_refused(path: Path, wrong: InputRefused) -> str:
    """Describe the reason for refusing a case, with roles instead of file names.

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
        return parse_exact_toml(text)
    except ValueError:
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
NO_LIST = "the file contains neither a list of patients nor facts about a patient"
NO_BUNDLE = "the file is a single FHIR resource, not a Bundle"
NO_BUNDLE_REMEDY = "put all resources of the patient into one Bundle, or into .ndjson files"
NO_LIST_REMEDY = f"keep results and other files in another folder; {ALL_KEYS}"
KNOWN_KEYS = {*INPUT_NAMES, *OTHER_KEYS}
CASE_NAME = "case.toml"  # of a case in a separate folder
KINDS = (*LINES, TABLE, WORKBOOK, JSON, CASE)
LONGEST_RESOURCE = 1 << 24  # characters; a report may contain its document [project's choice]


@dataclass(frozen=True, slots=True)
class PatientList:
    """The patients of a list in its order, its files, and findings on the whole list.

    `unmapped`: codes of electronic records without a rule; complete once all rows have been read.
    """

    rows: Rows
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...] = ()
    unmapped: Mapping[UnmappedCode, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Source:
    """Mappings for the files of a list: of codes for records, of columns for tables."""

    records: Records
    mapping: ColumnMapping


def read_patients(
    listed: Path | HeldRows | RecordServer,
    *,
    as_of: date | None = None,
    fhir_map: Path | None = None,
    mapping: ColumnMapping = AS_GIVEN,
) -> PatientList:
    """Read a list of patients.

    - `listed`: a table (`.csv`, `.xlsx`), JSON lines (`.jsonl`, `.ndjson`), a FHIR Bundle or a file
      of facts (`.json`), a bulk export of FHIR (`.ndjson`), a case file (`.toml`), a folder of such
      files and of folders with a `case.toml` each; rows in memory; or patients of a FHIR server.
    - `as_of`: the assessment date, for ages and intervals in electronic records.
    - `fhir_map`: a mapping of FHIR codes to facts; None for the default.
    - `mapping`: mapping of the columns of tables.

    Raises `InputRefused`: `screen.unreadable`, `screen.header`, `screen.no_patient`,
    `fhir.map_unreadable`; the codes of any other file that cannot be opened, and of a server. A
    single invalid row is listed among the rows.
    """
    source = _Source(Records(as_of, fhir_map), mapping)
    if isinstance(listed, RecordServer):
        _require_no_columns(mapping)
        found = _read_server(listed, source.records)
    elif not isinstance(listed, Path):
        found = _read_held(listed, mapping)
    elif listed.is_dir():
        found = _read_folder(listed, source)
    elif listed.suffix.lower() == TABLE:
        found = _read_csv(listed, mapping)
    elif listed.suffix.lower() in LINES:
        _require_no_columns(mapping)
        found = _read_lines(listed, source.records)
    else:
        if listed.suffix.lower() != WORKBOOK:
            _require_no_columns(mapping)
        read = _read_file(listed, 1, source)
        found = PatientList(_as_rows(read.rows), (read.file,), read.findings)
    files = () if mapping.file is None else (mapping.file,)
    inputs = (*found.inputs, *source.records.inputs, *files)
    found = replace(found, inputs=inputs, unmapped=source.records.unmapped)
    if not found.rows:
        reason = "the input contains no patients"
        remedy = f"give a list, or a folder of {', '.join(KINDS)} files"
        raise InputRefused("screen.no_patient", SOURCE, reason, remedy)
    return found


def _require_no_columns(mapping: ColumnMapping) -> None:
    if mapping.of_tables:
        reason = "the options for columns and cells apply only to tables"
        remedy = f"omit them, or give a table ({TABLE}, {WORKBOOK})"
        raise InputRefused("usage.wrong", SOURCE, reason, remedy)


def _as_rows(rows: Sequence[Row]) -> Rows:
    return Rows(rows, ((row.row, row.id) for row in rows))


def _as_file(path: Path, digest: str | None) -> InputFile:
    return InputFile("patients", path.name, path.suffix.lower().removeprefix("."), digest or "")


def _read_held(rows: HeldRows, mapping: ColumnMapping) -> PatientList:
    from fl_planner.intake.patients.worksheet import Worksheet

    mapped = MappedRows(rows, mapping)
    sheet = Worksheet(mapped)
    file = InputFile("patients", rows.called, rows.called, rows.sha256)
    return PatientList(Rows(sheet, sheet.ids()), (file,), mapped.findings)


def _read_server(server: RecordServer, records: Records) -> PatientList:
    """Read patients of a FHIR server; all are fetched before the first row is read."""
    from fl_planner.archive.fhir import SERVER, FhirSession
    from fl_planner.intake.patients.fhir.server import ServerRecords, name_charts

    with FhirSession(server.address) as session:
        fetched = ServerRecords.of(session, server, records.codes)
        charts = records.read_entries(fetched.list_entries())
    file = InputFile("patients", SERVER, "fhir", fetched.sha256)
    rows = Rows(Again(partial(name_charts, charts, fetched.ids)), charts.ids())
    return PatientList(rows, (file,), fetched.findings)


def _read_csv(path: Path, mapping: ColumnMapping) -> PatientList:
    """Read a table of any length, row by row."""
    from fl_planner.intake.patients.worksheet import CsvRows, Worksheet

    text = open_table(path, mapping.encoding)
    mapped = MappedRows(CsvRows(text, mapping.separator), mapping)
    sheet = Worksheet(mapped)
    rows = Rows(sheet, sheet.ids())
    return PatientList(rows, (_as_file(path, text.sha256),), (*text.findings, *mapped.findings))


def _read_lines(path: Path, records: Records) -> PatientList:
    """Read lines of any length, row by row: a bulk export, or one object of facts per line."""
    if has_resources(path):
        charts, files = _read_export([path], records)
        return PatientList(Rows(charts, charts.ids()), files)
    text = ListText(path, "\n")
    rows = Rows(Again(partial(_read_objects, text)), _find_ids(text))
    return PatientList(rows, (_as_file(path, text.sha256),))


def has_resources(path: Path) -> bool:
    """Whether the first line of a file is a resource of FHIR."""
    lines = iter(ListText(path, "\n", longest=LONGEST_RESOURCE))
    return is_resource(next((line for line in lines if line.strip()), ""))


def _read_export(
    paths: Sequence[Path], records: Records, first: int = 1
) -> tuple[Charts, tuple[InputFile, ...]]:
    """Read the files of one bulk export together: a patient's resources may be in several."""
    texts = [ListText(path, "\n", longest=LONGEST_RESOURCE) for path in paths]
    charts = records.read_lines(chain.from_iterable(texts), first)
    hashes = (text.sha256 for text in texts)
    return charts, tuple(_as_file(*one) for one in zip(paths, hashes, strict=True))


@dataclass(frozen=True, slots=True)
class _ReadFile:
    """The rows of one file."""

    rows: tuple[Row, ...]
    file: InputFile
    findings: tuple[Finding, ...] = ()


def _read_folder(folder: Path, source: _Source) -> PatientList:
    """Read every file of a folder in the order of names; an invalid file is one row.

    Rows are numbered consecutively across all files; rows of a bulk export are last. If a file of
    the export cannot be opened, none is used: it may contain a later value of any patient. An
    empty one is only a row: servers write one for a type without resources.
    """
    rows: list[Row] = []
    inputs: list[InputFile] = []
    findings: dict[Finding, None] = {}  # each once
    export: list[Path] = []
    unopened: InputRefused | None = None
    for path in _list_folder(folder):
        number = len(rows) + 1
        name = path.name if path.parent == folder else path.parent.name
        try:
            if path.suffix.lower() in LINES and has_resources(path):
                export.append(path)
                continue
            read = _read_file(path, number, source)
        except InputRefused as wrong:
            if path.suffix.lower() in LINES and wrong.code != "file.empty":
                unopened = wrong
            rows.append(NotRead(number, None, wrong.code, wrong.reason, wrong.remedy, name))
            continue
        rows += [replace(one, row=at, file=name) for at, one in enumerate(read.rows, start=number)]
        inputs.append(read.file)
        findings |= dict.fromkeys(read.findings)
    if not export:
        return PatientList(_as_rows(rows), tuple(inputs), tuple(findings))
    if unopened is not None:
        reason = f"a file of the bulk export cannot be read: {unopened.reason}"
        raise InputRefused(unopened.code, unopened.source, reason, unopened.remedy)
    charts, files = _read_export(export, source.records, len(rows) + 1)
    ids = chain(((row.row, row.id) for row in rows), charts.ids())
    joined = Rows(Again(partial(chain, rows, charts)), ids)
    return PatientList(joined, (*inputs, *files), tuple(findings))


def _list_folder(folder: Path) -> list[Path]:
    """List the files of a folder, and the case file of each folder in it."""
    note_input(folder)
    try:
        return list_folder(folder, CASE_NAME, KINDS)
    except OSError as error:
        reason = f"the folder cannot be listed: {error.strerror}"
        raise InputRefused("file.unreadable", SOURCE, reason, "check the access rights") from error


def _read_file(path: Path, number: int, source: _Source) -> _ReadFile:
    """Read one file; refusals do not include its name."""
    kind = path.suffix.lower()
    if kind in OTHER_WORKBOOKS:
        reason = f"{kind} workbooks are not supported"
        raise InputRefused(CODE, SOURCE, reason, "save the list as .xlsx or as CSV UTF-8")
    if kind == WORKBOOK:
        return _read_workbook(path, source.mapping)
    if kind == TABLE:
        found = _read_csv(path, source.mapping)
        return _ReadFile((*found.rows,), found.inputs[0], found.findings)
    try:
        text, digest = read_text(path, CODE, WHAT, MOST_BYTES)
    except InputRefused as wrong:
        raise wrong.within(SOURCE) from None
    if kind not in KINDS and not text.lstrip().startswith(("{", "[")):
        # read as JSON, a table named .tsv or .txt would be one row with a syntax error
        reason = "the file is neither JSON nor named as a table"
        raise InputRefused(CODE, SOURCE, reason, f"save it as one of {', '.join(KINDS)}")
    file = _as_file(path, digest)
    if kind == CASE:
        return _ReadFile((Listed(number, find_id(text), case=path),), file)
    if kind in LINES:
        return _ReadFile(tuple(_read_objects(text.split("\n"))), file)
    return _ReadFile(_parse_json(text, number, source.records), file)


def _read_workbook(path: Path, mapping: ColumnMapping) -> _ReadFile:
    from fl_planner.intake.patients.workbook import WorkbookRows
    from fl_planner.intake.patients.worksheet import Worksheet

    rows = WorkbookRows(path)
    mapped = MappedRows(rows, mapping)
    return _ReadFile((*Worksheet(mapped),), _as_file(path, rows.sha256), mapped.findings)


def _read_objects(lines: Iterable[str]) -> Iterator[Row]:
    """Read JSON lines: one flat object per line; empty lines are ignored."""
    for number, line in enumerate(lines, start=1):
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
        if (fault := find_bundle_fault(found)) is not None:
            return (NotRead(number, None, CODE, *fault),)
        return tuple(records.read_bundle(found, number))
    if isinstance(found, Pairs) and TYPE in found:
        return (NotRead(number, None, CODE, NO_BUNDLE, NO_BUNDLE_REMEDY),)
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
        errors = ("id: give a single string in quotes", *errors)
    return as_row(number, id_, stated, errors)
