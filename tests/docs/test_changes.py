"""Each change is told in a note of its own, of a kind that the changelog has."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.hazards.register import PROJECT

SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["towncrier"]
KINDS = "|".join(kind["directory"] for kind in SETTINGS["type"])
NAMED = re.compile(rf"(\+[a-z0-9-]+|\d+)\.({KINDS})\.md")
MOST_LETTERS = 300


def find_odd(folder: Path) -> set[str]:
    """Find the notes that the changelog would lack, or that say nothing or too much."""
    notes = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    notes.pop("README.md", None)
    return {
        name
        for name, text in notes.items()
        if not NAMED.fullmatch(name) or not 0 < len(text.strip()) <= MOST_LETTERS
    }


def test_each_note_is_of_a_kind_and_short() -> None:
    assert find_odd(PROJECT / SETTINGS["directory"]) == set()


def test_a_note_of_no_kind_and_one_without_words_are_found(tmp_path: Path) -> None:
    names = ("+speed.faster.md", "12.fix.md", "+speed.faaster.md", "speed.md", "Fix.fix.md")
    for name in names:
        (tmp_path / name).write_text("It is faster.", "utf-8")
    (tmp_path / "+nothing.fix.md").write_text("\n", "utf-8")
    assert find_odd(tmp_path) == {"+nothing.fix.md", *names[2:]}


def test_the_next_changelog_has_every_note() -> None:
    command = ["towncrier", "build", "--draft", "--version", "0"]
    ran = subprocess.run(
        [sys.executable, "-m", *command], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    shown = " ".join(ran.stdout.split())
    folder = PROJECT / SETTINGS["directory"]
    notes = [path.read_text("utf-8") for path in folder.glob("*.*.md")]
    assert [note for note in notes if " ".join(note.split()) not in shown] == []
    assert SETTINGS["start_string"] in (PROJECT / SETTINGS["filename"]).read_text("utf-8")
