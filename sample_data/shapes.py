"""Smooth solids as fields of millimetres: negative inside, about zero on the surface.

Only + - * /, square roots and comparisons are used. IEEE 754 rounds these alike on every
machine, so the same voxels come out everywhere; sine, exponential and powers would not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]  # float32 at run time
Triple = tuple[float, float, float]
Box = tuple[slice, slice, slice]

ENDLESS_MM = 1e4  # a semi-axis that makes a cylinder of an ellipsoid
NOT_NULL = np.float32(1e-6)  # keeps the centre of an ellipsoid from dividing 0 by 0


@dataclass(frozen=True, slots=True)
class Points:
    """Places in mm of the atlas (x to the patient's left), arrays that broadcast to [z, y, x]."""

    x: Field
    y: Field
    z: Field

    def near(self, low: Triple, high: Triple) -> tuple[Box, Points]:
        """Return the block of indices between two corners, and the points in it."""
        axes = (self.z.ravel(), self.y.ravel(), self.x.ravel())
        z, y, x = (
            slice(*(int(n) for n in np.searchsorted(axis, (lo, hi))))
            for axis, lo, hi in zip(axes, low[::-1], high[::-1], strict=True)
        )
        return (z, y, x), Points(self.x[:, :, x], self.y[:, y], self.z[z])


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """An ellipsoid; `lean` shears it: mm of x a mm of z, of y a mm of z, of z a mm of x."""

    centre: Triple
    semi: Triple
    lean: Triple = (0.0, 0.0, 0.0)

    def field(self, p: Points) -> Field:
        """Return the distance from the surface: exact on the axes, good near the surface."""
        x, y, z = p.x - self.centre[0], p.y - self.centre[1], p.z - self.centre[2]
        u = (x - self.lean[0] * z) / self.semi[0]
        v = (y - self.lean[1] * z) / self.semi[1]
        w = (z - self.lean[2] * x) / self.semi[2]
        reach = np.sqrt(u * u + v * v + w * w)
        u, v, w = u / self.semi[0], v / self.semi[1], w / self.semi[2]
        steep = np.sqrt(u * u + v * v + w * w)
        distance: Field = reach * (reach - 1) / (steep + NOT_NULL)
        return distance

    def corners(self, margin_mm: float = 0.0) -> tuple[Triple, Triple]:
        """Return the lowest and highest corner of the box around it; it must not lean."""
        low = tuple(c - s - margin_mm for c, s in zip(self.centre, self.semi, strict=True))
        high = tuple(c + s + margin_mm for c, s in zip(self.centre, self.semi, strict=True))
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])


@dataclass(frozen=True, slots=True)
class Tube:
    """A straight piece of vessel whose radius runs evenly from one end to the other."""

    start: Triple
    end: Triple
    start_radius: float
    end_radius: float

    def field(self, p: Points) -> Field:
        """Return the distance from the wall."""
        d = [e - s for s, e in zip(self.start, self.end, strict=True)]
        x, y, z = p.x - self.start[0], p.y - self.start[1], p.z - self.start[2]
        along = (x * d[0] + y * d[1] + z * d[2]) / (d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
        t = np.clip(along, 0, 1)
        x, y, z = x - t * d[0], y - t * d[1], z - t * d[2]
        radius = self.start_radius + t * (self.end_radius - self.start_radius)
        distance: Field = np.sqrt(x * x + y * y + z * z) - radius
        return distance

    def corners(self, margin_mm: float = 0.0) -> tuple[Triple, Triple]:
        """Return the lowest and highest corner of the box around it."""
        out = max(self.start_radius, self.end_radius) + margin_mm
        low = [min(s, e) - out for s, e in zip(self.start, self.end, strict=True)]
        high = [max(s, e) + out for s, e in zip(self.start, self.end, strict=True)]
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])


Solid = Ellipsoid | Tube


def vessel(path: Sequence[Triple], start_radius: float, end_radius: float) -> list[Tube]:
    """Return the straight pieces of a tube that passes the points of a path."""
    n = len(path) - 1
    radii = [start_radius + (end_radius - start_radius) * i / n for i in range(n + 1)]
    ends = zip(pairwise(path), pairwise(radii), strict=True)
    return [Tube(a, b, r, s) for (a, b), (r, s) in ends]


def join(a: Field, b: Field, blend_mm: float) -> Field:
    """Unite two solids, the seam rounded over `blend_mm` (quadratic smooth minimum)."""
    h = np.maximum(blend_mm - np.abs(a - b), 0)
    return np.minimum(a, b) - h * h / (4 * blend_mm)


def meet(a: Field, b: Field, blend_mm: float) -> Field:
    """Intersect two solids, the edge rounded over `blend_mm`."""
    return -join(-a, -b, blend_mm)


def carve(solid: Field, p: Points, tool: Solid, blend_mm: float) -> None:
    """Take a tool out of a solid, in place, the edge rounded over `blend_mm`.

    Only the tool's neighbourhood is touched: beyond twice the blend no surface moves.
    """
    box, q = p.near(*tool.corners(2 * blend_mm))
    solid[box] = -join(-solid[box], tool.field(q), blend_mm)


def wave(t: Field) -> Field:
    """Undulate with period 1 and amplitude 1: sin(2 pi t) to 0.06, made of parabolas."""
    half = 2 * t
    turn = np.floor(half)
    rest = half - turn
    sign = 1 - 2 * (turn - 2 * np.floor(turn / 2))
    height: Field = sign * 4 * rest * (1 - rest)
    return height
