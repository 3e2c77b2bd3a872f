"""`fl-planner resections`: which operation clears these lesions and leaves enough."""

from pathlib import Path
from typing import Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.cli.options import (
    BODY,
    FACTS,
    FORCE,
    MASKS,
    PRINTED,
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
  fl-planner resections case.toml
  fl-planner resections case.toml --resect 5,6,7,8 --resect 6,7
  fl-planner resections --labelmap segments.nii.gz --no-tumour --csv
"""


@headed_command(epilog=EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@click.option("--resect", multiple=True, metavar="LIST", help="Show this too: 5,6,7,8 or H5678.")
@click.option("--named", "which", flag_value="named", help="Show all that have a name.")
@click.option("--all", "which", flag_value="all", help="Show every set of segments.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead: a row each.")
@with_options(*TABLES, WORKBOOK, *MASKS, *FACTS, *BODY, FORCE, *PRINTED)
def resections(
    case_file: Path | None,
    resect: tuple[str, ...],
    which: str | None,
    as_csv: bool,
    as_json: bool,
    verbose: bool,
    **given: Any,
) -> None:
    """Answer every resection by segments: lesions cleared, margin, what remains."""
    if as_csv and as_json:
        raise InputRefused("usage.wrong", "--csv", "was asked for beside --json", "leave one out")
    from fl_planner.workup.request import make_request, parse_resection
    from fl_planner.workup.resections import list_resections

    book = find_book(given, "resections")
    asked = tuple(parse_resection("--resect", entry) for entry in resect)
    with showing("reading files", quiet=given["quiet"]):
        record = list_resections(make_request(case_file, given), which, asked)
    if as_csv or book is not None:
        from fl_planner.export.release import require_trusted
        from fl_planner.export.resections_row import as_resection_table

        # a data base keeps numbers, and not what they need
        require_trusted(record, "--csv" if as_csv else "--xlsx")
        table = as_resection_table(record)
    if book is not None:
        book.write(table)
    if as_csv:
        say_rows(table, given)
    elif as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.resections import resection_table

        say_table(resection_table, record, verbose=verbose)
    if book is not None and not given["quiet"]:
        say_aside(book.told)
