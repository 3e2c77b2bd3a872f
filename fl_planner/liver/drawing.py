"""How a mask was drawn: in one piece, without holes or gaps, and not cut by the scan.

Rules of safety.md W1; each finding names the mask's file and the share it is about.
"""

from __future__ import annotations

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.space.components import find_holes, measure_parts
from fl_planner.space.mask import Mask

PIECES_PERCENT = 2  # of the mask, beside its largest piece [safety.md W1]
HOLES_PERCENT = 1  # of the mask [safety.md W1]
BESIDE_GAP_PERCENT = 1  # of the mask on either side of empty layers [safety.md W1]
FLAT_PERCENT = 5  # of the largest layer, at a face [safety.md W1]
FLAT_OF_NEXT = (2, 3)  # of the layer beside it: a rounded end is smaller [safety.md W1]

FACES = (("left", "right"), ("back", "front"), ("foot", "head"))  # low and high, in the world


def find_pieces(mask: Mask) -> tuple[Finding, ...]:
    """Find pieces, joined by faces, beside the largest one."""
    sizes = measure_parts(mask, 6)
    beside = sum(sizes[1:])
    if 100 * beside <= PIECES_PERCENT * mask.voxel_count:
        return ()
    what = f"{len(sizes)} disconnected pieces, {{}} beside the largest"
    return (_finding("parts.pieces", mask, what, beside),)


def find_cavities(mask: Mask) -> tuple[Finding, ...]:
    """Find voxels that the mask encloses."""
    enclosed = find_holes(mask).voxel_count
    if 100 * enclosed <= HOLES_PERCENT * mask.voxel_count:
        return ()
    return (_finding("parts.holes", mask, "holes of {}, not counted", enclosed),)


def find_gaps(mask: Mask) -> tuple[Finding, ...]:
    """Find empty layers with some of the mask on both sides: slices that were not drawn."""
    for axis in (2, 1, 0):
        others = tuple(other for other in range(3) if other != axis)
        filled = mask.voxels.any(axis=others)
        if filled.all():
            continue
        below = np.cumsum(np.count_nonzero(mask.voxels, axis=others))
        least = BESIDE_GAP_PERCENT * mask.voxel_count
        between = ~filled & (100 * below > least) & (100 * (mask.voxel_count - below) > least)
        layers = int(np.count_nonzero(between))
        if layers:
            what = (
                f"{mask.source}: {layers} empty layers between filled ones ({_along(mask, axis)})"
            )
            return (Finding("parts.gap", Severity.WARNING, what, mask.file, layers, "layers"),)
    return ()


def find_cut(mask: Mask) -> tuple[Finding, ...]:
    """Find faces of the scan at which the mask ends flat: there the organ goes on unseen."""
    cut = [
        _face(mask, axis, end)
        for axis in range(3)
        for end in (0, 1)
        if _touches(mask, axis, end) and _is_flat(mask, axis, end)
    ]
    if not cut:
        return ()
    message = (
        f"{mask.source}: the {mask.name} is cut flat at the edge of the field of view "
        f"({', '.join(cut)}): its volume is a lower bound"
    )
    return (Finding("edge.cut", Severity.WARNING, message, mask.file, len(cut), "faces"),)


def _touches(mask: Mask, axis: int, end: int) -> bool:
    if end:
        return mask.box.stop[axis] == mask.field.stop[axis]
    return mask.box.start[axis] == mask.field.start[axis]


def _is_flat(mask: Mask, axis: int, end: int) -> bool:
    others = tuple(other for other in range(3) if other != axis)
    layers = np.count_nonzero(mask.voxels, axis=others)
    ordered = layers[::-1] if end else layers
    face, beside = int(ordered[0]), int(ordered[1]) if len(ordered) > 1 else 0
    part, whole = FLAT_OF_NEXT
    return 100 * face > FLAT_PERCENT * int(layers.max()) and whole * face > part * beside


def _face(mask: Mask, axis: int, end: int) -> str:
    if mask.grid.placed:
        world, forwards = _runs_along(mask, axis)
        return FACES[world][end if forwards else 1 - end]
    return f"{'last' if end else 'first'} layer of axis {axis + 1}"


def _along(mask: Mask, axis: int) -> str:
    if mask.grid.placed:
        return "from " + " to ".join(FACES[_runs_along(mask, axis)[0]])
    return f"along axis {axis + 1}"


def _runs_along(mask: Mask, axis: int) -> tuple[int, bool]:
    """Find the world's axis that an index axis is nearest to, and whether it grows with it."""
    column = mask.grid.matrix()[:, axis]
    world = int(np.argmax(np.abs(column)))
    return world, bool(column[world] > 0)


def _finding(code: str, mask: Mask, what: str, voxels: int) -> Finding:
    volume_ml = voxels * mask.grid.voxel_ml
    percent = 100 * voxels / mask.voxel_count
    message = f"{mask.source}: {what.format(f'{volume_ml:.1f} mL ({percent:.1f} %)')}"
    return Finding(code, Severity.WARNING, message, mask.file, volume_ml, "mL")
