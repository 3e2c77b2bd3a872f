"""A vessel tree beside the liver that lives on it, by every reading of both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.cells import LiverCells, Nearest
from fl_planner.liver.vessels.supply.lost_cells import LostCells
from fl_planner.liver.vessels.supply.readings import OtherDrawing
from fl_planner.liver.vessels.supply.sides import Removed
from fl_planner.liver.vessels.tree.cut import BranchLoss, cut_branch, find_lost
from fl_planner.liver.vessels.tree.graph import Flags
from fl_planner.liver.vessels.tree.tree import VesselTree
from fl_planner.space.mask import Mask


@dataclass(frozen=True, slots=True, eq=False)
class AskedCut:
    """A cut that is asked for, the `number`th of its plan, and what it takes from its tree."""

    number: int
    cut: BranchCut
    loss: BranchLoss


@dataclass(frozen=True, slots=True, eq=False)
class SupplyTree:
    """A tree, the mask that it was drawn as, and the liver cells that lie nearest to its nodes.

    - `cells`: of the liver.
    - `readings`: the same of the vessel drawn otherwise; all of the same cells.
    """

    tree: VesselTree
    vessel: Mask
    cells: LiverCells
    nearest: Nearest
    readings: tuple[OtherDrawing, ...]

    def ask(self, number: int, cut: BranchCut) -> AskedCut:
        """Cut a branch; raises as `cut_branch`."""
        return AskedCut(number, cut, cut_branch(self.tree, cut))

    def lose_one(self, asked: AskedCut) -> LostCells:
        """Find the cells that lose the tree by one cut alone."""
        loss = asked.loss
        lost = (loss.beyond, loss.farther, loss.nearer)
        otherwise = [one.find_lost(loss.taken, loss.beyond) for one in self.readings]
        return self._find_cells(lost, otherwise, loss.beyond)

    def lose(self, asked: Iterable[AskedCut], removed: Removed | None = None) -> LostCells:
        """Find the cells that lose the tree by cuts together, and by what is removed.

        What reaches its root through the removed part alone stays where the vessel is freed there,
        as the trunk at the hilum is: it is lost by one reading only, unless the root goes itself.
        """
        cuts = [*asked]
        nothing = np.zeros(self.tree.graph.size, dtype=np.bool_)
        gone = removed or Removed(nothing, nothing, nothing)
        by_cuts = self.find_beyond(cuts)
        lost = [
            gone.nodes | by_cuts,
            gone.fewest | self._join_cuts([one.loss.farther for one in cuts]),
            gone.most | self._join_cuts([one.loss.nearer for one in cuts]),
        ]
        taken = np.logical_or.reduce([nothing, *(one.loss.taken for one in cuts)])
        otherwise = [gone.nodes | one.find_lost(taken, by_cuts) for one in self.readings]
        hanging = lost[0]
        if not gone.nodes[self.tree.roots].all():
            hanging = find_lost(self.tree, lost[0])
        return self._find_cells(lost, otherwise, hanging)

    def lose_nodes(self, nodes: Flags) -> LostCells:
        """Find the cells that lose the tree where some of its nodes go, and none else."""
        return self._find_cells((nodes,), [nodes] * len(self.readings), nodes)

    def find_beyond(self, asked: Iterable[AskedCut]) -> Flags:
        """Find what lies beyond cuts, or reaches its root through any of them alone."""
        return self._join_cuts([one.loss.beyond for one in asked])

    def _join_cuts(self, beyond: Sequence[Flags]) -> Flags:
        """Find what lies beyond several cuts, or reaches its root through any of them alone."""
        if not beyond:
            return np.zeros(self.tree.graph.size, dtype=np.bool_)
        return find_lost(self.tree, np.logical_or.reduce(beyond))

    def _find_cells(
        self, lost: Sequence[Flags], otherwise: Sequence[Flags], hanging: Flags
    ) -> LostCells:
        """Find the cells nearest to lost nodes: as drawn, with the cut moved, drawn otherwise."""
        drawn, *moved = map(self.nearest.cells_of, lost)
        of_others = tuple(
            nodes[reading.nearest] for reading, nodes in zip(self.readings, otherwise, strict=True)
        )
        hangs = self.nearest.cells_of(hanging)
        asked = self.readings[0].asked
        return LostCells(self.cells, drawn, tuple(moved), hangs, asked, of_others)
