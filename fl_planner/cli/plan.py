"""`fl-planner plan`: all that the inputs allow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.steps import begin_step
from fl_planner.cli.exports import DICOM, FHIR, Exports
from fl_planner.cli.log import LOG, check_log, keep
from fl_planner.cli.options import (
    AS_JSON,
    BODY,
    FACTS,
    FORCE,
    MASKS,
    PICTURE,
    PROFILE,
    QUIET,
    SECOND_READER,
    TRIALS,
    VERBOSE,
    File,
    make_request,
    with_options,
)
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say, say_aside, say_text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fl_planner.intake.request.request import Request
    from fl_planner.record.plan import Profile


INPUTS = (*MASKS, SECOND_READER, *FACTS, *BODY)  # all that a plan rests on
NOTHING = Exports()  # beside the record
EXAMPLES = """\b
Examples:
  fl-planner plan case.toml --picture plan.png --fhir plan.fhir.json
  fl-planner plan case.toml --ct dicom_slices/ --dicom plan_dicom
  fl-planner plan case.toml --trials our-trials
  fl-planner plan --liver liver.nii.gz --tumour tumour.nii.gz \\
    --flr flr.nii.gz --diagnosis crlm --chemo-damage no
"""


@click.command(epilog=EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@click.option("--csv", "as_csv", is_flag=True, help="Print one flat CSV row instead.")
@with_options(*INPUTS, TRIALS, PICTURE, FHIR, DICOM, LOG)
@with_options(PROFILE, FORCE, AS_JSON, QUIET, VERBOSE)
def plan(case_file: Path | None, as_csv: bool, as_json: bool, verbose: bool, **given: Any) -> None:
    """Plan a case: volumes, limits, lesions, trials and the pathway by volume.

    `fl-planner schema codebook` says what the columns of --csv mean. A blank there is not known,
    and an import that overwrites erases with blanks.
    """
    if as_csv and as_json:
        raise InputRefused("usage.wrong", "--csv", "was asked for beside --json", "leave one out")
    if as_csv and given["trials"] is not None:
        reason = "was asked for beside --trials: a row has columns for the bundled trials alone"
        raise InputRefused("usage.wrong", "--csv", reason, "take --json, or leave one out")
    request, exports = make_request(case_file, given), Exports.of(given)
    picture, profile = given["picture"], given["profile"]
    with showing("reading files", quiet=given["quiet"]):
        record = make_plan(
            request,
            picture=picture,
            exports=exports,
            profile=profile,
            size_limit=given["size_limit"],
            log=given["log"],
            trials=given["trials"],
        )
    _print(record, as_csv=as_csv, as_json=as_json, verbose=verbose)
    if given["quiet"]:
        return
    if picture is not None:
        say_aside(f"picture: {picture.name}")
    for line in exports.told():
        say_aside(line)


def _print(record: dict[str, Any], *, as_csv: bool, as_json: bool, verbose: bool) -> None:
    if as_csv:
        from fl_planner.export.study_row import as_row
        from fl_planner.export.trusted import require_trusted

        require_trusted(record, "--csv")  # a data base keeps numbers, and not what they need
        say_text(as_row(record))
    else:
        say(record, lambda told: shown(told, verbose=verbose), as_json=as_json)


def make_plan(
    request: Request,
    *,
    picture: Path | None = None,
    exports: Exports = NOTHING,
    profile: Profile = "shareable",
    size_limit: int = 1,
    log: Path | None = None,
    trials: Path | None = None,
) -> dict[str, Any]:
    """Plan a request, write its picture and exports where wanted, and give the record.

    What goes into a log is shareable, whatever the profile. Trials of the folder `trials` are
    judged beside the bundled ones.
    """
    from fl_planner.formats.stored.file import Limits
    from fl_planner.intake.request.request import plan_request
    from fl_planner.record.plan import as_record

    if picture is not None:
        from fl_planner.export.save import check_output

        check_output(picture, force=exports.force)  # before the work, not after it
    exports.check(request)
    check_log(log)
    limits = Limits.of_gib(size_limit)
    made = plan_request(request, limits, trials)
    record = as_record(made, profile)
    prepared = [*exports.prepare(request, made, record, limits)]
    if picture is not None:
        from fl_planner.export.save import save
        from fl_planner.report.picture.slices.figure import draw_figure
        from fl_planner.report.picture.slices.plan import as_picture

        begin_step("picture")
        save(picture, draw_figure(as_picture(made, record)), force=exports.force)
    exports.save(prepared)
    if log is not None:
        keep(log, record if profile == "shareable" else as_record(made), "plan")
    return record


def shown(record: dict[str, Any], *, verbose: bool) -> RenderableType:
    """Make the table of a plan."""
    from fl_planner.report.terminal.plan import plan_table

    return plan_table(record, verbose=verbose)
