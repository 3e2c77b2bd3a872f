"""`fl-planner verify`: check whether an output is still valid, and list changes."""

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.exit_status import ANSWERED, NEGATIVE
from fl_planner.cli.help_layout import headed_command
from fl_planner.cli.options import AS_JSON, EARLIER, EXIT_CODES, QUIET, TRIALS, File, with_options
from fl_planner.cli.output import print_record, print_table, showing
from fl_planner.cli.plan import INPUTS
from fl_planner.cli.studies import NUMBERS, STUDY

EXIT_CODE = EXIT_CODES(help="Exit with status 4 instead of 0 if the output is no longer valid.")
EXAMPLES = """\b
Examples:
  fl-planner verify fl-planner-demo/plan.json
  fl-planner verify plan.json case.toml --as-of 2026-12-20
  fl-planner verify trials.json facts.json --json
  fl-planner verify growth.json before.toml after.toml
"""


@headed_command(epilog=EXAMPLES)
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
