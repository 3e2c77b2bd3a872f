"""Missing answers that could change the pathway, against planning anew with each answer."""

from collections.abc import Iterable
from fractions import Fraction

import pytest

from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.planning.judgement import Grounds, Judged, judge_stated
from fl_planner.planning.next_question import changes_pathway
from fl_planner.planning.pathway_questions import find_pathway_questions, try_answers_to
from fl_planner.planning.plan import Plan, plan
from fl_planner.trials.statements import FUNCTION_KEY as FUNCTION
from fl_planner.trials.statements import Amount, EarlierEmbolisation, Stated, StatedValue
from tests.patients import TRIALS, facts_text
from tests.planning.asked import PROTOCOLS, SAID, case_of, planned

OF_LIVER = "%/min/m2"
ANSWERS: dict[str, tuple[StatedValue, ...]] = {  # to each question of the pathway, by hand
    "chemo_liver_damage": (True, False),
    "cirrhosis": (True, False),
    "flr_function": (Amount(Fraction(1, 2), OF_LIVER), Amount(Fraction(9), OF_LIVER)),
    "portal_hypertension": (True, False),
    "prior_pve_hve": (True, False, EarlierEmbolisation("PVE")),
    "pve_hve_anatomically_prohibited": (True, False),
}


def ways(answers: Iterable[dict[str, StatedValue]]) -> set[tuple[str, str]]:
    """Plan anew with each of these answers, and give the pathways."""
    plans = (plan(case_of(Stated({**SAID, **more})), TRIALS, PROTOCOLS) for more in answers)
    return {(one.pathway.row, one.pathway.name) for one in plans}


@pytest.fixture(scope="module")
def known() -> Plan:
    return planned()


def test_an_answer_changes_the_pathway_alone_where_planning_with_it_does(known: Plan) -> None:
    found, here = find_pathway_questions(known.pathway), ways([{}])
    assert sorted((*found.alone, *found.with_others)) == [*known.pathway.to_ask]
    asked = [key for key in known.pathway.to_ask if key in ANSWERS]
    assert {*asked} >= {"prior_pve_hve", "flr_function"}
    for key in asked:
        changes = ways({key: one} for one in ANSWERS[key]) != here
        assert (key in found.alone) is changes, key


def test_the_answers_tried_lead_to_the_pathways_of_planning_with_them(known: Plan) -> None:
    """The page shows each answer with its effect, next to whether it changes the pathway alone."""
    found = find_pathway_questions(known.pathway)
    for key in known.pathway.to_ask:
        tried = try_answers_to(known, key)
        changed = any(changes_pathway(known.judged, one.judged) for one in tried)
        assert changed is (key in found.alone), key


VOLUMES: dict[str, tuple[StatedValue, ...]] = {
    key: tuple(Amount(Fraction(ml), "mL") for ml in (50, 700, 1600))
    for key in ("total_liver_volume", "tumour_volume", "flr_volume")
}
MORE: dict[str, tuple[StatedValue, ...]] = {
    **ANSWERS,
    **VOLUMES,
    "crlm_present": (True, False),
    "hcc_present": (True, False),
    "lesions_in_remnant_count": (Fraction(0), Fraction(1)),
    "treated_nontumorous_volume": tuple(Amount(Fraction(ml), "mL") for ml in (100, 900)),
    "underlying_liver_disease": (True, False),
}


EMPTY = ("V1", "V6a", "V7")  # volumes contradict each other, or one of them is still missing


def judged(stated: Stated) -> Judged:
    return judge_stated(stated, Grounds(TRIALS, PROTOCOLS))


@pytest.mark.parametrize(
    ("profile", "missing"),
    [
        ("crlm_small_flr", ("flr_volume",)),
        ("crlm_small_flr", ("tumour_volume", "flr_function")),
        ("crlm_small_flr", ("tumour_volume", "total_liver_volume")),
        ("crlm_small_flr", ("chemo_liver_damage", "prior_pve_hve", "flr_function")),
        ("crlm_small_flr", ("hcc_present", "flr_volume")),
        ("hcc_large", ("treated_nontumorous_volume",)),
        ("hcc_large", ("treated_nontumorous_volume", "treated_covers_tumour")),
        ("hcc_large", ("cirrhosis", "underlying_liver_disease", "prior_pve_hve")),
    ],
)
def test_every_answer_that_changes_the_pathway_alone_is_named_and_asked_first(
    profile: str, missing: tuple[str, ...]
) -> None:
    """Judging anew with each answer decides; a diagnosis and volumes are first in any case."""
    row = {"profile": profile, "set": {}, "missing": missing}
    stated = parse_facts(facts_text(row), "facts.json")
    here = judged(stated)
    changes = {
        key
        for key in {*here.pathway.to_ask} & {*MORE}
        for answer in MORE[key]
        if judged(stated.overlaid(Stated({key: answer}))).pathway.row
        not in (*EMPTY, here.pathway.row)
    }
    found = find_pathway_questions(here.pathway)
    assert {*found.alone} & {*MORE} == changes
    assert sorted((*found.alone, *found.with_others)) == [*here.pathway.to_ask]
    asked = [one.key for one in here.route.questions]
    first = [key for key in asked if key in found.alone and key not in VOLUMES]
    rest = [key for key in asked if key in found.with_others and key not in (*VOLUMES, FUNCTION)]
    assert not first or not rest or asked.index(first[-1]) < asked.index(rest[0])
