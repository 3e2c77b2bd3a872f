"""Describe why a part is outside the liver: its file is mirrored or shifted."""

import numpy as np
import numpy.typing as npt

from fl_planner.space.common_grid.same_grid import MIRRORS, format_displacement
from fl_planner.space.mask import Mask

# project's choices
FITS = 0.98  # of a part inside the liver when mirrored, which then explains its position
LEAST_OF_LIVER = 0.1  # smaller parts fit into the liver in many ways
INSIDE_BEFORE = 0.95  # of a part inside the liver, at most, to be explained
SIDES = {"left-right": "RL", "front-back": "AP", "head-foot": "SI"}  # by codes of an axis
Indices = npt.NDArray[np.intp]


def describe_displacement(part: Mask, organ: Mask) -> str:
    """Describe why a part is outside the liver, as the end of a sentence; "" if unknown."""
    if not part.grid.placed or not part.voxel_count:
        return ""
    inside = (part & organ).voxel_count
    if inside > INSIDE_BEFORE * part.voxel_count or _fits_anywhere(part, organ):
        return _describe_shift(part, organ)
    indices = part.indices()
    return (
        _describe_mirroring(part, organ, indices)
        or _describe_shift(part, organ)
        or _describe_flip(part, organ, indices)
    )


def _fits_anywhere(part: Mask, organ: Mask) -> bool:
    """Whether a part may be in the liver by chance: it is small, or the liver fills its scan."""
    seen = int(np.prod(organ.field.shape))
    small = part.voxel_count < LEAST_OF_LIVER * organ.voxel_count
    return small or 2 * organ.voxel_count > seen


def _describe_mirroring(part: Mask, organ: Mask, indices: Indices) -> str:
    """Describe which sides of the patient the header exchanges, if this explains the position."""
    places = part.grid.places_mm(indices)
    matrix = part.grid.matrix()
    for signs, mirrored in MIRRORS.items():
        steps = np.linalg.solve(matrix[:, :3], (places * signs - matrix[:, 3]).T).T
        if _share_in(organ, np.rint(steps).astype(np.intp)) >= FITS:
            return f"; {mirrored}, or {organ.source} is"
    return ""


def _describe_flip(part: Mask, organ: Mask, indices: Indices) -> str:
    """Describe the axis along which voxels may be flipped within the file, if this explains it."""
    for axis, code in enumerate(part.grid.axis_codes):
        turned = indices.copy()
        turned[:, axis] = part.field.start[axis] + part.field.stop[axis] - 1 - turned[:, axis]
        if _share_in(organ, turned) >= FITS:
            side = next(side for side, codes in SIDES.items() if code in codes)
            so = f"if mirrored {side} within its file, it would be in the liver"
            return f"; {so}: check whether this file or {organ.source} was flipped"
    return ""


def _describe_shift(part: Mask, organ: Mask) -> str:
    """Describe the shift of a part's file relative to the liver's, if both have the same size."""
    by = np.subtract(part.field.start, organ.field.start)
    if part.field.shape != organ.field.shape or not by.any():
        return ""
    by_mm = part.grid.matrix()[:, :3] @ by
    shift = format_displacement(by_mm)
    return f"; its file is shifted by {shift} relative to {organ.source}, which has the same size"


def _share_in(organ: Mask, indices: Indices) -> float:
    places = indices - organ.box.start
    held = places[((places >= 0) & (places < organ.voxels.shape)).all(axis=1)]
    return float(np.count_nonzero(organ.voxels[tuple(held.T)])) / len(indices)
