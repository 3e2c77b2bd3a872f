"""Formulas of reading: text on its side of thresholds, intervals, crossing chances."""

import pytest

from tests.calculator.asking import refusal, results


def test_h09_shares_as_fractions_and_scatter_in_percent_are_refused() -> None:
    assert refusal("uncertainty", flr_percent="0.284").source == "flr_percent"
    assert refusal("uncertainty", threshold_percent="0.3").source == "threshold_percent"
    assert refusal("uncertainty", flr_percent=28, cv_flr=7).source == "cv_flr"


def test_thresholds_and_decimals_have_ends() -> None:
    assert refusal("display_rule", value=1, thresholds=["0.1234567"]).source == "thresholds"
    assert refusal("display_rule", value=1, least_decimals=21).source == "least_decimals"
    assert results("display_rule", thresholds=[30]) == {"display": None}


def test_h08_an_interval_is_asked_exactly() -> None:
    # 25·(1 + 2·0.1) is 30, in doubles 30.000000000000004 and 25·(1 - 2·0.1) 20
    given = {"flr_percent": 25, "cv_flr": "0.1", "cv_total": 0, "z": 2}
    for threshold, inside in (("30", True), ("20", True), ("30.0001", False), ("19.9999", False)):
        found = results("uncertainty", **given, threshold_percent=threshold)
        assert found["threshold_inside"] is inside


def test_the_scatter_goes_with_the_origin() -> None:
    drawn = results("uncertainty", flr_percent=28, cv_flr="0.07")
    assert results("uncertainty", flr_percent=28, origin="drawn") == drawn
    segments = results("uncertainty", flr_percent=28, origin="segments")
    assert segments["rel_sd"] == pytest.approx((0.12**2 + 0.03**2) ** 0.5)
    assert segments["threshold_inside"] is segments["crossing_chance"] is None
    assert set(results("uncertainty", flr_percent=28).values()) == {None}
    assert results("uncertainty", cv_flr="0.1")["low_percent"] is None


def test_h09_an_origin_next_to_a_cv_is_refused() -> None:
    assert refusal("uncertainty", flr_percent=30, cv_flr="0.2", origin="drawn").code == "calc.twice"
