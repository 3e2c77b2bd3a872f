"""`fl-planner validate`: a public data set, planned and compared with its known voxel counts."""

from pathlib import Path
from typing import Any

import click

from fl_planner.basis.defaults import BOUNDS
from fl_planner.cli.exit_status import ANSWERED, NEGATIVE, SOME_REFUSED
from fl_planner.cli.help_layout import HeadedOption, headed_command
from fl_planner.cli.options import (
    AS_JSON,
    EXIT_CODES,
    FORCE,
    QUIET,
    File,
    image_option,
    output_option,
    with_options,
)
from fl_planner.cli.output import print_aside, print_result, showing

EXAMPLES = """\b
Examples:
  fl-planner validate crlm --typed
  fl-planner validate crlm Colorectal-Liver-Metastases --out validation
"""
OPTIONS = (
    image_option(
        "--typed", is_flag=True, help="Use the published voxel counts alone, without images."
    ),
    output_option(
        "--out",
        type=File,
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


@headed_command(epilog=EXAMPLES)
@click.argument("data_set", metavar="crlm", type=click.Choice(["crlm"]))
@click.argument("folder", metavar="[FOLDER]", required=False, type=File)
@with_options(*OPTIONS, FORCE, AS_JSON, QUIET)
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
