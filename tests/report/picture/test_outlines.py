"""Outlines along voxel edges, and spots inside."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fl_planner.report.picture.draw.outlines import find_spot, trace_outline


def area(loop: npt.NDArray[np.float64]) -> float:
    """Signed area within a loop, by the shoelace formula."""
    (x, y), (u, v) = loop[:-1].T, loop[1:].T
    return float((x * v - u * y).sum() / 2)


def test_a_block_has_one_outline_and_a_ring_two() -> None:
    plane = np.ones((3, 4), np.bool_)
    (loop,) = trace_outline(plane)
    assert (loop.min(axis=0).tolist(), loop.max(axis=0).tolist()) == ([-0.5, -0.5], [2.5, 3.5])
    assert area(loop) == 12
    plane[1, 1:3] = False
    assert sorted(map(area, trace_outline(plane))) == [-2, 12]


def test_nothing_has_no_outline() -> None:
    assert trace_outline(np.zeros((3, 3), np.bool_)) == []


@given(arrays(np.bool_, st.tuples(st.integers(1, 7), st.integers(1, 7))))
def test_loops_close_enclose_the_voxels_and_use_each_edge_once(
    plane: npt.NDArray[np.bool_],
) -> None:
    loops = trace_outline(plane)
    framed = np.pad(plane, 1)
    edges = sum(int((framed != np.roll(framed, 1, axis)).sum()) for axis in (0, 1))
    assert sum(len(loop) - 1 for loop in loops) == edges
    assert sum(map(area, loops)) == plane.sum()
    for loop in loops:
        assert loop[0].tolist() == loop[-1].tolist()
        assert set(np.abs(np.diff(loop, axis=0)).sum(axis=1)) == {1.0}


def test_a_name_is_in_the_centre() -> None:
    plane = np.zeros((12, 12), np.bool_)
    plane[2:9, 3:8] = True
    spot = find_spot(plane, (1.0, 2.0), 2.0)
    assert spot is not None
    assert spot.tolist() == [5.0, 5.0]


def test_where_a_region_bends_the_name_is_in_its_deepest_place() -> None:
    plane = np.zeros((30, 30), np.bool_)
    plane[2:28, 2:5] = plane[2:5, 2:28] = True  # an L: its centre is outside
    plane[2:9, 20:28] = True
    spot = find_spot(plane, (1.0, 1.0), 2.0)
    assert spot is not None
    i, j = spot.astype(int)
    assert 2 <= i < 9
    assert 20 <= j < 28


@pytest.mark.parametrize("thick", [0, 1, 3])
def test_no_name_where_none_fits(thick: int) -> None:
    plane = np.zeros((10, 10), np.bool_)
    plane[2 : 2 + thick] = True
    assert find_spot(plane, (1.0, 1.0), 2.5) is None
