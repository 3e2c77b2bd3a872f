"""Where a part of the liver stops short: a flat end across the body's axis, and liver beyond it.

So ends what was drawn on some of the slices only, or what its file cuts off. Rule W1a of
safety.md; along the other axes a flat side is a plane of resection.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil, sqrt

import numpy as np

from fl_planner.basis.findings import Finding
from fl_planner.liver.anatomy import HALVES, SEGMENTS, Anatomy
from fl_planner.liver.drawing import FLAT_OF_NEXT, FLAT_PERCENT, PIECES_PERCENT, name_face, warn
from fl_planner.liver.lesions.count import LEAST_LESION_ML, least_voxels
from fl_planner.liver.segments.segments import FOURTH, spread_absent
from fl_planner.space.components import LESION_CONNECTIVITY, split_parts
from fl_planner.space.grid import Box, Grid
from fl_planner.space.labels import Counts
from fl_planner.space.mask import Mask, unite

FEWEST_LAYERS = 5  # of a lesion, and of a further piece, that can end flat [safety.md W1a]
BARE_PERCENT = 50  # of the last layer, with liver beyond it [safety.md W1a]
DISC_GRAIN = 1.0  # times the square root of a lesion's layer: see `_find_flat`; project's choice
HAIR = 1e-6  # rounding of a number of layers
IN_WORDS = {"flr": "FLR", "resected": "part to be removed", "treated": "treated area"}


@dataclass(frozen=True, slots=True)
class Grain:
    """How many voxels each one that was drawn became, where a mask was brought onto finer ones.

    - `layers`: that one layer became, at most.
    - `columns`: within a layer.
    """

    layers: int = 1
    columns: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """A flat end of a part.

    - `part`: what ends.
    - `axis`, `step`: index axis along the body; +1 or -1, the way out.
    - `layer`: the last layer.
    - `bare`: one step further, what the part might have gone on into.
    """

    part: Mask
    axis: int
    step: int
    layer: Mask
    bare: Mask

    @property
    def percent(self) -> float:
        """How much of the last layer has liver beyond it."""
        return 100 * self.bare.voxel_count / self.layer.voxel_count

    @property
    def face(self) -> str:
        """Name the way out; and whether the file ends there too."""
        name = name_face(self.part, self.axis, int(self.step > 0))
        box, field = self.layer.box, self.part.filled
        beside = field.stop[self.axis] - 1 if self.step > 0 else field.start[self.axis]
        return f"{name}, where the file ends" if box.start[self.axis] == beside else name

    def moved(self, layer: Mask) -> Mask:
        """Push a layer one step out."""
        by = [0, 0, 0]
        by[self.axis] = self.step
        box = layer.box.moved((by[0], by[1], by[2]))
        return Mask(layer.name, layer.voxels, box, layer.grid, layer.file, layer.field)


def find_part_end(
    part: Mask, anatomy: Anatomy, drawn_on: Grid | None = None
) -> tuple[Finding, ...]:
    """Find where a remnant, a part to be removed or a treated area stops short.

    A border of a label map's segments is an end; so is, of a remnant, the tumour beyond. A
    treated area that was told by segments ends where they do. `drawn_on` is the grid that the
    part was brought over from, where it was.
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
    remedy = "draw it to its end"
    if not segments:
        remedy += ", or give the label map whose segments end there (--labelmap)"
    words = IN_WORDS.get(part.name, part.name)
    message = f"the {words} {_tell(ends)}. Unless it is meant to stop there, {remedy}"
    percent = max(end.percent for end in ends)
    return (warn("edge.part_end", part, message, percent, "%"),)


def find_lesion_ends(
    tumour: Mask, organ: Mask, lesions: tuple[Mask, ...] = (), drawn_on: Grid | None = None
) -> tuple[Finding, ...]:
    """Find lesions that stop short: they are larger than they were drawn.

    `lesions` are those that the reader told apart; else they are the connected parts. `drawn_on`
    is the grid that the tumour was brought over from, where it was.
    """
    if not tumour.voxel_count:
        return ()
    grain = _find_grain(tumour, drawn_on)
    parts = lesions or split_parts(
        tumour, LESION_CONNECTIVITY, least_voxels=least_voxels(tumour, LEAST_LESION_ML)
    )
    deep = [part for part in parts if _count_layers(part) >= FEWEST_LAYERS * grain.layers]
    beyond = organ - tumour if deep else organ
    short = [
        [end for end in _find_flat_ends(lesion, beyond, grain, spurs=False) if _is_open(end)]
        for lesion in deep
    ]
    short = [ends for ends in short if ends]
    if not short:
        return ()
    sizes = ", ".join(f"{ends[0].part.volume_ml:.3g} mL" for ends in short)
    which = "a lesion" if len(short) == 1 else f"{len(short)} lesions"
    told = _tell([end for ends in short for end in ends], len(short))
    message = f"{which} ({sizes}) {told}. Unless drawn whole, size and volume are lower bounds"
    return (warn("edge.lesion_end", tumour, message, len(short), "lesions"),)


def find_segment_ends(anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find segments of a label map that stop short, with liver in no segment beyond them.

    Where a segment is missing, its liver lies beyond the others; that is told by itself.
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
        f"segment {', '.join(short)} {_tell(every, len(short))}, in no segment: "
        "was the map cut off? Export it whole"
    )
    return (warn("edge.segment_end", every[0].part, message, len(short), "segments"),)


def _tell(ends: Iterable[End], count: int = 1) -> str:
    """Say where parts end, and how much of the last layers has liver beyond."""
    found = [*ends]
    faces = "; ".join(dict.fromkeys(end.face for end in found))
    percent = max(end.percent for end in found)
    return (
        f"{'ends' if count == 1 else 'end'} flat ({faces}), and the liver goes on beyond "
        f"{percent:.0f} % of the last layer"
    )


def _split(part: Mask) -> Iterator[Mask]:
    """Give the largest piece, and what else of some size is deep enough to have an end."""
    least = max(1, PIECES_PERCENT * part.voxel_count // 100)
    largest, *others = split_parts(part, 6, least_voxels=least) or (part,)
    yield largest
    yield from (other for other in others if _count_layers(other) >= FEWEST_LAYERS)


def _count_layers(part: Mask) -> int:
    return part.box.shape[_find_body_axis(part)]


def _find_body_axis(mask: Mask) -> int:
    """Find the index axis along the body; of a grid without a place, that of the slices."""
    if mask.grid.placed:
        return mask.grid.axial_axis
    edges_mm = mask.grid.spacing_mm
    return max(range(3), key=lambda axis: (edges_mm[axis], axis))


def _find_grain(mask: Mask, drawn_on: Grid | None) -> Grain:
    """Find what resampling made of each voxel along the body and across it, and at least one."""
    if drawn_on is None:
        return Grain()
    now_mm = mask.grid.spacing_mm[mask.grid.axial_axis]
    then_mm = drawn_on.spacing_mm[drawn_on.axial_axis]
    layers = then_mm / now_mm
    columns = drawn_on.voxel_ml / mask.grid.voxel_ml / layers
    return Grain(max(1, ceil(layers - HAIR)), max(1.0, columns))


def _find_flat_ends(
    part: Mask, beyond: Mask, grain: Grain | None = None, *, spurs: bool
) -> Iterator[End]:
    """Find the flat ends of a part, with what of `beyond` lies behind each.

    With `spurs`, a few voxels that stand out are no end: the last layer is the last of some
    size. A small lesion that hangs on a large one is no spur.
    """
    axis = _find_body_axis(part)
    counts = np.count_nonzero(np.moveaxis(part.voxels, axis, 0), axis=(1, 2))
    for step in (-1, 1):
        last = _find_flat(counts[::-step], grain or Grain(), spurs=spurs)
        if last is None:
            continue
        index = part.box.start[axis] + (last if step < 0 else len(counts) - 1 - last)
        layer = part.cropped(_layer_box(part.box, axis, index))
        end = End(part, axis, step, layer, layer - layer)
        if 0 <= index + step < part.grid.shape[axis]:
            yield replace(end, bare=(end.moved(layer) & beyond) - part)


def _find_flat(outwards: Counts, of: Grain, *, spurs: bool) -> int | None:
    """Find the last layer, counted from the end, if it is a flat one.

    A lesion is small: how many voxels its round layers hold varies with where its middle lies. The
    layer beside it is the next that was drawn, not the same one again on a finer grid.
    """
    large = 100 * outwards > FLAT_PERCENT * outwards.max()
    last = int(np.argmax(large)) if spurs else 0
    share, whole = FLAT_OF_NEXT
    grain = 0.0 if spurs else DISC_GRAIN * sqrt(outwards[last] * of.columns)
    beside = outwards[last + 1 : last + 1 + of.layers].max(initial=0)
    flat = whole * (outwards[last] - grain) > share * beside
    return last if large[last] and flat else None


def _is_open(end: End) -> bool:
    return 100 * end.bare.voxel_count > BARE_PERCENT * end.layer.voxel_count


def _without_borders(end: End, segments: Iterable[Mask]) -> End:
    """Leave out where one segment of a map ends and another begins."""
    here = [(end.moved(end.layer & one), one.cropped(end.bare.box)) for one in segments]
    if not here or not end.bare.voxel_count:
        return end
    bare, mapped = end.bare, unite(there for _, there in here)
    for before, there in here:
        bare = bare - (before & (mapped - there))
    return replace(end, bare=bare)


def _without_gap(end: End, whole: Mask) -> End:
    """Leave out where another piece of the same part follows: that is a gap, told by itself."""
    if end.part.voxel_count == whole.voxel_count or not end.bare.voxel_count:
        return end
    box, at = whole.box, end.bare.box.start[end.axis]
    further = np.moveaxis(whole.voxels, end.axis, 0)
    first = at - box.start[end.axis]
    seen = further[first:] if end.step > 0 else further[: max(0, first + 1)]
    shadow = np.expand_dims(seen.any(axis=0), end.axis)
    followed = Mask("followed", shadow, _layer_box(box, end.axis, at), whole.grid)
    return replace(end, bare=end.bare - followed)


def _layer_box(box: Box, axis: int, index: int) -> Box:
    start, stop = [*box.start], [*box.stop]
    start[axis], stop[axis] = index, index + 1
    return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
