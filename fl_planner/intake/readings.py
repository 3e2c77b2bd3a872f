"""Which files each reader has of each case: from folders, or from a table."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import find_nearest, join_told
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.stored.limits import Limits
from fl_planner.formats.stored.source import note_input
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.intake.patients.rows import UNKNOWN, YES_NO
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.union import MANY, Paths
from fl_planner.intake.request.request import Request
from fl_planner.liver.names.part_names import structure_of
from fl_planner.liver.names.structures import ROLES
from fl_planner.planning.given.case import InputFile, Operation

LABEL_MAP = "labelmap"
MAPS = frozenset({LABEL_MAP, "couinaud", "segments"})  # how files of label maps are called
NAMED = (*ROLES, LABEL_MAP)


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What holds for every reading that no case file describes.

    - `role`: of files whose name tells none: "liver" or "labelmap".
    - `scheme`: what a label map's numbers mean.
    - `segments`: that remain, of a label map.
    - `no_tumour`: no case has one.
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


def role_of_name(name: str) -> str | None:
    """Tell the role that a file's name, without its ending, or the head of a column means.

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
    """Gather the files of one reading, each with its role; `names` are the case's and reader's.

    Raises `InputRefused`: `agree.role_twice` where a role that holds one has several.
    """
    case, reader = names
    given: dict[str, tuple[Path, ...]] = {}
    for role, path in files:
        if role in given and role not in MANY:
            reason = f"{reader} has several files of {role}: {given[role][0].name}, {path.name}"
            raise InputRefused("agree.role_twice", case, reason, "keep the one that counts")
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


def take_case_file(
    names: tuple[str, str], request: Request, options: ReadingOptions
) -> ReadingFiles:
    """Take of a case file what volumes need: its masks and its plan."""
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


CASE_FILE = ".toml"
ENDING = re.compile(r"(\.seg)?\.(nii|nrrd|nhdr|mha|mhd|hdr|dcm)(\.gz)?$", re.IGNORECASE)
LAST_WORD = re.compile(r"^(?P<case>.+)[-_. ](?P<word>[^-_. ]+)$")
MOST_FILES = 20_000  # of one reader's folder [project's choice]


def read_folder(reader: str, folder: Path, options: ReadingOptions) -> Iterator[ReadingFiles]:
    """Find a reader's cases in a folder.

    `ID.toml` is a case file; `ID/` holds files named by their role (`liver.nii.gz`); `ID_ROLE.nii`
    lies beside the others, or `ID.nii` where the options tell what it is. Other files, such as a
    CT, are left alone.

    Raises `InputRefused`: `agree.no_folder` where there is none; `agree.no_role` where a mask's
    name tells no role; as `gather_reading` and `read_case_file`.
    """
    if not folder.is_dir():
        remedy = "name a folder for each reader, or one CSV with the columns id, reader and roles"
        raise InputRefused("agree.no_folder", folder.name or str(folder), "is no folder", remedy)
    note_input(folder)
    entries = sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    if len(entries) > MOST_FILES:
        reason = f"holds {len(entries):,} files, more than {MOST_FILES:,}"
        raise InputRefused("limit.files", folder.name, reason, "keep those of these cases in it")
    loose: dict[str, list[tuple[str, Path]]] = {}
    for entry in entries:
        if entry.is_dir():
            if found := [*_files_in(entry)]:
                yield gather_reading((entry.name, reader), found, options)
        elif entry.suffix == CASE_FILE:
            yield take_case_file((entry.stem, reader), read_case_file(entry), options)
        elif ENDING.search(entry.name):
            case, role = _of_loose(entry, options)
            loose.setdefault(case, []).append((role, entry))
    for case, files in loose.items():
        yield gather_reading((case, reader), files, options)


def _files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir()):
        stem = ENDING.sub("", path.name)
        if stem != path.name and (role := _role_of(stem)) is not None:
            yield role, path


def _role_of(stem: str) -> str | None:
    last = LAST_WORD.match(stem)
    return role_of_name(stem) or (role_of_name(last["word"]) if last else None)


def _of_loose(path: Path, options: ReadingOptions) -> tuple[str, str]:
    """Tell the case and the role of a file that lies beside those of other cases."""
    stem = ENDING.sub("", path.name)
    last = LAST_WORD.match(stem)
    if last and (role := role_of_name(last["word"])) is not None:
        return last["case"], role
    if role_of_name(stem) is not None:
        reason = "its name tells a role and no case"
        remedy = f"put it into a folder named by the case, or name it ID_{path.name}"
        raise InputRefused("agree.no_role", path.name, reason, remedy)
    if options.role is None:
        reason = "its name tells no role"
        remedy = f"name it {stem}_liver.nii.gz and the like, or say --role liver or labelmap"
        raise InputRefused("agree.no_role", path.name, reason, remedy)
    return stem, options.role


CODE = "agree.list"
CASE, READER, CASE_FILE_COLUMN = "id", "reader", "case"
NO_TUMOUR, TUMOUR = "no_tumour", "tumour"
HEADS = (CASE, READER, *NAMED, NO_TUMOUR, CASE_FILE_COLUMN)
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
    known = {CASE, READER, CASE_FILE_COLUMN, NO_TUMOUR, *roles}
    unknown = [*_find_unknown(columns, known)]
    wrong = [f"has columns that are not known: {join_told(unknown)}"] if unknown else []
    if not {CASE, READER} <= {*columns} or not (roles or CASE_FILE_COLUMN in columns):
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
    if said and given.get(CASE_FILE_COLUMN):
        raise ValueError(f"{NO_TUMOUR}: the case file says it itself")
    return replace(options, no_tumour=said)


def _as_reading(
    names: tuple[str, str],
    given: dict[str, str],
    roles: dict[str, str],
    folder: Path,
    options: ReadingOptions,
) -> ReadingFiles:
    if case_file := given.get(CASE_FILE_COLUMN):
        return take_case_file(names, read_case_file(folder / case_file), options)
    return gather_reading(names, [*_files(given, roles, folder)], options)


def _files(
    given: dict[str, str], roles: dict[str, str], folder: Path
) -> Iterator[tuple[str, Path]]:
    for column, role in roles.items():
        if cell := given.get(column):
            yield role, folder / cell
