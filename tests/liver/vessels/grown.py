"""Grown vessels: a tree of straight tubes that forks at random, in a liver that is an ellipsoid.

Each fork splits its part of the liver by a plane through it, and either branch runs to the middle
of its half: so branches never meet, and what lives on which is known by analytic geometry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.liver.anatomy import Anatomy
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.intp]

RADII_MM = (95.0, 75.0, 50.0)  # of the liver, 1490 mL
THIN = 0.75  # of a branch, over the one before it
APART_MM = 3.0  # between branches that do not meet
AROUND_MM = 12.0  # of a tube that may be nearest to a voxel of its tree


@dataclass(frozen=True, slots=True)
class Tube:
    """A straight branch: from, to, radius, and the number of the one before it, -1 at first."""

    start: Floats
    stop: Floats
    radius_mm: float
    before: int

    @property
    def length_mm(self) -> float:
        """From end to end."""
        return float(np.linalg.norm(self.stop - self.start))

    def at(self, share: float) -> tuple[float, float, float]:
        """Give the place at a share of its length."""
        x, y, z = (self.start + share * (self.stop - self.start)).tolist()
        return x, y, z


@dataclass(frozen=True, slots=True)
class Nearest:
    """Of places: the nearest tube, how far along it from 0 to 1, and mm from its surface."""

    tube: Numbers
    along: Floats
    distance_mm: Floats


@dataclass(frozen=True, slots=True)
class Grown:
    """A tree of tubes, each after the one before it."""

    tubes: tuple[Tube, ...]

    def below(self, tube: int) -> frozenset[int]:
        """List the tubes that hang on one, itself left out."""
        found = {tube}
        for number, one in enumerate(self.tubes):
            if one.before in found:
                found.add(number)
        return frozenset(found - {tube})

    def nearest(self, places: Floats) -> Nearest:
        """Find what each place is nearest to, (N, 3): by the distance to a tube's surface."""
        best = np.full(len(places), np.inf)
        tube = np.zeros(len(places), dtype=np.intp)
        share = np.zeros(len(places))
        for number, one in enumerate(self.tubes):
            axis = one.stop - one.start
            along = np.clip((places - one.start) @ axis / (axis @ axis), 0.0, 1.0)
            away = np.linalg.norm(places - one.start - along[:, None] * axis, axis=1)
            closer = away - one.radius_mm < best
            best[closer] = (away - one.radius_mm)[closer]
            tube[closer], share[closer] = number, along[closer]
        return Nearest(tube, share, best)

    def keeps_apart(self, least_mm: float) -> bool:
        """Whether tubes that do not meet at a fork lie apart, and those that do part at once."""
        for number, one in enumerate(self.tubes):
            others = [other for other in self.tubes[:number] if other is not one]
            for other in others:
                meet = other is self.tubes[one.before] or other.before == one.before
                begin = (
                    (one.radius_mm + other.radius_mm + least_mm) / one.length_mm * 1.4
                    if meet
                    else 0.0
                )
                if begin >= 1.0:
                    return False
                places = np.linspace(one.start + begin * (one.stop - one.start), one.stop, 40)
                away_mm = Grown((other,)).nearest(places).distance_mm.min() - one.radius_mm
                if away_mm < least_mm:
                    return False
        return True

    def beyond(self, found: Nearest, tube: int, along: float) -> npt.NDArray[np.bool_]:
        """Tell which places are nearest to what lies beyond a cut of a tube."""
        below = np.isin(found.tube, [*self.below(tube)])
        return np.asarray(below | ((found.tube == tube) & (found.along >= along)))


def grow(seed: int, forks: int, root: tuple[float, float, float], stem_mm: float) -> Grown:
    """Grow a tree from a root into the liver: every branch forks, `forks` times in a row.

    Trees are grown until one keeps its branches apart, so that drawn in voxels it is still a tree.
    """
    rng = np.random.default_rng(seed)
    while True:
        tree = _grow_once(rng, forks, root, stem_mm)
        if tree.keeps_apart(APART_MM):
            return tree


def _grow_once(
    rng: np.random.Generator, forks: int, root: tuple[float, float, float], stem_mm: float
) -> Grown:
    points = rng.uniform(-1.0, 1.0, (20_000, 3)) * RADII_MM
    points = points[((points / RADII_MM) ** 2).sum(axis=1) < 0.9]
    tubes: list[Tube] = []
    start = np.array(root)
    middle = points.mean(axis=0)
    stop = start + (middle - start) / np.linalg.norm(middle - start) * stem_mm
    tubes.append(Tube(start, stop, 6.0, -1))
    parts = [(points, 0)]
    for _ in range(forks):
        parts = [half for part in parts for half in _fork(rng, tubes, *part)]
    return Grown(tuple(tubes))


def _fork(
    rng: np.random.Generator, tubes: list[Tube], points: Floats, before: int
) -> Iterator[tuple[Floats, int]]:
    """Split a part by a plane that its branch ends in, across its longest way or nearly."""
    fork = tubes[before].stop
    axis = (fork - tubes[before].start) / tubes[before].length_mm
    longest = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][0]
    normal = longest + 0.4 * rng.normal(size=3)
    normal -= (normal @ axis) * axis  # the branch before lies in the plane
    side = (points - fork) @ normal > 0
    for half in (points[side], points[~side]):
        end = fork + 0.85 * (half.mean(axis=0) - fork)
        tubes.append(Tube(fork, end, tubes[before].radius_mm * THIN, before))
        yield half, len(tubes) - 1


def ellipsoid_grid(step_mm: tuple[float, float, float]) -> Grid:
    """Lay a grid around the liver, whose middle is at the origin of the patient."""
    half = [
        int(np.ceil((radius + 3 * AROUND_MM) / step))
        for radius, step in zip(RADII_MM, step_mm, strict=True)
    ]
    i, j, k = (2 * n + 1 for n in half)
    rows = [[0.0] * 4 for _ in range(3)]
    for axis in range(3):
        rows[axis][axis] = step_mm[axis]
        rows[axis][3] = -half[axis] * step_mm[axis]
    affine = tuple((a, b, c, d) for a, b, c, d in rows)
    return Grid((i, j, k), affine)


def draw_liver(grid: Grid) -> Mask:
    """Draw the ellipsoid on a grid whose axes are those of the patient."""
    x, y, z = (
        ((grid.affine[axis][3] + np.arange(n) * grid.affine[axis][axis]) / radius) ** 2
        for axis, (n, radius) in enumerate(zip(grid.shape, RADII_MM, strict=True))
    )
    inside = x[:, None, None] + y[:, None] + z <= 1.0
    return Mask.of("liver", inside, grid, "liver.nii.gz")


def draw_tree(tree: Grown, grid: Grid, name: str) -> Mask:
    """Draw tubes: voxels whose middle lies in one; a voxel in its axis is always drawn."""
    voxels = np.zeros(grid.shape, dtype=np.bool_)
    least = max(grid.spacing_mm) * 0.87
    for tube in tree.tubes:
        reach = max(tube.radius_mm, least)
        low = np.minimum(tube.start, tube.stop) - reach
        high = np.maximum(tube.start, tube.stop) + reach
        first, last = (_index(grid, corner) for corner in (low, high))
        spans = [
            np.arange(max(a, 0), min(b + 2, n))
            for a, b, n in zip(first, last, grid.shape, strict=True)
        ]
        indices = np.stack(np.meshgrid(*spans, indexing="ij"), axis=-1).reshape(-1, 3)
        away = Grown((tube,)).nearest(grid.places_mm(indices)).distance_mm + tube.radius_mm
        voxels[tuple(indices[away <= reach].T)] = True
    return Mask.of(name, voxels, grid, f"{name}.nii.gz")


def grown_liver(grid: Grid, **trees: Grown) -> Anatomy:
    vessels = {name: draw_tree(tree, grid, name) for name, tree in trees.items()}
    return Anatomy(draw_liver(grid), vessels=vessels)


def _index(grid: Grid, place: Floats) -> list[int]:
    matrix = grid.matrix()
    found: list[int] = (
        np.floor(np.linalg.solve(matrix[:, :3], place - matrix[:, 3])).astype(int).tolist()
    )
    return found
