"""Dropped zip archives of a study: unpacked if they contain more than the slices of a CT.

A zip that contains only slices is kept unchanged and read as on the command line.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path
from secrets import token_hex

from fl_planner.formats.stored.temporary import putting_aside
from fl_planner.web.form import MOST_UNPACKED, ZIP, list_dropped, within
from fl_planner.workup.files.check import contains_masks
from fl_planner.workup.files.study_archive import unpack_study


def unpack_studies(folder: Path, used: Collection[str] = ()) -> None:
    """Replace each dropped zip that contains masks with a folder of the same name and files.

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
            if size and contains_masks(place):
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
