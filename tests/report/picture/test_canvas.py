"""What is drawn lies where it was put, at every resolution, and nothing leaves its part."""

import re
from base64 import b64decode
from collections.abc import Callable
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.image import imread

from fl_planner.report.picture.draw.canvas import Canvas, Font, Line, as_box, as_path
from fl_planner.report.picture.draw.picture_files import Print

SIZE_PX = (60, 40)
BLACK, RED = "#000000", "#ff0000"
DPIS = (75, 150, 300)
GREYS = np.array([[10, 60, 110], [160, 200, 250]], np.uint8)  # of an image: 3 wide, 2 high


def drawn(draw: Callable[[Canvas], None], dpi: int = 150) -> npt.NDArray[np.uint8]:
    """Give red, green and blue, [row, column, 3]."""
    pixels = np.asarray(imread(BytesIO(Print(dpi=dpi).draw(SIZE_PX, draw))))
    assert pixels.shape[2] == 3  # the paper is opaque
    whole: npt.NDArray[np.uint8] = np.rint(pixels * 255).astype(np.uint8)
    return whole


def ink(pixels: npt.NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Find where anything is drawn: first and last row, first and last column."""
    rows, columns = np.nonzero((pixels != 255).any(axis=2))
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


@pytest.mark.parametrize("dpi", DPIS)
def test_a_page_is_white_and_as_large_as_its_resolution_states(dpi: int) -> None:
    pixels = drawn(lambda _: None, dpi)
    assert pixels.shape[:2] == (40 * dpi / 150, 60 * dpi / 150)
    assert (pixels == 255).all()


@pytest.mark.parametrize("dpi", DPIS)
def test_places_run_from_the_upper_left_of_a_part(dpi: int) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.within((10, 20), (30, 10)).fill(as_box(2, 4, 8, 6), RED)

    pixels, px = drawn(draw, dpi), dpi / 150
    assert ink(pixels) == (24 * px, 26 * px - 1, 12 * px, 18 * px - 1)
    assert pixels[int(24 * px), int(12 * px)].tolist() == [255, 0, 0]


def test_a_part_of_a_part_starts_in_its_corner() -> None:
    def draw(canvas: Canvas) -> None:
        inner = canvas.within((10, 20), (30, 10)).within((5, 3), (4, 4))
        inner.fill(as_box(-9, -9, 99, 99), BLACK)

    assert ink(drawn(draw)) == (23, 26, 15, 18)


def test_nothing_leaves_a_part() -> None:
    def draw(canvas: Canvas) -> None:
        part = canvas.within((20, 10), (8, 6))
        part.line(as_path([(-50, 3), (50, 3)], closed=False), Line(BLACK, 9, halo=RED))
        part.write("mmmm", (4, 3), Font(20))
        part.write("mmmm", (4, 3), Font(20), halo=RED)

    assert ink(drawn(draw)) == (10, 15, 20, 27)


def test_h02_an_image_keeps_its_greys_and_its_upper_left() -> None:
    pixels = drawn(lambda canvas: canvas.within((7, 5), (3, 2)).image(GREYS))
    assert ink(pixels) == (5, 6, 7, 9)
    assert (pixels[5:7, 7:10] == GREYS[:, :, None]).all()


def test_an_image_at_twice_the_resolution_repeats_its_pixels() -> None:
    pixels = drawn(lambda canvas: canvas.within((7, 5), (3, 2)).image(GREYS), 300)
    twice = GREYS.repeat(2, axis=0).repeat(2, axis=1)
    assert (pixels[10:14, 14:20] == twice[:, :, None]).all()
    assert ink(pixels) == (10, 13, 14, 19)


def test_a_smooth_image_keeps_its_mean_in_fewer_pixels() -> None:
    fine = np.indices((8, 8)).sum(axis=0) % 2 * 255  # a chessboard
    colours = np.repeat(fine[:, :, None], 3, axis=2).astype(np.uint8)

    def draw(canvas: Canvas) -> None:
        canvas.within((8, 8), (8, 8)).image(colours, smooth=True)

    assert drawn(draw, 75)[4:8, 4:8].mean() == pytest.approx(127.5, abs=2)


def test_h02_an_svg_holds_the_image_upright_at_its_place() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.within((15, 10), (3, 2)).image(GREYS)

    drawing = Print("svg").draw(SIZE_PX, draw).decode()
    (held,) = re.findall(r"base64,\s*([^\"]+)\"", drawing)
    upwards = imread(BytesIO(b64decode(held)))  # the drawing turns it over
    assert np.rint(upwards[::-1, :, 0] * 255).tolist() == GREYS.tolist()
    (element,) = re.findall(r"<image [^>]*>", drawing.replace(held, ""))
    assert 'transform="scale(1 -1)' in element
    x, y = (float(re.findall(rf' {of}="([^"]+)"', element)[0]) for of in "xy")
    assert x == pytest.approx(15 * 72 / 150, abs=1e-3)
    # from the foot of the page to that of the image, turned over and moved by its height
    height = 2 * 72 / 150
    assert f"translate(0 -{height:g})" in element
    assert y == pytest.approx(-10 * 72 / 150, abs=1e-3)


@pytest.mark.parametrize("halo", [None, RED])
@pytest.mark.parametrize("dpi", DPIS)
def test_text_is_around_its_middle_or_right_of_it(halo: str | None, dpi: int) -> None:
    px = dpi / 150
    centred = ink(drawn(lambda c: c.write("H", (30, 20), Font(9.0, True), halo=halo), dpi))
    assert (centred[0] + centred[1] + 1) / 2 == pytest.approx(20 * px, abs=1.1)
    assert (centred[2] + centred[3] + 1) / 2 == pytest.approx(30 * px, abs=1.1)
    right = ink(drawn(lambda c: c.write("H", (30, 20), Font(9.0), halo=halo, centred=False), dpi))
    assert right[2] >= 30 * px - (3 if halo else 0) * px


def test_a_halo_is_beneath_and_next_to() -> None:
    def draw(canvas: Canvas) -> None:
        path = as_path([(10, 20), (50, 20)], closed=False)
        canvas.line(path, Line(BLACK, 2.0, halo=RED, halo_points=4.0))

    column = drawn(draw)[:, 30].tolist()
    assert column[20] == [0, 0, 0]
    assert column[16] == column[23] == [255, 0, 0]


def test_dashes_are_in_widths_of_the_line() -> None:
    def draw(canvas: Canvas) -> None:
        # 0.96 points are 2 px: lines of 10 px, gaps of 6 px
        canvas.line(as_path([(0, 20), (60, 20)], closed=False), Line(BLACK, 0.96, (5.0, 3.0)))

    row = drawn(draw)[20, :, 0]
    starts = np.flatnonzero((row[1:] < 128) & (row[:-1] >= 128))
    assert np.diff(starts) == pytest.approx([16, 16], abs=1)


def test_a_path_of_two_loops_has_a_hole_and_one_of_none_draws_nothing() -> None:
    outer = [(10, 10), (30, 10), (30, 30), (10, 30), (10, 10)]
    inner = [(15, 15), (15, 25), (25, 25), (25, 15), (15, 15)]  # the other way round
    pixels = drawn(lambda canvas: canvas.fill(as_path(outer, inner), BLACK))
    assert pixels[12, 12].tolist() == [0, 0, 0]
    assert pixels[20, 20].tolist() == [255, 255, 255]
    assert (drawn(lambda canvas: canvas.fill(as_path(), BLACK)) == 255).all()


def test_a_colour_may_be_seen_through() -> None:
    pixels = drawn(lambda canvas: canvas.fill(as_box(0, 0, 60, 40), (1.0, 0.0, 0.0, 0.5)))
    assert pixels[20, 30].tolist() == pytest.approx([255, 127, 127], abs=1)
