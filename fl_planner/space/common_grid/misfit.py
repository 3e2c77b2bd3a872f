"""What sets two lattices apart, in words that name the cause: spacing, side, angle or place."""

from itertools import product

import numpy as np
import numpy.typing as npt

from fl_planner.basis.errors import InputRefused
from fl_planner.space.grid import Grid

SPACING_WORDS = 1e-3  # relative; from here on two spacings are called different
FAR_VOXELS = 1 << 20  # farther apart, two places have nothing to do with each other
SAME_PLACE = 0.05  # of the shortest edge, between corners of two grids [safety.md G1]
STRAIGHT = 1e-5  # of an edge: less is no other angle or length
LOST_MM = 10.0  # from here on a file that begins at 0, 0, 0 has lost its place: ours
SHIFT_MM = 0.005  # less along an axis of the patient is not told
TOWARDS = (("left", "right"), ("back", "front"), ("foot", "head"))
MIRRORS = {  # signs of the patient's axes -> what was done to a file
    (-1, 1, 1): "it is mirrored left-right",
    (-1, -1, 1): "it is mirrored left-right and front-back, as where LPS is read as RAS",
    (1, -1, 1): "it is mirrored front-back",
    (1, 1, -1): "it is mirrored head-foot",
}
Floats = npt.NDArray[np.float64]


def say_difference(first: Grid, other: Grid) -> str:
    """Say what sets the lattice of another grid apart from the first one's."""
    ours, theirs = np.array(first.spacing_mm), np.array(other.spacing_mm)
    columns = [grid.matrix()[:, :3] / grid.spacing_mm for grid in (first, other)]
    cosines = np.abs(columns[0].T @ columns[1])
    along = theirs[cosines.argmax(axis=1)]  # their edges along our axes
    if not np.allclose(ours, along, rtol=SPACING_WORDS, atol=0.0):
        return f"voxels of {_edges(other)} against {_edges(first)} mm"
    if mirrored := say_mirrored(first, other):
        return mirrored
    if cosines.max(axis=1).min() < 1 - SPACING_WORDS**2:
        return "it is turned by an angle"
    apart = np.linalg.norm(first.matrix()[:, 3] - other.matrix()[:, 3])
    if apart > FAR_VOXELS * min(ours):
        return f"it lies {apart:.3g} mm away"
    return _say_shift(first, other)


def say_mirrored(first: Grid, other: Grid) -> str | None:
    """Say about which plane another grid is the mirror image of the first one; None if it is not.

    Voxels of both may be of other sizes. A grid that lies on both sides alike is its own mirror
    image, and nothing can be told. Where a shift of less than a voxel explains it too, it is
    mirrored only if its axes run the other way as well.
    """
    if not (first.placed and other.placed):
        return None
    places, corners = _corners(first), _corners(other)
    near_mm = SAME_PLACE * min(first.spacing_mm)
    if _farthest(places, corners) <= near_mm:
        return None
    by_mm = corners.mean(axis=0) - places.mean(axis=0)
    by_voxels = np.abs(np.linalg.solve(first.matrix()[:, :3], by_mm))
    is_small = by_voxels.max() < 1 - SAME_PLACE
    for signs, told in MIRRORS.items():
        mirrored = corners * signs
        fits = _farthest(places, mirrored) <= near_mm
        if fits and (not is_small or np.abs(places - mirrored).max() <= near_mm):
            return told
    return None


def refuse_mirrored(first: Grid, whose: str, other: Grid, source: str) -> None:
    """Refuse a file whose grid is the mirror image of another's: resampling leaves it mirrored.

    - `whose`, `source`: what messages call the first grid, and the file of the other one.

    Raises `InputRefused`: `grid.mirrored`.
    """
    if told := say_mirrored(first, other):
        reason = f"does not lie on the voxel grid of {whose}: {told}"
        remedy = (
            "find out which of the two is stored the wrong way round, and export it again; "
            "--resample would leave it on the wrong side"
        )
        raise InputRefused("grid.mirrored", source, reason, remedy)


def say_moved_by(by_mm: Floats) -> str:
    """Say a way in the patient.

    Examples
    --------
    >>> say_moved_by(np.array([1.75, 0.0, -4.0]))
    '1.75 mm to the right and 4 mm to the foot'
    """
    ways = zip(by_mm.tolist(), TOWARDS, strict=True)
    told = [f"{abs(mm):.3g} mm to the {to[mm > 0]}" for mm, to in ways if abs(mm) >= SHIFT_MM]
    return " and ".join(told)


def _say_shift(first: Grid, other: Grid) -> str:
    """Say that a lattice is shifted, and of files of one size by how much and where to."""
    ours, theirs = first.matrix(), other.matrix()
    turned = np.linalg.solve(ours[:, :3], theirs[:, :3])
    by_mm = _corners(other).mean(axis=0) - _corners(first).mean(axis=0)
    told = say_moved_by(by_mm)
    is_whole = sorted(first.shape) == sorted(other.shape)
    if not (is_whole and told and np.abs(turned - np.rint(turned)).max() < STRAIGHT):
        return "it is shifted by part of a voxel"
    lost = not theirs[:, 3].any() and np.linalg.norm(by_mm) > LOST_MM
    why = ": its first voxel lies at 0, 0, 0, so its place was lost" if lost else ""
    return f"it is shifted by {told}, no whole number of voxels{why}"


def _corners(grid: Grid) -> Floats:
    """Give the outer corners of a grid's voxels, half a voxel beyond their middles."""
    ends = np.array([*product(*((-0.5, n - 0.5) for n in grid.shape), (1.0,))])
    return ends @ grid.matrix().T


def _farthest(ones: Floats, others: Floats) -> float:
    """Measure how far the farthest of some places lies from the nearest of others."""
    apart = np.linalg.norm(ones[:, None] - others[None], axis=2)
    return float(apart.min(axis=1).max())


def _edges(grid: Grid) -> str:
    return " x ".join(f"{edge:.4g}" for edge in grid.spacing_mm)
