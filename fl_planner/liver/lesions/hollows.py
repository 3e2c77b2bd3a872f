"""Lesions that a drawing was led around: they belong to the part that surrounds them."""

from fl_planner.space.components import find_apart, find_holes, find_near, split_parts
from fl_planner.space.mask import Mask, unite

SURROUNDED_PERCENT = 75  # of what lies around a lesion in the organ [project's choice]


def fill_hollows(part: Mask, organ: Mask, tumour: Mask | None) -> Mask:
    """Add to a part of the organ the tumour in its holes, and in the notches left for a lesion.

    So is a lesion that the part surrounds but for some voxels, where it meets the cut.

    A hole is closed all around. A notch is a piece of the rest of the organ, open to the
    surface, of which no voxel lies farther than one step from tumour: a lesion at the capsule
    around which the part was drawn. What is cut out with a wedge of liver is no notch.
    """
    beside = None if tumour is None else tumour - part
    if beside is None or not beside.voxel_count:
        return part
    rest = organ - part
    near = find_near(rest, beside)
    notches = find_apart(near, rest.cropped(near.box.grown(1)) - near)
    within = (find_holes(part) | notches) & beside
    return part | unite([within, *_list_surrounded(part, organ, beside - within)])


def _list_surrounded(part: Mask, organ: Mask, beside: Mask) -> list[Mask]:
    """List the lesions around which the organ is nearly all the part's."""
    surrounded = []
    for lesion in split_parts(beside, 26):
        rim = find_near(organ.cropped(lesion.box.grown(1)), lesion) - lesion
        if 100 * (rim & part).voxel_count > SURROUNDED_PERCENT * rim.voxel_count:
            surrounded.append(lesion)
    return surrounded
