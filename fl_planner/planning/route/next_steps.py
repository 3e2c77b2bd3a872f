"""What to do next on a route, in order: whole sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from fl_planner.basis.shown import as_plain
from fl_planner.planning.route.questions import Question
from fl_planner.planning.route.rows import PUMP_IT, RESECTION, RouteRow, Situation
from fl_planner.planning.route.words import join_words, name_trial
from fl_planner.planning.withdrawal import SETTLE_FIRST
from fl_planner.trials.judge import AGE, Judgement, Verdict

_STEPS: dict[str, tuple[str, ...]] = {
    "R1": ("Let a person settle which of the facts are right, then judge again.",),
    "R3": ("Let the tumour board decide.",),
    "C2": ("Ask the board whether the function already allows resection.",),
    "C5": ("Confirm with the trial team that the trial runs.",),
    "C6": ("Let the tumour board weigh function against volume.",),
    "C7": ("Confirm that PVE itself is possible.",),
    "C8": ("Let the tumour board weigh function against volume.",),
    "C11": ("Let the tumour board decide on treatment outside the trials.",),
    "H3": ("Let the tumour board weigh function against volume.",),
    "H3a": ("Let the tumour board weigh the portal hypertension.",),
    "H5": ("Ask whether DRAGON PLC can be reached, and let the tumour board decide.",),
    "H7": ("Let the tumour board decide on treatment outside the trials.",),
}
NO_ROUTE = frozenset({"C11", "H7"})
_ASK = {
    "chart": "Look up in the chart",
    "patient": "Ask the patient for",
    "tumour board": "Ask the tumour board for",
    "radiologist": "Ask the radiologist for",
    "investigator": "Ask the investigator for",
}


def say_next_steps(
    row: RouteRow, situation: Situation, questions: tuple[Question, ...]
) -> tuple[str, ...]:
    """Say what to do next, in the order in which to do it."""
    return tuple(_steps(row, situation, questions))


def _steps(row: RouteRow, situation: Situation, questions: tuple[Question, ...]) -> Iterator[str]:
    if situation.told.withdrawn:
        yield SETTLE_FIRST
    near = () if row.name == "R1" else (*_outdated(situation), *_referrals(situation))
    if row.name in NO_ROUTE:  # a trial within reach comes before treatment outside all of them
        yield from near
    yield from _STEPS.get(row.name, ())
    judged = situation.judged(row.trial) if row.trial else None
    if judged is not None:
        yield from _to_trial(judged, situation)
    if row.route == RESECTION:
        yield "Propose resection to the tumour board."
    if row.name not in NO_ROUTE:
        yield from near
    if row.name != "R1":
        yield from _ask(questions)


def _to_trial(judged: Judgement, situation: Situation) -> Iterator[str]:
    offer = situation.offer(judged)
    at = f", {offer.contact}" if offer.contact else ""
    yield f"Propose {name_trial(judged)} to the tumour board, then to the trial's team{at}."
    if situation.told.facts.get("written_consent") is not True:
        yield "Let the trial's team ask for consent: none is recorded."
    if judged.trial.short == PUMP_IT:
        yield "Register before the first cycle of chemotherapy."
    yield from _expiries(judged)


def _expiries(judged: Judgement) -> Iterator[str]:
    """Say how long the results hold that the trial wants fresh."""
    for answer in judged.answers:
        if answer.holds_days is not None:
            yield (
                f"{judged.trial.name} {answer.criterion.id} holds {_until(answer.holds_days)}: "
                f"{answer.criterion.says}."
            )


def _until(days: Fraction) -> str:
    if days == 0:
        return "on the judging date only"
    return f"until {as_plain(days)} day{'' if days == 1 else 's'} after the judging date"


def _outdated(situation: Situation) -> Iterator[str]:
    """Name trials that nothing keeps the patient out of but results that are too old."""
    for judged in situation.judgements:
        facts = [{c.fact for c in answer.against} for answer in judged.answers if answer.fails]
        old = all(names and all(name.endswith(AGE) for name in names) for names in facts)
        if facts and old and situation.offer(judged).status != "closed":
            ids = join_words(judged.failed)
            yield (
                f"Renew the results that are too old for {name_trial(judged)}, {ids}: nothing else "
                "that is known stands against it."
            )


def _referrals(situation: Situation) -> Iterator[str]:
    """Name where an eligible trial that is not open here can be had."""
    for judged in situation.judgements:
        offer = situation.offer(judged)
        if judged.verdict is Verdict.ELIGIBLE and offer.status == "referral":
            yield f"Ask about {name_trial(judged)}: {offer}."


def _ask(questions: Iterable[Question]) -> Iterator[str]:
    """Ask each person once for all that they can answer."""
    by_person: dict[str, list[Question]] = {}
    for question in questions:
        by_person.setdefault(question.asked_of, []).append(question)
    for person, asked in by_person.items():
        keys = [question.key for question in asked if question.key is not None]
        if keys:
            yield f"{_ASK[person]}: {join_words(keys)}."
        for question in asked:
            if question.key is None:
                of = join_words([f"{trial} {id_}" for trial, id_ in question.criteria])
                yield f"Let a person choose between the readings of {of}."
