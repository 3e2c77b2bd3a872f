"""The journal of a gateway's store, and the lock of its folder."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EIO, EROFS
from pathlib import Path

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.source import is_left_by_system
from fl_planner.formats.stored.temporary import FULL, lock_file

JOURNAL, LOCK = "journal.sqlite", "lock"
FORMAT = 3  # of the journal
# errors of a disk, by which a store is not damaged; READONLY also if its folder was removed
UNWRITTEN = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)
UNWRITTEN_FILE = FULL | {EIO, EROFS}
CASES_PER_PAGE = 100  # of the list of finished cases [project's choice]

_TABLES = """
CREATE TABLE objects(
    number INTEGER PRIMARY KEY, instance TEXT NOT NULL UNIQUE, study TEXT NOT NULL,
    series TEXT NOT NULL, class TEXT NOT NULL, caller TEXT NOT NULL, digest TEXT NOT NULL,
    bytes INTEGER NOT NULL, came REAL NOT NULL, committed INTEGER NOT NULL DEFAULT 0,
    job INTEGER, removed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX by_study ON objects(study, class, removed);
CREATE TABLE needed(drawing INTEGER NOT NULL, instance TEXT NOT NULL,
    PRIMARY KEY(drawing, instance)) WITHOUT ROWID;
CREATE TABLE jobs(
    number INTEGER PRIMARY KEY AUTOINCREMENT, study TEXT NOT NULL, caller TEXT NOT NULL,
    state TEXT NOT NULL, came REAL NOT NULL, due REAL NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, series TEXT, archive TEXT, replaces INTEGER,
    withdrawn INTEGER NOT NULL DEFAULT 0, code TEXT, reason TEXT, remedy TEXT,
    answer TEXT, cleared INTEGER NOT NULL DEFAULT 0);
CREATE INDEX by_state ON jobs(state, cleared);
CREATE INDEX of_study ON jobs(study);
CREATE TABLE members(instance TEXT PRIMARY KEY, job INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE seen(path TEXT PRIMARY KEY, size INTEGER NOT NULL, changed INTEGER NOT NULL)
    WITHOUT ROWID;
"""
# since format 2: without the indexes, each step reads all entries; a page of finished cases is
# entered as unwritten in the same transaction as the change of a case
_SINCE_2 = f"""
CREATE INDEX of_job ON objects(job) WHERE job IS NOT NULL;
CREATE INDEX replaced ON jobs(replaces) WHERE withdrawn;
CREATE TABLE unwritten(page INTEGER PRIMARY KEY);
CREATE TRIGGER changed AFTER UPDATE ON jobs BEGIN
    INSERT OR IGNORE INTO unwritten VALUES((NEW.number - 1) / {CASES_PER_PAGE});
    INSERT OR IGNORE INTO unwritten SELECT (NEW.replaces - 1) / {CASES_PER_PAGE}
        WHERE NEW.withdrawn AND NEW.replaces IS NOT NULL;
END;
INSERT INTO unwritten SELECT DISTINCT (number - 1) / {CASES_PER_PAGE} FROM jobs;
"""
# since format 3: whether other content was received under the UID of an object
_SINCE_3 = "ALTER TABLE objects ADD COLUMN differs INTEGER NOT NULL DEFAULT 0;"
_FROM = {  # format of a store -> what it lacks; 0 is a new one
    0: _TABLES + _SINCE_2 + _SINCE_3,
    1: _SINCE_2 + _SINCE_3,
    2: _SINCE_3,
}


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Create the folder of a store for this user only, and lock it while this process runs."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        names = {one.name for one in folder.iterdir() if not is_left_by_system(one.name)}
        if names and JOURNAL not in names and LOCK not in names:
            reason = "the folder contains other files and is not a store"
            raise InputRefused("store.unusable", folder.name, reason, "give a new folder")
        folder.chmod(0o700)
        lock = lock_file(folder / LOCK)
    except OSError as error:
        reason = f"cannot write to the store: {error.strerror}"
        remedy = "give a folder with write permission"
        raise InputRefused("store.unusable", folder.name, reason, remedy) from None
    if lock is None:
        reason = "another process is using this store"
        remedy = "end that process, or give another folder"
        raise InputRefused("store.busy", folder.name, reason, remedy)
    try:
        yield
    finally:
        os.close(lock)


def open_journal(folder: Path) -> sqlite3.Connection:
    """Open the journal of a store; create its tables, or add those that an earlier version lacks.

    Raises `InputRefused`: `store.unusable` if it cannot be read, or was written by a later version;
    `listen.full` if the disk is full or refuses to write.
    """
    try:
        with writing_store(folder.name):
            journal = sqlite3.connect(folder / JOURNAL, check_same_thread=False)
            journal.execute("PRAGMA synchronous = FULL")
            (form,) = journal.execute("PRAGMA user_version").fetchone()
            if form in _FROM:
                changes = f"BEGIN; {_FROM[form]} PRAGMA user_version = {FORMAT}; COMMIT;"
                journal.executescript(changes)
    except sqlite3.Error:
        reason = "the journal of the store cannot be read"
        remedy = "give a new folder, and send the studies again"
        raise InputRefused("store.unusable", folder.name, reason, remedy) from None
    if form not in {FORMAT, *_FROM}:
        reason = "the store was written by a later version of the program"
        raise InputRefused("store.unusable", folder.name, reason, "use that version")
    return journal


@contextmanager
def writing_store(name: str = "store") -> Iterator[None]:
    """Convert errors of a disk that is full, or refuses to write, to refusals.

    - `name`: that of the store.

    Raises `InputRefused`: `listen.full`.
    """
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        if not _is_unwritten(error):
            raise
        reason = "the disk of the store is full, or refuses to write"
        raise InputRefused("listen.full", name, reason, "free up space, and restart") from None


def _is_unwritten(error: sqlite3.OperationalError | OSError) -> bool:
    if isinstance(error, OSError):
        return error.errno in UNWRITTEN_FILE
    return error.sqlite_errorcode & 0xFF in UNWRITTEN


def sync_folder(folder: Path) -> None:
    """Write the directory entry of a folder to disk."""
    if sys.platform == "win32":  # does not open folders
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
