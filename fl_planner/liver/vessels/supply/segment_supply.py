"""What every set of Couinaud segments keeps of its own vessels: one count for all sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.liver.names.vessel_trees import TreeName
from fl_planner.liver.segments.territories import Territories
from fl_planner.liver.vessels.inside import find_in_liver
from fl_planner.liver.vessels.supply.cells import Counts, LiverCells
from fl_planner.liver.vessels.supply.supply_tree import SupplyTree
from fl_planner.liver.vessels.tree.graph import VoxelGraph, find_closest, find_inside
from fl_planner.space.mask import Mask

Bits = npt.NDArray[np.intp]
Goes = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SegmentSupply:
    """Working liver by its segments and by those of the vessel voxels that it lies nearest to.

    - `trees`: that tell it.
    - `own` (int array (C,)): bits of segments, as in `Territories`.
    - `vessels` (mapping of tree to int array (C,)): bits of the nearest voxel of each tree; 0 where
      that lies outside the liver, so that no set of segments removes it.
    - `voxels` (int array (C,)): that have these bits.
    """

    trees: tuple[TreeName, ...]
    own: Bits
    vessels: dict[TreeName, Bits]
    voxels: Counts

    def count_lost(self, tree: TreeName, kept_bits: Bits) -> Counts:
        """Count the kept liver whose nearest vessel goes with other segments, for each set."""
        return self._count(find_gone_bits(self.vessels[tree], kept_bits), kept_bits)

    def count_either(self, kept_bits: Bits) -> Counts:
        """Count the kept liver that loses inflow, outflow or both, for each set."""
        goes = np.zeros((len(kept_bits), len(self.own)), dtype=np.bool_)
        for tree in self.trees:
            goes |= find_gone_bits(self.vessels[tree], kept_bits)
        return self._count(goes, kept_bits)

    def _count(self, goes: Goes, kept_bits: Bits) -> Counts:
        stays = (self.own & kept_bits[:, None]) != 0
        lost: Counts = (goes & stays).astype(np.int64) @ self.voxels
        return lost


def count_supply(
    cells: LiverCells,
    supplies: Mapping[TreeName, SupplyTree],
    bits: Mapping[TreeName, Bits],
    held: tuple[Territories, Mask],
) -> SegmentSupply:
    """Count the working liver by its own segments and those of its nearest vessel voxels.

    - `bits`: segments of the nodes of each tree, by `find_node_bits`.
    - `held`: the segments, and the working liver.

    What lies in no segment is kept by no set, so it is not counted.
    """
    sets = held[0].sets  # nine segments have more than a byte
    beside = np.zeros(len(cells.voxels), dtype=np.intp)
    for place, (name, supply) in enumerate(supplies.items()):
        beside += bits[name][supply.nearest.nodes] * sets**place
    rows = []
    for own, voxels in list_segment_cells(cells, *held):
        rows += [(own, code, count) for code, count in _sum_by_code(beside, voxels)]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    vessels = {name: table[:, 1] // sets**place % sets for place, name in enumerate(supplies)}
    return SegmentSupply(tuple(supplies), table[:, 0], vessels, table[:, 2])


def find_gone_bits(bits: Bits, kept_bits: Bits) -> Goes:
    """Tell what lies in segments that all go, for each set of kept ones: (sets, number of bits)."""
    gone: Goes = (bits != 0) & ((bits & kept_bits[:, None]) == 0)
    return gone


def find_node_bits(
    graph: VoxelGraph, cells: LiverCells, territories: Territories, organ: Mask
) -> Bits:
    """Find the segments that each voxel of a vessel lies in; 0 outside the liver.

    A vessel is often left out of the segments of a map: there its voxels in the liver are taken to
    lie where most of the nearest liver does.
    """
    box = territories.box
    held = find_in_liver(graph.indices, organ)
    bits = np.zeros(graph.size, dtype=np.intp)
    inside = find_inside(box, graph.indices) & held
    i, j, k = (graph.indices[inside] - box.start).T
    bits[inside] = territories.bits[i, j, k]
    asked = np.flatnonzero((bits == 0) & held)
    if len(asked):
        of_cells = _find_cell_bits(cells, territories, organ)
        known = np.flatnonzero(of_cells)
        at, _ = find_closest(graph.places_mm[asked], cells.places_mm[known])
        bits[asked] = of_cells[known[at]]
    return bits


def list_segment_cells(
    cells: LiverCells, territories: Territories, part: Mask
) -> list[tuple[int, Counts]]:
    """Count the voxels of a part in each cell, by the segments that they lie in: bits, counts."""
    found = []
    for own in np.unique(territories.bits[territories.bits > 0]).tolist():
        segment = Mask("segments", territories.bits == own, territories.box, part.grid)
        found.append((own, cells.count(segment & part)))
    return found


def _find_cell_bits(cells: LiverCells, territories: Territories, organ: Mask) -> Bits:
    """Find the segments that most of each cell lies in; 0 where none of it lies in any."""
    most = np.zeros(len(cells.voxels), dtype=np.int64)
    bits = np.zeros(len(cells.voxels), dtype=np.intp)
    for own, voxels in list_segment_cells(cells, territories, organ):
        more = voxels > most
        most[more], bits[more] = voxels[more], own
    return bits


def _sum_by_code(codes: Bits, voxels: Counts) -> list[tuple[int, int]]:
    """Add up voxels by their code, for codes that have some."""
    every, which = np.unique(codes, return_inverse=True)
    sums = np.bincount(which, voxels, len(every)).astype(np.int64).tolist()
    return [(code, count) for code, count in zip(every.tolist(), sums, strict=True) if count]
