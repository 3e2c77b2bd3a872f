"""What every set of Couinaud segments keeps of its own vessels: one count for all sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.liver.segments.territories import Territories
from fl_planner.liver.vessels.branch_cut import TreeName
from fl_planner.liver.vessels.supply.cells import Counts, LiverCells
from fl_planner.liver.vessels.supply.supply_tree import SupplyTree
from fl_planner.liver.vessels.tree.graph import find_inside
from fl_planner.liver.vessels.tree.tree import VesselTree
from fl_planner.space.mask import Mask

Bits = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class SegmentSupply:
    """Working liver by its segments and by those of the vessel voxels that it lies nearest to.

    - `trees`: that tell it.
    - `own` (int array (C,)): bits of segments, as in `Territories`.
    - `vessels` (mapping of tree to int array (C,)): bits of the nearest voxel of each tree; 0 where
      that lies in no segment, so that no set of segments removes it.
    - `voxels` (int array (C,)): that have these bits.
    """

    trees: tuple[TreeName, ...]
    own: Bits
    vessels: dict[TreeName, Bits]
    voxels: Counts

    def count_lost(self, tree: TreeName, kept_bits: Bits) -> Counts:
        """Count the kept liver whose nearest vessel goes with other segments, for each set."""
        return self._count(self._goes(tree, kept_bits), kept_bits)

    def count_either(self, kept_bits: Bits) -> Counts:
        """Count the kept liver that loses inflow, outflow or both, for each set."""
        goes = np.zeros((len(kept_bits), len(self.own)), dtype=np.bool_)
        for tree in self.trees:
            goes |= self._goes(tree, kept_bits)
        return self._count(goes, kept_bits)

    def _goes(self, tree: TreeName, kept_bits: Bits) -> npt.NDArray[np.bool_]:
        bits = self.vessels[tree]
        goes: npt.NDArray[np.bool_] = (bits != 0) & ((bits & kept_bits[:, None]) == 0)
        return goes

    def _count(self, goes: npt.NDArray[np.bool_], kept_bits: Bits) -> Counts:
        stays = (self.own & kept_bits[:, None]) != 0
        lost: Counts = (goes & stays).astype(np.int64) @ self.voxels
        return lost


def count_supply(
    cells: LiverCells,
    supplies: Mapping[TreeName, SupplyTree],
    territories: Territories,
    working: Mask,
) -> SegmentSupply:
    """Count the working liver by its own segments and those of its nearest vessel voxels.

    What lies in no segment is kept by no set, so it is not counted.
    """
    beside = np.zeros(len(cells.voxels), dtype=np.intp)
    for place, supply in enumerate(supplies.values()):
        of_nodes = find_bits(territories, supply.tree)
        beside += of_nodes[supply.nearest.nodes] * territories.sets**place
    rows = []
    for own, held in list_segment_cells(cells, territories, working):
        rows += [(own, code, voxels) for code, voxels in _sum_by_code(beside, held)]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    sets = territories.sets  # nine segments have more than a byte
    vessels = {name: table[:, 1] // sets**place % sets for place, name in enumerate(supplies)}
    return SegmentSupply(tuple(supplies), table[:, 0], vessels, table[:, 2])


def list_segment_cells(
    cells: LiverCells, territories: Territories, part: Mask
) -> Iterator[tuple[int, Counts]]:
    """Count the voxels of a part in each cell, by the segments that they lie in: bits, counts."""
    for own in np.unique(territories.bits[territories.bits > 0]).tolist():
        segment = Mask("segments", territories.bits == own, territories.box, part.grid)
        yield own, cells.count(segment & part)


def find_bits(territories: Territories, tree: VesselTree) -> Bits:
    """Find the segments that each node lies in."""
    bits = np.zeros(tree.graph.size, dtype=np.intp)
    box = territories.box
    inside = find_inside(box, tree.graph.indices)
    i, j, k = (tree.graph.indices[inside] - box.start).T
    bits[inside] = territories.bits[i, j, k]
    return bits


def _sum_by_code(codes: Bits, voxels: Counts) -> list[tuple[int, int]]:
    """Add up voxels by their code, for codes that have some."""
    every, which = np.unique(codes, return_inverse=True)
    sums = np.bincount(which, voxels, len(every)).astype(np.int64).tolist()
    return [(code, count) for code, count in zip(every.tolist(), sums, strict=True) if count]
