"""Surfaces of masks in blocks of a few voxels: smallest distance between two, and their area.

The corners of blocks bound all distances between their voxels, so most blocks are excluded without
examining voxels; those of other blocks are listed when needed. The import of a search tree alone
would take longer than reading a mask. The tests compare the result with a direct computation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from math import inf, sqrt

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.space.grid import Box, Grid, Index, memory_order
from fl_planner.space.labels import Codes, find_borders, find_steps
from fl_planner.space.mask import Mask

Points = npt.NDArray[np.float64]  # (N, 3), patient positions in mm
Numbers = npt.NDArray[np.intp]

BLOCK_MM = 8.0  # a hundred voxels of a surface or so: any size gives the same distances
LEAST_EDGE = 3  # voxels of a block along each axis: with fewer, there are too many blocks
ROWS = 128  # blocks of either that are compared at a time
FIRST = 4  # blocks of the other: their points give a distance that few of the rest beat
PAIRS = 1 << 20  # of points that are measured at a time: 8 MiB
NEARLY = 1e-9  # relative: what a bound is widened by, against rounding


class Surface(Struct, frozen=True, eq=False):
    """Points in blocks; no block is empty.

    - `low_mm`, `high_mm` (array (B, 3)): corners of boxes that contain the points of each block,
      and may be wider.
    - `listing`: function that lists the points of blocks given by number, block by block, and the
      start of each block.
    - `grid`: grid of the points; None if they are on none.
    """

    low_mm: Points
    high_mm: Points
    listing: Callable[[Numbers], tuple[Points, Numbers]]
    grid: Grid | None = None


def gather(points_mm: Points) -> Surface:
    """Gather a few points, shape (N, 3) and at least one, in one block."""
    low, high = points_mm.min(axis=0, keepdims=True), points_mm.max(axis=0, keepdims=True)
    return Surface(low, high, lambda _: (points_mm, np.zeros(1, dtype=np.intp)))


def gather_outline(mask: Mask) -> Surface:
    """Gather the voxels of a mask with a face at its outside or at the edge of the grid.

    These include the voxel nearest to any point, outside or inside. The mask must not be empty.
    """
    codes = mask.voxels.view(np.uint8)
    return gather_borders(codes, {mask.name: 1}, mask.box, mask.grid)[mask.name]


def gather_shell(mask: Mask) -> Surface | None:
    """Gather the voxels of the grid that touch a mask by a face; None if it fills its grid."""
    box = mask.box.grown(1) & mask.grid.whole
    inside = mask.voxels_in(box)
    shell = find_steps(inside)
    np.greater(shell, inside, out=shell)  # and not, without an array more
    del inside
    return VoxelBlocks.of(shell.view(np.uint8), box, mask.grid).gather({"shell": 1}).get("shell")


def gather_borders(
    codes: Codes, bits: Mapping[str, int], box: Box, grid: Grid
) -> dict[str, Surface]:
    """Gather the surface of each set of voxels that has a separate bit in their codes.

    These are the voxels of a block that have the bit, and a neighbour by a face with a different
    code. A set without voxels has no surface.
    """
    return VoxelBlocks.of(codes * find_borders(codes), box, grid).gather(bits)


def measure_gap_mm(part: Surface, to: Surface) -> float:
    """Measure the smallest distance between points of both, in mm, without a header's rounding.

    It is infinite if one of them has no point, as a cut may leave none.
    """
    best = np.inf
    for first in range(0, len(part.low_mm), ROWS):
        numbers = np.arange(first, min(first + ROWS, len(part.low_mm)))
        ours = _Blocks.of(*part.listing(numbers))
        away = ours.bound(to.low_mm, to.high_mm)
        order = np.argsort(away)
        for some in np.split(order, np.arange(FIRST, len(order), ROWS)):
            near = some[away[some] <= best]
            if not len(near):
                break  # the rest are farther away
            boxes = ours.low_mm, ours.high_mm, to.low_mm[near], to.high_mm[near]
            near = near[_bound(*boxes).min(axis=0) <= best * (1 + NEARLY)]
            if len(near):
                best = ours.find_least(to.listing(near)[0], best)
    grids = (each.grid for each in (part, to) if each.grid is not None)
    oblique = next((grid for grid in grids if not grid.is_straight), None)
    if oblique is None or best == inf:
        return sqrt(best)
    return float(oblique.settle(Fraction(sqrt(best))))


class _Blocks(Struct, frozen=True, eq=False):
    """Points in blocks, the smallest boxes around them, and a ball around all.

    - `points_mm` (list of array (N, 3)): points of each block, RAS+ mm.
    - `low_mm`, `high_mm` (array (B, 3)): corners of the boxes.
    - `centre_mm` (array (1, 3)): centre of the ball, whose radius is `reach_mm`.
    """

    points_mm: list[Points]
    low_mm: Points
    high_mm: Points
    centre_mm: Points
    reach_mm: float

    @classmethod
    def of(cls, points_mm: Points, starts: Numbers) -> _Blocks:
        """Compute the boxes and the ball around points, block by block."""
        low, high = (least.reduceat(points_mm, starts) for least in (np.minimum, np.maximum))
        centre = (low.min(axis=0, keepdims=True) + high.max(axis=0)) / 2
        reach = sqrt(((points_mm - centre) ** 2).sum(axis=1).max()) * (1 + NEARLY)
        return cls(np.split(points_mm, starts[1:]), low, high, centre, reach)

    def bound(self, low_mm: Points, high_mm: Points) -> Points:
        """Compute lower bounds of the squared distances to points of boxes, shape (B,), in mm2."""
        (away,) = _bound(self.centre_mm, self.centre_mm, low_mm, high_mm)
        bound: Points = np.maximum(0.0, np.sqrt(away) - self.reach_mm) ** 2
        return bound

    def find_least(self, others_mm: Points, best: float) -> float:
        """Find the smallest squared distance to points, (N, 3), in mm2, or `best` if smaller."""
        others_mm = others_mm[self.bound(others_mm, others_mm) <= best]
        nearest = _bound(self.low_mm, self.high_mm, others_mm, others_mm)
        of_rows = nearest.min(axis=1, initial=np.inf)
        for row in np.argsort(of_rows).tolist():
            if of_rows[row] > best or not len(others_mm):
                break  # the rest are farther away
            near = others_mm[nearest[row] <= best]
            best = min(best, _find_least_square(self.points_mm[row], near))
        return best


class VoxelBlocks(Struct, frozen=True, eq=False):
    """A block of marked voxels, divided into smaller blocks.

    - `marked` (array (a, b, c, d, e, f)): voxels (d, e, f) of each of (a, b, c) blocks, with axes
      in memory order; the last blocks are padded with 0.
    - `axes`: axis of the grid for each axis of the block.
    - `edge` (int array (3,)): voxels of a block along the grid's axes.
    - `start` (int array (3,)): index of the first voxel on the grid.
    """

    marked: Codes
    axes: Index
    edge: Numbers
    start: Numbers
    grid: Grid

    @classmethod
    def of(cls, marked: Codes, box: Box, grid: Grid) -> VoxelBlocks:
        """Divide into blocks of about `BLOCK_MM`."""
        axes = memory_order(marked)
        edge = np.array([max(LEAST_EDGE, int(BLOCK_MM / step)) for step in grid.spacing_mm])
        block = marked.transpose(axes)
        count = -(-np.array(block.shape) // edge[[*axes]])
        (a, b, c), (d, e, f) = count.tolist(), edge[[*axes]].tolist()
        i, j, k = block.shape
        filled = np.zeros((a * d, b * e, c * f), dtype=block.dtype)
        filled[:i, :j, :k] = block
        blocks = filled.reshape(a, d, b, e, c, f).transpose(0, 2, 4, 1, 3, 5)
        return cls(blocks, axes, edge, np.array(box.start), grid)

    def gather(self, bits: Mapping[str, int]) -> dict[str, Surface]:
        """Gather the voxels that are marked with each bit; none if no voxel is."""
        surfaces = {}
        for name, bit in bits.items():
            found = self.find_marked(bit)
            if len(found):
                listing = partial(self.list_blocks, bit, found)
                surfaces[name] = Surface(*self.corners_mm(found), listing, self.grid)
        return surfaces

    def find_marked(self, bit: int) -> Numbers:
        """Find the blocks that contain a voxel with a bit, shape (B, 3) in memory order."""
        coarse = self.marked
        for _ in range(3):  # slowest first: rows of memory are laid over each other
            coarse = np.bitwise_or.reduce(coarse, axis=3)
        return np.argwhere(coarse & self.marked.dtype.type(bit))

    def corners_mm(self, found: Numbers) -> tuple[Points, Points]:
        """Lower and upper corners of boxes around blocks, shape (B, 3) each."""
        across = self.grid.matrix()[:, :3] * (self.edge - 1)
        before, beyond = (least(across, 0.0).sum(axis=1) for least in (np.minimum, np.maximum))
        corner = self.grid.places_mm(self._along_grid(found) * self.edge + self.start)
        return corner + before, corner + beyond

    def list_blocks(self, bit: int, found: Numbers, numbers: Numbers) -> tuple[Points, Numbers]:
        """List the voxels with a bit, (N, 3) in RAS+ mm, in some of the blocks containing it.

        Also returns the start of each block.
        """
        indices, number, _ = self.list_voxels(bit, found[numbers])
        return self.grid.places_mm(indices), np.searchsorted(number, np.arange(len(numbers)))

    def list_voxels(self, bit: int, which: Numbers) -> tuple[Numbers, Numbers, Codes]:
        """List the indices of marked voxels of some blocks, the block of each, and its marks."""
        marks = self.marked[tuple(which.T)]
        number, *within = np.nonzero(marks & self.marked.dtype.type(bit))
        indices = self._along_grid(which)[number] * self.edge + self.start
        indices += self._along_grid(np.column_stack(within))
        return indices, number, marks[number, *within]

    def _along_grid(self, numbers: Numbers) -> Numbers:
        """Reorder columns from memory order to the grid's order."""
        return numbers[:, np.argsort(self.axes)]


def _find_least_square(some_mm: Points, others_mm: Points) -> float:
    """Find the smallest squared distance between points, `PAIRS` at a time."""
    least, deep = inf, max(1, PAIRS // len(some_mm))
    for first in range(0, len(others_mm), deep):
        near = others_mm[first : first + deep]
        squares = np.zeros((len(some_mm), len(near)))
        for world in range(3):
            squares += (some_mm[:, None, world] - near[None, :, world]) ** 2
        least = min(least, float(squares.min()))
    return least


def _bound(low_mm: Points, high_mm: Points, their_low_mm: Points, their_high_mm: Points) -> Points:
    """Compute lower bounds of squared distances between points of boxes, shape (B, C), in mm2."""
    nearest = np.zeros((len(low_mm), len(their_low_mm)))
    for world in range(3):
        beyond = low_mm[:, None, world] - their_high_mm[None, :, world]
        before = their_low_mm[None, :, world] - high_mm[:, None, world]
        nearest += np.maximum(0.0, np.maximum(beyond, before)) ** 2
    return nearest


Floats = npt.NDArray[np.float64]
Smooth = npt.NDArray[np.float32]

SMOOTH = (1, 4, 6, 4, 1)  # of 16: weights along each axis; a standard deviation of one step
RIM = len(SMOOTH) // 2 + 2  # empty voxels around the block, so that every face has a slope
LEAST = 1e-30  # length of a slope; there is none between voxels of a chequerboard


def measure_areas_mm2(mask: Mask) -> Floats:
    """Measure the area in mm2 that each voxel adds to its mask's surface, in the shape of its box.

    Each outer face of the mask is a vector a with the length of its area and the direction of its
    outward normal. The area is Σ a·n over the faces, where n is the unit normal of the surface at
    the face: the gradient of the mask smoothed over two steps in both directions, so that a vessel
    two voxels wide still has two sides. For a plane at any angle, the sum is its area, also on
    sheared grids. For a tube with a radius of three voxels or more, it is within 6 % of 2πrl
    (tests). A sharp edge is rounded off by about half a step. The edge of the grid counts as a
    surface.
    """
    solid = np.pad(np.ascontiguousarray(mask.voxels), RIM)
    smooth = _smooth(solid)
    areas = np.zeros(solid.size)
    across = _face_vectors(mask)
    flat, strides = solid.reshape(-1), _strides(solid.shape)
    for normal, stride in zip(across, strides, strict=True):
        before = np.flatnonzero(flat[:-stride] != flat[stride:])  # the rim is empty: none wraps
        rise = _find_rise(smooth, before, stride, mask)
        is_first = flat[before]  # the mask's voxel of the two
        facing = np.where(is_first, -1.0, 1.0) * (normal @ rise)
        areas += np.bincount(np.where(is_first, before, before + stride), facing, areas.size)
    inside: Floats = areas.reshape(solid.shape)[RIM:-RIM, RIM:-RIM, RIM:-RIM]
    return inside


def _find_rise(smooth: Smooth, before: npt.NDArray[np.intp], stride: int, mask: Mask) -> Floats:
    """Compute the direction of a smoothed mask's gradient between neighbours, RAS+."""
    flat = smooth.reshape(-1)
    along = np.zeros((3, len(before)))
    for number, step in enumerate(_strides(smooth.shape)):
        for voxel in (before, before + stride):
            along[number] += flat[voxel + step] - flat[voxel - step]
    rise: Floats = np.linalg.inv(mask.grid.matrix()[:, :3]).T @ along  # by index to by mm
    rise /= np.maximum(np.linalg.norm(rise, axis=0), LEAST)
    return rise


def _smooth(solid: npt.NDArray[np.bool_]) -> Smooth:
    block = solid.astype(np.float32)
    half = len(SMOOTH) // 2
    for axis in range(3):
        lines = np.moveaxis(block, axis, 0)
        smooth = np.zeros_like(block)
        into = np.moveaxis(smooth, axis, 0)[half:-half]
        for by, weight in enumerate(SMOOTH):
            into += np.float32(weight / 16) * lines[by : by + len(into)]
        block = smooth
    return block


def _strides(shape: Index) -> Index:
    """Offset of the next voxel along each axis in a flat block."""
    return shape[1] * shape[2], shape[2], 1


def _face_vectors(mask: Mask) -> Floats:
    """Return the area vector, in mm2, of the face across each index axis, shape (3, 3)."""
    a, b, c = mask.grid.matrix()[:, :3].T
    normals = np.array([np.cross(b, c), np.cross(c, a), np.cross(a, b)])
    forwards: Floats = normals * np.sign(a @ normals[0])
    return forwards
