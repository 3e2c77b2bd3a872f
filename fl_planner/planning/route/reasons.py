"""Why a route is what it is, in whole sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

from fl_planner.basis.constants import NAMES_BY_FACT
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.standing_words import FOR_ANOTHER, NOT_CHECKED
from fl_planner.basis.truth import Truth
from fl_planner.planning.assessment.near_limits import FLR, format_chance
from fl_planner.planning.only_just import show_verdict
from fl_planner.planning.pathway.headline import (
    say_by_function,
    say_cleared,
    say_lesions_left,
    say_not_answered,
)
from fl_planner.planning.pathway.pathway import find_crossing, tell_distance
from fl_planner.planning.pathway.reasons import say_lesions, say_liver, say_no_tumour, say_risks
from fl_planner.planning.pathway.situation import FUNCTION, PathwaySituation
from fl_planner.planning.pathway.states import FlrState
from fl_planner.planning.route.situation import Situation
from fl_planner.trials.condition import RouteRow, fill_in, tell_all
from fl_planner.trials.criterion import Criterion
from fl_planner.trials.facts.facts import Facts, Value
from fl_planner.trials.judge import CHANGES, CriterionAnswer, Judgement, Verdict

MOST = 5  # criteria, or answers of one person, that are told in words [clinical.md 17]


def say_route_headline(row: RouteRow, situation: Situation) -> str:
    """Say the route in one line; of an embolised patient with the day of the scan."""
    patient = situation.patient
    words: dict[str, Callable[[Situation], str]] = {
        "eligible": lambda known: show_verdict(
            _own_trial(row, known), patient.facts, patient.limited
        ),
        "trial": lambda known: _own_trial(row, known).trial.called,
        "undecided": _word_undecided,
        "against": _against,
        "lesions": _lesions,
        "limit": lambda _: patient.say_limit(),
        "by_function": lambda _: say_by_function(patient),
        "against_trial": lambda _: "".join(f"; {why}" for why in _list_against(patient.facts)),
        "function_exceeds": lambda _: _function_exceeds(patient),
        "flr_side": _flr_side,
        "grown": lambda _: patient.augmented_by,
        "scan_of_day": lambda _: _scan_of_day(patient),
        "why_none": _why_none,
    }
    said = f"{_not_answered(row, situation)}{fill_in(row.headline, words, situation)}"
    day = patient.say_day()
    return f"{said}; {day}" if day and day not in said else said


def _function_exceeds(patient: PathwaySituation) -> str:
    limit, of = patient.function_limit, patient.protocols.crlm.name
    return f"function {patient.say_function()} exceeds {limit} ({of})"


def _flr_side(situation: Situation) -> str:
    """Say where the volume stands, or that function has reached its limit."""
    if situation.limit_by_function:
        return say_by_function(situation.patient)
    return f"FLR below {situation.patient.say_limit()}"


def _scan_of_day(patient: PathwaySituation) -> str:
    day = patient.say_day()
    return f"scan of {day}" if day.startswith("day ") else day


def _why_none(situation: Situation) -> str:
    """Name what keeps a patient from every route: first what the disease does, then the liver."""
    patient = situation.patient
    said = [*_elsewhere(situation), *_list_against(patient.facts), *_list_open(patient.facts)]
    said += patient.states.risks
    if situation.flr is FlrState.INSUFFICIENT:
        said.append(f"FLR below {patient.say_limit()}")
    if situation.limit_by_function:
        said.append(_function_exceeds(patient))
    if patient.states.embolised and not said:
        said.append(patient.say_day())
    return "; ".join(said) or "not all of this tool's five conditions for resection are known"


def _list_against(facts: Facts) -> Iterator[str]:
    """List what is recorded of disease and patient that keeps from trials and from resection."""
    ecog = facts.get("ecog")
    for fact, recorded, says in _AGAINST:
        if facts.get(fact) == recorded:
            yield f"{says}{_how_far(facts) if fact == ELSEWHERE else ''}"
    if isinstance(ecog, Fraction) and ecog > 2:
        yield "ECOG above 2"
    if facts.get("able_to_consent") is False:
        yield "not able to consent"


def _how_far(facts: Facts) -> str:
    stays = facts.get("extrahepatic_resectable_or_ablatable") is False
    return " neither resectable nor ablatable" if stays else ""


def _list_open(facts: Facts) -> Iterator[str]:
    if facts.get("liver_tumour_resectability") == "potentially_resectable":
        yield "liver tumours called potentially resectable"


def _elsewhere(situation: Situation) -> Iterator[str]:
    """Name the trials that fit and are not open here."""
    for judged in situation.judgements:
        if judged.verdict is Verdict.ELIGIBLE and situation.offer(judged).status != "open":
            yield f"{judged.trial.called} {situation.offer(judged)}"


ELSEWHERE = "extrahepatic_status"
_AGAINST: tuple[tuple[str, Value, str], ...] = (  # a fact, what is recorded of it, and its words
    ("recist_response_after_chemo", "progressive_disease", "progression after chemotherapy"),
    ("recist_response_after_chemo", "complete_response", "complete response"),
    (ELSEWHERE, "confirmed", "extrahepatic disease"),
    ("vascular_invasion", True, "vascular invasion"),
    ("liver_tumour_resectability", "unresectable", "liver tumours called unresectable"),
    ("prohibitive_comorbidity", True, "prohibitive comorbidity"),
)


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
    if situation.flr is FlrState.UNDETERMINED:
        patient = situation.patient
        small = patient.protocols.small_flr(patient.states.diagnosis)
        return (
            f": {join_words([say_liver(one) for one in sorted(small.open_facts(patient.facts))])}"
        )
    return ": the FLR" if situation.flr_undetermined else ": lesions left in the remnant"


def _against(situation: Situation) -> str:
    """Name the risks on file, and the day after an embolisation."""
    patient = situation.patient
    said = [f"recorded: {join_words(patient.states.risks)}"] if patient.states.risks else []
    said += [patient.say_day()] if patient.states.embolised else []
    return "; ".join(said) or "for tumour board discussion"


def _lesions(situation: Situation) -> str:
    """Say what stays in the remnant, and the FLR without it."""
    patient = situation.patient
    return f"{say_lesions_left(patient)} in the remnant, {say_cleared(patient)}"


def join_criteria(criteria: Sequence[Criterion]) -> str:
    """Say criteria in words, the first five, and how many more there are."""
    said = "; ".join(f"{one.says} ({one.id})" for one in criteria[:MOST])
    more = len(criteria) - MOST
    return f"{said}; and {more} more" if more > 0 else said


FEW = 2  # failures of a trial that are told with their numbers


def say_route_reasons(row: RouteRow, situation: Situation) -> tuple[str, ...]:
    """Say the reasons of a route, what stands against the others, and what was not checked."""
    passages = {**_PASSAGES, "notes": lambda known: _notes(row, known)}
    said = [*tell_all(row.reasons, passages, situation), *_pending(row, situation)]
    if not row.settles_first:
        said += say_risks(situation.patient)
    if situation.centre is None:
        said.append(_say_unchecked(situation))
    return tuple(said)


def _say_unchecked(situation: Situation) -> str:
    """Say that nobody looked where the trials recruit, and the sites of the registry copies."""
    trials = (one.trial for one in situation.judgements)
    sites = [f"{trial.site} ({trial.name})" for trial in trials if trial.site is not None]
    named = f"; registry sites: {', '.join(sites)}" if sites else ""
    return f"{NOT_CHECKED}: without a centre file every trial is assumed to be recruiting{named}."


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
            "answer on the liver decides whether it is below its limit."
        )
    else:
        side = "not below" if situation.flr is FlrState.SUFFICIENT else "below"
        yield f"The FLR, {patient.flr_of_liver}, is {side} {patient.say_limit()}."


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
    patient = situation.patient
    for judged in situation.routed:
        if judged.verdict is Verdict.NOT_ELIGIBLE:
            why = "; ".join(one.removesuffix(".") for one in say_why_not(judged, patient))
            yield f"{judged.trial.called}: not eligible. {why}."
        elif judged.verdict is Verdict.ELIGIBLE:
            said = show_verdict(judged, patient.facts, patient.limited)
            yield f"{judged.trial.called}: {said}, {situation.offer(judged)}."
        else:
            yield f"{judged.trial.called} is undecided, {situation.offer(judged)}."


def say_why_not(judged: Judgement, patient: PathwaySituation) -> tuple[str, ...]:
    """Say why a patient is not eligible, in words with the id behind; nothing where that is open.

    What its design rules out comes first; of few failures each number's distance is told.
    """
    if not judged.applies:
        return (f"{FOR_ANOTHER[0].upper()}{FOR_ANOTHER[1:]}.",)
    failed = [answer for answer in judged.answers if answer.fails]
    barred = judged.trial.by_design if judged.by_design is not None else None
    said = [] if barred is None else [f"{barred.say(patient.say_kinds())}."]
    if len(failed) > FEW:
        said += [
            f"{_stands(one.criterion)}, {CHANGES[one.changes]}: {one.criterion.says} "
            f"({one.criterion.id})."
            for one in failed
        ]
    else:
        said += [f"{_failure(answer, patient)}." for answer in failed]
    return tuple(said)


def _stands(criterion: Criterion) -> str:
    return "Not met" if criterion.kind == "inclusion" else "Applies"


def _failure(answer: CriterionAnswer, patient: PathwaySituation) -> str:
    excluding = answer.criterion.kind == "exclusion"
    limits, shares = patient.limits, patient.thresholds
    distance = tell_distance(answer.against, shares, limits, excluding=excluding)
    near = f", {distance}" if distance else ""
    crossing = find_crossing(answer.against, [one for one in patient.limited if one.has_chance])
    if crossing is not None and crossing.is_borderline:
        chance = format_chance(crossing.crossing_chance)
        near += f"; another reading would cross it with a chance of {chance}"
    one = answer.criterion
    return f"{_stands(one)}, {CHANGES[answer.changes]}: {one.says}{near} ({one.id})"


def _undecided(situation: Situation) -> Iterator[str]:
    """Say which criteria of which trials are not answered: five in words, and how many more."""
    for judged in situation.undecided:
        human = " (a person's judgement)" if judged.only_human_open else ""
        missing = [judged.trial.criterion(id_) for id_ in judged.unknown]
        asked = join_criteria(missing)
        yield f"{judged.trial.called} is undecided; not yet answered{human}: {asked}."


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
    "open_flr": lambda known: _flr(known) if known.flr_undetermined else (),
    "function": _function,
    "trials": _trials,
    "undecided": _undecided,
    "lesions": lambda known: say_lesions(known.patient),
    "no_tumour": lambda known: say_no_tumour(known.patient),
}
