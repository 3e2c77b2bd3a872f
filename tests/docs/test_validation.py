"""The validation page tells what was seen, what failed, what was not run, and types nothing."""

import doctest
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks import figures
from benchmarks import validation as made
from benchmarks.figures import Figure, Told
from benchmarks.validation import Part
from docs.make import validation as page
from fl_planner.basis.version import __version__

ECHO = Part("echo", "Echo", "itself", ("{python}", "-c", "print('echo: 2 of 2 hold')"),
            figures.read_held)  # fmt: skip


def part(**other: Any) -> dict[str, Any]:
    return {
        "name": "vectors", "title": "Formulas", "says": "every formula", "left_out": None,
        "command": "python x.py", "date": "2026-11-20", "version": __version__,
        "commit": "abc1234", "holds": True,
        "figures": [{"what": "correct answers", "figure": "5 of 5"}], "last_lines": ["no"],
        **other,
    }  # fmt: skip


def told(tmp_path: Path, *parts: dict[str, Any]) -> str:
    path = tmp_path / "validation.json"
    path.write_text(json.dumps({"parts": parts}), "utf-8")
    return page.as_page(path)


def test_without_figures_the_page_states_this_and_has_none(tmp_path: Path) -> None:
    text = page.as_page(tmp_path / "absent.json")
    assert "not run before the site was built" in text
    assert not re.search(r"\d", text)


def test_the_page_shows_figures_command_and_commit(tmp_path: Path) -> None:
    text = told(tmp_path, part())
    assert "| correct answers | 5 of 5 |" in text
    assert f"`python x.py` on 2026-11-20, with version {__version__}, commit `abc1234`: " in text
    assert "did not hold" not in text


def test_the_page_states_what_did_not_hold(tmp_path: Path) -> None:
    assert "**Requirements not met.** Last output:\n\n```text\nno\n" in told(
        tmp_path, part(holds=False)
    )


def test_the_page_states_figures_of_another_version(tmp_path: Path) -> None:
    assert f"which differs from this version ({__version__})" in told(
        tmp_path, part(version="0.0.1")
    )


def test_the_page_states_figures_that_are_older_than_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "`abc1234`: it is not known whether the program has been changed since then" in told(
        tmp_path, part()
    )
    assert page.changes_since("HEAD") == 0
    monkeypatch.setattr(page, "changes_since", lambda commit: 3)
    assert "**older than the program**, which has been changed 3 times since then." in told(
        tmp_path, part()
    )
    assert page.describe_age("abc1234", 1).endswith("has been changed once since then")
    assert page.describe_age("abc1234", 0) == "the program has not been changed since then"
    assert page.describe_age("abc1234+", 0) == "with uncommitted changes"


def test_without_git_is_unknown_what_was_changed_since(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert page.changes_since("HEAD") is None


def test_the_page_states_what_was_left_out(tmp_path: Path) -> None:
    left = {"title": "Phantom", "says": "one volume", "left_out": "no files"}
    assert "**Not run**: no files." in told(tmp_path, left)


def test_answers_that_hold_and_needless_warnings_are_read() -> None:
    text = "needless warnings: on 0 of 61 clean files (at most 2%), and on 1 of 9 others\n"
    assert figures.read_held(Told(f"{text}volumes: 93 of 94 hold\n", 1)) == (
        Figure("correct answers", "93 of 94"),
        Figure("files with an unnecessary warning", "0 of 61 clean files"),
    )


def test_verdicts_are_read_from_the_report() -> None:
    report = {"passed": 9, "scored": 10, "balanced_percent": 93.5,
              "verdicts": {"CORRECT": 4, "REFUSED_OK": 5, "CRASH": 1}}  # fmt: skip
    verdicts = figures.read_verdicts(Told("", 1, json.dumps(report)))
    assert Figure("cases", "9 of 10 as required") in verdicts
    assert Figure("wrong number without a warning", "0") in verdicts
    assert Figure("crashed", "1") in verdicts
    assert figures.read_verdicts(Told("broken off", 1)) == ()


def test_ratios_of_every_peer_are_read() -> None:
    text = f"{'ratio to (a) nibabel, scipy':24}{0.25:8.3f}{0.5:10.2f}\n"
    text += f"{'ratio to (b) SimpleITK':24}{1.5:8.3f}{0.75:10.2f}\n"
    assert [one.figure for one in figures.read_ratios(Told(text, 0))] == [
        "0.250", "0.50", "1.500", "0.75",
    ]  # fmt: skip
    assert "(a) nibabel, scipy" in figures.read_ratios(Told(text, 0))[0].what


def test_every_row_of_a_table_of_carried_masks_is_read() -> None:
    table = """bundled\n
| field | FLR % | way | Dice |\n|---|---|---|---|\n| turn | +0 | carry | 0.99 |
| waves | +2 | rigid | refused (carry.poor) |\n"""
    assert figures.read_carried(Told(table, 0)) == (
        Figure("turn: carry", "FLR % +0, Dice 0.99"),
        Figure("waves: rigid", "FLR % +2, refused (carry.poor)"),
    )
    assert figures.read_carried(Told("broken off", 1)) == ()


@pytest.mark.essential
@pytest.mark.slow
def test_controls_are_read_from_what_was_taken_out() -> None:
    told = {
        one.what: one.figure
        for one in figures.read_mutants(Told("307 controls, 2 not held, 9 s", 1))
    }
    assert told["controls removed"] == "307"
    assert told["of these, not detected by their tests"] == "2"
    assert int(told["hazards"]) == 19


def test_a_part_is_run_and_recorded(tmp_path: Path) -> None:
    seen = made.run_part(ECHO, tmp_path, 1)
    assert seen["figures"] == [{"what": "correct answers", "figure": "2 of 2"}]
    assert seen["holds"]
    assert seen["version"] == __version__
    assert "python -c" in seen["command"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", seen["date"])
    assert re.fullmatch(r"[0-9a-f]{10}\+?", seen["commit"])


def test_what_was_edited_by_hand_no_longer_fits_its_seal(tmp_path: Path) -> None:
    seen = made.run_part(ECHO, tmp_path, 1)
    assert made.sealed(seen) == seen
    seen["figures"][0]["figure"] = "3 of 3"
    assert made.sealed(seen) != seen


@pytest.mark.parametrize(
    "code", ["print('echo: 1 of 2 hold'); raise SystemExit(1)", "print('nothing to read')"]
)
def test_a_part_that_fails_or_states_nothing_does_not_hold(tmp_path: Path, code: str) -> None:
    broken = Part("echo", "Echo", "itself", ("{python}", "-c", code), figures.read_held)
    assert not made.run_part(broken, tmp_path, 1)["holds"]


def test_a_part_without_its_files_is_left_out(tmp_path: Path) -> None:
    needing = Part("echo", "Echo", "itself", ("{python}",), figures.read_held, "vectors.json")
    assert "not next to the project" in made.run_part(needing, tmp_path, 1)["left_out"]


def test_parts_of_the_same_name_are_replaced_in_their_order() -> None:
    before = [part(name="patients"), part(name="same", commit="old")]
    now = [part(name="same", commit="new"), part(name="vectors")]
    kept = made.keep(before, now)
    seen = [one["name"] for one in kept if one["left_out"] is None]
    assert seen == ["vectors", "same", "patients"]
    assert kept[1]["commit"] == "new"
    others = {one["name"]: one["left_out"] for one in kept if one["left_out"] is not None}
    assert others["badinputs"] == "not requested"
    assert len(kept) == len(made.PARTS)


def test_the_command_writes_figures_and_fails_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Part(
        "bad", "Bad", "itself", ("{python}", "-c", "raise SystemExit(1)"), figures.read_held
    )
    monkeypatch.setattr(made, "PARTS", (ECHO, broken))
    out = tmp_path / "build" / "validation.json"
    ran = CliRunner().invoke(made.main, ["--out", str(out), "--shared", str(tmp_path)])
    assert ran.exit_code == 1
    assert "echo: holds" in ran.output
    assert "bad: FAILS" in ran.output
    written = json.loads(out.read_text("utf-8"))["parts"]
    assert [one["holds"] for one in written] == [True, False]


def test_its_examples_hold() -> None:
    assert doctest.testmod(made).failed == doctest.testmod(figures).failed == 0


def test_no_place_of_a_machine_is_written() -> None:
    for one in made.PARTS:
        assert "/work" not in made.format_command(one.command, 1)
        assert str(Path.home()) not in made.format_command(one.command, 1)


def shipped() -> list[dict[str, Any]]:
    return json.loads(page.FIGURES.read_text("utf-8"))["parts"]  # type: ignore[no-any-return]


def test_the_shipped_page_has_every_part_with_day_and_commit() -> None:
    parts, text = shipped(), page.as_page(page.FIGURES)
    assert [one["name"] for one in parts] == [one.name for one in made.PARTS]
    ran = [one for one in parts if one["left_out"] is None]
    assert [one["name"] for one in ran if not one["holds"]] == []
    firm = {one.name for one in made.PARTS if one.needs} | {"hazards"}
    assert firm <= {one["name"] for one in ran}
    for one in ran:
        assert re.fullmatch(r"[0-9a-f]{10}", one["commit"]), one["name"]
        assert f"on {one['date']}, with version {one['version']}" in text
        assert f"commit `{one['commit']}`: " in text


def test_no_shipped_figure_is_entered() -> None:
    """Neither in the file, which is sealed, nor on the page, which has those of the file alone."""
    parts = shipped()
    assert [
        one["name"] for one in parts if made.sealed(one) != one and one["left_out"] is None
    ] == []
    assert not re.search(r"\d", page.HEAD + page.NOT_RUN)
    rows = re.findall(r"^\| (?!measurement |-)(.+) \|$", page.as_page(page.FIGURES), re.MULTILINE)
    assert len(rows) == sum(len(one.get("figures", ())) for one in parts)


def test_the_shipped_file_names_no_place_of_a_machine() -> None:
    assert not re.search(r"/(?:work|tmp|home|root|usr|Users)\b", page.FIGURES.read_text("utf-8"))
