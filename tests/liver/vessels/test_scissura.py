"""A bent surface along a vein, against tubes of known course."""

from __future__ import annotations

import numpy as np
import pytest

from fl_planner.liver.cut_surface import CutSurface
from fl_planner.liver.vessels.scissura import STATIONS, follow_vein
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.masks import block, boxes
from tests.refusals import refuses

GRID = Grid.upright((60, 60, 40), (2.0, 2.0, 2.0))
ORGAN = block(GRID, (5, 55), (5, 55), (4, 36), name="liver", file="liver.nii.gz")
LEFT = (-1.0, 0.0, 0.0)


def kept(vein: Mask) -> int:
    surface = CutSurface.through(follow_vein(vein, ORGAN), LEFT, "RAS")
    return surface.draw(ORGAN).voxel_count


def test_a_straight_vein_gives_the_plane_through_it() -> None:
    vein = boxes(GRID, [[29, 31, 10, 50, 18, 20]], "middle_hepatic_vein")  # its middle is at 59 mm
    points = follow_vein(vein, ORGAN)
    assert len(points) == 3 * STATIONS
    assert {round(x, 6) for x, _, _ in points} == {59.0}
    assert {z for _, _, z in points} == {8.0, 37.0, 70.0}  # the ends of the liver, and the vein
    assert kept(vein) == 25 * 50 * 32  # columns 5 to 29


def test_a_surface_follows_a_bend_and_thin_tributaries_do_not_move_it() -> None:
    """A vein along x = 60 + (y - 20)² / 200 mm, and a comb of thin branches on one side."""
    i, j, k = np.indices(GRID.shape)
    middle = 30 + (2.0 * j - 20.0) ** 2 / 400.0
    tube = (np.hypot(i - middle, k - 20) <= 2.6) & (j >= 10) & (j < 40)
    comb = (j % 4 == 0) & (k == 20) & (i > middle) & (i < middle + 12) & (j >= 10) & (j < 40)
    for voxels in (tube, tube | comb):
        vein = Mask.of("middle_hepatic_vein", voxels, GRID)
        surface = CutSurface.through(follow_vein(vein, ORGAN), LEFT, "RAS")
        y = np.arange(22.0, 78.0)
        x = 60.0 + (y - 20.0) ** 2 / 200.0
        for z in (10.0, 40.0, 68.0):
            places = np.column_stack([x, y, np.full_like(y, z)])
            assert np.abs(surface.heights_mm(places)).max() < 1.5  # mm, of voxels of 2 mm


def test_stations_are_the_middles_of_equal_parts() -> None:
    """Voxels of 2 mm from 28 to 86 mm along x: each sixth has five of them."""
    vein = boxes(GRID, [[14, 44, 19, 21, 18, 20]], "middle_hepatic_vein")
    middles = [32.0, 42.0, 52.0, 62.0, 72.0, 82.0]
    found = sorted((x, y) for x, y, z in follow_vein(vein, ORGAN) if z == 37.0)
    assert found == [pytest.approx((x, 39.0)) for x in middles]


def test_a_vein_near_the_end_of_the_liver_has_no_point_beyond_it() -> None:
    low = boxes(GRID, [[29, 31, 10, 50, 4, 5]], "right_hepatic_vein")
    assert {z for _, _, z in follow_vein(low, ORGAN)} == {8.0, 70.0}
    assert len(follow_vein(low, ORGAN)) == 2 * STATIONS  # none twice at the end where the vein is
    for row, ends in ((5, 3), (4, 2)):  # 2 mm above the lower end, which counts, and at it
        near = boxes(GRID, [[29, 31, 10, 50, row, row + 1]], "right_hepatic_vein")
        assert len(follow_vein(near, ORGAN)) == ends * STATIONS


@pytest.mark.parametrize(("last", "is_long"), [(21, True), (19, False)])
def test_a_course_of_more_than_20_mm_is_long_enough(last: int, *, is_long: bool) -> None:
    vein = boxes(GRID, [[29, 30, 10, last + 1, 18, 19]], "middle_hepatic_vein")
    if is_long:
        assert len(follow_vein(vein, ORGAN)) == 3 * STATIONS
    else:
        with refuses("cut.no_surface", says="less than 20 mm perpendicular to the body axis"):
            follow_vein(vein, ORGAN)


def test_pieces_of_a_vein_give_the_stations_that_they_have() -> None:
    parts = boxes(GRID, [[29, 31, 10, 16, 18, 20], [29, 31, 40, 50, 18, 20]], "left_hepatic_vein")
    assert len(follow_vein(parts, ORGAN)) < 3 * STATIONS
    assert kept(parts) == 25 * 50 * 32


@pytest.mark.parametrize(
    "spans",
    [[29, 31, 29, 31, 5, 35], [29, 31, 10, 15, 18, 20], [0, 3, 0, 3, 0, 3]],
    ids=["along the axis", "short", "outside"],
)
def test_a_vein_without_a_course_across_the_axis_is_refused(spans: list[int]) -> None:
    vein = boxes(GRID, [spans], "middle_hepatic_vein")
    with refuses("cut.no_surface", says="perpendicular to the body axis"):
        follow_vein(vein, ORGAN)
