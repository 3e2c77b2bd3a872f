"""A plan as a page for the tumour board, HTML or PDF."""

from dataclasses import dataclass
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.extras import OF_PAGE, OF_PAPER, OF_SURFACE, require_report
from fl_planner.basis.steps import begin_step
from fl_planner.export.save import check_output, save
from fl_planner.intake.request.request import Request
from fl_planner.planning.plan import Plan
from fl_planner.record.growth.growth import GrowthRecord, as_growth
from fl_planner.record.head import Profile
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.report.page.pictures import draw_pictures
from fl_planner.report.page.render import Paper, as_html, as_pdf, make_page
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.workup.growth import read_up_to, with_growth
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
    paper: Paper = "a4"
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
    plan = make_plan(request, wanted.trials)
    record, growth = as_plan_record(plan, wanted.profile), None
    if wanted.earlier:
        story = read_up_to(case_file, wanted.earlier, wanted.size_limit)
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
