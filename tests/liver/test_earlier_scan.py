"""Lesions of an earlier scan on the small liver, by hand."""

from dataclasses import replace

import pytest

from fl_planner.basis.findings import Finding
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.earlier_scan import Baseline, BaselineLesion, match_baseline
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.segments.territories import map_territories
from fl_planner.space.grid import Grid
from tests.masks import block, codes, liver_part, small_liver, small_segments
from tests.refusals import refuses

TODAY = liver_part([[13, 14, 6, 7, 8, 9]], "tumour")  # in segment 7
ANATOMY = replace(small_liver(), tumour=TODAY, segments=small_segments())
GONE = [2, 3, 5, 6, 4, 7]  # three voxels across 3 and 2
SEEN = [12, 13, 6, 7, 8, 9]  # beside today's


def found(
    baseline: Baseline, anatomy: Anatomy = ANATOMY
) -> tuple[tuple[BaselineLesion, ...], tuple[Finding, ...]]:
    return match_baseline(anatomy, baseline, measure_lesions(anatomy), map_territories(anatomy))


def test_h16_what_is_not_seen_stays_in_the_list() -> None:
    (gone, seen), told = found(Baseline(liver_part([GONE, SEEN], "baseline")))
    assert (gone.number, gone.volume_ml, gone.needs, gone.seen_as) == (1, 3.0, ("2", "3"), ())
    assert gone.centre_mm == (-20.0, -40.0, 70.0)  # voxel (2, 5, 5)
    assert (seen.number, seen.volume_ml, seen.needs, seen.seen_as) == (2, 1.0, ("7",), (1,))
    assert (gone.is_seen, seen.is_seen) == (False, True)
    (finding,) = told
    assert (finding.code, finding.value) == ("baseline.not_seen", 1)
    assert "1 (segments II and III)" in finding.message


@pytest.mark.parametrize(("i", "seen"), [(11, False), (12, True), (13, True), (14, True)])
def test_ten_mm_are_near(i: int, seen: bool) -> None:
    (one,), _ = found(Baseline(liver_part([[i, i + 1, 6, 7, 8, 9]], "baseline")))
    assert one.is_seen is seen


def test_ten_mm_are_near_wherever_the_scan_lies() -> None:
    # four steps of 2.5 mm: their places differ by 10 mm and the rounding of a float
    grid = Grid((40, 9, 9), ((2.5, 0.0, 0.0, 181.1), (0.0, 2.5, 0.0, 0.0), (0.0, 0.0, 2.5, 0.0)))
    today = block(grid, (31, 32), (4, 6), (4, 6), name="tumour")
    liver = block(grid, (31, 40), (0, 9), (0, 9), name="liver")
    before = block(grid, (27, 28), (4, 6), (4, 6), name="baseline")
    measured = measure_lesions(Anatomy(liver, tumour=today))
    (one,), told = match_baseline(Anatomy(liver, tumour=today), Baseline(before), measured, None)
    assert (one.seen_as, codes(told)) == ((1,), [])


def test_points_are_in_the_voxel_around_them() -> None:
    places = ((-20.0, -40.0, 74.0), (94.0, -30.0, 100.0))  # (2, 5, 5.4), and today's lesion
    (gone, seen), told = found(Baseline(points_mm=places))
    assert (gone.volume_ml, gone.needs, gone.seen_as, gone.centre_mm) == (
        None, ("3",), (), places[0],
    )  # fmt: skip
    assert (seen.needs, seen.seen_as) == (("7",), (1,))
    assert codes(told) == ["baseline.not_seen"]


def test_h04_a_point_far_from_the_liver_is_of_another_scan() -> None:
    far, beyond = (-60.0, -40.0, 74.0), (-600.0, 0.0, 0.0)  # 30 mm from i = 1; outside the grid
    (one, other), told = found(Baseline(points_mm=(far, beyond)))
    assert (one.needs, other.needs) == ((), ())
    assert codes(told) == ["baseline.outside", "baseline.outside", "baseline.not_seen"]
    assert told[0].value == pytest.approx((30.0**2 + 4.0**2) ** 0.5)


def test_h04_a_mask_outside_the_liver_is_reported_with_its_file() -> None:
    anatomy = replace(ANATOMY, liver=ANATOMY.liver - liver_part([[1, 6, 1, 11, 1, 11]], "cut"))
    _, told = found(Baseline(liver_part([[2, 3, 2, 3, 2, 3]], "baseline")), anatomy)
    assert told[0].code == "baseline.outside"
    assert told[0].file == "baseline.nii.gz"


def test_h06_an_earlier_lesion_that_stops_short_is_reported() -> None:
    whole = [[2, 6, 2, 6, 3, 8], [3, 5, 3, 5, 8, 9]]  # five layers of 16 voxels, and a cap of 4
    (_,), told = found(Baseline(liver_part(whole, "baseline")))
    assert codes(told) == ["edge.lesion_end", "baseline.not_seen"]  # flat at its foot
    assert "(foot)" in told[0].message


def test_without_segments_or_lesions_of_today() -> None:
    anatomy = replace(ANATOMY, tumour=None, segments={})
    (one,), _ = found(Baseline(liver_part([GONE], "baseline")), anatomy)
    assert (one.needs, one.seen_as) == ((), ())


def test_h16_a_remnant_that_keeps_the_place_is_reported() -> None:
    left = liver_part([[1, 4, 1, 11, 1, 11]], "flr")
    baseline = Baseline(liver_part([GONE, SEEN], "baseline"))
    lesions, territories = measure_lesions(ANATOMY), map_territories(ANATOMY)
    (gone, seen), told = match_baseline(ANATOMY, baseline, lesions, territories, left)
    assert (gone.in_remnant, seen.in_remnant) == (True, False)
    assert codes(told) == ["baseline.not_seen", "baseline.in_remnant"]
    assert "the site of baseline lesion 1, which is no longer visible" in told[1].message
    right = liver_part([[7, 16, 1, 11, 1, 11]], "flr")
    (gone, seen), told = match_baseline(ANATOMY, baseline, lesions, territories, right)
    assert (gone.in_remnant, seen.in_remnant) == (False, True)
    assert codes(told) == ["baseline.not_seen"]  # the other one is seen, and counted as a lesion
    two = Baseline(liver_part([GONE, [2, 3, 5, 6, 8, 9]], "baseline"))
    *_, several = match_baseline(ANATOMY, two, lesions, territories, left)[1]
    assert "sites of baseline lesions 1 and 2, which are no longer visible" in several.message


def test_what_a_resection_leaves_of_them() -> None:
    (gone, seen), _ = found(Baseline(liver_part([GONE, SEEN], "baseline")))
    assert not gone.stays_without(["2", "3"])
    assert gone.stays_without(["3"])
    assert not seen.stays_without(["3"])
    assert replace(gone, needs=()).stays_without(["2", "3"])  # nobody knows where it was


@pytest.mark.parametrize("mask", [None, TODAY - TODAY, TODAY])
def test_h16_one_of_mask_and_points(mask: object) -> None:
    points = ((0.0, 0.0, 0.0),) if mask is TODAY else ()
    with refuses("baseline.unclear"):
        Baseline(mask, points)  # type: ignore[arg-type]
