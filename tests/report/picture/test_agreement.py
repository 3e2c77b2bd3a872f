"""Chart of agreement: the values of its lines."""

from itertools import pairwise

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fl_planner.report.picture.charts.agreement import write_values


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ((1.39, 1.33, 1.46), ["+1.3", "+1.4", "+1.5"]),  # one pixel apart on an axis to 2
        ((0.0, -1.5, 1.5), ["-1.5", "0.0", "+1.5"]),
        ((0.25,), ["+0.3"]),
    ],
)
def test_values_of_close_lines_do_not_overlap(values: tuple[float, ...], shown: list[str]) -> None:
    figure = Figure((3.4, 2.8))
    axis = figure.subplots()
    axis.set_ylim(-2, 2)
    write_values(figure, axis, values)
    assert [text.get_text() for text in axis.texts] == shown
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    boxes = [text.get_window_extent(renderer) for text in axis.texts]
    for below, above in pairwise(boxes):
        assert below.y1 <= above.y0 + 0.5


def test_a_value_alone_is_at_its_line_and_the_lowest_of_several_below_its_own() -> None:
    figure = Figure((3.4, 2.8))
    alone, several = figure.subplots(1, 2)
    for axis in (alone, several):
        axis.set_ylim(0, 4)
    write_values(figure, alone, (1.0,))
    write_values(figure, several, (3.0, 1.0))
    (at,) = (text.xy[1] for text in alone.texts)
    low, high = (text.xy[1] for text in several.texts)
    assert (at, high) == (pytest.approx(0.25), pytest.approx(0.75))
    assert low < 0.25
