"""Answers that are computed from values on file, and confirmed by a person."""

from datetime import date
from fractions import Fraction
from typing import Any

from fl_planner.planning.given.case import ScoreFacts
from fl_planner.planning.judgement import Grounds
from fl_planner.planning.next_question import find_open
from fl_planner.planning.plan import Plan
from fl_planner.planning.route.route import Question
from fl_planner.record.plan import as_plan_record
from fl_planner.report.page.operations import trial_blocks
from fl_planner.report.terminal.trials import _question as say_question
from fl_planner.trials.statements import Amount, Stated
from tests.record.planned import PROTOCOLS, TRIALS, made

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
    assert found["child_pugh_score"] == "computed: 5 (Child-Pugh), confirm"
    assert found["egfr_mdrd"] == "computed: 70.2 mL/min/{1.73_m2} (MDRD-4), confirm"
    assert found["creatinine_clearance"] == "computed: 78.0 mL/min (Cockcroft-Gault), confirm"


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
    found = offers(find_open(stated, Grounds(TRIALS, PROTOCOLS, as_of=DAY)).questions)
    assert found["egfr_mdrd"].startswith("computed: 70.2")
    assert offers(find_open(Stated(), Grounds(TRIALS, PROTOCOLS)).questions) == {}


def test_h08_an_offered_number_stays_on_its_side_of_the_limit() -> None:
    """PUMP-IT asks for 45: 44.97 is not shown as 45.0."""
    from fl_planner.planning.assessment.scores import Score, Scores
    from fl_planner.planning.route.route import with_offers

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
    assert asked.computed.says in say_question(asked)
    blocks = "\n".join(str(block) for block in trial_blocks(record.judged))
    assert asked.computed.says in blocks
