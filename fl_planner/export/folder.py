"""Several outputs as one folder: all of them whole or none, and no other file is lost."""

import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.export.save import require_room, unwritable
from fl_planner.formats.stored.places import note_output, require_apart


def check_folder(path: Path, names: Collection[str], *, force: bool = False) -> None:
    """Refuse a place where no folder with these files can go; ask before a long computation.

    Raises `InputRefused`: as `check_output`; and `output.not_a_folder` for a file or a link,
    `output.other_files` for a folder that holds anything else, which would be lost.
    """
    note_output(path)
    try:
        _check(path, names, force)
    except OSError as error:
        raise unwritable(path, error) from error


def save_folder(
    path: Path, files: Mapping[str, bytes], *, force: bool = False, instead_of: Collection[str] = ()
) -> None:
    """Write files into a folder of another name, then give it its own.

    - `instead_of`: names of files of ours that go with the folder that is replaced.

    A folder that is replaced goes only when the new one is whole, and comes back where that
    cannot take its place.

    Raises `InputRefused`: as `check_folder`; and `output.unwritable` where the disk is full or goes
    away.
    """
    names = {*files, *instead_of}
    require_apart(path)
    try:
        _check(path, names, force)
        with tempfile.TemporaryDirectory(prefix=".fl-planner-", dir=path.parent) as place:
            draft, old = Path(place, "draft"), Path(place, "old")
            draft.mkdir()
            for name, content in files.items():
                _write(draft / name, content)
            _check(path, names, force)  # somebody else may have written it meanwhile
            if path.is_dir():
                path.replace(old)
            try:
                draft.replace(path)
            except OSError:
                if old.is_dir():
                    old.replace(path)
                raise
    except OSError as error:
        raise unwritable(path, error) from error


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # else a power cut may leave an empty file


def _check(path: Path, names: Collection[str], force: bool) -> None:
    if not os.path.lexists(path):
        require_room(path, force=force)  # asks for the folder that it goes into
        return
    if path.is_symlink() or not path.is_dir():
        reason = "is a file or a link, no folder"
        raise InputRefused("output.not_a_folder", path.name, reason, "name a folder")
    held, name = {one.name for one in path.iterdir()}, path.name or str(path)
    if held - {*names}:
        reason = "holds other files, which would be lost"
        raise InputRefused("output.other_files", name, reason, "name a new folder")
    if held and not force:
        remedy = "choose another name, or replace it with --force"
        raise InputRefused("output.exists", name, "exists already", remedy)
