"""Grids set against each other in words: what is a mirror image, and what is a shift."""

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.liver.misplacement import say_displaced
from fl_planner.space.common_grid.lattice import say_difference, say_mirrored
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.masks import LIVER_GRID, small_liver

MIRRORED = "it is mirrored left-right"
UP = ((0.0, 2.0, 0.0, 30.0), (0.0, 0.0, 2.0, 10.0))  # y and z of every grid here


def centred(middle_mm: float) -> Grid:
    """Lay 100 voxels of 1.6 mm from right to left about a place."""
    return Grid((100, 80, 90), ((1.6, 0.0, 0.0, middle_mm - 79.2), *UP))


def test_h02_of_another_size_or_without_a_place_no_mirror_image_is_told() -> None:
    larger = replace(LIVER_GRID, shape=(LIVER_GRID.shape[0] + 1, *LIVER_GRID.shape[1:]))
    assert say_mirrored(LIVER_GRID, larger) is None
    assert say_mirrored(LIVER_GRID, replace(LIVER_GRID, placed=False)) is None


def test_a_grid_is_no_mirror_image_of_itself() -> None:
    assert say_mirrored(LIVER_GRID, LIVER_GRID) is None


def test_of_a_part_that_holds_nothing_no_way_is_told() -> None:
    organ = small_liver().organ
    assert say_displaced(organ - organ, organ) == ""


@pytest.mark.parametrize(("axis", "side"), [(0, "left-right"), (1, "front-back"), (2, "head-foot")])
def test_h02_a_part_that_was_flipped_within_its_file_is_told(axis: int, side: str) -> None:
    """The liver has voxels 2 to 13 of 40 along each axis; the part, 26 to 31, mirrors 8 to 13."""
    grid = Grid(
        (40, 40, 40), ((1.0, 0.0, 0.0, 100.0), (0.0, 1.0, 0.0, 100.0), (0.0, 0.0, 1.0, 0.0))
    )
    whole, flipped = np.zeros((2, 40, 40, 40), bool)
    whole[2:14, 2:14, 2:14] = True
    place = [slice(2, 14)] * 3
    place[axis] = slice(26, 32)
    flipped[tuple(place)] = True
    said = say_displaced(Mask.of("flr", flipped, grid), Mask.of("liver", whole, grid))
    told = f"; mirrored {side} within its file it would lie in the liver: was it flipped, or liver?"
    assert said == told
    flipped[tuple(place)] = False
    flipped[20:26, 20:26, 20:26] = True
    assert say_displaced(Mask.of("flr", flipped, grid), Mask.of("liver", whole, grid)) == ""


@pytest.mark.parametrize("by_mm", [0.8, -0.8, 1.5])
def test_h02_a_shift_of_less_than_a_voxel_is_no_mirror_image(by_mm: float) -> None:
    # 100 voxels of 1.6 mm about 0: moved by d they are their mirror image, moved by -d; so the
    # first lies d / 2 beside the middle, and the other as far on its other side
    first, other = (centred(side * by_mm / 2) for side in (-1, 1))
    to = "right" if by_mm > 0 else "left"
    assert say_mirrored(first, other) is None
    shift = f"it is shifted by {abs(by_mm):.3g} mm to the {to}, no whole number of voxels"
    assert say_difference(first, other) == shift


def test_h02_a_mirrored_header_is_none_of_a_small_shift_either() -> None:
    # stored the other way too: so does a header whose x changed its sign, and no shift does
    first = centred(0.4)
    negated = (-1.6, 0.0, 0.0, 79.2 - 0.4)
    other = replace(first, affine=(negated, *first.affine[1:]))
    assert say_mirrored(first, other) == MIRRORED
    back = (0.0, -2.0, 0.0, 30.0 + 79 * 2.0)  # stored from the front: no header exchanged that
    assert say_mirrored(first, replace(first, affine=(negated, back, UP[1]))) is None


def test_h02_a_whole_voxel_and_more_may_be_a_mirror_image() -> None:
    assert say_mirrored(centred(-0.8), centred(0.8)) == MIRRORED
    assert say_mirrored(centred(-40.0), centred(40.0)) == MIRRORED


def test_h02_a_mirror_image_of_other_voxels_is_one() -> None:
    # 200 voxels of 0.8 mm cover what 100 of 1.6 mm do: -60 - 80 to -60 + 80 mm, mirrored
    fine = Grid((200, 80, 90), ((0.8, 0.0, 0.0, 60.0 - 80.0 + 0.4), *UP))
    assert say_mirrored(centred(-60.0), fine) == MIRRORED
    assert say_mirrored(centred(60.0), fine) is None
