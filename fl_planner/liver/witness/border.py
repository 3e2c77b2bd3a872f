"""Places on both sides of a mask's border, and deep inside it: where an image is asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Box
from fl_planner.space.coarse import Coarse, thin_mask
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]

# All are the project's choice.
STEP_MM = 3.0  # longest edge of the cells in which mask and image are compared
SMOOTH_MM = 4.0  # of the mask, for the direction of its border
RIM_MM, RIM_OF_CELL = 5.0, 0.75  # from the border; or that part of the longest cell
FULL, EMPTY = 0.9, 0.1  # share of a cell that the mask fills inside and outside of its border
MOST_PLACES = 3000  # of a kind


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Voxel indices of a mask's grid, each (N, 3), in index order.

    `within` and `beyond` are pairs, a few mm to either side of the border; `deep` lie inside.
    """

    within: Floats
    beyond: Floats
    deep: Floats

    def thinned(self, most: int) -> Places:
        """Keep every n-th, at most so many of a kind."""
        within, beyond, deep = (
            part[:: max(1, -(-len(part) // most))] for part in (self.within, self.beyond, self.deep)
        )
        return Places(within, beyond, deep)


def find_places(mask: Mask, sound: Mask) -> Places:
    """Choose places of a mask that is not empty; those inside it lie in `sound`, a part of it.

    A border at the edge of the mask's field, or of a part too thin, tells nothing.
    """
    from scipy.ndimage import binary_erosion

    coarse = thin_mask(mask, STEP_MM)
    filled = coarse.cells >= 0.5
    surface, out_mm = _find_surface(mask, coarse, filled & ~binary_erosion(filled))
    within, beyond = surface - out_mm, surface + out_mm
    ends = coarse.index_of(beyond)
    clear = (coarse.at(within) >= FULL) & (coarse.at(beyond) <= EMPTY)
    starts = coarse.index_of(within)
    kept = clear & _inside(mask.field, ends) & holds(sound, starts)
    deep = coarse.index_of(np.argwhere(binary_erosion(coarse.cells >= 1)).astype(np.float64))
    return Places(starts[kept], ends[kept], deep[holds(sound, deep)]).thinned(MOST_PLACES)


def holds(mask: Mask, indices: Floats) -> npt.NDArray[np.bool_]:
    """Whether a mask holds the voxels nearest to these indices of its grid, (N, 3)."""
    inside = _inside(mask.box, indices)
    nearest = np.rint(indices[inside]).astype(np.intp) - mask.box.start
    inside[inside] = mask.voxels[tuple(np.clip(nearest, 0, np.subtract(mask.voxels.shape, 1)).T)]
    return inside


def _find_surface(
    mask: Mask, coarse: Coarse, border: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Find where the smoothed mask falls to a half near its border cells, and the way out.

    Both are in cells, (N, 3); the way out is as long as places lie from the border.
    """
    from scipy.ndimage import gaussian_filter

    edges_mm = np.multiply(mask.grid.spacing_mm, coarse.factors)
    smooth = gaussian_filter(coarse.cells, SMOOTH_MM / edges_mm)
    columns = mask.grid.matrix()[:, :3] * coarse.factors  # mm a cell
    slopes = [np.gradient(smooth, axis=axis)[border] for axis in range(3)]
    slope: Floats = np.column_stack(slopes) @ np.linalg.inv(columns)  # 1/mm
    steep = np.linalg.norm(slope, axis=1)
    kept = steep > 0  # a lone cell has no side
    slope, steep = slope[kept], steep[kept, None]
    out = -slope / steep @ np.linalg.inv(columns).T  # a mm, in cells
    far_mm = np.clip((smooth[border][kept, None] - 0.5) / steep, -edges_mm.max(), edges_mm.max())
    rim_mm = max(RIM_MM, RIM_OF_CELL * float(edges_mm.max()))
    return np.argwhere(border)[kept] + out * far_mm, out * rim_mm


def _inside(field: Box, indices: Floats) -> npt.NDArray[np.bool_]:
    low, high = np.subtract(field.start, 0.5), np.subtract(field.stop, 0.5)
    inside: npt.NDArray[np.bool_] = np.all((indices >= low) & (indices <= high), axis=1)
    return inside
