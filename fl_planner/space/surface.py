"""Surfaces of masks as points gathered in blocks: how near two of them come to each other.

Blocks of a few voxels have corners, and these bound all distances between their points. So
nearly all pairs of blocks are left without looking at a point, and no tree is needed, whose
import alone would take longer than reading a mask. The plain way stands in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Box, Voxels, memory_order
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

Points = npt.NDArray[np.float64]  # (N, 3), patient positions in mm
Codes = npt.NDArray[np.uint8]

BLOCK_MM = 8.0  # a hundred voxels of a surface or so: any size gives the same distances
ROWS = 128  # blocks that are compared with all others at a time
NEARLY = 1e-9  # relative: what a bound is widened by, against rounding


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Points in blocks; there is one at least.

    Parameters
    ----------
    points_mm : array (N, 3)
        The points, block by block.
    starts : int array (B + 1,)
        Where each block begins, and where the last one ends.
    low_mm, high_mm : array (B, 3)
        Corners of each block.
    """

    points_mm: Points
    starts: npt.NDArray[np.intp]
    low_mm: Points
    high_mm: Points

    def block(self, number: int) -> Points:
        """Give the points of a block."""
        return self.points_mm[self.starts[number] : self.starts[number + 1]]


def gather(points_mm: Points) -> Surface:
    """Gather points, one at least, in blocks."""
    low_mm = points_mm.min(axis=0)
    keys = np.zeros(len(points_mm), dtype=np.int64)
    for world, length_mm in enumerate((points_mm.max(axis=0) - low_mm).tolist()):
        keys *= int(length_mm / BLOCK_MM) + 1
        keys += ((points_mm[:, world] - low_mm[world]) * (1 / BLOCK_MM)).astype(np.int64)
    if keys.max() < 1 << 16:
        keys = keys.astype(np.uint16)  # which are sorted without comparing
    order = np.argsort(keys, kind="stable")
    points_mm, keys = points_mm[order], keys[order]
    firsts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    lows, highs = (ufunc.reduceat(points_mm, firsts) for ufunc in (np.minimum, np.maximum))
    return Surface(points_mm, np.append(firsts, len(keys)), lows, highs)


def list_borders(codes: Codes, box: Box, grid: Grid) -> tuple[Points, Codes]:
    """List the voxels of a block whose code is not 0, and not that of each neighbour by a face.

    Gives the places of their centres, (N, 3) mm, and their codes, (N,). Together they hold the
    surface of every set of voxels that has a code of its own.
    """
    border = np.zeros_like(codes, dtype=np.bool_)
    for axis in range(3):
        lines, whole = np.moveaxis(border, axis, 0), np.moveaxis(codes, axis, 0)
        differ = whole[1:] != whole[:-1]
        lines[1:] |= differ
        lines[:-1] |= differ
        lines[:1] = lines[-1:] = True
    border &= codes != 0
    indices = _list(border)
    return grid.places_mm(indices + box.start), codes[tuple(indices.T)]


def gather_shell(mask: Mask) -> Surface | None:
    """Gather the voxels of the grid that touch a mask by a face; None where it fills its grid."""
    box = mask.box.grown(1) & mask.grid.whole
    inside = np.zeros_like(mask.voxels, shape=box.shape)
    inside[mask.box.slices(box.start)] = mask.voxels
    near = np.zeros_like(inside)
    for axis in range(3):
        lines, whole = np.moveaxis(near, axis, 0), np.moveaxis(inside, axis, 0)
        lines[1:] |= whole[:-1]
        lines[:-1] |= whole[1:]
    indices = _list(near & ~inside)
    return gather(mask.grid.places_mm(indices + box.start)) if len(indices) else None


def gather_voxels(mask: Mask) -> Surface:
    """Gather the centres of a mask's voxels; it has one at least.

    Of a large mask give the surface only, or the shell around it: seen from outside or from
    within, the voxel that is nearest is one of these.
    """
    return gather(mask.grid.places_mm(_list(mask.voxels) + mask.box.start))


def measure_gap_mm(part: Surface, to: Surface) -> float:
    """Measure the least distance between a point of one and a point of the other, in mm."""
    best = np.inf
    for first in range(0, len(part.low_mm), ROWS):
        rows = slice(first, first + ROWS)
        nearest, farthest = _bounds(part.low_mm[rows], part.high_mm[rows], to)
        best = min(best, float(farthest.min()) * (1 + NEARLY))
        ours, theirs = np.nonzero(nearest <= best)
        order = np.argsort(nearest[ours, theirs])
        for a, b in zip(ours[order].tolist(), theirs[order].tolist(), strict=True):
            if nearest[a, b] > best:
                break
            best = min(best, _least_square(part.block(first + a), to.block(b)))
    return float(np.sqrt(best))


def _list(voxels: Voxels) -> npt.NDArray[np.intp]:
    """List the indices of a block's voxels in the order of memory, (N, 3)."""
    axes = memory_order(voxels)
    block = voxels.transpose(axes)
    indices = np.empty((np.count_nonzero(block), 3), dtype=np.intp)
    indices[:, list(axes)] = np.column_stack(np.unravel_index(np.flatnonzero(block), block.shape))
    return indices


def _bounds(low_mm: Points, high_mm: Points, to: Surface) -> tuple[Points, Points]:
    """Bound the squares of the distances between points of blocks: none is nearer, or farther."""
    nearest = np.zeros((len(low_mm), len(to.low_mm)))
    farthest = np.zeros_like(nearest)
    for world in range(3):
        beyond = low_mm[:, None, world] - to.high_mm[None, :, world]
        before = to.low_mm[None, :, world] - high_mm[:, None, world]
        nearest += np.maximum(0.0, np.maximum(beyond, before)) ** 2
        farthest += np.maximum(-beyond, -before) ** 2
    return nearest, farthest


def _least_square(ours_mm: Points, theirs_mm: Points) -> float:
    squares = np.zeros((len(ours_mm), len(theirs_mm)))
    for world in range(3):
        squares += (ours_mm[:, None, world] - theirs_mm[None, :, world]) ** 2
    return float(squares.min())
