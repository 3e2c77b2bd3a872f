"""What to ask next of a patient: only what could still change a verdict or the route.

Judged again after every answer, so that what no longer matters is never asked: no RAS of a patient
with HCC, nothing of a trial that one answer has closed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction

from fl_planner.planning.judgement import Grounds, Judged, judge_stated
from fl_planner.planning.offered_scores import ScoreSources
from fl_planner.planning.route.questions import Question, ask_besides
from fl_planner.planning.route.table import CONTRADICTED
from fl_planner.trials.statements import Stated

# what is asked for, and what is asked instead: an age in days is wrong tomorrow, a date is not
AS_DATE = {"labs_age": "labs_date", "staging_ct_age": "staging_ct_date"}
OF_WOMEN = ("pregnant", "breastfeeding")  # asked once it is known that it is one
SEX = "sex"
EXPLAINS = "recist_response_after_chemo"  # a tumour that was diagnosed, and is not there


@dataclass(frozen=True, slots=True)
class Open:
    """What a patient's facts come to so far, and what is still to ask, most telling first."""

    judged: Judged
    questions: tuple[Question, ...]

    @property
    def contradicted(self) -> bool:
        """Whether facts exclude each other, so that a person must settle them first."""
        return self.judged.route.row == CONTRADICTED.name


def find_open(
    stated: Stated,
    grounds: Grounds,
    passed: Collection[str] = (),
    weight_kg: Fraction | None = None,
) -> Open:
    """Find what is still to ask.

    - `stated`: what was said so far.
    - `grounds`: what the patient is judged by.
    - `passed`: input keys that nobody could answer, or that files will.
    - `weight_kg`: of the patient, for what is offered.
    """
    judged = judge_stated(stated, grounds)
    sources = ScoreSources(judged.facts, stated, grounds.as_of, weight_kg=weight_kg)
    asked = list_open(judged, stated, passed)
    return Open(judged, sources.offer(asked, judged.limits))


def list_open(judged: Judged, stated: Stated, passed: Collection[str] = ()) -> tuple[Question, ...]:
    """List what is still to ask of a patient who was judged, most telling first."""
    asked, to_ask = judged.route.questions, judged.pathway.to_ask
    if judged.route.row == CONTRADICTED.name:
        asked, to_ask = (), tuple(key for key in to_ask if key == EXPLAINS)
    asked = (*asked, *ask_besides(to_ask, asked))
    found: dict[str, Question] = {}
    for question in asked:
        if question.key is None:
            continue
        key = AS_DATE.get(question.key, question.key)
        if key in OF_WOMEN and SEX not in stated.values and SEX not in passed:
            found.setdefault(SEX, Question(SEX, "chart", question.criteria))
        elif key not in stated.values and key not in passed and question.key not in stated.values:
            found.setdefault(key, replace(question, key=key))
    return tuple(found.values())
