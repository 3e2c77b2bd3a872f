"""The outline of voxels, exactly along their edges, and where in a region its name fits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Voxels

Places = npt.NDArray[np.float64]  # (N, 2) in voxels, whole numbers at their centres
Corner = tuple[int, int]

SIDES = (  # of a voxel, its inside on the left: neighbour beyond (axis, way), from, to
    (1, -1, (0, 0), (1, 0)),
    (0, +1, (1, 0), (1, 1)),
    (1, +1, (1, 1), (0, 1)),
    (0, -1, (0, 1), (0, 0)),
)


def trace_outline(plane: Voxels) -> list[Places]:
    """Trace the edges between voxels and what surrounds them, as closed loops.

    Voxel (0, 0) reaches from -0.5 to 0.5. Loops around a hole run the other way than those
    around voxels; the last place of a loop is its first.

    Examples
    --------
    >>> [loop] = trace_outline(np.array([[True]]))
    >>> loop.tolist()
    [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]]
    """
    follows = _follow_edges(np.pad(plane, 1))
    loops = []
    while follows:
        start = next(iter(follows))
        loop = [start, _leave(follows, start)]
        while loop[-1] != start:
            loop.append(_leave(follows, loop[-1]))
        loops.append(np.array(loop) - 1.5)  # from corners of padded voxels to centres
    return loops


def find_spot(plane: Voxels, spacing_mm: tuple[float, float], clear_mm: float) -> Places | None:
    """Find where in a region a name fits, (level, upright); None where it fits nowhere.

    That is the region's centre; but its deepest place where the region bends away from its
    centre, so that this lies outside or less than half as deep.
    """
    from scipy.ndimage import distance_transform_edt

    if not plane.any():
        return None
    depth_mm = distance_transform_edt(np.pad(plane, 1), sampling=spacing_mm)[1:-1, 1:-1]
    deepest = np.unravel_index(np.argmax(depth_mm), depth_mm.shape)
    if depth_mm[deepest] < clear_mm:
        return None
    centre: Places = np.argwhere(plane).mean(axis=0)
    at_centre = depth_mm[tuple(np.rint(centre).astype(np.intp))]
    enough = at_centre >= max(clear_mm, depth_mm[deepest] / 2)
    return centre if enough else np.array(deepest, np.float64)


def _follow_edges(padded: Voxels) -> dict[Corner, list[Corner]]:
    """Map each corner on an outline to those that follow it: two where voxels touch by it."""
    follows: dict[Corner, list[Corner]] = {}
    for axis, way, (i0, j0), (i1, j1) in SIDES:
        bare = padded & ~np.roll(padded, -way, axis)
        for i, j in np.argwhere(bare).tolist():
            follows.setdefault((i + i0, j + j0), []).append((i + i1, j + j1))
    return follows


def _leave(follows: dict[Corner, list[Corner]], corner: Corner) -> Corner:
    ends = follows[corner]
    end = ends.pop()
    if not ends:
        del follows[corner]
    return end
