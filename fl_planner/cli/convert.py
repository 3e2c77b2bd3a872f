"""`fl-planner convert`: one of the inputs in another format or on another grid."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.steps import begin_step
from fl_planner.cli.options import AS_JSON, QUIET, SIZE_LIMIT, VERBOSE, File, with_options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say, say_aside

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fl_planner.formats.segments.content import Converted, Output
    from fl_planner.formats.stored.file import Limits

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
    click.option(
        "--like", type=File, metavar="FILE", help="Write on the grid of this file, folder or zip."
    ),
    click.option(
        "--ct", type=File, metavar="FOLDER", help="CT that it was drawn on; a SEG refers to it."
    ),
    click.option("--scheme", metavar="NAME", help="What a label map's numbers mean: lits, ..."),
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
    click.option(
        "--as-of",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="YYYY-MM-DD",
        help="Date in a SEG; that of its CT's study unless given.",
    ),
    click.option("--force", is_flag=True, help="Replace an output that exists."),
    SIZE_LIMIT,
    AS_JSON,
    QUIET,
    VERBOSE,
)


@click.command(epilog=EXAMPLES)
@click.argument("file", type=File)
@with_options(*OPTIONS)
def convert(file: Path, to: Path, as_json: bool, **given: Any) -> None:
    """Write a mask, a label map, contours or a CT in another format or on another grid.

    Voxels are moved, never changed, unless --resample is given; what would be lost is refused.
    The output is read back before it is put in place.
    """
    from fl_planner.formats.stored.file import Limits
    from fl_planner.formats.write import format_of

    limits = Limits.of_gib(given["size_limit"])
    is_seg = format_of(to.name) == "dicom-seg"
    _require_output(file, to, given)
    if given["as_of"] is not None and not is_seg:
        reason = f"{to.name} holds no date"
        raise InputRefused("usage.wrong", "--as-of", reason, "leave it out: it is for a SEG")
    with showing("reading files", quiet=given["quiet"]):
        record = _convert(file, to, limits, given, is_seg=is_seg)
    say(record, lambda told: _shown(told, verbose=given["verbose"]), as_json=as_json)
    if is_seg and not (given["quiet"] or as_json):
        say_aside(f"{to.name} bears the patient's name and number: it is not for sharing as it is")


def _require_output(file: Path, to: Path, given: dict[str, Any]) -> None:
    """Refuse an output in a place where none can go, or where an input lies."""
    from fl_planner.export.save import check_output

    check_output(to, force=given["force"])
    for path in (file, given["like"], given["ct"]):
        if path is not None and path.resolve() == to.resolve():
            reason = "is an input and the output at once"
            raise InputRefused("convert.same_file", to.name, reason, "choose another name")


def _convert(
    file: Path, to: Path, limits: Limits, given: dict[str, Any], *, is_seg: bool
) -> dict[str, Any]:
    from fl_planner.export.save import save
    from fl_planner.formats.readback import read_back
    from fl_planner.formats.write import as_nifti, as_nrrd, format_of, numbered_for, require_dicom
    from fl_planner.record.files.convert import Written, as_conversion
    from fl_planner.workup.convert import Conversion, read_converted

    if is_seg:
        require_dicom()
    wanted = Conversion(
        file,
        given["like"],
        given["ct"],
        given["scheme"],
        given["structures"],
        resample=given["resample"],
        on_ct=is_seg,
    )
    written = format_of(to.name)
    converted = numbered_for(read_converted(wanted, limits), written)
    begin_step("writing")
    as_bytes = as_nifti if written == "nifti1" else as_nrrd
    output = _seg(converted, limits, given) if is_seg else as_bytes(converted, to.name)
    begin_step("reading back what was written")
    off_mm = read_back(output.content, to.name, converted, limits)
    record = as_conversion(converted, Written(to.name, written, output, off_mm))
    save(to, output.content, force=given["force"])
    return record


def _seg(converted: Converted, limits: Limits, given: dict[str, Any]) -> Output:
    from fl_planner.formats.dicom.sources import read_sources
    from fl_planner.formats.write import as_seg

    on: datetime | None = given["as_of"]
    slices = read_sources(given["ct"], converted.grid, limits)
    return as_seg(converted, slices, on.date() if on else None)


def _shown(record: dict[str, Any], *, verbose: bool) -> RenderableType:
    from fl_planner.report.terminal.convert import convert_table

    return convert_table(record, verbose=verbose)
