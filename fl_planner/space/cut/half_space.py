"""Which voxels of a grid lie on one side of a plane: told once, line by line, for all masks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Box, memory_order
from fl_planner.space.grid import Grid, Place
from fl_planner.space.mask import Mask
from fl_planner.space.rim import TIE_MM

Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class HalfSpace:
    """One side of a plane, in a box of a grid.

    The plane's front are the voxels whose centres lie in it, which is within `TIE_MM`, or beyond
    it, where its normal points to. A line of voxels along the last index axis passes through the
    plane once, so one number a line tells which of its voxels lie in front.

    - `box`: for which it is told.
    - `turns` (int array (I, J)): index at which each line of the box turns from one side to the
      other, on the grid; an end of the box where it does not.
    - `ahead`: whether the side is what lies from there on; else it is what lies before.
    - `normal`, `offset_mm`: unit normal in RAS+ to the inside of the side, and normal · place of
      the plane.
    """

    grid: Grid
    box: Box
    turns: Numbers
    ahead: bool
    normal: Place
    offset_mm: float

    @classmethod
    def of(cls, grid: Grid, box: Box, point_mm: Place, normal: Place) -> HalfSpace:
        """Find the front of a plane in RAS+; `normal` has the length 1."""
        offset_mm = float(np.dot(normal, point_mm))
        a, b, step = (np.array(normal) @ grid.matrix()[:, :3]).tolist()
        base = float(np.dot(normal, grid.matrix()[:, 3])) - offset_mm + TIE_MM
        (i, j, k), (m, n, stop) = box.start, box.stop
        # of places on the grid, so that the box makes no difference by rounding
        heights = np.arange(i, m)[:, None] * a + np.arange(j, n) * b + base
        if step == 0.0:
            turns = np.where(heights >= 0, k, stop)
        else:
            with np.errstate(over="ignore"):  # a plane along the lines, but for a hair
                at = -heights / step
            turns = np.clip(np.ceil(at) if step > 0 else np.floor(at) + 1, k, stop).astype(np.intp)
        return cls(grid, box, turns, step >= 0, normal, offset_mm)

    @property
    def other(self) -> HalfSpace:
        """The other side; voxels in the plane stay on the front's."""
        x, y, z = self.normal
        return replace(self, ahead=not self.ahead, normal=(-x, -y, -z), offset_mm=-self.offset_mm)

    @property
    def step_mm(self) -> float:
        """The most that one step of the grid leads away from the plane, and a hair."""
        return float(np.abs(np.array(self.normal) @ self.grid.matrix()[:, :3]).max()) + 2 * TIE_MM

    def holds(self, i: Numbers, j: Numbers, k: Numbers) -> npt.NDArray[np.bool_]:
        """Whether voxels of the box lie on this side, by their indices on the grid."""
        turns = self.turns[i - self.box.start[0], j - self.box.start[1]]
        on_side: npt.NDArray[np.bool_] = (k >= turns) == self.ahead
        return on_side

    def draw(self, mask: Mask) -> Mask:
        """Draw what of a mask within the box lies on this side."""
        axes = memory_order(mask.voxels)
        turns = self.of_lines(mask.box)[:, :, None].transpose(axes)
        along = np.arange(mask.box.start[2], mask.box.stop[2])[None, None, :].transpose(axes)
        side = along >= turns if self.ahead else along < turns
        side &= mask.voxels.transpose(axes)
        return replace(mask, voxels=side.transpose(np.argsort(axes)))

    def passes(self, box: Box) -> tuple[bool, bool]:
        """Tell whether some voxels of a box lie on this side, and whether some do not."""
        turns = self.of_lines(box)
        before, beyond = bool((turns > box.start[2]).any()), bool((turns < box.stop[2]).any())
        return (beyond, before) if self.ahead else (before, beyond)

    def of_lines(self, box: Box) -> Numbers:
        """Give `turns` of the lines of a box within this one."""
        (i, j, _), (m, n, _) = box.start, box.stop
        a, b, _ = self.box.start
        return self.turns[i - a : m - a, j - b : n - b]


class VoxelLines:
    """A mask's lines of voxels along the last index axis, and how many each has up to an index."""

    def __init__(self, mask: Mask) -> None:
        counts = np.zeros((*mask.voxels.shape[:2], mask.voxels.shape[2] + 1), dtype=np.uint32)
        np.cumsum(mask.voxels, axis=2, dtype=np.uint32, out=counts[:, :, 1:])
        self._box = mask.box
        self._rows = np.flatnonzero(counts[:, :, -1])  # lines without a voxel are left out
        self._before = counts.reshape(-1, counts.shape[2])[self._rows]
        self._first = np.arange(len(self._rows)) * counts.shape[2]
        self.voxel_count = int(self._before[:, -1].sum(dtype=np.int64))

    def count(self, side: HalfSpace) -> int:
        """Count the voxels that lie on a side, in whose box the mask lies."""
        turns = side.of_lines(self._box).reshape(-1)[self._rows] - self._box.start[2]
        at = np.clip(turns, 0, self._before.shape[1] - 1) + self._first
        before = int(self._before.reshape(-1)[at].sum(dtype=np.int64))
        return self.voxel_count - before if side.ahead else before
