"""`fl-planner log` and `outcome`: a screening log, and the status of its patients in trials."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.cli.exit_status import ANSWERED, REFUSED
from fl_planner.cli.help_layout import as_conflict, headed_command
from fl_planner.cli.options import (
    AS_JSON,
    FORCE,
    PROFILE_OPTION,
    TABLES,
    TRIALS,
    WORKBOOK,
    File,
    output_file,
    with_options,
)
from fl_planner.cli.output import (
    open_workbook,
    print_aside,
    print_findings,
    print_json,
    print_record,
    print_result,
    print_rows,
    print_table,
)

if TYPE_CHECKING:
    from fl_planner.basis.defaults import Profile
    from fl_planner.record.declaration.part import RecordPart
    from fl_planner.record.over_time.log import OutcomeRecord

LOG = output_file("--log", metavar="LOG.sqlite", help="Add the result to this screening log.")
PROFILE = PROFILE_OPTION(help="The clinical profile adds the times of the entries.")
EXAMPLES = """\b
Examples:
  fl-planner plan case.toml --log screening.sqlite
  fl-planner log screening.sqlite --case case-001
  fl-planner log screening.sqlite --csv > screening.csv
  fl-planner log screening.sqlite --entry 3 > plan.json
"""


@headed_command(epilog=EXAMPLES)
@click.argument("file", metavar="LOG.sqlite", type=File)
@click.option("--case", "case_id", metavar="ID", help="List only the entries for this case.")
@click.option("--entry", type=int, metavar="N", help="Print the result stored in entry N.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, one row per entry.")
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
    """List the entries of a screening log, and check that it has not been altered.

    A logged result is never changed; a later result becomes a further entry. Times and file names
    are omitted; --profile clinical adds the times. If a log was altered, its invalid entries are
    listed by number only, and the exit status is 2.
    """
    wanted = "--csv" if as_csv else "--xlsx" if form["xlsx"] is not None else None
    if wanted is not None and ((as_csv and as_json) or entry is not None):
        raise as_conflict(wanted, "--json" if as_json else "--entry")
    from fl_planner.screening.listing import as_log, as_log_table, find_entry
    from fl_planner.screening.log import read_log

    book = open_workbook(form, "entries")
    entries = read_log(file)
    if entry is not None:
        print_json(find_entry(entries, entry, file.name).record.decode())
        return ANSWERED
    record = as_log(entries, name=file.name, case_id=case_id, profile=profile)
    if book is not None:
        book.write(as_log_table(record.told))
        print_aside(book.description)
    if as_csv:
        print_rows(as_log_table(record.told), form)
    elif as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.worklist import log_table

        print_table(log_table, record)
    if record.refusal is None:
        return ANSWERED
    if not as_json:
        print_aside(f"refused: {record.refusal.message}")
    return REFUSED


def check_log(file: Path | None) -> None:
    """Refuse a log to which no entry can be added, before any work is done."""
    if file is not None:
        from fl_planner.screening import log as screening

        screening.check_log(file)


def keep(file: Path | None, record: RecordPart | dict[str, Any], command: str) -> int | None:
    """Add a result to the log, if one was given, with the current time; return its number."""
    if file is None:
        return None
    from fl_planner.screening.log import append

    return append(file, record, command, datetime.now(UTC)).sequence


STATUSES = (
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
@click.argument("became", metavar="[STATUS]", type=click.Choice(STATUSES), required=False)
@click.option("--criterion", metavar="ID", help="Criterion that caused the screen failure.")
@click.option("--arm", metavar="TEXT", help="Arm or group, if the status is randomised or treated.")
@click.option("--withdraw", type=int, metavar="N", help="Withdraw the status recorded by entry N.")
@with_options(TRIALS, AS_JSON)
def outcome(
    log: Path,
    case_id: str,
    trial: str | None,
    became: str | None,
    withdraw: int | None,
    trials: Path | None,
    as_json: bool,
    **detail: str | None,
) -> None:
    """Record a patient's status in a trial in a screening log.

    STATUS is approached, declined, consented, screen_failure, randomised, treated, resected or
    withdrawn; each of the last four requires an earlier step: consent, randomisation or treatment.
    Entries are never changed: the later of decline and consent applies, and an incorrect entry is
    withdrawn by a further entry (--withdraw) and no longer counted. ID is the pseudonym in the list
    of patients; TRIAL is a registry number or the name of a trial.
    """
    if withdraw is not None:
        if trial is not None or any(detail.values()):
            raise click.UsageError(
                "--withdraw refers to an entry: omit the trial, the status, --criterion and --arm"
            )
        _withdraw(log, case_id, withdraw, as_json=as_json)
    elif trial is None or became is None:
        raise click.UsageError("the trial or the status is missing; give both, or --withdraw N")
    else:
        from fl_planner.record.over_time.log import OutcomeRecord

        meant = OutcomeRecord(trial=trial, became=became, **detail)
        _record(log, case_id, meant, trials, as_json=as_json)


def _record(
    log: Path, case_id: str, meant: OutcomeRecord, trials: Path | None, *, as_json: bool
) -> None:
    from fl_planner.report.terminal.worklist import describe_outcome
    from fl_planner.screening.listing import make_outcome

    check_log(log)  # also of a log that another process creates meanwhile
    record = make_outcome(case_id, meant, log, trials)
    number = keep(log, record, "outcome")
    lines = [f"recorded: {record.id}, {describe_outcome(record.outcome)}"]
    if number == 1:  # the name of an existing log may have been mistyped
        lines.append(f"a new log was created: {log.name}")
    print_result(record, lines, as_json=as_json)
    if not as_json:
        print_findings(record.findings)


def _withdraw(log: Path, case_id: str, number: int, *, as_json: bool) -> None:
    from fl_planner.report.terminal.worklist import describe_outcome
    from fl_planner.screening.listing import make_withdrawal
    from fl_planner.screening.log import read_log

    if log.is_file():  # otherwise refused as missing
        check_log(log)
    record = make_withdrawal(case_id, number, read_log(log), log.name)
    keep(log, record, "outcome")
    line = f"withdrawn: entry {number}, {case_id}, {describe_outcome(record.withdraws)}"
    print_result(record, [line], as_json=as_json)
