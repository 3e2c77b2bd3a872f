"""A mask or an image moved onto another grid of its lattice: voxels move, none is changed."""

from dataclasses import replace

import numpy as np

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.shown import as_ml
from fl_planner.space.box import NOWHERE
from fl_planner.space.common_grid.lattice import Turn, find_misfit, find_turn
from fl_planner.space.common_grid.misfit import refuse_mirrored
from fl_planner.space.grid import Grid
from fl_planner.space.image import Image
from fl_planner.space.mask import Mask

FAR = "it lies too far away"


def move_onto(mask: Mask, grid: Grid, whose: str) -> Mask:
    """Give the same voxels on a grid of the same lattice: cropped, padded, turned or flipped.

    - `mask`: on any grid.
    - `grid`: where it goes.
    - `whose`: what messages call the grid.

    Raises `InputRefused`: `grid.differs` or `grid.mirrored` where the lattices differ,
    `geometry.place_missing` where one has no place, `convert.outside` where a voxel of the mask
    lies beyond the grid.
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
            f"({as_ml(lost * mask.grid.voxel_ml)}) lie outside the grid of {whose}"
        )
        remedy = "choose a grid that holds all of it"
        raise InputRefused("convert.outside", mask.source, reason, remedy)
    return replace(mask, voxels=kept, box=inside, grid=grid, field=NOWHERE, held=NOWHERE)


def move_image_onto(image: Image, grid: Grid, whose: str) -> Image:
    """Give an image on a grid of the same lattice that it covers: cropped, turned or flipped.

    Raises `InputRefused`: `grid.differs` or `grid.mirrored` where the lattices differ,
    `convert.invented` where the grid goes beyond the image: what lies there was not measured.
    """
    source = image.file or "image"
    turn = _require_turn(image.grid, source, grid, whose)
    landed = turn.box(image.grid.whole)
    if landed | grid.whole != landed:
        reason = f"does not cover the grid of {whose}: values beyond it would be invented"
        raise InputRefused("convert.invented", source, reason, "choose a grid within it")
    voxels = turn.voxels(image.voxels)[grid.whole.slices(landed.start)]
    return Image(voxels, image.slope, image.inter, grid, image.file)


def _require_turn(own: Grid, source: str, grid: Grid, whose: str) -> Turn:
    if own.placed is not grid.placed:
        lost, kept = (whose, source) if own.placed else (source, whose)
        reason = f"says nothing of its place in the patient, {kept} does"
        remedy = "export both from one program"
        raise InputRefused("geometry.place_missing", lost, reason, remedy)
    turn, misfit = find_turn(own, grid), find_misfit(grid, own)
    if turn is None or misfit is not None:
        refuse_mirrored(grid, whose, own, source)
        reason = f"does not lie on the voxel grid of {whose}: {misfit or FAR}"
        remedy = "choose a grid of its own series, or ask for --resample (masks only)"
        raise InputRefused("grid.differs", source, reason, remedy)
    return turn


def off_mm(one: Grid, other: Grid) -> float:
    """Tell how far apart two grids of one shape put a corner voxel, at most.

    Examples
    --------
    >>> cube = Grid.upright((2, 2, 2), (1.0, 1.0, 1.0))
    >>> off_mm(cube, Grid.upright((2, 2, 2), (1.0, 1.0, 1.5)))
    0.5
    """
    apart = one.places_mm(one.corners()) - other.places_mm(other.corners())
    return float(np.linalg.norm(apart, axis=1).max())
