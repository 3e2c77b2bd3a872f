"""Chart of growth: FLR of each scan with its limits, and the gain.

Only measured scans are shown: lines do not extend beyond the last scan or across an embolisation,
and trial arms are not drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.shown import as_ml, as_number, as_plain
from fl_planner.basis.standing_words import INTERVAL
from fl_planner.record.growth import GrowthKeys, GrowthLimitsRecord, GrowthRecord
from fl_planner.record.growth_scan import ScanRecord
from fl_planner.record.head import state_not_answered
from fl_planner.report.picture.charts.heading import HEAD_INCHES, write_heading
from fl_planner.report.picture.draw.canvas import DPI, Stamp, format_first_finding, name_case
from fl_planner.report.picture.draw.picture_files import PNG, Print
from fl_planner.report.words import PER_MIN_M2

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_INCHES, HIGH_INCHES = 3.4, 3.5  # of one panel
INK, QUIET, STALE, LIMIT = "#00603a", "#4a4a4a", "#a00020", "#0a0a0a"
FUNCTION = "FLR function"
APART = 5  # from an interval to the words of its scan, in points
TREATMENTS = {"Y90": "radioembolisation"}  # by what was closed; all else is an embolisation
BARS = f"Bars: {INTERVAL}. No line connects a scan before an embolisation to a scan after it."
OF_CT = " FLR function is shown on the day of the CT, not of the scintigraphy."

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A scan in a panel: day, value, its text, and its interval."""

    day: int
    value: float
    words: str
    ends: Span
    stale: bool


@dataclass(frozen=True, slots=True)
class DayPanel:
    """A quantity by day, with its limits and their texts."""

    title: str
    unit: str
    marks: tuple[Mark, ...]
    limits: tuple[tuple[float, str], ...] = ()


def draw_growth(record: GrowthRecord, form: Print = PNG) -> bytes:
    """Draw the chart; same record, same bytes."""
    return form.write(lambda: make_figure(record))


def make_figure(record: GrowthRecord) -> Figure:
    """Build the chart with a panel for each quantity."""
    from matplotlib.figure import Figure

    panels = (*_panels(record.story),)
    wide, high = PANEL_INCHES * len(panels), HIGH_INCHES + HEAD_INCHES
    figure = Figure((wide, high), DPI, facecolor="white")
    for panel, axis in zip(panels, figure.subplots(1, len(panels), sharex=True), strict=True):
        _draw(axis, panel, record.story)
    figure.subplots_adjust(
        left=0.7 / wide, right=1 - 0.5 / wide, wspace=0.45,
        bottom=0.95 / high, top=(HIGH_INCHES - 0.2) / high,
    )  # fmt: skip
    has_function = any(panel.title == FUNCTION for panel in panels)
    write_heading(figure, _stamp(record), BARS + OF_CT * has_function)
    return figure


def find_runs(days: Sequence[int], *, embolised: bool) -> Iterator[list[int]]:
    """List the scans joined by a line, by position: those on one side of an embolisation.

    If no embolisation is known, scans are not joined, because events between them are unknown.

    Examples
    --------
    >>> [*find_runs([-10, 0, 21, 42], embolised=True)]
    [[0, 1], [2, 3]]
    >>> [*find_runs([0, 52], embolised=False)]
    [[0], [1]]
    """
    sides = [day > 0 for day in days] if embolised else [*range(len(days))]
    for side in dict.fromkeys(sides):
        yield [place for place, one in enumerate(sides) if one == side]


def _panels(story: GrowthKeys) -> Iterator[DayPanel]:
    limits = story.limits or GrowthLimitsRecord(flr_percent=())
    scans, fixed = story.time_points, story.denominator.ml
    shares = tuple(
        _mark(
            one,
            one.flr_percent_anew,
            f"{one.flr_percent_anew_shown} %",
            one.flr_percent_anew_interval,
        )
        for one in scans
    )
    written = tuple((limit, f"{as_plain(limit)} %") for limit in limits.flr_percent)
    whole = story.denominator.whole.partition(" (")[0]  # the axis has no room for the reason
    yield DayPanel("FLR and limits", f"% of the {whole} on each scan", shares, written)
    gained = tuple(
        _mark(one, one.flr_percent_fixed, as_ml(one.flr_ml), _of_fixed(one, fixed)) for one in scans
    )
    yield DayPanel("FLR growth", f"% of the baseline liver ({as_ml(fixed)})", gained)
    least = limits.function_pct_per_min_per_m2
    asked = [] if least is None else [least]
    function = tuple(
        _mark(one, known, as_number(known, map(_exact, asked), 2), None)
        for one in scans
        if (known := one.function_pct_per_min_per_m2) is not None
    )
    if function:
        written = tuple((limit, f"> {as_plain(limit)}") for limit in asked)
        yield DayPanel(FUNCTION, PER_MIN_M2, function, written)


def _of_fixed(one: ScanRecord, fixed: float) -> Span:
    low, high = one.flr_interval_ml
    return 100 * low / fixed, 100 * high / fixed


def _mark(one: ScanRecord, value: float, words: str, ends: Span | None) -> Mark:
    stale = " (stale)" if one.stale else ""
    return Mark(one.days, value, f"{words}{stale}", ends or (value, value), one.stale)


def _draw(axis: Axes, panel: DayPanel, story: GrowthKeys) -> None:
    done = story.embolisation
    treatment = None if done is None else TREATMENTS.get(done.kind, "embolisation")
    embolised = treatment is not None
    for run in find_runs([one.day for one in panel.marks], embolised=embolised):
        marks = [panel.marks[place] for place in run]
        days, values = [one.day for one in marks], [one.value for one in marks]
        reach = [[abs(one.value - one.ends[end]) for one in marks] for end in (0, 1)]
        axis.errorbar(days, values, yerr=reach, color=INK, fmt="o:", capsize=4, linewidth=1.2)
    for place, one in enumerate(panel.marks):  # by turns above and below: days may be near
        above = place % 2 == 0
        axis.annotate(
            one.words, (one.day, one.ends[above]), (0, APART if above else -APART), fontsize=8,
            textcoords="offset points", ha="center", va="bottom" if above else "top",
            color=STALE if one.stale else INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip
    for limit, words in panel.limits:
        axis.axhline(limit, color=LIMIT, linewidth=1.0, linestyle=(0, (4, 2)))
        axis.annotate(
            words, (1, limit), (3, 0), xycoords=("axes fraction", "data"), fontsize=8,
            textcoords="offset points", color=LIMIT, va="center",
        )  # fmt: skip
    _write_axes(axis, panel, treatment)


def _write_axes(axis: Axes, panel: DayPanel, treatment: str | None) -> None:
    if treatment is not None:
        axis.axvline(0, color=QUIET, linewidth=0.8, linestyle=":")
        axis.annotate(
            treatment, (0, 0), (3, 4), xycoords=("data", "axes fraction"),
            textcoords="offset points", fontsize=8, color=QUIET,
        )  # fmt: skip
    ends = [end for one in panel.marks for end in one.ends] + [one for one, _ in panel.limits]
    axis.set_ylim(0, 1.15 * max(ends))
    axis.margins(x=0.22)
    axis.set_title(panel.title, fontsize=9, fontweight="bold", loc="left")
    axis.set_xlabel(f"days from the {treatment or 'first scan'}", fontsize=8.5)
    axis.set_ylabel(panel.unit, fontsize=8.5)
    axis.tick_params(labelsize=8)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _stamp(record: GrowthRecord) -> Stamp:
    """Build the stamp, with the FLR of the latest scan."""
    latest = record.story.time_points[-1]
    whole = record.story.denominator.whole
    percent = f"{latest.flr_percent_anew_shown} % of the {whole} on that scan"
    share = f"{as_ml(latest.flr_ml)} = {percent}"
    first = state_not_answered(record, "growth")
    first = f"Growth {first}" if first else format_first_finding(record.findings)
    case = name_case(latest.id, latest.plan)
    return Stamp(case, f"FLR on day {latest.days}: {share}", first)


def _exact(number: float) -> Fraction:
    return Fraction(str(number))
