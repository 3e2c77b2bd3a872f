"""`fl-planner hooks`: verdicts of trials as cards in a patient's record, by CDS Hooks."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from fl_planner.basis.defaults import BOUNDS, HOOKS_PORT
from fl_planner.cli.help_layout import headed_command
from fl_planner.cli.listen import log_line, log_nothing
from fl_planner.cli.options import AS_OF, FHIR_MAP, QUIET, TRIALS, File, with_options
from fl_planner.cli.options_from_case_keys import CENTRE
from fl_planner.cli.output import print_aside

EXAMPLES = """\b
Examples:
  fl-planner hooks
  fl-planner hooks --origin https://ehr.example --feedback feedback.jsonl
  fl-planner hooks --host cds.hospital.example --token environment
"""


@headed_command(epilog=EXAMPLES)
@click.option(
    "--port",
    type=click.IntRange(*BOUNDS["port"]),
    metavar="N",
    help=f"Port on this computer; default: {HOOKS_PORT}, or a free port if it is in use.",
)
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
@click.option(
    "--feedback",
    type=File,
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
    from fl_planner.web.hooks.server import prepare, serve_hooks
    from fl_planner.workup.judge import RecordJudge

    judge = RecordJudge.of(centre, trials, fhir_map)
    serving = prepare(judge, as_of=as_of, **given)

    def ready(address: str) -> None:
        print_aside(f"list of services: {address}   (press Ctrl-C to stop)")

    serve_hooks(serving, ready, log_nothing if quiet else log_line)
