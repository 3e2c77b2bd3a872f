"""Fields of a liver for the 3D view: coarse cells with mask fractions and distances.

The view colours its surfaces by these values. They are not used for measurements.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.space.coarse import count_blocks, find_factors
from fl_planner.space.grid import Box, Index, as_index
from fl_planner.space.labels import find_borders
from fl_planner.space.mask import Mask

STEP_MM = 2.5  # most that a cell measures, of larger voxels one [project's choice]
AROUND = 3  # cells around the organ
SMOOTHING = 0.7  # cells
FULL = 255  # a cell that is completely in a mask
UNIT_MM = 0.1  # of a distance; 255 is 25.5 mm or more
FAR_MM = FULL * UNIT_MM
FAST = 1  # of gzip: the page is on the same computer

Cells = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class FieldGrid:
    """Cells around an organ, each spanning several voxels along the axes of its grid.

    - `box`: all cells, which may extend beyond the grid.
    """

    organ: Mask
    factors: Index
    box: Box

    @classmethod
    def of(cls, organ: Mask) -> FieldGrid:
        """Arrange cells of at most `STEP_MM` around an organ."""
        factors = find_factors(organ.grid, STEP_MM)
        start = [low - AROUND * n for low, n in zip(organ.box.start, factors, strict=True)]
        stop = [
            low + n * (-(-(high - low) // n) + AROUND)
            for low, high, n in zip(start, organ.box.stop, factors, strict=True)
        ]
        return cls(organ, factors, Box.of(start, stop))

    @property
    def shape(self) -> Index:
        """Cells along each axis."""
        return as_index(size // n for size, n in zip(self.box.shape, self.factors, strict=True))

    @property
    def matrix(self) -> list[list[float]]:
        """Matrix (3, 4) from cell indices to mm, at the centres of cells."""
        affine = self.organ.grid.matrix()
        middle = np.add(self.box.start, np.subtract(self.factors, 1) / 2)
        turned = affine[:, :3] * self.factors
        moved = affine[:, :3] @ middle + affine[:, 3]
        made: list[list[float]] = np.column_stack([turned, moved]).tolist()
        return made

    def share(self, mask: Mask) -> npt.NDArray[np.float32]:
        """Return the share of each cell that is in a mask."""
        shares: npt.NDArray[np.float32] = count_blocks(mask, self.box, self.factors)
        return shares / np.float32(np.prod(self.factors))

    def distance(self, mask: Mask, around: Mask) -> Cells:
        """Return the distance of each cell from the nearest voxel centre of a mask, in `UNIT_MM`.

        It is reported in the cells of a mask and those next to them, up to `FAR_MM`; elsewhere it
        is 255.
        """
        from scipy.ndimage import maximum_filter
        from scipy.spatial import KDTree

        found = np.full(np.prod(self.shape), FULL, np.uint8)
        if mask.voxel_count:
            cells = np.flatnonzero(maximum_filter(self.share(around), 3) > 0)
            matrix, indices = np.array(self.matrix), np.unravel_index(cells, self.shape)
            centres = np.column_stack(indices) @ matrix[:, :3].T + matrix[:, 3]
            near = mask.cropped(around.grid.around(around.box, FAR_MM))
            border = np.argwhere(find_borders(near.voxels) & near.voxels) + near.box.start
            tree = KDTree(mask.grid.places_mm(border))
            reached, _ = tree.query(centres, distance_upper_bound=FAR_MM)
            inside = self.share(mask).ravel()[cells] >= 1.0
            units = np.minimum(np.where(inside, 0.0, reached) / UNIT_MM, FULL)
            found[cells] = np.rint(units).astype(np.uint8)
        return found.reshape(self.shape)


def as_share_cells(share: npt.NDArray[np.float32]) -> Cells:
    """Write cell fractions as bytes, smoothed in the same way as surfaces."""
    from scipy.ndimage import gaussian_filter

    return _as_cells(gaussian_filter(share, SMOOTHING))


def _as_cells(shares: npt.NDArray[np.float32]) -> Cells:
    made: Cells = np.rint(np.clip(shares, 0, 1) * FULL).astype(np.uint8)
    return made


def pack_fields(grid: FieldGrid, layers: Mapping[str, Cells]) -> bytes:
    """Write layers: the length of a JSON header, the header, and the cells, compressed by gzip.

    The length is a little-endian 32-bit number. The `layers` named in the header are interleaved:
    each cell has its values of all layers together. The first index axis changes fastest.
    """
    head = {"shape": grid.shape, "matrix": grid.matrix, "layers": [*layers], "unit_mm": UNIT_MM}
    header = json.dumps(head, separators=(",", ":")).encode()
    cells = np.stack([np.asarray(one).transpose() for one in layers.values()], axis=-1)
    content = gzip.compress(np.ascontiguousarray(cells).tobytes(), FAST, mtime=0)
    return len(header).to_bytes(4, "little") + header + content


def make_fields(grid: FieldGrid, lesions: Mask | None) -> bytes:
    """Write the organ, and the distance from the nearest lesion."""
    far = np.full(grid.shape, FULL, np.uint8)
    distance = far if lesions is None else grid.distance(lesions, grid.organ)
    return pack_fields(grid, {"organ": as_share_cells(grid.share(grid.organ)), "lesion": distance})


def make_draft_fields(
    grid: FieldGrid, kept: Mask, lost: Mapping[str, Mask], lesions: Mask | None
) -> bytes:
    """Write the remnant, its parts without inflow or outflow, and the distance of lesions from it.

    - `lost`: parts by `inflow_lost` and `outflow_lost`.
    """
    remains = kept & grid.organ
    nothing = np.zeros(grid.shape, np.uint8)
    layers = {"kept": _as_part(grid, remains)}
    for name in ("inflow_lost", "outflow_lost"):
        mask = lost.get(name)
        layers[name] = nothing if mask is None else _as_part(grid, mask)
    far = np.full(grid.shape, FULL, np.uint8)
    return pack_fields(
        grid, {**layers, "cut": far if lesions is None else grid.distance(remains, lesions)}
    )


def _as_part(grid: FieldGrid, part: Mask) -> Cells:
    """Return a part's share of the organ in each cell, extended into cells near the organ.

    A cell at the organ's surface is partly outside; the share refers only to the liver in it.
    """
    from scipy.ndimage import gaussian_filter

    organ, share = grid.share(grid.organ), grid.share(part)
    weight, held = gaussian_filter(organ, 1.0), gaussian_filter(share, 1.0)
    return _as_cells(np.divide(held, weight, out=np.zeros_like(held), where=weight > 1e-3))
