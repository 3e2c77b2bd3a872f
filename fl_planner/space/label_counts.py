"""Codes of a block of voxels: how often each occurs, and where one borders on another."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Voxels, memory_order

Codes = npt.NDArray[np.unsignedinteger[Any]]  # of a byte, or of two
Counts = npt.NDArray[np.int64]

EVERY = 256  # codes of a byte
PIECE = 1 << 20  # voxels at a time: of a block of noise each is a run


def count_codes(codes: Codes, every: int = EVERY) -> Counts:
    """Count the voxels of each code below `every`, shape (every,), by runs along memory.

    Labels come in runs of tens of voxels, so few numbers are touched.
    """
    flat = codes.transpose(memory_order(codes)).reshape(-1)
    counts = np.zeros(every, dtype=np.int64)
    for first in range(0, flat.size, PIECE):
        piece = flat[first : first + PIECE]
        starts = np.flatnonzero(np.concatenate([[True], piece[1:] != piece[:-1]]))
        lengths = np.diff(starts, append=piece.size)
        counts += np.bincount(piece[starts], lengths, every).astype(np.int64)  # exact to 2^53
    return counts


def find_steps(codes: Codes | Voxels) -> Voxels:
    """Find the voxels of a block whose code is not that of each neighbour by a face in it."""
    steps = np.zeros_like(codes, dtype=np.bool_)
    for axis in range(3):
        lines, whole = np.moveaxis(steps, axis, 0), np.moveaxis(codes, axis, 0)
        differ = whole[1:] != whole[:-1]
        lines[1:] |= differ
        lines[:-1] |= differ
    return steps


def find_borders(codes: Codes | Voxels) -> Voxels:
    """Find the same, and the voxels at the ends of the block: beyond it there is nothing."""
    borders = find_steps(codes)
    for axis in range(3):
        lines = np.moveaxis(borders, axis, 0)
        lines[:1] = lines[-1:] = True
    return borders
