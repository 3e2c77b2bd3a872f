"""Grids set against each other in words: where nothing can be said of a mirror image."""

from dataclasses import replace

from fl_planner.liver.misplacement import say_displaced
from fl_planner.space.common_grid.misfit import say_mirrored
from tests.masks import LIVER_GRID, small_liver


def test_h02_of_another_size_or_without_a_place_no_mirror_image_is_told() -> None:
    larger = replace(LIVER_GRID, shape=(LIVER_GRID.shape[0] + 1, *LIVER_GRID.shape[1:]))
    assert say_mirrored(LIVER_GRID, larger) is None
    assert say_mirrored(LIVER_GRID, replace(LIVER_GRID, placed=False)) is None


def test_a_grid_is_no_mirror_image_of_itself() -> None:
    assert say_mirrored(LIVER_GRID, LIVER_GRID) is None


def test_of_a_part_that_holds_nothing_no_way_is_told() -> None:
    organ = small_liver().organ
    assert say_displaced(organ - organ, organ) == ""
