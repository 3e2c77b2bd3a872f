"""`fl-planner segment`: masks drawn by an external engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.help_layout import headed_command
from fl_planner.cli.options import (
    ACCEPT,
    ENGINE,
    ENGINE_LOG,
    FORCE,
    PRINTED,
    SIZE_LIMIT,
    File,
    output_option,
    with_options,
)
from fl_planner.cli.output import print_result, showing
from fl_planner.given.table import fill

OUT = output_option(
    "--out", type=File, required=True, metavar="FOLDER", help="New folder for masks and case file."
)
ENGINES = ENGINE(
    required=True,
    help="Engine: container, monai_bundle, moose, nnunet_liver, slicer, totalsegmentator or "
    "totalsegmentator_vessels; or the path of an engine file.",
)
EXAMPLES = """\b
Examples:
  fl-planner segment ct.nii.gz --engine nnunet_liver --out draft
  fl-planner segment slices --engine mine.toml --accept-licence --out draft
"""


@headed_command(epilog=EXAMPLES)
@click.argument("ct", metavar="CT", type=File)
@with_options(ENGINES, OUT, ACCEPT, ENGINE_LOG, FORCE, SIZE_LIMIT, *PRINTED)
def segment(ct: Path, *, as_json: bool, **given: Any) -> None:
    """Draw masks on a CT with a segmentation engine, and save them together with a case file.

    The engine is a program that you have installed, with its weights; nothing is downloaded. It
    runs offline, in a temporary folder, within the time and memory limits of its engine
    file.

    Masks are written only if all are complete and on the CT grid, and no error occurred. Their
    origin is stated as "automatic, not verified" in every output.
    """
    from fl_planner.record.files.segment import format_segmentation
    from fl_planner.workup.files.segment import SegmentationRequest
    from fl_planner.workup.files.segment import segment as run_segmentation

    asked = fill(SegmentationRequest, given, ct=ct)
    with showing("reading files", quiet=given["quiet"]):
        record = run_segmentation(asked)
    print_result(record, format_segmentation(record), as_json=as_json)
