"""Couinaud segments of each voxel of a liver, so that one sum counts any set of segments."""

from collections.abc import Mapping
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.liver.anatomy import HALVES, SEGMENTS, Anatomy
from fl_planner.liver.segments.segments import FOURTH
from fl_planner.space.gap import Surface, gather_borders
from fl_planner.space.grid import Box
from fl_planner.space.labels import EVERY, Codes, Counts, count_codes
from fl_planner.space.mask import Mask

Bits = Codes

SETS = EVERY  # of eight segments, none and all with them


class Territories(Struct, frozen=True, eq=False):
    """Segments of a liver's voxels: bit s stands for `names[s]`.

    A voxel in two overlapping segments has two bits, so a set of segments counts it once.

    - `names`: segments that are present, in order; eight at most, and nine with halves of IV.
    - `bits` (array of the box's shape): 0 in no segment; one byte, or two for nine names.
    - `box`: box of `bits` on the grid.
    - `mapped`: all segments together.
    """

    names: tuple[str, ...]
    bits: Bits
    box: Box
    mapped: Mask

    @property
    def sets(self) -> int:
        """Number of sets of segments; the bits of each are below this number."""
        return max(SETS, 1 << len(self.names))

    def bit_of(self, names: tuple[str, ...]) -> int:
        """Return the bits of a set of segments; missing segments have none."""
        return sum(1 << n for n, name in enumerate(self.names) if name in names)

    def sets_with(self, name: str) -> npt.NDArray[np.intp]:
        """List the sets, by their bits, that contain a segment."""
        return np.flatnonzero(np.arange(self.sets) & self.bit_of((name,)))

    def count(self, mask: Mask) -> Counts:
        """Count the voxels of a mask by their bits, shape (`sets`,)."""
        common = mask.box & self.box
        bits, voxels = (
            self.bits[common.slices(self.box.start)],
            mask.voxels[common.slices(mask.box.start)],
        )
        counts = count_codes(bits * voxels, self.sets)
        counts[0] = mask.voxel_count - counts[1:].sum()  # including those outside the box
        return counts

    def bits_of(self, mask: Mask) -> Bits:
        """Return the bits of each voxel of a mask, in index order, shape (N,)."""
        bits = np.zeros(mask.voxels.shape, dtype=self.bits.dtype)
        common = mask.box & self.box
        bits[common.slices(mask.box.start)] = self.bits[common.slices(self.box.start)]
        found: Bits = bits[mask.voxels]
        return found

    def gather_free(self, nontumorous: Mask) -> dict[str, Surface]:
        """Gather the surface of each segment's non-tumorous liver; without such liver, none.

        A map often extends beyond the liver, or over structures that are not part of it.
        """
        common = nontumorous.box & self.box
        codes = np.zeros_like(self.bits)
        inside = common.slices(self.box.start)
        liver = nontumorous.voxels[common.slices(nontumorous.box.start)]
        np.multiply(self.bits[inside], liver, out=codes[inside])
        bits = {name: self.bit_of((name,)) for name in self.names}
        return gather_borders(codes, bits, self.box, self.mapped.grid)


def map_territories(anatomy: Anatomy) -> Territories | None:
    """Map the segments of a label map; None without segments."""
    if not anatomy.segments:
        return None
    return anatomy.once("territories", lambda: _map(anatomy.segments))


def map_divided_territories(anatomy: Anatomy) -> Territories | None:
    """Map the segments with IVa and IVb for IV; None unless a map gives all three."""
    if FOURTH not in anatomy.segments or not anatomy.segment_parts.keys() >= set(HALVES):
        return None
    drawn = anatomy.drawn_segments
    segments = {name: mask for name, mask in drawn.items() if name != FOURTH}
    return anatomy.once("divided territories", lambda: _map(segments))


def map_kept_territories(anatomy: Anatomy, kept: tuple[str, ...]) -> Territories | None:
    """Map the segments so that a remnant of segments and halves of IV is a set of mapped ones.

    A single half in the map is kept in addition to IV, which contains it. None if a segment is
    missing from the map: its liver is in another segment, or in none.
    """
    if lacks_segments(anatomy):
        return None
    if not {*HALVES} & {*kept}:
        return map_territories(anatomy)
    if (divided := map_divided_territories(anatomy)) is not None:
        return divided
    return anatomy.once("territories and a half", lambda: _map(anatomy.drawn_segments))


def lacks_segments(anatomy: Anatomy) -> bool:
    """Whether a segment is neither in the map nor stated to be absent."""
    return bool(frozenset(SEGMENTS) - anatomy.absent_segments - anatomy.segments.keys())


def _map(segments: Mapping[str, Mask]) -> Territories:
    names = tuple(sorted(segments))
    box = reduce(or_, (mask.box for mask in segments.values()))
    first = segments[names[0]]
    held = np.dtype(np.uint8 if 1 << len(names) <= SETS else np.uint16)
    bits: Bits = np.zeros_like(first.voxels, dtype=held, shape=box.shape)
    for bit, name in enumerate(names):
        mask = segments[name]
        voxels: Bits = mask.voxels.view(np.uint8).astype(held, copy=False)
        bits[mask.box.slices(box.start)] |= voxels << bit
    bits.flags.writeable = False
    return Territories(names, bits, box, Mask("segments", bits != 0, box, first.grid, first.file))
