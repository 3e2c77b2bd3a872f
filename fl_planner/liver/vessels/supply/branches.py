"""What lives on each branch that was drawn by itself, beside a map's segments."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.scatter.interval import default_scatter
from fl_planner.liver.segments.territories import Territories, map_territories
from fl_planner.liver.vessels.supply.cells import Counts, LiverCells
from fl_planner.liver.vessels.supply.loss import BranchTerritory
from fl_planner.liver.vessels.supply.segment_supply import list_segment_cells
from fl_planner.liver.vessels.supply.supply_tree import SupplyTree
from fl_planner.liver.vessels.tree.cut import find_lost
from fl_planner.liver.vessels.tree.graph import Flags
from fl_planner.liver.vessels.tree.roots import WHOLE
from fl_planner.liver.vessels.tree.tree import VesselTree

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
    """Measure the liver that lives on each branch of a tree that was drawn by itself."""
    mapped = map_territories(anatomy)
    segments = {} if mapped is None else _count_segments(anatomy, cells, mapped)
    names = [name for name in supply.tree.branches if name not in WHOLE]
    return tuple(_measure_branch(name, cells, supply, segments) for name in names)


def find_differences(territories: tuple[BranchTerritory, ...], anatomy: Anatomy) -> list[Finding]:
    """Find branches whose territory differs from its segments by more than readers do.

    That is liver on the wrong side of the map's borders, either way, of more than 1.96 times the
    coefficient of variation of a remnant by segment labels.
    """
    most = Z_95 * default_scatter("segments").cv_remnant
    voxel_ml = anatomy.liver.grid.voxel_ml
    findings = []
    for one in territories:
        wrong = max(one.beside_voxels, one.missing_voxels)
        if one.segments and wrong > most * one.segments_voxels:
            findings.append(_say_differs(one, wrong * voxel_ml, voxel_ml))
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
    """Find a branch and what hangs on it, but for branches that were drawn by themselves.

    The middle and the left hepatic vein often share their last centimetre: what lives on the one
    that hangs there is not told of the other too. Parts of a branch by its name stay with it.
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
    """Find a branch and all that hangs on it; itself alone where the tree begins in it."""
    return nodes if nodes[tree.roots].all() else find_lost(tree, nodes)


def _count_segments(anatomy: Anatomy, cells: LiverCells, mapped: Territories) -> Segments:
    """Count the non-tumorous liver of each segment in each cell."""
    found = {name: np.zeros(len(cells.voxels), dtype=np.int64) for name in mapped.names}
    for bits, voxels in list_segment_cells(cells, mapped, anatomy.nontumorous):
        for place, name in enumerate(mapped.names):
            if bits >> place & 1:
                found[name] += voxels
    return found


def _say_differs(one: BranchTerritory, ml: float, voxel_ml: float) -> Finding:
    shared = one.shared_voxels * voxel_ml
    says = (
        f"liver nearest to the {one.branch.replace('_', ' ')} and segments "
        f"{', '.join(one.segments)} of the label map share {as_number(shared)} mL; "
        f"{as_number(one.missing_voxels * voxel_ml)} mL of these segments lie nearer to other "
        f"branches, and {as_number(one.beside_voxels * voxel_ml)} mL of other segments to it: "
        "more than two readings differ by"
    )
    return Finding("vessels.territory_differs", Severity.WARNING, says, None, ml, "mL")
