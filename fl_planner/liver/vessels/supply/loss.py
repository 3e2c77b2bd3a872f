"""What loses its inflow or its outflow: counts, cells, and masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Literal

import numpy as np

from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.nearest_branch import Counts, LiverCells
from fl_planner.liver.vessels.tree.graph import Flags, Numbers
from fl_planner.space.frame import Place
from fl_planner.space.mask import Mask

# Another person draws other vessels, and clicks elsewhere: on 19 public scans with whole vessel
# masks, 94 % of 143 cuts lay within 5 points of the liver of the true territory, and few within
# the readings of one drawing alone. Below 8 % of the liver a factor is kept instead [project's
# choice, by these figures].
READERS = Fraction(5, 100)
SMALL = Fraction(8, 100)
READERS_FACTOR = Fraction(3, 2)
DOUBT = Fraction(5, 100)  # of the liver, between two readings [project's choice]
LEAST_CUT = Fraction(1, 100)  # of the liver: a cut that takes less is doubted [project's choice]
WIDEST_CUT = Fraction(10, 100)  # of the liver, of the readings of one drawing [project's choice]


@dataclass(frozen=True, slots=True)
class VoxelRange:
    """A count of voxels, and the least and most that its readings come to: low <= voxels <= high.

    Readings are the vessel a voxel wider, so that branches come to touch, thin branches dropped,
    the cut 5 mm nearer to the root and 5 mm farther from it, by both methods, the remnant 5 mm
    larger and smaller; and from the least and the most of these the border moved by a voxel. A
    range reaches at least as far as two people differ (`READERS`).
    """

    voxels: int
    low: int
    high: int

    def __post_init__(self) -> None:
        """Hold the order."""
        assert 0 <= self.low <= self.voxels <= self.high


@dataclass(frozen=True, slots=True)
class TreeQuality:
    """How far a vessel mask can tell territories.

    - `tree`, `sources`: which one, and the vessels that it is made of, by name.
    - `voxels`: of the mask.
    - `pieces`: connected parts, by 26 neighbours.
    - `bridged_voxels`: of parts that were joined over a gap.
    - `lost_voxels`: of parts too far from the tree: they are cut off from it.
    - `reach`: non-tumorous liver within `REACH_MM` of the tree, of all of it.
    - `roots_mm`: where blood enters or leaves, RAS+ mm; `root_told` says whether that was given,
      by a place or by a drawn vena cava or trunk, or taken from the mask.
    - `refused`: why no territory is told; None where they are.

    Of one that is too large for a vessel, or is another vessel too, nothing but its size was
    measured: the rest is None, and no roots are known.
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


CutDoubt = Literal["methods", "small", "wide"]


@dataclass(frozen=True, slots=True)
class CutLoss:
    """What one cut by itself takes from the non-tumorous liver.

    - `number`: of the cut in its plan, from 1.
    - `cut`: as it was given.
    - `snapped_mm`: from the given place to the vessel voxel that was taken for it; 0 for a name.
    - `lost`: non-tumorous voxels whose nearest vessel lies beyond the cut.
    - `other_voxels`: the same by the other reading of the cut: along the vessel or by a plane
      across the branch, whichever needs the larger slice.
    - `spread_voxels`: by which the readings of this drawing differ at most.
    - `liver_voxels`: all of the non-tumorous liver.
    - `place_mm`: the middle of that voxel, or of the first one of a branch, RAS+; None where
      nothing of the branch hangs on its tree.
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
        """Why what it takes is uncertain; a cut with a doubt has no single value.

        - `methods`: both differ by more than `DOUBT` of the liver, as on loops and at thick places.
        - `small`: it takes less than `LEAST_CUT` of the liver: a twig was met, or nothing.
        - `wide`: its readings span more than `WIDEST_CUT` of the liver.
        """
        liver, apart = self.liver_voxels, abs(self.other_voxels - self.lost.voxels)
        asked: tuple[tuple[CutDoubt, bool], ...] = (
            ("methods", apart > DOUBT * liver),
            ("small", self.lost.voxels < LEAST_CUT * liver),
            ("wide", self.spread_voxels > WIDEST_CUT * liver),
        )
        return tuple(doubt for doubt, applies in asked if applies)

    @property
    def is_doubtful(self) -> bool:
        """Whether there is any doubt about what it takes."""
        return bool(self.doubts)


@dataclass(frozen=True, slots=True)
class BranchTerritory:
    """The non-tumorous liver that lives on a branch which was drawn by itself.

    - `territory`: voxels nearest to it, or to what reaches its root through it alone and was not
      drawn as another branch.
    - `by_segment`: of these, in each segment of a label map; empty without one.
    - `segments`: that the branch supplies by its name, where the map has all of them; the rest
      compares the territory with them and is 0 without.
    - `segments_voxels`: non-tumorous liver of these segments; `shared_voxels`: of the territory in
      them; `beside_voxels`: of the territory in other segments but I, which both sides supply.
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
        """Voxels of its segments that live on other branches."""
        return self.segments_voxels - self.shared_voxels

    @property
    def dice(self) -> Fraction | None:
        """Twice what both share, over both together, I left out; None where nothing is compared."""
        both = self.segments_voxels + self.shared_voxels + self.beside_voxels
        return Fraction(2 * self.shared_voxels, both) if self.segments and both else None


@dataclass(frozen=True, slots=True)
class SupplyLoss:
    """What one plan takes from the liver and from its remnant; None where it cannot be told.

    Taken are the branches beyond the cuts, and those in what is resected. What reaches its root
    through the resected part alone can be freed and stay: it counts at the far end of the range. A
    voxel belongs to the nearest vessel voxel of the tree.

    - `cuts`: each by itself, in their order, but for those of trees that tell no territories.
    - `inflow`, `outflow`: non-tumorous liver beyond what is taken, resected part included.
    - `flr_inflow`, `flr_outflow`, `flr_either`: of the remnant: without portal inflow
      (devascularised), without outflow (congested), without one or both.
    - `supplied`: remnant that keeps inflow and outflow, of the non-tumorous liver; only by the
      trees that can tell. None without a remnant.
    - `trees`: which trees that rests on.
    - `flr_parts`: draws what `flr_inflow` and `flr_outflow` count; None without these.
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

    @property
    def supplied_range(self) -> tuple[Share, Share] | None:
        """Least and most that is supplied by other readings of the vessels; None where untold."""
        if self.supplied is None or self.flr_either is None:
            return None
        kept, whole = self.supplied.numerator_voxels + self.flr_either.voxels, self.supplied
        low, high = kept - self.flr_either.high, kept - self.flr_either.low
        return Share(low, whole.denominator_voxels), Share(high, whole.denominator_voxels)


@dataclass(frozen=True, slots=True, eq=False)
class LostCells:
    """Cells that lose a vessel.

    - `drawn` (bool array (M,)): as it was drawn and cut.
    - `moved` (each a bool array (M,)): with the cut, or the remnant, moved.
    - `hanging` (bool array (M,)): with what reaches its root through the removed part alone.
    - `asked` (int array (K,)): cells that were asked of the vessel drawn otherwise, and
      `otherwise` (each a bool array (K,)): which of those lose it.
    """

    cells: LiverCells
    drawn: Flags
    moved: tuple[Flags, ...]
    hanging: Flags
    asked: Numbers
    otherwise: tuple[Flags, ...]

    def __or__(self, other: LostCells) -> LostCells:
        """Cells that lose either of two vessels; both were read in the same ways."""
        return LostCells(
            self.cells,
            self.drawn | other.drawn,
            tuple(a | b for a, b in zip(self.moved, other.moved, strict=True)),
            self.hanging | other.hanging,
            self.asked,
            tuple(a | b for a, b in zip(self.otherwise, other.otherwise, strict=True)),
        )

    def measure(self, voxels: Counts) -> VoxelRange:
        """Count the voxels, (M,) of each cell, and the range that two people would differ by.

        That of `read`, and at least `READERS` of the liver either way; below `SMALL` of it, a
        factor of `READERS_FACTOR`.
        """
        drawn, (low, high) = int(voxels[self.drawn].sum()), self.read(voxels)
        liver = int(self.cells.voxels.sum())
        less, more = drawn / READERS_FACTOR, drawn * READERS_FACTOR
        if drawn >= SMALL * liver:
            less, more = drawn - READERS * liver, drawn + READERS * liver
        total = int(voxels.sum())
        return VoxelRange(drawn, max(min(low, floor(less)), 0), min(max(high, ceil(more)), total))

    def read(self, voxels: Counts) -> tuple[int, int]:
        """Count the least and the most voxels, (M,) of each cell, by the readings of the drawing.

        These are the least and most of all readings, and from there the border of what is lost
        moved by a voxel: so far it goes where one side was drawn a voxel wider. What a vessel drawn
        otherwise changes in the cells that were asked is counted for all.
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
        """Count what stays, and what is lost, where the border of what is lost moves by a voxel."""
        share = np.zeros(len(voxels))
        for border in sorted(self.cells.borders, key=lambda one: one.share):
            at = np.flatnonzero(self.drawn[border.one] != self.drawn[border.other])
            share[border.one[at]] = share[border.other[at]] = border.share  # the largest comes last
        moved = share * voxels
        return round(float(moved[self.drawn].sum())), round(float(moved[~self.drawn].sum()))


LOST: Mapping[TreeName, str] = {"portal": "inflow_lost", "hepatic": "outflow_lost"}


@dataclass(frozen=True, slots=True, eq=False)
class LostParts:
    """Which cells of a liver lose each tree by a plan; nothing is drawn before it is asked for.

    - `remnant`: of that plan.
    - `lost` (mapping of tree to bool array (M,)): of `cells`.
    """

    anatomy: Anatomy
    remnant: Mask
    cells: LiverCells
    lost: Mapping[TreeName, Flags]

    def draw(self, tree: TreeName) -> Mask | None:
        """Draw the voxels that were counted, named as in `LOST`; None where the tree tells nothing.

        These are the working, non-tumorous voxels of the remnant in the cells that lose the tree.
        """
        if tree not in self.lost:
            return None
        anatomy, cells = self.anatomy, self.cells
        counted = anatomy.working(self.remnant & anatomy.nontumorous)
        lost = Mask(LOST[tree], cells.draw(self.lost[tree]), cells.box, counted.grid)
        return (lost & counted).renamed(LOST[tree])
