"""`fl-planner report`: a plan as a page for the tumour board, HTML or PDF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.cli.options import (
    AS_OF,
    CENTRE,
    EARLIER,
    FORCE,
    PROFILE,
    QUIET,
    SIZE_LIMIT,
    TRIALS,
    File,
)
from fl_planner.cli.options import with_options as options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_aside
from fl_planner.cli.usage import headed_command

if TYPE_CHECKING:
    from fl_planner.report.page.render import Paper

WANTED = ("earlier", "trials", "profile", "size_limit", "appendix", "force")
ASKED = ("as_of", "centre", "size_limit")
EXAMPLES = """\b
Examples:
  fl-planner report case.toml --out report.html
  fl-planner report case.toml --out report.pdf --paper letter --appendix
  fl-planner report case.toml --as-of 2026-11-20 --centre centre.toml \\
    --out report.pdf
  fl-planner report day21.toml --earlier before.toml --out report.pdf
"""


@headed_command(epilog=EXAMPLES)
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
    "--appendix", is_flag=True, help="Add criteria, sources, all findings and the contact sheet."
)
@options(EARLIER, AS_OF, CENTRE, TRIALS, PROFILE, SIZE_LIMIT, FORCE, QUIET)
def report(case_file: Path, out: Path, paper: Paper, **given: Any) -> None:
    """Write a plan as a report: one file that needs no network.

    The numbers are those of `fl-planner plan CASE.toml --json`; masks, segments and facts stand
    in the case file. Its two pages are for the meeting, to be signed, and with --earlier a third
    tells growth and response; with --appendix follows what they rest on.
    """
    from fl_planner.workup.report import Report, write_report
    from fl_planner.workup.request import read_request

    wanted = Report(out, paper, **{name: given[name] for name in WANTED})
    with showing("reading files", quiet=given["quiet"]):
        request = read_request(case_file, **{name: given[name] for name in ASKED})
        write_report(request, wanted, case_file)
    if not given["quiet"]:
        say_aside(f"report: {out.name}")
