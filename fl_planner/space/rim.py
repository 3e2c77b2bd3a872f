"""The voxels around a mask, up to so many mm away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Voxels
from fl_planner.space.distance import measure_distances_mm
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

UPRIGHT = 1e-6  # cosine of edges that count as at right angles: a header's rounding
TIE_MM = 1e-6  # so much farther is as far: sums of squares round differently by axis order


def find_rim(core: Mask, of: Mask, reach_mm: float) -> tuple[Mask, npt.NDArray[np.float64]]:
    """Find the voxels of a mask within `reach_mm` of another, which shares none with it.

    Gives them, and how far each is, centre to centre, in index order, shape (N,). `core` is
    not empty; what lies at `reach_mm` exactly belongs to the rim, whatever the rounding.
    """
    around = core.grid.around(core.box, reach_mm)
    near = of.cropped(around)
    if not near.voxel_count:
        return near, np.zeros(0)
    if _is_upright(core.grid):
        distances_mm = _transform(core, near)
    else:
        distances_mm = measure_distances_mm(near, core)
    within = distances_mm <= reach_mm + TIE_MM
    voxels = np.zeros(near.voxels.shape, dtype=np.bool_)
    voxels[near.voxels] = within
    rim = Mask(near.name, voxels, near.box, near.grid, near.file, near.field)
    return rim, distances_mm[within]


def _transform(core: Mask, near: Mask) -> npt.NDArray[np.float64]:
    """Measure by a distance transform of both masks' box: quicker than a tree for many voxels."""
    from scipy.ndimage import distance_transform_edt

    box = core.box | near.box
    outside: Voxels = np.ones(box.shape, dtype=np.bool_)
    outside[core.box.slices(box.start)] = ~core.voxels
    distances_mm = distance_transform_edt(outside, sampling=core.grid.spacing_mm)
    found: npt.NDArray[np.float64] = distances_mm[near.box.slices(box.start)][near.voxels]
    return found


def _is_upright(grid: Grid) -> bool:
    edges = grid.matrix()[:, :3] / grid.spacing_mm
    return bool(np.abs(edges.T @ edges - np.eye(3)).max() < UPRIGHT)
