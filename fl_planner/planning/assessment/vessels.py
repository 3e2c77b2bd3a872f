"""Effect of plans on the vessels of the liver: contact, and loss of supply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from msgspec import Struct

from fl_planner.basis.findings import Finding
from fl_planner.basis.shown import Share
from fl_planner.liver.all_resections import Resection
from fl_planner.liver.anatomy import HALVES, Anatomy
from fl_planner.liver.lesions.lesions import Lesions
from fl_planner.liver.lesions.locations import LesionSite
from fl_planner.liver.names.resection_names import Names
from fl_planner.liver.names.structures import TREES, TreeName
from fl_planner.liver.remnant import Remnant
from fl_planner.liver.segments.territories import (
    Territories,
    map_divided_territories,
    map_territories,
)
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.contact import (
    DrawnVessels,
    VesselContact,
    find_cut,
    measure_cut_contacts,
    measure_lesion_contacts,
)
from fl_planner.liver.vessels.supply.loss import BranchTerritory, SupplyLoss, TreeQuality
from fl_planner.liver.vessels.trees import VesselTrees, build_trees
from fl_planner.liver.vessels.veins import PlannedVein, Resected, find_needed_veins, measure_veins
from fl_planner.planning.assessment.operations import Planned
from fl_planner.planning.given.case import Case
from fl_planner.space.mask import Mask

UNDIVIDED = ("vessels.undivided", "vessels.beside_named")  # one label for all veins was drawn


@dataclass(frozen=True, slots=True)
class PlannedVessels:
    """Effect of one plan on the vessels.

    - `loss`: liver without inflow or outflow, as far as the trees show it.
    - `cut_contacts`: distance of each vessel from the transection; empty without a remnant.
    - `veins`: hepatic veins drawn individually.
    """

    loss: SupplyLoss
    cut_contacts: tuple[VesselContact, ...] = ()
    veins: tuple[PlannedVein, ...] = ()


class SegmentLoss(Struct, frozen=True):
    """Loss of supply in the remnant of a resection by whole segments, in voxels.

    - `inflow`, `outflow`: None if that tree gives no territories.
    - `supplied`: remaining FLR with inflow and outflow.
    """

    inflow: int | None
    outflow: int | None
    supplied: Share


@dataclass(frozen=True, slots=True)
class LiverVessels:
    """Vessels of a case, and the effect of its plans on them.

    - `drawn_ml`: volume of each vessel by name.
    - `quality`: suitability of each tree for territories; empty if none was drawn.
    - `lesions`: contact of each lesion, in their order, with each vessel.
    - `plans`: effect of each plan, in the order of the case.
    - `territories`: liver supplied by each branch drawn individually.
    - `by_segments` (mapping of removed segments to SegmentLoss): empty without trees or a map.
    - `halves`: both trees of one label of all veins; empty if it was not divided.
    - `undetermined`: why a drawn tree gives no territories, as stated in a finding.
    """

    drawn_ml: Mapping[str, float]
    quality: tuple[TreeQuality, ...]
    lesions: tuple[tuple[VesselContact, ...], ...]
    plans: tuple[PlannedVessels, ...]
    territories: tuple[BranchTerritory, ...]
    by_segments: Mapping[Names, SegmentLoss]
    halves: Mapping[TreeName, Mask]
    undetermined: Mapping[TreeName, str]


def measure_liver_vessels(
    case: Case,
    planned: Sequence[Planned],
    lesions: Lesions | None,
    sites: tuple[LesionSite, ...] | None,
    resections: Iterable[Resection],
) -> tuple[LiverVessels, tuple[Finding, ...]]:
    """Measure the effect of each plan on the vessels, with findings.

    - `planned`: operations of the case with their remnants.
    - `lesions`, `sites`: lesions and their locations.
    - `resections`: resections by whole segments, whose losses are also measured.

    Raises `InputRefused`: for a cut of a tree that was not drawn, or a cut outside its vessel.
    """
    anatomy = case.anatomy
    vessels = DrawnVessels.of(anatomy.vessels)
    trees = build_trees(anatomy, case.vessel_roots_mm, case.vessel_points_mm)
    territories, differing = trees.territories()
    findings = [*trees.findings, *differing]
    plans = []
    for number, each in enumerate(planned, start=1):
        plan, of_plan = _measure_plan(each, lesions, vessels, trees)
        plans.append(plan)
        prefix = f"plan {each.operation.name or number}: " if number > 1 else ""
        findings += [replace(found, message=f"{prefix}{found.message}") for found in of_plan]
    contacts: tuple[tuple[VesselContact, ...], ...] = ()
    if lesions is not None and sites is not None:
        contacts = measure_lesion_contacts(vessels, lesions, sites)
    found = LiverVessels(
        {name: mask.volume_ml for name, mask in vessels.masks.items()},
        trees.quality,
        contacts,
        tuple(plans),
        territories,
        _measure_by_segments(resections, trees),
        trees.halves,
        _list_undetermined(trees),
    )
    return found, tuple(findings)


def _list_undetermined(trees: VesselTrees) -> dict[TreeName, str]:
    """List the drawn trees without territories, with the reason stated in a finding.

    A tree may have been drawn only under one label with the other.
    """
    alone = {one.tree for one in trees.quality}
    shared = [one.message for one in trees.findings if one.code in UNDIVIDED]
    both = {name: message for message in shared for name in TREES if name not in alone}
    return both | {name: one.why for name, one in trees.undetermined.items()}


def _measure_plan(
    planned: Planned, lesions: Lesions | None, vessels: DrawnVessels, trees: VesselTrees
) -> tuple[PlannedVessels, tuple[Finding, ...]]:
    anatomy, remnant = trees.anatomy, planned.remnant
    cuts = planned.operation.cuts
    loss, of_loss = measure_loss(trees, cuts, remnant)
    if remnant is None:
        return PlannedVessels(loss), of_loss
    items = () if lesions is None else lesions.items  # those that stay are cleared, with a margin
    margin_mm = planned.operation.clearing_margin_mm
    of_map = remnant.made_of, cuts, _select_gaps(anatomy, remnant)
    wedges = {} if remnant.transection is None else remnant.transection.wedge_margins_mm
    plan = Resected(remnant.mask, items, margin_mm, *of_map, wedges)
    veins = measure_veins(vessels, trees, plan)
    cut = find_cut(anatomy.organ & remnant.holds, anatomy.organ - remnant.holds)
    contacts = () if cut is None else measure_cut_contacts(vessels, cut)
    made = remnant.origin == "segments"
    needed = find_needed_veins(veins, anatomy.liver.grid.voxel_ml, by_segments=made)
    return PlannedVessels(loss, contacts, veins), (*of_loss, *needed)


def measure_loss(
    trees: VesselTrees, cuts: tuple[BranchCut, ...], remnant: Remnant | None
) -> tuple[SupplyLoss, tuple[Finding, ...]]:
    """Measure the loss of supply by branch cuts and by removal of the rest of the liver.

    Raises `InputRefused`: as for `VesselTrees.lose`.
    """
    if remnant is None:
        return trees.lose(cuts, None)
    gaps = _select_gaps(trees.anatomy, remnant)
    return trees.lose(cuts, remnant.mask, remnant.made_of, gaps)


def _select_gaps(anatomy: Anatomy, remnant: Remnant) -> Mask | None:
    """Return liver in no segment, if the remnant is composed of segments; otherwise None."""
    return anatomy.unassigned if remnant.origin == "segments" else None


def _measure_by_segments(
    resections: Iterable[Resection], trees: VesselTrees
) -> Mapping[Names, SegmentLoss]:
    """Measure the loss of supply of every resection by whole segments or halves of IV."""
    rows = tuple(resections)
    halved = tuple(row for row in rows if {*HALVES} & {*row.removed, *row.kept})
    whole = tuple(row for row in rows if not {*HALVES} & {*row.removed, *row.kept})
    return {
        **_measure_rows(whole, trees, map_territories),
        **_measure_rows(halved, trees, map_divided_territories),
    }


def _measure_rows(
    rows: tuple[Resection, ...],
    trees: VesselTrees,
    map_all: Callable[[Anatomy], Territories | None],
) -> Mapping[Names, SegmentLoss]:
    territories = map_all(trees.anatomy) if rows else None
    supply = None if territories is None else trees.lose_by_segments(territories)
    if territories is None or supply is None:
        return {}
    kept_bits = np.array([territories.bit_of(row.kept) for row in rows], dtype=np.intp)
    lost: dict[TreeName, list[int]] = {
        tree: supply.count_lost(tree, kept_bits).tolist() for tree in supply.trees
    }
    either = supply.count_either(kept_bits).tolist()
    return {
        row.removed: SegmentLoss(
            lost["portal"][n] if "portal" in lost else None,
            lost["hepatic"][n] if "hepatic" in lost else None,
            Share(row.flr.numerator_voxels - either[n], row.flr.denominator_voxels),
        )
        for n, row in enumerate(rows)
    }
