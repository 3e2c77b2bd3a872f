"""Liver supplied by branches and by segments, and the part of it that a plan removes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share, as_ml, as_number
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.mask_faults import warn
from fl_planner.liver.names.structures import TreeName, list_segments
from fl_planner.liver.scatter.crossing_chance import default_scatter
from fl_planner.liver.segments.territories import Territories, map_territories
from fl_planner.liver.vessels.limits import DOUBT
from fl_planner.liver.vessels.supply.loss import (
    BranchTerritory,
    CutLoss,
    LostCells,
    LostParts,
    SupplyLoss,
)
from fl_planner.liver.vessels.supply.nearest_branch import Counts, LiverCells
from fl_planner.liver.vessels.supply.supply_tree import AskedCut, Kept, SupplyTree, find_removed
from fl_planner.liver.vessels.tree.cut import find_lost
from fl_planner.liver.vessels.tree.entry import find_nodes_in_liver
from fl_planner.liver.vessels.tree.graph import Flags, VoxelGraph, find_closest, find_inside
from fl_planner.liver.vessels.tree.roots import WHOLE
from fl_planner.liver.vessels.tree.tree import VesselTree
from fl_planner.space.mask import Mask

Bits = npt.NDArray[np.intp]
Goes = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SegmentSupply:
    """Working liver, grouped by its segments and by the segments of its nearest vessel voxels.

    - `trees`: the trees with territories.
    - `own` (int array (C,)): bits of segments, as in `Territories`.
    - `vessels` (mapping of tree to int array (C,)): bits of the nearest voxel of each tree; 0 if
      that is outside the liver, so that no set of segments removes it.
    - `voxels` (int array (C,)): number of voxels with these bits.
    """

    trees: tuple[TreeName, ...]
    own: Bits
    vessels: dict[TreeName, Bits]
    voxels: Counts

    def count_lost(self, tree: TreeName, kept_bits: Bits) -> Counts:
        """Count the kept liver whose nearest vessel is in a removed segment, for each set."""
        return self._count(find_removed_bits(self.vessels[tree], kept_bits), kept_bits)

    def count_either(self, kept_bits: Bits) -> Counts:
        """Count the kept liver that loses inflow, outflow or both, for each set."""
        goes = np.zeros((len(kept_bits), len(self.own)), dtype=np.bool_)
        for tree in self.trees:
            goes |= find_removed_bits(self.vessels[tree], kept_bits)
        return self._count(goes, kept_bits)

    def _count(self, goes: Goes, kept_bits: Bits) -> Counts:
        stays = (self.own & kept_bits[:, None]) != 0
        lost: Counts = (goes & stays).astype(np.int64) @ self.voxels
        return lost


def count_supply(
    cells: LiverCells,
    supplies: Mapping[TreeName, SupplyTree],
    bits: Mapping[TreeName, Bits],
    held: tuple[Territories, Mask],
) -> SegmentSupply:
    """Count the working liver by its own segments and those of its nearest vessel voxels.

    - `bits`: segments of the nodes of each tree, from `find_node_bits`.
    - `held`: the segments, and the working liver.

    Liver outside all segments belongs to no set and is not counted.
    """
    sets = held[0].sets  # nine segments have more than a byte
    beside = np.zeros(len(cells.voxels), dtype=np.intp)
    for place, (name, supply) in enumerate(supplies.items()):
        beside += bits[name][supply.nearest.nodes] * sets**place
    rows = []
    for own, voxels in list_segment_cells(cells, *held):
        rows += [(own, code, count) for code, count in _sum_by_code(beside, voxels)]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    vessels = {name: table[:, 1] // sets**place % sets for place, name in enumerate(supplies)}
    return SegmentSupply(tuple(supplies), table[:, 0], vessels, table[:, 2])


def find_removed_bits(bits: Bits, kept_bits: Bits) -> Goes:
    """Mark the bits of removed segments only, for each set of kept segments: (sets, bits)."""
    gone: Goes = (bits != 0) & ((bits & kept_bits[:, None]) == 0)
    return gone


def find_node_bits(
    graph: VoxelGraph, cells: LiverCells, territories: Territories, organ: Mask
) -> Bits:
    """Find the segments containing each voxel of a vessel; 0 outside the liver.

    A vessel is often omitted from the segments of a map. Its voxels in the liver are then assigned
    to the segment of most of the nearest liver.
    """
    box = territories.box
    held = find_nodes_in_liver(graph, organ)
    bits = np.zeros(graph.size, dtype=np.intp)
    inside = find_inside(box, graph.indices) & held
    i, j, k = (graph.indices[inside] - box.start).T
    bits[inside] = territories.bits[i, j, k]
    asked = np.flatnonzero((bits == 0) & held)
    if len(asked):
        of_cells = _find_cell_bits(cells, territories, organ)
        known = np.flatnonzero(of_cells)
        at, _ = find_closest(graph.places_mm[asked], cells.places_mm[known])
        bits[asked] = of_cells[known[at]]
    return bits


def list_segment_cells(
    cells: LiverCells, territories: Territories, part: Mask
) -> list[tuple[int, Counts]]:
    """Count the voxels of a part in each cell by segment: bits, counts."""
    found = []
    for own in np.unique(territories.bits[territories.bits > 0]).tolist():
        segment = Mask("segments", territories.bits == own, territories.box, part.grid)
        found.append((own, cells.count(segment & part)))
    return found


def _find_cell_bits(cells: LiverCells, territories: Territories, organ: Mask) -> Bits:
    """Find the segments that contain most of each cell; 0 for a cell outside all segments."""
    most = np.zeros(len(cells.voxels), dtype=np.int64)
    bits = np.zeros(len(cells.voxels), dtype=np.intp)
    for own, voxels in list_segment_cells(cells, territories, organ):
        more = voxels > most
        most[more], bits[more] = voxels[more], own
    return bits


def _sum_by_code(codes: Bits, voxels: Counts) -> list[tuple[int, int]]:
    """Add up voxels by code, for codes with at least one voxel."""
    every, which = np.unique(codes, return_inverse=True)
    sums = np.bincount(which, voxels, len(every)).astype(np.int64).tolist()
    return [(code, count) for code, count in zip(every.tolist(), sums, strict=True) if count]


# Couinaud segments that a branch of the portal vein supplies. I is left out: both sides do.
SUPPLIED: Mapping[str, tuple[str, ...]] = {
    "right_portal_vein": ("5", "6", "7", "8"),
    "right_anterior_portal_vein": ("5", "8"),
    "right_posterior_portal_vein": ("6", "7"),
    "left_portal_vein": ("2", "3", "4"),
}
OF_BOTH = "1"
PARTS: Mapping[str, tuple[str, ...]] = {
    "right_portal_vein": ("right_anterior_portal_vein", "right_posterior_portal_vein")
}

Segments = dict[str, Counts]  # non-tumorous liver of each segment, in each cell


def measure_branches(
    anatomy: Anatomy, cells: LiverCells, supply: SupplyTree
) -> tuple[BranchTerritory, ...]:
    """Measure the liver supplied by each separately drawn branch of a tree."""
    mapped = map_territories(anatomy)
    segments = {} if mapped is None else _count_segments(anatomy, cells, mapped)
    names = [name for name in supply.tree.branches if name not in WHOLE]
    return tuple(_measure_branch(name, cells, supply, segments) for name in names)


def find_differences(territories: tuple[BranchTerritory, ...], anatomy: Anatomy) -> list[Finding]:
    """Find branches whose territories differ from their segments by more than readers differ.

    The limit, for liver on the wrong side of the map's borders, is 1.96 times the coefficient of
    variation of a remnant by segment labels.
    """
    most = Z_95 * default_scatter("segments").cv_remnant
    voxel_ml = anatomy.liver.grid.voxel_ml
    findings = []
    for one in territories:
        wrong = max(one.beside_voxels, one.missing_voxels)
        if one.segments and wrong > most * one.segments_voxels:
            findings.append(_warn_difference(one, wrong * voxel_ml, voxel_ml))
    return findings


def _measure_branch(
    name: str, cells: LiverCells, supply: SupplyTree, segments: Segments
) -> BranchTerritory:
    tree = supply.tree
    lost = supply.lose_nodes(find_branch(tree, name))
    by_segment = {one: int(held[lost.drawn].sum()) for one, held in segments.items()}
    asked = SUPPLIED.get(name, ())
    own = asked if {*asked} <= {*segments} else ()
    return BranchTerritory(
        tree.name,
        name,
        lost.measure(cells.voxels),
        by_segment,
        own,
        int(sum(segments[one].sum() for one in own)),
        sum(by_segment[one] for one in own),
        sum(voxels for one, voxels in by_segment.items() if one not in (*own, OF_BOTH)),
    )


def find_branch(tree: VesselTree, name: str) -> Flags:
    """Return a branch with its tributaries, without separately drawn branches.

    The middle and the left hepatic vein often share their last centimetre; the liver of one is then
    not also assigned to the other. Parts drawn under the name of a branch remain in it.
    """
    own = tree.branches[name] & tree.joined
    held = _hang_on(tree, own)
    for other, nodes in tree.branches.items():
        if other == name or other in WHOLE or other in PARTS.get(name, ()):
            continue
        hanging = _hang_on(tree, nodes & tree.joined)
        if 2 * np.count_nonzero(own & hanging) <= np.count_nonzero(own):  # else it hangs on that
            held &= own | ~hanging
    return held


def _hang_on(tree: VesselTree, nodes: Flags) -> Flags:
    """Find a branch and its tributaries; only the branch if the tree begins in it."""
    return nodes if nodes[tree.roots].all() else find_lost(tree, nodes)


def _count_segments(anatomy: Anatomy, cells: LiverCells, mapped: Territories) -> Segments:
    """Count the non-tumorous liver of each segment in each cell."""
    found = {name: np.zeros(len(cells.voxels), dtype=np.int64) for name in mapped.names}
    for bits, voxels in list_segment_cells(cells, mapped, anatomy.nontumorous):
        for place, name in enumerate(mapped.names):
            if bits >> place & 1:
                found[name] += voxels
    return found


def _warn_difference(one: BranchTerritory, ml: float, voxel_ml: float) -> Finding:
    shared = one.shared_voxels * voxel_ml
    message = (
        f"the part of the liver nearest to the {one.branch.replace('_', ' ')} overlaps "
        f"{list_segments(one.segments)} of the label map by {as_number(shared)} mL. "
        f"{as_number(one.missing_voxels * voxel_ml)} mL of these segments is nearer to other "
        f"branches, and {as_number(one.beside_voxels * voxel_ml)} mL of other segments is nearest "
        "to this branch. This difference is larger than that between two readers"
    )
    return Finding("vessels.territory_differs", Severity.WARNING, message, None, ml, "mL")


def measure_cut(supply: SupplyTree, cells: LiverCells, asked: AskedCut) -> CutLoss:
    """Count the liver lost by one cut, by both methods and with the range of all readings."""
    loss = asked.loss
    lost = supply.lose_one(asked)
    low, high = lost.compute_range(cells.voxels)
    other = int(cells.voxels[supply.nearest.cells_of(loss.other)].sum())
    place = None
    if loss.node is not None:
        x, y, z = supply.tree.graph.places_mm[loss.node].tolist()
        place = (x, y, z)
    liver = int(cells.voxels.sum())
    counted = lost.measure(cells.voxels), other, high - low, liver
    return CutLoss(asked.number, asked.cut, loss.snapped_mm, *counted, place)


def measure_plan(
    anatomy: Anatomy,
    cells: LiverCells,
    supplies: Mapping[TreeName, SupplyTree],
    asked: Sequence[AskedCut],
    kept: Kept | None,
) -> tuple[SupplyLoss, tuple[Finding, ...]]:
    """Count the liver affected by all cuts and the removed part together."""
    found: dict[TreeName, LostCells] = {}
    findings: list[Finding] = []
    for name, supply in supplies.items():
        removed = None
        if kept is not None:
            removed = find_removed(supply.tree, supply.vessel, anatomy, kept)
            if removed.nodes[supply.tree.roots].all():
                findings.append(_report_root_removed(name, supply.vessel))
        found[name] = supply.lose([one for one in asked if one.cut.tree == name], removed)
    beyond = _find_beyond_cuts(anatomy, cells, supplies, asked)
    if kept is None:
        return replace(_sum_up(cells, found, None), beyond_cuts=beyond), tuple(findings)
    of_flr = cells.count(anatomy.working(kept.remnant & anatomy.nontumorous))
    for name, lost in found.items():
        hanging = int(of_flr[lost.hanging & ~lost.drawn].sum())
        if hanging > DOUBT * int(cells.voxels.sum()):
            ml = hanging * anatomy.liver.grid.voxel_ml
            findings.append(_warn_through_removed(name, supplies[name].vessel, ml))
    total = _sum_up(cells, found, of_flr)
    lost_cells = {name: lost.drawn for name, lost in found.items()}
    parts = LostParts(anatomy, kept.remnant, cells, lost_cells) if found else None
    return replace(total, flr_parts=parts, beyond_cuts=beyond), tuple(findings)


def _find_beyond_cuts(
    anatomy: Anatomy,
    cells: LiverCells,
    supplies: Mapping[TreeName, SupplyTree],
    asked: Sequence[AskedCut],
) -> LostParts | None:
    """Find the liver beyond the cuts alone, without the liver lost with the removed part."""
    if not asked:
        return None
    lost = {}
    for name in {one.cut.tree for one in asked}:
        nodes = supplies[name].find_beyond([one for one in asked if one.cut.tree == name])
        lost[name] = supplies[name].nearest.cells_of(nodes)
    return LostParts(anatomy, None, cells, lost)


def _sum_up(
    cells: LiverCells, found: Mapping[TreeName, LostCells], kept: Counts | None
) -> SupplyLoss:
    of_liver = {name: lost.measure(cells.voxels) for name, lost in found.items()}
    if kept is None or not found:
        return SupplyLoss(tuple(found), (), of_liver.get("portal"), of_liver.get("hepatic"))
    of_flr = {name: lost.measure(kept) for name, lost in found.items()}
    whole = {name: one.containing((of_flr[name],)) for name, one in of_liver.items()}
    either = reduce(or_, found.values()).measure(kept).containing(of_flr.values())
    supplied = Share(int(kept.sum()) - either.voxels, int(cells.voxels.sum()))
    return SupplyLoss(
        tuple(found),
        inflow=whole.get("portal"),
        outflow=whole.get("hepatic"),
        flr_inflow=of_flr.get("portal"),
        flr_outflow=of_flr.get("hepatic"),
        flr_either=either,
        supplied=supplied,
    )


def _report_root_removed(name: TreeName, vessel: Mask) -> Finding:
    message = (
        f"the root of the {name} tree is in the part to be removed: whether the vessels of the "
        "remnant remain connected to this root is not assessed"
    )
    return warn("vessels.root_removed", vessel, message)


def _warn_through_removed(name: TreeName, vessel: Mask, ml: float) -> Finding:
    loses, way = ("inflow", "is supplied") if name == "portal" else ("outflow", "is drained")
    message = (
        f"{as_ml(ml)} of the remnant {way} through {name} veins in the part to be removed: its "
        f"{loses} is preserved only if these veins are preserved"
    )
    return warn("vessels.through_removed", vessel, message, ml, "mL")
