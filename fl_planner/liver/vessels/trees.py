"""The vessel trees of a liver, and what it loses where branches of them are cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.segments.territories import Territories
from fl_planner.liver.vessels.branch_cut import TREES, BranchCut, Place, TreeName
from fl_planner.liver.vessels.graph import build_graph
from fl_planner.liver.vessels.loss import SupplyLoss, TreeQuality
from fl_planner.liver.vessels.plan_loss import measure_cut, measure_plan
from fl_planner.liver.vessels.quality import judge_tree
from fl_planner.liver.vessels.readings import read_otherwise
from fl_planner.liver.vessels.roots import find_roots
from fl_planner.liver.vessels.segment_supply import SegmentSupply, count_supply
from fl_planner.liver.vessels.supply import LiverCells, cut_in_cells
from fl_planner.liver.vessels.supply_tree import SupplyTree
from fl_planner.liver.vessels.tree import grow_tree
from fl_planner.space.mask import Mask, unite

NAMES: Mapping[TreeName, tuple[str, ...]] = {
    "portal": (
        "portal_veins",
        "right_portal_vein",
        "left_portal_vein",
        "right_anterior_portal_vein",
        "right_posterior_portal_vein",
    ),
    "hepatic": ("hepatic_veins", "right_hepatic_vein", "middle_hepatic_vein", "left_hepatic_vein"),
}


@dataclass(frozen=True, slots=True, eq=False)
class VesselTrees:
    """What was drawn of the portal and hepatic veins of a liver, as far as it tells territories.

    - `trees`: those that tell them.
    - `quality`: of each that was drawn.
    - `findings`: what to know about them.
    """

    anatomy: Anatomy
    cells: LiverCells
    trees: Mapping[TreeName, SupplyTree]
    quality: tuple[TreeQuality, ...]
    findings: tuple[Finding, ...]

    def lose(
        self, cuts: tuple[BranchCut, ...], remnant: Mask | None
    ) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        """Measure what a plan's cuts, and what it removes, take from the liver and the remnant.

        A cut of a tree that was drawn and tells no territory takes nothing: a finding says why.
        Raises `InputRefused`: `vessels.no_tree` for a cut of a tree that was not drawn, and as
        `cut_branch`.
        """
        drawn = {quality.tree for quality in self.quality}
        for cut in cuts:
            if cut.tree not in drawn:
                reason = f"no {cut.tree} veins were drawn"
                remedy = "give their mask, or leave the cut out"
                raise InputRefused("vessels.no_tree", f"{cut.tree} cut", reason, remedy)
        asked = [self.trees[cut.tree].ask(cut) for cut in cuts if cut.tree in self.trees]
        losses = tuple(measure_cut(self.trees[one.cut.tree], self.cells, one) for one in asked)
        findings = [
            _say_doubtful(number, loss.cut)
            for number, loss in enumerate(losses, 1)
            if loss.is_doubtful
        ]
        loss, told = measure_plan(self.anatomy, self.cells, self.trees, asked, remnant)
        return replace(loss, cuts=losses), (*findings, *told)

    def lose_by_segments(self, territories: Territories) -> SegmentSupply | None:
        """Count what every set of segments keeps without its vessels; None where no tree tells."""
        if not self.trees:
            return None
        working = self.anatomy.working(self.anatomy.nontumorous)
        return count_supply(self.cells, self.trees, territories, working)


def find_trees(anatomy: Anatomy, roots_mm: Mapping[TreeName, Place]) -> VesselTrees:
    """Find the vessel trees that were drawn of a liver, and judge what they can tell.

    Raises `InputRefused`: `vessels.root_beside`.
    """
    cells = cut_in_cells(anatomy.nontumorous)
    trees: dict[TreeName, SupplyTree] = {}
    quality: list[TreeQuality] = []
    findings: list[Finding] = []
    for name in TREES:
        drawn = {one: anatomy.vessels[one] for one in NAMES[name] if one in anatomy.vessels}
        drawn = {one: mask for one, mask in drawn.items() if mask.voxel_count}
        if not drawn:
            continue
        supply, judged, told = _find_tree(name, drawn, anatomy, roots_mm.get(name), cells)
        quality.append(judged)
        findings += told
        if judged.refused is None:
            trees[name] = supply
    return VesselTrees(anatomy, cells, trees, tuple(quality), tuple(findings))


def _find_tree(
    name: TreeName, drawn: dict[str, Mask], anatomy: Anatomy, root: Place | None, cells: LiverCells
) -> tuple[SupplyTree, TreeQuality, tuple[Finding, ...]]:
    vessel = unite(drawn.values())
    graph = build_graph(vessel)
    roots = find_roots(name, vessel, graph, anatomy, root)
    branches = {one: graph.held_by(mask) for one, mask in drawn.items()}
    tree = grow_tree(name, graph, roots.nodes, branches)
    nearest = cells.find_nearest(tree, tree.joined)
    quality, findings = judge_tree(tree, vessel, roots, nearest, cells.voxels)
    readings = read_otherwise(tree, vessel, cells)
    return SupplyTree(tree, vessel, nearest, readings), quality, findings


def _say_doubtful(number: int, cut: BranchCut) -> Finding:
    says = (
        f"cut {number} of the {cut.tree} veins lies on a loop or at a thick place: what lies "
        "beyond it depends on how it is led; look at both readings, or move it"
    )
    return Finding("vessels.cut_doubtful", Severity.WARNING, says)
