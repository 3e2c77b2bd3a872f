"""Connected parts and holes by hand, and against a flood fill that walks from voxel to voxel."""

from itertools import product
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.space import components
from fl_planner.space.components import (
    Connectivity,
    find_apart,
    find_holes,
    measure_parts,
    split_parts,
)
from fl_planner.space.grid import Box
from fl_planner.space.mask import Mask
from tests.cases import how_many
from tests.masks import TURNS, Index, Turn, block, cells, clouds, cubes, indices_of, turned
from tests.memory import peak_bytes
from tests.refusals import refuses

GRID = cubes((5, 6, 4))
CONNECTIVITIES: tuple[Connectivity, ...] = get_args(Connectivity)
SHARED_AXES: dict[Connectivity, int] = {6: 1, 18: 2, 26: 3}  # along which neighbours may differ
EVERYWHERE: set[Index] = {*product(range(5), range(6), range(4))}


def flood(cloud: set[Index], connectivity: Connectivity) -> list[set[Index]]:
    """Parts, each found by walking from one of its voxels to all that touch."""
    near = [
        step
        for step in product((-1, 0, 1), repeat=3)
        if 0 < sum(map(abs, step)) <= SHARED_AXES[connectivity]
    ]
    left, parts = set(cloud), []
    while left:
        part, new = set(), {left.pop()}
        while new:
            part |= new
            touched = {(i + a, j + b, k + c) for i, j, k in new for a, b, c in near}
            new = touched & left
            left -= new
        parts.append(part)
    return parts


@pytest.mark.slow
@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
@settings(max_examples=how_many(40, 100))
@given(cloud=clouds(GRID.shape, least=0))
def test_parts_are_those_of_a_flood_fill(connectivity: Connectivity, cloud: set[Index]) -> None:
    mask, expected = cells(GRID, cloud), flood(cloud, connectivity)
    sizes = sorted(map(len, expected), reverse=True)
    assert measure_parts(mask, connectivity) == tuple(sizes)
    parts = split_parts(mask, connectivity)
    assert [part.voxel_count for part in parts] == sizes
    assert {frozenset(indices_of(part)) for part in parts} == set(map(frozenset, expected))
    least = split_parts(mask, connectivity, least_voxels=3)
    assert [part.voxel_count for part in least] == [size for size in sizes if size >= 3]


@given(clouds(GRID.shape, least=0, most=30), clouds(GRID.shape, least=0, most=6))
def test_parts_apart_have_no_neighbour_of_the_other(cloud: set[Index], other: set[Index]) -> None:
    beside = {
        (i + a, j + b, k + c) for i, j, k in other for a, b, c in product((-1, 0, 1), repeat=3)
    }
    alone: set[Index] = set().union(*(part for part in flood(cloud, 6) if not part & beside))
    assert indices_of(find_apart(cells(GRID, cloud), cells(GRID, other))) == alone


@given(clouds(GRID.shape, least=1), clouds(GRID.shape, least=1, most=6), st.sampled_from(TURNS))
def test_what_is_apart_does_not_depend_on_how_voxels_are_stored(
    cloud: set[Index], other: set[Index], turn: Turn
) -> None:
    masks = cells(GRID, cloud), cells(GRID, other)
    apart = find_apart(*(turned(mask, *turn) for mask in masks))
    assert apart.voxel_count == find_apart(*masks).voxel_count


@given(
    clouds(GRID.shape, least=10, most=90), st.sampled_from(TURNS), st.sampled_from(CONNECTIVITIES)
)
def test_parts_and_holes_do_not_depend_on_how_voxels_are_stored(
    cloud: set[Index], turn: Turn, connectivity: Connectivity
) -> None:
    mask = cells(GRID, cloud)
    other = turned(mask, *turn)
    assert measure_parts(other, connectivity) == measure_parts(mask, connectivity)
    assert find_holes(other).voxel_count == find_holes(mask).voxel_count


@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(clouds(GRID.shape, least=60, most=110))
def test_holes_are_what_no_walk_from_outside_reaches(cloud: set[Index]) -> None:
    around: set[Index] = {*product(range(-1, 6), range(-1, 7), range(-1, 5))} - cloud
    (outside,) = (part for part in flood(around, 6) if (-1, -1, -1) in part)
    mask = cells(GRID, cloud, "liver")
    holes = find_holes(mask)
    assert indices_of(holes) == around - outside
    assert not (holes & mask).voxel_count


def test_a_shell_has_one_hole_until_a_face_is_opened() -> None:
    cube = block(cubes((7, 7, 7)), (1, 6), (1, 6), (1, 6), name="liver", file="liver.nii")
    shell = cube - block(cube.grid, (3, 4), (3, 4), (2, 5))
    holes = find_holes(shell)
    assert (holes.name, holes.file, holes.grid) == ("holes in liver", "liver.nii", cube.grid)
    assert indices_of(holes) == {(3, 3, 2), (3, 3, 3), (3, 3, 4)}
    assert find_holes(shell - cells(cube.grid, [(1, 1, 1), (2, 2, 1)])).voxel_count == 3  # edges
    assert not find_holes(shell - cells(cube.grid, [(3, 3, 1)])).voxel_count


def test_a_dent_at_the_edge_of_the_grid_is_no_hole() -> None:
    whole = block(cubes((3, 3, 3)), (0, 3), (0, 3), (0, 3))
    assert not find_holes(whole - cells(whole.grid, [(0, 1, 1)])).voxel_count
    assert find_holes(whole - cells(whole.grid, [(1, 1, 1)])).voxel_count == 1


def test_neighbours_by_faces_edges_and_corners() -> None:
    # LES-01 by hand: two cubes share an edge, the second and third a corner
    steps = cells(cubes((9, 9, 9)), [(0, 0, 0), (1, 1, 0), (2, 2, 1)])
    assert [len(measure_parts(steps, near)) for near in CONNECTIVITIES] == [3, 2, 1]


def test_parts_keep_what_their_mask_is() -> None:
    grid = cubes((9, 2, 2))
    voxels = np.zeros((6, 2, 2), dtype=bool)
    voxels[1:3], voxels[5] = True, True
    field = Box((2, 0, 0), (8, 2, 2))
    mask = Mask("tumour", voxels, Box((2, 0, 0), (8, 2, 2)), grid, "t.nii", field)
    large, small = split_parts(mask, 26)
    assert (large.box, small.box) == (Box((3, 0, 0), (5, 2, 2)), Box((7, 0, 0), (8, 2, 2)))
    for part in (large, small, find_holes(mask)):
        assert (part.grid, part.file, part.field) == (grid, "t.nii", field)
    assert {large.name, small.name} == {"tumour"}


def test_equal_parts_come_in_index_order() -> None:
    mask = cells(cubes((5, 5, 5)), [(4, 0, 0), (0, 4, 0), (0, 0, 4), (2, 2, 2)])
    starts = [part.box.start for part in split_parts(mask, 26)]
    assert starts == [(0, 0, 4), (0, 4, 0), (2, 2, 2), (4, 0, 0)]


def test_an_empty_mask_has_no_part_and_no_hole() -> None:
    empty = cells(GRID, [])
    assert not measure_parts(empty, 6)
    assert not split_parts(empty, 26)
    assert not find_holes(empty).voxel_count


def test_a_checkerboard_falls_apart_by_faces_only() -> None:
    cloud = {index for index in EVERYWHERE if sum(index) % 2 == 0}
    board = cells(GRID, cloud)
    assert [len(measure_parts(board, near)) for near in CONNECTIVITIES] == [60, 1, 1]


def test_a_mask_is_cut_into_runs_some_layers_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    voxels = np.random.default_rng(5).random((9, 11, 13)) < 0.6
    mask = Mask.of("liver", voxels, cubes((9, 11, 13)))
    parts, holes = measure_parts(mask, 26), find_holes(mask)
    monkeypatch.setattr(components, "PIECE", 1)
    assert measure_parts(mask, 26) == parts
    assert find_holes(mask).is_same(holes)


def test_looking_for_holes_takes_no_copy_of_a_large_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = Mask.of("liver", np.ones((200, 200, 200), dtype=bool), cubes((200, 200, 200)))
    monkeypatch.setattr(components, "PIECE", 1 << 18)
    assert peak_bytes(lambda: find_holes(mask)) < 16 << 20  # as copies it took 40 MB


def test_h16_noise_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    chequered = np.indices((8, 8, 8)).sum(axis=0) % 2 == 0  # 4 rows of one voxel in each of 64
    mask = Mask.of("liver", chequered, cubes((8, 8, 8)), "liver.nii.gz")
    monkeypatch.setattr(components, "MOST_RUNS", 256)
    assert measure_parts(mask, 6) == (1,) * 256
    monkeypatch.setattr(components, "MOST_RUNS", 255)
    with refuses("limit.runs", "liver.nii.gz", says="noise"):
        measure_parts(mask, 6)


def test_h16_a_mask_of_too_many_pieces_is_refused_before_each_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chequered = np.indices((8, 8, 8)).sum(axis=0) % 2 == 0
    mask = Mask.of("tumour", chequered, cubes((8, 8, 8)), "tumour.nii.gz")
    monkeypatch.setattr(components, "MOST_PARTS", 256)
    assert len(split_parts(mask, 6)) == 256
    monkeypatch.setattr(components, "MOST_PARTS", 255)
    with refuses("limit.parts", "tumour.nii.gz", says="256 separate pieces"):
        split_parts(mask, 6)
    assert split_parts(mask, 6, least_voxels=2) == ()  # specks, whatever their number
