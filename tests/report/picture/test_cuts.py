"""Which layer is cut, and which side of it is which."""

import numpy as np
import pytest

from fl_planner.report.picture.slices.cuts import VIEWS, select_cuts
from fl_planner.space.coarse import Frame
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import TURNS, Turn, turned
from tests.report.phantoms import GRID, LIVER, MARK, block


def tower(counts: list[int], grid: Grid | None = None) -> Mask:
    """Build a liver with so many voxels in each axial layer."""
    voxels = np.zeros((30, 3, len(counts)), np.bool_)
    for k, count in enumerate(counts):
        voxels[:count, 0, k] = True
    return Mask.of("liver", voxels, grid or Grid.upright((30, 3, len(counts)), (1.0, 1.0, 1.0)))


@pytest.mark.parametrize(
    ("counts", "layer"),
    [([1, 5, 3], 1), ([7, 5, 3], 0), ([5, 5, 5], 1), ([5, 5, 5, 5], 1), ([2, 5, 2, 5, 5], 3)],
)
def test_the_widest_layer_is_cut_and_the_middle_of_equals(counts: list[int], layer: int) -> None:
    axial, _, _ = select_cuts(tower(counts))
    assert (axial.layer, axial.for_lesion) == (layer, False)


def lesion(counts: list[int]) -> Mask:
    voxels = tower(counts).as_array()
    return Mask.of("tumour", voxels, tower(counts).grid)


@pytest.mark.parametrize(
    ("of_lesion", "layer", "for_lesion"),
    [
        ([0, 2, 4, 0], 1, False),  # the widest layer cuts half of it: it is seen
        ([0, 1, 4, 0], 2, True),  # it is only grazed
        ([0, 0, 2, 4], 2, True),  # the wider of those that show it
        ([0, 0, 1, 4], 3, True),
        ([0, 0, 0, 0], 1, False),  # there is none
    ],
)
def test_the_lesion_is_shown(of_lesion: list[int], layer: int, for_lesion: bool) -> None:
    axial, _, _ = select_cuts(tower([6, 9, 8, 7]), lesion(of_lesion))
    assert (axial.layer, axial.for_lesion) == (layer, for_lesion)


def test_letters_follow_the_radiological_convention() -> None:
    axial, coronal, sagittal = select_cuts(block("liver", LIVER))
    assert axial.letters == ("R", "L", "A", "P")
    assert coronal.letters == ("R", "L", "H", "F")
    assert sagittal.letters == ("A", "P", "H", "F")


def test_a_grid_that_is_not_placed_has_no_letters_and_keeps_its_axes() -> None:
    grid = Grid(GRID.shape, Grid.upright(GRID.shape, (3.0, 4.0, 5.0)).affine, placed=False)
    for cut, across in zip(select_cuts(block("liver", LIVER, grid)), (2, 1, 0), strict=True):
        assert cut.letters is None
        assert cut.layer == (LIVER.start[across] + LIVER.stop[across] - 1) // 2
        assert not cut.frame.oblique


@each_case("way", TURNS)
def test_how_the_voxels_are_stored_does_not_matter(way: Turn) -> None:
    liver, mark = block("liver", LIVER), block("tumour", MARK)
    stored = [turned(mask, *way) for mask in (liver, mark)]
    for ours, theirs in zip(select_cuts(liver, mark), select_cuts(*stored), strict=True):
        assert ours.layer == theirs.layer
        assert ours.place_mm == pytest.approx(theirs.place_mm)
        assert ours.spacing_mm == theirs.spacing_mm
        assert np.array_equal(ours.plane(mark), theirs.plane(stored[1]))
        for axis in range(3):
            assert theirs.frame.span(stored[0], axis) == (LIVER.start[axis], LIVER.stop[axis])


def test_planes_grow_to_the_right_the_front_and_the_head() -> None:
    axial, coronal, sagittal = select_cuts(block("liver", LIVER), block("tumour", MARK))
    for cut, (level, upright) in ((axial, (0, 1)), (coronal, (0, 2)), (sagittal, (1, 2))):
        hits = np.argwhere(cut.plane(block("tumour", MARK)))
        start, stop = MARK.start, MARK.stop
        assert hits.min(axis=0).tolist() == [start[level], start[upright]]
        assert hits.max(axis=0).tolist() == [stop[level] - 1, stop[upright] - 1]


def test_a_mask_outside_the_layer_is_not_in_its_plane() -> None:
    axial, _, _ = select_cuts(block("liver", LIVER))
    assert axial.layer == 11
    assert not axial.plane(block("tumour", Box((5, 5, 12), (8, 8, 20)))).any()
    assert axial.plane(block("tumour", Box((5, 5, 11), (8, 8, 12)))).sum() == 9


def test_the_place_of_a_layer_is_the_patients() -> None:
    axial, coronal, sagittal = select_cuts(block("liver", LIVER))
    assert (axial.place_mm, coronal.place_mm, sagittal.place_mm) == (75.0, 6.0, -3.0)


@pytest.mark.parametrize(("degrees", "oblique"), [(0.0, False), (4.9, False), (5.1, True)])
def test_a_turned_grid_is_oblique_from_five_degrees(degrees: float, oblique: bool) -> None:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    grid = Grid((4, 4, 4), ((1.0, 0.0, 0.0, 0.0), (0.0, c, -2 * s, 0.0), (0.0, s, 2 * c, 0.0)))
    frame = Frame.of(grid)
    assert frame.tilt_degrees == pytest.approx(degrees, abs=1e-6)
    assert frame.oblique is oblique


def test_every_view_has_its_three_axes() -> None:
    assert all({view.across, view.level, view.upright} == {0, 1, 2} for view in VIEWS)
