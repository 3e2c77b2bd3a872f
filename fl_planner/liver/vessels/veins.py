"""Hepatic veins of a plan: those that the remnant needs, and those that can be kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from operator import itemgetter, sub
from typing import Literal

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share, as_ml, as_mm
from fl_planner.liver.lesions.lesions import Lesion
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.contact import DrawnVessels
from fl_planner.liver.vessels.limits import CUT_PERCENT, NEEDED_PERCENT
from fl_planner.liver.vessels.supply.nearest_branch import Counts
from fl_planner.liver.vessels.supply.supply_tree import Kept, find_removed_vessel
from fl_planner.liver.vessels.supply.territories import find_branch
from fl_planner.liver.vessels.tree.entry import find_nodes_in_liver
from fl_planner.liver.vessels.tree.graph import Flags, Places, find_closest, find_inside
from fl_planner.liver.vessels.tree.tree import AS_FAR_MM
from fl_planner.liver.vessels.trees import VesselTrees
from fl_planner.space.components import touch
from fl_planner.space.mask import Mask

UNNAMED = "hepatic_veins"
VEINS = ("right_hepatic_vein", "middle_hepatic_vein", "left_hepatic_vein")

Fate = Literal["stays", "within_margin", "cut"]


@dataclass(frozen=True, slots=True)
class PlannedVein:
    """A separately drawn hepatic vein in a plan.

    - `vessel`: its name.
    - `liver_voxels`, `removed_voxels`: its voxels in the liver, and the number of these in the
      removed part or beyond a cut of the plan.
    - `drained`: part of the remnant nearer to it, or to its tributaries, than to other hepatic
      veins; None if it is the only one drawn separately, or its tributaries are unknown.
    - `lesion`, `lesion_mm`: the lesion nearest to it, relative to its margin, and its distance,
      centre to centre; None without lesions. A lesion that stays is cleared with a margin.
    - `margin_mm`: margin of this lesion; of the plan without lesions.
    - `touches`: whether it touches this lesion, as on thick slices also at more than the margin.
    - `severed`: whether the plan cuts it: by its name, or with more than `CUT_PERCENT` of it beyond
      a cut; None if unknown.
    """

    vessel: str
    liver_voxels: int
    removed_voxels: int
    drained: Share | None
    lesion: int | None
    lesion_mm: float | None
    margin_mm: float
    touches: bool = False
    severed: bool | None = False

    @property
    def must_stay(self) -> bool | None:
        """Whether more than `NEEDED_PERCENT` of the remnant is nearest to this vein."""
        if self.drained is None:
            return None
        return (
            self.drained.numerator_voxels * 100 > NEEDED_PERCENT * self.drained.denominator_voxels
        )

    @property
    def is_cut(self) -> bool:
        """Whether the plan cuts the vein, or removes more than `CUT_PERCENT` of it."""
        return bool(self.severed) or self.removed_voxels * 100 > CUT_PERCENT * self.liver_voxels

    @property
    def fate(self) -> Fate | None:
        """Status of the vein: "cut" if it is cut, "within_margin" if a lesion is near.

        Near means less than its margin, or in contact despite a margin. None if no part of it was
        drawn in the liver, or the part beyond the plan's cuts is unknown.
        """
        if self.is_cut:
            return "cut"
        if not self.liver_voxels:
            return None
        if self.lesion_mm is not None and self._lacks_margin(self.lesion_mm):
            return "within_margin"
        return None if self.severed is None else "stays"

    def _lacks_margin(self, lesion_mm: float) -> bool:
        return (0.0 if self.touches else lesion_mm) + AS_FAR_MM < self.margin_mm


@dataclass(frozen=True, slots=True)
class Resected:
    """The remnant of a plan, and the lesions, removed or to be cleared, with their margins.

    - `margin_mm`: margin of the plan; `wedge_margins_mm`: margins of lesions removed by wedges, by
      number.
    - `segments`, `cuts`, `gaps`: as for `VesselTrees.lose`.
    """

    remnant: Mask
    cleared: Sequence[Lesion]
    margin_mm: float
    segments: tuple[str, ...] = ()
    cuts: tuple[BranchCut, ...] = ()
    gaps: Mask | None = None
    wedge_margins_mm: Mapping[int, float] = field(default_factory=dict)

    @property
    def hepatic_cuts(self) -> list[BranchCut]:
        """Cuts of hepatic veins."""
        return [cut for cut in self.cuts if cut.tree == "hepatic"]


def measure_veins(
    vessels: DrawnVessels, trees: VesselTrees, plan: Resected
) -> tuple[PlannedVein, ...]:
    """Measure each separately drawn hepatic vein in a plan.

    A voxel of a vein in the liver is removed with its segment, if the remnant is defined by
    segments; otherwise with most of the adjacent liver; or beyond a cut.
    """
    names = [name for name in VEINS if name in vessels.masks]
    anatomy, cells = trees.anatomy, trees.cells
    kept = cells.count(anatomy.working(plan.remnant & anatomy.nontumorous))
    owned = _find_owned(vessels, names, trees)
    drained = _measure_drained(owned, names, cells.places_mm[kept > 0], kept[kept > 0])
    beyond = _find_beyond(vessels, names, trees, plan.hepatic_cuts)
    veins = []
    for name in names:
        held = find_nodes_in_liver(vessels.graph_of(name), anatomy.organ)
        removed, cut_off = _find_removed(vessels, name, trees, plan), held & beyond.get(name, False)
        held_voxels, removed_voxels = int(held.sum()), int((removed | cut_off).sum())
        severed = int(cut_off.sum()) * 100 > CUT_PERCENT * held_voxels
        is_cut = severed or name in {one.branch for one in plan.hepatic_cuts}
        known = is_cut or name in beyond or not plan.hepatic_cuts
        near = drained.get(name), *_find_nearest(vessels, name, plan)
        severed_or_unknown = is_cut if known else None
        veins.append(PlannedVein(name, held_voxels, removed_voxels, *near, severed_or_unknown))
    return tuple(veins)


def _find_removed(vessels: DrawnVessels, name: str, trees: VesselTrees, plan: Resected) -> Flags:
    """Return the voxels of a vein that are removed with the resected part."""
    graph = vessels.graph_of(name)
    if (removed := trees.find_removed_vessel(name, graph, plan.segments)) is None:
        kept = Kept(plan.remnant, gaps=plan.gaps)
        return find_removed_vessel(graph, vessels.masks[name], trees.anatomy, kept)
    return removed


def find_needed_veins(
    veins: Iterable[PlannedVein], voxel_ml: float, *, by_segments: bool = False
) -> tuple[Finding, ...]:
    """Find veins that the remnant needs and that cannot be kept, most of the remnant first.

    With a remnant defined by segments, whose borders follow the veins only roughly, removal of up
    to half of a vein is reported for information, unless the plan cuts it.
    """
    findings = []
    for vein in veins:
        if vein.must_stay and vein.fate in ("cut", "within_margin"):
            assert vein.drained is not None
            ml = vein.drained.numerator_voxels * voxel_ml
            message = (
                f"{as_ml(ml)} of the remnant is nearest to the {vein.vessel.replace('_', ' ')}, "
                f"{_describe_why(vein, voxel_ml)}"
            )
            few = 2 * vein.removed_voxels <= vein.liver_voxels
            runs_along = vein.fate == "cut" and few and not vein.severed
            level = Severity.INFO if by_segments and runs_along else Severity.WARNING
            findings.append((-ml, Finding("vessels.vein_needed", level, message, None, ml, "mL")))
    return tuple(found for _, found in sorted(findings, key=itemgetter(0)))


def _describe_why(vein: PlannedVein, voxel_ml: float) -> str:
    if vein.fate == "cut":
        removed, held = (as_ml(n * voxel_ml) for n in (vein.removed_voxels, vein.liver_voxels))
        return f"and {removed} of the {held} of this vein is removed or cut off"
    if vein.touches:
        at = f"touches lesion {vein.lesion}, whose planned margin is"
    else:
        assert vein.lesion_mm is not None
        away = as_mm(vein.lesion_mm, (Fraction(str(vein.margin_mm)),))
        at = f"is {away} mm from lesion {vein.lesion}, less than the margin of"
    return f"and this vein {at} {vein.margin_mm:g} mm"


def _find_nearest(
    vessels: DrawnVessels, name: str, plan: Resected
) -> tuple[int | None, float | None, float, bool]:
    """Find the lesion with the least room to a vein.

    Returns its number, its distance, its margin, and whether it touches the vein, which leaves no
    room whatever the distance between centres.
    """
    if not plan.cleared:
        return None, None, plan.margin_mm, False
    found = []
    for one in plan.cleared:
        gap_mm = vessels.measure_gap_mm(name, one.mask, one.surface)
        margin_mm = plan.wedge_margins_mm.get(one.number, plan.margin_mm)
        touches = touch(one.mask, vessels.masks[name])
        room_mm = (0.0 if touches else gap_mm) - margin_mm
        found.append((room_mm, one.number, gap_mm, margin_mm, touches))
    return min(found)[1:]


def _find_beyond(
    vessels: DrawnVessels, names: Sequence[str], trees: VesselTrees, cuts: Sequence[BranchCut]
) -> dict[str, Flags]:
    """Return the voxels of each vein beyond cuts; empty without cuts, or if unknown."""
    beyond = trees.find_beyond("hepatic", cuts) if cuts else None
    if beyond is None:
        return {}
    tree = trees.trees["hepatic"].tree
    found = {}
    for name in names:
        graph = vessels.graph_of(name)
        near = find_inside(tree.graph.box, graph.indices)
        found[name] = np.zeros(graph.size, dtype=np.bool_)
        found[name][near] = beyond[tree.branches[name]]  # nodes of both are in index order
    return found


def _find_owned(
    vessels: DrawnVessels, names: Sequence[str], trees: VesselTrees
) -> list[Places] | None:
    """Return the voxels of each vein with its tributaries, then those of no vein, if any.

    An unnamed vessel is a tributary of a vein through which alone it reaches the root. None if the
    tree does not determine that.
    """
    whole = vessels.masks.get(UNNAMED)
    named = [vessels.masks[name] for name in names]
    if whole is None or not reduce(sub, named, whole).voxel_count:
        return [vessels.graph_of(name).places_mm for name in names]
    if "hepatic" not in trees.trees:
        return None
    tree = trees.trees["hepatic"].tree
    free = tree.own & ~np.logical_or.reduce([tree.branches[name] for name in names])
    owned = []
    for name in names:
        hanging = free & find_branch(tree, name)
        owned.append(tree.graph.places_mm[tree.branches[name] | hanging])
        free &= ~hanging
    return [*owned, tree.graph.places_mm[free]] if free.any() else owned


def _measure_drained(
    owned: Sequence[Places] | None, names: Sequence[str], places_mm: Places, kept: Counts
) -> dict[str, Share]:
    """Measure the part of the remnant nearest to each vein; empty for a single vein."""
    if len(names) < 2 or owned is None:
        return {}
    distance_mm = [find_closest(places_mm, to_mm)[1] for to_mm in owned]
    counts = np.bincount(np.argmin(distance_mm, axis=0), kept, len(owned)).astype(np.int64).tolist()
    whole = int(kept.sum())
    return {name: Share(count, whole) for name, count in zip(names, counts, strict=False)}
