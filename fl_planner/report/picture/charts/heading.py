"""Heading of charts, and the chart of a share with its interval and limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from fl_planner.basis.shown import as_plain
from fl_planner.record.plan import PlanRecord
from fl_planner.report.document.flr_lead import Axis
from fl_planner.report.picture.draw.canvas import (
    DPI,
    LOUD,
    NAME,
    NOTHING,
    QUIET,
    RESEARCH,
    Canvas,
    Font,
    Line,
    Sheet,
    Stamp,
    as_box,
    as_path,
    width_px,
    wrap,
)
from fl_planner.report.picture.draw.picture_files import Print

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD_INCHES, EDGE_INCHES = 0.8, 0.12
MOST_LINES = 2  # of what must be looked at first


def write_heading(figure: Figure, stamp: Stamp, beneath: str = "") -> None:
    """Write a stamp at the top of a chart, and notes at its foot."""
    wide, high = figure.get_size_inches()
    left, y = EDGE_INCHES / wide, high - EDGE_INCHES
    doubts = QUIET if stamp.first == NOTHING else LOUD
    for text, font in ((f"{stamp.case} · {stamp.flr}", NAME), (stamp.first, doubts)):
        for line in wrap(text, font, (wide - 2 * EDGE_INCHES) * DPI, MOST_LINES):
            _write(figure, line, (left, y / high), font)
            y -= font.line_px / DPI
    y = EDGE_INCHES / 2 + QUIET.line_px / DPI * (2 if beneath else 1)
    for text in (beneath, RESEARCH) if beneath else (RESEARCH,):
        _write(figure, text, (left, y / high), QUIET)
        y -= QUIET.line_px / DPI


def _write(figure: Figure, line: str, at: tuple[float, float], font: Font) -> None:
    figure.text(
        *at, line, fontsize=font.points, color=font.colour, va="top",
        fontweight="bold" if font.bold else "normal", parse_math=False,
    )  # fmt: skip


SIZE_PX = (700, 150)  # without a stamp
TEXT, BOLD = Font(8.5), Font(9.5, True)
INK, LIMIT = "#1a1a1a", "#5a5a5a"
LEFT_PX, RIGHT_PX, AXIS_PX = 14, 686, 112  # ends of the line of percent, and its height
TICK_PX, NUMBER_PX = 7, 134  # length of a tick, height of the numbers beneath
LIMIT_PX, NAME_PX = 27, 14  # upper end of a limit, height of its name
BAR_PX, END_PX, VALUE_PX, MARK_PX = 80, 14, 52, 12  # interval, its ends, the share, half its mark
AXIS, BAR, LIMIT_LINE = Line(INK, 0.8), Line(INK, 2.2), Line(LIMIT, 1.2, (4.0, 2.0))


def draw_interval(record: PlanRecord, share: str, form: Print, stamp: Stamp | None = None) -> bytes:
    """Draw a share of the record, such as "flr", its interval, and each limit on it."""
    found = record.volumes.find_share(share)
    assert found is not None  # a share that has its ratio
    value = found[1]
    ends = record.ratios.by_part[share].ends_percent
    limits = sorted({one.limit_percent for one in record.thresholds if one.is_on(share)})
    shown = value.value, f"{value.shown} %"
    sheet, (wide, tall) = Sheet(), SIZE_PX
    top = 0 if stamp is None else round(stamp.put(sheet, wide))

    def draw(canvas: Canvas) -> None:
        sheet.draw(canvas)
        _draw(canvas.within((0, top), SIZE_PX), shown, ends, limits)

    return form.draw((wide, tall + top), draw)


def _draw(
    canvas: Canvas, value: tuple[float, str], ends: tuple[float, float], limits: list[float]
) -> None:
    (place, text), (low, high) = value, ends
    axis = Axis.around((low, high, place, *limits))

    def at(percent: float) -> float:
        return LEFT_PX + axis.at(percent) / 100 * (RIGHT_PX - LEFT_PX)

    places = ((LEFT_PX + place / 100 * (RIGHT_PX - LEFT_PX), text) for place, text in axis.ticks())
    _draw_axis(canvas, places)
    for limit in limits:
        _draw_line(canvas, (at(limit), LIMIT_PX), (at(limit), AXIS_PX), LIMIT_LINE)
        canvas.write(f"{as_plain(limit)} %", (at(limit), NAME_PX), replace(TEXT, colour=LIMIT))
    _draw_line(canvas, (at(low), BAR_PX), (at(high), BAR_PX), BAR)
    for end in (low, high):
        _draw_line(canvas, (at(end), BAR_PX - END_PX), (at(end), BAR_PX + END_PX), BAR)
    x, y, half = at(place), BAR_PX, MARK_PX
    mark = [(x - half, y), (x, y - half), (x + half, y), (x, y + half), (x - half, y)]
    canvas.fill(as_path(mark), INK)
    wide, tall = width_px(text, BOLD) / 2 + 2, BOLD.line_px / 2 - 2
    canvas.fill(as_box(x - wide, VALUE_PX - tall, x + wide, VALUE_PX + tall), "#ffffff")
    canvas.write(text, (x, VALUE_PX), BOLD)


def _draw_axis(canvas: Canvas, ticks: Iterable[tuple[float, str]]) -> None:
    _draw_line(canvas, (LEFT_PX, AXIS_PX), (RIGHT_PX, AXIS_PX), AXIS)
    for x, text in ticks:
        _draw_line(canvas, (x, AXIS_PX), (x, AXIS_PX + TICK_PX), AXIS)
        canvas.write(text, (x, NUMBER_PX), TEXT)


def _draw_line(
    canvas: Canvas, start: tuple[float, float], stop: tuple[float, float], line: Line
) -> None:
    canvas.line(as_path([start, stop], closed=False), line)
