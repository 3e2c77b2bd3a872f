"""Pictures as bytes: size, format, no clock, and no user's style."""

import re
import zlib
from io import BytesIO
from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from msgspec import structs

from fl_planner.report.picture.charts.heading import draw_interval
from fl_planner.report.picture.draw.canvas import Font
from fl_planner.report.picture.draw.picture_files import KINDS, Print, find_print
from fl_planner.report.picture.slices.figure import CUTS_WIDTH_PX, draw_cuts, draw_figure
from tests.record.planned import WHOLE, made
from tests.refusals import refuses
from tests.report.picture.test_contact_sheet import picture


def line() -> Figure:
    figure = Figure((2, 1))
    figure.add_axes((0.1, 0.1, 0.8, 0.8)).plot([0, 1])
    return figure


def test_resolution_is_pixels_to_the_inch() -> None:
    assert imread(BytesIO(Print(dpi=100).write(line))).shape[:2] == (100, 200)
    assert imread(BytesIO(Print(dpi=300).write(line))).shape[:2] == (300, 600)


@pytest.mark.slow
@pytest.mark.parametrize("form", [Print(kind) for kind in KINDS], ids=str)
def test_a_user_s_style_changes_nothing(form: Print) -> None:
    plain = form.write(line)
    with matplotlib.rc_context({"lines.linewidth": 9, "figure.facecolor": "red"}):
        assert form.write(line) == plain


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF-")]
)
def test_a_picture_is_written_as_its_name_ends(kind: str, begins: bytes) -> None:
    for name in (f"plan.{kind}", f"plan.{kind.upper()}", f"plan.jpg.{kind}"):
        form = find_print(Path(name))
        assert form.write(line).startswith(begins)
        assert draw_figure(picture(), form).startswith(begins)


@pytest.mark.parametrize("name", ["plan.jpg", "plan", "-", ".png", "plan.png.bak"])
def test_another_ending_is_refused(name: str) -> None:
    with refuses("usage.wrong", "--picture", says=f"{name} does not end in .png or .svg or .pdf"):
        find_print(Path(name))


def test_a_pdf_has_the_page_of_its_png_and_its_words() -> None:
    """The cuts of a plan, 1600 px of 1/150 inch wide: 768 points."""
    content = draw_figure(picture(), Print("pdf"))
    (box,) = re.findall(rb"/MediaBox \[ ([\d. ]+) \]", content)
    _, _, width, height = map(float, box.split())
    rows, columns = imread(BytesIO(draw_figure(picture()))).shape[:2]
    assert width == columns * 72 / 150 == 768
    assert height == pytest.approx(rows * 72 / 150)


def test_words_are_upright_where_up_is_up() -> None:
    """A word near the top of the page stands in the upper part of a PDF, whose y goes up."""
    drawn = Print("pdf").draw(
        (300, 600), lambda canvas: canvas.write("top", (10, 30), Font(9), centred=False)
    )
    (stream,) = (zlib.decompress(one) for one in streams(drawn) if b"Tf" in zlib.decompress(one))
    ((x, y),) = re.findall(rb"1 0 -?0 1 ([\d.]+) ([\d.]+) cm", stream)
    high = 600 * 72 / 150  # points
    assert float(x) == 10 * 72 / 150
    assert float(y) == pytest.approx(high - 30 * 72 / 150, abs=4)


def streams(pdf: bytes) -> list[bytes]:
    return re.findall(rb"/FlateDecode[^>]*>>\s*stream\r?\n(.*?)\r?\nendstream", pdf, re.S)


def test_no_clock_and_no_program_in_the_bytes() -> None:
    drawing, document = Print("svg").write(line), Print("pdf").write(line)
    assert not any(word in document for word in (b"Date", b"Producer", b"Creator"))
    assert b"<dc:date>" not in drawing
    assert b"Software" not in Print().write(line)


def test_cuts_are_drawn_with_their_legend() -> None:
    written, sections = draw_cuts(picture(), Print())
    assert len(sections) == 3
    assert imread(BytesIO(written)).shape[1] == CUTS_WIDTH_PX
    assert written == draw_cuts(picture(), Print())[0]


def test_a_legend_takes_as_many_rows_as_it_needs() -> None:
    from fl_planner.report.picture.draw.canvas import Sheet
    from fl_planner.report.picture.slices.figure import arrange_legend

    rows = arrange_legend(Sheet(), (("liver", "word " * 9), ("tumour", "word " * 9)), 500, 0.0)
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
