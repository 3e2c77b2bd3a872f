"""`fl-planner screen`: many patients at once, in order of need."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.cli.options import (
    AS_JSON,
    AS_OF,
    CENTRE,
    PROFILES,
    QUIET,
    TRIALS,
    File,
    with_options,
)
from fl_planner.cli.progress import Progress, showing
from fl_planner.cli.say import say, say_text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fl_planner.planning.case import Diagnosis
    from fl_planner.report.plan_record import Profile
    from fl_planner.screening.outcome import Outcome

SOME_REFUSED = 3  # exit status
OUTCOMES = click.option(
    "--outcomes", type=File, metavar="LOG.sqlite", help="Log with what became of the patients."
)
DIAGNOSIS = click.option(
    "--diagnosis",
    type=click.Choice(["crlm", "hcc", "other"]),
    help="Of all patients whose row or file says nothing else.",
)
PROFILE = PROFILES(help="Clinical adds names of files, and doubts in full.")
EXAMPLES = """\b
Examples:
  fl-planner screen patients.csv --as-of 2026-11-20
  fl-planner screen bundles/ --diagnosis crlm --as-of 2026-11-20 --csv
  fl-planner screen patients.csv --outcomes screening.sqlite --consort
"""


@click.command(epilog=EXAMPLES)
@click.argument("listed", metavar="PATIENTS.csv|.jsonl|BUNDLE.json|FOLDER", type=File)
@with_options(AS_OF, CENTRE, TRIALS, DIAGNOSIS, OUTCOMES, PROFILE, AS_JSON, QUIET)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead: a row a patient.")
@click.option("--consort", is_flag=True, help="Print the counts of a CONSORT diagram as CSV.")
def screen(listed: Path, as_json: bool, **given: Any) -> int:
    """Judge many patients: verdicts, route, next question and deadline, the most urgent first.

    A patient is told by the list's pseudonym (id) and by the row: names, numbers and dates in
    the files stay there. Rows that cannot be read are listed with their reason, and the exit
    status is then 3.
    """
    asked = {"--csv": given["as_csv"], "--consort": given["consort"], "--json": as_json}
    first, *others = [option for option, wanted in asked.items() if wanted] or [""]
    if others:
        reason = f"was asked for beside {others[0]}"
        raise InputRefused("usage.wrong", first, reason, "leave one out")
    with showing("reading the list", quiet=given["quiet"]) as progress:
        record = _screened(listed, given, progress)
    if given["as_csv"]:
        from fl_planner.screening.worklist_record import as_worklist_csv

        say_text(as_worklist_csv(record))
    elif given["consort"]:
        from fl_planner.screening.consort import as_consort_csv

        say_text(as_consort_csv(record["consort"]))
    else:
        say(record, _shown, as_json=as_json)
    return SOME_REFUSED if record["refused"] else 0


def _screened(listed: Path, given: dict[str, Any], progress: Progress) -> dict[str, Any]:
    from fl_planner.intake.patients import read_patients
    from fl_planner.intake.request import read_grounds
    from fl_planner.screening.worklist import By
    from fl_planner.screening.worklist import screen as screen_all
    from fl_planner.screening.worklist_record import as_worklist

    as_of: datetime | None = given["as_of"]
    on = as_of.date() if as_of else None
    grounds, files = read_grounds(given["trials"], given["centre"], on)
    outcomes = _read_outcomes(given["outcomes"])
    patients = read_patients(listed, as_of=on)
    diagnosis: Diagnosis | None = given["diagnosis"]
    by = By(grounds, given["centre"], given["trials"], diagnosis)
    worklist = screen_all(progress.each(patients.rows, "patient"), by, outcomes)
    rules = {trial.id: trial for trial in (*grounds.trials, *grounds.protocols.each)}
    profile: Profile = given["profile"]
    return as_worklist(worklist, rules.values(), (*patients.inputs, *files), profile)


def _read_outcomes(log: Path | None) -> tuple[Outcome, ...]:
    if log is None:
        return ()
    from fl_planner.screening.log import read_log
    from fl_planner.screening.outcome import find_outcomes

    return find_outcomes(read_log(log), log.name)


def _shown(record: dict[str, Any]) -> RenderableType:
    from fl_planner.report.worklist_table import worklist_table

    return worklist_table(record)
