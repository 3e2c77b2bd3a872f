"""Print a worklist and a screening log in 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Group, JustifyMethod, RenderableType
from rich.text import Text

from fl_planner.basis.plain_text import list_first
from fl_planner.intake.documents.protocols import find_trial_name, in_order
from fl_planner.record.declaration.part import RecordPart, list_values
from fl_planner.record.files.chart import UnmappedCodeRecord
from fl_planner.record.head import state_level
from fl_planner.record.over_time.log import (
    AnyEntryRecord,
    ChangedLogRecord,
    EntryRecord,
    LogRecord,
    OutcomeRecord,
    VerificationRecord,
)
from fl_planner.record.over_time.worklist import (
    MOST_FAULTS,
    NOT_ELIGIBLE_OR_FOR_ANOTHER,
    UNKNOWN_CELLS,
    ConsortRecord,
    DeadlineRecord,
    ScreenedRecord,
    ScreenRecord,
    format_fault,
)
from fl_planner.report import words as phrases
from fl_planner.report.questions import name_route
from fl_planner.report.terminal.table import WordTable, finding_rows, inset, notice
from fl_planner.trials.criterion import name_with_id
from fl_planner.trials.facts.quantities import describe_fact
from fl_planner.trials.judge import VERDICTS, Verdict
from fl_planner.trials.patient_steps import name_state

SIGNS = {"eligible": "+", "not_eligible": "-", "indeterminate": "?"}
COUNTED = VERDICTS | {Verdict.NOT_ELIGIBLE: NOT_ELIGIBLE_OR_FOR_ANOTHER}
LEGEND = ", ".join(f"{sign} {COUNTED[Verdict(code)]}" for code, sign in SIGNS.items())
MOST_CODES = 10  # of electronic records, without a rule
LONGEST = 19  # letters of a name without brackets; the legend shows it in full


def sign_header(names: Mapping[str, str]) -> str:
    """Write the names of trials in steps, each above its sign.

    Examples
    --------
    >>> print(sign_header({"NCT05428735": "DRAGON 2", "NCT06178198": "RESCUE"}))
    DRAGON 2
    |RESCUE
    """
    short = (name.partition(" (")[0][:LONGEST] for name in names.values())
    return "\n".join(f"{'|' * step}{name}" for step, name in enumerate(short))


def signs(verdicts: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Write a sign for each trial, in the order of the names; a dot if it was not assessed.

    Examples
    --------
    >>> signs({"NCT06178198": "eligible"}, {"NCT05428735": "DRAGON 2", "NCT06178198": "RESCUE"})
    '.+'
    """
    return "".join(SIGNS[verdicts[id_]] if id_ in verdicts else "." for id_ in names)


def sign_legend(names: Mapping[str, str]) -> str:
    """Describe the signs, and the order of trials."""
    trials = ", ".join(name_with_id(name, id_) for id_, name in names.items())
    return f"Trials, left to right: {trials}. {LEGEND}."


PRESSING = {
    "window": "before the first cycle",
    "window_possible": "before the first cycle, if untreated",
    "open": "",
    "nothing": "no trial possible",
}
ORDERS = {
    "need": "by urgency", "deadline": "by deadline", "row": "in list order", "id": "by id",
}  # fmt: skip


def worklist_table(record: ScreenRecord) -> RenderableType:
    """Print the patients by urgency, then the rows that could not be read."""
    names = _names(record)
    listed = [_patients(record, names)] if record.rows else []
    legend = [Text(f"\n{sign_legend(names)}", style="dim")] if names and record.rows else []
    return Group(
        *finding_rows(record.findings),
        *listed,
        *_selected(record),
        *legend,
        *_faults(record),
        *_consort(record.consort, names),
        *_unmapped(record.unmapped or ()),
        notice(record.notice),
    )


def _patients(record: ScreenRecord, names: dict[str, str]) -> WordTable:
    table = WordTable(expand=True)
    table.add_column("row", justify="right")
    table.add_column("id")
    table.add_column("until", max_width=12)
    table.add_column("route, next question", ratio=1)
    table.add_column(sign_header(names), no_wrap=True)
    for row in record.rows:
        table.add_row(*_cells(row, names))
    return table


def describe_deadline(urgency: str, days: Sequence[float]) -> str:
    """Describe the first deadline.

    Examples
    --------
    >>> describe_deadline("dated", [6.0]), describe_deadline("dated", [-3.0])
    ('6 d', 'expired 3 d ago')
    """
    pressing = PRESSING.get(urgency, "")
    if not days:
        return pressing
    least = min(days)
    left = f"{least:g} d" if least >= 0 else f"expired {-least:g} d ago"
    return f"{pressing}, {left}" if pressing else left


def describe_ending(deadlines: Sequence[DeadlineRecord]) -> str:
    """Describe what expires, and for which trial, at the deadline of `describe_deadline`."""
    if not (dated := [one for one in deadlines if one.days is not None]):
        return ""
    first = min(dated, key=lambda one: one.days or 0)
    return f"{find_trial_name(first.trial)}: {first.says}"


def _cells(row: ScreenedRecord, names: dict[str, str]) -> list[str]:
    question = row.next_question
    lines = [name_route(row.route)]
    if days := [one.days for one in row.deadlines if one.days is not None]:
        least = describe_deadline("", days)
        lines.append(f"{least}, {describe_ending(row.deadlines)}")
    if question is not None:
        lines.append(f"{phrases.question(question)} (1 of {row.questions})")
    lines += [f"{describe_fact(each.key)}: {each.says}" for each in row.computed or ()]
    outcomes = (row.outcomes or {}).items()
    lines += [f"{names.get(trial, trial)}: {name_state(one.became)}" for trial, one in outcomes]
    lines += [f"! {state_level(one.severity, one.message)} ({one.code})" for one in row.doubts]
    end = [describe_deadline(row.urgency, days), "\n".join(lines), signs(row.verdicts, names)]
    return [str(row.row), row.id or row.file or "", *end]


def _names(record: ScreenRecord) -> dict[str, str]:
    """Name the assessed trials, in order."""
    named = {rule.id: rule.name for rule in record.rules}
    return {one.trial: named[one.trial] for one in record.consort.trials}


def describe_selection(record: ScreenRecord) -> str:
    """Describe the selection of patients, and their number."""
    if (chosen := record.selection) is None:
        return ""
    trial = None if chosen.trial is None else _names(record)[chosen.trial]
    verdict = None if chosen.only is None else VERDICTS[Verdict(chosen.only)]
    whom = None
    if verdict is not None:
        whom = f"{verdict} for {trial or 'a trial for their diagnosis'}"
    elif trial is not None:
        whom = f"not excluded from {trial}"
    first = None if chosen.top is None else f"the first {chosen.top}"
    how = ", ".join(filter(None, (whom, first, ORDERS[chosen.sort])))
    return f"{chosen.told} of {record.consort.assessed} patients are listed: {how}"


def _selected(record: ScreenRecord) -> Iterable[RenderableType]:
    """Print the selection of patients, and the number not printed."""
    every = record.consort.assessed
    if record.selection is not None:
        yield Text(f"\n{describe_selection(record)}", style="bold")
        every = record.selection.told
    yield from _rest(every - len(record.rows), "patients")


def _rest(left: int, what: str) -> Iterable[RenderableType]:
    """Print the number of patients not printed."""
    if left:
        yield Text(f"\n{left} more {what}: --csv and --json contain all of them", style="bold")


def _faults(record: ScreenRecord) -> Iterable[RenderableType]:
    """Print the faults of rows by kind, each remedy once."""
    for judged, head in (
        (False, f"Rows not read: {record.consort.not_read}"),
        (True, UNKNOWN_CELLS),
    ):
        if not (faults := [one for one in record.faults if one.judged is judged]):
            continue
        yield Text(f"\n{head}", style="bold")
        shown = faults[:MOST_FAULTS]
        yield from (inset(format_fault(one)) for one in shown)
        if more := len(faults) - len(shown):
            yield inset(f"further kinds of fault: {more}, listed with --json")
        yield from (inset(f"Remedy: {one}") for one in dict.fromkeys(one.remedy for one in shown))


def _unmapped(codes: Sequence[UnmappedCodeRecord]) -> Iterable[RenderableType]:
    """Print the most frequent codes of electronic records without a rule."""
    if not codes:
        return
    listed = [
        f"{one.system or 'other system'} {one.code or 'not shown'} ({one.count})" for one in codes
    ]
    yield Text(f"\nCodes without a rule in the mapping: {len(codes)}", style="bold")
    yield inset(list_first(listed, MOST_CODES))


def _consort(consort: ConsortRecord, names: dict[str, str]) -> Iterable[RenderableType]:
    yield Text(
        f"\n{consort.listed} listed, {consort.not_read} not read, {consort.assessed} assessed",
        style="bold",
    )
    for counts in consort.trials:
        steps = _format_steps(counts)
        for each in counts.kept_out_by_design:
            steps += f"; {each.patients} excluded by trial design: {each.says}"
        yield inset(f"{names[counts.trial]}: {steps}")


def log_table(record: LogRecord | ChangedLogRecord) -> RenderableType:
    """Print the entries, oldest first, and the outcomes; JSON contains the hashes."""
    log = record.told
    table = WordTable(expand=True)
    for name in ("no.", "day", "case", "FLR %"):
        justify: JustifyMethod = "left" if name == "case" else "right"
        table.add_column(name, justify=justify)
    table.add_column("route", ratio=1)
    names = _trials(log.entries)
    table.add_column(sign_header(names), no_wrap=True)
    for entry in log.entries:
        table.add_row(str(entry.sequence), *_entry_cells(entry, names))
    count = len(log.entries)
    entries = f"\n{count} {'entry' if count == 1 else 'entries'}; "
    entries += "all hashes are valid" if log.intact else "the log was changed"
    return Group(
        *finding_rows(log.findings),
        table,
        Text(entries),
        *_outcomes(record),
        *([Text(sign_legend(names), style="dim")] if names else []),
    )


def _outcomes(record: LogRecord | ChangedLogRecord) -> Iterable[RenderableType]:
    """Count the patients of each trial by outcome."""
    for one in record.outcomes if isinstance(record, LogRecord) else ():
        yield Text(f"{find_trial_name(one.trial)}: {_format_steps(one)}")


def _format_steps(counts: RecordPart) -> str:
    steps = list_values(counts, "step", int)
    return ", ".join(f"{count} {declared['step']}" for _, declared, count in steps if count)


def verify_table(record: VerificationRecord) -> RenderableType:
    """Print whether an output is unchanged, and every change."""
    checked = "confirmed" if record.recomputed else "files unchanged, results not recomputed"
    result = (checked, "bold") if record.holds else ("not confirmed", "bold red")
    head = Text.assemble((record.output.file, "bold"), ": ", result)
    lines = [inset(change.message) for change in record.changes]
    if record.not_found:
        lines.append(inset(f"not found: {', '.join(record.not_found)}"))
    how = "recomputed from the input files" if record.recomputed else "file hashes compared"
    return Group(
        *finding_rows(record.findings), head, *lines, Text(f"Verification: {how}.", style="dim")
    )


def describe_outcome(outcome: OutcomeRecord) -> str:
    """Describe the outcome of a patient in a trial, with its reason or arm."""
    why = (
        f" on {outcome.criterion}"
        if outcome.criterion
        else f", {outcome.arm}"
        if outcome.arm
        else ""
    )
    return f"{find_trial_name(outcome.trial)}: {name_state(outcome.became)}{why}"


def _trials(entries: Iterable[AnyEntryRecord]) -> dict[str, str]:
    """Name every trial with a verdict in an entry, in order."""
    whole = [one for one in entries if isinstance(one, EntryRecord)]
    judged = in_order(trial for entry in whole for trial in entry.verdicts)
    names = {one.id: one.name for entry in whole for one in entry.rules}
    return {id_: names.get(id_, id_) for id_ in judged}


def _entry_cells(entry: AnyEntryRecord, names: dict[str, str]) -> list[str]:
    if not isinstance(entry, EntryRecord):
        return ["", "changed, or entries before it are missing", "", "", ""]
    return [
        "" if entry.day is None else str(entry.day),
        entry.case or "",
        phrases.name_share(entry.flr_percent_shown, entry.denominator),
        name_route(entry.route) if entry.route else _recorded(entry),
        signs(entry.verdicts, names) if entry.verdicts else "",
    ]


def _recorded(entry: EntryRecord) -> str:
    if entry.withdraws is not None:
        return f"withdraws entry {entry.withdraws.entry}"
    if entry.outcome is None:
        return ""
    words, by = describe_outcome(entry.outcome), entry.withdrawn_by
    return words if by is None else f"{words} (withdrawn by entry {by})"
