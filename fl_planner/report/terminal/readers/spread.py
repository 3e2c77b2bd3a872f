"""What the interval rests on, and a second reading beside the first, as lines of a table."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.record.ratios import RatiosRecord, SecondReaderRecord, SpreadRecord
from fl_planner.report import words as say

NAMES = {"flr": "FLR", "liver": "liver", "tumour": "tumour"}


def spread_rows(ratios: RatiosRecord) -> Iterable[RenderableType]:
    """Tell what else than readers in print makes an interval, and how a second reader read."""
    if ratios.flr is not None:
        yield from _spread(say.PARTS["flr"], ratios.flr.ratio.cv)
        yield from _second(ratios.flr.second_reader)
    if ratios.untreated is not None:
        yield from _spread(say.PARTS["untreated"], ratios.untreated.ratio.cv)


def _spread(part: str, cv: SpreadRecord) -> Iterable[RenderableType]:
    if cv.centre is not None:
        yield _line(f"{part}: by this centre's own readers, {cv.centre.words}")
    if cv.decided_by == "geometry":
        yield _line(f"{part}: no less, for the masks' own steps tell it no better")
    if cv.contour_widening is not None:
        widening = as_number(100 * cv.contour_widening)
        yield _line(f"{part}: each end {widening} % of it farther out, drawn from contours")
    if cv.registration_sd is not None:
        carried = as_number(100 * cv.registration_sd)
        yield _line(f"{part}: wider by masks that were carried, which alone scatter by {carried} %")


def _second(second: SecondReaderRecord | None) -> Iterable[RenderableType]:
    if second is None:
        return
    points = second.difference_points
    apart = f"{'+' if points > 0 else ''}{as_number(points)} points"
    yield _line(f"FLR by the second reader: {second.percent.shown} % ({apart})")
    for one in second.structures:
        told = f"{NAMES[one.name]} {as_ml(one.first_ml)} and {as_ml(one.second_ml)}"
        if one.dice is not None:
            told += f", Dice {as_number(one.dice, (1,), 2)}"
        if one.mean_surface_mm is not None and one.surface_95_mm is not None:
            mean, far = as_number(one.mean_surface_mm), as_number(one.surface_95_mm)
            told += f", surfaces {mean} mm apart, 95 % within {far} mm"
        yield _line(f"  {told}")


def _line(words: str) -> Text:
    return Text(f"  {words}", style="dim")
