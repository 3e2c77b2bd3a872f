"""`fl-planner growth`: what a remnant did between the scans of one patient."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.cli.options import (
    AS_JSON,
    FORCE,
    PROFILE,
    QUIET,
    SIZE_LIMIT,
    VERBOSE,
    File,
    with_options,
)
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say, say_aside, say_text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fl_planner.record.growth.growth import GrowthRecord

EXAMPLES = """\b
Examples:
  fl-planner growth before.toml after.toml
  fl-planner growth before.toml day21.toml day42.toml --picture growth.png
"""
PICTURE = click.option(
    "--picture", type=File, metavar="FILE.png", help="Draw the remnant over the days."
)


@click.command(epilog=EXAMPLES)
@click.argument("cases", metavar="CASE1.toml CASE2.toml ...", nargs=-1, type=File)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead: a row for each scan.")
@with_options(PICTURE, SIZE_LIMIT, PROFILE, FORCE, AS_JSON, QUIET, VERBOSE)
def growth(
    cases: tuple[Path, ...], as_csv: bool, as_json: bool, verbose: bool, **given: Any
) -> None:
    """Tell the growth of a remnant over scans: mL, points, and the kinetic growth rate.

    Each case file has `date` in its [imaging]; one of them, or each, has [embolisation] with
    `date`, `kind` ("PVE" or "PVE/HVE") and `segments`.
    """
    if as_csv and as_json:
        raise InputRefused("usage.wrong", "--csv", "was asked for beside --json", "leave one out")
    from fl_planner.workup.growth import describe_growth

    picture, limit = given["picture"], given["size_limit"]
    with showing("reading files", quiet=given["quiet"]):
        record = describe_growth(cases, limit, given["profile"], picture, force=given["force"])
    if as_csv:
        from fl_planner.export.growth_row import as_growth_csv
        from fl_planner.export.release import require_trusted

        require_trusted(record, "--csv")  # a data base keeps numbers, and not what they need
        say_text(as_growth_csv(record.story))
    else:
        say(record, lambda told: _shown(told, verbose=verbose), as_json=as_json)
    if picture is not None and not given["quiet"]:
        say_aside(f"picture: {picture.name}")


def _shown(record: GrowthRecord, *, verbose: bool) -> RenderableType:
    from fl_planner.report.terminal.growth import growth_table

    return growth_table(record, verbose=verbose)
