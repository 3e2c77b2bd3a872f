"""The screening log: nothing lost, nothing changed unseen, whole after a kill."""

import hashlib
import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.record.declaration.part import as_json
from fl_planner.screening import log
from fl_planner.screening.log import (
    COLUMNS,
    FIRST,
    LAYOUT,
    MARK,
    Entry,
    append,
    check_log,
    compute_chain,
    find_changes,
    read_log,
)
from tests.cli.outside import REPOSITORY, ask, refused, told
from tests.refusals import refuses
from tests.screening.logs import NOON, PLAN, fill, small, tamper


def code_of(path: Path, *, check: bool = False) -> str:
    """Give the code with which a log is refused."""
    with pytest.raises(InputRefused) as refused:
        check_log(path) if check else append(path, PLAN, "plan", NOON)
    assert refused.value.source == path.name
    return refused.value.code


def test_an_entry_holds_the_result_and_what_it_rests_on(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    (entry,) = fill(path, PLAN)
    assert read_log(path) == (entry,)
    assert entry.record == as_json(PLAN).encode()
    assert entry.digest == hashlib.sha256(entry.record).hexdigest()
    assert (entry.sequence, entry.case_id, entry.command) == (1, "case-001", "plan")
    assert (entry.schema, entry.version) == ("fl-planner/plan/2", PLAN["version"])
    assert json.loads(entry.inputs) == []
    assert json.loads(entry.rules) == PLAN["rules"]
    assert json.loads(entry.verdicts)["NCT06178198"] == "not_eligible"
    assert (entry.logged_at, entry.previous) == ("2026-11-20T12:00:00+00:00", FIRST)


def test_the_chain_by_hand(tmp_path: Path) -> None:
    """SHA-256 of the JSON list of the columns in order, without record and chain."""
    first, second = fill(tmp_path / "log.sqlite", small(1), small(2))
    columns = [
        2, "2026-11-21T12:00:00+00:00", "case-002", "plan", "fl-planner/trials/2", "0.1.0",
        second.inputs, second.rules, '{"NCT05428735": "eligible"}', second.digest, first.chain,
    ]  # fmt: skip
    assert second.chain == hashlib.sha256(json.dumps(columns).encode()).hexdigest()
    assert second.previous == first.chain


def test_a_time_without_its_zone_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        append(tmp_path / "log.sqlite", PLAN, "plan", datetime(2026, 11, 20))  # noqa: DTZ001
    assert append(tmp_path / "log.sqlite", PLAN, "plan", NOON).sequence == 1


@pytest.mark.parametrize("verb", ["UPDATE entry SET case_id = 'x'", "DELETE FROM entry"])
def test_h12_the_file_itself_refuses_changes(tmp_path: Path, verb: str) -> None:
    path = tmp_path / "log.sqlite"
    fill(path, small(1))
    with closing(sqlite3.connect(path)) as base, pytest.raises(sqlite3.IntegrityError):
        base.execute(verb)
    assert len(read_log(path)) == 1


CHANGES = {
    "case": ("UPDATE entry SET case_id = 'x' WHERE sequence = 2", {2}),
    "time": ("UPDATE entry SET logged_at = '2025-01-01T00:00:00+00:00' WHERE sequence = 2", {2}),
    "verdicts": ("UPDATE entry SET verdicts = '{}' WHERE sequence = 2", {2}),
    "record": ("UPDATE entry SET record = CAST('{}' AS BLOB) WHERE sequence = 2", {2}),
    "no json": ("UPDATE entry SET record = CAST('{' AS BLOB) WHERE sequence = 2", {2}),
    "chain": ("UPDATE entry SET chain = 'x' WHERE sequence = 2", {2, 3}),
    "removed": ("DELETE FROM entry WHERE sequence = 2", {3}),
    "first removed": ("DELETE FROM entry WHERE sequence = 1", {2}),
    "renumbered": ("UPDATE entry SET sequence = 9 WHERE sequence = 3", {9}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_h12_a_change_behind_its_back_is_seen(tmp_path: Path, change: str) -> None:
    path = tmp_path / "log.sqlite"
    fill(path, small(1), small(2), small(3))
    assert not find_changes(read_log(path))
    command, broken = CHANGES[change]
    tamper(path, command)
    assert find_changes(read_log(path)).keys() == broken


@pytest.mark.parametrize(
    "change",
    [
        {"record": b"[]"},
        {"record": b"{"}, {"record": b'{"case": 1}'}, {"record": b'{"trials": [1]}'},
        {"record": b'{"trials": [{}]}'}, {"logged_at": "yesterday"}, {"case_id": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_h12_a_forged_entry_that_gives_no_result_is_seen(tmp_path: Path, change: Any) -> None:
    """Its hashes were made to hold."""
    (entry,) = fill(tmp_path / "log.sqlite", small(1))
    forged = replace(entry, **change)
    forged = replace(forged, digest=hashlib.sha256(forged.record).hexdigest())
    forged = replace(forged, chain=compute_chain(asdict(forged)))
    assert find_changes((forged,)).keys() == {1}


def write_many(path: Path, first: int, count: int) -> None:
    """Log many results; another process does the same."""
    for number in range(first, first + count):
        append(path, small(number), "plan", NOON)


@pytest.mark.essential
@pytest.mark.slow
def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    path, start = tmp_path / "log.sqlite", multiprocessing.get_context("spawn")
    writers = [start.Process(target=write_many, args=(path, first, 100)) for first in (0, 500)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=120)
    assert [writer.exitcode for writer in writers] == [0, 0]
    entries = read_log(path)
    assert [entry.sequence for entry in entries] == [*range(1, 201)]
    wanted = [f"case-{number:03}" for first in (0, 500) for number in range(first, first + 100)]
    assert sorted(str(entry.case_id) for entry in entries) == sorted(wanted)
    assert not find_changes(entries)


ENDLESS = """
import itertools, sys
from pathlib import Path
from fl_planner.screening.log import append
from tests.screening.logs import NOON, PLAN
for _ in itertools.count():
    append(Path(sys.argv[1]), PLAN, "plan", NOON)
    print(flush=True)
"""


@pytest.mark.slow
def test_a_killed_writer_leaves_a_log_that_can_be_read_and_added_to(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    for _ in range(3):
        before = len(read_log(path)) if path.exists() else 0
        with subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(path)], env=env, stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            told = 0
            for _ in range(3):
                told += bool(writer.stdout.readline())
            time.sleep(0.003)
            writer.send_signal(signal.SIGKILL)
        entries = read_log(path)
        assert len(entries) >= before + told
        assert not find_changes(entries)
    entry = append(path, PLAN, "plan", NOON)
    assert entry.sequence == len(entries) + 1


HALF = """
import os, sqlite3, sys
base = sqlite3.connect(sys.argv[1], isolation_level=None)
base.execute("PRAGMA cache_size = 1")
base.execute("BEGIN IMMEDIATE")
base.execute("DROP TRIGGER entry_no_DELETE")
base.execute("DELETE FROM entry WHERE sequence > 1")
base.execute("CREATE TABLE more AS SELECT zeroblob(100000) FROM entry")
os._exit(9)
"""


def test_what_was_half_written_is_taken_back(tmp_path: Path) -> None:
    """The process ends within a transaction that has reached the disk: a journal stays."""
    path = tmp_path / "log.sqlite"
    fill(path, *(small(number) for number in range(20)))
    ran = subprocess.run([sys.executable, "-c", HALF, str(path)], check=False)
    assert ran.returncode == 9
    assert (tmp_path / "log.sqlite-journal").exists()
    entries = read_log(path)
    assert len(entries) == 20
    assert not find_changes(entries)


def test_another_file_is_never_written_to(tmp_path: Path) -> None:
    text, other, empty = (tmp_path / name for name in ("plan.json", "other.sqlite", "empty.sqlite"))
    text.write_text("{}" * 200, "utf-8")
    with closing(sqlite3.connect(other)) as base:
        base.execute("CREATE TABLE patients (name)")
    for path in (text, other):
        before = path.read_bytes()
        assert code_of(path) == "log.not_a_log"
        assert code_of(path, check=True) == "log.not_a_log"
        assert path.read_bytes() == before
    empty.touch()
    check_log(empty)  # nothing is in it yet
    assert append(empty, small(1), "plan", NOON).sequence == 1
    check_log(empty)


def test_a_log_of_a_newer_layout_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    fill(path, small(1))
    tamper(path, "PRAGMA user_version = 3")
    assert code_of(path) == code_of(path, check=True) == "log.newer"


def test_a_damaged_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    fill(path, *(small(number) for number in range(40)))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with refuses("log.damaged"):
        read_log(path)


def test_a_log_that_another_program_holds_is_waited_for_and_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.sqlite"
    fill(path, small(1))
    monkeypatch.setattr(log, "WAIT_S", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.execute("BEGIN IMMEDIATE")
        assert code_of(path) == "log.busy"
        assert len(read_log(path)) == 1  # who reads does not wait
    assert append(path, small(2), "plan", NOON).sequence == 2


def test_places_where_no_log_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert code_of(tmp_path / "none" / "log.sqlite", check=True) == "log.unwritable"
    assert code_of(tmp_path / "none" / "log.sqlite") == "log.unwritable"
    assert code_of(tmp_path, check=True) == "log.unwritable"
    check_log(tmp_path / "new.sqlite")
    assert not (tmp_path / "new.sqlite").exists()
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert code_of(tmp_path / "new.sqlite", check=True) == "log.unwritable"


def test_a_log_that_may_only_be_read_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.sqlite"
    fill(path, small(1))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert len(read_log(path)) == 1


def test_a_name_that_an_address_would_read_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "Übersicht 2026?mode=ro#50%25.sqlite"
    fill(path, small(1))
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert len(read_log(path)) == 1


def test_there_must_be_a_log_to_read(tmp_path: Path) -> None:
    with refuses("log.missing"):
        read_log(tmp_path / "none.sqlite")
    assert list(tmp_path.iterdir()) == []


# ---- logs that somebody forged or broke


LOOSE = f"CREATE TABLE entry ({', '.join(COLUMNS)})"  # columns that take anything


def bare(path: Path, table: str) -> Path:
    """Write a data base that is marked as a log and holds something else."""
    with closing(sqlite3.connect(path)) as base:
        base.execute(table)
        base.execute(f"PRAGMA application_id = {MARK}")
        base.execute(f"PRAGMA user_version = {LAYOUT}")
        base.commit()
    return path


def loosen(path: Path, *commands: str) -> Path:
    """Forge a log of three entries in a table without types, and change it."""
    entries = fill(path, small(1), small(2), small(3))
    path.unlink()
    with closing(sqlite3.connect(bare(path, LOOSE))) as base:
        for entry in entries:
            places = ", ".join("?" * len(COLUMNS))
            base.execute(f"INSERT INTO entry VALUES ({places})", [*asdict(entry).values()])
        for command in commands:
            base.execute(command)
        base.commit()
    return path


WRONG = {
    "no number": ("UPDATE entry SET sequence = NULL WHERE sequence = 2", 1),
    "text for a number": ("UPDATE entry SET sequence = 'two' WHERE sequence = 2", 3),
    "a share for a number": ("UPDATE entry SET sequence = 2.5 WHERE sequence = 2", 2),
    **{
        f"bytes for {name}": (f"UPDATE entry SET {name} = x'ff00' WHERE sequence = 2", 2)
        for name in COLUMNS
        if name not in ("sequence", "record")
    },
    **{
        f"nothing for {name}": (f"UPDATE entry SET {name} = NULL WHERE sequence = 2", 2)
        for name in COLUMNS
        if name not in ("sequence", "case_id")
    },
    "text that is none": ("UPDATE entry SET case_id = CAST(x'ff' AS TEXT) WHERE sequence = 2", 2),
    "a number for text": ("UPDATE entry SET verdicts = 7 WHERE sequence = 2", 2),
    "text for bytes": ("UPDATE entry SET record = '{}' WHERE sequence = 2", 2),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", WRONG)
def test_h12_a_row_that_the_program_cannot_write_is_named(tmp_path: Path, change: str) -> None:
    command, row = WRONG[change]
    path = loosen(tmp_path / "log.sqlite", command)
    for words in (["log", path], ["log", path, "--entry", "2"]):
        refusal = refused(*words)
        assert refusal["code"] == "log.entry_changed"
        assert refusal["reason"].startswith(f"was changed: row {row} has a ")
    assert refused("outcome", path, "case-001", "--withdraw", "1")["code"] == "log.entry_changed"
    assert ask("log", path, "--csv").status == 2


def test_a_log_in_a_table_without_types_is_read(tmp_path: Path) -> None:
    assert told("log", loosen(tmp_path / "log.sqlite"))["intact"]


ENDLESS_LOG = (
    "CREATE VIEW entry AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    f"SELECT {', '.join(f'i AS {name}' for name in COLUMNS)} FROM n"
)


@pytest.mark.parametrize(
    "table",
    [
        f"CREATE TABLE entry ({', '.join([*COLUMNS, 'more'])})",
        f"CREATE TABLE entry ({', '.join(reversed(COLUMNS))})",
        f"CREATE TABLE other ({', '.join(COLUMNS)})",
    ],
    ids=["a column more", "other order", "other name"],
)
def test_h12_another_table_is_no_table_of_entries(tmp_path: Path, table: str) -> None:
    path = bare(tmp_path / "log.sqlite", table)
    assert refused("log", path)["reason"].endswith("its table of entries was replaced")
    with pytest.raises(InputRefused):
        append(path, small(1), "plan", NOON)


def test_h12_a_view_without_end_is_no_table_of_entries(tmp_path: Path) -> None:
    assert refused("log", bare(tmp_path / "log.sqlite", ENDLESS_LOG))["code"] == "log.entry_changed"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("DELETE FROM entry WHERE sequence = 2", "entry 2 is missing"),
        ("DELETE FROM entry WHERE sequence < 3", "entries before 3 are missing"),
        (
            "UPDATE entry SET case_id = 'x' WHERE sequence = 2",
            "entry 2 differs from what was logged",
        ),
        ("UPDATE entry SET sequence = sequence + 4 WHERE sequence = 3", "entries before 7 are"),
        ("UPDATE entry SET sequence = 0 WHERE sequence = 1", "entry 0 is out of sequence"),
    ],
)
def test_h12_what_was_changed_is_reported(tmp_path: Path, command: str, said: str) -> None:
    path = tmp_path / "log.sqlite"
    fill(path, small(1), small(2), small(3))
    tamper(path, command)
    ran = ask("log", path, "--json")
    assert ran.status == 2
    assert f"was changed: {said}" in ran.record["refusal"]["reason"]
    assert refused("log", path)["code"] == "log.entry_changed"
    assert f"was changed: {said}" in " ".join(ask("log", path).err.split())


def test_h12_an_entry_of_another_log_does_not_follow(tmp_path: Path) -> None:
    own = fill(tmp_path / "own.sqlite", small(1), small(2), small(3))
    other = fill(tmp_path / "other.sqlite", small(7), small(8), small(9))
    assert find_changes((own[0], other[1], own[2])) == {
        2: "entry 2 is not linked to the preceding entry",
        3: "entry 3 is not linked to the preceding entry",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"pathway": []}, {"pathway": {"name": 1}}, {"route": "x"}, {"case": []},
        {"outcome": {"trial": 1, "became": "declined"}}, {"outcome": {}},
        {"withdraws": {"entry": "1", "trial": "x", "became": "y"}},
        {"inputs": [1]}, {"inputs": {}}, {"inputs": [{"role": "liver"}]}, {"rules": [{"id": None}]},
        {"rules": [{"id": "x", "sha256": 1}]}, {"findings": [{}]}, {"findings": 1},
        {"trials": [{"id": "x", "verdict": "yes"}]}, {"flr_percent": "30"},
        {"flr_percent": True}, {"flr_percent_shown": 30},
    ],
    ids=str,
)  # fmt: skip
def test_h12_a_result_of_another_form_is_none(tmp_path: Path, change: dict[str, Any]) -> None:
    """Its hashes were made to hold, and its columns to say what the record says."""
    content = json.dumps({**small(1), **change}).encode()
    assert list(find_changes((forge(tmp_path, content),))) == [1]


@pytest.mark.parametrize(
    "make",
    [
        lambda text: text.replace('"findings"', '"flr_percent": NaN, "findings"').encode(),
        lambda text: text.replace('"findings"', '"flr_percent": 1e999, "findings"').encode(),
        lambda text: text.replace('"findings"', '"findings": [], "findings"').encode(),
        lambda text: text.encode("utf-16"),
        lambda text: b"[" * 100_000,
        lambda text: text.replace('"findings"', f'"x": {"9" * 5000}, "findings"').encode(),
    ],
    ids=["nan", "infinite", "twice", "utf-16", "deep", "digits"],
)
def test_h12_json_that_nobody_wrote_is_none(tmp_path: Path, make: Callable[[str], bytes]) -> None:
    assert list(find_changes((forge(tmp_path, make(json.dumps(small(1)))),))) == [1]


def forge(folder: Path, content: bytes) -> Entry:
    """Make an entry of other bytes, whose hashes hold."""
    (entry,) = fill(folder / "log.sqlite", small(1))
    columns: dict[str, Any]
    try:
        said = json.loads(content)
        lists = ("inputs", "rules")
        columns = {key: json.dumps(said.get(key, []), sort_keys=True) for key in lists}
        verdicts = {one["id"]: one["verdict"] for one in said.get("trials", ())}
        columns["verdicts"] = json.dumps(verdicts, sort_keys=True)
    except (ValueError, AttributeError, RecursionError):
        columns = {}
    changes: dict[str, Any] = {"record": content, "digest": sha256(content).hexdigest()}
    forged = replace(entry, **changes, **columns)
    return replace(forged, chain=compute_chain(asdict(forged)))


def test_what_is_no_log_at_all(tmp_path: Path) -> None:
    folder, empty, text = (tmp_path / name for name in ("folder", "empty.sqlite", "text.sqlite"))
    folder.mkdir()
    empty.touch()
    text.write_text("no data base" * 100, "utf-8")
    assert refused("log", folder)["code"] == "log.missing"
    assert "is a folder" in refused("log", folder)["reason"]
    assert refused("log", empty)["code"] == "log.not_a_log"
    assert refused("log", text)["code"] == "log.not_a_log"
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe.sqlite")
        assert refused("log", tmp_path / "pipe.sqlite")["code"] == "log.missing"


def test_a_log_cut_at_any_page_is_refused_or_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    fill(path, *(small(number) for number in range(30)))
    content = path.read_bytes()
    for end in range(0, len(content), 512):
        path.write_bytes(content[:end])
        ran = ask("log", path, "--json")
        assert ran.status == 2
        codes = ("log.not_a_log", "log.damaged", "log.entry_changed")
        assert ran.record["refusal"]["code"] in codes
