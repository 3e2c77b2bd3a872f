"""Missing answers that could change the pathway, against planning anew with each answer."""

from collections.abc import Iterable
from fractions import Fraction

import pytest

from fl_planner.planning.pathway_questions import (
    PathwayQuestions,
    find_pathway_questions,
    try_answers_to,
)
from fl_planner.planning.plan import Plan, plan
from fl_planner.trials.statements import Amount, EarlierEmbolisation, Stated, StatedValue
from tests.patients import TRIALS
from tests.planning.test_next_question import PROTOCOLS, SAID, case_of, planned

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
    found, here = find_pathway_questions(known), ways([{}])
    assert sorted((*found.alone, *found.with_others)) == [*known.pathway.to_ask]
    asked = [key for key in known.pathway.to_ask if key in ANSWERS]
    assert {*asked} >= {"prior_pve_hve", "flr_function"}
    for key in asked:
        changes = ways({key: one} for one in ANSWERS[key]) != here
        assert (key in found.alone) is changes, key


def test_answers_that_were_tried_are_not_tried_again(known: Plan) -> None:
    tried = {key: try_answers_to(known, key) for key in known.pathway.to_ask}
    assert find_pathway_questions(known, tried.pop) == find_pathway_questions(known)
    assert tried == {}  # each was read once
    assert find_pathway_questions(known, lambda _: ()) == PathwayQuestions((), known.pathway.to_ask)


def test_questions_that_change_the_pathway_by_themselves_come_first() -> None:
    asked = PathwayQuestions(("diagnosis",), ("chemo_liver_damage",))
    keys = ("ecog", "chemo_liver_damage", None, "diagnosis")
    assert sorted(keys, key=asked.rank) == ["diagnosis", "chemo_liver_damage", "ecog", None]
