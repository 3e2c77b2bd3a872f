"""`fl-planner cohort`: plans of many cases, computed once each."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from fl_planner.basis.defaults import BOUNDS, DEFAULTS
from fl_planner.cli.exit_status import ANSWERED, DEFECT, SOME_REFUSED
from fl_planner.cli.help_layout import HeadedOption, headed_command
from fl_planner.cli.options import (
    AS_JSON,
    AS_OF,
    CELL_UNKNOWN,
    COLUMNS,
    FORCE,
    PROFILE,
    QUIET,
    SIZE_LIMIT,
    TRIALS,
    File,
    image_option,
    output_file,
    output_option,
    with_options,
)
from fl_planner.cli.options_from_case_keys import CENTRE, DIAGNOSIS, SCHEME
from fl_planner.cli.output import print_aside, print_result, showing

FOUND_DEFECT = "cohort.defect"
_engine = partial(click.option, cls=HeadedOption, heading="Computing resources")
LAID = (
    image_option(
        "--layout",
        type=click.Choice(["bids", "segmenter", "nnunet", "crlm"]),
        help="Layout of a folder: BIDS derivatives, one folder per case, nnU-Net raw data, or "
        "Colorectal-Liver-Metastases.",
    ),
    image_option(
        "--pattern",
        multiple=True,
        metavar="ROLE=GLOB",
        help="Pattern with {id} for one role, such as liver={id}/liver.nii.gz; may be repeated.",
    ),
    SCHEME,
    image_option(
        "--remnant-segments",
        metavar="LIST",
        help="Segments of the remnant, for cases that do not state them.",
    ),
    image_option(
        "--no-tumour", is_flag=True, help="Treat cases without a tumour mask as tumour-free."
    ),
    image_option(
        "--private-addresses",
        is_flag=True,
        help="Also fetch files from this computer (localhost) and from private networks.",
    ),
)
INVALID = CELL_UNKNOWN(
    help="Treat an invalid cell in a fact column as unknown, and still plan the case."
)
WORKBOOK = output_file(
    "--xlsx",
    metavar="FILE.xlsx",
    help="Write the cases to an Excel workbook: one sheet in plain words, one with all keys.",
)
WRITTEN = (
    output_file(
        "--out", required=True, metavar="DIR", help="New folder, or the folder of a previous run."
    ),
    output_option(
        "--rehash",
        is_flag=True,
        help="Compare all bytes of the files with those of a previous run, not only sizes, times "
        "and first bytes.",
    ),
    WORKBOOK,
    output_option("--report", is_flag=True, help="Also write a report for each case."),
    output_option("--pictures", is_flag=True, help="Also draw a picture for each case."),
)
ENGINE = (
    _engine(
        "--workers",
        type=click.IntRange(*BOUNDS["workers"]),
        metavar="N",
        help="Number of cases planned in parallel, or of SLURM jobs; by default one per processor.",
    ),
    _engine(
        "--memory-limit",
        default=DEFAULTS["memory_limit"],
        show_default=True,
        metavar="GIB",
        help="Memory limit per case; only a case that exceeds it fails.",
    ),
    _engine(
        "--time-limit",
        default=DEFAULTS["time_limit"],
        show_default=True,
        metavar="MIN",
        help="Time limit per case.",
    ),
    _engine(
        "--shard",
        metavar="N/OF",
        help="Plan one part of the cases, such as 7/1000, or slurm/1000 in a SLURM job "
        "array; cohort merge joins the parts.",
    ),
    _engine("--scheduler", metavar="ADDRESS", help="Address of a running Dask scheduler."),
    _engine(
        "--slurm",
        multiple=True,
        metavar="NAME=VALUE",
        help="Request workers from SLURM: queue=..., account=..., walltime=04:00:00.",
    ),
    _engine(
        "--dashboard",
        type=click.IntRange(*BOUNDS["dashboard"]),
        metavar="PORT",
        help="Serve the Dask dashboard on this port of this computer.",
    ),
)
EXAMPLES = """\b
Examples:
  fl-planner cohort cases/*.toml --out night
  fl-planner cohort cases.csv --out night --as-of 2026-11-20 --report
  fl-planner cohort cases.csv --out night --xlsx cases.xlsx --cell-unknown
  fl-planner cohort derivatives/ --layout bids --remnant-segments 2,3 \\
    --out night
  fl-planner cohort masks/ --pattern liver={id}/liver.nii.gz \\
    --pattern flr={id}/flr.nii.gz --no-tumour --out night
  fl-planner cohort cases.csv --out night --scheduler tcp://node1:8786
"""


@headed_command(epilog=EXAMPLES)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=File)
@with_options(*LAID, SIZE_LIMIT, DIAGNOSIS, AS_OF, CENTRE, TRIALS, *COLUMNS, INVALID)
@with_options(*ENGINE)
@with_options(*WRITTEN, PROFILE, FORCE, AS_JSON, QUIET)
def cohort(sources: tuple[Path, ...], as_json: bool, **given: Any) -> int:
    """Plan many cases, on all processors or on a cluster, and write the results to a folder.

    SOURCE: case files, a table of cases (.csv, .xlsx), or a folder. Each case is planned as with
    `plan`. A refused or failed case is listed with the reason; the exit status is then 3. It is
    1 if a case failed because of a defect in fl-planner.

    A repeated run skips the cases with a valid result and continues an interrupted run.
    """
    from fl_planner.cohort.run import plan_cohort
    from fl_planner.cohort.table_files import PAGE_FILE
    from fl_planner.record.over_time.worklist import format_cohort

    quiet = given["quiet"]
    with showing("reading the source", quiet=quiet):
        record = plan_cohort(sources, given, (lambda _: None) if quiet else print_aside)
    shown = f"overview: {given['out'] / PAGE_FILE}; tables and the worklist are in the same folder"
    if given["shard"] is not None:
        shown = f"when all shards are complete: fl-planner cohort merge {given['out']}"
    print_result(record, (*format_cohort(record), shown), as_json=as_json)
    if any(refusal.code == FOUND_DEFECT for refusal in record.without_plan):
        return DEFECT
    return SOME_REFUSED if record.without_plan else ANSWERED


TABLES = (*("cases", "lesions", "segments", "resections", "criteria", "findings"), "cases_in_words")
MERGE_EXAMPLES = """\b
Examples:
  fl-planner cohort merge night
  fl-planner cohort merge night --table cases --table findings
  fl-planner cohort merge night --xlsx cases.xlsx
"""


@headed_command("cohort merge", epilog=MERGE_EXAMPLES)
@click.argument("folder", metavar="DIR", type=File)
@output_option(
    "--table",
    "tables",
    multiple=True,
    type=click.Choice([*TABLES]),
    help="Write only this table, the worklist and the codebook; may be repeated.",
)
@with_options(WORKBOOK, FORCE, AS_JSON, QUIET)
def cohort_merge(
    folder: Path, tables: tuple[str, ...], as_json: bool, quiet: bool, **given: Any
) -> int:
    """Merge the shards of a cohort into one set of tables.

    DIR: folder to which the results of all shards were written. The tables, the worklist and the
    codebook are identical to those of a run without shards. If a shard is missing or incomplete,
    the command is refused and the shard is named.
    """
    from fl_planner.cohort.shards.merge import merge_shards
    from fl_planner.record.over_time.worklist import format_merge
    from fl_planner.workup.exports import TableBook

    book = None  # checked once the number of its rows is known: a second check would refuse it
    if given["xlsx"] is not None:
        book = TableBook(given["xlsx"], "cases", given["force"])
    with showing("merging the shards", quiet=quiet):
        record = merge_shards(folder.absolute(), tables, book)
    if book is not None and not quiet:
        print_aside(book.description)
    print_result(record, format_merge(record), as_json=as_json)
    return SOME_REFUSED if record.refused or record.failed else ANSWERED
