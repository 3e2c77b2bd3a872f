"""`fl-planner function`: how well a liver works, and its remnant, by scintigraphy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.steps import begin_step
from fl_planner.cli.options import (
    AS_JSON,
    BODY,
    FACTS,
    FORCE,
    MASKS,
    QUIET,
    STATES,
    VERBOSE,
    File,
    make_request,
    parse_decimal,
    with_options,
)
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say, say_aside

if TYPE_CHECKING:
    from fractions import Fraction

    from rich.console import RenderableType

    from fl_planner.intake.reading.scintigraphy import FunctionFiles
    from fl_planner.intake.request.request import Request

EXAMPLES = """\b
Examples:
  fl-planner function case.toml --picture function.png
  fl-planner function --dynamic dyn.dcm --region-liver liver.nii.gz \\
    --region-heart heart.nii.gz --height-cm 180 --weight-kg 80
  fl-planner function --curves curves.csv --decay-corrected yes \\
    --height-cm 180 --weight-kg 80
"""
ANSWER = click.Choice(["yes", "no"])


def _file(option: str, words: str) -> Any:
    return click.option(option, type=File, metavar="FILE", help=words)


STUDY = (
    _file("--dynamic", "Dynamic study of both heads (DICOM NM)."),
    _file("--region-liver", "Region of the liver on its matrix, one slice."),
    _file("--region-heart", "Region of the blood pool."),
    _file("--region-field", "What counts as the field; all of the matrix if not given."),
    _file("--curves", "Curves instead (CSV): time_s, liver_counts, heart_counts, field_counts."),
    _file("--spect", "Reconstructed SPECT (NIfTI, DICOM NM, ...)."),
    click.option("--registered", is_flag=True, help="The SPECT is registered with the CT."),
    click.option("--decay-corrected", type=ANSWER, help="Whether the counts are already."),
    click.option("--one-head", is_flag=True, help="The camera had one head."),
    click.option("--tracer", metavar="NAME", help="Where the file does not say it: mebrofenin."),
    click.option("--validated-locally", type=ANSWER, help="Compared with your own workstation."),
    click.option("--fasting-hours", metavar="H", help="For how long the patient had fasted."),
    click.option("--bilirubin-umol-per-l", metavar="N", help="On the day of the study."),
)
PICTURE = click.option(
    "--picture", type=File, metavar="FILE.png", help="Draw curves, regions and masks on counts."
)


@click.command(epilog=EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@with_options(*STUDY, *MASKS, *FACTS, *BODY, PICTURE, FORCE, AS_JSON, QUIET, VERBOSE)
def function(case_file: Path | None, as_json: bool, verbose: bool, **given: Any) -> None:
    """Measure the function of a liver: clearance of mebrofenin, and the remnant's share."""
    from dataclasses import replace

    request = make_request(case_file, given)
    options = files_of(given)
    files = options if request.function is None else request.function.overlaid(options)
    with showing("reading files", quiet=given["quiet"]):
        record = _measure(replace(request, function=files), given)
    say(record, lambda told: _shown(told, verbose=verbose), as_json=as_json)
    if given["picture"] is not None and not given["quiet"]:
        say_aside(f"picture: {given['picture'].name}")


def _measure(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    from fl_planner.export.save import check_output, save
    from fl_planner.formats.stored.file import Limits
    from fl_planner.record.function_answer import as_answer
    from fl_planner.report.picture.charts.function import draw_function
    from fl_planner.workup.function import function_request

    picture, force = given["picture"], given["force"]
    if picture is not None:
        check_output(picture, force=force)  # before the work, not after it
    found = function_request(request, Limits.of_gib(given["size_limit"]))
    record = as_answer(found)
    if picture is not None:
        begin_step("picture")
        save(picture, draw_function(found.function, found.parts, record), force=force)
    return record


def files_of(given: dict[str, Any]) -> FunctionFiles:
    """Make of the options what a case file's table would say."""
    from fl_planner.formats.dicom.nuclear.dynamic import Told
    from fl_planner.intake.reading.scintigraphy import FunctionFiles, parse_bilirubin

    regions = {role: given[f"region_{role}"] for role in ("liver", "heart", "field")}
    bilirubin = given["bilirubin_umol_per_l"]
    return FunctionFiles(
        dynamic=given["dynamic"],
        regions={role: path for role, path in regions.items() if path is not None},
        curves=given["curves"],
        spect=given["spect"],
        registered=given["registered"],
        told=Told(
            one_head=given["one_head"],
            decay_corrected=STATES.get(given["decay_corrected"]),
            tracer=given["tracer"],
        ),
        validated_locally=STATES.get(given["validated_locally"]),
        fasting_h=_hours(given["fasting_hours"]),
        bilirubin_umol_per_l=None
        if bilirubin is None
        else parse_bilirubin(parse_decimal("bilirubin_umol_per_l", bilirubin), "umol/L"),
    )


def _hours(text: str | None) -> Fraction | None:
    from fractions import Fraction

    if text is None:
        return None
    hours = parse_decimal("fasting_hours", text)
    if not hours.is_finite() or not 0 <= hours <= 72:
        reason = f"{text!r} is not 0 to 72 hours"
        raise InputRefused("usage.wrong", "--fasting-hours", reason, "give hours")
    return Fraction(hours)


def _shown(record: dict[str, Any], *, verbose: bool) -> RenderableType:
    from fl_planner.report.terminal.function import function_table

    return function_table(record, verbose=verbose)
