"""Masks by hand: blocks, bars, a liver of eight segments, and one body stored in many ways."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import permutations, product

import numpy as np
from hypothesis import strategies as st

from fl_planner.basis.findings import Finding
from fl_planner.liver.anatomy import Anatomy
from fl_planner.space.grid import Affine, Box, Grid
from fl_planner.space.mask import Mask
from tests.bodies import turned_grid

Index = tuple[int, int, int]
Span = tuple[int, int]  # from the first to before the second
Turn = tuple[tuple[int, ...], tuple[int, ...]]  # order of axes, directions

# Columns are the steps of i, j and k. All are decimals, so that squares are exact by hand.
UPRIGHT: Affine = ((1.0, 0.0, 0.0, 0.0), (0.0, 2.0, 0.0, 0.0), (0.0, 0.0, 5.0, 0.0))
FLIPPED: Affine = ((-0.8, 0.0, 0.0, 190.0), (0.0, -0.8, 0.0, 170.0), (0.0, 0.0, 2.5, -60.0))
TURNED: Affine = ((0.0, 0.0, 1.5, 3.0), (0.7, 0.0, 0.0, 4.0), (0.0, -4.0, 0.0, 5.0))  # z along j
OBLIQUE: Affine = (  # 20 degrees about z, then 10 about x, steps of 0.8, 0.9 and 2.5 mm
    (0.751754, -0.307818, 0.0, 12.5),
    (0.269459, 0.832875, -0.43412, -80.0),
    (0.047513, 0.146858, 2.462019, 33.0),
)
OBLIQUE_225: Affine = (  # 10 degrees about z, edges of 4, 4.5 and 12.5 mm: 0.225 mL, read as more
    (3.939231, -0.781417, 0.0, -40.0),
    (0.694593, 4.431635, 0.0, -40.0),
    (0.0, 0.0, 12.5, 0.0),
)
SHEARED: Affine = (  # a gantry tilted by 15 degrees
    (0.8, 0.0, 0.0, 0.0),
    (0.0, 0.8, 0.647048, 0.0),
    (0.0, 0.0, 2.414815, 0.0),
)
AFFINES = {"upright": UPRIGHT, "flipped": FLIPPED, "turned": TURNED, "oblique": OBLIQUE,
           "sheared": SHEARED}  # fmt: skip
AXIAL = {"upright": 2, "flipped": 2, "turned": 1, "oblique": 2, "sheared": 2}  # index axis

TURNS = [(axes, flips) for axes in permutations(range(3)) for flips in product((1, -1), repeat=3)]
ORIENTATIONS = [*product(AFFINES, TURNS)]  # 240 ways


def cubes(shape: Index, step_mm: float = 1.0) -> Grid:
    return Grid.upright(shape, (step_mm, step_mm, step_mm))


def block(grid: Grid, *spans: Span, name: str = "block", file: str | None = None) -> Mask:
    voxels = np.zeros(grid.shape, dtype=bool)
    voxels[tuple(slice(*span) for span in spans)] = True
    return Mask.of(name, voxels, grid, file)


def boxes(grid: Grid, spans: Iterable[Sequence[int]], name: str = "boxes") -> Mask:
    """Unite boxes [x0, x1, y0, y1, z0, z1], as vectors.json writes them."""
    voxels = np.zeros(grid.shape, dtype=bool)
    for a, b, c, d, e, f in spans:
        voxels[a:b, c:d, e:f] = True
    return Mask.of(name, voxels, grid)


def cells(
    grid: Grid, indices: Iterable[Index], name: str = "cells", file: str | None = None
) -> Mask:
    voxels = np.zeros(grid.shape, dtype=bool)
    for index in indices:
        voxels[index] = True
    return Mask.of(name, voxels, grid, file)


def bar(name: str, start: int, stop: int, step_mm: float = 1.0) -> Mask:
    """Voxels [start, stop) of a row of 300, `step_mm` apart."""
    grid = Grid.upright((300, 1, 1), (step_mm, 1.0, 1.0))
    return block(grid, (start, stop), (0, 1), (0, 1), name=name, file=f"{name}.nii")


def indices_of(mask: Mask) -> set[Index]:
    return {(i, j, k) for i, j, k in np.argwhere(mask.as_array()).tolist()}


def clouds(shape: Index, least: int = 1, most: int = 40) -> st.SearchStrategy[set[Index]]:
    return st.sets(
        st.tuples(*(st.integers(0, n - 1) for n in shape)), min_size=least, max_size=most
    )


def turned(mask: Mask, axes: Sequence[int], flips: Sequence[int]) -> Mask:
    """Store the same body along other axes and the other way, with the header to match."""
    i, j, k = (slice(None, None, flip) for flip in flips)
    voxels = mask.as_array().transpose(axes)[i, j, k]
    return Mask.of(mask.name, voxels, turned_grid(mask.grid, axes, flips), mask.file)


def mirrored(mask: Mask) -> Mask:
    """Flip voxels from left to right under an unchanged header: another body."""
    (_, *start), (_, *stop) = mask.box.start, mask.box.stop
    first, last = (mask.grid.shape[0] - i for i in (mask.box.stop[0], mask.box.start[0]))
    box = Box((first, start[0], start[1]), (last, stop[0], stop[1]))
    return Mask(mask.name, mask.voxels[::-1], box, mask.grid, mask.file)


def on_each(anatomy: Anatomy, change: Callable[[Mask], Mask]) -> Anatomy:
    def maybe(mask: Mask | None) -> Mask | None:
        return None if mask is None else change(mask)

    return replace(
        anatomy,
        liver=change(anatomy.liver),
        tumour=maybe(anatomy.tumour),
        flr=maybe(anatomy.flr),
        resected=maybe(anatomy.resected),
        treated=maybe(anatomy.treated),
        excluded=tuple(change(mask) for mask in anatomy.excluded),
        segments={name: change(mask) for name, mask in anatomy.segments.items()},
        mapped=maybe(anatomy.mapped),
        lesions=tuple(change(mask) for mask in anatomy.lesions),
    )


# A liver of 1500 voxels of 1 mL: eight segments, each where it lies in a patient (RAS+: x to the
# right, y to the front, z to the head), with one voxel of air around.
LIVER_GRID = Grid((17, 12, 12), ((10.0, 0, 0, -40.0), (0, 10.0, 0, -90.0), (0, 0, 10.0, 20.0)))
SEGMENT_BOXES = {
    "1": [[4, 7, 1, 4, 1, 11]],  # 90 mL
    "2": [[1, 4, 1, 11, 6, 11]],  # 150
    "3": [[1, 4, 1, 11, 1, 6]],  # 150
    "4": [[4, 7, 4, 11, 1, 11]],  # 210
    "5": [[7, 12, 5, 11, 1, 6]],  # 150
    "6": [[7, 12, 1, 5, 1, 6], [12, 16, 1, 11, 1, 6]],  # 300
    "7": [[7, 12, 1, 5, 6, 11], [12, 16, 1, 11, 6, 11]],  # 300
    "8": [[7, 12, 5, 11, 6, 11]],  # 150
}
SEGMENT_ML = {"1": 90, "2": 150, "3": 150, "4": 210, "5": 150, "6": 300, "7": 300, "8": 150}
LIVER_BOX = [[1, 16, 1, 11, 1, 11]]


def liver_part(spans: Iterable[Sequence[int]], name: str, grid: Grid = LIVER_GRID) -> Mask:
    """Build a part on the grid of the small liver, from a file of its name."""
    return replace(boxes(grid, spans, name), file=f"{name}.nii.gz")


def small_liver(grid: Grid = LIVER_GRID) -> Anatomy:
    """Build the small liver by itself, 1500 mL."""
    return Anatomy(liver_part(LIVER_BOX, "liver", grid))


def small_segments(grid: Grid = LIVER_GRID) -> dict[str, Mask]:
    return {
        name: replace(boxes(grid, spans, f"segment_{name}"), file="segments.nii.gz")
        for name, spans in SEGMENT_BOXES.items()
    }


def moved(anatomy: Anatomy, mm: float) -> Anatomy:
    """Lay an anatomy so many mm towards the head: no two scans of a patient lie alike."""

    def move(mask: Mask) -> Mask:
        *across, (x, y, z, height) = mask.grid.affine
        affine = (across[0], across[1], (x, y, z, height + mm))
        return replace(mask, grid=replace(mask.grid, affine=affine))

    return on_each(anatomy, move)


def codes(findings: Iterable[Finding]) -> list[str]:
    return [finding.code for finding in findings]
