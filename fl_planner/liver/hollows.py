"""Lesions that a drawing was led around: they belong to the part that surrounds them."""

from __future__ import annotations

from fl_planner.space.components import find_apart, find_holes, find_near
from fl_planner.space.mask import Mask


def fill_hollows(part: Mask, organ: Mask, tumour: Mask | None) -> Mask:
    """Add to a part of the organ the tumour in its holes, and in the notches left for a lesion.

    A hole is closed all around. A notch is a piece of the rest of the organ, open to the
    surface, of which no voxel lies farther than one step from tumour: a lesion at the capsule
    around which the part was drawn. What is cut out with a wedge of liver is no notch.
    """
    beside = None if tumour is None else tumour - part
    if beside is None or not beside.voxel_count:
        return part
    rest = organ - part
    notches = find_apart(rest, rest - find_near(rest, beside))
    return part | ((find_holes(part) | notches) & beside)
