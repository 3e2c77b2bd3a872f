"""`fl-planner dossier`: documents that a hospital needs before in-house use."""

from pathlib import Path
from typing import Any

from fl_planner.cli.exit_status import ANSWERED, NEGATIVE, SOME_REFUSED
from fl_planner.cli.help_layout import headed_command
from fl_planner.cli.options import (
    AS_JSON,
    AS_OF,
    FORCE,
    QUIET,
    SIZE_LIMIT,
    File,
    image_option,
    output_option,
    with_options,
)
from fl_planner.cli.output import print_aside, print_result, showing
from fl_planner.given.table import fill

EXAMPLES = """\b
Examples:
  fl-planner dossier --out dossier
  fl-planner dossier --out dossier --cases cases.csv --as-of 2026-11-20
  fl-planner dossier --out dossier-2 --before dossier/acceptance.json
"""
OPTIONS = (
    image_option(
        "--cases",
        type=File,
        metavar="CASES.csv",
        help='Table of your own case files (column "case"), with their expected values.',
    ),
    SIZE_LIMIT,
    AS_OF,
    output_option(
        "--out", type=File, metavar="DIR", required=True, help="New folder for all documents."
    ),
    output_option(
        "--before",
        type=File,
        metavar="FILE.json",
        help="File acceptance.json of an earlier version; each changed answer is listed.",
    ),
)


@headed_command(epilog=EXAMPLES)
@with_options(*OPTIONS, FORCE, AS_JSON, QUIET)
def dossier(as_json: bool, quiet: bool, out: Path, **given: Any) -> int:
    """Write the documents needed for in-house use: acceptance run, hazards, libraries, changes.

    The bundled cases and the cases in the table are planned on this computer, and each answer is
    compared with its expected value. The exit status is 4 if an answer differs, otherwise 3 if a
    case was refused or has no answer; the folder is always written.
    """
    from fl_planner.dossier.dossier import DossierQuestion, format_dossier, make_dossier
    from fl_planner.dossier.page import INDEX
    from fl_planner.record.files.dossier import DIFFERS, PASSED

    asked = fill(DossierQuestion, given, out=out)
    with showing("reading files", quiet=quiet):
        record = make_dossier(asked)
    print_result(record, format_dossier(record), as_json=as_json)
    if not quiet:
        print_aside(f"page: {out.name}/{INDEX}")
    if record.outcome == PASSED:
        return ANSWERED
    return NEGATIVE if record.outcome == DIFFERS else SOME_REFUSED
