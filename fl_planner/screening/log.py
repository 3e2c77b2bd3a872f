"""The screening log: an SQLite file that results are added to, and nothing is taken from.

Several processes may add at once: each holds the file's lock while it reads the last entry and
writes the next. A process that is killed leaves the file as it was before. The journal is
SQLite's own rollback journal, which works on a network drive too, where its WAL does not.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple
from datetime import datetime
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.report.record import Record
from fl_planner.screening.entry import COLUMNS, FIRST, Entry, make_entry

MARK = 0x464C504C  # "FLPL" in the file's header: it is one of ours
WITHDRAWAL = "fl-planner/withdrawal/1"  # schema of an entry that takes an earlier one back
# Of a log: 2 holds withdrawals. A version that knows 1 alone would count what was taken back.
LAYOUT, WITHDRAWING = 1, 2
WAIT_S = 60.0  # for other processes that are writing [project's choice]
_TABLE = """
CREATE TABLE entry (
    sequence INTEGER PRIMARY KEY,
    logged_at TEXT NOT NULL,
    case_id TEXT,
    command TEXT NOT NULL,
    schema TEXT NOT NULL,
    version TEXT NOT NULL,
    inputs TEXT NOT NULL,
    rules TEXT NOT NULL,
    verdicts TEXT NOT NULL,
    record BLOB NOT NULL,
    digest TEXT NOT NULL,
    previous TEXT NOT NULL UNIQUE,
    chain TEXT NOT NULL UNIQUE
) STRICT
"""
_KEPT = """
CREATE TRIGGER entry_no_{verb} BEFORE {verb} ON entry
BEGIN SELECT RAISE(ABORT, 'entries are added, never changed'); END
"""


def append(path: Path, record: Record, command: str, at: datetime) -> Entry:
    """Add a result to a log, which is begun where there is none.

    Parameters
    ----------
    path : Path
        The log.
    record : dict
        A result of `plan` or `trials judge`, shareable.
    command : str
        What gave it.
    at : datetime
        Now, with its zone.

    Raises
    ------
    InputRefused
        `log.not_a_log`, `log.newer`, `log.damaged`, `log.busy` after a minute, `log.unwritable`.
    """
    with _opened(path, "rwc") as base:
        base.execute("BEGIN IMMEDIATE")  # from here on no other process can write
        if _is_new(base):
            _begin(base)
        _check_ours(path, base)
        last = base.execute(
            "SELECT sequence, chain FROM entry ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        entry = make_entry(record, command, at, last)
        places = ", ".join("?" * len(COLUMNS))
        base.execute(f"INSERT INTO entry VALUES ({places})", astuple(entry))
        if entry.schema == WITHDRAWAL:
            base.execute(f"PRAGMA user_version = {WITHDRAWING}")
        base.execute("COMMIT")
    return entry


def check_log(path: Path) -> None:
    """Refuse a place where no entry can be added; ask before a long computation.

    Raises
    ------
    InputRefused
        As `append`.
    """
    folder = path.parent
    if not folder.is_dir():
        reason = f"there is no folder {folder.name} to put it in"
        raise InputRefused("log.unwritable", path.name, reason, "make the folder first")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise _unwritable(path, "no permission to write")
    if path.exists():
        with _opened(path, "rw") as base:
            if not _is_new(base):
                _check_ours(path, base)


def read_log(path: Path) -> tuple[Entry, ...]:
    """Read all entries of a log, in their order.

    Raises
    ------
    InputRefused
        `log.missing`, and as `append`.
    """
    if not path.is_file():
        reason = "no log of this name"
        raise InputRefused("log.missing", path.name, reason, "name the file that --log was given")
    # a writer that was killed left a journal, which only one who may write can roll back
    mode = "rw" if os.access(path, os.W_OK) else "ro"
    with _opened(path, mode) as base:
        _check_ours(path, base)
        rows = base.execute(f"SELECT {', '.join(COLUMNS)} FROM entry ORDER BY sequence")
        return tuple(Entry(*row) for row in rows)


def find_broken(entries: tuple[Entry, ...]) -> frozenset[int]:
    """Find the entries whose hashes do not hold, or that do not follow on the one before.

    An entry that was taken off the end is not seen here: note the last chain down elsewhere.
    """
    broken, number, chain = set(), 0, FIRST
    for entry in entries:
        follows = (entry.sequence, entry.previous) == (number + 1, chain)
        if not follows or not entry.is_whole:
            broken.add(entry.sequence)
        number, chain = entry.sequence, entry.chain
    return frozenset(broken)


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Open a log, and say what SQLite says of it in words of ours."""
    place = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        base = sqlite3.connect(place, timeout=WAIT_S, isolation_level=None, uri=True)
        with closing(base):
            base.execute("PRAGMA synchronous = EXTRA")  # what was committed outlives a power cut
            yield base
    except sqlite3.Error as error:
        raise _as_refusal(path, error) from error


def _is_new(base: sqlite3.Connection) -> bool:
    """Tell whether nothing was ever put into a file."""
    (marked,) = base.execute("PRAGMA application_id").fetchone()
    (tables,) = base.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return (marked, tables) == (0, 0)


def _begin(base: sqlite3.Connection) -> None:
    base.execute(_TABLE)
    for verb in ("UPDATE", "DELETE"):
        base.execute(_KEPT.format(verb=verb))
    base.execute(f"PRAGMA application_id = {MARK}")
    base.execute(f"PRAGMA user_version = {LAYOUT}")


def _check_ours(path: Path, base: sqlite3.Connection) -> None:
    (mark,) = base.execute("PRAGMA application_id").fetchone()
    (layout,) = base.execute("PRAGMA user_version").fetchone()
    if mark != MARK:
        raise _no_log(path)
    if layout not in (LAYOUT, WITHDRAWING):
        reason = f"has layout {layout}, and this version knows {LAYOUT} and {WITHDRAWING}"
        raise InputRefused("log.newer", path.name, reason, "install the newer fl_planner")


def _as_refusal(path: Path, error: sqlite3.Error) -> InputRefused:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return _no_log(path)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        reason = f"another program has held it for {WAIT_S:.0f} s"
        return InputRefused("log.busy", path.name, reason, "close that program and try again")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT):
        remedy = "keep the file as it is, and take up a copy of it from your backup"
        return InputRefused("log.damaged", path.name, f"is damaged: {error}", remedy)
    return _unwritable(path, str(error))


def _no_log(path: Path) -> InputRefused:
    remedy = "name a log, or a new file"
    return InputRefused("log.not_a_log", path.name, "is another file, and no log of ours", remedy)


def _unwritable(path: Path, why: str) -> InputRefused:
    remedy = "choose a folder that you may write in, with room for it"
    return InputRefused("log.unwritable", path.name, f"cannot be opened or written: {why}", remedy)
