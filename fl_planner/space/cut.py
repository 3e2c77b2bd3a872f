"""A plane through masks: the voxels on one side, and the cut surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.space.distance import IN_PLANE_MM
from fl_planner.space.faces import (
    Codes,
    Patches,
    Steps,
    Table,
    arrange_cells,
    count_faces,
    draw_codes,
    find_faces,
)
from fl_planner.space.gap import Points, Surface, VoxelBlocks
from fl_planner.space.grid import Box, Grid, Place, memory_order
from fl_planner.space.labels import find_borders
from fl_planner.space.mask import Mask

Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class HalfSpace:
    """One side of a plane, in a box of a grid.

    The front of the plane consists of the voxels whose centres are within `IN_PLANE_MM` of it, or
    on the side of its normal. A line of voxels along the last index axis crosses the plane once, so
    one number per line defines which of its voxels are in front.

    - `box`: box to which it applies.
    - `turns` (int array (I, J)): index on the grid at which each line of the box passes from one
      side to the other; an end of the box if it does not.
    - `ahead`: whether the side begins at this index; otherwise it ends there.
    - `normal`, `offset_mm`: unit normal in RAS+ into the side, and normal · point of the plane.
    """

    grid: Grid
    box: Box
    turns: Numbers
    ahead: bool
    normal: Place
    offset_mm: float

    @classmethod
    def of(cls, grid: Grid, box: Box, point_mm: Place, normal: Place) -> HalfSpace:
        """Find the front of a plane in RAS+; `normal` has the length 1."""
        offset_mm = float(np.dot(normal, point_mm))
        a, b, step = (np.array(normal) @ grid.matrix()[:, :3]).tolist()
        base = float(np.dot(normal, grid.matrix()[:, 3])) - offset_mm + IN_PLANE_MM
        (i, j, k), (m, n, stop) = box.start, box.stop
        # of places on the grid, so that the box makes no difference by rounding
        heights = np.arange(i, m)[:, None] * a + np.arange(j, n) * b + base
        if step == 0.0:
            turns = np.where(heights >= 0, k, stop)
        else:
            with np.errstate(over="ignore"):  # a plane along the lines, but for a hair
                at = -heights / step
            turns = np.clip(np.ceil(at) if step > 0 else np.floor(at) + 1, k, stop).astype(np.intp)
        return cls(grid, box, turns, step >= 0, normal, offset_mm)

    @property
    def other(self) -> HalfSpace:
        """The other side; voxels in the plane remain on the front side."""
        x, y, z = self.normal
        return replace(self, ahead=not self.ahead, normal=(-x, -y, -z), offset_mm=-self.offset_mm)

    @property
    def step_mm(self) -> float:
        """The largest distance from the plane in one step of the grid, with a rounding margin."""
        most = np.abs(np.array(self.normal) @ self.grid.matrix()[:, :3]).max()
        return float(most) + 2 * IN_PLANE_MM

    def holds(self, i: Numbers, j: Numbers, k: Numbers) -> npt.NDArray[np.bool_]:
        """Mark the voxels of the box on this side, by their indices on the grid."""
        turns = self.turns[i - self.box.start[0], j - self.box.start[1]]
        on_side: npt.NDArray[np.bool_] = (k >= turns) == self.ahead
        return on_side

    def draw(self, mask: Mask) -> Mask:
        """Return the part of a mask within the box on this side."""
        axes = memory_order(mask.voxels)
        turns = self.of_lines(mask.box)[:, :, None].transpose(axes)
        along = np.arange(mask.box.start[2], mask.box.stop[2])[None, None, :].transpose(axes)
        side = along >= turns if self.ahead else along < turns
        side &= mask.voxels.transpose(axes)
        return replace(mask, voxels=side.transpose(np.argsort(axes)))

    def passes(self, box: Box) -> tuple[bool, bool]:
        """Whether some voxels of a box are on this side, and whether some are not."""
        turns = self.of_lines(box)
        before, beyond = bool((turns > box.start[2]).any()), bool((turns < box.stop[2]).any())
        return (beyond, before) if self.ahead else (before, beyond)

    def of_lines(self, box: Box) -> Numbers:
        """Return `turns` of the lines of a box within this one."""
        (i, j, _), (m, n, _) = box.start, box.stop
        a, b, _ = self.box.start
        return self.turns[i - a : m - a, j - b : n - b]


class VoxelLines:
    """A mask's lines of voxels along the last index axis, and the count of each up to an index."""

    def __init__(self, mask: Mask) -> None:
        filled = mask.voxels.any(axis=2)  # lines without a voxel are left out
        lines, length = mask.voxels[filled], mask.voxels.shape[2]
        dtype = np.min_scalar_type(length)  # the largest count: two bytes instead of four
        self._before = np.zeros((len(lines), length + 1), dtype=dtype)
        np.cumsum(lines, axis=1, dtype=dtype, out=self._before[:, 1:])
        self._box, self._rows = mask.box, np.flatnonzero(filled)
        self._first = np.arange(len(lines)) * (length + 1)
        self.voxel_count = int(self._before[:, -1].sum(dtype=np.int64))

    def count(self, side: HalfSpace) -> int:
        """Count the voxels of a mask on a side, whose box contains the mask."""
        turns = side.of_lines(self._box).reshape(-1)[self._rows] - self._box.start[2]
        at = np.clip(turns, 0, self._before.shape[1] - 1) + self._first
        before = int(self._before.reshape(-1)[at].sum(dtype=np.int64))
        return self.voxel_count - before if side.ahead else before


Places = tuple[Numbers, Numbers, Numbers]
Ends = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]


class _Fixed(Struct, frozen=True, eq=False):
    """Steps along an axis between voxels of different codes, and the positions of both.

    - `lines`, `along`: for both ends, the line of the box, in order, and the last index.
    """

    cell: Numbers
    before: Codes
    after: Codes
    lines: Ends
    along: Ends


class CuttableFaces:
    """Faces between sets of voxels, one of which is cut off by planes.

    Returns the same result as `gather_faces` for the masks after this one was cut.
    """

    def __init__(self, masks: Sequence[Mask], table: Table, cut: int) -> None:
        """Gather the faces that no plane changes; `cut` is the number of the cut mask."""
        self._block = draw_codes(masks)
        self._cells = arrange_cells(self._block)
        self._table, self._bit = table, np.uint8(1 << cut)
        shape = np.array(self._block.codes.shape)[np.argsort(self._block.axes)].tolist()
        self.box = Box.of((0, 0, 0), shape).moved(self._block.start)
        self._fixed = [self._fix(axis) for axis in range(3)]

    def cut(self, side: HalfSpace) -> Patches:
        """Gather the faces if only the mask's part on a side, determined in `box`, is kept."""
        steps: list[Steps] = []
        for axis, fixed in enumerate(self._fixed):
            cells, before, after = self._cut_off(fixed, side)
            more_cells, more_before, more_after = self._cross(side, axis)
            ends = np.append(before, more_before), np.append(after, more_after)
            steps.append((np.append(cells, more_cells), *ends))
        return count_faces(steps, self._table, self._cells, self._block)

    def _fix(self, axis: int) -> _Fixed:
        """Find the steps along an axis between voxels of different codes."""
        flat, step = self._block.codes.reshape(-1), self._block.steps[axis]
        at = find_faces(flat, step)
        (low, low_along), (high, high_along) = (self._lines(one) for one in (at, at + step))
        cell = self._cells.number_of(self._block, at, axis)
        return _Fixed(cell, flat[at], flat[at + step], (low, high), (low_along, high_along))

    def _lines(self, at: Numbers) -> Ends:
        """Return the line of the box for voxels of the flat block, and their position along it."""
        (i, j, k), (a, b, _) = self._places(at), self.box.start
        line = (i - a) * self.box.shape[1] + (j - b)
        return line.astype(np.int32), k.astype(np.int32)

    def _cut_off(self, fixed: _Fixed, side: HalfSpace) -> Steps:
        """Remove the mask from the codes beyond the plane."""
        turns = side.turns.astype(np.int32).reshape(-1)
        ends = []
        for codes, line, along in zip(
            (fixed.before, fixed.after), fixed.lines, fixed.along, strict=True
        ):
            gone = (along >= turns[line]) != side.ahead
            ends.append(codes & ~(gone * self._bit))
        return fixed.cell, ends[0], ends[1]

    def _cross(self, side: HalfSpace, axis: int) -> Steps:
        """Find the steps through the plane between voxels whose codes are otherwise the same."""
        block, flat = self._block, self._block.codes.reshape(-1)
        places, ahead = _find_crossings(side, block.axes[axis])
        at = np.zeros(len(ahead), dtype=np.intp)
        for of, step in zip(block.axes, block.steps, strict=True):
            at += (places[of] - block.start[of]) * step
        codes = flat[at]
        same = (codes == flat[at + block.steps[axis]]) & (codes & self._bit != 0)
        at, ahead, codes = at[same], ahead[same], codes[same]
        without = codes & ~self._bit
        cell = self._cells.number_of(block, at, axis)
        return cell, np.where(ahead, without, codes), np.where(ahead, codes, without)

    def _places(self, at: Numbers) -> Places:
        """Return the indices on the grid of voxels of the flat block."""
        found: list[Numbers] = [at, at, at]
        rest = at
        for of, step in zip(self._block.axes, self._block.steps, strict=True):
            index, rest = np.divmod(rest, step)
            found[of] = index + self._block.start[of]
        return found[0], found[1], found[2]


def _find_crossings(side: HalfSpace, axis: int) -> tuple[Places, npt.NDArray[np.bool_]]:
    """Find the voxels whose successor along an axis of the grid is on the other side.

    Also returns whether the successor is on this side.
    """
    i, j, k = side.box.start
    turns, end = side.turns, side.box.stop[2]
    if axis == 2:
        a, b = np.nonzero((turns > k) & (turns < end))
        ahead = np.full(len(a), side.ahead)
        return (a + i, b + j, turns[a, b] - 1), ahead
    low, high = (turns[:-1], turns[1:]) if axis == 0 else (turns[:, :-1], turns[:, 1:])
    a, b = np.nonzero(low != high)
    first, last = np.minimum(low, high)[a, b], np.maximum(low, high)[a, b]
    times = last - first
    which = np.repeat(np.arange(len(a)), times)
    along = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times) + first[which]
    # where the next line turns earlier, its voxels here are beyond the plane already
    ahead = (high < low)[a, b][which] == side.ahead
    return (a[which] + i, b[which] + j, along), ahead


VOXEL, BORDER = 1, 2  # marks: of the mask, and at its own surface


class CuttableSurface:
    """A mask in blocks of voxels, to be cut by planes."""

    def __init__(self, mask: Mask) -> None:
        """Mark the mask's voxels and its surface."""
        marks = mask.voxels.view(np.uint8) * np.uint8(VOXEL)
        marks |= (find_borders(mask.voxels) & mask.voxels).view(np.uint8) * np.uint8(BORDER)
        self._blocks = VoxelBlocks.of(marks, mask.box, mask.grid)
        self._found = self._blocks.find_marked(VOXEL)
        self._low_mm, self._high_mm = self._blocks.corners_mm(self._found)

    def cut(self, side: HalfSpace) -> Surface:
        """Gather the surface of the part on a side, which contains its points nearest to others.

        Some of its blocks may contain no point. It is used only for distances.
        """
        middle, reach = (self._low_mm + self._high_mm) / 2, (self._high_mm - self._low_mm) / 2
        normal = np.array(side.normal)
        near = (middle * normal).sum(axis=1) + (reach * np.abs(normal)).sum(axis=1)
        kept = np.flatnonzero(near >= side.offset_mm - side.step_mm)
        listing = partial(self._list, side, self._found[kept])
        return Surface(self._low_mm[kept], self._high_mm[kept], listing, self._blocks.grid)

    def _list(self, side: HalfSpace, found: Numbers, numbers: Numbers) -> tuple[Points, Numbers]:
        """List the voxels on a side that are at the mask's surface or next to the plane."""
        blocks, which = self._blocks, found[numbers]
        indices, number, marks = blocks.list_voxels(VOXEL, which)
        kept = side.holds(*indices.T)
        indices, number, marks = indices[kept], number[kept], marks[kept]
        places = blocks.grid.places_mm(indices)
        height = places @ np.array(side.normal) - side.offset_mm
        seen = (marks & BORDER != 0) | (height <= side.step_mm)
        places, number = places[seen], number[seen]
        return places, np.searchsorted(number, np.arange(len(numbers)))
