"""Surfaces seen from one side as pixels: the nearest layer of each part, nearer parts in front.

Positions are already rotated: to the right, upwards and towards the viewer, in pixels of the
picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.space.surface_mesh import Floats, as_units, sum_normals

Samples = npt.NDArray[np.float32]

LIGHT = np.array([-0.4, 0.5, 0.77])  # from the upper left, towards the reader
DARKEST = 0.45  # of a colour, where the light does not reach
EDGE_DARKER = 0.18  # of a surface that turns away from the reader: edges are seen without a line
SAMPLES_PX = 0.7  # between samples of a triangle: none of its pixels is missed
NOTHING = -np.inf  # depth of a pixel that shows no part
WHITE = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A part's surface with its colour (0 to 1) and opacity."""

    corners: Floats  # (N, 3)
    triangles: npt.NDArray[np.intp]
    colour: tuple[float, float, float]
    opacity: float


def render(
    parts: Sequence[Painted], size_px: tuple[int, int], ground: tuple[float, float, float] = WHITE
) -> Floats:
    """Return RGB, [row, column, 3], on a background; (0, 0) is the lower left corner."""
    layers = [_layer(part, size_px) for part in parts]
    depths = np.stack([depth for depth, _ in layers])
    shades = np.stack([shade for _, shade in layers])
    shown = np.flatnonzero((depths > NOTHING).any(axis=0))
    depths, shades = depths[:, shown], shades[:, shown]
    colours = np.array([part.colour for part in parts])
    covers = np.array([[part.opacity] for part in parts]) * (depths > NOTHING)
    seen, each = np.tile(np.array(ground), (shown.size, 1)), np.arange(shown.size)
    for part in np.argsort(depths, axis=0, kind="stable"):  # the farthest first
        colour = shades[part, each][:, None] * colours[part]
        seen += covers[part, each][:, None] * (colour - seen)
    image = np.tile(np.array(ground), (size_px[1] * size_px[0], 1))
    image[shown] = seen
    return image.reshape(size_px[1], size_px[0], 3)[::-1]


def _layer(part: Painted, size_px: tuple[int, int]) -> tuple[Samples, Floats]:
    """Return depth and brightness of a part's nearest surface at every pixel, row by row."""
    width, height = size_px
    depth = np.full(width * height, NOTHING, np.float32)
    shade = np.zeros(width * height)
    right, up, near, bright = np.concatenate([*_sample(part)], axis=1)
    columns, rows = np.floor(right).astype(np.intp), np.floor(up).astype(np.intp)
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    pixels = rows * width + columns
    if not inside.all():
        pixels, near, bright = pixels[inside], near[inside], bright[inside]
    np.maximum.at(depth, pixels, near)
    nearest = near == depth[pixels]
    shade[pixels[nearest]] = bright[nearest]
    return depth, shade


def _sample(part: Painted) -> Iterator[Samples]:
    """Return points on the triangles facing the viewer, at most a pixel apart, with brightness.

    Each array has four rows: right, up, near, brightness. Triangles of similar size are sampled
    together, each as densely as its longest edge requires. Single precision corresponds to a
    ten-thousandth of a pixel.
    """
    corners, bright = part.corners[part.triangles], _brightness(part)[part.triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] > 0
    edges = (corners - np.roll(corners, 1, axis=1))[:, :, :2]
    longest = np.linalg.norm(edges, axis=2).max(axis=1)
    counts = np.where(facing, np.ceil(longest / SAMPLES_PX), -1).astype(np.intp)
    values = np.concatenate([corners, bright[:, :, None]], axis=2).transpose(2, 0, 1)
    values = values.astype(np.float32)
    yield values[:, :0].reshape(4, 0)
    for count in np.unique(counts[facing]):
        i, j = (n.ravel() for n in np.mgrid[0 : count + 1, 0 : count + 1])
        i, j = i[i + j <= count], j[i + j <= count]
        weights = (np.stack([count - i - j, i, j]) / max(count, 1)).astype(np.float32)
        a, b, c = np.moveaxis(values[:, counts == count], 2, 0)[..., None]
        # no product of matrices: its threads would wait longer for one another than they work
        yield (a * weights[0] + b * weights[1] + c * weights[2]).reshape(4, -1)


def _brightness(part: Painted) -> Floats:
    """Shade each corner by the mean direction of the triangles around it."""
    units = as_units(sum_normals(part.corners, part.triangles))
    lit = np.clip(units @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)
    away = (1 - np.clip(units[:, 2], 0, 1)) ** 2
    shaded: Floats = (DARKEST + (1 - DARKEST) * lit) * (1 - EDGE_DARKER * away)
    return shaded
