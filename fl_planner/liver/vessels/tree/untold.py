"""A tree that was drawn and tells no territories: a cut in it is looked at all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.names.vessel_trees import TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.tree.cut import require_branch
from fl_planner.liver.vessels.tree.graph import list_places
from fl_planner.liver.vessels.tree.tree import require_near, say_place
from fl_planner.space.mask import Mask, unite


@dataclass(frozen=True, slots=True, eq=False)
class UntoldTree:
    """A tree of which nobody can tell what lives on it.

    - `masks`: that it was drawn as, by name.
    - `why`: it tells nothing, as a finding says it.
    """

    name: TreeName
    masks: Mapping[str, Mask]
    why: str

    def find_cut(self, number: int, cut: BranchCut) -> Finding:
        """Find that nobody can tell what lies beyond a cut, the `number`th of its plan.

        Raises `InputRefused` as a tree that tells territories does: `vessels.cut_beside`,
        `vessels.no_branch`.
        """
        vessel = unite(self.masks.values())
        source = f"{self.name} cut"
        if cut.at_mm is not None:
            at = f"at {say_place(cut.at_mm)}"
            everywhere = np.ones(vessel.voxel_count, dtype=np.bool_)
            places_mm = list_places(vessel)
            require_near(places_mm, cut.at_mm, everywhere, "vessels.cut_beside", source)
        else:
            at = f"at {cut.branch}"
            require_branch(cut.branch or "", self.masks, source)
        says = (
            f"cut {number} of the {self.name} veins {at}: what lies beyond it is not told, for "
            f"this reason: {self.why}"
        )
        return Finding("vessels.cut_untold", Severity.WARNING, says, vessel.file)
