"""What a DICOM file draws: segments by number, and their voxels on one grid."""

from dataclasses import dataclass, field

import numpy as np

from fl_planner.basis.findings import Finding
from fl_planner.space.box import NOWHERE, Box, Voxels, box_around
from fl_planner.space.grid import Grid


@dataclass(frozen=True, slots=True)
class Drawn:
    """One segment's voxels in their box."""

    voxels: Voxels
    box: Box


@dataclass(frozen=True, slots=True)
class Drawing:
    """Segments by number, all on one grid, and what was odd about drawing them."""

    grid: Grid
    of: dict[int, Drawn]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Pen:
    """One segment while its layers are read; of each, only the block drawn on is kept."""

    _blocks: list[tuple[Box, Voxels]] = field(default_factory=list)
    _hull: Box = NOWHERE

    def add(self, voxels: Voxels, box: Box) -> None:
        """Add a block at its place."""
        around = box_around(voxels)
        if around != NOWHERE:
            placed = around.moved(box.start)
            self._blocks.append((placed, voxels[around.slices()].copy()))
            self._hull |= placed

    def drawn(self) -> Drawn:
        """Give all blocks as one."""
        voxels = np.zeros(self._hull.shape, dtype=np.bool_)
        for box, block in self._blocks:
            voxels[box.slices(self._hull.start)] |= block
        return Drawn(voxels, self._hull)
