"""The hepatic veins of a plan: which the remnant needs, and which can stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.basis.shown import as_ml
from fl_planner.liver.lesions.lesions import Lesion
from fl_planner.liver.vessels.contact import DrawnVessels
from fl_planner.liver.vessels.supply.cells import Counts
from fl_planner.liver.vessels.supply.sides import find_gone
from fl_planner.liver.vessels.tree.graph import Places, find_closest
from fl_planner.liver.vessels.tree.tree import AS_FAR_MM
from fl_planner.liver.vessels.trees import VesselTrees
from fl_planner.space.mask import Mask

VEINS = ("right_hepatic_vein", "middle_hepatic_vein", "left_hepatic_vein")
NEEDED_PERCENT = 5  # of the remnant, nearest to a vein that must stay [project's choice]
CUT_PERCENT = 5  # of a vein in the liver: so little lies beyond a border by chance [same]

Fate = Literal["stays", "within_margin", "cut"]


@dataclass(frozen=True, slots=True)
class PlannedVein:
    """A hepatic vein that was drawn by itself, and what a plan makes of it.

    - `vessel`: its name.
    - `liver_voxels`, `removed_voxels`: what of it lies in the liver, and in the part that goes.
    - `drained`: remnant nearer to it than to any other of these veins, of the remnant; None where
      it alone was drawn, so that nobody knows what the others drain.
    - `lesion`, `lesion_mm`: the cleared lesion nearest to it, and how far, centre to centre; None
      where none is cleared.
    - `margin_mm`: of the plan.
    """

    vessel: str
    liver_voxels: int
    removed_voxels: int
    drained: Share | None
    lesion: int | None
    lesion_mm: float | None
    margin_mm: float

    @property
    def must_stay(self) -> bool | None:
        """Whether more than `NEEDED_PERCENT` of the remnant lies nearest to it."""
        if self.drained is None:
            return None
        return (
            self.drained.numerator_voxels * 100 > NEEDED_PERCENT * self.drained.denominator_voxels
        )

    @property
    def fate(self) -> Fate | None:
        """Whether it can stay: "cut" where more than `CUT_PERCENT` of it goes.

        "within_margin" where a cleared lesion lies nearer than the plan's margin. None where none
        of it was drawn in the liver.
        """
        if not self.liver_voxels:
            return None
        if self.removed_voxels * 100 > CUT_PERCENT * self.liver_voxels:
            return "cut"
        if self.lesion_mm is not None and self.lesion_mm + AS_FAR_MM < self.margin_mm:
            return "within_margin"
        return "stays"


@dataclass(frozen=True, slots=True)
class Resected:
    """What a plan leaves of a liver, and which lesions it clears with which margin.

    - `segments`: as of `VesselTrees.lose`.
    """

    remnant: Mask
    cleared: Sequence[Lesion]
    margin_mm: float
    segments: tuple[str, ...] = ()


def measure_veins(
    vessels: DrawnVessels, trees: VesselTrees, plan: Resected
) -> tuple[PlannedVein, ...]:
    """Measure what a plan makes of each hepatic vein that was drawn by itself.

    A voxel of a vein in the liver goes as one of a tree does: with its segment, where the remnant
    is made of segments, and else where most of the liver beside it goes.
    """
    names = [name for name in VEINS if name in vessels.masks]
    anatomy, cells = trees.anatomy, trees.cells
    kept = cells.count(anatomy.working(plan.remnant & anatomy.nontumorous))
    drained = _measure_drained(vessels, names, cells.places_mm[kept > 0], kept[kept > 0])
    veins = []
    for name in names:
        graph = vessels.graph_of(name)
        held = graph.held_by(anatomy.organ)
        removed = trees.find_gone(name, graph, plan.segments)
        if removed is None:
            removed = find_gone(graph, vessels.masks[name], anatomy, plan.remnant)
        lesion, lesion_mm = _find_nearest(vessels, name, plan.cleared)
        counts = int(held.sum()), int(removed.sum())
        veins.append(
            PlannedVein(name, *counts, drained.get(name), lesion, lesion_mm, plan.margin_mm)
        )
    return tuple(veins)


def find_needed_veins(
    veins: Iterable[PlannedVein], voxel_ml: float, *, by_segments: bool = False
) -> tuple[Finding, ...]:
    """Find veins that the remnant needs, and that cannot stay.

    Where it is made of segments, whose borders follow the veins roughly, one of which half or less
    goes is told, and is no warning.
    """
    findings = []
    for vein in veins:
        if vein.must_stay and vein.fate in ("cut", "within_margin"):
            assert vein.drained is not None
            ml = vein.drained.numerator_voxels * voxel_ml
            says = (
                f"{as_ml(ml)} of the remnant lie nearest to the {vein.vessel.replace('_', ' ')}, "
                f"{_say_why(vein, voxel_ml)}"
            )
            runs_along = vein.fate == "cut" and 2 * vein.removed_voxels <= vein.liver_voxels
            level = Severity.INFO if by_segments and runs_along else Severity.WARNING
            findings.append(Finding("vessels.vein_needed", level, says, None, ml, "mL"))
    return tuple(findings)


def _say_why(vein: PlannedVein, voxel_ml: float) -> str:
    if vein.fate == "cut":
        removed, held = (as_ml(n * voxel_ml) for n in (vein.removed_voxels, vein.liver_voxels))
        return f"and {removed} of the {held} of it go with what is removed"
    return (
        f"and it lies {vein.lesion_mm:.1f} mm from lesion {vein.lesion}, nearer than the margin of "
        f"{vein.margin_mm:g} mm"
    )


def _find_nearest(
    vessels: DrawnVessels, name: str, lesions: Sequence[Lesion]
) -> tuple[int | None, float | None]:
    gaps_mm = [(vessels.measure_gap_mm(name, x.mask, x.surface), x.number) for x in lesions]
    if not gaps_mm:
        return None, None
    least_mm, number = min(gaps_mm)
    return number, least_mm


def _measure_drained(
    vessels: DrawnVessels, names: Sequence[str], places_mm: Places, kept: Counts
) -> dict[str, Share]:
    """Measure what of the remnant lies nearest to each vein; nothing of one that is alone."""
    if len(names) < 2:
        return {}
    graphs = map(vessels.graph_of, names)
    away_mm = [find_closest(places_mm, graph.places_mm)[1] for graph in graphs]
    counts = np.bincount(np.argmin(away_mm, axis=0), kept, len(names)).astype(np.int64).tolist()
    whole = int(kept.sum())
    return {name: Share(count, whole) for name, count in zip(names, counts, strict=True)}
