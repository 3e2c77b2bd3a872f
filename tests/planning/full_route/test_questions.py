"""What to find out next: each thing once, of one person; and answers that values on file offer."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.planning.full_route.route import (
    FORMALITIES,
    OF_WOMEN,
    Question,
    list_further_questions,
    list_questions,
)
from fl_planner.planning.given.case import ScoreFacts
from fl_planner.planning.judgement import Grounds, judge_stated
from fl_planner.planning.next_question import list_open_questions
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import as_plan_record
from fl_planner.report.page.board import trial_blocks
from fl_planner.report.questions import describe_settling
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.facts.quantities import INPUT_NAMES
from fl_planner.trials.judge import Judgement, Verdict, judge_trial
from fl_planner.trials.statements import Amount, Stated
from tests.patients import TRIALS, book, facts_text, know
from tests.record.planned import PROTOCOLS, made

LOCAL = next(trial for trial in TRIALS if trial.short == "local_plus_systemic")
RESCUE = next(trial for trial in TRIALS if trial.short == "rescue")
PUMP_IT = next(trial for trial in TRIALS if trial.short == "pump_it")


def facts(profile: str, missing: tuple[str, ...] = (), **more: Any) -> Facts:
    return know({"profile": profile, "set": more, "missing": missing})


def ask(known: Facts, *trials: Any) -> tuple[Question, ...]:
    return list_questions([judge_trial(trial, known) for trial in trials], known)


def test_a_missing_value_is_asked_of_the_chart() -> None:
    known = facts("crlm_extrahepatic", ("platelets",))
    assert ask(known, LOCAL) == (Question("platelets", "chart", (("NCT06449937", "I10b"),)),)


def test_of_a_ratio_only_what_is_not_on_file_is_asked() -> None:
    without_limit = facts("crlm_extrahepatic", ("alt_uln",))
    assert [question.key for question in ask(without_limit, LOCAL)] == ["alt_uln"]
    without_value = facts("crlm_extrahepatic", ("alt",))
    assert [question.key for question in ask(without_value, LOCAL)] == ["alt"]
    without_both = facts("crlm_extrahepatic", ("alt", "alt_uln"))
    assert [question.key for question in ask(without_both, LOCAL)] == ["alt", "alt_uln"]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("other_malignancy_history", "other_malignancy_disease_free"),
        ("other_malignancy_history", "other_malignancy_kind"),
        ("other_malignancy_history", "other_malignancy_controlled"),
        ("other_malignancy_history", "other_malignancy_curative_treatment"),
        ("other_malignancy_history", "other_malignancy_low_risk_by_mdt"),
        ("infection_uncontrolled", "infection_ctcae_grade"),
        ("ascites", "ascites_malignant"),
    ],
)
def test_a_condition_is_asked_before_its_details(first: str, then: str) -> None:
    """Nobody answers how long a patient has been free of a cancer that has not been asked for."""
    asked = keys_of("crlm_extrahepatic", (first, then))
    several = [question.key for question in ask({"crlm_present": True}, *TRIALS)]
    for keys in (asked, several):
        if then in keys:
            assert keys.index(first) < keys.index(then)
    assert then in several


def test_the_trial_with_the_fewest_open_points_goes_first() -> None:
    """`trials.md` 9.3: "what alone keeps it undecided leads -, then what settles most trials"."""
    known = facts("crlm_extrahepatic", ("platelets", "dpd_deficiency"))
    asked = ask(known, LOCAL, PUMP_IT)
    keys = [question.key for question in asked]
    assert keys[0] == "platelets"  # all that keeps one of the two undecided
    dpd = next(question for question in asked if question.key == "dpd_deficiency")
    assert (dpd.trials, dpd.criteria) == (1, (("NCT06857773", "E6"),))
    several = ask(facts("crlm_extrahepatic", ("pao2", "platelets", "ecog", "lvef")), LOCAL, PUMP_IT)
    assert [(one.key, one.trials) for one in several if one.trials > 1] == [
        (one.key, one.trials) for one in several[: sum(one.trials > 1 for one in several)]
    ]


FORMAL = (
    *("sex", "age", "menopausal_status", "pregnant", "breastfeeding"),
    *("oral_contraception_commitment", "able_to_consent"),
)


def test_formalities_come_last_in_their_order() -> None:
    """And sex before all that it settles, though more trials ask for pregnancy than for sex."""
    known = facts("crlm_small_flr", (*FORMAL, "prohibitive_comorbidity"))
    asked = [question.key for question in ask(known, *TRIALS)]
    assert asked[-len(FORMAL) :] == [*FORMAL]
    assert asked[0] == "prohibitive_comorbidity"


def test_sex_is_asked_before_what_it_settles_where_no_criterion_asks_for_it() -> None:
    known = facts("crlm_extrahepatic", ("sex",))
    asked = ask(known, LOCAL)
    assert [question.key for question in asked] == ["sex", "pregnant", "breastfeeding"]
    assert asked[0].criteria == (("NCT06449937", "E4"),)
    woman = facts("crlm_extrahepatic", (), sex="female")
    assert [question.key for question in ask(woman, LOCAL)] == ["pregnant", "breastfeeding"]


def keys_of(profile: str, missing: tuple[str, ...], **given: Any) -> list[str | None]:
    """List the keys that a route asks forin order."""
    row = {"profile": profile, "set": given, "missing": missing}
    stated = parse_facts(facts_text(row), "facts.json")
    return [one.key for one in judge_stated(stated, Grounds(TRIALS, PROTOCOLS)).route.questions]


LUNG: dict[str, Any] = {
    "extrahepatic_status": "confirmed",
    "extrahepatic_sites": ["lung"],
    "extrahepatic_resectable_or_ablatable": True,
    "extrahepatic_controllable_by_mdt": False,
}
FLR_27 = {"flr_volume": {"value": 400, "unit": "mL"}}  # of 1500


def test_the_questions_of_a_route_in_their_order() -> None:
    """Missing volumes, what the pathway turns on, the patient's own open points, formalities."""
    missing = ("pve_hve_anatomically_prohibited", "sex", "age", "ecog")
    known = keys_of("crlm_small_flr", (*missing, "extrahepatic_tumour_board_statement"), **LUNG)
    assert known[:3] == [
        *("pve_hve_anatomically_prohibited", "flr_function"),  # `to_ask`: what turns it alone first
        "extrahepatic_tumour_board_statement",
    ]
    assert known[3:5] == ["sex", "age"]
    assert keys_of("crlm_small_flr", ("flr_volume", "able_to_consent")) == [
        *("flr_volume", "able_to_consent")
    ]
    first = keys_of("crlm_small_flr", ("hcc_present", "flr_volume", "ecog"))
    assert first[:2] == ["hcc_present", "flr_volume"]


FLR_35 = {"flr_volume": {"value": 490, "unit": "mL"}}  # of 1400 mL


def test_while_facts_contradict_each_other_the_pathway_asks_only_what_may_explain_that() -> None:
    """Both cancers, P87: no portal hypertension; CRLM and no lesion: a response [trials.md 8]."""
    both = keys_of("hcc_large", ("portal_hypertension",), crlm_present=True)
    assert "portal_hypertension" not in both
    given = {"lesion_count": 0, "liver_tumour_resectability": "resectable"}  # no trial is open
    none = keys_of("crlm_small_flr", ("recist_response_after_chemo",), **given)
    assert none == ["recist_response_after_chemo"]


def test_what_determines_the_limit_is_asked_before_function() -> None:
    """35 %: chemotherapy-associated injury decides between 30 and 40 %, a scintigraphy does not.

    Below every limit, function is first.
    """
    asked = keys_of("crlm_small_flr", ("chemo_liver_damage",), **FLR_35)
    assert asked[:2] == ["chemo_liver_damage", "flr_function"]
    below = keys_of("crlm_small_flr", ("chemo_liver_damage", "sex"), **FLR_27)
    assert below[0] == "flr_function"
    late = ("chemo_liver_damage", "national_liver_panel_unresectable")
    found = keys_of("crlm_unresectable_naive", late, **FLR_35)
    assert found.index("national_liver_panel_unresectable") < found.index("flr_function")


def test_the_one_missing_statement_goes_before_age_and_sex() -> None:
    """P125."""
    function = {"value": 2.1, "unit": "%/min/m2"}
    asked = keys_of("crlm_small_flr", ("sex", "age"), **LUNG, flr_function=function)
    assert asked[:3] == ["extrahepatic_tumour_board_statement", "sex", "age"]


@pytest.mark.parametrize(
    ("resectability", "asked"),
    [
        ("unresectable", ["national_liver_panel_unresectable", "flr_function", "sex"]),
        ("potentially_resectable", ["flr_function", "national_liver_panel_unresectable", "sex"]),
    ],
)
def test_function_of_an_unresectable_patient_comes_after_the_open_points(
    resectability: str, asked: list[str]
) -> None:
    """P124 with a small FLR: the panel's verdict first."""
    missing = ("national_liver_panel_unresectable", "sex")
    given = {**FLR_27, "liver_tumour_resectability": resectability}
    found = keys_of("crlm_unresectable_naive", missing, **given)
    assert found[:3] == asked


def test_function_of_an_unresectable_patient_whose_flr_suffices_is_not_asked() -> None:
    missing = ("national_liver_panel_unresectable", "sex")
    assert keys_of("crlm_unresectable_naive", missing) == [
        *("national_liver_panel_unresectable", "sex", "pregnant", "breastfeeding")
    ]


def test_a_radioembolisation_is_never_asked_for_by_itself() -> None:
    """`trials.md` 7.2."""
    for profile in book()["profiles"]:
        assert "prior_radioembolisation" not in keys_of(profile, ("prior_hcc_treatment",))


def test_what_cannot_matter_any_more_is_not_asked() -> None:
    known = facts("crlm_extrahepatic", ("creatinine_clearance",))
    assert ask(known, LOCAL) == ()  # the creatinine is good enough


def test_what_is_on_file_and_unclear_is_asked_again() -> None:
    unclear = facts("crlm_extrahepatic", extrahepatic_status="indeterminate")
    (question,) = ask(unclear, LOCAL)
    assert (question.key, question.asked_of) == ("extrahepatic_status", "tumour board")
    assert question.criteria == (("NCT06449937", "I4"), ("NCT06449937", "E1"))
    class_b = {**facts("crlm_extrahepatic", ("child_pugh_score",)), "child_pugh_class": "B"}
    assert [question.key for question in ask(class_b, LOCAL)] == ["child_pugh_score"]


def test_an_indeterminate_brain_lesion_is_asked_about_and_is_no_matter_of_reading() -> None:
    """NCT06449937 E3 [trials.md 3]: evidence decides, once the lesion has been clarified."""
    unclear = facts(
        "crlm_extrahepatic", extrahepatic_status="indeterminate", extrahepatic_sites=["brain"]
    )
    (question,) = ask(unclear, LOCAL)
    assert question.key == "extrahepatic_status"
    assert ("NCT06449937", "E3") in question.criteria


@pytest.mark.parametrize(
    "key", ["lesion_count", "largest_lesion", "staging_ct_done", "staging_ct_age", "flr_volume"]
)
def test_lesions_volumes_and_ct_are_asked_of_the_radiologist(key: str) -> None:
    """By the first criterion, some would be asked of the tumour board [clinical.md 17]."""
    profiles = ("crlm_extrahepatic", "crlm_small_flr", "crlm_unresectable_naive")
    known = [
        facts(profile, (key,), r0_hepatectomy_feasible=False, lesion_count=3)
        for profile in profiles
    ]
    asked = [question for each in known for question in ask(each, *TRIALS) if question.key == key]
    assert {question.asked_of for question in asked} == {"radiologist"}


@pytest.mark.parametrize(
    ("profile", "key"),
    [
        ("crlm_few_small", "crc_histology"),  # NCT04562727 I2, with lesions: asked of radiologists
        ("crlm_unresectable_naive", "crc_histology"),  # PUMP-IT I2, alone: asked of the chart
        ("hcc_large", "hcc_histology_confirmed"),  # RESCUE I2, with LI-RADS
    ],
)
def test_histology_is_asked_of_the_chart(profile: str, key: str) -> None:
    """The pathology report has it, whichever criterion needs it first [clinical.md 17]."""
    known = facts(profile, (key, "li_rads_category"))
    asked = [question for question in ask(known, *TRIALS) if question.key == key]
    assert [question.asked_of for question in asked] == ["chart"]


def test_what_must_be_done_first_is_asked_again_where_it_is_answered_no() -> None:
    """P90 and P76: a staging CT that was not done, a treated area that misses tumour."""
    unstaged = facts("hcc_large", staging_ct_done=False)
    assert ask(unstaged, RESCUE) == (
        Question("staging_ct_done", "radiologist", (("NCT06178198", "I5"),)),
    )
    missed = facts("hcc_large", treated_covers_tumour=False)
    assert [question.key for question in ask(missed, RESCUE)] == ["treated_covers_tumour"]


def test_two_readings_are_for_a_person() -> None:
    open_reading = {**facts("crlm_extrahepatic"), "inr": Fraction("1.6")}
    (question,) = ask(open_reading, LOCAL)
    assert (question.key, question.asked_of) == (None, "chart")


def test_what_the_route_asks_also() -> None:
    asked = (Question("ecog", "chart"),)
    assert list_further_questions(["ecog", "cirrhosis", "flr_volume"], asked) == (
        Question("cirrhosis", "chart"),
        Question("flr_volume", "radiologist"),
    )


KEYS = sorted({key for profile in book()["profiles"].values() for key in profile})


@settings(max_examples=40)
@given(st.sampled_from(sorted(book()["profiles"])), st.sets(st.sampled_from(KEYS), max_size=8))
def test_every_undecided_trial_has_a_question_and_every_question_a_key(
    profile: str, missing: set[str]
) -> None:
    known = facts(profile, tuple(sorted(missing)))
    judged: list[Judgement] = [judge_trial(trial, known) for trial in TRIALS]
    undecided = [one for one in judged if one.verdict is Verdict.INDETERMINATE]
    asked = list_questions(undecided, known)
    about = {of for question in asked for of in question.criteria}
    assert about == {(one.trial.id, id_) for one in undecided for id_ in one.unknown}
    keys = [question.key for question in asked if question.key is not None]
    assert len(set(keys)) == len(keys)
    assert set(keys) <= INPUT_NAMES
    formal = [question.key in FORMALITIES for question in asked]
    assert formal == sorted(formal)
    if {"pregnant", "breastfeeding"} & set(keys) and known.get("sex") is None:
        assert keys.index("sex") < min(keys.index(one) for one in keys if one in OF_WOMEN)


DAY = date(2026, 5, 2)
LABS: dict[str, Any] = {
    "bilirubin_total": Amount(Fraction(1), "mg/dL", DAY),
    "albumin": Amount(Fraction(4), "g/dL", DAY),
    "inr": Amount(Fraction(1), "1", DAY),
    "creatinine": Amount(Fraction("1.09"), "mg/dL", DAY),
    "age": Amount(Fraction(55), "a"),
    "sex": "male",
    "ascites": "none",
}


def planned(**more: Any) -> Plan:
    stated = Stated({**LABS, **more})
    return made(
        stated=stated, as_of=DAY, weight_kg=Fraction(72), score_facts=ScoreFacts(None, None, "none")
    )


def offers(questions: tuple[Question, ...]) -> dict[str, str]:
    return {str(one.key): one.computed.says for one in questions if one.computed}


def test_child_pugh_filtration_and_clearance_are_offered_to_be_confirmed() -> None:
    """(140 - 55)·72/(72·1.09) = 77.98; 1.09 mg/dL at 55, male: 70.2 [clinical.md 8]."""
    found = offers(planned().route.questions)
    assert found["child_pugh_score"] == "computed: 5 (Child-Pugh), to be confirmed"
    assert found["egfr_mdrd"] == "computed: 70.2 mL/min/1.73 m² (MDRD-4), to be confirmed"
    assert (
        found["creatinine_clearance"] == "computed: 78.0 mL/min (Cockcroft-Gault), to be confirmed"
    )


def test_h16_a_computed_value_answers_nothing_before_it_is_confirmed() -> None:
    facts = planned().judged.facts
    assert not {"child_pugh_score", "egfr_mdrd_ml_per_min_per_1_73m2"} & {
        name for name, value in facts.items() if value is not None
    }
    confirmed = planned(child_pugh_score=Fraction(5))
    assert confirmed.judged.facts["child_pugh_score"] == 5
    assert "child_pugh_score" not in offers(confirmed.route.questions)


def test_nothing_is_offered_of_values_that_are_not_there() -> None:
    without = made(stated=Stated({"age": Amount(Fraction(55), "a")}))
    assert offers(without.route.questions) == {}


def test_an_interview_offers_the_filtration() -> None:
    stated = Stated({**LABS, "crlm_present": True, "hcc_present": False})
    found = offers(list_open_questions(stated, Grounds(TRIALS, PROTOCOLS, as_of=DAY)).questions)
    assert found["egfr_mdrd"].startswith("computed: 70.2")
    assert offers(list_open_questions(Stated(), Grounds(TRIALS, PROTOCOLS)).questions) == {}


def test_h08_an_offered_number_stays_on_its_side_of_the_limit() -> None:
    """PUMP-IT asks for 45: 44.97 is not shown as 45.0."""
    from fl_planner.planning.assessment.scores import Score, Scores
    from fl_planner.planning.full_route.route import with_offers

    plan = planned()
    score = Score("kidney", {"mdrd_4_ml_per_min_per_1_73m2": 44.97})
    asked = (Question("egfr_mdrd", "chart"),)
    (one,) = with_offers(asked, Scores((score,), ()), plan.judged.limits)
    assert "44.97 " in offers((one,))["egfr_mdrd"]


def test_terminal_page_and_record_offer_it() -> None:
    record = as_plan_record(planned())
    (asked,) = (one for one in record.judged.route.questions if one.key == "egfr_mdrd")
    assert asked.computed is not None
    assert isinstance(asked.computed.value, float)
    assert asked.computed.says in describe_settling(asked)
    blocks = "\n".join(str(block) for block in trial_blocks(record.judged))
    assert asked.computed.says in blocks
