"""Which vessel voxels lie in the liver, where its mask may leave its vessels out."""

from __future__ import annotations

import numpy as np

from fl_planner.liver.vessels.tree.graph import NEIGHBOURS, Flags, Numbers, look_up
from fl_planner.space.mask import Mask

SEEN_MM = 15.0  # on both sides, within which a channel's liver is looked for [project's choice]
LINES = NEIGHBOURS[: len(NEIGHBOURS) // 2]  # one of each two ways
MOST_LINES = 7  # of these 13 that end in liver on both sides: more than half [project's choice]


def find_in_liver(indices: Numbers, organ: Mask) -> Flags:
    """Tell which voxels of a vessel, (N, 3), lie in the liver or in a channel that it leaves them.

    Many masks of the liver leave its large vessels out. A voxel outside counts as in the liver
    where most lines through it meet liver on both sides, within `SEEN_MM`: in a channel all do but
    those along it, beside the liver or in a fissure few do. Bool array (N,).
    """
    inside = look_up(organ.voxels, organ.box, indices)
    outside = np.flatnonzero(~inside)
    if len(outside):
        inside[outside] = _count_lines(indices[outside], organ) >= MOST_LINES
    return inside


def _count_lines(indices: Numbers, organ: Mask) -> Numbers:
    """Count the lines through each voxel that meet the organ on both sides."""
    lengths_mm = np.linalg.norm(LINES @ organ.grid.matrix()[:, :3].T, axis=1)
    found = np.zeros(len(indices), dtype=np.intp)
    for line, length_mm in zip(LINES, lengths_mm, strict=True):
        steps = max(int(SEEN_MM / length_mm), 1)
        met = _meets(organ, indices, line, steps)
        met[met] = _meets(organ, indices[met], -line, steps)
        found += met
    return found


def _meets(organ: Mask, indices: Numbers, way: Numbers, steps: int) -> Flags:
    met = np.zeros(len(indices), dtype=np.bool_)
    for step in range(1, steps + 1):
        left = np.flatnonzero(~met)
        met[left] = look_up(organ.voxels, organ.box, indices[left] + step * way)
    return met
