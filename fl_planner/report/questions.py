"""What to find out next, in words: what could change the pathway first, then what settles most."""

from fl_planner.planning.route.questions import ask_besides
from fl_planner.record.trials.judgement import JudgementKeys
from fl_planner.record.trials.route import QuestionRecord, as_question
from fl_planner.report import words as say

MOST = 5  # that a person reads at once


def list_questions(judged: JudgementKeys) -> list[QuestionRecord]:
    """List every question: first those that could change the pathway."""
    deciding, asked = judged.pathway.to_ask, judged.route.questions
    known = {one.key for one in asked}
    besides = ask_besides((key for key in deciding if key not in known), ())
    every = [*asked, *map(as_question, besides)]
    return sorted(every, key=lambda one: one.key not in deciding)


def say_question(one: QuestionRecord, *, brief: bool = False) -> str:
    """Say what is to be found out, and who can tell it; `brief` leaves explanations out."""
    offered = "" if one.computed is None else f", {one.computed.says}"
    return f"{say.question(one, brief=brief)}{offered}"
