"""The parts of a remnant that lose a vessel, drawn as masks where somebody looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.vessel_trees import TreeName
from fl_planner.liver.vessels.supply.cells import LiverCells
from fl_planner.liver.vessels.tree.graph import Flags
from fl_planner.space.mask import Mask

LOST: Mapping[TreeName, str] = {"portal": "inflow_lost", "hepatic": "outflow_lost"}


@dataclass(frozen=True, slots=True, eq=False)
class LostParts:
    """Which cells of a liver lose each tree by a plan; nothing is drawn before it is asked for.

    - `remnant`: of that plan.
    - `lost` (mapping of tree to bool array (M,)): of `cells`.
    """

    anatomy: Anatomy
    remnant: Mask
    cells: LiverCells
    lost: Mapping[TreeName, Flags]

    def draw(self, tree: TreeName) -> Mask | None:
        """Draw the voxels that were counted, named as in `LOST`; None where the tree tells nothing.

        These are the working, non-tumorous voxels of the remnant in the cells that lose the tree.
        """
        if tree not in self.lost:
            return None
        anatomy, cells = self.anatomy, self.cells
        counted = anatomy.working(self.remnant & anatomy.nontumorous)
        lost = Mask(LOST[tree], cells.draw(self.lost[tree]), cells.box, counted.grid)
        return (lost & counted).renamed(LOST[tree])
