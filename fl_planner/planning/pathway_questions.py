"""Missing answers that could change the pathway of a plan: alone, or together with others."""

from __future__ import annotations

from msgspec import Struct, structs

from fl_planner.planning.case_answers import answer_case, measured_with
from fl_planner.planning.judgement import Judged
from fl_planner.planning.next_question import TriedAnswer, try_answers
from fl_planner.planning.plan import Plan
from fl_planner.planning.volume_pathway.pathway import Pathway
from fl_planner.trials.statements import Stated


class PathwayQuestions(Struct, frozen=True):
    """Input keys of the missing answers that could change a pathway.

    - `alone`: an answer changes the pathway by itself.
    - `with_others`: an answer could change it only together with other answers.
    """

    alone: tuple[str, ...]
    with_others: tuple[str, ...]


def try_answers_to(plan: Plan, key: str) -> tuple[TriedAnswer, ...]:
    """Try every answer to a question about a planned case, as `try_answers` does."""

    def judge_with(more: Stated) -> Judged:
        case = structs.replace(plan.case, stated=plan.case.stated.overlaid(more))
        measured = measured_with(plan.measured, plan.case, case)
        return answer_case(case, measured, plan.grounds).judged

    return try_answers(key, plan.judged, judge_with, plan.grounds.as_of)


def find_pathway_questions(pathway: Pathway) -> PathwayQuestions:
    """Divide the missing answers of a pathway by whether one changes it by itself."""
    alone = pathway.turning
    return PathwayQuestions(alone, tuple(key for key in pathway.to_ask if key not in alone))
