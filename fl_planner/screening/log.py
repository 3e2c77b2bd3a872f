"""The screening log: an SQLite file to which results are added and from which none is removed.

Several processes may add entries: each locks the file while it reads the last entry and writes the
next. A process that is killed leaves the file unchanged. The journal is SQLite's rollback journal,
which also works on a network drive, unlike its WAL.

Every value read from a result is checked for its type: a forged entry with correct hashes cannot
crash the program.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple, dataclass, field, fields
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import ValidationError, convert

from fl_planner.basis.exact_text import parse_strict_json
from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.source import is_output, note_input, note_output, require_apart
from fl_planner.record.declaration.part import Percent, RecordPart, as_json
from fl_planner.record.head import Record
from fl_planner.record.over_time.log import (
    WITHDRAWAL,
    LoggedFileRecord,
    OutcomeRecord,
    WithdrawnOutcomeRecord,
)
from fl_planner.trials.judge import Verdict


@dataclass(frozen=True, slots=True)
class LoggedAnswer:
    """A pathway or route."""

    name: str


@dataclass(frozen=True, slots=True)
class LoggedRule:
    """A protocol."""

    id: str
    name: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedVerdict:
    """A trial."""

    id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class LoggedFinding:
    """A finding."""

    code: str
    severity: str


@dataclass(frozen=True, slots=True)
class LoggedResult:
    """The parts of a result that are listed from the log."""

    case: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[LoggedFileRecord, ...] = ()
    rules: tuple[LoggedRule, ...] = ()
    trials: tuple[LoggedVerdict, ...] = ()
    findings: tuple[LoggedFinding, ...] = ()
    flr_percent: Percent | None = None
    flr_percent_shown: str | None = None
    denominator: str | None = None
    pathway: LoggedAnswer | None = None
    route: LoggedAnswer | None = None
    outcome: OutcomeRecord | None = None
    withdraws: WithdrawnOutcomeRecord | None = None


def parse_result(content: bytes) -> Record | None:
    """Parse a logged result; None if its bytes are not valid JSON of this form."""
    try:
        record: Record = parse_strict_json(content.decode())
        read_result(record)
    except (ValueError, RecursionError, ValidationError):
        return None
    return record


def read_result(record: Record) -> LoggedResult:
    """Return the listed parts of a result."""
    return convert(record, LoggedResult)


FIRST = "0" * 64  # start of the chain


@dataclass(frozen=True, slots=True)
class Entry:
    """A logged result.

    - `sequence`: number from 1, without gaps.
    - `logged_at`: UTC, `2026-11-20T12:45:00+00:00`.
    - `case_id`: the user's pseudonym.
    - `command`, `schema`, `version`: origin and form.
    - `inputs`, `rules`, `verdicts`: files and protocols with their hashes, and the verdicts, as
      JSON for selection by other programs.
    - `record`: JSON of the result, as printed by the command.
    - `digest`: SHA-256 of `record`.
    - `previous`, `chain`: chain of the preceding entry, and SHA-256 over it and all other columns.
      Changing, removing or inserting an entry requires changing every later one.
    """

    sequence: int
    logged_at: str
    case_id: str | None
    command: str
    schema: str
    version: str
    inputs: str
    rules: str
    verdicts: str
    record: bytes
    digest: str
    previous: str
    chain: str

    @property
    def is_whole(self) -> bool:
        """Whether its hashes are correct and its columns agree with its record."""
        if self.digest != sha256(self.record).hexdigest() or self.chain != compute_chain(
            asdict(self)
        ):
            return False
        try:
            datetime.fromisoformat(self.logged_at)
        except ValueError:
            return False
        if (record := parse_result(self.record)) is None:
            return False
        of_record = _columns(record)
        return all(getattr(self, name) == value for name, value in of_record.items())

    @property
    def listed(self) -> LoggedResult:
        """The listed parts of the result; empty if its bytes are not readable."""
        return read_result(parse_result(self.record) or {})


COLUMNS = tuple(field.name for field in fields(Entry))


def make_entry(
    record: RecordPart | Record, command: str, at: datetime, last: tuple[int, str] | None
) -> Entry:
    """Return the next entry; `last`: number and chain of the preceding one, None for the first.

    Raises `ValueError`: if `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("the time has no time zone")
    number, previous = last or (0, FIRST)
    content = as_json(record).encode()
    entry = {
        "sequence": number + 1,
        "logged_at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "command": command,
        "record": content,
        "digest": sha256(content).hexdigest(),
        "previous": previous,
        **_columns(json.loads(content)),
    }
    return Entry(**entry, chain=compute_chain(entry))


def compute_chain(entry: Record) -> str:
    """Compute the hash of an entry with the chain of the preceding one.

    SHA-256 of the JSON list of all columns except `chain` and `record`, which is included as its
    digest.
    """
    hashed = [entry[name] for name in COLUMNS if name not in ("record", "chain")]
    return sha256(json.dumps(hashed).encode()).hexdigest()


def _columns(record: Record) -> Record:
    """Return the columns that follow from the record of an entry."""
    case = record.get("case", record)  # the id of a plan is in its case
    verdicts = {trial["id"]: trial["verdict"] for trial in record.get("trials", ())}
    return {
        "case_id": case.get("id"),
        "schema": record.get("schema"),
        "version": record.get("version"),
        "inputs": json.dumps(record.get("inputs", []), sort_keys=True),
        "rules": json.dumps(record.get("rules", []), sort_keys=True),
        "verdicts": json.dumps(verdicts, sort_keys=True),
    }


MARK = 0x464C504C  # "FLPL" in the file's header: written by this program
# Of a log: 2 contains withdrawals. A version that knows only 1 would count withdrawn outcomes.
LAYOUT, WITHDRAWING = 1, 2
WAIT_S = 60.0  # for other writing processes [project's choice]
# of the columns without text
_TYPES = {"sequence": int, "record": bytes, "case_id": str | None}
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


def append(path: Path, record: RecordPart | Record, command: str, at: datetime) -> Entry:
    """Add a result to a log, which is created if it does not exist.

    - `path`: the log.
    - `record`: a shareable result of `plan` or `trials judge`.
    - `command`: command that produced it.
    - `at`: current time, with its zone.

    Raises `InputRefused`: `log.not_a_log`, `log.newer`, `log.damaged`, `log.busy` after a minute,
    `log.unwritable`.
    """
    require_apart(path)
    with _opened(path, "rwc") as base:
        base.execute("BEGIN IMMEDIATE")  # from here on no other process can write
        if _is_new(base):
            _begin(base)
        _check_ours(path, base)
        entry = make_entry(record, command, at, _last(path, base))
        places = ", ".join("?" * len(COLUMNS))
        base.execute(f"INSERT INTO entry VALUES ({places})", astuple(entry))
        if entry.schema == WITHDRAWAL:
            base.execute(f"PRAGMA user_version = {WITHDRAWING}")
        base.execute("COMMIT")
    return entry


def _last(path: Path, base: sqlite3.Connection) -> tuple[int, str] | None:
    """Read number and chain of the last entry; None if there is none."""
    _check_table(path, base)
    base.text_factory = _as_text
    query = f"SELECT {', '.join(COLUMNS)} FROM entry ORDER BY sequence DESC LIMIT 1"
    if (row := base.execute(query).fetchone()) is None:
        return None
    last = _as_entry(path, 1, row)
    return last.sequence, last.chain


def check_log(path: Path) -> None:
    """Refuse a log to which no entry can be added; for use before a long computation.

    Raises `InputRefused`: see `append`; `output.is_input`, `output.twice`.
    """
    note_output(path, grows=True)
    folder = path.parent
    if not folder.is_dir():
        reason = f"the folder {folder.name} does not exist"
        raise InputRefused("log.unwritable", path.name, reason, "create the folder first")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise _unwritable(path, "no permission to write")
    if path.exists():
        with _opened(path, "rw") as base:
            if not _is_new(base):
                _check_ours(path, base)


def read_log(path: Path) -> tuple[Entry, ...]:
    """Read all entries of a log, in order.

    Raises `InputRefused`: `log.missing`; see also `append`.
    """
    if not is_output(path):  # an output is read before it is written
        note_input(path)
    if not path.is_file():
        reason = "is a folder" if path.is_dir() else "does not exist"
        raise InputRefused(
            "log.missing", path.name, reason, "give the file that was used with --log"
        )
    # a killed writer left a journal; only a process with write access can roll it back
    mode = "rw" if os.access(path, os.W_OK) else "ro"
    with _opened(path, mode) as base:
        _check_ours(path, base)
        _check_table(path, base)
        base.text_factory = _as_text
        rows = base.execute(f"SELECT {', '.join(COLUMNS)} FROM entry ORDER BY sequence")
        entries = tuple(_as_entry(path, place, row) for place, row in enumerate(rows, start=1))
    if not entries:
        raise changed(path.name, "it contains no entry")
    return entries


def find_changes(entries: tuple[Entry, ...]) -> dict[int, str]:
    """Find changes to a log, in words, by entry number.

    Changes are entries with wrong hashes, entries that do not follow the preceding one, and
    entries before which others are missing. Removal of the last entry is not detected: its chain
    must be recorded elsewhere.
    """
    found, number, chain = {}, 0, FIRST
    for entry in entries:
        at = entry.sequence
        if at != number + 1:
            gone = f"entry {number + 1} is" if at == number + 2 else f"entries before {at} are"
            found[at] = f"{gone} missing" if at > number + 1 else f"entry {at} is out of sequence"
        elif not entry.is_whole:
            found[at] = f"entry {at} differs from what was logged"
        elif entry.previous != chain:
            found[at] = f"entry {at} is not linked to the preceding entry"
        number, chain = at, entry.chain
    return found


def require_whole(entries: tuple[Entry, ...], name: str) -> None:
    """Refuse a log that was changed.

    Raises `InputRefused`: `log.entry_changed`.
    """
    changes = find_changes(entries)
    if changes:
        raise changed(name, "; ".join(changes.values()))


def changed(name: str, what: str) -> InputRefused:
    """Return the refusal for a log that was changed."""
    reason = f"was changed: {what}"
    return InputRefused("log.entry_changed", name, reason, "compare it with a backup")


def _as_text(content: bytes) -> str | bytes:
    """Decode a text; other bytes remain bytes, which are refused in text columns."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _as_entry(path: Path, place: int, row: tuple[Any, ...]) -> Entry:
    """Return the entry of a row, the nth in order; refuse values of a wrong type."""
    for name, value in zip(COLUMNS, row, strict=True):
        if not isinstance(value, _TYPES.get(name, str)):
            raise changed(path.name, f"row {place} has a {name} of the wrong type")
    return Entry(*row)


def _check_table(path: Path, base: sqlite3.Connection) -> None:
    """Refuse a log whose table of entries was replaced."""
    made = base.execute("SELECT type, sql FROM sqlite_master WHERE name = 'entry'").fetchall()
    columns = [row[1] for row in base.execute("PRAGMA table_info(entry)")]
    plain = [kind == "table" and str(sql).startswith("CREATE TABLE") for kind, sql in made]
    if plain != [True] or columns != [*COLUMNS]:
        raise changed(path.name, "its table of entries was replaced")


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Open a log; SQLite errors become refusals."""
    place = f"{_without_host(path.absolute().as_uri())}?mode={mode}"
    try:
        base = sqlite3.connect(place, timeout=WAIT_S, isolation_level=None, uri=True)
        with closing(base):
            base.execute("PRAGMA trusted_schema = OFF")
            base.execute("PRAGMA synchronous = EXTRA")  # commits survive a power cut
            yield base
    except sqlite3.Error as error:
        raise _as_refusal(path, error) from error


def _without_host(uri: str) -> str:
    """Write the server of a Windows network drive as a folder: SQLite accepts no host in a URI.

    Examples
    --------
    >>> _without_host("file://server/share/log.sqlite"), _without_host("file:///C:/log.sqlite")
    ('file:////server/share/log.sqlite', 'file:///C:/log.sqlite')
    """
    return uri if uri.startswith("file:///") else uri.replace("file://", "file:////", 1)


def _is_new(base: sqlite3.Connection) -> bool:
    """Check whether a file is still empty."""
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
        reason = f"has layout {layout}; this version reads layouts {LAYOUT} and {WITHDRAWING}"
        raise InputRefused("log.newer", path.name, reason, "install a newer version of fl_planner")


def _as_refusal(path: Path, error: sqlite3.Error) -> InputRefused:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return _no_log(path)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        reason = f"has been locked by another program for {WAIT_S:.0f} s"
        return InputRefused("log.busy", path.name, reason, "close that program, and try again")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT):
        remedy = "keep the damaged file unchanged, and restore a copy from your backup"
        return InputRefused("log.damaged", path.name, f"is damaged: {error}", remedy)
    return _unwritable(path, str(error))


def _no_log(path: Path) -> InputRefused:
    remedy = "give a screening log, or the name of a new file"
    return InputRefused("log.not_a_log", path.name, "is not a screening log", remedy)


def _unwritable(path: Path, why: str) -> InputRefused:
    remedy = "use a writable folder with enough free space"
    return InputRefused("log.unwritable", path.name, f"cannot be opened or written: {why}", remedy)
