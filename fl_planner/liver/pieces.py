"""Pieces of a planned part: such as two sections that remain on either side, and stray strokes.

A remnant after a central hepatectomy is two pieces, and nothing is wrong with it.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.drawing import (
    PIECES_PERCENT,
    find_cavities,
    find_direction,
    find_gaps,
    find_outlines,
    find_pieces,
    list_gaps,
)
from fl_planner.liver.flat_ends import find_part_end
from fl_planner.liver.leaks import find_leak
from fl_planner.liver.mask_finding import warn
from fl_planner.space.components import measure_parts, split_parts, touch
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask, unite

LARGE_PERCENT = 20  # of the part: a section that was meant, and no stray stroke; ours
APART_MM = 20  # so wide is what lies between two sections, and few missing slices are; ours
WHOLE_PERCENT = 10  # between a piece and its segments, whose borders are good to 1 cm; ours
LEAST_PART = Fraction(1, 100)  # of the part: smaller pieces are not looked at one by one
HEAD = 2  # of the patient's axes: along it slices are drawn, or left out


def find_planned_faults(
    anatomy: Anatomy, own_grids: Mapping[str | None, Grid | None] | None = None
) -> tuple[Finding, ...]:
    """Find what is odd about how the remnant, or the part to be removed, was drawn.

    Tumour in a hole of it is not, nor what was excluded: the drawing was led around it.
    `own_grids` are those of files whose masks were brought onto another grid.
    """
    part = anatomy.resected if anatomy.flr is None else anatomy.flr
    if part is None:
        return ()
    pieces = _find_pieces(part, anatomy)
    gapped = any(one.code == "parts.gap" for one in pieces)  # each drawn layer then stands alone
    return (
        *pieces,
        *find_cavities(part, anatomy.spared),
        *find_outlines(part),
        *find_part_end(part, anatomy, (own_grids or {}).get(part.file)),
        *(() if gapped else find_leak(part, anatomy.delivered)),
    )


def _find_pieces(part: Mask, anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find pieces that were not meant, and slices that were not drawn."""
    count = len(measure_parts(part, 6))
    if count == 1:
        return ()  # and no layer inside it is empty
    pieces = split_parts(part, 6, least_voxels=ceil(LEAST_PART * part.voxel_count))
    named = [(one, _name_whole(one, anatomy)) for one in pieces]
    meant = [(one, names) for one, names in named if names or _is_meant(one, part, anatomy)]
    if len(meant) < 2 or not (all(names for _, names in meant) or _are_side_by_side(meant)):
        return (*find_pieces(part), *find_gaps(part))
    stray = part.voxel_count - sum(one.voxel_count for one, _ in meant)
    if 100 * stray > PIECES_PERCENT * part.voxel_count:
        return (_tell_stray(part, stray, count - len(meant), len(meant)),)
    sizes = " and ".join(as_ml(one.volume_ml) for one, _ in meant)
    segments = "; ".join(f"segment {', '.join(names)}" for _, names in meant if names)
    message = f"{part.source}: {len(meant)} pieces, {sizes}" + (segments and f" ({segments})")
    return (Finding("parts.pieces", Severity.INFO, message, part.file, len(meant), "1"),)


def _tell_stray(part: Mask, voxels: int, pieces: int, meant: int) -> Finding:
    volume_ml = voxels * part.grid.voxel_ml
    message = (
        f"{as_ml(volume_ml)} in small disconnected pieces ({pieces}) beside the {meant} large ones"
    )
    return warn("parts.pieces", part, message, volume_ml, "mL")


def _is_meant(piece: Mask, part: Mask, anatomy: Anatomy) -> bool:
    """Whether a piece is large; or, of a part to be removed, a wedge with tumour in it."""
    if 100 * piece.voxel_count >= LARGE_PERCENT * part.voxel_count:
        return True
    return part is anatomy.resected and anatomy.tumour is not None and touch(piece, anatomy.tumour)


def _name_whole(piece: Mask, anatomy: Anatomy) -> tuple[str, ...]:
    """Name the segments that a piece is; none where it is not made of whole ones."""
    segments = anatomy.segments.items()
    held = {name: one for name, one in segments if 2 * (piece & one).voxel_count > one.voxel_count}
    if not held:
        return ()
    whole = unite(held.values())
    free = piece if anatomy.tumour is None else piece - anatomy.tumour
    missing = whole if anatomy.tumour is None else whole - anatomy.tumour
    more, less = free - whole, missing - piece
    few = WHOLE_PERCENT * min(free.voxel_count, missing.voxel_count)
    return tuple(held) if 100 * max(more.voxel_count, less.voxel_count) <= few else ()


def _are_side_by_side(pieces: Sequence[tuple[Mask, object]]) -> bool:
    """Whether what lies between pieces is no gap of slices that were not drawn."""
    part = unite(one for one, _ in pieces)
    gaps = [*list_gaps(part)]
    return not gaps or (
        part.grid.placed
        and all(
            find_direction(part, axis)[0] != HEAD
            and layers * part.grid.spacing_mm[axis] >= APART_MM
            for axis, layers in gaps
        )
    )
