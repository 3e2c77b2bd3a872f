"""`fl-planner new-case`: begin a case file, and ask only what still matters."""

import sys
from pathlib import Path
from typing import Any

import click

from fl_planner.cli.options import (
    AS_JSON,
    AS_OF,
    BODY,
    CASE_MASKS,
    CENTRE,
    DIAGNOSIS,
    FORCE,
    SPLEEN,
    TRIALS,
    File,
    with_options,
)
from fl_planner.cli.say import say, say_aside
from fl_planner.cli.usage import headed_command

EXAMPLES = """\b
Examples:
  fl-planner new-case case.toml --diagnosis hcc \\
    --liver liver.nii.gz --tumour tumour.nii.gz
  fl-planner new-case case.toml --answers facts.json --as-of 2026-11-20
"""


@headed_command("new-case", epilog=EXAMPLES)
@click.argument("out", metavar="CASE.toml", type=File)
@click.option("--id", "case_id", metavar="ID", help="Your pseudonym of the patient.")
@with_options(DIAGNOSIS, *CASE_MASKS, SPLEEN, *BODY)
@click.option("--answers", type=File, metavar="FACTS.json", help="What is known already.")
@click.option("--ask/--no-ask", default=None, help="Ask; else only where there is a terminal.")
@with_options(AS_OF, CENTRE, TRIALS, FORCE, AS_JSON)
def new_case(out: Path, ask: bool | None, force: bool, as_json: bool, **given: Any) -> None:
    """Begin a case file: what is known, and as comments what is still to ask, and of whom.

    At a terminal it asks, the most informative first, and only what could still change a verdict or
    the route. An empty answer leaves a fact unknown.
    """
    from fl_planner.record.over_time.new_case import say_new_case
    from fl_planner.workup.new_case import begin_case

    person = Terminal() if is_asked(ask, as_json=as_json) else None
    record = begin_case(out, given, person, force=force)
    say(record, say_new_case(record), as_json=as_json)


def is_asked(ask: bool | None, *, as_json: bool) -> bool:
    """Whether a person is asked: as was said, or else where one sits at a terminal."""
    return (sys.stdin.isatty() and not as_json) if ask is None else ask


class Terminal:
    """The person at the terminal."""

    def answer(self, question: str) -> str:
        """Let a person type an answer."""
        typed: str = click.prompt(question, default="", show_default=False, err=True)
        return typed

    def hear(self, message: str) -> None:
        """Tell what is wrong with an answer, or that it is enough."""
        say_aside(message)
