"""Scores as lines that fit 80 columns: each with its values, or with what it lacks."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from fl_planner.record.scores import ScoresRecord
from fl_planner.report.score_words import list_scores
from fl_planner.report.terminal.table import inset


def scores_rows(scores: ScoresRecord) -> Iterable[RenderableType]:
    """Show the scores, each on a line."""
    yield Text("\nScores", style="bold")
    for one in list_scores(scores):
        yield inset(str(one), "" if one.known else "dim")
