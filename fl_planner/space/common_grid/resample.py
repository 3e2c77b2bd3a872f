"""Resample masks and images to another grid of their lattice, or to the finest of several.

Only nearest neighbour is used, as labels cannot be interpolated [safety.md H-05]. The volume
before and after, and the possible error, are reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import log2, sqrt

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.space.common_grid.same_grid import (
    Turn,
    describe_misfit,
    find_turn,
    index_steps,
    refuse_mirrored,
)
from fl_planner.space.distance import count_surface
from fl_planner.space.grid import NOWHERE, Box, Grid, Image, as_index
from fl_planner.space.mask import Mask

UNIFORM_VARIANCE = 1 / 12  # of the part of a border voxel that is counted wrongly, in voxels
TAPERED_VARIANCE = 1 / 240  # the same, of the layers of a body without flat faces
# of an index: headers state voxel sizes to about 1e-6 mm, and this error adds up over all voxels
ROUNDING_VOXELS = 1e-3  # [project's choice]


class Resampled(Struct, frozen=True):
    """Volume of one mask before and after resampling.

    - `name`, `file`: name and file of the mask.
    - `source`, `onto`: names used in messages for the mask and for the grid to which it was
      resampled.
    - `before_ml`, `after_ml`: its volume on its own grid, and on the other.
    - `rounding_ml`: error from the change of volume and the partial-volume effect, 1.96 SD.
    - `cut_off_ml`: part of it outside the liver afterwards, which is not counted.
    - `grid`: the grid on which it was drawn.
    """

    name: str
    file: str | None
    source: str
    onto: str
    before_ml: float
    after_ml: float
    rounding_ml: float
    cut_off_ml: float = 0.0
    grid: Grid | None = None

    @property
    def error_ml(self) -> float:
        """Possible error of the counted volume, from resampling and removal."""
        return self.rounding_ml + self.cut_off_ml

    @classmethod
    def of(cls, before: Mask, after: Mask, onto: str) -> Resampled:
        """Compare a mask before and after resampling."""
        volumes = (before.volume_ml, after.volume_ml, _error_ml(before, after))
        return cls(before.name, before.file, before.source, onto, *volumes, grid=before.grid)


def resample_to_finest(
    masks: Sequence[Mask],
) -> tuple[tuple[Mask, ...], tuple[Resampled | None, ...]]:
    """Resample masks of different lattices to the lattice with the smallest voxels.

    Masks already on it, and masks without a position in the patient, remain unchanged; nothing is
    reported on these. Raises `InputRefused`: `grid.mirrored` if the grid of a mask is the mirror
    image of the first mask's.
    """
    _refuse_mirrored(masks)
    finest = min(masks, key=lambda mask: mask.grid.voxel_ml)
    done: list[Mask] = []
    changes: list[Resampled | None] = []
    for mask in masks:
        known = mask.grid.placed and finest.grid.placed
        if not known or find_turn(mask.grid, finest.grid) is not None:
            done.append(mask)
            changes.append(None)
            continue
        after = resample(mask, finest.grid)
        done.append(after)
        changes.append(Resampled.of(mask, after, finest.source))
    return tuple(done), tuple(changes)


def _refuse_mirrored(masks: Sequence[Mask]) -> None:
    first = masks[0]
    for mask in masks[1:]:
        if find_turn(mask.grid, first.grid) is None:
            refuse_mirrored(first.grid, first.source, mask.grid, mask.source)


def resample_onto(mask: Mask, grid: Grid, whose: str) -> tuple[Mask, Resampled, Finding]:
    """Resample one mask to the lattice of a chosen grid, and report the change of volume.

    `whose` is the name of the grid in messages. The result may extend beyond the grid.
    Raises `InputRefused`: `grid.mirrored` if one grid is the mirror image of the other.
    """
    refuse_mirrored(grid, whose, mask.grid, mask.source)
    after = resample(mask, grid)
    one = Resampled.of(mask, after, whose)
    return after, one, report_resampled(one)


def resample(mask: Mask, lattice: Grid) -> Mask:
    """Return a mask on the lattice of another grid, by nearest neighbour."""
    to_source, steps = index_steps(lattice, mask.grid), index_steps(mask.grid, lattice)
    field, box = (_cover(part, steps) for part in (mask.field, mask.box))
    grid = lattice.part(field)
    i, j, k = (np.arange(start, stop) for start, stop in zip(box.start, box.stop, strict=True))
    signs = _patient_signs(mask.grid)
    voxels = np.zeros(box.shape, dtype=np.bool_)
    for layer, index in enumerate(k):  # a layer at a time: few bytes beside the mask's
        corner = to_source[:, 2] * index + to_source[:, 3]
        places = [
            _nearest(to_source[a, 0] * i[:, None] + to_source[a, 1] * j + corner[a], signs[a])
            - mask.box.start[a]
            for a in range(3)
        ]
        within = zip(places, mask.voxels.shape, strict=True)
        inside = np.logical_and.reduce([(place >= 0) & (place < size) for place, size in within])
        voxels[:, :, layer][inside] = mask.voxels[tuple(place[inside] for place in places)]
    placed = box.moved(as_index(-n for n in field.start))
    return replace(mask, voxels=voxels, box=placed, grid=grid, field=NOWHERE, held=NOWHERE)


def _patient_signs(grid: Grid) -> list[int]:
    """Return 1 or -1 for each axis: towards right, front or head of the patient, or away from it.

    The patient's axis is the one that the axis of the grid follows most closely.
    """
    columns = grid.matrix()[:, :3].T
    return [1 if column[np.argmax(np.abs(column))] > 0 else -1 for column in columns]


def _nearest(indices: npt.NDArray[np.float64], sign: int) -> npt.NDArray[np.intp]:
    """Round all halves to one side of the patient, regardless of how a file is stored.

    Rounding to even would omit every other layer of a half-voxel shift; rounding up by index would
    move a flipped remnant relative to its liver.
    """
    return sign * np.floor(sign * indices + (0.5 + ROUNDING_VOXELS)).astype(np.intp)


def _cover(box: Box, steps: npt.NDArray[np.float64]) -> Box:
    """Find the box of another lattice with voxel centres that may be inside this one's voxels."""
    ends = np.array([box.start, box.stop], dtype=np.float64) - 0.5
    which = product((0, 1), repeat=3)
    corners = np.array([[ends[a, 0], ends[b, 1], ends[c, 2], 1.0] for a, b, c in which])
    reached = corners @ steps.T
    start = np.ceil(reached.min(axis=0) - ROUNDING_VOXELS).astype(int).tolist()
    stop = (np.floor(reached.max(axis=0) + ROUNDING_VOXELS).astype(int) + 1).tolist()
    return Box.of(start, stop)


def _error_ml(before: Mask, after: Mask) -> float:
    """Estimate the error of a voxel count compared with the true volume, 1.96 SD.

    It is the change of volume plus the error on the grid on which the mask was drawn. Each surface
    voxel there is counted whole or not at all, with an independent, uniform error of up to its
    volume; whole layers are added by `_find_layer_variance`.
    """
    voxels = before.voxels
    layers = (np.count_nonzero(voxels, axis=across) for across in ((1, 2), (0, 2), (0, 1)))
    variance = count_surface(before) * UNIFORM_VARIANCE + sum(map(_find_layer_variance, layers))
    drawn_ml = Z_95 * before.grid.voxel_ml * sqrt(variance)
    return abs(after.volume_ml - before.volume_ml) + drawn_ml


def _find_layer_variance(counts: npt.NDArray[np.intp]) -> float:
    """Estimate the variance of a sum of layers due to the position of the grid, in voxels².

    (3g0 - 4g1 + g2)·a, where g is the sum of the products of layers k apart: a is 1/12 if the body
    ends with a flat face, 1/240 if it tapers [Gundersen 1999, J Microsc 193:199]. In between, it is
    interpolated by the smoothness that doubled steps show [García-Fiñana 2004, Statistics 38:243].
    """
    padded = np.pad(counts.astype(np.float64), (0, 4))
    g0, g1, g2, g4 = (float(counts @ padded[k : k + len(counts)]) for k in (0, 1, 2, 4))
    if not g0:
        return 0.0
    single, doubled = 3 * g0 - 4 * g1 + g2, 3 * g0 - 4 * g2 + g4
    smooth = min(max(log2(doubled / single) / 2 - 0.5, 0.0), 1.0)
    return ((1 - smooth) * UNIFORM_VARIANCE + smooth * TAPERED_VARIANCE) * single


def report_resampled(one: Resampled) -> Finding:
    """Report the change of volume by resampling one mask."""
    change = one.after_ml - one.before_ml
    percent = as_number(100 * change / one.before_ml if one.before_ml else 0.0, (), 2)
    lost, error = ",", f"possible error {as_ml(one.error_ml)}"
    if one.cut_off_ml:
        lost = f"; {as_ml(one.cut_off_ml)} of the resampled volume is outside the liver and is "
        lost += "removed;"
        error = f"possible error, including this removal: {as_ml(one.error_ml)}"
    message = (
        f"{one.source}: {one.name} resampled to the grid of {one.onto} by nearest-neighbour "
        f"interpolation: {as_ml(one.before_ml)} became {as_ml(one.after_ml)} (change {percent} %)"
        f"{lost} {error}"
    )
    return Finding("grid.resampled", Severity.WARNING, message, one.file, change, "mL")


FAR = "its grid is too far away"


def move_onto(mask: Mask, grid: Grid, whose: str) -> Mask:
    """Return the same voxels on a grid of the same lattice: cropped, padded, rotated or flipped.

    - `mask`: mask on any grid.
    - `grid`: grid of the output.
    - `whose`: name of the grid in messages.

    Raises `InputRefused`: `grid.differs` or `grid.mirrored` if the lattices differ,
    `geometry.place_missing` if one has no position, `convert.outside` if a voxel of the mask
    is beyond the grid.
    """
    turn = _require_turn(mask.grid, mask.source, grid, whose)
    if not mask.voxel_count:
        return replace(mask, box=NOWHERE, grid=grid, field=NOWHERE, held=NOWHERE)
    landed = turn.box(mask.box)
    inside = landed & grid.whole
    kept = turn.voxels(mask.voxels)[inside.slices(landed.start)] if inside != NOWHERE else None
    count = 0 if kept is None else int(np.count_nonzero(kept))
    if kept is None or count < mask.voxel_count:
        lost = mask.voxel_count - count
        reason = (
            f"{lost} of {mask.voxel_count} voxels of {mask.name} "
            f"({as_ml(lost * mask.grid.voxel_ml)}) are outside the grid of {whose}"
        )
        remedy = "choose a grid that contains the whole structure"
        raise InputRefused("convert.outside", mask.source, reason, remedy)
    return replace(mask, voxels=kept, box=inside, grid=grid, field=NOWHERE, held=NOWHERE)


def move_image_onto(image: Image, grid: Grid, whose: str) -> Image:
    """Return an image on a grid of the same lattice within it: cropped, rotated or flipped.

    Raises `InputRefused`: `grid.differs` or `grid.mirrored` if the lattices differ,
    `convert.invented` if the grid extends beyond the image, where nothing was measured.
    """
    source = image.file or "image"
    turn = _require_turn(image.grid, source, grid, whose)
    landed = turn.box(image.grid.whole)
    if landed | grid.whole != landed:
        reason = f"does not cover the grid of {whose}: there are no data beyond the image"
        raise InputRefused("convert.invented", source, reason, "choose a grid within the image")
    voxels = turn.voxels(image.voxels)[grid.whole.slices(landed.start)]
    return Image(voxels, image.slope, image.inter, grid, image.file)


def _require_turn(own: Grid, source: str, grid: Grid, whose: str) -> Turn:
    if own.placed is not grid.placed:
        lost, kept = (whose, source) if own.placed else (source, whose)
        reason = f"does not state its position in the patient, but {kept} does"
        remedy = "export both files from the same program"
        raise InputRefused("geometry.place_missing", lost, reason, remedy)
    turn, misfit = find_turn(own, grid), describe_misfit(grid, own)
    if turn is None or misfit is not None:
        refuse_mirrored(grid, whose, own, source)
        reason = f"is not on the voxel grid of {whose}: {misfit or FAR}"
        remedy = "choose a grid from the same series, or add --resample (masks only)"
        raise InputRefused("grid.differs", source, reason, remedy)
    return turn


def off_mm(one: Grid, other: Grid) -> float:
    """Return the largest distance between corner voxels of two grids of the same shape.

    Examples
    --------
    >>> cube = Grid.upright((2, 2, 2), (1.0, 1.0, 1.0))
    >>> off_mm(cube, Grid.upright((2, 2, 2), (1.0, 1.0, 1.5)))
    0.5
    """
    apart = one.places_mm(one.corners()) - other.places_mm(other.corners())
    return float(np.linalg.norm(apart, axis=1).max())
