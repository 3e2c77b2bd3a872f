"""APRI and FIB-4 against sums by hand."""

from fractions import Fraction

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.patient.liver_failure import find_apri, find_fib_4

F = Fraction


def test_apri_is_exact() -> None:
    assert find_apri(F(90, 40), F(120)) == F(15, 8)  # 100 · 2.25 / 120
    assert find_apri(F(1), F(200)) == F(1, 2)  # the lower limit in print, exactly


def test_fib_4_takes_the_root_of_alt() -> None:
    assert find_fib_4(F(60), F(80), F(64), F(150)) == pytest.approx(4.0)  # 4800 / (150 · 8)
    assert find_fib_4(F(50), F(58), F(25), F(400)) == pytest.approx(1.45)  # 2900 / (400 · 5)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ((F(17), F(80), F(64), F(150)), "age"),
        ((F(60), F("0.6"), F(64), F(150)), "ast_u_per_l"),  # ukat/L
        ((F(60), F(80), F("0.6"), F(150)), "alt_u_per_l"),
        ((F(60), F(80), F(64), F(150_000)), "platelets_10e9_per_l"),  # /uL
    ],
)
def test_h09_values_in_other_units_are_refused(values: tuple[F, F, F, F], field: str) -> None:
    with pytest.raises(InputRefused) as refused:
        find_fib_4(*values)
    assert (refused.value.code, refused.value.source) == ("value.implausible", field)


def test_h09_a_count_of_platelets_in_ul_gives_no_apri() -> None:
    with pytest.raises(InputRefused, match="/uL was perhaps meant"):
        find_apri(F(2), F(150_000))
