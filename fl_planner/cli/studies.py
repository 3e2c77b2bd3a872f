"""`fl-planner function` and `dose`: parts of a plan from nuclear medicine studies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.help_layout import headed_command
from fl_planner.cli.options import FORCE, PICTURES, PRINTED, PROFILE, File, with_options
from fl_planner.cli.options_from_case_keys import BODY, FACTS, MASKS, of_keys
from fl_planner.cli.output import print_aside, print_record, print_table, showing
from fl_planner.given.studies import DoseTable, FunctionTable

FUNCTION_EXAMPLES = """\b
Examples:
  fl-planner function case.toml --picture function.png
  fl-planner function --dynamic dyn.dcm --region-liver liver.nii.gz \\
    --region-heart heart.nii.gz --height-cm 180 --weight-kg 80
  fl-planner function --curves curves.csv --decay-corrected yes \\
    --height-cm 180 --weight-kg 80
"""
STUDY = of_keys(FunctionTable)
FUNCTION_PICTURE = PICTURES(help="Draw the curves, and the regions and masks on the count images.")


@headed_command(epilog=FUNCTION_EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@with_options(*STUDY, *MASKS, *FACTS, *BODY, FUNCTION_PICTURE, FORCE, *PRINTED)
def function(case_file: Path | None, as_json: bool, verbose: bool, **given: Any) -> None:
    """Measure liver function: mebrofenin clearance, and the share of function in the FLR."""
    from fl_planner.workup.function import describe_function
    from fl_planner.workup.request import make_request

    request = make_request(case_file, given)
    with showing("reading files", quiet=given["quiet"]):
        _, record = describe_function(request, given["picture"], force=given["force"])
    if as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.measurements import function_table

        print_table(function_table, record, verbose=verbose)
    if given["picture"] is not None and not given["quiet"]:
        print_aside(f"picture: {given['picture'].name}")


DOSE_EXAMPLES = """\b
Examples:
  fl-planner dose case.toml
  fl-planner dose case.toml --lung-shunt 0.06 --tumour-to-normal 3.2
  fl-planner dose --liver liver.nii.gz --tumour tumour.nii.gz \\
    --treated area.nii.gz --lung-shunt 0.06 --tumour-to-normal 3.2
"""
NUMBERS = of_keys(DoseTable)


@headed_command(epilog=DOSE_EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@with_options(*NUMBERS, *MASKS, *FACTS, *BODY, PROFILE, *PRINTED)
def dose(case_file: Path | None, as_json: bool, verbose: bool, **given: Any) -> None:
    """Calculate radioembolisation doses (partition model) and the largest permitted lung shunt.

    The table [dose] of a case file names the MAA studies: planar, SPECT or both.
    """
    from fl_planner.workup.dose import describe_dose
    from fl_planner.workup.request import make_request

    request = make_request(case_file, given)
    with showing("reading files", quiet=given["quiet"]):
        record = describe_dose(request, given["profile"])
    if as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.measurements import dose_table

        print_table(dose_table, record, verbose=verbose)
