"""`fl-planner function`: how well a liver works, and its remnant, by scintigraphy."""

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.options import (
    BODY,
    FACTS,
    FORCE,
    MASKS,
    PICTURES,
    PRINTED,
    File,
    file_option,
    with_options,
)
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_aside, say_record, say_table
from fl_planner.cli.usage import headed_command

EXAMPLES = """\b
Examples:
  fl-planner function case.toml --picture function.png
  fl-planner function --dynamic dyn.dcm --region-liver liver.nii.gz \\
    --region-heart heart.nii.gz --height-cm 180 --weight-kg 80
  fl-planner function --curves curves.csv --decay-corrected yes \\
    --height-cm 180 --weight-kg 80
"""
ANSWER = click.Choice(["yes", "no"])


STUDY = (
    file_option("--dynamic", "Dynamic study of both heads (DICOM NM)."),
    file_option("--region-liver", "Region of the liver on its matrix, one slice."),
    file_option("--region-heart", "Region of the blood pool."),
    file_option("--region-field", "What counts as the field; all of the matrix if not given."),
    file_option(
        "--curves", "Curves instead (CSV): time_s, liver_counts, heart_counts, field_counts."
    ),
    file_option("--spect", "Reconstructed SPECT (NIfTI, DICOM NM, ...)."),
    click.option("--registered", is_flag=True, help="The SPECT is registered with the CT."),
    click.option("--decay-corrected", type=ANSWER, help="Whether the counts are already."),
    click.option("--one-head", is_flag=True, help="The camera had one head."),
    click.option("--tracer", metavar="NAME", help="Where the file does not say it: mebrofenin."),
    click.option("--validated-locally", type=ANSWER, help="Compared with your own workstation."),
    click.option("--fasting-hours", metavar="H", help="For how long the patient had fasted."),
    click.option("--bilirubin-umol-per-l", metavar="N", help="On the day of the study."),
)
PICTURE = PICTURES(help="Draw curves, regions and masks on counts.")


@headed_command(epilog=EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@with_options(*STUDY, *MASKS, *FACTS, *BODY, PICTURE, FORCE, *PRINTED)
def function(case_file: Path | None, as_json: bool, verbose: bool, **given: Any) -> None:
    """Measure the function of a liver: clearance of mebrofenin, and the remnant's share."""
    from fl_planner.workup.function import describe_function, with_study
    from fl_planner.workup.request import make_request

    request = with_study(make_request(case_file, given), given)
    with showing("reading files", quiet=given["quiet"]):
        _, record = describe_function(request, given["picture"], force=given["force"])
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.function import function_table

        say_table(function_table, record, verbose=verbose)
    if given["picture"] is not None and not given["quiet"]:
        say_aside(f"picture: {given['picture'].name}")
