"""`fl-planner verify`: whether an output is still true, and what changed if it is not."""

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.exit_status import ANSWERED, SAYS_NO
from fl_planner.cli.options import AS_JSON, EARLIER, EXIT_CODES, QUIET, TRIALS, File, with_options
from fl_planner.cli.output import say_record, say_table, showing
from fl_planner.cli.plan import INPUTS
from fl_planner.cli.studies import NUMBERS, STUDY
from fl_planner.cli.usage import headed_command

EXIT_CODE = EXIT_CODES(help="End with 4, not 0, where it does not hold.")
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
    """Say whether an output still holds, and name what changed if it does not.

    Looked at: its files, facts, protocols, version, and the time that passed (--as-of). Its
    files are looked for beside it, unless they are named. Give the options that it was made
    with. It ends with 0 also where it does not hold (--exit-code: 4), and with 2 where nobody
    can say.
    """
    from fl_planner.screening.verify import as_verified, verify_file

    with showing("reading files", quiet=given["quiet"]):
        record = as_verified(verify_file(output, sources, given))
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.worklist import verify_table

        say_table(verify_table, record)
    return SAYS_NO if exit_code and not record.holds else ANSWERED
