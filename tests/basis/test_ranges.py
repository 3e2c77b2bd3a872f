"""What a quantity can be in its unit, and how it is told where it cannot."""

from fractions import Fraction

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.units import Plausible, at_least, between
from tests.refusals import refuses

ALBUMIN = Plausible(between(">10", "<80"), "g/L", "g/dL was meant?")


def test_h09_a_value_in_another_unit_is_refused_by_its_field() -> None:
    with refuses("value.implausible", "albumin_g_l") as refusal:
        ALBUMIN.check(albumin_g_l=Fraction("3.5"))
    told = "albumin_g_l: 3.5 is outside above 10, to below 80 g/L: g/dL was meant?; "
    assert str(refusal.value) == told + "give albumin_g_l in g/L"


def test_what_was_not_given_and_what_can_be_pass() -> None:
    ALBUMIN.check(albumin_g_l=None)
    ALBUMIN.check(albumin_g_l=Fraction(35))
    assert ALBUMIN.tell_wrong(Fraction(35)) is None


def test_a_ratio_has_no_unit_to_give_it_in() -> None:
    with pytest.raises(InputRefused, match=r"0.4 is outside 0.5 or more: a ratio; check inr$"):
        Plausible(at_least("0.5"), "", "a ratio").check(inr=Fraction("0.4"))


def test_an_open_end_is_outside() -> None:
    assert not at_least(">0").holds(Fraction(0))
    assert at_least("0").holds(Fraction(0))
    assert not at_least("0").holds(float("nan"))
    assert not between("0", "1").holds(float("nan"))


def test_h08_a_value_a_hair_outside_is_not_told_as_the_end() -> None:
    height = Plausible(between("100", "250"), "cm", "a doubt")
    assert height.tell_wrong(Fraction("250.0001")) == "250.0001 is outside 100 to 250 cm: a doubt"
    assert height.tell_wrong(Fraction(250)) is None
