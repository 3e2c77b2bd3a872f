"""Distances to what a plane leaves, against every pair of voxels."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fl_planner.space.cut import CuttableSurface, HalfSpace
from fl_planner.space.grid import Grid, Place
from fl_planner.space.surface import gather_outline, measure_gap_mm
from tests.masks import AFFINES, Index, block, cells, clouds

SHAPE = (9, 8, 10)
numbers = st.floats(-1, 1).map(lambda x: round(x, 2))


@given(
    kind=st.sampled_from(list(AFFINES)),
    liver=clouds(SHAPE, least=20, most=120),
    lesion=clouds(SHAPE, least=1, most=5),
    normal=st.tuples(numbers, numbers, numbers),
    through=st.tuples(*(st.floats(0, n) for n in SHAPE)),
)
def test_the_gap_to_a_side(
    kind: str, liver: set[Index], lesion: set[Index], normal: Place, through: Place
) -> None:
    assume(np.linalg.norm(normal) > 0.1)
    assume(liver - lesion)
    grid = Grid(SHAPE, tuple((4 * a, 4 * b, 4 * c, d) for a, b, c, d in AFFINES[kind]))
    x, y, z = (grid.matrix()[:, :3] @ through + grid.matrix()[:, 3]).tolist()
    a, b, c = (np.array(normal) / np.linalg.norm(normal)).tolist()
    free, core = cells(grid, liver - lesion), cells(grid, lesion)
    side = HalfSpace.of(grid, grid.whole, (x, y, z), (a, b, c))
    kept = side.draw(free)
    gap_mm = measure_gap_mm(gather_outline(core), CuttableSurface(free).cut(side))
    if not kept.voxel_count:
        assert gap_mm == np.inf
        return
    ours, theirs = (grid.places_mm(np.argwhere(one.as_array())) for one in (core, kept))
    apart = np.linalg.norm(ours[:, None] - theirs[None], axis=2)
    assert gap_mm == pytest.approx(apart.min())


def test_the_plane_itself_is_the_surface() -> None:
    grid = Grid.upright((40, 40, 40), (1.0, 1.0, 1.0))
    liver = block(grid, (0, 40), (0, 40), (0, 40))
    lesion = block(grid, (30, 32), (20, 22), (20, 22))
    side = HalfSpace.of(grid, grid.whole, (24.5, 0.0, 0.0), (-1.0, 0.0, 0.0))  # up to i = 24
    ready = CuttableSurface(liver - lesion)
    assert measure_gap_mm(gather_outline(lesion), ready.cut(side)) == 6.0  # 30 to 24
