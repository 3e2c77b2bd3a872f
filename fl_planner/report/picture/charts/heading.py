"""What a chart bears above and beneath its panels: case, plan, FLR, doubts, research use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fl_planner.report.picture.draw.font import DPI, Font, wrap
from fl_planner.report.picture.stamp import LOUD, NAME, NOTHING, QUIET, RESEARCH, Stamp

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD_INCHES, EDGE_INCHES = 0.8, 0.12
MOST_LINES = 2  # of what must be looked at first


def write_heading(figure: Figure, stamp: Stamp, beneath: str = "") -> None:
    """Write a stamp at the top of a chart, and what else is to be known at its foot."""
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
