"""The vessel trees of a liver, and the liver lost when branches are cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_plain
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.segments.territories import Territories, map_kept_territories
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.divide import VesselParts, divide_vessels
from fl_planner.liver.vessels.laterality import find_exchanged_trees
from fl_planner.liver.vessels.quality import (
    find_mistaken,
    find_needless,
    find_odd_places,
    find_too_large,
    judge_tree,
)
from fl_planner.liver.vessels.supply.loss import (
    DOUBT,
    LEAST_CUT,
    WIDEST_CUT,
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
    find_gone_bits,
    find_node_bits,
    measure_branches,
    measure_cut,
    measure_plan,
)
from fl_planner.liver.vessels.tree.cut import UntoldTree
from fl_planner.liver.vessels.tree.graph import Flags, VoxelGraph
from fl_planner.liver.vessels.tree.roots import draw_tree, find_roots
from fl_planner.liver.vessels.tree.tree import DrawnTree, grow_tree
from fl_planner.space.frame import Place
from fl_planner.space.mask import Mask, unite


@dataclass(frozen=True, slots=True, eq=False)
class VesselTrees:
    """Drawn portal and hepatic veins of a liver.

    - `trees`: those with territories.
    - `quality`: of each tree that was drawn.
    - `findings`: on all of them.
    - `untold`: those drawn, without territories.
    """

    anatomy: Anatomy
    cells: LiverCells
    trees: Mapping[TreeName, SupplyTree]
    quality: tuple[TreeQuality, ...]
    findings: tuple[Finding, ...]
    untold: Mapping[TreeName, UntoldTree] = field(default_factory=dict)
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

        - `segments`: of the map, whose union is the remnant; empty if it was drawn or cut.
        - `gaps`: as of `Kept`.

        The loss by a cut of a tree without territories is not given; a finding states the reason.
        Cuts are numbered as in the plan.
        Raises `InputRefused`: `vessels.no_tree` for a cut of a tree that was not drawn, and as
        `cut_branch`.
        """
        untold = self._find_untold(cuts)
        findings = [*untold]
        asked = [
            self.trees[cut.tree].ask(number, cut)
            for number, cut in enumerate(cuts, 1)
            if cut.tree in self.trees
        ]
        losses = tuple(measure_cut(self.trees[one.cut.tree], self.cells, one) for one in asked)
        findings += [_warn_doubtful(loss) for loss in losses if loss.is_doubtful]
        for one in asked:
            findings += find_odd_places(one, self.trees[one.cut.tree], self.anatomy)
        findings += find_needless(asked)
        kept = None
        if remnant is not None:
            kept = Kept(remnant, self._find_gone(segments), gaps)
        loss, notes = measure_plan(self.anatomy, self.cells, self.trees, asked, kept)
        return replace(loss, cuts=losses), (*findings, *notes)

    def _find_untold(self, cuts: Sequence[BranchCut]) -> Iterator[Finding]:
        """Find cuts of trees without territories.

        Raises `InputRefused`: `vessels.no_tree`, and as `UntoldTree.find_cut`.
        """
        for number, cut in enumerate(cuts, 1):
            if cut.tree in self.trees:
                continue
            if cut.tree not in self.untold:
                reason = f"no {cut.tree} veins were drawn"
                remedy = "give their mask or both roots of one mask of all veins, or omit the cut"
                raise InputRefused("vessels.no_tree", f"{cut.tree} cut", reason, remedy)
            yield self.untold[cut.tree].find_cut(number, cut)

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
        """Return the nodes of a tree beyond cuts of it; None without territories.

        Raises `InputRefused`: as `cut_branch`.
        """
        supply = self.trees.get(tree)
        if supply is None:
            return None
        numbered = enumerate(cuts, 1)
        return supply.find_beyond([supply.ask(n, cut) for n, cut in numbered if cut.tree == tree])

    def find_gone(self, vessel: str, graph: VoxelGraph, segments: tuple[str, ...]) -> Flags | None:
        """Return the voxels of a vessel in removed segments, given those that are kept.

        None without segments, or if one is missing from the map; the remnant then determines them.

        - `vessel`: its name, or that of its tree; `graph` are its voxels.
        """
        territories = map_kept_territories(self.anatomy, segments) if segments else None
        if territories is None:
            return None
        kept = np.array([territories.bit_of(segments)], dtype=np.intp)
        flags: Flags = find_gone_bits(self._find_bits(vessel, graph, territories), kept)[0]
        return flags

    def _find_gone(self, segments: tuple[str, ...]) -> dict[TreeName, Flags]:
        """Return the nodes of each tree in removed segments, if segments determine them."""
        found = {
            name: self.find_gone(name, one.tree.graph, segments) for name, one in self.trees.items()
        }
        return {name: gone for name, gone in found.items() if gone is not None}

    def _find_bits(self, vessel: str, graph: VoxelGraph, territories: Territories) -> Bits:
        key = vessel, territories.names
        if key not in self._bits:
            organ = self.anatomy.organ
            self._bits[key] = find_node_bits(graph, self.cells, territories, organ)
        return self._bits[key]


def find_trees(anatomy: Anatomy, roots_mm: Mapping[TreeName, Place]) -> VesselTrees:
    """Build the vessel trees drawn in a liver, and judge their suitability for territories.

    Raises `InputRefused`: `vessels.root_beside`.
    """
    cells = cut_in_cells(anatomy.nontumorous)
    parts = divide_vessels(anatomy, roots_mm)
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
        drawn = draw_tree(name, masks, anatomy, roots_mm.get(name))
        supply, judged, notes = _find_tree(drawn, anatomy, roots_mm.get(name), cells)
        quality.append(judged)
        findings += notes
        if supply is not None:
            trees[name] = supply
    if parts.divided and len(trees) < len(parts.masks):  # one of two wrong halves may look whole
        halves = {name: _say_one_half(name) for name in trees}
        findings += halves.values()
        quality = [
            replace(one, refused=halves[one.tree].message) if one.tree in halves else one
            for one in quality
        ]
        trees = {}
    findings += find_exchanged_trees(quality, anatomy.liver.grid)
    untold = {**parts.untold}
    for one in quality:
        if one.refused is not None:
            untold[one.tree] = UntoldTree(one.tree, parts.masks[one.tree], one.refused)
    return VesselTrees(anatomy, cells, trees, tuple(quality), tuple(findings), untold)


def _find_unfit(parts: VesselParts, anatomy: Anatomy) -> dict[TreeName, Finding]:
    """Find trees that are too large, or were also given as something else; none is grown."""
    found = find_mistaken(anatomy, parts.masks)
    for name, masks in parts.masks.items():
        large = find_too_large(masks.values(), (name,), anatomy.nontumorous.voxel_count)
        if large is not None:
            found[name] = large
    return found


def _find_tree(
    drawn: DrawnTree, anatomy: Anatomy, root: Place | None, cells: LiverCells
) -> tuple[SupplyTree | None, TreeQuality, tuple[Finding, ...]]:
    """Build a tree with its territories; None if its quality is insufficient."""
    roots = find_roots(drawn, anatomy, root)
    tree = grow_tree(drawn, roots.nodes)
    nearest = cells.find_nearest(tree, tree.supplies)
    quality, findings = judge_tree(tree, roots, nearest, cells, anatomy.organ)
    if quality.refused is not None:
        return None, quality, findings
    readings = read_otherwise(tree, drawn.vessel, cells, nearest)
    return SupplyTree(tree, drawn.vessel, cells, nearest, readings), quality, findings


def _say_one_half(name: TreeName) -> Finding:
    message = (
        f"of one label of all veins, only the {name} tree is sufficient for territories, so the "
        "division of the label is doubtful: territories of neither tree are given"
    )
    return Finding("vessels.one_half", Severity.WARNING, message)


WHY_DOUBTFUL: Mapping[CutDoubt, str] = {
    "methods": f"two methods differ by more than {as_plain(100 * DOUBT)} % of the liver, as at the "
    "mouth of a branch, on a loop or where branches touch",
    "small": f"less than {as_plain(100 * LEAST_CUT)} % of the liver is beyond it, so that it may "
    "be on a twig",
    "wide": f"the readings of the vessels differ by more than {as_plain(100 * WIDEST_CUT)} % of "
    "the liver",
}


def _warn_doubtful(loss: CutLoss) -> Finding:
    why = "; ".join(WHY_DOUBTFUL[doubt] for doubt in loss.doubts)
    message = (
        f"cut {loss.number} of the {loss.cut.tree} veins: its effect is uncertain: {why}. Check "
        "its position on the picture, or move it along the branch"
    )
    return Finding("vessels.cut_doubtful", Severity.WARNING, message)
