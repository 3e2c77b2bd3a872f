"""`fl-planner check`, `convert`, `carry` and `spect-shift`: files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from fl_planner.cli.case_options import SCHEME
from fl_planner.cli.exit_status import ANSWERED, SAYS_NO
from fl_planner.cli.options import (
    DAYS,
    EXIT_CODES,
    FORCE,
    PRINTED,
    SIZE_LIMIT,
    File,
    image_option,
    with_options,
)
from fl_planner.cli.output import say_aside, say_record, say_table, showing
from fl_planner.cli.usage import headed_command
from fl_planner.given.table import fill

EXIT_CODE = EXIT_CODES(help="End with 4, not 0, where files do not fit.")


@headed_command()
@click.argument("files", nargs=-1, required=True, type=File)
@with_options(SIZE_LIMIT, EXIT_CODE, *PRINTED)
def check(
    files: tuple[Path, ...],
    size_limit: int,
    exit_code: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Tell what each file is: format, geometry, labels; and whether they fit together.

    Files whose names tell what they are, such as liver.nii.gz and FLR.nii.gz, are asked all
    that `volume` asks them; any other label map is asked what its labels or names mean. A
    folder of liver_segment_1 to liver_segment_8 is one map. Run it first. It ends with 0 also
    where files do not fit (--exit-code: 4), and is refused only where none can be read.
    """
    from fl_planner.workup.files.check import describe_files

    with showing("reading files", quiet=quiet):
        record = describe_files(files, size_limit)
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.files import check_table

        say_table(check_table, record, verbose=verbose)
    return SAYS_NO if exit_code and not record.fits else ANSWERED


EXAMPLES = """\b
Examples:
  fl-planner convert liver.seg.nrrd --to liver.nii.gz --structure liver
  fl-planner convert map.nii.gz --scheme couinaud --to segments.dcm --ct ct/
  fl-planner convert map.nii.gz --scheme couinaud --to segments.seg.nrrd
  fl-planner convert flr.nii.gz --to flr_on_ct.nii.gz --like ct.nii.gz
"""
OPTIONS = (
    click.option(
        "--to",
        type=File,
        required=True,
        metavar="OUT",
        help="Output: .nii, .nii.gz, .nrrd, .seg.nrrd, or .dcm for a DICOM SEG.",
    ),
    image_option(
        "--like", type=File, metavar="FILE", help="Write on the grid of this file, folder or zip."
    ),
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

    wanted = fill(Conversion, given, file=file, to=to)
    with showing("reading files", quiet=given["quiet"]):
        record = convert_file(wanted)
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.files import convert_table

        say_table(convert_table, record, verbose=given["verbose"])
    if wanted.on_ct and not (given["quiet"] or as_json):
        say_aside(f"{to.name} bears the patient's name and number: it is not for sharing as it is")


CARRY_EXAMPLES = """\b
Examples:
  fl-planner carry --from before.toml --to after.toml --out carried
  fl-planner carry --from before.toml --to after.toml --carry segments \\
    --out carried
  fl-planner carry --from arterial/ --from-mask liver=a.nii.gz \\
    --from-mask tumour=t.nii.gz --to portal/ --to-mask liver=p.nii.gz \\
    --rigid --out carried
"""
CARRY_OPTIONS = (
    click.option(
        "--from",
        "source",
        type=File,
        required=True,
        metavar="CASE.toml|CT",
        help="Scan that the masks were drawn on.",
    ),
    click.option(
        "--to",
        "target",
        type=File,
        required=True,
        metavar="CASE.toml|CT",
        help="Scan that they are carried onto, with its own liver.",
    ),
    click.option(
        "--from-mask",
        "source_masks",
        multiple=True,
        metavar="NAME=FILE",
        help="Beside a CT: liver, flr, resected, treated, tumour, labelmap, cyst ...",
    ),
    click.option(
        "--to-mask",
        "target_masks",
        multiple=True,
        metavar="NAME=FILE",
        help="Beside a CT: its liver, drawn on it.",
    ),
    click.option(
        "--carry",
        "names",
        multiple=True,
        metavar="NAME",
        help="Only this one: segments, flr, tumour ...; may be repeated.",
    ),
    click.option(
        "--rigid/--deformable",
        "rigid",
        default=False,
        help="Shift and turn only, or bend too; bends unless told.",
    ),
    click.option(
        "--out", type=File, required=True, metavar="FOLDER", help="A new folder for the masks."
    ),
    FORCE,
    SIZE_LIMIT,
    *PRINTED,
)


@click.command(epilog=CARRY_EXAMPLES)
@with_options(*CARRY_OPTIONS)
def carry(source: Path, target: Path, as_json: bool, **given: Any) -> None:
    """Carry masks from one scan to another by registration; each is a draft.

    Both livers have to be drawn: by them it is measured how well one scan lies on the other, and
    refused where that is not well enough. Every mask that is written bears the mark "carried, not
    drawn", which plan, volume and growth read and tell.
    """
    from fl_planner.workup.carry import Carrying, carry_masks

    wanted = fill(Carrying, given, source=source, target=target)
    with showing("reading files", quiet=given["quiet"]):
        record = carry_masks(wanted)
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.files import carry_table

        say_table(carry_table, record, verbose=given["verbose"])


SPECT_SHIFT_EXAMPLES = """\b
Examples:
  fl-planner spect-shift case.toml
  fl-planner spect-shift case.toml --study dose
  fl-planner spect-shift case.toml --out laid
"""
SPECT_SHIFT_OPTIONS = (
    click.option(
        "--study",
        type=click.Choice(["function", "dose"]),
        help="Which SPECT, where the case file has both.",
    ),
    click.option(
        "--out",
        type=File,
        metavar="FOLDER",
        help="A new folder for the SPECT laid onto the liver; else nothing is moved.",
    ),
    FORCE,
    SIZE_LIMIT,
    *PRINTED,
)


@headed_command(epilog=SPECT_SHIFT_EXAMPLES)
@click.argument("case_file", metavar="CASE.toml", type=File)
@with_options(*SPECT_SHIFT_OPTIONS)
def spect_shift(
    case_file: Path, study: Literal["function", "dose"] | None, as_json: bool, **given: Any
) -> None:
    """Tell how far the counts of a SPECT lie off the liver that was drawn on the CT.

    The shift in mm along each axis with its uncertainty, and what the share of the remnant, its
    function, the tumour-to-normal ratio, the lung shunt or the lung dose is with and without it. No
    other number rests on it; a SPECT that is written by --out is a draft.
    """
    from fl_planner.workup.files.spect_shift import ShiftQuestion, describe_spect_shift

    asked = fill(ShiftQuestion, given, case=case_file, study=study)
    with showing("reading files", quiet=given["quiet"]):
        record = describe_spect_shift(asked)
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.files import spect_shift_table

        say_table(spect_shift_table, record, verbose=given["verbose"])
