"""`fl-planner serve`: the page on which a case is opened, seen and answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.options import AS_OF, CENTRE, PROFILE, QUIET, SIZE_LIMIT, TRIALS, File
from fl_planner.cli.options import with_options as options
from fl_planner.cli.say import say_aside
from fl_planner.cli.usage import headed_command

ASKED = ("as_of", "centre", "trials", "size_limit", "profile")
EXAMPLES = """\b
Examples:
  fl-planner serve --demo
  fl-planner serve case.toml
  fl-planner serve folder-of-masks
  fl-planner serve case.toml --port 9000 --no-open
"""


@headed_command(epilog=EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml|FOLDER]", required=False, type=File)
@click.option("--demo", is_flag=True, help="Open the bundled case of metastases.")
@click.option(
    "--port",
    type=click.IntRange(1024, 65535),
    metavar="N",
    help="Port of this computer; 8321, or any that is free, unless told.",
)
@click.option("--no-open", is_flag=True, help="Open no browser; the address is printed either way.")
@options(AS_OF, CENTRE, TRIALS, PROFILE, SIZE_LIMIT, QUIET)
def serve(case_file: Path | None, demo: bool, no_open: bool, **given: Any) -> None:
    """Open the local page: a case with its answer and its cuts, in your browser.

    It is reached from this computer alone, asks nothing of any other, and keeps nothing: Ctrl-C
    ends it. Its numbers are those of `fl-planner plan CASE.toml --json`.
    """
    from fl_planner.basis.extras import require_web

    require_web()
    from fl_planner.web.neighbour import UNPROTECTED, can_tell_users
    from fl_planner.web.opening import find_opened
    from fl_planner.web.server import Serving, serve

    opened = find_opened(case_file, demo=demo)

    def ready(address: str) -> None:
        say_aside(f"the page: {address}   (Ctrl-C ends it)")
        if not can_tell_users():
            say_aside(UNPROTECTED)
        if not no_open:
            click.launch(address)

    words = {name: given[name] for name in ASKED if given[name] is not None}
    serve(Serving(opened, words, given["port"]), ready)
    if not given["quiet"]:
        say_aside("the page is closed; what was dropped is removed")
