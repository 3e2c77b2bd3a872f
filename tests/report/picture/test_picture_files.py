"""Pictures as bytes: size, format, no clock, and no user's style."""

from io import BytesIO

import matplotlib
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from msgspec import structs

from fl_planner.report.picture.charts.interval import draw_interval
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.slices.three_cuts import WIDTH_PX, draw_cuts
from tests.record.planned import WHOLE, made
from tests.report.picture.test_contact_sheet import picture


def line() -> Figure:
    figure = Figure((2, 1))
    figure.add_axes((0.1, 0.1, 0.8, 0.8)).plot([0, 1])
    return figure


def test_resolution_is_pixels_to_the_inch() -> None:
    assert imread(BytesIO(Print(dpi=100).write(line))).shape[:2] == (100, 200)
    assert imread(BytesIO(Print(dpi=300).write(line))).shape[:2] == (300, 600)


@pytest.mark.parametrize("form", [Print(), Print("svg")], ids=str)
def test_a_user_s_style_changes_nothing(form: Print) -> None:
    plain = form.write(line)
    with matplotlib.rc_context({"lines.linewidth": 9, "figure.facecolor": "red"}):
        assert form.write(line) == plain


def test_no_clock_and_no_program_in_the_bytes() -> None:
    drawing = Print("svg").write(line)
    assert b"<dc:date>" not in drawing
    assert b"Software" not in Print().write(line)


def test_cuts_are_drawn_with_their_legend() -> None:
    written, sections = draw_cuts(picture(), Print())
    assert len(sections) == 3
    assert imread(BytesIO(written)).shape[1] == WIDTH_PX
    assert written == draw_cuts(picture(), Print())[0]


def test_a_legend_takes_as_many_rows_as_it_needs() -> None:
    from fl_planner.report.picture.draw.sheet import Sheet
    from fl_planner.report.picture.slices.three_cuts import lay_legend

    rows = lay_legend(Sheet(), (("liver", "word " * 9), ("tumour", "word " * 9)), 500, 0.0)
    assert [row for _, _, row in rows] == [0, 1]
    assert [x for _, x, _ in rows] == [0, 0]


def test_an_interval_is_drawn_against_each_limit() -> None:
    from fl_planner.record.plan import as_plan_record

    record = as_plan_record(made(WHOLE))
    drawing = draw_interval(record, "flr", Print("svg"))
    assert drawing == draw_interval(record, "flr", Print("svg"))
    # without limits two dashed lines are missing
    bare = draw_interval(structs.replace(record, thresholds=[]), "flr", Print("svg"))
    assert drawing.count(b"stroke-dasharray") == 2
    assert bare.count(b"stroke-dasharray") == 0
