"""Formulas of radioembolisation."""

from fractions import Fraction
from typing import Any

import pytest

from tests.calculator.asking import codes, refusal, results

Y90: dict[str, Any] = {  # Y90-01
    "m_tumour_kg": "0.6",
    "m_normal_treated_kg": "1.2",
    "m_lung_kg": "1.0",
    "tnr": "4",
    "lsf": "0.1",
    "dose_tumour_gy": "150",
}


def test_h08_the_limit_itself_does_not_exclude() -> None:
    found = results("y90_required", **Y90)
    assert found["dose_lung_gy"] == 15
    assert found["lung_exclusion_met"] is False
    over = results("y90_required", **{**Y90, "lsf": "0.1000000001"})
    assert over["lung_exclusion_met"] is True


def test_h15_the_rule_is_at_150_gy_whatever_is_wanted() -> None:
    # 120 Gy give the lungs 12 Gy; at 150 Gy it is 15.0167, and the trial excludes
    found = results("y90_required", **{**Y90, "lsf": "0.1001", "dose_tumour_gy": 120})
    assert float(found["dose_lung_gy"]) == pytest.approx(12.013334814779442)
    assert float(found["dose_lung_gy_at_150"]) == pytest.approx(15.016668518724302)
    assert found["lung_exclusion_met"] is True
    assert found["lsf_max_for_15_gy"] == Fraction(1, 10)


def test_without_a_wanted_dose_the_rule_is_still_answered() -> None:
    found = results("y90_required", **{**Y90, "dose_tumour_gy": None})
    assert found["activity_gbq"] is found["dose_lung_gy"] is found["dose_normal_gy"] is None
    assert found["lung_exclusion_met"] is False


@pytest.mark.parametrize("name", ["tnr", "lsf", "m_tumour_kg", "m_normal_treated_kg"])
def test_what_is_missing_leaves_the_rule_open(name: str) -> None:
    found = results("y90_required", **{**Y90, name: None})
    assert found["lung_exclusion_met"] is found["activity_gbq"] is None
    assert (found["lsf_max_for_15_gy"] is None) is (name != "lsf")


def test_without_treated_liver_no_ratio_is_required() -> None:
    alone = {**Y90, "m_normal_treated_kg": "0", "tnr": None}
    found = results("y90_required", **alone)
    assert found["dose_lung_gy_at_150"] == 10  # 150 x 0.6 / 1 x 0.1 / 0.9
    assert found["lsf_max_for_15_gy"] == Fraction(1, 7)  # 15/90 : 1 + 15/90
    assert found["dose_normal_gy"] is None
    given = {k: v for k, v in alone.items() if k != "dose_tumour_gy"}
    of_activity = results("y90", **given, activity_gbq="2")
    assert of_activity["dose_tumour_gy"] == Fraction("149.01")  # 49.67 x 2 x 0.9 / 0.6
    assert of_activity["dose_normal_gy"] is None


def test_lungs_weigh_one_kg_unless_measured() -> None:
    assert results("y90_required", **{**Y90, "m_lung_kg": None}) == results("y90_required", **Y90)
    heavy = results("y90_required", **{**Y90, "m_lung_kg": "1.2"})
    assert (heavy["dose_lung_gy"], heavy["m_lung_kg"]) == (Fraction("12.5"), Fraction("1.2"))


def test_doses_of_an_activity() -> None:
    given = {**Y90, "dose_tumour_gy": None, "activity_gbq": "2.4", "lsf": "0.06"}
    given.pop("dose_tumour_gy")
    found = results("y90", **given)
    # k·A·LSF/m_L = 49.67·2.4·0.06
    assert found["dose_lung_gy"] == Fraction("7.15248")
    assert found["dose_normal_gy"] == found["dose_tumour_gy"] / 4
    without = results("y90", **{**given, "tnr": None})
    assert without["dose_tumour_gy"] is without["dose_normal_gy"] is None
    assert without["dose_lung_gy"] == Fraction("7.15248")
    assert codes("y90", activity_gbq=1) == []


def test_counts_without_masses_have_a_shunt() -> None:
    counts = {"counts_tumour": 640_000, "counts_normal": 280_000, "counts_lung": 80_000}
    found = results("y90_counts", **counts)
    assert found["lsf"] == Fraction("0.08")
    assert found["tnr"] is found["dose_lung_tlsf_gy"] is found["dose_lung_partition_gy"] is None
    nothing = results("y90_counts", counts_lung=1)
    assert nothing["lsf"] is nothing["tlsf"] is None
    assert codes("y90_counts", counts_lung=1) == []


def test_h09_doubts_are_named() -> None:
    # 150·0.9/m_L·0.21/0.79 is 35.9 Gy to lungs of 1 kg, 17.9 to lungs of 2 kg
    heavy = {**Y90, "m_lung_kg": "2"}
    assert codes("y90_required", **{**heavy, "lsf": "0.21"}) == ["y90.shunt_above_label"]
    assert codes("y90", lsf="0.5") == ["y90.shunt_above_label"]
    counts = {"counts_tumour": 1, "counts_normal": 1, "counts_lung": 1}
    assert codes("y90_counts", **counts) == ["y90.shunt_above_label"]
    assert codes("mass", volume_ml="0.72") == ["y90.small_volume"]
    assert codes("y90_required", **{**heavy, "tnr": "0.9999"}) == ["dose.ratio_below_one"]
    assert codes("y90_required", **{**Y90, "tnr": "1"}) == []
    low = {**Y90, "dose_tumour_gy": "1.5"}
    assert codes("y90_required", **low) == ["dose.tumour_dose_unusual"]
    assert codes("y90", tnr="0.5") == ["dose.ratio_below_one"]
    assert codes("y90", tnr="50") == ["dose.ratio_high"]
    # 1 of 1 kg in the tumour, 9 of 2 kg in the liver: 1 : 4.5 per kg
    counts = {"counts_tumour": 10, "counts_normal": 90, "counts_lung": 1}
    masses = {"m_tumour_kg": 1, "m_normal_treated_kg": 2}
    assert codes("y90_counts", **counts, **masses) == ["dose.ratio_below_one"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"lsf": "7.5"}, "lsf"),
        ({"lsf": 1}, "lsf"),
        ({"lsf": "-0.1"}, "lsf"),
        ({"m_tumour_kg": 600}, "m_tumour_kg"),
        ({"m_normal_treated_kg": 1200}, "m_normal_treated_kg"),
        ({"m_lung_kg": 1000}, "m_lung_kg"),
        ({"tnr": 0}, "tnr"),
        ({"dose_tumour_gy": 15_000}, "dose_tumour_gy"),
    ],
)
def test_h09_other_units_are_refused(changed: dict[str, Any], field: str) -> None:
    assert refusal("y90_required", **{**Y90, **changed}).source == field


def test_masses() -> None:
    assert results("mass", volume_ml=720)["mass_kg"] == Fraction("0.7416")
    assert results("mass", density_g_per_ml=1)["mass_kg"] is None
    assert refusal("mass", volume_ml=720, density_g_per_ml=1030).source == "density_g_per_ml"
    assert refusal("y90", activity_gbq=2400).source == "activity_gbq"


def test_h09_results_that_no_input_may_have_are_queried() -> None:
    # 150 Gy x (4 + 10/4) kg / (49.67 x 0.98) is 20.03 GBq; 150 x 6.5 x 0.02/0.98 is 19.9 Gy
    # 49.67 x 4.1 GBq x 0.99 / 0.1 kg is 2016 Gy
    large = {"m_tumour_kg": 4, "tnr": 4, "lsf": "0.02", "dose_tumour_gy": 150}
    assert codes("y90_required", **large, m_normal_treated_kg=10) == ["y90.unusual_result"]
    assert codes("y90_required", **large, m_normal_treated_kg="9.8") == []  # 19.88 GBq
    small = {"m_tumour_kg": "0.1", "m_normal_treated_kg": 0, "tnr": 4, "lsf": "0.01"}
    assert codes("y90", **small, activity_gbq="4.1") == ["y90.unusual_result"]
    assert codes("y90", **small, activity_gbq=4) == []  # 1967 Gy


def test_h09_an_activity_in_curies_is_queried() -> None:
    """65 mCi are 2.405 GBq; as 0.065, the tumour would receive 49.67·0.065·0.92/0.46 = 6.46 Gy."""
    given = {"m_tumour_kg": "0.3", "m_normal_treated_kg": "0.8", "tnr": 5, "lsf": "0.08"}
    assert codes("y90", **given, activity_gbq="0.065") == ["y90.unusual_result"]
    assert codes("y90", **given, activity_gbq="0.202") == []  # 20.07 Gy
    assert codes("y90", **given, activity_gbq="2.405") == []  # 238.9 Gy


def test_h15_a_lung_dose_above_the_usual_limit_is_reported_by_each_formula() -> None:
    """30 Gy per treatment (`clinical.md` 7.2); 150·(0.3 + 0.8/5)·0.08/0.92 = 6 Gy at 150 Gy."""
    given = {"m_tumour_kg": "0.3", "m_normal_treated_kg": "0.8"}
    shunted = {**given, "tnr": 5, "lsf": "0.08"}
    high = ["dose.above_usual_limit"]
    assert codes("y90_required", **shunted, dose_tumour_gy=750) == []  # exactly 30 Gy
    assert codes("y90_required", **shunted, dose_tumour_gy=751) == high
    # lungs of 0.2 kg receive 30 Gy at 150 Gy, and more at a shunt of 0.09
    light = {**shunted, "m_lung_kg": "0.2"}
    assert codes("y90_required", **light, dose_tumour_gy=100) == []
    light["lsf"] = "0.09"  # 150·2.3·0.09/0.91 = 34.1 Gy, and 22.7 at 100 Gy
    assert codes("y90_required", **light, dose_tumour_gy=100) == high
    assert codes("y90_required", **light, dose_tumour_gy=150) == high
    assert codes("y90_required", **light, dose_tumour_gy=200) == high * 2
    # 49.67·A·0.08: 30 Gy at 7.55 GBq
    assert codes("y90", **shunted, activity_gbq="7.54") == []
    assert codes("y90", **shunted, activity_gbq="7.56") == high
    # TNR 5 and LSF 0.08 from counts: 0.3·5 to 0.8, so 60 to 32, and 8 in the lungs
    counts = {"counts_tumour": 60, "counts_normal": 32, "counts_lung": 8}
    assert codes("y90_counts", **counts, **given, dose_tumour_gy=750) == []
    assert codes("y90_counts", **counts, **given, dose_tumour_gy=751) == high
