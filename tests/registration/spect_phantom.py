"""A SPECT of the phantom's liver whose counts lie where they are told to, blurred and counted."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask
from tests.registration.phantom import GRID, Places, Voxels, in_liver

EDGE_MM, FINE = 4.8, 2  # of a voxel; each is the mean of eight
SHAPE, FIRST_MM = (64, 56, 56), (-150.0, -130.0, -130.0)
BODY = 0.05  # beside 1 in the liver
Uptake = tuple[Callable[[Places], Voxels], float]


def ball(middle: tuple[float, float, float], radius: float) -> Callable[[Places], Voxels]:
    """Tell a ball."""

    def inside(at: Places) -> Voxels:
        near: Voxels = ((at - middle) ** 2).sum(axis=-1) < radius**2
        return near

    return inside


def places_of(grid: Grid) -> Places:
    """List where the voxels of a grid are."""
    indices = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)
    return grid.places_mm(indices.reshape(-1, 3))


def spect_grid() -> Grid:
    """Give the grid of the SPECT."""
    rows = ((EDGE_MM, 0.0, 0.0), (0.0, EDGE_MM, 0.0), (0.0, 0.0, EDGE_MM))
    x, y, z = ((*row, first) for row, first in zip(rows, FIRST_MM, strict=True))
    return Grid(SHAPE, (x, y, z))


def draw_liver() -> Mask:
    """Draw the liver as the CT has it."""
    drawn = in_liver(places_of(GRID)).reshape(GRID.shape)
    return Mask.of("liver", drawn, GRID, "liver.nii.gz")


def count(
    shift: tuple[float, float, float],
    *more: Uptake,
    turn: npt.NDArray[np.float64] | None = None,
    blur_mm: tuple[float, float, float] = (5.1, 5.1, 5.1),
    total: float = 3e6,
    seed: int = 1,
) -> Image:
    """Count a liver that lies `shift` off the one that was drawn; `more` of it, later ones win.

    - `turn`: about the origin, before the shift.
    - `blur_mm`: standard deviation of the camera's blur, along each axis.
    """
    grid = spect_grid()
    e = EDGE_MM / FINE
    begins = tuple(first - EDGE_MM / 2 + e / 2 for first in FIRST_MM)
    rows = ((e, 0.0, 0.0, begins[0]), (0.0, e, 0.0, begins[1]), (0.0, 0.0, e, begins[2]))
    fine = Grid((SHAPE[0] * FINE, SHAPE[1] * FINE, SHAPE[2] * FINE), rows)
    at = (places_of(fine) - shift) @ (np.eye(3) if turn is None else turn)
    held = np.where(in_liver(at), 1.0, BODY)
    for inside, uptake in more:
        held[inside(at)] = uptake
    seen = ndimage.gaussian_filter(held.reshape(fine.shape), [mm / e for mm in blur_mm])
    a, b, c = SHAPE
    coarse = seen.reshape(a, FINE, b, FINE, c, FINE).mean(axis=(1, 3, 5))
    expected = coarse * (total / coarse.sum())
    counted = np.random.default_rng(seed).poisson(expected).astype(np.uint16)
    return Image(counted, 1.0, 0.0, grid, "spect.nii.gz")
