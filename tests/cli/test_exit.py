"""Exit status and form of every ending: answered, defect, refused, interrupted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fl_planner
import fl_planner.workup.volume
from tests.cli.outside import REPOSITORY, SMALL, Ran, ask, case_toml, real, refused

USAGE = {
    "no such command": (["volumes"], "No such command 'volumes'"),
    "no such option": (["volume", "--livr", "a.nii"], "No such option '--livr'"),
    "an option of another command": (["volume", "--diagnosis", "crlm"], "No such option"),
    "a missing value": (["volume", "{json}", "--liver"], "Option '--liver' requires an argument"),
    "a missing argument": (["trials", "show"], "Missing argument 'NAME...'"),
    "one argument too many": (["volume", "a.toml", "b.toml"], "unexpected extra argument (b.toml)"),
    "no such choice": (["plan", "--diagnosis", "ccc"], "'ccc' is not one of"),
    "no such state": (["plan", "--cirrhosis", "maybe"], "'maybe' is not one of"),
    "no such case": (["demo", "cca"], "'cca' is not one of"),
    "no date": (["plan", "--as-of", "tomorrow"], "'tomorrow' is not in the form YYYY-MM-DD"),
    "no date of a calendar": (["plan", "--as-of", "2026-02-30"], "is not a valid calendar date"),
    "no limit": (["volume", "--size-limit", "0"], "0 is not in the range"),
    "no profile": (["plan", "--profile", "public"], "'public' is not one of"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_is_one_object_or_reported_to_a_person_on_stderr_alone(name: str) -> None:
    args, words = USAGE[name]
    refusal = refused(*("--json" if arg == "{json}" else arg for arg in args))
    assert (refusal["code"], refusal["file"]) == ("usage.wrong", "command line")
    assert words in refusal["message"]
    ran = ask(*(arg for arg in args if arg != "{json}"))
    assert (ran.status, ran.out) == (2, "")
    assert words in " ".join(ran.err.split())
    assert ran.err.startswith("refused: ")


def test_an_option_without_its_value_takes_the_next_word_and_the_answer_is_json_still() -> None:
    refusal = refused("volume", "--liver", "--json")
    assert (refusal["code"], refusal["file"]) == ("file.missing", "--json")


@pytest.mark.parametrize(
    ("args", "command"),
    [
        (["volume"], "volume"),
        (["plan"], "plan"),
        (["demo", "cca"], "demo"),
        (["trials", "show", "NCT1"], "trials"),
        (["volumes"], "none"),
        (["--liver", "a.nii"], "none"),
    ],
)
def test_a_refusal_names_its_schema_and_version(args: list[str], command: str) -> None:
    record = ask(*args, "--json").record
    assert set(record) == {"schema", "status", "version", "refusal"}
    number = 2 if command in ("plan", "demo", "trials") else 1
    assert record["schema"] == f"fl-planner/{command}/{number}"
    assert record["version"] == fl_planner.__version__


@pytest.mark.parametrize("args", [[], ["trials"]])
def test_without_a_command_the_help_is_shown_as_a_mistake(args: list[str]) -> None:
    ran = ask(*args)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("Usage: fl-planner")
    assert ("Commands:" if args else "One patient:") in ran.err
    assert "refused" not in ran.err


def started(code: str, tmp_path: Path, *args: str) -> Ran:
    text = f"import sys\nsys.argv = ['fl-planner', *{list(args)!r}]\n{code}\nc.main()"
    return real(cwd=tmp_path, start=("-c", f"import fl_planner.cli as c\n{text}"))


def test_a_defect_of_ours_ends_with_1_a_traceback_and_no_json(tmp_path: Path) -> None:
    broken = "import fl_planner.workup.volume as r\nr.as_volume_record = lambda *_: 1 / 0"
    ran = started(broken, tmp_path, "volume", *SMALL.write(tmp_path), "--json")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("Traceback")
    assert ran.err.endswith("ZeroDivisionError: division by zero\n")


@pytest.mark.parametrize(
    ("option", "missing"), [("--log", "log.unwritable"), ("--trials", "trial.no_folder")]
)
def test_a_name_that_is_too_long_is_refused(option: str, missing: str, tmp_path: Path) -> None:
    """File systems accept names of up to 255 bytes; to Python 3.14, a longer one is missing."""
    refusal = refused("plan", *SMALL.write(tmp_path), option, "n" * 400)
    by_system = refusal["code"] == "file.unreadable" and "too long" in refusal["reason"]
    assert by_system or (sys.version_info >= (3, 14) and refusal["code"] == missing)


def test_a_number_that_json_does_not_have_is_a_defect_and_not_printed(tmp_path: Path) -> None:
    broken = "import fl_planner.basis.shown as s\ns.Share.percent = float('nan')"
    ran = started(broken, tmp_path, "volume", *SMALL.write(tmp_path, flr=(0, 1600)), "--json")
    assert (ran.status, ran.out) == (1, "")
    assert "ValueError" in ran.err


@pytest.mark.parametrize("form", [["--json"], []])
def test_interrupted_at_work(
    form: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fl_planner.workup.volume, "as_volume_record", interrupt)
    ran = ask("volume", *SMALL.write(tmp_path), *form)
    assert (ran.status, ran.out) == (130, "")


def test_interrupted_again_while_stopping_no_traceback(tmp_path: Path) -> None:
    again = (
        "import fl_planner.cli as c, sys\n"
        "def stop(*_):\n"
        "    raise KeyboardInterrupt\n"
        "c.run = stop\n"
        "sys.argv = ['fl-planner', '--version']\n"
        "c.main()"
    )
    ran = real(cwd=tmp_path, start=("-c", again))
    assert (ran.status, ran.out, ran.err) == (130, "", "")


@pytest.mark.essential
@pytest.mark.slow
def test_as_installed_and_as_a_module(tmp_path: Path) -> None:
    case_toml(tmp_path, '[masks]\nliver = "none.nii"\n')
    ran = real("plan", "case.toml", "--json", cwd=tmp_path)
    assert (ran.status, ran.err) == (2, "")
    assert ran.record["refusal"]["code"] == "file.missing"
    assert ran.record["refusal"]["file"] == "none.nii"
    ran = real("plan", "case.toml", cwd=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert " ".join(ran.err.split()) == (
        'refused: none.nii: no such file: masks.liver = "none.nii"; check the name and the folder'
    )


def test_a_reader_that_leaves_early_is_no_reason_for_a_traceback(tmp_path: Path) -> None:
    masks = " ".join(SMALL.write(tmp_path))
    line = f"{sys.executable} -m fl_planner volume {masks} --json | head -c 1"
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    ran = subprocess.run(["sh", "-c", line], capture_output=True, env=env, check=False)
    assert ran.stdout == b"{"
    assert b"Traceback" not in ran.stderr
