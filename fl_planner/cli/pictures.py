"""`fl-planner pictures`: cuts, contact sheet, surfaces and STL as files of one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.cli.options import FORCE, QUIET, SIZE_LIMIT, File
from fl_planner.cli.options import with_options as options
from fl_planner.cli.report import plan_case
from fl_planner.cli.say import say_aside

if TYPE_CHECKING:
    from fl_planner.planning.plan import Plan
    from fl_planner.report.prints import Print

STEP_MM = 1.5  # of the triangles of an STL
NAMES = {  # all that the folder may hold, so that --force loses no other file
    *(f"{name}.{kind}" for name in ("cuts", "contact_sheet", "surface") for kind in ("png", "svg")),
    *(f"interval_{name}.svg" for name in ("flr", "untreated")),
    *(f"{part}.stl" for part in ("liver", "rest", "treated", "remnant", "tumour")),
}
EXAMPLES = """\b
Examples:
  fl-planner pictures case.toml --out pictures
  fl-planner pictures case.toml --out pictures --dpi 300 --stl
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
@options(SIZE_LIMIT, FORCE, QUIET)
def pictures(case_file: Path, out: Path, **given: Any) -> None:
    """Draw a plan: three cuts, a contact sheet to be signed, and the liver from two sides."""
    from fl_planner.report.extra import OF_SURFACE, require_report
    from fl_planner.report.folder import check_folder, save_folder
    from fl_planner.report.prints import Print

    require_report(OF_SURFACE)
    check_folder(out, NAMES, force=given["force"])  # before the work, not after it
    made = plan_case(case_file, given["size_limit"])
    drawn = _drawn(made, Print(given["kind"], given["dpi"]))
    drawn |= _surfaces(made) if given["stl"] else {}
    save_folder(out, drawn, force=given["force"])
    if not given["quiet"]:
        say_aside(f"pictures: {out.name}, {', '.join(sorted(drawn))}")


def _drawn(made: Plan, form: Print) -> dict[str, bytes]:
    from fl_planner.report.page_pictures import draw_pictures
    from fl_planner.report.plan_record import as_record

    return dict(draw_pictures(made, as_record(made), form).files)


def _surfaces(made: Plan) -> dict[str, bytes]:
    from fl_planner.report.meshes import make_mesh
    from fl_planner.report.plan_picture import as_picture
    from fl_planner.report.plan_record import as_record
    from fl_planner.report.stl import as_stl
    from fl_planner.report.surface_picture import find_parts

    picture = as_picture(made, as_record(made))
    placed = picture.anatomy.liver.grid.placed
    return {
        f"{part}.stl": as_stl(make_mesh(mask, STEP_MM), placed=placed)
        for part, mask in find_parts(picture)
    }
