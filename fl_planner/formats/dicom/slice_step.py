"""The distance between the slices of a scan, from the frames of a file that may omit slices.

A file without its empty frames shows the distance between frames, which may be a multiple of the
distance between slices. The latter is known if the file states it (`SpacingBetweenSlices`), if
several frames in succession have equal distances, or from the grid of the CT or of another mask.
`SliceThickness` is not a distance between slices: slices may overlap or leave gaps [PS3.3
C.7.6.2.1.1].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import SAME_PLACE_MM
from fl_planner.formats.voxels.geometry import LPS_TO_RAS, as_affine
from fl_planner.space.common_grid.same_grid import find_turn
from fl_planner.space.grid import Grid

Floats = npt.NDArray[np.float64]

SAME_STEP = 0.01  # or `SAME_PLACE_MM`: within either two gaps are one step [safety.md D2]
SUCCESSIVE, CERTAIN = 3, 5  # planes at equal distances, as of sparse ones by chance, or never


def tolerance_mm(step_mm: float) -> float:
    """Return how much a distance may differ from a step and still be this step."""
    return max(SAME_PLACE_MM, SAME_STEP * abs(step_mm))


def is_near(one: float, other: float) -> bool:
    """Whether two distances in mm are one step."""
    return abs(one - other) <= tolerance_mm(other)


def is_thin(thickness_mm: float, apart_mm: float) -> bool:
    """Whether planes are thinner than their distance, so that some may be missing in between."""
    return thickness_mm < apart_mm and not is_near(thickness_mm, apart_mm)


def count_successive(gaps: Floats) -> int:
    """Count the planes that follow each other at the smallest of their distances.

    Examples
    --------
    >>> count_successive(np.array([5.0, 5.0, 20.0])), count_successive(np.array([5.0, 20.0]))
    (3, 2)
    """
    longest = run = 0
    for gap in gaps.tolist():
        run = run + 1 if is_near(gap, float(gaps.min())) else 0
        longest = max(longest, run)
    return longest + 1


def find_on_lattices(
    places: Floats,
    edges: tuple[Floats, Floats],
    size: tuple[int, int],
    stated_mm: Sequence[float],
    lattices: Iterable[Grid],
) -> Floats | None:
    """Find the vector between slices of the first lattice that contains all planes.

    - `places` (array (N, 3)): first pixel of each plane along the normal, in mm, LPS+.
    - `edges`: vectors from a pixel to the next along a row, and along a column.
    - `size`: columns and rows.
    - `stated_mm`: the distance stated in the file and those of the planes, of which the lattice
      must have one; empty if none is stated, or positions contradict it.
    """
    normal = np.cross(*edges)
    normal /= np.linalg.norm(normal)
    for grid in lattices:
        step = _step_of(grid, normal) if grid.placed else None
        if step is None or not _is_stated(step, normal, stated_mm):
            continue
        first = as_affine(np.column_stack([*edges, step, places[0]]) * LPS_TO_RAS)
        if _are_whole(places, step, normal) and find_turn(Grid((*size, 1), first), grid):
            return step
    return None


def _step_of(grid: Grid, normal: Floats) -> Floats:
    """Return the edge of a grid nearest to the normal of planes, along it, LPS+."""
    across = (grid.matrix()[:, :3] * LPS_TO_RAS).T
    along = across @ normal
    nearest = int(np.argmax(np.abs(along) / np.linalg.norm(across, axis=1)))
    step: Floats = across[nearest] * np.sign(along[nearest])
    return step


def _is_stated(step: Floats, normal: Floats, stated_mm: Sequence[float]) -> bool:
    """Whether a step is one of these distances, along the normal or the table movement."""
    lengths = float(step @ normal), float(np.linalg.norm(step))
    return not stated_mm or any(is_near(one, length) for one in stated_mm for length in lengths)


def _are_whole(places: Floats, step: Floats, normal: Floats) -> bool:
    """Whether all planes are whole steps from the first."""
    apart = places - places[0]
    steps = np.rint(apart @ normal / (step @ normal))
    off = np.linalg.norm(apart - steps[:, None] * step, axis=1)
    return bool(off.max() <= tolerance_mm(float(np.linalg.norm(step))))


def describe_thick(step_mm: float, apart_mm: float, thickness_mm: float | None) -> str | None:
    """Describe planes as thick as they are apart, on a lattice with smaller steps; else None."""
    smaller = not is_near(step_mm, apart_mm)
    if not smaller or not thickness_mm or not is_near(thickness_mm, apart_mm):
        return None
    return (
        f"the frames are {apart_mm:.4g} mm apart and {thickness_mm:.4g} mm thick, but the slices "
        f"of the CT or of the other masks are {step_mm:.4g} mm apart"
    )


def describe_unknown(gaps: Sequence[float], declared_mm: float | None, lacking: str) -> str:
    """Describe why the distance between slices is not known.

    Examples
    --------
    >>> describe_unknown([30.0, 20.0], 7.0, "").partition(": ")[2]
    'few slices, at least 20 mm apart, and SpacingBetweenSlices (7 mm) contradicts their positions'
    """
    if declared_mm and gaps:
        why = f"and SpacingBetweenSlices ({declared_mm:.4g} mm) contradicts their positions"
    else:
        why = f"and {lacking}"
    held = f"few slices, at least {min(gaps):.4g} mm apart" if gaps else "a single slice"
    return f"the distance between slices is unknown: {held}, {why}"
