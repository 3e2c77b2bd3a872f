"""What becomes of each lesion where a remnant stays, and slivers that decide nothing.

Borders of segments are good to a centimetre, so a few voxels of a lesion beyond one are as
likely on this side of it. They are told wherever they would stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from fl_planner.space.mask import Mask

if TYPE_CHECKING:
    from fl_planner.liver.lesions.lesions import Lesions

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


Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fates:
    """Lesions by number: outside a remnant but for a sliver at most, partly in it, whole in it."""

    cleared: Numbers
    cut: Numbers
    left: Numbers


def decide_fates(lesions: Lesions, inside: Mapping[int, int]) -> Fates:
    """Decide by how many voxels of each lesion, by its number, a remnant holds."""
    cleared, cut, left = [], [], []
    for one in lesions.items:
        held = inside[one.number]
        if held < count_least(one.mask):
            cleared.append(one.number)
        elif held < one.mask.voxel_count:
            cut.append(one.number)
        else:
            left.append(one.number)
    return Fates(tuple(cleared), tuple(cut), tuple(left))


def list_staying(lesions: Lesions, inside: Mapping[int, int]) -> Numbers:
    """List the lesions of which a remnant holds more than half."""
    return tuple(x.number for x in lesions.items if stays(inside[x.number], x.mask))


def stays(inside: int, lesion: Mask) -> bool:
    """Whether a remnant that holds so many voxels of a lesion holds more than half of it."""
    return 2 * inside > lesion.voxel_count
