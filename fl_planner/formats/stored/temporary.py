"""Folders for temporary files with safe names, and child processes that import nothing else.

If the given folder cannot be used, Python silently uses another one, ultimately the working folder.
Files of patients are only written to the folder given by the user, and are removed.

The working folder may contain files from other people. Python searches it before its own library
for `-m`, `-c` and spawned processes, so that a file `random.py` in it would run.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EDQUOT, EFBIG, ENOENT, ENOSPC, EROFS
from itertools import count, groupby
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from threading import Lock
from unicodedata import category

from fl_planner.basis.findings import InputRefused

MOST_NAME, MOST_NAME_BYTES = 100, 200  # of a file name; file systems accept 255 bytes of UTF-8
UNNAMED, OMITTED = "file", "..."
DEVICES = r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?"  # names that Windows reserves
LOCKED_BYTES = 1 << 24  # of a lock file on Windows, also beyond its end
PLAIN, MARKS = frozenset(".+-_"), "M"  # combining marks belong to the preceding letter


def clean_name(stated_name: str) -> str:
    r"""Return a file name without folders, with letters, digits and `. + - _` only.

    Examples
    --------
    >>> clean_name("..\\..\\etc/passwd"), clean_name("C:/x/FLR (2).nii.gz"), clean_name("..")
    ('passwd', 'FLR_2_.nii.gz', 'file')
    >>> clean_name("aux.dcm")
    'file_aux.dcm'
    """
    base = stated_name.replace("\\", "/").rpartition("/")[2]
    name = "".join("".join(signs) if kept else "_" for kept, signs in groupby(base, _is_kept))
    short = _shorten(name.lstrip(".-_")) or UNNAMED
    return f"{UNNAMED}_{short}" if re.fullmatch(DEVICES, short) else short


def _shorten(name: str) -> str:
    """Cut a long name in its middle: it often begins with the structure, and ends with the format.

    A cut name that another file has already is altered where files are stored.
    """
    if len(name) <= MOST_NAME and len(name.encode()) <= MOST_NAME_BYTES:
        return name
    kept, octets = ((most - len(OMITTED)) // 2 for most in (MOST_NAME, MOST_NAME_BYTES))
    start = name[:kept].encode()[:octets].decode("utf-8", "ignore")
    return f"{start}{OMITTED}{name[-kept:].encode()[-octets:].decode('utf-8', 'ignore')}"


def _is_kept(sign: str) -> bool:
    return sign in PLAIN or sign.isalnum() or category(sign).startswith(MARKS)


def name_freely(name: str) -> Iterator[str]:
    """Iterate over a name and its alternatives."""
    yield name
    yield from (f"copy{number}_{name}" for number in count(2))


NAMES = ("TMPDIR", "TEMP", "TMP")  # of the environment, as `tempfile` asks for them
USUAL = ("/tmp", "/var/tmp", "/usr/tmp")
OWNER = "owner"  # a file of a folder that is locked while its process lives
FULL = frozenset({ENOSPC, EDQUOT, EFBIG})  # errors of a disk that takes no more
NO_PLACE = "there is no writable folder"
REMEDY = (
    "free up disk space, or set the environment variable TMPDIR to a writable folder with free "
    "space"
)


@contextmanager
def putting_aside() -> Iterator[None]:
    """Convert failures of the folder for temporary files to refusals.

    The code within must not touch other files, or must refuse their failures itself.

    Raises `InputRefused`: `output.temporary`.
    """
    try:
        _require_private_folder()
        yield
    except OSError as error:
        raise refuse_temporary(error) from error


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Create a folder that only this user can enter, and remove it at the end.

    Raises `InputRefused`: as for `putting_aside`.
    """
    with putting_aside(), removed_folder(Path(gettempdir()), "fl-planner-") as folder:
        yield folder


@contextmanager
def removed_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Create a folder that only this user can enter, and remove it at the end, even after a stop.

    Its name is known before it exists, so that a stop while it is created does not leave it.
    """
    folder = name_folder(parent, prefix)
    try:
        folder.mkdir(0o700)
        yield folder
    finally:
        remove_folder(folder)


def name_folder(parent: Path, prefix: str) -> Path:
    """Return the path of a new folder with a random name."""
    return parent / f"{prefix}{os.urandom(8).hex()}"


def remove_folder(folder: Path, *, ignore_errors: bool = False) -> None:
    """Remove a folder; if the process is stopped meanwhile, the removal is completed.

    - `ignore_errors`: files that cannot be removed are left.
    """
    try:
        _remove_existing(folder, ignore_errors)
    except KeyboardInterrupt:
        _remove_existing(folder, ignore_errors)
        raise


def _remove_existing(folder: Path, ignore_errors: bool) -> None:
    if not folder.is_dir():  # it was not created, or its parent was removed
        return
    try:
        shutil.rmtree(folder, ignore_errors)
    except PermissionError:  # a program has written a folder without permissions
        _permit_all(folder)
        shutil.rmtree(folder)


def _permit_all(folder: Path) -> None:
    for place, folders, files in os.walk(folder):
        # Windows does not remove read-only files
        held = (*folders, *files) if sys.platform == "win32" else folders
        for inner in (Path(place, name) for name in held):
            if not inner.is_symlink():
                inner.chmod(0o700)  # before it is listed


@contextmanager
def private_folder(prefix: str, within: Path | None = None) -> Iterator[Path]:
    """Create a folder that only this user can enter, and remove it at the end.

    - `prefix`: beginning of its name; folders with this beginning that a killed process left behind
      are removed first.
    - `within`: its parent; by default the folder for temporary files.

    Raises `InputRefused`: `output.temporary`.
    """
    remove_stale(prefix, within)
    with putting_aside():
        folder, lock = _make_locked(prefix, Path(gettempdir()) if within is None else within)
    try:
        yield folder
    finally:
        remove_folder(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_stale(prefix: str, within: Path | None = None) -> None:
    """Remove folders of processes that have ended; never links or folders of other users.

    Raises `InputRefused`: `output.temporary` if there is no folder for temporary files.
    """
    with putting_aside():
        place = Path(gettempdir()) if within is None else within
    if sys.platform == "win32":  # has no such locks: what is left stays for the system to clear
        return
    for folder in place.glob(f"{prefix}*"):
        with suppress(OSError):  # another process removes it, or it has no lock that can be taken
            state = folder.lstat()
            if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid():
                continue
            if (lock := lock_file(folder / OWNER, flags=os.O_NOFOLLOW)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _make_locked(prefix: str, place: Path) -> tuple[Path, int | None]:
    """Create a folder, and lock it before another process removes it as abandoned."""
    while True:
        folder = Path(mkdtemp(prefix=prefix, dir=place))  # 0700
        if sys.platform == "win32":
            return folder, None
        try:
            lock = lock_file(folder / OWNER, flags=os.O_NOFOLLOW)
        except FileNotFoundError:  # another process begins now, and was faster
            continue
        except OSError:  # there are no locks here, for another process neither
            return folder, None
        if lock is None:  # also then
            continue
        if os.fstat(lock).st_nlink:
            return folder, lock
        os.close(lock)  # it was removed meanwhile


def lock_file(path: Path, *, alone: bool = True, flags: int = 0) -> int | None:
    """Lock a file until this process ends; None if another process has locked it.

    - `flags`: further flags with which it is opened.

    The lock is exclusive if `alone`; otherwise it is shared. Windows has exclusive locks only: a
    shared lock is on one byte chosen at random, and an exclusive lock on all of these bytes.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            if not alone:
                os.lseek(lock, int.from_bytes(os.urandom(3), "big"), os.SEEK_SET)
            msvcrt.locking(lock, msvcrt.LK_NBLCK, LOCKED_BYTES if alone else 1)
        else:
            import fcntl

            kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        # elsewhere than on Windows, this error means that locks are not permitted at all
        if isinstance(error, PermissionError if sys.platform == "win32" else BlockingIOError):
            return None
        raise
    return lock


def refuse_temporary(error: OSError) -> InputRefused:
    """Return the refusal for an error of a temporary file; the message has no path.

    Examples
    --------
    >>> str(refuse_temporary(OSError(ENOSPC, "No space left on device", "/tmp/of a patient")))
    ... # doctest: +NORMALIZE_WHITESPACE
    'folder for temporary files: no file can be written to the folder: No space left on device;
    free up disk space, or set the environment variable TMPDIR to a writable folder with free space'
    """
    detail = NO_PLACE if error.errno == ENOENT else error.strerror or type(error).__name__
    reason = f"no file can be written to the folder: {detail}"
    return InputRefused("output.temporary", "folder for temporary files", reason, REMEDY)


def _require_private_folder() -> None:
    """Require the folder given by the user for temporary files, never the working folder."""
    found = gettempdir()
    named = next((place for name in NAMES if (place := os.environ.get(name))), None)
    if named is not None:
        if not _is_same(named, found):
            raise OSError(
                EACCES if os.path.lexists(named) else ENOENT, "files cannot be written to it"
            )
    elif os.name == "posix" and found not in USUAL and _is_same(os.curdir, found):
        raise OSError(EROFS, NO_PLACE)


def _is_same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


PYTHON = (sys.executable, "-P")  # the program, and before what it is to run
SAFE_PATH = {"PYTHONSAFEPATH": "1"}  # the same for processes that others begin, by the environment
# message for a process that ended unexpectedly
DEFECT = (
    "this is a defect in fl_planner; please report it, and plan the case on its own to "
    "locate the fault"
)
_BEGINNING = Lock()


@contextmanager
def safe_environment() -> Iterator[None]:
    """Set the environment in which new processes import nothing from the working folder.

    The environment is restored afterwards, as a program that calls this one may start other
    processes.
    """
    before = {name: os.environ.get(name) for name in SAFE_PATH}
    os.environ.update(SAFE_PATH)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def spawning_safely() -> Iterator[None]:
    """Start processes that import nothing from the working folder, like Python's `-P`.

    A spawned process takes its options from the environment only, which all threads share.
    Therefore one process is started at a time.
    """
    with _BEGINNING, safe_environment():
        yield
