"""What cuts, and what is removed, take from a liver and its remnant, with the range of readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from operator import or_

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.vessel_trees import TreeName
from fl_planner.liver.vessels.supply.cells import Counts, LiverCells
from fl_planner.liver.vessels.supply.loss import CutLoss, SupplyLoss
from fl_planner.liver.vessels.supply.lost_cells import LostCells
from fl_planner.liver.vessels.supply.lost_parts import LostParts
from fl_planner.liver.vessels.supply.sides import Kept, find_removed
from fl_planner.liver.vessels.supply.supply_tree import AskedCut, SupplyTree
from fl_planner.space.mask import Mask

DOUBT = Fraction(5, 100)  # of the liver, between two readings [project's choice]


def measure_cut(supply: SupplyTree, cells: LiverCells, asked: AskedCut) -> CutLoss:
    """Count what one cut takes from the liver, by both readings and with the range of all."""
    loss = asked.loss
    lost = supply.lose_one(asked).measure(cells.voxels)
    other = int(cells.voxels[supply.nearest.cells_of(loss.other)].sum())
    doubtful = abs(other - lost.voxels) > DOUBT * int(cells.voxels.sum())
    place = None
    if loss.node is not None:
        x, y, z = supply.tree.graph.places_mm[loss.node].tolist()
        place = (x, y, z)
    return CutLoss(asked.number, asked.cut, loss.snapped_mm, lost, other, doubtful, place)


def measure_plan(
    anatomy: Anatomy,
    cells: LiverCells,
    supplies: Mapping[TreeName, SupplyTree],
    asked: Sequence[AskedCut],
    kept: Kept | None,
) -> tuple[SupplyLoss, tuple[Finding, ...]]:
    """Count what all cuts and what is removed take together."""
    found: dict[TreeName, LostCells] = {}
    findings: list[Finding] = []
    for name, supply in supplies.items():
        removed = None
        if kept is not None:
            removed = find_removed(supply.tree, supply.vessel, anatomy, kept)
            if removed.nodes[supply.tree.roots].all():
                findings.append(_say_root_removed(name, supply.vessel))
        found[name] = supply.lose([one for one in asked if one.cut.tree == name], removed)
    if kept is None:
        return _sum_up(cells, found, None), tuple(findings)
    of_flr = cells.count(anatomy.working(kept.remnant & anatomy.nontumorous))
    for name, lost in found.items():
        hanging = int(of_flr[lost.hanging & ~lost.drawn].sum())
        if hanging > DOUBT * int(cells.voxels.sum()):
            ml = hanging * anatomy.liver.grid.voxel_ml
            findings.append(_say_hanging(name, supplies[name].vessel, ml))
    told = _sum_up(cells, found, of_flr)
    lost_cells = {name: lost.drawn for name, lost in found.items()}
    parts = LostParts(anatomy, kept.remnant, cells, lost_cells) if found else None
    return replace(told, flr_parts=parts), tuple(findings)


def _sum_up(
    cells: LiverCells, found: Mapping[TreeName, LostCells], kept: Counts | None
) -> SupplyLoss:
    of_liver = {name: lost.measure(cells.voxels) for name, lost in found.items()}
    liver = SupplyLoss(tuple(found), (), of_liver.get("portal"), of_liver.get("hepatic"))
    if kept is None or not found:
        return liver
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
        "removed: whether what the remnant keeps of it still reaches there is not told"
    )
    return Finding("vessels.root_removed", Severity.WARNING, says, vessel.file)


def _say_hanging(name: TreeName, vessel: Mask, ml: float) -> Finding:
    loses, way = ("inflow", "comes") if name == "portal" else ("outflow", "leaves")
    says = (
        f"{vessel.source}: the blood of {as_ml(ml)} of the remnant {way} through {name} veins in "
        f"the part that is removed: it keeps its {loses} only where these are freed and stay"
    )
    return Finding("vessels.through_removed", Severity.WARNING, says, vessel.file, ml, "mL")
