"""`fl-planner dose`: what a radioembolisation gives to tumour, treated liver and lungs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.cli.options import (
    AS_JSON,
    BODY,
    FACTS,
    MASKS,
    PROFILE,
    QUIET,
    VERBOSE,
    File,
    make_request,
    parse_decimal,
    with_options,
)
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say

if TYPE_CHECKING:
    from fractions import Fraction

    from rich.console import RenderableType

    from fl_planner.basis.ranges import Plausible
    from fl_planner.intake.reading.dose import DoseFiles
    from fl_planner.planning.plan import Plan

EXAMPLES = """\b
Examples:
  fl-planner dose case.toml
  fl-planner dose case.toml --lung-shunt 0.06 --tumour-to-normal 3.2
  fl-planner dose --liver liver.nii.gz --tumour tumour.nii.gz \\
    --treated area.nii.gz --lung-shunt 0.06 --tumour-to-normal 3.2
"""
NUMBERS = (
    click.option("--lung-shunt", metavar="N", help="A fraction, 0.06 for 6 %."),
    click.option(
        "--shunt-method", type=click.Choice(["planar", "spect_ct"]), help="How it was measured."
    ),
    click.option("--tumour-to-normal", metavar="N", help="Ratio of concentrations (T/N)."),
    click.option("--lung-mass-kg", metavar="KG", help="1.0 if not given."),
    click.option("--density", "density_g_per_ml", metavar="G/ML", help="1.03 if not given."),
    click.option("--tumour-dose-gy", metavar="GY", help="Wanted dose, beside the trial's 150 Gy."),
    click.option("--residual-fraction", metavar="N", help="Part that stays in vial and lines."),
)


@click.command(epilog=EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@with_options(*NUMBERS, *MASKS, *FACTS, *BODY, PROFILE, AS_JSON, QUIET, VERBOSE)
def dose(case_file: Path | None, as_json: bool, verbose: bool, **given: Any) -> None:
    """Tell the dose of a radioembolisation by the partition model, and its largest lung shunt.

    A case file's table [dose] names studies with MAA: planar, SPECT or both.
    """
    from fl_planner.formats.stored.file import Limits
    from fl_planner.intake.request.request import plan_request
    from fl_planner.record.dose.answer import as_dose_answer

    request, options = make_request(case_file, given), files_of(given)
    files = options if request.dose is None else request.dose.overlaid(options)
    with showing("reading files", quiet=given["quiet"]):
        made = plan_request(replace(request, dose=files), Limits.of_gib(given["size_limit"]))
    _require_territory(made)
    record = as_dose_answer(made, given["profile"])
    say(record, lambda told: _shown(told, verbose=verbose), as_json=as_json)


def _require_territory(made: Plan) -> None:
    """Refuse a case of which no dose can be told."""
    found = made.measured.dose
    if found is not None and found.model is not None:
        return
    lacking = [one for one in made.findings if one.code in ("dose.no_territory", "dose.no_tumour")]
    reason = lacking[0].message if lacking else "no dose can be told"
    remedy = "give --treated (or --treated-segments) and --tumour"
    raise InputRefused("dose.no_masks", "treated", reason, remedy)


def files_of(given: dict[str, Any]) -> DoseFiles:
    """Make of the options what a case file's table would say."""
    from fl_planner.intake.reading.dose import DoseFiles
    from fl_planner.y90.activity import RESIDUAL
    from fl_planner.y90.lung_shunt import LUNG_SHUNT
    from fl_planner.y90.partition import LIVER_DENSITY, LUNG_MASS, RATIO, TUMOUR_DOSE

    def number(name: str, plausible: Plausible) -> Fraction | None:
        return _number(name, given[name], plausible)

    return DoseFiles(
        decides=None if given["lung_shunt"] is None else "given",
        lung_shunt=number("lung_shunt", LUNG_SHUNT),
        shunt_method=given["shunt_method"],
        tumour_to_normal=number("tumour_to_normal", RATIO),
        lung_mass_kg=number("lung_mass_kg", LUNG_MASS),
        density_g_per_ml=number("density_g_per_ml", LIVER_DENSITY),
        tumour_dose_gy=number("tumour_dose_gy", TUMOUR_DOSE),
        residual_fraction=number("residual_fraction", RESIDUAL),
    )


def _number(name: str, text: str | None, plausible: Plausible) -> Fraction | None:
    from fl_planner.intake.documents.case_dose import parse_number

    if text is None:
        return None
    number = parse_decimal(name, text)
    try:
        return parse_number(number, plausible)
    except ValueError as wrong:
        option = f"--{name.removesuffix('_g_per_ml').replace('_', '-')}"
        raise InputRefused("value.implausible", option, str(wrong), "check its unit") from wrong


def _shown(record: dict[str, Any], *, verbose: bool) -> RenderableType:
    from fl_planner.report.terminal.dose import dose_table

    return dose_table(record, verbose=verbose)
