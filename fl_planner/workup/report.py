"""A plan as a page for the tumour board, and its pictures as files of one folder."""

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
from fl_planner.planning.plan import Plan
from fl_planner.record.growth import GrowthRecord, as_growth
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.report.page.render import CHARTS, as_html, as_pdf, draw_pictures, make_page
from fl_planner.report.picture.draw.colours import LOOKS
from fl_planner.report.picture.draw.picture_files import Kind, Print
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.picture.surfaces import as_stl, find_parts
from fl_planner.space.surface_mesh import make_mesh
from fl_planner.workup.exports import make_capture, require_ct
from fl_planner.workup.files.slicer import CT_FILE, MASKS_FILE, as_slicer
from fl_planner.workup.growth import read_up_to, since_baseline, with_growth
from fl_planner.workup.plan import make_plan

HTML, PDF = ".html", ".pdf"
DPI = 150  # of the pictures in a report: 160 to 200 on paper, where they are smaller


@dataclass(frozen=True, slots=True)
class Report:
    """The report that is wanted.

    - `out`: where it goes: .html or .pdf.
    - `paper` ("a4" or "letter"): size of a PDF's pages.
    - `earlier`: case files of earlier scans, for growth.
    - `trials`: a folder of trials that are judged beside the bundled ones.
    - `profile` ("shareable" or "clinical"): whether it bears the scan's date and the case's label.
    - `size_limit`: how large a file may be, in GiB.
    - `appendix`: whether criteria, sources and contact sheet follow its pages.
    - `force`: whether a report that exists is replaced.
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
        """How its name ends: what it is written as."""
        return self.out.suffix.lower()


def write_report(request: Request, wanted: Report, case_file: Path | None) -> None:
    """Plan a request and write the report of it; growth lies between its case file and others.

    Raises `InputRefused`: `usage.wrong` for another ending, `extra.missing`; and as planning.
    """
    _require_ending(wanted)
    check_output(wanted.out, force=wanted.force)  # before the work, not after it
    story = None
    if wanted.earlier:
        story = read_up_to(case_file, wanted.earlier, wanted.size_limit)
        request = since_baseline(request, story)
    plan = make_plan(request, wanted.trials)
    record, growth = as_plan_record(plan, wanted.profile), None
    if story is not None:
        growth = as_growth(story, wanted.profile)
        record = with_growth(record, growth)
    save(wanted.out, make_report(plan, record, wanted, growth), force=wanted.force)


def _require_ending(wanted: Report) -> None:
    if wanted.ending not in (HTML, PDF):
        reason = f"{wanted.out.name} ends in neither {HTML} nor {PDF}"
        raise InputRefused("usage.wrong", "--out", reason, "write --out report.html")
    require_report(OF_PAPER if wanted.ending == PDF else OF_PAGE, OF_SURFACE)


def make_report(
    plan: Plan, record: PlanRecord, wanted: Report, growth: GrowthRecord | None = None
) -> bytes:
    """Make the report of a plan; refused as `write_report`."""
    _require_ending(wanted)
    pictures = draw_pictures(plan, record, Print(dpi=DPI), growth, on_page=True)
    begin_step("setting the page")
    story = None if growth is None else growth.story
    page = make_page(record, pictures, story, appendix=wanted.appendix)
    if wanted.ending == PDF:
        return as_pdf(page, pictures.files, wanted.paper)
    return as_html(page, pictures.files)


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
