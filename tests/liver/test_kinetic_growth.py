"""Growth between two scans, each figure with its unit, and what a scan reaches the limit by."""

from datetime import date
from fractions import Fraction

import pytest
from msgspec import structs

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.standing_words import EmbolisationKind
from fl_planner.basis.three_valued import Truth
from fl_planner.liver.growth import (
    Growth,
    ScanReach,
    SharePair,
    VolumePair,
    count_days,
    find_growth_doubts,
    refuse_mixed,
)
from tests.cases import each_case, sure
from tests.refusals import refuses


def growth(days: str, before: str, after: str) -> Growth:
    return Growth(Fraction(days), SharePair(Fraction(before), Fraction(after)))


def test_points_and_percent_are_two_things() -> None:
    # 20 to 30 % is 10 points; 300 to 450 mL is 50 %
    one = Growth(
        Fraction(28),
        SharePair(Fraction(20), Fraction(30)),
        VolumePair(Fraction(300), Fraction(450)),
    )
    assert sure(one.shares).points == 10
    assert sure(one.volumes).relative_percent == 50
    assert one.points_per_week == Fraction("2.5")
    assert one.ml_per_day == Fraction(150, 28)
    assert one.relative_percent_per_day == Fraction(50, 28)


@pytest.mark.parametrize(
    ("days", "after", "slow"),
    [("21", "28", False), ("21", "27.999", True), ("21.001", "28", True), ("21", "20", True)],
)
def test_two_points_a_week_is_not_below_two(days: str, after: str, slow: bool) -> None:
    assert growth(days, "22", after).is_slow is slow


@pytest.mark.parametrize(
    ("kind", "slow"),
    [(None, True), ("PVE", True), ("PVE/HVE", True), ("Y90", None), ("ALPPS", None)],
)
def test_the_limit_of_two_points_was_published_for_pve(
    kind: EmbolisationKind | None, slow: bool | None
) -> None:
    assert structs.replace(growth("28", "20", "21"), kind=kind).is_slow is slow


def test_shrinking_is_reported_as_it_is() -> None:
    assert growth("7", "30", "28").points_per_week == -2
    shrunk = VolumePair(Fraction(400), Fraction(300))
    assert shrunk.gain_ml == -100
    assert shrunk.relative_percent == -25


def test_what_was_not_given_is_unknown() -> None:
    nothing = Growth()
    assert nothing.points_per_week is None
    assert nothing.is_slow is None
    assert nothing.ml_per_day is nothing.relative_percent_per_day is None
    without_days = Growth(None, None, VolumePair(Fraction(300), Fraction(400)))
    assert without_days.ml_per_day is without_days.relative_percent_per_day is None


@pytest.mark.parametrize("days", ["0", "-7"])
def test_an_interval_without_length_is_refused(days: str) -> None:
    with pytest.raises(InputRefused, match="interval_days"):
        growth(days, "22", "28")


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [("0.22", "28", "sflr_before_pct"), ("22", "0.28", "sflr_after_pct"), ("22", "151", "sflr_a")],
)
def test_h09_fractions_entered_as_percent_are_refused(before: str, after: str, field: str) -> None:
    with pytest.raises(InputRefused, match=field):
        growth("21", before, after)


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [("0.3", "450", "flr_before_ml"), ("300", "450000", "flr_after_ml")],
)
def test_h09_litres_and_mm3_are_refused(before: str, after: str, field: str) -> None:
    with pytest.raises(InputRefused, match=field):
        VolumePair(Fraction(before), Fraction(after))


def test_days_are_counted_over_a_leap_day() -> None:
    assert [count_days(date(2028, 2, 28), date(2028, *day)) for day in ((2, 29), (3, 1))] == [1, 2]
    for later in (date(2028, 2, 28), date(2028, 2, 27)):
        with pytest.raises(InputRefused, match="scanned_on"):
            count_days(date(2028, 2, 28), later)


def test_h03_mixed_denominators_are_refused() -> None:
    refuse_mixed("standard_tlv", "standard_tlv")
    with refuses("growth.denominators_differ", says="this difference can mimic growth"):
        refuse_mixed("standard_tlv", "baseline_nontumour")


def test_doubts_are_named() -> None:
    assert find_growth_doubts(growth("7", "20", "35")) == []  # 15 points a week, the most
    for days, *shares in (("4", "20", "30"), ("4", "30", "20"), ("7", "20", "35.1")):
        (fast,) = find_growth_doubts(growth(days, *shares))  # the first: weeks typed as days
        assert fast.code == "growth.implausible_rate"
    assert find_growth_doubts(Growth(volumes=VolumePair(Fraction(100), Fraction(400)))) == []
    for before, after in ((100, 401), (401, 100)):
        pair = VolumePair(Fraction(before), Fraction(after))
        (other,) = find_growth_doubts(Growth(volumes=pair))
        assert other.code == "growth.implausible_change"


def test_h04_an_entered_scan_half_a_year_later_is_queried_once() -> None:
    (far,) = find_growth_doubts(Growth(Fraction(184)))
    assert (far.code, far.value, far.unit) == ("growth.far_apart", 184, "d")
    assert find_growth_doubts(Growth(Fraction(183))) == []
    assert find_growth_doubts(Growth(Fraction(184)), scan=2) == []  # by the dates of its case


@each_case(
    "before_percent, after_percent, before_ml, after_ml, apart",
    [
        ("20", "30", "300", "450", False),  # vectors GRO-01 and GRO-02
        ("22", "28", "330", "420", False),
        ("21", "26", "311", "389", False),  # 311 and 389 of 1493 mL: 20.8 and 26.1 %, as rounded
        ("30", "38", "450", "520", True),  # 450 of 1500 mL, later 520 of 1368 mL: 34.7 % of 1500
        ("30", "38", "450", "450", True),  # the rest alone shrank
        ("30", "28", "450", "520", True),
        ("30", "34", "450", "540", True),  # 29.5 to 34.5 % is 1.17 times, the volume 1.2 times
    ],
)
def test_h03_shares_that_do_not_change_as_their_volumes_are_of_other_livers(
    before_percent: str, after_percent: str, before_ml: str, after_ml: str, apart: bool
) -> None:
    shares = SharePair(Fraction(before_percent), Fraction(after_percent))
    volumes = VolumePair(Fraction(before_ml), Fraction(after_ml))
    found = [one.code for one in find_growth_doubts(Growth(None, shares, volumes))]
    assert found == (["growth.shares_apart"] if apart else [])


YES, NO, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


@each_case(
    "volume, function, by",
    [
        (YES, YES, "both"), (YES, NO, "volume"), (YES, OPEN, "volume"), (NO, YES, "function"),
        (OPEN, YES, "function"), (NO, NO, None), (OPEN, OPEN, None), (NO, OPEN, None),
    ],
)  # fmt: skip
def test_h15_what_is_not_known_reaches_nothing(
    volume: Truth, function: Truth, by: str | None
) -> None:
    assert ScanReach(21, volume, function).by == by


def test_growth_of_a_scan_by_more_than_a_fifth_a_day_is_reported() -> None:
    """300 to 490 mL in three days is 21 % per day; in four, 16 %."""
    volumes = VolumePair(Fraction(300), Fraction(490))
    (found,) = find_growth_doubts(Growth(Fraction(3), None, volumes), scan=2)
    assert (found.code, found.unit) == ("growth.implausible_rate", "%/d")
    assert found.message.startswith("scan 2: 21.1 % of the baseline volume per day is implausibly")
    assert found.message.endswith("check the dates of the scans and of the embolisation")
    assert find_growth_doubts(Growth(Fraction(4), None, volumes), scan=2) == []
    shrunk = VolumePair(Fraction(490), Fraction(300))  # by 39 %
    assert [len(find_growth_doubts(Growth(Fraction(n), None, shrunk))) for n in (1, 2)] == [1, 0]


def test_h09_an_entered_interval_of_less_than_a_day_is_reported() -> None:
    (found,) = find_growth_doubts(growth("0.4", "20", "20.2"))
    assert (found.code, found.value) == ("growth.under_a_day", 0.4)
    assert "0.4 days is less than one day: check whether weeks were entered" in found.message
    assert find_growth_doubts(growth("0.4", "20", "20.2"), scan=1) == []
    (fast,) = find_growth_doubts(growth("0.4", "20", "26"))
    assert (fast.code, fast.unit) == ("growth.implausible_rate", "%/wk")
