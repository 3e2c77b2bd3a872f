"""Surfaces between sets of voxels where a plane ends one of the sets: what stays is kept ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Box
from fl_planner.space.cut.half_space import HalfSpace, Numbers
from fl_planner.space.faces import (
    Codes,
    Patches,
    Steps,
    Table,
    count_faces,
    draw_codes,
    find_faces,
    lay_cells,
)
from fl_planner.space.mask import Mask

Places = tuple[Numbers, Numbers, Numbers]
Ends = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]


@dataclass(frozen=True, slots=True, eq=False)
class _Fixed:
    """Steps along an axis between voxels of different codes, and where both lie.

    - `lines`, `along`: of both ends: the line of the box, in order, and the last index.
    """

    cell: Numbers
    before: Codes
    after: Codes
    lines: Ends
    along: Ends


class CuttableFaces:
    """Faces between sets of voxels, one of which is cut off by planes.

    Gives what `gather_faces` gives of the masks with that one cut, and as exactly.
    """

    def __init__(self, masks: Sequence[Mask], table: Table, cut: int) -> None:
        """Gather the faces that no plane moves; `cut` is the number of the mask that is cut."""
        self._block = draw_codes(masks)
        self._cells = lay_cells(self._block)
        self._table, self._bit = table, np.uint8(1 << cut)
        shape = np.array(self._block.codes.shape)[np.argsort(self._block.axes)].tolist()
        self.box = Box((0, 0, 0), (shape[0], shape[1], shape[2])).moved(self._block.start)
        self._fixed = [self._fix(axis) for axis in range(3)]

    def cut(self, side: HalfSpace) -> Patches:
        """Gather the faces where the mask is what lies on a side, which is told of `box`."""
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
        """Tell in which line of the box voxels of the flat block lie, and where along it."""
        (i, j, k), (a, b, _) = self._places(at), self.box.start
        line = (i - a) * self.box.shape[1] + (j - b)
        return line.astype(np.int32), k.astype(np.int32)

    def _cut_off(self, fixed: _Fixed, side: HalfSpace) -> Steps:
        """Take the mask out of the codes beyond the plane."""
        turns = side.turns.astype(np.int32).reshape(-1)
        ends = []
        for codes, line, along in zip(
            (fixed.before, fixed.after), fixed.lines, fixed.along, strict=True
        ):
            gone = (along >= turns[line]) != side.ahead
            ends.append(codes & ~(gone * self._bit))
        return fixed.cell, ends[0], ends[1]

    def _cross(self, side: HalfSpace, axis: int) -> Steps:
        """Find the steps through the plane between voxels that have the same code without it."""
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
        """Tell the indices on the grid of voxels of the flat block."""
        found: list[Numbers] = [at, at, at]
        rest = at
        for (
            of,
            step,
        ) in zip(self._block.axes, self._block.steps, strict=True):
            index, rest = np.divmod(rest, step)
            found[of] = index + self._block.start[of]
        return found[0], found[1], found[2]


def _find_crossings(side: HalfSpace, axis: int) -> tuple[Places, npt.NDArray[np.bool_]]:
    """Find the voxels whose next one along an axis of the grid lies on the other side.

    Beside them, whether that next one is the one on the side.
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
    # where the next line turns earlier, its voxels here lie beyond the plane already
    ahead = (high < low)[a, b][which] == side.ahead
    return (a[which] + i, b[which] + j, along), ahead
