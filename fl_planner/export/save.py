"""Write outputs completely or not at all, without overwriting, and only if they may be exported.

Each is first written in a folder for unfinished files next to it, and then renamed. Outputs saved
together are renamed when all are complete.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from errno import ENAMETOOLONG
from pathlib import Path

from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.source import is_left_by_system, note_output, require_apart
from fl_planner.formats.stored.temporary import name_folder, remove_folder, removed_folder
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


def save(path: Path, content: bytes, *, force: bool = False, apart: bool = False) -> None:
    """Write an output under a temporary name in the same folder, then rename it.

    - `apart`: it is written even if other outputs are not, as the log of a program that failed.

    A reader sees either the old file or the complete new one. The file has the permissions of the
    user's other new files; until it is complete, it is in a folder that only this user can enter.

    Raises `InputRefused`: see `check_output`, and `output.unwritable` if the disk is full or
    removed.
    """
    require_apart(path)
    with _refusing(path), saving_together(apart=apart):
        require_room(path, force=force)
        with _drafting(path, None, force=force) as draft:
            _write(draft, content)


def draft_folder(parent: Path) -> AbstractContextManager[Path]:
    """Create a folder for unfinished files, which only this user can enter, and remove it."""
    return removed_folder(parent, DRAFT)


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
    if error.errno == ENAMETOOLONG:
        remedy = "use a shorter name or path"
    elif isinstance(error, PermissionError) and sys.platform == "win32":  # it locks open files
        remedy = "close the file in other programs, or give a writable folder"
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
    names = frozenset({*files, *instead_of})
    require_apart(path)
    with _refusing(path), saving_together():
        _check(path, names, force)
        with _drafting(path, names, force=force) as draft:
            draft.mkdir()
            for name, content in files.items():
                _write(draft / name, content)


class _Output(Struct, frozen=True):
    """An output and its draft.

    - `place`: folder with the draft and, while it is replaced, the previous output.
    - `names`: files that the folder may contain; None for a file.
    """

    path: Path
    place: Path
    names: frozenset[str] | None
    force: bool

    @property
    def draft(self) -> Path:
        return self.place / "draft"

    @property
    def old(self) -> Path:
        return self.place / "old"

    def require_room(self) -> None:
        if self.names is None:
            require_room(self.path, force=self.force)
        else:
            _check(self.path, self.names, self.force)

    def put(self) -> None:
        """Rename the draft, unless another process has written the output meanwhile."""
        if self.names is None:
            if self.force or not _link(self.draft, self.path):
                self.require_room()
                self.draft.replace(self.path)
            return
        try:
            if not self.force and self.path.is_dir():
                for one in self.path.iterdir():
                    if is_left_by_system(one.name):
                        one.unlink()
                self.path.rmdir()  # fails if another process has just filled it
            self.draft.replace(self.path)
        except OSError:
            self.require_room()
            raise

    def restore(self, *, is_aside: bool) -> None:
        """Restore what was there before, after an error, or Ctrl-C at any step.

        - `is_aside`: whether this was moved aside, or may have been.
        """
        if self._is_put():
            self.path.replace(self.place / "undone")
        if is_aside and not os.path.lexists(self.path):
            self.old.replace(self.path)

    def _is_put(self) -> bool:
        if not os.path.lexists(self.draft):
            return True
        return self.path.exists() and self.path.samefile(self.draft)  # linked


class _Group(Struct, frozen=True):
    """Outputs that are saved together, and the folders of their drafts.

    - `kept`: folders to which a previous output was moved; not removed unless it is replaced or
      restored.
    """

    places: ExitStack
    outputs: list[_Output]
    kept: set[Path]

    def add_place(self, path: Path) -> Path:
        """Create the folder for the draft of an output, which is removed at the end."""
        place = name_folder(path.parent, DRAFT)
        self.places.callback(self._remove, path, place)
        place.mkdir(0o700)
        return place

    def _remove(self, path: Path, place: Path) -> None:
        if place not in self.kept:
            with _refusing(path):
                remove_folder(place)

    def put(self) -> None:
        """Rename all drafts; previous outputs are moved aside first, and restored after an error.

        If the process is killed, outputs are missing, and none is next to one of another run.

        Raises `InputRefused`: `output.unwritable`, naming the folders of outputs not restored.
        """
        match self.outputs:
            case [_Output(names=None) as alone]:
                alone.put()
                return
        is_done = False
        try:
            for step in (self._set_aside, _Output.put):
                for one in self.outputs:
                    with _refusing(one.path):
                        step(one)
            is_done = True
            self.kept.clear()
        finally:
            if not is_done:
                try:
                    self._restore()
                finally:
                    self._require_restored()

    def _set_aside(self, output: _Output) -> None:
        output.require_room()  # another process may have written it meanwhile
        if not output.force or not os.path.lexists(output.path):
            return
        self.kept.add(output.place)  # first: a stop meanwhile must not remove it
        try:
            output.path.replace(output.old)
        except OSError:  # of a network drive also after it was moved
            if not os.path.lexists(output.old):
                self.kept.discard(output.place)
            raise

    def _restore(self) -> None:
        with ExitStack() as steps:  # takes each, whatever becomes of the others
            for one in self.outputs:
                steps.callback(self._restore_one, one)

    def _restore_one(self, output: _Output) -> None:
        with _refusing(output.path):
            output.restore(is_aside=output.place in self.kept)
        self.kept.discard(output.place)

    def _require_restored(self) -> None:
        """Refuse previous outputs that cannot be moved back, naming their folders."""
        if left := [one for one in self.outputs if one.place in self.kept]:
            names = ", ".join(one.path.name for one in left)
            places = ", ".join(one.place.name for one in left)
            folders = f"folder {places}" if len(left) == 1 else f"folders {places}"
            reason = "an error occurred, and the previous output cannot be moved back"
            remedy = f"move it back from the hidden {folders}, where it is named old"
            raise InputRefused("output.unwritable", names, reason, remedy)


_TOGETHER: ContextVar[_Group | None] = ContextVar("saved together", default=None)


@contextmanager
def saving_together(*, apart: bool = False) -> Iterator[None]:
    """Save the outputs of the enclosed code at its end, all or none.

    - `apart`: not together with those of the code around it.

    Each call of `save` and `save_folder` within writes a complete draft to the disk. If the code
    fails, or one output cannot be saved, those that were there before are unchanged.

    Raises `InputRefused`: as `save` and `save_folder`.
    """
    if _TOGETHER.get() is not None and not apart:  # with those of the code around it
        yield
        return
    with ExitStack() as places:
        group, before = _Group(places, [], set()), _TOGETHER.get()
        try:
            _TOGETHER.set(group)  # a stop meanwhile must not leave it to later outputs
            yield
        finally:
            _TOGETHER.set(before)
        group.put()


@contextmanager
def _drafting(path: Path, names: frozenset[str] | None, *, force: bool) -> Iterator[Path]:
    """Provide the path of a draft; a complete one belongs to the outputs saved together."""
    group = _TOGETHER.get()
    assert group is not None
    output = _Output(path, group.add_place(path), names, force)
    yield output.draft
    group.outputs.append(output)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
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
    name = path.name or str(path)
    held = {one.name for one in path.iterdir() if not is_left_by_system(one.name)}
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
