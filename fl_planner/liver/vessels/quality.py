"""How far a vessel tree can tell which liver lives on which branch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.liver.names.vessel_trees import TreeName
from fl_planner.liver.vessels.supply.cells import Counts, Nearest
from fl_planner.liver.vessels.supply.loss import TreeQuality
from fl_planner.liver.vessels.tree.roots import Roots
from fl_planner.liver.vessels.tree.tree import AS_FAR_MM, BRIDGE_MM, MOST_LOST, VesselTree
from fl_planner.space.mask import Mask, unite

REACH_MM = 30.0  # from the vessels, within which liver counts as reached [project's choice]
LEAST_REACH = Share(80, 100)  # of the non-tumorous liver [project's choice]
LARGE_PARTS = 10  # that may be joined however much of the vessel they hold [project's choice]
MOST_SCATTERED = Share(20, 100)  # of the voxels, in others that were joined [project's choice]
MOST_OF_LIVER = Fraction(20, 100)  # as large as which a tree may be [project's choice]


def find_too_large(masks: Iterable[Mask], trees: Sequence[TreeName], liver: int) -> Finding | None:
    """Find that vessels of one tree, or of both, are too large to be any.

    It is asked before a tree is grown: that takes 0.7 KiB a voxel, and a mask that was inverted
    has as many as the image.

    - `liver`: voxels of the non-tumorous liver.
    """
    drawn = [*masks]
    most = MOST_OF_LIVER * len(trees)
    if sum(one.voxel_count for one in drawn) <= most * liver:
        return None
    vessel = unite(drawn)
    size = Fraction(vessel.voxel_count, liver)  # above 1 where all was inverted
    if size <= most:
        return None
    names, percent = " and ".join(trees), float(100 * size)
    says = (
        f"{vessel.source}: the {names} veins are as large as {percent:.0f} % of the liver, "
        f"{float(100 * most):.0f} % at most: no territories of the {names} tree are told"
    )
    return Finding("vessels.too_large", Severity.WARNING, says, vessel.file, percent, "%")


def judge_tree(
    tree: VesselTree, vessel: Mask, roots: Roots, nearest: Nearest, voxels: Counts
) -> tuple[TreeQuality, tuple[Finding, ...]]:
    """Judge whether a tree tells territories: whole enough, and near enough to all of the liver."""
    lost = int(np.count_nonzero(~tree.joined))
    reached = int(voxels[nearest.away_mm <= REACH_MM + AS_FAR_MM].sum())
    reach = Share(reached, int(voxels.sum()))
    refused = _refuse(tree, vessel, lost, reach)
    quality = TreeQuality(
        tree.name,
        tree.sources,
        tree.graph.size,
        int(tree.parts.max()) + 1,
        int(np.count_nonzero(tree.bridged)),
        lost,
        reach,
        tree.roots_mm(),
        roots.told,
        None if refused is None else refused.message,
    )
    told = (refused,) if refused is not None else _tell_parts(tree, vessel, lost)
    return quality, (*roots.findings, *told)


def _refuse(tree: VesselTree, vessel: Mask, lost: int, reach: Share) -> Finding | None:
    none = f"no territories of the {tree.name} tree are told"
    if (parts := _refuse_parts(tree, vessel, lost)) is not None:
        return parts
    if reach.fraction < LEAST_REACH.fraction:
        says = (
            f"{vessel.source}: {reach.percent:.0f} % of the liver lies within {REACH_MM:g} mm of "
            f"the {tree.name} veins, at least {LEAST_REACH.percent:.0f} % is asked for: {none}"
        )
        return Finding("vessels.sparse", Severity.WARNING, says, vessel.file, reach.percent, "%")
    return None


def _refuse_parts(tree: VesselTree, vessel: Mask, lost: int) -> Finding | None:
    none = f"no territories of the {tree.name} tree are told"
    share = Share(lost, tree.graph.size)
    if share.fraction > MOST_LOST.fraction:
        says = (
            f"{vessel.source}: {share.percent:.0f} % of the {tree.name} veins lie in parts more "
            f"than {BRIDGE_MM:g} mm from their tree, {MOST_LOST.percent:.0f} % at most: {none}"
        )
        return Finding("vessels.in_pieces", Severity.WARNING, says, vessel.file, share.percent, "%")
    share = Share(_count_scattered(tree), tree.graph.size)
    if share.fraction > MOST_SCATTERED.fraction:
        says = (
            f"{vessel.source}: {share.percent:.0f} % of the {tree.name} veins were joined over "
            f"gaps in parts smaller than the {LARGE_PARTS} largest, "
            f"{MOST_SCATTERED.percent:.0f} % at most: {none}"
        )
        return Finding("vessels.scattered", Severity.WARNING, says, vessel.file, share.percent, "%")
    return None


def _count_scattered(tree: VesselTree) -> int:
    """Count the voxels of parts that were joined over gaps, but for the largest of them.

    Each gap is a guess at what a part hangs on: a few large parts may be looked at one by one.
    """
    sizes = np.sort(np.bincount(tree.parts[tree.bridged]))
    return int(sizes[:-LARGE_PARTS].sum())


def _tell_parts(tree: VesselTree, vessel: Mask, lost: int) -> tuple[Finding, ...]:
    """Tell what was joined over gaps, and what was left out."""
    bridged, pieces = int(np.count_nonzero(tree.bridged)), int(tree.parts.max()) + 1
    if not (bridged or lost):
        return ()
    joined, left_out = (100 * voxels / tree.graph.size for voxels in (bridged, lost))
    says = (
        f"{vessel.source}: the {tree.name} veins were drawn in {pieces} parts; "
        f"{joined:.1f} % of them were joined over gaps of at most {BRIDGE_MM:g} mm, "
        f"{left_out:.1f} % were left out"
    )
    many = bridged > MOST_LOST.fraction * tree.graph.size
    level = Severity.WARNING if many else Severity.INFO
    return (Finding("vessels.joined", level, says, vessel.file, float(pieces), "parts"),)
