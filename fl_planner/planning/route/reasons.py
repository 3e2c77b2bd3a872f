"""Why a route is what it is: whole sentences, the deciding ones first."""

from collections.abc import Callable, Iterable, Iterator

from fl_planner.basis.diagnoses import NAMES_BY_FACT
from fl_planner.basis.shown import as_number
from fl_planner.basis.truth import Truth
from fl_planner.planning.pathway.evidence import find_crossing, tell_distance
from fl_planner.planning.pathway.situation import FLR, FUNCTION
from fl_planner.planning.pathway.states import FlrState
from fl_planner.planning.route.situation import Situation
from fl_planner.planning.route.words import join_words, name_trial
from fl_planner.planning.row_sentences import tell_all
from fl_planner.trials.judge import CriterionAnswer, Judgement, Verdict
from fl_planner.trials.route_row import RouteRow

FEW = 2  # failures of a trial that are told with their numbers
_CHANGES = {
    "can_change": "which can change",
    "on_date": "which a date changes",
    "permanent": "which stays",
}


def say_route_reasons(row: RouteRow, situation: Situation) -> tuple[str, ...]:
    """Say the reasons of a route, what stands against the others, and what was not checked."""
    passages = {**_PASSAGES, "notes": lambda known: _notes(row, known)}
    said = [*tell_all(row.reasons, passages, situation), *_pending(row, situation)]
    if situation.centre is None:
        said.append(
            "Where the trials recruit was not checked: without a centre file each counts as open."
        )
    return tuple(said)


def _contradictions(situation: Situation) -> Iterator[str]:
    codes = situation.contradictions or ("both cancers are said to be present",)
    yield (
        f"The facts exclude each other ({join_words(codes)}): no plan stands on them until a "
        "person has settled it."
    )


def _diagnosis(situation: Situation) -> Iterator[str]:
    facts = situation.patient.facts
    unknown = [name for fact, name in NAMES_BY_FACT.items() if facts.get(fact) is None]
    yield (
        "Neither CRLM nor HCC is known to be present, and whether there is "
        f"{' or '.join(unknown)} is not answered."
    )


def _flr(situation: Situation) -> Iterator[str]:
    patient = situation.patient
    withdrawn = patient.say_withdrawn(FLR)
    if withdrawn is not None:
        yield f"The FLR is not to be used: {withdrawn}."
    elif situation.flr is FlrState.NOT_GIVEN:
        yield "The FLR is not known, and it decides between the routes."
    elif situation.flr is FlrState.UNDETERMINED:
        yield (
            f"The FLR, {patient.say_share(FLR)} of the non-tumorous liver, lies where a missing "
            "answer on the liver decides whether it is enough."
        )
    else:
        enough = "suffices" if situation.flr is FlrState.SUFFICIENT else "is too small"
        yield f"The FLR, {patient.say_share(FLR)} of the non-tumorous liver, {enough} by volume."


def _function(situation: Situation) -> Iterator[str]:
    patient = situation.patient
    withdrawn = patient.say_withdrawn(FUNCTION)
    if withdrawn is not None:
        yield f"Its function is not to be used: {withdrawn}."
        return
    if situation.function is Truth.UNKNOWN:
        yield "Function was not measured, so volume decides alone."
        return
    does = "exceeds" if situation.function is Truth.TRUE else "does not exceed"
    yield f"Its function, {patient.say_function()}, {does} {patient.function_limit}."


def _trials(situation: Situation) -> Iterator[str]:
    """Say what stands against each trial for this diagnosis."""
    for judged in situation.routed:
        if judged.verdict is Verdict.NOT_ELIGIBLE:
            yield f"{name_trial(judged)}: not eligible, {_failures(judged, situation)}."
        elif judged.verdict is Verdict.ELIGIBLE:
            yield f"{name_trial(judged)} fits, {situation.offer(judged)}."
        else:
            yield f"{name_trial(judged)} is not decided, and {situation.offer(judged)}."


def _failures(judged: Judgement, situation: Situation) -> str:
    """Name what fails; few failures with their sentence and how far the number is."""
    failed = [answer for answer in judged.answers if answer.fails]
    if len(failed) > FEW:
        return ", ".join(judged.failed)
    return "; ".join(_failure(answer, situation) for answer in failed)


def _failure(answer: CriterionAnswer, situation: Situation) -> str:
    patient = situation.patient
    distance = tell_distance(answer.against, patient.thresholds, patient.limits)
    near = f", {distance}" if distance else ""
    crossing = find_crossing(answer.against, patient.thresholds)
    if crossing is not None and crossing.is_borderline:
        chance = as_number(100 * crossing.crossing_chance, (), 0)
        near += f"; another reading would cross it with a chance of {chance} %"
    says = answer.criterion.says
    return f"{answer.criterion.id} ({says}{near}), {_CHANGES[answer.changes]}"


def _undecided(situation: Situation) -> Iterator[str]:
    for judged in situation.undecided:
        human = ", which only a person can answer" if judged.only_human_open else ""
        yield f"{name_trial(judged)} is open: {join_words(judged.unknown)}{human}."


def _open_flr(situation: Situation) -> Iterator[str]:
    if situation.flr_open:
        yield from _flr(situation)


def _pending(row: RouteRow, situation: Situation) -> Iterator[str]:
    """Name the trials that a missing value would hide behind another route."""
    if row.route == "needs_data" or row.settles_first:
        return
    for sentence in _undecided(situation):
        yield f"Pending: {sentence}"


def _notes(row: RouteRow, situation: Situation) -> Iterator[str]:
    """Say what a person should know of the trial that a row leads to."""
    judged = situation.judged(row.trial)
    for note in judged.trial.notes if judged is not None else ():
        yield f"{note[:1].upper()}{note[1:]}."


_PASSAGES: dict[str, Callable[[Situation], Iterable[str]]] = {
    "contradictions": _contradictions,
    "diagnosis": _diagnosis,
    "flr": _flr,
    "open_flr": _open_flr,
    "function": _function,
    "trials": _trials,
    "undecided": _undecided,
}
