"""Tests that taking out a control showed to be missing."""

from fractions import Fraction

from fl_planner.basis.shown import Share


def test_h08_a_share_is_exact_where_doubles_are_not() -> None:
    # 270009 / 900030 is 0.29999999999999999 in doubles, and 3/10 by hand
    assert Share(270_009, 900_030).fraction == Fraction(3, 10)
    assert not Share(270_009, 900_030).fraction < Fraction("0.30")
