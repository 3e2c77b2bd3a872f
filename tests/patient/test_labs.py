"""Laboratory values: what is refused in a unit, and what is named."""

from fractions import Fraction

import pytest

from fl_planner.basis.units import Plausible
from fl_planner.patient.scores import (
    AGE,
    ALBUMIN_G_DL,
    ALBUMIN_G_L,
    BILIRUBIN_MG_DL,
    BILIRUBIN_UMOL_L,
    CREATININE_MG_DL,
    CREATININE_UMOL_L,
    INR,
    SODIUM,
)


@pytest.mark.parametrize(
    ("lab", "value"),
    [
        (ALBUMIN_G_L, "3.5"),  # g/dL
        (ALBUMIN_G_L, "10"),
        (ALBUMIN_G_L, "80"),
        (ALBUMIN_G_DL, "35"),  # g/L
        (ALBUMIN_G_DL, "8"),
        (ALBUMIN_G_DL, "1"),
        (BILIRUBIN_MG_DL, "60"),
        (BILIRUBIN_MG_DL, "0.04"),
        (BILIRUBIN_UMOL_L, "0.8"),
        (BILIRUBIN_UMOL_L, "1026.24"),  # 60 mg/dL
        (CREATININE_MG_DL, "85"),  # umol/L
        (CREATININE_MG_DL, "20"),
        (CREATININE_UMOL_L, "1.09"),  # mg/dL
        (CREATININE_UMOL_L, "1768"),  # 20 mg/dL
        (INR, "85"),  # percent
        (INR, "0.4"),
        (SODIUM, "3.2"),
        (SODIUM, "181"),
        (AGE, "660"),  # months
        (AGE, "17"),
    ],
)
def test_h09_values_in_another_unit_are_refused(lab: Plausible, value: str) -> None:
    told = lab.tell_wrong(Fraction(value))
    assert told is not None
    assert lab.unit in told


@pytest.mark.parametrize(
    ("lab", "value"),
    [
        (ALBUMIN_G_L, "10.1"),
        (ALBUMIN_G_L, "79.9"),
        (ALBUMIN_G_DL, "7.9"),
        (BILIRUBIN_MG_DL, "59.9"),
        (BILIRUBIN_UMOL_L, "1026.2"),
        (CREATININE_MG_DL, "19.9"),
        (CREATININE_UMOL_L, "1767"),
        (CREATININE_UMOL_L, "8.84"),
        (AGE, "18"),
    ],
)
def test_values_near_the_ends_pass(lab: Plausible, value: str) -> None:
    assert lab.tell_wrong(Fraction(value)) is None
