"""`fl-planner cohort`: a thousand cases, each planned once."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from fl_planner.basis.defaults import BOUNDS, DEFAULTS
from fl_planner.cli.case_options import CENTRE, DIAGNOSIS, SCHEME
from fl_planner.cli.exit_status import ANSWERED, DEFECT, SOME_REFUSED
from fl_planner.cli.options import (
    AS_JSON,
    AS_OF,
    FORCE,
    PROFILE,
    QUIET,
    SIZE_LIMIT,
    TRIALS,
    File,
    image_option,
    output_option,
    with_options,
)
from fl_planner.cli.output import say, say_aside, showing
from fl_planner.cli.usage import HeadedOption, headed_command

FOUND_DEFECT = "cohort.defect"
_engine = partial(click.option, cls=HeadedOption, heading="Where it runs")
LAID = (
    image_option(
        "--layout",
        type=click.Choice(["bids", "segmenter", "nnunet"]),
        help="Of a folder: BIDS derivatives, a folder a case, nnU-Net's raw data.",
    ),
    image_option(
        "--pattern",
        multiple=True,
        metavar="ROLE=GLOB",
        help="Or a glob with {id} for each role: liver={id}/liver.nii.gz.",
    ),
    SCHEME,
    image_option(
        "--remnant-segments", metavar="LIST", help="Segments that remain, where a case says none."
    ),
    image_option("--no-tumour", is_flag=True, help="No tumour where a case has no mask of it."),
    image_option(
        "--private-addresses",
        is_flag=True,
        help="Fetch from this computer's ports and private networks too.",
    ),
)
WRITTEN = (
    output_option(
        "--out", type=File, required=True, metavar="DIR", help="New folder, or an earlier run's."
    ),
    output_option("--report", is_flag=True, help="Write a page for each case too."),
    output_option("--pictures", is_flag=True, help="Draw a picture of each case too."),
)
ENGINE = (
    _engine(
        "--workers",
        type=click.IntRange(*BOUNDS["workers"]),
        metavar="N",
        help="Cases at a time: one a processor unless told; jobs of SLURM.",
    ),
    _engine(
        "--memory-limit",
        default=DEFAULTS["memory_limit"],
        show_default=True,
        metavar="GIB",
        help="What one case may take; beyond it fails alone.",
    ),
    _engine(
        "--time-limit",
        default=DEFAULTS["time_limit"],
        show_default=True,
        metavar="MIN",
        help="How long one case may take.",
    ),
    _engine("--scheduler", metavar="ADDRESS", help="Of a Dask scheduler that runs."),
    _engine(
        "--slurm",
        multiple=True,
        metavar="NAME=VALUE",
        help="Ask SLURM for workers: queue=..., account=..., walltime=04:00:00.",
    ),
    _engine(
        "--dashboard",
        type=click.IntRange(*BOUNDS["dashboard"]),
        metavar="PORT",
        help="Serve the engine's own page on this port of this computer.",
    ),
)
EXAMPLES = """\b
Examples:
  fl-planner cohort cases/*.toml --out night
  fl-planner cohort cases.csv --out night --as-of 2026-11-20 --report
  fl-planner cohort derivatives/ --layout bids --remnant-segments 2,3 \\
    --out night
  fl-planner cohort masks/ --pattern liver={id}/liver.nii.gz \\
    --pattern flr={id}/flr.nii.gz --no-tumour --out night
  fl-planner cohort cases.csv --out night --scheduler tcp://node1:8786
"""


@headed_command(epilog=EXAMPLES)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=File)
@with_options(*LAID, SIZE_LIMIT, DIAGNOSIS, AS_OF, CENTRE, TRIALS)
@with_options(*ENGINE)
@with_options(*WRITTEN, PROFILE, FORCE, AS_JSON, QUIET)
def cohort(sources: tuple[Path, ...], as_json: bool, **given: Any) -> int:
    """Plan many cases into a folder, on all processors or on a cluster.

    SOURCE: case files, a table of cases (.csv, .xlsx), or a folder. Each case is planned as `plan`
    does. One that is refused is a row with its reason, and the exit status is then 3. It is 1
    where a case ended by a defect of fl-planner.

    Begun again, it skips the cases whose result holds: what was stopped goes on.
    """
    from fl_planner.cohort.page.page import INDEX
    from fl_planner.cohort.run import plan_cohort
    from fl_planner.record.over_time.worklist import say_cohort

    quiet = given["quiet"]
    with showing("reading the source", quiet=quiet):
        record = plan_cohort(sources, given, (lambda _: None) if quiet else say_aside)
    shown = f"{given['out'] / INDEX} shows them; tables and the worklist lie beside it"
    say(record, (*say_cohort(record), shown), as_json=as_json)
    if any(one.code == FOUND_DEFECT for one in record.without_plan):
        return DEFECT
    return SOME_REFUSED if record.without_plan else ANSWERED
