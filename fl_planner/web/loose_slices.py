"""CT slices that were dropped one by one: those of one series are put into one folder."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

from fl_planner.formats.read import find_series
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.temporary import putting_aside
from fl_planner.web.form import list_dropped
from fl_planner.web.limits import FILE_GIB

FEWEST = 2  # slices; a single one stays a file
KEY = 6  # characters of the key of a series in the name of its folder [project's choice]


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
        series = find_series(path, Limits.of_gib(FILE_GIB))
        if series is not None:
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
