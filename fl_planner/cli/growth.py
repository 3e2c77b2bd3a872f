"""`fl-planner growth`: what a remnant did between the scans of one patient."""

from pathlib import Path
from typing import Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.cli.options import (
    FORCE,
    PICTURES,
    PRINTED,
    PROFILE,
    SIZE_LIMIT,
    TABLES,
    WORKBOOK,
    File,
    with_options,
)
from fl_planner.cli.progress import showing
from fl_planner.cli.say import find_book, say_aside, say_record, say_rows, say_table
from fl_planner.cli.usage import headed_command

EXAMPLES = """\b
Examples:
  fl-planner growth before.toml after.toml
  fl-planner growth before.toml day21.toml day42.toml --picture growth.png
"""
PICTURE = PICTURES(help="Draw the remnant over the days.")


@headed_command(epilog=EXAMPLES)
@click.argument("cases", metavar="CASE1.toml CASE2.toml ...", nargs=-1, type=File)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead: a row for each scan.")
@with_options(*TABLES, WORKBOOK, PICTURE, SIZE_LIMIT, PROFILE, FORCE, *PRINTED)
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

    book = find_book(given, "growth")
    picture, limit = given["picture"], given["size_limit"]
    with showing("reading files", quiet=given["quiet"]):
        record = describe_growth(cases, limit, given["profile"], picture, force=given["force"])
    if as_csv or book is not None:
        from fl_planner.export.growth_row import as_growth_table
        from fl_planner.export.release import require_trusted

        # a data base keeps numbers, and not what they need
        require_trusted(record, "--csv" if as_csv else "--xlsx")
        table = as_growth_table(record.story)
    if book is not None:
        book.write(table)
    if as_csv:
        say_rows(table, given)
    elif as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.growth import growth_table

        say_table(growth_table, record, verbose=verbose)
    if given["quiet"]:
        return
    if picture is not None:
        say_aside(f"picture: {picture.name}")
    if book is not None:
        say_aside(book.told)
