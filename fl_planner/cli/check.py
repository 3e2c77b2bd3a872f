"""`fl-planner check`: what each file is, and whether the files fit together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fl_planner.cli.options import AS_JSON, QUIET, SIZE_LIMIT, VERBOSE, File, with_options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fl_planner.record.files.check import CheckRecord


@click.command()
@click.argument("files", nargs=-1, required=True, type=File)
@with_options(SIZE_LIMIT, AS_JSON, QUIET, VERBOSE)
def check(
    files: tuple[Path, ...], size_limit: int, as_json: bool, quiet: bool, verbose: bool
) -> None:
    """Tell what each file is: format, geometry, labels; and whether they fit together.

    Files whose names tell what they are, such as liver.nii.gz and FLR.nii.gz, are asked all
    that `volume` asks them; any other label map is asked what its labels or names mean. A
    folder of liver_segment_1 to liver_segment_8 is one map. Run it first. It ends with 0 also
    where files do not fit, and is refused only where none can be read.
    """
    from fl_planner.workup.files.check import describe_files

    with showing("reading files", quiet=quiet):
        record = describe_files(files, size_limit)
    say(record, lambda told: _shown(told, verbose=verbose), as_json=as_json)


def _shown(record: CheckRecord, *, verbose: bool) -> RenderableType:
    from fl_planner.report.terminal.check import check_table

    return check_table(record, verbose=verbose)
