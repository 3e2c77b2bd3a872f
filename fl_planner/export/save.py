"""Write outputs completely or not at all, without overwriting, and only if they may be exported."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.source import note_output, require_apart
from fl_planner.record.head import MeasuredRecord

DRAFT = ".fl-planner-"  # begins the name of a folder with unfinished files


def check_output(path: Path, *, force: bool = False) -> None:
    """Check that an output can be written; call before a long computation.

    Raises `InputRefused`: `output.exists` without `force`, `output.not_a_file` for a folder or a
    device, `output.no_folder`, or `output.unwritable`; `output.is_input`, and `output.twice` for a
    path that was already checked.
    """
    note_output(path)
    try:
        require_room(path, force=force)
    except OSError as error:
        raise unwritable(path, error) from error


def save(path: Path, content: bytes, *, force: bool = False) -> None:
    """Write an output under a temporary name in the same folder, then rename it.

    A reader sees either the old file or the complete new one. The file has the permissions of the
    user's other new files; until it is complete, it is in a folder that only this user can enter.

    Raises `InputRefused`: see `check_output`, and `output.unwritable` if the disk is full or
    removed.
    """
    require_apart(path)
    try:
        require_room(path, force=force)
        with draft_folder(path.parent) as folder:
            draft = folder / "draft"
            _write(draft, content)
            if force or not _link(draft, path):
                require_room(path, force=force)  # another process may have written it meanwhile
                draft.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error


@contextmanager
def draft_folder(parent: Path) -> Iterator[Path]:
    """Create a folder for unfinished files, which only this user can enter, and remove it.

    Its name is known before it exists, so that a stop while it is created does not leave it. If the
    process is stopped while the folder is being removed, the removal is completed.
    """
    folder = parent / f"{DRAFT}{os.urandom(8).hex()}"
    try:
        folder.mkdir(0o700)
        yield folder
    finally:
        try:
            _remove(folder)
        except KeyboardInterrupt:
            _remove(folder)
            raise


def _remove(folder: Path) -> None:
    if folder.is_dir():  # not if it was not created, or its parent was removed
        shutil.rmtree(folder)


def remove_drafts(parent: Path) -> None:
    """Remove the unfinished files that a killed process left in a folder."""
    for draft in parent.glob(f"{DRAFT}*"):
        shutil.rmtree(draft, ignore_errors=True)


def require_room(path: Path, *, force: bool) -> None:
    """Refuse a path that cannot be written, as `check_output` does; `OSError` is not handled."""
    name, folder = path.name or str(path), path.parent
    if not folder.is_dir():
        reason = f"the folder {folder.name} does not exist"
        raise InputRefused("output.no_folder", name, reason, "create the folder first")
    if path.exists() and not path.is_file():
        reason = "this is a folder or a device, not a file"
        raise InputRefused("output.not_a_file", name, reason, "give the name of a file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(None, "no permission to write to its folder")
    if os.path.lexists(path) and not force:
        remedy = "give another name, or use --force to replace the existing output"
        raise InputRefused("output.exists", name, "the output already exists", remedy)


def unwritable(path: Path, error: OSError) -> InputRefused:
    """Refuse a path without write permission; the message does not contain the path."""
    reason = f"the file cannot be written: {error.strerror or type(error).__name__}"
    remedy = "give a writable folder with enough free space"
    return InputRefused("output.unwritable", path.name, reason, remedy)


def check_folder(path: Path, names: Collection[str], *, force: bool = False) -> None:
    """Check that a folder with these files can be written; call before a long computation.

    Raises `InputRefused`: see `check_output`; and `output.not_a_folder` for a file or a link,
    `output.other_files` for a folder that contains anything else, which would be lost.
    """
    note_output(path)
    try:
        _check(path, names, force)
    except OSError as error:
        raise unwritable(path, error) from error


def list_names(folder: Path) -> set[str]:
    """List the files of an earlier output; none if `check_folder` will refuse the folder."""
    try:
        return {one.name for one in folder.iterdir()}
    except OSError:
        return set()


def save_folder(
    path: Path, files: Mapping[str, bytes], *, force: bool = False, instead_of: Collection[str] = ()
) -> None:
    """Write files into a folder with a temporary name, then rename it.

    - `instead_of`: names of this program's files that are removed with the replaced folder.

    A replaced folder is removed only when the new one is complete, and is restored if the new one
    cannot be moved to its location.

    Raises `InputRefused`: see `check_folder`; and `output.unwritable` if the disk is full or
    removed.
    """
    names = {*files, *instead_of}
    require_apart(path)
    try:
        _check(path, names, force)
        with draft_folder(path.parent) as place:
            draft, old = place / "draft", place / "old"
            draft.mkdir()
            for name, content in files.items():
                _write(draft / name, content)
            _check(path, names, force)  # another process may have written it meanwhile
            try:
                if force and path.is_dir():
                    path.replace(old)
                elif path.is_dir():
                    path.rmdir()  # fails if another process has just filled it
                draft.replace(path)
            except OSError:
                _check(path, names, force)
                raise
            finally:
                if old.is_dir() and not path.exists():  # after an error, or Ctrl-C between both
                    old.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error


def _link(draft: Path, path: Path) -> bool:
    """Link a complete file to its name; False if the name is used, or links are not supported.

    Unlike `Path.replace`, this cannot replace a file that another process has just written.
    """
    try:
        os.link(draft, path)
    except OSError:
        return False
    return True


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
        reason = "this is a file or a link, not a folder"
        raise InputRefused("output.not_a_folder", path.name, reason, "give the name of a folder")
    held, name = {one.name for one in path.iterdir()}, path.name or str(path)
    if held - {*names}:
        reason = "the folder contains other files, which would be lost"
        raise InputRefused("output.other_files", name, reason, "give the name of a new folder")
    if held and not force:
        remedy = "give another name, or use --force to replace the existing output"
        raise InputRefused("output.exists", name, "the output already exists", remedy)


def require_trusted(record: MeasuredRecord, name: str) -> None:
    """Refuse to export a plan with an error that was not accepted by a reader.

    Such a number is shown to the user with the reason not to use it; a receiving system would keep
    the number without the reason. `name` is that of the output.

    Raises `InputRefused`: `output.doubtful`, naming the findings.
    """
    errors = [one.code for one in record.findings if one.severity == "error" and not one.accepted]
    if errors:
        codes = ", ".join(dict.fromkeys(errors))
        reason = f"the plan contains numbers that must not be used (findings: {codes})"
        remedy = (
            "correct the cause, or record a reader's acceptance ([[accepted]] in the case file)"
        )
        raise InputRefused("output.doubtful", name, reason, remedy)
