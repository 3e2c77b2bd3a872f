"""Formulas of growth."""

from fractions import Fraction

from tests.calculator.asking import codes, refusal, results

BOTH = {"sflr_before_pct": 22, "sflr_after_pct": 28, "flr_before_ml": 330, "flr_after_ml": 420}


def test_dates_instead_of_days() -> None:
    found = results("growth", **BOTH, embolised_on="2026-03-01", scanned_on="2026-03-22")
    assert found["interval_days"] == 21
    assert found["kgr_points_per_week"] == 2
    assert found["kgr_below_2"] is False


def test_one_date_is_no_interval() -> None:
    found = results("growth", **BOTH, scanned_on="2026-03-22")
    assert found["dh_points"] == 6
    assert found["kgr_points_per_week"] is found["kgr_below_2"] is None


def test_days_and_dates_are_one_too_many() -> None:
    wrong = refusal(
        "growth", **BOTH, interval_days=21, embolised_on="2026-03-01", scanned_on="2026-03-22"
    )
    assert wrong.code == "calc.twice"


def test_volumes_without_shares() -> None:
    found = results("growth", flr_before_ml=300, flr_after_ml=330, interval_days=10)
    assert (found["dh_points"], found["dh_relative_pct"]) == (None, 10)
    assert (found["growth_ml_per_day"], found["relative_growth_pct_per_day"]) == (3, 1)
    found = results("growth", sflr_before_pct=30, sflr_after_pct=28, interval_days=7)
    assert (found["dh_points"], found["dh_relative_pct"]) == (-2, None)
    assert found["kgr_points_per_week"] == Fraction(-2)


def test_h03_shares_of_two_denominators_are_refused() -> None:
    same = {"denominator_before": "standard_tlv", "denominator_after": "standard_tlv"}
    assert results("growth", **BOTH, **same)["dh_points"] == 6
    mixed = refusal("growth", **BOTH, **{**same, "denominator_after": "baseline_nontumour"})
    assert mixed.code == "growth.denominators_differ"
    assert results("growth", **BOTH, denominator_after="standard_tlv")["dh_points"] == 6


def test_h09_weeks_and_fractions_are_seen() -> None:
    fast = {**BOTH, "sflr_after_pct": 33, "flr_after_ml": 495}
    assert codes("growth", **fast, interval_days=4, kind="PVE") == ["growth.implausible_rate"]
    assert refusal("growth", sflr_before_pct="0.2", interval_days=7).source == "sflr_before_pct"
    assert refusal("growth", flr_before_ml="0.33", interval_days=7).source == "flr_before_ml"
    assert refusal("growth", **BOTH, interval_days=0).source == "interval_days"


def test_a_wrong_year_is_queried_and_a_date_next_to_the_days_refused() -> None:
    """From 2023-03-01 to 2024-03-01, with the leap day: 366 days; up to half a year is usual."""
    dates = {"embolised_on": "2023-03-01", "scanned_on": "2024-03-01"}
    after_pve = {**BOTH, "kind": "PVE"}
    assert codes("growth", **after_pve, **dates) == ["growth.far_apart"]
    assert codes("growth", **after_pve, interval_days=184) == ["growth.far_apart"]
    assert codes("growth", **after_pve, interval_days=183) == []
    for name, on in dates.items():
        assert refusal("growth", **BOTH, interval_days=366, **{name: on}).source == name


def test_growth_in_less_than_a_day_or_by_a_fifth_a_day_is_queried() -> None:
    """300 to 390 mL is 30 %: in 0.4 days 75 % per day, in 3 days 10 %, as after ALPPS."""
    volumes = {"flr_before_ml": "300", "flr_after_ml": "390"}
    assert codes("growth", **volumes, interval_days="0.4") == ["growth.implausible_rate"]
    assert codes("growth", **volumes, interval_days="1.49") == ["growth.implausible_rate"]
    assert codes("growth", **volumes, interval_days="1.5") == []  # 20 % per day
    assert codes("growth", **volumes, interval_days="3") == []
    # 0.2 points in 0.4 days would be 3.5 points per week
    shares = {"sflr_before_pct": "20", "sflr_after_pct": "20.2", "kind": "PVE"}
    assert codes("growth", **shares, interval_days="0.4") == ["growth.under_a_day"]
    assert codes("growth", interval_days="0.99") == ["growth.under_a_day"]
    assert codes("growth", **shares, interval_days="1") == []


def test_the_limit_of_portal_vein_embolisation_is_not_applied_after_y90() -> None:
    for kind in ("PVE", "hve", "PVE/HVE", "LVD", "eLVD", "DVE", "unknown"):
        assert results("growth", **BOTH, interval_days=28, kind=kind)["kgr_below_2"] is True, kind
    found = results("growth", **BOTH, interval_days=28, kind="Y90")
    assert (found["kgr_points_per_week"], found["kgr_below_2"]) == (Fraction(3, 2), None)
    assert refusal("growth", **BOTH, kind="TACE").source == "kind"


def test_a_rate_without_the_kind_of_treatment_is_queried() -> None:
    """`clinical.md` 4: the limit of 2 points a week is of embolisation, not of Y90 or ALPPS."""
    rated = {**BOTH, "interval_days": 28}
    assert codes("growth", **rated) == ["growth.kind_unknown"]
    assert codes("growth", **rated, kind="unknown") == ["growth.kind_unknown"]
    for kind in ("PVE", "PVL", "HVE", "PVE/HVE", "Y90", "ALPPS"):
        assert codes("growth", **rated, kind=kind) == [], kind
    assert codes("growth", **BOTH) == []  # without an interval no rate is compared
    assert codes("growth", flr_before_ml=330, flr_after_ml=420, interval_days=28) == []


def test_after_alpps_growth_is_reported_and_the_limit_not_applied() -> None:
    """`clinical.md` 4: ALPPS: growth is reported, Shindoh's 2 points/week not applied."""
    given = {
        "sflr_before_pct": "22",
        "sflr_after_pct": "33",
        "flr_before_ml": "330",
        "flr_after_ml": "495",
    }
    found = results("growth", **given, interval_days=7, kind="ALPPS")
    # 33 - 22 = 11 points in one week; 165 mL of 330 in seven days
    assert (found["dh_points"], found["kgr_points_per_week"]) == (11, 11)
    assert (found["dh_relative_pct"], found["growth_ml_per_day"]) == (50, Fraction(165, 7))
    assert found["kgr_below_2"] is None
    slow = results("growth", **BOTH, interval_days=28, kind="alpps")
    assert (slow["kgr_points_per_week"], slow["kgr_below_2"]) == (Fraction(3, 2), None)
