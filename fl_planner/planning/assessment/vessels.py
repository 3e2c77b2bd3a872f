"""What plans mean for the vessels of a liver: contact, and what loses its supply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fl_planner.basis.findings import Finding
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import HALVES, Anatomy
from fl_planner.liver.lesions.lesions import Lesions
from fl_planner.liver.lesions.locations import LesionSite
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.remnant import Remnant
from fl_planner.liver.resections import Names, Resection
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
from fl_planner.liver.vessels.trees import VesselTrees, find_trees
from fl_planner.liver.vessels.veins import PlannedVein, Resected, find_needed_veins, measure_veins
from fl_planner.planning.assessment.operations import Planned
from fl_planner.planning.given.case import Case
from fl_planner.space.mask import Mask


@dataclass(frozen=True, slots=True)
class PlannedVessels:
    """What one plan means for the vessels.

    - `loss`: what loses its inflow and its outflow, as far as the trees tell it.
    - `cut_contacts`: how near each vessel lies to the border of what goes; empty where nothing
      says what remains.
    - `veins`: hepatic veins that were drawn by themselves.
    """

    loss: SupplyLoss
    cut_contacts: tuple[VesselContact, ...] = ()
    veins: tuple[PlannedVein, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentLoss:
    """What a resection by whole segments leaves without its vessels, in working remnant voxels.

    `inflow`, `outflow`: None where that tree tells nothing; `supplied` is the rest, of the
    non-tumorous liver.
    """

    inflow: int | None
    outflow: int | None
    supplied: Share


@dataclass(frozen=True, slots=True)
class LiverVessels:
    """The vessels of a case, and what its plans mean for them.

    - `drawn_ml`: volume of each vessel by name.
    - `quality`: how far each tree tells territories; empty where none was drawn.
    - `lesions`: of each lesion, in their order, its contact with each vessel.
    - `plans`: in the order of the case's.
    - `territories`: the liver on each branch that was drawn by itself.
    - `by_segments` (mapping of removed segments to SegmentLoss): empty without trees or a map.
    """

    drawn_ml: Mapping[str, float]
    quality: tuple[TreeQuality, ...]
    lesions: tuple[tuple[VesselContact, ...], ...]
    plans: tuple[PlannedVessels, ...]
    territories: tuple[BranchTerritory, ...]
    by_segments: Mapping[Names, SegmentLoss]


def measure_liver_vessels(
    case: Case,
    planned: Sequence[Planned],
    lesions: Lesions | None,
    sites: tuple[LesionSite, ...] | None,
    resections: Iterable[Resection],
) -> tuple[LiverVessels, tuple[Finding, ...]]:
    """Measure what each plan means for the vessels; beside it what to know of that.

    - `planned`: what each operation of the case leaves; `lesions` and `sites`: where lesions lie.
    - `resections`: by whole segments, whose losses are told as well.

    Raises `InputRefused`: for a cut of a tree that nobody drew, or beside its vessel.
    """
    anatomy = case.anatomy
    vessels = DrawnVessels.of(anatomy.vessels)
    trees = find_trees(anatomy, case.vessel_roots_mm)
    territories, differing = trees.territories()
    findings = [*trees.findings, *differing]
    plans = []
    for number, one in enumerate(planned, start=1):
        plan, told = _measure_plan(one, lesions, vessels, trees)
        plans.append(plan)
        called = f"plan {one.operation.name or number}: " if number > 1 else ""
        findings += [replace(found, message=f"{called}{found.message}") for found in told]
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
    )
    return found, tuple(findings)


def _measure_plan(
    planned: Planned, lesions: Lesions | None, vessels: DrawnVessels, trees: VesselTrees
) -> tuple[PlannedVessels, tuple[Finding, ...]]:
    anatomy, remnant = trees.anatomy, planned.remnant
    cuts = planned.operation.cuts
    loss, told = measure_loss(trees, cuts, remnant)
    if remnant is None:
        return PlannedVessels(loss), told
    items = () if lesions is None else lesions.items
    cleared = [one for one in items if one.number in planned.cleared]
    margin_mm = planned.operation.clearing_margin_mm
    of_map = remnant.made_of, cuts, _find_gaps(anatomy, remnant)
    plan = Resected(remnant.mask, cleared, margin_mm, *of_map)
    veins = measure_veins(vessels, trees, plan)
    cut = find_cut(anatomy.organ & remnant.holds, anatomy.organ - remnant.holds)
    contacts = () if cut is None else measure_cut_contacts(vessels, cut)
    made = remnant.origin == "segments"
    needed = find_needed_veins(veins, anatomy.liver.grid.voxel_ml, by_segments=made)
    return PlannedVessels(loss, contacts, veins), (*told, *needed)


def measure_loss(
    trees: VesselTrees, cuts: tuple[BranchCut, ...], remnant: Remnant | None
) -> tuple[SupplyLoss, tuple[Finding, ...]]:
    """Measure what cuts, and what a remnant leaves to go, take: of a plan and of a draft alike.

    Raises `InputRefused`: as `VesselTrees.lose`.
    """
    if remnant is None:
        return trees.lose(cuts, None)
    gaps = _find_gaps(trees.anatomy, remnant)
    return trees.lose(cuts, remnant.mask, remnant.made_of, gaps)


def _find_gaps(anatomy: Anatomy, remnant: Remnant) -> Mask | None:
    """Find liver in no segment, beside a remnant that is made of segments; else None."""
    return anatomy.unassigned if remnant.origin == "segments" else None


def _measure_by_segments(
    resections: Iterable[Resection], trees: VesselTrees
) -> Mapping[Names, SegmentLoss]:
    """Measure what every resection by whole segments, or by a half of IV, leaves."""
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
