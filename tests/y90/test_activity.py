"""Residual and decay between an order and the patient."""

from fractions import Fraction

import pytest

from fl_planner.y90.partition import Delivery, find_y90_decay
from tests.refusals import refuses

HALF_LIFE = Fraction("64.04")


def test_an_activity_a_half_life_before_is_twice_as_large() -> None:
    assert find_y90_decay(HALF_LIFE) == 2.0
    assert find_y90_decay(-HALF_LIFE) == 0.5
    assert find_y90_decay(Fraction(24)) == pytest.approx(1.2966, abs=1e-4)  # exp(ln 2·24/64.04)


def test_the_residual_is_added_before_the_decay() -> None:
    one = Delivery(Fraction("0.05"), HALF_LIFE)
    assert one.prepared_gbq(Fraction("1.9")) == 2
    assert one.calibrated_gbq(Fraction("1.9")) == 4.0


def test_what_was_not_said_is_not_assumed() -> None:
    assert Delivery().prepared_gbq(Fraction(2)) is None
    assert Delivery(Fraction(0)).calibrated_gbq(Fraction(2)) is None
    assert Delivery(None, Fraction(3)).calibrated_gbq(Fraction(2)) is None


@pytest.mark.parametrize(
    ("residual", "hours"), [("2", "0"), ("0.5", "0"), ("-0.1", "0"), ("0", "337"), ("0", "-337")]
)
def test_h09_percent_and_moments_weeks_apart_are_refused(residual: str, hours: str) -> None:
    with refuses("value.implausible"):
        Delivery(Fraction(residual), Fraction(hours))
