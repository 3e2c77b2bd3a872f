"""An output on disk: whole or not at all, and never over another file unasked."""

import os
import tempfile
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.places import note_output, require_apart


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
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())  # else a power cut may leave an empty file
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
