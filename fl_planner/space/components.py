"""Connected parts of a mask, and what it encloses."""

from __future__ import annotations

from typing import Literal

import numpy as np

from fl_planner.space._runs import Runs, find_runs
from fl_planner.space.box import Index
from fl_planner.space.mask import Mask

Connectivity = Literal[6, 18, 26]  # neighbours by faces; and edges; and corners


def measure_parts(mask: Mask, connectivity: Connectivity) -> tuple[int, ...]:
    """Count the voxels of each connected part, largest first."""
    sizes = find_runs(mask.voxels, connectivity).sizes()
    return tuple(sorted(sizes.tolist(), reverse=True))


def split_parts(
    mask: Mask, connectivity: Connectivity, *, least_voxels: int = 1
) -> tuple[Mask, ...]:
    """Split a mask into its connected parts, largest first, equal ones in index order.

    Parts below `least_voxels` are left out.
    """
    if not mask.voxel_count:
        return ()
    runs = find_runs(mask.voxels, connectivity)
    parts = [_drawn(part, mask, mask.name, mask.box.start) for part in runs.split(least_voxels)]
    return tuple(sorted(parts, key=lambda part: (-part.voxel_count, part.box.start)))


def find_holes(mask: Mask) -> Mask:
    """Find the voxels that a mask encloses: no way out of them through faces."""
    # One layer of air around: the first run is outside, and with it all that is not enclosed.
    enclosed = find_runs(np.pad(~mask.voxels, 1, constant_values=True), 6).inside()
    if not len(enclosed.starts):
        return mask - mask
    i, j, k = mask.box.start
    return _drawn(enclosed, mask, f"holes of {mask.name}", (i - 1, j - 1, k - 1))


def _drawn(runs: Runs, mask: Mask, name: str, origin: Index) -> Mask:
    box, voxels = runs.drawn()
    return Mask(name, voxels, box.moved(origin), mask.grid, mask.file, mask.field)
