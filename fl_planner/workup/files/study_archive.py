"""Zip archives of a study: unpacked if they contain more than the slices of a CT.

A zip of slices alone is kept; the reader of a CT series unpacks it in memory.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from fl_planner.formats.read import VOLUMES, begins_scintigram, is_archive, is_drawn
from fl_planner.formats.stored.file import CLASS_LOOK
from fl_planner.formats.stored.file_size_limits import BOUNDED, MOST_MEMBERS, Limits, are_dense
from fl_planner.formats.stored.source import Source, is_left_by_system
from fl_planner.formats.stored.temporary import (
    clean_name,
    name_freely,
    private_folder,
    putting_aside,
)

PREFIX = "fl-planner-check-"
# of a damaged or encrypted archive, or of an unknown compression: its row states the reason
UNREADABLE = (BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error)


@contextmanager
def unpacked(
    paths: Sequence[Source], holds_masks: Callable[[Path], bool], limits: Limits
) -> Iterator[tuple[Source, ...]]:
    """Replace each zip that contains masks by a temporary folder with the same name and files.

    - `holds_masks`: whether a folder contains masks.

    Together, the archives may not exceed the size limit; an archive that does is refused later by
    its reader.

    Raises `InputRefused`: `output.temporary`.
    """
    archives = {
        number: path
        for number, path in enumerate(paths)
        if isinstance(path, Path) and is_archive(path, limits)
    }
    made, left = [*paths], limits.unpacked_bytes
    with private_folder(PREFIX) as folder:
        for number, path in archives.items():
            place = folder / str(number) / clean_name(path.name)
            with putting_aside():
                place.parent.mkdir(mode=0o700)
                size = unpack_study(path, place, left, ())
            if size and holds_masks(place):
                made[number] = place
                left -= size
        yield tuple(made)


def unpack_study(path: Path, place: Path, most: int, taken: Collection[str]) -> int:
    """Unpack a zip that may contain masks or scintigrams into a new folder, under unique names.

    Return the size of its files; 0 if it has none, exceeds the limit or cannot be read. Nothing
    is then left behind.

    - `most`: maximum size of its files in bytes; `taken`: names that are already used.
    """
    place.mkdir(mode=0o700)
    try:
        size = _unpack(path, place, most, {*taken})
    except UNREADABLE:
        size = 0
    if not size:
        shutil.rmtree(place)
    return size


def _unpack(path: Path, place: Path, most: int, used: set[str]) -> int:
    with ZipFile(path) as archive:
        members = [one for one in archive.infolist() if not _is_accessory(one)]
        size = sum(one.file_size for one in members)
        if size > most or are_dense(members) or len(members) > MOST_MEMBERS:
            return 0
        if any(one.compress_type not in BOUNDED for one in members):
            return 0
        if not any(_may_be_row(archive, one) for one in members):
            return 0
        for member in members:
            name = next(n for n in name_freely(clean_name(member.filename)) if n not in used)
            used.add(name)
            with archive.open(member) as packed, (place / name).open("xb") as written:
                shutil.copyfileobj(packed, written)
    return size


def _is_accessory(member: ZipInfo) -> bool:
    """Whether a member is a folder, or metadata that macOS adds to each file."""
    return member.is_dir() or is_left_by_system(PurePosixPath(member.filename).name)


def _may_be_row(archive: ZipFile, member: ZipInfo) -> bool:
    """Whether a file may contain a mask or a scintigram, by its name or its beginning."""
    if member.filename.lower().endswith(VOLUMES):
        return True
    with archive.open(member) as opened:
        head = opened.read(CLASS_LOOK)
    return bool(is_drawn(member.filename, head)) or begins_scintigram(member.filename, head)
