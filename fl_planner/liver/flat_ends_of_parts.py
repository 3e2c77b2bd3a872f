"""Find parts that end flat across the body axis although the liver continues beyond.

Parts drawn on only some slices, or cut off by their file, end in this way. Rule W1a of
safety.md; along the other axes a flat side is a resection plane.
"""

from collections.abc import Iterable, Iterator
from math import ceil, sqrt

import numpy as np
from msgspec import Struct, structs

from fl_planner.basis.findings import Finding
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import HALVES, SEGMENTS, Anatomy
from fl_planner.liver.lesions.count import LEAST_LESION_ML, least_voxels
from fl_planner.liver.mask_faults import (
    FLAT_OF_NEXT,
    FLAT_PERCENT,
    IN_WORDS,
    PIECES_PERCENT,
    count_alike,
    find_body_axis,
    name_face,
    warn,
)
from fl_planner.liver.names.structures import list_segments
from fl_planner.liver.segments.segments import FOURTH, spread_absent
from fl_planner.space.components import LESION_CONNECTIVITY, split_parts
from fl_planner.space.grid import Box, Grid
from fl_planner.space.labels import Counts, count_layers
from fl_planner.space.mask import Mask, unite

FEWEST_LAYERS = 5  # of a lesion or further piece whose ends are assessed [safety.md W1a]
BARE_PERCENT = 50  # of the last layer, with liver beyond it [safety.md W1a]
DISC_GRAIN = 1.0  # times the square root of a lesion's layer: see `_find_flat`; project's choice
ROUNDING = 1e-6  # of a number of layers


class Grain(Struct, frozen=True):
    """Number of voxels per drawn voxel after resampling to a finer grid.

    - `layers`: largest number per drawn layer.
    - `columns`: number within a layer.
    """

    layers: int = 1
    columns: float = 1.0


class End(Struct, frozen=True, eq=False):
    """A flat end of a part.

    - `part`: the part concerned.
    - `axis`, `step`: index axis along the body; +1 or -1, outwards.
    - `layer`: the last layer.
    - `bare`: liver one step further, into which the part might continue.
    """

    part: Mask
    axis: int
    step: int
    layer: Mask
    bare: Mask

    @property
    def percent(self) -> float:
        """Percentage of the last layer with liver beyond it."""
        return 100 * self.bare.voxel_count / self.layer.voxel_count

    @property
    def face(self) -> str:
        """Direction of the end in words, and whether the file also ends there."""
        name = name_face(self.part, self.axis, int(self.step > 0))
        box, field = self.layer.box, self.part.filled
        beside = field.stop[self.axis] - 1 if self.step > 0 else field.start[self.axis]
        return f"{name}, where the file ends" if box.start[self.axis] == beside else name

    def moved(self, layer: Mask) -> Mask:
        """Return a layer moved one step outwards."""
        by = [0, 0, 0]
        by[self.axis] = self.step
        box = layer.box.moved((by[0], by[1], by[2]))
        return Mask(layer.name, layer.voxels, box, layer.grid, layer.file, layer.field)


def find_part_end(
    part: Mask, anatomy: Anatomy, drawn_on: Grid | None = None
) -> tuple[Finding, ...]:
    """Find incomplete ends of a remnant, a part to be removed or a treated area.

    Ends at borders of segments are accepted, and ends of a remnant at tumour. A treated area given
    by segments is not checked. `drawn_on` is the grid from which the part was resampled, if any.
    """
    if part.name == "treated" and anatomy.treated_by_segments:
        return ()
    beyond = anatomy.nontumorous if part.name == "flr" else anatomy.organ
    segments = [*anatomy.segments.values()]
    ends = [
        end
        for piece in _split(part)
        for flat in _find_flat_ends(piece, beyond, _find_grain(part, drawn_on), spurs=True)
        if _is_open(end := _without_gap(_without_borders(flat, segments), part))
    ]
    if not ends:
        return ()
    words = IN_WORDS.get(part.name, part.name)
    remedy = f"draw the {words} completely"
    if not segments:
        remedy += ", or give the label map with segments that end there (--labelmap)"
    message = f"the {words} {_describe(ends)}. Unless the drawing is meant to end there, {remedy}"
    percent = max(end.percent for end in ends)
    return (warn("edge.part_end", part, message, percent, "%"),)


def find_lesion_ends(
    tumour: Mask, organ: Mask, lesions: tuple[Mask, ...] = (), drawn_on: Grid | None = None
) -> tuple[Finding, ...]:
    """Find lesions with incomplete ends, which are larger than drawn.

    `lesions` are lesions with separate labels; without them, connected parts are used. `drawn_on`
    is the grid from which the tumour was resampled, if any.
    """
    if not tumour.voxel_count:
        return ()
    grain = _find_grain(tumour, drawn_on)
    parts = lesions or split_parts(
        tumour, LESION_CONNECTIVITY, least_voxels=least_voxels(tumour, LEAST_LESION_ML)
    )
    deep = [part for part in parts if _is_deep(part, grain)]
    beyond = organ - tumour if deep else organ
    short = [
        [end for end in _find_flat_ends(lesion, beyond, grain, spurs=False) if _is_open(end)]
        for lesion in deep
    ]
    if not (short := [ends for ends in short if ends]):
        return ()
    sizes = ", ".join(as_ml(ends[0].part.volume_ml) for ends in short)
    which = "a lesion" if len(short) == 1 else f"{len(short)} lesions"
    flat = _describe([end for ends in short for end in ends], len(short))
    message = (
        f"{which} ({sizes}) {flat}. If a lesion is incomplete, its size and volume are lower bounds"
    )
    return (warn("edge.lesion_end", tumour, message, len(short), "lesions"),)


def find_segment_ends(anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find segments of a label map that end flat, with liver in no segment beyond them.

    Not checked if a segment is missing, as its liver is beyond the others; this is reported
    separately.
    """
    drawn = anatomy.drawn_segments
    whole = [name for name in SEGMENTS if name not in spread_absent(anatomy.absent_segments)]
    unassigned = anatomy.unassigned
    halved = {FOURTH} if drawn.keys() & {*HALVES} else set()
    if unassigned is None or not {*whole} <= drawn.keys() | halved:
        return ()
    names = [name for name in sorted(drawn) if not (name in HALVES and FOURTH in drawn)]
    short = {
        name: ends
        for name in names
        if (ends := [*filter(_is_open, _find_flat_ends(drawn[name], unassigned, spurs=True))])
    }
    if not short:
        return ()
    every = [end for ends in short.values() for end in ends]
    message = (
        f"{list_segments(short)} {_describe(every, len(short))}; the liver beyond is not assigned "
        "to any segment. Check whether the map was cut off, and export the whole map"
    )
    return (warn("edge.segment_end", every[0].part, message, len(short), "segments"),)


def _describe(ends: Iterable[End], count: int = 1) -> str:
    """Describe the ends of parts, and the percentage of the last layers with liver beyond."""
    found = [*ends]
    faces = "; ".join(dict.fromkeys(end.face for end in found))
    percent = max(end.percent for end in found)
    end = "this end" if len(found) == 1 else "these ends"
    return (
        f"{'ends' if count == 1 else 'end'} flat ({faces}), although the liver continues beyond "
        f"{end} over {percent:.0f} % of the area of the last layer"
    )


def _split(part: Mask) -> Iterator[Mask]:
    """Yield the largest piece, and other large pieces with enough layers."""
    least = max(1, PIECES_PERCENT * part.voxel_count // 100)
    largest, *others = split_parts(part, 6, least_voxels=least) or (part,)
    yield largest
    for other in others:
        if other.box.shape[find_body_axis(other)] >= FEWEST_LAYERS:
            yield other


def _is_deep(lesion: Mask, grain: Grain) -> bool:
    """Return whether there are enough drawn layers; in a copied lesion, its end layers show it."""
    axis = find_body_axis(lesion)
    if lesion.box.shape[axis] < FEWEST_LAYERS * grain.layers:
        return False
    counts = count_layers(lesion.voxels)[axis]
    copies = min(count_alike(counts), count_alike(counts[::-1]))
    return counts.size >= FEWEST_LAYERS * max(grain.layers, copies)


def _find_grain(mask: Mask, drawn_on: Grid | None) -> Grain:
    """Return the number of voxels per drawn voxel along the body and across, at least one."""
    if drawn_on is None:
        return Grain()
    now_mm = mask.grid.spacing_mm[mask.grid.axial_axis]
    then_mm = drawn_on.spacing_mm[drawn_on.axial_axis]
    layers = then_mm / now_mm
    columns = drawn_on.voxel_ml / mask.grid.voxel_ml / layers
    return Grain(max(1, ceil(layers - ROUNDING)), max(1.0, columns))


def _find_flat_ends(
    part: Mask, beyond: Mask, grain: Grain | None = None, *, spurs: bool
) -> Iterator[End]:
    """Yield the flat ends of a part, with the voxels of `beyond` next to each.

    With `spurs`, a few protruding voxels are ignored: the last layer is the last one of sufficient
    size. A small lesion attached to a large one is not a spur.
    """
    axis = find_body_axis(part)
    counts = count_layers(part.voxels)[axis]
    for step in (-1, 1):
        if (last := _find_flat(counts[::-step], grain or Grain(), spurs=spurs)) is None:
            continue
        index = part.box.start[axis] + (last if step < 0 else len(counts) - 1 - last)
        layer = part.cropped(_layer_box(part.box, axis, index))
        end = End(part, axis, step, layer, layer - layer)
        if 0 <= index + step < part.grid.shape[axis]:
            yield structs.replace(end, bare=(end.moved(layer) & beyond) - part)


def _find_flat(outwards: Counts, of: Grain, *, spurs: bool) -> int | None:
    """Return the number of the last layer, counted from this end, if it is flat; otherwise None.

    In a small lesion, the voxel count of round layers varies with the position of its centre;
    `DISC_GRAIN` allows for this. On a finer grid the next drawn layer is compared, not a copy of
    the same one; of lesions, also if the file was resampled before.
    """
    large = 100 * outwards > FLAT_PERCENT * outwards.max()
    last = int(np.argmax(large)) if spurs else 0
    share, whole = FLAT_OF_NEXT
    grain = 0.0 if spurs else DISC_GRAIN * sqrt(outwards[last] * of.columns)
    copies = 1 if spurs else count_alike(outwards)
    beside = outwards[last + copies : last + copies + of.layers].max(initial=0)
    flat = whole * (outwards[last] - grain) > share * beside
    return last if large[last] and flat else None


def _is_open(end: End) -> bool:
    return 100 * end.bare.voxel_count > BARE_PERCENT * end.layer.voxel_count


def _without_borders(end: End, segments: Iterable[Mask]) -> End:
    """Subtract borders between segments of a map."""
    here = [(end.moved(end.layer & mask), mask.cropped(end.bare.box)) for mask in segments]
    if not here or not end.bare.voxel_count:
        return end
    bare, mapped = end.bare, unite(there for _, there in here)
    for before, there in here:
        bare = bare - (before & (mapped - there))
    return structs.replace(end, bare=bare)


def _without_gap(end: End, whole: Mask) -> End:
    """Subtract positions followed by another piece of the part: gaps, reported separately."""
    if end.part.voxel_count == whole.voxel_count or not end.bare.voxel_count:
        return end
    box, at = whole.box, end.bare.box.start[end.axis]
    further = np.moveaxis(whole.voxels, end.axis, 0)
    first = at - box.start[end.axis]
    seen = further[first:] if end.step > 0 else further[: max(0, first + 1)]
    shadow = np.expand_dims(seen.any(axis=0), end.axis)
    followed = Mask("followed", shadow, _layer_box(box, end.axis, at), whole.grid)
    return structs.replace(end, bare=end.bare - followed)


def _layer_box(box: Box, axis: int, index: int) -> Box:
    start, stop = [*box.start], [*box.stop]
    start[axis], stop[axis] = index, index + 1
    return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
