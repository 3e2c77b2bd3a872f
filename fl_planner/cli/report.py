"""`fl-planner report`: a plan as a page for the tumour board, HTML or PDF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.steps import begin_step
from fl_planner.cli.options import AS_OF, CENTRE, FORCE, PROFILE, QUIET, SIZE_LIMIT, TRIALS, File
from fl_planner.cli.options import with_options as options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_aside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fl_planner.planning.plan import Plan
    from fl_planner.workup.report import Paper

HTML, PDF = ".html", ".pdf"
DPI = 150  # of the pictures in a report: 160 to 200 on paper, where they are smaller
EXAMPLES = """\b
Examples:
  fl-planner report case.toml --out report.html
  fl-planner report case.toml --out report.pdf --paper letter
  fl-planner report case.toml --as-of 2026-11-20 --centre centre.toml \\
    --out report.pdf
  fl-planner report day21.toml --earlier before.toml --out report.pdf
"""


@click.command(epilog=EXAMPLES)
@click.argument("case_file", metavar="CASE.toml", type=File)
@click.option("--out", type=File, metavar="FILE", required=True, help="The report: .html or .pdf.")
@click.option(
    "--paper",
    type=click.Choice(["a4", "letter"]),
    default="a4",
    show_default=True,
    help="Size of a PDF's pages; HTML prints on both.",
)
@click.option(
    "--earlier",
    multiple=True,
    metavar="CASE.toml",
    type=File,
    help="Case file of an earlier scan, for growth; may be given again.",
)
@options(AS_OF, CENTRE, TRIALS, PROFILE, SIZE_LIMIT, FORCE, QUIET)
def report(case_file: Path, out: Path, paper: Paper, **given: Any) -> None:
    """Write a plan as a report: one file that needs no network.

    The numbers are those of `fl-planner plan CASE.toml --json`; masks, segments and facts stand
    in the case file. The first page is for the meeting; what it rests on, and a contact sheet to
    be signed, follow.
    """
    from fl_planner.basis.extras import OF_PAGE, OF_PAPER, OF_SURFACE, require_report
    from fl_planner.export.save import check_output, save

    kind = out.suffix.lower()
    if kind not in (HTML, PDF):
        reason = f"{out.name} ends in neither {HTML} nor {PDF}"
        raise InputRefused("usage.wrong", "--out", reason, "write --out report.html")
    require_report(OF_PAPER if kind == PDF else OF_PAGE, OF_SURFACE)
    check_output(out, force=given["force"])  # before the work, not after it
    with showing("reading files", quiet=given["quiet"]) as progress:
        made = plan_case(case_file, given)
        record = _record(made, progress.each((*given["earlier"], case_file), "scan"), given)
        save(out, _written(made, record, kind, paper), force=given["force"])
    if not given["quiet"]:
        say_aside(f"report: {out.name}")


def plan_case(case_file: Path, given: dict[str, Any]) -> Plan:
    """Plan a case file, for a judging date and a centre where they were given."""
    from dataclasses import replace

    from fl_planner.formats.stored.file import Limits
    from fl_planner.intake.documents.case_file import read_case_file
    from fl_planner.intake.request.request import plan_request

    as_of = given["as_of"].date() if given["as_of"] else None
    request = replace(read_case_file(case_file), as_of=as_of, centre=given["centre"])
    return plan_request(request, Limits.of_gib(given["size_limit"]), given["trials"])


def _record(made: Plan, scans: Sequence[Path], given: dict[str, Any]) -> dict[str, Any]:
    """Tell the plan, and its growth since earlier scans where they were given."""
    from fl_planner.record.plan import as_record

    record = as_record(made, given["profile"])
    if not given["earlier"]:
        return record
    from fl_planner.formats.stored.file import Limits
    from fl_planner.record.growth import as_growth
    from fl_planner.report.page.growth import with_growth
    from fl_planner.workup.growth import read_growth

    story = read_growth(scans, Limits.of_gib(given["size_limit"]))
    return with_growth(record, as_growth(story, given["profile"]))


def _written(made: Plan, record: dict[str, Any], kind: str, paper: Paper) -> bytes:
    from fl_planner.report.page.pictures import draw_pictures
    from fl_planner.report.picture.draw.prints import Print
    from fl_planner.workup.report import as_html, as_pdf, make_page

    pictures = draw_pictures(made, record, Print(dpi=DPI))
    begin_step("setting the page")
    page = make_page(record, pictures)
    if kind == PDF:
        return as_pdf(page, pictures.files, paper)
    return as_html(page, pictures.files)
