"""`fl-planner settings`: what holds of each setting, who says so, and what it goes before."""

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.defaults import are_read
from fl_planner.cli.options import (
    AS_JSON,
    CENTRE,
    PROFILE,
    SIZE_LIMIT,
    TABLES,
    TRIALS,
    File,
    with_options,
)
from fl_planner.cli.say import say
from fl_planner.cli.usage import headed_command

EXAMPLES = """\b
Examples:
  fl-planner settings
  fl-planner settings cases/p1/case.toml --centre other-centre.toml
  fl-planner --no-settings plan case.toml
"""


@headed_command(epilog=EXAMPLES)
@click.argument("beside", metavar="[CASE.toml|FOLDER]...", nargs=-1, type=File)
@with_options(CENTRE, TRIALS, SIZE_LIMIT, PROFILE, *TABLES, AS_JSON)
@click.pass_context
def settings(ctx: click.Context, /, beside: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Show what holds of each setting, and why: option, project, user, default.

    A file fl-planner.toml beside the case, or else in the working folder, goes before that of the
    user's configuration folder; an option goes before both.
    """
    from click.core import ParameterSource

    from fl_planner.record.files.settings import say_settings
    from fl_planner.workup.setup.settings import list_settings

    typed = {
        key: value
        for key, value in given.items()
        if ctx.get_parameter_source(key) is ParameterSource.COMMANDLINE
    }
    record = list_settings(beside, typed, use=are_read(ctx))
    say(record, say_settings(record), as_json=as_json)
