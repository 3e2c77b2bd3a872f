"""Formulas of liver failure after hepatectomy by their outside names."""

from typing import Any

from tests.calculator.asking import codes, refusal, results

ILL = {"day": 5, "bilirubin_mg_dl": 4, "inr": "1.5"}
PHLF: dict[str, Any] = {
    "days": [ILL],
    "bilirubin_uln_mg_dl": "1.2",
    "inr_uln": "1.2",
    "bilirubin_before_mg_dl": "0.8",
    "inr_before": "1.0",
    "management": "changed",
}


def test_phlf_and_its_grade() -> None:
    assert results("phlf", **PHLF) == {"phlf": True, "grade": "B"}
    assert results("phlf", **{**PHLF, "management": None}) == {"phlf": True, "grade": None}
    well = [{**ILL, "inr": 1}]
    assert results("phlf", **{**PHLF, "days": well}) == {"phlf": False, "grade": None}
    helped = [{**ILL, "inr": 1, "clotting_factors": True}]
    assert results("phlf", **{**PHLF, "days": helped})["phlf"] is True


def test_h09_the_upper_limit_of_bilirubin_in_umol_is_queried() -> None:
    """17 umol/L is 1 mg/dL: as 17 mg/dL, no bilirubin of 4 is raised, and the answer is no."""
    limit = "bilirubin_uln_mg_dl"
    assert results("phlf", **{**PHLF, limit: 17})["phlf"] is False
    assert codes("phlf", **{**PHLF, limit: 17}) == ["lab.unit_doubt"]
    assert codes("phlf", **{**PHLF, limit: 3}) == ["lab.upper_limit_unusual"]
    for usual in ("1", "1.2", "1.5"):
        assert codes("phlf", **{**PHLF, limit: usual}) == []
    assert codes("phlf", **{**PHLF, limit: None}) == []


def test_h09_an_inr_in_seconds_and_its_impossible_limit_are_queried_as_by_meld() -> None:
    """With a limit of 13 s as 13, no INR of 1.5 is raised; with 12 s before, none is rising."""
    assert results("phlf", **{**PHLF, "inr_uln": 13})["phlf"] is False
    for impossible in (13, "1.6", "0.8"):
        assert codes("phlf", **{**PHLF, "inr_uln": impossible}) == ["lab.upper_limit_unusual"]
    for usual in ("0.9", "1.1", "1.2", "1.3", "1.5"):
        assert codes("phlf", **{**PHLF, "inr_uln": usual}) == []
    assert results("phlf", **{**PHLF, "inr_before": 12})["phlf"] is None
    assert codes("phlf", **{**PHLF, "inr_before": 12}) == ["lab.unit_doubt"]
    assert codes("phlf", **{**PHLF, "days": [{**ILL, "inr": 18}]}) == ["lab.unit_doubt"]
    late = [{**ILL, "day": day, "inr": "7.9", "bilirubin_mg_dl": 20} for day in range(5, 15)]
    assert codes("phlf", **{**PHLF, "days": late}) == []


def test_h09_a_bilirubin_before_surgery_in_umol_is_queried() -> None:
    """With 17 umol/L before surgery as 17 mg/dL, a bilirubin of 4 must rise to count."""
    before = "bilirubin_before_mg_dl"
    assert results("phlf", **{**PHLF, before: 17})["phlf"] is None
    assert codes("phlf", **{**PHLF, before: 17}) == ["lab.unit_doubt"]
    assert codes("phlf", **{**PHLF, before: "4.9"}) == []


def test_h16_phlf_is_unknown_without_limits_or_the_values_from_before() -> None:
    for name in ("bilirubin_uln_mg_dl", "inr_uln", "bilirubin_before_mg_dl", "inr_before"):
        assert results("phlf", **{**PHLF, name: None}) == {"phlf": None, "grade": None}


def test_fifty_fifty_and_the_peak() -> None:
    days = [{"day": 5, "bilirubin_mg_dl": 3, "prothrombin_percent": 49}]
    assert results("fifty_fifty", days=days) == {"met": True}
    assert results("fifty_fifty", days=[{**days[0], "day": 6}]) == {"met": None}
    bare = [{"day": 2, "bilirubin_mg_dl": 7}, {"day": 5, "bilirubin_mg_dl": "6.9"}]
    assert results("peak_bilirubin", days=bare) == {"peak_mg_dl": 7, "above_7": False}
    assert results("peak_bilirubin", days=[{"day": 2}]) == {"peak_mg_dl": None, "above_7": None}


def test_h09_a_day_that_is_none_and_a_bilirubin_in_umol_are_refused() -> None:
    wrong = refusal("peak_bilirubin", days=[{"day": 91, "bilirubin_mg_dl": 125}])
    assert wrong.code == "calc.input"
    assert "91 is outside 0 to 90 days" in wrong.reason
    assert "125 is outside" in wrong.reason
