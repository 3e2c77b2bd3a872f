"""What comes next on a route, in order: whole sentences, and no order to anybody."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

from fl_planner.basis.shown import as_plain
from fl_planner.planning.pathway.evidence import show_verdict
from fl_planner.planning.route.questions import Question
from fl_planner.planning.route.situation import Situation
from fl_planner.planning.route.words import MOST, join_words, name_trial
from fl_planner.planning.row_sentences import tell_all
from fl_planner.planning.withdrawal import SETTLE_FIRST
from fl_planner.trials.facts.meaning import say_meaning
from fl_planner.trials.judge import AGE, Judgement, Verdict
from fl_planner.trials.route_row import RouteRow


def say_next_steps(
    row: RouteRow, situation: Situation, questions: tuple[Question, ...]
) -> tuple[str, ...]:
    """Say what comes next, in order: for discussion, missing, elsewhere."""
    passages: dict[str, Callable[[Situation], Iterable[str]]] = {
        "propose": lambda known: _propose(row, known),
        "near": _near,
        "ask": lambda _: _ask(questions),
    }
    first = (SETTLE_FIRST,) if situation.patient.withdrawn else ()
    return (*first, *tell_all(row.next_steps, passages, situation))


def _propose(row: RouteRow, situation: Situation) -> Iterator[str]:
    judged = situation.judged(row.trial)
    assert judged is not None  # or it would not be eligible
    offer = situation.offer(judged)
    at = f", {offer.contact}" if offer.contact else ""
    yield f"For the tumour board, then the trial's team{at}: {name_trial(judged)}."
    if not judged.consented:
        yield "Written consent to this trial is not on file: the trial's team asks for it."
    if judged.trial.window is not None:
        yield f"Registration is possible only {judged.trial.window.closes}."
    yield from _expiries(judged)


def _near(situation: Situation) -> Iterator[str]:
    """Name trials that are within reach: one result too old, or open elsewhere."""
    yield from _outdated(situation)
    yield from _referrals(situation)


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
                f"Too old for {name_trial(judged)}: the results of {ids}; nothing else that is "
                "known stands against it."
            )


def _referrals(situation: Situation) -> Iterator[str]:
    """Name where an eligible trial that is not open here can be had."""
    for judged in situation.judgements:
        offer = situation.offer(judged)
        if judged.verdict is Verdict.ELIGIBLE and offer.status == "referral":
            said = show_verdict(judged, situation.patient.limited).capitalize()
            yield f"{said} for {name_trial(judged)}: {offer}."


def _ask(questions: Iterable[Question]) -> Iterator[str]:
    """Name once for each person what they can answer: the first five, and how many more."""
    by_person: dict[str, list[Question]] = {}
    for question in questions:
        by_person.setdefault(question.asked_of, []).append(question)
    for person, asked in by_person.items():
        keys = [question.key for question in asked if question.key is not None]
        if keys:
            more = f"; and {len(keys) - MOST} more" if len(keys) > MOST else ""
            yield f"Missing, {person}: {'; '.join(map(say_meaning, keys[:MOST]))}{more}."
        for question in asked:
            if question.key is None:
                of = join_words([f"{trial} {id_}" for trial, id_ in question.criteria])
                yield f"For a person to choose: which reading of {of} holds."
