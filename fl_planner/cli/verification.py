"""`fl-planner verify`, `validate` and `dossier`: checks of an output and of the program."""

from pathlib import Path
from typing import Any

import click

from fl_planner.basis.defaults import BOUNDS
from fl_planner.cli.exit_status import ANSWERED, NEGATIVE, SOME_REFUSED
from fl_planner.cli.help_layout import HeadedOption, headed_command
from fl_planner.cli.options import (
    AS_JSON,
    AS_OF,
    EARLIER,
    EXIT_CODES,
    FORCE,
    QUIET,
    SIZE_LIMIT,
    TRIALS,
    File,
    image_option,
    output_file,
    with_options,
)
from fl_planner.cli.output import print_aside, print_record, print_result, print_table, showing
from fl_planner.cli.plan import INPUTS
from fl_planner.cli.studies import NUMBERS, STUDY
from fl_planner.given.table import fill

EXIT_CODE = EXIT_CODES(help="Exit with status 4 instead of 0 if the output is no longer valid.")
VERIFY_EXAMPLES = """\b
Examples:
  fl-planner verify fl-planner-demo/plan.json
  fl-planner verify plan.json case.toml --as-of 2026-12-20
  fl-planner verify trials.json facts.json --json
  fl-planner verify growth.json before.toml after.toml
"""


@headed_command(epilog=VERIFY_EXAMPLES)
@click.argument("output", metavar="OUTPUT.json", type=File)
@click.argument("sources", metavar="[CASE.toml|FACTS.json|FILES]...", nargs=-1, type=File)
@with_options(*INPUTS, EARLIER, *STUDY, *NUMBERS, TRIALS, EXIT_CODE, AS_JSON, QUIET)
def verify(
    output: Path, sources: tuple[Path, ...], exit_code: bool, as_json: bool, **given: Any
) -> int:
    """Check whether an output is still valid, and list what has changed.

    The comparison includes the input files, facts, protocols and program version of the output, and
    the time elapsed (--as-of). Files are searched for in the folder of the output, unless they are
    given.
    Give the options with which the output was made. The exit status is 0 even if the output is no
    longer valid (--exit-code: 4), and 2 if validity cannot be determined.
    """
    from fl_planner.screening.verify import as_verified, verify_file

    with showing("reading files", quiet=given["quiet"]):
        record = as_verified(verify_file(output, sources, given))
    if as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.worklist import verify_table

        print_table(verify_table, record)
    return NEGATIVE if exit_code and not record.holds else ANSWERED


VALIDATE_EXAMPLES = """\b
Examples:
  fl-planner validate crlm --typed
  fl-planner validate crlm Colorectal-Liver-Metastases --out validation
"""
VALIDATE_OPTIONS = (
    image_option(
        "--typed", is_flag=True, help="Use the published voxel counts alone, without images."
    ),
    output_file(
        "--out",
        metavar="DIR",
        help="Folder for the page, the record and the plans; required if images are given.",
    ),
    click.option(
        "--workers",
        cls=HeadedOption,
        heading="Computing resources",
        type=click.IntRange(*BOUNDS["workers"]),
        metavar="N",
        help="Number of cases planned in parallel; one per processor by default.",
    ),
    EXIT_CODES(help="Exit with status 4 instead of 0 if a count differs from the published count."),
)


@headed_command(epilog=VALIDATE_EXAMPLES)
@click.argument("data_set", metavar="crlm", type=click.Choice(["crlm"]))
@click.argument("folder", metavar="[FOLDER]", required=False, type=File)
@with_options(*VALIDATE_OPTIONS, FORCE, AS_JSON, QUIET)
def validate(data_set: str, folder: Path | None, typed: bool, exit_code: bool, **given: Any) -> int:
    """Plan a public data set, and compare its voxel counts with those published.

    crlm: Colorectal-Liver-Metastases of The Cancer Imaging Archive, 197 patients with a drawn
    FLR. FOLDER: its download (DICOM), or the same structures as NIfTI. The program contains no
    images; --typed computes each FLR from the published counts. The exit status is 3 if the
    voxels of a patient could not be counted, or no plan could be made.
    """
    from fl_planner.validation.crlm import (
        PAGE,
        ValidationQuestion,
        format_validation,
        validate_crlm,
    )

    as_json, quiet = given.pop("as_json"), given.pop("quiet")
    asked = ValidationQuestion(folder, typed, **given)
    with showing(f"reading {data_set}", quiet=quiet):
        record = validate_crlm(asked, (lambda _: None) if quiet else print_aside)
    shown = () if asked.out is None else (f"page: {asked.out / PAGE}",)
    print_result(record, (*format_validation(record), *shown), as_json=as_json)
    if record.not_counted or record.not_planned:
        return SOME_REFUSED
    return NEGATIVE if exit_code and not record.equal else ANSWERED


DOSSIER_EXAMPLES = """\b
Examples:
  fl-planner dossier --out dossier
  fl-planner dossier --out dossier --cases cases.csv --as-of 2026-11-20
  fl-planner dossier --out dossier-2 --before dossier/acceptance.json
"""
DOSSIER_OPTIONS = (
    image_option(
        "--cases",
        type=File,
        metavar="CASES.csv",
        help='Table of your own case files (column "case"), with their expected values.',
    ),
    SIZE_LIMIT,
    AS_OF,
    output_file("--out", metavar="DIR", required=True, help="New folder for all documents."),
    output_file(
        "--before",
        metavar="FILE.json",
        help="File acceptance.json of an earlier version; each changed answer is listed.",
    ),
)


@headed_command(epilog=DOSSIER_EXAMPLES)
@with_options(*DOSSIER_OPTIONS, FORCE, AS_JSON, QUIET)
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
