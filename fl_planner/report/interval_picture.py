"""A share with its interval against the limits, as a line to be read without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fl_planner.basis.shown import as_number
from fl_planner.report.prints import Print
from fl_planner.report.record import Record
from fl_planner.report.sheet import DPI, Font

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE_PX = (700, 150)
TEXT, BOLD = Font(8.5), Font(9.5, True)
AROUND = 6.0  # percentage points beside what is shown
INK, LIMIT = "#1a1a1a", "#5a5a5a"


def draw_interval(record: Record, share: str, form: Print) -> bytes:
    """Draw a share of the record, such as "flr", its interval, and each limit on it."""
    value = record[f"{share}_percent"]
    low, high = record["ratios"][share]["interval_percent"]
    of_flr = [one["limit_percent"] for one in record["thresholds"] if _limits(one, share)]
    limits = sorted({*of_flr})
    text = f"{record[f'{share}_percent_shown']} %"
    ends = max(low, 0.0), min(high, 100.0)
    return form.write(lambda: _draw((value, text), ends, limits))


def _limits(threshold: Record, share: str) -> bool:
    return f".{share}_" in threshold["name"]


def _draw(value: tuple[float, str], ends: tuple[float, float], limits: list[float]) -> Figure:
    from matplotlib.figure import Figure

    (place, text), (low, high) = value, ends
    width, height = SIZE_PX
    figure = Figure((width / DPI, height / DPI), DPI, facecolor="white")
    every = (low, high, place, *limits)
    span = max(min(every) - AROUND, 0.0), min(max(every) + AROUND, 100.0)
    axes = figure.add_axes((0.02, 0.25, 0.96, 0.73), xlim=span, ylim=(0, 1))
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.set_yticks([])
    axes.tick_params(labelsize=TEXT.points, colors=INK)
    for label in axes.get_xticklabels():
        label.set_fontproperties(TEXT.properties())
    for limit in limits:
        axes.plot([limit, limit], [0, 0.78], color=LIMIT, linestyle=(0, (4, 2)), linewidth=1.2)
        name = f"{as_number(limit, (), 0)} %"
        axes.text(limit, 0.82, name, ha="center", fontproperties=TEXT.properties(), color=LIMIT)
    axes.plot([low, high], [0.3, 0.3], color=INK, linewidth=2.2, solid_capstyle="butt")
    for end in (low, high):
        axes.plot([end, end], [0.2, 0.4], color=INK, linewidth=2.2)
    axes.plot([place], [0.3], marker="D", markersize=7, color=INK)
    axes.text(
        place, 0.48, text, ha="center", fontproperties=BOLD.properties(), color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )  # fmt: skip
    return figure
