"""The partition model against the reference's rows and by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.y90.partition import (
    CountedPartition,
    Masses,
    Partition,
    ShuntCounts,
    find_lung_dose_of_activity_gy,
    find_mass_kg,
    find_small_volume,
)
from tests.refusals import refuses

KG = st.fractions(Fraction(1, 100), 3, max_denominator=100)


def partition(tumour: str, normal: str, tnr: str, lung: str = "1") -> Partition:
    return Partition(Masses(Fraction(tumour), Fraction(normal), Fraction(lung)), Fraction(tnr))


def test_doses_of_the_reference() -> None:
    # Y90-05, k 49.67: 49.67·2.4·0.94·5 / (5·0.35 + 0.9)
    model = partition("0.35", "0.9", "5")
    dose = model.tumour_dose_gy(Fraction("2.4"), Fraction("0.06"))
    assert float(dose) == pytest.approx(49.67 * 2.4 * 0.94 * 5 / 2.65, rel=1e-12)
    assert float(dose / model.tnr) == pytest.approx(42.285101886792454, rel=1e-9)
    lung = find_lung_dose_of_activity_gy(Fraction("2.4"), Fraction("0.06"), Fraction(1))
    assert lung == Fraction("7.15248")


def test_activity_without_normal_liver_and_shunt() -> None:
    # 150 Gy to 1 kg: 150 / 49.67 GBq
    found = partition("1", "0", "4").activity_gbq(Fraction(150), Fraction(0))
    assert found == Fraction(150) / Fraction("49.67")


@given(KG, KG, st.fractions(Fraction(1, 2), 20, max_denominator=10))
def test_an_activity_gives_the_dose_that_it_was_made_for(
    tumour: Fraction, normal: Fraction, tnr: Fraction
) -> None:
    model, shunt = Partition(Masses(tumour, normal), tnr), Fraction("0.07")
    activity = model.activity_gbq(Fraction(120), shunt)
    assert activity > 20 or model.tumour_dose_gy(activity, shunt) == 120


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), KG, KG)
def test_both_conventions_give_one_lung_dose(
    tumour: int, normal: int, lung: int, tumour_kg: Fraction, normal_kg: Fraction
) -> None:
    counts = ShuntCounts(Fraction(tumour), Fraction(normal), Fraction(lung))
    model = CountedPartition(counts, Masses(tumour_kg, normal_kg))
    dose = Fraction(150)
    assert model.lung_dose_gy(dose) == model.lung_dose_by_tumour_shunt_gy(dose)


def test_counts_of_the_reference() -> None:
    # Y90-06: 640/0.5 over 280/0.7, and 150·0.5·80/640 Gy
    counts = ShuntCounts(Fraction(640_000), Fraction(280_000), Fraction(80_000))
    model = CountedPartition(counts, Masses(Fraction("0.5"), Fraction("0.7")))
    assert model.tnr == Fraction("3.2")
    assert model.lung_dose_gy(Fraction(150)) == Fraction("9.375")


def test_a_normal_liver_without_counts_has_no_ratio() -> None:
    counts = ShuntCounts(Fraction(90), Fraction(0), Fraction(10))
    model = CountedPartition(counts, Masses(Fraction(1), Fraction(1)))
    assert model.tnr is None
    assert model.lung_dose_gy(Fraction(90)) == 10


def test_counts_in_a_liver_without_mass_are_refused() -> None:
    counts = ShuntCounts(Fraction(9), Fraction(1), Fraction(1))
    with refuses("y90.no_mass", says="m_normal_treated_kg"):
        CountedPartition(counts, Masses(Fraction(1), Fraction(0)))


@pytest.mark.parametrize(
    ("tumour", "normal", "tnr", "lung", "field"),
    [
        ("600", "1.2", "4", "1", "m_tumour_kg"),  # grams
        ("0", "1.2", "4", "1", "m_tumour_kg"),
        ("0.6", "1200", "4", "1", "m_normal_treated_kg"),
        ("0.6", "-1", "4", "1", "m_normal_treated_kg"),
        ("0.6", "1.2", "4", "1000", "m_lung_kg"),
        ("0.6", "1.2", "4", "0.1", "m_lung_kg"),
        ("0.6", "1.2", "0", "1", "tnr"),
        ("0.6", "1.2", "400", "1", "tnr"),
    ],
)
def test_h09_masses_in_grams_and_ratios_in_percent_are_refused(
    tumour: str, normal: str, tnr: str, lung: str, field: str
) -> None:
    with pytest.raises(InputRefused) as refusal:
        partition(tumour, normal, tnr, lung)
    assert refusal.value.source == field


@pytest.mark.parametrize(
    ("dose", "shunt", "field"), [("15000", "0.1", "dose_tumour_gy"), ("150", "10", "lsf")]
)
def test_h09_doses_in_cgy_are_refused(dose: str, shunt: str, field: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        partition("1", "1", "4").activity_gbq(Fraction(dose), Fraction(shunt))
    assert refusal.value.source == field


@pytest.mark.parametrize(
    ("activity", "shunt", "field"), [("2400", "0.1", "activity_gbq"), ("2.4", "10", "lsf")]
)
def test_h09_activities_in_mbq_are_refused(activity: str, shunt: str, field: str) -> None:
    given_ = Fraction(activity), Fraction(shunt)
    with pytest.raises(InputRefused) as refusal:
        partition("1", "1", "4").tumour_dose_gy(*given_)
    assert refusal.value.source == field
    with pytest.raises(InputRefused) as refusal:
        find_lung_dose_of_activity_gy(*given_, Fraction(1))
    assert refusal.value.source == field


def test_the_mass_of_the_reference() -> None:
    assert find_mass_kg(Fraction(720), Fraction("1.03")) == Fraction("0.7416")
    with pytest.raises(InputRefused, match="density_g_per_ml"):
        find_mass_kg(Fraction(720), Fraction(1030))
    with pytest.raises(InputRefused, match="volume_ml"):
        find_mass_kg(Fraction(720_000))
    with pytest.raises(InputRefused, match="m_lung_kg"):
        find_lung_dose_of_activity_gy(Fraction(1), Fraction(0), Fraction(1000))


def test_a_volume_in_litres_is_named() -> None:
    assert [one.code for one in find_small_volume(Fraction("0.72"))] == ["y90.small_volume"]
    assert find_small_volume(Fraction(3)) == []
