"""Factors against worked examples of the clinical reference; what a quantity can be in its unit."""

from fractions import Fraction

import pytest

from fl_planner.basis import units
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.units import Plausible, at_least, between
from tests.refusals import refuses


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
        # SI prefixes, and 1 Ci = 3.7e10 Bq by definition
        (Fraction("1.03") * units.ML_IN_L / units.MM3_IN_ML, Fraction("1.03")),
        (Fraction("0.6") * units.G_IN_KG, Fraction(600)),
        (Fraction(15_000) / units.MGY_IN_GY, Fraction(1500) / units.CGY_IN_GY),
        (Fraction(15_000) / units.MGY_IN_GY, Fraction(15)),
        (Fraction("1.5") * units.ML_IN_L, Fraction(1500)),
        (Fraction(units.MM_IN_M), units.CM_IN_M * units.MM_IN_CM),
        (Fraction(2, 3) * units.MS_IN_S * units.SECONDS_IN_MINUTE, Fraction(40_000)),
        (Fraction(100) * units.GBQ_IN_MCI, Fraction("3.7")),
    ],
)
def test_factors(converted: Fraction, expected: Fraction) -> None:
    assert converted == expected


def test_names_read_one_of_the_first_in_the_second() -> None:
    assert units.MM_IN_CM == 10
    assert units.CGY_IN_GY == 100


ALBUMIN = Plausible(between(">10", "<80"), "g/L", "g/dL was meant?")


def test_h09_a_value_in_another_unit_is_refused_by_its_field() -> None:
    with refuses("value.implausible", "albumin_g_l") as refusal:
        ALBUMIN.check(albumin_g_l=Fraction("3.5"))
    told = "albumin_g_l: 3.5 is outside the permitted range (above 10, to below 80 g/L): "
    assert str(refusal.value) == told + "g/dL was meant?; give albumin_g_l in g/L"


def test_what_was_not_given_and_what_can_be_pass() -> None:
    ALBUMIN.check(albumin_g_l=None)
    ALBUMIN.check(albumin_g_l=Fraction(35))
    assert ALBUMIN.describe_implausible(Fraction(35)) is None


def test_a_ratio_has_no_unit_to_give_it_in() -> None:
    told = r"0.4 is outside the permitted range \(0.5 or more\): a ratio; check inr$"
    with pytest.raises(InputRefused, match=told):
        Plausible(at_least("0.5"), "", "a ratio").check(inr=Fraction("0.4"))


def test_an_open_end_is_outside() -> None:
    assert not at_least(">0").holds(Fraction(0))
    assert at_least("0").holds(Fraction(0))
    assert not at_least("0").holds(float("nan"))
    assert not between("0", "1").holds(float("nan"))
    for high, inside in (("8", True), ("<8", False)):
        assert between(">1", high).holds(Fraction(8)) is inside
        assert not between(">1", high).holds(Fraction("8.001"))
        assert between("1", high).is_closed is inside
    assert not between(">1", "8").is_closed


def test_h08_a_value_just_outside_is_not_reported_as_the_end() -> None:
    height = Plausible(between("100", "250"), "cm", "a doubt")
    wrong = height.describe_implausible(Fraction("250.0001"))
    assert wrong == "250.0001 is outside 100 to 250 cm: a doubt"
    assert height.describe_implausible(Fraction(250)) is None
