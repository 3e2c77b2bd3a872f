"""The table of changed texts pairs each text with the one that replaced it."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from docs.make import changed_texts
from docs.make.changed_texts import Change, compare_commit, main, pair_texts
from docs.make.strings import Shown


def texts_of(changes: list[Change]) -> list[tuple[str | None, str | None]]:
    return [(text_of(one.before), text_of(one.after)) for one in changes]


def text_of(shown: Shown | None) -> str | None:
    return None if shown is None else shown.text


def test_an_edited_text_is_paired_with_its_earlier_form() -> None:
    before = [Shown("a.py:1", "no dose can be told here"), Shown("a.py:2", "the liver is small")]
    after = [
        Shown("a.py:9", "no dose can be calculated here"),
        Shown("b.py:2", "the liver is small"),
    ]
    changes = pair_texts(before, after)
    assert texts_of(changes) == [("no dose can be told here", "no dose can be calculated here")]


def test_the_same_file_comes_first_and_a_text_is_paired_once() -> None:
    before = [
        Shown("a.py:1", "the mask of the liver"),
        Shown("b.py:1", "the mask of the liver is cut"),
    ]
    after = [Shown("b.py:5", "the mask of the liver is whole")]
    changes = pair_texts(before, after)
    assert texts_of(changes) == [
        ("the mask of the liver", None),
        ("the mask of the liver is cut", "the mask of the liver is whole"),
    ]


def test_texts_without_common_words_are_removed_and_added() -> None:
    changes = pair_texts([Shown("a.py:1", "one two three")], [Shown("a.py:1", "four five six")])
    assert texts_of(changes) == [("one two three", None), (None, "four five six")]


def test_of_repeated_texts_only_the_surplus_has_changed() -> None:
    same = Shown("a.py:1", "the same text")
    assert texts_of(pair_texts([same, same], [same])) == [("the same text", None)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with one commit and a text edited after it."""
    for folder in ("fl_planner", "docs", "notebooks"):
        (tmp_path / folder).mkdir()
    (tmp_path / "README.md").write_text("First page.\n", "utf-8")
    (tmp_path / "docs" / "page.md").write_text("A page of the docs.\n", "utf-8")
    (tmp_path / "notebooks" / "one.md").write_text("A notebook here.\n", "utf-8")
    module = tmp_path / "fl_planner" / "one.py"
    module.write_text(
        '"""A module that tells."""\n\nTEXT = "a text that is told | here"\n', "utf-8"
    )
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for asked in (("init", "-q"), ("add", "-A"), (*author, "commit", "-qm", "Begin")):
        subprocess.run(["git", *asked], cwd=tmp_path, check=True)
    module.write_text(
        '"""A module that states."""\n\nTEXT = "a text that is stated | here"\n', "utf-8"
    )
    return tmp_path


def test_a_commit_is_compared_with_the_working_tree(project: Path) -> None:
    assert texts_of(compare_commit("HEAD", project)) == [
        ("a text that is told | here", "a text that is stated | here"),
        ("A module that tells.", "A module that states."),
    ]


def test_the_command_prints_a_table(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        changed_texts, "compare_commit", lambda commit: compare_commit(commit, project)
    )
    ran = CliRunner().invoke(main, ["HEAD"])
    assert ran.output.splitlines()[:3] == [
        "| where | before | after |",
        "|---|---|---|",
        r"| `one.py:3` | a text that is told \| here | a text that is stated \| here |",
    ]
    unknown = CliRunner().invoke(main, ["no-such-commit"])
    assert unknown.exit_code == 1
    assert "no-such-commit cannot be read" in unknown.output
