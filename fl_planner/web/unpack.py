"""Dropped zip archives of a study: unpacked where they contain more than the slices of a CT.

A zip of slices alone stays as it was dropped, and is read as the command line reads it.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterable
from pathlib import Path
from secrets import token_hex
from zipfile import BadZipFile, ZipFile, ZipInfo

from fl_planner.formats.stored.temporary import putting_aside
from fl_planner.web.form import MOST_UNPACKED, ZIP, clean_name, list_dropped, name_freely, within
from fl_planner.workup.files.check import contains_masks

# of a damaged or encrypted archive, or of an unknown compression: its row states the reason
UNREADABLE = (BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error)


def unpack_studies(folder: Path) -> None:
    """Replace each dropped zip that contains masks by a folder of its name with its files.

    Archives were checked when they were received; together they may not exceed the size limit.

    Raises `InputRefused`: `output.temporary`.
    """
    left = MOST_UNPACKED
    taken = {one.name for path in list_dropped(folder) for one in (path, *within(path))}
    for path in list_dropped(folder):
        if not _is_zip(path):
            continue
        place = folder / token_hex(8)
        with putting_aside():
            try:
                size = _unpack(path, place, left, taken)
            except UNREADABLE:
                size = 0
            if size and contains_masks(place):
                left -= size
                path.unlink()
                place.rename(path)
            else:
                shutil.rmtree(place, ignore_errors=True)


def _is_zip(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as opened:
        return opened.read(len(ZIP)) == ZIP


def _unpack(path: Path, place: Path, most: int, taken: Iterable[str]) -> int:
    """Unpack all files into one folder under unique names; 0 if they exceed the limit."""
    place.mkdir(mode=0o700)
    used = {*taken}
    with ZipFile(path) as archive:
        members: list[ZipInfo] = [one for one in archive.infolist() if not one.is_dir()]
        size = sum(one.file_size for one in members)
        if size > most:
            return 0
        for member in members:
            name = next(n for n in name_freely(clean_name(member.filename)) if n not in used)
            used.add(name)
            with archive.open(member) as packed, (place / name).open("xb") as written:
                shutil.copyfileobj(packed, written)
    return size
