"""A worklist as a table that fits 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fl_planner.report.record import Record
from fl_planner.report.table import finding_rows, notice

CONTRADICTION = "contradiction."  # facts that a person must settle before anything is asked
SIGNS = {"eligible": "+", "not_eligible": "-", "indeterminate": "?"}
PRESSING = {
    "window": "first cycle",
    "window_possible": "first cycle?",
    "open": "",
    "nothing": "nothing open",
}
COUNTED = {  # step -> what people call it
    "not_eligible": "not eligible",
    "open": "open",
    "eligible": "potentially eligible",
    "approached": "approached",
    "declined": "declined",
    "consented": "consented",
    "screen_failures": "failed screening",
}


def worklist_table(record: Record) -> RenderableType:
    """Show the patients in order of need, then the rows that could not be read."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("row", justify="right")
    table.add_column("id", overflow="fold")
    table.add_column("until")
    table.add_column("trials")
    table.add_column("route, next question", ratio=1)
    for row in record["rows"]:
        table.add_row(*_cells(row))
    signs = "trials in the order below: + potentially eligible, - not eligible, ? open"
    names = ", ".join(f"{n} {one['trial']}" for n, one in enumerate(_trials(record), start=1))
    return Group(
        *finding_rows(record["findings"]),
        table,
        Text(f"\n{signs}", style="dim"),
        Text(names, style="dim"),
        *_refused(record["refused"]),
        *_consort(record["consort"]),
        notice(record),
    )


def say_until(row: Record) -> str:
    """Say what ends first.

    Examples
    --------
    >>> say_until({"urgency": "dated", "deadlines": [{"days": 6.0}]})
    '6 d'
    >>> say_until({"urgency": "dated", "deadlines": [{"days": -3.0}]})
    'expired 3 d'
    """
    pressing: str = PRESSING.get(row["urgency"], "")
    days = [one["days"] for one in row["deadlines"] if "days" in one]
    if not days:
        return pressing
    least = min(days)
    told = f"{least:g} d" if least >= 0 else f"expired {-least:g} d"
    return f"{pressing}, {told}" if pressing else told


def _cells(row: Record) -> list[str]:
    signs = "".join(SIGNS[verdict] for verdict in row["verdicts"].values())
    question = row.get("next_question")
    asked = "".join(f"\n{code}" for code in row["findings"] if code.startswith(CONTRADICTION))
    if question:
        what = question.get("key", "which reading holds")
        asked += f"\n{what} ({question['asked_of']}); {row['questions']} in all"
    became = "".join(
        f"\n{trial}: {one['became']}" for trial, one in row.get("outcomes", {}).items()
    )
    told = f"{row['route']} ({row['route_row']}){asked}{became}"
    return [str(row["row"]), row.get("id", ""), say_until(row), signs, told]


def _trials(record: Record) -> list[Record]:
    trials: list[Record] = record["consort"]["trials"]
    return trials


def _refused(rows: list[Record]) -> Iterable[RenderableType]:
    if rows:
        yield Text(f"\nNot read: {len(rows)}", style="bold")
    for row in rows:
        who = f"row {row['row']}" + (f" ({row['id']})" if "id" in row else "")
        yield Padding(Text(f"{who}: {row['reason']}; {row['remedy']}"), (0, 0, 0, 2))


def _consort(consort: Record) -> Iterable[RenderableType]:
    yield Text(
        f"\n{consort['listed']} listed, {consort['not_read']} not read, "
        f"{consort['assessed']} assessed",
        style="bold",
    )
    for counts in consort["trials"]:
        told = ", ".join(f"{counts[step]} {name}" for step, name in COUNTED.items() if counts[step])
        yield Padding(Text(f"{counts['trial']}: {told}"), (0, 0, 0, 2))
