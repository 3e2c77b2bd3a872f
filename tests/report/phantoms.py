"""Livers of boxes: a mark on the patient's right, at the front and towards the head."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np

from fl_planner.space.box import Box
from fl_planner.space.grid import Affine, Grid
from fl_planner.space.mask import Mask

SHAPE, SPACING_MM = (40, 30, 24), (3.0, 4.0, 5.0)
GRID = Grid(SHAPE, ((3.0, 0.0, 0.0, -60.0), (0.0, 4.0, 0.0, -50.0), (0.0, 0.0, 5.0, 20.0)))
LIVER = Box((4, 3, 2), (36, 27, 22))
MARK = Box((29, 20, 15), (33, 24, 19))  # right, front, head
LEFT = Box((4, 3, 2), (14, 27, 22))

WAYS = [(p, s) for p in permutations(range(3)) for s in product((1, -1), repeat=3)]
Way = tuple[tuple[int, ...], tuple[int, ...]]


def block(name: str, box: Box, grid: Grid = GRID) -> Mask:
    """Fill a box."""
    return Mask(name, np.ones(box.shape, np.bool_), box, grid, f"{name}.nii.gz")


def stored_otherwise(mask: Mask, way: Way) -> Mask:
    """Store the same voxels in the same places, with other axis order and directions."""
    axes, signs = way
    grid, turned = mask.grid, [slice(None, None, sign) for sign in signs]
    first = [0, 0, 0]
    for axis, sign in zip(axes, signs, strict=True):
        first[axis] = 0 if sign > 0 else grid.shape[axis] - 1
    (origin,) = grid.places_mm(np.array([first]))
    columns = grid.matrix()[:, axes] * signs
    rows: Affine = tuple(
        (float(a), float(b), float(c), float(o))
        for (a, b, c), o in zip(columns, origin, strict=True)
    )
    voxels = mask.as_array().transpose(axes)[turned[0], turned[1], turned[2]]
    i, j, k = voxels.shape
    return Mask.of(mask.name, voxels, Grid((i, j, k), rows), mask.file)
