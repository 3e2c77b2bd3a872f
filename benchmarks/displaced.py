"""A liver drawn again and again, each surface displaced by a smooth random field.

Shares no code with `fl_planner`: the masks are plain arrays, the fields are filtered noise, and
the share is counted from partly filled voxels. Two ways to displace:

- `push`: the cut, the liver's outer surface and the tumour's each move along their own normal,
  by a field of their own;
- `warp`: the whole picture is bent by one field of displacement vectors.

Either way a surface moves by a standard deviation of half a voxel in the slice and half a slice
across, which is half an index step along any axis, with correlation exp(-d²/(2·length²)).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

NONE, PART, REST, TUMOUR = range(4)
HALF_STEP = 0.5
SMOOTH_STEPS = 1.5  # of the picture that normals are taken from
LATTICE_MM = 3.0  # of the random field
REACH = 2  # index steps: a displacement of four standard deviations

Labels = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]
Noise = npt.NDArray[np.float32]
How = Literal["push", "warp"]


@dataclass(frozen=True, slots=True)
class Surface:
    """Where one surface may come, and what it parts.

    `filled` is 1 on one side and 0 on the other; `places` are the indices of the voxels near the
    surface, (3, N), `places_mm` the same in mm, and `normals` point across it, in index steps.
    """

    filled: Floats
    places: npt.NDArray[np.intp]
    places_mm: Floats
    normals: Floats

    @classmethod
    def of(cls, filled: Floats, edges_mm: Floats) -> Surface:
        """Find the voxels near the surface of a picture, and their normals."""
        near = ndimage.maximum_filter(filled, 2 * REACH + 1) != ndimage.minimum_filter(
            filled, 2 * REACH + 1
        )
        places = np.array(np.nonzero(near))
        smooth = ndimage.gaussian_filter(filled, SMOOTH_STEPS)
        normals = np.array([ndimage.sobel(smooth, axis)[near] for axis in range(3)])
        normals /= np.maximum(np.linalg.norm(normals, axis=0), 1e-12)
        return cls(filled, places, edges_mm.T @ places, normals)

    def moved(self, by_steps: Floats) -> Floats:
        """Return how full each voxel near the surface is once displaced, (N,)."""
        return ndimage.map_coordinates(self.filled, self.places + by_steps, order=1)


class Field:
    """Random fields of mean 0 and standard deviation 1 on a lattice that holds all places."""

    def __init__(self, places_mm: Floats, length_mm: float, random: np.random.Generator) -> None:
        self.first = places_mm.min(axis=1, keepdims=True)
        span = np.ptp(places_mm, axis=1) / LATTICE_MM
        around = int(4 * length_mm / LATTICE_MM)  # the lattice is a ring: its ends must not meet
        self.shape = tuple(int(n) + 2 + around for n in span)
        self.sigma = length_mm / sqrt(2) / LATTICE_MM  # smoothed noise is alike √2 farther
        single = np.zeros(self.shape)
        single[0, 0, 0] = 1
        answer = ndimage.gaussian_filter(single, self.sigma, mode="wrap")
        self.scale = 1 / sqrt(float((answer**2).sum()))
        self.random = random

    def draw(self) -> Noise:
        """Draw one field on its lattice."""
        noise = self.random.standard_normal(self.shape, dtype=np.float32)
        smooth: Noise = ndimage.gaussian_filter(noise, self.sigma, mode="wrap") * self.scale
        return smooth

    def at(self, drawn: Noise, places_mm: Floats) -> Floats:
        """Read a field at places, (3, N) to (N,)."""
        return ndimage.map_coordinates(drawn, (places_mm - self.first) / LATTICE_MM, order=1)


def draw_shares(
    labels: Labels, edges_mm: Floats, how: How, count: int, *, seed: int, length_mm: float = 10.0
) -> Floats:
    """Displace the surfaces `count` times and count the share each time.

    `labels` holds NONE, PART, REST and TUMOUR; row a of `edges_mm` is one step along index a.
    """
    labels = _cropped(labels)
    organ, side, tumour = (Surface.of(filled, edges_mm) for filled in _draw(labels, edges_mm))
    surfaces = (organ, side, tumour)
    every_mm = np.concatenate([surface.places_mm for surface in surfaces], axis=1)
    field = Field(every_mm, length_mm, np.random.default_rng(seed))
    near = np.zeros(labels.shape, dtype=bool)
    for surface in surfaces:
        near[tuple(surface.places)] = True
    views = [_View.of(surface, near) for surface in surfaces]
    still_part, still_rest = (np.count_nonzero(labels[~near] == one) for one in (PART, REST))
    shares = []
    for _ in range(count):
        bent = [field.draw() for _ in range(3)] if how == "warp" else None
        in_organ, in_part, in_tumour = (one.moved(field, bent) for one in views)
        free = in_organ * (1 - in_tumour)
        part = still_part + float((free * in_part).sum())
        rest = still_rest + float((free * (1 - in_part)).sum())
        shares.append(part / (part + rest))
    return np.array(shares)


@dataclass(frozen=True, slots=True)
class _View:
    """A surface among the voxels near any surface: what they hold, and which are near this one."""

    surface: Surface
    held: Floats
    which: npt.NDArray[np.intp]

    @classmethod
    def of(cls, surface: Surface, near: npt.NDArray[np.bool_]) -> _View:
        order = np.cumsum(near.ravel()) - 1
        at = np.ravel_multi_index(tuple(surface.places), near.shape)
        return cls(surface, surface.filled[near], order[at])

    def moved(self, field: Field, bent: list[Noise] | None) -> Floats:
        """Fill the voxels with the surface displaced; by a field of its own if `bent` is None."""
        places_mm, normals = self.surface.places_mm, self.surface.normals
        if bent is None:
            by_steps = field.at(field.draw(), places_mm) * normals
        else:
            by_steps = np.array([field.at(one, places_mm) for one in bent])
        held = self.held.copy()
        held[self.which] = self.surface.moved(HALF_STEP * by_steps)
        return held


def _cropped(labels: Labels) -> Labels:
    """Keep the liver and a rim that no surface leaves."""
    inside = np.nonzero(labels)
    block = tuple(slice(max(0, i.min() - 1), i.max() + 2) for i in inside)
    return np.pad(labels[block], 2 * REACH + 2)


def _draw(labels: Labels, edges_mm: Floats) -> tuple[Floats, Floats, Floats]:
    """Draw the organ, the part's side of it carried on beyond the organ, and the tumour."""
    free = (labels == PART) | (labels == REST)
    nearest = ndimage.distance_transform_edt(
        ~free,
        sampling=np.linalg.norm(edges_mm, axis=1),
        return_distances=False,
        return_indices=True,
    )
    side = labels[tuple(nearest)] == PART
    return (labels != NONE).astype(float), side.astype(float), (labels == TUMOUR).astype(float)
