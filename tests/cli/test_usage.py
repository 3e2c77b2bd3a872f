"""Wrong options point to the help of the command they were given to; trials go by their names."""

from pathlib import Path

import pytest

from tests.cases import each_case
from tests.cli.outside import SMALL, ask, refused, told

DRAGON = "NCT05428735"


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
        (["trials", "shwo"], "did you mean show? see fl-planner trials --help"),
        (["plan", "--dignosis", "crlm"], "did you mean --diagnosis? see fl-planner plan --help"),
    ],
)
def test_the_help_of_the_command_is_named(words: list[str], remedy: str) -> None:
    wrong = refused(*words)
    assert (wrong["code"], wrong["remedy"]) == ("usage.wrong", remedy)


@each_case(
    "day, reason",
    {
        "no such month": ("2026-13-01", "'2026-13-01': there is no such day"),
        "no such day": ("2026-02-29", "'2026-02-29': there is no such day"),
        "another form": ("20.11.2026", "'20.11.2026' is not written YYYY-MM-DD, as 2026-11-20"),
        "signs of another script": ("\u0662026-11-20", "is not written YYYY-MM-DD"),
        "no day": ("", "'' is not written YYYY-MM-DD"),
    },
)
def test_a_day_is_refused_for_its_own_reason(day: str, reason: str) -> None:
    wrong = refused("trials", "judge", "facts.json", "--as-of", day)
    assert wrong["reason"].startswith("Invalid value for '--as-of': ")
    assert reason in wrong["reason"]


def test_a_diagnosis_is_understood_in_any_case(tmp_path: Path) -> None:
    masks = SMALL.write(tmp_path, flr=(0, 2400))
    small = told("plan", *masks, "--no-tumour", "--diagnosis", "crlm", "--cirrhosis", "no")
    large = told("plan", *masks, "--no-tumour", "--diagnosis", "CRLM", "--cirrhosis", "No")
    assert small == large


def test_an_outcome_takes_the_name_that_plans_use(tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite"
    said = ask("outcome", log, "p1", "dragon 2", "approached")
    assert said.out == "recorded: p1, DRAGON 2: approached\n"
    assert told("outcome", log, "p1", "RESCUE", "declined")["outcome"]["trial"] == "NCT06178198"


def test_a_trial_is_shown_by_its_name() -> None:
    assert told("trials", "show", "DRAGON 2")["trials"][0]["id"] == DRAGON
