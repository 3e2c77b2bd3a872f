"""Facts from stated facts: units, ages, what contradicts, what follows [trials.md 7 and 8]."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.constants import Diagnosis
from fl_planner.basis.findings import Finding, Severity
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.trials.contradictions import child_pugh_class
from fl_planner.trials.criterion import Trial
from fl_planner.trials.derive import NOTHING_MEASURED, derive_facts
from fl_planner.trials.facts.facts import Facts, Value, answer_for
from fl_planner.trials.facts.quantities import inputs_of
from fl_planner.trials.statements import Stated, parse_stated
from tests.cases import each_case
from tests.refusals import refuses

AS_OF = date(2026, 5, 16)
TRIALS = read_bundled_trials()  # with limits on the largest lesion of 3, 4 and 8 cm


def q(value: str, unit: str, **more: object) -> dict[str, object]:
    return {"value": Decimal(value), "unit": unit, **more}


def derive(
    table: Mapping[str, object],
    *,
    as_of: date | None = AS_OF,
    measured: Facts = NOTHING_MEASURED,
    trials: tuple[Trial, ...] = TRIALS,
) -> tuple[Facts, tuple[Finding, ...]]:
    stated, errors = parse_stated(table, "facts.json")
    assert errors == ()
    return derive_facts(stated, trials, as_of=as_of, measured=measured)


@each_case(
    "table, fact, value",
    [
        ({"age": q("80.92", "a")}, "age_years", "80"),  # 80 years and 11 months
        ({"age": q("971", "mo")}, "age_years", "80"),
        ({"total_liver_volume": q("2.3", "L")}, "total_liver_volume_ml", "2300"),
        ({"tumour_volume": q("700000", "mm3")}, "tumour_volume_ml", "700"),
        (
            {"flr_function": q("3.4", "%/min/m2"), "flr_function_normalisation": "extrahepatic"},
            "flr_function_pct_per_min_per_m2",
            "3.4",
        ),
        ({"largest_lesion": q("81", "mm")}, "largest_lesion_cm", "8.1"),
        ({"largest_lesion_mask": q("81", "mm")}, "largest_lesion_cm", "8.1"),
        (
            {"extrahepatic_indeterminate_max": q("1.1", "cm")},
            "extrahepatic_indeterminate_max_mm",
            "11",
        ),
        ({"staging_ct_age": q("4", "wk")}, "staging_ct_age_days", "28"),
        ({"life_expectancy": q("2", "a")}, "life_expectancy_months", "24"),
        ({"life_expectancy": q("30.4375", "d")}, "life_expectancy_months", "1"),
        ({"haemoglobin": q("131", "g/L")}, "haemoglobin_g_per_dl", "13.1"),
        ({"haemoglobin": q("5.5", "mmol/L")}, "haemoglobin_g_per_dl", "8.8627"),
        ({"anc": q("1490", "/uL")}, "anc_10e9_per_l", "1.49"),
        ({"wbc": q("2500", "/mm3")}, "wbc_10e9_per_l", "2.5"),
        ({"platelets": q("214", "10^3/\N{MICRO SIGN}L")}, "platelets_10e9_per_l", "214"),
        ({"albumin": q("2.9", "g/dL")}, "albumin_g_per_l", "29"),
        ({"bilirubin_total": q("17.104", "umol/L")}, "bilirubin_total_mg_per_dl", "1"),
        ({"ast": q("3", "ukat/L")}, "ast_u_per_l", "180"),
        ({"creatinine": q("176.8", "umol/L")}, "creatinine_mg_per_dl", "2"),
        ({"creatinine_clearance": q("1.5", "mL/s")}, "creatinine_clearance_ml_per_min", "90"),
        ({"lung_dose": q("15000", "mGy")}, "lung_dose_gy_at_150gy_tumour", "15"),
        ({"pao2": q("8", "kPa")}, "pao2_mmhg", "60.00496"),
        ({"lvef": q("0.62", "1")}, "lvef_percent", "62"),
        (
            {"other_malignancy_disease_free": q("60", "mo")},
            "other_malignancy_disease_free_years",
            "5",
        ),
        ({"alt": q("60", "U/L"), "alt_uln": q("40", "U/L")}, "alt_x_uln", "1.5"),
        ({"ast": q("3", "ukat/L"), "ast_uln": q("40", "U/L")}, "ast_x_uln", "4.5"),
        ({"bilirubin_total": q("1.51", "xULN")}, "bilirubin_total_x_uln", "1.51"),
        ({"aptt": q("45", "s"), "aptt_uln": q("30", "s")}, "aptt_x_uln", "1.5"),
        ({"inr": q("1.8", "1"), "inr_uln": q("1.2", "1")}, "inr_x_uln", "1.5"),
        ({"ecog": 4}, "ecog", "4"),
    ],
)
def test_h09_units(table: dict[str, object], fact: str, value: str) -> None:
    facts, findings = derive(table)
    assert facts[fact] == Fraction(value)
    assert findings == ()


STEROID = "corticosteroid_methylprednisolone_eq_mg_per_day"


@each_case(
    "dose, drug, value",
    [
        ("12.5", "prednisolone", "10"),
        ("12.5", "prednisone", "10"),
        ("2", "dexamethasone", "10.666"),
        ("50", "hydrocortisone", "10"),
        ("10", "methylprednisolone", "10"),
        ("0", None, "0"),
        ("0", "budesonide", "0"),
    ],
)
def test_steroids_as_methylprednisolone(dose: str, drug: str | None, value: str) -> None:
    facts, findings = derive({"corticosteroid_daily_dose": q(dose, "mg/d", drug=drug)})
    assert (facts[STEROID], findings) == (Fraction(value), ())


@each_case(
    "table, fact, code",
    [
        ({"platelets": q("214", "g/L")}, "platelets_10e9_per_l", "unknown_unit"),
        ({"platelets": q("2", "g/dL")}, "platelets_10e9_per_l", "unknown_unit"),
        ({"flr_function": q("6", "%/min")}, "flr_function_pct_per_min_per_m2", "unknown_unit"),
        ({"prothrombin_time": q("80", "%")}, "prothrombin_time_x_uln", "unknown_unit"),
        ({"inr": q("1", "xULN")}, "inr", "unknown_unit"),
        ({"alt_uln": q("1", "xULN")}, "alt_uln", "unknown_unit"),
        ({"haemoglobin": q("131", "g/dL")}, "haemoglobin_g_per_dl", "implausible"),
        ({"creatinine": q("20", "mg/dL")}, "creatinine_mg_per_dl", "implausible"),
        ({"creatinine": q("1768", "umol/L")}, "creatinine_mg_per_dl", "implausible"),
        ({"albumin": q("10", "g/L")}, "albumin_g_per_l", "implausible"),
        ({"alt": q("-0.1", "xULN")}, "alt_u_per_l", "implausible"),
        ({"aptt": q("9", "s")}, "aptt_x_uln", "implausible"),
        ({"alp_uln": q("0", "U/L")}, "alp_uln", "implausible"),
        ({"inr_uln": q("1.6", "1")}, "inr_uln", "implausible"),
        ({"age": q("121", "a")}, "age_years", "implausible"),
        ({"largest_lesion": q("41", "cm")}, "largest_lesion_cm", "implausible"),
        ({"largest_lesion_mask": q("41", "cm")}, "largest_lesion_cm", "implausible"),
        ({"ecog": 5}, "ecog", "implausible"),
        ({"child_pugh_score": 4}, "child_pugh_score", "implausible"),
        ({"corticosteroid_daily_dose": q("5", "mg/d", drug="x")}, STEROID, "unknown_drug"),
        ({"corticosteroid_daily_dose": q("5", "mg/d")}, STEROID, "unknown_drug"),
        ({"corticosteroid_daily_dose": q("-5", "mg/d")}, STEROID, "implausible"),
    ],
)
def test_h09_what_becomes_unknown(table: dict[str, object], fact: str, code: str) -> None:
    facts, (finding,) = derive(table)
    assert facts.get(fact) is None
    assert (finding.code, finding.severity) == (f"{code}.{fact}", Severity.WARNING)
    assert finding.file == "facts.json"
    assert finding.message.startswith(f"facts.json: {next(iter(table))}: ")


def test_a_ratio_is_refused_in_its_own_unit() -> None:
    _, (finding,) = derive({"alt": q("-0.1", "xULN")})
    assert "-0.1 xULN is outside the permitted range (0 xULN or more)" in finding.message


def test_an_unknown_upper_limit_costs_the_ratio_only() -> None:
    facts, _ = derive({"alt": q("60", "U/L"), "alt_uln": q("0", "U/L")})
    assert (facts["alt_u_per_l"], facts.get("alt_x_uln")) == (60, None)


def test_h09_a_multiple_is_the_value_where_the_laboratorys_limit_is_on_file() -> None:
    facts, _ = derive({"alt": q("1.6", "xULN"), "alt_uln": q("40", "U/L")})
    assert (facts["alt_u_per_l"], facts["alt_x_uln"]) == (64, Fraction(8, 5))
    facts, _ = derive({"alt": q("1.6", "xULN")})
    assert (facts.get("alt_u_per_l"), facts["alt_x_uln"]) == (None, Fraction(8, 5))


def test_an_empty_list_of_sites_states_nothing() -> None:
    assert derive({"extrahepatic_sites": []})[0].get("extrahepatic_sites") is None


# ---- ages


IMPLAUSIBLE = ["implausible.labs_age_days"]


@each_case(
    "day, age, as_of, days, expected",
    [
        ("2026-05-01", None, AS_OF, 15, []),
        ("2026-05-16", None, AS_OF, 0, []),
        ("2026-05-17", None, AS_OF, None, IMPLAUSIBLE),
        ("2016-05-18", None, AS_OF, 3650, []),
        ("2016-05-17", None, AS_OF, None, IMPLAUSIBLE),
        ("2026-05-01", None, None, None, ["date.as_of_missing"]),
        (None, "15", None, 15, []),
        ("2026-05-01", "15", AS_OF, 15, []),
        ("2026-05-01", "14", AS_OF, None, ["contradiction.labs_age"]),
        ("2026-05-01", "15", None, None, ["date.as_of_missing"]),
        ("2026-05-01", "3651", AS_OF, None, IMPLAUSIBLE),
    ],
)
def test_age_of_blood_tests(
    day: str | None, age: str | None, as_of: date | None, days: int | None, expected: list[str]
) -> None:
    table: dict[str, object] = {"labs_date": day} if day else {}
    facts, findings = derive(table | ({"labs_age": q(age, "d")} if age else {}), as_of=as_of)
    assert facts["labs_age_days"] == days
    assert [finding.code for finding in findings] == expected


def test_age_of_the_staging_ct() -> None:
    assert derive({"staging_ct_date": "2026-04-18"})[0]["staging_ct_age_days"] == 28
    both = {"staging_ct_date": "2026-04-18", "staging_ct_age": q("3", "wk")}
    facts, (finding,) = derive(both)
    assert (facts["staging_ct_age_days"], finding.code) == (None, "contradiction.staging_ct_age")


def test_a_values_own_date_outranks_the_others() -> None:
    own = q("214", "10*9/L", date="2026-04-20")
    tests = {"platelets": own, "alt": q("2", "xULN", date="2026-04-21"), "anc": q("3", "10*9/L")}
    facts, findings = derive({**tests, "labs_age": q("7", "d")})
    assert [facts[f"{name}_age_days"] for name in tests] == [26, 25, 7]
    assert "wbc_age_days" not in facts
    assert findings == ()


def test_a_values_own_date_that_cannot_be_leaves_its_age_unknown() -> None:
    later = q("214", "10*9/L", date="2026-05-17")
    facts, (finding,) = derive({"platelets": later, "labs_age": q("7", "d")})
    assert (facts["platelets_age_days"], facts["labs_age_days"]) == (None, 7)
    assert finding.code == "implausible.labs_age_days"


def test_a_missing_judging_date_is_reported_once_with_every_key() -> None:
    own = q("214", "10*9/L", date="2026-04-20")
    _, (finding,) = derive({"platelets": own, "labs_date": "2026-05-01"}, as_of=None)
    assert finding.code == "date.as_of_missing"
    assert "the age of these data is unknown: blood tests, platelets" in finding.message


# ---- what follows


VOLUMES = {
    "total_liver_volume": q("1700", "mL"),
    "tumour_volume": q("200", "mL"),
    "flr_volume": q("375", "mL"),
    "treated_nontumorous_volume": q("900", "mL"),
    "flr_after_clearing_volume": q("300", "mL"),
}


def test_fractions_of_the_nontumorous_liver() -> None:
    facts, findings = derive(VOLUMES)
    assert facts["flr_fraction"] == Fraction(1, 4)  # 375 / (1700 - 200)
    assert facts["untreated_nontumorous_fraction"] == Fraction(2, 5)  # (1500 - 900) / 1500
    assert facts["flr_after_clearing_fraction"] == Fraction(1, 5)  # 300 / (1700 - 200)
    assert findings == ()


@each_case("missing", ["total_liver_volume", "tumour_volume", "flr_volume"])
def test_a_fraction_needs_all_of_its_volumes(missing: str) -> None:
    facts, _ = derive({key: value for key, value in VOLUMES.items() if key != missing})
    assert facts.get("flr_fraction") is None


def test_a_man_is_not_asked_about_pregnancy() -> None:
    facts, _ = derive({"sex": "male"})
    assert (facts["pregnant"], facts["breastfeeding"]) == (False, False)
    assert "pregnant" not in derive({"sex": "female"})[0]


@given(st.integers(5, 15))
def test_class_of_a_score(score: int) -> None:
    letter = "A" if score <= 6 else "B" if score <= 9 else "C"
    assert child_pugh_class(Fraction(score)) == letter
    assert derive({"child_pugh_score": score})[0]["child_pugh_class"] == letter


# ---- what contradicts


@each_case(
    "changes, code",
    [
        ({"tumour_volume": q("1700", "mL")}, "contradiction.volumes"),
        ({"flr_volume": q("1500.1", "mL")}, "contradiction.volumes"),
        ({"flr_volume": q("5", "mL")}, "contradiction.volumes"),  # 300 mL after clearing
        ({"treated_nontumorous_volume": q("1501", "mL")}, "contradiction.volumes"),
        ({"flr_after_clearing_volume": q("376", "mL")}, "contradiction.volumes"),
        ({"flr_after_clearing_volume": q("375", "mL")}, None),
        ({"flr_volume": q("1500", "mL")}, None),
        ({"treated_nontumorous_volume": q("1500", "mL")}, None),
    ],
)
def test_volumes_that_exclude_each_other(changes: dict[str, object], code: str | None) -> None:
    facts, findings = derive({**VOLUMES, **changes})
    assert [finding.code for finding in findings] == ([code] if code else [])
    assert (facts["flr_fraction"] is None) is (code is not None)
    assert (facts["untreated_nontumorous_fraction"] is None) is (code is not None)
    assert (facts["flr_after_clearing_fraction"] is None) is (code is not None)


@each_case(
    "volumes, code",
    [
        ({"total_liver_volume": 1700, "flr_volume": 1701}, "contradiction.volumes"),
        ({"total_liver_volume": 1700, "flr_volume": 1700}, None),
        ({"total_liver_volume": 1700, "treated_nontumorous_volume": 1701}, "contradiction.volumes"),
        ({"flr_volume": 375, "flr_after_clearing_volume": 376}, "contradiction.volumes"),
        ({"flr_volume": 375, "flr_after_clearing_volume": 375}, None),
        ({"tumour_volume": 1700, "flr_volume": 375}, None),
        ({"total_liver_volume": 1700, "tumour_volume": 1700}, "contradiction.volumes"),
        ({"total_liver_volume": 1700, "tumour_volume": 1699}, None),
    ],
)
def test_h03_volumes_exclude_each_other_without_the_third(
    volumes: dict[str, int], code: str | None
) -> None:
    _, findings = derive({name: q(str(ml), "mL") for name, ml in volumes.items()})
    assert [finding.code for finding in findings] == ([code] if code else [])


NEVER_TREATED = {"prior_systemic_therapy_crc": False}
STABLE = {"recist_response_after_chemo": "stable_disease", "chemo_liver_damage": False}


@each_case(
    "code, table",
    [
        ("sex_pregnancy", {"sex": "male", "pregnant": True, "breastfeeding": False}),
        ("sex_pregnancy", {"sex": "male", "breastfeeding": True}),
        ("extrahepatic", {"extrahepatic_status": "none", "extrahepatic_sites": ["lung"]}),
        (
            "extrahepatic",
            {"extrahepatic_status": "none", "extrahepatic_indeterminate_sites": ["lung"]},
        ),
        (
            "extrahepatic",
            {
                "extrahepatic_status": "confirmed",
                "extrahepatic_sites": ["lung", "brain"],
                "extrahepatic_indeterminate_sites": ["brain", "lung"],
            },
        ),
        ("anticoagulant", {"coumarin_use": True, "anticoagulant_use": False}),
        ("prior_treatment", {"prior_hepatectomy": True, "prior_hepatic_local_treatment": False}),
        ("child_pugh", {"child_pugh_score": 7, "child_pugh_class": "A"}),
        ("chemo_history", NEVER_TREATED | {"chemo_liver_damage": True}),
        ("chemo_history", NEVER_TREATED | STABLE),
        ("hcc_and_crlm", {"crlm_present": True, "hcc_present": True}),
    ],
)
def test_facts_that_exclude_each_other(code: str, table: dict[str, object]) -> None:
    facts, (finding,) = derive(table)
    assert (finding.code, finding.severity) == (f"contradiction.{code}", Severity.WARNING)
    told = "; these facts are unknown until this is clarified"
    if code == "hcc_and_crlm":  # which is said by the verdicts
        assert facts["crlm_present"] is facts["hcc_present"] is True
        assert not finding.message.endswith(told)
    else:
        assert {facts[name] for name in table} == {None}
        assert facts.get("pregnant") is None
        assert finding.message.endswith(told)


@each_case(
    "table",
    [
        {"sex": "male", "pregnant": False},
        {"sex": "female", "pregnant": True},
        {"extrahepatic_status": "none", "extrahepatic_sites": []},
        {"extrahepatic_status": "confirmed", "extrahepatic_sites": ["lung"]},
        {"child_pugh_score": 6, "child_pugh_class": "A"},
        {"child_pugh_class": "A"},
        {"coumarin_use": True, "anticoagulant_use": True},
        {"coumarin_use": False, "anticoagulant_use": True},
        {"prior_hepatectomy": False, "prior_hepatic_local_treatment": False},
        {"prior_systemic_therapy_crc": False, "recist_response_after_chemo": "no_chemotherapy"},
        {"prior_systemic_therapy_crc": False, "chemo_liver_damage": False},
        {"prior_systemic_therapy_crc": True, "chemo_liver_damage": True},
        {"crlm_present": True, "hcc_present": False},
        {"total_liver_volume": q("1700", "mL"), "flr_volume": q("1700", "mL")},
    ],
)
def test_facts_that_go_together(table: dict[str, object]) -> None:
    assert derive(table)[1] == ()


@each_case(
    "table, asked",
    [
        ({"haemoglobin": q("13.5", "g/L")}, "13.5 g/dL or 13.5 mmol/L?"),
        ({"albumin": q("4.1", "g/L")}, "4.1 g/dL?"),
        ({"creatinine": q("80", "mg/dL")}, "80 umol/L?"),
        ({"platelets": q("214000", "10*9/L")}, "214000 /uL?"),
        ({"flr_of_nontumorous_liver": q("0.28", "%")}, "28 %?"),
        ({"lvef": q("0.62", "%")}, "0.62 1 or 62 %?"),
        ({"flr_of_nontumorous_liver": q("1", "%")}, "100 %?"),
        ({"lvef": q("1", "%")}, None),  # 100 % is no ejection fraction either
        ({"creatinine": q("8000", "mg/dL")}, None),  # no laboratory's number in any unit
        ({"age": q("610", "a")}, None),  # years or months: a slip of the pen
        ({"haemoglobin": q("131", "g/dL")}, "131 g/L?"),
    ],
)
def test_h09_a_number_that_fits_another_unit_is_asked_about_and_not_converted(
    table: dict[str, object], asked: str | None
) -> None:
    facts, (finding,) = derive(table)
    (key,) = table
    assert all(value is None for fact, value in facts.items() if fact.startswith(key))
    assert finding.message.startswith(f"facts.json: {key}: ")
    assert (f"({asked})" in finding.message) is (asked is not None)
    assert ("?" in finding.message) is (asked is not None)


@each_case(
    "months, told", [("61", True), ("731", False), ("216", False), ("120", True), ("17", False)]
)
def test_h09_an_age_in_months_that_makes_a_child_is_asked_about(months: str, told: bool) -> None:
    facts, findings = derive({"age": q(months, "mo")})
    assert facts["age_years"] == int(months) // 12  # the fact stays as it was said
    assert [one.code for one in findings] == (["age.in_months"] if told else [])
    if told:
        assert f'if {months} years was meant, give the unit "a"' in findings[0].message


@each_case("none", [{"tumour_volume": q("0", "mL")}, {"lesion_count": 0}])
def test_h16_no_tumour_against_a_diagnosis(none: dict[str, object]) -> None:
    known = {**VOLUMES, "lesion_count": 2, **none}
    shown = {"recist_response_after_chemo": "complete_response"}
    for cancer in ({"crlm_present": True}, {"hcc_present": True}, {"hcc_present": True} | shown):
        facts, (finding,) = derive(known | cancer)
        assert finding.code == "contradiction.no_tumour"
        assert "give the tumour mask (--tumour)" in finding.message
        assert "lesions outside the liver mask" in finding.message
        assert 'after resection or ablation, give "other" as the diagnosis' in finding.message
        assert ("a complete response, record this response" in finding.message) is (
            "crlm_present" in cancer
        )
        assert facts["tumour_volume_ml"] is facts["lesion_count"] is facts["flr_fraction"] is None
    facts, findings = derive(known | {"crlm_present": True} | shown)
    assert (facts["flr_fraction"] is None, findings) == (False, ())
    assert derive(known | {"crlm_present": False})[1] == ()


def test_h16_a_response_to_a_therapy_that_was_not_given_explains_no_missing_tumour() -> None:
    none = {"crlm_present": True, "tumour_volume": q("0", "mL"), "lesion_count": 14}
    shown = {"recist_response_after_chemo": "complete_response"}
    for treated, codes in (
        (True, []),
        (False, ["contradiction.no_tumour", "contradiction.chemo_history"]),
    ):
        known = {**VOLUMES, **none, **shown, "prior_systemic_therapy_crc": treated}
        facts, findings = derive(known)
        assert [one.code for one in findings] == codes
        assert (facts["flr_fraction"] is None) is not treated


def test_a_coumarin_is_an_anticoagulant_and_a_hepatectomy_a_local_treatment() -> None:
    facts, _ = derive({"coumarin_use": True, "prior_hepatectomy": True})
    assert facts["anticoagulant_use"] is facts["prior_hepatic_local_treatment"] is True
    facts, _ = derive({"coumarin_use": False, "prior_hepatectomy": False})
    assert facts.get("anticoagulant_use") is facts.get("prior_hepatic_local_treatment") is None


def test_indeterminate_sites_are_sites_and_not_confirmed() -> None:
    told = {"extrahepatic_status": "confirmed", "extrahepatic_sites": ["lung"]}
    facts, findings = derive({**told, "extrahepatic_indeterminate_sites": ["brain"]})
    assert facts["extrahepatic_sites"] == ("lung", "brain")
    assert (facts["extrahepatic_confirmed_sites"], findings) == (("lung",), ())
    assert derive(told)[0]["extrahepatic_confirmed_sites"] == ("lung",)
    facts, _ = derive({**told, "extrahepatic_status": "indeterminate"})
    assert facts["extrahepatic_confirmed_sites"] == ()


@each_case("planned, every", [(4, False), (5, True), (6, True), (0, False)])
def test_whether_every_lesion_is_to_be_ablated(planned: int, every: bool) -> None:
    facts, _ = derive({"lesion_count": 5, "ablation_count": planned})
    assert facts["all_lesions_ablated"] is every


@each_case("value, unit, days", [("13", "wk", 91), ("92", "days", 92), ("3", "mo", None)])
def test_an_estimate_in_weeks_or_days_is_kept_in_days(
    value: str, unit: str, days: int | None
) -> None:
    facts, _ = derive({"life_expectancy": q(value, unit)})
    assert facts.get("life_expectancy_days") == days


# ---- an embolisation before the scan


@each_case(
    "told, kind, days",
    [
        (True, None, None),
        ({"kind": "PVE"}, "PVE", None),
        ({"kind": "eLVD", "date": "2026-05-01"}, "PVE/HVE", 15),
        ({"date": "2026-05-16"}, None, 0),
    ],
)
def test_an_earlier_embolisation(told: object, kind: str | None, days: int | None) -> None:
    facts, findings = derive({"prior_pve_hve": told})
    known = [facts.get(f"prior_pve_hve{end}") for end in ("", "_kind", "_age_days")]
    assert (known, findings) == ([True, kind, days], ())


def test_h12_an_embolisation_to_come_is_none_yet() -> None:
    facts, (finding,) = derive({"prior_pve_hve": {"kind": "DVE", "date": "2026-05-17"}})
    assert finding.code == "implausible.prior_pve_hve"
    assert facts["prior_pve_hve"] is facts["prior_pve_hve_kind"] is None


def test_an_embolisation_is_given_though_its_day_be_unknown() -> None:
    told = {"kind": "HVE", "date": "2026-05-01"}
    facts, (finding,) = derive({"prior_pve_hve": told}, as_of=None)
    assert finding.code == "date.as_of_missing"
    assert (facts["prior_pve_hve"], facts.get("prior_pve_hve_age_days")) == (True, None)


@each_case(
    "key, told",
    [
        ("prior_pve_hve", {"kind": "ALPPS", "date": "2026-05-01"}),
        ("prior_pve_hve", {"date": "2026-05-01"}),
        ("prior_radioembolisation", {"date": "2026-05-01"}),
    ],
)
def test_the_day_is_counted_by_the_scan_and_the_age_by_the_assessment_date(
    key: str, told: object
) -> None:
    """`trials.md` 7.0: "counts from it and needs no `--as-of`"."""
    table = {key: told, "scan_date": "2026-05-08"}
    facts, findings = derive(table)
    assert [facts[f"{key}_{name}"] for name in ("day", "age_days")] == [7, 15]
    undated, none = derive(table, as_of=None)
    assert (undated[f"{key}_day"], undated.get(f"{key}_age_days")) == (7, None)
    assert findings == none == ()


def test_a_date_of_the_scan_alone_has_no_age() -> None:
    assert derive({"scan_date": "2026-05-08"}, as_of=None)[1] == ()


@pytest.mark.parametrize("key", ["prior_pve_hve", "prior_radioembolisation"])
@pytest.mark.parametrize(
    ("on", "code"),
    [
        ("2026-05-08", None),  # of the day itself: it was done
        ("2026-05-09", "contradiction.prior_treatment"),  # after `scan_date`
        ("2026-05-17", "implausible.{}"),  # after the assessment date
    ],
)
def test_h12_a_treatment_after_the_scan_or_to_come_is_not_known(
    key: str, on: str, code: str | None
) -> None:
    facts, findings = derive({key: {"date": on}, "scan_date": "2026-05-08"})
    assert [one.code for one in findings] == ([] if code is None else [code.format(key)])
    assert facts[key] is (True if code is None else None)
    assert facts.get(f"{key}_day") == (0 if code is None else None)


@each_case(
    "on, days",
    [
        ("2026-05-15", 7),
        ("2026-05-16", 8),  # of the assessment date itself
        ("2026-05-17", None),
        ("2027-05-08", None),  # a wrong year
    ],
)
def test_h12_a_scan_after_the_assessment_date_is_not_known(on: str, days: int | None) -> None:
    """Every date is counted from the assessment date, 16 May: none may be after it."""
    table = {"prior_pve_hve": {"date": "2026-05-08", "kind": "PVE"}, "scan_date": on}
    facts, findings = derive(table)
    assert facts.get("prior_pve_hve_day") == days
    assert (facts["prior_pve_hve"], facts["prior_pve_hve_age_days"]) == (True, 8)
    unknown = [] if days is not None else ["implausible.scan_date"]
    assert [one.code for one in findings] == unknown
    assert [one.code for one in derive({"scan_date": on})[1]] == unknown


@each_case("on, known", [("2016-05-18", True), ("2016-05-17", False), ("0026-05-08", False)])
def test_h12_a_scan_years_before_the_assessment_date_is_not_known(on: str, known: bool) -> None:
    """3650 days before 16 May 2026 is 18 May 2016: older dates have a mistyped year."""
    facts, findings = derive({"prior_pve_hve": {"date": on, "kind": "PVE"}, "scan_date": on})
    assert facts.get("prior_pve_hve_day") == (0 if known else None)
    codes = [] if known else ["implausible.scan_date", "implausible.prior_pve_hve"]
    assert [one.code for one in findings] == codes


@pytest.mark.parametrize("key", ["prior_pve_hve", "prior_radioembolisation"])
def test_h12_a_treatment_dated_years_before_keeps_its_fact_but_has_no_age(key: str) -> None:
    """Whichever year was meant, it was done: 1926-05-08 to 2026-05-16 are 36,533 days."""
    facts, (found,) = derive({key: {"date": "1926-05-08"}, "scan_date": "2026-05-08"})
    assert facts[key] is True
    assert (facts.get(f"{key}_day"), facts.get(f"{key}_age_days")) == (None, None)
    assert found.message == (
        f"facts.json: {key}.date: 36533 days before the assessment date; treated as unknown"
    )
    undated, (found,) = derive({key: {"date": "1926-05-08"}, "scan_date": "2026-05-08"}, as_of=None)
    assert (undated[key], undated.get(f"{key}_day")) == (True, None)
    assert "36525 days before this scan" in found.message


@each_case(
    "cancer, treatment",
    [("crlm_present", "prior_hepatic_local_treatment"), ("hcc_present", "prior_hcc_treatment")],
)
def test_a_radioembolisation_is_a_treatment_of_its_cancer(cancer: str, treatment: str) -> None:
    """`trials.md` 7.0; facts that say *no* are contradicted."""
    known = {"prior_radioembolisation": True, cancer: True}
    facts, findings = derive(known)
    assert (facts[treatment], findings) == (True, ())
    for none in ({**known, "prior_radioembolisation": False}, {cancer: True}):
        assert derive(none)[0].get(treatment) is None
    denied, (finding,) = derive({**known, treatment: False})
    assert finding.code == "contradiction.prior_treatment"
    assert denied["prior_radioembolisation"] is denied[treatment] is None
    dated: Facts = {
        "prior_radioembolisation_age_days": Fraction(30),
        "prior_radioembolisation_day": Fraction(0),
    }
    denied, _ = derive({**known, treatment: False}, measured=dated)
    assert {denied[name] for name in dated} == {None}


def test_shares_after_clearing_with_1_mm_and_of_the_first_scan() -> None:
    """522 of 1500 mL; 526.5 of 1745 mL of the first scan, which is fixed."""
    table = {
        "total_liver_volume": q("1700", "mL"),
        "tumour_volume": q("200", "mL"),
        "flr_volume": q("526.5", "mL"),
        "flr_after_clearing_1mm_volume": q("522", "mL"),
        "baseline_nontumorous_volume": q("1.745", "L"),
        "clearing_margin": q("1", "cm"),
    }
    facts, findings = derive(table)
    assert facts["flr_after_clearing_1mm_fraction"] == Fraction(522, 1500)
    assert facts["flr_of_baseline_fraction"] == Fraction("526.5") / 1745
    assert (facts["clearing_margin_mm"], findings) == (10, ())
    without, _ = derive({k: v for k, v in table.items() if "baseline" not in k})
    assert without.get("flr_of_baseline_fraction") is None
    larger, (finding,) = derive({**table, "flr_volume": q("1600", "mL")})
    assert finding.code == "contradiction.volumes"  # "all fractions unknown"
    assert not [name for name in larger if name.endswith("_fraction") and larger[name] is not None]


@each_case(
    "fact",
    [
        *("flr_fraction", "flr_after_clearing_fraction", "flr_after_clearing_1mm_fraction"),
        "untreated_nontumorous_fraction",
    ],
)
def test_a_share_is_asked_for_by_every_volume_that_it_needs(fact: str) -> None:
    ml = {
        "total_liver_volume": "1700",
        "tumour_volume": "200",
        "flr_volume": "450",
        "flr_after_clearing_volume": "400",
        "flr_after_clearing_1mm_volume": "420",
        "treated_nontumorous_volume": "800",
    }
    table = {key: q(value, "mL") for key, value in ml.items()}
    assert derive(table)[0][fact] is not None
    without = {key: {k: v for k, v in table.items() if k != key} for key in table}
    needed = [key for key in table if derive(without[key])[0].get(fact) is None]
    assert inputs_of(fact) == tuple(sorted(needed))


@pytest.mark.parametrize(
    ("diagnosis", "said"),
    [
        ("crlm", "the diagnosis is CRLM, but CRLM is recorded as absent; "),
        ("hcc", "the diagnosis is HCC, but HCC is recorded as absent; "),
        (
            "other",
            "the diagnosis is neither CRLM nor HCC, but one of these is recorded as present; ",
        ),
    ],
)
def test_h15_a_diagnosis_that_the_facts_contradict_is_reported(
    diagnosis: Diagnosis, said: str
) -> None:
    stated = Stated({"sex": "male"}, contradicted=diagnosis)
    facts, (finding,) = derive_facts(stated, TRIALS)
    assert (finding.code, finding.severity) == ("discordance.diagnosis", Severity.WARNING)
    assert finding.message.startswith(said)
    assert (facts.get("crlm_present"), facts.get("hcc_present")) == (None, None)


def test_what_the_case_dates_and_the_facts_deny_is_unknown() -> None:
    for fact in ("prior_pve_hve", "prior_radioembolisation"):
        facts, (finding,) = derive({fact: False}, measured={fact: True})
        assert (finding.code, facts[fact]) == ("contradiction.prior_treatment", None)
        told: Facts = {
            f"{fact}_kind": "pve",
            f"{fact}_age_days": Fraction(30),
            f"{fact}_day": Fraction(0),
        }
        facts, _ = derive({fact: False}, measured={fact: True, **told})
        assert {facts[name] for name in told} == {None}
        assert derive({}, measured={fact: True})[0][fact] is True


def test_the_masks_decide_on_lesions_left_and_the_treated_area() -> None:
    drawn: Facts = {"lesions_in_remnant_count": Fraction(2), "treated_covers_tumour": True}
    typed = {"lesions_in_remnant_count": 0, "treated_covers_tumour": False}
    facts, findings = derive(typed, measured=drawn)
    assert ({name: facts[name] for name in drawn}, findings) == (drawn, ())


def test_h03_the_masks_decide_on_every_volume_and_margin() -> None:
    """900 mL entered, 333 measured: also of the first scan's 1000 mL the FLR is 33.3 %."""
    drawn: Facts = {
        "total_liver_volume_ml": Fraction(1200),
        "tumour_volume_ml": Fraction(20),
        "flr_volume_ml": Fraction(333),
        "treated_nontumorous_volume_ml": Fraction(600),
        "flr_after_clearing_volume_ml": Fraction(300),
        "flr_after_clearing_1mm_volume_ml": Fraction(320),
        "clearing_margin_mm": Fraction(10),
    }
    typed = {
        "total_liver_volume": q("1500", "mL"),
        "tumour_volume": q("30", "mL"),
        "flr_volume": q("900", "mL"),
        "treated_nontumorous_volume": q("700", "mL"),
        "flr_after_clearing_volume": q("800", "mL"),
        "flr_after_clearing_1mm_volume": q("850", "mL"),
        "clearing_margin": q("5", "mm"),
        "baseline_nontumorous_volume": q("1000", "mL"),
    }
    facts, findings = derive(typed, measured=drawn)
    assert ({name: facts[name] for name in drawn}, findings) == (drawn, ())
    assert facts["flr_of_baseline_fraction"] == Fraction(333, 1000)
    alone, _ = derive(typed)
    assert (alone["flr_volume_ml"], alone["clearing_margin_mm"]) == (900, 5)


def test_h03_an_entered_volume_that_cannot_be_still_contradicts() -> None:
    drawn: Facts = {
        "total_liver_volume_ml": Fraction(1200),
        "tumour_volume_ml": Fraction(20),
        "flr_volume_ml": Fraction(333),
        "flr_fraction": Fraction(333, 1180),
    }
    facts, (finding,) = derive({"flr_volume": q("1190", "mL")}, measured=drawn)
    assert finding.code == "contradiction.volumes"
    assert (facts["flr_fraction"], facts["flr_volume_ml"]) == (None, 333)


def test_h03_an_entered_flr_is_not_compared_with_one_after_clearing_of_the_masks() -> None:
    drawn: Facts = {
        "flr_volume_ml": Fraction(333),
        "total_liver_volume_ml": Fraction(1200),
        "tumour_volume_ml": Fraction(20),
        "flr_after_clearing_volume_ml": Fraction(320),
    }
    typed = {"flr_volume": q("250", "mL")}
    facts, findings = derive(typed, measured=drawn)
    assert (facts["flr_volume_ml"], findings) == (333, ())
    both = {**typed, "flr_after_clearing_volume": q("300", "mL")}
    both |= {"total_liver_volume": q("1200", "mL"), "tumour_volume": q("20", "mL")}
    assert [one.code for one in derive(both)[1]] == ["contradiction.volumes"]


# ---- judged per trial


DRAGON, LOCAL = "NCT05428735", "NCT06449937"


@each_case(
    "table, dragon, local",
    [
        ({"comorbidity_prohibits": [DRAGON]}, True, None),
        ({"comorbidity_permits": [DRAGON]}, False, None),
        ({"prohibitive_comorbidity": False}, False, False),
        ({"comorbidity_prohibits": [DRAGON], "comorbidity_permits": [LOCAL]}, True, False),
        ({"prohibitive_comorbidity": True, "comorbidity_prohibits": [LOCAL]}, None, True),
        ({}, None, None),
    ],
)
def test_an_answer_holds_for_its_trial(
    table: dict[str, object], dragon: bool | None, local: bool | None
) -> None:
    facts, findings = derive(table)
    answers = [answer_for(trial, facts)["prohibitive_comorbidity"] for trial in (DRAGON, LOCAL)]
    assert (answers, findings) == ([dragon, local], ())


@each_case(
    "table",
    [
        {"written_consent_for": [DRAGON], "consent_declined_for": [DRAGON, LOCAL]},
        {"written_consent_for": [DRAGON], "written_consent": False},
    ],
)
def test_h15_a_trial_answered_yes_and_no_is_unknown_for_every_trial(
    table: dict[str, object],
) -> None:
    facts, (finding,) = derive(table)
    assert finding.code == "contradiction.per_trial"
    assert {answer_for(one.id, facts)["written_consent"] for one in TRIALS} == {None}


def test_h15_a_yes_without_its_trial_answers_none() -> None:
    facts, (finding,) = derive({"prohibitive_comorbidity": True})
    assert (finding.code, facts["prohibitive_comorbidity"]) == ("trial.not_named", True)
    assert {answer_for(one.id, facts)["prohibitive_comorbidity"] for one in TRIALS} == {None}


def test_h15_a_trial_that_nobody_judges_is_refused() -> None:
    with refuses("facts.unreadable", says="written_consent_for: DRAGON 2 is not one of"):
        derive({"written_consent_for": ["DRAGON 2"], "suitable_for": [LOCAL]})


def test_the_remedy_for_another_trial_lists_the_five_in_order() -> None:
    with refuses("facts.unreadable") as refusal:
        derive({"suitable_for": ["DRAGON 2"]})
    order = ["NCT05428735", "NCT06449937", "NCT04562727", "NCT06857773", "NCT06178198"]
    assert re.findall(r"NCT\d+", refusal.value.remedy) == order  # trials.md 1


def test_answers_for_trials_are_accepted_where_none_is_assessed() -> None:
    assert derive({"written_consent_for": [LOCAL]}, trials=())[1] == ()


# ---- what is said beside every answer


@each_case(
    "table, code",
    [
        ({"child_pugh_class": "B"}, "risk.on_file"),
        ({"child_pugh_score": 10}, "risk.on_file"),
        ({"portal_hypertension": True}, "risk.on_file"),
        ({"crlm_present": True, "cirrhosis": True}, "risk.on_file"),
        ({"crlm_present": True, "ecog": 3}, "risk.on_file"),
        ({"crlm_present": True, "ecog": 2}, None),
        ({"hcc_present": True, "cirrhosis": True, "ecog": 4}, None),
        ({"child_pugh_score": 6, "portal_hypertension": False}, None),
        ({"treated_covers_tumour": False}, "treated.tumour_outside"),
        ({"treated_covers_tumour": True}, None),
        ({"prior_hepatectomy": True}, "prior.hepatectomy"),
        ({"prior_hepatectomy": False}, None),
    ],
)
def test_remarks(table: dict[str, object], code: str | None) -> None:
    assert [finding.code for finding in derive(table)[1]] == ([code] if code else [])


# ---- calliper and mask


@each_case(
    "calliper, mask, more, told",
    [
        ("2.4", "2.9", {}, False),
        ("2.6", "3.0", {}, True),  # below 3 against not below 3
        ("3.9", "4.0", {}, False),  # both at most 4
        ("4.0", "4.1", {}, True),
        ("4.6", "5.1", {}, False),
        ("8.0", "8.1", {}, True),
        ("8.1", "8.2", {}, False),
        ("8.0", "8.1", {"hcc_present": False}, False),  # no HCC, no limit of 8
        ("2.6", "3.1", {"crlm_present": False}, False),
        ("2.6", "3.1", {"crlm_present": False, "hcc_present": True}, False),
        ("12", "15", {}, False),  # exactly a quarter of the calliper
        ("12", "15.01", {}, True),
        ("12", "8.99", {}, True),
    ],
)
def test_calliper_and_mask(calliper: str, mask: str, more: dict[str, object], told: bool) -> None:
    table = {"largest_lesion": q(calliper, "cm"), "largest_lesion_mask": q(mask, "cm"), **more}
    facts, findings = derive(table)
    assert facts["largest_lesion_cm"] == Fraction(calliper)
    expected = ["contradiction.largest_lesion"] if told else []
    assert [finding.code for finding in findings] == expected


def test_the_finding_names_the_limits_and_the_protocols() -> None:
    table = {"largest_lesion": q("2.6", "cm"), "largest_lesion_mask": q("4.2", "cm")}
    _, (finding,) = derive(table)
    for said in (
        "2.6 cm",
        "4.2 cm",
        "3 cm (NCT06449937 (local liver treatment)",
        ", inclusion 6) and of 4 cm (NCT04562727 (ablation",
        "; the two values differ by more than 25 %; ",
    ):
        assert said in finding.message


def test_h08_values_on_different_sides_of_a_limit_are_written_on_their_sides() -> None:
    """3 cm is not below 3 cm, 2.97 cm is; 4 cm is at most 4 cm, 4.004 cm is not."""
    for calliper, mask in (("3", "2.97"), ("4", "4.004")):
        table = {"largest_lesion": q(calliper, "cm"), "largest_lesion_mask": q(mask, "cm")}
        _, (finding,) = derive(table)
        assert f"{calliper} cm by calliper and {mask} cm on the mask" in finding.message


def test_a_calliper_that_is_unknown_does_not_let_the_mask_decide() -> None:
    facts, (finding,) = derive(
        {"largest_lesion": q("9", "inch"), "largest_lesion_mask": q("3", "cm")}
    )
    assert facts["largest_lesion_cm"] is None
    assert finding.code == "unknown_unit.largest_lesion_cm"


# ---- what was measured


def test_measured_shares_go_before_entered_volumes() -> None:
    measured: dict[str, Value | None] = {"flr_fraction": Fraction(270_009, 900_030)}
    facts, findings = derive(VOLUMES, measured=measured)
    assert facts["flr_fraction"] == Fraction(3, 10)
    assert facts["untreated_nontumorous_fraction"] == Fraction(2, 5)
    assert findings == ()


def test_the_readers_count_and_calliper_go_before_the_masks() -> None:
    measured: dict[str, Value | None] = {
        "lesion_count": Fraction(7),
        "largest_lesion_mask_cm": Fraction(5),
    }
    table = {"lesion_count": 6, "largest_lesion": q("5.2", "cm")}
    facts, _ = derive(table, measured=measured)
    assert (facts["lesion_count"], facts["largest_lesion_cm"]) == (6, Fraction("5.2"))
    facts, _ = derive({}, measured=measured)
    assert (facts["lesion_count"], facts["largest_lesion_cm"]) == (7, 5)


def test_a_stated_fact_that_became_unknown_is_not_filled_from_the_masks() -> None:
    facts, _ = derive({"lesion_count": 501}, measured={"lesion_count": Fraction(7)})
    assert facts.get("lesion_count") is None


@each_case("normalisation, used", [("total_field", "2.97"), ("extrahepatic", "2"), (None, "2")])
def test_h09_a_whole_field_function_does_not_replace_a_measured_one(
    normalisation: str | None, used: str
) -> None:
    table = {"flr_function": q("2", "%/min/m2"), "flr_function_normalisation": normalisation}
    given = {name: value for name, value in table.items() if value is not None}
    name = "flr_function_pct_per_min_per_m2"
    facts, _ = derive(given, measured={name: Fraction("2.97")})
    assert facts[name] == Fraction(used)


def test_measured_volumes_fill_what_was_not_entered() -> None:
    measured: dict[str, Value | None] = {
        "total_liver_volume_ml": Fraction(1700),
        "tumour_volume_ml": Fraction(200),
        "flr_fraction": None,
    }
    facts, _ = derive({"flr_volume": q("375", "mL")}, measured=measured)
    assert facts["flr_fraction"] == Fraction(1, 4)


def test_h16_nothing_stated_gives_nothing() -> None:
    facts, findings = derive({}, as_of=None)
    assert {name for name, value in facts.items() if value is not None} == set()
    assert findings == ()


@each_case(
    "table, malignant",
    [
        ({"ascites": "none"}, False),
        ({"ascites": "none", "ascites_malignant": True}, None),  # reported; both unknown
        ({"ascites": "small"}, None),
        ({}, None),
    ],
)
def test_no_ascites_is_not_malignant(table: dict[str, object], malignant: bool | None) -> None:
    assert derive(table)[0].get("ascites_malignant") is malignant


@each_case(
    "table, fact, value",
    [
        ({"life_expectancy": q("12", "wk")}, "life_expectancy_weeks", "12"),
        ({"life_expectancy": q("84", "d")}, "life_expectancy_weeks", "12"),
        ({"haemoglobin": q("5.5", "mmol/L")}, "haemoglobin_mmol_per_l", "5.5"),
        ({"haemoglobin": q("16.114", "g/dL")}, "haemoglobin_mmol_per_l", "10"),
    ],
)
def test_h09_the_unit_of_one_trial(table: dict[str, object], fact: str, value: str) -> None:
    assert derive(table)[0][fact] == Fraction(value)


def test_h09_what_is_implausible_is_so_in_every_unit() -> None:
    facts, (finding,) = derive({"haemoglobin": q("131", "mmol/L")})
    assert facts.get("haemoglobin_mmol_per_l") is facts.get("haemoglobin_g_per_dl") is None
    assert finding.code == "implausible.haemoglobin_g_per_dl"


@each_case(
    "table, codes",
    [
        ({"ascites": "none", "ascites_malignant": True}, ["evidence.ascites_apart"]),
        ({"ascites": "none", "ascites_malignant": False}, []),
        ({"ascites": "none"}, []),
        ({"ascites": "small", "ascites_malignant": True}, []),
        ({"ascites_malignant": True}, []),
    ],
)
def test_h15_malignant_ascites_without_ascites_is_reported(
    table: dict[str, object], codes: list[str]
) -> None:
    """`trials.md` 3, E11: without ascites, malignant is not applicable."""
    assert [finding.code for finding in derive(table)[1]] == codes


@each_case(
    "neutrophils, leukocytes, apart",
    [
        (q("65", "10*9/L"), q("6.2", "10*9/L"), True),  # a percentage
        (q("3900", "/uL"), q("3.2", "10*9/L"), True),
        (q("6.71", "10*9/L"), q("6.2", "10*9/L"), True),
        (q("6.7", "10*9/L"), q("6.2", "10*9/L"), False),  # 97 % of 6.9, cut to 6
        (q("3.9", "10*9/L"), q("6.2", "10*9/L"), False),
        (q("65", "10*9/L"), None, False),
        (q("9", "10*9/L") | {"date": "2026-05-01"}, q("6", "10*9/L") | {"date": "2026-05-02"},
         False),
        (q("9", "10*9/L") | {"date": "2026-05-01"}, q("6", "10*9/L") | {"date": "2026-05-01"},
         True),
    ],
)  # fmt: skip
def test_h09_more_neutrophils_than_leukocytes_are_reported(
    neutrophils: dict[str, object], leukocytes: dict[str, object] | None, apart: bool
) -> None:
    stated = {"anc": neutrophils} | ({} if leukocytes is None else {"wbc": leukocytes})
    facts, findings = derive(stated, as_of=AS_OF)
    apart_codes = [one.code for one in findings if one.code != "lab.unit_doubt"]
    assert apart_codes == ["evidence.blood_cells_apart"] * apart
    assert facts["anc_10e9_per_l"] is not None


@each_case(
    "systolic, diastolic, apart",
    [("120", "80", False), ("80", "120", True), ("80", "80", True), ("120", None, False),
     (None, "80", False)],
)  # fmt: skip
def test_h09_a_diastolic_pressure_not_below_the_systolic_is_unknown(
    systolic: str | None, diastolic: str | None, apart: bool
) -> None:
    given = {"systolic_bp_treated": systolic, "diastolic_bp_treated": diastolic}
    stated = {name: q(value, "mm[Hg]") for name, value in given.items() if value is not None}
    facts, findings = derive(stated)
    assert [one.code for one in findings] == ["evidence.blood_pressure_apart"] * apart
    known = [facts.get(f"{name}_mmhg") is not None for name in stated]
    assert known == [not apart] * len(stated)


@each_case(
    "diameter, count, volume, apart",
    [
        (q("2.6", "cm"), 1, q("9", "mL"), False),  # a sphere of 26 mm has 9.2 mL
        (q("2.6", "mm"), 1, q("9", "mL"), True),
        (q("26", "cm"), 1, q("9", "mL"), True),
        (q("26", "cm"), 4, q("37", "mL"), True),
        (q("2.6", "mm"), 4, q("37", "mL"), True),
        (q("15", "cm"), 1, q("1767", "mL"), False),
        (q("15", "cm"), 1, q("60", "mL"), False),  # flat: 3 % of the sphere
        (q("2", "cm"), 1, q("40", "mL"), False),  # and 20 cm long
        (q("1", "cm"), 40, q("21", "mL"), False),
        (q("26", "cm"), None, q("9", "mL"), False),
        (q("26", "cm"), 1, None, False),
        (None, 1, q("9", "mL"), False),
        (q("26", "cm"), 1, q("0", "mL"), False),
        (q("26", "cm"), 0, q("9", "mL"), False),
    ],
)
def test_h09_a_largest_lesion_in_another_unit_than_the_volume_is_reported(
    diameter: object | None, count: int | None, volume: object | None, apart: bool
) -> None:
    given = {"largest_lesion": diameter, "lesion_count": count, "tumour_volume": volume}
    stated = {name: value for name, value in given.items() if value is not None}
    facts, findings = derive(stated)
    apart_codes = [one.code for one in findings if one.code != "lab.unit_doubt"]
    assert apart_codes == ["evidence.lesion_sizes_apart"] * apart
    if diameter is not None:
        assert facts["largest_lesion_cm"] is not None


@each_case(
    "given, apart",
    [
        ({"sex": "male", "menopausal_status": "postmenopausal"}, True),
        ({"sex": "male", "menopausal_status": "premenopausal"}, True),
        ({"sex": "male"}, False),
        ({"sex": "female", "menopausal_status": "postmenopausal"}, False),
        ({"sex": "female", "menopausal_status": "postmenopausal", "pregnant": True}, True),
        ({"menopausal_status": "postmenopausal", "pregnant": False}, False),
        ({"sex": "female", "menopausal_status": "premenopausal", "pregnant": True}, False),
    ],
)
def test_h15_a_menopausal_status_that_cannot_be_is_reported(
    given: dict[str, object], apart: bool
) -> None:
    """The facts stay: by `trials.md`, a man fails no criterion of women, and pregnancy excludes."""
    facts, findings = derive(given)
    assert [one.code for one in findings] == ["evidence.menopause_apart"] * apart
    assert {name: facts.get(name) for name in given} == given


@each_case(
    "age, free, history, apart",
    [
        (q("20", "a"), q("25", "a"), True, True),
        (q("24", "a"), q("25", "a"), True, True),
        (q("24", "a"), q("24.5", "a"), True, False),  # completed years
        (q("61", "a"), q("4", "a"), True, False),
        (q("61", "a"), q("4", "a"), None, False),
        (q("61", "a"), q("4", "a"), False, True),
        (q("20", "a"), q("25", "a"), False, True),
        (None, q("25", "a"), True, False),
        (None, q("0", "a"), True, False),  # still active
        (q("61", "a"), None, False, False),
    ],
)
def test_h15_a_disease_free_interval_that_cannot_be_is_reported(
    age: object | None, free: object | None, history: bool | None, apart: bool
) -> None:
    given = {
        "age": age, "other_malignancy_disease_free": free, "other_malignancy_history": history,
    }  # fmt: skip
    facts, findings = derive({name: value for name, value in given.items() if value is not None})
    assert [one.code for one in findings] == ["evidence.disease_free_apart"] * apart
    known = facts.get("other_malignancy_disease_free_years") is not None
    assert known == (free is not None and not (apart and history is not False))
    assert (facts.get("age_years") is not None) == (age is not None)
    assert facts.get("other_malignancy_history") is history  # no history: no criterion is met


@each_case(
    "given, named",
    [
        ({"other_malignancy_kind": "other"}, "type of the other malignancy"),
        ({"other_malignancy_curative_treatment": True}, "curative treatment of the other"),
        ({"other_malignancy_low_risk_by_mdt": True}, "judged low-risk by both"),
        ({"other_malignancy_controlled": True}, None),  # or free of any
        ({"other_malignancy_curative_treatment": False}, None),
        ({"other_malignancy_low_risk_by_mdt": False}, None),
        ({}, None),
    ],
)
def test_h15_a_malignancy_that_is_denied_and_described_is_reported(
    given: dict[str, object], named: str | None
) -> None:
    facts, findings = derive({"other_malignancy_history": False, **given})
    assert [one.code for one in findings] == ["evidence.disease_free_apart"] * (named is not None)
    assert all(named in one.message for one in findings if named)
    assert facts.get("other_malignancy_history") is False  # the criteria need a history
    assert derive({"other_malignancy_history": True, **given})[1] == ()
    assert derive(given)[1] == ()


PARTS = {
    "primary_resectable_without_neoadjuvant": "primary_resectable",
    "infection_uncontrolled": "active_infection",
    "serious_infection": "active_infection",
    "substance_abuse_ongoing": "substance_abuse_history",
    "psychiatric_disability_significant": "mental_disorder",
    "hcc_histology_confirmed": "hcc_present",
}


@pytest.mark.parametrize(("part", "of"), PARTS.items())
def test_h15_a_yes_to_a_part_and_a_no_to_the_whole_are_reported(part: str, of: str) -> None:
    """Both are used: trials.md 8 does not make them unknown."""
    facts, (found,) = derive({part: True, of: False})
    assert found.code == "evidence.wider_answer_apart"
    assert (facts.get(part), facts.get(of)) == (True, False)
    for one, other in ((True, True), (False, True), (False, False), (True, None), (None, False)):
        given = {key: value for key, value in ((part, one), (of, other)) if value is not None}
        stays, findings = derive(given)
        assert "evidence.wider_answer_apart" not in [it.code for it in findings]
        assert {key: stays.get(key) for key in given} == given


def test_how_a_yes_to_a_part_and_a_no_to_the_whole_are_reported() -> None:
    given = {"infection_uncontrolled": True, "serious_infection": True, "active_infection": False}
    _, (found,) = derive(given)
    assert found.message == (
        '"uncontrollable infection" is recorded as "yes", but "active infection of any grade" as '
        '"no"; "serious infection, uncontrolled or requiring treatment" is recorded as "yes", but '
        '"active infection of any grade" as "no": a yes to the former is a yes to the latter; '
        "correct the wrong answer"
    )


def test_cirrhosis_counts_whatever_the_other_answer_states() -> None:
    """`trials.md` 7.3: cirrhosis true counts whatever the other says."""
    facts, findings = derive({"cirrhosis": True, "underlying_liver_disease": False})
    assert (facts["cirrhosis"], findings) == (True, ())


def test_what_is_unknown_of_a_disease_free_interval_longer_than_life_is_the_interval() -> None:
    """The interval is named last, as "the latter"; the age is used."""
    _, (found,) = derive({"age": q("20", "a"), "other_malignancy_disease_free": q("25", "a")})
    assert found.message.startswith(
        "the age is 20 years, but a disease-free interval of 25 years since another malignancy "
        "is recorded; the latter is unknown until this is clarified: check whether"
    )


@each_case(
    "planned, lesions, apart",
    [
        (9, 2, "9 liver lesions is recorded as planned, but 2 liver lesions are"),
        (2, 1, "2 liver lesions is recorded as planned, but 1 liver lesion is"),
        (1, 0, "1 liver lesion is recorded as planned, but 0 liver lesions are"),  # on CT no longer
        (2, 2, None),
        (2, None, None),
        (None, 2, None),
    ],
)
def test_h15_more_ablations_than_lesions_are_reported(
    planned: int | None, lesions: int | None, apart: str | None
) -> None:
    given = {"ablation_count": planned, "lesion_count": lesions}
    facts, findings = derive({name: value for name, value in given.items() if value is not None})
    assert [one.code for one in findings] == ["evidence.ablations_apart"] * (apart is not None)
    assert all(f"ablation of {apart} recorded" in one.message for one in findings)
    assert (facts.get("lesion_count"), facts.get("ablation_count")) == (lesions, planned)


@each_case(
    "status, largest, odd",
    [
        ("indeterminate", q("0", "mm"), True),
        ("indeterminate", q("0", "cm"), True),
        ("indeterminate", q("2", "mm"), False),
        ("indeterminate", None, False),
        ("none", q("0", "mm"), False),
        ("confirmed", q("0", "mm"), False),
        (None, q("0", "mm"), False),
    ],
)
def test_h15_an_indeterminate_lesion_of_0_mm_is_reported(
    status: str | None, largest: dict[str, object] | None, odd: bool
) -> None:
    """It meets PUMP-IT's limit of 10 mm, as may a measurement that is missing; it is used."""
    given = {"extrahepatic_status": status, "extrahepatic_indeterminate_max": largest}
    facts, findings = derive({name: value for name, value in given.items() if value is not None})
    assert [one.code for one in findings] == ["evidence.unclear_lesion_of_zero"] * odd
    assert facts.get("extrahepatic_status") == status
    assert (facts.get("extrahepatic_indeterminate_max_mm") is None) == (largest is None)


@each_case(
    "status, largest, apart",
    [("none", q("8", "mm"), True), ("none", q("1.5", "cm"), True), ("none", q("0", "mm"), False),
     ("none", None, False), ("indeterminate", q("8", "mm"), False),
     ("confirmed", q("8", "mm"), False), (None, q("8", "mm"), False)],
)  # fmt: skip
def test_h15_an_indeterminate_lesion_without_extrahepatic_disease_is_reported(
    status: str | None, largest: dict[str, object] | None, apart: bool
) -> None:
    """15 mm exceed PUMP-IT's limit of 10 mm, which is not asked if there are none."""
    given = {"extrahepatic_status": status, "extrahepatic_indeterminate_max": largest}
    facts, findings = derive({name: value for name, value in given.items() if value is not None})
    assert [one.code for one in findings] == ["evidence.unclear_lesion_apart"] * apart
    assert facts.get("extrahepatic_status") == status
    assert (facts.get("extrahepatic_indeterminate_max_mm") is None) == (largest is None)


@each_case(
    "left, every, apart",
    [(5, 2, True), (1, 0, True), (2, 2, False), (0, 2, False), (5, None, False), (None, 2, False)],
)
def test_h15_more_lesions_in_the_remnant_than_in_the_liver_are_reported(
    left: int | None, every: int | None, apart: bool
) -> None:
    given = {"lesions_in_remnant_count": left, "lesion_count": every}
    facts, findings = derive({name: value for name, value in given.items() if value is not None})
    assert [one.code for one in findings] == ["evidence.lesions_apart"] * apart
    assert (facts.get("lesions_in_remnant_count"), facts.get("lesion_count")) == (left, every)


@each_case(
    "flr, baseline, share",
    [("700", "600", Fraction(7, 6)), ("600", "600", Fraction(1)), ("450", "600", Fraction(3, 4))],
)
def test_h15_an_flr_larger_than_the_liver_at_baseline_is_reported(
    flr: str, baseline: str, share: Fraction
) -> None:
    given = {
        "total_liver_volume": q("1500", "mL"), "tumour_volume": q("0", "mL"),
        "flr_volume": q(flr, "mL"), "baseline_nontumorous_volume": q(baseline, "mL"),
    }  # fmt: skip
    facts, findings = derive(given)
    of_baseline = [one.code for one in findings if one.code == "evidence.baseline_apart"]
    assert of_baseline == ["evidence.baseline_apart"] * (share > 1)
    assert facts.get("flr_of_baseline_fraction") == share
    assert facts["flr_fraction"] == Fraction(int(flr), 1500)


def test_lesion_sizes_are_compared_with_the_mask_if_there_is_one() -> None:
    stated = {
        "largest_lesion": q("2.6", "mm"), "largest_lesion_mask": q("2.6", "cm"),
        "lesion_count": 1, "tumour_volume": q("9", "mL"),
    }  # fmt: skip
    assert "evidence.lesion_sizes_apart" not in [one.code for one in derive(stated)[1]]


@each_case(
    "category, invasion, apart",
    [("LR-TIV", False, True), ("LR-TIV", True, False), ("LR-TIV", None, False),
     ("LR-5", False, False)],
)  # fmt: skip
def test_h15_tumour_in_a_vein_without_vascular_invasion_is_reported(
    category: str, invasion: bool | None, apart: bool
) -> None:
    """LI-RADS 2018: LR-TIV is definite tumour in vein; RESCUE inclusion 4 denies it.

    `trials.md` 6, I2: "LR-TIV without histology: fails", so the category remains known.
    """
    stated = {"li_rads_category": category} | (
        {} if invasion is None else {"vascular_invasion": invasion}
    )
    facts, findings = derive(stated)
    assert [one.code for one in findings] == ["evidence.invasion_apart"] * apart
    assert facts.get("li_rads_category") == category
    assert facts.get("vascular_invasion") is (None if apart else invasion)


@each_case(
    "table, told",
    [
        ({"inr": q("0.4", "1")}, "inr: 0.4 is outside 0.5 to 20; treated as unknown"),
        ({"inr_uln": q("0.89", "1")}, "inr_uln: 0.89 is outside 0.9 to 1.5; treated as unknown"),
        ({"lvef": q("0.03", "1")}, "lvef: 0.03 is outside 5 to 90 %; treated as unknown"),
        ({"lvef": q("3", "%")}, "lvef: 3 % is outside 5 to 90 %; treated as unknown"),
    ],
)
def test_h09_the_unit_of_a_plain_ratio_is_not_printed(table: dict[str, object], told: str) -> None:
    """A reader takes “0.89 1” for another number."""
    assert [finding.message for finding in derive(table)[1]] == [f"facts.json: {told}"]


def test_h09_a_treatment_one_day_late_is_one_day_late() -> None:
    for scanned_on, told in ((date(2026, 5, 1), "1 day"), (date(2026, 4, 30), "2 days")):
        given = {"prior_pve_hve": {"kind": "PVE", "date": date(2026, 5, 2)}}
        (found,) = derive({**given, "scan_date": scanned_on})[1]
        assert f"prior_pve_hve: dated {told} after this scan" in found.message


def test_an_upper_limit_on_file_is_under_its_input_name() -> None:
    facts, _ = derive({"alt_uln": q("40", "U/L"), "ast_uln": q("0", "U/L")})
    assert (facts["alt_uln"], "ast_uln" in facts) == (40, False)
