"""What is asked of a patient: only what still matters, and nothing twice."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.planning.judgement import Grounds
from fl_planner.planning.next_question import AS_DATE, Open, find_open
from fl_planner.trials.facts.facts import FACTS, FactKind
from fl_planner.trials.facts.quantities import DATES, INPUT_NAMES
from fl_planner.trials.judge import Verdict
from fl_planner.trials.statements import Stated
from tests.patients import TRIALS, book

GROUNDS = Grounds(TRIALS, read_protocols(), as_of=date(2026, 11, 20))
PROFILES = book()["profiles"]
OF_BOWEL_CANCER = {  # facts that only the trials of colorectal cancer ask for
    *("ras_status", "braf_v600e_status", "mmr_status", "crc_histology", "crlm_timing"),
    *("primary_status", "national_liver_panel_unresectable", "dpd_deficiency"),
    *("haip_catheter_feasible", "prior_systemic_therapy_crc", "chemo_liver_damage"),
}


def ask(table: dict[str, Any], passed: frozenset[str] = frozenset()) -> Open:
    return find_open(state(table), GROUNDS, passed)


def state(table: dict[str, Any]) -> Stated:
    return parse_facts(json.dumps(table), "facts.json")


def keys(found: Open) -> list[str]:
    return [str(question.key) for question in found.questions]


def follow(profile: str, known: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Answer question by question as a profile would; give each key, and all answers so far."""
    answers, passed = dict(known), frozenset[str]()
    dates = {on: PROFILES[profile].get(age) for age, on in AS_DATE.items()}
    while found := keys(ask(answers, passed)):
        key = found[0]
        entry = PROFILES[profile].get(key)
        if key in DATES and dates[key] is not None:
            entry = "2026-11-13"
        if key == "child_pugh_class":  # of a score of 5 or 6, which the profile has
            entry = "A"
        if entry is None:
            passed |= {key}
        else:
            answers = {**answers, key: entry}
        yield key, answers


def test_the_diagnosis_comes_first() -> None:
    assert keys(ask({})) == ["crlm_present", "hcc_present"]
    assert keys(ask({"hcc_present": False})) == ["crlm_present"]


def test_hcc_is_never_asked_for_ras_whatever_is_answered() -> None:
    asked = {key for key, _ in follow("hcc_large", {})}
    assert asked >= {"hcc_present", "ecog", "labs_date", "lung_dose"}
    assert not asked & OF_BOWEL_CANCER


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_answer_of_a_patient_with_hcc_leads_to_bowel_cancer(data: st.DataObject) -> None:
    answers: dict[str, Any] = {"hcc_present": True, "crlm_present": False}
    plain = [name for name, fact in FACTS.items() if fact.kind is FactKind.YES_NO]
    for key in data.draw(st.lists(st.sampled_from(plain), max_size=8)):
        answers.setdefault(key, data.draw(st.booleans()))
    assert not set(keys(ask(answers))) & OF_BOWEL_CANCER


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_asking_on_settles_every_trial_that_can_be_settled(profile: str) -> None:
    """Each is asked once; at its end the verdicts are those of the whole profile."""
    asked = [*follow(profile, {})]
    names = [key for key, _ in asked]
    assert len(set(names)) == len(names)
    assert set(names) <= INPUT_NAMES
    wanted = ask(PROFILES[profile]).judged.judgements
    found = ask(asked[-1][1]).judged.judgements
    assert [one.verdict for one in found] == [one.verdict for one in wanted]
    assert len(asked[-1][1]) < len(PROFILES[profile])  # and less was asked than is known


def test_one_answer_closes_a_trial_and_its_questions() -> None:
    known = {"crlm_present": True, "hcc_present": False}
    assert "ras_status" in keys(ask(known))
    after = ask({**known, "prior_systemic_therapy_crc": True})
    assert "ras_status" not in keys(after)
    pump_it = next(one for one in after.judged.judgements if one.trial.short == "pump_it")
    assert pump_it.verdict is Verdict.NOT_ELIGIBLE


def test_what_was_passed_over_is_not_asked_again() -> None:
    known = {"crlm_present": True, "hcc_present": False}
    assert "age" not in keys(ask(known, frozenset({"age"})))


def test_what_settles_most_comes_first_and_the_pathway_last() -> None:
    found = ask({"crlm_present": True, "hcc_present": False})
    trials = [question.trials for question in found.questions]
    assert trials == sorted(trials, reverse=True)


def test_a_date_is_asked_for_and_not_an_age() -> None:
    known = {"crlm_present": False, "hcc_present": True}
    assert "labs_date" in keys(ask(known))
    assert "labs_age" not in keys(ask(known))
    aged = {**known, "labs_age": {"value": 3, "unit": "d"}}
    assert not {"labs_date", "labs_age"} & set(keys(ask(aged)))


def test_without_a_judging_date_a_date_is_asked_for_once() -> None:
    known = {"hcc_present": True, "crlm_present": False, "labs_date": "2026-11-10"}
    found = find_open(state(known), Grounds(TRIALS, read_protocols()))
    assert not {"labs_date", "labs_age"} & set(keys(found))


def test_what_is_on_file_and_unclear_is_not_asked_again_and_again() -> None:
    unclear = {**PROFILES["crlm_small_flr"], "extrahepatic_status": "indeterminate"}
    assert "extrahepatic_status" not in keys(ask(unclear))


def test_a_man_is_not_asked_whether_he_is_pregnant() -> None:
    known = {"hcc_present": True, "crlm_present": False}
    women = {"pregnant", "breastfeeding"}
    assert "sex" in keys(ask(known))
    assert not women & set(keys(ask(known)))
    assert not women & set(keys(ask({**known, "sex": "male"})))
    assert women <= set(keys(ask({**known, "sex": "female"})))
    assert women <= set(keys(ask(known, frozenset({"sex"}))))


def test_a_contradiction_ends_the_asking() -> None:
    found = ask({"hcc_present": True, "crlm_present": True})
    assert (found.contradicted, found.questions) == (True, ())
    assert not ask({}).contradicted


def test_a_tumour_that_is_not_there_asks_for_a_complete_response() -> None:
    """P93: nothing else is asked before that."""
    none = {"tumour_volume": {"value": 0, "unit": "mL"}}
    known = {**PROFILES["crlm_small_flr"], **none}
    del known["recist_response_after_chemo"]
    found = ask(known)
    assert (found.contradicted, keys(found)) == (True, ["recist_response_after_chemo"])
    assert found.questions[0].asked_of == "chart"
    hcc = ask({**PROFILES["hcc_large"], **none})
    assert (hcc.contradicted, hcc.questions) == (True, ())


def test_two_readings_are_no_question_of_facts() -> None:
    known = {**PROFILES["crlm_extrahepatic"], "inr": {"value": 2, "unit": "1"}}
    assert keys(ask({**known, "bleeding_tendency": False})) == ["flr_function"]
