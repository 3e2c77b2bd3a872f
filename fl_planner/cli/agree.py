"""`fl-planner agree`: agreement of readers or tools on the same cases."""

from typing import Any

import click

from fl_planner.basis.defaults import DEFAULTS
from fl_planner.cli.exit_status import ANSWERED, SOME_REFUSED
from fl_planner.cli.help_layout import as_conflict, headed_command
from fl_planner.cli.options import (
    FORCE,
    PICTURES,
    PRINTED,
    SIZE_LIMIT,
    TABLES,
    TRIALS,
    WORKBOOK,
    ClickOption,
    image_option,
    output_file,
    output_option,
    with_options,
)
from fl_planner.cli.options_from_case_keys import SCHEME, only
from fl_planner.cli.output import (
    open_workbook,
    print_aside,
    print_findings,
    print_record,
    print_rows,
    print_table,
    showing,
)
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
        help="Role of files whose names do not state a role.",
    ),
    SCHEME,
    *map(only, ("--remnant-segments", "--no-tumour", "--resample")),
    SIZE_LIMIT,
    TRIALS,
    output_file(
        "--out",
        metavar="FOLDER",
        help="Write a consensus mask of each structure to this new folder.",
    ),
    output_option(
        "--consensus",
        type=click.Choice(["majority", "staple"]),
        default=DEFAULTS["consensus"],
        show_default=True,
        help="Method used to compute the consensus.",
    ),
    PICTURES(help="Plot differences against means (Bland-Altman)."),
    output_option(
        "--csv",
        "as_csv",
        is_flag=True,
        help="Print CSV, one row per case, pair of readers and structure.",
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
    """Measure the agreement between two or more readers, or tools, on the same cases.

    A reader's folder contains ID.toml, ID/liver.nii.gz or ID_liver.nii.gz; a CSV has the columns
    id, reader, and liver, tumour, flr, labelmap or case. Results per case: Dice coefficient,
    distances and volumes. Across cases: bias, limits of agreement, within-case SD and CV with
    intervals, and the number of patients with readings on different sides of each limit. The exit
    status is 3 if some readings were refused.
    """
    if as_csv and as_json:
        raise as_conflict("--csv", "--json")
    from fl_planner.export.save import saving_together
    from fl_planner.workup.agreement import AgreementQuestion, describe_agreement

    book = open_workbook(given, "agreement")
    asked = fill(AgreementQuestion, given, readers=readers)
    with saving_together():
        with showing("reading files", quiet=given["quiet"]):
            record = describe_agreement(asked)
        if as_csv or book is not None:
            from fl_planner.export.plan_columns import as_agreement_table

            table = as_agreement_table(record)
        if book is not None:
            book.write(table)
    if as_csv:
        print_rows(table, given)
        print_findings(record.findings)
        for one in record.refused:
            whose = one.case if one.reader is None else f"{one.case}, {one.reader}"
            print_aside(f"excluded {whose}: {one.message}")
    elif as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.readers import agreement_table

        print_table(agreement_table, record, verbose=verbose)
    if not given["quiet"]:
        if asked.picture is not None:
            print_aside(f"picture: {asked.picture.name}")
        if book is not None:
            print_aside(book.description)
    return SOME_REFUSED if record.refused else ANSWERED
