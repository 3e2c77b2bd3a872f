"""Files of one scan cover one place: as many rows, columns and slices elsewhere are odd.

A whole number of voxels is a crop or a padding, which nobody has to be asked about. But a crop
has another shape, one of another organ differs along all three axes: a file of the same size that
lies elsewhere has lost its origin, or was drawn on another scan, and fits the lattice by chance.
So it is too where a scan was halved to less than the 256 rows and columns of a scanner.
"""

from collections.abc import Sequence

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.space.common_grid.lattice import find_turn
from fl_planner.space.common_grid.misfit import say_mirrored
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

LEAST_VOXELS = 32  # along two axes: smaller crops may be of one size by chance; project's choice


def find_moved(masks: Sequence[Mask]) -> tuple[Finding, ...]:
    """Find files of the first one's size that lie elsewhere; one finding a file.

    The masks are those of files that store a whole scan, each still on its own file's grid.
    """
    findings: dict[str, Finding] = {}
    for mask in masks[1:]:
        mm = measure_moved_mm(masks[0].grid, mask.grid)
        if mm is not None and mask.source not in findings:
            findings[mask.source] = _tell(masks[0], mask, mm)
    return tuple(findings.values())


def measure_moved_mm(first: Grid, other: Grid) -> float | None:
    """Measure how far a grid of one lattice and one shape lies from another.

    None where it lies in the same place, has another shape, as a crop has, or is so small that
    two crops may be of one size by chance; axes may be stored in any order and direction.
    """
    turn = find_turn(other, first) if first.placed and other.placed else None
    if turn is None or sorted(first.shape)[1] < LEAST_VOXELS:
        return None
    place = turn.box(other.whole)
    if place.shape != first.shape or place.start == (0, 0, 0):
        return None
    return float(np.linalg.norm(first.matrix()[:, :3] @ place.start))


def say_moved(first: Grid, other: Grid, mm: float) -> str:
    """Say what two files have in common, and what not.

    A mirror image is asked about where axes run the other way as well: a shift may make one.
    """
    size = " x ".join(map(str, first.shape))
    turn = find_turn(other, first)
    mirrored = say_mirrored(first, other) if turn and min(turn.signs) < 0 else None
    asked = f" Or {mirrored.replace('it is', 'is it', 1)}?" if mirrored else ""
    return f"both cover {size} voxels, {mm:.0f} mm apart: was an origin lost?{asked}"


def _tell(first: Mask, mask: Mask, mm: float) -> Finding:
    said = say_moved(first.grid, mask.grid, mm)
    message = (
        f"{mask.source}, {first.source}: {said} Check whether both are of one scan, and export "
        "them again"
    )
    return Finding("grid.moved", Severity.WARNING, message, mask.file, mm, "mm")
