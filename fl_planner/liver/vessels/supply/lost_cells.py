"""Which cells of a liver lose a vessel, by every reading of it, and what that comes to."""

from __future__ import annotations

from dataclasses import dataclass

from fl_planner.liver.vessels.loss import VoxelRange
from fl_planner.liver.vessels.supply.cells import Counts
from fl_planner.liver.vessels.tree.graph import Flags, Numbers


@dataclass(frozen=True, slots=True, eq=False)
class LostCells:
    """Cells that lose a vessel.

    - `drawn` (bool array (M,)): as it was drawn and cut.
    - `moved` (each a bool array (M,)): with the cut, or the remnant, moved.
    - `asked` (int array (K,)): cells that were asked of the vessel drawn otherwise, and
      `otherwise` (each a bool array (K,)): which of those lose it.
    """

    drawn: Flags
    moved: tuple[Flags, ...]
    asked: Numbers
    otherwise: tuple[Flags, ...]

    def __or__(self, other: LostCells) -> LostCells:
        """Cells that lose either of two vessels; both were read in the same ways."""
        return LostCells(
            self.drawn | other.drawn,
            tuple(a | b for a, b in zip(self.moved, other.moved, strict=True)),
            self.asked,
            tuple(a | b for a, b in zip(self.otherwise, other.otherwise, strict=False)),
        )

    def measure(self, voxels: Counts) -> VoxelRange:
        """Count the voxels, (M,) of each cell, and the least and most of all readings.

        What a vessel drawn otherwise changes in the cells that were asked is counted for all.
        """
        drawn, total = int(voxels[self.drawn].sum()), int(voxels.sum())
        counts = [drawn, *(int(voxels[lost].sum()) for lost in self.moved)]
        held, before = voxels[self.asked], self.drawn[self.asked]
        share = max(int(held.sum()), 1)
        for lost in self.otherwise:
            change = int(held[lost].sum()) - int(held[before].sum())
            counts.append(min(max(drawn + round(change * total / share), 0), total))
        return VoxelRange(drawn, min(counts), max(counts))
