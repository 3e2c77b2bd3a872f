"""One lattice, many boxes: masks that were cropped, padded, flipped or turned, brought together.

Two grids lie on one lattice when each voxel of one covers exactly a voxel place of the
other, whatever their axis order, direction and extent. Then voxels move by index, exactly;
otherwise nothing may be moved without resampling, and the pair is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import permutations, product
from operator import or_
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import SAME_PLACE_MM
from fl_planner.basis.errors import InputRefused
from fl_planner.space.box import NOWHERE, Box, Index
from fl_planner.space.common_grid.misfit import FAR_VOXELS, refuse_mirrored, say_difference
from fl_planner.space.grid import Affine, Grid
from fl_planner.space.mask import Mask

Number = TypeVar("Number", bound=np.generic)

OFF_VOXELS = 0.05  # or this part of a voxel along each axis [safety.md G1]


@dataclass(frozen=True, slots=True)
class Turn:
    """How indices of one grid become indices of another on the same lattice.

    Along axis `a` of the other grid runs axis `axes[a]` of this one, forwards where
    `signs[a]` is 1 and backwards where it is -1; `offset` is where index (0, 0, 0) lands.
    """

    axes: Index
    signs: Index
    offset: Index

    def box(self, box: Box) -> Box:
        """Place of a box on the other grid."""
        first, last = self._land(box.start), self._land(tuple(n - 1 for n in box.stop))
        start = tuple(map(min, first, last))
        stop = tuple(max(a, b) + 1 for a, b in zip(first, last, strict=True))
        return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))

    def voxels(self, voxels: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """View of an array along the other grid's axes; nothing is copied."""
        i, j, k = (slice(None, None, sign) for sign in self.signs)
        return voxels.transpose(self.axes)[i, j, k]

    def _land(self, index: tuple[int, ...]) -> tuple[int, ...]:
        turned = zip(self.axes, self.signs, self.offset, strict=True)
        return tuple(sign * index[axis] + offset for axis, sign, offset in turned)


def bring_together(masks: Sequence[Mask]) -> tuple[Mask, ...]:
    """Put masks of one lattice on one grid that holds them all, first mask first.

    The common grid runs along the patient's axes as nearly as the lattice does (left to
    right, back to front, foot to head), so the same anatomy gives the same arrays however its
    files are stored. Raises `InputRefused` naming both files where the lattices differ.
    """
    first = masks[0]
    lattice = _upright(first.grid)
    turns = [_require_turn(first, mask, lattice) for mask in masks]
    fields = [turn.box(mask.grid.whole) for turn, mask in zip(turns, masks, strict=True)]
    hull = reduce(or_, fields)
    grid, back = lattice.part(hull), _index([-n for n in hull.start])
    return tuple(
        replace(
            mask,
            voxels=turn.voxels(mask.voxels),
            box=turn.box(mask.box).moved(back) if mask.voxel_count else mask.box,
            grid=grid,
            field=field.moved(back),
            held=mask.held if mask.held == NOWHERE else turn.box(mask.held).moved(back),
        )
        for mask, turn, field in zip(masks, turns, fields, strict=True)
    )


def find_turn(grid: Grid, onto: Grid) -> Turn | None:
    """Find how `grid` lies on the lattice of `onto`; None where it does not.

    Corners may be off by `SAME_PLACE_MM`, or by `OFF_VOXELS` along each axis.
    """
    ours, theirs = onto.matrix(), grid.matrix()
    steps = np.linalg.solve(ours[:, :3], theirs)
    steps[:, 3] = np.linalg.solve(ours[:, :3], theirs[:, 3] - ours[:, 3])
    if np.abs(steps[:, 3]).max() > FAR_VOXELS:
        return None
    whole = np.rint(steps)
    turned = np.abs(whole[:, :3])
    if not (_ones(turned, 0) and _ones(turned, 1)):
        return None
    last = [max(n - 1, 1) for n in grid.shape]  # a single layer has a thickness too
    corners = np.array([*product(*((0, n) for n in last), (1,))])
    off_voxels = np.abs(corners @ (steps - whole).T)
    off_mm = np.linalg.norm((corners @ (steps - whole).T) @ ours[:, :3].T, axis=1)
    if not bool(((off_mm <= SAME_PLACE_MM) | (off_voxels <= OFF_VOXELS).all(axis=1)).all()):
        return None
    axes = np.argmax(turned, axis=1)
    signs = whole[np.arange(3), axes]
    return Turn(_index(axes), _index(signs), _index(whole[:, 3]))


def _ones(turned: npt.NDArray[np.float64], axis: int) -> bool:
    return bool((turned.sum(axis=axis) == 1).all())


def _require_turn(first: Mask, mask: Mask, lattice: Grid) -> Turn:
    if mask.grid.placed is not first.grid.placed:
        lost, kept = (first, mask) if mask.grid.placed else (mask, first)
        reason = f"says nothing of its place in the patient, {kept.source} does"
        raise InputRefused(
            "geometry.place_missing", lost.source, reason, "export both from one program"
        )
    if not mask.grid.placed and mask.grid.shape != first.grid.shape:
        reason = f"has another shape than {first.source}, and neither says where it lies"
        raise InputRefused(
            "geometry.place_missing", mask.source, reason, "export both from one program"
        )
    turn = find_turn(mask.grid, lattice)
    if turn is None:
        refuse_mirrored(first.grid, first.source, mask.grid, mask.source)
        difference = say_difference(first.grid, mask.grid)
        reason = f"does not lie on the voxel grid of {first.source}: {difference}"
        remedy = "export both from one series, or ask for --resample"
        raise InputRefused("grid.differs", mask.source, reason, remedy)
    if _may_be_mirrored(first.grid, mask.grid):
        reason = f"lies differently from {first.source}, and neither says where in the patient"
        remedy = "export both from one program, with their place"
        raise InputRefused("geometry.place_missing", mask.source, reason, remedy)
    return turn


def _may_be_mirrored(first: Grid, other: Grid) -> bool:
    """Whether grids without a place are stored in two ways: no turn between them is sure."""
    return not first.placed and not other.matches(first)


def find_misfit(first: Grid, other: Grid) -> str | None:
    """Say why two grids do not lie on one lattice; None where they do."""
    if first.placed is not other.placed:
        return "only one of them says where it lies in the patient"
    if not first.placed and first.shape != other.shape:
        return "their shapes differ, and neither says where it lies in the patient"
    if find_turn(other, _upright(first)) is None:
        return say_difference(first, other)
    if _may_be_mirrored(first, other):
        return "they lie differently, and neither says where in the patient"
    return None


def _upright(grid: Grid) -> Grid:
    """One voxel of the same lattice, its axes as nearly right, forward and up as they can be."""
    matrix = grid.matrix()
    cosines = matrix[:, :3] / grid.spacing_mm
    axes = max(permutations(range(3)), key=lambda p: sum(abs(cosines[a, p[a]]) for a in range(3)))
    signs = [1 if cosines[a, axes[a]] > 0 else -1 for a in range(3)]
    turned = np.column_stack([matrix[:, axes] * signs, matrix[:, 3]]).tolist()
    rows: Affine = tuple((a, b, c, d) for a, b, c, d in turned)
    return Grid((1, 1, 1), rows, grid.placed)


def _index(numbers: npt.ArrayLike) -> Index:
    i, j, k = np.asarray(numbers).astype(int).tolist()
    return i, j, k
