"""Which vessel voxel each part of the liver lies nearest to, counted in small cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.liver.vessels.tree.graph import Flags, Numbers, Places, find_closest, look_up
from fl_planner.liver.vessels.tree.tree import Lengths, VesselTree
from fl_planner.space.box import Box, Index, Voxels
from fl_planner.space.coarse import count_blocks, find_factors
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

Counts = npt.NDArray[np.int64]

MOST_SINGLE = 300_000  # voxels of a liver that are asked one by one [project's choice]
CELL_MM = 3.5  # edge of a cell of a larger one, at most [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The vessel voxel nearest to each cell: `nodes` (int array (M,)), `away_mm` (M,)."""

    nodes: Numbers
    away_mm: Lengths

    def cells_of(self, lost: Flags) -> Flags:
        """Tell which cells lie nearest to one of some nodes."""
        cells: Flags = lost[self.nodes]
        return cells


@dataclass(frozen=True, slots=True, eq=False)
class CellBorders:
    """Cells that lie side by side along an axis: `one`, `other` (int arrays (P,)).

    - `share`: of a cell's edge along this axis, that a step of the grid's finest axis leads.
    """

    one: Numbers
    other: Numbers
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class LiverCells:
    """A liver in cells that hold at least one of its voxels.

    One voxel each while there are at most `MOST_SINGLE`; else blocks of at most `CELL_MM`, in which
    every voxel is counted and all belong to the vessel that the block's middle is nearest to.

    - `borders`: of cells that lie side by side, along each axis.
    - `indices` (int array (M, 3)): first voxel of each cell on the grid.
    - `places_mm` (float array (M, 3)): middle of each cell, RAS+.
    - `voxels` (int array (M,)): liver in each.
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
        """Draw some cells, (M,), as voxels of the box: all voxels of each, of the liver or not."""
        shape = [-(-n // factor) for n, factor in zip(self.box.shape, self.factors, strict=True)]
        voxels = np.zeros(shape, dtype=np.bool_)
        i, j, k = ((self.indices - self.box.start) // self.factors).T
        voxels[i, j, k] = some
        for axis, factor in enumerate(self.factors):
            voxels = voxels.repeat(factor, axis)
        a, b, c = self.box.shape
        return voxels[:a, :b, :c]

    def find_nearest(self, tree: VesselTree, among: Flags, asked: Numbers | None = None) -> Nearest:
        """Find the node of a tree that each cell lies nearest to, of those that count.

        `asked`, (K,), are the cells that are asked; all of them without.

        Seen from a block of voxels a voxel at the vessel's surface is nearest.
        """
        counts = among if self.factors == (1, 1, 1) else among & tree.graph.outer
        nodes = np.flatnonzero(counts)
        places_mm = self.places_mm if asked is None else self.places_mm[asked]
        at, away_mm = find_closest(places_mm, tree.graph.places_mm[nodes])
        return Nearest(nodes[at], away_mm)


def cut_in_cells(liver: Mask) -> LiverCells:
    """Lay cells over a liver."""
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
    """Find the cells that lie side by side, along each axis; numbered as they stand."""
    numbers = np.full(held.shape, -1, dtype=np.intp)
    numbers[held] = np.arange(np.count_nonzero(held))
    found = []
    for axis, (factor, step_mm) in enumerate(zip(factors, grid.spacing_mm, strict=True)):
        lines = np.moveaxis(numbers, axis, 0)
        both = (lines[:-1] >= 0) & (lines[1:] >= 0)
        share = min(grid.spacing_mm) / (factor * step_mm)
        found.append(CellBorders(lines[:-1][both], lines[1:][both], share))
    return tuple(found)
