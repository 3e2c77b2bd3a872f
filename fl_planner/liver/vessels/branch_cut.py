"""The point at which a branch of the portal or hepatic veins is cut."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.names.structures import TreeName
from fl_planner.space.grid import Place


@dataclass(frozen=True, slots=True)
class BranchCut:
    """A branch that is cut, given by a point in it or by its name.

    - `tree`: beyond a cut of portal veins, liver loses its inflow; of hepatic veins, its outflow.
    - `at_mm`: a point in the branch, RAS+ mm in the patient; or
    - `branch`: name of a vessel that was drawn separately, cut where it leaves its tree.

    Raises `InputRefused`: `vessels.no_cut` if neither or both are given, or a number is not
    finite.
    """

    tree: TreeName
    at_mm: Place | None = None
    branch: str | None = None

    def __post_init__(self) -> None:
        """Refuse a cut with neither a point nor a branch, or with both."""
        if (self.at_mm is None) is (self.branch is None):
            reason = "requires either a point in the vessel or a branch name"
            raise InputRefused("vessels.no_cut", "cut", reason, "give x,y,z in mm, or a name")
        if self.at_mm is not None and not all(map(isfinite, self.at_mm)):
            reason = f"the point {self.at_mm} does not consist of three finite numbers"
            raise InputRefused("vessels.no_cut", "cut", reason, "give x,y,z in mm")
