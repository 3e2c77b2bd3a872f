"""`fl-planner volume`: mL and FLR % of masks, nothing clinical."""

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.options import MASKS, PRINTED, File, with_options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_record, say_table
from fl_planner.cli.usage import headed_command

EXAMPLES = """\b
Examples:
  fl-planner volume --liver liver.nii.gz --flr flr.nii.gz --no-tumour
  fl-planner volume --labelmap segments.nii.gz --remnant-segments 2,3
"""


@headed_command(epilog=EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml]", required=False, type=File)
@with_options(*MASKS, *PRINTED)
def volume(case_file: Path | None, as_json: bool, **given: Any) -> None:
    """Measure volumes and the FLR % of masks; nothing clinical.

    A CT given by --ct is asked whether the masks fit it; that of a case file is not read,
    nor is its scintigraphy.
    """
    from dataclasses import replace

    from fl_planner.workup.request import make_request
    from fl_planner.workup.volume import measure_volume

    with showing("reading files", quiet=given["quiet"]):
        request = replace(make_request(case_file, given), ct=given["ct"])
        record = measure_volume(request)
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.table import volume_table

        say_table(volume_table, record, verbose=given["verbose"])
