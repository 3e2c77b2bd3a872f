"""Find leaked fills, unintended pieces of a planned part, and displaced layers.

If a fill leaks over whole slices, the part includes nearly all of the liver in them. A correct
part does not have two opposite flat sides across an axis of the grid. A remnant after a central
hepatectomy correctly has two pieces. Displaced or mirrored layers match the layers on both sides if
moved back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import ceil

import numpy as np
from msgspec import Struct

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.anatomy import HALVES, Anatomy
from fl_planner.liver.flat_ends_of_parts import find_part_end
from fl_planner.liver.mask_faults import (
    IN_WORDS,
    LEAST_OF_LARGEST,
    PIECES_PERCENT,
    find_cavities,
    find_direction,
    find_gaps,
    find_outline_layers,
    find_outlines,
    find_partial_gaps,
    find_pieces,
    list_gaps,
    list_runs,
    thin_layers,
    warn,
)
from fl_planner.liver.names.structures import as_roman, name_segments
from fl_planner.liver.segments.segments import FOURTH
from fl_planner.space.components import measure_parts, split_parts, touch
from fl_planner.space.grid import Grid, Voxels
from fl_planner.space.labels import Counts, count_layers
from fl_planner.space.mask import Mask, unite

# Project's choices. In 1,000 unions of segments on public maps, at most 3 % of a layer, and 19 % of
# the liver that is not in the part on both sides, are between two flat faces.
LEAST_OF_LAYER = 0.2  # of the liver there: voxels of the part in these layers only
LEAST_OF_REST = 0.5  # of the liver there that is not in the part on both sides
MOST_OF_BODY = 3  # at most this fraction of the liver's layers along the body; a section has more
FEW_LAYERS, THIN_MM = 2, 15.0  # along other axes, along which a section may have flat sides
HELD_BESIDE = 0.05  # of the layers before and after, for more than a few layers
END_OF_BODY = 5  # fraction of the liver's layers, if the liver ends beyond them
LEAST_LAYER = 0.1  # of the liver's largest layer
LETTERS = (("R", "L"), ("A", "P"), ("H", "F"))  # towards which each patient axis is above, below 0
# Project's choices. In parts of 14 public livers, moving a layer that differs so much never reduced
# the difference by more than 2.5 times, even if all layers were redrawn with random errors.
MOST_LAYERS = 3  # displaced together
LEAST_DIFFERENCE = 0.1  # of the layer
UNUSUAL = 4  # times the median difference of the layers
EXAMINED = 3  # layers along an axis, the most different first
MATCHES = 4  # times less difference after moving
# Project's choices. In 392 unions of segments of 14 public livers, such layers are identical only
# if all were written to a finer grid, and then equally often.
LEAST_COPIES, COPIES_MM, COPIED = 4, 10.0, 200  # identical layers in a row, and their voxels
STEP_AFTER = 2  # times the median difference of layers, before or after the copies
FEWEST_OTHERS = 8  # other runs of identical layers, each at most half as long
# Project's choices. In 20 whole livers, also with every second or third slice only, a step between
# slices is at most 2.3 times as large as those near it. Four missing slices of 1.5 to 7.5 mm exceed
# 2.5 in half of the places. A slice that differs from both sides differs by at most 9 % of itself.
STEP_NEAR, NEAR_STEPS = 2.5, 3  # steps on each side
ODD_SHARE, ODD_TIMES = 0.15, 25  # of the layer, and times the median of all layers


class Counted:
    """A mask and the voxel counts of its layers along each axis."""

    def __init__(self, mask: Mask) -> None:
        """Count the layers, once for all comparisons."""
        self.mask = mask
        self.layers = count_layers(mask.voxels)


class Leak(Struct, frozen=True):
    """Layers [`first`, `stop`) along an index axis, and the voxels of a part in these only."""

    axis: int
    first: int
    stop: int
    voxels: int

    @property
    def layers(self) -> int:
        """Number of layers."""
        return self.stop - self.first


def find_leak(part: Mask, organ: Mask) -> tuple[Finding, ...]:
    """Find layers over which a part leaked; `organ` is the liver with its tumours."""
    return _find_leak(part, Counted(organ), IN_WORDS.get(part.name, part.name))


def _find_leak(part: Mask, organ: Counted, words: str) -> tuple[Finding, ...]:
    leak = max(_list_leaks(part, organ), key=lambda found: found.voxels, default=None)
    if leak is None:
        return ()
    which = "one layer" if leak.layers == 1 else f"{leak.layers} consecutive layers"
    where = name_layers(organ.mask, leak.axis, leak.first, leak.stop)
    volume_ml = leak.voxels * part.grid.voxel_ml
    message = (
        f"the {words} includes nearly all of the liver in {which} ({where}), "
        f"{as_ml(volume_ml)} more than in the layers before and after: check whether a "
        "flood fill leaked in these layers"
    )
    return (warn("parts.leak", part, message, volume_ml, "mL"),)


def name_layers(organ: Mask, axis: int, first: int, stop: int) -> str:
    """Name layers [`first`, `stop`) by their position in the patient, in mm as in viewers.

    Their numbers would be those of the common grid of all files, not of a file. They are used only
    if the position is unknown: then all files are stored in the same way. On an oblique grid, the
    position is that in the middle of the liver.
    """
    if not organ.grid.placed:
        return " to ".join(map(str, dict.fromkeys((first + 1, stop)))) + f" along axis {axis + 1}"
    middle = [(a + b - 1) // 2 for a, b in zip(organ.box.start, organ.box.stop, strict=True)]
    ends = np.array([middle, middle])
    ends[:, axis] = first, stop - 1
    world, _ = find_direction(organ, axis)
    low, high = sorted(organ.grid.places_mm(ends)[:, world].tolist())
    named = (f"{LETTERS[world][mm < 0]} {as_number(abs(mm))} mm" for mm in (low, high))
    return " to ".join(dict.fromkeys(named))


def find_segment_leaks(anatomy: Anatomy) -> Iterator[Finding]:
    """Find segments of a label map that leaked over others."""
    drawn, organ = anatomy.drawn_segments, Counted(anatomy.delivered)
    for name, mask in drawn.items():
        if not (name in HALVES and FOURTH in drawn):
            yield from _find_leak(mask, organ, f"segment {as_roman(name)}")


LEAST_STRAY_ML = 5  # 0.5 % of a small liver [project's choice]


def find_segment_pieces(anatomy: Anatomy) -> Iterator[Finding]:
    """Find segments of a label map that have pieces elsewhere, as automatic maps may have.

    A lesion or an excluded structure may separate the pieces of a segment, and so may layers
    omitted in the whole map, which are reported as gaps. On 14 public maps, at most 0.3 % of a
    segment are outside its largest piece.
    """
    segments, spared = anatomy.segments, anatomy.spared
    apart_ml: dict[str, float] = {}
    for name, mask in segments.items():
        apart = mask.voxel_count - measure_parts(mask, 6)[0]
        if spared is not None and _is_stray(apart, mask):
            least = ceil(LEAST_PART * mask.voxel_count)
            joined = split_parts(mask | spared, 6, least_voxels=least)
            apart = mask.voxel_count - max((mask & one).voxel_count for one in joined)
        if _is_stray(apart, mask):
            apart_ml[name] = apart * mask.grid.voxel_ml
    if apart_ml and not find_gaps(unite(segments.values())):
        listed = ", ".join(f"{as_ml(ml)} of segment {as_roman(n)}" for n, ml in apart_ml.items())
        message = f"disconnected from the rest of the segment: {listed}; check the labels there"
        first = segments[next(iter(apart_ml))]
        yield warn("parts.pieces", first, message, sum(apart_ml.values()), "mL")


def _is_stray(apart: int, mask: Mask) -> bool:
    """Whether voxels outside the largest piece are more than those of a rough border."""
    return (
        100 * apart > PIECES_PERCENT * mask.voxel_count
        and apart * mask.grid.voxel_ml > LEAST_STRAY_ML
    )


def _list_leaks(part: Mask, organ: Counted) -> Iterator[Leak]:
    """List the leaks along each axis."""
    held = Counted(part & organ.mask)
    edges_mm = part.grid.spacing_mm
    body = part.grid.axial_axis if part.grid.placed else int(np.argmax(edges_mm))
    for axis in range(3) if held.mask.voxel_count else ():
        layers = Layers(held, organ, axis)
        most = (
            layers.count / MOST_OF_BODY
            if axis == body
            else max(FEW_LAYERS, THIN_MM / edges_mm[axis])
        )
        for first, stop in layers.list_spans(most, ends=axis == body):
            voxels = layers.count_alone(first, stop)
            beside = FEW_LAYERS if axis != body or layers.is_end(first, stop) else stop
            if voxels and (stop - first <= beside or layers.is_held_beside(first, stop)):
                start = organ.mask.box.start[axis] - 1
                yield Leak(axis, first + start, stop + start, voxels)


class Layers:
    """Layers along an axis, of a part of the liver and of the whole; layer 0 is before the first.

    - `count`: layers of the liver.
    - `areas`, `whole`: voxels of the part and of the liver in each.
    """

    def __init__(self, part: Counted, organ: Counted, axis: int) -> None:
        """Align the layers of the part with those of the liver."""
        by = np.subtract(part.mask.box.start, organ.mask.box.start).tolist()
        self.before = by.pop(axis) + 1
        self.part, self.organ = (np.moveaxis(of.mask.voxels, axis, 0) for of in (part, organ))
        rows, columns = self.part.shape[1:]
        self.window = slice(by[0], by[0] + rows), slice(by[1], by[1] + columns)
        self.count = len(self.organ)
        self.whole: Counts = np.pad(organ.layers[axis], 1)
        after = self.count + 2 - self.before - len(self.part)
        self.areas: Counts = np.pad(part.layers[axis], (self.before, after))

    def list_spans(self, most: float, *, ends: bool) -> Iterator[tuple[int, int]]:
        """List layers between a sudden increase and a sudden decrease of the part, within `most`.

        With `ends`, the end of the liver may replace one of the two, a few layers away.
        """
        jumps = np.diff(self.areas)  # from each layer to the next
        least = LEAST_OF_LAYER / 2 * self.whole
        firsts = [n + 1 for n in np.flatnonzero(jumps >= least[1:]).tolist()]
        stops = [n + 1 for n in np.flatnonzero(-jumps >= least[:-1]).tolist()]
        large = LEAST_LAYER * self.whole.max()
        for first in firsts:
            for stop in stops:
                of_end = ends and self.is_end(first, stop)
                limit = self.count / END_OF_BODY if of_end else most
                inner = first > 1 and stop <= self.count
                if 0 < stop - first <= limit and (inner or of_end) and self.whole[first] >= large:
                    yield first, stop

    def is_end(self, first: int, stop: int) -> bool:
        """Whether the liver ends at one of the two sides of these layers."""
        return (first == 1) != (stop == self.count + 1)

    def is_held_beside(self, first: int, stop: int) -> bool:
        """Whether the part continues in the liver before and after these layers."""
        near = [n for n in (first - 1, stop) if self.whole[n]]
        return all(self.areas[n] >= HELD_BESIDE * self.whole[n] for n in near)

    def count_alone(self, first: int, stop: int) -> int:
        """Count the voxels of the part in these layers but not in those before and after.

        0 unless they are most of the liver that is not in the part on both sides.
        """
        rest = self.organ[first - 1] & self.organ[stop - 2]
        for beside in (first - 1, stop):
            if self.whole[beside]:
                rest &= self.organ[beside - 1] & ~self._layer(beside)
        alone = rest.copy()
        for layer in range(first, stop):
            alone &= self._layer(layer)
        found = int(np.count_nonzero(alone))
        few = LEAST_OF_LAYER * float(self.whole[first:stop].mean())
        if found < max(few, LEAST_OF_REST * int(np.count_nonzero(rest))):
            return 0
        return found * (stop - first)

    def _layer(self, number: int) -> Voxels:
        """Return a layer of the part at the size of the liver's layers."""
        whole_layer = np.zeros(self.organ.shape[1:], dtype=np.bool_)
        if 0 <= number - self.before < len(self.part):
            whole_layer[self.window] = self.part[number - self.before]
        return whole_layer


# project's choices
LARGE_PERCENT = 20  # of the part: an intended section rather than a stray stroke
APART_MM = 20  # gap between two sections; missing slices are rarely so wide
WHOLE_PERCENT = 10  # between a piece and its segments, whose borders are precise to 1 cm
LEAST_PART = Fraction(1, 100)  # of the part: smaller pieces are not examined one by one
HEAD = 2  # the patient's axis along which slices are drawn


def find_planned_faults(
    anatomy: Anatomy, own_grids: Mapping[str | None, Grid | None] | None = None
) -> tuple[Finding, ...]:
    """Find faults in the drawing of the remnant, or of the part to be removed.

    Holes at tumour or excluded structures are accepted. `own_grids` are the grids of files whose
    masks were resampled.
    """
    part = anatomy.resected if anatomy.flr is None else anatomy.flr
    if part is None:
        return ()
    pieces = _find_pieces(part, anatomy)
    if part is anatomy.flr and not pieces:  # between two pieces, nothing is missing
        pieces = find_partial_gaps(part)
    gapped = any(found.code == "parts.gap" for found in pieces)  # each drawn layer is separate
    return (
        *pieces,
        *find_cavities(part, anatomy.spared),
        *(find_outlines(part, anatomy.spared) or find_outline_layers(part, anatomy.spared)),
        *find_part_end(part, anatomy, (own_grids or {}).get(part.file)),
        *(() if gapped else find_leak(part, anatomy.delivered)),
    )


def _find_pieces(part: Mask, anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find unintended pieces, and slices that were not drawn."""
    count = len(measure_parts(part, 6))
    if count == 1:
        return ()  # and no layer inside it is empty
    pieces = split_parts(part, 6, least_voxels=ceil(LEAST_PART * part.voxel_count))
    named = [(piece, _name_whole(piece, anatomy)) for piece in pieces]
    meant = [(piece, names) for piece, names in named if names or _is_meant(piece, part, anatomy)]
    if len(meant) < 2 or not (_are_segments(meant, part, anatomy) or _are_side_by_side(meant)):
        return (*find_pieces(part), *find_gaps(part))
    stray = part.voxel_count - sum(piece.voxel_count for piece, _ in meant)
    if 100 * stray > PIECES_PERCENT * part.voxel_count:
        return (_warn_stray(part, stray, count - len(meant), len(meant)),)
    sizes = " and ".join(as_ml(piece.volume_ml) for piece, _ in meant)
    segments = "; ".join(name_segments(names) for _, names in meant if names)
    message = f"{part.source}: {len(meant)} pieces, {sizes}" + (segments and f" ({segments})")
    return (Finding("parts.pieces", Severity.INFO, message, part.file, len(meant), "1"),)


def _warn_stray(part: Mask, voxels: int, pieces: int, meant: int) -> Finding:
    volume_ml = voxels * part.grid.voxel_ml
    message = (
        f"{as_ml(volume_ml)} is in small disconnected pieces ({pieces}), in addition to the "
        f"{meant} large pieces"
    )
    return warn("parts.pieces", part, message, volume_ml, "mL")


def _is_meant(piece: Mask, part: Mask, anatomy: Anatomy) -> bool:
    """Whether a piece is large or, in a part to be removed, contains or touches tumour."""
    if 100 * piece.voxel_count >= LARGE_PERCENT * part.voxel_count:
        return True
    return part is anatomy.resected and anatomy.tumour is not None and touch(piece, anatomy.tumour)


def _name_whole(piece: Mask, anatomy: Anatomy) -> tuple[str, ...]:
    """Return the segments of which a piece is the union; empty for other pieces."""
    segments = anatomy.segments.items()
    held = {
        name: mask for name, mask in segments if 2 * (piece & mask).voxel_count > mask.voxel_count
    }
    if not held:
        return ()
    whole = unite(held.values())
    free = piece if anatomy.tumour is None else piece - anatomy.tumour
    missing = whole if anatomy.tumour is None else whole - anatomy.tumour
    more, less = free - whole, missing - piece
    few = WHOLE_PERCENT * min(free.voxel_count, missing.voxel_count)
    return tuple(held) if 100 * max(more.voxel_count, less.voxel_count) <= few else ()


def _are_segments(
    pieces: Sequence[tuple[Mask, tuple[str, ...]]], part: Mask, anatomy: Anatomy
) -> bool:
    """Whether pieces are whole segments, without empty layers that these segments do not have."""
    if not all(names for _, names in pieces):
        return False
    whole = unite(anatomy.segments[name] for _, names in pieces for name in names)
    return {axis for axis, _ in list_gaps(part)} <= {axis for axis, _ in list_gaps(whole)}


def _are_side_by_side(pieces: Sequence[tuple[Mask, object]]) -> bool:
    """Whether pieces are side by side, not separated by undrawn slices."""
    part = unite(piece for piece, _ in pieces)
    gaps = [*list_gaps(part)]
    return not gaps or (
        part.grid.placed
        and all(
            find_direction(part, axis)[0] != HEAD
            and layers * part.grid.spacing_mm[axis] >= APART_MM
            for axis, layers in gaps
        )
    )


def find_displaced_layers(mask: Mask) -> tuple[Finding, ...]:
    """Find layers across an axis of the grid that match their neighbours only after moving.

    Or layers that are all the same, although other layers of the mask differ from each other.
    """
    for axis in (2, 1, 0):
        layers = np.moveaxis(mask.voxels, axis, 0)
        thinned = thin_layers(mask.voxels, axis)
        for first, stop in _list_unusual(thinned):
            before, *inner, after = layers[first - 1 : stop + 1]
            if found := _match(before, np.array(inner), after):
                voxels, how = found
                return (_describe_displaced(mask, (axis, first, stop), voxels, how),)
        if copies := _find_copies(layers, thinned, mask.grid.layers_mm[axis]):
            return (_describe_copies(mask, axis, *copies),)
    return ()


def _find_copies(layers: Voxels, thinned: Voxels, step_mm: float) -> tuple[int, int] | None:
    """Return the run of identical layers that is much longer than all others.

    The layer after or before them differs from them more than adjacent layers usually do. The
    straight side of a phantom has no such step.
    """
    runs = list_runs(layers, thinned)
    lengths = [stop - first for first, stop in runs]
    longest = max(lengths, default=0)
    if longest < max(LEAST_COPIES, COPIES_MM / step_mm):
        return None
    first, stop = runs[lengths.index(longest)]
    *others, _ = sorted(lengths)
    if len(others) < FEWEST_OTHERS or 2 * others[-1] > longest:
        return None
    if np.count_nonzero(layers[first]) < COPIED:
        return None
    steps = np.count_nonzero(thinned[1:] != thinned[:-1], axis=(1, 2))
    step = steps[max(0, first - 1) : stop].max()
    sudden = step and step > STEP_AFTER * np.median(steps[steps > 0])
    return (first, stop) if sudden else None


def _describe_copies(mask: Mask, axis: int, first: int, stop: int) -> Finding:
    start = mask.box.start[axis]
    where = name_layers(mask, axis, first + start, stop + start)
    message = (
        f"{stop - first} layers in a row are identical ({where}), but the other layers differ: "
        "check whether layers were replaced by copies of one"
    )
    return warn("parts.displaced_layers", mask, message, stop - first, "layers")


def find_layer_jumps(liver: Mask) -> tuple[Finding, ...]:
    """Find an axial layer of a liver that does not continue those before it.

    Slices are missing before it, or it is from another place. Identical layers count once: a liver
    written to a finer grid has no step in most of them.
    """
    axis = liver.grid.axial_axis
    thinned = thin_layers(liver.voxels, axis)
    runs = list_runs(np.moveaxis(liver.voxels, axis, 0), thinned)
    layers = thinned[[first for first, _ in runs]]
    areas = np.count_nonzero(layers, axis=(1, 2))
    steps = np.count_nonzero(layers[1:] != layers[:-1], axis=(1, 2))
    for n in range(NEAR_STEPS, len(steps) - NEAR_STEPS):
        near = (*steps[n - NEAR_STEPS : n], *steps[n + 1 : n + 1 + NEAR_STEPS])
        least = LEAST_DIFFERENCE * min(areas[n], areas[n + 1])
        if steps[n] > max(least, STEP_NEAR * max(near)):
            what = "the outline changes abruptly"
            return (_describe_jump(liver, axis, (runs[n][1] - 1, runs[n + 1][0] + 1), what),)
    agreed = layers[2:] == layers[:-2]
    differ = np.count_nonzero(agreed & (layers[1:-1] != layers[2:]), axis=(1, 2))
    shares = differ / np.minimum(areas[2:], areas[:-2])
    for n in np.flatnonzero(shares > ODD_SHARE).tolist():
        if shares[n] > ODD_TIMES * np.median(shares):
            what = "a slice differs from those on both sides, which agree"
            return (_describe_jump(liver, axis, runs[n + 1], what),)
    return ()


def _describe_jump(liver: Mask, axis: int, span: tuple[int, int], what: str) -> Finding:
    start = liver.box.start[axis]
    where = name_layers(liver, axis, span[0] + start, span[1] + start)
    message = (
        f"{what} ({where}), unlike in all neighbouring slices: check whether slices are missing "
        "or out of order"
    )
    return warn("parts.layers_apart", liver, message)


def _list_unusual(layers: Voxels) -> Iterator[tuple[int, int]]:
    """List layers [`first`, `stop`) that differ from both sides where these agree."""
    areas = np.count_nonzero(layers, axis=(1, 2))
    for gap in range(1, min(MOST_LAYERS, len(layers) - 2) + 1):
        before = layers[: -1 - gap]
        differ = before == layers[1 + gap :]
        for n in range(1, 1 + gap):
            differ &= layers[n : len(before) + n] != before
        least = np.minimum(areas[: -1 - gap], areas[1 + gap :])
        large = LEAST_OF_LARGEST * least >= areas.max()
        shares = np.count_nonzero(differ, axis=(1, 2)) / np.maximum(least, 1) * large
        usual = np.median(shares[large]) if large.any() else 0.0
        for first in np.argsort(-shares, kind="stable")[:EXAMINED].tolist():
            if shares[first] > max(LEAST_DIFFERENCE, UNUSUAL * usual):
                yield first + 1, first + 1 + gap


def _match(before: Voxels, inner: Voxels, after: Voxels) -> tuple[int, str] | None:
    """Return the voxels in which layers differ from both sides, and what would make them match.

    They are moved so that their centre is that of the voxels common to both sides.
    """
    agreed, common = before == after, before & after
    if not common.any() or not inner.any():
        return None
    different = int(np.count_nonzero((inner != common) & agreed))
    centre = np.argwhere(common).mean(axis=0)
    left = {}
    for rows, columns in product((1, -1), repeat=2):
        turned = inner[:, ::rows, ::columns]
        by = np.rint(centre - np.argwhere(turned)[:, 1:].mean(axis=0)).astype(int)
        moved = np.roll(turned, by, axis=(1, 2))
        left[rows, columns] = int(np.count_nonzero((moved != common) & agreed))
    best = min(left, key=lambda turn: left[turn])
    own = int(np.count_nonzero(inner))  # layers near an end may be much larger than the next
    least = LEAST_DIFFERENCE * max(own, len(inner) * int(np.count_nonzero(common)))
    if different < max(least, MATCHES * left[best]):
        return None
    return different, "moved" if best == (1, 1) else "mirrored"


def _describe_displaced(mask: Mask, span: tuple[int, int, int], voxels: int, how: str) -> Finding:
    axis, first, stop = span
    start = mask.box.start[axis]
    where = name_layers(mask, axis, first + start, stop + start)
    which = "1 layer differs" if stop - first == 1 else f"{stop - first} layers in a row differ"
    volume_ml = voxels * mask.grid.voxel_ml
    message = (
        f"{which} by {as_ml(volume_ml)} from the layers on both sides ({where}), and would match "
        f"them if {how}: check whether the file was damaged there"
    )
    return warn("parts.displaced_layers", mask, message, volume_ml, "mL")
