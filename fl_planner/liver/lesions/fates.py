"""What becomes of each lesion where a remnant stays: cleared, cut through, or left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fl_planner.liver.lesions.slivers import count_least
from fl_planner.space.mask import Mask

if TYPE_CHECKING:
    from fl_planner.liver.lesions.lesions import Lesions

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
