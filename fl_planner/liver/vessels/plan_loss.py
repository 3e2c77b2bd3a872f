"""What cuts, and what is removed, take from a liver and its remnant, with the range of readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from operator import or_

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.vessels.branch_cut import BranchCut, TreeName
from fl_planner.liver.vessels.cut import BranchLoss, find_lost
from fl_planner.liver.vessels.graph import Flags
from fl_planner.liver.vessels.loss import CutLoss, SupplyLoss, VoxelRange
from fl_planner.liver.vessels.sides import Removed, find_removed
from fl_planner.liver.vessels.supply import Counts, LiverCells, SupplyTree
from fl_planner.space.mask import Mask

DOUBT = Fraction(5, 100)  # of the liver, between two readings of one cut [project's choice]

Asked = Sequence[tuple[BranchCut, BranchLoss]]
Cells = tuple[Flags, ...]  # readings of what is lost: as it is, then others


def measure_cut(supply: SupplyTree, cells: LiverCells, cut: BranchCut, loss: BranchLoss) -> CutLoss:
    """Count what one cut takes from the liver, by both readings and with the cut moved along."""
    readings = (loss.beyond, loss.nearer, loss.farther)
    lost = _range(tuple(map(supply.nearest.cells_of, readings)), cells.voxels)
    other = int(cells.voxels[supply.nearest.cells_of(loss.by_plane)].sum())
    doubtful = abs(other - lost.voxels) > DOUBT * int(cells.voxels.sum())
    return CutLoss(cut, loss.snapped_mm, lost, other, doubtful)


def measure_plan(
    anatomy: Anatomy,
    cells: LiverCells,
    supplies: Mapping[TreeName, SupplyTree],
    asked: Asked,
    remnant: Mask | None,
) -> tuple[SupplyLoss, tuple[Finding, ...]]:
    """Count what all cuts and what is removed take together."""
    found: dict[TreeName, Cells] = {}
    findings: list[Finding] = []
    for name, supply in supplies.items():
        removed = None
        if remnant is not None:
            removed = find_removed(supply.tree.graph, supply.vessel, anatomy, remnant)
            if removed.nodes[supply.tree.roots].all():
                findings.append(_say_root_removed(name, supply.vessel))
                continue
        of_tree = [loss for cut, loss in asked if cut.tree == name]
        found[name] = _find_taken(supply, of_tree, removed)
    return _sum_up(anatomy, cells, found, remnant), tuple(findings)


def _find_taken(supply: SupplyTree, losses: Sequence[BranchLoss], removed: Removed | None) -> Cells:
    """Find the cells that lose a tree, by each reading."""
    tree = supply.tree
    nothing = np.zeros(tree.graph.size, dtype=np.bool_)
    parts = removed or Removed(nothing, nothing, nothing)
    readings = (
        [parts.nodes, *(loss.beyond for loss in losses)],
        [parts.fewest, *(loss.farther for loss in losses)],
        [parts.most, *(loss.nearer for loss in losses)],
    )
    lost = (find_lost(tree, reduce(or_, taken)) for taken in readings)
    return tuple(map(supply.nearest.cells_of, lost))


def _sum_up(
    anatomy: Anatomy, cells: LiverCells, found: Mapping[TreeName, Cells], remnant: Mask | None
) -> SupplyLoss:
    of_liver = {name: _range(lost, cells.voxels) for name, lost in found.items()}
    liver = SupplyLoss(tuple(found), (), of_liver.get("portal"), of_liver.get("hepatic"))
    if remnant is None or not found:
        return liver
    kept = cells.count(anatomy.working(remnant & anatomy.nontumorous))
    of_flr = {name: _range(lost, kept) for name, lost in found.items()}
    both = tuple(reduce(or_, lost) for lost in zip(*found.values(), strict=True))
    either = _range(both, kept)
    supplied = Share(int(kept.sum()) - either.voxels, int(cells.voxels.sum()))
    return replace(
        liver,
        flr_inflow=of_flr.get("portal"),
        flr_outflow=of_flr.get("hepatic"),
        flr_either=either,
        supplied=supplied,
    )


def _range(readings: Cells, voxels: Counts) -> VoxelRange:
    """Count the voxels of the first reading, and the least and most of all."""
    counts = [int(voxels[lost].sum()) for lost in readings]
    return VoxelRange(counts[0], min(counts), max(counts))


def _say_root_removed(name: TreeName, vessel: Mask) -> Finding:
    says = (
        f"{vessel.source}: the place at which the {name} tree begins lies in the part that is "
        "removed, so what the remnant keeps of it is not told"
    )
    return Finding("vessels.root_removed", Severity.WARNING, says, vessel.file)
