"""Which cells of a liver lose a vessel, by every reading of it, and what that comes to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fl_planner.liver.vessels.supply.cells import Counts, LiverCells
from fl_planner.liver.vessels.supply.loss import VoxelRange
from fl_planner.liver.vessels.tree.graph import Flags, Numbers


@dataclass(frozen=True, slots=True, eq=False)
class LostCells:
    """Cells that lose a vessel.

    - `drawn` (bool array (M,)): as it was drawn and cut.
    - `moved` (each a bool array (M,)): with the cut, or the remnant, moved.
    - `hanging` (bool array (M,)): with what reaches its root through the removed part alone.
    - `asked` (int array (K,)): cells that were asked of the vessel drawn otherwise, and
      `otherwise` (each a bool array (K,)): which of those lose it.
    """

    cells: LiverCells
    drawn: Flags
    moved: tuple[Flags, ...]
    hanging: Flags
    asked: Numbers
    otherwise: tuple[Flags, ...]

    def __or__(self, other: LostCells) -> LostCells:
        """Cells that lose either of two vessels; both were read in the same ways."""
        return LostCells(
            self.cells,
            self.drawn | other.drawn,
            tuple(a | b for a, b in zip(self.moved, other.moved, strict=True)),
            self.hanging | other.hanging,
            self.asked,
            tuple(a | b for a, b in zip(self.otherwise, other.otherwise, strict=True)),
        )

    def measure(self, voxels: Counts) -> VoxelRange:
        """Count the voxels, (M,) of each cell, and the least and most that readings come to.

        These are the least and most of all readings, and from there the border of what is lost
        moved by a voxel: so far it goes where one side was drawn a voxel wider. What a vessel drawn
        otherwise changes in the cells that were asked is counted for all.
        """
        drawn, total = int(voxels[self.drawn].sum()), int(voxels.sum())
        counts = [drawn, *(int(voxels[lost].sum()) for lost in (*self.moved, self.hanging))]
        held, before = voxels[self.asked], self.drawn[self.asked]
        share = max(int(held.sum()), 1)
        for lost in self.otherwise:
            change = int(held[lost].sum()) - int(held[before].sum())
            counts.append(drawn + round(change * total / share))
        shrunk, grown = self._move_border(voxels)
        low, high = min(counts) - shrunk, max(counts) + grown
        return VoxelRange(drawn, min(max(low, 0), drawn), max(min(high, total), drawn))

    def _move_border(self, voxels: Counts) -> tuple[int, int]:
        """Count what stays, and what is lost, where the border of what is lost moves by a voxel."""
        share = np.zeros(len(voxels))
        for border in sorted(self.cells.borders, key=lambda one: one.share):
            at = np.flatnonzero(self.drawn[border.one] != self.drawn[border.other])
            share[border.one[at]] = share[border.other[at]] = border.share  # the largest comes last
        moved = share * voxels
        return round(float(moved[self.drawn].sum())), round(float(moved[~self.drawn].sum()))
