"""Map masks of one lattice that were cropped, padded, flipped or rotated to one grid.

Two grids are on one lattice if each voxel of one exactly covers a voxel of the other or of its
continuation, regardless of axis order, direction and extent. Voxels are then moved exactly, by
index; otherwise the pair is refused, as resampling would be required.

A shift by whole voxels is a crop or a padding. A crop has another shape, and a crop of another
organ differs along all three axes. A file of the same size at another position has therefore lost
its origin, or was drawn on a different scan and fits the lattice by chance. This also applies to
scans downsampled by half to fewer than the 256 rows and columns of a scanner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from itertools import permutations, product
from math import prod
from operator import or_
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.constants import SAME_PLACE_MM
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.units import MM_IN_M
from fl_planner.space.grid import NOWHERE, Affine, Box, Grid, Index
from fl_planner.space.mask import Mask

SPACING_WORDS = 1e-3  # relative; larger differences are reported as different spacings
FAR_VOXELS = 1 << 20  # places farther apart are unrelated
LARGEST_IMAGE = 1 << 29  # voxels [safety.md F2]
FAR_BOXES = 8  # times the drawn boxes: beyond, most of their common box is empty
SAME_PLACE = 0.05  # of the shortest edge, between corners of two grids [safety.md G1]
STRAIGHT = 1e-5  # of an edge: smaller differences of angle or length are ignored
LOST_MM = 10.0  # beyond, a file that begins at 0, 0, 0 has lost its place [project's choice]
SHIFT_MM = 0.005  # smaller shifts along an axis of the patient are not reported
TOWARDS = (("patient's left", "patient's right"), ("back", "front"), ("feet", "head"))
MIRRORS = {  # signs of the patient's axes -> description of the mirroring
    (-1, 1, 1): "it is mirrored left-right",
    (-1, -1, 1): "it is mirrored left-right and front-back, as if LPS had been read as RAS",
    (1, -1, 1): "it is mirrored front-back",
    (1, 1, -1): "it is mirrored head-foot",
}
Floats = npt.NDArray[np.float64]


def describe_difference(first: Grid, other: Grid) -> str:
    """Describe how the lattice of another grid differs from the first lattice."""
    ours, theirs = np.array(first.spacing_mm), np.array(other.spacing_mm)
    columns = [grid.matrix()[:, :3] / grid.spacing_mm for grid in (first, other)]
    cosines = np.abs(columns[0].T @ columns[1])
    along = theirs[cosines.argmax(axis=1)]  # their edges along our axes
    if not np.allclose(ours, along, rtol=SPACING_WORDS, atol=0.0):
        return f"voxels of {_edges(along)} versus {_edges(ours)} mm"
    if mirrored := describe_mirroring(first, other):
        return mirrored
    if cosines.max(axis=1).min() < 1 - SPACING_WORDS**2:
        return "it is rotated relative to the other grid"
    apart = np.linalg.norm(first.matrix()[:, 3] - other.matrix()[:, 3])
    if apart > FAR_VOXELS * min(ours):
        return f"it is {apart:.3g} mm away"
    return _describe_shift(first, other)


def describe_mirroring(first: Grid, other: Grid) -> str | None:
    """Describe the plane in which another grid is a mirror image of the first; None if it is not.

    Voxel sizes may differ. A symmetric grid is its own mirror image, so its side cannot be
    determined. If a shift of less than a voxel also explains the difference, the grid is mirrored
    only if its axes also run in the opposite direction.
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
    for signs, words in MIRRORS.items():
        mirrored = corners * signs
        fits = _farthest(places, mirrored) <= near_mm
        if fits and (not is_small or np.abs(places - mirrored).max() <= near_mm):
            return words
    return None


def refuse_mirrored(first: Grid, whose: str, other: Grid, source: str) -> None:
    """Refuse a file whose grid mirrors another grid, which resampling would not correct.

    - `whose`, `source`: names used in messages for the first grid and for the file of the other
      one.

    Raises `InputRefused`: `grid.mirrored`.
    """
    if words := describe_mirroring(first, other):
        reason = f"is not on the voxel grid of {whose}: {words}"
        remedy = (
            "determine which of the two is mirrored, and export it again; --resample would leave "
            "it on the wrong side"
        )
        raise InputRefused("grid.mirrored", source, reason, remedy)


def format_displacement(by_mm: Floats) -> str:
    """Format a displacement in the patient.

    Examples
    --------
    >>> format_displacement(np.array([1.75, 0.0, -4.0]))
    "1.75 mm towards the patient's right and 4 mm towards the feet"
    """
    ways = zip(by_mm.tolist(), TOWARDS, strict=True)
    parts = [f"{_length(mm)} towards the {to[mm > 0]}" for mm, to in ways if abs(mm) >= SHIFT_MM]
    return " and ".join(parts)


def _length(mm: float) -> str:
    return f"{abs(mm):.3g} mm" if abs(mm) < MM_IN_M else f"{abs(mm) / MM_IN_M:.4g} m"


def _describe_shift(first: Grid, other: Grid) -> str:
    """Describe the shift of a lattice, with its amount if the files have the same size."""
    ours, theirs = first.matrix(), other.matrix()
    turned = np.linalg.solve(ours[:, :3], theirs[:, :3])
    by_mm = _corners(other).mean(axis=0) - _corners(first).mean(axis=0)
    words = format_displacement(by_mm)
    is_whole = sorted(first.shape) == sorted(other.shape)
    if not (is_whole and words and np.abs(turned - np.rint(turned)).max() < STRAIGHT):
        return "it is shifted by part of a voxel"
    lost = not theirs[:, 3].any() and np.linalg.norm(by_mm) > LOST_MM
    why = ": its first voxel is at 0, 0, 0, so its position was lost" if lost else ""
    return f"it is shifted by {words}, which is not a whole number of voxels{why}"


def _corners(grid: Grid) -> Floats:
    """Return the outer corners of a grid's voxels, half a voxel beyond their centres."""
    ends = np.array([*product(*((-0.5, n - 0.5) for n in grid.shape), (1.0,))])
    return ends @ grid.matrix().T


def _farthest(ones: Floats, others: Floats) -> float:
    """Measure the largest distance from any position to the nearest of the others."""
    apart = np.linalg.norm(ones[:, None] - others[None], axis=2)
    return float(apart.min(axis=1).max())


def _edges(edges: Floats) -> str:
    return " x ".join(f"{edge:.4g}" for edge in edges)


Number = TypeVar("Number", bound=np.generic)

OFF_VOXELS = 0.05  # or this part of a voxel along each axis [safety.md G1]


class Turn(Struct, frozen=True):
    """Mapping of indices of one grid to those of another on the same lattice.

    Axis `a` of the other grid is axis `axes[a]` of this grid, forwards if `signs[a]` is 1 and
    backwards if it is -1; `offset` is the image of index (0, 0, 0).
    """

    axes: Index
    signs: Index
    offset: Index

    def box(self, box: Box) -> Box:
        """Position of a box on the other grid."""
        first, last = self._land(box.start), self._land(tuple(n - 1 for n in box.stop))
        return Box.of(map(min, first, last), (n + 1 for n in map(max, first, last)))

    def voxels(self, voxels: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """View of an array along the other grid's axes; nothing is copied."""
        i, j, k = (slice(None, None, sign) for sign in self.signs)
        return voxels.transpose(self.axes)[i, j, k]

    def _land(self, index: tuple[int, ...]) -> tuple[int, ...]:
        turned = zip(self.axes, self.signs, self.offset, strict=True)
        return tuple(sign * index[axis] + offset for axis, sign, offset in turned)


def bring_together(masks: Sequence[Mask]) -> tuple[Mask, ...]:
    """Return masks of one lattice on one grid that contains them all, in the given order.

    The common grid runs along the patient's axes as nearly as the lattice does (left to
    right, back to front, foot to head), so the same anatomy gives the same arrays, regardless of
    how its files are stored. Raises `InputRefused`, which names both files, if the lattices differ
    or the masks are metres apart.
    """
    first = masks[0]
    lattice = _upright(first.grid)
    turns = [_require_turn(first, mask, lattice) for mask in masks]
    fields = [turn.box(mask.grid.whole) for turn, mask in zip(turns, masks, strict=True)]
    hull = reduce(or_, fields)
    grid, back = lattice.part(hull), _index([-n for n in hull.start])
    boxes = [turn.box(mask.box) for turn, mask in zip(turns, masks, strict=True)]
    _require_near(masks, boxes)
    return tuple(
        replace(
            mask,
            voxels=turn.voxels(mask.voxels),
            box=box.moved(back) if mask.voxel_count else mask.box,
            grid=grid,
            field=field.moved(back),
            held=mask.held if mask.held == NOWHERE else turn.box(mask.held).moved(back),
        )
        for mask, turn, field, box in zip(masks, turns, fields, boxes, strict=True)
    )


def _require_near(masks: Sequence[Mask], boxes: Sequence[Box]) -> None:
    """Refuse masks so far apart that their common box exceeds any image: an origin is wrong.

    `boxes`: of the masks, on one lattice.
    """
    hull, drawn = NOWHERE, 0
    for mask, box in zip(masks, boxes, strict=True):
        if not mask.voxel_count:
            continue
        hull, drawn = hull | box, drawn + prod(box.shape)
        if prod(hull.shape) > max(LARGEST_IMAGE, FAR_BOXES * drawn):
            by_mm = _corners(mask.grid).mean(axis=0) - _corners(masks[0].grid).mean(axis=0)
            away = format_displacement(by_mm)
            reason = f"its file is shifted by {away} relative to {masks[0].source}: too far"
            remedy = "export both files again from the same series"
            raise InputRefused("grid.far_apart", mask.source, reason, remedy)


def find_turn(grid: Grid, onto: Grid) -> Turn | None:
    """Return the mapping of `grid` to the lattice of `onto`; None without a common lattice.

    Corners may differ by `SAME_PLACE_MM`, or by `OFF_VOXELS` along each axis.
    """
    steps = index_steps(grid, onto)
    if np.abs(steps[:, 3]).max() > FAR_VOXELS:
        return None
    whole = np.rint(steps)
    turned = np.abs(whole[:, :3])
    if not all((turned.sum(axis=axis) == 1).all() for axis in (0, 1)):
        return None
    last = [max(n - 1, 1) for n in grid.shape]  # a single layer has a thickness too
    corners = np.array([*product(*((0, n) for n in last), (1,))])
    off = corners @ (steps - whole).T
    off_mm = np.linalg.norm(off @ onto.matrix()[:, :3].T, axis=1)
    if not bool(((off_mm <= SAME_PLACE_MM) | (np.abs(off) <= OFF_VOXELS).all(axis=1)).all()):
        return None
    axes = np.argmax(turned, axis=1)
    signs = whole[np.arange(3), axes]
    return Turn(_index(axes), _index(signs), _index(whole[:, 3]))


def index_steps(one: Grid, other: Grid) -> Floats:
    """Matrix from indices of one grid to those of another, shape (3, 4)."""
    ours, theirs = one.matrix(), other.matrix()
    steps = np.asarray(np.linalg.solve(theirs[:, :3], ours), dtype=np.float64)
    steps[:, 3] = np.linalg.solve(theirs[:, :3], ours[:, 3] - theirs[:, 3])
    return steps


def _require_turn(first: Mask, mask: Mask, lattice: Grid) -> Turn:
    remedy = "export both files from the same program"
    if mask.grid.placed is not first.grid.placed:
        lost, kept = (first, mask) if mask.grid.placed else (mask, first)
        reason = f"does not state its position in the patient, but {kept.source} does"
        raise InputRefused("geometry.place_missing", lost.source, reason, remedy)
    if not mask.grid.placed and mask.grid.shape != first.grid.shape:
        reason = f"differs in shape from {first.source}, and neither states its position"
        raise InputRefused("geometry.place_missing", mask.source, reason, remedy)
    if (turn := find_turn(mask.grid, lattice)) is None:
        refuse_mirrored(first.grid, first.source, mask.grid, mask.source)
        difference = describe_difference(first.grid, mask.grid)
        reason = f"is not on the voxel grid of {first.source}: {difference}"
        remedy = (
            "export both files from the same series, or resample one of them (--resample, or "
            "fl-planner convert)"
        )
        raise InputRefused("grid.differs", mask.source, reason, remedy)
    if _may_be_mirrored(first.grid, mask.grid):
        reason = f"is stored differently from {first.source}, and neither states its position"
        remedy = "export both files from the same program, with their positions"
        raise InputRefused("geometry.place_missing", mask.source, reason, remedy)
    return turn


def _may_be_mirrored(first: Grid, other: Grid) -> bool:
    """Whether grids without a position are stored differently, so that no mapping is certain."""
    return not first.placed and not other.matches(first)


def describe_misfit(first: Grid, other: Grid) -> str | None:
    """Describe why two grids are not on one lattice; None if they are."""
    if first.placed is not other.placed:
        return "only one of the files states its position in the patient"
    if not first.placed and first.shape != other.shape:
        return "their shapes differ, and neither states its position in the patient"
    if find_turn(other, _upright(first)) is None:
        return describe_difference(first, other)
    if _may_be_mirrored(first, other):
        return "they are stored differently, and neither states its position in the patient"
    return None


def _upright(grid: Grid) -> Grid:
    """One voxel of the same lattice, with its axes nearest to right, front and head."""
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


ASLANT_VOXELS = 1.0  # between the corners of a face: a more oblique scan has no box


def cover(scan: Grid, grid: Grid) -> Box | None:
    """Return the box of a grid's lattice completely covered by a scan; it may exceed the grid.

    None if their relation is unknown, or if they are oblique to each other.
    """
    if not (scan.placed and grid.placed):
        return None
    matrix = grid.matrix()
    corners = np.linalg.solve(matrix[:, :3], (_corners(scan) - matrix[:, 3]).T)
    corners.sort(axis=1)
    low, high = corners[:, :4], corners[:, 4:]
    if max(np.ptp(low, axis=1).max(), np.ptp(high, axis=1).max()) > ASLANT_VOXELS:
        return None
    start = np.ceil(low[:, -1] + 0.5 - OFF_VOXELS).astype(int).tolist()
    stop = np.floor(high[:, 0] + 0.5 + OFF_VOXELS).astype(int).tolist()
    held = Box.of(start, stop)
    return held if min(held.shape) > 0 else None


LEAST_VOXELS = 32  # along two axes: smaller crops may be of one size by chance; project's choice
# A part of the liver that is at least 1 in 10 of it has kept its origin if at most 1 in 100 of its
# voxels are outside, and otherwise more than 1 in 200 beyond a rim of one voxel [project's choice].
LIVER_PARTS, LARGE_PART, OUTSIDE, BEYOND_RIM = ("flr", "resected"), 10, 100, 200


def find_moved(masks: Sequence[Mask]) -> tuple[Finding, ...]:
    """Find files of the same size as the first at another position; one finding per file.

    The masks are from files that store a whole scan, each still on the grid of its file. A large
    part of the liver that fits into it only at its stated position has kept its origin.
    """
    findings: dict[str, Finding] = {}
    for mask in masks[1:]:
        mm = measure_moved_mm(masks[0].grid, mask.grid)
        if mm is None or mask.source in findings or _fits_only_as_stated(masks[0], mask):
            continue
        findings[mask.source] = _report_moved(masks[0], mask, mm)
    return tuple(findings.values())


def _fits_only_as_stated(liver: Mask, part: Mask) -> bool:
    """Whether a part is in the liver as its header states, but not with the origin of the liver."""
    large = LARGE_PART * part.voxel_count >= liver.voxel_count > 0
    if liver.name != "liver" or part.name not in LIVER_PARTS or not large:
        return False
    from scipy.ndimage import maximum_filter  # most files are at the position of the liver

    turn = _require_turn(liver, part, liver.grid)
    voxels, box = turn.voxels(part.voxels), turn.box(part.box)
    outside = np.count_nonzero(voxels & ~liver.voxels_in(box))
    back = box.moved(_index([-n for n in turn.box(part.grid.whole).start])).grown(1)
    with_rim = maximum_filter(liver.voxels_in(back), 3)[1:-1, 1:-1, 1:-1]
    beyond = np.count_nonzero(voxels & ~with_rim)
    return bool(OUTSIDE * outside <= part.voxel_count < BEYOND_RIM * beyond)


def measure_moved_mm(first: Grid, other: Grid) -> float | None:
    """Measure the distance between two grids of the same lattice and shape.

    None if both have the same position, if their shapes differ as with a crop, or if they are so
    small that two crops may have the same size by chance. Axes may be stored in any order and
    direction.
    """
    turn = find_turn(other, first) if first.placed and other.placed else None
    if turn is None or sorted(first.shape)[1] < LEAST_VOXELS:
        return None
    place = turn.box(other.whole)
    if place.shape != first.shape or place.start == (0, 0, 0):
        return None
    return float(np.linalg.norm(first.matrix()[:, :3] @ place.start))


def describe_moved(first: Grid, other: Grid, mm: float) -> str:
    """Describe the difference between two files of the same size.

    A mirror image is mentioned only if axes also run in the opposite direction, because a shift
    alone may resemble a mirror image.
    """
    size = " x ".join(map(str, first.shape))
    turn = find_turn(other, first)
    mirrored = describe_mirroring(first, other) if turn and min(turn.signs) < 0 else None
    also = f", or whether {mirrored.replace('it', 'one of them', 1)}" if mirrored else ""
    apart = f"both have {size} voxels but are {mm:.0f} mm apart"
    return f"{apart}: check whether an origin was lost{also}."


def _report_moved(first: Mask, mask: Mask, mm: float) -> Finding:
    apart = describe_moved(first.grid, mask.grid, mm)
    message = (
        f"{mask.source}, {first.source}: {apart} Check whether both files belong to the same scan, "
        "and export them again"
    )
    return Finding("grid.moved", Severity.WARNING, message, mask.file, mm, "mm")
