"""Lung shunt and lung dose, on exact decimals."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.y90.partition import (
    ShuntCounts,
    find_largest_shunt,
    find_lung_dose_gy,
    find_shunt_doubts,
)

OVER = Fraction("0.9")  # (0.6 + 1.2/4)/1.0 of Y90-01


def test_the_reference_is_exactly_at_the_limit() -> None:
    assert find_lung_dose_gy(Fraction(150), OVER, Fraction("0.1")) == 15
    assert find_lung_dose_gy(Fraction(150), OVER, Fraction("0.1001")) > 15
    assert find_lung_dose_gy(Fraction(150), OVER, Fraction(0)) == 0


@pytest.mark.parametrize("shunt", ["7.5", "1", "-0.01"])
def test_h09_a_shunt_in_percent_is_refused(shunt: str) -> None:
    with pytest.raises(InputRefused, match=r"lsf: .* a fraction is wanted"):
        find_lung_dose_gy(Fraction(150), OVER, Fraction(shunt))


def test_counts_of_the_reference() -> None:
    # Y90-06: 80 of 1000 and 80 of 720 thousand
    counts = ShuntCounts(Fraction(640_000), Fraction(280_000), Fraction(80_000))
    assert counts.lung_shunt == Fraction("0.08")
    assert counts.tumour_lung_shunt == Fraction(1, 9)


@pytest.mark.parametrize(
    ("counts", "field"),
    [
        ((0, 1, 1), "counts_tumour"),
        ((-1, 1, 1), "counts_tumour"),
        ((1, -1, 1), "counts_normal"),
        ((1, 1, -1), "counts_lung"),
    ],
)
def test_impossible_counts_are_refused(counts: tuple[int, int, int], field: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        ShuntCounts(*(Fraction(count) for count in counts))
    assert refusal.value.source == field


@pytest.mark.parametrize(("shunt", "told"), [("0.2", 0), ("0.2001", 1)])
def test_the_label_of_resin_spheres(shunt: str, told: int) -> None:
    assert len(find_shunt_doubts(Fraction(shunt))) == told


@given(
    st.fractions(Fraction(1, 10), 10, max_denominator=1000),
    st.fractions(1, 500, max_denominator=10),
)
def test_the_largest_shunt_gives_the_limit(over: Fraction, dose: Fraction) -> None:
    shunt = find_largest_shunt(Fraction(15), dose, over)
    assert find_lung_dose_gy(dose, over, shunt) == 15


def test_h08_a_shunt_a_hair_above_the_label_is_told_as_above() -> None:
    (told,) = find_shunt_doubts(Fraction("0.2000001"))
    assert "a lung shunt of 0.2000001 is above 0.2" in told.message
    assert find_shunt_doubts(Fraction("0.2")) == []
