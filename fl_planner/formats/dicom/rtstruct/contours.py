"""Closed contours to voxels: a voxel is in where its centre is inside an odd number of them.

Contours of one plane that lie within each other are holes and islands. Where a contour runs
through the very centre of a voxel, the voxel is in: programs that trace a mask draw through
the centres of its outermost voxels, and their contours give that mask back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from operator import or_

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Box, Voxels

Points = npt.NDArray[np.float64]  # (N, 2), in pixels along the two axes of a plane
Whole = npt.NDArray[np.intp]

NESTED = 0.95  # of the smaller contour's pixels within the larger: a hole [project's choice]
SAME = 0.999  # of the larger area: the same line, which is no hole whichever way it runs
AGAIN = 0.75  # shared, of what either holds: one outline drawn twice, or a thin wall; a copy made
# 12 % smaller shares 0.77, a wall of a quarter of the radius 0.56 [project's choice]
LEAST_TWICE = 50  # pixels; a line around fewer may be traced on both its sides [project's choice]
_HAIR = 1e-9  # pixels: rounding of a crossing

# Of one plane [project's choice]; beyond, a small file takes gigabytes or minutes.
MOST_PIXELS = 1 << 24  # of the box around all contours: 2 m by 2 m where a pixel is 0.5 mm
MOST_DRAWN = (
    1 << 27
)  # of the boxes of each: a hundred contours around all of a CT's slice have 2^25
MOST_CROSSINGS = 1 << 26  # of a contour with rows of pixels; around a liver it has 2^11
MOST_OVERLAPS = 1 << 16  # pairs of contours, one within the box of the other
MOST_COMPARED = 1 << 31  # pixels in which such pairs are compared
_AT_ONCE = 1 << 20  # crossings


class TooIntricateError(ValueError):
    """Contours of a plane that take more memory or time than any organ's; its text says why."""


@dataclass(frozen=True, slots=True)
class Filled:
    """Pixels of a plane in their box (one thick); `unclear` of them lie in two contours.

    `again` counts pixels within two contours that are nearly the same: a hole, or one outline
    that was drawn a second time. `unclear` counts pixels where contours cross or stand twice; they
    are counted in, once.
    `crossed` counts those that one contour, which crosses itself, runs around twice or the other
    way round than around the rest: nobody knows whether they are meant.
    """

    voxels: Voxels
    box: Box
    unclear: int
    crossed: int
    again: int


def fill(contours: Sequence[Points], layer: int, on_line: tuple[float, float]) -> Filled:
    """Fill the contours of one plane.

    - `contours` (sequence of (N, 2) arrays): pixel coordinates; whole numbers are the centres of
      pixels.
    - `layer`: which plane it is.
    - `on_line` (two floats): how near to a contour, in pixels along each axis, a centre is on it; 0
      where no centre is meant to be.

    Raises `TooIntricateError`: where they would take more memory or time than any organ's.
    """
    hull = _require_few_pixels([_box_around(points, layer) for points in contours])
    drawn = [_Drawn.of(points, layer, on_line) for points in contours]
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
    crossed, again = sum(one.crossed for one in drawn), _count_again(drawn, pixels, hull)
    return Filled(pixels, hull, unclear, crossed, again)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One contour's pixels in their box: inside, on its line.

    `size` counts the pixels inside; `area` is twice what it encloses, negative clockwise;
    `crossed` as in `Filled`.
    """

    inside: Voxels
    on: Voxels
    box: Box
    size: int
    area: float
    crossed: int

    @classmethod
    def of(cls, points: Points, layer: int, on_line: tuple[float, float]) -> _Drawn:
        box = _box_around(points, layer)
        local = points - box.start[:2]
        on = np.zeros(box.shape[:2], dtype=np.bool_)
        if max(on_line) > 0:
            for axis in (0, 1):
                _mark_line(on, local, axis, on_line[1 - axis])
        turns = np.where(on, 0, _turns(local, on.shape))
        inside: Voxels = turns % 2 == 1
        x, y = local.T
        area = float(x @ np.roll(y, -1) - y @ np.roll(x, -1))
        size, crossed = int(np.count_nonzero(inside)), _count_crossed(turns)
        return cls(inside[:, :, None], on[:, :, None], box, size, area, crossed)

    def within(self, box: Box) -> Voxels:
        """Give its inner pixels in a part of its box."""
        return self.inside[box.slices(self.box.start)]


def _box_around(points: Points, layer: int) -> Box:
    (x0, y0), (x1, y1) = np.floor(points.min(axis=0)) - 1, np.ceil(points.max(axis=0)) + 2
    return Box((int(x0), int(y0), layer), (int(x1), int(y1), layer + 1))


def _require_few_pixels(boxes: Sequence[Box]) -> Box:
    """Give the box around all contours, before any is drawn; refuse too many pixels."""
    hull = reduce(or_, boxes)
    if (area := prod(hull.shape)) > MOST_PIXELS:
        raise TooIntricateError(f"span {area:,} pixels of one plane, the limit is {MOST_PIXELS:,}")
    if (drawn := sum(prod(box.shape) for box in boxes)) > MOST_DRAWN:
        what = f"take {drawn:,} pixels of one plane, one over the other"
        raise TooIntricateError(f"{what}, the limit is {MOST_DRAWN:,}")
    return hull


def _each_crossing(count: Whole, first: Whole) -> Iterator[tuple[Whole, Whole]]:
    """Give the rows that edges cross, as numbers of edges and of rows, so many at once.

    - `count`, `first`: how many rows each edge crosses, and which one first.
    """
    before = np.concatenate([[0], np.cumsum(count)])
    if before[-1] > MOST_CROSSINGS:
        what = f"cross {before[-1]:,} rows of pixels in one contour"
        raise TooIntricateError(f"{what}, the limit is {MOST_CROSSINGS:,}")
    cuts = np.searchsorted(before, np.arange(0, before[-1], _AT_ONCE)[1:])
    for some in np.split(np.arange(len(count)), np.unique(cuts)):
        edge = np.repeat(some, count[some])
        yield edge, np.arange(len(edge)) + before[some[:1]] - before[edge] + first[edge]


def _turns(points: Points, shape: tuple[int, int]) -> npt.NDArray[np.int32]:
    """Tell how often, and which way, a contour runs round each pixel, by the edges to its left."""
    x, y = points.T
    to_x, to_y = np.roll(x, -1), np.roll(y, -1)
    first = np.ceil(np.minimum(y, to_y)).astype(np.intp)
    count = np.ceil(np.maximum(y, to_y)).astype(np.intp) - first
    way = np.sign(to_y - y).astype(np.int32)
    hits = np.zeros(shape, dtype=np.int32)
    for edge, row in _each_crossing(count, first):
        part = (row - y[edge]) / (to_y - y)[edge]
        crossing = x[edge] + part * (to_x - x)[edge]
        np.add.at(hits, (np.ceil(crossing - _HAIR).astype(np.intp), row), way[edge])
    return np.cumsum(hits, axis=0, dtype=np.int32, out=hits)


def _count_crossed(turns: npt.NDArray[np.int32]) -> int:
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
    for edge, place in _each_crossing(count, first):
        length = (to_along - along)[edge]
        part = np.divide(place - along[edge], length, out=np.zeros(len(edge)), where=length != 0)
        height = across[edge] + np.clip(part, 0.0, 1.0) * (to_across - across)[edge]
        nearest = np.rint(height)
        hit = np.abs(height - nearest) <= within
        where = [place[hit], nearest[hit].astype(np.intp)]
        on[where[axis], where[1 - axis]] = True


def _find_twice(drawn: Sequence[_Drawn]) -> Iterator[tuple[Box, Voxels]]:
    """Find the pixels of contours that cross, or stand twice: not those of a hole."""
    for one, other, box in _overlapping(drawn):
        both = one.within(box) & other.within(box)
        shared = int(np.count_nonzero(both))
        if not shared:
            continue
        sizes = one.size, other.size
        areas = sorted((abs(one.area), abs(other.area)))
        alike = shared >= LEAST_TWICE and areas[0] >= SAME * areas[1]
        same = shared == max(sizes) and (one.area * other.area > 0 or alike)
        if same or shared < NESTED * min(sizes):
            yield box, both


def _overlapping(drawn: Sequence[_Drawn]) -> Iterator[tuple[_Drawn, _Drawn, Box]]:
    """Give pairs of contours whose inner pixels may be the same, and the box of these."""
    starts = np.array([one.box.start[:2] for one in drawn]) + 1  # a box has a margin of one pixel
    stops = np.array([one.box.stop[:2] for one in drawn]) - 1
    pairs = compared = 0
    for n, one in enumerate(drawn):
        near = (starts[n + 1 :] < stops[n]) & (stops[n + 1 :] > starts[n])
        for other in (np.flatnonzero(near.all(axis=1)) + n + 1).tolist():
            box = one.box & drawn[other].box
            pairs, compared = pairs + 1, compared + prod(box.shape)
            if pairs > MOST_OVERLAPS or compared > MOST_COMPARED:
                raise TooIntricateError("overlap in one plane more often than those of any organ")
            yield one, drawn[other], box


def _count_again(drawn: Sequence[_Drawn], pixels: Voxels, hull: Box) -> int:
    """Count the pixels within two contours of nearly one outline that are not counted: a hole."""
    found = 0
    for one, other, box in _overlapping(drawn):
        if min(one.size, other.size) < AGAIN * max(one.size, other.size):
            continue
        both = one.within(box) & other.within(box)
        shared = int(np.count_nonzero(both))
        if shared >= max(LEAST_TWICE, AGAIN * (one.size + other.size - shared)):
            found += int(np.count_nonzero(both & ~pixels[box.slices(hull.start)]))
    return found
