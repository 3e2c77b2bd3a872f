"""Sources of a cohort: case files, a table of cases, or a folder.

A table of cases has one row per case with its files, plan and facts [contract.md 9].

Columns are keys of a case file (`id`, `liver`, `tumour`, `labelmap`, `remnant_segments`,
`diagnosis`) and facts as in a table of patients (`age [a]`). The table is CSV, with commas or with
semicolons and decimal commas, or a workbook.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Literal

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.plain_text import (
    as_compared,
    ends_in_toml,
    find_nearest,
    format_count,
    join_first,
    list_alike,
)
from fl_planner.cohort.case import CohortCase, as_refusal
from fl_planner.cohort.result import name_folder
from fl_planner.cohort.source.draft import Alike, CaseDraft, FoundCase, split_list
from fl_planner.cohort.source.layout import LAYOUTS, read_layout, read_patterns
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.stored.source import list_folder, nested_too_deeply, note_input
from fl_planner.given import toml
from fl_planner.given.case import CaseTables
from fl_planner.given.kinds import Day, File, Flag, Margin, OneOf, Segments, Size
from fl_planner.given.table import At, InputKind, columns_of
from fl_planner.intake.patients.cell_words_by_language import ISO_DAY
from fl_planner.intake.patients.cells import UNKNOWN, YES_NO, Numbers
from fl_planner.intake.patients.list_text import open_table
from fl_planner.intake.patients.lists import find_id
from fl_planner.intake.patients.mapping import (
    AS_GIVEN,
    HEADER,
    ColumnMapping,
    MappedRows,
    RowsOfCells,
)
from fl_planner.intake.patients.rows import ID_KEYS, SOURCE, Listed, NotRead, Row
from fl_planner.intake.patients.worksheet import CsvRows, Worksheet
from fl_planner.liver.names.structures import ACCEPTED, parse_segments, split_segments
from fl_planner.space.labels import find_scheme
from fl_planner.trials.facts.quantities import INPUT_NAMES, WHICH_LIVER, names_no_liver
from fl_planner.workup.many import ID_TWICE

GIVE_IDS = "give each case a different id"
IDS_ALIKE = (
    "another of these cases has the same id except for capital letters, blanks or leading zeros: "
    "it may be the same patient, and on Windows and macOS both results may have the same folder"
)
TABLE, WORKBOOK = ".csv", ".xlsx"
COLUMNS = {one.column: (table, name, one) for table, name, one in columns_of(CaseTables)}
BY_NAME = [column for column in COLUMNS if column.endswith(".")]  # a structure's name follows
MASKS = {column for column, (table, _, key) in COLUMNS.items() if isinstance(key.kind, File)} - {
    "ct"
}
ROW = "cohort.row"
CASES = "table of cases"
REMEDY = "docs/how-to/cohort.md lists the columns of a table of cases"
CORRECT = f"correct the row; {REMEDY}"
OF_HEADER = (
    f"{REMEDY}; map other column names with --column, and exclude columns with --ignore-column"
)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table of cases: its draft, or all errors.

    - `unknown`: findings on facts with invalid cells, which count as unknown.
    """

    number: int
    id: str | None
    draft: CaseDraft | None
    wrong: tuple[str, ...] = ()
    unknown: tuple[Finding, ...] = ()

    def as_row(self) -> Row | None:
        """Return the faults of the row, as for a list of patients; None if there are none."""
        if self.wrong:
            whole = join_first(self.wrong)
            return NotRead(self.number, self.id, ROW, whole, CORRECT, faults=self.wrong)
        return Listed(self.number, self.id, findings=self.unknown) if self.unknown else None


def read_table(path: Path, mapping: ColumnMapping = AS_GIVEN) -> tuple[TableRow, ...]:
    """Read a table of cases; `mapping`: mapping of its columns.

    Raises `InputRefused`: `screen.header`, describing the wrong columns; `screen.unreadable`.
    """
    try:
        return tuple(CaseTable(MappedRows(_open(path, mapping), mapping)))
    except InputRefused as wrong:
        raise (wrong.within(CASES) if wrong.source == SOURCE else wrong) from wrong.__cause__


def _open(path: Path, mapping: ColumnMapping) -> RowsOfCells:
    if path.suffix.lower() == WORKBOOK:
        from fl_planner.intake.patients.workbook import WorkbookRows

        return WorkbookRows(path)
    return CsvRows(open_table(path, mapping.encoding), mapping.separator)


class CaseTable:
    """Rows of a table of cases."""

    def __init__(self, rows: MappedRows) -> None:
        self._mapped = rows
        self._words = rows.mapping.words
        self._rows = [*rows]
        self._semicolons = rows.semicolons
        read = {n: name for n, name in enumerate(rows.header) if n not in rows.ignored}
        self._own = {place: name for place, name in read.items() if _is_own(name)}
        self._ids = [place for place, name in read.items() if name in ID_KEYS]
        self._width = len(rows.header)
        _require_header(rows, read, self._own, self._ids)

    def __iter__(self) -> Iterator[TableRow]:
        """Read the rows; the header is row 1."""
        facts = self._read_facts()
        for number, cells in enumerate(self._rows, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if error := self._mapped.find_error(number, cells):
                yield TableRow(number, None, None, (error,))
            elif len(cells) != self._width:
                has = format_count(len(cells), "cell")
                wrong = f"the row has {has}, but the header has {self._width}"
                yield TableRow(number, None, None, (wrong,))
            else:
                yield self._read(number, cells, facts.get(number))

    def _read_facts(self) -> Mapping[int, Row]:
        """Read the columns of facts as in a table of patients."""
        facts = self._mapped.without(frozenset(self._own))
        if self._width - len(facts.ignored) == len(self._ids):
            return {}
        return {one.row: one for one in Worksheet(facts)}

    def _read(self, number: int, cells: Sequence[str], facts: Row | None) -> TableRow:
        id_ = cells[self._ids[0]].strip()
        draft = CaseDraft(id_)
        wrong: list[str] = [] if id_ else ["id is empty"]
        unknown: tuple[Finding, ...] = ()
        if isinstance(facts, NotRead):
            wrong += facts.faults or (facts.reason,)
        elif facts is not None:
            draft.stated, unknown = facts.stated, facts.findings
        for place, column in self._own.items():
            cell = self._translate(column, cells[place].strip())
            if cell.lower() in UNKNOWN:
                continue
            try:
                _put(draft, column, cell, comma=self._semicolons)
            except ValueError as error:
                called = self._mapped.called(place)
                wrong.append(f"{column}{f' ({called})' if called else ''}: {error}")
        if draft.tables["labelmap"].keys() == {"scheme"}:
            wrong += ["scheme: the row has no label map"]
        if wrong:
            return TableRow(number, id_ or None, None, tuple(wrong))
        return TableRow(number, id_, draft, unknown=unknown)

    def _translate(self, column: str, cell: str) -> str:
        kind = COLUMNS[column][2].kind if column in COLUMNS else None
        is_flag, is_day = isinstance(kind, Flag), isinstance(kind, Day)
        return self._words.translate_plain(column, cell, is_flag=is_flag, is_day=is_day)


def _is_own(column: str) -> bool:
    if any(column.startswith(prefix) and len(column) > len(prefix) for prefix in BY_NAME):
        return True
    return column in COLUMNS and column not in BY_NAME


def _require_header(
    rows: MappedRows, read: Mapping[int, str], own: Mapping[int, str], ids: Sequence[int]
) -> None:
    """Refuse an unknown header; columns of facts are checked by `Worksheet`."""
    wrong: list[str] = []
    if len(ids) != 1:
        wrong.append("exactly one column must contain the id")
    if not (has_mask := any(column in MASKS for column in own.values())):
        wrong.append("no column contains masks (fl-planner screen reads facts without masks)")
    first: dict[str, int] = {}
    for place, column in read.items():
        if not column:
            where = rows.describe(place, named=False)
            wrong.append(f"{where}: a value in a column without a name")
            continue
        if first.setdefault(column, place) != place:
            where = rows.describe(place, named=False)
            wrong.append(f"{where}: same name as column {first[column] + 1}")
        key = re.split(r"[.\[ ]", column, maxsplit=1)[0]
        if place not in own and key not in INPUT_NAMES and key not in ID_KEYS:
            is_mask = column.lower() in MASKS  # `FLR` of a table of files, for example
            if names_no_liver(key) and not is_mask:
                wrong.append(f"{rows.describe(place, named=False)}: {WHICH_LIVER}")
                continue
            every = {*COLUMNS, *INPUT_NAMES, *(() if ids else ID_KEYS)} - {*BY_NAME}
            names = MASKS if is_mask else every
            near = find_nearest(key, sorted(names))
            meant = f"; did you mean {near[0]}?" if near else ""
            where = rows.describe(place, named=has_mask and bool(ids))
            wrong.append(f"{where}: no such column{meant}")
    if wrong:
        raise InputRefused(HEADER, CASES, join_first(wrong), OF_HEADER)


def _put(draft: CaseDraft, column: str, cell: str, *, comma: bool) -> None:
    """Add the value of a cell to the draft. Raises `ValueError`."""
    word = next((prefix for prefix in BY_NAME if column.startswith(prefix)), column)
    table, name, key = COLUMNS[word]
    if word in BY_NAME:
        named = [draft.name_file(word.strip("."), part) for part in split_list(cell)]
        draft.tables["masks"].setdefault(name, {})[column.removeprefix(word)] = named
    elif key.kind.multiple and isinstance(key.kind, File):
        draft.tables[table][name] = [draft.name_file(column, part) for part in split_list(cell)]
    elif isinstance(key.kind, File):
        draft.tables[table][name] = draft.name_file(column, cell)
    else:
        draft.tables[table][name] = _read_cell(key.kind, cell, comma=comma)


def _read_cell(kind: InputKind, cell: str, *, comma: bool) -> object:
    if isinstance(kind, Size | Margin):
        number = Numbers(comma=comma and "," in cell, semicolons=comma).read(cell)
        if number is None:
            raise ValueError("is not a number")
        kind.read(number, At(Path()))  # a refusal of the case file would name none of the columns
        return Fraction(number)
    if isinstance(kind, OneOf):
        return kind.read(cell, At(Path()))
    if isinstance(kind, Flag):
        if (flag := YES_NO.get(cell.lower())) is None:
            raise ValueError("give yes or no")
        return flag
    if isinstance(kind, Segments):
        names, wrong = parse_segments(split_segments(cell.replace("|", ",")))
        if wrong:
            raise ValueError(f"give one or more of {ACCEPTED}")
        return names
    if isinstance(kind, Day):
        if not ISO_DAY.fullmatch(cell):
            raise ValueError("give a date in the form YYYY-MM-DD")
        try:
            return date.fromisoformat(cell)
        except ValueError as error:
            raise ValueError("is not a valid calendar date") from error
    return cell


CASE_FILE, CASE_NAME = ".toml", "case.toml"
TABLES = (TABLE, WORKBOOK)
Layout = Literal["bids", "segmenter", "nnunet", "crlm"]


@dataclass(frozen=True, slots=True)
class CohortSource:
    """A source of cases.

    - `paths`: case files, or one table or folder.
    - `layout`, `patterns`: roles of the files of a folder.
    - `alike`: options for all cases without case files.
    - `mapping`: mapping of the columns of a table.
    """

    paths: tuple[Path, ...]
    layout: Layout | None = None
    patterns: tuple[str, ...] = ()
    alike: Alike = field(default_factory=Alike)
    mapping: ColumnMapping = AS_GIVEN

    def read(self) -> tuple[str, tuple[CohortCase, ...]]:
        """Return the kind of source and the cases in order, without opening their files.

        Raises `InputRefused`: `cohort.source` for any other source; `labels.scheme_unknown`; errors
        of its reader.
        """
        if self.alike.scheme:
            find_scheme(read_bundled_schemes(), self.alike.scheme)  # refuses an unknown name
        kind, cases = self._read()
        if not cases:
            raise _no_source(self.paths, "contains no case")
        return kind, _require_distinct_ids(cases)

    def _read(self) -> tuple[str, list[CohortCase]]:
        paths = [path.absolute() for path in self.paths]
        has_layout = self.layout is not None or bool(self.patterns)
        table = len(paths) == 1 and paths[0].suffix.lower() in TABLES and not paths[0].is_dir()
        if self.mapping.of_tables and not table:
            reason = "the options for columns apply only to a table"
            raise InputRefused("usage.wrong", "SOURCE", reason, f"give {' or '.join(TABLES)}")
        if len(paths) == 1 and paths[0].is_dir():
            if has_layout:
                return self._read_layout(paths[0])
            note_input(paths[0])
            if not (files := list_folder(paths[0], CASE_NAME, (CASE_FILE,))):
                raise _no_source(paths, "is a folder without case files (*.toml, */case.toml)")
            return self._read_files(files)
        if has_layout:
            option = "--layout" if self.layout is not None else "--pattern"
            raise InputRefused(
                "usage.wrong", option, "applies only to a single folder", "give one folder"
            )
        if table:
            return "table", [*self._read_table(paths[0])]
        if any(not ends_in_toml(path.name) for path in paths):
            raise _no_source(paths, "is not a case file, table or folder")
        return self._read_files(paths)

    def _read_files(self, paths: Sequence[Path]) -> tuple[str, list[CohortCase]]:
        for option in _given(self.alike):
            reason = "cannot be combined with case files"
            remedy = "set the corresponding key in each case file"
            raise InputRefused("usage.wrong", option, reason, remedy)
        return "case files", [_read_case(n, path) for n, path in enumerate(paths, start=1)]

    def _read_table(self, path: Path) -> Iterator[CohortCase]:
        for number, row in enumerate(read_table(path, self.mapping), start=1):
            case = CohortCase(
                number,
                row.id or f"row-{row.number}",
                "",
                str(path.parent),
                CASE_NAME,
                row=row.as_row(),
            )
            if row.draft is None:
                reason = f"row {row.number}: {join_first(row.wrong)}"
                yield replace(case, refusal=as_refusal(InputRefused(ROW, case.id, reason, CORRECT)))
                continue
            yield replace(case, text=row.draft.write(self.alike), addresses=row.draft.addresses)

    def _read_layout(self, root: Path) -> tuple[str, list[CohortCase]]:
        if self.layout is not None and self.patterns:
            reason = "cannot be combined with --layout"
            raise InputRefused("usage.wrong", "--pattern", reason, "omit one of them")
        try:
            if self.layout is not None:
                cases_found = read_layout(root, self.layout, self.alike.scheme)
            else:
                cases_found = read_patterns(root, self.patterns)
        except RecursionError:
            raise nested_too_deeply(root) from None
        cases = (self._as_case(n, found, root) for n, found in enumerate(cases_found, start=1))
        return self.layout or "pattern", [*cases]

    def _as_case(self, number: int, found: FoundCase, root: Path) -> CohortCase:
        case = CohortCase(number, found.id, "", str(root), CASE_NAME)
        try:
            return replace(case, text=found.draft(root).write(self.alike))
        except InputRefused as wrong:
            return replace(case, refusal=as_refusal(wrong), unread=tuple(found.unread))


def _given(alike: Alike) -> Iterator[str]:
    none = Alike()
    for name in Alike.__dataclass_fields__:
        if getattr(alike, name) != getattr(none, name):
            yield f"--{name.replace('_', '-')}"


def _read_case(number: int, path: Path) -> CohortCase:
    """Read a case file; its files are opened when it is planned.

    An id is required for its row, because names of files and folders may contain a patient's name.
    """
    case = CohortCase(number, f"file-{number}", "", str(path.parent), path.name)
    try:
        text, _ = read_text(path, "case.unreadable", "a case file")
        if (id_ := find_id(text)) is None:
            toml.read_table(text, "case.unreadable", path.name)  # refuses a file that is not TOML
            reason = "has no id, which the tables require"
            raise InputRefused("cohort.no_id", path.name, reason, 'add id = "..."')
    except InputRefused as wrong:
        return replace(case, refusal=as_refusal(wrong))
    return replace(case, id=id_, text=text)


def _require_distinct_ids(cases: Sequence[CohortCase]) -> tuple[CohortCase, ...]:
    """Refuse cases with the same id, or in the same folder; a number distinguishes equal ids.

    Ids that differ only in capital letters, blanks or leading zeros may be those of one patient.
    """
    times = Counter(as_compared(case.id) for case in cases)
    ids = {case.id for case in cases}
    in_folder = Counter(name_folder(one).lower() for one in ids)
    alike = {one for group in list_alike(times) for one in group}
    taken = {*times}
    cases_apart: list[CohortCase] = []
    for case in cases:
        if times[as_compared(case.id)] == 1:
            if as_compared(case.id) in alike or in_folder[name_folder(case.id).lower()] > 1:
                refused = InputRefused("cohort.ids_alike", "id", IDS_ALIKE, GIVE_IDS)
                case = replace(case, refusal=as_refusal(refused), row=None)
            cases_apart.append(case)
            continue
        number = 1
        while as_compared(own := f"{case.id}#{number}") in taken:
            number += 1
        taken.add(as_compared(own))
        wrong = InputRefused("screen.id_twice", "id", ID_TWICE, GIVE_IDS)
        cases_apart.append(replace(case, id=own, refusal=as_refusal(wrong), row=None))
    return tuple(cases_apart)


def _no_source(paths: Sequence[Path], reason: str) -> InputRefused:
    wrong = [path for path in paths if not (ends_in_toml(path.name) and len(paths) > 1)]
    name = next(iter(wrong), Path("SOURCE")).name or "SOURCE"
    remedy = f"give case files, a table ({', '.join(TABLES)}), or a folder with --layout "
    remedy += f"({', '.join(LAYOUTS)}) or --pattern"
    return InputRefused("cohort.source", name, reason, remedy)
