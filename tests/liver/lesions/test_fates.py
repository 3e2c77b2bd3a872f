"""What becomes of lesions, by hand counts."""

from dataclasses import replace

from fl_planner.liver.lesions.fates import decide_fates, list_staying
from fl_planner.liver.lesions.lesions import measure_lesions
from tests.cases import sure
from tests.masks import liver_part, small_liver

# 27 voxels of 1 mL, and 1: a sliver is below 1 mL and 1 % of a lesion, here below 1 voxel
TUMOUR = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 2, 3, 2, 3]], "tumour")


def test_a_lesion_is_cleared_cut_or_left() -> None:
    lesions = sure(measure_lesions(replace(small_liver(), tumour=TUMOUR)))
    fates = [decide_fates(lesions, {1: held, 2: 1}) for held in (0, 1, 26, 27)]
    assert [one.cleared for one in fates] == [(1,), (), (), ()]
    assert [one.cut for one in fates] == [(), (1,), (1,), ()]
    assert [one.left for one in fates] == [(2,), (2,), (2,), (1, 2)]


def test_more_than_half_stays() -> None:
    lesions = sure(measure_lesions(replace(small_liver(), tumour=TUMOUR)))
    assert [list_staying(lesions, {1: held, 2: 0}) for held in (13, 14)] == [(), (1,)]
