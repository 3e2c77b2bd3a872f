"""Entry of a vessel tree into the liver, and channels that the liver mask leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fl_planner.liver.vessels.tree.graph import (
    NEIGHBOURS,
    Flags,
    Numbers,
    VoxelGraph,
    find_inside,
    look_up,
)
from fl_planner.liver.vessels.tree.tree import VesselTree
from fl_planner.space.grid import Box, Place, as_index
from fl_planner.space.mask import Mask

SEEN_MM = 15.0  # on both sides, within which a channel's liver is looked for [project's choice]
LINES = NEIGHBOURS[: len(NEIGHBOURS) // 2]  # one of each two ways
MOST_LINES = 7  # of these 13 that end in liver on both sides: more than half [project's choice]


def find_in_liver(indices: Numbers, organ: Mask) -> Flags:
    """Return which voxels of a vessel, (N, 3), are in the liver or in a channel of its mask.

    Many liver masks omit large vessels. A voxel outside counts as in the liver if most lines
    through it meet liver on both sides within `SEEN_MM`: in a channel all lines except those along
    it; next to the liver or in a fissure only few. Bool array (N,).
    """
    inside = look_up(organ.voxels, organ.box, indices)
    outside = np.flatnonzero(
        ~inside & find_inside(organ.box, indices)
    )  # no channel leads out of it
    if len(outside):
        inside[outside] = _count_lines(indices[outside], organ) >= MOST_LINES
    return inside


def find_nodes_in_liver(graph: VoxelGraph, organ: Mask) -> Flags:
    """Return these for the voxels of a graph; computed once for each liver."""
    return graph.once(organ, lambda: find_in_liver(graph.indices, organ))


def _count_lines(indices: Numbers, organ: Mask) -> Numbers:
    """Count the lines through each voxel that meet the organ on both sides."""
    lengths_mm = np.linalg.norm(LINES @ organ.grid.matrix()[:, :3].T, axis=1)
    steps = np.maximum(SEEN_MM / lengths_mm, 1).astype(np.intp)
    low, high = indices.min(axis=0).tolist(), (indices.max(axis=0) + 1).tolist()
    around = Box(as_index(low), as_index(high)).grown(int(steps.max()))
    held = np.zeros(around.shape, dtype=np.bool_)
    common = around & organ.box
    held[common.slices(around.start)] = organ.voxels[common.slices(organ.box.start)]
    strides = np.array(held.strides, dtype=np.intp)  # of one byte each: steps among all voxels
    flat, at = held.reshape(-1), (indices - around.start) @ strides
    found = np.zeros(len(indices), dtype=np.intp)
    for jump, most in zip((LINES @ strides).tolist(), steps.tolist(), strict=True):
        found += _meets(flat, at, jump, most) & _meets(flat, at, -jump, most)
    return found


def _meets(flat: Flags, at: Numbers, jump: int, steps: int) -> Flags:
    met = np.zeros(len(at), dtype=np.bool_)
    for step in range(1, steps + 1):
        met |= flat[at + step * jump]
    return met


AT_SURFACE_MM = 3.0  # from the outside of the liver [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class LiverEntry:
    """Passage of a tree through the surface of the liver.

    - `outside_ml`: volume of the tree outside the liver, in the parts that continue into it.
    - `crossing` (int array (K,)): nodes outside that are linked to nodes in the liver.
    - `mean_mm`: mean point of entry along the paths from the root, weighted by the number of voxels
      beyond, RAS+; the root counts if it is in the liver. None if no vessel is in the liver.
    """

    outside_ml: float
    crossing: Numbers
    mean_mm: Place | None


def find_entry(tree: VesselTree, organ: Mask) -> LiverEntry:
    """Find where a tree enters the liver; a channel in the liver mask counts as liver."""
    graph, before = tree.graph, tree.before
    inside = find_nodes_in_liver(graph, organ)
    outside = np.flatnonzero(tree.joined & ~inside)
    border = graph.list_border(inside, tree.joined & ~inside)
    crossing = border[~inside[border]]
    groups = graph.group(outside)
    continues = np.isin(groups, groups[np.searchsorted(outside, crossing)])
    first = tree.joined & inside & ((before < 0) | ~inside[np.maximum(before, 0)])
    weights = (tree.order.last - tree.order.first)[first]
    mean_mm = None
    if len(weights):
        x, y, z = np.average(graph.places_mm[first], axis=0, weights=weights).tolist()
        mean_mm = (x, y, z)
    voxels = int(np.count_nonzero(continues)) + (tree.drawn.far_voxels if len(crossing) else 0)
    outside_ml = voxels * graph.grid.voxel_ml
    return LiverEntry(outside_ml, crossing, mean_mm)


def measure_neck_mm(tree: VesselTree, entry: LiverEntry) -> float:
    """Measure the largest vessel radius where parts outside the liver enter; 0 without such parts.

    The radius is the distance to the nearest voxel outside the vessel, in mm.
    """
    if not len(entry.crossing):
        return 0.0
    return float(tree.graph.depth_mm[entry.crossing].max())


@dataclass(frozen=True, slots=True)
class StoppedPart:
    """A part of a tree that ends at the surface of the liver and was joined over a gap.

    - `node`: node at which it ends; `voxels`: number of its voxels.
    - `gap_mm`: distance to the node to which it was joined.
    """

    node: int
    voxels: int
    gap_mm: float


def find_stopped_parts(tree: VesselTree, organ: Mask) -> Iterator[StoppedPart]:
    """Find parts that end within `AT_SURFACE_MM` of the outside of the liver, largest first."""
    graph, before = tree.graph, tree.before
    joined = np.flatnonzero(before >= 0)
    over_gap = joined[tree.parts[joined] != tree.parts[before[joined]]]
    sizes = np.bincount(tree.parts)
    inside = find_nodes_in_liver(graph, organ)
    for node in sorted(over_gap.tolist(), key=lambda one: (-sizes[tree.parts[one]], one)):
        if inside[node] and _is_at_surface(graph, node, organ):
            gap_mm = np.linalg.norm(graph.places_mm[node] - graph.places_mm[before[node]])
            yield StoppedPart(node, int(sizes[tree.parts[node]]), float(gap_mm))


def _is_at_surface(graph: VoxelGraph, node: int, organ: Mask) -> bool:
    """Whether a voxel outside the liver, and in no channel of it, is near a node."""
    at = graph.indices[node]
    start = Box.of(at.tolist(), (at + 1).tolist())
    around = graph.grid.around(start, AT_SURFACE_MM)
    indices = np.argwhere(np.ones(around.shape, dtype=np.bool_)) + around.start
    distance_mm = np.linalg.norm(graph.grid.places_mm(indices) - graph.places_mm[node], axis=1)
    return not find_in_liver(indices[distance_mm <= AT_SURFACE_MM], organ).all()
