"""`fl-planner spect-shift`: how far a SPECT lies off the liver drawn on the CT."""

from pathlib import Path
from typing import Any, Literal

import click

from fl_planner.cli.options import FORCE, PRINTED, SIZE_LIMIT, File, with_options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_record, say_table
from fl_planner.cli.usage import headed_command

EXAMPLES = """\b
Examples:
  fl-planner spect-shift case.toml
  fl-planner spect-shift case.toml --study dose
  fl-planner spect-shift case.toml --out laid
"""
OPTIONS = (
    click.option(
        "--study",
        type=click.Choice(["function", "dose"]),
        help="Which SPECT, where the case file has both.",
    ),
    click.option(
        "--out",
        type=File,
        metavar="FOLDER",
        help="A new folder for the SPECT laid onto the liver; else nothing is moved.",
    ),
    FORCE,
    SIZE_LIMIT,
    *PRINTED,
)


@headed_command(epilog=EXAMPLES)
@click.argument("case_file", metavar="CASE.toml", type=File)
@with_options(*OPTIONS)
def spect_shift(
    case_file: Path, study: Literal["function", "dose"] | None, as_json: bool, **given: Any
) -> None:
    """Tell how far the counts of a SPECT lie off the liver that was drawn on the CT.

    The shift in mm along each axis with its uncertainty, and what the share of the remnant, its
    function, the tumour-to-normal ratio, the lung shunt or the lung dose is with and without it. No
    other number rests on it; a SPECT that is written by --out is a draft.
    """
    from fl_planner.workup.files.spect_shift import ShiftQuestion, describe_spect_shift

    asked = ShiftQuestion(case_file, study, given["out"], given["force"], given["size_limit"])
    with showing("reading files", quiet=given["quiet"]):
        record = describe_spect_shift(asked)
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.convert import spect_shift_table

        say_table(spect_shift_table, record, verbose=given["verbose"])
