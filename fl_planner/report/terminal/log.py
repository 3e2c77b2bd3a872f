"""A screening log, and whether an output still holds, as lines that fit 80 columns."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fl_planner.intake.documents.bundled_trials import find_trial_name, in_order
from fl_planner.record.declaration.values import list_values
from fl_planner.record.over_time.log import (
    AnyEntryRecord,
    ChangedLogRecord,
    EntryRecord,
    LogRecord,
)
from fl_planner.record.over_time.outcome import OutcomeRecord
from fl_planner.record.over_time.verification import VerificationRecord
from fl_planner.report.route_words import say_route
from fl_planner.report.terminal.table import finding_rows, inset
from fl_planner.report.terminal.trial_signs import sign_header, sign_legend, signs
from fl_planner.trials.outcomes import say_state


def log_table(record: LogRecord | ChangedLogRecord) -> RenderableType:
    """Show the entries, oldest first, and what became of the patients; hashes stand in JSON."""
    log = record.told
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for name, side in (("no.", "right"), ("day", "right"), ("case", "left"), ("FLR %", "right")):
        table.add_column(name, justify="right" if side == "right" else "left")
    table.add_column("route", ratio=1)
    names = _trials(log.entries)
    table.add_column(sign_header(names), no_wrap=True)
    for entry in log.entries:
        table.add_row(str(entry.sequence), *_cells(entry, names))
    count = len(log.entries)
    told = f"\n{count} {'entry' if count == 1 else 'entries'}; "
    told += "every hash holds" if log.intact else "the log was changed"
    return Group(
        *finding_rows(log.findings),
        table,
        Text(told),
        *_outcomes(record),
        *([Text(sign_legend(names), style="dim")] if names else []),
    )


def _outcomes(record: LogRecord | ChangedLogRecord) -> Iterable[RenderableType]:
    """Count the patients of each trial by what was recorded."""
    for one in record.outcomes if isinstance(record, LogRecord) else ():
        steps = list_values(one, "step", int)
        told = ", ".join(f"{count} {declared['step']}" for _, declared, count in steps if count)
        yield Text(f"{find_trial_name(one.trial)}: {told}")


def verify_table(record: VerificationRecord) -> RenderableType:
    """Show whether an output holds, and every change."""
    said = ("holds", "bold") if record.holds else ("does not hold", "bold red")
    head = Text.assemble((record.output.file, "bold"), ": ", said)
    lines = [inset(change.message) for change in record.changes]
    if record.not_found:
        lines.append(inset(f"not found: {', '.join(record.not_found)}"))
    how = "made again from its files" if record.recomputed else "by the hashes of its files"
    return Group(
        *finding_rows(record.findings), head, *lines, Text(f"Looked at: {how}.", style="dim")
    )


def say_outcome(told: OutcomeRecord) -> str:
    """Say what became of a patient and a trial, and why or in which arm."""
    why = f" on {told.criterion}" if told.criterion else f", {told.arm}" if told.arm else ""
    return f"{find_trial_name(told.trial)}: {say_state(told.became)}{why}"


def _trials(entries: Iterable[AnyEntryRecord]) -> dict[str, str]:
    """Name every trial that an entry has a verdict on, in their order."""
    whole = [one for one in entries if isinstance(one, EntryRecord)]
    judged = in_order(trial for entry in whole for trial in entry.verdicts)
    names = {one.id: one.name for entry in whole for one in entry.rules}
    return {id_: names.get(id_, id_) for id_ in judged}


def _cells(entry: AnyEntryRecord, names: dict[str, str]) -> list[str]:
    if not isinstance(entry, EntryRecord):
        return ["", "not what was logged", "", "", ""]
    return [
        "" if entry.day is None else str(entry.day),
        entry.case or "",
        entry.flr_percent_shown or "",
        say_route(entry.route) if entry.route else _recorded(entry),
        signs(entry.verdicts, names) if entry.verdicts else "",
    ]


def _recorded(entry: EntryRecord) -> str:
    """Tell what a person recorded, or took back."""
    if entry.withdraws is not None:
        return f"takes back entry {entry.withdraws.entry}"
    if entry.outcome is None:
        return ""
    words, by = say_outcome(entry.outcome), entry.withdrawn_by
    return words if by is None else f"{words} (taken back by {by})"
