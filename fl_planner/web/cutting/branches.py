"""Branches of one case that are tried to cut, in its process: what they take, and as a plan."""

from __future__ import annotations

from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.liver.names.vessel_trees import TREES
from fl_planner.liver.remnant.remnant import Remnant
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.loss import SupplyLoss
from fl_planner.planning.draft_branches import DraftBranches
from fl_planner.record.declaration.part import as_json
from fl_planner.record.vessels.draft import as_draft_branches
from fl_planner.web.cutting.saved_plan import add_branches
from fl_planner.web.dossier.entries import read_place, read_told
from fl_planner.web.dossier.planned import PlannedCase

MOST = 20  # cuts at a time
BESIDE, CLICK = "vessels.cut_beside", "click into the vessel, and cut again"


class BranchCutter:
    """Tries cuts of branches; `case` is the case as it stood."""

    def __init__(self, case: PlannedCase) -> None:
        """Find which trees there are."""
        self.case, self._drafts = case, DraftBranches(case.plan)

    def describe(self) -> list[str]:
        """Tell which trees can be cut."""
        return [*self._drafts.names]

    def answer(self, text: str) -> bytes:
        """Tell what cuts take together and each by itself.

        Raises `InputRefused`: as `read_branches` and `VesselTrees.lose`.
        """
        return self._tell(*self._lose(read_branches(text)))

    def leave(self, remnant: Remnant) -> bytes:
        """Tell what a draft's remnant loses with the branches in what is resected.

        Raises `InputRefused`: `vessels.no_tree` where no tree tells territories.
        """
        if not self._drafts.names:
            reason = "no vessels were drawn that tell which liver lives on them"
            raise InputRefused("vessels.no_tree", "draft cut", reason, "give masks of the veins")
        return self._tell(*self._drafts.leave(remnant))

    def _tell(self, loss: SupplyLoss, findings: tuple[Finding, ...]) -> bytes:
        plan = self.case.plan
        voxel_ml = plan.case.anatomy.liver.grid.voxel_ml
        percents = [100 * limit for limit in plan.share_limits]
        told = as_draft_branches(loss, findings, plan.withdrawn, voxel_ml, percents)
        return as_json(told).encode()

    def export(self, text: str) -> bytes:
        """Write the case file with these cuts as one more plan.

        Raises `InputRefused`: as `answer`; `page.case_file_form`.
        """
        cuts = read_branches(text)
        self._lose(cuts)  # one that lies beside its vessel is refused before it is saved
        return add_branches(self.case.text, cuts).content

    def _lose(self, cuts: tuple[BranchCut, ...]) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        try:
            return self._drafts.lose(cuts)
        except InputRefused as refused:
            if refused.code != BESIDE:
                raise
            raise InputRefused(BESIDE, refused.source, refused.reason, CLICK) from None


def read_branches(text: str) -> tuple[BranchCut, ...]:
    """Read cuts, `[{"tree", "at_mm"}]` in RAS+ mm.

    Raises `InputRefused`: `page.draft`.
    """
    told = read_told(text)
    if not isinstance(told, list) or not told:
        raise _refuse("is no list of cuts")
    if len(told) > MOST:
        raise _refuse(f"{len(told)} cuts are more than {MOST}", "take one back first")
    return tuple(map(_read_cut, told))


def _read_cut(told: Any) -> BranchCut:
    if not isinstance(told, dict) or told.keys() != {"tree", "at_mm"}:
        raise _refuse("does not say a tree and a place")
    tree = next((name for name in TREES if name == told["tree"]), None)
    if tree is None:
        raise _refuse("names a tree that there is not")
    return BranchCut(tree, read_place(told["at_mm"]))


def _refuse(reason: str, remedy: str = "reload the page, and cut again") -> InputRefused:
    return InputRefused("page.draft", "draft cut", reason, remedy)
