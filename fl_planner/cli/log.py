"""`fl-planner log` and `outcome`: what a screening log holds, and what became of its patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.findings import InputRefused
from fl_planner.cli.exit_status import ANSWERED, REFUSED
from fl_planner.cli.options import (
    AS_JSON,
    FORCE,
    PROFILE_OPTION,
    TABLES,
    TRIALS,
    WORKBOOK,
    File,
    output_option,
    with_options,
)
from fl_planner.cli.output import (
    find_book,
    say,
    say_aside,
    say_json,
    say_record,
    say_rows,
    say_table,
)
from fl_planner.cli.usage import headed_command

if TYPE_CHECKING:
    from fl_planner.basis.defaults import Profile
    from fl_planner.record.declaration.part import RecordPart
    from fl_planner.record.over_time.log import OutcomeRecord

LOG = output_option("--log", type=File, metavar="LOG.sqlite", help="Add the result to this log.")
PROFILE = PROFILE_OPTION(help="Clinical adds the times of logging.")
EXAMPLES = """\b
Examples:
  fl-planner plan case.toml --log screening.sqlite
  fl-planner log screening.sqlite --case case-001
  fl-planner log screening.sqlite --csv > screening.csv
  fl-planner log screening.sqlite --entry 3 > plan.json
"""


@headed_command(epilog=EXAMPLES)
@click.argument("file", metavar="LOG.sqlite", type=File)
@click.option("--case", "case_id", metavar="ID", help="Only the entries of this case.")
@click.option("--entry", type=int, metavar="N", help="Print the result of entry N as it was.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead: a row an entry.")
@with_options(*TABLES, WORKBOOK, PROFILE, FORCE, AS_JSON)
def log(
    file: Path,
    case_id: str | None,
    entry: int | None,
    as_csv: bool,
    profile: Profile,
    as_json: bool,
    **form: Any,
) -> int:
    """List a screening log, and say whether anybody changed it.

    A result that was logged is never changed: a later one is a further entry. Times, and names
    of files, are left out; --profile clinical adds the times. A log that somebody changed is
    listed as far as its entries hold, and the exit status is then 2.
    """
    wanted = "--csv" if as_csv else "--xlsx" if form["xlsx"] is not None else None
    if wanted is not None and ((as_csv and as_json) or entry is not None):
        other = "--json" if as_json else "--entry"
        raise InputRefused("usage.wrong", wanted, f"was asked for beside {other}", "leave one out")
    from fl_planner.screening.listing import as_log, as_log_table, find_entry
    from fl_planner.screening.log import read_log

    book = find_book(form, "entries")
    entries = read_log(file)
    if entry is not None:
        say_json(find_entry(entries, entry, file.name).record.decode())
        return ANSWERED
    record = as_log(entries, name=file.name, case_id=case_id, profile=profile)
    if book is not None:
        book.write(as_log_table(record.told))
        say_aside(book.told)
    if as_csv:
        say_rows(as_log_table(record.told), form)
    elif as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.worklist import log_table

        say_table(log_table, record)
    if record.refusal is None:
        return ANSWERED
    if not as_json:
        say_aside(f"refused: {record.refusal.message}")
    return REFUSED


def check_log(file: Path | None) -> None:
    """Refuse a place where no entry can be added, before the work and not after it."""
    if file is not None:
        from fl_planner.screening import log as screening

        screening.check_log(file)


def keep(file: Path | None, record: RecordPart | dict[str, Any], command: str) -> None:
    """Add a result to a log, where one was named, with the time of now."""
    if file is None:
        return
    from datetime import UTC, datetime

    from fl_planner.screening.log import append

    append(file, record, command, datetime.now(UTC))


BECAME = (
    *("approached", "declined", "consented", "screen_failure"),
    *("randomised", "treated", "resected", "withdrawn"),
)
OUTCOME_EXAMPLES = """\b
Examples:
  fl-planner outcome screening.sqlite case-001 NCT06857773 approached
  fl-planner outcome log.sqlite p1 NCT06857773 screen_failure --criterion I6
  fl-planner outcome log.sqlite p1 --withdraw 3
"""


@headed_command(epilog=OUTCOME_EXAMPLES)
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
        from fl_planner.record.over_time.log import OutcomeRecord

        meant = OutcomeRecord(trial=trial, became=became, **told)
        _record(log, case_id, meant, trials, as_json=as_json)


def _record(
    log: Path, case_id: str, meant: OutcomeRecord, trials: Path | None, *, as_json: bool
) -> None:
    from fl_planner.report.terminal.worklist import say_outcome
    from fl_planner.screening.listing import make_outcome

    if log.is_file():  # else it is refused as missing
        check_log(log)
    record = make_outcome(case_id, meant, log, trials)
    keep(log, record, "outcome")
    line = f"recorded: {record.id}, {say_outcome(record.outcome)}"
    say(record, [line], as_json=as_json)


def _withdraw(log: Path, case_id: str, number: int, *, as_json: bool) -> None:
    from fl_planner.report.terminal.worklist import say_outcome
    from fl_planner.screening.listing import make_withdrawal
    from fl_planner.screening.log import read_log

    if log.is_file():  # else it is refused as missing
        check_log(log)
    record = make_withdrawal(case_id, number, read_log(log), log.name)
    keep(log, record, "outcome")
    line = f"taken back: entry {number}, {case_id}, {say_outcome(record.withdraws)}"
    say(record, [line], as_json=as_json)
