"""Formulas that decide: at, below and above every limit."""

import pytest

from tests.calculator.asking import codes, refusal, results


@pytest.mark.parametrize(
    ("voxels", "damage", "criterion", "shown"),
    [
        (299_999, "no", "met", "29.9999"),
        (299_999, "unknown", "met", "29.9999"),
        (300_000, "no", "not_met", "30.0"),
        (300_000, "yes", "met", "30.0"),
        (300_000, None, "indeterminate", "30.0"),
        (300_001, "no", "not_met", "30.0001"),
        (399_999, "yes", "met", "39.9999"),
        (399_999, "unknown", "indeterminate", "39.9999"),
        (400_000, "yes", "not_met", "40.0"),
        (400_000, "unknown", "not_met", "40.0"),
        (299_600, True, "met", "29.96"),
        (299_600, False, "met", "29.96"),
    ],
)
def test_h08_dragon_2_at_its_limits(
    voxels: int, damage: str | bool | None, criterion: str, shown: str
) -> None:
    found = results(
        "dragon2_volume", flr_voxels=voxels, total_nontumour_voxels=10**6, chemo_damaged=damage
    )
    assert (found["volume_criterion"], found["display_percent"]) == (criterion, shown)


def test_without_a_count_nothing_is_decided() -> None:
    found = results("dragon2_volume", flr_voxels=5, chemo_damaged="no")
    assert found == {
        "flr_percent": None,
        "volume_criterion": "indeterminate",
        "display_percent": None,
    }


@pytest.mark.parametrize("name", ["dragon2_volume", "rescue_core"])
def test_a_part_larger_than_its_whole_is_refused(name: str) -> None:
    part = {"dragon2_volume": "flr_voxels", "rescue_core": "outside_nontumour_voxels"}[name]
    wrong = refusal(name, **{part: 11, "total_nontumour_voxels": 10})
    assert (wrong.code, wrong.source) == ("share.impossible", part)
    whole = results(name, **{part: 10, "total_nontumour_voxels": 10})
    assert 100 in whole.values()  # percent


@pytest.mark.parametrize("voxels", [0, -1, 1.5, "x"])
def test_h16_a_remnant_without_voxels_is_refused(voxels: object) -> None:
    assert refusal("dragon2_volume", flr_voxels=voxels, total_nontumour_voxels=9).source == (
        "flr_voxels"
    )


@pytest.mark.parametrize(
    ("flr", "function", "adequate", "borderline", "discordant"),
    [
        ("28.4", "2.67", False, True, False),
        ("28.4", "2.6701", True, True, True),
        ("34", "2.70", True, True, False),
        ("34", "2.7001", True, False, False),
        ("34", "2.6699", False, False, True),
        ("34", None, None, None, None),
        (None, "3", True, False, None),
    ],
)
def test_function_is_with_the_volume(
    flr: str | None,
    function: str | None,
    adequate: bool | None,
    borderline: bool | None,
    discordant: bool | None,
) -> None:
    found = results(
        "dragon2_combined", flr_percent=flr, flr_function_pct_min_m2=function, chemo_damaged="no"
    )
    assert found["function_adequate"] is adequate
    assert found["borderline_function"] is borderline
    assert found["discordant"] is discordant


def test_a_function_by_the_whole_field_is_not_compared() -> None:
    given = {"flr_percent": 28, "chemo_damaged": "no", "flr_function_pct_min_m2": 3}
    whole = results("dragon2_combined", **given, normalisation="total_field")
    assert whole["function_adequate"] is whole["discordant"] is None
    assert codes("dragon2_combined", **given, normalisation="total field") == [
        "function.not_comparable"
    ]
    assert codes("dragon2_combined", **given) == ["function.normalisation_unknown"]
    assert codes("dragon2_combined", **given, normalisation="extrahepatic") == []
    assert codes("dragon2_combined", flr_percent=28) == []


def test_h09_a_function_per_second_is_queried() -> None:
    """2.9 %/min is 0.048 % per second."""
    given = {"flr_percent": 28, "chemo_damaged": "no", "normalisation": "extrahepatic"}
    told = codes("dragon2_combined", **given, flr_function_pct_min_m2="0.048")
    assert told == ["function.unusual_flr"]


def test_h16_a_lung_dose_of_nothing_is_queried() -> None:
    assert codes("rescue_core", lung_dose_gy_at_150=0) == ["y90.no_shunt"]
    assert codes("rescue_core", lung_dose_gy_at_150="0.4") == []


def test_h09_a_share_as_a_fraction_is_refused() -> None:
    assert refusal("dragon2_combined", flr_percent="0.284").source == "flr_percent"
    assert refusal("rescue_core", largest_diameter_cm=81).source == "largest_diameter_cm"
    assert refusal("rescue_core", lung_dose_gy_at_150=1500).source == "lung_dose_gy_at_150"
    assert refusal("dragon2_combined", flr_function_pct_min_m2=85).source == (
        "flr_function_pct_min_m2"
    )


@pytest.mark.parametrize(
    ("outside", "excluded", "borderline"),
    [(299_999, True, False), (300_000, False, True), (300_001, False, False), (0, True, False)],
)
def test_h15_rescue_at_30_percent(outside: int, excluded: bool, borderline: bool) -> None:
    found = results("rescue_core", outside_nontumour_voxels=outside, total_nontumour_voxels=10**6)
    assert (found["volume_exclusion_met"], found["volume_borderline"]) == (excluded, borderline)


@pytest.mark.parametrize(
    ("name", "typed", "result", "expected"),
    [
        ("lesion_count", 0, "lesion_count_ok", False),
        ("lesion_count", 1, "lesion_count_ok", True),
        ("lesion_count", 5, "lesion_count_ok", True),
        ("lesion_count", 6, "lesion_count_ok", False),
        ("largest_diameter_cm", "8.0", "largest_over_8cm", False),
        ("largest_diameter_cm", "8.0001", "largest_over_8cm", True),
        ("lung_dose_gy_at_150", "15", "lung_dose_exclusion_met", False),
        ("lung_dose_gy_at_150", "15.0000001", "lung_dose_exclusion_met", True),
        ("lung_dose_gy_at_150", 0, "lung_dose_exclusion_met", False),
    ],
)
def test_h15_rescue_at_its_other_limits(
    name: str, typed: object, result: str, expected: bool
) -> None:
    found = results("rescue_core", **{name: typed})
    assert found[result] is expected
    assert found["outside_percent"] is found["volume_borderline"] is None
    assert sum(value is None for value in found.values()) == 5
