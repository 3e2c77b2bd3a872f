"""A worklist as a table that fits 80 columns."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fl_planner.record.declaration.values import list_values
from fl_planner.record.over_time.worklist import (
    ConsortRecord,
    NotReadRecord,
    ScreenedRecord,
    ScreenRecord,
)
from fl_planner.report import words as say
from fl_planner.report.route_words import say_route
from fl_planner.report.terminal.table import finding_rows, inset, notice
from fl_planner.report.terminal.trial_signs import sign_header, sign_legend, signs
from fl_planner.trials.judge import VERDICTS, Verdict
from fl_planner.trials.outcomes import say_state

PRESSING = {
    "window": "first cycle",
    "window_possible": "first cycle, if untreated",
    "open": "",
    "nothing": "nothing missing",
}
ORDERS = {
    "need": "by need", "deadline": "by deadline", "row": "in the order of the list", "id": "by id",
}  # fmt: skip


def worklist_table(record: ScreenRecord) -> RenderableType:
    """Show the patients in order of need, then the rows that could not be read."""
    names = _names(record)
    listed = [_patients(record, names)] if record.rows else []
    legend = [Text(f"\n{sign_legend(names)}", style="dim")] if names and record.rows else []
    return Group(
        *finding_rows(record.findings),
        *listed,
        *_selected(record),
        *legend,
        *_refused(record.refused, record.consort.not_read),
        *_consort(record.consort, names),
        notice(record.notice),
    )


def _patients(record: ScreenRecord, names: dict[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("row", justify="right")
    table.add_column("id", overflow="fold")
    table.add_column("until", max_width=12)
    table.add_column("route, next question", ratio=1)
    table.add_column(sign_header(names), no_wrap=True)
    for row in record.rows:
        table.add_row(*_cells(row, names))
    return table


def say_until(urgency: str, days: Sequence[float]) -> str:
    """Say what ends first.

    Examples
    --------
    >>> say_until("dated", [6.0]), say_until("dated", [-3.0])
    ('6 d', 'expired 3 d')
    """
    pressing = PRESSING.get(urgency, "")
    if not days:
        return pressing
    least = min(days)
    told = f"{least:g} d" if least >= 0 else f"expired {-least:g} d"
    return f"{pressing}, {told}" if pressing else told


def _cells(row: ScreenedRecord, names: dict[str, str]) -> list[str]:
    question = row.next_question
    told = [say_route(row.route)]
    if question is not None:
        told.append(f"{say.question(question)}; {row.questions} in all")
    told += [f"{say.asked(one.key)}: {one.says}" for one in row.computed or ()]
    outcomes = (row.outcomes or {}).items()
    told += [f"{names.get(trial, trial)}: {say_state(one.became)}" for trial, one in outcomes]
    told += [f"! {doubt.message} ({doubt.code})" for doubt in row.doubts]
    days = [one.days for one in row.deadlines if one.days is not None]
    end = [say_until(row.urgency, days), "\n".join(told), signs(row.verdicts, names)]
    return [str(row.row), row.id or "", *end]


def _names(record: ScreenRecord) -> dict[str, str]:
    """Name the trials that were judged, in their order."""
    named = {rule.id: rule.name for rule in record.rules}
    return {one.trial: named[one.trial] for one in record.consort.trials}


def say_selection(record: ScreenRecord) -> str:
    """Say which patients are told, and how many are not."""
    chosen = record.selection
    if chosen is None:
        return ""
    trial = None if chosen.trial is None else _names(record)[chosen.trial]
    verdict = None if chosen.only is None else VERDICTS[Verdict(chosen.only)]
    whom = None
    if verdict is not None:
        whom = f"{verdict} for {trial or 'a trial of their disease'}"
    elif trial is not None:
        whom = f"not ruled out by {trial}"
    first = None if chosen.top is None else f"the first {chosen.top}"
    told = ", ".join(filter(None, (whom, first, ORDERS[chosen.sort])))
    return f"{chosen.told} of {record.consort.assessed} patients are listed: {told}"


def _selected(record: ScreenRecord) -> Iterable[RenderableType]:
    """Say which patients are told, and how many more there are than a person reads."""
    every = record.consort.assessed
    if record.selection is not None:
        yield Text(f"\n{say_selection(record)}", style="bold")
        every = record.selection.told
    yield from _rest(every - len(record.rows), "patients")


def _rest(left: int, what: str) -> Iterable[RenderableType]:
    """Say how many more there are than a person reads."""
    if left:
        yield Text(f"\nand {left} more {what}: --csv and --json have all of them", style="bold")


def _refused(rows: Sequence[NotReadRecord], count: int) -> Iterable[RenderableType]:
    if rows:
        yield Text(f"\nNot read: {count}", style="bold")
    for row in rows:
        who = f"row {row.row}" + ("" if row.id is None else f" ({row.id})")
        yield inset(f"{who}: {row.reason}; {row.remedy}")
    yield from _rest(count - len(rows), "rows that could not be read")


def _consort(consort: ConsortRecord, names: dict[str, str]) -> Iterable[RenderableType]:
    yield Text(
        f"\n{consort.listed} listed, {consort.not_read} not read, {consort.assessed} assessed",
        style="bold",
    )
    for counts in consort.trials:
        steps = list_values(counts, "step", int)
        told = ", ".join(f"{count} {declared['step']}" for _, declared, count in steps if count)
        for one in counts.kept_out_by_design:
            told += f"; {one.patients} by its design: {one.says}"
        yield inset(f"{names[counts.trial]}: {told}")
