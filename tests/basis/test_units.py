"""Conversion factors against worked examples of the clinical reference, by hand."""

from fractions import Fraction

import pytest

from fl_planner.basis import units


@pytest.mark.parametrize(
    ("converted", "expected"),
    [
        (Fraction("5.5") * units.HAEMOGLOBIN_G_PER_DL_IN_MMOL_PER_L, Fraction("8.8627")),
        (Fraction("176.8") / units.CREATININE_UMOL_PER_L_IN_MG_PER_DL, Fraction(2)),
        (Fraction(3) * units.BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL, Fraction("51.312")),
        (Fraction(50_000) / units.PER_UL_IN_10E9_PER_L, Fraction(50)),
        (Fraction(8) * units.MMHG_IN_KPA, Fraction("60.00496")),
        (
            Fraction(12) * units.DAYS_IN_WEEK / units.DAYS_IN_MONTH,
            Fraction(84) / Fraction("30.4375"),
        ),
        (units.METHYLPREDNISOLONE_MG_IN_MG["prednisolone"] * Fraction("12.5"), Fraction(10)),
    ],
)
def test_factors(converted: Fraction, expected: Fraction) -> None:
    assert converted == expected


def test_names_read_one_of_the_first_in_the_second() -> None:
    assert units.MM_IN_CM == 10
    assert units.CGY_IN_GY == 100
