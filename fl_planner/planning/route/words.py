"""The words that a row of the table of routes leaves to be filled in, and those that all share."""

from collections.abc import Callable, Sequence

from fl_planner.planning.assessment.thresholds import FLR
from fl_planner.planning.pathway.evidence import show_verdict
from fl_planner.planning.pathway.words import (
    say_cleared,
    say_lesions_left,
    say_not_answered,
)
from fl_planner.planning.route.situation import Situation
from fl_planner.planning.row_sentences import fill_in
from fl_planner.trials.criterion import Criterion
from fl_planner.trials.judge import Judgement
from fl_planner.trials.route_row import RouteRow

MOST = 5  # criteria, or answers of one person, that are told in words [clinical.md 17]


def say_route_headline(row: RouteRow, situation: Situation) -> str:
    """Say the route in one line."""
    words: dict[str, Callable[[Situation], str]] = {
        "eligible": lambda known: show_verdict(_own_trial(row, known), known.patient.limited),
        "trial": lambda known: name_trial(_own_trial(row, known)),
        "undecided": _undecided,
        "against": _against,
        "lesions": _lesions,
    }
    return f"{_not_answered(row, situation)}{fill_in(row.headline, words, situation)}"


def _own_trial(row: RouteRow, situation: Situation) -> Judgement:
    judged = situation.judged(row.trial)
    assert judged is not None  # or it would not be eligible
    return judged


def _not_answered(row: RouteRow, situation: Situation) -> str:
    """Open with what is not answered, where a route waits for a number that an error forbids."""
    waits = {fact for one in situation.undecided for a in one.answers for fact in a.open_facts}
    if situation.flr_undetermined:
        waits.add(FLR)
    if row.route != "needs_data" or not waits & situation.patient.withdrawn.keys():
        return ""
    return f"{say_not_answered(situation.patient)}; then "


def _undecided(situation: Situation) -> str:
    """Name the trials that wait for answers; where there are none, what else does."""
    names = [judged.trial.name for judged in situation.undecided]
    if names:
        return f": {join_words(names)} undecided"
    return ": the FLR" if situation.flr_undetermined else ": lesions left in the remnant"


def _against(situation: Situation) -> str:
    """Name the risks on file, or the embolisation."""
    risks = situation.patient.states.risks
    if risks:
        return f"on file: {join_words(risks)}"
    return f"after embolisation ({situation.patient.say_embolisation()})"


def _lesions(situation: Situation) -> str:
    """Say what stays in the remnant, and the FLR without it."""
    patient = situation.patient
    return f"{say_lesions_left(patient)} in the remnant, {say_cleared(patient)}"


def name_trial(judged: Judgement) -> str:
    """Name a trial with its id."""
    return f"{judged.trial.name} ({judged.trial.id})"


def join_criteria(criteria: Sequence[Criterion]) -> str:
    """Say criteria in words, the first five, and how many more there are."""
    said = "; ".join(f"{one.id} ({one.says})" for one in criteria[:MOST])
    more = len(criteria) - MOST
    return f"{said}; and {more} more" if more > 0 else said


def join_words(words: Sequence[str]) -> str:
    """Join words as in a sentence.

    Examples
    --------
    >>> join_words(["platelets", "ecog", "age"])
    'platelets, ecog and age'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
