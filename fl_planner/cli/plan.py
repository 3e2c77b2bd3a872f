"""`fl-planner plan`: all that the inputs allow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.cli.exports import FHIR, Exports
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
    VERBOSE,
    File,
    make_request,
    with_options,
)
from fl_planner.cli.say import say, say_aside

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fl_planner.intake.request import Request
    from fl_planner.report.plan_record import Profile


NOTHING = Exports()  # beside the record
EXAMPLES = """\b
Examples:
  fl-planner plan case.toml --picture plan.png --fhir plan.fhir.json
  fl-planner plan --liver liver.nii.gz --tumour tumour.nii.gz \\
    --flr flr.nii.gz --diagnosis crlm --chemo-damage no
"""


@click.command(epilog=EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@with_options(
    *MASKS, SECOND_READER, *FACTS, *BODY, PICTURE, FHIR, PROFILE, FORCE, AS_JSON, QUIET, VERBOSE
)
def plan(case_file: Path | None, as_json: bool, verbose: bool, **given: Any) -> None:
    """Plan a case: volumes, limits, lesions, trials and the pathway by volume."""
    request, exports = make_request(case_file, given), Exports.of(given)
    picture, profile = given["picture"], given["profile"]
    record = make_plan(
        request, picture=picture, exports=exports, profile=profile, size_limit=given["size_limit"]
    )
    say(record, lambda told: shown(told, verbose=verbose), as_json=as_json)
    if given["quiet"]:
        return
    if picture is not None:
        say_aside(f"picture: {picture.name}")
    for line in exports.told():
        say_aside(line)


def make_plan(
    request: Request,
    *,
    picture: Path | None = None,
    exports: Exports = NOTHING,
    profile: Profile = "shareable",
    size_limit: int = 1,
) -> dict[str, Any]:
    """Plan a request, write its picture and exports where wanted, and give the record."""
    from fl_planner.intake._bytes import Limits
    from fl_planner.intake.request import plan_request
    from fl_planner.report.plan_record import as_record

    if picture is not None:
        from fl_planner.report.save import check_output

        check_output(picture, force=exports.force)  # before the work, not after it
    exports.check()
    made = plan_request(request, Limits.of_gib(size_limit))
    record = as_record(made, profile)
    prepared = [*exports.prepare(record)]
    if picture is not None:
        from fl_planner.report.figure import write_figure
        from fl_planner.report.plan_picture import as_picture

        write_figure(picture, as_picture(made, record), force=exports.force)
    exports.save(prepared)
    return record


def shown(record: dict[str, Any], *, verbose: bool) -> RenderableType:
    """Make the table of a plan."""
    from fl_planner.report.plan_table import plan_table

    return plan_table(record, verbose=verbose)
