"""Doses of one territory: numbers by hand, limits apart, and what would be otherwise."""

from dataclasses import replace
from fractions import Fraction as F  # noqa: N817 - many exact numbers by hand

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.y90.dose import DoseModel, Known
from fl_planner.y90.partition import Masses
from tests.cases import how_many

# Y90-01: 0.6 and 1.2 kg, ratio 4, shunt 0.1, lungs of 1 kg: 150·0.9·0.1/0.9 = 15 Gy exactly
MODEL = DoseModel(
    Masses(F("0.6"), F("1.2")), F("1.03"), Known(F("0.1"), "given"), Known(F(4), "given")
)


def test_the_reference_is_exactly_at_fifteen() -> None:
    assert MODEL.lung_dose_gy() == 15
    assert MODEL.largest_shunt(F(15)) == F("0.1")
    assert MODEL.liver_dose_gy() == F("37.5")
    # 150·(0.6 + 0.3)/(49.67·0.9)
    assert MODEL.activity_gbq() == F(150) / F("49.67")


def test_another_tumour_dose_scales_all() -> None:
    assert MODEL.lung_dose_gy(F(300)) == 30
    assert MODEL.largest_shunt(F(30), F(300)) == F("0.1")
    assert MODEL.liver_dose_gy(F(300)) == 75


def test_lung_doses_with_other_ratios() -> None:
    """150·(0.6 + 1.2/2)·0.1/0.9 and 150·(0.6 + 1.2/4)·0.1/0.9; none without a shunt."""
    assert MODEL.lung_doses_of_ratios_gy((F(2), F(4))) == (F(20), F(15))
    assert replace(MODEL, shunt=None).lung_doses_of_ratios_gy((F(2),)) == ()


def test_without_a_ratio_only_the_upper_bound_is_reported() -> None:
    bare = replace(MODEL, ratio=None)
    assert bare.lung_dose_gy() is bare.activity_gbq() is bare.largest_shunt(F(15)) is None
    assert bare.liver_dose_gy() is None
    assert bare.vary() == ()
    assert bare.most_lung_dose_gy() == 30  # 150·(0.6 + 1.2)·0.1/0.9


def test_without_a_shunt_the_largest_that_keeps_the_limit_is_reported() -> None:
    bare = replace(MODEL, shunt=None)
    assert bare.largest_shunt(F(15)) == F("0.1")
    assert bare.lung_dose_gy() is bare.most_lung_dose_gy() is bare.activity_gbq() is None
    assert bare.interval_gy() is MODEL.interval_gy() is None  # an entered shunt has none either
    assert bare.vary() == ()


def test_a_territory_of_tumour_alone_needs_no_ratio() -> None:
    alone = replace(MODEL, masses=Masses(F("0.9"), F(0), F("1.2")), ratio=None)
    assert alone.lung_dose_gy() == F("12.5")  # 150·0.9/1.2·0.1/0.9
    assert alone.activity_gbq() == F(150) / F("49.67")
    assert alone.liver_dose_gy() is None
    assert "one_compartment" not in {one.name for one in alone.vary()}


def test_what_would_be_otherwise() -> None:
    told = {one.name: one.lung_dose_gy for one in replace(MODEL, ct_lung_kg=F("0.8")).vary()}
    assert told == {
        "lung_mass_ct": F("18.75"),
        "lung_mass_less": F("18.75"),
        "lung_mass_more": F("12.5"),
        "tumour_to_normal_less": F("16.25"),  # (0.6 + 1.2/3.2)·150/9
        "tumour_to_normal_more": F(85, 6),  # (0.6 + 1.2/4.8)·150/9
        "one_compartment": F(30),
        "density": 15 * F("1.1") / F("1.03"),
        "shunt_of_tumour_alone": F(10),  # 150·0.6·0.1/0.9
    }


def test_a_lung_mass_of_the_users_is_with_the_default() -> None:
    heavier = replace(MODEL, masses=Masses(F("0.6"), F("1.2"), F("1.2")))
    told = {one.name: one.lung_dose_gy for one in heavier.vary()}
    assert heavier.lung_dose_gy() == F("12.5")
    assert told["lung_mass_default"] == 15
    assert told["shunt_of_tumour_alone"] == F(25, 3)  # 150·0.6/1.2·0.1/0.9
    assert told["one_compartment"] == 25  # 150·1.8/1.2·0.1/0.9
    assert "lung_mass_ct" not in told


@pytest.mark.parametrize("shunt", ["6", "1", "-0.01"])
def test_h09_a_shunt_in_percent_is_refused(shunt: str) -> None:
    with pytest.raises(InputRefused, match=r"lung_shunt: .* a fraction is required"):
        replace(MODEL, shunt=Known(F(shunt), "given"))


def test_h09_what_is_no_ratio_is_refused() -> None:
    with pytest.raises(InputRefused, match="tumour_to_normal"):
        replace(MODEL, ratio=Known(F(0), "given"))


masses = st.fractions(F("0.01"), F(5), max_denominator=1000)
ratios = st.fractions(F("0.1"), F(50), max_denominator=100)
shunts = st.fractions(F(0), F("0.9"), max_denominator=1000)


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(tumour=masses, normal=masses, ratio=ratios, shunt=shunts)
def test_the_largest_shunt_is_where_the_limit_is_met(
    tumour: F, normal: F, ratio: F, shunt: F
) -> None:
    model = DoseModel(Masses(tumour, normal), F("1.03"), Known(shunt, "given"),
                      Known(ratio, "given"))  # fmt: skip
    largest = model.largest_shunt(F(15))
    assert largest is not None
    met = replace(model, shunt=Known(largest, "given"))
    assert met.lung_dose_gy() == 15
    dose = model.lung_dose_gy()
    assert dose is not None
    assert (dose > 15) is (shunt > largest)
    if ratio >= 1:
        most = model.most_lung_dose_gy()
        assert most is not None
        assert dose <= most
