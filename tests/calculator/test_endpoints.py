"""Endpoints: limits reached, scores and regional function over time [clinical.md 16]."""

from fractions import Fraction
from typing import Any

import pytest

from fl_planner.basis.findings import InputRefused
from tests.calculator.asking import codes, refusal, results

Entry = dict[str, Any]


def scan(day: int, flr: str | None = None, function: str | None = None) -> Entry:
    """One scan of a liver of 1500 mL."""
    volumes = {"flr_ml": flr, "nontumorous_ml": "1500"} if flr else {}
    return {"day": day, **volumes, "function_pct_per_min_per_m2": function}


def reach(*scans: Entry, **more: Any) -> Entry:
    return results("limit_reach", scans=list(scans), **more)


def test_the_flr_limit_is_30_unless_another_is_named() -> None:
    scans = scan(0, "330", "1"), scan(9, "450", "1")
    assert reach(*scans)["first_day"] == 9  # 30 % exactly
    assert reach(*scans, limit_percent=40)["first_day"] is None
    assert reach(scan(9, "749", "1"), limit_percent=50)["reached"] == (False,)


def test_h09_functions_per_second_of_the_limit_are_queried() -> None:
    """2.9 %/min is 0.048 % per second."""
    scans = [scan(0, "330", "2.1"), scan(9, "440"), scan(20, "440", "0.048")]
    stated = {"normalisation": "extrahepatic"}
    assert codes("limit_reach", scans=scans, **stated) == ["function.unusual_flr"]
    assert codes("limit_reach", scans=scans[:2], **stated) == []


def test_h09_functions_by_the_whole_field_reach_no_limit() -> None:
    """A value normalised to the whole field is a third lower [clinical.md 5.1]."""
    scans = [scan(0, "330", "2.1"), scan(9, "440", "2.9")]
    assert codes("limit_reach", scans=scans) == ["function.normalisation_unknown"]
    assert codes("limit_reach", scans=[scan(0, "330"), scan(9, "440")]) == []
    whole = {"scans": scans, "normalisation": "total_field"}
    assert codes("limit_reach", **whole) == ["function.not_comparable"]
    assert results("limit_reach", **whole)["function_reached"] == (None, None)
    assert results("limit_reach", scans=scans)["function_reached"] == (False, True)


@pytest.mark.parametrize("limit", [0, "0.3", 25, 35, 60])
def test_another_limit_is_refused(limit: object) -> None:
    wrong = refusal("limit_reach", scans=[scan(9, "450")], limit_percent=limit)
    assert (wrong.code, wrong.source) == ("endpoint.limit", "limit_percent")
    assert "30, 40, 50" in wrong.remedy


def test_volume_and_function_on_one_day_are_both() -> None:
    found = reach(scan(-3, "330", "1"), scan(8, "450", "2.7"))
    assert (found["first_day"], found["reached_by"]) == (8, "both")


def test_a_scan_that_was_not_measured_leaves_the_first_day_open() -> None:
    found = reach(scan(8), scan(15, "450", "2"), scan(22, "600", "4"))
    assert found["reached"] == (None, True, True)
    assert (found["first_day"], found["first_day_at_latest"]) == (None, 15)
    assert found["reached_by"] == "volume"


def test_a_volume_below_the_limit_without_function_is_not_known() -> None:
    assert reach(scan(8, "420"))["reached"] == (None,)
    assert reach(scan(8, None, "2.67"))["reached"] == (None,)
    assert reach(scan(8, None, "2.68"))["reached_by"] == "function"


def test_a_baseline_that_reaches_the_limit_is_reported_and_not_counted() -> None:
    found = reach(scan(0, "600", "4"), scan(8, "420", "2"), scan(15, "500", "2"))
    assert found["reached_at_baseline"] is True
    assert found["first_day"] == 15


def test_a_baseline_that_is_not_known_does_not_cloud_the_first_day() -> None:
    found = reach(scan(-3, "420"), scan(8, "450", "2"))
    assert (found["reached_at_baseline"], found["first_day"]) == (None, 8)


def test_of_two_baselines_the_later_one_is_reported() -> None:
    assert reach(scan(-9, "600"), scan(-2, "420", "2"), scan(8))["reached_at_baseline"] is False


def test_each_refusal_of_limit_reach() -> None:
    volumes = {"flr_ml": "1501", "nontumorous_ml": "1500"}
    cases = {
        "endpoint.no_follow_up": [scan(0, "450")],
        "endpoint.flr_above_liver": [{"day": 8, **volumes}],
        "endpoint.one_volume": [{"day": 8, "flr_ml": "450"}],
        "endpoint.days": [scan(8, "450"), scan(8, "460")],
        "calc.input": [scan(8, "450", "20.1")],
    }
    found = {code: refusal("limit_reach", scans=scans) for code, scans in cases.items()}
    assert {code: one.code for code, one in found.items()} == dict(zip(cases, cases, strict=True))
    assert "function_pct_per_min_per_m2" in str(found["calc.input"])
    alone = refusal("limit_reach", scans=[{"day": 8, "nontumorous_ml": "1500"}])
    assert alone.source == "flr_ml"
    assert refusal("limit_reach", scans=[scan(8, "450", "-0.1")]).code == "calc.input"
    assert refusal("limit_reach", scans=[scan(9, "450"), scan(8, "460")]).code == "endpoint.days"
    assert reach({"day": 8, "flr_ml": "1500", "nontumorous_ml": "1500"})["reached"] == (True,)


def change(score: str, *values: tuple[int, str], **more: Any) -> Entry:
    listed = [{"day": day, "value": value} for day, value in values]
    return results("score_change", score=score, values=listed, **{"window_days": 90, **more})


def test_a_score_counts_from_the_latest_value_before_the_treatment() -> None:
    found = change("meld", (-30, "20"), (0, "8"), (30, "9"))
    assert (found["baseline"], found["change_last"]) == (8, 1)


def test_the_last_day_of_window_and_of_censoring_is_included() -> None:
    values = (0, "1"), (60, "2"), (90, "3"), (91, "4")
    assert change("ecog", *values)["last_day"] == 90
    assert change("ecog", *values, censor_day=60)["last_day"] == 60
    assert change("ecog", *values, censor_day=120)["last_day"] == 90
    assert change("ecog", *values, censor_day=59)["last_day"] is None


def test_the_worst_value_is_the_highest_and_the_first_of_equal_ones() -> None:
    found = change("child_pugh", (0, "6"), (20, "8"), (40, "8"), (60, "5"))
    assert (found["worst_day"], found["change_worst"], found["change_last"]) == (20, 2, -1)
    assert (found["baseline_grade"], found["last_grade"], found["grade_change"]) == ("A", "A", 0)
    assert change("child_pugh", (0, "6"), (9, "10"))["grade_change"] == 2
    assert change("child_pugh", (0, "10"), (9, "7"))["grade_change"] == -1  # class C to B
    # Johnson 2015: grade 1 up to -2.60, grade 3 above -1.39
    assert change("albi", (0, "-2.59"), (9, "-1.38"))["grade_change"] == 1
    assert change("albi", (0, "-1.38"), (9, "-2.60"))["grade_change"] == -2


def test_a_score_without_a_later_value_is_not_known() -> None:
    found = change("albi", (-1, "-2.60"), (120, "-1"))
    known = {name for name, value in found.items() if value is not None}
    assert known == {"baseline", "baseline_grade"}


def test_grades_of_albi_are_exact_at_their_limits() -> None:
    grades = {"-2.60": 1, "-2.5999999999999999999": 2, "-1.39": 2, "-1.3899999999999999999": 3}
    for value, grade in grades.items():
        assert change("albi", (0, value))["baseline_grade"] == grade, value


def test_each_refusal_of_score_change() -> None:
    def refused(score: str, *values: tuple[int, str], **more: Any) -> str:
        listed = [{"day": day, "value": value} for day, value in values]
        more = {"window_days": 90, **more}
        return refusal("score_change", score=score, values=listed, **more).code

    assert refused("meld", (1, "8")) == "endpoint.no_baseline"
    assert refused("meld", (0, "8.5")) == "endpoint.not_whole"
    assert refused("meld", (5, "8"), (0, "8")) == "endpoint.days"
    low_high = {
        "albi": ("-7", "1.3"),
        "child_pugh": ("4", "16"),
        "meld": ("5", "41"),
        "ecog": ("-1", "6"),
    }
    for score, ends in low_high.items():
        for end in ends:
            assert refused(score, (0, end)) == "value.implausible", (score, end)
    assert refused("ecog", (0, "0"), (60, "5"), (80, "1")) == "value.implausible"  # after death
    assert change("ecog", (0, "0"), (60, "4"), (80, "5"))["last"] == 5
    assert change("ecog", (0, "0"), (60, "5"), (80, "5"))["last"] == 5  # carried forward
    assert refused("meld", (0, "8"), window_days=None) == "calc.input"
    assert refused("karnofsky", (0, "80")) == "calc.input"


def moved(*scans: tuple[int, str, str], **more: Any) -> Entry:
    listed = [
        {"day": day, "function_pct_per_min_per_m2": value, "untreated_share_percent": share}
        for day, value, share in scans
    ]
    given = {"tracer": "99mTc-mebrofenin", "window_days": 180, **more}
    return results("regional_function_change", scans=listed, **given)


def test_regional_function_goes_from_the_latest_baseline_to_the_last_study() -> None:
    scans = (-20, "8", "50"), (-1, "6", "50"), (90, "5", "60"), (181, "9", "90")
    found = moved(*scans)
    assert (found["baseline_day"], found["last_day"]) == (-1, 90)
    assert (found["untreated_change"], found["untreated_change_pct"]) == (0, 0)
    assert found["treated_change_pct"] == Fraction(-100, 3)
    assert moved(*scans, censor_day=60)["last_day"] is None


def test_regional_function_without_one_of_both_is_not_known() -> None:
    found = moved((90, "5", "60"))
    assert found["untreated_last"] == 3
    assert found["baseline_day"] is found["untreated_change"] is found["treated_change_pct"] is None


def test_a_change_of_nothing_has_no_percentage() -> None:
    found = moved((0, "5", "100"), (90, "5", "80"))
    assert (found["treated_change"], found["treated_change_pct"]) == (1, None)


def test_each_refusal_of_regional_function_change() -> None:
    with pytest.raises(InputRefused, match="macroaggregated") as wrong:
        moved((0, "5", "50"), tracer="Tc-99m MAA")
    assert wrong.value.code == "function.tracer"
    for share in ("-1", "100.1"):
        with pytest.raises(Exception, match="untreated_share_percent"):
            moved((0, "5", share))
    with pytest.raises(Exception, match="day -1 is given after day 0"):
        moved((0, "5", "50"), (-1, "5", "50"))
    given = {"window_days": 180, "scans": [{"day": 0}]}
    assert "missing" in str(refusal("regional_function_change", tracer="mebrofenin", **given))


@pytest.mark.parametrize("tracer", ["MAA", "HIDA scan", "sulfur colloid", "GSA", "none"])
def test_h15_only_mebrofenin_shows_the_function(tracer: str) -> None:
    scans = [{"day": 0, "function_pct_per_min_per_m2": 5, "untreated_share_percent": 50}]
    given = {"scans": scans, "window_days": 180, "tracer": tracer}
    assert refusal("regional_function_change", **given).code == "function.tracer"


@pytest.mark.parametrize(
    ("function", "share", "told"),
    [
        ("8", "40", []),
        ("0.13", "40", ["function.unusual"]),  # 8 per minute is 0.13 per second
        ("8", "0.4", ["function.small_share"]),
        ("8", "1", ["function.small_share"]),
        ("8", "1.1", []),
        ("8", "0", []),  # nothing of it is untreated
    ],
)
def test_h09_functions_per_second_and_fractions_are_queried(
    function: str, share: str, told: list[str]
) -> None:
    study = {"day": 0, "function_pct_per_min_per_m2": function, "untreated_share_percent": share}
    given = {"tracer": "mebrofenin", "window_days": 180, "scans": [study]}
    assert codes("regional_function_change", **given) == told
