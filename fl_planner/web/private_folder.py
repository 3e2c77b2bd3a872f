"""A folder of this server alone, for what is dropped onto the page."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir, mkdtemp

PREFIX = "fl-planner-page-"
OWNER = "owner"  # a file that is locked while its server runs


@contextmanager
def private_folder(within: Path | None = None) -> Iterator[Path]:
    """Make a folder that only this user can enter, and remove it at the end.

    Folders that servers left behind, because they were killed, are removed first.
    """
    place = Path(gettempdir()) if within is None else within
    remove_stale(place)
    folder = Path(mkdtemp(prefix=PREFIX, dir=place))  # 0700
    lock = _lock(folder / OWNER)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_stale(place: Path) -> None:
    """Remove the folders of servers that run no more; none of another user, and no link."""
    if sys.platform == "win32":  # has no such locks: what is left stays for the system to clear
        return
    for folder in place.glob(f"{PREFIX}*"):
        told = folder.lstat()
        if not stat.S_ISDIR(told.st_mode) or told.st_uid != os.getuid():
            continue
        lock = _lock(folder / OWNER)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _lock(path: Path) -> int | None:
    """Lock a file for as long as this process lives; None where another one holds it."""
    if sys.platform == "win32":
        return None
    import fcntl

    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
