"""How long vessels are: bars and forks by counting, tubes at any angle by rule."""

import numpy as np
import pytest

from fl_planner.liver.vessels.contact import find_course
from fl_planner.liver.vessels.tree.graph import build_graph
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.masks import AFFINES, UPRIGHT, block, cells, cubes, turned
from tests.tubes import tube


def length_mm(mask: Mask, of: np.ndarray | None = None) -> float:
    within = np.ones(mask.grid.shape, dtype=bool) if of is None else of
    return find_course(build_graph(mask)).measure_mm(within[mask.box.slices()][mask.voxels])


def test_a_row_of_voxels_is_as_long_as_they_are() -> None:
    row = block(Grid((40, 3, 3), UPRIGHT), (3, 37), (1, 2), (1, 2))
    assert length_mm(row) == pytest.approx(34.0)
    assert length_mm(row, np.zeros(row.grid.shape, dtype=bool)) == 0.0


def test_a_voxel_is_an_edge_long_and_two_parts_are_both_counted() -> None:
    grid = cubes((40, 5, 5))
    assert length_mm(cells(grid, [(2, 2, 2)])) == pytest.approx(1.0)
    both = block(grid, (1, 11), (2, 3), (2, 3)) | block(grid, (20, 35), (2, 3), (2, 3))
    assert length_mm(both) == pytest.approx(10 + 15)


def test_a_diagonal_row_is_counted_along_itself() -> None:
    row = cells(cubes((30, 30, 30)), [(n, n, n) for n in range(2, 28)])
    assert length_mm(row) == pytest.approx(26 * 3**0.5)


@pytest.mark.parametrize("name", AFFINES)
@pytest.mark.parametrize("direction", [(1, 0, 0), (0, 1, 0), (1, 1, 1), (2, -1, 1), (1, 3, -2)])
def test_a_stretch_of_a_tube_is_as_long_as_it_is(name: str, direction: tuple[int, ...]) -> None:
    """20 mm of it: centres of voxels lie within 20 mm, and each is an edge long."""
    affine = AFFINES[name]
    edges = np.linalg.norm(np.array(affine)[:, :3], axis=0)
    i, j, k = np.ceil(50 / edges).astype(int).tolist()
    mask, ways_mm = tube(Grid((i, j, k), affine), direction, 4.0)
    found = length_mm(mask, np.abs(ways_mm) <= 10)
    assert 20 - edges.max() <= found <= 20 + 1.2 * edges.max()


def test_a_fork_counts_its_trunk_once_and_both_arms() -> None:
    grid = cubes((50, 50, 3))
    trunk = block(grid, (1, 21), (25, 26), (1, 2))
    arms = [(20 + n, 25 + side * n, 1) for n in range(1, 21) for side in (1, -1)]
    forked = trunk | cells(grid, arms)
    assert length_mm(forked) == pytest.approx(20 + 2 * 20 * 2**0.5, abs=3.0)
    upper = np.zeros(grid.shape, dtype=bool)
    upper[30:40, 26:] = True  # ten voxels of one arm
    assert length_mm(forked, upper) == pytest.approx(10 * 2**0.5)


def test_a_bump_adds_no_branch() -> None:
    grid = cubes((60, 12, 12))
    bare = block(grid, (2, 58), (3, 7), (3, 7))
    bump = block(grid, (28, 30), (7, 9), (4, 6))
    assert length_mm(bare | bump) == pytest.approx(length_mm(bare), abs=0.5)


def test_storage_order_changes_little() -> None:
    mask, _ = tube(Grid((50, 30, 12), UPRIGHT), (2, 1, 1), 5.0)
    stored = turned(mask, (2, 0, 1), (1, -1, 1))
    assert length_mm(stored) == pytest.approx(length_mm(mask), abs=5.0)  # an edge
