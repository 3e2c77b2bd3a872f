"""Wrong options point to the help of the command they were given to; trials go by their names."""

from pathlib import Path

import pytest

from tests.cli.outside import ask, refused, told

DRAGON = "NCT05428735"


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["report", "--nothing"], "see fl-planner report --help"),
        (["plan", "--as-of", "x"], "see fl-planner plan --help"),
        (["trials", "list", "--jsn"], "see fl-planner trials list --help"),
        (["trials", "judge"], "see fl-planner trials judge --help"),
        (["outcome", "log.sqlite", "p1"], "see fl-planner outcome --help"),
        (["trails"], "see fl-planner --help"),
    ],
)
def test_the_help_of_the_command_is_named(words: list[str], remedy: str) -> None:
    wrong = refused(*words)
    assert (wrong["code"], wrong["remedy"]) == ("usage.wrong", remedy)


def test_an_outcome_takes_the_name_that_plans_use(tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite"
    said = ask("outcome", log, "p1", "dragon 2", "approached")
    assert said.out == f"recorded: p1, {DRAGON}: approached\n"
    assert told("outcome", log, "p1", "RESCUE", "declined")["outcome"]["trial"] == "NCT06178198"


def test_a_trial_is_shown_by_its_name() -> None:
    assert told("trials", "show", "DRAGON 2")["trials"][0]["id"] == DRAGON
