"""Masks of one scan on the voxels of another, through a registration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.formats.image_objects import find_placement, to_sitk
from fl_planner.registration.scan import around
from fl_planner.space.box import NOWHERE
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

HALF = 0.5
REACH_MM = 5.0  # around a mask, beyond which none of its voxels counts


def carry_masks(sitk: Any, masks: Sequence[Mask], onto: Grid, by: Any) -> tuple[Mask, ...]:
    """Lay masks that have no voxel in common on a grid.

    `by` takes places of the grid to the scan that the masks were drawn on. Around each voxel the
    masks have shares, linear between the centres of their own voxels. A voxel is in one of them
    where these come to a half or more, and then in that of the largest: the masks' own surfaces,
    not their stairs, and no gap between two that touch.
    """
    total = np.zeros(onto.shape, dtype=np.float32)
    best, which = np.zeros_like(total), np.zeros(onto.shape, dtype=np.uint8)
    for number, mask in enumerate(masks, 1):
        share = _share(sitk, mask, onto, by)
        total += share
        which[share > best] = number
        np.maximum(best, share, out=best)
    which[total < HALF] = 0
    return tuple(
        Mask.of(mask.name, which == number, onto, mask.file) for number, mask in enumerate(masks, 1)
    )


def _share(sitk: Any, mask: Mask, onto: Grid, by: Any) -> npt.NDArray[np.float32]:
    if not mask.voxel_count:
        return np.zeros(onto.shape, dtype=np.float32)
    size, origin, spacing, direction = find_placement(onto, mask.source)
    held = sitk.Cast(to_sitk(around(mask, REACH_MM)), sitk.sitkFloat32)
    share = sitk.Resample(held, size, by, sitk.sitkLinear, origin, spacing, direction, 0.0)
    laid: npt.NDArray[np.float32] = sitk.GetArrayFromImage(share).transpose(2, 1, 0)
    return laid


def on_whole(mask: Mask, grid: Grid) -> Mask:
    """Give a mask of part of a grid on all of it; both share one lattice."""
    (place,) = mask.grid.places_mm(np.zeros((1, 3), dtype=np.intp))
    matrix = grid.matrix()
    steps = np.rint(np.linalg.solve(matrix[:, :3], place - matrix[:, 3])).astype(int).tolist()
    box = mask.box.moved((steps[0], steps[1], steps[2]))
    return replace(mask, box=box, grid=grid, field=NOWHERE, held=NOWHERE)
