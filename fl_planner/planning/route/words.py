"""One line for people on each row of the table of routes, and the words that all rows share."""

from __future__ import annotations

from collections.abc import Sequence

from fl_planner.planning.pathway.headlines import say_not_answered
from fl_planner.planning.pathway.situation import FLR
from fl_planner.planning.route.rows import RouteRow, Situation
from fl_planner.trials.judge import Judgement, Verdict, say_verdict

HEADLINES = {
    "R1": "the facts exclude each other: settle that before any plan",
    "R2": "the diagnosis is needed first",
    "R3": "for the tumour board: none of the five trials, and no threshold, applies",
    "C6": "for the tumour board: anatomy rules out DRAGON 2, and the function exceeds its limit",
    "C7": "PVE outside a trial: anatomy rules out combined PVE/HVE",
    "C8": "for the tumour board: volume says yes, function says no",
    "C9": "resection, without any step that makes the remnant grow",
    "C10": "more answers are needed",
    "C11": "for the tumour board: none of the routes fits",
    "H2": "more answers are needed",
    "H3": "for the tumour board: volume says yes, function says no",
    "H3a": "for the tumour board: the remnant suffices, but there is portal hypertension",
    "H4": "resection, without any step that makes the remnant grow",
    "H5": "outside the five trials: DRAGON PLC (NCT06914648)",
    "H6": "more answers are needed on the remnant",
    "H7": "for the tumour board: none of the routes fits",
}
MORE = {
    "C2": "; the board should first ask whether the function already allows resection",
    "C5": "; the registry text says not yet recruiting",
}


def say_route_headline(row: RouteRow, situation: Situation) -> str:
    """Say the route in one line."""
    judged = situation.judged(row.trial) if row.trial else None
    if judged is None:
        return f"{_not_answered(row, situation)}{HEADLINES[row.name]}{_undecided(row, situation)}"
    eligible = say_verdict(Verdict.ELIGIBLE, situation.told.facts)
    return f"{eligible} for {name_trial(judged)}{MORE.get(row.name, '')}"


def _not_answered(row: RouteRow, situation: Situation) -> str:
    """Open with what is not answered, where a route waits for a number that an error forbids."""
    waits = {fact for one in situation.undecided for a in one.answers for fact in a.open_facts}
    if situation.flr_open:
        waits.add(FLR)
    if row.route != "needs_data" or not waits & situation.told.withdrawn.keys():
        return ""
    return f"{say_not_answered(situation.told)}; then "


def _undecided(row: RouteRow, situation: Situation) -> str:
    """Name the trials that wait for the answers, where a row asks for them."""
    names = [judged.trial.name for judged in situation.undecided]
    if row.name not in ("C10", "H2") or not names:
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
