"""The picture of a growth: the remnant's share of one fixed liver, with its readings' scatter.

Measured scans alone: no line goes beyond the last one, and no arm of a trial is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fl_planner.basis.shown import as_ml
from fl_planner.basis.version import __version__
from fl_planner.record.growth.growth import GrowthKeys, GrowthRecord
from fl_planner.record.head import RESEARCH_USE
from fl_planner.record.withdrawal_words import say_not_answered
from fl_planner.report.picture.draw.font import DPI
from fl_planner.report.picture.draw.picture_files import Print

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE_INCHES = (8.0, 4.5)
INK, QUIET, STALE = "#00603a", "#4a4a4a", "#a00020"


def draw_growth(record: GrowthRecord) -> bytes:
    """Draw a PNG; same record, same bytes."""
    return Print().write(lambda: _draw(record))


def _draw(record: GrowthRecord) -> Figure:
    from matplotlib.figure import Figure

    points, fixed = record.story.time_points, record.story.denominator.ml
    days = [one.days for one in points]
    shares = [one.flr_percent_fixed for one in points]
    reach = [100 * (one.flr_interval_ml[1] - one.flr_ml) / fixed for one in points]
    figure = Figure(SIZE_INCHES, DPI, facecolor="white")
    axis = figure.add_axes((0.09, 0.2, 0.88, 0.68))
    axis.errorbar(days, shares, yerr=reach, color=INK, fmt="o:", capsize=4, linewidth=1.2)
    _write_beside(axis, record.story)
    axis.set_ylim(bottom=0)
    axis.margins(x=0.12)
    axis.set_xlabel("days", fontsize=9)
    axis.set_ylabel(f"remnant, % of {as_ml(fixed)} (held fixed)", fontsize=9)
    axis.tick_params(labelsize=8)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    colour = STALE if say_not_answered(record, "growth") else "black"
    figure.text(0.09, 0.93, _title(record), fontsize=10, color=colour)
    note = "Bars: 95 of 100 readings. "
    note += f"{RESEARCH_USE}. fl_planner {__version__}".capitalize()
    figure.text(0.01, 0.02, note, fontsize=7, color=QUIET)
    return figure


def _write_beside(axis: Axes, story: GrowthKeys) -> None:
    """Write each scan's volume beside it, and where the embolisation was."""
    for one in story.time_points:
        place = one.days, one.flr_percent_fixed
        colour = STALE if one.stale else INK
        words = f"{as_ml(one.flr_ml)}{' (stale)' if one.stale else ''}"
        axis.annotate(words, place, (8, -14), textcoords="offset points", fontsize=8, color=colour)
    if story.embolisation is not None:
        axis.axvline(0, color=QUIET, linewidth=0.8, linestyle="--")
        axis.annotate(
            "embolisation", (0, 0), (3, 4), xycoords=("data", "axes fraction"),
            textcoords="offset points", fontsize=7, color=QUIET,
        )  # fmt: skip


def _title(record: GrowthRecord) -> str:
    names = dict.fromkeys(one.id for one in record.story.time_points if one.id)
    first = " · ".join(names)
    title = f"{first}: growth of the remnant" if first else "Growth of the remnant"
    return " · ".join(part for part in (title, say_not_answered(record, "growth")) if part)
