"""Formulas of scintigraphy."""

from typing import Any

import pytest

from tests.calculator.asking import answer, codes, refusal, results

SERIES: dict[str, Any] = {  # MEB-01
    "time_s": [100, 150, 200, 250, 300, 350, 400],
    "liver": [20000, 26000, 31500, 36500, 41000, 45000, 48500],
    "blood": [1250, 1000, 820, 690, 600, 540, 500],
    "total_field": [69000, 70000, 70800, 71300, 71700, 72000, 72200],
}
ANALYTIC: dict[str, Any] = {  # MEB-03
    "blood_rate_per_min": "0.25",
    "liver_rise": 18000,
    "extrahepatic_at_t1": 45000,
    "bsa_m2": "1.85",
}


def test_the_usual_window_unless_another_is_given() -> None:
    usual = results("clearance", **SERIES, t1_s=150, t2_s=350, bsa_m2="1.9")
    assert results("clearance", **SERIES, bsa_m2="1.9") == usual
    assert codes("clearance", **SERIES, t1_s=200, bsa_m2="1.9") == ["function.window"]


def test_without_a_body_surface_nothing_is_by_body_surface() -> None:
    found = results("clearance", **SERIES)
    assert found["clearance_pct_per_min"] is not None
    assert found["clearance_pct_per_min_m2"] is None
    analytic = results("clearance_analytic", **{**ANALYTIC, "bsa_m2": None})
    assert analytic["clearance_pct_per_min"] == pytest.approx(17.68653752156565, rel=1e-9)
    assert analytic["clearance_pct_per_min_m2"] is None


def test_a_curve_that_is_missing_leaves_all_unknown() -> None:
    assert set(results("clearance", **{**SERIES, "blood": None}).values()) == {None}
    found = results("clearance_analytic", **{**ANALYTIC, "liver_rise": None})
    assert found["integral_min"] == pytest.approx(2.261607165971687, rel=1e-9)
    assert found["clearance_pct_per_min"] is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"time_s": [t / 60 for t in SERIES["time_s"]]}, "time_s"),  # minutes
        ({"time_s": [t * 1000 for t in SERIES["time_s"]]}, "time_s"),  # milliseconds
        ({"t1_s": "2.5", "t2_s": "5.833"}, "t2_s"),
        ({"t1_s": 150_000, "t2_s": 350_000}, "t1_s, t2_s"),
        ({"t2_s": 500}, "time_s"),  # the series ends before
        ({"bsa_m2": 19_000}, "bsa_m2"),
        ({"liver": [1, 2]}, "liver"),
        ({"liver": [-1] * 7}, "liver"),
        ({"liver": SERIES["total_field"]}, "total_field"),
        ({"time_s": None}, "time_s"),
    ],
)
def test_h10_other_units_are_refused(changed: dict[str, Any], field: str) -> None:
    assert refusal("clearance", **{**SERIES, **changed}).source == field


def test_h10_doubtful_rates_and_livers_are_named() -> None:
    per_second = {**ANALYTIC, "blood_rate_per_min": "0.0042"}
    assert codes("clearance_analytic", **per_second) == ["function.blood_rate"]
    assert codes("clearance_analytic", **ANALYTIC) == []
    assert codes("clearance_analytic", blood_rate_per_min="0.25") == []
    lost = codes("clearance_analytic", **{**ANALYTIC, "liver_rise": -100})
    assert lost == ["function.no_uptake"]
    assert codes("clearance", **{**SERIES, "bsa_m2": "0.8"}) == ["function.unusual"]


def test_decay() -> None:
    assert results("decay", elapsed_min=6)["factor"] == pytest.approx(1.01160640480955, rel=1e-9)
    assert results("decay", half_life_h="6.02")["factor"] is None
    assert codes("decay", elapsed_min=120, half_life_h="6.0067") == []
    assert codes("decay", elapsed_min=360) == ["function.elapsed"]  # seconds
    assert codes("decay", elapsed_min=6, half_life_h=360) == ["function.half_life"]  # minutes
    assert refusal("decay", elapsed_min=-1).source == "elapsed_min"


def test_one_head_has_no_geometric_mean() -> None:
    assert results("geomean", anterior=1600, posterior=900) == {
        "geometric_mean": 1200.0,
        "one_head_only": False,
    }
    assert results("geomean", anterior=1600) == {"geometric_mean": None, "one_head_only": True}
    assert codes("geomean", posterior=900) == ["function.one_head"]


@pytest.mark.parametrize(
    ("anterior", "posterior", "empty"),
    [(1600, 0, ["posterior"]), (0, 900, ["anterior"]), (0, 0, []), (1600, 1, [])],
)
def test_h16_a_head_without_counts_is_queried(
    anterior: int, posterior: int, empty: list[str]
) -> None:
    found = answer("geomean", {"anterior": anterior, "posterior": posterior}).findings
    assert [(one.code, one.message.partition(":")[0]) for one in found] == [
        ("function.empty_head", head) for head in empty
    ]


@pytest.mark.parametrize(
    ("total", "adequate", "borderline", "display"),
    [
        ("8.90", False, True, "2.67"),
        ("8.9001", True, True, "2.67003"),
        ("9", True, True, "2.70"),
        ("9.01", True, False, "2.703"),
        ("9.0001", True, False, "2.70003"),
        ("8.8999", False, False, "2.66997"),
        ("5", False, False, "1.50"),
    ],
)
def test_functions_near_the_published_figures(
    total: str, adequate: bool, borderline: bool, display: str
) -> None:
    found = results("flr_function", total_function_pct_min_m2=total, flr_share_percent=30)
    assert (found["adequate"], found["borderline"]) == (adequate, borderline)
    assert found["display"] == display


def test_a_function_without_a_share_is_unknown() -> None:
    found = results("flr_function", total_function_pct_min_m2=9)
    assert set(found.values()) == {None}
    assert results("flr_function", flr_share_percent=30)["adequate"] is None


def test_h09_shares_as_fractions_and_functions_by_no_surface() -> None:
    assert refusal("flr_function", flr_share_percent="0.3").source == "flr_share_percent"
    both = {"total_function_pct_min_m2": 9, "flr_share_percent": 30}
    assert codes("flr_function", **both) == ["function.normalisation_unknown"]
    assert codes("flr_function", **both, normalisation="extrahepatic") == []
    assert codes("flr_function", total_function_pct_min_m2=21) == ["function.unusual"]


def region(kind: str, in_flr: bool | None, voxels: int, mean: float) -> dict[str, Any]:
    return {"kind": kind, "in_flr": in_flr, "voxels": voxels, "mean_counts": mean}


def test_bile_has_several_names() -> None:
    liver = [region("parenchyma", True, 10, 3), region("parenchyma", False, 10, 2)]
    for name in ("bile", "gallbladder", "bowel", "tumor"):
        regions = [*liver, region(name, None, 5, 900)]
        found = results("spect_share", regions=regions)
        assert found["flr_share_percent"] == 60
        assert found["flr_share_by_volume_percent"] == 50
        assert found["counts_over_volume"] == pytest.approx(1.2)


def test_a_remnant_without_counts_has_a_ratio_of_0() -> None:
    """None of 20 counts are in 10 of 20 voxels: 0 % of the counts, 0 times the volume share."""
    regions = [region("parenchyma", True, 10, 0), region("parenchyma", False, 10, 2)]
    found = results("spect_share", regions=regions)
    assert (found["flr_share_percent"], found["counts_over_volume"]) == (0, 0)


def test_a_region_of_no_known_side() -> None:
    found = results("spect_share", regions=[region("parenchyma", None, 1, 1)])
    assert set(found.values()) == {None}
    wrong = refusal("spect_share", regions=[{"kind": "spleen", "voxels": 1, "mean_counts": 1}])
    assert "spleen" in wrong.reason
    assert refusal("spect_share", regions=[]).code == "function.no_counts"


def test_h16_a_remnant_without_parenchyma_has_no_share_of_function() -> None:
    """A region that was left out, or is all tumour, is not a function of 0 %."""
    rest = region("parenchyma", False, 10, 2)
    for regions in ([rest], [rest, region("tumour", True, 10, 3)]):
        wrong = refusal("spect_share", regions=regions)
        assert wrong.code == "function.no_counts"
        assert wrong.reason == "no voxel of the parenchyma is in the FLR"
    cold = [rest, region("parenchyma", True, 10, 0)]
    assert results("spect_share", regions=cold)["flr_share_percent"] == 0  # as measured
