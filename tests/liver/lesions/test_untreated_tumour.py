"""Tumour outside the treated area, counted by hand on a liver of 1500 voxels of 1 mL."""

from dataclasses import replace

import pytest

from fl_planner.basis.findings import Severity
from fl_planner.liver.lesions.tissues import (
    UntreatedTumour,
    find_untreated_tumour,
    measure_untreated_tumour,
)
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.masks import TURNS, liver_part, on_each, small_liver, turned

WHOLE = replace(small_liver(), tumour=liver_part([[7, 11, 1, 6, 1, 11]], "tumour"))  # 200 mL
AROUND = liver_part([[6, 12, 1, 7, 1, 11]], "treated")


def untreated(*left_out: list[int], tumour: Mask | None = None) -> UntreatedTumour:
    treated = AROUND - liver_part(left_out, "out") if left_out else AROUND
    anatomy = replace(WHOLE, treated=treated, tumour=tumour or WHOLE.tumour)
    return sure(measure_untreated_tumour(anatomy))


@pytest.mark.parametrize(("voxels", "covered"), [(0, True), (1, True), (2, True), (3, False)])
def test_h15_one_percent_of_the_tumour_may_lie_outside(voxels: int, covered: bool) -> None:
    """2 of 200 mL are 1 % exactly."""
    found = untreated(*([[7, 8, 1, 2, 1, 1 + voxels]] if voxels else []))
    assert (found.outside_ml, found.tumour_ml, found.covered) == (voxels, 200, covered)
    assert bool(find_untreated_tumour(found)) is not covered


def test_h15_a_whole_lesion_outside_is_not_covered_however_small() -> None:
    """1 of 201 mL is less than 1 %; with half of a second voxel inside it is no whole lesion."""
    tumour = liver_part([[7, 11, 1, 6, 1, 11], [14, 15, 9, 10, 9, 10]], "tumour")
    found = untreated(tumour=tumour)
    assert (found.outside_ml, found.covered, found.lesions) == (1, False, (2,))
    half = liver_part([[7, 11, 1, 6, 1, 11], [11, 13, 8, 9, 9, 10]], "tumour")
    treated = AROUND | liver_part([[11, 12, 8, 9, 9, 10]], "treated")
    within = sure(measure_untreated_tumour(replace(WHOLE, tumour=half, treated=treated)))
    assert (within.outside_ml, within.covered, within.lesions) == (1, True, ())


def test_h15_tumour_outside_is_told_in_ml() -> None:
    tumour = liver_part([[7, 11, 1, 6, 1, 11], [14, 15, 9, 10, 9, 10]], "tumour")
    (told,) = find_untreated_tumour(untreated([7, 8, 1, 2, 1, 5], tumour=tumour))
    assert (told.code, told.severity) == ("treated.tumour_outside", Severity.ERROR)
    assert (told.value, told.unit, told.file) == (5, "mL", "treated.nii.gz")
    assert told.message == (
        "the treated area leaves 5.0 mL of 201 mL tumour outside, lesion 2 whole: what it spares "
        "answers no limit"
    )


def test_without_an_area_or_a_tumour_mask_nothing_is_asked() -> None:
    assert measure_untreated_tumour(WHOLE) is None
    assert measure_untreated_tumour(replace(WHOLE, tumour=None, treated=AROUND)) is None
    none = replace(WHOLE, tumour=AROUND - AROUND, treated=AROUND)
    assert sure(measure_untreated_tumour(none)).covered


@pytest.mark.parametrize(("axes", "flips"), TURNS)
def test_h08_it_is_the_same_however_the_masks_are_stored(
    axes: tuple[int, ...], flips: tuple[int, ...]
) -> None:
    tumour = liver_part([[7, 11, 1, 6, 1, 11], [14, 15, 9, 10, 9, 10]], "tumour")
    anatomy = replace(WHOLE, tumour=tumour, treated=AROUND)
    stored = on_each(anatomy, lambda mask: turned(mask, axes, flips))
    assert measure_untreated_tumour(stored) == measure_untreated_tumour(anatomy)
