"""A reader's folder: case files, a folder for each case, or files that begin with the case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.places import note_input
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.intake.readings.readings import (
    ReadingFiles,
    ReadingOptions,
    gather_reading,
    role_of_name,
    take_case_file,
)

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
