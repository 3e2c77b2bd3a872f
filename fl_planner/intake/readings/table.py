"""A CSV of readings: a row a case and reader, a column a role."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.brevity import join_told
from fl_planner.basis.text.nearest import find_nearest
from fl_planner.formats.stored.text import read_text
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.intake.patients.cells import UNKNOWN, YES_NO
from fl_planner.intake.readings.readings import (
    NAMED,
    ReadingFiles,
    ReadingOptions,
    gather_reading,
    role_of_name,
    take_case_file,
)
from fl_planner.planning.given.case import InputFile

CODE = "agree.list"
CASE, READER, CASE_FILE = "id", "reader", "case"
NO_TUMOUR, TUMOUR = "no_tumour", "tumour"
HEADS = (CASE, READER, *NAMED, NO_TUMOUR, CASE_FILE)
MOST_BYTES = 64 << 20
MOST_LINES = 20  # of errors


def read_list(path: Path, options: ReadingOptions) -> tuple[tuple[ReadingFiles, ...], InputFile]:
    """Read a list of readings: columns id, reader, and liver, tumour, flr ... with paths.

    Commas or semicolons; paths are relative to the list. A column `case` names a case file in
    place of masks; `no_tumour` says yes or no. An empty cell is a mask that was not given.

    Raises `InputRefused`: `agree.list`, naming every column that is not known, every row that is
    wrong.
    """
    text, digest = read_text(path, CODE, "a list of readings", MOST_BYTES)
    head = text.split("\n", 1)[0]
    rows = csv.reader(StringIO(text, newline=""), delimiter=";" if ";" in head else ",")
    columns = [one.strip() for one in next(rows, [])]
    roles = _roles_of(path.name, columns)
    found: list[ReadingFiles] = []
    errors: list[str] = []
    for number, cells in enumerate(rows, 2):
        if not any(map(str.strip, cells)):
            continue
        given = dict(zip(columns, map(str.strip, cells), strict=False))
        names = given.get(CASE, ""), given.get(READER, "")
        if not all(names) or len(cells) != len(columns):
            errors.append(f"row {number}: has no id, no reader, or not {len(columns)} cells")
            continue
        try:
            own = _read_tumour(given, options)
        except ValueError as error:
            errors.append(f"row {number}: {error}")
            continue
        found.append(_as_reading(names, given, roles, path.parent, own))
    if errors:
        reason = "; ".join(errors[:MOST_LINES])
        raise InputRefused(CODE, path.name, reason, "correct these rows")
    return tuple(found), InputFile("readings", path.name, "csv", digest)


def _roles_of(name: str, columns: list[str]) -> dict[str, str]:
    """Tell the role of each column; a name that is not known could be a slip, and is refused."""
    twice = [one for one, count in Counter(columns).items() if one and count > 1]
    if twice:  # one of them would be read, and nobody knows which was meant
        reason = f"has two columns of one name: {', '.join(twice[:MOST_LINES])}"
        raise InputRefused(CODE, name, reason, "name each column once")
    roles = {one: role for one in columns if (role := role_of_name(one)) is not None}
    known = {CASE, READER, CASE_FILE, NO_TUMOUR, *roles}
    unknown = [*_find_unknown(columns, known)]
    wrong = [f"has columns that are not known: {join_told(unknown)}"] if unknown else []
    if not {CASE, READER} <= {*columns} or not (roles or CASE_FILE in columns):
        wrong.insert(0, "has no columns id and reader, or none of a mask")
    if wrong:
        remedy = f"head the columns {', '.join(HEADS)}, and leave out others"
        raise InputRefused(CODE, name, "; ".join(wrong), remedy)
    return roles


def _find_unknown(columns: Iterable[str], known: Collection[str]) -> Iterator[str]:
    for column in columns:
        if column and column not in known:
            near = find_nearest(column.casefold(), HEADS)
            yield f"{column} (did you mean {near[0]}?)" if near else column


def _read_tumour(given: Mapping[str, str], options: ReadingOptions) -> ReadingOptions:
    """Read whether a row's case has no tumour; `ValueError` says what is wrong."""
    cell = given.get(NO_TUMOUR, "").lower()
    if cell in UNKNOWN:
        return options
    said = YES_NO.get(cell)
    if said is None:
        raise ValueError(f"{NO_TUMOUR}: give yes or no")
    if said and any(given[one] for one in given if role_of_name(one) == TUMOUR):
        raise ValueError(f"{NO_TUMOUR}: says yes, and a tumour is given")
    if said and given.get(CASE_FILE):
        raise ValueError(f"{NO_TUMOUR}: the case file says it itself")
    return replace(options, no_tumour=said)


def _as_reading(
    names: tuple[str, str],
    given: dict[str, str],
    roles: dict[str, str],
    folder: Path,
    options: ReadingOptions,
) -> ReadingFiles:
    if case_file := given.get(CASE_FILE):
        return take_case_file(names, read_case_file(folder / case_file), options)
    return gather_reading(names, [*_files(given, roles, folder)], options)


def _files(
    given: dict[str, str], roles: dict[str, str], folder: Path
) -> Iterator[tuple[str, Path]]:
    for column, role in roles.items():
        if cell := given.get(column):
            yield role, folder / cell
