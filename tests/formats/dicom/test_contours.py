"""Contours to voxels: areas, holes, islands, keyholes, and masks that were traced."""

from collections.abc import Sequence
from importlib import import_module
from math import dist, pi

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.formats.dicom.contours import Filled, fill
from tests.cases import how_many

Points = npt.NDArray[np.float64]
ON = (0.01, 0.01)
OFF = (0.0, 0.0)
CENTRE = (100.3, 90.7)


def circle(radius: float, centre: tuple[float, float] = CENTRE, points: int = 720) -> Points:
    turn = np.linspace(0, 2 * pi, points, endpoint=False)
    return np.column_stack([centre[0] + radius * np.cos(turn), centre[1] + radius * np.sin(turn)])


def box(x0: float, y0: float, x1: float, y1: float) -> Points:
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=float)


def count(*contours: Points, on_line: tuple[float, float] = ON) -> int:
    return int(np.count_nonzero(fill(contours, 0, on_line).voxels))


def on_grid(filled: Filled, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    plane = np.zeros(shape, dtype=bool)
    for x, y, _ in np.argwhere(filled.voxels) + filled.box.start:
        plane[x, y] = True
    return plane


@pytest.mark.parametrize("on_line", [ON, OFF])
@pytest.mark.parametrize("radius", [12.0, 40.0, 90.0])
def test_circles_have_their_area(radius: float, on_line: tuple[float, float]) -> None:
    assert count(circle(radius), on_line=on_line) == pytest.approx(pi * radius**2, rel=0.01)


def test_a_hole_and_an_island_in_it() -> None:
    nested = [circle(radius) for radius in (80.0, 50.0, 20.0)]
    area = pi * (80**2 - 50**2 + 20**2)
    assert count(*nested) == pytest.approx(area, rel=0.003)
    assert fill(nested, 0, ON).unclear == 0


def test_a_keyhole_is_a_hole() -> None:
    outer, inner = circle(60.0), circle(30.0)
    keyhole = np.vstack([outer, outer[:1], inner[::-1], inner[-1:], inner[:1]])
    assert count(keyhole) == pytest.approx(count(outer, inner), abs=60)


@pytest.mark.parametrize(
    ("on_line", "pixels"),
    [
        (ON, 11 * 11),  # every centre on the line is in
        (OFF, 10 * 10),  # of two opposite sides one
    ],
)
def test_contours_through_centres(on_line: tuple[float, float], pixels: int) -> None:
    assert count(box(5, 5, 15, 15), on_line=on_line) == pixels


def test_near_a_centre_is_on_it() -> None:
    assert count(box(5.009, 5.009, 14.991, 14.991)) == 121
    assert count(box(5.011, 5.011, 14.989, 14.989)) == 81


@pytest.mark.parametrize("points", [[[3, 4]], [[3, 4], [6, 4]], [[3, 4], [3, 7]], [[2, 2], [5, 5]]])
def test_contours_without_area_are_their_pixels(points: list[list[float]]) -> None:
    longest = int(np.abs(np.diff(points, axis=0)).max()) if len(points) > 1 else 0
    assert count(np.array(points, dtype=float)) == longest + 1
    assert count(np.array(points, dtype=float), on_line=OFF) == 0


def test_a_contour_that_is_twice_counts_once() -> None:
    once = fill([circle(30.0)], 0, ON)
    twice = fill([circle(30.0), circle(30.0)], 0, ON)
    assert np.array_equal(once.voxels, twice.voxels)
    assert once.unclear == 0
    assert twice.unclear == pytest.approx(pi * 900, rel=0.01)


def test_h06_the_same_line_the_other_way_round_is_no_hole() -> None:
    once, again = fill([circle(30.0)], 0, OFF), fill([circle(30.0), circle(30.0)[::-1]], 0, OFF)
    assert np.array_equal(once.voxels, again.voxels)
    assert again.unclear == int(once.voxels.sum())


@pytest.mark.parametrize("second", [circle(30.0), circle(30.0)[::-1], circle(28.0)])
def test_h06_a_hole_that_is_drawn_twice_is_reported(second: Points) -> None:
    """The second contour fills the hole, of 2827 pixels, again; within both are 2463 to 2827."""
    hole = circle(30.0)
    assert fill([circle(60.0), hole], 0, OFF).again == 0
    for contours in ([circle(60.0), hole, second], [hole, second, circle(60.0)]):
        within = pi * (np.ptp(second[:, 0]) / 2) ** 2
        assert fill(contours, 0, OFF).again == pytest.approx(within, rel=0.02)


@pytest.mark.parametrize("radius", [3.0, 2.8])
def test_h06_a_small_outline_drawn_again_in_the_opposite_direction(radius: float) -> None:
    """A lesion of 5 mm on a CT, or of 2 cm on coarse pixels; a wall of one pixel is none."""
    within = sum(dist((x, y), CENTRE) < radius for x in range(90, 110) for y in range(80, 100))
    assert fill([circle(3.0), circle(radius)[::-1]], 0, OFF).again == within
    assert fill([box(0.5, 0.5, 7.5, 7.5), box(1.5, 1.5, 6.5, 6.5)], 0, OFF).again == 0
    wall = box(4, 4, 7, 7)  # of one pixel around four, traced on both its sides
    assert fill([wall, wall[::-1]], 0, ON).again == 0
    assert fill([circle(3.0, (5.5, 5.5)), circle(radius, (5.5, 5.5))[::-1]], 0, ON).again > 0
    rounded = np.round(circle(3.3, (6, 6)) * 2) / 2  # as by a program that keeps half pixels
    assert fill([rounded, rounded[::-1]], 0, ON).again > 0


def test_a_figure_of_eight_is_reported_by_its_smaller_half() -> None:
    eight = np.array([[0.5, 0.5], [20.5, 20.5], [20.5, 0.5], [0.5, 20.5]])  # meets at (10.5, 10.5)
    assert fill([eight], 0, OFF).crossed == pytest.approx(20 * 20 / 4, abs=10)
    around_twice = np.vstack([circle(30.0), circle(10.0)])  # a small round within, the same way
    assert fill([around_twice], 0, OFF).crossed == pytest.approx(pi * 100, rel=0.05)


def test_keyholes_and_lines_that_are_run_back_cross_nothing() -> None:
    outer, inner = circle(60.0), circle(30.0)
    keyhole = np.vstack([outer, outer[:1], inner[::-1], inner[-1:], inner[:1]])
    whisker = np.vstack([outer, [[70.123, 50.377]], outer[:1]])
    for line in (outer, keyhole, whisker):
        assert fill([line], 0, ON).crossed == 0


def test_contours_that_cross_are_joined() -> None:
    left, right = box(0.5, 0.5, 10.5, 10.5), box(6.5, 0.5, 16.5, 10.5)
    filled = fill([left, right], 0, ON)
    assert int(filled.voxels.sum()) == 16 * 10
    assert filled.unclear == 4 * 10


def test_a_hole_that_grazes_its_outline_stays_a_hole() -> None:
    outer, hole = box(0.5, 0.5, 40.5, 40.5), box(0.4, 10.5, 20.5, 30.5)
    filled = fill([outer, hole], 0, ON)
    assert int(filled.voxels.sum()) == 40 * 40 - 20 * 20
    assert filled.unclear == 0


def test_contours_apart_and_side_by_side() -> None:
    assert count(box(0.5, 0.5, 5.5, 5.5), box(5.5, 0.5, 9.5, 5.5)) == 25 + 20
    assert count(box(0.5, 0.5, 5.5, 5.5), box(50.5, 0.5, 54.5, 5.5)) == 25 + 20


def test_the_layer_is_kept() -> None:
    filled = fill([box(-5.5, 3.5, -2.5, 6.5)], 7, ON)
    assert filled.box.start[2] == 7
    assert {tuple(place) for place in (np.argwhere(filled.voxels) + filled.box.start).tolist()} == {
        (x, y, 7) for x in (-5, -4, -3) for y in (4, 5, 6)
    }


@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 30)), min_size=3, max_size=12, unique=True)
)
def test_pixels_are_those_of_an_odd_number_of_crossings(points: Sequence[Sequence[float]]) -> None:
    polygon = np.array(points) + 0.123456  # no centre on a line
    plane = on_grid(fill([polygon], 0, OFF), (40, 40))
    for x in range(0, 36, 5):
        for y in range(0, 36, 5):
            assert plane[x, y] == _odd(polygon, x, y)


def _odd(polygon: Points, x: int, y: int) -> bool:
    """Count crossings of a ray to the right, edge by edge."""
    odd = False
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            odd = not odd
    return odd


@pytest.mark.slow
@pytest.mark.parametrize("simple", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_what_opencv_traces_is_given_back(share: float, simple: bool) -> None:
    cv2 = import_module("cv2")
    random = np.random.default_rng(7)
    how = cv2.CHAIN_APPROX_SIMPLE if simple else cv2.CHAIN_APPROX_NONE
    for _ in range(100):
        plane = (random.random((14, 12)) < share).astype(np.uint8)
        found, _ = cv2.findContours(plane, cv2.RETR_TREE, how)
        contours = [one[:, 0, ::-1].astype(float) for one in found]
        given_back = on_grid(fill(contours, 0, ON), (14, 12))
        assert np.array_equal(given_back, plane.astype(bool))
