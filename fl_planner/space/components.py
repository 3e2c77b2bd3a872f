"""Connected parts of a mask, gaps between them, and holes, computed from runs.

A run is an unbroken row of voxels along the axis in which memory is read. A liver of ten million
voxels has about fifty thousand runs, so joining runs instead of voxels takes a tenth of the time
of `scipy.ndimage.label`. The import of that function alone takes longer than reading three masks.
The tests compare the result with that of the simple method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.space.grid import NOWHERE, Box, Index, Voxels, memory_order
from fl_planner.space.mask import Mask

Numbers = npt.NDArray[np.intp]

PIECE = 1 << 20  # voxels examined at once: they stay in the cache of the processor
MOST_RUNS = 1 << 22  # a liver of 800 x 800 x 800 voxels has 2^18.5 [project's choice]


class TooManyRunsError(Exception):
    """Raised for a block of noise; joining its runs would require gigabytes of memory."""


# (row step along the other two axes, how far runs of such rows may be apart and still touch)
_NEAR: dict[int, tuple[tuple[int, int, int], ...]] = {
    6: ((0, 1, 0), (1, 0, 0)),
    18: ((0, 1, 1), (1, 0, 1), (1, 1, 0), (1, -1, 0)),
    26: ((0, 1, 1), (1, 0, 1), (1, 1, 1), (1, -1, 1)),
}


class Runs(Struct, frozen=True):
    """Runs of a block of voxels, and the part to which each belongs.

    - `axes`: order of the block's axes; runs are along the last of them.
    - `rows` (array (N, 2)): indices of each run along the first two of `axes`.
    - `starts`, `stops` (array (N,)): first index of each run along the last of `axes`, and the
      first one beyond it.
    - `parts` (array (N,)): number of the part of each run, from 0.
    """

    axes: tuple[int, int, int]
    rows: Numbers
    starts: Numbers
    stops: Numbers
    parts: Numbers

    def sizes(self) -> Numbers:
        """Count the voxels of each part, shape (parts,)."""
        return np.bincount(self.parts, weights=self.stops - self.starts).astype(np.intp)

    def split(self, least_voxels: int) -> list[Runs]:
        """Return the runs of each part of at least `least_voxels`."""
        order = np.argsort(self.parts, kind="stable")
        ends = np.cumsum(np.bincount(self.parts))[:-1]
        groups = np.split(order, ends)
        return [
            self._kept(group)
            for group, size in zip(groups, self.sizes(), strict=True)
            if size >= least_voxels
        ]

    def missing(self, near: Voxels) -> Runs:
        """Keep the runs of the parts without a voxel in `near`, which has the block's shape."""
        return self._kept(np.flatnonzero(~self.meets(near)[self.parts]))

    def meets(self, near: Voxels) -> npt.NDArray[np.bool_]:
        """Whether each part has a voxel in `near`, which has the block's shape: (parts,)."""
        i, j, k = (near.shape[axis] for axis in self.axes)
        flat = np.zeros(i * j * k + 1, dtype=np.bool_)  # one more: the last run may end the block
        flat[:-1] = near.transpose(self.axes).ravel()
        row = (self.rows[:, 0] * j + self.rows[:, 1]) * k
        ends = np.column_stack([row + self.starts, row + self.stops]).ravel()
        met = np.zeros(int(self.parts.max()) + 1, dtype=np.bool_)
        met[self.parts[np.logical_or.reduceat(flat, ends)[::2]]] = True
        return met

    def drawn(self) -> tuple[Box, Voxels]:
        """Convert the runs to a box in the block, and the voxels in it."""
        first = [*self.rows.min(axis=0).tolist(), int(self.starts.min())]
        last = [*(self.rows.max(axis=0) + 1).tolist(), int(self.stops.max())]
        shape = [b - a for a, b in zip(first, last, strict=True)]
        edges = np.zeros((shape[0], shape[1], shape[2] + 1), dtype=np.int8)
        where = (self.rows[:, 0] - first[0], self.rows[:, 1] - first[1])
        edges[(*where, self.starts - first[2])] = 1
        edges[(*where, self.stops - first[2])] = -1
        np.cumsum(edges, axis=2, dtype=np.int8, out=edges)
        edges.flags.writeable = False  # so a mask may hold it as it is
        voxels = edges[:, :, :-1].view(np.bool_)
        back = np.argsort(self.axes).tolist()
        start, stop = ([ends[axis] for axis in back] for ends in (first, last))
        return Box.of(start, stop), voxels.transpose(back)

    def _kept(self, which: Numbers) -> Runs:
        parts = np.zeros(len(which), dtype=np.intp)
        return Runs(self.axes, self.rows[which], self.starts[which], self.stops[which], parts)


def find_runs(voxels: Voxels, connectivity: int) -> Runs:
    """Find the runs of a block and join those that touch."""
    axes = memory_order(voxels)
    block = voxels.transpose(axes)
    rows, starts, stops = _cut(block)
    first, second = _touching(rows, starts, stops, block.shape, connectivity)
    return Runs(axes, rows, starts, stops, _join(len(starts), first, second))


def find_enclosed_runs(voxels: Voxels) -> Runs:
    """Find the runs between those of a block that are enclosed, by faces.

    Voxels before the first and after the last run of a row are outside; so is a gap between two
    runs that touches such voxels in one of the four adjacent rows, or is joined to a gap that does.
    """
    axes = memory_order(voxels)
    block = voxels.transpose(axes)
    i, j, k = block.shape
    rows, starts, stops = _cut(block)
    row = rows[:, 0] * (j + 2) + rows[:, 1] + j + 3  # with a row around the block
    same = row[1:] == row[:-1]
    first, last = np.full((i + 2) * (j + 2), k), np.zeros((i + 2) * (j + 2), dtype=np.intp)
    first[row[::-1]] = starts[::-1]  # of several runs the one that is written last
    last[row] = stops
    rows, row, starts, stops = rows[:-1][same], row[:-1][same], stops[:-1][same], starts[1:][same]
    parts = _join(len(starts), *_touching(rows, starts, stops, block.shape, 6))
    open_parts = np.zeros(len(parts), dtype=np.bool_)
    for step in (-j - 2, -1, 1, j + 2):
        near = row + step
        open_parts[parts[(starts < first[near]) | (stops > last[near])]] = True
    return Runs(axes, rows, starts, stops, parts)._kept(np.flatnonzero(~open_parts[parts]))


def _cut(block: Voxels) -> tuple[Numbers, Numbers, Numbers]:
    """List the runs in memory order, a few layers at a time, as a copy of all would be large."""
    _, j, k = block.shape
    deep = max(1, PIECE // max(1, j * (k + 2)))
    turns, count = [], 0
    for first in range(0, len(block), deep):
        piece = block[first : first + deep]
        layers = np.zeros((len(piece), j, k + 2), dtype=np.bool_)
        layers[:, :, 1:-1] = piece
        flat = layers.ravel()
        found = np.flatnonzero(flat[1:] != flat[:-1])
        count += len(found) // 2
        if count > MOST_RUNS:
            raise TooManyRunsError
        turns.append(found + first * j * (k + 2))
    every = np.concatenate(turns) if turns else np.zeros(0, dtype=np.intp)
    row, starts = np.divmod(every[::2], k + 2)
    stops = every[1::2] - row * (k + 2)
    return np.column_stack(np.divmod(row, j)), starts, stops


def _touching(
    rows: Numbers, starts: Numbers, stops: Numbers, shape: tuple[int, ...], connectivity: int
) -> tuple[Numbers, Numbers]:
    """List the pairs of runs that touch, each pair once."""
    length = shape[2] + 4  # runs of two rows never come as near as those of one
    width = shape[1] + 2
    base = (rows[:, 0] * width + rows[:, 1]) * length
    firsts, seconds = [], []
    for down, across, apart in _NEAR[connectivity]:
        there = base + (down * width + across) * length
        low = np.searchsorted(base + stops, there + starts - apart, side="right")
        high = np.searchsorted(base + starts, there + stops + apart, side="left")
        count = np.maximum(high - low, 0)
        first = np.repeat(np.arange(len(starts)), count)
        within = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
        firsts.append(first)
        seconds.append(np.repeat(low, count) + within)
    return np.concatenate(firsts), np.concatenate(seconds)


def _join(runs: int, first: Numbers, second: Numbers) -> Numbers:
    """Assign each set of joined runs a number, in the order of their first runs.

    Each run points to the first run known to be joined with it; pointers are shortened and
    pairs are compared until nothing changes.
    """
    root = np.arange(runs)
    while True:
        least = np.minimum(root[first], root[second])
        most = np.maximum(root[first], root[second])
        apart = least != most
        if not apart.any():
            return (np.cumsum(root == np.arange(runs)) - 1)[root]
        np.minimum.at(root, most[apart], least[apart])
        while not np.array_equal(root, shorter := root[root]):
            root = shorter


MOST_PARTS = 4096  # each is processed separately; a liver has some hundred [project's choice]
REMEDY = "draw it again, or remove isolated voxels"

Connectivity = Literal[6, 18, 26]  # neighbours by faces; and edges; and corners
LESION_CONNECTIVITY: Connectivity = 26  # of voxels of one lesion [clinical.md 11.1]


def measure_parts(mask: Mask, connectivity: Connectivity) -> tuple[int, ...]:
    """Count the voxels of each connected part, largest first."""
    return tuple(sorted(_runs_of(mask, connectivity).sizes().tolist(), reverse=True))


def split_parts(
    mask: Mask, connectivity: Connectivity, *, least_voxels: int = 1
) -> tuple[Mask, ...]:
    """Split a mask into its connected parts, largest first, those of equal size in index order.

    Parts below `least_voxels` are omitted. Raises `InputRefused`: `limit.parts`.
    """
    if not mask.voxel_count:
        return ()
    runs = _runs_of(mask, connectivity)
    if not runs.parts.any():  # it is one
        return (mask,) if mask.voxel_count >= least_voxels else ()
    split = runs.split(least_voxels)
    if len(split) > MOST_PARTS:
        reason = f"has {len(split):,} separate pieces; the maximum is {MOST_PARTS:,}"
        raise InputRefused("limit.parts", mask.source, reason, REMEDY)
    parts = [_drawn(part, mask, mask.name, mask.box.start) for part in split]
    return tuple(sorted(parts, key=lambda part: (-part.voxel_count, part.box.start)))


def find_holes(mask: Mask) -> Mask:
    """Find the holes of a mask: voxels that are enclosed by faces."""
    enclosed = _refuse_noise(mask, lambda: find_enclosed_runs(mask.voxels))
    if not len(enclosed.starts):
        return mask.cropped(NOWHERE)
    return _drawn(enclosed, mask, f"holes in {mask.name}", mask.box.start)


def find_apart(mask: Mask, other: Mask) -> Mask:
    """Find the parts of a mask, joined by faces, that do not touch another mask.

    A voxel touches the other mask if it belongs to it, or is one index step from it along any or
    all axes. All parts are tested together, as a mask may have a hundred thousand small parts.
    """
    if not mask.voxel_count:
        return mask
    alone = _runs_of(mask, 6).missing(_grown_in(other, mask.box))
    return (
        _drawn(alone, mask, mask.name, mask.box.start)
        if len(alone.starts)
        else mask.cropped(NOWHERE)
    )


def find_near(mask: Mask, other: Mask) -> Mask:
    """Find the voxels of a mask that are in another, or one index step from it."""
    reached = mask.cropped(other.box.grown(1))
    return replace(reached, voxels=reached.voxels & _grown_in(other, reached.box))


def touch(part: Mask, other: Mask) -> bool:
    """Whether two masks share a voxel, or have voxels one index step apart.

    Only the surroundings of `part` are examined, so that a thousand small parts can be compared
    with one liver.
    """
    return bool((part.voxels & _grown_in(other, part.box)).any())


def _runs_of(mask: Mask, connectivity: Connectivity) -> Runs:
    """Find the runs of a mask; noise is refused."""
    return _refuse_noise(mask, lambda: find_runs(mask.voxels, connectivity))


def _refuse_noise(mask: Mask, find: Callable[[], Runs]) -> Runs:
    try:
        return find()
    except TooManyRunsError:
        reason = f"consists of more than {MOST_RUNS:,} rows of voxels: this is noise, not an organ"
        raise InputRefused("limit.runs", mask.source, reason, REMEDY) from None


def _grown_in(mask: Mask, box: Box) -> Voxels:
    """Mark in a box the voxels of a mask and those one index step from them."""
    near = mask.voxels_in(box.grown(1))
    for axis in range(3):
        lines = np.moveaxis(near, axis, 0)
        before = lines.copy()
        lines[1:] |= before[:-1]
        lines[:-1] |= before[1:]
    inside: Voxels = near[1:-1, 1:-1, 1:-1]
    return inside


def _drawn(runs: Runs, mask: Mask, name: str, origin: Index) -> Mask:
    box, voxels = runs.drawn()
    return replace(mask, name=name, voxels=voxels, box=box.moved(origin))


def are_between(voxels: Voxels, axis: int) -> Voxels:
    """Find voxels with voxels on both sides along an axis, including the voxels themselves."""
    before = np.moveaxis(voxels, axis, 0).copy()
    behind = before.copy()
    for n in range(1, len(before)):  # layer by layer: `accumulate` takes three times as long
        before[n] |= before[n - 1]
        behind[-1 - n] |= behind[-n]
    before &= behind
    return np.moveaxis(before, 0, axis)


def count_within(part: Mask, around: Mask) -> int:
    """Count the voxels of a part that have another mask on both sides along two or three axes.

    Voxels enclosed by a ring are therefore counted, although the ring is open above and below, and
    so are holes and shared voxels. A voxel next to a convex body has it on one side only.
    """
    common = part.box & around.box
    if not min(common.shape):
        return 0
    inside = common.slices(around.box.start)
    sides = sum(are_between(around.voxels, axis)[inside].astype(np.int8) for axis in range(3))
    held = part.voxels[common.slices(part.box.start)] & (np.asarray(sides) >= 2)
    return int(np.count_nonzero(held))
