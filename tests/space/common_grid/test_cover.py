"""Which voxels of a mask's lattice a scan holds whole, counted by hand."""

from math import cos, radians, sin

import numpy as np
import pytest

from fl_planner.space.common_grid.lattice import cover
from fl_planner.space.grid import Affine, Box, Grid

MASK = Grid((10, 8, 6), ((2.0, 0.0, 0.0, 0.0), (0.0, 3.0, 0.0, 0.0), (0.0, 0.0, 5.0, 0.0)))


def scan(step_mm: float, layers: int, first_mm: float, turn: float = 0.0) -> Grid:
    """Give a scan of 10 x 8 pixels as the mask has, with slices of its own; turned about x."""
    c, s = cos(radians(turn)), sin(radians(turn))
    rows: Affine = (
        (2.0, 0.0, 0.0, 0.0),
        (0.0, 3.0 * c, -step_mm * s, 0.0),
        (0.0, 3.0 * s, step_mm * c, first_mm),
    )
    return Grid((10, 8, layers), rows)


@pytest.mark.parametrize(
    ("step_mm", "layers", "first_mm", "held"),
    [
        (5.0, 6, 0.0, (0, 6)),
        (5.0, 3, 10.0, (2, 5)),
        (5.0, 9, -10.0, (-2, 7)),
        (1.0, 20, -2.0, (0, 4)),  # from -2.5 to 17.5 mm: the ends of layers 0 and 3
        (1.0, 19, -2.0, (0, 3)),  # to 16.5 mm: of layer 3 only 4 of 5 mm
        (1.0, 20, -2.2, (0, 4)),  # 0.2 mm less of layer 3: less than 0.05 voxels
        (1.0, 20, -2.3, (0, 3)),
    ],
)
def test_whole_voxels_are_held(
    step_mm: float, layers: int, first_mm: float, held: tuple[int, int]
) -> None:
    low, high = held
    expected = Box((0, 0, low), (10, 8, high))
    assert cover(scan(step_mm, layers, first_mm), MASK) == expected


def test_a_scan_that_is_stored_the_other_way_round_holds_the_same() -> None:
    flipped = ((-2.0, 0.0, 0.0, 18.0), (0.0, -3.0, 0.0, 21.0), (0.0, 0.0, -5.0, 20.0))
    assert cover(Grid((10, 8, 3), flipped), MASK) == Box((0, 0, 2), (10, 8, 5))


def test_a_scan_without_a_place_or_aslant_says_nothing() -> None:
    lost = Grid(MASK.shape, MASK.affine, placed=False)
    assert cover(lost, MASK) is None
    assert cover(MASK, lost) is None
    assert cover(scan(5.0, 6, 0.0, turn=1.0), MASK) is not None
    assert cover(scan(5.0, 6, 0.0, turn=20.0), MASK) is None


def test_a_scan_of_less_than_a_voxel_holds_none() -> None:
    thin = np.nextafter(4.0, 0.0)
    assert cover(scan(float(thin), 1, 0.0), MASK) is None
