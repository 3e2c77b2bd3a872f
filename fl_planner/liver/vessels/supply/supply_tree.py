"""A vessel tree with the liver that it supplies, and its voxels that are removed with a part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.loss import LostCells
from fl_planner.liver.vessels.supply.nearest_branch import LiverCells, Nearest, OtherDrawing
from fl_planner.liver.vessels.tree.cut import MOVED_MM, BranchLoss, cut_branch, find_lost
from fl_planner.liver.vessels.tree.entry import SEEN_MM, find_nodes_in_liver
from fl_planner.liver.vessels.tree.graph import (
    NEIGHBOURS,
    Flags,
    Numbers,
    VoxelGraph,
    find_closest,
    list_places,
    look_up,
)
from fl_planner.liver.vessels.tree.tree import VesselTree
from fl_planner.space.components import find_near
from fl_planner.space.mask import Mask


@dataclass(frozen=True, slots=True, eq=False)
class Removed:
    """Nodes in the part that is removed, each a bool array (N,).

    - `nodes`: removed nodes with the remnant as drawn.
    - `fewest`, `most`: the same with the remnant `MOVED_MM` larger, and smaller.
    """

    nodes: Flags
    fewest: Flags
    most: Flags


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Part of the liver that a plan keeps.

    - `gone` (mapping of tree to bool array (N,)): nodes in removed segments, if the plan keeps
      whole segments of a map.
    - `gaps`: liver in no segment, if the remnant is defined by segments. Maps leave such gaps
      around vessels; it is not known whether this liver is resected. None if the remnant was drawn.
    """

    remnant: Mask
    gone: Mapping[TreeName, Flags] = field(default_factory=dict)
    gaps: Mask | None = None

    def find_solid(self, anatomy: Anatomy, vessel: Mask) -> Mask:
        """Find the liver that determines which vessel voxels are removed, without the vessel."""
        solid = anatomy.nontumorous - vessel
        return solid if self.gaps is None else solid - self.gaps


def find_removed(tree: VesselTree, vessel: Mask, anatomy: Anatomy, kept: Kept) -> Removed:
    """Find the voxels of a vessel in the organ outside the kept part.

    Its trunk or vena cava is not removed.
    """
    graph, remnant = tree.graph, kept.remnant
    if (gone := kept.gone.get(tree.name)) is None:
        gone = find_removed_vessel(graph, vessel, anatomy, kept)
    gone = gone & tree.own
    border = find_near(kept.find_solid(anatomy, vessel) - remnant, remnant)
    if not border.voxel_count:
        return Removed(gone, gone, gone)
    border_mm = list_places(border)
    low_mm, high_mm = border_mm.min(axis=0) - MOVED_MM, border_mm.max(axis=0) + MOVED_MM
    within = ((graph.places_mm >= low_mm) & (graph.places_mm <= high_mm)).all(axis=1)
    asked = np.flatnonzero(within & find_nodes_in_liver(graph, anatomy.organ))
    _, distance_mm = find_closest(graph.places_mm[asked], border_mm, MOVED_MM)
    near = np.zeros(graph.size, dtype=np.bool_)
    near[asked[np.isfinite(distance_mm)]] = True
    near &= tree.own
    return Removed(gone, gone & ~near, gone | near)


def find_removed_vessel(graph: VoxelGraph, vessel: Mask, anatomy: Anatomy, kept: Kept) -> Flags:
    """Find the voxels of a vessel in the organ that are removed with the liver next to them.

    A remnant is often drawn around vessels and tumours. A voxel of the vessel outside it is
    therefore removed with most of the adjacent liver, and inside a thick vessel together with the
    nearest voxel that has adjacent liver. In a wider channel or gap, it is removed with the
    nearest liver.
    """
    gone, remnant = np.zeros(graph.size, dtype=np.bool_), kept.remnant
    asked = np.flatnonzero(find_nodes_in_liver(graph, anatomy.organ) & ~graph.held_by(remnant))
    solid = kept.find_solid(anatomy, vessel)
    gone[asked], has_liver = _check_adjacent(graph, asked, solid, remnant)
    loose = asked[~has_liver]
    if kept.gaps is None:
        loose = loose[~graph.held_by(anatomy.organ)[loose]]
    if len(loose):
        gone[loose] = _check_nearest(graph, loose, solid, remnant)
    return gone


def _check_nearest(graph: VoxelGraph, asked: Numbers, solid: Mask, remnant: Mask) -> Flags:
    """Mark the nodes whose nearest liver is removed, shape (len(asked),)."""
    from scipy.ndimage import binary_erosion

    around = graph.box.grown(ceil(SEEN_MM / min(graph.grid.spacing_mm))) & solid.box
    held = solid.voxels[around.slices(solid.box.start)]
    indices = np.argwhere(held & ~binary_erosion(held)) + around.start
    at, _ = find_closest(graph.places_mm[asked], graph.grid.places_mm(indices))
    return np.asarray(~look_up(remnant.voxels, remnant.box, indices[at]))


def _check_adjacent(
    graph: VoxelGraph, asked: Numbers, solid: Mask, remnant: Mask
) -> tuple[Flags, Flags]:
    """Mark nodes of which most adjacent liver is removed, and nodes with adjacent liver.

    Both have the shape (len(asked),).
    """
    around = graph.box.grown(1)
    codes = np.zeros(around.shape, dtype=np.uint8)
    for mask, code in ((solid, 1), (remnant, 2)):
        common = around & mask.box
        part = mask.voxels[common.slices(mask.box.start)].view(np.uint8)
        codes[common.slices(around.start)] |= part * np.uint8(code)
    layout = graph.lay_out(1)
    at_border = np.flatnonzero(graph.outer[asked])  # what is in the vessel has no liver beside it
    at = layout.at[asked[at_border], None]
    found = codes.reshape(-1)[at + layout.jump(NEIGHBOURS)]
    beside = np.zeros(len(asked), dtype=np.intp)
    beside[at_border] = (found & 1).sum(axis=1)
    kept = np.zeros_like(beside)
    kept[at_border] = (found == 3).sum(axis=1)
    goes = 2 * kept <= beside
    known = np.flatnonzero(beside)
    buried = np.flatnonzero(beside == 0)
    if len(known) and len(buried):
        places_mm = graph.places_mm[asked]
        at, _ = find_closest(places_mm[buried], places_mm[known])
        goes[buried] = goes[known[at]]
    return np.asarray(goes), beside > 0


@dataclass(frozen=True, slots=True, eq=False)
class AskedCut:
    """A requested cut, the `number`th of its plan, and the nodes that it removes from its tree."""

    number: int
    cut: BranchCut
    loss: BranchLoss


@dataclass(frozen=True, slots=True, eq=False)
class SupplyTree:
    """A tree, its drawn mask, and the liver cells nearest to its nodes.

    - `readings`: the vessel drawn differently, for the same cells.
    """

    tree: VesselTree
    vessel: Mask
    cells: LiverCells
    nearest: Nearest
    readings: tuple[OtherDrawing, ...]

    def ask(self, number: int, cut: BranchCut) -> AskedCut:
        """Cut a branch; raises the same refusals as `cut_branch`."""
        return AskedCut(number, cut, cut_branch(self.tree, cut))

    def lose_one(self, asked: AskedCut) -> LostCells:
        """Find the cells that lose the tree by one cut alone."""
        loss = asked.loss
        lost = (loss.beyond, loss.farther, loss.nearer, loss.other, loss.fewest, loss.most)
        otherwise = [one.find_lost(loss.taken, loss.beyond) for one in self.readings]
        return self._find_cells(lost, otherwise, loss.beyond)

    def lose(self, asked: Iterable[AskedCut], removed: Removed | None = None) -> LostCells:
        """Find the cells that lose the tree by all cuts together and by the removed part.

        Vessels that reach the root only through the removed part are kept if they are preserved in
        this part, like the trunk at the hilum. They are lost in one reading only, unless the root
        is removed.
        """
        cuts = [*asked]
        nothing = np.zeros(self.tree.graph.size, dtype=np.bool_)
        gone = removed or Removed(nothing, nothing, nothing)
        by_cuts = self.find_beyond(cuts)
        lost = [
            gone.nodes | by_cuts,
            gone.fewest | self._join_cuts([one.loss.farther for one in cuts]),
            gone.most | self._join_cuts([one.loss.nearer for one in cuts]),
            gone.nodes | self._join_cuts([one.loss.other for one in cuts]),
            gone.nodes | self._join_cuts([one.loss.fewest for one in cuts]),
            gone.nodes | self._join_cuts([one.loss.most for one in cuts]),
        ]
        taken = np.logical_or.reduce([nothing, *(one.loss.taken for one in cuts)])
        otherwise = [gone.nodes | one.find_lost(taken, by_cuts) for one in self.readings]
        hanging = lost[0]
        if not gone.nodes[self.tree.roots].all():
            hanging = find_lost(self.tree, lost[0])
        return self._find_cells(lost, otherwise, hanging)

    def lose_nodes(self, nodes: Flags) -> LostCells:
        """Find the cells that lose the tree if only some of its nodes are removed."""
        return self._find_cells((nodes,), [nodes] * len(self.readings), nodes)

    def find_beyond(self, asked: Iterable[AskedCut]) -> Flags:
        """Find nodes beyond cuts, or connected to the root through one of them only."""
        return self._join_cuts([one.loss.beyond for one in asked])

    def _join_cuts(self, beyond: Sequence[Flags]) -> Flags:
        """Find nodes beyond several cuts, or connected to the root through one of them only."""
        if not beyond:
            return np.zeros(self.tree.graph.size, dtype=np.bool_)
        return find_lost(self.tree, np.logical_or.reduce(beyond))

    def _find_cells(
        self, lost: Sequence[Flags], otherwise: Sequence[Flags], hanging: Flags
    ) -> LostCells:
        """Find the cells nearest to lost nodes: as drawn, with the cut moved, drawn differently."""
        drawn, *moved = map(self.nearest.cells_of, lost)
        of_others = tuple(
            nodes[reading.nearest] for reading, nodes in zip(self.readings, otherwise, strict=True)
        )
        hangs = self.nearest.cells_of(hanging)
        asked = self.readings[0].asked
        return LostCells(self.cells, drawn, tuple(moved), hangs, asked, of_others)
