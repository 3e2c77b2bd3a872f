"""`fl-planner pictures`: cuts, contact sheet, surfaces and STL as files of one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.steps import begin_step
from fl_planner.cli.options import FORCE, PROFILE, QUIET, SIZE_LIMIT, File
from fl_planner.cli.options import with_options as options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_aside

if TYPE_CHECKING:
    from fl_planner.formats.stored.file import Limits
    from fl_planner.intake.request.request import Request
    from fl_planner.planning.plan import Plan

STEP_MM = 1.5  # of the triangles of an STL
CAPTURE = "contact_sheet.dcm"
NAMES = {  # all that the folder may hold, so that --force loses no other file
    *(f"{name}.{kind}" for name in ("cuts", "contact_sheet", "surface") for kind in ("png", "svg")),
    *(f"interval_{name}.svg" for name in ("flr", "untreated")),
    *(f"{part}.stl" for part in ("liver", "rest", "treated", "remnant", "tumour")),
    CAPTURE,
}
EXAMPLES = """\b
Examples:
  fl-planner pictures case.toml --out pictures
  fl-planner pictures case.toml --out pictures --dpi 300 --stl
  fl-planner pictures case.toml --out pictures --dicom
"""


@click.command(epilog=EXAMPLES)
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
@options(PROFILE, SIZE_LIMIT, FORCE, QUIET)
def pictures(case_file: Path, out: Path, **given: Any) -> None:
    """Draw a plan: three cuts, a contact sheet to be signed, and the liver from two sides.

    Only what --dicom writes bears identifiers: those of the CT's study (UIDs), and of the patient
    the case's id; with --profile clinical what the CT says of the patient.
    """
    from fl_planner.basis.extras import OF_SURFACE, require_report
    from fl_planner.export.folder import check_folder, save_folder
    from fl_planner.formats.stored.file import Limits
    from fl_planner.intake.documents.case_file import read_case_file
    from fl_planner.intake.request.request import plan_request

    require_report(OF_SURFACE)
    check_folder(out, NAMES, force=given["force"])  # before the work, not after it
    request, limits = read_case_file(case_file), Limits.of_gib(given["size_limit"])
    if given["dicom"]:
        _require_dicom(request, given["kind"])
    with showing("reading files", quiet=given["quiet"]):
        drawn = _drawn(request, plan_request(request, limits), limits, given)
        save_folder(out, drawn, force=given["force"])
    if not given["quiet"]:
        say_aside(f"pictures: {out.name}, {', '.join(sorted(drawn))}")


def _require_dicom(request: Request, kind: str) -> None:
    """Refuse, before the work, what cannot become DICOM."""
    from fl_planner.cli.plan_dicom import require_ct
    from fl_planner.formats.write import require_dicom

    require_dicom()
    require_ct(request)
    if kind != "png":
        reason = "DICOM holds pixels, and an SVG has none"
        raise InputRefused("usage.wrong", "--dicom", reason, "leave out --format svg")


def _drawn(request: Request, made: Plan, limits: Limits, given: dict[str, Any]) -> dict[str, bytes]:
    from fl_planner.record.plan import as_record
    from fl_planner.report.page.pictures import draw_pictures
    from fl_planner.report.picture.draw.prints import Print

    record, form = as_record(made), Print(given["kind"], given["dpi"])
    drawn = dict(draw_pictures(made, record, form).files)
    if given["stl"]:
        begin_step("STL")
        drawn |= _surfaces(made, record)
    if given["dicom"]:
        from fl_planner.cli.plan_dicom import make_capture
        from fl_planner.export.trusted import require_trusted

        begin_step("DICOM")
        require_trusted(record, CAPTURE)  # an archive keeps the picture, and not the doubt
        sheet, profile = drawn["contact_sheet.png"], given["profile"]
        drawn[CAPTURE] = make_capture(request, made, record, limits, profile, sheet)
    return drawn


def _surfaces(made: Plan, record: dict[str, Any]) -> dict[str, bytes]:
    from fl_planner.report.picture.slices.plan import as_picture
    from fl_planner.report.picture.surfaces.mesh import make_mesh
    from fl_planner.report.picture.surfaces.picture import find_parts
    from fl_planner.report.picture.surfaces.stl import as_stl

    picture = as_picture(made, record)
    placed = picture.anatomy.liver.grid.placed
    return {
        f"{part}.stl": as_stl(make_mesh(mask, STEP_MM), placed=placed)
        for part, mask in find_parts(picture)
    }
