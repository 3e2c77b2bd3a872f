"""The screening log: an SQLite file that results are added to, and nothing is taken from.

Several processes may add at once: each holds the file's lock while it reads the last entry and
writes the next. A process that is killed leaves the file as it was before. The journal is
SQLite's own rollback journal, which works on a network drive too, where its WAL does not.

What is told of a result has a type each: who forges an entry can make its hashes hold, but not make
the program trip over it.
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
from typing import Any, NoReturn

from msgspec import ValidationError, convert

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
    """What a list of the log tells of a result."""

    case: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[LoggedFileRecord, ...] = ()
    rules: tuple[LoggedRule, ...] = ()
    trials: tuple[LoggedVerdict, ...] = ()
    findings: tuple[LoggedFinding, ...] = ()
    flr_percent: Percent | None = None
    flr_percent_shown: str | None = None
    pathway: LoggedAnswer | None = None
    route: LoggedAnswer | None = None
    outcome: OutcomeRecord | None = None
    withdraws: WithdrawnOutcomeRecord | None = None


def parse_result(content: bytes) -> Record | None:
    """Read a result that was logged; None where its bytes are none, or not in its form."""
    try:
        record: Record = json.loads(content.decode(), parse_constant=_no_number)
        read_result(record)
    except (ValueError, RecursionError, ValidationError):
        return None
    return record


def read_result(record: Record) -> LoggedResult:
    """Read what is told of a result."""
    return convert(record, LoggedResult)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


FIRST = "0" * 64  # what the chain of the first entry goes on from


@dataclass(frozen=True, slots=True)
class Entry:
    """A result as it was logged.

    - `sequence`: 1 for the first, and no number is left out.
    - `logged_at`: UTC, `2026-11-20T12:45:00+00:00`.
    - `case_id`: the user's pseudonym.
    - `command`, `schema`, `version`: what gave it, in which form.
    - `inputs`, `rules`, `verdicts`: its files and protocols with their hashes, and each trial's
      verdict, as JSON: another program can select by them.
    - `record`: the result's JSON, as the command prints it.
    - `digest`: SHA-256 of these bytes.
    - `previous`, `chain`: chain of the entry before, and SHA-256 over it and all the rest: who
      changes, removes or inserts an entry has to change every later one.
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
        """Whether its hashes hold, and its columns say what the record in it says."""
        if self.digest != sha256(self.record).hexdigest() or self.chain != find_chain(asdict(self)):
            return False
        try:
            datetime.fromisoformat(self.logged_at)
        except ValueError:
            return False
        record = parse_result(self.record)
        if record is None:
            return False
        of_record = _columns(record)
        return all(getattr(self, name) == value for name, value in of_record.items())

    @property
    def told(self) -> LoggedResult:
        """The result; an empty one where its bytes are none any more."""
        return read_result(parse_result(self.record) or {})


COLUMNS = tuple(field.name for field in fields(Entry))


def make_entry(
    record: RecordPart | Record, command: str, at: datetime, last: tuple[int, str] | None
) -> Entry:
    """Make the next entry; `last` are number and chain of the one before, None for the first.

    Raises `ValueError`: if `at` does not say in which zone it is.
    """
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
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
    return Entry(**entry, chain=find_chain(entry))


def find_chain(entry: Record) -> str:
    """Hash an entry with the chain of the one before it.

    SHA-256 of the JSON list of all columns but `record`, which stands in it by its own hash,
    and `chain`.
    """
    hashed = [entry[name] for name in COLUMNS if name not in ("record", "chain")]
    return sha256(json.dumps(hashed).encode()).hexdigest()


def _columns(record: Record) -> Record:
    """Give what an entry says of its record."""
    case = record.get("case", record)  # a plan has its id among what was asked
    verdicts = {trial["id"]: trial["verdict"] for trial in record.get("trials", ())}
    return {
        "case_id": case.get("id"),
        "schema": record.get("schema"),
        "version": record.get("version"),
        "inputs": json.dumps(record.get("inputs", []), sort_keys=True),
        "rules": json.dumps(record.get("rules", []), sort_keys=True),
        "verdicts": json.dumps(verdicts, sort_keys=True),
    }


MARK = 0x464C504C  # "FLPL" in the file's header: it is one of ours
# Of a log: 2 holds withdrawals. A version that knows 1 alone would count what was taken back.
LAYOUT, WITHDRAWING = 1, 2
WAIT_S = 60.0  # for other processes that are writing [project's choice]
# of the columns that hold no text
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
    """Add a result to a log, which is begun where there is none.

    - `path`: the log.
    - `record`: a result of `plan` or `trials judge`, shareable.
    - `command`: what gave it.
    - `at`: now, with its zone.

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
    """Read number and chain of the last entry; None where there is none yet."""
    _check_table(path, base)
    base.text_factory = _as_text
    query = f"SELECT {', '.join(COLUMNS)} FROM entry ORDER BY sequence DESC LIMIT 1"
    row = base.execute(query).fetchone()
    if row is None:
        return None
    last = _as_entry(path, 1, row)
    return last.sequence, last.chain


def check_log(path: Path) -> None:
    """Refuse a place where no entry can be added; ask before a long computation.

    Raises `InputRefused`: as `append`; `output.is_input`, `output.twice`.
    """
    note_output(path, grows=True)
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

    Raises `InputRefused`: `log.missing`, and as `append`.
    """
    if not is_output(path):  # one that grows is read before
        note_input(path)
    if not path.is_file():
        reason = "is a folder" if path.is_dir() else "no log of this name"
        raise InputRefused("log.missing", path.name, reason, "name the file that --log was given")
    # a writer that was killed left a journal, which only one who may write can roll back
    mode = "rw" if os.access(path, os.W_OK) else "ro"
    with _opened(path, mode) as base:
        _check_ours(path, base)
        _check_table(path, base)
        base.text_factory = _as_text
        rows = base.execute(f"SELECT {', '.join(COLUMNS)} FROM entry ORDER BY sequence")
        entries = tuple(_as_entry(path, place, row) for place, row in enumerate(rows, start=1))
    if not entries:
        raise changed(path.name, "it holds no entry, and a log begins with one")
    return entries


def find_changes(entries: tuple[Entry, ...]) -> dict[int, str]:
    """Find what somebody changed, in words, by the number of the entry where it shows.

    Entries whose hashes do not hold, that do not follow on the one before, or before which others
    are missing. One taken off the end is not seen here: note the last chain down elsewhere.
    """
    found, number, chain = {}, 0, FIRST
    for entry in entries:
        at = entry.sequence
        if at != number + 1:
            gone = f"entry {number + 1} is" if at == number + 2 else f"entries before {at} are"
            found[at] = f"{gone} missing" if at > number + 1 else f"entry {at} is out of its order"
        elif not entry.is_whole:
            found[at] = f"entry {at} is not what was logged"
        elif entry.previous != chain:
            found[at] = f"entry {at} does not follow on the one before"
        number, chain = at, entry.chain
    return found


def require_whole(entries: tuple[Entry, ...], name: str) -> None:
    """Refuse a log of which anything was changed.

    Raises `InputRefused`: `log.entry_changed`.
    """
    changes = find_changes(entries)
    if changes:
        raise changed(name, "; ".join(changes.values()))


def changed(name: str, what: str) -> InputRefused:
    """Make the refusal of a log that is not what the program wrote."""
    reason = f"was changed by somebody: {what}"
    return InputRefused("log.entry_changed", name, reason, "compare it with a backup of it")


def _as_text(content: bytes) -> str | bytes:
    """Decode a text; bytes that are none stay bytes, which no column of texts may hold."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _as_entry(path: Path, place: int, row: tuple[Any, ...]) -> Entry:
    """Make an entry of a row, the nth in their order; refuses one that the program cannot write."""
    for name, value in zip(COLUMNS, row, strict=True):
        if not isinstance(value, _TYPES.get(name, str)):
            raise changed(path.name, f"row {place} has no {name} of its kind")
    return Entry(*row)


def _check_table(path: Path, base: sqlite3.Connection) -> None:
    """Refuse a log whose entries stand in something else than its table."""
    made = base.execute("SELECT type, sql FROM sqlite_master WHERE name = 'entry'").fetchall()
    columns = [one[1] for one in base.execute("PRAGMA table_info(entry)")]
    plain = [kind == "table" and str(sql).startswith("CREATE TABLE") for kind, sql in made]
    if plain != [True] or columns != [*COLUMNS]:
        raise changed(path.name, "its table of entries is another one")


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Open a log, and say what SQLite says of it in words of ours."""
    place = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        base = sqlite3.connect(place, timeout=WAIT_S, isolation_level=None, uri=True)
        with closing(base):
            base.execute("PRAGMA trusted_schema = OFF")
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
        remedy = "keep the file as it is, and restore a copy of it from your backup"
        return InputRefused("log.damaged", path.name, f"is damaged: {error}", remedy)
    return _unwritable(path, str(error))


def _no_log(path: Path) -> InputRefused:
    remedy = "name a log, or a new file"
    return InputRefused(
        "log.not_a_log", path.name, "is another file, and not a screening log", remedy
    )


def _unwritable(path: Path, why: str) -> InputRefused:
    remedy = "choose a folder that you may write in, with room for it"
    return InputRefused("log.unwritable", path.name, f"cannot be opened or written: {why}", remedy)
