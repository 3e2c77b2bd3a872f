"""Answers that blood values on file come to: offered with their question, "computed, confirm".

They answer nothing by themselves: a person who confirms one types it as a fact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.shown import as_number
from fl_planner.planning.route.questions import Computed, Question
from fl_planner.trials.criterion import Limits
from fl_planner.trials.facts.facts import NUMBERS

if TYPE_CHECKING:  # loaded where there are blood values
    from fl_planner.planning.assessment.scores import Scores

# of an input key: the score and its value that answer it, the fact, and the formula
OFFERED = {
    "child_pugh_score": ("child_pugh", "points", "child_pugh_score", "Child-Pugh"),
    "child_pugh_class": ("child_pugh", "class", "child_pugh_class", "Child-Pugh"),
    "egfr_mdrd": (
        "kidney", "mdrd_4_ml_per_min_per_1_73m2", "egfr_mdrd_ml_per_min_per_1_73m2", "MDRD-4",
    ),
    "creatinine_clearance": (
        "kidney", "cockcroft_gault_ml_per_min", "creatinine_clearance_ml_per_min",
        "Cockcroft-Gault",
    ),
}  # fmt: skip
CHILD_PUGH = frozenset({"child_pugh_score", "child_pugh_class"})


def with_offers(
    questions: Iterable[Question], scores: Scores | None, limits: Limits
) -> tuple[Question, ...]:
    """Put beside each question what the scores answer to it, on its side of every limit."""
    values = {} if scores is None else {score.name: score.values for score in scores.every}

    def offer(question: Question) -> Computed | None:
        if question.key not in OFFERED:
            return None
        score, name, fact, formula = OFFERED[question.key]
        value = values.get(score, {}).get(name)
        if value is None:
            return None
        shown = str(value)  # a code, or points
        if isinstance(value, float):
            shown = f"{as_number(Fraction(str(value)), limits.get(fact, ()))} {NUMBERS[fact].unit}"
        exact = value if isinstance(value, str) else Fraction(str(value))
        return Computed(exact, f"computed: {shown} ({formula}), confirm")

    return tuple(replace(one, computed=offer(one)) for one in questions)
