"""`fl-planner new-centre`: begin a centre file, which says which trials recruit here."""

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.new_case import Terminal, is_asked
from fl_planner.cli.options import AS_JSON, DAYS, FORCE, TRIALS, File, output_option, with_options
from fl_planner.cli.say import say
from fl_planner.cli.usage import headed_command

EXAMPLES = """\b
Examples:
  fl-planner new-centre --out centre.toml
  fl-planner new-centre --out centre.toml --name "Site 7" --no-ask
"""
CHECKED = DAYS(help="Day on which the list was last checked.")


@headed_command("new-centre", epilog=EXAMPLES)
@output_option("--out", type=File, metavar="CENTRE.toml", required=True, help="File to begin.")
@click.option("--name", metavar="NAME", help="Of the centre; printed as given.")
@click.option("--ask/--no-ask", default=None, help="Ask; else only where there is a terminal.")
@with_options(CHECKED, TRIALS, FORCE, AS_JSON)
def new_centre(out: Path, ask: bool | None, force: bool, as_json: bool, **given: Any) -> None:
    """Begin a centre file: which trials recruit here, and as comments those not yet answered.

    At a terminal it asks of each trial whether it recruits here, at another centre, or nowhere. An
    empty answer leaves a trial out: it then counts as by referral.
    """
    from fl_planner.record.over_time.new_centre import say_new_centre
    from fl_planner.workup.setup.new_centre import begin_centre

    person = Terminal() if is_asked(ask, as_json=as_json) else None
    record = begin_centre(out, given, person, force=force)
    say(record, say_new_centre(record), as_json=as_json)
