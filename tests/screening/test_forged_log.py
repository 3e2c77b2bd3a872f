"""Logs that somebody forged or broke: named by the row, with status 2, and never a traceback."""

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.screening.log import (
    COLUMNS,
    LAYOUT,
    MARK,
    Entry,
    append,
    compute_chain,
    find_changes,
)
from tests.cli.outside import ask, refused, told
from tests.screening.logs import NOON, fill, small, tamper

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


ENDLESS = (
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
    assert refused("log", bare(tmp_path / "log.sqlite", ENDLESS))["code"] == "log.entry_changed"


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
