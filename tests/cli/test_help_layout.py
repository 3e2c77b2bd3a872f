"""Wrong options point to the help of the command they were given to; trials go by their names."""

import re
from pathlib import Path
from typing import Any

import pytest

import fl_planner
from tests.cases import each_case
from tests.cli.outside import REPOSITORY, SMALL, ask, real, refused, told


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["report", "--nothing"], "see fl-planner report --help"),
        (["plan", "--as-of", "x"], "see fl-planner plan --help"),
        (["trials", "list", "--jsn"], "did you mean --json? see fl-planner trials list --help"),
        (["trials", "judge"], "see fl-planner trials judge --help"),
        (["outcome", "log.sqlite", "p1"], "see fl-planner outcome --help"),
        (["trails"], "did you mean trials? see fl-planner --help"),
        (["plna"], "did you mean plan? see fl-planner --help"),
        (["volcano"], "see fl-planner --help"),
        (["judge", "case.toml"], "did you mean trials judge? see fl-planner --help"),
        (["list"], "did you mean trials list? see fl-planner --help"),  # and not listen
        (["albi"], "did you mean calc albi? see fl-planner --help"),
        (["merge", "a", "b"], "did you mean cohort merge? see fl-planner --help"),
        (["trials", "shwo"], "did you mean show? see fl-planner trials --help"),
        (["plan", "--dignosis", "crlm"], "did you mean --diagnosis? see fl-planner plan --help"),
    ],
)
def test_the_help_of_the_command_is_named(words: list[str], remedy: str) -> None:
    wrong = refused(*words)
    assert (wrong["code"], wrong["remedy"]) == ("usage.wrong", remedy)


@each_case(
    "words",
    {
        "a pattern of the shell": ["--tumour", "a.nii", "b.nii", "c.nii"],
        "a list with blanks": ["--remnant-segments", "2", "3", "4"],
    },
)
def test_one_argument_too_many_of_a_case_names_the_form_of_its_options(words: list[str]) -> None:
    """The first of two too many is taken as the case file."""
    wrong = refused("volume", "--liver", "liver.nii", *words)
    assert wrong["reason"].startswith("Got unexpected extra argument")
    assert wrong["remedy"] == (
        "write an option before each file (--tumour a.nii --tumour b.nii), and a list without "
        "spaces (2,3); see fl-planner volume --help"
    )


@each_case(
    "day, reason",
    {
        "no such month": ("2026-13-01", "'2026-13-01' is not a valid calendar date"),
        "no such day": ("2026-02-29", "'2026-02-29' is not a valid calendar date"),
        "another form": ("20.11.2026", "is not in the form YYYY-MM-DD, such as 2026-11-20"),
        "signs of another script": ("\u0662026-11-20", "is not in the form YYYY-MM-DD"),
        "no day": ("", "'' is not in the form YYYY-MM-DD"),
    },
)
def test_a_day_is_refused_for_its_own_reason(day: str, reason: str) -> None:
    wrong = refused("trials", "judge", "facts.json", "--as-of", day)
    assert wrong["reason"].startswith("Invalid value for '--as-of': ")
    assert reason in wrong["reason"]


@pytest.mark.parametrize("option", ["--platelets", "--ecog", "--flr-volume"])
def test_a_fact_without_an_option_belongs_in_the_case_file(option: str) -> None:
    """The nearest options, --replaces, --log and --route, would do something else."""
    fact = option.removeprefix("--").replace("-", "_")
    remedy = refused("plan", "case.toml", option, "1")["remedy"]
    assert remedy == f"state the fact {fact} under [facts] in the case file"


SHARES = ("--flr-of-nontumorous-liver", "--flr-of-whole-liver")


@pytest.mark.parametrize(
    "option", ["--flr-percent", "--flr-pct", "--percent-flr", "--flr-share", "--flr-fraction"]
)
def test_a_share_in_percent_is_asked_of_which_liver_it_is(option: str) -> None:
    remedy = refused("plan", option, "28")["remedy"]
    assert all(share in remedy for share in SHARES)
    assert "refers to the non-tumorous liver or to the whole liver" in remedy


@pytest.mark.parametrize("command", ["report", "pictures", "spect-shift"])
def test_masks_of_a_command_that_takes_a_case_file_are_in_one(command: str) -> None:
    said = refused(command, "--liver", "liver.nii.gz")["remedy"]
    assert said.startswith("state it in the case file; fl-planner new-case CASE.toml --liver")
    near = refused(command, "--force-it")["remedy"]
    assert "case file" not in near


@pytest.mark.parametrize("command", ["report", "pictures", "cohort", "growth"])
def test_a_command_that_does_not_resample_names_the_one_that_does(command: str) -> None:
    """The refusal of two grids names `--resample`."""
    written = "fl-planner convert MASK --like FILE --to OUT --resample"
    assert written in refused(command, "--resample")["remedy"]


def test_only_keys_of_a_case_file_are_to_be_stated_in_one() -> None:
    """`new-case` has no option for a fact, and a case file no key for an output."""
    for command in ("report", "new-case"):
        assert refused(command, "--chemo-damage")["remedy"] == "state it in the case file"
        for output in ("--csv", "--fhir", "--facts"):
            assert "case file" not in refused(command, output)["remedy"]


def test_a_number_with_its_unit_or_a_comma_is_stated_how_to_write() -> None:
    for typed, written in (("28%", "write 28"), ("28,5", "write 28.5"), ("28 %", "write 28")):
        wrong = refused("plan", "--flr-of-nontumorous-liver", typed)
        assert (wrong["file"], wrong["remedy"]) == ("--flr-of-nontumorous-liver", written)
    for unclear in ("1,234", "about 28", "x"):
        wrong = refused("plan", "--flr-of-nontumorous-liver", unclear)
        assert wrong["remedy"] == "give a number in %"


def test_h09_a_number_in_another_unit_is_not_written_without_it() -> None:
    """154 lb are 69.9 kg: 154 would be possible as kg; 1 cm is no margin of 1 mm."""
    for option, typed, remedy in (
        ("--weight-kg", "154 lb", "give a number in kg"),
        ("--weight-kg", "70kg", "write 70"),
        ("--clearing-margin-mm", "1cm", "give a number in mm"),
        ("--clearing-margin-mm", "10 mm", "write 10"),
        ("--lung-dose", "1250cGy", "give a number in Gy"),
        ("--flr-function", "2.9 %/min/m\N{SUPERSCRIPT TWO}", "write 2.9"),
        ("--flr-function", "4.5 %/min", "give a number in %/min/m2"),
    ):
        assert refused("plan", option, typed)["remedy"] == remedy, typed


def test_a_diagnosis_is_understood_in_any_case(tmp_path: Path) -> None:
    masks = SMALL.write(tmp_path, flr=(0, 2400))
    small = told("plan", *masks, "--no-tumour", "--diagnosis", "crlm", "--cirrhosis", "no")
    large = told("plan", *masks, "--no-tumour", "--diagnosis", "CRLM", "--cirrhosis", "No")
    assert small == large
    loud: dict[str, Any] = {"diagnosis": "CRLM"}  # types know the code alone
    record = fl_planner.plan(
        liver=masks[1], flr=tmp_path / "flr.nii", no_tumour=True, cirrhosis="no", **loud
    )
    assert record.as_record() == small


def test_an_outcome_takes_the_name_that_plans_use(tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite"
    said = ask("outcome", log, "p1", "dragon 2", "approached")
    assert said.out == "recorded: p1, DRAGON 2: approached\na new log was created: log.sqlite\n"
    assert told("outcome", log, "p1", "RESCUE", "declined")["outcome"]["trial"] == "NCT06178198"


# ---- shells complete commands, options and answers


PAGE = (REPOSITORY / "docs" / "how-to" / "terminal.md").read_text("utf-8")
START = ("-c", "import sys; sys.argv = ['fl-planner']; from fl_planner.cli import main; main()")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_each_shell_of_the_page_gets_its_script(shell: str, tmp_path: Path) -> None:
    (variable,) = re.findall(rf"^(\w+)={shell}_source fl-planner > ", PAGE, re.M)
    ran = real(cwd=tmp_path, start=START, env={variable: f"{shell}_source"})
    assert (ran.status, ran.err) == (0, "")
    assert f"{variable}={shell}_complete" in ran.out


@pytest.mark.essential
@pytest.mark.slow
@each_case(
    "words, wanted",
    {
        "a command": ("fl-planner pla", ["plan"]),
        "a command of a command": ("fl-planner trials ju", ["judge"]),
        "an option": ("fl-planner plan --rem", ["--remnant-segments"]),
        "an answer": ("fl-planner plan --diagnosis ", ["crlm", "hcc", "other"]),
        "a formula": ("fl-planner calc bs", ["bsa"]),
    },
)
def test_what_is_begun_is_completed(words: str, wanted: list[str], tmp_path: Path) -> None:
    env = {
        "_FL_PLANNER_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    ran = real(cwd=tmp_path, start=START, env=env)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.split() == [f"plain,{one}" for one in wanted]


def test_the_help_of_screen_names_each_kind_of_list() -> None:
    shown = ask("screen", "--help").out
    kinds = (".csv", ".xlsx", ".jsonl", ".ndjson", ".json", ".toml")
    assert [kind for kind in kinds if f"{kind})" not in shown and f"{kind}," not in shown] == []
