"""Outputs on disk: whole or not at all, over nobody's file, and none that must not travel."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.source import note_output, require_apart
from fl_planner.record.head import MeasuredRecord


def check_output(path: Path, *, force: bool = False) -> None:
    """Refuse a place where no output can go; ask before a long computation.

    Raises `InputRefused`: `output.exists` without `force`, `output.not_a_file` for a folder or a
    device, `output.no_folder`, or `output.unwritable`; `output.is_input`, and `output.twice` for a
    place that was asked about before.
    """
    note_output(path)
    try:
        require_room(path, force=force)
    except OSError as error:
        raise unwritable(path, error) from error


def save(path: Path, content: bytes, *, force: bool = False) -> None:
    """Write an output under another name in the same folder, then give it its own.

    A reader sees the old file or the whole new one. The file may be read by whom the user's
    other new files may; until it is whole it lies in a folder of the user alone.

    Raises `InputRefused`: as `check_output`, and `output.unwritable` where the disk is full or goes
    away.
    """
    require_apart(path)
    try:
        require_room(path, force=force)
        with tempfile.TemporaryDirectory(prefix=".fl-planner-", dir=path.parent) as folder:
            draft = Path(folder, "draft")
            _write(draft, content)
            require_room(path, force=force)  # somebody else may have written it meanwhile
            draft.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error


def require_room(path: Path, *, force: bool) -> None:
    """Refuse a place where no file can go, as `check_output`; an `OSError` is the caller's."""
    name, folder = path.name or str(path), path.parent
    if not folder.is_dir():
        reason = f"there is no folder {folder.name} to put it in"
        raise InputRefused("output.no_folder", name, reason, "make the folder first")
    if path.exists() and not path.is_file():
        reason = "is a folder or a device, no file"
        raise InputRefused("output.not_a_file", name, reason, "name a file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(None, "no permission to write in its folder")
    if os.path.lexists(path) and not force:
        remedy = "choose another name, or replace it with --force"
        raise InputRefused("output.exists", name, "exists already", remedy)


def unwritable(path: Path, error: OSError) -> InputRefused:
    """Refuse a place that the system does not let be written; the message has no path."""
    reason = f"cannot be written: {error.strerror or type(error).__name__}"
    remedy = "choose a folder that you may write in, with room for it"
    return InputRefused("output.unwritable", path.name, reason, remedy)


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


def require_trusted(record: MeasuredRecord, name: str) -> None:
    """Refuse to export a plan with an error that no reader has accepted.

    Such a number is shown to the person who asked, beside the reason not to use it; a receiving
    system would keep the number and lose the reason. `name` is that of the output.

    Raises `InputRefused`: `output.doubtful`, naming the findings.
    """
    errors = [one.code for one in record.findings if one.severity == "error" and not one.accepted]
    if errors:
        reason = f"the plan has numbers that are not to be used: {', '.join(dict.fromkeys(errors))}"
        remedy = "correct what was found; or let a reader accept it in the case file ([[accepted]])"
        raise InputRefused("output.doubtful", name, reason, remedy)
