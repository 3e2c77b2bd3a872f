"""Sides of planes against every voxel by itself, in exact fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fl_planner.space.cut import HalfSpace, VoxelLines
from fl_planner.space.grid import Box, Grid, Place
from tests.masks import AFFINES, TURNS, Index, Turn, block, cells, clouds, indices_of, turned

SHAPE = (5, 4, 6)
HAIR = Fraction(1, 10**6)  # of a mm: nearer is in the plane
numbers = st.integers(-9, 9)


def unit(normal: Place) -> Place:
    x, y, z = (np.array(normal) / np.linalg.norm(normal)).tolist()
    return x, y, z


def place(grid: Grid) -> Place:
    """Give where a voxel in the middle lies."""
    x, y, z = grid.places_mm(np.array([[2, 2, 3]])).tolist()[0]
    return x, y, z


def height(grid: Grid, voxel: Index, point: Place, normal: Place) -> Fraction:
    """Height over a plane, in mm times the normal's length, without rounding."""
    place = [
        sum((Fraction(row[axis]) * voxel[axis] for axis in range(3)), Fraction(row[3]))
        for row in grid.affine
    ]
    return sum(
        (Fraction(n) * (x - Fraction(p)) for n, x, p in zip(normal, place, point, strict=True)),
        Fraction(0),
    )


@given(
    kind=st.sampled_from(list(AFFINES)),
    voxels=clouds(SHAPE, least=1, most=80),
    normal=st.tuples(numbers, numbers, numbers),
    through=st.tuples(*(st.integers(0, n) for n in SHAPE)),
)
def test_every_voxel_lies_on_one_side(
    kind: str, voxels: set[Index], normal: Place, through: Index
) -> None:
    assume(any(normal))
    grid = Grid(SHAPE, AFFINES[kind])
    x, y, z = grid.places_mm(np.array([through])).tolist()[0]
    length = Fraction(float(np.linalg.norm(normal)))
    heights = {one: height(grid, one, (x, y, z), normal) / length for one in voxels}
    assume(all(abs(abs(one) - HAIR) > HAIR / 2 for one in heights.values()))
    front = {one for one, mm in heights.items() if mm > -HAIR}
    mask = cells(grid, voxels)
    side = HalfSpace.of(grid, grid.whole, (x, y, z), unit(normal))
    assert indices_of(side.draw(mask)) == front
    assert indices_of(side.other.draw(mask)) == voxels - front
    lines = VoxelLines(mask)
    assert (lines.count(side), lines.count(side.other)) == (len(front), len(voxels - front))
    i, j, k = np.array(sorted(voxels)).T
    assert side.holds(i, j, k).tolist() == [one in front for one in sorted(voxels)]


@pytest.mark.parametrize("normal", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
def test_a_plane_through_centres_has_them_in_front(normal: Place) -> None:
    grid = Grid.upright((4, 4, 4), (1.0, 1.0, 1.0))
    whole = VoxelLines(block(grid, (0, 4), (0, 4), (0, 4)))
    side = HalfSpace.of(grid, grid.whole, (2.0, 2.0, 2.0), normal)
    assert (whole.count(side), whole.count(side.other)) == (32, 32)  # layers 2, 3; and 0, 1
    x, y, z = normal
    back = HalfSpace.of(grid, grid.whole, (2.0, 2.0, 2.0), (-x, -y, -z))
    assert whole.count(back) == 48  # layers 0, 1, 2


@pytest.mark.parametrize("off_mm", [0.9e-6, -0.9e-6])
def test_a_hair_before_the_plane_is_in_it(off_mm: float) -> None:
    grid = Grid.upright((4, 1, 1), (1.0, 1.0, 1.0))
    row = VoxelLines(block(grid, (0, 4), (0, 1), (0, 1)))
    assert row.count(HalfSpace.of(grid, grid.whole, (2.0 + off_mm, 0.0, 0.0), (1.0, 0.0, 0.0))) == 2


@pytest.mark.parametrize("turn", TURNS[::5])
def test_storage_changes_no_side(turn: Turn) -> None:
    grid = Grid(SHAPE, AFFINES["oblique"])
    mask = block(grid, (0, 5), (1, 4), (0, 5))
    point, normal = place(grid), unit((0.7, 0.31, -0.4))
    stored = turned(mask, *turn)
    here, there = (
        HalfSpace.of(one.grid, one.grid.whole, point, normal).draw(one).voxel_count
        for one in (mask, stored)
    )
    assert here == there


def test_which_sides_a_box_has() -> None:
    grid = Grid.upright((6, 6, 6), (1.0, 1.0, 1.0))
    side = HalfSpace.of(grid, grid.whole, (0.0, 0.0, 2.5), (0.0, 0.0, 1.0))
    low, high, both = ((0, 0, 0), (6, 6, 3)), ((0, 0, 3), (6, 6, 6)), ((1, 1, 2), (2, 2, 4))
    found = [side.passes(Box(*one)) for one in (low, high, both)]
    assert found == [(False, True), (True, False), (True, True)]
    assert [side.other.passes(Box(*one)) for one in (low, high)] == [(True, False), (False, True)]
    assert side.step_mm == pytest.approx(1.0, abs=1e-5)


def test_a_box_changes_nothing() -> None:
    grid = Grid(SHAPE, AFFINES["oblique"])
    point, normal = place(grid), unit((1.0, 2.0, -3.0))
    whole = HalfSpace.of(grid, grid.whole, point, normal)
    part = HalfSpace.of(grid, Box((1, 1, 2), (4, 4, 5)), point, normal)
    mask = block(grid, (1, 4), (1, 4), (2, 5))
    assert whole.draw(mask).is_same(part.draw(mask))
