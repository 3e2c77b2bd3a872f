"""Draft cuts of vessel branches in one case: requests, results, affected liver, exports."""

from __future__ import annotations

from typing import Any

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.liver.names.structures import TREES
from fl_planner.liver.remnant import Remnant
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.loss import LostParts, SupplyLoss
from fl_planner.planning.draft_cut import DraftBranches
from fl_planner.record.declaration.part import as_json
from fl_planner.record.vessels import as_draft_branches
from fl_planner.space.mask import Mask, unite
from fl_planner.web.dossier.planned import PlannedCase
from fl_planner.web.dossier.plans import add_branches
from fl_planner.web.dossier.sign_off import read_json, read_place, refuse_draft

MOST = 20  # cuts at a time
Loss = tuple[SupplyLoss, tuple[Finding, ...]]
BESIDE, CLICK = "vessels.cut_beside", "click on the vessel, and cut again"


class BranchCutter:
    """Draft cuts of branches; `case` is the case at its creation."""

    def __init__(self, case: PlannedCase) -> None:
        """Determine the trees of the case."""
        self.case, self._drafts = case, DraftBranches(case.plan)
        self._left: tuple[Remnant | None, SupplyLoss | None] = (None, None)
        self._lost: dict[str, Loss] = {}

    def describe(self) -> list[str]:
        """List the trees that can be cut."""
        return [*self._drafts.names]

    def answer(self, text: str) -> bytes:
        """Return the losses caused by all cuts together and by each cut.

        Raises `InputRefused`: see `read_branches` and `VesselTrees.lose`.
        """
        return self._as_json(*self._lose(text))

    def affected(self, text: str) -> dict[str, Mask]:
        """Draw the liver that cuts leave without inflow or outflow.

        It is the liver beyond the cuts. In a planned remnant, liver supplied or drained by branches
        in the resected part is included. The volumes equal those of `answer`.

        Raises `InputRefused`: as `answer`.
        """
        loss, _ = self._lose(text)
        parts = [*_draw(loss.beyond_cuts), *_draw(loss.flr_parts)]
        names = dict.fromkeys(mask.name for mask in parts)
        return {one: unite(mask for mask in parts if mask.name == one) for one in names}

    def leave(self, remnant: Remnant) -> bytes:
        """Return the supply that a draft's remnant loses with branches in the resected part.

        Raises `InputRefused`: `vessels.no_tree` if no tree defines territories.
        """
        if not self._drafts.names:
            reason = "the drawn vessels do not define liver territories"
            raise InputRefused("vessels.no_tree", "draft cut", reason, "add vein masks")
        loss, findings = self._drafts.leave(remnant)
        self._left = (remnant, loss)
        return self._as_json(loss, findings)

    def lost(self, remnant: Remnant) -> dict[str, Mask]:
        """Draw the parts of a remnant without inflow or outflow, as determined by `leave`."""
        left, loss = self._left
        if loss is None or left is not remnant:
            return {}
        return {mask.name: mask for mask in _draw(loss.flr_parts)}

    def _as_json(self, loss: SupplyLoss, findings: tuple[Finding, ...]) -> bytes:
        plan = self.case.plan
        voxel_ml = plan.case.anatomy.liver.grid.voxel_ml
        percents = [100 * limit for limit in plan.share_limits]
        parsed = as_draft_branches(loss, findings, plan.withdrawn, voxel_ml, percents)
        return as_json(parsed).encode()

    def export(self, text: str) -> bytes:
        """Write the case file with these cuts as a further plan.

        Raises `InputRefused`: see `answer`; `page.case_file_form`.
        """
        self._lose(text)  # a cut outside its vessel is refused before saving
        return add_branches(self.case.text, read_branches(text)).content

    def _lose(self, text: str) -> Loss:
        if text not in self._lost:
            cuts = read_branches(text)
            try:
                self._lost = {text: self._drafts.lose(cuts)}
            except InputRefused as refused:
                if refused.code != BESIDE:
                    raise
                raise InputRefused(BESIDE, refused.source, refused.reason, CLICK) from None
        return self._lost[text]


def _draw(parts: LostParts | None) -> list[Mask]:
    drawn = () if parts is None else (parts.draw(tree) for tree in TREES)
    return [mask for mask in drawn if mask is not None and mask.voxel_count]


def read_branches(text: str) -> tuple[BranchCut, ...]:
    """Parse cuts, `[{"tree", "at_mm"}]` in RAS+ mm.

    Raises `InputRefused`: `page.draft`.
    """
    parsed = read_json(text)
    if not isinstance(parsed, list) or not parsed:
        raise refuse_draft("the cuts are not a list")
    if len(parsed) > MOST:
        raise refuse_draft(f"{len(parsed)} cuts exceed the maximum of {MOST}", "undo a cut first")
    return tuple(map(_read_cut, parsed))


def _read_cut(parsed: Any) -> BranchCut:
    if not isinstance(parsed, dict) or parsed.keys() != {"tree", "at_mm"}:
        raise refuse_draft("the vessel tree or the position is missing")
    if (tree := next((name for name in TREES if name == parsed["tree"]), None)) is None:
        raise refuse_draft("the vessel tree does not exist")
    return BranchCut(tree, read_place(parsed["at_mm"]))
