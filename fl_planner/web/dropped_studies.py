"""Dropped studies: zip archives are unpacked, slices put into one folder, scintigrams taken out.

A zip that contains only slices is kept unchanged and read as on the command line.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from hashlib import sha256
from os.path import lexists
from pathlib import Path
from secrets import token_hex

from fl_planner.formats.read import find_series, is_scintigram
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.temporary import putting_aside
from fl_planner.web.form import CASE, MOST_UNPACKED, ZIP, list_dropped, within
from fl_planner.web.limits import FILE_GIB
from fl_planner.workup.files.check import contains_masks
from fl_planner.workup.files.study_archive import unpack_study


def unpack_studies(folder: Path, used: Collection[str]) -> None:
    """Replace each dropped zip with masks or scintigrams by a folder of the same name and files.

    - `used`: names of files to which a case file refers; these are kept unchanged.

    Archives were checked on receipt; their total size must not exceed the size limit.

    Raises `InputRefused`: `output.temporary`.
    """
    left = MOST_UNPACKED
    taken = {one.name for path in list_dropped(folder) for one in (path, *within(path))}
    for path in list_dropped(folder):
        if path.name in used or not _is_zip(path):
            continue
        place = folder / token_hex(8)
        with putting_aside():
            size = unpack_study(path, place, left, taken)
            found = (is_scintigram(one, Limits.of_gib(FILE_GIB)) for one in within(place))
            if size and (contains_masks(place) or any(found)):
                left -= size
                taken |= {one.name for one in within(place)}
                path.unlink()
                place.rename(path)
            else:
                shutil.rmtree(place, ignore_errors=True)


def _is_zip(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as opened:
        return opened.read(len(ZIP)) == ZIP


FEWEST = 2  # slices; a single one stays a file
KEY = 6  # characters of the key of a series in the name of its folder [project's choice]


def separate_scintigrams(folder: Path, used: Collection[str]) -> None:
    """Move each scintigram out of its dropped folder, so that it is a row that can have a role.

    A folder is read as the slices of a CT: a scintigram in it is refused, or left out next to
    slices. A folder that is left empty is removed.

    - `used`: names of files to which a case file refers; these stay where they are.

    Raises `InputRefused`: `output.temporary`.
    """
    places = [one for one in list_dropped(folder) if one.is_dir() and not one.is_symlink()]
    for place in places:
        own = [one for one in within(place) if one.name not in used and not one.is_symlink()]
        own = [one for one in own if one.suffix.lower() != CASE]  # it would be read as a case file
        found = [one for one in own if is_scintigram(one, Limits.of_gib(FILE_GIB))]
        with putting_aside():
            for path in found:
                if not lexists(folder / path.name):  # otherwise it stays in its folder
                    path.rename(folder / path.name)
            if found and not any(within(place)):
                shutil.rmtree(place)


def gather_slices(folder: Path, used: Collection[str] = ()) -> None:
    """Move the loose slices of each CT series into one folder, so that a series is one row.

    Slices added later join the folder of their series. The name of the folder contains no
    identifier: it ends with a part of the hash of the series.

    - `used`: names of files to which a case file refers; these stay where they are.

    Raises `InputRefused`: `output.temporary`.
    """
    found: dict[str, list[Path]] = {}
    for path in list_dropped(folder):
        if path.name in used or path.is_symlink() or not path.is_file():
            continue
        if (series := find_series(path, Limits.of_gib(FILE_GIB))) is not None:
            found.setdefault(series, []).append(path)
    for series, slices in found.items():
        place = folder / f"CT series {sha256(series.encode()).hexdigest()[:KEY]}"
        if len(slices) < FEWEST and not place.is_dir():
            continue
        with putting_aside():
            place.mkdir(mode=0o700, exist_ok=True)
            for path in slices:
                if not (place / path.name).exists():  # otherwise it stays a row of its own
                    path.rename(place / path.name)
