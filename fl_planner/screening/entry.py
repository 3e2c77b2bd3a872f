"""One entry of a screening log: a result, what it rests on, and the entry before it."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256

from fl_planner.record.base import Record
from fl_planner.record.declaration.part import RecordPart, as_json
from fl_planner.screening.result_form import LoggedResult, parse_result, read_result

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
