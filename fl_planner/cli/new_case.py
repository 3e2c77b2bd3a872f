"""`fl-planner new-case`: begin a case file, and ask only what still matters."""

import sys
from pathlib import Path
from typing import Any

import click

from fl_planner.basis.diagnoses import DIAGNOSES
from fl_planner.cli.options import (
    AS_JSON,
    AS_OF,
    CENTRE,
    FORCE,
    TRIALS,
    TUMOUR,
    File,
    with_options,
)
from fl_planner.cli.say import say, say_aside, say_lines

EXAMPLES = """\b
Examples:
  fl-planner new-case case.toml --diagnosis hcc \\
    --liver liver.nii.gz --tumour tumour.nii.gz
  fl-planner new-case case.toml --answers facts.json --as-of 2026-11-20
"""
MASKS = (
    click.option("--liver", type=File, metavar="FILE", help="Liver mask."),
    TUMOUR,
    click.option("--no-tumour", is_flag=True, help="There is no tumour."),
    click.option("--flr", type=File, metavar="FILE", help="Future liver remnant."),
    click.option("--resected", type=File, metavar="FILE", help="Part to be removed."),
    click.option("--treated", type=File, metavar="FILE", help="Area to be radioembolised."),
    click.option("--labelmap", type=File, metavar="FILE", help="Couinaud segments."),
    click.option("--ct", type=File, metavar="FILE", help="CT."),
)


@click.command("new-case", epilog=EXAMPLES)
@click.argument("out", metavar="CASE.toml", type=File)
@click.option("--id", "case_id", metavar="ID", help="Your pseudonym of the patient.")
@click.option(
    "--diagnosis",
    type=click.Choice([*DIAGNOSES]),
    help="Colorectal liver metastases, hepatocellular carcinoma, or neither.",
)
@with_options(*MASKS)
@click.option("--answers", type=File, metavar="FACTS.json", help="What is known already.")
@click.option("--ask/--no-ask", default=None, help="Ask; else only where there is a terminal.")
@with_options(AS_OF, CENTRE, TRIALS, FORCE, AS_JSON)
def new_case(out: Path, ask: bool | None, force: bool, as_json: bool, **given: Any) -> None:
    """Begin a case file: what is known, and as comments what is still to ask, and of whom.

    At a terminal it asks, the most telling first, and only what could still change a verdict or
    the route. An empty answer leaves a fact unknown.
    """
    from fl_planner.record.over_time.new_case import say_new_case
    from fl_planner.workup.new_case import begin_case

    asked = (sys.stdin.isatty() and not as_json) if ask is None else ask
    record = begin_case(out, given, _Terminal() if asked else None, force=force)
    say(record, lambda told: say_lines(say_new_case(told))(told), as_json=as_json)


class _Terminal:
    """The person at the terminal."""

    def answer(self, question: str) -> str:
        """Let a person type an answer."""
        typed: str = click.prompt(question, default="", show_default=False, err=True)
        return typed

    def hear(self, message: str) -> None:
        """Tell what is wrong with an answer, or that it is enough."""
        say_aside(message)
