"""Determine which lesions a resection removes, and list their negligible parts (slivers).

Borders of segments are precise to a centimetre, so a few voxels of a lesion beyond a border may in
fact be on its near side. Such slivers are reported if they would remain.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from msgspec import Struct

from fl_planner.space.mask import Mask

if TYPE_CHECKING:
    from fl_planner.liver.lesions.lesions import Lesions

BELOW_ML = 1  # of the lesion, and [project's choice]
BELOW_SHARE = Fraction(1, 100)  # of its volume


class Sliver(Struct, frozen=True):
    """Negligible part of a removed lesion that would remain.

    - `number`: number of the lesion.
    - `segments`: kept segments that contain it; empty if the remnant was drawn.
    - `voxels`: number of voxels that would remain.
    """

    number: int
    segments: tuple[str, ...]
    voxels: int
    volume_ml: float


def count_least(lesion: Mask) -> int:
    """Return the size in voxels from which part of a lesion is not negligible: 1 mL or 1 %."""
    by_ml = BELOW_ML / lesion.grid.exact_voxel_ml
    return ceil(min(by_ml, BELOW_SHARE * lesion.voxel_count))


Numbers = tuple[int, ...]


class Fates(Struct, frozen=True):
    """Lesions by number: removed except for slivers, partly in the remnant, completely in it."""

    cleared: Numbers
    cut: Numbers
    left: Numbers


def decide_fates(lesions: Lesions, inside: Mapping[int, int]) -> Fates:
    """Classify lesions by the number of their voxels inside a remnant."""
    cleared, cut, left = [], [], []
    for lesion in lesions.items:
        held = inside[lesion.number]
        if held < count_least(lesion.mask):
            cleared.append(lesion.number)
        elif held < lesion.mask.voxel_count:
            cut.append(lesion.number)
        else:
            left.append(lesion.number)
    return Fates(tuple(cleared), tuple(cut), tuple(left))


def list_staying(lesions: Lesions, inside: Mapping[int, int]) -> Numbers:
    """List the lesions that are more than half inside a remnant."""
    return tuple(x.number for x in lesions.items if stays(inside[x.number], x.mask))


def stays(inside: int, lesion: Mask) -> bool:
    """Whether more than half of a lesion is inside a remnant."""
    return 2 * inside > lesion.voxel_count
