"""Hollows beyond a plane, found near the tumour alone, against those of the whole organ."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fl_planner.liver.anatomy import fill_hollows
from fl_planner.liver.lesions.cut_hollows import CuttableHollows
from fl_planner.space.cut import HalfSpace
from fl_planner.space.grid import Grid, Place
from tests.masks import Index, block, cells, clouds, cubes, indices_of

SHAPE = (9, 8, 10)
numbers = st.floats(-1, 1).map(lambda x: round(x, 2))


@pytest.mark.slow
@given(
    organ=clouds(SHAPE, least=20, most=300),
    tumour=clouds(SHAPE, least=1, most=12),
    beside=clouds(SHAPE, most=1),
    normal=st.tuples(numbers, numbers, numbers),
    through=st.tuples(*(st.floats(0, n) for n in SHAPE)),
)
def test_hollows_near_a_plane_are_those_of_all(
    organ: set[Index], tumour: set[Index], beside: set[Index], normal: Place, through: Place
) -> None:
    assume(np.linalg.norm(normal) > 0.1)
    grid = cubes(SHAPE)
    whole, drawn = cells(grid, organ | tumour), cells(grid, tumour | beside)
    a, b, c = (np.array(normal) / np.linalg.norm(normal)).tolist()
    side = HalfSpace.of(grid, grid.whole, through, (a, b, c))
    part = side.draw(whole)
    found = CuttableHollows(whole, drawn).beyond(side)
    near: set[Index] = set().union(*map(indices_of, found))
    assert near == indices_of(fill_hollows(part, whole, drawn) - part)


def test_the_cap_of_a_lesion_at_the_capsule_belongs_to_what_surrounds_it() -> None:
    """The plane takes one voxel of the lesion and the liver beside it: nothing else is beyond."""
    grid: Grid = cubes((12, 12, 12))
    organ = block(grid, (1, 9), (3, 9), (3, 9)) | block(grid, (9, 10), (5, 7), (5, 7))
    tumour = block(grid, (7, 10), (5, 7), (5, 7))
    side = HalfSpace.of(grid, grid.whole, (8.5, 0.0, 0.0), (-1.0, 0.0, 0.0))
    (cap,) = CuttableHollows(organ, tumour).beyond(side)
    assert indices_of(cap) == {(9, 5, 5), (9, 5, 6), (9, 6, 5), (9, 6, 6)}
    assert CuttableHollows(organ, None).beyond(side) == ()
    assert CuttableHollows(organ, tumour).beyond(side.other) == ()
