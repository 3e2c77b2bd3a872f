"""What lies between parts of a mask: within a ring or a shell, closed or not."""

import numpy as np

from fl_planner.space.box import Voxels
from fl_planner.space.mask import Mask


def lie_between(voxels: Voxels, axis: int) -> Voxels:
    """Find what has a voxel before it and behind it along an axis, or is one."""
    ways = (voxels, np.flip(voxels, axis))
    before, behind = (np.logical_or.accumulate(way, axis=axis) for way in ways)
    both: Voxels = before & np.flip(behind, axis)
    return both


def count_within(part: Mask, around: Mask) -> int:
    """Count the voxels of a part that have another mask on both sides along two axes or three.

    So what a ring holds counts, though it is open above and below, and so do holes and voxels
    that both share. What lies beside a body that bulges outwards has it on one side only.
    """
    common = part.box & around.box
    if not min(common.shape):
        return 0
    inside = common.slices(around.box.start)
    sides = sum(lie_between(around.voxels, axis)[inside].astype(np.int8) for axis in range(3))
    held = part.voxels[common.slices(part.box.start)] & (np.asarray(sides) >= 2)
    return int(np.count_nonzero(held))
