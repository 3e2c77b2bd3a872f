"""`fl-planner outcome`: what became of a patient and a trial; and a word that is taken back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fl_planner.cli.options import AS_JSON, TRIALS, File, with_options
from fl_planner.cli.say import say
from fl_planner.cli.usage import headed_command

if TYPE_CHECKING:
    from fl_planner.record.over_time.outcome import OutcomeRecord

BECAME = (
    *("approached", "declined", "consented", "screen_failure"),
    *("randomised", "treated", "resected", "withdrawn"),
)
EXAMPLES = """\b
Examples:
  fl-planner outcome screening.sqlite case-001 NCT06857773 approached
  fl-planner outcome log.sqlite p1 NCT06857773 screen_failure --criterion I6
  fl-planner outcome log.sqlite p1 --withdraw 3
"""


@headed_command(epilog=EXAMPLES)
@click.argument("log", metavar="LOG.sqlite", type=File)
@click.argument("case_id", metavar="ID")
@click.argument("trial", metavar="[TRIAL]", required=False)
@click.argument("became", metavar="[BECAME]", type=click.Choice(BECAME), required=False)
@click.option("--criterion", metavar="ID", help="Why screening failed.")
@click.option("--arm", metavar="TEXT", help="Arm or group, with randomised or treated.")
@click.option(
    "--withdraw", type=int, metavar="N", help="Take back what entry N of the log recorded."
)
@with_options(TRIALS, AS_JSON)
def outcome(
    log: Path,
    case_id: str,
    trial: str | None,
    became: str | None,
    withdraw: int | None,
    trials: Path | None,
    as_json: bool,
    **told: str | None,
) -> None:
    """Record what became of a patient and a trial, in a screening log.

    BECAME is approached, declined, consented, screen_failure, randomised, treated, resected or
    withdrawn; the last four must follow on those before them. What was recorded is never changed:
    of decline and consent the later one holds, and what was recorded wrongly is taken back by a
    further entry (--withdraw) and counted no more. ID is the pseudonym that the list of patients
    uses; TRIAL is a registry number or a trial's name.
    """
    if withdraw is not None:
        if trial is not None or any(told.values()):
            raise click.UsageError("--withdraw takes back an entry: give no trial beside it")
        _withdraw(log, case_id, withdraw, as_json=as_json)
    elif trial is None or became is None:
        raise click.UsageError("give a trial and what became of the patient, or --withdraw N")
    else:
        from fl_planner.record.over_time.outcome import OutcomeRecord

        meant = OutcomeRecord(trial=trial, became=became, **told)
        _record(log, case_id, meant, trials, as_json=as_json)


def _record(
    log: Path, case_id: str, meant: OutcomeRecord, trials: Path | None, *, as_json: bool
) -> None:
    from fl_planner.cli.log import check_log, keep
    from fl_planner.report.terminal.log import say_outcome
    from fl_planner.screening.outcome import make_outcome

    if log.is_file():  # else it is refused as missing
        check_log(log)
    record = make_outcome(case_id, meant, log, trials)
    keep(log, record, "outcome")
    line = f"recorded: {record.id}, {say_outcome(record.outcome)}"
    say(record, [line], as_json=as_json)


def _withdraw(log: Path, case_id: str, number: int, *, as_json: bool) -> None:
    from fl_planner.cli.log import check_log, keep
    from fl_planner.report.terminal.log import say_outcome
    from fl_planner.screening.log import read_log
    from fl_planner.screening.outcome import make_withdrawal

    if log.is_file():  # else it is refused as missing
        check_log(log)
    record = make_withdrawal(case_id, number, read_log(log), log.name)
    keep(log, record, "outcome")
    line = f"taken back: entry {number}, {case_id}, {say_outcome(record.withdraws)}"
    say(record, [line], as_json=as_json)
