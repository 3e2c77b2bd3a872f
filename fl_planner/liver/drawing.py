"""How a mask was drawn: in one piece, without holes or gaps, and not cut by the scan.

Rules of safety.md W1; each finding names the mask's file and the share it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.space.components import find_holes, lie_between, measure_parts
from fl_planner.space.grid import NOWHERE, Box, Voxels
from fl_planner.space.mask import Mask


def warn(
    code: str, mask: Mask, says: str, value: float | None = None, unit: str | None = None
) -> Finding:
    """Warn of a mask: look before you trust it."""
    return Finding(code, Severity.WARNING, f"{mask.source}: {says}", mask.file, value, unit)


PIECES_PERCENT = 2  # of the mask, beside its largest piece [safety.md W1]
HOLES_PERCENT = 1  # of the mask [safety.md W1]
BESIDE_GAP_PERCENT = 1  # of the mask on either side of empty layers [safety.md W1]
FLAT_PERCENT = 5  # of the largest layer, at a face [safety.md W1]
FLAT_OF_NEXT = (2, 3)  # of the layer beside it: a rounded end is smaller [safety.md W1]

FLAT_END_PERCENT = 40  # of the largest layer, within the scan; whole livers have up to 20 %: ours
FEWEST_LAYERS = 4  # of a liver that can end flat or round: ours
SKIPPED_PERCENT = 5  # of a tumour, between its layers; drawn livers have up to 1.5 %: ours
MOST_SKIPPED = 2  # layers that are not drawn between two that are: every third one is
OUTLINE_TIMES = 2  # times what a mask holds may lie within its rims; livers: 0.03 times: ours
# A body fills a half or a quarter of its box, or more: then it is no outline. A rim fills the
# less of it the larger it is, and a large box takes long to look into. Ours.
SOLID_PART, SOLID_PART_OF_LARGE, LARGE_BOX = 2, 4, 1 << 18

FACES = (("left", "right"), ("back", "front"), ("foot", "head"))  # low and high, in the world


class MaskEdge(Enum):
    """Where a mask ends: at the scan's edge, at its file's alone, within the scan, or unsaid."""

    SCAN = (
        "is cut flat at the edge of the field of view ({}): its volume is a lower bound, and a "
        "remnant is counted without what it has beyond"
    )
    FILE = (
        "is cut flat at the edge of its file ({}), and the CT goes on there: was the file "
        "cropped? Its volume is a lower bound, and a remnant is counted without what it has beyond"
    )
    WITHIN = "ends flat within the scan ({}): was it drawn to its end?"
    UNSAID = (
        "ends flat where its file ends ({}), which leaves out empty slices: was it cut off by "
        "the scan, or not drawn to its end? The CT tells (--ct)"
    )


def find_liver_faults(
    liver: Mask, organ: Mask, excluded: Mask | None = None, scan: Box | None = None
) -> tuple[Finding, ...]:
    """Find what is odd about a liver mask; `organ` is the liver with its tumours, as drawn.

    A hole that was left for an excluded structure is none; `scan` is what its CT covers.
    """
    cut = (*find_cut(liver, scan), *find_flat_ends(organ, scan))
    return (*cut, *find_pieces(organ), *find_cavities(organ, excluded), *find_gaps(liver))


def find_faults(part: Mask) -> tuple[Finding, ...]:
    """Find what is odd about a part of the liver, which is one body."""
    return (*find_pieces(part), *find_cavities(part), *find_gaps(part), *find_outlines(part))


def find_tumour_faults(tumour: Mask) -> tuple[Finding, ...]:
    """Find what is odd about tumours, which may be many."""
    return (*find_skipped(tumour), *find_outlines(tumour))


def find_pieces(mask: Mask) -> tuple[Finding, ...]:
    """Find pieces, joined by faces, beside the largest one."""
    sizes = measure_parts(mask, 6)
    beside = sum(sizes[1:])
    if 100 * beside <= PIECES_PERCENT * mask.voxel_count:
        return ()
    what = f"{len(sizes)} disconnected pieces, {{}} beside the largest"
    return (_finding("parts.pieces", mask, what, beside),)


def find_cavities(mask: Mask, spared: Mask | None = None) -> tuple[Finding, ...]:
    """Find voxels that the mask encloses; what of them is `spared` was left out by purpose."""
    holes = find_holes(mask)
    enclosed = (holes if spared is None else holes - spared).voxel_count
    if 100 * enclosed <= HOLES_PERCENT * mask.voxel_count:
        return ()
    return (_finding("parts.holes", mask, "holes of {}, not counted", enclosed),)


def find_gaps(mask: Mask) -> tuple[Finding, ...]:
    """Find empty layers with some of the mask on both sides: slices that were not drawn."""
    for axis, layers in list_gaps(mask):
        what = f"{layers} empty layers between filled ones ({_along(mask, axis)})"
        return (warn("parts.gap", mask, what, layers, "layers"),)
    return ()


def list_gaps(mask: Mask) -> Iterator[tuple[int, int]]:
    """List the axes along which a mask has empty layers inside, and how many they are."""
    for axis in (2, 1, 0):
        others = tuple(other for other in range(3) if other != axis)
        filled = mask.voxels.any(axis=others)
        if filled.all():
            continue
        below = np.cumsum(np.count_nonzero(mask.voxels, axis=others))
        least = BESIDE_GAP_PERCENT * mask.voxel_count
        between = ~filled & (100 * below > least) & (100 * (mask.voxel_count - below) > least)
        if layers := int(np.count_nonzero(between)):
            yield axis, layers


def find_skipped(mask: Mask) -> tuple[Finding, ...]:
    """Find layers of a tumour that were not drawn, each lesion by itself.

    Between two lesions empty layers are nothing; between two pieces that lie upon each other,
    one or two layers apart, something is missing.
    """
    for axis in (2, 1, 0):
        layers = np.moveaxis(mask.voxels, axis, 0)
        skipped = sum(_count_between(layers, gap) for gap in range(1, MOST_SKIPPED + 1))
        if 100 * skipped > SKIPPED_PERCENT * mask.voxel_count:
            what = f"{{}} lie between its layers, not drawn ({_along(mask, axis)})"
            return (_finding("parts.gap", mask, what, skipped),)
    return ()


def _count_between(layers: Voxels, gap: int) -> int:
    """Count the voxels in gaps of so many layers, with the mask before and behind."""
    ends = layers[: -1 - gap] & layers[1 + gap :]
    for n in range(gap):
        ends = ends & ~layers[1 + n : len(layers) - gap + n]
    return gap * int(np.count_nonzero(ends))


def find_outlines(mask: Mask) -> tuple[Finding, ...]:
    """Find a mask that is rims only: outlines that a program wrote without filling them.

    A voxel lies within a rim where the mask stands before and behind it along two axes; so
    stacked outlines are found that are open above and below, and are no holes.
    """
    size = mask.voxels.size
    solid = SOLID_PART if size <= LARGE_BOX else SOLID_PART_OF_LARGE
    if not mask.voxel_count or solid * mask.voxel_count >= size:
        return ()
    within = [lie_between(mask.voxels, axis) & ~mask.voxels for axis in range(3)]
    enclosed = max(int(np.count_nonzero(within[n] & within[n - 1])) for n in range(3))
    if OUTLINE_TIMES * enclosed <= mask.voxel_count:
        return ()
    what = f"the {mask.name} is a rim around {{}} that are not counted: were outlines not filled?"
    return (_finding("parts.outline", mask, what, enclosed),)


def find_cut(mask: Mask, scan: Box | None = None) -> tuple[Finding, ...]:
    """Find faces of the scan, or of its file, at which the mask ends flat: the organ goes on.

    `scan` is what the CT covers of its grid; without one the scan is as large as the file.
    """
    cut = [
        (where, axis, end)
        for axis in range(3)
        for end in (0, 1)
        if (where := _end_of(mask, axis, end, scan)) in (MaskEdge.SCAN, MaskEdge.FILE)
        and _is_flat(mask, axis, end)
    ]
    return tuple(_tell_ends("edge.cut", mask, cut))


def find_flat_ends(mask: Mask, scan: Box | None = None) -> tuple[Finding, ...]:
    """Find ends at which a liver stops flat within its scan, as where drawing was broken off.

    So does one that was cut by a scan and then padded. A ball that lacks 4 % of its volume
    has such an end. A body that is flat along several axes is a box, and no cut liver.
    """
    flat = [
        (axis, end)
        for axis in range(3)
        for end in (0, 1)
        if mask.voxels.shape[axis] >= FEWEST_LAYERS and _is_flat(mask, axis, end, FLAT_END_PERCENT)
    ]
    ends = [(_end_of(mask, *place, scan), *place) for place in flat]
    within = [one for one in ends if one[0] in (MaskEdge.WITHIN, MaskEdge.UNSAID)]
    if not within or len({axis for axis, _ in flat}) > 1:
        return ()
    return tuple(_tell_ends("edge.flat_end", mask, within))


def _tell_ends(
    code: str, mask: Mask, ends: Iterable[tuple[MaskEdge, int, int]]
) -> Iterator[Finding]:
    """Tell ends of each kind in one finding."""
    by_kind: dict[MaskEdge, list[str]] = {}
    for where, axis, end in ends:
        by_kind.setdefault(where, []).append(name_face(mask, axis, end))
    for where, faces in by_kind.items():
        message = f"the {mask.name} {where.value.format(', '.join(faces))}"
        yield warn(code, mask, message, len(faces), "faces")


def _end_of(mask: Mask, axis: int, end: int, scan: Box | None) -> MaskEdge:
    """Tell where a mask ends; a scan that it goes beyond is not the one that it was drawn on."""
    at_file = reaches(mask.box, mask.field, axis, end)
    if scan is not None and reaches(mask.box, scan, axis, end):
        return MaskEdge.SCAN
    if scan is not None and _holds(scan, mask.box, axis, end):
        return MaskEdge.FILE if at_file else MaskEdge.WITHIN
    if at_file:
        return MaskEdge.SCAN
    unsaid = mask.held != NOWHERE and reaches(mask.box, mask.held, axis, end)
    return MaskEdge.UNSAID if unsaid else MaskEdge.WITHIN


def reaches(box: Box, field: Box, axis: int, end: int) -> bool:
    """Whether a box ends along an index axis where a field does, at its low or high end."""
    if end:
        return box.stop[axis] == field.stop[axis]
    return box.start[axis] == field.start[axis]


def _holds(field: Box, box: Box, axis: int, end: int) -> bool:
    return box.stop[axis] < field.stop[axis] if end else box.start[axis] > field.start[axis]


def _is_flat(mask: Mask, axis: int, end: int, percent: int = FLAT_PERCENT) -> bool:
    along = np.moveaxis(mask.voxels, axis, 0)
    face, *beside = (int(np.count_nonzero(layer)) for layer in along[:: -1 if end else 1][:2])
    part, whole = FLAT_OF_NEXT
    if whole * face <= part * sum(beside):
        return False  # as most ends do, and not all layers need to be counted
    return 100 * face > percent * int(np.count_nonzero(along, axis=(1, 2)).max())


def name_face(mask: Mask, axis: int, end: int) -> str:
    """Name an end of an index axis by the patient, or by itself where sides are unknown."""
    if mask.grid.placed:
        world, forwards = find_direction(mask, axis)
        return FACES[world][end if forwards else 1 - end]
    return f"{'last' if end else 'first'} layer of axis {axis + 1}"


def _along(mask: Mask, axis: int) -> str:
    if mask.grid.placed:
        return "from " + " to ".join(FACES[find_direction(mask, axis)[0]])
    return f"along axis {axis + 1}"


def find_direction(mask: Mask, axis: int) -> tuple[int, bool]:
    """Find the world's axis that an index axis is nearest to, and whether it grows with it."""
    column = mask.grid.matrix()[:, axis]
    world = int(np.argmax(np.abs(column)))
    return world, bool(column[world] > 0)


def _finding(code: str, mask: Mask, what: str, voxels: int) -> Finding:
    volume_ml = voxels * mask.grid.voxel_ml
    percent = 100 * voxels / mask.voxel_count
    message = what.format(f"{volume_ml:.1f} mL ({percent:.1f} %)")
    return warn(code, mask, message, volume_ml, "mL")
