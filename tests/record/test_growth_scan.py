"""A scan of a story: its readings as an interval and as a standard deviation."""

from dataclasses import replace
from datetime import date

import pytest

from fl_planner.planning.growth.change import TimePoint
from fl_planner.planning.growth.story import measure_growth
from fl_planner.record.growth import as_growth
from fl_planner.trials.statements import Stated
from tests.masks import moved
from tests.record.planned import WHOLE, made


def test_half_of_the_interval_is_two_standard_deviations_of_readings() -> None:
    points = [
        TimePoint(made(moved(WHOLE, mm)), day)
        for mm, day in ((0, date(2026, 2, 20)), (1, date(2026, 3, 23)))
    ]
    for scan in as_growth(measure_growth(points)).story.time_points:
        low, high = scan.flr_interval_ml
        assert (high - low) / 2 == pytest.approx(1.96 * scan.flr_sd_ml, rel=0.01)


def test_h03_without_tumour_masks_the_denominator_is_the_whole_liver() -> None:
    """1473 mL without 27 mL of tumour, and 1500 mL if no tumour was drawn."""
    for anatomy, fixed, ml, whole in (
        (WHOLE, "baseline_nontumour", 1473, "non-tumorous liver"),
        (replace(WHOLE, tumour=None), "baseline_liver", 1500, "whole liver (no tumour mask)"),
    ):
        points = [
            TimePoint(made(moved(anatomy, mm)), day)
            for mm, day in ((0, date(2026, 2, 20)), (1, date(2026, 3, 23)))
        ]
        told = as_growth(measure_growth(points)).story.denominator
        assert (told.fixed, told.ml, told.whole) == (fixed, ml, whole)


@pytest.mark.parametrize(("injury", "limits"), [(None, (30, 40)), (True, (40,)), (False, (30,))])
def test_h08_growth_is_compared_with_the_limit_of_this_liver(
    injury: bool | None, limits: tuple[int, ...]
) -> None:
    """30 %, or 40 % with chemotherapy-associated liver injury [trials.md 9.1]."""
    stated = Stated({} if injury is None else {"chemo_liver_damage": injury})
    points = [
        TimePoint(made(moved(WHOLE, mm), stated=stated), day)
        for mm, day in ((0, date(2026, 2, 20)), (1, date(2026, 3, 23)))
    ]
    shown = as_growth(measure_growth(points)).story.limits
    assert shown is not None
    assert shown.flr_percent == limits
