"""`fl-planner dose`: what a radioembolisation gives to tumour, treated liver and lungs."""

from pathlib import Path
from typing import Any

import click

from fl_planner.basis.constants import LIVER_G_PER_ML
from fl_planner.cli.options import BODY, FACTS, MASKS, PRINTED, PROFILE, File, with_options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_record, say_table
from fl_planner.cli.usage import headed_command

EXAMPLES = """\b
Examples:
  fl-planner dose case.toml
  fl-planner dose case.toml --lung-shunt 0.06 --tumour-to-normal 3.2
  fl-planner dose --liver liver.nii.gz --tumour tumour.nii.gz \\
    --treated area.nii.gz --lung-shunt 0.06 --tumour-to-normal 3.2
"""
DENSITY = f"{float(LIVER_G_PER_ML):g} if not given."
NUMBERS = (
    click.option("--lung-shunt", metavar="N", help="A fraction, 0.06 for 6 %."),
    click.option(
        "--shunt-method", type=click.Choice(["planar", "spect_ct"]), help="How it was measured."
    ),
    click.option("--tumour-to-normal", metavar="N", help="Ratio of concentrations (T/N)."),
    click.option("--lung-mass-kg", metavar="KG", help="1.0 if not given."),
    click.option("--density", "density_g_per_ml", metavar="G/ML", help=DENSITY),
    click.option("--tumour-dose-gy", metavar="GY", help="Wanted dose, beside the trial's 150 Gy."),
    click.option("--residual-fraction", metavar="N", help="Part that stays in vial and lines."),
)


@headed_command(epilog=EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@with_options(*NUMBERS, *MASKS, *FACTS, *BODY, PROFILE, *PRINTED)
def dose(case_file: Path | None, as_json: bool, verbose: bool, **given: Any) -> None:
    """Tell the dose of a radioembolisation by the partition model, and its largest lung shunt.

    A case file's table [dose] names studies with MAA: planar, SPECT or both.
    """
    from fl_planner.workup.dose import describe_dose, with_dose
    from fl_planner.workup.request import make_request

    request = with_dose(make_request(case_file, given), given)
    with showing("reading files", quiet=given["quiet"]):
        record = describe_dose(request, given["profile"])
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.dose import dose_table

        say_table(dose_table, record, verbose=verbose)
