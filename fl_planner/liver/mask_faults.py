"""Check the drawing of a mask: pieces, holes, gaps, and ends at the edge of the scan.

Implements rule W1 of safety.md; each finding states the mask's file and the share concerned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import pairwise
from math import pi, sqrt

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import as_ml
from fl_planner.basis.units import MM3_IN_ML, MM_IN_CM
from fl_planner.space.components import are_between, find_holes, measure_parts
from fl_planner.space.grid import NOWHERE, Box, Grid, Voxels
from fl_planner.space.labels import Counts, count_layers
from fl_planner.space.mask import Mask


def warn(
    code: str, mask: Mask, message: str, value: float | None = None, unit: str | None = None
) -> Finding:
    """Return a warning about a mask."""
    return Finding(code, Severity.WARNING, f"{mask.source}: {message}", mask.file, value, unit)


PIECES_PERCENT = 2  # of the mask, outside its largest piece [safety.md W1]
HOLES_PERCENT = 1  # of the mask [safety.md W1]
BESIDE_GAP_PERCENT = 1  # of the mask on either side of empty layers [safety.md W1]
FLAT_PERCENT = 5  # of the largest layer, at a face [safety.md W1]
FLAT_OF_NEXT = (2, 3)  # of the next layer: a rounded end is smaller [safety.md W1]

# project's choices:
FLAT_END_PERCENT = 40  # of the largest layer, within the scan; whole livers have up to 20 %
FEWEST_LAYERS = 4  # of a liver whose ends can be assessed
# Of the liver, by which a rounded end would be larger than a smaller flat end: from an FLR of 30 %,
# half a percentage point. 18 whole livers, each in nine positions, have at most 0.6 % in slices of
# up to 6 mm. Areas are compared over so many mm from the last layer, and at least two layers.
MISSING_PERCENT, TAPER_MM = 0.7, 15
TUMOUR_HOLES_PERCENT = 5  # of a tumour, counted as liver; three public tumours have no hole
SKIPPED_PERCENT = 5  # of a tumour, between its layers; drawn livers have up to 1.5 %
SKIPPED_OF_OTHERS_PERCENT = 20  # of a structure that may branch; public ones have up to 6 %
MOST_SKIPPED = 2  # undrawn layers between drawn ones: every third layer drawn
FEWEST_SHEETS, THICKEST_SHEET = 3, 2  # of layers; none is thicker than the gaps between them
SHARED_PART = 2  # half of the voxels of each sheet, above the next one: lesions lie side by side
# Two sheets are of one lesion if 3 in 4 voxels are above each other, and each is so many times as
# wide as its layer is thick, and wider than the gap: no two lesions are so flat.
SAME_OUTLINE, FLAT_TIMES = (3, 4), 5
THIN_TIMES = 3  # area spanned by a slice over its voxels, where an outline may be
FEWER = (5, 6)  # of the layers on both sides: fewer voxels, where part of a layer is missing
NOT_DRAWN = (1, 3)  # of what both sides have in common; public parts have up to 18 %, livers 5 %
MOST_NOT_DRAWN = 4  # layers in a row
OUTLINE_TIMES = 2  # enclosed volume over volume of a mask; livers: 0.03
# A mask that fills a half of its box, or a quarter of a large one, is not an outline. The larger a
# rim, the less of its box it fills; examining a large box takes long.
SOLID_PART, SOLID_PART_OF_LARGE, LARGE_BOX = 2, 4, 1 << 18

SAMPLES = 40  # of a layer in each direction, for a first comparison
LEAST_OF_LARGEST = 4  # at least 1 in 4 of the largest layer: the shape changes quickly at ends

IN_WORDS = {"flr": "FLR", "resected": "part to be removed", "treated": "treated area"}
FACES = (("left", "right"), ("back", "front"), ("foot", "head"))  # low and high, in the world


class MaskEdge(Enum):
    """End of a mask: at the edge of the scan, of its file only, within the scan, or unknown."""

    SCAN = (
        "is cut flat at the edge of the field of view ({}): its volume is a lower bound, and any "
        "remnant beyond the edge is not counted"
    )
    FILE = (
        "is cut flat at the edge of its file ({}), but the CT continues: check whether the file "
        "was cropped. Its volume is a lower bound, and any remnant beyond the edge is not counted"
    )
    WITHIN = "has a flat end within the scan ({}): check whether it was drawn completely"
    UNSAID = (
        "ends in a flat surface at the edge of its file ({}), which contains no empty slices: "
        "give the CT (--ct) to determine whether the scan ends there or the drawing is incomplete"
    )


def find_liver_faults(
    liver: Mask, organ: Mask, excluded: Mask | None = None, scan: Box | None = None
) -> tuple[Finding, ...]:
    """Find faults of a liver mask; `organ` is the liver with its tumours, as drawn.

    Holes at excluded structures are accepted; `scan` is the region covered by the CT.
    """
    cut = (*find_cut(liver, scan), *find_flat_ends(organ, scan))
    holes = find_cavities(organ, excluded) or find_outline_layers(organ, excluded)
    return (
        *cut, *find_pieces(organ), *holes, *(find_gaps(liver) or find_partial_gaps(organ))
    )  # fmt: skip


def find_faults(part: Mask, spared: Mask | None = None) -> tuple[Finding, ...]:
    """Find faults of a part of the liver, which should be one piece.

    Holes at `spared` structures, such as a tumour, are accepted.
    """
    cavities, outlines = find_cavities(part, spared), find_outlines(part, spared)
    return (*find_pieces(part), *cavities, *find_gaps(part), *outlines)


def find_tumour_faults(tumour: Mask, spared: Mask | None = None) -> tuple[Finding, ...]:
    """Find faults of tumours, which may have several pieces.

    Holes at `spared` structures, such as a cyst, are accepted. Others are counted as non-tumorous
    liver, such as a necrotic centre that was not drawn.
    """
    # a hole of one or two layers is skipped layers too: one cause is reported once
    found = (*find_skipped(tumour), *find_outlines(tumour))
    return found or find_cavities(tumour, spared, of_tumour=True)


def find_structure_faults(structure: Mask) -> tuple[Finding, ...]:
    """Find faults of an excluded structure or vessel, which may have pieces and branches.

    The cysts of a polycystic liver have much liver between them, but no slice encloses it.
    """
    outlines = find_outlines(structure)
    if outlines and not _is_closed(structure):
        outlines = ()
    return (*find_skipped(structure, SKIPPED_OF_OTHERS_PERCENT), *outlines)


def _is_closed(mask: Mask) -> bool:
    """Whether the slices of a mask, along one axis, enclose what makes it an outline."""
    from scipy import ndimage

    cross = ndimage.generate_binary_structure(2, 1)
    for axis in (2, 1, 0):
        layers = np.moveaxis(mask.voxels, axis, 0)
        filled = sum(np.count_nonzero(ndimage.binary_fill_holes(one, cross)) for one in layers)
        if OUTLINE_TIMES * (filled - mask.voxel_count) > mask.voxel_count:
            return True
    return False


def find_pieces(mask: Mask) -> tuple[Finding, ...]:
    """Find pieces, connected by faces, other than the largest."""
    sizes = measure_parts(mask, 6)
    beside = sum(sizes[1:])
    if 100 * beside <= PIECES_PERCENT * mask.voxel_count:
        return ()
    what = f"{len(sizes)} disconnected pieces, {{}} outside the largest"
    return (_finding("parts.pieces", mask, what, beside),)


def find_cavities(
    mask: Mask, spared: Mask | None = None, *, of_tumour: bool = False
) -> tuple[Finding, ...]:
    """Find holes in a mask, except at `spared` structures, above a share of the mask."""
    holes = find_holes(mask)
    enclosed = (holes if spared is None else holes - spared).voxel_count
    most_percent = TUMOUR_HOLES_PERCENT if of_tumour else HOLES_PERCENT
    if 100 * enclosed <= most_percent * mask.voxel_count:
        return ()
    # a hole in a tumour is usually counted, as liver
    what = "encloses holes, {} in total, which are not counted" + " as tumour" * of_tumour
    return (_finding("parts.holes", mask, what, enclosed),)


def find_gaps(mask: Mask) -> tuple[Finding, ...]:
    """Find empty layers between filled ones: slices that were not drawn."""
    for axis, layers in list_gaps(mask):
        empty = format_count(layers, "empty layer")
        what = f"{empty} between filled layers ({_along(mask, axis)})"
        return (warn("parts.gap", mask, what, layers, "layers"),)
    return ()


def list_gaps(mask: Mask) -> Iterator[tuple[int, int]]:
    """List the axes along which a mask has empty layers inside, with their number."""
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


def find_partial_gaps(mask: Mask) -> tuple[Finding, ...]:
    """Find layers of which part was not drawn: layers on both sides have much more in common."""
    for axis in (2, 1, 0):
        if found := [*_list_partial_gaps(mask, axis)]:
            return (_describe_partial_gaps(mask, axis, found),)
    return ()


def _list_partial_gaps(mask: Mask, axis: int) -> Iterator[tuple[int, int]]:
    """List the layers of each gap along an axis, longest first, and the voxels that they lack."""
    counts = count_layers(mask.voxels)[axis]
    large = FLAT_PERCENT * int(counts.max(initial=0))
    (part, whole), (least, of) = FEWER, NOT_DRAWN
    listed: set[int] = set()
    for gap in range(min(MOST_NOT_DRAWN, len(counts) - 2), 0, -1):
        fewest = np.minimum(counts[: -1 - gap], counts[1 + gap :])
        inside = np.max([counts[1 + n : len(counts) - gap + n] for n in range(gap)], axis=0)
        few = (whole * inside < part * fewest) & (100 * fewest > large)
        for first in np.flatnonzero(few).tolist():
            within = range(first + 1, first + 1 + gap)
            layers = np.moveaxis(mask.voxels, axis, 0)[first : first + gap + 2]
            common = layers[0] & layers[-1]
            missing = int(np.count_nonzero(common & ~layers[1:-1].any(axis=0)))
            shared = int(np.count_nonzero(common))
            much = of * missing > least * shared and 100 * shared > large
            if much and listed.isdisjoint(within):
                listed.update(within)
                yield gap, gap * missing


def _describe_partial_gaps(mask: Mask, axis: int, gaps: Sequence[tuple[int, int]]) -> Finding:
    layers, voxels = (sum(numbers) for numbers in zip(*gaps, strict=True))
    volume_ml = voxels * mask.grid.voxel_ml
    which = "1 layer lacks" if layers == 1 else f"{layers} layers lack"
    if len(gaps) > 1:
        which = f"{layers} layers, in {len(gaps)} places, lack a total of"
    message = (
        f"{which} {as_ml(volume_ml)} that the layers on both sides include ({_along(mask, axis)}): "
        "check whether part was not drawn"
    )
    return warn("parts.gap", mask, message, volume_ml, "mL")


def thin_layers(voxels: Voxels, axis: int) -> Voxels:
    """Return the layers across an axis, each thinned to a few voxels for a first comparison."""
    steps = [1 if one == axis else 1 + n // SAMPLES for one, n in enumerate(voxels.shape)]
    return np.moveaxis(voxels[tuple(slice(None, None, step) for step in steps)], axis, 0)


def list_runs(layers: Voxels, thinned: Voxels) -> list[tuple[int, int]]:
    """List the large layers in runs [first, stop) of identical layers; most runs are one layer."""
    areas = np.count_nonzero(thinned, axis=(1, 2))
    least = areas.max(initial=1) / LEAST_OF_LARGEST
    alike = (thinned[1:] == thinned[:-1]).all(axis=(1, 2))
    for n in np.flatnonzero(alike).tolist():
        alike[n] = np.array_equal(layers[n], layers[n + 1])
    starts = [n for n in range(len(layers)) if n == 0 or not alike[n - 1]]  # a mask may be empty
    return [run for run in pairwise([*starts, len(layers)]) if areas[run[0]] >= least]


def find_skipped(mask: Mask, most_percent: int = SKIPPED_PERCENT) -> tuple[Finding, ...]:
    """Find layers of each lesion that were not drawn, above a share of the mask.

    Empty layers between separate lesions are normal; one or two empty layers between overlapping
    pieces are missing, and any number between overlapping sheets.
    """
    for axis in (2, 1, 0):
        layers = np.moveaxis(mask.voxels, axis, 0)
        skipped = sum(_count_between(layers, gap) for gap in range(1, MOST_SKIPPED + 1))
        skipped = max(skipped, _count_between_sheets(layers))
        skipped = max(skipped, _count_between_two_sheets(layers, mask.grid, axis))
        if 100 * skipped > most_percent * mask.voxel_count:
            what = f"{{}} between its layers was not drawn ({_along(mask, axis)})"
            return (_finding("parts.gap", mask, what, skipped),)
    return ()


def _count_between(layers: Voxels, gap: int) -> int:
    """Count the voxels in gaps of this number of layers, with the mask on both sides."""
    ends = layers[: -1 - gap] & layers[1 + gap :]
    for n in range(gap):
        ends = ends & ~layers[1 + n : len(layers) - gap + n]
    return gap * int(np.count_nonzero(ends))


def _count_between_sheets(layers: Voxels) -> int:
    """Count the voxels between the sheets of lesions drawn in every n-th layer; otherwise 0.

    The sheets of all lesions are in the same layers.
    """
    edges = np.flatnonzero(np.diff(layers.any(axis=(1, 2)))) + 1
    ends, starts = edges[::2], edges[1::2]  # of filled layers; the first and last are filled
    if len(ends) + 1 < FEWEST_SHEETS:
        return 0
    thickest = np.diff([0, *edges, len(layers)])[::2].max()
    if thickest > min(THICKEST_SHEET, (starts - ends).min()):
        return 0
    lower, upper = layers[ends - 1], layers[starts]
    shared, *areas = (np.count_nonzero(one, axis=(1, 2)) for one in (lower & upper, lower, upper))
    if SHARED_PART * int(shared.sum()) <= int(np.minimum(*areas).sum()):
        return 0
    return int((shared * (starts - ends)).sum())


def _count_between_two_sheets(layers: Voxels, grid: Grid, axis: int) -> int:
    """Count the voxels between two sheets of one layer with the same outline; otherwise 0."""
    gap = len(layers) - 2
    if gap < 1 or layers[1:-1].any():  # the first and last are filled
        return 0
    lower, upper = layers[0], layers[-1]
    shared, *areas = (int(np.count_nonzero(one)) for one in (lower & upper, lower, upper))
    step_mm = grid.layers_mm[axis]
    wide_mm = 2 * sqrt(min(areas) * grid.voxel_ml * float(MM3_IN_ML) / step_mm / pi)
    part, of = SAME_OUTLINE
    same = of * shared >= part * max(areas)
    flat = wide_mm >= max(FLAT_TIMES * step_mm, gap * step_mm)
    return gap * shared if same and flat else 0


def find_outlines(mask: Mask, spared: Mask | None = None) -> tuple[Finding, ...]:
    """Find a mask of outlines that were not filled, except around `spared` structures.

    A voxel is within an outline if the mask is on both sides of it along two axes. This includes
    stacked outlines that are open above and below and therefore are not holes.
    """
    size = mask.voxels.size
    solid = SOLID_PART if size <= LARGE_BOX else SOLID_PART_OF_LARGE
    if not mask.voxel_count or solid * mask.voxel_count >= size:
        return ()
    within = [are_between(mask.voxels, axis) & ~mask.voxels for axis in range(3)]
    both = [within[n] & within[n - 1] for n in range(3)]
    enclosed = max(int(np.count_nonzero(one)) for one in both)
    if OUTLINE_TIMES * enclosed > mask.voxel_count and spared is not None:
        omitted = ~spared.voxels_in(mask.box)
        enclosed = max(int(np.count_nonzero(one & omitted)) for one in both)
    if OUTLINE_TIMES * enclosed <= mask.voxel_count:
        return ()
    what = (
        f"the {IN_WORDS.get(mask.name, mask.name)} is an outline around {{}}, which is not "
        "counted: check whether it should be filled"
    )
    return (_finding("parts.outline", mask, what, enclosed),)


def find_outline_layers(mask: Mask, spared: Mask | None = None) -> tuple[Finding, ...]:
    """Find slices whose outline was not filled, except at `spared` structures.

    The mask surrounds more voxels of such a slice, from four sides, than it contains.
    """
    axis = mask.grid.axial_axis
    layers = np.moveaxis(mask.voxels, axis, 0)
    counts = count_layers(mask.voxels)[axis]
    spans = [np.count_nonzero(layers.any(axis=other), axis=1) for other in (1, 2)]
    thin = np.flatnonzero((counts > 0) & (THIN_TIMES * counts < spans[0] * spans[1]))
    found = enclosed = 0
    for at in thin:
        within = are_between(layers[at], 0) & are_between(layers[at], 1) & ~layers[at]
        if int(np.count_nonzero(within)) <= counts[at]:
            continue
        if spared is not None:
            within &= ~_layer_of(spared, mask.box, axis, int(at))
        if (inside := int(np.count_nonzero(within))) > counts[at]:
            found, enclosed = found + 1, enclosed + inside
    if 100 * enclosed <= HOLES_PERCENT * mask.voxel_count:
        return ()
    which = "1 slice is" if found == 1 else f"{found} slices are"
    what = (
        f"{which} an outline around {{}} in total, which is not counted: check whether to fill it"
    )
    return (_finding("parts.outline", mask, what, enclosed),)


def _layer_of(mask: Mask, box: Box, axis: int, at: int) -> Voxels:
    start, stop = [*box.start], [*box.stop]
    start[axis] += at
    stop[axis] = start[axis] + 1
    layer = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    return mask.voxels_in(layer).squeeze(axis)


def find_cut(mask: Mask, scan: Box | None = None) -> tuple[Finding, ...]:
    """Find faces of the scan, or of the file, at which the mask ends flat and is incomplete.

    `scan` is the region of the grid covered by the CT; without it, the file's region is used.
    """
    cut = [
        (where, axis, end, "")
        for axis in range(3)
        for end in (0, 1)
        if (where := _end_of(mask, axis, end, scan)) in (MaskEdge.SCAN, MaskEdge.FILE)
        and _is_flat(mask, axis, end)
    ]
    return tuple(_describe_ends("edge.cut", mask, cut))


def find_flat_ends(mask: Mask, scan: Box | None = None) -> tuple[Finding, ...]:
    """Find flat ends of a liver within its scan, as left by an incomplete drawing.

    A mask that was cut by a scan and then padded has such an end; so does a sphere that lacks 4 %
    of its volume. Stray voxels, or a tumour, beyond the flat end do not hide it. A body that is
    flat along several axes is a box, not a cut liver. Along the body, smaller flat ends are found
    too, if a rounded end would be larger by a share of the liver.
    """
    counts = count_layers(mask.voxels)
    flat = [*_list_flat_ends(mask, counts)]
    axes, along = {axis for _, axis, _, _ in flat}, find_body_axis(mask)
    if len(axes) > 1:
        return ()
    if axes <= {along}:
        listed = {end for _, _, end, _ in flat}
        flat += [one for one in _list_short_ends(mask, counts, along) if one[2] not in listed]
    ends = [(_end_of(body, axis, end, scan), axis, end, more) for body, axis, end, more in flat]
    within = [end for end in ends if end[0] in (MaskEdge.WITHIN, MaskEdge.UNSAID)]
    return tuple(_describe_ends("edge.flat_end", mask, within))


def _list_flat_ends(mask: Mask, layers: tuple[Counts, ...]) -> Iterator[tuple[Mask, int, int, str]]:
    """Yield flat ends: the mask without the small layers beyond, the index axis, and the end."""
    part, whole = FLAT_OF_NEXT
    for axis, counts in enumerate(layers):
        for end in (0, 1):
            inwards, beyond = _from_end(counts, end)
            face, *further = inwards[beyond:].tolist()
            large = 100 * face > FLAT_END_PERCENT * max(face, *further, 0)
            if len(further) + 1 >= FEWEST_LAYERS and large and whole * face > part * further[0]:
                yield _without_layers(mask, axis, end, beyond), axis, end, ""


def _list_short_ends(
    mask: Mask, layers: tuple[Counts, ...], axis: int
) -> Iterator[tuple[Mask, int, int, str]]:
    """Yield smaller flat ends along an axis, with their area and what a rounded end would add."""
    layer_mm = mask.grid.layers_mm[axis]
    voxel_mm2 = mask.grid.voxel_ml * float(MM3_IN_ML) / layer_mm
    for end in (0, 1):
        inwards, beyond = _from_end(layers[axis], end)
        areas_mm2 = inwards[beyond:].astype(np.float64) * voxel_mm2
        drawn_ml = float(inwards[:beyond].sum()) * mask.grid.voxel_ml
        missing_ml = _measure_cap(areas_mm2, layer_mm) / float(MM3_IN_ML) - drawn_ml
        percent = 100 * missing_ml / mask.volume_ml
        if percent > MISSING_PERCENT:
            size = f"{float(areas_mm2[0]) / float(MM_IN_CM**2):.0f} cm²"
            more = f"about {as_ml(missing_ml)}, {percent:.1f} % of the {mask.name}"
            what = f": a layer of {size}, beyond which a rounded end would contain {more}"
            yield _without_layers(mask, axis, end, beyond), axis, end, what


def _from_end(counts: Counts, end: int) -> tuple[Counts, int]:
    """Return the layers from this end, and the number of small ones beyond the liver's end."""
    inwards = counts[:: -1 if end else 1]
    return inwards, int(np.argmax(100 * inwards > FLAT_PERCENT * inwards.max(initial=0)))


def _measure_cap(areas_mm2: npt.NDArray[np.float64], layer_mm: float) -> float:
    """Volume, in mm³, of the spherical cap that continues layers with these areas, last one first.

    The section of a sphere of radius R at a depth h has the area π(2Rh - h²), which grows by
    2π(R - h) per mm. The steepest growth near the end is used, so the cap is rather too small; it
    is at most a hemisphere. Copies of a thick layer count as one. Zero if the cap is less than two
    layers high, where a rounded end may be.
    """
    if areas_mm2.size < FEWEST_LAYERS:
        return 0.0
    copies = count_alike(areas_mm2)
    drawn_mm2: list[float] = areas_mm2[::copies].tolist()
    last_mm2, *further = drawn_mm2
    thick_mm = copies * layer_mm
    near = further[: max(2, int(TAPER_MM / thick_mm))]
    growth_mm = max(0.0, *((area - last_mm2) / (n * thick_mm) for n, area in enumerate(near, 1)))
    middle_mm = growth_mm / (2 * pi)  # of the sphere, from the last layer
    radius_mm = sqrt(middle_mm**2 + last_mm2 / pi)
    high_mm = radius_mm - middle_mm
    if high_mm < 2 * thick_mm:
        return 0.0
    high_mm -= thick_mm / 2  # of the last layer, drawn beyond its middle
    return pi * high_mm**2 * (radius_mm - high_mm / 3)


def count_alike(outwards: Counts | npt.NDArray[np.float64]) -> int:
    """Count the layers from this end as large as the first; 1 if none differs."""
    return max(1, int(np.argmax(outwards != outwards[0])))


def _without_layers(mask: Mask, axis: int, end: int, layers: int) -> Mask:
    start, stop = [*mask.box.start], [*mask.box.stop]
    start[axis] += 0 if end else layers
    stop[axis] -= layers if end else 0
    return mask.cropped(Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])))


def _describe_ends(
    code: str, mask: Mask, ends: Sequence[tuple[MaskEdge, int, int, str]]
) -> Iterator[Finding]:
    """Report ends of each kind in one finding; what is known of an end follows its name."""
    by_kind: dict[MaskEdge, list[str]] = {}
    for where, axis, end, more in ends:
        by_kind.setdefault(where, []).append(name_face(mask, axis, end) + more)
    # what is known of an end contains a comma, and is of that end only
    separator = "; " if any(more for *_, more in ends) else ", "
    for where, faces in by_kind.items():
        message = f"the {mask.name} {where.value.format(separator.join(faces))}"
        yield warn(code, mask, message, len(faces), "faces")


def _end_of(mask: Mask, axis: int, end: int, scan: Box | None) -> MaskEdge:
    """Classify an end of a mask; if the mask exceeds a scan, it was drawn on a different one."""
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
    """Whether a box and a field have the same low or high end on an index axis."""
    if end:
        return box.stop[axis] == field.stop[axis]
    return box.start[axis] == field.start[axis]


def _holds(field: Box, box: Box, axis: int, end: int) -> bool:
    return box.stop[axis] < field.stop[axis] if end else box.start[axis] > field.start[axis]


def _is_flat(mask: Mask, axis: int, end: int) -> bool:
    along = np.moveaxis(mask.voxels, axis, 0)
    face, *beside = (int(np.count_nonzero(layer)) for layer in along[:: -1 if end else 1][:2])
    part, whole = FLAT_OF_NEXT
    if whole * face <= part * sum(beside):
        return False  # the usual case, without counting all layers
    return 100 * face > FLAT_PERCENT * int(count_layers(mask.voxels)[axis].max())


def name_face(mask: Mask, axis: int, end: int) -> str:
    """Name an end of an index axis by patient direction, or by the axis if this is unknown."""
    if mask.grid.placed:
        world, forwards = find_direction(mask, axis)
        return FACES[world][end if forwards else 1 - end]
    return f"{'last' if end else 'first'} layer of axis {axis + 1}"


def _along(mask: Mask, axis: int) -> str:
    if mask.grid.placed:
        return "from " + " to ".join(FACES[find_direction(mask, axis)[0]])
    return f"along axis {axis + 1}"


def find_body_axis(mask: Mask) -> int:
    """Return the index axis along the body; without orientation, the axis of the slices."""
    if mask.grid.placed:
        return mask.grid.axial_axis
    edges_mm = mask.grid.spacing_mm
    return max(range(3), key=lambda axis: (edges_mm[axis], axis))


def find_direction(mask: Mask, axis: int) -> tuple[int, bool]:
    """Return the world axis nearest to an index axis, and whether both increase together."""
    column = mask.grid.matrix()[:, axis]
    world = int(np.argmax(np.abs(column)))
    return world, bool(column[world] > 0)


def _finding(code: str, mask: Mask, what: str, voxels: int) -> Finding:
    volume_ml = voxels * mask.grid.voxel_ml
    percent = 100 * voxels / mask.voxel_count
    message = what.format(f"{as_ml(volume_ml)} ({percent:.1f} %)")
    return warn(code, mask, message, volume_ml, "mL")
