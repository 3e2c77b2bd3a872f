"""Chart of liver function: curves with their window, regions, and masks on the counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import InputRefused
from fl_planner.function.orientation import NO_SHIFT, Parts, SpectMapper
from fl_planner.function.scintigram import Scintigram, count_regions
from fl_planner.record.function import ScintigraphyRecord
from fl_planner.record.head import SEE, FindingRecord
from fl_planner.report.picture.charts.heading import HEAD_INCHES, write_heading
from fl_planner.report.picture.draw.canvas import DPI, Stamp, format_first_finding
from fl_planner.report.words import PER_MIN_M2, stated
from fl_planner.space.grid import Grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fl_planner.planning.assessment.function import LiverFunction

SIZE_INCHES = (11.0, 4.8)
COLOURS = {
    "liver": "#8c2d04",
    "heart": "#08519c",
    "field": "#4a4a4a",
    "flr": "#56b4e9",
}  # also distinguishable by lightness
VIEWS = (("axial", 2, 0, 1), ("coronal", 1, 0, 2))  # name, across, columns, rows: RAS axes
HOT_PERCENTILE = 99.5  # of the counts, drawn as the darkest

Floats = npt.NDArray[np.float64]


def plan_function(
    function: LiverFunction,
    parts: Parts | None,
    measured: ScintigraphyRecord,
    case: str,
    findings: Iterable[FindingRecord],
) -> Callable[[], Figure]:
    """Prepare a picture with the name of its case, for any format; same bytes.

    Raises `InputRefused`: `function.nothing_to_draw` without curves and without a SPECT with
    masks.
    """
    panels = [*_panels(function, parts)]
    if not panels:
        reason = "the chart requires curves, or a SPECT and a remnant; neither is available"
        remedy = "give a dynamic study or curves, or a SPECT and the remnant"
        raise InputRefused("function.nothing_to_draw", function.given.source, reason, remedy)
    return lambda: _draw(panels, Stamp(case, _title(measured), format_first_finding(findings)))


def _draw(panels: list[Any], stamp: Stamp) -> Figure:
    from matplotlib.figure import Figure

    wide, high = SIZE_INCHES
    figure = Figure(SIZE_INCHES, DPI, facecolor="white")
    widths = [2.0 if name == "curves" else 1.0 for name, _ in panels]
    axes = figure.subplots(1, len(panels), squeeze=False, width_ratios=widths)[0]
    for (_, draw), axis in zip(panels, axes, strict=True):
        draw(axis)
    figure.subplots_adjust(
        left=0.66 / wide, right=0.985, wspace=0.18,
        bottom=0.72 / high, top=1 - (HEAD_INCHES + 0.3) / high,
    )  # fmt: skip
    write_heading(figure, stamp)
    return figure


def _panels(function: LiverFunction, parts: Parts | None) -> Any:
    given = function.given
    if function.clearance is not None:
        yield "curves", lambda axis: _draw_curves(axis, function)
    if given.study is not None:
        yield "regions", lambda axis: _draw_regions(axis, function, given.study)
    if given.spect is not None and parts is not None:
        for view in VIEWS:
            yield view[0], _fusion(function, parts, view)


def _title(measured: ScintigraphyRecord) -> str:
    """Format the numbers, and whether they were validated locally."""
    parts = [f"validated locally: {stated(measured.validated_locally)}"]
    if measured.clearance is not None and measured.clearance.shown is not None:
        parts.append(f"whole liver {measured.clearance.shown} {PER_MIN_M2}")
    if measured.share is not None:
        parts.append(f"FLR {measured.share.percent_shown} % of the counts")
    if measured.flr_shown is not None:
        parts.append(f"FLR {measured.flr_shown} {PER_MIN_M2}")
    if not measured.usable:
        parts.append(SEE)
    return " · ".join(parts)


def _draw_curves(axis: Axes, function: LiverFunction) -> None:
    """Draw the curves as shares of the whole field at the start of the window."""
    given, window = function.given, function.given.window
    activity = given.activity
    if given.study is not None and given.regions is not None:
        activity = count_regions(given.study, given.regions)
    assert activity is not None
    whole = activity.total.at(window.start_s)
    for name, curve in (
        ("field", activity.total), ("liver", activity.liver), ("heart", activity.blood),
    ):  # fmt: skip
        shares = [float(100 * count / whole) for count in curve.counts]
        times = [float(time) for time in curve.times_s]
        axis.plot(times, shares, color=COLOURS[name], label=name, marker=".", markersize=3)
    axis.axvspan(float(window.start_s), float(window.stop_s), color="#dddddd", zorder=0)
    axis.set_xlabel("seconds from the start of the series", fontsize=8)
    axis.set_ylabel("% of whole-field counts at start of window", fontsize=8)
    axis.set_ylim(bottom=0)
    axis.set_title("Decay-corrected counts; grey: time window", fontsize=8)
    axis.tick_params(labelsize=7)
    axis.legend(fontsize=7, loc="center left", frameon=False)


def _draw_regions(axis: Axes, function: LiverFunction, study: Scintigram | None) -> None:
    """Draw the regions on the counts of the window, from the front."""
    regions, window = function.given.regions, function.given.window
    assert study is not None
    assert regions is not None
    counts = study.sum_between(window.start_s, window.stop_s)
    axis.imshow(counts, cmap="Greys", interpolation="nearest", vmax=_hot(counts))
    for name, region in (("liver", regions.liver), ("heart", regions.heart)):
        axis.contour(region, levels=[0.5], colors=[COLOURS[name]], linewidths=1.2)
    axis.set_title("Counts from both detector heads,\nseen from the front", fontsize=8)
    _write_sides(axis)
    axis.set_axis_off()


def _write_sides(axis: Axes) -> None:
    """Write the sides, the patient's right on the left."""
    for letter, x in (("R", 0.02), ("L", 0.98)):
        axis.text(
            x, 0.5, letter, transform=axis.transAxes, fontsize=8, fontweight="bold",
            ha="center", va="center",
        )  # fmt: skip


def _fusion(function: LiverFunction, parts: Parts, view: tuple[str, int, int, int]) -> Any:
    """Draw masks on the SPECT, in the layer with most of the liver."""
    spect = function.given.spect
    assert spect is not None
    mapped = SpectMapper(spect, parts, function.given.transform).at(NO_SHIFT)
    values = spect.voxels.astype(np.float64) * spect.slope + spect.inter
    upright = [_upright(array, spect.grid) for array in (values, mapped.tissue, mapped.flr)]
    name, across, columns, rows = view
    layer = int(np.argmax(upright[1].sum(axis=(columns, rows))))
    # columns run to the patient's left, rows downwards: radiological
    planes = [array.take(layer, across).T[::-1, ::-1] for array in upright]
    edges = spect.grid.spacing_mm
    codes = [{"R": 0, "L": 0, "A": 1, "P": 1, "S": 2, "I": 2}[c] for c in spect.grid.axis_codes]
    aspect = edges[codes.index(rows)] / edges[codes.index(columns)]

    def draw(axis: Axes) -> None:
        axis.imshow(
            planes[0], cmap="Greys", interpolation="nearest", vmax=_hot(upright[0]), aspect=aspect
        )
        for plane, part in ((planes[1], "liver"), (planes[2], "flr")):
            if plane.any():
                line = "dashed" if part == "flr" else "solid"
                axis.contour(
                    plane, levels=[0.5], colors=[COLOURS[part]], linewidths=1.4, linestyles=line
                )
        axis.set_title(f"SPECT, {name}; dashed: FLR", fontsize=8)
        _write_sides(axis)
        axis.set_axis_off()

    return draw


def _upright(array: npt.NDArray[Any], grid: Grid) -> npt.NDArray[Any]:
    """Reorient an array so that its axes run right, forwards and upwards."""
    codes = grid.axis_codes
    order = [next(a for a, c in enumerate(codes) if c in pair) for pair in ("RL", "AP", "SI")]
    turned = array.transpose(order)
    flips = tuple(slice(None, None, -1) if codes[axis] in "LPI" else slice(None) for axis in order)
    return turned[flips]


def _hot(counts: npt.NDArray[Any]) -> float:
    return max(1.0, float(np.percentile(counts, HOT_PERCENTILE)))
