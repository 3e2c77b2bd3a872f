"""Surfaces between sets of voxels, and the volume swept if they move slightly.

The position of a voxel surface is known to half a step of the grid at best. A voxel face that
moves by half a step along an index axis sweeps half a voxel, for any voxel edges and any shear of
the grid. All volumes are therefore counted in faces, and millimetres are used only for the
correlation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from math import exp, sqrt
from operator import or_
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.space.grid import Index, box_around, memory_order
from fl_planner.space.mask import Mask

Codes = npt.NDArray[np.uint8]
Table = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.intp]
Steps = tuple[Numbers, Codes, Codes]  # between voxels along an axis: the cell, and codes of both

CELL_MM, LARGEST_MM = 6.0, 10.0  # pieces of surface: above stairs, below bends of a liver
STEPS = 2  # that a cell holds along each axis, where they are not thicker than that
MOST_CELLS = 64  # along an axis: a grid of metres gets larger cells, not more memory
OFF_LATTICE = 0.318  # of a cell, so that faces seldom are between two cells [project's choice]
NEGLIGIBLE = 1e-9  # correlation that is left out
HAIR = 1e-6  # of a cell: rounding of a place
PIECE = 1 << 22  # voxels that are compared at a time [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Surfaces in pieces: orientation and position of each.

    - `faces` (float64 array (S, 3, A, B, C)): for each of S surfaces, the number of faces of its
      piece in a cell along each index axis: faces with the inside before them minus faces with the
      inside after them.
    - `cell_mm`: edge of a cell; cells are along the patient's axes, so the storage order has no
      effect.
    - `edges`: edges of a voxel in mm, along the axes of `faces`, (3, 3), one per row.
    """

    faces: Floats
    cell_mm: float
    edges: Floats
    _found: dict[str, Floats] = field(default_factory=dict, init=False, repr=False)

    @property
    def swept(self) -> Floats:
        """Voxels swept by each piece moving half a step along its normal, (S, A, B, C).

        This is ½·|n|, with n the piece's faces along the three axes: an oblique surface has its
        true area, not that of the voxel steps. The two sides of a part thinner than a cell cancel.
        """
        if "swept" not in self._found:  # asked for by each sum
            self._found["swept"] = np.sqrt((self.faces**2).sum(axis=1)) / 2
        return self._found["swept"]

    @property
    def totals(self) -> Floats:
        """Voxels swept by each whole surface moving in one direction, (S,)."""
        totals: Floats = self.swept.sum(axis=(1, 2, 3))
        return totals

    @property
    def areas_mm2(self) -> Floats:
        """True area of each whole surface, not that of the voxel steps, (S,).

        This is the length of the vector of a piece's faces along the three axes, each multiplied
        by its area.
        """
        a, b, c = self.edges
        across = np.array([np.cross(b, c), np.cross(c, a), np.cross(a, b)])
        facing = np.einsum("saijk,ax->sxijk", self.faces, across)
        areas: Floats = np.sqrt((facing**2).sum(axis=1)).sum(axis=(1, 2, 3))
        return areas

    def measure_swelling(self, weights: Sequence[float], length_mm: float) -> float:
        """Compute the SD of a weighted sum of swept voxels if surfaces move outwards.

        The surfaces move along their normals by one random field u of mean 0 and standard
        deviation half a step, with correlation exp(-d²/(2·length²)) over a distance d. The
        sweep ∫ w·u dA is linear in u, so its variance is ΣΣ m_a·m_b·exp(-d_ab²/(2·length²))
        over all pairs of cells, with m = Σ w·swept in a cell. For a large flat surface of area A,
        this is (½ step)²·w²·A·2π·length²; for a surface much smaller than length², it is (½
        step)²·w²·A².

        - `weights` (sequence of S floats): weight of a voxel swept by each surface; 0 omits a
          surface.
        - `length_mm`: correlation length, above 0.
        """
        return sqrt(self._variance(_weigh(weights, self.swept), length_mm))

    def measure_bending(self, weights: Sequence[float], length_mm: float) -> float:
        """Compute the same SD if one vector field, with components as above, moves all surfaces.

        The sweep is ∫ w·(u·n) dA. Its variance is the sum over the index axes of the same double
        sum, with m = Σ w·faces/2. Two sides of a thin part move together and cancel; the SD of a
        flat surface is the same as that from swelling.
        """
        moved = (_weigh(weights, self.faces[:, axis]) / 2 for axis in range(3))
        return sqrt(sum(self._variance(one, length_mm) for one in moved))

    def _variance(self, moved: Floats, length_mm: float) -> float:
        held = box_around(moved != 0)  # beyond it nothing is added
        smooth = moved = moved[held.slices()]
        for axis in range(3):
            smooth = _smooth(smooth, axis, length_mm / self.cell_mm)
        return max(0.0, float((moved * smooth).sum()))  # below 0 by rounding only


def gather_faces(masks: Sequence[Mask], table: Table) -> Patches:
    """Gather the faces between sets of voxels as surfaces.

    - `masks`: at most eight masks on one grid; at least one is not empty. A voxel's code is the
      sum of 2ⁿ over the masks that contain it, with n from 0.
    - `table` (int8 array (codes, codes)): number of the surface, from 1, between two codes, the
      first inside; negative if the second is inside, 0 if there is no surface.
    """
    block = draw_codes(masks)
    cells = arrange_cells(block)
    flat = block.codes.reshape(-1)
    steps: list[Steps] = []
    for axis, step in enumerate(block.steps):
        at = find_faces(flat, step)  # the rim is empty: no row meets the next
        steps.append((cells.number_of(block, at, axis), flat[at], flat[at + step]))
    return count_faces(steps, table, cells, block)


def find_faces(flat: npt.NDArray[np.unsignedinteger[Any]], step: int) -> Numbers:
    """Find the voxels whose code differs from that of the voxel `step` further, in pieces."""
    here, there = flat[:-step], flat[step:]
    pieces = (slice(first, first + PIECE) for first in range(0, len(here), PIECE))
    return np.concatenate(
        [np.flatnonzero(here[piece] != there[piece]) + piece.start for piece in pieces]
    )


def count_faces(
    steps: Sequence[Steps], table: Table, cells: FaceCells, block: CodeBlock
) -> Patches:
    """Count faces by surface, by axis of the block, and by cell."""
    table = table.astype(np.intp)
    surfaces = int(abs(table).max())
    shape = (surfaces + 1, int(np.prod(cells.shape)))  # the first row takes what is no surface
    faces = np.zeros((surfaces, 3, shape[1]))
    for axis, (cell, before, after) in enumerate(steps):
        pair = before.astype(np.intp) * len(table) + after.astype(np.intp)
        number = cell + (abs(table) * shape[1]).ravel()[pair]
        signs = np.sign(table).ravel()[pair]
        faces[:, axis] = np.bincount(number, signs, shape[0] * shape[1]).reshape(shape)[1:]
    return Patches(faces.reshape(surfaces, 3, *cells.shape), cells.edge_mm, block.edges)


def _weigh(weights: Sequence[float], each: Floats) -> Floats:
    """Add up the values of surfaces, each multiplied by its weight."""
    total: Floats = np.zeros_like(each[0])
    for weight, one in zip(weights, each, strict=True):
        if weight:
            total += weight * one
    return total


def _smooth(values: Floats, axis: int, length: float) -> Floats:
    """Add up values along an axis, weighted by exp(-d²/2·length²); without BLAS threads."""
    lines = np.moveaxis(values, axis, 0)
    total = values.copy()
    sums = np.moveaxis(total, axis, 0)
    for apart in range(1, len(lines)):
        alike = exp(-(apart**2) / (2 * length**2))
        if alike < NEGLIGIBLE:
            break
        sums[apart:] += alike * lines[:-apart]
        sums[:-apart] += alike * lines[apart:]
    return total


class CodeBlock(Struct, frozen=True, eq=False):
    """Codes of the voxels around some masks, with an empty rim, in memory order.

    - `edges`: the voxel's edges in mm along the block's axes, (3, 3), one per row.
    - `axes`: axis of the grid for each axis of the block.
    - `start`: index of the first voxel on the grid, along the grid's axes.
    """

    codes: Codes
    edges: Floats
    axes: Index
    start: Index

    @property
    def steps(self) -> Index:
        """Offset of the next voxel along each axis in the flat block."""
        columns = self.codes.shape[2]
        return self.codes.shape[1] * columns, columns, 1


class FaceCells(Struct, frozen=True, eq=False):
    """Cells along the patient's axes: positions of rows and columns of a block, in cells.

    Shapes (3, rows), (3, columns) and, half an edge along each axis of the block, (3, 3).
    """

    edge_mm: float
    rows: Floats
    columns: Floats
    halves: Floats
    shape: Index

    def number_of(self, block: CodeBlock, at: Numbers, axis: int) -> Numbers:
        """Return the cell number of faces half an edge beyond voxels of the flat block."""
        row, column = np.divmod(at, block.codes.shape[2])
        number = np.zeros(len(row), dtype=np.intp)
        for size, rows, columns, half in zip(
            self.shape, self.rows, self.columns, self.halves[axis], strict=True
        ):
            place = rows[row]
            place += (columns + half)[column]
            number *= size
            number += place.astype(np.intp)  # all are positive: cut is rounded down
        return number


def draw_codes(masks: Sequence[Mask]) -> CodeBlock:
    """Compute the codes, with the fastest axis of memory last."""
    hull = reduce(or_, (mask.box for mask in masks))
    axes = memory_order(masks[0].voxels)
    codes = np.zeros([hull.shape[axis] + 2 for axis in axes], dtype=np.uint8)
    upright = codes.transpose(np.argsort(axes))
    i, j, k = (start - 1 for start in hull.start)
    for n, mask in enumerate(masks):
        drawn = upright[mask.box.slices((i, j, k))].transpose(axes)
        voxels = mask.voxels.view(np.uint8).transpose(axes)
        for layer, here in zip(drawn, voxels, strict=True):  # by itself: a copy of all is large
            np.bitwise_or(layer, here << np.uint8(n), out=layer)
    edges = masks[0].grid.matrix()[:, :3].T[[*axes]]
    return CodeBlock(codes, edges, axes, (i, j, k))


def arrange_cells(block: CodeBlock) -> FaceCells:
    """Arrange cells over a block."""
    a, b, c = block.codes.shape
    row = np.divmod(np.arange(a * b), b)
    rows = np.outer(block.edges[0], row[0]) + np.outer(block.edges[1], row[1])
    columns = np.outer(block.edges[2], np.arange(c))
    halves = block.edges / 2
    reach = np.abs(halves).max(axis=0)  # of a face beyond a voxel's centre, either way
    first = rows.min(axis=1) + columns.min(axis=1) - reach
    extent = rows.max(axis=1) + columns.max(axis=1) + reach - first
    steps_mm = STEPS * float(np.linalg.norm(block.edges, axis=1).max())
    edge_mm = max(CELL_MM, min(steps_mm, LARGEST_MM), float(extent.max()) / MOST_CELLS)
    rows = (rows - first[:, None]) / edge_mm + OFF_LATTICE
    i, j, k = np.floor(extent / edge_mm + OFF_LATTICE + HAIR).astype(int).tolist()
    return FaceCells(edge_mm, rows, columns / edge_mm, halves / edge_mm, (i + 1, j + 1, k + 1))
