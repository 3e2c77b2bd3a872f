"""`fl-planner convert`: one of the inputs in another format or on another grid."""

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.options import (
    DAYS,
    PRINTED,
    SCHEME,
    SIZE_LIMIT,
    File,
    file_option,
    with_options,
)
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_aside, say_record, say_table
from fl_planner.cli.usage import headed_command

EXAMPLES = """\b
Examples:
  fl-planner convert liver.seg.nrrd --to liver.nii.gz --structure liver
  fl-planner convert map.nii.gz --scheme couinaud --to segments.dcm --ct ct/
  fl-planner convert map.nii.gz --scheme couinaud --to segments.seg.nrrd
  fl-planner convert flr.nii.gz --to flr_on_ct.nii.gz --like ct.nii.gz
"""
WANTED = ("like", "ct", "scheme", "structures", "resample", "as_of", "force", "size_limit")
OPTIONS = (
    click.option(
        "--to",
        type=File,
        required=True,
        metavar="OUT",
        help="Output: .nii, .nii.gz, .nrrd, .seg.nrrd, or .dcm for a DICOM SEG.",
    ),
    file_option("--like", "Write on the grid of this file, folder or zip."),
    click.option(
        "--ct", type=File, metavar="FOLDER", help="CT that it was drawn on; a SEG refers to it."
    ),
    SCHEME,
    click.option(
        "--structure",
        "structures",
        multiple=True,
        metavar="NAME",
        help="Only this one; NAME=NUMBER names a label. May be repeated.",
    ),
    click.option(
        "--resample", is_flag=True, help="Accept another voxel grid, by nearest neighbour."
    ),
    DAYS(help="Date in a SEG; that of its CT's study unless given."),
    click.option("--force", is_flag=True, help="Replace an output that exists."),
    SIZE_LIMIT,
    *PRINTED,
)


@headed_command(epilog=EXAMPLES)
@click.argument("file", type=File)
@with_options(*OPTIONS)
def convert(file: Path, to: Path, as_json: bool, **given: Any) -> None:
    """Write a mask, a label map, contours or a CT in another format or on another grid.

    Voxels are moved, never changed, unless --resample is given; what would be lost is refused.
    The output is read back before it is put in place.
    """
    from fl_planner.workup.files.convert import Conversion, convert_file

    wanted = Conversion(file, to, **{name: given[name] for name in WANTED})
    with showing("reading files", quiet=given["quiet"]):
        record = convert_file(wanted)
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.convert import convert_table

        say_table(convert_table, record, verbose=given["verbose"])
    if wanted.on_ct and not (given["quiet"] or as_json):
        say_aside(f"{to.name} bears the patient's name and number: it is not for sharing as it is")
