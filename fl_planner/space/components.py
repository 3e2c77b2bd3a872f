"""Connected parts of a mask, and what it encloses."""

from dataclasses import replace
from typing import Literal

import numpy as np

from fl_planner.basis.errors import InputRefused
from fl_planner.space._runs import MOST_RUNS, Runs, TooManyRunsError, find_runs
from fl_planner.space.box import Box, Index, Voxels
from fl_planner.space.mask import Mask

MOST_PARTS = 4096  # each is looked at by itself; a liver has some hundred [project's choice]
REMEDY = "draw it again, or remove what is not connected"

Connectivity = Literal[6, 18, 26]  # neighbours by faces; and edges; and corners


def measure_parts(mask: Mask, connectivity: Connectivity) -> tuple[int, ...]:
    """Count the voxels of each connected part, largest first."""
    sizes = _runs_of(mask, connectivity).sizes()
    return tuple(sorted(sizes.tolist(), reverse=True))


def split_parts(
    mask: Mask, connectivity: Connectivity, *, least_voxels: int = 1
) -> tuple[Mask, ...]:
    """Split a mask into its connected parts, largest first, equal ones in index order.

    Parts below `least_voxels` are left out. Raises `InputRefused`: `limit.parts`.
    """
    if not mask.voxel_count:
        return ()
    runs = _runs_of(mask, connectivity)
    if not runs.parts.any():  # it is one
        return (mask,) if mask.voxel_count >= least_voxels else ()
    split = runs.split(least_voxels)
    if len(split) > MOST_PARTS:
        reason = f"falls into {len(split):,} pieces, and at most {MOST_PARTS:,} are measured"
        raise InputRefused("limit.parts", mask.source, reason, REMEDY)
    parts = [_drawn(part, mask, mask.name, mask.box.start) for part in split]
    return tuple(sorted(parts, key=lambda part: (-part.voxel_count, part.box.start)))


def find_holes(mask: Mask) -> Mask:
    """Find the voxels that a mask encloses: no way out of them through faces."""
    # One layer of air around: the first run is outside, and with it all that is not enclosed.
    enclosed = _runs_of(mask, 6, outside=True).inside()
    if not len(enclosed.starts):
        return mask - mask
    i, j, k = mask.box.start
    return _drawn(enclosed, mask, f"holes of {mask.name}", (i - 1, j - 1, k - 1))


def find_apart(mask: Mask, other: Mask) -> Mask:
    """Find the parts of a mask, joined by faces, that nowhere touch another mask.

    A voxel touches where it is one of the other's, or lies one index step beside it, along any
    or all axes. All parts are asked at once: a mask may have a hundred thousand specks.
    """
    if not mask.voxel_count:
        return mask
    runs = _runs_of(mask, 6)
    alone = runs.missing(_grown_in(other, mask.box))
    return _drawn(alone, mask, mask.name, mask.box.start) if len(alone.starts) else mask - mask


def find_near(mask: Mask, other: Mask) -> Mask:
    """Find the voxels of a mask that are another's, or lie one index step beside one of them."""
    reached = mask.cropped(other.box.grown(1))
    return replace(reached, voxels=reached.voxels & _grown_in(other, reached.box))


def touch(part: Mask, other: Mask) -> bool:
    """Whether a voxel of one is a voxel of the other, or lies one index step beside it.

    Works around `part` only, so that a thousand specks can be asked about one liver.
    """
    return bool((part.voxels & _grown_in(other, part.box)).any())


def _runs_of(mask: Mask, connectivity: Connectivity, *, outside: bool = False) -> Runs:
    """Find the runs of a mask, or of what is around them; noise is refused."""
    try:
        return find_runs(mask.voxels, connectivity, outside=outside)
    except TooManyRunsError:
        reason = f"falls into more than {MOST_RUNS:,} rows of voxels: noise, and no organ"
        raise InputRefused("limit.runs", mask.source, reason, REMEDY) from None


def _grown_in(mask: Mask, box: Box) -> Voxels:
    """Draw in a box the voxels of a mask and those one index step beside them."""
    around = box.grown(1)
    common = around & mask.box
    near = np.zeros(around.shape, dtype=np.bool_)
    near[common.slices(around.start)] = mask.voxels[common.slices(mask.box.start)]
    for axis in range(3):
        lines = np.moveaxis(near, axis, 0)
        before = lines.copy()
        lines[1:] |= before[:-1]
        lines[:-1] |= before[1:]
    inside: Voxels = near[1:-1, 1:-1, 1:-1]
    return inside


def _drawn(runs: Runs, mask: Mask, name: str, origin: Index) -> Mask:
    box, voxels = runs.drawn()
    return replace(mask, name=name, voxels=voxels, box=box.moved(origin))
