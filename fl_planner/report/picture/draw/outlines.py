"""The outline of voxels, exactly along their edges, and a position for a region's name."""

import numpy as np
import numpy.typing as npt

from fl_planner.space.grid import Voxels

Places = npt.NDArray[np.float64]  # (N, 2) in voxels, whole numbers at their centres

SIDES = (  # of a voxel, its inside on the left: neighbour beyond (axis, way), from, to
    (1, -1, (0, 0), (1, 0)),
    (0, +1, (1, 0), (1, 1)),
    (1, +1, (1, 1), (0, 1)),
    (0, -1, (0, 1), (0, 0)),
)


def trace_outline(plane: Voxels) -> list[Places]:
    """Trace the outer edges of voxels as closed loops.

    Voxel (0, 0) reaches from -0.5 to 0.5. Loops around a hole run in the opposite direction of
    those around voxels; the last point of a loop is its first.

    Examples
    --------
    >>> [loop] = trace_outline(np.array([[True]]))
    >>> loop.tolist()
    [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]]
    """
    across = plane.shape[1] + 2  # corners have one number each: row by row of the padded plane
    follows, held = _follow_edges(np.pad(plane, 1))
    loops = []
    while follows:
        start = corner = next(iter(follows))
        loop = [start]
        while len(loop) == 1 or corner != start:
            before, corner = corner, follows.pop(corner)
            loop.append(corner)
            if before in held:
                follows[before] = held.pop(before)
        loops.append(np.column_stack(np.divmod(loop, across)) - 1.5)  # from corners to centres
    return loops


def find_spot(plane: Voxels, spacing_mm: tuple[float, float], clear_mm: float) -> Places | None:
    """Return the position for a name in a region, [level, upright]; None if it does not fit.

    This is the region's centre, or its deepest point if the region is so curved that the centre is
    outside or less than half as deep.
    """
    from scipy.ndimage import distance_transform_edt

    if not plane.any():
        return None
    rows, columns = (np.flatnonzero(plane.any(axis=axis)) for axis in (1, 0))
    corner = np.array([rows[0], columns[0]])  # everything around a region is outside its box
    plane = plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    depth_mm = distance_transform_edt(np.pad(plane, 1), sampling=spacing_mm)[1:-1, 1:-1]
    deepest = np.unravel_index(np.argmax(depth_mm), depth_mm.shape)
    if depth_mm[deepest] < clear_mm:
        return None
    centre: Places = np.argwhere(plane).mean(axis=0)
    at_centre = depth_mm[tuple(np.rint(centre).astype(np.intp))]
    enough = at_centre >= max(clear_mm, depth_mm[deepest] / 2)
    return corner + (centre if enough else np.array(deepest, np.float64))


def _follow_edges(padded: Voxels) -> tuple[dict[int, int], dict[int, int]]:
    """Map each corner on an outline to the one that follows it.

    If two voxels touch only at a corner, two corners follow it; one of them is stored separately.
    """
    across = padded.shape[1]
    begins, ends = [], []
    for axis, way, (i0, j0), (i1, j1) in SIDES:
        bare = np.flatnonzero(padded & ~np.roll(padded, -way, axis))
        begins.append(bare + (i0 * across + j0))
        ends.append(bare + (i1 * across + j1))
    begin, end = np.concatenate(begins), np.concatenate(ends)
    order = np.argsort(begin, kind="stable")
    again = order[1:][begin[order[1:]] == begin[order[:-1]]]
    held = dict(zip(begin[again].tolist(), end[again].tolist(), strict=True))
    first = np.delete(np.arange(len(begin)), again)
    return dict(zip(begin[first].tolist(), end[first].tolist(), strict=True)), held
