"""Tumour around which a part was drawn: holes, notches at the capsule, and wedges, by hand.

The small liver: 1500 voxels of 1 mL; its left half, 600 of them, is the part.
"""

from collections.abc import Sequence

import pytest

from fl_planner.liver.anatomy import fill_hollows
from tests.masks import liver_part, small_liver

ORGAN = small_liver().organ
LEFT = liver_part([[1, 7, 1, 11, 1, 11]], "flr")
DEEP = [3, 5, 4, 6, 4, 6]  # 8 mL, two voxels or more from every surface
AT_THE_CAPSULE = [1, 3, 4, 6, 4, 6]  # 8 mL


@pytest.mark.parametrize(
    ("lesion", "left_out", "added"),
    [
        (DEEP, [DEEP], 8),  # a hole of the lesion's shape
        (DEEP, [[2, 6, 3, 7, 3, 7]], 8),  # one with a rim of a voxel
        (DEEP, [[2, 6, 2, 8, 2, 8]], 8),  # and with a wide one: closed all around
        (AT_THE_CAPSULE, [AT_THE_CAPSULE], 8),  # a notch
        (AT_THE_CAPSULE, [[1, 4, 3, 7, 3, 7]], 8),  # with a rim of a voxel
        (AT_THE_CAPSULE, [[1, 5, 2, 8, 2, 8]], 0),  # a wedge with two voxels of margin
        (AT_THE_CAPSULE, [], 0),  # painted over: it is in the part, and not beside it
        ([8, 10, 4, 6, 4, 6], [], 0),  # in the other half
        ([7, 9, 4, 6, 4, 6], [], 0),  # there, at the cut
        ([6, 8, 4, 6, 4, 6], [[6, 7, 4, 6, 4, 6]], 0),  # across it
    ],
)
def test_h03_tumour_that_a_part_was_drawn_around(
    lesion: Sequence[int], left_out: Sequence[Sequence[int]], added: int
) -> None:
    tumour = liver_part([lesion], "tumour")
    part = LEFT - liver_part(left_out, "out")
    filled = fill_hollows(part, ORGAN, tumour)
    assert filled.voxel_count - part.voxel_count == added
    assert (filled - part - tumour).voxel_count == 0


LESION = [3, 6, 4, 7, 4, 7]  # 27 mL; 98 voxels lie around it
BESIDE = [6, 7, 3, 8, 3, 8]  # 25 of these, on its way to the other half


@pytest.mark.parametrize(
    ("out", "back", "added"),
    [
        ([[6, 7, 5, 6, 5, 6]], [], 27),  # open by one voxel: 97 of 98 around it are the part's
        ([BESIDE], [[6, 7, 3, 4, 3, 4]], 27),  # 74 of 98, 75.5 %
        ([BESIDE], [], 0),  # 73 of 98, 74.5 %
    ],
)
def test_h03_a_lesion_that_meets_the_cut_is_surrounded_all_the_same(
    out: Sequence[Sequence[int]], back: Sequence[Sequence[int]], added: int
) -> None:
    part = LEFT - liver_part([LESION, *out], "out") | liver_part(back, "flr")
    filled = fill_hollows(part, ORGAN, liver_part([LESION], "tumour"))
    assert filled.voxel_count - part.voxel_count == added


def test_without_tumour_nothing_is_added() -> None:
    part = LEFT - liver_part([DEEP], "out")
    assert fill_hollows(part, ORGAN, None) is part
    assert fill_hollows(part, ORGAN, ORGAN - ORGAN) is part
