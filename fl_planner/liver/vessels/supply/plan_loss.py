"""What cuts, and what is removed, take from a liver and its remnant, with the range of readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from operator import or_

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.vessels.branch_cut import TreeName
from fl_planner.liver.vessels.loss import CutLoss, SupplyLoss
from fl_planner.liver.vessels.supply.cells import LiverCells
from fl_planner.liver.vessels.supply.lost_cells import LostCells
from fl_planner.liver.vessels.supply.sides import find_removed
from fl_planner.liver.vessels.supply.supply_tree import AskedCut, SupplyTree
from fl_planner.space.mask import Mask

DOUBT = Fraction(5, 100)  # of the liver, between two readings of one cut [project's choice]


def measure_cut(supply: SupplyTree, cells: LiverCells, asked: AskedCut) -> CutLoss:
    """Count what one cut takes from the liver, by both readings and with the range of all."""
    loss = asked.loss
    lost = supply.lose_one(asked).measure(cells.voxels)
    other = int(cells.voxels[supply.nearest.cells_of(loss.other)].sum())
    doubtful = abs(other - lost.voxels) > DOUBT * int(cells.voxels.sum())
    return CutLoss(asked.cut, loss.snapped_mm, lost, other, doubtful)


def measure_plan(
    anatomy: Anatomy,
    cells: LiverCells,
    supplies: Mapping[TreeName, SupplyTree],
    asked: Sequence[AskedCut],
    remnant: Mask | None,
) -> tuple[SupplyLoss, tuple[Finding, ...]]:
    """Count what all cuts and what is removed take together."""
    found: dict[TreeName, LostCells] = {}
    findings: list[Finding] = []
    for name, supply in supplies.items():
        removed = None
        if remnant is not None:
            removed = find_removed(supply.tree.graph, supply.vessel, anatomy, remnant)
            if removed.nodes[supply.tree.roots].all():
                findings.append(_say_root_removed(name, supply.vessel))
                continue
        found[name] = supply.lose([one for one in asked if one.cut.tree == name], removed)
    return _sum_up(anatomy, cells, found, remnant), tuple(findings)


def _sum_up(
    anatomy: Anatomy, cells: LiverCells, found: Mapping[TreeName, LostCells], remnant: Mask | None
) -> SupplyLoss:
    of_liver = {name: lost.measure(cells.voxels) for name, lost in found.items()}
    liver = SupplyLoss(tuple(found), (), of_liver.get("portal"), of_liver.get("hepatic"))
    if remnant is None or not found:
        return liver
    kept = cells.count(anatomy.working(remnant & anatomy.nontumorous))
    of_flr = {name: lost.measure(kept) for name, lost in found.items()}
    either = reduce(or_, found.values()).measure(kept)
    supplied = Share(int(kept.sum()) - either.voxels, int(cells.voxels.sum()))
    return replace(
        liver,
        flr_inflow=of_flr.get("portal"),
        flr_outflow=of_flr.get("hepatic"),
        flr_either=either,
        supplied=supplied,
    )


def _say_root_removed(name: TreeName, vessel: Mask) -> Finding:
    says = (
        f"{vessel.source}: the place at which the {name} tree begins lies in the part that is "
        "removed, so what the remnant keeps of it is not told"
    )
    return Finding("vessels.root_removed", Severity.WARNING, says, vessel.file)
