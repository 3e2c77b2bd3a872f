"""Vessel voxels in the liver, including those in channels omitted from the liver mask."""

from __future__ import annotations

import numpy as np

from fl_planner.liver.vessels.tree.graph import (
    NEIGHBOURS,
    Flags,
    Numbers,
    VoxelGraph,
    find_inside,
    look_up,
)
from fl_planner.space.grid import Box, Index
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
    around = Box(_index(low), _index(high)).grown(int(steps.max()))
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


def _index(numbers: list[int]) -> Index:
    i, j, k = numbers
    return i, j, k
