"""The validation page tells what was seen, what failed, what was not run, and types nothing."""

import doctest
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks import validation as made
from benchmarks.validation import Figure, Part, Told
from docs.make import validation as page
from fl_planner.basis.version import __version__

ECHO = Part("echo", "Echo", "itself", ("{python}", "-c", "print('echo: 2 of 2 hold')"),
            made.read_held)  # fmt: skip


def part(**other: Any) -> dict[str, Any]:
    return {
        "name": "vectors", "title": "Formulas", "says": "every formula", "left_out": None,
        "command": "python x.py", "version": __version__, "commit": "abc1234", "holds": True,
        "figures": [{"what": "answers that hold", "figure": "5 of 5"}], "last_lines": ["no"],
        **other,
    }  # fmt: skip


def told(tmp_path: Path, *parts: dict[str, Any]) -> str:
    path = tmp_path / "validation.json"
    path.write_text(json.dumps({"parts": parts}), "utf-8")
    return page.as_page(path)


def test_without_figures_the_page_says_so_and_has_none(tmp_path: Path) -> None:
    text = page.as_page(tmp_path / "absent.json")
    assert "not run where this site was built" in text
    assert not re.search(r"\d", text)


def test_the_page_shows_figures_command_and_commit(tmp_path: Path) -> None:
    text = told(tmp_path, part())
    assert "| answers that hold | 5 of 5 |" in text
    assert f"`python x.py` on version {__version__}, commit `abc1234`." in text
    assert "did not hold" not in text


def test_the_page_tells_what_did_not_hold(tmp_path: Path) -> None:
    assert "**It did not hold.** What it said last:\n\n```text\nno\n" in told(
        tmp_path, part(holds=False)
    )


def test_the_page_tells_figures_of_another_version(tmp_path: Path) -> None:
    assert f"which is not this one ({__version__})" in told(tmp_path, part(version="0.0.1"))


def test_the_page_tells_what_was_left_out(tmp_path: Path) -> None:
    left = {"title": "Phantom", "says": "one volume", "left_out": "no files"}
    assert "**Not run**: no files." in told(tmp_path, left)


def test_answers_that_hold_and_needless_warnings_are_read() -> None:
    text = "needless warnings: on 0 of 61 clean files (at most 2%), and on 1 of 9 others\n"
    assert made.read_held(Told(f"{text}volumes: 93 of 94 hold\n", 1)) == (
        Figure("answers that hold", "93 of 94"),
        Figure("files with a needless warning", "0 of 61 clean files"),
    )


def test_verdicts_are_read_from_the_report() -> None:
    report = {"passed": 9, "scored": 10, "balanced_percent": 93.5,
              "verdicts": {"CORRECT": 4, "REFUSED_OK": 5, "CRASH": 1}}  # fmt: skip
    figures = made.read_verdicts(Told("", 1, json.dumps(report)))
    assert Figure("cases", "9 of 10 as they must be") in figures
    assert Figure("wrong number without a word", "0") in figures
    assert Figure("crashed", "1") in figures
    assert made.read_verdicts(Told("broken off", 1)) == ()


def test_ratios_of_every_peer_are_read() -> None:
    text = f"{'ratio to (a) nibabel, scipy':24}{0.25:8.3f}{0.5:10.2f}\n"
    text += f"{'ratio to (b) SimpleITK':24}{1.5:8.3f}{0.75:10.2f}\n"
    assert [one.figure for one in made.read_ratios(Told(text, 0))] == [
        "0.250", "0.50", "1.500", "0.75",
    ]  # fmt: skip
    assert "(a) nibabel, scipy" in made.read_ratios(Told(text, 0))[0].what


def test_controls_are_read_from_what_was_taken_out() -> None:
    figures = {
        one.what: one.figure for one in made.read_mutants(Told("307 controls, 2 not held, 9 s", 1))
    }
    assert figures["controls taken out"] == "307"
    assert figures["of these not noticed by their tests"] == "2"
    assert int(figures["hazards"]) == 17


def test_a_part_is_run_and_recorded(tmp_path: Path) -> None:
    seen = made.run_part(ECHO, tmp_path, 1)
    assert seen["figures"] == [{"what": "answers that hold", "figure": "2 of 2"}]
    assert seen["holds"]
    assert seen["version"] == __version__
    assert "python -c" in seen["command"]


@pytest.mark.parametrize(
    "code", ["print('echo: 1 of 2 hold'); raise SystemExit(1)", "print('nothing to read')"]
)
def test_a_part_that_fails_or_says_nothing_does_not_hold(tmp_path: Path, code: str) -> None:
    broken = Part("echo", "Echo", "itself", ("{python}", "-c", code), made.read_held)
    assert not made.run_part(broken, tmp_path, 1)["holds"]


def test_a_part_without_its_files_is_left_out(tmp_path: Path) -> None:
    needing = Part("echo", "Echo", "itself", ("{python}",), made.read_held, "vectors.json")
    assert "not beside the project" in made.run_part(needing, tmp_path, 1)["left_out"]


def test_parts_of_the_same_name_are_replaced_in_their_order() -> None:
    before = [part(name="patients"), part(name="same", commit="old")]
    now = [part(name="same", commit="new"), part(name="vectors")]
    kept = made.keep(before, now)
    seen = [one["name"] for one in kept if one["left_out"] is None]
    assert seen == ["vectors", "same", "patients"]
    assert kept[1]["commit"] == "new"
    others = {one["name"]: one["left_out"] for one in kept if one["left_out"] is not None}
    assert others["badinputs"] == "nobody asked for it"
    assert len(kept) == len(made.PARTS)


def test_the_command_writes_figures_and_fails_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Part("bad", "Bad", "itself", ("{python}", "-c", "raise SystemExit(1)"), made.read_held)
    monkeypatch.setattr(made, "PARTS", (ECHO, broken))
    out = tmp_path / "build" / "validation.json"
    ran = CliRunner().invoke(made.main, ["--out", str(out), "--shared", str(tmp_path)])
    assert ran.exit_code == 1
    assert "echo: holds" in ran.output
    assert "bad: FAILS" in ran.output
    written = json.loads(out.read_text("utf-8"))["parts"]
    assert [one["holds"] for one in written] == [True, False]


def test_its_examples_hold() -> None:
    assert doctest.testmod(made).failed == 0


def test_no_place_of_a_machine_is_written() -> None:
    for one in made.PARTS:
        assert "/work" not in made.say_command(one.command, 1)
        assert str(Path.home()) not in made.say_command(one.command, 1)
