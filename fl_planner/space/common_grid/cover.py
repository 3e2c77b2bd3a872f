"""How far a scan goes, in the indices of a mask's grid: there what was drawn may be cut off."""

from itertools import product

import numpy as np

from fl_planner.space.box import Box
from fl_planner.space.common_grid.lattice import OFF_VOXELS
from fl_planner.space.grid import Grid

ASLANT_VOXELS = 1.0  # between the corners of a face: a scan that lies further aslant has no box


def cover(scan: Grid, grid: Grid) -> Box | None:
    """Find the voxels of a grid's lattice that a scan holds whole; they may go beyond the grid.

    None where the two do not say how they lie, or lie aslant to each other.
    """
    if not (scan.placed and grid.placed):
        return None
    outer = np.array([*product(*((-0.5, n - 0.5) for n in scan.shape), (1.0,))])
    places = outer @ scan.matrix().T
    matrix = grid.matrix()
    corners = np.linalg.solve(matrix[:, :3], (places - matrix[:, 3]).T)
    corners.sort(axis=1)
    low, high = corners[:, :4], corners[:, 4:]
    if max(np.ptp(low, axis=1).max(), np.ptp(high, axis=1).max()) > ASLANT_VOXELS:
        return None
    start = np.ceil(low[:, -1] + 0.5 - OFF_VOXELS).astype(int).tolist()
    stop = np.floor(high[:, 0] + 0.5 + OFF_VOXELS).astype(int).tolist()
    held = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    return held if min(held.shape) > 0 else None
