"""Blood tests that are too old, or of which nobody knows how old: trials.md section 7.0."""

import dataclasses
import json
from datetime import date
from fractions import Fraction

import pytest
from msgspec import structs

from fl_planner.basis.three_valued import Truth
from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.trials.condition import Compare
from fl_planner.trials.criterion import list_dated_values
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.judge import judge_trial
from tests.patients import TRIALS

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
