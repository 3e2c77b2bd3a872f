"""Closed contours to voxels: a voxel is in where its centre is inside an odd number of them.

Contours of one plane that lie within each other are holes and islands. Where a contour runs
through the very centre of a voxel, the voxel is in: programs that trace a mask draw through
the centres of its outermost voxels, and their contours give that mask back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import or_

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Box, Voxels

Points = npt.NDArray[np.float64]  # (N, 2), in pixels along the two axes of a plane

NESTED = 0.95  # of the smaller contour's pixels within the larger: a hole [project's choice]
SAME = 0.999  # of the larger area: the same line, which is no hole whichever way it runs
LEAST_TWICE = 50  # pixels; a line around fewer may be traced on both its sides [project's choice]
_HAIR = 1e-9  # pixels: rounding of a crossing


@dataclass(frozen=True, slots=True)
class Filled:
    """Pixels of a plane in their box (one thick); `unclear` of them lie in two contours.

    `unclear` counts pixels where contours cross or stand twice; they are counted in, once.
    `crossed` counts those that one contour, which crosses itself, runs around twice or the other
    way round than around the rest: nobody knows whether they are meant.
    """

    voxels: Voxels
    box: Box
    unclear: int
    crossed: int


def fill(contours: Sequence[Points], layer: int, on_line: tuple[float, float]) -> Filled:
    """Fill the contours of one plane.

    - `contours` (sequence of (N, 2) arrays): pixel coordinates; whole numbers are the centres of
      pixels.
    - `layer`: which plane it is.
    - `on_line` (two floats): how near to a contour, in pixels along each axis, a centre is on it; 0
      where no centre is meant to be.
    """
    drawn = [_Drawn.of(points, layer, on_line) for points in contours]
    hull = reduce(or_, (one.box for one in drawn))
    pixels = np.zeros(hull.shape, dtype=np.bool_)
    for one in drawn:
        pixels[one.box.slices(hull.start)] ^= one.inside
    unclear = 0
    for box, twice in _find_twice(drawn):
        part = pixels[box.slices(hull.start)]
        unclear += int(np.count_nonzero(twice & ~part))
        part |= twice
    for one in drawn:
        pixels[one.box.slices(hull.start)] |= one.on
    return Filled(pixels, hull, unclear, sum(one.crossed for one in drawn))


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One contour's pixels in their box: inside, on its line.

    `area` is twice what it encloses, negative clockwise; `crossed` as in `Filled`.
    """

    inside: Voxels
    on: Voxels
    box: Box
    area: float
    crossed: int

    @classmethod
    def of(cls, points: Points, layer: int, on_line: tuple[float, float]) -> _Drawn:
        (x0, y0), (x1, y1) = np.floor(points.min(axis=0)) - 1, np.ceil(points.max(axis=0)) + 2
        box = Box((int(x0), int(y0), layer), (int(x1), int(y1), layer + 1))
        local = points - (x0, y0)
        on = np.zeros(box.shape[:2], dtype=np.bool_)
        if max(on_line) > 0:
            for axis in (0, 1):
                _mark_line(on, local, axis, on_line[1 - axis])
        turns = np.where(on, 0, _turns(local, on.shape))
        inside: Voxels = turns % 2 == 1
        x, y = local.T
        area = float(x @ np.roll(y, -1) - y @ np.roll(x, -1))
        return cls(inside[:, :, None], on[:, :, None], box, area, _count_crossed(turns))

    def within(self, box: Box) -> Voxels:
        """Give its inner pixels in a part of its box."""
        return self.inside[box.slices(self.box.start)]


def _turns(points: Points, shape: tuple[int, int]) -> npt.NDArray[np.intp]:
    """Tell how often, and which way, a contour runs round each pixel, by the edges to its left."""
    x, y = points.T
    to_x, to_y = np.roll(x, -1), np.roll(y, -1)
    first = np.ceil(np.minimum(y, to_y)).astype(np.intp)
    count = np.ceil(np.maximum(y, to_y)).astype(np.intp) - first
    edge = np.repeat(np.arange(len(x)), count)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    part = (row - y[edge]) / (to_y - y)[edge]
    crossing = x[edge] + part * (to_x - x)[edge]
    column = np.ceil(crossing - _HAIR).astype(np.intp)
    way = np.sign(to_y - y)[edge]
    hits = np.bincount(column * shape[1] + row, way, minlength=shape[0] * shape[1])
    turns: npt.NDArray[np.intp] = np.cumsum(hits.reshape(shape), axis=0).astype(np.intp)
    return turns


def _count_crossed(turns: npt.NDArray[np.intp]) -> int:
    """Count the pixels that a contour runs round twice, or against the way of most."""
    left, right = (int(np.count_nonzero(way)) for way in (turns > 0, turns < 0))
    return min(left, right) + int(np.count_nonzero(abs(turns) > 1))


def _mark_line(on: Voxels, points: Points, axis: int, within: float) -> None:
    """Mark the pixels whose centre is on an edge that runs mainly along an axis."""
    along, across = points[:, axis], points[:, 1 - axis]
    to_along, to_across = np.roll(along, -1), np.roll(across, -1)
    mainly = np.abs(to_along - along) >= np.abs(to_across - across)
    along, across, to_along, to_across = (
        one[mainly] for one in (along, across, to_along, to_across)
    )
    low, high = np.minimum(along, to_along), np.maximum(along, to_along)
    first = np.ceil(low - within).astype(np.intp)
    count = np.maximum(np.floor(high + within).astype(np.intp) - first + 1, 0)
    edge = np.repeat(np.arange(len(along)), count)
    place = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    length = (to_along - along)[edge]
    part = np.divide(place - along[edge], length, out=np.zeros(len(edge)), where=length != 0)
    height = across[edge] + np.clip(part, 0.0, 1.0) * (to_across - across)[edge]
    nearest = np.rint(height)
    hit = np.abs(height - nearest) <= within
    where = [place[hit], nearest[hit].astype(np.intp)]
    on[where[axis], where[1 - axis]] = True


def _find_twice(drawn: Sequence[_Drawn]) -> Iterator[tuple[Box, Voxels]]:
    """Find the pixels of contours that cross, or stand twice: not those of a hole."""
    for one, other in combinations(drawn, 2):
        box = one.box & other.box
        both = one.within(box) & other.within(box)
        shared = int(np.count_nonzero(both))
        if not shared:
            continue
        sizes = np.count_nonzero(one.inside), np.count_nonzero(other.inside)
        areas = sorted((abs(one.area), abs(other.area)))
        alike = shared >= LEAST_TWICE and areas[0] >= SAME * areas[1]
        same = shared == max(sizes) and (one.area * other.area > 0 or alike)
        if same or shared < NESTED * min(sizes):
            yield box, both
