"""`fl-planner agree`: how two or more readers, or tools, agree on the same cases."""

from typing import Any

import click

from fl_planner.basis.defaults import DEFAULTS
from fl_planner.basis.findings import InputRefused
from fl_planner.cli.case_options import SCHEME, only
from fl_planner.cli.exit_status import ANSWERED, SOME_REFUSED
from fl_planner.cli.options import (
    FORCE,
    PICTURES,
    PRINTED,
    SIZE_LIMIT,
    TABLES,
    TRIALS,
    WORKBOOK,
    ClickOption,
    File,
    image_option,
    output_option,
    with_options,
)
from fl_planner.cli.output import find_book, say_aside, say_record, say_rows, say_table, showing
from fl_planner.cli.usage import headed_command
from fl_planner.given.table import fill

EXAMPLES = """\b
Examples:
  fl-planner agree R1=reader1 R2=reader2
  fl-planner agree reader1 reader2 --picture agree.png --json
  fl-planner agree readings.csv --out consensus --consensus staple
"""
OPTIONS: tuple[ClickOption, ...] = (
    image_option(
        "--role",
        type=click.Choice(["liver", "labelmap"]),
        help="What files are whose names tell no role.",
    ),
    SCHEME,
    *map(only, ("--remnant-segments", "--no-tumour", "--resample")),
    SIZE_LIMIT,
    TRIALS,
    output_option(
        "--out", type=File, metavar="FOLDER", help="A new folder for a consensus of each structure."
    ),
    output_option(
        "--consensus",
        type=click.Choice(["majority", "staple"]),
        default=DEFAULTS["consensus"],
        show_default=True,
        help="How it is found.",
    ),
    PICTURES(help="Draw differences against means."),
    output_option(
        "--csv", "as_csv", is_flag=True, help="Print CSV instead: a row for each structure."
    ),
    *TABLES,
    WORKBOOK,
    FORCE,
    *PRINTED,
)


@headed_command(epilog=EXAMPLES)
@click.argument("readers", metavar="[NAME=]FOLDER ... | READINGS.csv", nargs=-1, required=True)
@with_options(*OPTIONS)
def agree(
    readers: tuple[str, ...], as_csv: bool, as_json: bool, verbose: bool, **given: Any
) -> int:
    """Tell how two or more readers, or tools, agree on the same cases.

    A reader's folder holds ID.toml, ID/liver.nii.gz or ID_liver.nii.gz; a CSV has the columns id,
    reader, and liver, tumour, flr, labelmap or case. Told are Dice, distances and volumes of each
    case; over cases bias and limits of agreement, within-case SD and CV with intervals; and how
    many patients change side of each limit. Exit status 3 where some readings were refused.
    """
    if as_csv and as_json:
        raise InputRefused("usage.wrong", "--csv", "was asked for beside --json", "leave one out")
    from fl_planner.workup.agreement import AgreementQuestion, describe_agreement

    book = find_book(given, "agreement")
    asked = fill(AgreementQuestion, given, readers=readers)
    with showing("reading files", quiet=given["quiet"]):
        record = describe_agreement(asked)
    if as_csv or book is not None:
        from fl_planner.export.rows import as_agreement_table

        table = as_agreement_table(record)
    if book is not None:
        book.write(table)
    if as_csv:
        say_rows(table, given)
    elif as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.readers import agreement_table

        say_table(agreement_table, record, verbose=verbose)
    if not given["quiet"]:
        if asked.picture is not None:
            say_aside(f"picture: {asked.picture.name}")
        if book is not None:
            say_aside(book.told)
    return SOME_REFUSED if record.refused else ANSWERED
