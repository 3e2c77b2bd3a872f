"""Connected parts of a mask, and what it encloses."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Box
from fl_planner.space.mask import Mask

Connectivity = Literal[6, 18, 26]  # neighbours by faces; and edges; and corners

_RANK: dict[Connectivity, int] = {6: 1, 18: 2, 26: 3}


def measure_parts(mask: Mask, connectivity: Connectivity) -> tuple[int, ...]:
    """Count the voxels of each connected part, largest first."""
    labels, _ = _label(mask.voxels, connectivity)
    return tuple(sorted(np.bincount(labels.ravel())[1:].tolist(), reverse=True))


def split_parts(mask: Mask, connectivity: Connectivity) -> tuple[Mask, ...]:
    """Split a mask into its connected parts, largest first, equal ones in index order."""
    from scipy.ndimage import find_objects

    labels, _ = _label(mask.voxels, connectivity)
    parts = []
    for number, where in enumerate(find_objects(labels), start=1):
        start = tuple(piece.start for piece in where)
        box = Box((start[0], start[1], start[2]), tuple(piece.stop for piece in where))
        voxels = labels[where] == number
        parts.append(
            Mask(mask.name, voxels, box.moved(mask.box.start), mask.grid, mask.file, mask.field)
        )
    return tuple(sorted(parts, key=lambda part: (-part.voxel_count, part.box.start)))


def find_holes(mask: Mask) -> Mask:
    """Find the voxels that a mask encloses: no way out of them through faces."""
    outside = np.pad(~mask.voxels, 1, constant_values=True)
    labels, count = _label(outside, 6)
    if count < 2:  # everything that is not mask is reached from outside
        return mask - mask
    enclosed = (labels > 0) & (labels != labels[0, 0, 0])
    holes = enclosed[1:-1, 1:-1, 1:-1]
    return Mask(f"holes of {mask.name}", holes, mask.box, mask.grid, mask.file, mask.field)


def _label(
    voxels: npt.NDArray[np.bool_], connectivity: Connectivity
) -> tuple[npt.NDArray[np.signedinteger], int]:
    from scipy.ndimage import generate_binary_structure, label

    labels, count = label(voxels, generate_binary_structure(3, _RANK[connectivity]))
    return labels, count
