"""The words that a row of the table of routes leaves to be filled in, and those that all share."""

from collections.abc import Callable, Sequence

from fl_planner.planning.pathway.evidence import show_verdict
from fl_planner.planning.pathway.situation import FLR
from fl_planner.planning.pathway.words import say_not_answered
from fl_planner.planning.route.situation import Situation
from fl_planner.planning.row_sentences import fill_in
from fl_planner.trials.judge import Judgement
from fl_planner.trials.route_row import RouteRow


def say_route_headline(row: RouteRow, situation: Situation) -> str:
    """Say the route in one line."""
    words: dict[str, Callable[[Situation], str]] = {
        "eligible": lambda known: show_verdict(_own_trial(row, known), known.patient.thresholds),
        "trial": lambda known: name_trial(_own_trial(row, known)),
        "undecided": _undecided,
    }
    return f"{_not_answered(row, situation)}{fill_in(row.headline, words, situation)}"


def _own_trial(row: RouteRow, situation: Situation) -> Judgement:
    judged = situation.judged(row.trial)
    assert judged is not None  # or it would not be eligible
    return judged


def _not_answered(row: RouteRow, situation: Situation) -> str:
    """Open with what is not answered, where a route waits for a number that an error forbids."""
    waits = {fact for one in situation.undecided for a in one.answers for fact in a.open_facts}
    if situation.flr_open:
        waits.add(FLR)
    if row.route != "needs_data" or not waits & situation.patient.withdrawn.keys():
        return ""
    return f"{say_not_answered(situation.patient)}; then "


def _undecided(situation: Situation) -> str:
    names = [judged.trial.name for judged in situation.undecided]
    if not names:
        return ""
    return f": {join_words(names)} {'is' if len(names) == 1 else 'are'} open"


def name_trial(judged: Judgement) -> str:
    """Name a trial with its id."""
    return f"{judged.trial.name} ({judged.trial.id})"


def join_words(words: Sequence[str]) -> str:
    """Join words as in a sentence.

    Examples
    --------
    >>> join_words(["platelets", "ecog", "age"])
    'platelets, ecog and age'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
