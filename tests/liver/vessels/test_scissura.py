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


def test_a_vein_near_the_end_of_the_liver_has_no_point_beyond_it() -> None:
    low = boxes(GRID, [[29, 31, 10, 50, 4, 5]], "right_hepatic_vein")
    assert {z for _, _, z in follow_vein(low, ORGAN)} == {8.0, 70.0}


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
