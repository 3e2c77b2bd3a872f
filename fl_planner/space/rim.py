"""The voxels around a mask, up to so many mm away."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import sqrt

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Box, Voxels, memory_order
from fl_planner.space.distance import is_upright, measure_distances_mm
from fl_planner.space.mask import Mask

TIE_MM = 1e-6  # so much farther is as far: sums of squares round differently by axis order

Levels = npt.NDArray[np.intp]
Places = npt.NDArray[np.float64]


def find_rim(core: Mask, of: Mask, reaches_mm: Sequence[float]) -> tuple[Mask, Levels]:
    """Find the voxels of a mask near another, which is not empty and shares none with it.

    `reaches_mm` rise. Gives the voxels within the last, centre to centre, and in index order
    the number of the first reach that holds each, shape (N,). What lies at a reach exactly is
    within it, whatever the rounding.
    """
    around = core.grid.around(core.box, reaches_mm[-1])
    near = of.cropped(around)
    if not near.voxel_count:
        return near, np.zeros(0, dtype=np.intp)
    level = np.full(near.voxels.shape, len(reaches_mm), dtype=np.intp)
    if is_upright(core.grid):
        grown = _grow(core, around, reaches_mm)
        part = near.box.slices(around.start)
        for number, voxels in reversed([*enumerate(grown)]):
            level[voxels[part]] = number
    else:
        distances_mm = measure_distances_mm(near, core)
        level[near.voxels] = np.searchsorted(np.array(reaches_mm) + TIE_MM, distances_mm)
    within = near.voxels & (level < len(reaches_mm))
    rim = replace(near, voxels=within)
    return rim, level[within]


def _grow(core: Mask, box: Box, reaches_mm: Sequence[float]) -> list[Voxels]:
    """Draw in a box around the core what lies within each reach of it; edges at right angles.

    A ball is a bundle of rods along the axis in which memory runs, each as long as the ball is
    thick there. So the core is made longer along that axis once for each length, and laid down
    once for each rod. A distance transform gives the same, and its import alone takes longer.
    """
    axes = memory_order(core.voxels)
    back, order = np.argsort(axes), list(axes)
    edges = np.array(core.grid.spacing_mm)[order]
    start = np.subtract(core.box.start, box.start)[order]
    shape = np.array(box.shape)[order]
    steps = _steps_along(core.voxels.transpose(axes), start[2], shape[2])
    return [_lay(steps, start, shape, edges, reach).transpose(back) for reach in reaches_mm]


def _steps_along(block: Voxels, start: int, length: int) -> npt.NDArray[np.int32]:
    """Count the steps from each place of a line of so many to the nearest voxel on that line."""
    line = np.arange(length, dtype=np.int32)
    voxels = np.zeros((*block.shape[:2], length), dtype=np.bool_)
    voxels[:, :, start : start + block.shape[2]] = block
    before = np.maximum.accumulate(np.where(voxels, line, -2 * length), axis=2)
    after = np.minimum.accumulate(np.where(voxels, line, 3 * length)[:, :, ::-1], axis=2)
    return np.minimum(line - before, after[:, :, ::-1] - line).astype(np.int32)


def _lay(
    steps: npt.NDArray[np.int32], start: Levels, shape: Levels, edges: Places, reach_mm: float
) -> Voxels:
    """Lay the rods of a ball around a core whose lines are told by `steps`."""
    grown = np.zeros(shape, dtype=np.bool_)
    longer: dict[int, Voxels] = {}
    lines, layers = steps.shape[:2], shape[:2].tolist()
    for down, across, reach in _rods(edges, reach_mm):
        if reach not in longer:
            longer[reach] = steps <= reach
        a, b = int(start[0]) + down, int(start[1]) + across  # where the core's first line goes
        i, j = max(-a, 0), max(-b, 0)  # from here to (k, m) it falls into the box
        k, m = min(lines[0], layers[0] - a), min(lines[1], layers[1] - b)
        if i < k and j < m:
            grown[a + i : a + k, b + j : b + m] |= longer[reach][i:k, j:m]
    return grown


def _rods(edges: Places, reach_mm: float) -> Iterator[tuple[int, int, int]]:
    """List where the rods of a ball lie, and how many steps each reaches either way."""
    limit_mm = reach_mm + TIE_MM
    most = (limit_mm // edges).astype(int).tolist()
    for down, across in product(range(-most[0], most[0] + 1), range(-most[1], most[1] + 1)):
        left = limit_mm**2 - (down * edges[0]) ** 2 - (across * edges[1]) ** 2
        if left >= 0:
            yield down, across, int(sqrt(left) // edges[2])
