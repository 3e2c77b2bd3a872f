"""Liver that loses its inflow or outflow: counts, cells, and masks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor
from typing import Literal

import numpy as np

from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.limits import DOUBT, LEAST_CUT, WIDEST_CUT
from fl_planner.liver.vessels.supply.nearest_branch import Counts, LiverCells
from fl_planner.liver.vessels.tree.graph import Flags, Numbers
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask

# Two people draw and click differently. On 19 scans with complete vessel masks, 94 % of 143 cuts
# were within 5 percentage points of the liver of the reference; the readings of one drawing alone
# contained few of them. Parts below 8 % of the liver differ by the same proportion as a part of
# 8 %, so that a larger part never has a smaller minimum [project's choice].
READERS = Fraction(5, 100)
SMALL = Fraction(8, 100)


@dataclass(frozen=True, slots=True)
class VoxelRange:
    """A count of voxels with the range of its readings: low <= voxels <= high.

    Readings are: the vessel one voxel wider, which may join branches; without thin branches; the
    cut by both methods, 5 mm nearer to the root or farther from it; the remnant 5 mm larger or
    smaller; and for the lowest and highest of these, the border moved by one voxel. The range is
    at least the difference expected between two readers (`READERS`).
    """

    voxels: int
    low: int
    high: int

    def __post_init__(self) -> None:
        """Check that low, voxels and high are in ascending order."""
        assert 0 <= self.low <= self.voxels <= self.high

    def containing(self, parts: Iterable[VoxelRange]) -> VoxelRange:
        """Extend the range of a whole so that neither end is below that of one of its parts."""
        ranges = (self, *parts)
        return VoxelRange(
            self.voxels, max(one.low for one in ranges), max(one.high for one in ranges)
        )


@dataclass(frozen=True, slots=True)
class TreeQuality:
    """Suitability of a vessel mask for territories.

    - `tree`, `sources`: the tree, and the names of its vessels.
    - `pieces`: number of connected parts, by 26 neighbours.
    - `bridged_voxels`: voxels of parts joined over a gap.
    - `lost_voxels`: voxels of parts too far from the tree to be joined.
    - `reach`: share of the non-tumorous liver within `REACH_MM` of the tree.
    - `roots_mm`: points where blood enters or leaves, RAS+ mm; `root_told`: whether given by a
      point, a drawn vena cava or trunk, or taken from the mask.
    - `points_mm`: given points in it, for the division of one label for all veins, RAS+ mm.
    - `refused`: reason why territories are not given; None if they are.
    - `entry_mm`: point of entry into the liver, the volume-weighted mean over its vessels, RAS+
      mm; None if no vessel is in the liver.

    Of a mask too large for a vessel, or identical to another vessel, only the size is measured;
    the rest is None, without roots.
    """

    tree: TreeName
    sources: tuple[str, ...]
    voxels: int
    pieces: int | None = None
    bridged_voxels: int | None = None
    lost_voxels: int | None = None
    reach: Share | None = None
    roots_mm: tuple[Place, ...] = ()
    root_told: bool | None = None
    refused: str | None = None
    entry_mm: Place | None = None
    points_mm: tuple[Place, ...] = ()


CutDoubt = Literal["methods", "small", "wide"]


@dataclass(frozen=True, slots=True)
class CutLoss:
    """Non-tumorous liver lost by one cut alone.

    - `number`: number of the cut in its plan, from 1.
    - `snapped_mm`: distance from the given point to the nearest vessel voxel; 0 for a name.
    - `lost`: non-tumorous voxels whose nearest vessel is beyond the cut.
    - `other_voxels`: the same by the second method, the connected section around the place.
    - `spread_voxels`: difference between the highest and lowest reading of this drawing.
    - `liver_voxels`: the non-tumorous liver.
    - `place_mm`: centre of that voxel, or of the first voxel of a branch, RAS+; None if the
      branch is not connected to its tree.
    """

    number: int
    cut: BranchCut
    snapped_mm: float
    lost: VoxelRange
    other_voxels: int
    spread_voxels: int
    liver_voxels: int
    place_mm: Place | None = None

    @property
    def doubts(self) -> tuple[CutDoubt, ...]:
        """List the reasons for uncertainty; the effect of such a cut is given as a range only.

        - `methods`: two methods differ by more than `DOUBT` of the liver: a loop, a mouth, or
          branches that touch.
        - `small`: the loss is less than `LEAST_CUT` of the liver: the cut may be on a very small
          branch.
        - `wide`: the readings differ by more than `WIDEST_CUT` of the liver.
        """
        liver, apart = self.liver_voxels, abs(self.other_voxels - self.lost.voxels)
        asked: tuple[tuple[CutDoubt, bool], ...] = (
            ("methods", apart > DOUBT * liver),
            ("small", self.lost.voxels < LEAST_CUT * liver and self.lost.high > 0),
            ("wide", self.spread_voxels > WIDEST_CUT * liver),
        )
        return tuple(doubt for doubt, applies in asked if applies)

    @property
    def is_doubtful(self) -> bool:
        """Whether the effect of the cut is uncertain."""
        return bool(self.doubts)


@dataclass(frozen=True, slots=True)
class BranchTerritory:
    """Non-tumorous liver supplied by a separately drawn branch.

    - `territory`: voxels nearest to it, or to vessels that reach the root only through it and were
      not drawn as another branch.
    - `by_segment`: voxels of the territory in each segment of a label map; empty without a map.
    - `segments`: segments that the branch supplies according to its name, if the map has all of
    them; the other fields compare the territory with them, and are 0 otherwise.
    - `segments_voxels`: non-tumorous liver of these segments; `shared_voxels`: voxels of the
      territory in them; `beside_voxels`: voxels of the territory in other segments except I, which
      both sides supply.
    """

    tree: TreeName
    branch: str
    territory: VoxelRange
    by_segment: Mapping[str, int]
    segments: tuple[str, ...] = ()
    segments_voxels: int = 0
    shared_voxels: int = 0
    beside_voxels: int = 0

    @property
    def missing_voxels(self) -> int:
        """Voxels of its segments that are nearest to other branches."""
        return self.segments_voxels - self.shared_voxels

    @property
    def dice(self) -> Fraction | None:
        """Dice coefficient of territory and segments, without I; None if not compared."""
        both = self.segments_voxels + self.shared_voxels + self.beside_voxels
        return Fraction(2 * self.shared_voxels, both) if self.segments and both else None


@dataclass(frozen=True, slots=True)
class SupplyLoss:
    """Inflow and outflow lost by one plan in the liver and its remnant; None if unknown.

    Branches beyond the cuts and in the resected part are lost. Vessels that reach the root only
    through the resected part can be preserved: their loss counts at the upper end of the range. A
    voxel belongs to the nearest vessel voxel of the tree.

    - `cuts`: loss by each cut separately, in order, except cuts of trees without territories.
    - `inflow`, `outflow`: non-tumorous liver beyond lost branches, including the resected part.
    - `flr_inflow`, `flr_outflow`, `flr_either`: parts of the remnant without portal inflow
      (devascularised), without outflow (congested), and without at least one.
    - `supplied`: remnant that keeps inflow and outflow as a share of the non-tumorous liver, by the
      trees with territories. None without a remnant.
    - `trees`: the trees used for it.
    - `flr_parts`: masks of `flr_inflow` and `flr_outflow`; None without these.
    - `beyond_cuts`: masks of the liver beyond the cuts alone; None without cuts.
    """

    trees: tuple[TreeName, ...]
    cuts: tuple[CutLoss, ...] = ()
    inflow: VoxelRange | None = None
    outflow: VoxelRange | None = None
    flr_inflow: VoxelRange | None = None
    flr_outflow: VoxelRange | None = None
    flr_either: VoxelRange | None = None
    supplied: Share | None = None
    flr_parts: LostParts | None = field(default=None, compare=False, repr=False)
    beyond_cuts: LostParts | None = field(default=None, compare=False, repr=False)

    @property
    def doubtful_trees(self) -> frozenset[TreeName]:
        """Trees in which the effect of a cut is uncertain, and therefore that of all their cuts."""
        return frozenset(one.cut.tree for one in self.cuts if one.is_doubtful)

    @property
    def is_doubtful(self) -> bool:
        """Whether the effect of any cut is uncertain."""
        return bool(self.doubtful_trees)

    def with_cuts(self, cuts: tuple[CutLoss, ...]) -> SupplyLoss:
        """Return this loss with its cuts; its ranges contain that of each cut alone."""
        of_cuts: dict[TreeName, list[VoxelRange]] = {"portal": [], "hepatic": []}
        for one in cuts:
            of_cuts[one.cut.tree].append(one.lost)
        inflow, outflow = self.inflow, self.outflow
        return replace(
            self,
            cuts=cuts,
            inflow=None if inflow is None else inflow.containing(of_cuts["portal"]),
            outflow=None if outflow is None else outflow.containing(of_cuts["hepatic"]),
        )

    @property
    def supplied_range(self) -> tuple[Share, Share] | None:
        """Range of `supplied` over other readings of the vessels; None if unknown."""
        if self.supplied is None or self.flr_either is None:
            return None
        kept, whole = self.supplied.numerator_voxels + self.flr_either.voxels, self.supplied
        low, high = kept - self.flr_either.high, kept - self.flr_either.low
        return Share(low, whole.denominator_voxels), Share(high, whole.denominator_voxels)


@dataclass(frozen=True, slots=True, eq=False)
class LostCells:
    """Cells that lose their supply from a vessel.

    - `drawn` (bool array (M,)): cells with the vessel as drawn and cut.
    - `moved` (each a bool array (M,)): cells with the cut, or the remnant, moved.
    - `hanging` (bool array (M,)): cells with vessels that reach the root only through the removed
      part.
    - `asked` (int array (K,)): cells sampled for the vessel as drawn differently, and
      `otherwise` (each a bool array (K,)): which of these lose it.
    """

    cells: LiverCells
    drawn: Flags
    moved: tuple[Flags, ...]
    hanging: Flags
    asked: Numbers
    otherwise: tuple[Flags, ...]

    def __or__(self, other: LostCells) -> LostCells:
        """Cells that lose either of two vessels, with the same readings of both."""
        return LostCells(
            self.cells,
            self.drawn | other.drawn,
            tuple(a | b for a, b in zip(self.moved, other.moved, strict=True)),
            self.hanging | other.hanging,
            self.asked,
            tuple(a | b for a, b in zip(self.otherwise, other.otherwise, strict=True)),
        )

    def measure(self, voxels: Counts) -> VoxelRange:
        """Count the voxels, (M,) of each cell, and the range expected between two readers.

        It contains the range of the readings. On either side it is at least `READERS` of the liver
        wide; for counts below `SMALL` of the liver, the same proportion of the count as at `SMALL`.
        """
        drawn, (low, high) = int(voxels[self.drawn].sum()), self.compute_range(voxels)
        apart = READERS * min(Fraction(int(self.cells.voxels.sum())), drawn / SMALL)
        less, more, total = floor(drawn - apart), ceil(drawn + apart), int(voxels.sum())
        return VoxelRange(drawn, min(low, less), min(max(high, more), total))

    def compute_range(self, voxels: Counts) -> tuple[int, int]:
        """Compute the minimum and maximum of the readings of this drawing, in voxels.

        The range is that of all readings, extended by moving the border of the lost part by one
        voxel. The effect of a vessel drawn differently is extrapolated from the sampled cells.
        """
        drawn, total = int(voxels[self.drawn].sum()), int(voxels.sum())
        counts = [drawn, *(int(voxels[lost].sum()) for lost in (*self.moved, self.hanging))]
        held, before = voxels[self.asked], self.drawn[self.asked]
        share = max(int(held.sum()), 1)
        for lost in self.otherwise:
            change = int(held[lost].sum()) - int(held[before].sum())
            counts.append(drawn + round(change * total / share))
        shrunk, grown = self._move_border(voxels)
        low, high = min(counts) - shrunk, max(counts) + grown
        return min(max(low, 0), drawn), max(min(high, total), drawn)

    def _move_border(self, voxels: Counts) -> tuple[int, int]:
        """Count the kept and lost voxels if the border of the lost part moves by one voxel."""
        share = np.zeros(len(voxels))
        for border in sorted(self.cells.borders, key=lambda one: one.share):
            at = np.flatnonzero(self.drawn[border.one] != self.drawn[border.other])
            share[border.one[at]] = share[border.other[at]] = border.share  # the largest comes last
        moved = share * voxels
        return round(float(moved[self.drawn].sum())), round(float(moved[~self.drawn].sum()))


LOST: Mapping[TreeName, str] = {"portal": "inflow_lost", "hepatic": "outflow_lost"}


@dataclass(frozen=True, slots=True, eq=False)
class LostParts:
    """Cells of a liver that lose each tree by a plan; masks are made at first use.

    - `remnant`: remnant of this plan; None for the whole liver.
    - `lost` (mapping of tree to bool array (M,)): which of `cells` lose the tree.
    """

    anatomy: Anatomy
    remnant: Mask | None
    cells: LiverCells
    lost: Mapping[TreeName, Flags]

    def draw(self, tree: TreeName) -> Mask | None:
        """Return the voxels counted, named as in `LOST`; None without territories.

        These are non-tumorous voxels in the cells that lose the tree; for a remnant, only working
        voxels.
        """
        if tree not in self.lost:
            return None
        anatomy, cells, counted = self.anatomy, self.cells, self.anatomy.nontumorous
        if self.remnant is not None:
            counted = anatomy.working(self.remnant & counted)
        lost = Mask(LOST[tree], cells.draw(self.lost[tree]), cells.box, counted.grid)
        return (lost & counted).renamed(LOST[tree])
