"""Intervals and crossing chances against the vectors and the worked examples."""

from fractions import Fraction

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.scatter.interval import (
    Interval,
    Origin,
    Scatter,
    default_scatter,
    find_crossing_chance,
)

DRAWN = default_scatter("drawn").relative_sd


@pytest.mark.parametrize(
    ("origin", "only_2_and_3", "cv"),
    [
        ("drawn", False, "0.07"),
        ("drawn", True, "0.08"),
        ("segments", False, "0.12"),
        ("segments", True, "0.12"),
    ],
)
def test_defaults_and_their_sources(origin: Origin, only_2_and_3: bool, cv: str) -> None:
    scatter = default_scatter(origin, only_2_and_3_remain=only_2_and_3)
    assert (scatter.cv_remnant, scatter.cv_liver) == (Fraction(cv), Fraction("0.03"))
    assert scatter.rho == 0
    assert "journal.pone.0217228" in scatter.source
    assert ("WJG" in scatter.source) is (origin == "drawn")


@pytest.mark.parametrize(
    ("share", "chance"),
    [("0.304", 0.43), ("0.28", 0.17), ("0.30", 0.5)],  # clinical.md 13
)
def test_crossing_chance(share: str, chance: float) -> None:
    found = find_crossing_chance(Fraction(share), Fraction("0.30"), DRAWN)
    assert round(found, 2) == chance


def test_readings_that_do_not_scatter_never_cross() -> None:
    assert find_crossing_chance(Fraction("0.3001"), Fraction("0.30"), 0.0) == 0.0
    assert find_crossing_chance(Fraction(0), Fraction("0.30"), DRAWN) == 0.0


def test_an_interval_holds_its_ends() -> None:
    interval = Interval(0.25, 0.5)
    assert interval.holds(Fraction(1, 4))
    assert interval.holds(Fraction(1, 2))
    assert not interval.holds(Fraction("0.2499"))
    assert not interval.holds(Fraction("0.5001"))


@pytest.mark.parametrize(
    ("flr", "liver", "rho"),
    [("-0.1", "0", "0"), ("7", "0.03", "0"), ("0", "2", "0"), ("0", "0", "1.1")],
)
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
