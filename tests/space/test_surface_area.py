"""Areas of surfaces: plates by counting, tubes by 2πrl at any angle and on any grid."""

import numpy as np
import pytest

from fl_planner.space.grid import Affine, Grid
from fl_planner.space.mask import Mask
from fl_planner.space.surface import measure_areas_mm2
from tests.masks import AFFINES, SHEARED, UPRIGHT, block, cells, cubes, turned
from tests.tubes import tube

DIRECTIONS = [(1, 0, 0), (0, 0, 1), (1, 1, 0), (1, 2, 3), (3, -1, 2), (-1, 4, 1)]


def middle(mask: Mask, ways_mm: np.ndarray, half_mm: float) -> float:
    """Measure what lies within so many mm of the middle of a tube."""
    within = np.abs(ways_mm[mask.box.slices()]) <= half_mm
    return float(measure_areas_mm2(mask)[within].sum())


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("step_mm", [0.7, 1.0])
def test_a_tube_has_the_area_of_its_wall(direction: tuple[int, ...], step_mm: float) -> None:
    mask, ways_mm = tube(cubes((56, 56, 56), step_mm), direction, 4 * step_mm)
    # 20 steps long: voxels whose centres lie within them are 20 to 21 layers
    expected = 2 * np.pi * 4 * step_mm * 20 * step_mm
    assert middle(mask, ways_mm, 10 * step_mm) == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("name", AFFINES)
def test_a_plane_has_its_area_on_any_grid(name: str) -> None:
    """A face of a thick plate, far from its edges: as many parallelograms as voxels."""
    grid = Grid((24, 24, 24), AFFINES[name])
    plate = block(grid, (2, 22), (2, 22), (6, 18))
    a, b, _ = grid.matrix()[:, :3].T
    one = float(np.linalg.norm(np.cross(a, b)))
    areas = measure_areas_mm2(plate)
    assert areas[4:-4, 4:-4, 0] == pytest.approx(one)
    assert areas[4:-4, 4:-4, -1] == pytest.approx(one)
    assert not areas[4:-4, 4:-4, 4:-4].any()


@pytest.mark.parametrize("affine", [UPRIGHT, SHEARED])
def test_a_slanted_plane_has_its_area_and_not_that_of_its_stairs(affine: Affine) -> None:
    grid = Grid((40, 40, 40), affine)
    i, j, k = np.indices(grid.shape)
    solid = Mask.of("half", 2 * i + j - k < 40, grid)
    inner = np.zeros(grid.shape, dtype=bool)
    inner[10:30, 10:30, 6:34] = True
    areas = measure_areas_mm2(solid)[inner[solid.box.slices()]]
    # the plane 2i + j - k = 40 over 20 x 28 columns along i: each cell of it is spanned by two
    # vectors along which 2i + j - k does not change, one step of j or k against half of i
    columns = grid.matrix()[:, :3]
    along_j, along_k = columns @ (-0.5, 1, 0), columns @ (0.5, 0, 1)
    held = sum(10 <= (40 - b + c) / 2 - 1 < 30 for b in range(10, 30) for c in range(6, 34))
    expected = held * float(np.linalg.norm(np.cross(along_j, along_k)))
    assert areas.sum() == pytest.approx(expected, rel=0.02)


def test_storage_order_changes_nothing() -> None:
    mask, _ = tube(Grid((30, 30, 30), UPRIGHT), (1, 2, 3), 4.0)
    stored = turned(mask, (2, 0, 1), (1, -1, 1))
    assert measure_areas_mm2(stored).sum() == pytest.approx(measure_areas_mm2(mask).sum())


def test_a_chequerboard_is_no_nan() -> None:
    odd = np.indices((6, 6, 6)).sum(axis=0) % 2 == 1
    assert np.isfinite(measure_areas_mm2(Mask.of("board", odd, cubes((6, 6, 6))))).all()


def test_a_voxel_alone_has_six_faces_seen_askew_by_none() -> None:
    areas = measure_areas_mm2(cells(cubes((5, 5, 5)), [(2, 2, 2)]))
    assert areas.ravel() == pytest.approx([6.0])
