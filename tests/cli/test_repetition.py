"""Options given more than once: of one value refused, of many values each taken."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fl_planner.cli import planner
from fl_planner.cli.commands import COMMANDS
from tests.cases import each_case
from tests.cli.outside import SMALL, ask, refused, told

ENDS = {  # unguarded, these would wait for a browser
    "serve": ["absent.toml"],
    "hooks": ["--origin", "not a URL"],
}


def every_command() -> Iterator[tuple[list[str], click.Command]]:
    """Give every command with the words that lead to it, but for formulas: they read JSON too."""
    for name in COMMANDS:
        command = planner.get_command(click.Context(planner), name)
        assert command is not None
        if isinstance(command, click.Group) and name != "calc":
            for sub in command.list_commands(click.Context(command)):
                within = command.get_command(click.Context(command), sub)
                assert within is not None
                yield [name, sub], within
        else:
            yield [name], command


def single() -> list[list[str]]:
    cases = []
    for words, command in every_command():
        for option in command.params:
            alone = isinstance(option, click.Option) and not (option.is_flag or option.multiple)
            if alone:
                cases.append([*words, option.opts[-1]])
    return cases


def test_there_are_options_to_be_tried() -> None:
    tried = [tuple(words) for words in single()]
    assert len(tried) > 150
    assert {("volume", "--flr"), ("plan", "--labelmap"), ("dose", "--ct"), ("convert", "--to"),
            ("trials", "judge", "--as-of"), ("verify", "--liver")} <= {*tried}  # fmt: skip


@pytest.mark.slow
@each_case("words", single())
def test_h03_an_option_of_one_value_given_twice_is_refused(words: list[str]) -> None:
    *command, option = words
    ran = ask(*command, *ENDS.get(command[0], []), option, "a.nii", f"{option}=b.nii")
    assert (ran.status, ran.out) == (2, "")
    assert f"refused: {option}: was given twice" in ran.err


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["resections", "--named", "--all"], "--all"),
        (["new-case", "x.toml", "--ask", "--no-ask"], "--ask"),
        (["plan", "--flr", "a", "--flr", "b", "--flr", "c"], "--flr"),
    ],
)
def test_options_that_contradict_each_other_are_refused(words: list[str], option: str) -> None:
    refusal = refused(*words)
    assert (refusal["code"], refusal["file"]) == ("option.repeated", option)


def test_a_flag_that_is_stated_again_states_nothing_else(tmp_path: Path) -> None:
    again = ["--no-tumour", "--no-tumour", "--json", "--json", "--quiet", "--quiet"]
    assert told("volume", *SMALL.write(tmp_path), *again)["volumes_ml"]["liver"] == 1000.0


@pytest.mark.parametrize(
    "twice", [("--tumour", "one", "two"), ("--exclude", "cyst=one", "ivc=two")]
)
def test_an_option_of_many_values_takes_each(twice: tuple[str, str, str], tmp_path: Path) -> None:
    masks, (option, one, two) = SMALL.write(tmp_path, one=(0, 400), two=(7600, 8000))[:2], twice
    given = [one.replace("one", f"{tmp_path}/one.nii"), two.replace("two", f"{tmp_path}/two.nii")]
    record = told("volume", *masks, option, given[0], option, given[1])
    assert [entry["file"] for entry in record["inputs"]][1:] == ["one.nii", "two.nii"]
