"""A liver of a few thousand voxels with vessels, and the same liver bent by a known field.

What is where is told by formulas alone: the bent scan asks them at the places that the field
gives, so nothing is resampled and no library has a part in the truth.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.registration.scan import Scan
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask

Places = npt.NDArray[np.float64]  # (N, 3), RAS mm
Voxels = npt.NDArray[np.bool_]
Field = Callable[[Places], Places]  # places of the bent liver to those of the liver at rest

GRID = Grid(
    (66, 54, 44), ((4.0, 0.0, 0.0, -130.0), (0.0, 4.0, 0.0, -106.0), (0.0, 0.0, 4.0, -86.0))
)
LIVER_HU, VESSEL_HU, FAT_HU, NOISE_HU = 110.0, 170.0, -60.0, 8.0


def in_liver(at: Places) -> Voxels:
    """Tell a large right lobe and a flat left one, which no mirror brings onto itself."""
    right = (at - (35.0, -5.0, -5.0)) / (62.0, 55.0, 52.0)
    left = (at - (-45.0, 20.0, 18.0)) / (52.0, 30.0, 24.0)
    inside: Voxels = ((right**2).sum(axis=1) <= 1) | ((left**2).sum(axis=1) <= 1)
    return inside


def in_remnant(at: Places) -> Voxels:
    """Tell what lies to the left of a plane that leans."""
    return in_liver(at) & (at[:, 0] + 0.2 * at[:, 2] < -8.0)


def in_vessel(at: Places) -> Voxels:
    """Tell rods of 9 mm along three directions, every 40 mm or so."""
    rods = [(np.hypot((at[:, a] + 11) % 40 - 20, (at[:, b] + 7) % 44 - 22) < 4.5)
            for a, b in ((0, 1), (1, 2), (0, 2))]  # fmt: skip
    return rods[0] | rods[1] | rods[2]


def rest(at: Places) -> Places:
    """Leave all where it is."""
    return at


def moved(at: Places) -> Places:
    """Shift by 12, -8 and 9 mm, and turn about the long axis by 6 degrees."""
    c, s = np.cos(np.radians(6.0)), np.sin(np.radians(6.0))
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    there: Places = (at - (12.0, -8.0, 9.0)) @ turn
    return there


def waved(at: Places) -> Places:
    """Bend by up to 6 mm along each axis, in waves of 120 mm."""
    waves = np.sin(2 * np.pi * at[:, (1, 2, 0)] / 120.0 + (0.3, 1.1, 2.0))
    there: Places = at + 6.0 * waves
    return there


def grown(at: Places, by: float = 0.15) -> Places:
    """Let the left lobe grow, as after an embolisation of the right portal vein."""
    away = at - (-45.0, 20.0, 18.0)
    near = np.exp(-(away**2).sum(axis=1) / (2 * 60.0**2))[:, None]
    there: Places = at - by * near * away
    return there


def grown_by_a_fifth(at: Places) -> Places:
    """Let the left lobe grow so that the remnant has 20 % more voxels."""
    return grown(at, 0.07)


@dataclass(frozen=True, slots=True)
class Bent:
    """A scan of the liver as a field has bent it."""

    liver: Mask
    flr: Mask
    ct: Image

    @property
    def scan(self) -> Scan:
        """What is registered."""
        return Scan("bent", self.liver, self.ct)


def bend(field: Field, grid: Grid = GRID, seed: int = 1) -> Bent:
    """Draw the liver through a field, on a grid."""
    shape = grid.shape
    indices = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 3)
    at = field(grid.places_mm(indices))
    liver, flr, vessel = (
        told.reshape(shape) for told in (in_liver(at), in_remnant(at), in_vessel(at))
    )
    hu = np.where(liver, np.where(vessel, VESSEL_HU, LIVER_HU), FAT_HU)
    hu = hu + np.random.default_rng(seed).normal(0.0, NOISE_HU, shape)
    ct = Image(np.rint(hu).astype(np.int16), 1.0, 0.0, grid, "ct.nii.gz")
    masks = [
        Mask.of(name, drawn, grid, f"{name}.nii.gz")
        for name, drawn in (("liver", liver), ("flr", flr))
    ]
    return Bent(masks[0], masks[1], ct)
