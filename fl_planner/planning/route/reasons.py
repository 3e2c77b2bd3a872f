"""Why a route is what it is, in whole sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from fl_planner.basis.constants import NAMES_BY_FACT
from fl_planner.basis.shown import as_number
from fl_planner.basis.truth import Truth
from fl_planner.planning.assessment.thresholds import FLR
from fl_planner.planning.pathway.pathway import find_crossing, show_verdict, tell_distance
from fl_planner.planning.pathway.reasons import say_lesions, say_no_tumour, say_risks
from fl_planner.planning.pathway.situation import (
    FUNCTION,
    say_cleared,
    say_lesions_left,
    say_not_answered,
)
from fl_planner.planning.pathway.states import FlrState
from fl_planner.planning.route.situation import Situation
from fl_planner.trials.condition import RouteRow, fill_in, tell_all
from fl_planner.trials.criterion import Criterion
from fl_planner.trials.judge import CHANGES, CriterionAnswer, Judgement, Verdict

MOST = 5  # criteria, or answers of one person, that are told in words [clinical.md 17]


def say_route_headline(row: RouteRow, situation: Situation) -> str:
    """Say the route in one line."""
    words: dict[str, Callable[[Situation], str]] = {
        "eligible": lambda known: show_verdict(_own_trial(row, known), known.patient.limited),
        "trial": lambda known: name_trial(_own_trial(row, known)),
        "undecided": _word_undecided,
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


def _word_undecided(situation: Situation) -> str:
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


FEW = 2  # failures of a trial that are told with their numbers


def say_route_reasons(row: RouteRow, situation: Situation) -> tuple[str, ...]:
    """Say the reasons of a route, what stands against the others, and what was not checked."""
    passages = {**_PASSAGES, "notes": lambda known: _notes(row, known)}
    said = [*tell_all(row.reasons, passages, situation), *_pending(row, situation)]
    if not row.settles_first:
        said += say_risks(situation.patient)
    if situation.centre is None:
        said.append(
            "Where the trials recruit was not checked: without a centre file every trial is taken "
            "to be recruiting."
        )
    return tuple(said)


def _contradictions(situation: Situation) -> Iterator[str]:
    patient = situation.contradictions or ("CRLM and HCC are both said to be present",)
    yield f"The facts exclude each other: {'. '.join(patient)}."
    yield "No plan stands on them until a person has settled it."


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
            f"The FLR, {patient.flr_of_liver}, lies where a missing "
            "answer on the liver decides whether it is below the limit."
        )
    else:
        side = "not below" if situation.flr is FlrState.SUFFICIENT else "below"
        yield f"The FLR, {patient.flr_of_liver}, is {side} the limit."


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
            said = show_verdict(judged, situation.patient.limited)
            yield f"{name_trial(judged)}: {said}, {situation.offer(judged)}."
        else:
            yield f"{name_trial(judged)} is undecided, {situation.offer(judged)}."


def _failures(judged: Judgement, situation: Situation) -> str:
    """Name what fails; few failures with their sentence and how far the number is."""
    failed = [answer for answer in judged.answers if answer.fails]
    design = [judged.trial.by_design.says] if judged.by_design and judged.trial.by_design else []
    if len(failed) > FEW:
        return "; ".join([*design, join_criteria([answer.criterion for answer in failed])])
    return "; ".join([*design, *(_failure(answer, situation) for answer in failed)])


def _failure(answer: CriterionAnswer, situation: Situation) -> str:
    patient = situation.patient
    excluding = answer.criterion.kind == "exclusion"
    limits, shares = patient.limits, patient.thresholds
    distance = tell_distance(answer.against, shares, limits, excluding=excluding)
    near = f", {distance}" if distance else ""
    crossing = find_crossing(answer.against, patient.thresholds)
    if crossing is not None and crossing.is_borderline:
        chance = as_number(100 * crossing.crossing_chance, (), 0)
        near += f"; another reading would cross it with a chance of {chance} %"
    says = answer.criterion.says
    applies = "not met" if answer.criterion.kind == "inclusion" else "applies"
    return f"{answer.criterion.id} {applies} ({says}{near}), {CHANGES[answer.changes]}"


def _undecided(situation: Situation) -> Iterator[str]:
    """Say which criteria of which trials are not answered: five in words, and how many more."""
    for judged in situation.undecided:
        human = " (a person's judgement)" if judged.only_human_open else ""
        missing = [judged.trial.criterion(id_) for id_ in judged.unknown]
        asked = join_criteria(missing)
        yield f"{name_trial(judged)} is undecided; not yet answered{human}: {asked}."


def _open_flr(situation: Situation) -> Iterator[str]:
    """Say how the FLR stands where it is not decided."""
    if situation.flr_undetermined:
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
    "lesions": lambda known: say_lesions(known.patient),
    "no_tumour": lambda known: say_no_tumour(known.patient),
}
