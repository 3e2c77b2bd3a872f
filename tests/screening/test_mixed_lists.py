"""Lists in which some patients are invalid: each of them is a row, and the others are assessed."""

import os
from pathlib import Path

import pytest

from fl_planner.intake.patients.lists import read_patients
from fl_planner.intake.patients.rows import NotRead
from tests.cli.outside import ask
from tests.screening.test_screen import NAME, lines, screened

CONSENT = "written_consent_for"


def test_h11_a_trial_that_nobody_judges_refuses_one_row_only(tmp_path: Path) -> None:
    listed = lines(
        tmp_path / "list.jsonl",
        p1={"ecog": 1},
        p2={CONSENT: ["NCT05428735", NAME]},
        p3={CONSENT: ["NCT05428735"]},
    )
    record = screened(listed, status=3)
    assert [row["id"] for row in record["rows"]] == ["p1", "p3"]
    (wrong,) = record["refused"]
    assert (wrong["row"], wrong["id"], wrong["code"]) == (2, "p2", "screen.unreadable")
    assert wrong["reason"] == f"{CONSENT}: not one of the trials assessed"
    assert "NCT05428735" in wrong["remedy"]
    assert NAME not in ask("screen", listed, "--json").out
    assert NAME in ask("screen", listed, "--json", "--profile", "clinical").out


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
def test_h11_what_cannot_be_opened_in_a_folder_is_a_row(tmp_path: Path) -> None:
    lines(tmp_path / "a.jsonl", p1={"ecog": 1})
    (tmp_path / "b.json").symlink_to("gone.json")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "case.toml").symlink_to("case.toml")  # to itself
    (tmp_path / "d").symlink_to(tmp_path / "lost" / "d")  # a folder on a drive that is gone
    os.mkfifo(tmp_path / "e.jsonl")
    (tmp_path / "f").mkdir()
    (tmp_path / "g.2.840").symlink_to(tmp_path / "lost" / "g")
    for name in (".#lock", ".#a.jsonl", "notes.txt"):  # two locks of an editor
        (tmp_path / name).symlink_to("nowhere")
    found = read_patients(tmp_path).rows
    assert [row.file for row in found] == ["a.jsonl", "b.json", "c", "d", "e.jsonl", "g.2.840"]
    assert [isinstance(row, NotRead) for row in found] == [False, *[True] * 5]
