"""`fl-planner pictures`: cuts, contact sheet, surfaces and STL as files of one folder."""

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.options import FORCE, PROFILE, QUIET, SIZE_LIMIT, File
from fl_planner.cli.options import with_options as options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_aside
from fl_planner.cli.usage import headed_command

WANTED = ("kind", "dpi", "stl", "dicom", "slicer", "profile", "force")
EXAMPLES = """\b
Examples:
  fl-planner pictures case.toml --out pictures
  fl-planner pictures case.toml --out pictures --dpi 300 --stl
  fl-planner pictures case.toml --out pictures --dicom
  fl-planner pictures case.toml --out pictures --slicer
"""


@headed_command(epilog=EXAMPLES)
@click.argument("case_file", metavar="CASE.toml", type=File)
@click.option("--out", type=File, metavar="FOLDER", required=True, help="A new folder for them.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["png", "svg"]),
    default="png",
    show_default=True,
    help="Of the pictures.",
)
@click.option(
    "--dpi",
    type=click.IntRange(50, 600),
    default=150,
    show_default=True,
    help="Resolution; in an SVG that of the CT.",
)
@click.option("--stl", is_flag=True, help="Surfaces too, as STL in mm, RAS+.")
@click.option(
    "--dicom",
    is_flag=True,
    help="The contact sheet too, as Secondary Capture on the CT, which must be a DICOM series.",
)
@click.option(
    "--slicer",
    is_flag=True,
    help="For 3D Slicer too: masks as named, coloured segments (.seg.nrrd), the CT as .nrrd.",
)
@options(PROFILE, SIZE_LIMIT, FORCE, QUIET)
def pictures(case_file: Path, out: Path, **given: Any) -> None:
    """Draw a plan: three cuts, a contact sheet to be signed, and the liver from two sides.

    Only what --dicom writes bears identifiers: those of the CT's study (UIDs), and of the patient
    the case's id; with --profile clinical what the CT says of the patient.
    """
    from fl_planner.workup.pictures import PictureSet, draw_case
    from fl_planner.workup.request import read_request

    wanted = PictureSet(**{name: given[name] for name in WANTED})
    with showing("reading files", quiet=given["quiet"]):
        request = read_request(case_file, size_limit=given["size_limit"])
        drawn = draw_case(request, out, wanted)
    if not given["quiet"]:
        say_aside(f"pictures: {out.name}, {', '.join(drawn)}")
