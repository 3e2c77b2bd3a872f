"""The surface of what a plane leaves of a mask, for the distance from elsewhere to it."""

from __future__ import annotations

from functools import partial

import numpy as np

from fl_planner.space.cut.half_space import HalfSpace, Numbers
from fl_planner.space.label_counts import find_borders
from fl_planner.space.mask import Mask
from fl_planner.space.surface import Points, Surface, VoxelBlocks

VOXEL, BORDER = 1, 2  # marks: of the mask, and at its own surface


class CuttableSurface:
    """A mask in blocks of voxels, of which planes leave some."""

    def __init__(self, mask: Mask) -> None:
        """Mark the mask's voxels and its surface."""
        marks = mask.voxels.view(np.uint8) * np.uint8(VOXEL)
        marks |= (find_borders(mask.voxels) & mask.voxels).view(np.uint8) * np.uint8(BORDER)
        self._blocks = VoxelBlocks.of(marks, mask.box, mask.grid)
        self._found = self._blocks.find_marked(VOXEL)
        self._low_mm, self._high_mm = self._blocks.corners_mm(self._found)

    def cut(self, side: HalfSpace) -> Surface:
        """Gather the surface of what lies on a side: what is nearest from elsewhere is of it.

        Some of its blocks may hold no point. It is asked how near it is, and not what to.
        """
        middle, reach = (self._low_mm + self._high_mm) / 2, (self._high_mm - self._low_mm) / 2
        normal = np.array(side.normal)
        near = (middle * normal).sum(axis=1) + (reach * np.abs(normal)).sum(axis=1)
        kept = np.flatnonzero(near >= side.offset_mm - side.step_mm)
        listing = partial(self._list, side, self._found[kept])
        return Surface(self._low_mm[kept], self._high_mm[kept], listing)

    def _list(self, side: HalfSpace, found: Numbers, numbers: Numbers) -> tuple[Points, Numbers]:
        """List the voxels on a side that lie at the mask's surface or next to the plane."""
        blocks, which = self._blocks, found[numbers]
        indices, number, marks = blocks.list_voxels(VOXEL, which)
        kept = side.holds(*indices.T)
        indices, number, marks = indices[kept], number[kept], marks[kept]
        places = blocks.grid.places_mm(indices)
        height = places @ np.array(side.normal) - side.offset_mm
        seen = (marks & BORDER != 0) | (height <= side.step_mm)
        places, number = places[seen], number[seen]
        return places, np.searchsorted(number, np.arange(len(numbers)))
