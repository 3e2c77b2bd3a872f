"""Which Couinaud segments each voxel of a liver lies in, so that all sets of them are one sum."""

from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt

from fl_planner.liver.anatomy import Anatomy
from fl_planner.space.box import Box
from fl_planner.space.label_counts import EVERY, Counts, count_codes
from fl_planner.space.mask import Mask
from fl_planner.space.surface import Surface, gather_borders

Bits = npt.NDArray[np.uint8]

SETS = EVERY  # of eight segments, none and all with them


@dataclass(frozen=True, slots=True, eq=False)
class Territories:
    """A liver's voxels by the segments that they lie in: bit s stands for `names[s]`.

    A voxel of two segments, where a map lets them overlap, has two bits, so a set of segments
    counts it once.

    - `names`: segments that are present, in order; eight at most.
    - `bits` (uint8 array of the box's shape): 0 where no segment is.
    - `box`: where `bits` lie on the grid.
    - `mapped`: all segments together.
    """

    names: tuple[str, ...]
    bits: Bits
    box: Box
    mapped: Mask

    def bit_of(self, names: tuple[str, ...]) -> int:
        """Give the bits of a set of segments; those that are not present have none."""
        return sum(1 << n for n, name in enumerate(self.names) if name in names)

    def sets_with(self, name: str) -> npt.NDArray[np.intp]:
        """List the bits, 0 to 255, of which that of a segment is one."""
        return np.flatnonzero(np.arange(SETS) & self.bit_of((name,)))

    def count(self, mask: Mask) -> Counts:
        """Count the voxels of a mask by their bits, shape (256,)."""
        common = mask.box & self.box
        bits, voxels = (
            self.bits[common.slices(self.box.start)],
            mask.voxels[common.slices(mask.box.start)],
        )
        counts = count_codes(bits * voxels)
        counts[0] = mask.voxel_count - counts[1:].sum()  # those outside the box among them
        return counts

    def bits_of(self, mask: Mask) -> Bits:
        """Give the bits of each voxel of a mask, in index order, shape (N,)."""
        bits = np.zeros(mask.voxels.shape, dtype=np.uint8)
        common = mask.box & self.box
        bits[common.slices(mask.box.start)] = self.bits[common.slices(self.box.start)]
        found: Bits = bits[mask.voxels]
        return found

    def gather_free(self, tumour: Mask) -> dict[str, Surface]:
        """Gather the surface of each segment without tumour; one of tumour only has none."""
        codes = self.bits.copy(order="K")
        common = tumour.box & self.box
        codes[common.slices(self.box.start)][tumour.voxels[common.slices(tumour.box.start)]] = 0
        bits = {name: self.bit_of((name,)) for name in self.names}
        return gather_borders(codes, bits, self.box, self.mapped.grid)


def map_territories(anatomy: Anatomy) -> Territories | None:
    """Lay the segments of a label map over each other; None where no map gives any."""
    if not anatomy.segments:
        return None
    names = tuple(sorted(anatomy.segments))
    box = reduce(or_, (mask.box for mask in anatomy.segments.values()))
    first = anatomy.segments[names[0]]
    bits = np.zeros_like(first.voxels, dtype=np.uint8, shape=box.shape)
    for bit, name in enumerate(names):
        mask = anatomy.segments[name]
        bits[mask.box.slices(box.start)] |= mask.voxels.view(np.uint8) << bit
    bits.flags.writeable = False
    return Territories(names, bits, box, Mask("segments", bits != 0, box, first.grid, first.file))
