"""Uptake of mebrofenin against hand counts and the closed form, and of no other tracer."""

from fractions import Fraction
from math import exp

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.function.curves import Curve
from fl_planner.function.mebrofenin import (
    SeriesWindow,
    Uptake,
    compute_integral_min,
    find_odd_rate,
    find_unusual,
    find_uptake_doubts,
    judge_tracer,
    measure_uptake,
)
from tests.masks import codes
from tests.refusals import refuses

TIMES = tuple(Fraction(t) for t in (100, 150, 200, 250, 300, 350, 400))


def curve(name: str, *counts: int) -> Curve:
    """Make a curve at the times of MEB-01."""
    return Curve(name, TIMES, tuple(Fraction(count) for count in counts))


LIVER = curve("liver", 20000, 26000, 31500, 36500, 41000, 45000, 48500)
BLOOD = curve("blood", 1250, 1000, 820, 690, 600, 540, 500)
TOTAL = curve("total_field", 69000, 70000, 70800, 71300, 71700, 72000, 72200)


def test_the_uptake_of_the_reference_is_exact() -> None:
    # MEB-01: 100·19000 / (44000·2.4) and / (70000·2.4)
    uptake = measure_uptake(LIVER, BLOOD, TOTAL, SeriesWindow())
    assert uptake.integral_min == Fraction("2.4")
    assert uptake.per_min == Fraction(1_900_000, 105_600)
    assert uptake.per_min_of_total == Fraction(1_900_000, 168_000)
    assert uptake.per_min_m2(Fraction("1.9")) == Fraction(1_000_000, 105_600)


def test_fine_sampling_comes_near_the_closed_form() -> None:
    # MEB-03: the trapezoid of 10 s frames is 0.015 % high
    times = tuple(Fraction(t) for t in range(5, 360, 10))
    counts = tuple(Fraction(1000 * exp(-0.25 * float(t) / 60)) for t in times)
    blood = Curve("blood", times, counts)
    start, stop = Fraction(155), Fraction(345)
    sampled = blood.integral(start, stop) / blood.at(start) / 60
    closed = compute_integral_min(Fraction("0.25"), SeriesWindow(start, stop))
    assert 0 < float(sampled) / closed - 1 < 0.00016


def test_a_blood_level_that_stays_has_the_windows_length() -> None:
    assert compute_integral_min(Fraction(0), SeriesWindow()) == pytest.approx(200 / 60)


@pytest.mark.parametrize(
    ("start", "stop", "field"),
    [
        ("2.5", "5.833", "t2_s"),  # minutes
        ("350", "150", "t1_s"),
        ("150", "150", "t1_s"),
        ("-1", "100", "t1_s"),
        ("0", "59.9", "t2_s"),
    ],
)
def test_h10_a_window_in_minutes_is_refused(start: str, stop: str, field: str) -> None:
    with refuses("curve.window", field):
        SeriesWindow(Fraction(start), Fraction(stop))


@pytest.mark.parametrize(("inside", "whole"), [(70, 70), (71, 70), (-1, 70)])
def test_a_liver_that_holds_all_tracer_is_refused(inside: int, whole: int) -> None:
    with refuses("function.no_background", says="total_field"):
        Uptake(Fraction(1), Fraction(inside), Fraction(whole), Fraction(2))


def test_a_blood_pool_without_counts_is_refused() -> None:
    empty = curve("blood", *[0] * 7)
    with pytest.raises(InputRefused, match="blood-pool region has no counts at t1"):
        measure_uptake(LIVER, empty, TOTAL, SeriesWindow())
    with pytest.raises(InputRefused, match="the integral of the blood curve is 0 min"):
        Uptake(Fraction(1), Fraction(1), Fraction(2), Fraction(0))


def test_a_series_that_ends_too_early_is_refused() -> None:
    short = Curve("liver", TIMES[:-2], LIVER.counts[:-2])
    with pytest.raises(InputRefused, match="does not include 350 s"):
        measure_uptake(short, BLOOD, TOTAL, SeriesWindow())


def test_h10_doubts_are_named() -> None:
    fair = measure_uptake(LIVER, BLOOD, TOTAL, SeriesWindow())
    assert find_uptake_doubts(fair, SeriesWindow(), Fraction("1.9")) == []
    assert find_uptake_doubts(fair, SeriesWindow(), None) == []
    moved = Uptake(Fraction(-5), Fraction(1), Fraction(3), Fraction(2))
    (lost,) = find_uptake_doubts(moved, SeriesWindow(), Fraction("1.9"))
    assert (lost.code, lost.severity.value) == ("function.no_uptake", "error")
    (other,) = find_uptake_doubts(fair, SeriesWindow(Fraction(100), Fraction(350)), None)
    assert other.code == "function.window"
    (small,) = find_uptake_doubts(fair, SeriesWindow(), Fraction(19))
    assert small.code == "function.unusual"


@pytest.mark.parametrize(("value", "usual"), [("2", 1), ("20", 1), ("1.99", 0), ("20.1", 0)])
def test_whole_livers_take_up_2_to_20(value: str, usual: int) -> None:
    assert len(find_unusual(Fraction(value))) == 1 - usual


@pytest.mark.parametrize(
    ("rate", "odd"),
    [
        ("0.25", 0),
        ("0.0042", 1),
        ("15", 1),
        ("0", 1),
        (None, 0),
        ("0.02", 0),
        ("0.0199", 1),
        ("2", 0),
        ("2.01", 1),
    ],
)
def test_a_rate_per_second_is_named(rate: str | None, odd: int) -> None:
    assert len(find_odd_rate(None if rate is None else Fraction(rate))) == odd


@pytest.mark.parametrize(("value", "told"), [("20.0004", "20.0004 "), ("1.9996", "1.9996 ")])
def test_h08_a_function_just_outside_is_not_reported_as_the_limit(value: str, told: str) -> None:
    (finding,) = find_unusual(Fraction(value))
    assert finding.message.startswith(told)


@pytest.mark.parametrize(
    "words", ["99mTc mebrofenin", "BRIDA", "Choletec 5 mCi", "99mTc-Mébrofénine", "mebrofenina"]
)
def test_mebrofenin_by_its_names(words: str) -> None:
    assert judge_tracer([words], "dyn.dcm") == ()


@pytest.mark.parametrize(
    "words", ["99mTc MAA", "Tc-99m sulfur colloid", "MAG3", "Technetium Tc^99m^ albumin aggregated"]
)
def test_another_tracer_is_no_function(words: str) -> None:
    with refuses("function.tracer", says="not mebrofenin, for which the limits were established"):
        judge_tracer(["mebrofenin", words], "dyn.dcm")


@pytest.mark.parametrize("words", [[], ["99mTc"], ["CANARY 4711"]])
def test_a_tracer_that_nobody_names_is_reported_without_its_words(words: list[str]) -> None:
    (found,) = judge_tracer(words, "dyn.dcm")
    assert found.code == codes([found])[0] == "function.tracer_unknown"
    assert "CANARY" not in found.message
    assert ("its name is not recognised" if words else "it is not stated") in found.message
