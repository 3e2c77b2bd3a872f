"""Faces where a plane ends a mask, against those of the mask drawn anew."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fl_planner.liver.scatter.boundaries import PART_SET, SURFACES
from fl_planner.space.cut import CuttableFaces, HalfSpace
from fl_planner.space.faces import gather_faces
from fl_planner.space.grid import Grid, Place
from tests.masks import AFFINES, TURNS, Index, Turn, block, cells, clouds, turned

SHAPE = (5, 4, 6)
numbers = st.floats(-1, 1).map(lambda x: round(x, 2))


@given(
    kind=st.sampled_from(list(AFFINES)),
    turn=st.sampled_from(TURNS),
    liver=clouds(SHAPE, least=5, most=80),
    tumour=clouds(SHAPE, most=8),
    beside=clouds(SHAPE, most=4),
    able=clouds(SHAPE, least=5, most=80),
    normal=st.tuples(numbers, numbers, numbers),
    through=st.tuples(*(st.floats(0, n) for n in SHAPE)),
)
def test_faces_of_a_cut_mask(
    kind: str,
    turn: Turn,
    liver: set[Index],
    tumour: set[Index],
    beside: set[Index],
    able: set[Index],
    normal: Place,
    through: Place,
) -> None:
    assume(np.linalg.norm(normal) > 0.1)
    grid = Grid(SHAPE, tuple((6 * a, 6 * b, 6 * c, d) for a, b, c, d in AFFINES[kind]))
    drawn = [liver, tumour, able & (liver | tumour), beside]
    masks = [turned(cells(grid, one), *turn) for one in drawn]
    x, y, z = (grid.matrix()[:, :3] @ through + grid.matrix()[:, 3]).tolist()
    a, b, c = (np.array(normal) / np.linalg.norm(normal)).tolist()
    ready = CuttableFaces(masks, SURFACES, PART_SET)
    for side in (
        front := HalfSpace.of(masks[0].grid, ready.box, (x, y, z), (a, b, c)),
        front.other,
    ):
        cut = [*masks]
        cut[PART_SET] = side.draw(masks[PART_SET])
        assert np.array_equal(ready.cut(side).faces, gather_faces(cut, SURFACES).faces)


@pytest.mark.parametrize(("axis", "faces"), [(0, 20), (1, 24), (2, 30)])
def test_a_plane_across_an_axis_by_hand(axis: int, faces: int) -> None:
    """A block of 6 x 5 x 4 voxels: the cut has as many faces as its layers have voxels."""
    grid = Grid.upright((8, 8, 8), (1.0, 1.0, 1.0))
    liver = block(grid, (1, 7), (1, 6), (1, 5))
    nothing = liver - liver
    ready = CuttableFaces((liver, nothing, liver, nothing), SURFACES, PART_SET)
    x, y, z = (float(n == axis) for n in range(3))
    side = HalfSpace.of(grid, ready.box, (2.5, 2.5, 2.5), (x, y, z))
    cut = ready.cut(side).faces[0]  # the surface between part and rest
    along = ready.cut(side).edges[:, axis] != 0
    assert np.abs(cut[along]).sum() == faces
    assert np.abs(cut[~along]).sum() == 0
