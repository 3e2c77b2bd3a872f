"""Kidney function: three equations, three answers, against published rows."""

from fractions import Fraction

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.patient.kidney import Kidney
from fl_planner.patient.scores import Sex


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "weight", "published"),
    [
        # admiral's test rows: NKF and MDCalc print 80, 70.2, 97 and 66, 55
        (Fraction("1.09"), 55, "M", 90, (80, 70.2, 97)),
        (Fraction(85) / Fraction("88.4"), 65, "F", 60, (66, 58.2, 55)),
    ],
)
def test_published_rows(
    creatinine: Fraction, age: int, sex: Sex, weight: int, published: tuple[int, float, int]
) -> None:
    one = Kidney(creatinine, Fraction(age), sex)
    ckd_epi, mdrd, cockcroft = published
    assert round(one.ckd_epi_2021) == ckd_epi
    assert round(one.mdrd_4, 1) == mdrd
    assert int(one.cockcroft_gault_ml_min(Fraction(weight))) == cockcroft


@pytest.mark.parametrize(
    ("creatinine", "sex", "by_hand"),
    [  # at 0.9 mg/dL (man) and 0.7 (woman) both powers are 1: 142·0.9938^age·1.012 if female
        ("0.9", "M", 142 * 0.9938**50),
        ("0.7", "F", 142 * 0.9938**50 * 1.012),
        ("0.45", "M", 142 * 0.5**-0.302 * 0.9938**50),  # below, the other power
        ("0.35", "F", 142 * 0.5**-0.241 * 0.9938**50 * 1.012),
    ],
)
def test_ckd_epi_at_kappa_and_below_by_hand(creatinine: str, sex: Sex, by_hand: float) -> None:
    assert Kidney(Fraction(creatinine), Fraction(50), sex).ckd_epi_2021 == pytest.approx(by_hand)


def test_h09_other_units_are_refused() -> None:
    with pytest.raises(InputRefused, match="creatinine_mg_dl"):
        Kidney(Fraction(85), Fraction(50), "M")
    with pytest.raises(InputRefused, match="age"):
        Kidney(Fraction(1), Fraction(600), "M")
    with pytest.raises(InputRefused, match="weight_kg"):
        Kidney(Fraction(1), Fraction(50), "M").cockcroft_gault_ml_min(Fraction(70_000))
