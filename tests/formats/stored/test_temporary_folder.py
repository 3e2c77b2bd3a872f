"""Folders for temporary files are removed, whenever the process is stopped."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from errno import EACCES, EPERM
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast
from unittest.mock import Mock

import pytest

from fl_planner.formats.stored.temporary import lock_file, private_folder, temporary_folder

# `root` removes everything: without these two rights it is a user as any other [capabilities(7)]
UNPRIVILEGED = """
import ctypes, os, sys
for right in (1, 2):
    ctypes.CDLL(None).prctl(24, right, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-c", *sys.argv[1:]])
"""
CLOSED = """
from fl_planner.formats.stored.temporary import temporary_folder
with temporary_folder() as folder:
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "liver.nii").touch()
    (folder / "a" / "c").symlink_to("/")
    for place in (inner, inner.parent):
        place.chmod(0)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    "create", [temporary_folder, partial(private_folder, "page-")], ids=["temporary", "page"]
)
def test_a_stop_while_the_folder_is_removed_leaves_no_mask(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    stop_signal: int,
    create: Callable[[], AbstractContextManager[Path]],
) -> None:
    """With one of two masks removed: the other is not left either."""
    remove = shutil.rmtree

    def stopped(folder: Path, *_: object, **__: object) -> None:
        monkeypatch.setattr(shutil, "rmtree", remove)
        Path(folder, "liver.nii").unlink()
        signal.raise_signal(stop_signal)

    def fill(folder: Path) -> None:
        for name in ("liver.nii", "flr.nii"):
            (folder / name).touch()
        monkeypatch.setattr(shutil, "rmtree", stopped)

    with pytest.raises(KeyboardInterrupt), create() as folder:
        fill(folder)
    assert [*place.iterdir()] == []


@pytest.mark.usefixtures("stopped_at_new_folder")
def test_a_stop_while_the_folder_is_created_leaves_no_folder(place: Path) -> None:
    with pytest.raises(KeyboardInterrupt), temporary_folder():
        pass
    assert [*place.iterdir()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="has no such permissions")
def test_folders_that_a_program_has_written_without_permissions_are_removed(place: Path) -> None:
    """As some engines do; a link in them is removed, and the folder it leads to is not changed."""
    ran = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, CLOSED], capture_output=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert [*place.iterdir()] == []


def test_on_windows_a_file_is_locked_by_one_or_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`msvcrt.locking` raises OSError (EACCES) for a region that is locked [Python's library]."""
    held: dict[int, range] = {}  # the region begins at the current position

    def locking(number: int, mode: str, size: int) -> None:
        assert mode == "at once"
        start = os.lseek(number, 0, os.SEEK_CUR)
        if any(start < one.stop and one.start < start + size for one in held.values()):
            raise PermissionError(EACCES, "Permission denied")
        held[number] = range(start, start + size)

    def close(lock: int | None) -> None:
        assert lock is not None
        os.close(lock)
        del held[lock]

    monkeypatch.setattr(sys, "platform", "win32")
    system = SimpleNamespace(locking=locking, LK_NBLCK="at once")
    monkeypatch.setitem(sys.modules, "msvcrt", cast("ModuleType", system))
    lock = partial(lock_file, tmp_path / "lock")
    first = lock()
    assert (lock(), lock(alone=False)) == (None, None)
    close(first)
    shared = [lock(alone=False) for _ in range(2)]
    assert lock() is None
    for one in shared:
        close(one)
    close(lock())


@pytest.mark.skipif(sys.platform == "win32", reason="of other systems")
def test_a_folder_is_created_where_no_lock_is_permitted(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restricted container refuses locks; it does not mean that another process has one."""

    def refuse(*_: object) -> None:
        raise PermissionError(EPERM, "Operation not permitted")

    first = place / "first"
    first.mkdir()
    once = Mock(side_effect=[str(first)])  # a second folder is not asked for
    monkeypatch.setattr("fcntl.flock", refuse)
    monkeypatch.setattr("fl_planner.formats.stored.temporary.mkdtemp", once)
    with private_folder("first") as folder:
        assert folder == first
    with pytest.raises(PermissionError):
        lock_file(place / "lock")


def test_only_the_user_can_enter_the_folder(place: Path) -> None:
    with temporary_folder() as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o777 == 0o700
