"""`fl-planner listen` and `watch`: a gateway for studies from a network or folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from fl_planner.cli.help_layout import headed_command
from fl_planner.cli.options import QUIET, SIZE_LIMIT, File, output_option, with_options
from fl_planner.cli.output import print_aside

STORE = output_option(
    "--store",
    type=File,
    required=True,
    metavar="FOLDER",
    help="Folder for received studies, results and the worklist: new, or from an earlier run.",
)
ONCE = click.option(
    "--once",
    is_flag=True,
    help="Exit once a plan has been made and stored for every complete study.",
)
LISTEN_EXAMPLES = """\b
Examples:
  fl-planner listen routing.toml --store gateway
"""
WATCH_EXAMPLES = """\b
Examples:
  fl-planner watch exports routing.toml --store gateway
  fl-planner watch exports routing.toml --store gateway --once
"""


def log_line(message: str) -> None:
    """Print a line of the log with the time, on stderr."""
    print_aside(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {message}")


def log_nothing(_: str) -> None:
    """Print nothing."""


@headed_command(epilog=LISTEN_EXAMPLES)
@click.argument("routing", metavar="ROUTING.toml", type=File)
@with_options(STORE, ONCE, SIZE_LIMIT, QUIET)
def listen(routing: Path, store: Path, once: bool, size_limit: int, quiet: bool) -> None:
    """Receive studies from a PACS or workstation, and store the resulting plans in an archive.

    The routing file names the callers that may send, the roles of segments, and the archive. A
    study is processed once nothing has been received for some seconds and every CT image to which
    its segmentation (SEG or RTSTRUCT) refers has been received. The worklist is in the store:
    worklist.csv and worklist.json.

    Ctrl-C ends the command. Received objects are kept until their results are stored; after a
    restart, processing resumes. The log contains case numbers, codes and counts, and no patient
    data.
    """
    from fl_planner.gateway.service import Service

    report = log_nothing if quiet else log_line
    Service.of(routing, store, size_limit, report, once=once).listen()


@headed_command(epilog=WATCH_EXAMPLES)
@click.argument("folder", metavar="FOLDER", type=File)
@click.argument("routing", metavar="ROUTING.toml", type=File)
@with_options(STORE, ONCE, SIZE_LIMIT, QUIET)
def watch(
    folder: Path, routing: Path, store: Path, once: bool, size_limit: int, quiet: bool
) -> None:
    """Watch a folder for DICOM studies, and store the resulting plans in an archive.

    Like `fl-planner listen`, but for programs that write files instead of sending them. The files
    are read as soon as they have remained unchanged for some seconds, and are not moved.
    """
    from fl_planner.gateway.service import Service

    report = log_nothing if quiet else log_line
    Service.of(routing, store, size_limit, report, once=once).watch(folder)
