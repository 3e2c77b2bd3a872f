"""Shells complete commands, options and answers, as docs/how-to/terminal.md tells."""

import re
from pathlib import Path

import pytest

from tests.cases import each_case
from tests.cli.outside import REPOSITORY, real

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
