"""Scores of what is on file, and their offer beside the questions that they answer.

One way for a plan, for `trials judge`, for a list and for the interview of a new case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.planning.given.score_inputs import ScoreFacts, find_blood_values
from fl_planner.planning.judgement import Judged
from fl_planner.planning.route.offers import CHILD_PUGH, OFFERED, with_offers
from fl_planner.planning.route.questions import Question
from fl_planner.trials.criterion import Limits
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:
    from fl_planner.planning.assessment.scores import Scores

NOTHING_MORE = ScoreFacts()


@dataclass(frozen=True, slots=True)
class ScoreSources:
    """What the scores of a patient rest on.

    - `facts`, `stated`: what is known, and as it was typed, with the days of blood values.
    - `as_of`: the judging date.
    - `more`, `weight_kg`: what a case file says beside the facts.
    """

    facts: Facts
    stated: Stated
    as_of: date | None = None
    more: ScoreFacts = NOTHING_MORE
    weight_kg: Fraction | None = None

    def find_scores(self) -> Scores | None:
        """Compute the scores; None where no blood value is on file."""
        if not find_blood_values(self.facts, self.more):
            return None
        from fl_planner.planning.assessment.scores import find_scores

        return find_scores(
            self.facts, self.stated, self.more, as_of=self.as_of, weight_kg=self.weight_kg
        )

    def offer(self, questions: Iterable[Question], limits: Limits) -> tuple[Question, ...]:
        """Put beside the questions what the scores answer to them."""
        asked = tuple(questions)
        if OFFERED.keys().isdisjoint(one.key for one in asked):
            return asked
        return with_offers(asked, self.find_scores(), limits)

    def offer_judged(self, judged: Judged) -> Judged:
        """Put them beside the questions of a patient, with the doubts of an offered Child-Pugh."""
        asked = self.offer(judged.route.questions, judged.limits)
        offered = {one.key for one in asked if one.computed is not None}
        scores = self.find_scores() if offered & CHILD_PUGH else None
        doubts = () if scores is None else scores.findings
        findings = tuple(dict.fromkeys((*judged.findings, *doubts)))
        route = replace(judged.route, questions=asked)
        return replace(judged, route=route, findings=findings)
