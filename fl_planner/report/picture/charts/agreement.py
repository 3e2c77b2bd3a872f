"""Chart of reader agreement: differences between two readers against their mean, with limits.

Bland and Altman 1986: a row for each pair of readers, a column for the FLR in percent, the FLR and
the liver in mL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import as_number
from fl_planner.record.agreement import (
    AgreedCaseRecord,
    AgreementAnswer,
    CaseReadingRecord,
    DifferencesRecord,
    QuantityAgreementRecord,
)
from fl_planner.report.picture.draw.canvas import DPI, Font, as_printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = ("flr_percent", "flr_ml", "liver_ml")
MOST_PAIRS = 6  # rows; the table contains more
WIDE_INCHES, HIGH_INCHES, FOOT_INCHES = 3.4, 2.8, 0.55
INK, QUIET = "#00603a", "#4a4a4a"
BANDS = ("#a9cdbb", "#dfece5", "#dfece5")  # of the bias, and of both limits
ROOM = 0.2  # right of the points, for numbers
LINE_POINTS = 9  # from number to number, at least
FOOT = (
    "Solid line: bias. Dashed lines: 95 % limits of agreement. Bands: 95 % confidence intervals of "
    "bias and limits."
)
WORDS = {"flr_percent": "FLR, %", "flr_ml": "FLR, mL", "liver_ml": "Whole liver, mL"}


@dataclass(frozen=True, slots=True)
class DifferencePanel:
    """One pair of readers and one quantity: means, differences and their statistics."""

    quantity: str
    pair: DifferencesRecord
    points: tuple[tuple[float, float], ...]


def make_figure(record: AgreementAnswer) -> Figure:
    """Build the chart."""
    from matplotlib.figure import Figure

    rows = [*_rows(record)]
    columns = max(map(len, rows))
    wide, high = WIDE_INCHES * columns, HIGH_INCHES * len(rows) + FOOT_INCHES
    figure = Figure((wide, high), DPI, facecolor="white")
    grid, drawn = figure.subplots(len(rows), columns, squeeze=False), []
    for axes, row in zip(grid, rows, strict=True):
        for axis in axes[len(row) :]:
            axis.set_axis_off()
        for axis, panel in zip(axes, row, strict=False):
            _draw(axis, panel)
            drawn.append((axis, panel.pair))
    figure.subplots_adjust(
        left=0.7 / wide, right=1 - 0.15 / wide, wspace=0.32, hspace=0.55,
        bottom=(FOOT_INCHES + 0.45) / high, top=1 - 0.35 / high,
    )  # fmt: skip
    for axis, pair in drawn:
        write_values(figure, axis, (pair.bias, *(pair.limits_of_agreement or ())))
    for line, text in enumerate((FOOT, f"{record.notice[:1].upper()}{record.notice[1:]}.")):
        figure.text(0.12 / wide, (0.32 - 0.18 * line) / high, text, fontsize=6.5, color=QUIET)
    return figure


def _rows(record: AgreementAnswer) -> Iterator[list[DifferencePanel]]:
    """Return a row of panels for each pair of readers with a case in common."""
    quantities = [one for name in SHOWN for one in record.quantities if one.name == name]
    pairs = dict.fromkeys((one.first, one.second) for each in quantities for one in each.pairs)
    for names in [*pairs][:MOST_PAIRS]:
        yield [panel for one in quantities for panel in _panel(record, one, names)]


def _panel(
    record: AgreementAnswer, quantity: QuantityAgreementRecord, names: tuple[str, str]
) -> Iterator[DifferencePanel]:
    for pair in quantity.pairs:
        if (pair.first, pair.second) == names:
            points = (
                point for case in record.cases for point in _point(case, quantity.name, names)
            )
            yield DifferencePanel(quantity.name, pair, (*points,))


def _point(
    case: AgreedCaseRecord, quantity: str, names: tuple[str, str]
) -> Iterator[tuple[float, float]]:
    """Return mean and difference of an included case, if both readers have the quantity."""
    amounts = {one.reader: _amount(one, quantity) for one in case.readings}
    one, other = (amounts.get(name) for name in names)
    if case.counts and one is not None and other is not None:
        yield (one + other) / 2, other - one


def _amount(reading: CaseReadingRecord, quantity: str) -> float | None:
    if quantity == "flr_percent":
        return None if reading.flr_percent is None else reading.flr_percent.value
    return reading.flr_ml if quantity == "flr_ml" else reading.liver_ml


def _draw(axis: Axes, panel: DifferencePanel) -> None:
    pair = panel.pair
    axis.axhline(0, color="#bdbdbd", lw=0.8)
    intervals = pair.bias_interval, pair.low_interval, pair.high_interval
    for order, (ends, colour) in enumerate(zip(intervals, BANDS, strict=True)):
        if ends is not None:
            axis.axhspan(*ends, color=colour, lw=0, zorder=-order)
    axis.axhline(pair.bias, color=INK, lw=1.4)
    for limit in pair.limits_of_agreement or ():
        axis.axhline(limit, color=INK, lw=1.1, ls=(0, (5, 3)))
    if panel.points:
        means, differences = zip(*panel.points, strict=True)
        axis.plot(means, differences, "o", ms=4, mfc="white", mec="#0a0a0a", mew=1.0)
    axis.set_title(
        f"{WORDS[panel.quantity]} ({format_count(pair.cases, 'case')})", fontsize=8.5, loc="left"
    )
    axis.set_xlabel("mean of the two readers", fontsize=7.5)
    names = as_printable(f"{pair.second} minus {pair.first}", Font(7.5))
    axis.set_ylabel(names, fontsize=7.5, parse_math=False)
    axis.tick_params(labelsize=7)
    axis.margins(x=0.08, y=0.1)
    left, right = axis.get_xlim()
    axis.set_xlim(left, right + ROOM * (right - left))
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def write_values(figure: Figure, axis: Axes, values: Iterable[float]) -> None:
    """Write the value of each line above it, of the lowest of several below it, without overlap."""
    high = 72 * figure.get_size_inches()[1] * axis.get_position().height  # points
    start, stop = axis.get_ylim()
    every, lowest = sorted(values), float("-inf")
    for number, value in enumerate(every):
        below = LINE_POINTS + 2 if len(every) > 1 and number == 0 else 0
        at = max(high * (value - start) / (stop - start) - below, lowest)
        lowest = at + LINE_POINTS
        text = f"{'+' if value > 0 else ''}{as_number(value, (), 1)}"
        axis.annotate(
            text, (1, at / high), (-3, 2), xycoords="axes fraction", fontsize=7, color=INK,
            textcoords="offset points", ha="right", va="bottom",
        )  # fmt: skip
