"""Surfaces of masks as points gathered in blocks: how near two of them come to each other.

Blocks of a few voxels have corners, and these bound all distances between their points. So
nearly all pairs of blocks are left without looking at a point, and no tree is needed, whose
import alone would take longer than reading a mask. The plain way stands in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.space.mask import Mask

Points = npt.NDArray[np.float64]  # (N, 3), patient positions in mm

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
    cells = ((points_mm - points_mm.min(axis=0)) // BLOCK_MM).astype(np.int64)
    _, along, across = (cells.max(axis=0) + 1).tolist()
    keys = (cells[:, 0] * along + cells[:, 1]) * across + cells[:, 2]
    if keys.max() < 1 << 16:
        keys = keys.astype(np.uint16)  # which are sorted without comparing
    order = np.argsort(keys, kind="stable")
    points_mm, keys = points_mm[order], keys[order]
    firsts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    low_mm = np.minimum.reduceat(points_mm, firsts)
    high_mm = np.maximum.reduceat(points_mm, firsts)
    return Surface(points_mm, np.append(firsts, len(keys)), low_mm, high_mm)


def gather_voxels(mask: Mask) -> Surface:
    """Gather the centres of a mask's voxels; it has one at least.

    Of a large mask give the surface only, or the shell around it: seen from outside or from
    within, the voxel that is nearest is one of these.
    """
    return gather(mask.grid.places_mm(np.argwhere(mask.voxels) + mask.box.start))


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
