"""A plan as a report for the tumour board, and as pictures in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fl_planner.basis.defaults import DEFAULTS, Paper, Profile
from fl_planner.basis.extras import OF_PAGE, OF_PAPER, OF_SURFACE, require_report
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import begin_step
from fl_planner.export.save import check_folder, check_output, require_trusted, save, save_folder
from fl_planner.formats.write import require_dicom
from fl_planner.intake.request.request import Request
from fl_planner.planning.pathway_questions import find_pathway_questions
from fl_planner.planning.plan import Plan
from fl_planner.record.growth import GrowthRecord, as_growth
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.report.page.render import (
    CHARTS,
    as_html,
    as_pdf,
    draw_pictures,
    draw_report,
    make_page,
)
from fl_planner.report.picture.draw.colours import LOOKS
from fl_planner.report.picture.draw.picture_files import Kind, Print
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.picture.surfaces import as_stl, find_parts
from fl_planner.space.surface_mesh import make_mesh
from fl_planner.workup.files.result_set import as_shown, make_capture, require_ct
from fl_planner.workup.files.slicer import CT_FILE, MASKS_FILE, as_slicer
from fl_planner.workup.growth import read_up_to, since_baseline, with_growth
from fl_planner.workup.plan import make_plan

HTML, PDF = ".html", ".pdf"
DPI = 200  # of pictures in a report; 220 to 270 on paper, where they are smaller


@dataclass(frozen=True, slots=True)
class Report:
    """A requested report.

    - `out`: the output, .html or .pdf.
    - `paper` ("a4" or "letter"): size of a PDF's pages.
    - `earlier`: case files of previous scans, for growth.
    - `trials`: a folder of trials in addition to the bundled ones.
    - `profile` ("shareable" or "clinical"): whether it contains the scan date and the case label.
    - `size_limit`: largest file size, in GiB.
    - `appendix`: whether criteria, sources and contact sheet are added.
    - `force`: whether an existing report is replaced.
    """

    out: Path
    paper: Paper = DEFAULTS["paper"]
    earlier: tuple[Path, ...] = ()
    trials: Path | None = None
    profile: Profile = "shareable"
    size_limit: int = 1
    appendix: bool = False
    force: bool = False

    @property
    def ending(self) -> str:
        """Its file extension, which determines the format."""
        return self.out.suffix.lower()


def write_report(request: Request, wanted: Report, case_file: Path | None) -> None:
    """Plan a request and write its report; `earlier` scans require its case file for growth.

    Raises `InputRefused`: `usage.wrong` for another extension, `extra.missing`; and the errors of
    planning.
    """
    _require_ending(wanted)
    check_output(wanted.out, force=wanted.force)  # before the work
    story = None
    if wanted.earlier:
        story = read_up_to(request, case_file, wanted.earlier, wanted.size_limit, wanted.trials)
        request = since_baseline(request, story)
    plan = make_plan(request, wanted.trials)
    record, growth = as_plan_record(plan, wanted.profile), None
    if story is not None:
        growth = as_growth(story, wanted.profile)
        record = with_growth(record, growth)
    save(wanted.out, make_report(plan, record, wanted, growth), force=wanted.force)


def _require_ending(wanted: Report) -> None:
    if wanted.ending not in (HTML, PDF):
        reason = f"the name {wanted.out.name} does not end in {HTML} or {PDF}"
        raise InputRefused("usage.wrong", "--out", reason, "give --out report.html")
    require_report(OF_PAPER if wanted.ending == PDF else OF_PAGE, OF_SURFACE)


def make_report(
    plan: Plan, record: PlanRecord, wanted: Report, growth: GrowthRecord | None = None
) -> bytes:
    """Create the report of a plan; refused as in `write_report`."""
    _require_ending(wanted)
    asked = find_pathway_questions(plan.pathway)
    pictures = draw_report(plan, record, Print(dpi=DPI), growth, appendix=wanted.appendix)
    begin_step("page layout")
    story = None if growth is None else growth.story
    page = make_page(record, pictures, story, asked=asked, appendix=wanted.appendix)
    if wanted.ending == PDF:
        return as_pdf(page, pictures.files, wanted.paper)
    return as_html(page, pictures.files)


STEP_MM = 1.5  # of the triangles of an STL
CAPTURE = "contact_sheet.dcm"
NAMES = {  # all files of the folder, so that --force deletes no other file
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
    """Requested pictures of a plan.

    - `kind` ("png" or "svg"): format of the pictures.
    - `dpi`: their resolution; in an SVG, of the CT.
    - `stl`: also write surfaces, in mm, RAS+.
    - `dicom`: also write the contact sheet as Secondary Capture; requires a DICOM series as CT.
    - `slicer`: also write masks and CT for 3D Slicer.
    - `profile` ("shareable" or "clinical"): whether DICOM has the patient data of the CT.
    - `force`: whether existing pictures are replaced.
    """

    kind: Kind = DEFAULTS["format"]
    dpi: int = DEFAULTS["dpi"]
    stl: bool = False
    dicom: bool = False
    slicer: bool = False
    profile: Profile = "shareable"
    force: bool = False


def draw_case(
    request: Request, folder: Path, wanted: PictureSet, trials: Path | None = None
) -> tuple[str, ...]:
    """Plan a case, draw it into a folder, and list the files in order.

    Raises `InputRefused` if inputs of a picture are missing or the folder contains other files, and
    as planning.
    """
    require_report(OF_SURFACE)
    check_folder(folder, NAMES, force=wanted.force)  # before the work
    if wanted.dicom:
        _require_dicom(request, wanted.kind)
    elif wanted.profile == "clinical":
        reason = "pictures that are not DICOM are the same in both profiles"
        raise InputRefused("usage.wrong", "--profile", reason, "give --dicom as well, or omit it")
    drawn = _draw(request, make_plan(request, trials), wanted)
    save_folder(folder, drawn, force=wanted.force)
    return tuple(sorted(drawn))


def _require_dicom(request: Request, kind: Kind) -> None:
    """Refuse pictures that cannot be written as DICOM, before the work."""
    require_dicom()
    require_ct(request)
    if kind != "png":
        reason = "DICOM requires pixels, which an SVG does not have"
        raise InputRefused("usage.wrong", "--dicom", reason, "omit --format svg")


def _draw(request: Request, plan: Plan, wanted: PictureSet) -> dict[str, bytes]:
    record = as_plan_record(plan)
    if wanted.dicom:
        record, _ = as_shown(record, None, wanted.profile)
    drawn = dict(draw_pictures(plan, record, Print(wanted.kind, wanted.dpi)))
    if wanted.stl:
        begin_step("STL")
        drawn |= _surfaces(plan, record)
    if wanted.slicer:
        begin_step("files for 3D Slicer")
        drawn |= as_slicer(plan.case, request.limits)
    if wanted.dicom:
        begin_step("DICOM")
        require_trusted(record, CAPTURE)  # an archive keeps pictures without their findings
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
