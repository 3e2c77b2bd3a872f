"""Find the vessel voxel nearest to each part of the liver, for every reading of the vessel.

Readings are the same vessel one voxel wider, or without thin branches; the range of a count over
them shows its uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from fl_planner.liver.vessels.tree.graph import (
    NEIGHBOURS,
    Flags,
    Numbers,
    Places,
    VoxelGraph,
    find_closest,
    look_up,
)
from fl_planner.liver.vessels.tree.tree import Lengths, VesselTree
from fl_planner.space.coarse import count_blocks, find_factors
from fl_planner.space.grid import Box, Grid, Index, Voxels
from fl_planner.space.mask import Mask

Counts = npt.NDArray[np.int64]

MOST_SINGLE = 300_000  # voxels of a liver that are asked one by one [project's choice]
CELL_MM = 3.5  # edge of a cell of a larger one, at most [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The vessel voxel nearest to each cell: `nodes` (int array (M,)), `distance_mm` (M,)."""

    nodes: Numbers
    distance_mm: Lengths

    def cells_of(self, lost: Flags) -> Flags:
        """Mark the cells whose nearest node is one of these."""
        cells: Flags = lost[self.nodes]
        return cells


@dataclass(frozen=True, slots=True, eq=False)
class CellBorders:
    """Adjacent cells along an axis: `one`, `other` (int arrays (P,)).

    - `share`: length of a step of the finest axis as a share of the cell's edge along this axis.
    """

    one: Numbers
    other: Numbers
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class LiverCells:
    """A liver divided into cells that contain at least one of its voxels.

    Up to `MOST_SINGLE` voxels, each cell is one voxel. Otherwise, cells are blocks of at most
    `CELL_MM`; all their voxels are assigned to the vessel nearest to the centre of the block.

    - `borders`: borders between adjacent cells, along each axis.
    - `indices` (int array (M, 3)): first voxel of each cell on the grid.
    - `places_mm` (float array (M, 3)): middle of each cell, RAS+.
    - `voxels` (int array (M,)): liver voxels in each cell.
    """

    box: Box
    factors: Index
    borders: tuple[CellBorders, ...]
    indices: Numbers
    places_mm: Places
    voxels: Counts

    def count(self, mask: Mask) -> Counts:
        """Count the voxels of a part of the liver in each cell, shape (M,)."""
        if self.factors == (1, 1, 1):
            return look_up(mask.voxels, mask.box, self.indices).astype(np.int64)
        i, j, k = ((self.indices - self.box.start) // self.factors).T
        found: Counts = count_blocks(mask, self.box, self.factors)[i, j, k].astype(np.int64)
        return found

    def draw(self, some: Flags) -> Voxels:
        """Mark all voxels of some cells, (M,), in the box, inside and outside the liver."""
        shape = [-(-n // factor) for n, factor in zip(self.box.shape, self.factors, strict=True)]
        voxels = np.zeros(shape, dtype=np.bool_)
        i, j, k = ((self.indices - self.box.start) // self.factors).T
        voxels[i, j, k] = some
        for axis, factor in enumerate(self.factors):
            voxels = voxels.repeat(factor, axis)
        a, b, c = self.box.shape
        return voxels[:a, :b, :c]

    def find_nearest(self, tree: VesselTree, among: Flags, asked: Numbers | None = None) -> Nearest:
        """Find the node of a tree nearest to each cell, among the nodes that are used.

        `asked`, (K,), are the cells to be assigned; by default all.

        The voxel nearest to a block is always at the vessel's surface.
        """
        counts = among if self.factors == (1, 1, 1) else among & tree.graph.outer
        nodes = np.flatnonzero(counts)
        places_mm = self.places_mm if asked is None else self.places_mm[asked]
        at, distance_mm = find_closest(places_mm, tree.graph.places_mm[nodes])
        return Nearest(nodes[at], distance_mm)


def cut_in_cells(liver: Mask) -> LiverCells:
    """Divide a liver into cells."""
    factors = (1, 1, 1)
    if liver.voxel_count > MOST_SINGLE:
        factors = find_factors(liver.grid, CELL_MM)
    counts = count_blocks(liver, liver.box, factors)
    cells = np.argwhere(counts)
    indices = cells * factors + liver.box.start
    middle = liver.grid.matrix()[:, :3] @ ((np.array(factors) - 1) / 2)
    places = liver.grid.places_mm(indices) + middle
    voxels = counts[tuple(cells.T)].astype(np.int64)
    borders = _find_borders(counts > 0, factors, liver.grid)
    return LiverCells(liver.box, factors, borders, indices, places, voxels)


def _find_borders(held: Voxels, factors: Index, grid: Grid) -> tuple[CellBorders, ...]:
    """List adjacent cells along each axis, by their numbers."""
    numbers = np.full(held.shape, -1, dtype=np.intp)
    numbers[held] = np.arange(np.count_nonzero(held))
    found = []
    for axis, (factor, step_mm) in enumerate(zip(factors, grid.spacing_mm, strict=True)):
        lines = np.moveaxis(numbers, axis, 0)
        both = (lines[:-1] >= 0) & (lines[1:] >= 0)
        share = min(grid.spacing_mm) / (factor * step_mm)
        found.append(CellBorders(lines[:-1][both], lines[1:][both], share))
    return tuple(found)


Axes = tuple[int, ...]

MOST_ASKED = 12_000  # cells of the liver that are asked of each reading [project's choice]
REACH = 3  # voxels, beyond which two do not touch when both have grown by one
DETOUR = 3.0  # times as far along the vessel as across, where two newly touch [project's choice]
FINE = 2.0  # times the finest step: a vessel is moved along axes whose step is no longer


@dataclass(frozen=True, slots=True, eq=False)
class OtherDrawing:
    """A vessel as drawn differently, with its voxels nearest to sampled liver cells.

    - `joins` (int array (P, 2)): nodes of the drawn tree that then touch over a gap.
    - `asked` (int array (K,)): sampled cells of the liver, each of which represents the same
      number of cells.
    - `nearest` (int array (K,)): node nearest to each of these.
    """

    tree: VesselTree
    joins: Numbers
    asked: Numbers
    nearest: Numbers

    def find_lost(self, taken: Flags, lost: Flags) -> Flags:
        """Find the nodes lost if some are removed; `lost` are nodes of the drawn tree.

        Nodes that then touch the rest of the tree have another path, and so do all nodes linked to
        them.
        """
        hanging, rest = lost & ~taken, self.tree.joined & ~lost & ~taken
        one, other = self.joins.T
        across = (hanging[one] & rest[other]) | (rest[one] & hanging[other])
        if not across.any():
            return lost
        touching = self._drop_near(self._drop_fork(self.joins[across], taken, lost), taken)
        nodes = np.flatnonzero(hanging)
        groups = self.tree.graph.group(nodes, self.joins)
        ends = touching[hanging[touching]]
        found = lost.copy()
        found[nodes[np.isin(groups, groups[np.searchsorted(nodes, ends)])]] = False
        return found

    def _drop_fork(self, pairs: Numbers, taken: Flags, lost: Flags) -> Numbers:
        """Omit pairs along the fork at which branches divide: they only move the fork."""
        graph = self.tree.graph
        ends = np.union1d(pairs.ravel(), np.flatnonzero(taken))
        border = np.union1d(ends, graph.list_border(lost, self.tree.joined & ~lost))
        groups = graph.group(border, pairs)
        at_cut = groups[np.isin(border, np.flatnonzero(taken))]
        return pairs[~np.isin(groups[np.searchsorted(border, pairs[:, 0])], at_cut)]

    def _drop_near(self, pairs: Numbers, taken: Flags) -> Numbers:
        """Omit pairs around removed nodes that are equally close through the vessel itself.

        The path between them passed through the removed nodes, so it was at least as long as the
        distance of each from these nodes.
        """
        ends_mm = self.tree.graph.places_mm[pairs]
        _, distance_mm = find_closest(ends_mm.reshape(-1, 3), self.tree.graph.places_mm[taken])
        apart_mm = np.linalg.norm(ends_mm[:, 0] - ends_mm[:, 1], axis=1)
        around_mm = distance_mm.reshape(-1, 2).sum(axis=1)
        return np.asarray(pairs[around_mm > DETOUR * apart_mm])


def read_otherwise(
    tree: VesselTree, vessel: Mask, cells: LiverCells, nearest: Nearest
) -> tuple[OtherDrawing, ...]:
    """Return a vessel one voxel wider, and without thin branches.

    In a vessel that is wider everywhere, branches stay nearest to the same liver, but branches that
    then touch are joined. A part is thin if no block of two voxels along each fine axis fits into
    it: its radius is below a step. If all parts are thin, all are kept.
    """
    asked = np.arange(0, len(cells.voxels), -(-len(cells.voxels) // MOST_ASKED))
    steps = vessel.grid.spacing_mm
    axes = tuple(axis for axis in range(3) if steps[axis] <= FINE * min(steps))
    joins = _find_touching(tree.graph, axes)
    joins = joins[tree.own[joins].all(axis=1)]
    wider = OtherDrawing(tree, joins, asked, nearest.nodes[asked])
    drawn = tree.supplies
    thick = _find_thick(tree.graph, axes) & drawn
    of_thick = cells.find_nearest(tree, thick if thick.any() else drawn, asked)
    return wider, OtherDrawing(tree, np.empty((0, 2), dtype=np.intp), asked, of_thick.nodes)


def _find_touching(graph: VoxelGraph, axes: Axes) -> Numbers:
    """Find nodes that are adjacent after every voxel is enlarged by one along fine axes.

    Only pairs across a gap are returned: the voxels between them are not vessel.
    """
    layout = graph.lay_out(REACH)
    outer = np.flatnonzero(graph.outer)
    at = layout.at[outer]
    steps = _list_touching(axes)
    first = np.round(steps / np.abs(steps).max(axis=1, keepdims=True)).astype(np.intp)
    found: list[Numbers] = []
    for jump, next_one in zip(
        layout.jump(steps).tolist(), layout.jump(first).tolist(), strict=True
    ):
        others = layout.locate(at + jump)
        there = np.flatnonzero(others >= 0)
        between = at[there] + next_one, at[there] + jump - next_one
        across = there[(layout.locate(between[0]) < 0) & (layout.locate(between[1]) < 0)]
        found.append(np.column_stack([outer[across], others[across]]))
    return np.concatenate(found)


def _list_touching(axes: Axes) -> Numbers:
    """List each pair of voxels once that touch after both are enlarged."""
    grow = [(0, 0, 0), *_list_steps(axes)]
    sums = {
        tuple(np.add(np.add(one, step), other).tolist())
        for one in grow
        for other in grow
        for step in NEIGHBOURS
    }
    near = {tuple(step) for step in NEIGHBOURS.tolist()}
    return np.array(sorted(step for step in sums - near if step > (0, 0, 0)), dtype=np.intp)


def _find_thick(graph: VoxelGraph, axes: Axes) -> Flags:
    """Find voxels in a block of two along each fine axis that contains only vessel."""
    corners = [
        corner
        for corner in product((0, 1), repeat=3)
        if not any(n for axis, n in enumerate(corner) if axis not in axes)
    ]
    box = graph.lay_out(1)
    jumps = box.jump(np.array(corners)).tolist()
    full = np.ones(graph.size, dtype=np.bool_)
    for jump in jumps:
        full &= box.locate(box.at + jump) >= 0
    thick = np.zeros(graph.size, dtype=np.bool_)
    for jump in jumps:
        thick[box.locate(box.at[full] + jump)] = True
    return thick


def _list_steps(axes: Axes) -> list[tuple[int, int, int]]:
    steps = []
    for axis, way in product(axes, (-1, 1)):
        i, j, k = (way if axis == other else 0 for other in range(3))
        steps.append((i, j, k))
    return steps
