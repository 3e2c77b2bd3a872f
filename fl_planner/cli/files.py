"""`fl-planner check`, `convert`, `carry`, `spect-shift` and `segment`: work on files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from fl_planner.cli.exit_status import ANSWERED, NEGATIVE
from fl_planner.cli.help_layout import headed_command
from fl_planner.cli.options import (
    ACCEPT,
    ENGINE,
    ENGINE_LOG,
    EXIT_CODES,
    FORCE,
    PRINTED,
    SIZE_LIMIT,
    File,
    day_option,
    file_option,
    image_option,
    output_file,
    with_options,
)
from fl_planner.cli.options_from_case_keys import SCHEME
from fl_planner.cli.output import print_aside, print_record, print_result, print_table, showing
from fl_planner.given.table import fill

EXIT_CODE = EXIT_CODES(help="Exit with status 4 instead of 0 if files do not match.")


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
    """Check files: format, geometry, labels, and whether the files match each other.

    Files named after their role, such as liver.nii.gz and FLR.nii.gz, undergo the checks of
    `volume`; the labels or names of any other label map are listed. A folder with liver_segment_1
    to liver_segment_8 is read as one label map. In the folder or zip archive of a study, each SEG
    and RTSTRUCT is described; contours are drawn on the CT if it is among the files. Run this
    command first. The exit status is 0 even if files do not match (--exit-code: 4); the command is
    refused only if no file can be read.
    """
    from fl_planner.workup.files.check import describe_files

    with showing("reading files", quiet=quiet):
        record = describe_files(files, size_limit)
    if as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.files import check_table

        print_table(check_table, record, verbose=verbose)
    return NEGATIVE if exit_code and not record.fits else ANSWERED


EXAMPLES = """\b
Examples:
  fl-planner convert liver.seg.nrrd --to liver.nii.gz --structure liver
  fl-planner convert map.nii.gz --scheme couinaud --to segments.dcm --ct ct/
  fl-planner convert map.nii.gz --scheme couinaud --to segments.seg.nrrd
  fl-planner convert flr.nii.gz --to flr_on_ct.nii.gz --like ct.nii.gz
"""
OPTIONS = (
    file_option(
        "--to",
        required=True,
        metavar="OUT",
        help="Output file: .nii, .nii.gz, .nrrd, .seg.nrrd, or .dcm for a DICOM SEG.",
    ),
    image_option(
        "--like",
        type=File,
        metavar="FILE",
        help="Write the output on the voxel grid of this file, folder or zip archive.",
    ),
    file_option(
        "--ct", metavar="FOLDER", help="CT on which the mask was drawn; a SEG refers to it."
    ),
    SCHEME,
    click.option(
        "--structure",
        "structures",
        multiple=True,
        metavar="NAME",
        help="Convert only this structure, or a label as NAME=NUMBER; may be repeated.",
    ),
    click.option(
        "--resample", is_flag=True, help="Resample to another voxel grid (nearest neighbour)."
    ),
    day_option("--as-of", help="Date to write in a SEG; the date of the CT study by default."),
    click.option("--force", is_flag=True, help="Replace an existing output."),
    SIZE_LIMIT,
    *PRINTED,
)


@headed_command(epilog=EXAMPLES)
@click.argument("file", type=File)
@with_options(*OPTIONS)
def convert(file: Path, to: Path, as_json: bool, **given: Any) -> None:
    """Write a mask, a label map, contours or a CT in another format or on another grid.

    Voxel values are kept unless --resample is given; a conversion that would lose information is
    refused. The output is read back and checked before it is saved.
    """
    from fl_planner.workup.files.convert import Conversion, convert_file

    wanted = fill(Conversion, given, file=file, to=to)
    with showing("reading files", quiet=given["quiet"]):
        record = convert_file(wanted)
    if as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.files import convert_table

        print_table(convert_table, record, verbose=given["verbose"])
    if wanted.on_ct and not (given["quiet"] or as_json):
        print_aside(f"{to.name} contains the patient's name and ID: do not share it unchanged")


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
    file_option(
        "--from",
        "source",
        required=True,
        metavar="CASE.toml|CT",
        help="Scan on which the masks were drawn.",
    ),
    file_option(
        "--to",
        "target",
        required=True,
        metavar="CASE.toml|CT",
        help="Scan to which the masks are carried over; its liver mask must also be given.",
    ),
    click.option(
        "--from-mask",
        "source_masks",
        multiple=True,
        metavar="NAME=FILE",
        help="Mask drawn on the CT given with --from: liver, flr, tumour, labelmap ...; may be "
        "repeated.",
    ),
    click.option(
        "--to-mask",
        "target_masks",
        multiple=True,
        metavar="NAME=FILE",
        help="Liver mask drawn on the CT given with --to.",
    ),
    click.option(
        "--carry",
        "names",
        multiple=True,
        metavar="NAME",
        help="Carry over only this structure: segments, flr, tumour ...; may be repeated.",
    ),
    click.option(
        "--rigid/--deformable",
        "rigid",
        default=False,
        help="Register rigidly (translation and rotation), or deformably (default).",
    ),
    file_option("--out", required=True, metavar="FOLDER", help="New folder for the masks."),
    FORCE,
    SIZE_LIMIT,
    *PRINTED,
)


@click.command(epilog=CARRY_EXAMPLES)
@with_options(*CARRY_OPTIONS)
def carry(source: Path, target: Path, as_json: bool, **given: Any) -> None:
    """Carry masks over to another scan by registration; the resulting masks are drafts.

    Both scans require a liver mask, which is used to check the registration; an inadequate
    registration is refused. Each output is marked "carried, not drawn", and plan, volume and
    growth show this mark.
    """
    from fl_planner.workup.carry import Carrying, carry_masks

    wanted = fill(Carrying, given, source=source, target=target)
    with showing("reading files", quiet=given["quiet"]):
        record = carry_masks(wanted)
    if as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.files import carry_table

        print_table(carry_table, record, verbose=given["verbose"])


SPECT_SHIFT_EXAMPLES = """\b
Examples:
  fl-planner spect-shift case.toml
  fl-planner spect-shift case.toml --study dose
  fl-planner spect-shift case.toml --out aligned
"""
SPECT_SHIFT_OPTIONS = (
    click.option(
        "--study",
        type=click.Choice(["function", "dose"]),
        help="SPECT whose shift is measured, if the case file has several.",
    ),
    file_option(
        "--out", metavar="FOLDER", help="Write the SPECT aligned with the liver to this new folder."
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
    """Measure the shift between SPECT counts and the liver drawn on the CT.

    Results: the shift in mm along each axis with its uncertainty, and the FLR share of counts, FLR
    function, tumour-to-normal ratio, lung shunt or lung dose with and without the shift. No other
    result depends on this shift; a SPECT written with --out is a draft.
    """
    from fl_planner.workup.files.spect_shift import ShiftQuestion, describe_spect_shift

    asked = fill(ShiftQuestion, given, case=case_file, study=study)
    with showing("reading files", quiet=given["quiet"]):
        record = describe_spect_shift(asked)
    if as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.files import spect_shift_table

        print_table(spect_shift_table, record, verbose=given["verbose"])


OUT = output_file(
    "--out", required=True, metavar="FOLDER", help="New folder for masks and case file."
)
ENGINES = ENGINE(
    required=True,
    help="Engine: container, monai_bundle, moose, nnunet_liver, slicer, totalsegmentator or "
    "totalsegmentator_vessels; or the path of an engine file.",
)
SEGMENT_EXAMPLES = """\b
Examples:
  fl-planner segment ct.nii.gz --engine nnunet_liver --out draft
  fl-planner segment slices --engine mine.toml --accept-licence --out draft
"""


@headed_command(epilog=SEGMENT_EXAMPLES)
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
