"""Formulas of body size."""

import pytest

from tests.calculator.asking import answer, codes, refusal, results


def test_mosteller_unless_another_is_named() -> None:
    # 180 cm and 80 kg: √(180·80/3600) is 2
    assert results("bsa", height_cm=180, weight_kg="80") == {"bsa_m2": 2.0, "formula": "mosteller"}
    dubois = results("bsa", height_cm=180, weight_kg=80, formula="Du Bois")
    assert dubois["bsa_m2"] == pytest.approx(1.996, abs=5e-4)  # clinPK's test row


def test_without_a_weight_the_surface_is_unknown() -> None:
    assert results("bsa", height_cm=180)["bsa_m2"] is None


@pytest.mark.parametrize(
    ("name", "given", "field"),
    [
        ("bsa", {"height_cm": 1.8, "weight_kg": 80}, "height_cm"),
        ("bsa", {"height_cm": 180, "weight_kg": 80_000}, "weight_kg"),
        ("tlv_est", {"bsa_m2": 18_000}, "bsa_m2"),
        ("tlv_est", {"bsa_m2": 0.6}, "bsa_m2"),
        ("sflr", {"flr_ml": "0.42", "bsa_m2": 1.8}, "flr_ml"),
        ("sflr", {"flr_ml": 420_000, "bsa_m2": 1.8}, "flr_ml"),
        ("flr_bw", {"flr_ml": 350, "weight_kg": 70_000}, "weight_kg"),
        ("flr_bw", {"flr_ml": 350, "weight_kg": 70, "density_g_per_ml": 1000}, "density_g_per_ml"),
    ],
)
def test_h09_other_units_are_refused(name: str, given: dict[str, object], field: str) -> None:
    assert refusal(name, **given).source == field


@pytest.mark.parametrize("name", ["bsa", "tlv_est", "sflr"])
def test_h09_a_weight_in_pounds_is_asked_about(name: str) -> None:
    """178.6 lb are 81 kg; 168 cm and 115 kg are a build that people have."""
    remnant = {"flr_ml": 400} if name == "sflr" else {}
    assert "body.unlikely" in codes(name, height_cm=178, weight_kg="178.6", **remnant)
    assert "body.unlikely" in codes(name, height_cm=172, weight_kg=30, **remnant)
    for height_cm, weight_kg in ((178, 81), (168, 115)):
        assert codes(name, height_cm=height_cm, weight_kg=weight_kg, **remnant) == []


def test_an_estimate_by_weight_needs_no_height() -> None:
    # 191.80 + 18.51·70
    found = results("tlv_est", weight_kg=70, formula="vauthey_weight")
    assert found["tlv_est_ml"] == pytest.approx(1487.5)
    assert found["across_formulas_ml"] == [found["tlv_est_ml"]] * 2
    assert results("tlv_est", weight_kg=70, formula="yu")["tlv_est_ml"] is None


def test_an_estimate_takes_the_surface_formula_that_it_belongs_to() -> None:
    # 180 cm and 80 kg: Du Bois 1.996421, so 908.204·1.996421 - 464.728
    of_size = results("tlv_est", height_cm=180, weight_kg=80, formula="um_dubois")
    assert of_size["tlv_est_ml"] == pytest.approx(1348.43, abs=0.01)
    low, high = of_size["across_formulas_ml"]
    assert (low, high) == (pytest.approx(1348.43, abs=0.01), pytest.approx(1820.0))  # DeLand


def test_the_spread_of_the_formulas_of_a_surface() -> None:
    # at 1.8 m2 the least is Um's, 908.204·1.8 - 464.728; the largest DeLand's, 1020·1.8 - 220
    found = results("tlv_est", bsa_m2="1.8")
    assert found["formula"] == "vauthey_bsa"
    assert found["across_formulas_ml"] == [pytest.approx(1170.0392), pytest.approx(1616.0)]


def test_nothing_to_estimate_from() -> None:
    found = results("tlv_est", formula="urata")
    assert (found["tlv_est_ml"], found["across_formulas_ml"]) == (None, None)


def test_doubts_of_an_estimate_are_named() -> None:
    assert codes("tlv_est", bsa_m2="1.3") == codes("tlv_est", bsa_m2="2.4") == []
    assert codes("tlv_est", bsa_m2="1.29") == codes("sflr", bsa_m2="2.41") == ["body.extrapolated"]
    (told,) = answer("tlv_est", {"bsa_m2": "2.4004"}).findings
    assert "bsa_m2: 2.4004 m2 is outside" in told.message
    assert codes("tlv_est", bsa_m2="1.8", formula="yoshizumi") == ["body.grams"]


def test_a_standardised_remnant_needs_both() -> None:
    assert results("sflr", flr_ml=420)["sflr_percent"] is None
    assert results("sflr", bsa_m2="1.8")["sflr_percent"] is None


@pytest.mark.parametrize(("flr", "at_risk"), [("350", True), ("350.01", False), ("349", True)])
def test_half_a_percent_is_in_the_risk_group(flr: str, at_risk: bool) -> None:
    assert results("flr_bw", flr_ml=flr, weight_kg=70)["at_risk_0_5_or_less"] is at_risk


def test_a_remnant_without_a_weight() -> None:
    unknown = {"flr_bw_percent": None, "at_risk_0_5_or_less": None}
    assert results("flr_bw", flr_ml=350) == unknown


def test_a_body_surface_below_that_of_adults_is_not_only_put_down_to_its_unit() -> None:
    """0.6 m2 is that of a child of 14 kg; in cm2 it would be a number of four digits."""
    assert "of a child" in refusal("tlv_est", bsa_m2="0.6").reason


def test_h09_a_body_surface_other_than_that_of_height_and_weight_is_queried() -> None:
    """180 cm, 80 kg: 1.996 (Du Bois), 2.000, 2.007 (Haycock) m2 [clinical.md 3.1], and 5 %."""
    size = {"height_cm": 180, "weight_kg": 80}
    for name in ("tlv_est", "sflr"):
        for apart, fits in (("1.89", "1.90"), ("2.11", "2.10")):
            assert codes(name, bsa_m2=apart, **size) == ["body.bsa_apart"]
            assert codes(name, bsa_m2=fits, **size) == []
        assert codes(name, bsa_m2="1.5", height_cm=180) == []


def test_h09_an_flr_larger_than_the_liver_of_such_a_body_is_queried() -> None:
    """1740.15 mL by 2 m2, and 191.80 + 18.51 x 40 = 932.2 mL by 40 kg (Vauthey)."""
    assert codes("sflr", flr_ml=1741, height_cm=180, weight_kg=80) == ["body.flr_above_liver"]
    assert codes("sflr", flr_ml=1740, height_cm=180, weight_kg=80) == []
    assert codes("flr_bw", flr_ml=933, weight_kg=40) == ["body.flr_above_liver"]
    assert codes("flr_bw", flr_ml=932, weight_kg=40) == []
    assert codes("flr_bw", flr_ml=932) == codes("flr_bw", weight_kg=40) == []
