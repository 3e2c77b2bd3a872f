"""Bodies on a CT: a liver among what lies around it, each a little different, and its mask.

Drawn from ellipsoids in mm about the middle of the body, x to the patient's right, y to the
front, z to the head. No figure here is taken from the code under test.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

import numpy as np
import numpy.typing as npt

from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask

Voxels = npt.NDArray[np.bool_]
Triple = tuple[float, float, float]

# HU of liver, muscle, spleen, kidney and blood
PORTAL = (110, 60, 120, 180, 150)
PLAIN = (58, 50, 48, 32, 42)
FATTY = (30, 55, 48, 32, 42)
ARTERIAL = (75, 60, 130, 190, 280)
BRIGHT = (150, 70, 170, 220, 330)
PHASES = (PORTAL, PLAIN, FATTY, ARTERIAL, BRIGHT)


@dataclass(frozen=True)
class Body:
    """One invented patient; `seed` varies sizes, places and grain.

    - `seed`: of all that is random.
    - `hu`: of liver, muscle, spleen, kidney and blood.
    - `noise_hu`: SD of a voxel.
    - `spacing_mm`: edges of a voxel.
    - `margin_mm`: what the scan shows around the liver; None: the whole body.
    """

    seed: int = 0
    hu: tuple[int, int, int, int, int] = PORTAL
    noise_hu: float = 15.0
    spacing_mm: Triple = (3.5, 3.5, 5.0)
    margin_mm: float | None = None

    @cached_property
    def grid(self) -> Grid:
        """A grid about the middle of the body."""
        half = (190.0, 140.0, 130.0)
        i, j, k = (ceil(2 * h / edge) for h, edge in zip(half, self.spacing_mm, strict=True))
        x, y, z = self.spacing_mm
        a, b, c = (-h for h in half)
        return Grid((i, j, k), ((x, 0.0, 0.0, a), (0.0, y, 0.0, b), (0.0, 0.0, z, c)))

    @cached_property
    def places(self) -> tuple[npt.NDArray[np.float64], ...]:
        """Where voxels lie, in mm."""
        x, y, z = (
            np.arange(n, dtype=np.float64) * edge + row[3]
            for n, edge, row in zip(self.grid.shape, self.spacing_mm, self.grid.affine, strict=True)
        )
        return x[:, None, None], y[None, :, None], z[None, None, :]

    def solid(self, middle: Triple, half: Triple) -> Voxels:
        """Mark an ellipsoid."""
        squares = [((p - m) / h) ** 2 for p, m, h in zip(self.places, middle, half, strict=True)]
        inside: Voxels = squares[0] + squares[1] + squares[2] < 1
        return inside

    @cached_property
    def _drawn(self) -> tuple[Voxels, npt.NDArray[np.int16]]:
        rng = np.random.default_rng(self.seed)
        size = rng.uniform(0.88, 1.08)

        def near(*numbers: float, by: float = 6.0) -> Triple:
            x, y, z = np.multiply(numbers, size) + rng.uniform(-by, by, 3)
            return x, y, z

        def about(*numbers: float) -> Triple:
            x, y, z = np.multiply(numbers, size) * rng.uniform(0.9, 1.1, 3)
            return x, y, z

        def solid(middle: Triple, half: Triple) -> Voxels:
            return self.solid(middle, half)

        endless = 1e4
        liver_hu, muscle, spleen, kidney, blood = self.hu
        wide, deep = 160 * size, 112 * size
        skin = solid((0, 0, 0), (wide, deep, endless))
        wall = solid((0, 0, 0), (wide - 14, deep - 14, endless))
        cavity = solid((0, 0, 0), (wide - 28, deep - 28, endless))
        liver = solid(near(62, 6, 0), about(70, 72, 82))
        liver |= solid(near(-14, 36, 28), about(70, 40, 34))
        liver &= cavity
        z = self.places[2]
        liver &= z > -70 * size + 0.75 * (62 * size - self.places[0]) * (self.places[0] < 62 * size)
        spine = solid((0, -66 * size, 0), (24, 22, endless))
        liver &= ~solid((0, -66 * size, 0), (34, 34, endless))
        liver &= ~solid(near(-30, -40, 0), about(40, 50, 120))

        hu = np.full(self.grid.shape, -1000.0)
        hu[skin] = -100
        hu[wall] = muscle
        hu[wall & ~cavity & ((z + 0.45 * self.places[1]) / 27 % 1 < 0.35)] = 300
        hu[cavity] = -95
        dome = 40 * size - ((self.places[0] - 60) ** 2 + self.places[1] ** 2) / 260
        hu[cavity & (z > dome)] = -850
        for part, value in (
            (solid(near(-8, 26, 104), about(60, 48, 44)), blood - 10),
            (solid(near(-104, -34, 6), about(26, 40, 50)), spleen),
            (solid(near(-68, 0, 0), about(42, 46, 60)), 30),
            (solid(near(-66, 20, 6), about(24, 16, 36)), -900),
            (solid(near(62, -56, -80), about(28, 30, 52)), kidney),
            (solid(near(-62, -54, -60), about(28, 30, 52)), kidney),
            (solid(near(20, 50, -100, by=20), about(60, 24, 22)), 35),
            (solid(near(20, 54, -96, by=20), about(30, 12, 10)), -900),
            (solid(near(-20, -34, 0), (11, 11, endless)), blood),
            (spine, 260),
        ):
            hu[part & (cavity | spine)] = value
        hu[self._near(liver) & cavity & ~liver] = muscle  # the diaphragm
        hu[liver] = liver_hu
        for _ in range(rng.integers(0, 6)):
            hu[solid(near(50, 6, 0, by=50), about(*[rng.uniform(6, 24)] * 3)) & liver] -= 35
        for _ in range(8):
            hu[solid(near(40, 6, 0, by=50), about(5, 40, 5)) & liver] = blood
        grain = rng.normal(0, self.noise_hu, hu.shape)
        return liver, np.clip(np.rint(hu + grain), -1024, 3071).astype(np.int16)

    def _near(self, liver: Voxels) -> Voxels:
        """Mark what lies a voxel beside the liver, on its right, back and top."""
        beside = np.zeros_like(liver)
        beside[1:] |= liver[:-1]
        beside[:, :-1] |= liver[:, 1:]
        beside[:, :, 1:] |= liver[:, :, :-1]
        return beside

    @cached_property
    def _shown(self) -> tuple[slice, slice, slice]:
        if self.margin_mm is None:
            return slice(None), slice(None), slice(None)
        spans = []
        for axis, edge in enumerate(self.spacing_mm):
            filled = np.flatnonzero(
                self._drawn[0].any(axis=tuple(a for a in range(3) if a != axis))
            )
            more = round(self.margin_mm / edge)
            spans.append(slice(max(0, int(filled[0]) - more), int(filled[-1]) + 1 + more))
        return spans[0], spans[1], spans[2]

    @cached_property
    def _seen(self) -> Grid:
        start = [s.start or 0 for s in self._shown]
        shape = self._drawn[0][self._shown].shape
        rows = tuple(
            (*row[:3], row[3] + edge * n)
            for row, edge, n in zip(self.grid.affine, self.spacing_mm, start, strict=True)
        )
        return Grid((shape[0], shape[1], shape[2]), rows)

    @cached_property
    def liver(self) -> Mask:
        """The liver as it lies on the CT."""
        return Mask.of("liver", self._drawn[0][self._shown], self._seen, "liver.nii.gz")

    @cached_property
    def ct(self) -> Image:
        """The CT, as its file stores it."""
        return Image(self._drawn[1][self._shown], 1.0, 0.0, self._seen, "ct.nii.gz")


def flipped(mask: Mask, *axes: int) -> Mask:
    """Store a mask the other way round under an unchanged header."""
    return Mask.of(mask.name, np.flip(mask.as_array(), axes), mask.grid, mask.file)


def moved(mask: Mask, way_mm: Sequence[float]) -> Mask:
    """Move a mask by whole voxels; what leaves the grid is lost."""
    steps = [round(mm / edge) for mm, edge in zip(way_mm, mask.grid.spacing_mm, strict=True)]
    voxels = mask.as_array()
    for axis, step in enumerate(steps):
        voxels = np.roll(voxels, step, axis)
        lost = [slice(None)] * 3
        lost[axis] = slice(0, step) if step >= 0 else slice(step, None)
        voxels[tuple(lost)] = False
    return Mask.of(mask.name, voxels, mask.grid, mask.file)


def turned_image(image: Image, axes: Sequence[int], flips: Sequence[int]) -> Image:
    """Store an image along other axes and the other way, with the header to match."""
    i, j, k = (slice(None, None, flip) for flip in flips)
    voxels = image.voxels.transpose(axes)[i, j, k]
    return replace(image, voxels=voxels, grid=turned_grid(image.grid, axes, flips))


def turned_grid(grid: Grid, axes: Sequence[int], flips: Sequence[int]) -> Grid:
    """Return the grid of the same voxels along other axes and the other way."""
    matrix = grid.matrix()
    place, columns = matrix[:, 3].copy(), np.zeros((3, 3))
    for new, old in enumerate(axes):
        columns[:, new] = matrix[:, old] * flips[new]
        if flips[new] < 0:
            place += matrix[:, old] * (grid.shape[old] - 1)
    rows = tuple(
        (float(a), float(b), float(c), float(p))
        for (a, b, c), p in zip(columns.tolist(), place.tolist(), strict=True)
    )
    a, b, c = (grid.shape[old] for old in axes)
    return Grid((a, b, c), rows, grid.placed)
