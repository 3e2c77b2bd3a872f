"""A screening log as its record, and as CSV: no date, no name of a file, unless asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.export.csv import Cell, FlatTable
from fl_planner.intake.documents.bundled_trials import in_order
from fl_planner.record.declaration.quantity import as_float
from fl_planner.record.head import as_findings, as_refusal
from fl_planner.record.over_time.log import (
    AnyEntryRecord,
    BrokenEntryRecord,
    ChangedLogRecord,
    EntryRecord,
    LogKeys,
    LogRecord,
    OutcomeCountsRecord,
)
from fl_planner.record.over_time.outcome import OutcomeRecord
from fl_planner.record.trials.trials import RuleRecord
from fl_planner.screening.entry import Entry
from fl_planner.screening.log import changed, find_changes
from fl_planner.screening.outcome import count_by_trial, find_outcomes, find_withdrawn
from fl_planner.trials.outcomes import STATES

if TYPE_CHECKING:
    from fl_planner.record.head import Profile

COLUMNS = (  # then one for each trial's verdict
    "record_id", "sequence", "day", "command", "schema", "version", "sha256", "flr_pct", "pathway",
    "route", "outcome", "outcome_trial", "outcome_criterion",
    "outcome_arm", "withdraws", "withdrawn_by",
)  # fmt: skip
LAST_COLUMNS = ("findings_codes", "inputs_sha256", "rules_sha256", "chain", "intact")


def as_log(
    entries: tuple[Entry, ...],
    *,
    name: str,
    case_id: str | None = None,
    profile: Profile = "shareable",
) -> LogRecord | ChangedLogRecord:
    """Tell a log, or what it has of one case; whether it is whole is asked of all entries.

    An entry tells the days since the first, where that is as it was; `clinical` adds the times.
    """
    broken = find_changes(entries)
    first = entries[0] if entries and entries[0].sequence not in broken else None
    whole = [one for one in entries if one.sequence not in broken]
    withdrawn = find_withdrawn(whole)
    chosen = [one for one in entries if case_id in (None, one.case_id)]
    told = LogKeys(
        intact=not broken,
        head=entries[-1].chain,
        entries=tuple(
            BrokenEntryRecord(sequence=one.sequence)
            if one.sequence in broken
            else _told(one, first, profile, withdrawn)
            for one in chosen
        ),
        findings=as_findings(_find_broken(name, broken)),
    )
    if not broken:
        outcomes = find_outcomes(entries, name)
        mine = [one for case, one in outcomes.items() if case_id in (None, case)]
        return LogRecord(refusal=None, told=told, outcomes=_count(mine))
    refused = as_refusal(changed(name, "; ".join(broken.values())), "log")
    return ChangedLogRecord(schema=refused.schema, refusal=refused.refusal, told=told)


def _count(outcomes: Iterable[list[OutcomeRecord]]) -> tuple[OutcomeCountsRecord, ...]:
    return tuple(
        OutcomeCountsRecord(
            trial=trial,
            **{state: counts.patients[state] for state in STATES},
            resected_of=counts.resected_of,
            resected_percent=as_float(counts.resected_percent),
            arms=dict(counts.arms) or None,
        )
        for trial, counts in count_by_trial(outcomes)
    )


def as_log_table(log: LogKeys) -> FlatTable:
    """Tell a log as a table, one row an entry; of one that was changed only its number."""
    whole = [one for one in log.entries if isinstance(one, EntryRecord)]
    trials = in_order(trial for entry in whole for trial in entry.verdicts)
    verdicts = {f"verdict_{trial.lower()}": trial for trial in trials}
    dated = ["logged_at_utc"] if any(entry.logged_at is not None for entry in whole) else []
    columns = (*COLUMNS, *verdicts, *LAST_COLUMNS, *dated)
    rows = (_cells(entry, verdicts) for entry in log.entries)
    return FlatTable(columns, ([row.get(name) for name in columns] for row in rows))


def find_entry(entries: tuple[Entry, ...], sequence: int, name: str) -> Entry:
    """Find an entry by its number.

    Raises `InputRefused`: `log.no_entry`; `log.entry_changed` where it is not what was logged.
    """
    for entry in entries:
        if entry.sequence == sequence:
            if sequence in (changes := find_changes(entries)):
                raise changed(name, changes[sequence])
            return entry
    reason = f"has no entry {sequence}"
    raise InputRefused("log.no_entry", name, reason, "list the log to see its entries")


def _find_broken(name: str, broken: Mapping[int, str]) -> tuple[Finding, ...]:
    return tuple(
        Finding("log.tampered", Severity.ERROR, f"{name}: {what}: somebody changed the log", name)
        for what in broken.values()
    )


def _told(
    entry: Entry, first: Entry | None, profile: Profile, withdrawn: Mapping[int, int]
) -> EntryRecord:
    told = entry.told
    return EntryRecord(
        case=entry.case_id,
        sequence=entry.sequence,
        day=_days(entry, first),
        logged_at=entry.logged_at if profile == "clinical" else None,
        command=entry.command,
        schema=entry.schema,
        version=entry.version,
        sha256=entry.digest,
        inputs=told.inputs,
        rules=tuple(
            RuleRecord(id=one.id, name=one.name or one.id, sha256=one.sha256) for one in told.rules
        ),
        verdicts={one.id: one.verdict.value for one in told.trials},
        findings=tuple(one.code for one in told.findings if one.severity != "info"),
        flr_percent=told.flr_percent,
        flr_percent_shown=told.flr_percent_shown,
        pathway=None if told.pathway is None else told.pathway.name,
        route=None if told.route is None else told.route.name,
        outcome=told.outcome,
        withdraws=told.withdraws,
        withdrawn_by=withdrawn.get(entry.sequence),
        chain=entry.chain,
    )


def _days(entry: Entry, first: Entry | None) -> int | None:
    if first is None:
        return None
    since, now = (datetime.fromisoformat(one.logged_at).date() for one in (first, entry))
    return (now - since).days


def _cells(entry: AnyEntryRecord, verdicts: Mapping[str, str]) -> dict[str, Cell]:
    """Give an entry by column; `verdicts` are the trials by column."""
    if not isinstance(entry, EntryRecord):
        return {"sequence": entry.sequence, "intact": False}
    cells: dict[str, Cell] = {
        "record_id": entry.case,
        "sequence": entry.sequence,
        "day": entry.day,
        "command": entry.command,
        "schema": entry.schema,
        "version": entry.version,
        "sha256": entry.sha256,
        "flr_pct": entry.flr_percent,
        "pathway": entry.pathway,
        "route": entry.route,
        "withdraws": None if entry.withdraws is None else entry.withdraws.entry,
        "withdrawn_by": entry.withdrawn_by,
        "findings_codes": " ".join(entry.findings),
        "inputs_sha256": " ".join(
            f"{one.role.replace(' ', '_')}:{one.sha256}" for one in entry.inputs
        ),
        "rules_sha256": " ".join(f"{one.id}:{one.sha256 or ''}" for one in entry.rules),
        "chain": entry.chain,
        "intact": True,
        "logged_at_utc": entry.logged_at,
    }
    if (outcome := entry.outcome) is not None:
        cells |= {"outcome": outcome.became, "outcome_trial": outcome.trial}
        cells |= {"outcome_criterion": outcome.criterion, "outcome_arm": outcome.arm}
    return cells | {name: entry.verdicts.get(trial) for name, trial in verdicts.items()}
