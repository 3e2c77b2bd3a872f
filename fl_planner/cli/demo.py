"""`fl-planner demo`: a plan on a bundled case, in a fresh folder beside you."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fl_planner.cli.options import AS_JSON, QUIET, VERBOSE, with_options
from fl_planner.cli.plan import shown
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fl_planner.record.plan import PlanRecord


@click.command()
@click.argument("case", type=click.Choice(["crlm", "hcc"]), default="crlm")
@with_options(AS_JSON, QUIET, VERBOSE)
def demo(case: str, as_json: bool, quiet: bool, verbose: bool) -> None:
    """Plan a bundled, invented case: metastases (crlm) or a large HCC (hcc).

    The case is copied into a new folder beside you, with its picture and plan.json; edit the
    copy and run `fl-planner plan` on it.
    """
    from fl_planner.workup.demo import plan_sample

    with showing("reading files", quiet=quiet):
        record, folder = plan_sample(case)
    say(record, lambda told: _shown(told, folder.name, verbose=verbose), as_json=as_json)


def _shown(record: PlanRecord, folder: str, *, verbose: bool) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    told = (
        f"\nThe picture: {folder}/plan.png    the record: {folder}/plan.json\n"
        f"Again, by yourself: fl-planner plan {folder}/case.toml"
    )
    return Group(shown(record, verbose=verbose), Text(told))
