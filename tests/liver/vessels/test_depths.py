"""Depths of vessel voxels, parts and hanging nodes, each against the plain way."""

from __future__ import annotations

import numpy as np
import pytest

from fl_planner.liver.vessels.tree.graph import VoxelGraph, build_graph, measure_paths, order_nodes
from fl_planner.liver.vessels.tree.tree import find_node
from fl_planner.space.grid import Affine, Grid
from fl_planner.space.mask import Mask

UPRIGHT = np.diag([0.7, 0.8, 2.5])
PERMUTED = np.array([[0.0, 0.0, -2.5], [0.7, 0.0, 0.0], [0.0, 0.8, 0.0]])
TURNED = np.array([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]]) @ UPRIGHT
SHEARED = UPRIGHT + np.array([[0.0, 0.0, 0.4], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


def affine_of(edges: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Affine:
    rows = [(*row, origin) for row, origin in zip(edges.tolist(), (-131.6, 12.3, 7.7), strict=True)]
    return tuple((a, b, c, d) for a, b, c, d in rows)


def noise(edges: np.ndarray[tuple[int, int], np.dtype[np.float64]], seed: int) -> Mask:
    """Draw a thick block with holes and loose voxels, up to the border of the grid."""
    rng = np.random.default_rng(seed)
    voxels = rng.random((10, 11, 9)) < 0.04
    voxels[2:9, 0:8, 2:] |= rng.random((7, 8, 7)) < 0.97
    return Mask.of("x", voxels, Grid(voxels.shape, affine_of(edges)))


def distances_out(mask: Mask) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Measure from each voxel to all voxels outside, with a rim around the grid."""
    box = mask.box.grown(2)
    held = np.zeros(box.shape, dtype=np.bool_)
    held[mask.box.slices(box.start)] = mask.voxels
    inside, outside = (
        mask.grid.places_mm(np.argwhere(flags) + box.start) for flags in (held, ~held)
    )
    away: np.ndarray[tuple[int], np.dtype[np.float64]] = np.array(
        [np.linalg.norm(outside - place, axis=1).min() for place in inside]
    )
    return away


@pytest.mark.parametrize("edges", [UPRIGHT, PERMUTED, TURNED, SHEARED])
@pytest.mark.parametrize("seed", range(3))
def test_a_depth_is_the_distance_to_the_nearest_voxel_outside(
    edges: np.ndarray[tuple[int, int], np.dtype[np.float64]], seed: int
) -> None:
    mask = noise(edges, seed)
    assert build_graph(mask).depth_mm == pytest.approx(distances_out(mask), abs=1e-9)


def linked(graph: VoxelGraph, nodes: list[int]) -> list[set[int]]:
    """Gather some nodes in connected parts, one link after the other."""
    parts = [{node} for node in nodes]
    for one in nodes:
        for other in set(graph.links[[one]].indices.tolist()) & {*nodes}:
            mine, theirs = (next(part for part in parts if end in part) for end in (one, other))
            if mine is not theirs:
                mine |= theirs
                parts.remove(theirs)
    return parts


def test_parts_of_some_nodes_are_those_that_their_links_connect() -> None:
    graph = build_graph(noise(UPRIGHT, 5))
    nodes = np.flatnonzero(np.random.default_rng(5).random(graph.size) < 0.15)
    groups = graph.group(nodes)
    found = [set(nodes[groups == one].tolist()) for one in np.unique(groups)]
    expected = linked(graph, nodes.tolist())
    assert sorted(map(sorted, found)) == sorted(map(sorted, expected))
    assert len(graph.group(np.array([], dtype=np.intp))) == 0


def test_what_hangs_on_nodes_is_what_passes_one_of_them_on_the_way_to_the_root() -> None:
    graph, rng = build_graph(noise(UPRIGHT, 6)), np.random.default_rng(6)
    _, before = measure_paths(graph.links, np.array([int(graph.depth_mm.argmax())]))
    order = order_nodes(before)
    for share in (0.0, 0.01, 0.3):
        some = rng.random(graph.size) < share
        expected = some.copy()
        for node in range(graph.size):
            at = node
            while at >= 0 and not some[at]:
                at = int(before[at])
            expected[node] = at >= 0
        assert np.array_equal(order.find_below(some), expected)


def test_the_nearest_voxel_is_found_near_a_place_and_far_from_it() -> None:
    graph, rng = build_graph(noise(TURNED, 7)), np.random.default_rng(7)
    among = rng.random(graph.size) < 0.7
    low, high = graph.places_mm.min(axis=0) - 30.0, graph.places_mm.max(axis=0) + 30.0
    for _ in range(60):
        x, y, z = rng.uniform(low, high).tolist()
        away = np.where(among, np.linalg.norm(graph.places_mm - (x, y, z), axis=1), np.inf)
        node, mm = find_node(graph.places_mm, (x, y, z), among)
        assert node == away.argmin()
        assert mm == pytest.approx(away.min())
