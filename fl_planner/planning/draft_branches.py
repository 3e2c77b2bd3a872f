"""Branches that nobody planned to cut yet: what they would take from the remnant of a plan."""

from __future__ import annotations

from fl_planner.basis.findings import Finding
from fl_planner.liver.names.vessel_trees import TREES, TreeName
from fl_planner.liver.remnant.remnant import Remnant
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.loss import SupplyLoss
from fl_planner.liver.vessels.trees import VesselTrees, find_trees
from fl_planner.planning.assessment.vessels import measure_loss
from fl_planner.planning.plan import Plan


class DraftBranches:
    """The vessel trees of a plan's case, made ready once; then a cut takes a moment."""

    def __init__(self, plan: Plan) -> None:
        """Take the case as it stands."""
        self._plan = plan
        self._ready: VesselTrees | None = None

    @property
    def _trees(self) -> VesselTrees:
        if self._ready is None:
            case = self._plan.case
            self._ready = find_trees(case.anatomy, case.vessel_roots_mm)
        return self._ready

    @property
    def names(self) -> tuple[TreeName, ...]:
        """Trees that tell territories, so that a branch of them can be cut."""
        vessels = self._plan.measured.vessels
        told = () if vessels is None else vessels.quality
        found = {one.tree for one in told if one.refused is None}
        return tuple(name for name in TREES if name in found)

    def lose(self, cuts: tuple[BranchCut, ...]) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        """Measure what cuts take from the liver, and from the first plan's remnant if there is one.

        Raises `InputRefused`: as `VesselTrees.lose`.
        """
        return measure_loss(self._trees, cuts, self._plan.measured.remnant)

    def leave(self, remnant: Remnant) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        """Measure what another remnant loses with what is resected; no branch is cut."""
        return measure_loss(self._trees, (), remnant)
