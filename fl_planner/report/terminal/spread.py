"""What the interval rests on, and a second reading beside the first, as lines of a table."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.record.base import Record
from fl_planner.report import words as say

NAMES = {"flr": "FLR", "liver": "liver", "tumour": "tumour"}


def spread_rows(ratios: Record) -> Iterable[RenderableType]:
    """Tell what else than readers in print makes an interval, and how a second reader read."""
    for name, ratio in ratios.items():
        cv, part = ratio["cv"], say.PARTS[name]
        if cv["decided_by"] == "geometry":
            yield _line(f"{part}: no less, for the masks' own steps tell it no better")
        if "contour_widening" in cv:
            widening = as_number(100 * cv["contour_widening"])
            yield _line(f"{part}: each end {widening} % of it farther out, drawn from contours")
        if "second_reader" in ratio:
            yield from _second(ratio["second_reader"])


def _second(second: Record) -> Iterable[RenderableType]:
    points = second["difference_points"]
    sign = "+" if points > 0 else ""
    yield _line(
        f"FLR by the second reader: {second['percent_shown']} % ({sign}{as_number(points)} points)"
    )
    for one in second["structures"]:
        told = f"{NAMES[one['name']]} {as_ml(one['first_ml'])} and {as_ml(one['second_ml'])}"
        if "dice" in one:
            told += f", Dice {as_number(one['dice'], (1,), 2)}"
        if "mean_surface_mm" in one:
            mean, far = as_number(one["mean_surface_mm"]), as_number(one["surface_95_mm"])
            told += f", surfaces {mean} mm apart, 95 % within {far} mm"
        yield _line(f"  {told}")


def _line(words: str) -> Text:
    return Text(f"  {words}", style="dim")
