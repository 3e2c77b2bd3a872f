"""How long a mask is: diameters between voxel centres and between outer corners.

Distances go through the affine, so they are right on oblique and sheared grids, and squares
are exact fractions of the header's decimals, so that 80 mm is not more than 8 cm.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import lcm

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Voxels
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

Edges = tuple[tuple[Fraction, ...], ...]
Places = npt.NDArray[np.float64]
Points = npt.NDArray[np.intp]  # (N, 3) corner indices: voxel i lies between corners i and i + 1

NEARLY = 1e-9  # relative: pairs this close to the longest are compared exactly
WALKS = 3  # to the farthest point: more find little that is longer
MANY = 1500  # points, from which a convex hull is quicker than all pairs
ROWS = 256  # of the distance matrix at a time
CORNERS = np.array([*product((0, 1), repeat=3)], dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Diameters:
    """Squares, in mm2, of the longest straight distances in a mask [clinical.md 11.2].

    - `axial_outer_mm2`, `axial_centre_mm2`: in one axial layer, between outer voxel corners (the
      default) or voxel centres.
    - `longest_outer_mm2`, `longest_centre_mm2`: in any direction.
    """

    axial_outer_mm2: Fraction
    axial_centre_mm2: Fraction
    longest_outer_mm2: Fraction
    longest_centre_mm2: Fraction

    @property
    def squares_mm2(self) -> tuple[Fraction, ...]:
        """All four, for asking whether they agree about a limit."""
        return (
            self.axial_outer_mm2,
            self.axial_centre_mm2,
            self.longest_outer_mm2,
            self.longest_centre_mm2,
        )


def measure_diameters(mask: Mask) -> Diameters:
    """Measure a mask that is not empty; axial is in the index layers nearest to across world z."""
    longest = _longest(mask.voxels, mask.grid, CORNERS)
    axis = mask.grid.axial_axis
    flat = CORNERS[CORNERS[:, axis] == 0]
    axial = (Fraction(0), Fraction(0))
    bounds_mm2 = _bound_layers_mm2(mask, axis)
    for layer in np.argsort(-bounds_mm2).tolist():  # what may be longest first
        if bounds_mm2[layer] * (1 + NEARLY) <= axial[1]:
            break
        outer, centre = _longest(mask.voxels.take([layer], axis), mask.grid, flat)
        axial = (max(axial[0], outer), max(axial[1], centre))
    return Diameters(axial[0], axial[1], longest[0], longest[1])


def _longest(voxels: Voxels, grid: Grid, corners: Points) -> tuple[Fraction, Fraction]:
    """Square of the longest distance between outer corners, and between voxel centres."""
    ends = _ends(voxels)
    outer = _once((ends[:, None, :] + corners).reshape(-1, 3))
    return _longest_pair_mm2(_far(outer, grid), grid), _longest_pair_mm2(_far(ends, grid), grid)


def _ends(voxels: Voxels) -> Points:
    """List the first and last voxel of each line along the longest axis: no pair is longer."""
    axis = int(np.argmax(voxels.shape))
    lines = voxels.any(axis=axis)
    first = voxels.argmax(axis=axis)[lines]
    last = voxels.shape[axis] - 1 - np.flip(voxels, axis).argmax(axis=axis)[lines]
    across = np.argwhere(lines)
    ends = [np.insert(across, axis, along, axis=1) for along in (first, last)]
    return _once(np.concatenate(ends))


def _far(points: Points, grid: Grid) -> Points:
    """Keep the points that may end a longest distance, all of them among these.

    Within a ball of radius r around any centre, the ends of a distance d lie at least d - r
    from the centre. A long distance is found by going to the farthest point twice or so, and
    what lies nearer than that to the centre ends no longer one. A body of which too many
    points are left, such as one with three corners, is thinned to its convex hull.
    """
    places = points @ grid.matrix()[:, :3].T
    from_centre = np.linalg.norm(places - places.mean(axis=0), axis=1)
    at, long = int(from_centre.argmax()), 0.0
    for _ in range(WALKS):
        lengths = np.linalg.norm(places - places[at], axis=1)
        at, long = int(lengths.argmax()), float(lengths.max())
    left = points[from_centre >= (long - from_centre.max()) * (1 - NEARLY) - NEARLY]
    return left if len(left) <= MANY else _hull(left)


def _hull(points: Points) -> Points:
    """Keep points among which are all vertices of their convex hull.

    A sheet of points, straight or slanting, has no hull of its own. So each is made a cube of
    one step first: a vertex of the cubes' hull is a vertex of the points' plus a corner.
    """
    from scipy.spatial import ConvexHull  # whose import takes longer than most cases

    cubes = np.unique((points[:, None, :] + CORNERS).reshape(-1, 3), axis=0)
    vertices = cubes[ConvexHull(cubes).vertices]
    corners = {*map(tuple, (vertices[:, None, :] - CORNERS).reshape(-1, 3).tolist())}
    return np.array([*corners & {*map(tuple, points.tolist())}], dtype=np.intp)


def _longest_pair_mm2(points: Points, grid: Grid) -> Fraction:
    places = points @ grid.matrix()[:, :3].T
    best, close = 0.0, [(points[0], points[0])]
    for start in range(0, len(points), ROWS):
        squares = np.zeros((len(places[start : start + ROWS]), len(places)))
        for world in range(3):
            squares += (places[start : start + ROWS, None, world] - places[None, :, world]) ** 2
        most = float(squares.max())
        if most > best * (1 + NEARLY):
            best, close = most, []
        if most >= best * (1 - NEARLY) and most > 0:
            best = max(best, most)
            rows, columns = np.nonzero(squares >= best * (1 - NEARLY))
            close += [(points[start + a], points[b]) for a, b in zip(rows, columns, strict=True)]
    steps = {max(tuple((a - b).tolist()), tuple((b - a).tolist())) for a, b in close}
    edges, parts = _whole_edges(grid.exact_edges())
    longest = max(
        sum(sum(e * n for e, n in zip(row, step, strict=True)) ** 2 for row in edges)
        for step in steps
    )
    return Fraction(longest, parts**2)


@lru_cache(maxsize=64)
def _whole_edges(edges: Edges) -> tuple[tuple[tuple[int, ...], ...], int]:
    """Give edges as whole numbers of the part of a mm that measures them all, and that part."""
    parts = lcm(*(edge.denominator for row in edges for edge in row))
    return tuple(tuple(int(edge * parts) for edge in row) for row in edges), parts


def _bound_layers_mm2(mask: Mask, axis: int) -> Places:
    """Bound the square of every distance between outer corners in each layer; 0 in an empty one."""
    layers = np.moveaxis(mask.voxels, axis, 0)
    edges = np.delete(mask.grid.matrix()[:, :3], axis, axis=1).T
    spans = np.column_stack([_span(np.asarray(layers.any(axis=other))) for other in (2, 1)])
    diagonals = spans @ edges, spans * (1, -1) @ edges  # of the box around what a layer holds
    bounds: Places = np.maximum(*((diagonal**2).sum(axis=1) for diagonal in diagonals))
    return bounds


def _span(lines: Voxels) -> Points:
    """Count, in each row, the places from the first that holds something to the last."""
    last = lines.shape[1] - np.flip(lines, axis=1).argmax(axis=1)
    return np.where(lines.any(axis=1), last - lines.argmax(axis=1), 0)


def _once(points: Points) -> Points:
    """Keep each point once; none has an index below 0."""
    first = np.unique(np.ravel_multi_index(points.T, points.max(axis=0) + 1), return_index=True)[1]
    return points[first]
