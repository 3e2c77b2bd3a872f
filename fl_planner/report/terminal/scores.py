"""Scores as lines that fit 80 columns: each with its values, or with what it lacks."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text

from fl_planner.basis.shown import as_number
from fl_planner.record.declaration.keys import list_values
from fl_planner.record.scores import ScoreRecord, ScoresRecord
from fl_planner.report.terminal.table import inset

DAYS = {"no": "blood values of different days", "not said": "day of the blood values not said"}


def scores_rows(scores: ScoresRecord) -> Iterable[RenderableType]:
    """Show the scores, each on a line."""
    yield Text("\nScores", style="bold")
    for _, declared, one in list_values(scores, "row", ScoreRecord):
        known = ", ".join(_list_known(one)) if one.known else _say_unknown(one)
        line = Text(f"{declared['row']}: {known}", style="" if one.known else "dim")
        yield inset(line)


def _list_known(one: ScoreRecord) -> Iterator[str]:
    for _, declared, value in list_values(one, "row", object):
        match value:
            case int() | float():
                number = as_number(value, (), declared.get("decimals", 0))
                yield declared["row"].format(number)
            case str():
                yield declared["row"].format(value)


def _say_unknown(one: ScoreRecord) -> str:
    lacking = [f"lacks {', '.join(one.missing)}"] if one.missing else []
    days = [DAYS[one.same_day]] if one.same_day in DAYS else []
    return "; ".join(["unknown", *lacking, *days])
