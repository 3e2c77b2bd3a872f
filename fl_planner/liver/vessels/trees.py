"""The vessel trees of a liver, and the liver lost when branches are cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_plain
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TREES, TreeName
from fl_planner.liver.segments.territories import Territories, map_kept_territories
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.divide import VesselParts, divide_vessels
from fl_planner.liver.vessels.limits import DOUBT, LEAST_CUT, WIDEST_CUT
from fl_planner.liver.vessels.quality import (
    find_exchanged_trees,
    find_mistaken,
    find_needless,
    find_odd_places,
    find_too_large,
    find_trees_at_other_ends,
    judge_tree,
)
from fl_planner.liver.vessels.supply.loss import (
    BranchTerritory,
    CutDoubt,
    CutLoss,
    SupplyLoss,
    TreeQuality,
)
from fl_planner.liver.vessels.supply.nearest_branch import LiverCells, cut_in_cells, read_otherwise
from fl_planner.liver.vessels.supply.supply_tree import Kept, SupplyTree
from fl_planner.liver.vessels.supply.territories import (
    Bits,
    SegmentSupply,
    count_supply,
    find_differences,
    find_node_bits,
    find_removed_bits,
    measure_branches,
    measure_cut,
    measure_plan,
)
from fl_planner.liver.vessels.tree.cut import TreeWithoutTerritories
from fl_planner.liver.vessels.tree.graph import Flags, VoxelGraph
from fl_planner.liver.vessels.tree.roots import determine_roots, draw_tree
from fl_planner.liver.vessels.tree.tree import (
    AS_FAR_MM,
    NEAR_MM,
    DrawnTree,
    find_node,
    format_place,
    grow_tree,
)
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask, unite


@dataclass(frozen=True, slots=True, eq=False)
class VesselTrees:
    """Drawn portal and hepatic veins of a liver.

    - `trees`: trees with territories.
    - `quality`: quality of each tree that was drawn.
    - `undetermined`: trees that were drawn but have no territories.
    - `halves`: the mask of each tree, if both were drawn under one label that was divided.
    """

    anatomy: Anatomy
    cells: LiverCells
    trees: Mapping[TreeName, SupplyTree]
    quality: tuple[TreeQuality, ...]
    findings: tuple[Finding, ...]
    undetermined: Mapping[TreeName, TreeWithoutTerritories] = field(default_factory=dict)
    halves: Mapping[TreeName, Mask] = field(default_factory=dict)
    _bits: dict[tuple[str, tuple[str, ...]], Bits] = field(
        default_factory=dict, init=False, repr=False
    )  # by tree or vessel and the names of the segments: asked for by each plan and by the rows

    def lose(
        self,
        cuts: tuple[BranchCut, ...],
        remnant: Mask | None,
        segments: tuple[str, ...] = (),
        gaps: Mask | None = None,
    ) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        """Measure the loss of inflow and outflow by a plan's cuts and resection.

        - `segments`: segments of the map whose union is the remnant; empty if it was drawn or cut.
        - `gaps`: as for `Kept`.

        The loss by a cut of a tree without territories is not given; a finding states the reason.
        Cuts are numbered as in the plan. Raises `InputRefused`: `vessels.no_tree` for a cut of a
        tree that was not drawn, and as for `cut_branch`.
        """
        findings = [*self._report_undetermined(cuts)]
        elsewhere = {
            number: finding
            for number, cut in enumerate(cuts, 1)
            if (finding := self._find_elsewhere(number, cut)) is not None
        }
        findings += elsewhere.values()
        asked = [
            self.trees[cut.tree].ask(number, cut)
            for number, cut in enumerate(cuts, 1)
            if cut.tree in self.trees and number not in elsewhere
        ]
        losses = tuple(measure_cut(self.trees[one.cut.tree], self.cells, one) for one in asked)
        findings += [_warn_doubtful(loss) for loss in losses if loss.is_doubtful]
        for one in asked:
            findings += find_odd_places(one, self.trees[one.cut.tree], self.anatomy)
        findings += find_needless(asked)
        kept = None
        if remnant is not None:
            kept = Kept(remnant, self._find_gone(segments), gaps)
        unknown = {cuts[number - 1].tree for number in elsewhere}  # what a plan takes of these
        known = {name: supply for name, supply in self.trees.items() if name not in unknown}
        of_plan = [one for one in asked if one.cut.tree in known]
        loss, notes = measure_plan(self.anatomy, self.cells, known, of_plan, kept)
        return loss.with_cuts(losses), (*findings, *notes)

    def _report_undetermined(self, cuts: Sequence[BranchCut]) -> Iterator[Finding]:
        """Find cuts of trees without territories.

        Raises `InputRefused`: `vessels.no_tree`, and as for `TreeWithoutTerritories.find_cut`.
        """
        for number, cut in enumerate(cuts, 1):
            if cut.tree in self.trees:
                continue
            if cut.tree not in self.undetermined:
                reason = f"no {cut.tree} veins were drawn"
                remedy = (
                    "give a mask of these veins, or both roots for a single mask of all veins, or "
                    "omit the cut"
                )
                raise InputRefused("vessels.no_tree", f"{cut.tree} cut", reason, remedy)
            yield self.undetermined[cut.tree].find_cut(number, cut)

    def _find_elsewhere(self, number: int, cut: BranchCut) -> Finding | None:
        """Find a point that is nearer to the other half of a divided label, where no cut is made.

        Raises `InputRefused`: `vessels.cut_beside` for a point in the other of two drawn trees.
        """
        other = next(name for name in TREES if name != cut.tree)
        if cut.at_mm is None or {cut.tree, other} - {*self.trees}:
            return None
        of_tree, of_other = (
            find_node(one.graph.places_mm, cut.at_mm, one.joined)[1]
            for one in (self.trees[cut.tree].tree, self.trees[other].tree)
        )
        if of_other >= of_tree or of_other > NEAR_MM + AS_FAR_MM:
            return None
        if self.halves:
            return _report_elsewhere(number, cut, other, self.trees[other].vessel)
        edges = self.anatomy.liver.grid.matrix()[:, :3]
        if of_other <= float(np.linalg.norm(edges / 2)):
            reason = (
                f"{format_place(cut.at_mm)} is in the {other} veins, {of_tree:.1f} mm from the "
                f"{cut.tree} veins"
            )
            remedy = f"give a point in the {cut.tree} veins, or a cut of the {other} veins"
            raise InputRefused("vessels.cut_beside", f"{cut.tree} cut", reason, remedy)
        return None

    def lose_by_segments(self, territories: Territories) -> SegmentSupply | None:
        """Count the liver that loses its vessels by each set of segments; None without trees."""
        if not self.trees:
            return None
        working = self.anatomy.working(self.anatomy.nontumorous)
        bits = {
            name: self._find_bits(name, supply.tree.graph, territories)
            for name, supply in self.trees.items()
        }
        return count_supply(self.cells, self.trees, bits, (territories, working))

    def territories(self) -> tuple[tuple[BranchTerritory, ...], tuple[Finding, ...]]:
        """Measure the liver supplied by each separately drawn branch, compared with segments."""
        found = tuple(
            one
            for supply in self.trees.values()
            for one in measure_branches(self.anatomy, self.cells, supply)
        )
        return found, tuple(find_differences(found, self.anatomy))

    def find_beyond(self, tree: TreeName, cuts: Iterable[BranchCut]) -> Flags | None:
        """Return the nodes beyond the cuts of a tree; None without territories, or if unknown.

        Raises `InputRefused`: as for `cut_branch`.
        """
        if (supply := self.trees.get(tree)) is None:
            return None
        ours = [(number, cut) for number, cut in enumerate(cuts, 1) if cut.tree == tree]
        if any(self._find_elsewhere(*one) is not None for one in ours):
            return None
        return supply.find_beyond([supply.ask(*one) for one in ours])

    def find_removed_vessel(
        self, vessel: str, graph: VoxelGraph, segments: tuple[str, ...]
    ) -> Flags | None:
        """Return the voxels of a vessel in removed segments, given the kept segments.

        None without segments, or if one is missing from the map; in that case they are determined
        from the remnant.

        - `vessel`: its name, or that of its tree; `graph` are its voxels.
        """
        territories = map_kept_territories(self.anatomy, segments) if segments else None
        if territories is None:
            return None
        kept = np.array([territories.bit_of(segments)], dtype=np.intp)
        flags: Flags = find_removed_bits(self._find_bits(vessel, graph, territories), kept)[0]
        return flags

    def _find_gone(self, segments: tuple[str, ...]) -> dict[TreeName, Flags]:
        """Return the nodes of each tree in removed segments, if segments determine them."""
        found = {
            name: self.find_removed_vessel(name, one.tree.graph, segments)
            for name, one in self.trees.items()
        }
        return {name: gone for name, gone in found.items() if gone is not None}

    def _find_bits(self, vessel: str, graph: VoxelGraph, territories: Territories) -> Bits:
        key = vessel, territories.names
        if key not in self._bits:
            organ = self.anatomy.organ
            self._bits[key] = find_node_bits(graph, self.cells, territories, organ)
        return self._bits[key]


def _report_elsewhere(number: int, cut: BranchCut, other: TreeName, vessel: Mask) -> Finding:
    assert cut.at_mm is not None
    message = (
        f"cut {number} ({cut.tree} veins) at {format_place(cut.at_mm)}: the volume beyond it "
        f"is not given, because the point is in the part of {vessel.source} assigned to the "
        f"{other} veins"
    )
    return Finding("vessels.cut_untold", Severity.WARNING, message, vessel.file)


def build_trees(
    anatomy: Anatomy,
    roots_mm: Mapping[TreeName, Place],
    points_mm: Mapping[TreeName, Sequence[Place]] | None = None,
) -> VesselTrees:
    """Build the vessel trees drawn in a liver, and judge their suitability for territories.

    - `points_mm`: additional points in each tree, for the division of one label for all veins.

    Raises `InputRefused`: as for `divide_vessels`.
    """
    cells = cut_in_cells(anatomy.nontumorous)
    parts = divide_vessels(anatomy, roots_mm, points_mm)
    trees: dict[TreeName, SupplyTree] = {}
    quality: list[TreeQuality] = []
    findings = [*parts.findings]
    unfit = _find_unfit(parts, anatomy)
    for name, masks in parts.masks.items():
        if name in unfit:
            voxels = unite(masks.values()).voxel_count
            quality.append(TreeQuality(name, tuple(masks), voxels, refused=unfit[name].message))
            findings.append(unfit[name])
            continue
        root = roots_mm.get(name)
        drawn = draw_tree(name, masks, anatomy, [] if root is None else [root])
        supply, judged, notes = _build_tree(drawn, anatomy, root, cells)
        quality.append(judged)
        findings += notes
        if supply is not None:
            trees[name] = supply
    if parts.label and len(trees) < len(parts.masks):  # one of two wrong halves may look whole
        halves = {name: _report_one_half(name) for name in trees}
        findings += halves.values()
        quality = [
            replace(one, refused=halves[one.tree].message) if one.tree in halves else one
            for one in quality
        ]
        trees = {}
    if points_mm:
        quality = [replace(one, points_mm=(*points_mm.get(one.tree, ()),)) for one in quality]
    exchanged = [*find_exchanged_trees(quality, anatomy.liver.grid)]
    findings += exchanged or find_trees_at_other_ends(parts.masks, anatomy)
    undetermined = {**parts.undetermined}
    for one in quality:
        if one.refused is not None:
            undetermined[one.tree] = TreeWithoutTerritories(
                one.tree, parts.label or parts.masks[one.tree], one.refused
            )
    divided = parts.masks.items() if parts.label else ()
    return VesselTrees(
        anatomy,
        cells,
        trees,
        tuple(quality),
        tuple(findings),
        undetermined,
        {tree: unite(of.values()) for tree, of in divided},
    )


def _find_unfit(parts: VesselParts, anatomy: Anatomy) -> dict[TreeName, Finding]:
    """Find trees that are too large, or were also given as something else, before any is grown."""
    found = find_mistaken(anatomy, parts.masks)
    for name, masks in parts.masks.items():
        large = find_too_large(masks.values(), (name,), anatomy.nontumorous.voxel_count)
        if large is not None:
            found[name] = large
    return found


def _build_tree(
    drawn: DrawnTree, anatomy: Anatomy, root: Place | None, cells: LiverCells
) -> tuple[SupplyTree | None, TreeQuality, tuple[Finding, ...]]:
    """Build a tree with its territories; None if its quality is insufficient."""
    roots = determine_roots(drawn, anatomy, root)
    tree = grow_tree(drawn, roots.nodes)
    nearest = cells.find_nearest(tree, tree.supplies)
    quality, findings = judge_tree(tree, roots, nearest, cells, anatomy.organ)
    if quality.refused is not None:
        return None, quality, findings
    readings = read_otherwise(tree, drawn.vessel, cells, nearest)
    return SupplyTree(tree, drawn.vessel, cells, nearest, readings), quality, findings


def _report_one_half(name: TreeName) -> Finding:
    message = (
        f"after the division of one label for all veins, only the {name} tree is sufficient for "
        "territories. The division is therefore unreliable, so no territories of either tree are "
        "given"
    )
    return Finding("vessels.one_half", Severity.WARNING, message)


WHY_DOUBTFUL: Mapping[CutDoubt, str] = {
    "methods": f"the results of two methods differ by more than {as_plain(100 * DOUBT)} % of the "
    "liver, as can happen at a fork, at the origin of a branch, on a loop or where branches touch",
    "small": f"less than {as_plain(100 * LEAST_CUT)} % of the liver is beyond the cut, as can "
    "happen in a very small branch",
    "wide": "the results for variants of the vessel drawing differ by more than "
    f"{as_plain(100 * WIDEST_CUT)} % of the liver",
}


def _warn_doubtful(loss: CutLoss) -> Finding:
    why = "; ".join(WHY_DOUBTFUL[doubt] for doubt in loss.doubts)
    message = (
        f"cut {loss.number} ({loss.cut.tree} veins): its effect is uncertain: {why}. Check "
        "its position in the picture, or move it along the branch"
    )
    return Finding("vessels.cut_doubtful", Severity.WARNING, message)
