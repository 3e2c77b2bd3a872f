"""What is asked of a patient, only what still matters; and what each answer would do."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.planning.case_answers import measured_with
from fl_planner.planning.facts import state_case
from fl_planner.planning.judgement import Grounds, Judged, judge_stated
from fl_planner.planning.next_question import (
    AS_DATE,
    Open,
    RangeEnd,
    TriedAnswer,
    changes_of,
    changes_pathway,
    list_open,
    list_open_questions,
    summarise_outcome,
    try_answers,
)
from fl_planner.planning.plan import plan, plan_again
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import as_plan_record
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import DATES, INPUT_NAMES, QUANTITIES, RATIO_UNIT
from fl_planner.trials.judge import Verdict
from fl_planner.trials.statements import Amount, EarlierEmbolisation, Stated, StatedValue
from tests.cases import each_case, of_many
from tests.patients import TRIALS, book
from tests.planning.asked import GROUNDS, PROTOCOLS, SAID, TODAY, case_of, planned, tried, with_more
from tests.planning.assessment.test_function import given as scintigraphy

PROFILES = book()["profiles"]
OF_BOWEL_CANCER = {  # facts that only the trials of colorectal cancer ask for
    *("ras_status", "braf_v600e_status", "mmr_status", "crc_histology", "crlm_timing"),
    *("primary_status", "national_liver_panel_unresectable", "dpd_deficiency"),
    *("haip_catheter_feasible", "prior_systemic_therapy_crc", "chemo_liver_damage"),
}


def ask(table: dict[str, Any], passed: frozenset[str] = frozenset()) -> Open:
    return list_open_questions(state(table), GROUNDS, passed)


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


def test_the_diagnosis_comes_first_and_a_contradiction_ends_the_asking() -> None:
    assert keys(ask({})) == ["crlm_present", "hcc_present"]
    assert keys(ask({"hcc_present": False})) == ["crlm_present"]
    found = ask({"hcc_present": True, "crlm_present": True})
    assert (found.contradicted, found.questions) == (True, ())
    assert not ask({}).contradicted


def test_an_answer_changes_the_pathway_where_it_leads_to_another_row() -> None:
    unknown = ask({}).judged
    bowel, liver = (ask({f"{name}_present": True}).judged for name in ("crlm", "hcc"))
    assert not changes_pathway(unknown, ask({"age": {"value": 61, "unit": "a"}}).judged)
    assert changes_pathway(unknown, liver)
    assert changes_pathway(bowel, liver) == (bowel.pathway.row != liver.pathway.row)


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


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("profile", of_many(["crlm_small_flr"], sorted(PROFILES)))
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


def test_volumes_come_first_and_formalities_last() -> None:
    """`trials.md` 9.3, order of the questions: "every list, page and worklist made of it"."""
    known = {"crlm_present": True, "hcc_present": False}
    asked = keys(ask(known))
    assert asked[:3] == ["flr_volume", "total_liver_volume", "tumour_volume"]
    assert asked[-8:] == [
        *("sex", "age", "menopausal_status", "oral_contraception_commitment", "able_to_consent"),
        *("written_consent_for", "expected_compliance_good", "investigator_unsuitable"),
    ]
    assert "age" not in keys(ask(known, frozenset({"age"})))  # passed over
    assert "ras_status" in asked
    after = ask({**known, "prior_systemic_therapy_crc": True})  # which closes a trial
    assert "ras_status" not in keys(after)
    pump_it = next(one for one in after.judged.judgements if one.trial.short == "pump_it")
    assert pump_it.verdict is Verdict.NOT_ELIGIBLE


def test_a_date_is_asked_for_once_and_not_an_age() -> None:
    known = {"crlm_present": False, "hcc_present": True}
    assert {"labs_date", "labs_age"} & set(keys(ask(known))) == {"labs_date"}
    aged = {**known, "labs_age": {"value": 3, "unit": "d"}}
    assert not {"labs_date", "labs_age"} & set(keys(ask(aged)))
    undated = Grounds(TRIALS, read_protocols())  # without an assessment date
    found = list_open_questions(state({**known, "labs_date": "2026-11-10"}), undated)
    assert not {"labs_date", "labs_age"} & set(keys(found))


def test_what_is_on_file_and_unclear_or_has_two_readings_is_not_asked() -> None:
    unclear = {**PROFILES["crlm_small_flr"], "extrahepatic_status": "indeterminate"}
    assert "extrahepatic_status" not in keys(ask(unclear))
    known = {**PROFILES["crlm_extrahepatic"], "inr": {"value": 2, "unit": "1"}}
    assert keys(ask({**known, "bleeding_tendency": False})) == []  # 62 %: nor of its function


def test_a_man_is_not_asked_whether_he_is_pregnant() -> None:
    known = {"hcc_present": True, "crlm_present": False}
    women = {"pregnant", "breastfeeding"}
    assert "sex" in keys(ask(known))
    assert not women & set(keys(ask(known)))
    assert not women & set(keys(ask({**known, "sex": "male"})))
    assert women <= set(keys(ask({**known, "sex": "female"})))
    assert women <= set(keys(ask(known, frozenset({"sex"}))))
    asked = keys(ask({**known, "sex": "female"}))
    assert asked.index("age") < asked.index("pregnant") < asked.index("breastfeeding")


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


LOCAL, PUMP = "NCT06449937", "NCT06857773"


def test_h09_an_entered_function_is_followed_by_the_question_on_its_normalisation() -> None:
    """The page and the dialogue ask for what `clinical.md` 5.1 asks the site for, once."""
    key, function = "flr_function_normalisation", {"value": 2.9, "unit": "%/min/m2"}
    known = {"crlm_present": True, "hcc_present": False, "flr_function": function}
    assert keys(ask(known))[1] == key
    for answer in ("extrahepatic", "total_field"):
        assert key not in keys(ask({**known, key: answer}))
    assert key not in keys(ask(known, frozenset({key})))
    assert key not in keys(ask({**known, "flr_function": None}))
    for more, asked in (({}, True), ({key: "extrahepatic"}, False)):
        stated = state({**known, **more})
        again = list_open(judge_stated(stated, GROUNDS), stated, again=True)
        assert (key in [one.key for one in again]) is asked


def verdict(judged: Judged, trial: str = LOCAL) -> Verdict:
    (found,) = (one.verdict for one in judged.judgements if one.trial.id == trial)
    return found


def test_a_stated_value_that_is_no_answer_is_asked_again_on_request_only() -> None:
    """An age of 610 years is implausible, and no age; one of 61 years answers the question."""
    known = planned()
    for years, listed in ((610, [True, False]), (61, [False, False])):
        stated = Stated({**SAID, "age": Amount(Fraction(years), "a")})
        judged = with_more(known, stated)
        asked = [list_open(judged, stated, again=again) for again in (True, False)]
        assert ["age" in [one.key for one in each] for each in asked] == listed, years


@pytest.mark.parametrize("key", ["labs_date", "staging_ct_date"])
def test_an_implausible_date_is_asked_again_on_request_only(key: str) -> None:
    """Blood tests and CT of a hundred years ago are of no living patient."""
    undated = structs.replace(GROUNDS, as_of=None)
    for on, grounds, listed in (
        ("1926-11-01", GROUNDS, [[key], []]),
        ("2026-11-10", GROUNDS, [[], []]),
        ("2026-11-10", undated, [[], []]),  # the assessment date is missing, not this date
    ):
        stated = state({"crlm_present": True, "hcc_present": False, key: on})
        judged = judge_stated(stated, grounds)
        asked = [list_open(judged, stated, again=again) for again in (True, False)]
        of_day = (key, key.replace("_date", "_age"))
        assert [[x.key for x in each if x.key in of_day] for each in asked] == listed, on


@pytest.mark.slow
def test_each_answer_does_what_planning_with_it_does() -> None:
    known = planned()
    asked = [str(one.key) for one in list_open(known.judged, state_case(known.case))]
    counted = 0
    for key in asked:
        for one in tried(key, known):
            stated = Stated({**SAID, key: one.given})
            whole = plan(case_of(stated), TRIALS, PROTOCOLS).judged
            outcomes = [summarise_outcome(known.judged, each) for each in (one.judged, whole)]
            assert outcomes[0] == outcomes[1], key
            counted += 1
    assert len(asked) > 40
    assert counted > 80


def test_within_a_range_all_numbers_do_the_same() -> None:
    known = planned()
    for key in ("platelets", "haemoglobin", "albumin", "life_expectancy"):
        possible = QUANTITIES[key].range
        assert possible.high is not None
        for one in tried(key, known):
            assert isinstance(one.given, Amount)
            low = one.low.value if one.low else possible.low
            high = one.high.value if one.high else possible.high
            for part in (Fraction(1, 7), Fraction(6, 7)):
                amount = structs.replace(one.given, value=low + (high - low) * part)
                told = with_more(known, Stated({key: amount}))
                found = summarise_outcome(known.judged, told)
                assert found == summarise_outcome(known.judged, one.judged), (key, amount)


def test_platelets_turn_at_100_and_100_itself_passes() -> None:
    # L I10b: at least 100 x 10^9/L; D asks for none
    below, above = tried("platelets", planned())
    assert (below.low, below.high) == (None, RangeEnd(Fraction(100), open=True))
    assert (above.low, above.high) == (RangeEnd(Fraction(100)), None)
    assert (below.unit, above.unit) == ("10*9/L", "10*9/L")
    assert verdict(below.judged) is Verdict.NOT_ELIGIBLE
    assert verdict(above.judged) is Verdict.INDETERMINATE


def test_a_ratio_is_tried_in_multiples_or_in_mg_where_its_upper_limit_is_known() -> None:
    # L E12: an APTT above 1.5 times; L I10d: bilirubin below 1.5 x ULN, 1.5 fails
    assert {one.unit for one in tried("aptt", planned())} == {RATIO_UNIT}
    known = planned({**SAID, "bilirubin_total_uln": Amount(Fraction("1.2"), "mg/dL")})
    at, tries = Fraction("1.8"), tried("bilirubin_total", known)  # 1.5 x 1.2
    first, second = [one for one in tries if at in [end.value for end in both(one)]]
    assert first.high == RangeEnd(at, open=True)
    assert verdict(first.judged) is Verdict.INDETERMINATE
    assert second.low == RangeEnd(at)
    assert verdict(second.judged) is Verdict.NOT_ELIGIBLE


def both(one: TriedAnswer) -> list[RangeEnd]:
    return [end for end in (one.low, one.high) if end is not None]


def test_counts_are_whole_and_ranges_of_them_touch() -> None:
    # L I5: line 1 or 2
    none, right, late = tried("systemic_therapy_line", planned())
    assert (none.low, none.high) == (RangeEnd(Fraction(0)), RangeEnd(Fraction(0)))
    assert (right.low, right.high) == (RangeEnd(Fraction(1)), RangeEnd(Fraction(2)))
    assert (late.low, late.high) == (RangeEnd(Fraction(3)), None)
    assert [verdict(one.judged) for one in (none, right, late)] == [
        Verdict.NOT_ELIGIBLE,
        Verdict.INDETERMINATE,
        Verdict.NOT_ELIGIBLE,
    ]


def test_age_is_tried_in_completed_years() -> None:
    without = {key: value for key, value in SAID.items() if key != "age"}
    found = tried("age", planned(without))
    assert all(end.value.denominator == 1 and not end.open for one in found for end in both(one))
    # L: 18 to 80
    (right,) = (one for one in found if one.low == RangeEnd(Fraction(18)))
    assert verdict(right.judged) is Verdict.INDETERMINATE


def test_a_day_is_tried_by_its_distance_from_the_judging_date() -> None:
    # P I3: a staging CT of at most 28 days; P is of synchronous CRLM
    said: dict[str, StatedValue] = {"age": Amount(Fraction(61), "a"), "crlm_timing": "synchronous"}
    fresh, old = tried("staging_ct_date", planned(said))
    assert (fresh.low, fresh.high) == (RangeEnd(Fraction(0)), RangeEnd(Fraction(28)))
    assert (old.low, old.high) == (RangeEnd(Fraction(29)), None)
    assert (fresh.unit, old.given) == ("d", TODAY - timedelta(days=29))
    assert verdict(fresh.judged, PUMP) is Verdict.INDETERMINATE
    assert verdict(old.judged, PUMP) is Verdict.NOT_ELIGIBLE


@each_case("key", {
    "a share of several volumes": "total_liver_volume",
    "an upper limit": "alt_uln",
    "the age of a scan": "staging_ct_date",
    "a day without an assessment date": "labs_date",
})  # fmt: skip
def test_what_counts_with_others_is_not_reported_alone(key: str) -> None:
    assert tried(key, planned(as_of=None)) == ()


def test_h15_where_nothing_states_at_which_number_it_turns_nothing_is_reported() -> None:
    known = planned()

    def odd(more: Stated) -> Judged:
        """Judge platelets from 80 on as planned, and those below it as none."""
        amount = more.values["platelets"]
        assert isinstance(amount, Amount)
        return with_more(known, more if amount.value > 80 else Stated())

    assert try_answers("platelets", known.judged, odd) == ()


def test_a_drug_is_tried_as_methylprednisolone() -> None:
    for one in tried("corticosteroid_daily_dose", planned()):
        assert isinstance(one.given, Amount)
        assert one.given.drug == "methylprednisolone"


def test_choices_are_tried_one_by_one() -> None:
    known = planned()
    answers = {key: [one.given for one in tried(key, known)] for key in FACTS if key in CHOICES}
    assert answers == CHOICES


CHOICES = {
    "able_to_consent": [True, False],
    "child_pugh_class": ["A", "B", "C"],
    "prior_pve_hve": [
        *(False, True),
        *(EarlierEmbolisation(kind) for kind in ("PVE", "HVE", "PVE/HVE", "ALPPS")),
    ],
    "extrahepatic_sites": [
        (site,)
        for site in ("lung", "brain", "lymph_node", "peritoneum", "bone", "adrenal", "other")
    ],
    "written_consent_for": [(trial.id,) for trial in TRIALS],
}


def test_of_a_trial_that_is_lost_anyhow_nothing_is_reported() -> None:
    known = planned({**SAID, "able_to_consent": False})
    more = with_more(known, Stated({"prohibitive_comorbidity": True}))
    for before, after in zip(known.judged.judgements, more.judgements, strict=True):
        if before.verdict is after.verdict is Verdict.NOT_ELIGIBLE:
            assert changes_of(before, after) == ((), ())


def test_a_contradiction_is_an_outcome_of_its_own() -> None:
    known = planned({**SAID, "coumarin_use": True})
    more = with_more(known, Stated({"anticoagulant_use": False}))
    assert summarise_outcome(known.judged, more) != summarise_outcome(known.judged, known.judged)
    codes = {one.code for one in more.findings}
    assert "contradiction.anticoagulant" in codes


def test_a_plan_of_which_more_is_stated_is_the_plan_of_all_that_was_stated() -> None:
    known, more = planned(), Stated({**SAID, "prior_pve_hve": False, "ecog": Fraction(1)})
    again = plan_again(known, structs.replace(known.case, stated=more), GROUNDS)
    whole = plan(case_of(more), TRIALS, PROTOCOLS)
    assert as_json(as_plan_record(again)) == as_json(as_plan_record(whole))
    assert again.judged == whole.judged


def test_a_scintigraphy_is_measured_again_where_its_bilirubin_changed() -> None:
    known = planned()
    study = structs.replace(
        known.case, scintigraphy=replace(scintigraphy(), bilirubin_umol_per_l=None)
    )
    more = Stated({**SAID, "bilirubin_total": Amount(Fraction("0.7"), "mg/dL")})
    said, other = structs.replace(study, stated=more), structs.replace(study, stated=Stated())
    assert measured_with(known.measured, study, other) is known.measured
    anew = measured_with(known.measured, study, said).function
    assert anew is not None
    assert anew.bilirubin_umol_per_l == Fraction("0.7") * Fraction("17.104")  # 584.66 g/mol
