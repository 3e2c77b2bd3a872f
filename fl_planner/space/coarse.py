"""A mask or an image in coarse cells, or reoriented to the patient's axes."""

from __future__ import annotations

from itertools import permutations, product
from math import acos, degrees
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.space.grid import Affine, Box, Grid, Image, Index, as_index
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.float32]

MARGIN = 4  # empty cells around a mask
HAIR = 1e-6  # rounding of a spacing
AT_ONCE = 20_000  # positions: as many as a processor keeps near itself


class Coarse(Struct, frozen=True, eq=False):
    """Means over blocks of voxels.

    - `cells` (float32 array): mean of each block.
    - `factors`: voxels of a block along each index axis.
    - `start`: index of the first block's first voxel.
    """

    cells: Cells
    factors: Index
    start: Index = (0, 0, 0)

    def index_of(self, cells: Floats) -> Floats:
        """Convert cell indices, (N, 3), to voxel indices."""
        return cells * self.factors + self._corner

    def at(self, cells: Floats) -> Floats:
        """Return the nearest cell's value for each position, (N, 3) cell indices; NaN outside."""
        values: Floats = self.at_moved(cells, np.zeros((1, 3)))[0]
        return values

    def at_moved(self, cells: Floats, moves: Floats) -> Floats:
        """Return these values after each of some moves, (P, 3) cell indices: (P, N)."""
        order = np.argsort(np.negative(self.cells.strides), kind="stable")
        stored = self.cells.transpose(order).reshape(-1)  # in memory order: no copy
        values = np.empty((len(moves), len(cells)))
        rows = max(1, AT_ONCE // max(1, len(cells)))
        for first in range(0, len(moves), rows):
            place, inside = np.zeros((1, 1)), np.ones((1, 1), np.bool_)
            for axis in order:
                size = self.cells.shape[axis]
                along = np.rint(cells[:, axis] + moves[first : first + rows, axis, None])
                place, inside = place * size + along, inside & (along >= 0) & (along < size)
            with np.errstate(invalid="ignore"):  # far outside, a place is no integer
                found = stored.take(place.astype(np.intp), mode="clip")
            values[first : first + rows] = np.where(inside, found, np.nan)
        return values

    def from_grid(self, grid: Grid, own: Grid) -> Floats:
        """Matrix from voxel indices of another grid to cells of this grid, `own`: (3, 4)."""
        ours, theirs = own.matrix(), grid.matrix()
        theirs[:, 3] -= ours[:, :3] @ self._corner + ours[:, 3]
        matrix: Floats = np.linalg.inv(ours[:, :3] * self.factors) @ theirs
        return matrix

    @property
    def _corner(self) -> Floats:
        return np.add(self.start, np.subtract(self.factors, 1) / 2)


def thin_image(image: Image, step_mm: float) -> Coarse:
    """Average an image's values over blocks of at most `step_mm`; NaN if one contains NaN."""
    factors = find_factors(image.grid, step_mm)
    means = _sum_blocks(image.voxels, factors)
    for axis, (size, factor) in enumerate(zip(image.grid.shape, factors, strict=True)):
        held = np.minimum(factor, size - factor * np.arange(means.shape[axis]))  # in the last: less
        means /= np.expand_dims(held.astype(np.float32), tuple({0, 1, 2} - {axis}))
    means *= np.float32(image.slope)
    means += np.float32(image.inter)
    return Coarse(means, factors)


def thin_mask(mask: Mask, step_mm: float) -> Coarse:
    """Return the share of each block of at most `step_mm` filled by a mask, with a margin."""
    factors = find_factors(mask.grid, step_mm)
    share = _sum_blocks(mask.voxels, factors) / np.float32(np.prod(factors))
    start = as_index(s - MARGIN * f for s, f in zip(mask.box.start, factors, strict=True))
    return Coarse(np.pad(share, MARGIN), factors, start)


def count_blocks(mask: Mask, box: Box, factors: Index) -> Cells:
    """Count the voxels of a mask in each block of a box, starting at its first voxel."""
    return _sum_blocks(mask.voxels_in(box), factors)


def _sum_blocks(voxels: npt.NDArray[Any], factors: Index) -> Cells:
    """Add up blocks, layer by layer in memory order: no copy of the image is made."""
    a, b, c = factors
    total = np.zeros_like(voxels[::a, ::b, ::c], np.float32)  # in the image's order of memory
    slowest = int(np.argmax(np.abs(voxels.strides)))
    layers, sums = (np.moveaxis(each, slowest, 0) for each in (voxels, total))
    high, *across = factors[slowest], *(factors[axis] for axis in range(3) if axis != slowest)
    with np.errstate(over="ignore", invalid="ignore"):  # infinite stays so, and inf - inf is NaN
        for number, row in enumerate(sums):
            layer = layers[number * high : (number + 1) * high].sum(axis=0, dtype=np.float32)
            for i, j in product(*map(range, across)):
                part = layer[i :: across[0], j :: across[1]]
                row[tuple(map(slice, part.shape))] += part
    return total


def find_factors(grid: Grid, step_mm: float) -> Index:
    """Compute the voxels along each index axis of a block of at most `step_mm`; at least 1."""
    edges = zip(grid.spacing_mm, grid.shape, strict=True)
    return as_index(max(1, min(int(step_mm / edge + HAIR), n)) for edge, n in edges)


OBLIQUE_DEGREES = 5.0  # project's choice: from here on a cut is no longer called upright


class Frame(Struct, frozen=True):
    """A grid and its reorientation to the patient's axes.

    - `stored`: the grid on which masks are stored.
    - `upright`: grid with the same voxels and indices that increase as nearly as possible to the
      patient's right, front and head. A grid without a position is unchanged, as the direction of
      its axes is unknown.
    - `axes`, `signs`: index axis of `stored` along each axis of `upright`, and -1 where it runs
      backwards.
    """

    stored: Grid
    upright: Grid
    axes: Index
    signs: Index

    @classmethod
    def of(cls, grid: Grid) -> Frame:
        """Reorient a grid to the patient's axes."""
        if not grid.placed:
            return cls(grid, grid, (0, 1, 2), (1, 1, 1))
        cosines = _cosines(grid)
        axes = max(
            permutations(range(3)), key=lambda p: sum(abs(cosines[i, p[i]]) for i in range(3))
        )
        signs = [1 if cosines[i, axis] > 0 else -1 for i, axis in enumerate(axes)]
        first = [0, 0, 0]
        for axis, sign in zip(axes, signs, strict=True):
            first[axis] = 0 if sign > 0 else grid.shape[axis] - 1
        (origin,) = grid.places_mm(np.array([first], np.intp))
        columns = grid.matrix()[:, axes] * signs
        rows: Affine = tuple(
            (float(x), float(y), float(z), float(o))
            for (x, y, z), o in zip(columns, origin, strict=True)
        )
        shape = as_index(grid.shape[axis] for axis in axes)
        return cls(grid, Grid(shape, rows), as_index(axes), as_index(signs))

    @property
    def tilt_degrees(self) -> float:
        """Largest angle between an axis of the grid and of the patient; 0 without a position."""
        least = min(abs(cosine) for cosine in _cosines(self.upright).diagonal())
        return degrees(acos(min(1.0, least)))

    @property
    def oblique(self) -> bool:
        """Whether layers of the grid are oblique to the patient's axes."""
        return self.tilt_degrees > OBLIQUE_DEGREES

    def counts(self, mask: Mask, axis: int) -> npt.NDArray[np.intp]:
        """Count a mask's voxels in each layer across a patient axis: right, front or head."""
        along = self.axes[axis]
        others = tuple(other for other in range(3) if other != along)
        counts = np.zeros(self.stored.shape[along], np.intp)
        counts[mask.box.slices()[along]] = np.count_nonzero(mask.voxels, axis=others)
        return counts[:: self.signs[axis]]

    def span(self, mask: Mask, axis: int) -> tuple[int, int]:
        """First layer of a mask across a patient axis, and the one after its last."""
        along = self.axes[axis]
        start, stop = mask.box.start[along], mask.box.stop[along]
        count = self.stored.shape[along]
        return (start, stop) if self.signs[axis] > 0 else (count - stop, count - start)


def _cosines(grid: Grid) -> npt.NDArray[np.float64]:
    cosines: npt.NDArray[np.float64] = grid.matrix()[:, :3] / grid.spacing_mm
    return cosines
