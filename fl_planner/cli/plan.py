"""`fl-planner plan`: all that the inputs allow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.cli.log import LOG, check_log, keep
from fl_planner.cli.options import (
    BODY,
    EARLIER,
    FACTS,
    FORCE,
    MASKS,
    PICTURES,
    PRINTED,
    PROFILE,
    SECOND_READER,
    SPLEEN,
    TRIALS,
    File,
    output_option,
    with_options,
)
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_aside, say_record, say_table, say_text
from fl_planner.cli.usage import headed_command

if TYPE_CHECKING:
    from fl_planner.record.plan import PlanRecord


INPUTS = (*MASKS, SPLEEN, SECOND_READER, *FACTS, *BODY)  # all that a plan rests on
FHIR = output_option(
    "--fhir", type=File, metavar="FILE.json", help="Write the numbers as a FHIR R4 Bundle."
)
PICTURE = PICTURES(help="Draw three cuts and the numbers.")
DICOM = output_option(
    "--dicom",
    type=File,
    metavar="FOLDER",
    help="Write DICOM SEG and SR on the CT, which must be a DICOM series.",
)
EXPORTED = ("picture", "fhir", "dicom", "force", "profile")
EXAMPLES = """\b
Examples:
  fl-planner plan case.toml --picture plan.png --fhir plan.fhir.json
  fl-planner plan case.toml --ct dicom_slices/ --dicom plan_dicom
  fl-planner plan case.toml --trials our-trials
  fl-planner plan day21.toml --earlier before.toml
  fl-planner plan --liver liver.nii.gz --tumour tumour.nii.gz \\
    --flr flr.nii.gz --diagnosis crlm --chemo-damage no
"""


@headed_command(epilog=EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@output_option("--csv", "as_csv", is_flag=True, help="Print one flat CSV row instead.")
@with_options(*INPUTS, EARLIER, TRIALS, PICTURE, FHIR, DICOM, LOG)
@with_options(PROFILE, FORCE, *PRINTED)
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
    from fl_planner.record.plan import as_plan_record
    from fl_planner.workup.exports import Exports
    from fl_planner.workup.growth import read_up_to
    from fl_planner.workup.plan import write_plan
    from fl_planner.workup.request import make_request

    request = make_request(case_file, given)
    exports = Exports(**{name: given[name] for name in EXPORTED})
    exports.require_names(given["facts"])
    check_log(given["log"])
    with showing("reading files", quiet=given["quiet"]):
        growth = read_up_to(case_file, given["earlier"], given["size_limit"])
        made, record = write_plan(request, exports, given["trials"], growth)
    if given["log"] is not None:
        keep(given["log"], as_plan_record(made), "plan")  # shareable, whatever is printed
    _print(record, as_csv=as_csv, as_json=as_json, verbose=verbose)
    if not given["quiet"]:
        for line in exports.told():
            say_aside(line)


def _print(record: PlanRecord, *, as_csv: bool, as_json: bool, verbose: bool) -> None:
    if as_csv:
        from fl_planner.export.plan_row import as_row
        from fl_planner.export.release import require_trusted

        require_trusted(record, "--csv")  # a data base keeps numbers, and not what they need
        say_text(as_row(record))
    elif as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.plan import plan_table

        say_table(plan_table, record, verbose=verbose)
