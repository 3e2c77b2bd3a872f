"""Pictures of a plan: cuts, contact sheet, surfaces and STL as files of one folder."""

from dataclasses import dataclass
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.extras import OF_SURFACE, require_report
from fl_planner.basis.steps import begin_step
from fl_planner.export.folder import check_folder, save_folder
from fl_planner.export.release import require_trusted
from fl_planner.formats.write import require_dicom
from fl_planner.intake.request.request import Request
from fl_planner.planning.plan import Plan
from fl_planner.record.head import Profile
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.report.page.pictures import CHARTS, draw_pictures
from fl_planner.report.picture.draw.picture_files import Kind, Print
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.picture.surfaces.picture import LOOKS, find_parts
from fl_planner.report.picture.surfaces.stl import as_stl
from fl_planner.space.mesh import make_mesh
from fl_planner.workup.files.slicer import CT_FILE, MASKS_FILE, as_slicer
from fl_planner.workup.plan import make_plan
from fl_planner.workup.plan_dicom import make_capture, require_ct

STEP_MM = 1.5  # of the triangles of an STL
CAPTURE = "contact_sheet.dcm"
NAMES = {  # all that the folder may hold, so that --force loses no other file
    *(f"{name}.{kind}" for name in ("cuts", "contact_sheet", "surface") for kind in ("png", "svg")),
    *(f"interval_{name}.svg" for name in ("flr", "untreated")),
    *(f"{name}.png" for name in CHARTS),
    *(f"{part}.stl" for part in LOOKS),
    CAPTURE,
    MASKS_FILE,
    CT_FILE,
}


@dataclass(frozen=True, slots=True)
class PictureSet:
    """What is to be drawn of a plan.

    - `kind` ("png" or "svg"): of the pictures.
    - `dpi`: their resolution; in an SVG that of the CT.
    - `stl`: surfaces too, in mm, RAS+.
    - `dicom`: the contact sheet too, as Secondary Capture on the CT, which must be a DICOM series.
    - `slicer`: every mask and the CT too, as files of 3D Slicer.
    - `profile` ("shareable" or "clinical"): whether that bears what the CT says of the patient.
    - `force`: whether pictures that exist are replaced.
    """

    kind: Kind = "png"
    dpi: int = 150
    stl: bool = False
    dicom: bool = False
    slicer: bool = False
    profile: Profile = "shareable"
    force: bool = False


def draw_case(
    request: Request, folder: Path, wanted: PictureSet, trials: Path | None = None
) -> tuple[str, ...]:
    """Plan a case file, draw it into a folder, and name the files in their order.

    Raises `InputRefused`: where something is missing that a picture needs, or the folder holds
    other files; and as planning.
    """
    require_report(OF_SURFACE)
    check_folder(folder, NAMES, force=wanted.force)  # before the work, not after it
    if wanted.dicom:
        _require_dicom(request, wanted.kind)
    drawn = _draw(request, make_plan(request, trials), wanted)
    save_folder(folder, drawn, force=wanted.force)
    return tuple(sorted(drawn))


def _require_dicom(request: Request, kind: Kind) -> None:
    """Refuse, before the work, what cannot become DICOM."""
    require_dicom()
    require_ct(request)
    if kind != "png":
        reason = "DICOM holds pixels, and an SVG has none"
        raise InputRefused("usage.wrong", "--dicom", reason, "leave out --format svg")


def _draw(request: Request, plan: Plan, wanted: PictureSet) -> dict[str, bytes]:
    record = as_plan_record(plan)
    drawn = dict(draw_pictures(plan, record, Print(wanted.kind, wanted.dpi)).files)
    if wanted.stl:
        begin_step("STL")
        drawn |= _surfaces(plan, record)
    if wanted.slicer:
        begin_step("files of 3D Slicer")
        drawn |= as_slicer(plan.case, request.limits)
    if wanted.dicom:
        begin_step("DICOM")
        require_trusted(record, CAPTURE)  # an archive keeps the picture, and not the doubt
        sheet = drawn["contact_sheet.png"]
        drawn[CAPTURE] = make_capture(request, plan, record, wanted.profile, sheet)
    return drawn


def _surfaces(plan: Plan, record: PlanRecord) -> dict[str, bytes]:
    picture = as_picture(plan, record)
    placed = picture.anatomy.liver.grid.placed
    return {
        f"{part}.stl": as_stl(make_mesh(mask, STEP_MM), placed=placed)
        for part, mask in find_parts(picture)
    }
