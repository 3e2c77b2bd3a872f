"""Vessels by rule: straight tubes at any angle, and where along them each voxel lies."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask


def tube(
    grid: Grid,
    direction: Sequence[float],
    radius_mm: float,
    name: str = "portal_veins",
    through_mm: Sequence[float] | None = None,
) -> tuple[Mask, npt.NDArray[np.float64]]:
    """Draw a tube through a grid's middle, or a place, from end to end of the grid.

    Beside it how far along it each voxel of the grid lies from there, in mm.
    """
    indices = np.argwhere(np.ones(grid.shape, dtype=bool))
    places = grid.places_mm(indices)
    middle = places.mean(axis=0) if through_mm is None else np.array(through_mm)
    axis = np.array(direction) / np.linalg.norm(direction)
    ways = (places - middle) @ axis
    off = np.linalg.norm(places - middle - ways[:, None] * axis, axis=1)
    inside = (off <= radius_mm).reshape(grid.shape)
    return Mask.of(name, inside, grid), ways.reshape(grid.shape)
