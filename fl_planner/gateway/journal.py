"""The journal of a gateway's store, and the lock of its folder."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fl_planner.basis.findings import InputRefused

JOURNAL, LOCK = "journal.sqlite", "lock"
FORMAT = 1  # of the journal

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


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Create the folder of a store for this user only, and lock it while this process runs."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        names = {one.name for one in folder.iterdir()}
        if names and JOURNAL not in names and LOCK not in names:
            reason = "the folder contains other files and is not a store"
            raise InputRefused("store.unusable", folder.name, reason, "give a new folder")
        folder.chmod(0o700)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        reason = f"the store cannot be written: {error.strerror}"
        remedy = "give a folder with write permission"
        raise InputRefused("store.unusable", folder.name, reason, remedy) from None
    try:
        _hold(lock, folder.name)
        yield
    finally:
        os.close(lock)


def _hold(lock: int, name: str) -> None:
    if sys.platform == "win32":  # has no such locks
        return
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        reason = "another process uses this store"
        remedy = "end that process, or give another folder"
        raise InputRefused("store.busy", name, reason, remedy) from None


def open_journal(folder: Path) -> sqlite3.Connection:
    """Open the journal of a store, and create its tables in a new one.

    Raises `InputRefused`: `store.unusable` if it cannot be read, or is of another version.
    """
    try:
        journal = sqlite3.connect(folder / JOURNAL, check_same_thread=False)
        journal.execute("PRAGMA synchronous = FULL")
        (form,) = journal.execute("PRAGMA user_version").fetchone()
        if form == 0:
            journal.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
        elif form != FORMAT:
            reason = "the store was written by another version of the program"
            raise InputRefused("store.unusable", folder.name, reason, "use that version")
    except sqlite3.Error:
        reason = "the journal of the store cannot be read"
        remedy = "give a new folder, and send the studies again"
        raise InputRefused("store.unusable", folder.name, reason, remedy) from None
    return journal


def sync_folder(folder: Path) -> None:
    """Write a folder's list of names to disk."""
    if sys.platform == "win32":  # does not open folders
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
