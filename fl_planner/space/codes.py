"""How often each code of a block of voxels occurs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import memory_order

Codes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]

EVERY = 256  # codes of a byte
PIECE = 1 << 20  # voxels at a time: of a block of noise each is a run


def count_codes(codes: Codes) -> Counts:
    """Count the voxels of each code, shape (256,), by runs along memory.

    Labels come in runs of tens of voxels, so few numbers are touched.
    """
    flat = codes.transpose(memory_order(codes)).reshape(-1)
    counts = np.zeros(EVERY, dtype=np.int64)
    for first in range(0, flat.size, PIECE):
        piece = flat[first : first + PIECE]
        starts = np.flatnonzero(np.concatenate([[True], piece[1:] != piece[:-1]]))
        lengths = np.diff(starts, append=piece.size)
        counts += np.bincount(piece[starts], lengths, EVERY).astype(np.int64)  # exact to 2^53
    return counts
