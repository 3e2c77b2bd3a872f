"""Fill closed contours: a voxel is inside if its centre is inside an odd number of them.

Nested contours of one plane are holes and islands. A voxel whose centre is exactly on a
contour is inside: programs that trace a mask draw through the centres of its outermost voxels, and
their contours reproduce that mask.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from operator import or_

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import SAME_PLACE_MM, UNKNOWN_PIXEL_MM
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import format_count
from fl_planner.formats.dicom.file import DicomFile
from fl_planner.formats.dicom.segment_code_reading import Drawn, Pen
from fl_planner.space.grid import TO_RAS, Box, Grid, Index, Voxels

Points = npt.NDArray[np.float64]  # (N, 2), in pixels along the two axes of a plane
Whole = npt.NDArray[np.intp]

NESTED = 0.95  # of the smaller contour's pixels within the larger: a hole [project's choice]
SAME = 0.999  # of the larger area: the same line, which is no hole whichever way it runs
AGAIN = 0.75  # shared, of what either holds: one outline drawn twice, or a thin wall; a copy made
# 12 % smaller shares 0.77, a wall of a quarter of the radius 0.56 [project's choice]
LEAST_TWICE = 50  # pixels; a line through centres, around fewer, may be traced on both its sides:
# a wall of one pixel [project's choice]
LEAST_TRACED = 0.65  # of the steps of such a line are on centres; it runs along spurs twice. Of a
# line drawn by hand and rounded to half pixels, rarely more than half are [project's choice]
_HAIR = 1e-9  # pixels: rounding of a crossing

# Of one plane [project's choice]; beyond, a small file takes gigabytes or minutes.
MOST_PIXELS = 1 << 24  # of the box around all contours: 2 m by 2 m where a pixel is 0.5 mm
MOST_DRAWN = 1 << 27  # of the boxes of each: a hundred contours around a CT's slice have 2^25
MOST_CROSSINGS = 1 << 26  # of a contour with rows of pixels; around a liver it has 2^11
MOST_OVERLAPS = 1 << 16  # pairs of contours, one within the box of the other
MOST_COMPARED = 1 << 31  # pixels in which such pairs are compared
_AT_ONCE = 1 << 20  # crossings


class TooIntricateError(ValueError):
    """Raised if contours of a plane require more memory or time than those of any organ."""


@dataclass(frozen=True, slots=True)
class Filled:
    """Pixels of a plane in their box, one pixel thick.

    `again` counts pixels within two contours that are nearly the same: a hole, or one outline or
    hole that was drawn a second time. `unclear` counts pixels where contours cross or are
    duplicated; they are counted once. `crossed` counts those that a contour crossing itself
    encloses twice, or in the opposite direction: it is unknown whether they are intended.
    """

    voxels: Voxels
    box: Box
    unclear: int
    crossed: int
    again: int


def fill(
    contours: Sequence[Points], layer: int, on_line: tuple[float, float], *, xor: bool = False
) -> Filled:
    """Fill the contours of one plane.

    - `contours` (sequence of (N, 2) arrays): pixel coordinates; whole numbers are the centres of
      pixels.
    - `layer`: number of the plane.
    - `on_line` (two floats): distance from a contour, in pixels along each axis, up to which a
      centre is on it; 0 if no centre is meant to be on it.
    - `xor`: whether the file states that an area within an even number of contours is outside;
      then crossing and nearly identical contours are clear, and only duplicates are not.

    Raises `TooIntricateError`: if the contours would require more memory or time than those of any
    organ.
    """
    hull = _require_few_pixels([_box_around(points, layer) for points in contours])
    drawn = [_Drawn.of(points, layer, on_line) for points in contours]
    pixels = np.zeros(hull.shape, dtype=np.bool_)
    for one in drawn:
        pixels[one.box.slices(hull.start)] ^= one.inside
    unclear, joined = 0, set[tuple[int, int]]()
    for one, other, box, twice in _find_twice(drawn, xor=xor):
        part = pixels[box.slices(hull.start)]
        left_out = int(np.count_nonzero(twice & ~part))
        unclear += left_out
        part |= twice
        if left_out:
            joined.add((id(one), id(other)))
    for one in drawn:
        pixels[one.box.slices(hull.start)] |= one.on
    again = 0 if xor else _count_again(drawn, pixels, hull, joined)
    return Filled(pixels, hull, unclear, sum(one.crossed for one in drawn), again)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One contour's pixels in their box: those inside, and those on its line.

    `size` counts the pixels inside; `area` is twice the enclosed area, negative if clockwise;
    `crossed` as in `Filled`; `traced`: whether the line runs from centre to centre, as around the
    pixels of a mask.
    """

    inside: Voxels
    on: Voxels
    box: Box
    size: int
    area: float
    crossed: int
    traced: bool

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
        steps = np.abs(local - np.roll(local, -1, axis=0)).max(axis=1).sum()
        traced = bool(np.count_nonzero(on) >= LEAST_TRACED * steps)
        return cls(inside[:, :, None], on[:, :, None], box, size, area, crossed, traced)

    def within(self, box: Box) -> Voxels:
        """Return the inner pixels in a part of the box."""
        return self.inside[box.slices(self.box.start)]


def _box_around(points: Points, layer: int) -> Box:
    (x0, y0), (x1, y1) = np.floor(points.min(axis=0)) - 1, np.ceil(points.max(axis=0)) + 2
    return Box((int(x0), int(y0), layer), (int(x1), int(y1), layer + 1))


def _require_few_pixels(boxes: Sequence[Box]) -> Box:
    """Return the box around all contours, before any is drawn; refuse too many pixels."""
    hull = reduce(or_, boxes)
    if (area := prod(hull.shape)) > MOST_PIXELS:
        raise TooIntricateError(f"span {area:,} pixels in one plane; the limit is {MOST_PIXELS:,}")
    if (drawn := sum(prod(box.shape) for box in boxes)) > MOST_DRAWN:
        what = f"cover {drawn:,} pixels in one plane, each counted once per contour"
        raise TooIntricateError(f"{what}; the limit is {MOST_DRAWN:,}")
    return hull


def _each_crossing(count: Whole, first: Whole) -> Iterator[tuple[Whole, Whole]]:
    """Yield the rows that edges cross, as numbers of edges and of rows, in portions.

    - `count`, `first`: number of rows that each edge crosses, and the first of them.
    """
    before = np.concatenate([[0], np.cumsum(count)])
    if before[-1] > MOST_CROSSINGS:
        what = f"cross pixel rows {before[-1]:,} times in a single contour"
        raise TooIntricateError(f"{what}; the limit is {MOST_CROSSINGS:,}")
    cuts = np.searchsorted(before, np.arange(0, before[-1], _AT_ONCE)[1:])
    for some in np.split(np.arange(len(count)), np.unique(cuts)):
        edge = np.repeat(some, count[some])
        yield edge, np.arange(len(edge)) + before[some[:1]] - before[edge] + first[edge]


def _turns(points: Points, shape: tuple[int, int]) -> npt.NDArray[np.int32]:
    """Count the signed turns of a contour around each pixel, using the edges to its left."""
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
    """Count the pixels that are enclosed twice, or enclosed in the direction opposite to most."""
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


def _find_twice(
    drawn: Sequence[_Drawn], *, xor: bool
) -> Iterator[tuple[_Drawn, _Drawn, Box, Voxels]]:
    """Find the pixels of contours that cross or are duplicated, except holes; see `fill`."""
    for one, other, box in _overlapping(drawn):
        both = one.within(box) & other.within(box)
        if not (shared := int(np.count_nonzero(both))):
            continue
        sizes = one.size, other.size
        areas = sorted((abs(one.area), abs(other.area)))
        alike = shared >= LEAST_TWICE and areas[0] >= SAME * areas[1]
        same = shared == max(sizes) and (one.area * other.area > 0 or alike)
        if same or (not xor and shared < NESTED * min(sizes)):
            yield one, other, box, both


def _overlapping(drawn: Sequence[_Drawn]) -> Iterator[tuple[_Drawn, _Drawn, Box]]:
    """Return pairs of contours whose inner pixels may be identical, and the box of each pair."""
    starts = np.array([one.box.start[:2] for one in drawn]) + 1  # a box has a margin of one pixel
    stops = np.array([one.box.stop[:2] for one in drawn]) - 1
    pairs = compared = 0
    for n, one in enumerate(drawn):
        near = (starts[n + 1 :] < stops[n]) & (stops[n + 1 :] > starts[n])
        for other in (np.flatnonzero(near.all(axis=1)) + n + 1).tolist():
            box = one.box & drawn[other].box
            pairs, compared = pairs + 1, compared + prod(box.shape)
            if pairs > MOST_OVERLAPS or compared > MOST_COMPARED:
                raise TooIntricateError(
                    "overlap in one plane more often than is plausible for an organ"
                )
            yield one, drawn[other], box


def _count_again(
    drawn: Sequence[_Drawn], pixels: Voxels, hull: Box, joined: Collection[tuple[int, int]]
) -> int:
    """Count the pixels within two nearly identical contours: omitted as a hole, or one refilled.

    A hole that is drawn a second time is filled again. `joined` are pairs already counted once.
    """
    found = 0
    for one, other, box in _overlapping(drawn):
        if min(one.size, other.size) < AGAIN * max(one.size, other.size):
            continue
        both = one.within(box) & other.within(box)
        shared = int(np.count_nonzero(both))
        if shared < AGAIN * (one.size + other.size - shared) or (id(one), id(other)) in joined:
            continue
        if shared < LEAST_TWICE and one.traced and other.traced:
            continue
        omitted = int(np.count_nonzero(both & ~pixels[box.slices(hull.start)]))
        found += shared if 2 * omitted < shared else omitted
    return found


OWN_PIXEL_MM = 0.5  # of contours without an image: finer than a CT's [project's choice]
ON_LINE_MM = SAME_PLACE_MM / 2  # so near, a centre is on a contour
TOLD_CROSSED = 1e-3  # of a structure's pixels, beyond crossings: a slip of the pen is less
MOST_AGAIN = 0.01  # of a structure, within two contours of one outline: shares are printed to 0.1
# points, and 1 in 100 moves a share of 30 % by 0.2 [project's choice]
ONE_OF_BOTH = (
    "delete one of the two contours; if a thin wall is intended, give the structure as a mask"
)
SKIPPED = 0.5  # of the steps between contours; beyond, slices are skipped as a habit, not by a slip
FLAT_STEP = 0.05  # or `SAME_PLACE_MM`: so far a contour may leave its plane [safety.md G1]

EXPORT = "export the structure set again with closed planar contours"
GIVE_DRAWN_ON = "give the image to which the structure set refers"
FILL = (
    "interpolate the missing contours in the contouring program; draw lesions that are above each "
    "other as separate structures"
)

PointsMm = npt.NDArray[np.float64]  # (N, 3), mm, LPS+


class Pixels:
    """Contours on the pixels of a grid; `own` if the grid was made for them."""

    def __init__(self, file: DicomFile, grid: Grid, *, own: bool) -> None:
        self.file = file
        self.grid = grid
        self.own = own
        self._to_index = np.linalg.inv(grid.matrix()[:, :3])
        self._origin = grid.matrix()[:, 3]

    def fill(
        self, contours: Sequence[PointsMm], name: str, *, xor: bool = False
    ) -> tuple[Drawn, tuple[Finding, ...]]:
        """Fill the contours of one structure; `xor` as in the function `fill`."""
        if not contours:
            return Pen().drawn(), ()
        places = [(points * TO_RAS["LPS"] - self._origin) @ self._to_index.T for points in contours]
        across = int(np.argmin(np.sum([np.ptp(place, axis=0) for place in places], axis=0)))
        layers: dict[int, list[npt.NDArray[np.float64]]] = {}
        for place in places:
            layers.setdefault(self._layer(place, across), []).append(np.delete(place, across, 1))
        edges = np.delete(self.grid.spacing_mm, across).tolist()
        on_line = (0.0, 0.0) if self.own else (ON_LINE_MM / edges[0], ON_LINE_MM / edges[1])
        pen, border, unclear, crossed = Pen(), 0, 0, 0
        again: list[int] = []
        steps: list[int] = []  # from one contour to the next above or below it
        before: Filled | None = None
        for layer, several in sorted(layers.items()):
            try:
                filled = fill(several, layer, on_line, xor=xor)
            except TooIntricateError as much:
                reason = f"contours of {name} {much}"
                raise self.file.refuse("limit.contours", reason, EXPORT) from None
            if before is not None and _are_above(before, filled):
                steps.append(layer - before.box.start[2])
            before = filled
            pen.add(np.moveaxis(filled.voxels, 2, across), _turned(filled.box, across))
            border += _count_border(filled.voxels[:, :, 0])
            unclear += filled.unclear
            crossed += filled.crossed
            again += [filled.again] if filled.again else []
        self._require_neighbours(name, sorted(layers), steps)
        drawn = pen.drawn()
        if crossed <= TOLD_CROSSED * np.count_nonzero(drawn.voxels):
            crossed = 0
        odd = self._find_crossings(name, unclear, crossed)
        twice = self._find_again(name, again, int(np.count_nonzero(drawn.voxels)))
        return drawn, (self._derived(name, border), *odd, *twice)

    def _layer(self, place: npt.NDArray[np.float64], across: int) -> int:
        """Return the layer of a contour; refused outside all layers."""
        heights = place[:, across]
        layer = round(float(heights.mean()))
        within = max(SAME_PLACE_MM / self.grid.spacing_mm[across], FLAT_STEP)
        if np.abs(heights - layer).max() > within:
            raise self._misplaced("contours.plane", "that are not in any slice of the image")
        ends = np.array(self.grid.shape)
        if place.min() < -0.5 - within or (place > ends - 0.5 + within).any():
            raise self._misplaced("contours.outside", "outside the image")
        return layer

    def _require_neighbours(self, name: str, layers: list[int], steps: list[int]) -> None:
        """Refuse contours that skip slices: much of the structure would be missing.

        Contours of separate lesions need not be in adjacent slices. Contours are of one piece if
        they are above each other, or if there are at least three at equal distances.
        """
        apart = np.diff(layers).tolist()
        if len(apart) > 1 and len({*apart}) == 1:
            steps = apart
        skipped = [step for step in steps if step > 1]
        if skipped and len(skipped) >= SKIPPED * len(steps):
            reason = f"contours of {name} are {min(skipped)} image slices apart, with no contours "
            remedy = FILL if self.own else f"{GIVE_DRAWN_ON}; otherwise {FILL}"
            raise self.file.refuse("contours.sparse", reason + "in between", remedy)

    def _misplaced(self, code: str, where: str) -> InputRefused:
        return self.file.refuse(code, f"there are contours {where}", GIVE_DRAWN_ON)

    def _derived(self, name: str, border: int) -> Finding:
        """Format the possible error of a volume: half a voxel of surface."""
        pixel_mm = max(UNKNOWN_PIXEL_MM, *self.grid.spacing_mm)  # unknown, unless there is an image
        pixels = pixel_mm / OWN_PIXEL_MM if self.own else 1.0
        off_ml = border * pixels / 2 * self.grid.voxel_ml
        known = f"its volume is known to within {off_ml:.3g} mL"
        if not self.own:
            what = f"{name} is derived from contours: {known} (half a voxel at the surface)"
            return self.file.find("contours.derived", what, Severity.INFO, off_ml, "mL")
        what = (
            f"{name} is derived from contours without the image on which they were drawn (--ct): "
        )
        what += f"{known} if the pixels of that image are at most {pixel_mm:.3g} mm"
        return self.file.find("contours.no_image", what, value=off_ml, unit="mL")

    def _find_crossings(self, name: str, unclear: int, crossed: int) -> Iterator[Finding]:
        """Find contours that cross each other, and those that cross themselves."""
        if unclear:
            ml = unclear * self.grid.voxel_ml
            what = (
                f"contours of {name} cross or are duplicated; {ml:.3g} mL within two contours is "
            )
            what += "counted once"
            yield self.file.find("contours.crossing", what, value=ml, unit="mL")
        if crossed:
            ml = crossed * self.grid.voxel_ml
            what = f"a contour of {name} crosses itself, like a figure of eight; it is unknown "
            what += f"whether the {ml:.3g} mL beyond the crossing was meant to be included"
            yield self.file.find("contours.crosses_itself", what, value=ml, unit="mL")

    def _find_again(self, name: str, again: list[int], counted: int) -> Iterator[Finding]:
        """Find outlines that were drawn a second time; refuse them if they change the result."""
        pixels = sum(again)
        if pixels <= TOLD_CROSSED * counted:
            return
        ml = pixels * self.grid.voxel_ml
        slices = format_count(len(again), "slice")
        what = f"{name} has two nearly identical contours in {slices}; it is "
        what += f"unknown whether the {ml:.3g} mL within both contours is a hole"
        if pixels > MOST_AGAIN * (counted + pixels):
            raise self.file.refuse("contours.twice", what, ONE_OF_BOTH)
        yield self.file.find("contours.twice", what, value=ml, unit="mL")


def _are_above(one: Filled, other: Filled) -> bool:
    """Whether pixels of two planes are above each other."""
    layer = other.box.start[2]
    moved = Box((*one.box.start[:2], layer), (*one.box.stop[:2], layer + 1))
    common = moved & other.box
    both = one.voxels[common.slices(moved.start)] & other.voxels[common.slices(other.box.start)]
    return bool(both.any())


def _turned(box: Box, across: int) -> Box:
    """Move the last axis of a box to the layers of a grid."""

    def turn(index: Index) -> Index:
        a, b, layer = index
        return ((layer, a, b), (a, layer, b), (a, b, layer))[across]

    return Box(turn(box.start), turn(box.stop))


def _count_border(pixels: npt.NDArray[np.bool_]) -> int:
    """Count the pixels of a plane with an adjacent pixel outside."""
    air = np.pad(~pixels, 1, constant_values=True)
    beside = air[:-2, 1:-1] | air[2:, 1:-1] | air[1:-1, :-2] | air[1:-1, 2:]
    return int(np.count_nonzero(pixels & beside))
