"""Collect the files of each reader and case, from folders or a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

from fl_planner.basis.exact_text import find_separator, split_cells
from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.plain_text import (
    as_compared,
    ends_in_toml,
    find_nearest,
    join_first,
    list_alike,
    list_first,
)
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import is_left_by_system, note_input
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.intake.patients.cells import UNKNOWN, YES_NO
from fl_planner.intake.patients.rows import MOST_TWINS, doubt_alike
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.union import MANY, Paths
from fl_planner.intake.request.request import Request
from fl_planner.liver.names.part_names import structure_of
from fl_planner.liver.names.structures import ROLES
from fl_planner.planning.given.case import InputFile, Operation

LABEL_MAP = "labelmap"
MAPS = frozenset({LABEL_MAP, "couinaud", "segments"})  # names of label-map files
NAMED = (*ROLES, LABEL_MAP)


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """Options that apply to all readings without a case file.

    - `role`: role of files whose name does not include one: "liver" or "labelmap".
    - `scheme`: scheme of label maps.
    - `segments`: segments of a label map that remain; also in place of a case file's plan.
    - `no_tumour`: whether no case has a tumour.
    """

    role: str | None = None
    scheme: str | None = None
    segments: tuple[str, ...] = ()
    no_tumour: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class ReadingFiles:
    """The files of one reading."""

    case: str
    reader: str
    request: Request


def find_alike(readings: Sequence[ReadingFiles]) -> Iterator[Finding]:
    """Find readers, and cases, whose names may be those of one reader or case."""
    readers, cases = [one.reader for one in readings], [one.case for one in readings]
    for what, names in (("readers", readers), ("cases", cases)):
        for alike in list_alike(dict.fromkeys(map(as_compared, names))):
            yield doubt_alike(f"{what} {list_first(alike, MOST_TWINS)}")


def role_of_name(name: str) -> str | None:
    """Return the role named by a file name without its extension, or by a column header.

    Examples
    --------
    >>> [role_of_name(name) for name in ("liver", "tumor", "couinaud", "ct")]
    ['liver', 'tumour', 'labelmap', None]
    """
    word = name.strip().lower()
    if word in MAPS:
        return LABEL_MAP
    found = structure_of(word)
    return found if found in ROLES else None


def gather_reading(
    names: tuple[str, str], files: Iterable[tuple[str, Path]], options: ReadingOptions
) -> ReadingFiles:
    """Collect the files of one reading by role; `names` are the names of case and reader.

    Raises `InputRefused`: `agree.role_twice` for several files of a role that allows only one.
    """
    case, reader = names
    given: dict[str, tuple[Path, ...]] = {}
    for role, path in files:
        if role in given and role not in MANY:
            reason = f"{reader} has several files for {role}: {given[role][0].name}, {path.name}"
            raise InputRefused("agree.role_twice", case, reason, "keep only the correct file")
        given[role] = (*given.get(role, ()), path)
    maps = given.pop(LABEL_MAP, ())
    masks: Mapping[str, Paths] = {
        role: paths[0] if len(paths) == 1 else paths for role, paths in given.items()
    }
    every = (*maps, *(path for paths in given.values() for path in paths))
    request = Request(
        files=MaskFiles(
            masks=masks,
            label_map=maps[0] if maps else None,
            scheme=options.scheme if maps else None,
            no_tumour=options.no_tumour,
        ),
        id=case,
        operations=(Operation(None, options.segments),) if options.segments and maps else (),
        written={path: f"{case}, {reader}: {path.name}" for path in every},
        limits=options.limits,
    )
    return ReadingFiles(case, reader, request)


def keep_masks_and_plan(
    names: tuple[str, str], request: Request, options: ReadingOptions
) -> ReadingFiles:
    """Keep only the masks and the plan of a case file."""
    case, reader = names
    kept = replace(
        request,
        ct=None,
        spleen=None,
        second_reader={},
        baseline=None,
        function=None,
        dose=None,
        limits=options.limits,
    )
    if options.segments:
        kept = replace(kept, operations=(Operation(None, options.segments),))
    return ReadingFiles(case, reader, kept)


ENDING = re.compile(r"(\.seg)?\.(nii|nrrd|nhdr|mha|mhd|hdr|dcm)(\.gz)?$", re.IGNORECASE)
LAST_WORD = re.compile(r"^(?P<case>.+)[-_. ](?P<word>[^-_. ]+)$")
CT = "ct"  # in the name of a file that is no mask
MOST_FILES = 20_000  # of one reader's folder [project's choice]


def read_folder(reader: str, folder: Path, options: ReadingOptions) -> Iterator[ReadingFiles]:
    """Read a reader's cases from a folder.

    `ID.toml` is a case file; `ID/` contains files named by their role (`liver.nii.gz`);
    `ID_ROLE.nii`, or `ID.nii` with a role given as an option, is a file in the folder itself. A CT
    (`ct.nii`, `ID_ct.nii`) is ignored, and so are other files of `ID/`. With this option,
    `ID_ct.nii` is ignored next to another file of this ID only: masks may be named after their CT.

    Raises `InputRefused`: `agree.no_folder` without a folder; `agree.no_role` for a mask whose name
    does not include a role; see also `gather_reading` and `read_case_file`.
    """
    if not folder.is_dir():
        remedy = "give a folder for each reader, or one CSV with id, reader and a column per role"
        raise InputRefused("agree.no_folder", folder.name or str(folder), "not a folder", remedy)
    note_input(folder)
    entries = sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    if len(entries) > MOST_FILES:
        reason = f"the folder contains {len(entries):,} files; the limit is {MOST_FILES:,}"
        raise InputRefused(
            "limit.files", folder.name, reason, "keep only the files of the readings"
        )
    loose: dict[str, list[tuple[str, Path]]] = {}
    for entry in entries:
        if entry.is_dir():
            if found := [*_files_in(entry)]:
                yield gather_reading((entry.name, reader), found, options)
        elif ends_in_toml(entry.name):
            yield keep_masks_and_plan((entry.stem, reader), read_case_file(entry), options)
        elif ENDING.search(entry.name) and _case_of_ct(entry) is None:
            case, role = _of_loose(entry, options)
            loose.setdefault(case, []).append((role, entry))
    own = {one.stem if ends_in_toml(one.name) else one.name for one in entries}
    for entry in _masks_named_ct(entries, own | {*loose}) if options.role else ():
        case, role = _of_loose(entry, options)
        loose.setdefault(case, []).append((role, entry))
    for case, files in loose.items():
        yield gather_reading((case, reader), files, options)


def _files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(one for one in folder.iterdir() if not is_left_by_system(one.name)):
        stem = ENDING.sub("", path.name)
        if stem != path.name and (role := _role_of(stem)) is not None:
            yield role, path


def _masks_named_ct(entries: Sequence[Path], cases: Collection[str]) -> list[Path]:
    """List the files `ID_ct.nii` next to no other file of this case."""
    named = [one for one in entries if ENDING.search(one.name) and not one.is_dir()]
    return [one for one in named if (of := _case_of_ct(one)) and of not in cases]


def _case_of_ct(path: Path) -> str | None:
    """Return the case of a file named as a CT, "" without a case; None for any other file."""
    stem = ENDING.sub("", path.name)
    if stem.lower() == CT:
        return ""
    last = LAST_WORD.match(stem)
    return last["case"] if last and last["word"].lower() == CT else None


def _role_of(stem: str) -> str | None:
    last = LAST_WORD.match(stem)
    return role_of_name(stem) or (role_of_name(last["word"]) if last else None)


def _of_loose(path: Path, options: ReadingOptions) -> tuple[str, str]:
    """Return the case and the role of a file in a folder shared by several cases."""
    stem = ENDING.sub("", path.name)
    last = LAST_WORD.match(stem)
    if last and (role := role_of_name(last["word"])) is not None:
        return last["case"], role
    if role_of_name(stem) is not None:
        reason = "the file name states a role but no case"
        remedy = f"move the file to a folder named after the case, or name it ID_{path.name}"
        raise InputRefused("agree.no_role", path.name, reason, remedy)
    if options.role is None:
        reason = "the file name states no role"
        remedy = f"name the file {stem}_liver.nii.gz or similar, or give --role liver or labelmap"
        raise InputRefused("agree.no_role", path.name, reason, remedy)
    return stem, options.role


CODE = "agree.list"
CASE, READER, CASE_FILE_COLUMN = "id", "reader", "case"
NO_TUMOUR, TUMOUR = "no_tumour", "tumour"
HEADS = (CASE, READER, *NAMED, NO_TUMOUR, CASE_FILE_COLUMN)
MOST_BYTES = 64 << 20
MOST_LINES = 20  # errors in a message


def read_list(path: Path, options: ReadingOptions) -> tuple[tuple[ReadingFiles, ...], InputFile]:
    """Read a list of readings: columns id, reader, and liver, tumour, flr ... with paths.

    Cells are separated by commas or semicolons; paths are relative to the list. A column `case`
    names a case file instead of masks; `no_tumour` is yes or no. An empty cell means that the mask
    was not given.

    Raises `InputRefused`: `agree.list`, naming every unknown column and every invalid row.
    """
    text, digest = read_text(path, CODE, "a list of readings", MOST_BYTES)
    separator = find_separator(text.split("\n", 1)[0], CODE, path.name)
    rows = split_cells(StringIO(text, newline=""), separator, CODE, path.name)
    columns = [one.strip() for one in next(rows, [])]
    roles = _roles_of(path.name, columns)
    found: list[ReadingFiles] = []
    errors: list[str] = []
    unnamed = [place for place, column in enumerate(columns) if not column]
    for number, cells in enumerate(rows, 2):
        if not any(map(str.strip, cells)):
            continue
        given = dict(zip(columns, map(str.strip, cells), strict=False))
        names = given.get(CASE, ""), given.get(READER, "")
        if not all(names) or len(cells) != len(columns):
            errors.append(f"row {number}: requires an id, a reader and {len(columns)} cells")
            continue
        if any(cells[place].strip() for place in unnamed):
            errors.append(f"row {number}: a value in a column without a name")
            continue
        try:
            own = _read_tumour(given, options)
        except ValueError as error:
            errors.append(f"row {number}: {error}")
            continue
        found.append(_as_reading(names, given, roles, path.parent, own))
    if errors:
        raise InputRefused(CODE, path.name, "; ".join(errors[:MOST_LINES]), "correct these rows")
    return tuple(found), InputFile("readings", path.name, "csv", digest)


def _roles_of(name: str, columns: list[str]) -> dict[str, str]:
    """Return the role of each column; an unknown name may be a typing error and is refused."""
    if twice := [one for one, count in Counter(columns).items() if one and count > 1]:
        reason = f"two columns have the same name: {', '.join(twice[:MOST_LINES])}"
        raise InputRefused(CODE, name, reason, "use each column name once")
    roles = {one: role for one in columns if (role := role_of_name(one)) is not None}
    known = {CASE, READER, CASE_FILE_COLUMN, NO_TUMOUR, *roles}
    unknown = [*_find_unknown(columns, known)]
    wrong = [f"unknown columns: {join_first(unknown)}"] if unknown else []
    if not {CASE, READER} <= {*columns} or not (roles or CASE_FILE_COLUMN in columns):
        wrong.insert(0, "the columns id and reader, and a mask column, are required")
    if wrong:
        remedy = f"use the column names {', '.join(HEADS)}, and remove other columns"
        raise InputRefused(CODE, name, "; ".join(wrong), remedy)
    return roles


def _find_unknown(columns: Iterable[str], known: Collection[str]) -> Iterator[str]:
    for column in columns:
        if column and column not in known:
            near = find_nearest(column.casefold(), HEADS)
            yield f"{column} (did you mean {near[0]}?)" if near else column


def _read_tumour(given: Mapping[str, str], options: ReadingOptions) -> ReadingOptions:
    """Read whether a row's case has no tumour; raises `ValueError` with the reason."""
    cell = given.get(NO_TUMOUR, "").lower()
    if cell in UNKNOWN:
        return options
    if (no_tumour := YES_NO.get(cell)) is None:
        raise ValueError(f"{NO_TUMOUR}: give yes or no")
    if no_tumour and any(given[column] for column in given if role_of_name(column) == TUMOUR):
        raise ValueError(f"{NO_TUMOUR}: is 'yes', but a tumour mask is given")
    if no_tumour and given.get(CASE_FILE_COLUMN):
        raise ValueError(f"{NO_TUMOUR}: give this in the case file instead")
    return replace(options, no_tumour=no_tumour)


def _as_reading(
    names: tuple[str, str],
    given: dict[str, str],
    roles: dict[str, str],
    folder: Path,
    options: ReadingOptions,
) -> ReadingFiles:
    if case_file := given.get(CASE_FILE_COLUMN):
        return keep_masks_and_plan(names, read_case_file(folder / case_file), options)
    return gather_reading(names, [*_files(given, roles, folder)], options)


def _files(
    given: dict[str, str], roles: dict[str, str], folder: Path
) -> Iterator[tuple[str, Path]]:
    for column, role in roles.items():
        if cell := given.get(column):
            yield role, folder / cell
