"""`fl-planner listen`, `watch`, `hooks` and `mcp`: services that other programs call."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from fl_planner.basis.defaults import HOOKS_PORT
from fl_planner.cli.exit_status import ANSWERED, SOME_REFUSED
from fl_planner.cli.help_layout import headed_command
from fl_planner.cli.options import (
    AS_OF,
    FHIR_MAP,
    PORT,
    QUIET,
    SIZE_LIMIT,
    TRIALS,
    File,
    file_option,
    output_file,
    with_options,
)
from fl_planner.cli.options_from_case_keys import CENTRE
from fl_planner.cli.output import print_aside

STORE = output_file(
    "--store",
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
def listen(routing: Path, store: Path, once: bool, size_limit: int, quiet: bool) -> int:
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
    service = Service.of(routing, store, size_limit, report, once=once)
    return ANSWERED if service.listen() else SOME_REFUSED


@headed_command(epilog=WATCH_EXAMPLES)
@click.argument("folder", metavar="FOLDER", type=File)
@click.argument("routing", metavar="ROUTING.toml", type=File)
@with_options(STORE, ONCE, SIZE_LIMIT, QUIET)
def watch(
    folder: Path, routing: Path, store: Path, once: bool, size_limit: int, quiet: bool
) -> int:
    """Watch a folder for DICOM studies, and store the resulting plans in an archive.

    Like `fl-planner listen`, but for programs that write files instead of sending them. The files
    are read as soon as they have remained unchanged for some seconds, and are not moved.
    """
    from fl_planner.gateway.service import Service

    report = log_nothing if quiet else log_line
    service = Service.of(routing, store, size_limit, report, once=once)
    return ANSWERED if service.watch(folder) else SOME_REFUSED


HOOKS_EXAMPLES = """\b
Examples:
  fl-planner hooks
  fl-planner hooks --origin https://ehr.example --feedback feedback.jsonl
  fl-planner hooks --host cds.hospital.example --token environment \\
    --port 8322
"""


@headed_command(epilog=HOOKS_EXAMPLES)
@PORT(help=f"Port on this computer; default: {HOOKS_PORT}, or a free port if it is in use.")
@click.option(
    "--origin",
    multiple=True,
    metavar="URL",
    help="Origin of a web page that is allowed to call the service; may be repeated.",
)
@click.option(
    "--host",
    multiple=True,
    metavar="NAME",
    help="Host name of the service behind a TLS proxy; may be repeated.",
)
@click.option(
    "--token",
    type=click.Choice(["environment", "keyring"]),
    help="Source of the token that callers send: environment (FL_PLANNER_HOOKS_TOKEN) or keyring.",
)
@file_option(
    "--feedback",
    metavar="LOG.jsonl",
    help="Log of feedback on cards, without patient data; lines are appended.",
)
@with_options(AS_OF, CENTRE, TRIALS, FHIR_MAP, QUIET)
def hooks(
    as_of: date | None,
    centre: Path | None,
    trials: Path | None,
    fhir_map: Path | None,
    quiet: bool,
    **given: Any,
) -> None:
    """Show eligibility for trials as cards in the hospital's record system (CDS Hooks).

    The record system sends the patient's resources with each call (prefetch). The answer has one
    card for each trial for the patient's disease: potentially eligible, not eligible or undecided,
    with the FLR and its date. Cards name no arm and suggest no action.

    The service can be reached from this computer only, contacts no other computer, and stores no
    patient data. Ctrl-C ends it. Without --as-of, the assessment date is the day of the call.
    """
    from fl_planner.basis.extras import require_web

    require_web()
    from fl_planner.web.hooks.service import prepare, serve_hooks
    from fl_planner.workup.judge import RecordJudge

    serving = prepare(RecordJudge.of(centre, trials, fhir_map), as_of=as_of, **given)

    def ready(address: str) -> None:
        print_aside(f"list of services: {address}   (press Ctrl-C to stop)")

    serve_hooks(serving, ready, log_nothing if quiet else log_line)


MCP_EXAMPLES = """\b
Examples:
  fl-planner mcp cases
"""


@headed_command(epilog=MCP_EXAMPLES)
@click.argument("folder", metavar="FOLDER", type=File)
def mcp(folder: Path) -> None:
    """Offer plans, formulas and trial criteria to an AI assistant (Model Context Protocol).

    An assistant with a language model starts this command, and calls its tools: plan a case file in
    FOLDER, list formulas, compute one, and assess a patient against the trials. Each tool
    runs a command in FOLDER, and returns its JSON or its refusal. The assistant receives no number
    that the command itself would refuse to give.

    Facts, findings and results are sent to the assistant. Check where it runs before giving it
    patient data. The command ends once the assistant closes standard input.
    """
    from fl_planner.assistant.server import AssistantService

    AssistantService.of(folder).serve()
