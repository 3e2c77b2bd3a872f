"""Slivers of a lesion: so little of it across a border of segments that it decides nothing.

Borders of segments are good to a centimetre, so a few voxels of a lesion beyond one are as
likely on this side of it. They are told wherever they would stay.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from fl_planner.space.mask import Mask

BELOW_ML = 1  # of the lesion, and [project's choice]
BELOW_SHARE = Fraction(1, 100)  # of its volume


@dataclass(frozen=True, slots=True)
class Sliver:
    """What of a cleared lesion would stay all the same.

    - `number`: of the lesion.
    - `segments`: kept segments in which it lies; empty where the remnant was drawn.
    - `voxels`: how many stay.
    - `volume_ml`: the same in mL.
    """

    number: int
    segments: tuple[str, ...]
    voxels: int
    volume_ml: float


def count_least(lesion: Mask) -> int:
    """Count the voxels from which on a part of a lesion is no sliver: 1 mL, or 1 % of it."""
    by_ml = BELOW_ML / lesion.grid.exact_voxel_ml
    return ceil(min(by_ml, BELOW_SHARE * lesion.voxel_count))
