"""What is refused of stated facts, and what is read exactly [trials.md 7.0]."""

import dataclasses
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from msgspec import structs

from fl_planner.basis.plain_text import as_plain_text
from fl_planner.basis.three_valued import Truth
from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.trials.condition import Compare
from fl_planner.trials.criterion import list_dated_values
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.judge import judge_trial
from fl_planner.trials.statements import (
    EMBOLISATION_KINDS,
    Amount,
    EarlierEmbolisation,
    Stated,
    StatedValue,
    parse_stated,
)
from tests.cases import each_case
from tests.patients import TRIALS
from tests.refusals import refuses

PLATELETS = {"value": 214, "unit": "10*9/L"}


@each_case(
    "key, entry, read",
    [
        ("ecog", 1, Fraction(1)),
        ("ecog", Decimal("1.0"), Fraction(1)),
        ("cirrhosis", False, False),
        ("sex", "male", "male"),
        ("li_rads_category", "lr-tiv", "LR-TIV"),
        ("prior_pve_hve", {"kind": "pve"}, EarlierEmbolisation("PVE")),
        ("prior_pve_hve", {"kind": "Pve/Hve"}, EarlierEmbolisation("PVE/HVE")),
        ("prior_pve_hve", {"kind": "elvd"}, EarlierEmbolisation("PVE/HVE")),
        ("extrahepatic_sites", ["lung", "brain", "lung"], ("lung", "brain")),
        ("extrahepatic_sites", [], ()),
        ("labs_date", date(2026, 5, 1), date(2026, 5, 1)),
        ("labs_date", "2026-05-01", date(2026, 5, 1)),
        ("platelets", PLATELETS, Amount(Fraction(214), "10*9/L")),
        (
            "platelets",
            {**PLATELETS, "date": "2026-04-20"},
            Amount(Fraction(214), "10*9/L", date(2026, 4, 20)),
        ),
        ("platelets", {**PLATELETS, "date": None}, Amount(Fraction(214), "10*9/L")),
        (
            "corticosteroid_daily_dose",
            {"value": Decimal("12.5"), "unit": "mg/d", "drug": "prednisolone"},
            Amount(Fraction(25, 2), "mg/d", drug="prednisolone"),
        ),
        ("alt_uln", {"value": 40, "unit": "U/L"}, Amount(Fraction(40), "U/L")),
        ("haemoglobin", {"value": Decimal("13.1"), "unit": "g"}, Amount(Fraction(131, 10), "g")),
    ],
)
def test_read_exactly(key: str, entry: object, read: StatedValue) -> None:
    stated, errors = parse_stated({key: entry}, "facts.json")
    assert errors == ()
    assert stated == Stated({key: read}, {key: "facts.json"})


def test_no_two_codes_differ_in_capital_letters_alone() -> None:
    """Otherwise either would be read as the other."""
    lists = [*(fact.codes for fact in FACTS.values()), [*EMBOLISATION_KINDS]]
    assert sum(map(len, lists)) > 50
    for codes in lists:
        assert len({code.casefold() for code in codes}) == len(codes)


def test_null_is_not_stated() -> None:
    assert parse_stated({"ecog": None, "platelets": None}) == (Stated(), ())


@each_case(
    "key, entry, reason",
    [
        ("platelet", PLATELETS, "unknown key; did you mean platelets?"),
        ("haemoglobin_g_per_dl", 13, "unknown key; did you mean haemoglobin?"),
        ("ast_x_uln", 13, "unknown key; did you mean ast and ast_uln?"),
        (
            "flr_after_clearing_fraction",
            13,
            "did you mean flr_after_clearing_volume and total_liver_volume and tumour_volume?",
        ),
        ("anc_age_days", 13, "unknown key"),
        ("qqqqqq", 1, "qqqqqq: unknown key"),
        ("alat", 1, "alat: unknown key; did you mean alt?"),
        ("albumine", 1, "unknown key; did you mean albumin?"),
        ("platelet_count", 1, "unknown key; did you mean platelets?"),
        ("child-pugh", 1, "unknown key; did you mean child_pugh_score?"),
        ("Child Pugh", 1, "unknown key; did you mean child_pugh_score?"),
        ("childpugh", 1, "unknown key; did you mean child_pugh_score?"),
        ("platelets", 214, 'give a value and its unit, such as value 214 with unit "10*9/L"'),
        ("platelets", "28,5", 'such as value 28.5 with unit "10*9/L"'),
        ("platelets", "28 G/L", 'such as value 28 with unit "10*9/L"'),
        ("platelets", "1,234", 'such as value N with unit "10*9/L" or "/uL"'),  # 1234, or 1.234?
        ("platelets", True, 'such as value N with unit "10*9/L" or "/uL"'),
        ("flr_of_nontumorous_liver", "28%", 'such as value 28 with unit "%"'),
        ("bilirubin_total", 20, 'such as value 20 with unit "mg/dL" or "umol/L"'),
        ("bilirubin_total", "51 \N{MICRO SIGN}mol/l", 'such as value 51 with unit "umol/L"'),
        ("bilirubin_total", "51 mmol/L", 'such as value N with unit "mg/dL" or "umol/L"'),
        ("albumin", 3.8, 'such as value N with unit "g/L" or "g/dL"'),  # no exact decimal
        ("albumin", Decimal("3.8"), 'such as value 3.8 with unit "g/dL"'),
        ("albumin", 900, 'such as value 900 with unit "g/L" or "g/dL"'),
        ("platelets", {**PLATELETS, "value": "214 /uL"}, '"214 /uL" is not a number'),
        ("platelets", {**PLATELETS, "value": "214 G/L"}, '"214 G/L" is not a number; write 214'),
        ("platelets", {**PLATELETS, "value": "28,5"}, '"28,5" is not a number; write 28.5'),
        ("platelets", {**PLATELETS, "value": "1,234"}, '"1,234" is not a number'),
        ("platelets", {"value": 214}, "unit missing"),
        ("platelets", {"value": 214, "unit": ""}, "unit missing"),
        ("platelets", {"value": 214, "unit": " \t"}, "unit missing"),
        ("alt_uln", {"value": 40, "unit": ""}, "unit missing"),
        ("platelets", {"value": "", "unit": " "}, "value and unit missing"),
        ("prior_radioembolisation", {"kind": "PVE"}, "give a date, or true or false"),
        (
            "prior_radioembolisation",
            {"date": "2026-05-01", "kind": "Y90"},
            "give a date, or true or false",
        ),
        ("prior_pve_hve", {}, "give kind, date or both; or give true or false"),
        ("platelets", {"unit": "10*9/L"}, "value missing"),
        ("platelets", {}, "value and unit missing"),
        ("platelets", {**PLATELETS, "value": None}, "value missing"),
        ("platelets", {**PLATELETS, "drug": "x"}, "unknown key: drug; use date, unit, value"),
        (
            "age",
            {"value": 61, "unit": "a", "date": "2026-05-01"},
            "unknown key: date; use unit, value",
        ),
        ("alt_uln", {"value": 40, "unit": "U/L", "date": "2026-05-01"}, "unknown key: date"),
        ("platelets", {**PLATELETS, "value": "214"}, '"214" is not a number'),
        ("platelets", {**PLATELETS, "value": True}, "true is not a number"),
        ("platelets", {**PLATELETS, "value": [1]}, "a list is not a number"),
        ("platelets", {**PLATELETS, "value": {}}, "a table is not a number"),
        ("platelets", {**PLATELETS, "value": 0.5}, "0.5 is not a number"),
        ("platelets", {**PLATELETS, "value": Decimal("NaN")}, "NaN is not a finite number"),
        ("platelets", {**PLATELETS, "value": Decimal("-Infinity")}, "not a finite number"),
        ("platelets", {**PLATELETS, "value": Decimal("1e9999")}, "more than 100 digits"),
        ("platelets", {**PLATELETS, "value": 10**101}, "more than 100 digits"),
        ("platelets", {**PLATELETS, "unit": 9}, "unit 9 is not text"),
        ("platelets", {**PLATELETS, "date": "2026-02-30"}, '"2026-02-30" is not a calendar date'),
        (
            "corticosteroid_daily_dose",
            {"value": 1, "unit": "mg/d", "drug": 1},
            "drug 1 is not text",
        ),
        ("ecog", "1", '"1" is not a number'),
        ("ecog", True, "true is not a number"),
        ("lesion_count", Decimal("2.5"), "2.5 is not a whole number"),
        ("cirrhosis", 0, "0 is not true or false"),
        ("cirrhosis", "no", '"no" is not true or false'),
        ("cirrhosis", {"kind": "PVE"}, "a table is not true or false"),
        ("sex", "M", '"M" is not listed; use one of female, male'),
        ("prior_pve_hve", {}, "give kind, date or both"),
        ("prior_pve_hve", {"kind": "PVE", "side": "right"}, "give kind, date or both"),
        ("prior_pve_hve", {"kind": "TACE"}, '"TACE" is not listed'),
        ("prior_pve_hve", {"kind": "tace"}, '"tace" is not listed; use one of PVE, HVE, PVE/HVE'),
        ("sex", ["male"], "a list is not a code; use one of female, male"),
        ("extrahepatic_sites", [None], "null is not a code; use one of lung, brain"),
        ("extrahepatic_sites", "lung", '"lung" is not a list'),
        ("extrahepatic_sites", ["lung", "liver"], '"liver" is not listed'),
        ("written_consent_for", "NCT05428735", "is not a list of trial ids"),
        ("labs_date", "20260501", "is not a date YYYY-MM-DD"),
        ("labs_date", datetime(2026, 5, 1, tzinfo=UTC), "is not a date"),
        ("labs_date", 20260501, "is not a date"),
    ],
)
def test_refused(key: str, entry: object, reason: str) -> None:
    stated, (error,) = parse_stated({key: entry})
    assert error.startswith(f"{key}: ")
    assert reason in error
    assert stated == Stated()


def test_every_error_is_reported_and_the_rest_is_read() -> None:
    stated, errors = parse_stated({"ecog": "1", "sex": "M", "cirrhosis": True, "name": "x"})
    assert [error.partition(":")[0] for error in errors] == ["ecog", "sex", "name"]
    assert stated.values == {"cirrhosis": True}


def test_what_a_terminal_should_not_get_is_escaped() -> None:
    (error,) = parse_stated({"\x1b[2J\ud800": 1})[1]
    assert error == r"\x1b[2J\ud800: unknown key"
    assert as_plain_text("größe") == "größe"


@each_case("key", ["birth_date", "bmi", "plt", "alb", "date"])
def test_h09_a_key_of_another_meaning_is_not_suggested(key: str) -> None:
    assert parse_stated({key: 1})[1] == (f"{key}: unknown key",)


def test_an_option_goes_before_a_file() -> None:
    file = Stated({"ecog": Fraction(1), "cirrhosis": True}, {"ecog": "f", "cirrhosis": "f"})
    both = file.overlaid(Stated({"ecog": Fraction(2)}))
    assert both == Stated({"ecog": Fraction(2), "cirrhosis": True}, {"cirrhosis": "f"})


def test_h15_each_blood_test_has_its_own_date_without_that_of_all() -> None:
    on, own = date(2031, 1, 5), date(2031, 2, 1)
    alt, inr = Amount(Fraction(30), "U/L"), Amount(Fraction(1), "1", own)
    stated = Stated({"labs_date": on, "alt": alt, "inr": inr, "ecog": Fraction(1)}, {"alt": "a"})
    assert stated.has_tests
    dated = stated.with_own_dates()
    assert dated.values == {
        "alt": Amount(Fraction(30), "U/L", on), "inr": inr, "ecog": Fraction(1),
    }  # fmt: skip
    assert dated.files == {"alt": "a"}
    assert not Stated({"labs_date": on, "ecog": Fraction(1)}).has_tests
    aged = Stated({"labs_age": Amount(Fraction(3), "d"), "alt": alt})
    assert aged.with_own_dates().values == {"alt": alt}


def test_h15_a_further_test_without_its_date_has_not_that_of_all_tests() -> None:
    on, alt = date(2031, 1, 5), Amount(Fraction(30), "U/L")
    ours = Stated({"alt": alt, "labs_date": on})
    with refuses("case.answer", "ast", says="date of the blood tests in the case file"):
        ours.require_own_date("ast", alt)
    ours.require_own_date("ast", Amount(Fraction(30), "U/L", on))
    ours.require_own_date("ecog", Fraction(1))
    ours.require_own_date("ast_uln", alt)
    Stated({"labs_date": on}).require_own_date("ast", alt)  # it is of the tests to be entered
    Stated({"alt": alt}).require_own_date("ast", alt)


# ---- blood tests that are too old


TODAY = date(2026, 11, 20)
PUMP_IT = next(trial for trial in TRIALS if trial.id == "NCT06857773")


def fresh(table: dict[str, object], as_of: date | None) -> Truth:
    facts, _ = derive_facts(parse_facts(json.dumps(table), "facts.json"), TRIALS, as_of=as_of)
    answers = {a.criterion.id: a.truth for a in judge_trial(PUMP_IT, facts).answers}
    return answers["I13"]


@pytest.mark.parametrize("limit", [True, False], ids=["with the upper limit", "without"])
@pytest.mark.parametrize(
    ("day", "as_of", "answer"),
    [
        ("2026-11-05", TODAY, Truth.TRUE),  # 15 days
        ("2026-11-04", TODAY, Truth.FALSE),  # 16 days
        ("2026-11-05", None, Truth.UNKNOWN),  # nobody said on which day it is judged
        ("2026-11-21", TODAY, Truth.UNKNOWN),  # after the assessment date
        ("2016-11-21", TODAY, Truth.UNKNOWN),  # 3651 days
    ],
)
def test_every_value_on_file_must_be_fresh_a_time_without_its_upper_limit_too(
    day: str, as_of: date | None, answer: Truth, *, limit: bool
) -> None:
    table: dict[str, object] = {
        "labs_age": {"value": 7, "unit": "d"},
        "platelets": {"value": 214, "unit": "10*9/L"},
        "prothrombin_time": {"value": 12, "unit": "s", "date": day},
    }
    if limit:
        table["prothrombin_time_uln"] = {"value": 13, "unit": "s"}
    assert fresh(table, as_of) is answer


def test_an_unknown_age_of_all_values_is_that_of_the_blood_tests() -> None:
    """So that the evidence names what is missing, once."""
    given = {"platelets": {"value": 214, "unit": "10*9/L"}, "inr": {"value": 1, "unit": "1"}}
    facts, _ = derive_facts(parse_facts(json.dumps(given), "facts.json"), TRIALS, as_of=TODAY)
    (i13,) = (one for one in judge_trial(PUMP_IT, facts).answers if one.criterion.id == "I13")
    assert {made.fact for made in i13.compared} == i13.open_facts == {"labs_age_days"}
    dated = {**given, "inr": {"value": 1, "unit": "1", "date": "2026-11-05"}}
    facts, _ = derive_facts(parse_facts(json.dumps(dated), "facts.json"), TRIALS, as_of=TODAY)
    (i13,) = (one for one in judge_trial(PUMP_IT, facts).answers if one.criterion.id == "I13")
    assert [made.fact for made in i13.compared] == ["labs_age_days", "inr_age_days"]


def test_a_value_not_given_does_not_count() -> None:
    assert fresh({"labs_age": {"value": 7, "unit": "d"}}, None) is Truth.TRUE
    assert fresh({"labs_age": {"value": 16, "unit": "d"}}, None) is Truth.FALSE
    assert fresh({"platelets": {"value": 214, "unit": "10*9/L"}}, None) is Truth.UNKNOWN


def test_the_blood_values_of_each_condition_on_their_age() -> None:
    """PUMP-IT I13 names 11, RESCUE I9 10 in both readings [trials.md 7.0]; no other trial any."""
    listed = list_dated_values(TRIALS)
    assert sorted(map(len, listed)) == [10, 10, 11]
    pump_it, rescue = max(listed, key=len), min(listed, key=len)
    assert {*pump_it} - {*rescue} == {"egfr_mdrd", "prothrombin_time"}
    assert {*rescue} - {*pump_it} == {"wbc"}


def test_a_condition_on_the_age_of_all_blood_tests_names_none() -> None:
    every = Compare("labs_age_days", "at_most", Fraction(30))
    (criterion, *_) = PUMP_IT.criteria
    parts = (structs.replace(criterion.parts[0], when=every),)
    one = dataclasses.replace(PUMP_IT, criteria=(structs.replace(criterion, parts=parts),))
    assert list_dated_values([one]) == [()]


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("2026-11-21", "inr: dated 1 day after the assessment date"),
        ("2016-11-21", "inr: 3651 days before the assessment date is outside 0 to 3650 days"),
    ],
)
def test_a_date_that_gives_no_age_is_reported_by_its_side_of_the_assessment(
    day: str, says: str
) -> None:
    """A day after is no "-1 days before"."""
    given = {"inr": {"value": 1, "unit": "1", "date": day}}
    _, found = derive_facts(parse_facts(json.dumps(given), "facts.json"), TRIALS, as_of=TODAY)
    assert [(one.code, one.message.partition(";")[0]) for one in found] == [
        ("implausible.labs_age_days", f"facts.json: {says}")
    ]
