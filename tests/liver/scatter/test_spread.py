"""Intervals of readings by the vectors, and which source of spread counts in them."""

from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import as_chance
from fl_planner.liver.scatter.crossing_chance import (
    Interval,
    Origin,
    Scatter,
    as_crossing_chance,
    compute_crossing_chance,
    compute_interval,
    default_scatter,
)
from fl_planner.liver.scatter.reading_error import ReadingError
from fl_planner.liver.scatter.spread import Spread
from tests.cases import each_case
from tests.refusals import refuses

DRAWN = default_scatter("drawn")  # √(0.07² + 0.03²) = 0.0761577...
SDS = st.floats(0, 0.5)


@pytest.mark.parametrize(
    ("geometry", "second", "sd", "decides"),
    [
        (0.0, None, 0.0761577, "readers"),
        (0.01, None, 0.0761577, "readers"),
        (0.1, None, 0.1, "geometry"),
        (0.01, 0.02, 0.02, "second_reader"),
        (0.01, 0.2, 0.2, "second_reader"),
        (0.01, 0.01, 0.01, "second_reader"),
        (0.01, 0.0, 0.01, "geometry"),  # two readings that meet by chance
        (0.0, 0.0, 0.0, "second_reader"),
    ],
)
def test_the_larger_of_readers_and_geometry_counts(
    geometry: float, second: float | None, sd: float, decides: str
) -> None:
    spread = Spread(DRAWN, geometry, second)
    assert spread.relative_sd == pytest.approx(sd, abs=1e-7)
    assert spread.decided_by == decides


def test_h05_contours_move_each_end_out_by_what_they_leave_open() -> None:
    """28 % with ends 23.82 and 32.18 (vector UNC-01), each a point farther out."""
    spread = Spread(DRAWN, widening=1 / 28)
    interval = compute_interval(Fraction("0.28"), spread.relative_sd)
    assert 100 * interval.low == pytest.approx(23.820463719501888 - 1)
    assert 100 * interval.high == pytest.approx(32.17953628049811 + 1)


def test_h05_what_is_kept_of_a_part_scatters_by_as_many_ml() -> None:
    """Of 450 of 1000 mL, 7 % are 31.5 mL: of the 300 mL kept of them 10.5 %, and 3 % by the liver.

    √(0.105² + 0.03²) = 0.109201; a second reader's 5 % of 450 mL are 7.5 % of 300 mL.
    """
    carried = Fraction(450, 300)
    assert Spread(DRAWN, carried=carried).relative_sd == pytest.approx(0.109201, abs=1e-6)
    read = Spread(DRAWN, 0.01, 0.05, carried=carried)
    assert read.relative_sd == pytest.approx(0.075)
    assert read.decided_by == "second_reader"


@given(SDS, st.none() | SDS, SDS)
def test_h08_it_is_never_narrower_than_the_masks_allow(
    geometry: float, second: float | None, widening: float
) -> None:
    spread = Spread(DRAWN, geometry, second, widening)
    assert spread.relative_sd >= geometry
    assert spread.relative_sd >= Spread(DRAWN, geometry, second).relative_sd


@pytest.mark.parametrize(
    ("geometry", "second", "widening"),
    [(-0.1, None, 0.0), (0.0, -0.1, 0.0), (0.0, None, -0.1), (nan, None, 0.0), (0.1, -inf, 0.0)],
)
def test_h16_a_spread_below_nothing_is_refused(
    geometry: float, second: float | None, widening: float
) -> None:
    with pytest.raises(InputRefused, match="is negative") as refusal:
        Spread(DRAWN, geometry, second, widening)
    assert refusal.value.code == "uncertainty.impossible"


def test_correlated_volumes_have_a_smaller_spread() -> None:
    """With a correlation of 1 the two are subtracted: 2 x 0.3 - 0.4."""
    correlated = Scatter(Fraction("0.3"), Fraction("0.4"), Fraction(1))
    assert Spread(correlated, carried=Fraction(2)).in_print == pytest.approx(0.2)


def error(cv: str = "0.08", df: int = 10, cases: int = 10) -> ReadingError:
    return ReadingError(Fraction(cv), cases, df, "drawn", "two readers")


def test_an_estimated_cv_has_an_interval_by_student() -> None:
    from scipy import stats  # loading it takes half a second

    for df in (10, 24, 400):
        half = 1.96 * error(df=df).relative_sd
        assert half == pytest.approx(0.08 * float(stats.t.ppf(0.975, df)))


@pytest.mark.parametrize(
    ("cv", "df", "cases"), [("0.08", 9, 9), ("0.08", 12, 1), ("0", 20, 20), ("8", 20, 20)]
)
def test_a_cv_of_too_few_pairs_or_of_no_reading_is_refused(cv: str, df: int, cases: int) -> None:
    with refuses("centre.reading_error"):
        error(cv, df, cases)
    assert error(df=10, cases=2).cases == 2  # the fewest


def test_it_replaces_readers_in_print_better_or_worse() -> None:
    for cv in ("0.04", "0.2"):
        spread = Spread(DRAWN, geometry=0.01, own=error(cv))
        assert spread.relative_sd == pytest.approx(error(cv).relative_sd)
        assert spread.decided_by == "centre"
        assert not spread.is_of_two
    assert Spread(DRAWN, geometry=0.3, own=error()).decided_by == "geometry"
    kept = Spread(DRAWN, carried=Fraction(2), own=error())
    assert kept.relative_sd == pytest.approx(2 * error().relative_sd)


def test_one_second_reading_next_to_it_never_narrows_the_interval() -> None:
    """Two readings that meet by chance say nothing against a CV of many cases."""
    near = Spread(DRAWN, second_reader=0.001, own=error())
    assert near.relative_sd == error().relative_sd
    assert (near.decided_by, near.is_of_two) == ("centre", False)
    far = Spread(DRAWN, second_reader=0.3, own=error())
    assert (far.relative_sd, far.decided_by, far.is_of_two) == (0.3, "second_reader", True)


DRAWN_SD = default_scatter("drawn").relative_sd


@pytest.mark.parametrize(
    ("origin", "only_2_and_3", "cv"),
    [
        ("drawn", False, "0.07"),
        ("drawn", True, "0.08"),
        ("segments", False, "0.12"),
        ("segments", True, "0.12"),
        ("automatic", False, "0.15"),
        ("automatic", True, "0.15"),
    ],
)
def test_defaults_and_their_sources(origin: Origin, only_2_and_3: bool, cv: str) -> None:
    scatter = default_scatter(origin, only_2_and_3_remain=only_2_and_3)
    assert (scatter.cv_remnant, scatter.cv_liver) == (Fraction(cv), Fraction("0.03"))
    assert scatter.rho == 0
    assert "journal.pone.0217228" in scatter.source
    assert ("WJG" in scatter.source) is (origin == "drawn")


@pytest.mark.parametrize(
    ("liver", "rho", "variance"),
    [
        ("0.1", "1", "0"),  # both scatter alike: their ratio does not
        ("0.1", "-1", "0.04"),  # (0.1 + 0.1)²
        ("0.05", "0.5", "0.0075"),  # 0.01 + 0.0025 - 0.005
        ("0", "1", "0.01"),
    ],
)
def test_what_scatters_together_narrows_the_interval(liver: str, rho: str, variance: str) -> None:
    scatter = Scatter(Fraction("0.1"), Fraction(liver), Fraction(rho))
    assert scatter.relative_variance == Fraction(variance)


@pytest.mark.parametrize(
    ("share", "chance"),
    [("0.304", 0.43), ("0.28", 0.17), ("0.30", 0.5)],  # clinical.md 13
)
def test_crossing_chance(share: str, chance: float) -> None:
    found = compute_crossing_chance(Fraction(share), Fraction("0.30"), DRAWN_SD)
    assert round(found, 2) == chance


def test_readings_that_do_not_scatter_never_cross() -> None:
    assert compute_crossing_chance(Fraction("0.3001"), Fraction("0.30"), 0.0) == 0.0
    assert compute_crossing_chance(Fraction(0), Fraction("0.30"), DRAWN_SD) == 0.0
    assert compute_crossing_chance(Fraction("0.30"), Fraction("0.30"), 0.0) == 0.5  # at the limit


@pytest.mark.parametrize("share", ["0.002", "0.0001", "1e-9"])
def test_h08_a_chance_too_small_for_a_double_is_not_impossible(share: str) -> None:
    """At 0.2 % the limit is 1956 SDs away: the chance is about 10^-800000, but readers scatter."""
    found = compute_crossing_chance(Fraction(share), Fraction("0.30"), DRAWN_SD)
    assert 0 < found < 1e-300
    assert as_chance(found) == "< 1 %"


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        ("0.2810", "19 %"),  # Φ(-0.8878) = 0.1873
        ("0.2817", "19.7 %"),  # Φ(-0.8530) = 0.1968: not borderline, and not shown as 20 %
        ("0.2820", "20 %"),  # Φ(-0.8381) = 0.2010: borderline
    ],
)
def test_h08_a_chance_below_the_borderline_is_not_shown_as_borderline(
    share: str, shown: str
) -> None:
    found = compute_crossing_chance(Fraction(share), Fraction("0.30"), DRAWN_SD)
    assert as_crossing_chance(found) == shown


def test_an_interval_holds_its_ends() -> None:
    interval = Interval(0.25, 0.5)
    assert interval.holds(Fraction(1, 4))
    assert interval.holds(Fraction(1, 2))
    assert not interval.holds(Fraction("0.2499"))
    assert not interval.holds(Fraction("0.5001"))


@pytest.mark.parametrize(
    ("flr", "liver", "rho"),
    [("-0.1", "0", "0"), ("7", "0.03", "0"), ("1.01", "0", "0"), ("0", "2", "0"),
     ("0", "1.01", "0"), ("0", "-0.1", "0"), ("0", "0", "1.1"), ("0", "0", "-1.1")],
)  # fmt: skip
def test_impossible_scatter_is_refused(flr: str, liver: str, rho: str) -> None:
    with pytest.raises(InputRefused, match="cv_flr") as refusal:
        Scatter(Fraction(flr), Fraction(liver), Fraction(rho))
    assert refusal.value.code == "uncertainty.impossible"


@pytest.mark.parametrize(
    ("threshold", "inside"), [("0.3", True), ("0.2", True), ("0.30000001", False)]
)
def test_an_interval_is_asked_exactly(threshold: str, inside: bool) -> None:
    # 25 % with a scatter of a tenth, twice: from 20 to 30 %, which doubles miss
    scatter = Scatter(Fraction("0.1"), Fraction(0))
    assert scatter.reaches(Fraction("0.25"), Fraction(threshold), Fraction(2)) is inside


@each_case(
    "origin, only_2_and_3, inside, above, below, second",
    {
        "drawn": ("drawn", False, 94.5, 4.4, 1.1, 83.3),
        "II and III": ("drawn", True, 94.4, 4.7, 0.9, 83.3),
        "segments": ("segments", False, 93.8, 5.7, 0.5, 83.1),
        "automatic": ("automatic", False, 93.2, 6.6, 0.3, 83.0),
    },
)
def test_how_often_an_interval_contains_the_true_share_and_a_second_reading(
    origin: Origin, only_2_and_3: bool, inside: float, above: float, below: float, second: float
) -> None:
    """As docs/uncertainty.md states: a million normal readings of a true share of 30 %, seed 1."""
    sd = default_scatter(origin, only_2_and_3_remain=only_2_and_3).relative_sd
    first, other = 0.3 * (1 + sd * np.random.default_rng(1).standard_normal((2, 1_000_000)))
    ends = compute_interval(Fraction(1), sd)  # in proportion to each reading
    low, high = first * ends.low, first * ends.high
    found = 100 * (high < 0.3).mean(), 100 * (low > 0.3).mean()
    assert (100 - sum(found), *found) == pytest.approx((inside, above, below), abs=0.1)
    assert 100 * ((low <= other) & (other <= high)).mean() == pytest.approx(second, abs=0.15)


def test_a_second_reader_of_an_flr_of_28_percent() -> None:
    """2 points are 0.938 SD of a reading, and 0.663 of the difference of two: 17 and 25 %."""
    chance = compute_crossing_chance(Fraction("0.28"), Fraction("0.30"), DRAWN_SD)
    assert round(100 * chance) == 17
    between_two = DRAWN_SD * 2**0.5
    chance = compute_crossing_chance(Fraction("0.28"), Fraction("0.30"), between_two)
    assert round(100 * chance) == 25
