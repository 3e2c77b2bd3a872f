"""`fl-planner volume`, `resections` and `growth`: parts of a plan from masks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from fl_planner.cli.help_layout import as_conflict, headed_command
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
from fl_planner.cli.options_from_case_keys import BODY, FACTS, MASKS
from fl_planner.cli.output import (
    open_workbook,
    print_aside,
    print_record,
    print_rows,
    print_table,
    showing,
)
from fl_planner.given.kinds import parse_resection

EXAMPLES = """\b
Examples:
  fl-planner volume --liver liver.nii.gz --flr flr.nii.gz --no-tumour
  fl-planner volume --labelmap segments.nii.gz --remnant-segments 2,3
"""


@headed_command(epilog=EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@with_options(*MASKS, *PRINTED)
def volume(case_file: Path | None, as_json: bool, **given: Any) -> None:
    """Measure volumes and the FLR percentage from masks, without clinical assessment.

    A CT given with --ct is compared with the masks. The CT and the scintigraphy of a case file are
    not read.
    """
    from fl_planner.workup.request import make_request
    from fl_planner.workup.volume import measure_volume

    with showing("reading files", quiet=given["quiet"]):
        record = measure_volume(replace(make_request(case_file, given), ct=given["ct"]))
    if as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.table import volume_table

        print_table(volume_table, record, verbose=given["verbose"])


RESECTIONS_EXAMPLES = """\b
Examples:
  fl-planner resections case.toml
  fl-planner resections case.toml --resect 5,6,7,8 --resect 6,7
  fl-planner resections --labelmap segments.nii.gz --no-tumour --csv
"""


@headed_command(epilog=RESECTIONS_EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@click.option(
    "--resect",
    multiple=True,
    metavar="LIST",
    help="Also show this resection: 5,6,7,8 or H5678; may be repeated.",
)
@click.option(
    "--named", "which", flag_value="named", help="Show all resections with a Brisbane name."
)
@click.option("--all", "which", flag_value="all", help="Show every resection of whole segments.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, one row per resection.")
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
    """List resections of whole segments: lesions removed, margin and FLR."""
    if as_csv and as_json:
        raise as_conflict("--csv", "--json")
    from fl_planner.workup.plan import list_resections
    from fl_planner.workup.request import make_request

    book = open_workbook(given, "resections")
    asked = tuple(parse_resection(entry) for entry in resect)
    with showing("reading files", quiet=given["quiet"]):
        record = list_resections(make_request(case_file, given), which, asked)
    if as_csv or book is not None:
        from fl_planner.export.plan_columns import as_resection_table
        from fl_planner.export.save import require_trusted

        # a database keeps numbers without their findings
        require_trusted(record, "--csv" if as_csv else "--xlsx")
        table = as_resection_table(record)
    if book is not None:
        book.write(table)
    if as_csv:
        print_rows(table, given)
    elif as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.anatomy import resection_table

        print_table(resection_table, record, verbose=verbose)
    if book is not None and not given["quiet"]:
        print_aside(book.description)


GROWTH_EXAMPLES = """\b
Examples:
  fl-planner growth before.toml after.toml
  fl-planner growth before.toml day21.toml day42.toml --picture growth.png
  fl-planner calc growth --sflr-before-pct 20 --sflr-after-pct 28 \\
    --flr-before-ml 300 --flr-after-ml 420 --interval-days 21  # no masks
"""
PICTURE = PICTURES(help="Plot the FLR as a share of the liver, and its growth, by day.")


@headed_command(epilog=GROWTH_EXAMPLES)
@click.argument("cases", metavar="CASE1.toml CASE2.toml ...", nargs=-1, type=File)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, one row per scan.")
@with_options(*TABLES, WORKBOOK, PICTURE, SIZE_LIMIT, PROFILE, FORCE, *PRINTED)
def growth(
    cases: tuple[Path, ...], as_csv: bool, as_json: bool, verbose: bool, **given: Any
) -> None:
    """Measure the growth of the FLR between scans: mL, percentage points and kinetic growth rate.

    Each case file requires `date` in [imaging]. For results after an embolisation, at least one
    requires [embolisation] with `date` and `kind` (PVE, HVE, PVE/HVE, ALPPS or Y90).
    """
    if as_csv and as_json:
        raise as_conflict("--csv", "--json")
    from fl_planner.export.save import require_trusted, saving_together
    from fl_planner.workup.growth import describe_growth

    book = open_workbook(given, "growth")
    picture, limit = given["picture"], given["size_limit"]
    with saving_together():
        with showing("reading files", quiet=given["quiet"]):
            record = describe_growth(cases, limit, given["profile"], picture, force=given["force"])
        if as_csv or book is not None:
            from fl_planner.export.plan_columns import as_growth_table

            # a database keeps numbers without their findings
            require_trusted(record, "--csv" if as_csv else "--xlsx")
            table = as_growth_table(record)
        if book is not None:
            book.write(table)
    if as_csv:
        print_rows(table, given)
    elif as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.growth import growth_table

        print_table(growth_table, record, verbose=verbose)
    if given["quiet"]:
        return
    if picture is not None:
        print_aside(f"picture: {picture.name}")
    if book is not None:
        print_aside(book.description)
