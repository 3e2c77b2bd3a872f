"""Headline and reasons of a route, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

from fl_planner.basis.constants import NAMES_BY_FACT
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.standing_words import FIVE_TRIALS, FOR_ANOTHER, NOT_CHECKED
from fl_planner.basis.three_valued import Truth
from fl_planner.liver.scatter.crossing_chance import as_crossing_chance
from fl_planner.planning.assessment.near_limits import FLR
from fl_planner.planning.full_route.situation import OPERABLE, PERHAPS_RESECTABLE, Situation
from fl_planner.planning.only_just_eligible import show_verdict
from fl_planner.planning.volume_pathway.fill_headline import (
    describe_clearing,
    describe_function_above_limit,
    describe_function_not_above_limit,
    describe_lesions_left,
    describe_limit_by_function,
    format_not_answered,
    name_function_source,
)
from fl_planner.planning.volume_pathway.pathway import (
    choose_crossing,
    format_distance,
    format_known,
)
from fl_planner.planning.volume_pathway.reasons import (
    NOT_MEASURED,
    describe_cirrhosis_limit,
    describe_lesions,
    describe_no_tumour,
    describe_risks,
    format_stated,
    name_liver_condition,
)
from fl_planner.planning.volume_pathway.situation import FUNCTION, PathwaySituation
from fl_planner.planning.volume_pathway.states import FlrState, name_treatment
from fl_planner.trials.condition import RouteRow, fill_in, fill_sentences
from fl_planner.trials.criterion import Criterion, DesignBar
from fl_planner.trials.facts.facts import CONSENT, FACTS, Facts, Value
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import name_fact
from fl_planner.trials.judge import CHANGES, CriterionAnswer, Judgement, Verdict
from fl_planner.trials.statements import TREATED_BEFORE

MOST = 5  # criteria, or missing answers of one source, that are named [clinical.md 17]


def format_route_headline(row: RouteRow, situation: Situation) -> str:
    """Format the headline of a route; after an embolisation with the day of the scan."""
    patient = situation.patient
    words: dict[str, Callable[[Situation], str]] = {
        "eligible": lambda known: show_verdict(
            _name_local_trial(row, known), patient.facts, patient.limited
        ),
        "trial": lambda known: _name_local_trial(row, known).trial.called,
        "undecided": _word_undecided,
        "against": _against,
        "lesions": _lesions,
        "limit": lambda _: patient.format_limit(),
        "by_function": lambda _: describe_limit_by_function(patient),
        "against_trial": _against_trial,
        "function_exceeds": lambda _: describe_function_above_limit(patient),
        "flr_side": _flr_side,
        "grown": lambda _: patient.augmented_by,
        "scan_of_day": lambda _: patient.scan_of_day,
        "why_none": _why_none,
    }
    headline = f"{_not_answered(row, situation)}{fill_in(row.headline, words, situation)}"
    day = patient.format_day()
    if not day or day in headline:
        return headline
    missing = row.route == "needs_data"  # the day is not one of the missing answers
    return f"{headline} ({day})" if missing else f"{headline}; {day}"


def _flr_side(situation: Situation) -> str:
    """Describe the FLR volume, or the limit reached by function."""
    if situation.limit_by_function:
        return describe_limit_by_function(situation.patient)
    return f"FLR below {situation.patient.format_limit()}"


def _why_none(situation: Situation) -> str:
    """Name the reasons that exclude every route: first the disease, then the liver."""
    patient = situation.patient
    reasons = [*_elsewhere(situation), *_list_against_but_risks(patient)]
    if any(judged.applies and judged.facts_against == {CONSENT} for judged in situation.judgements):
        reasons.insert(0, "written consent not given")
    if patient.facts.get(RESECTABILITY) == "potentially_resectable":
        reasons.append("liver tumours judged potentially resectable")
    reasons += patient.states.risks
    if situation.flr is FlrState.INSUFFICIENT:
        reasons.append(f"FLR below {patient.format_limit()}")
        reasons += _list_failed(situation)
    if situation.limit_by_function:
        reasons.append(describe_function_above_limit(patient))
    if situation.resectability_missing:
        open_facts = sorted(PERHAPS_RESECTABLE.open_facts(patient.facts))
        reasons.append(f"unknown: {join_words([name_fact(fact) for fact in open_facts])}")
    if not reasons:
        day = [patient.format_day()] if patient.states.embolised else []
        reasons = [*_list_low_function(situation), *day, _describe_open_conditions(patient.facts)]
    else:
        reasons += _list_low_function(situation)
    return "; ".join(reasons)


def _list_low_function(situation: Situation) -> list[str]:
    """Name a function that does not exceed its limit although the FLR volume is sufficient."""
    if situation.flr is not FlrState.SUFFICIENT or situation.function is not Truth.FALSE:
        return []
    return [describe_function_not_above_limit(situation.patient)]


def _describe_open_conditions(facts: Facts) -> str:
    """Name the conditions for resection that the record leaves open."""
    unknown = [name_fact(fact) for fact in sorted(OPERABLE.open_facts(facts))]
    conditions = "it is not known whether all of this tool's five conditions for resection are met"
    return f"{conditions} (unknown: {join_words(unknown)})" if unknown else conditions


def _list_failed(situation: Situation) -> list[str]:
    """Name what excludes the trial whose FLR limit is named, if no recorded disease does.

    The trial itself is not named: a headline names none that is not eligible [trials.md 1].
    """
    patient = situation.patient
    judged = situation.judged(patient.protocols.limits_flr(situation.diagnosis).short)
    named = [why for why in _list_against_but_risks(patient) if why != UNRESECTABLE]
    if named or judged is None or judged.by_design is not None:
        return []
    failed = [answer for answer in judged.answers if answer.fails]
    words = [
        f"{_FAILS[one.criterion.kind]}: {format_stated(one)} ({one.criterion.id})"
        for one in failed[:FEW]
    ]
    return words if len(failed) <= FEW else [*words, f"and {len(failed) - FEW} more"]


_FAILS = {"inclusion": "inclusion not met", "exclusion": "exclusion applies"}
POOR_ECOG, UNRESECTABLE = "ECOG above 2", "liver tumours judged unresectable"


def _against_trial(situation: Situation) -> str:
    """Name the facts and criteria against the trial next to which resection is discussed.

    A headline on resection names every recorded risk of the liver: sufficient function does not
    prove fitness [trials.md 9.1].
    """
    patient = situation.patient
    against = (*_list_failed(situation), *_list_against_but_risks(patient), *patient.states.risks)
    return "".join(f"; {why}" for why in against)


def _list_against_but_risks(patient: PathwaySituation) -> list[str]:
    """List these facts without ECOG, if its value is recorded as a risk of the liver."""
    named = f"ECOG {patient.facts.get('ecog')}" in patient.states.risks
    return [why for why in _list_against(patient.facts) if not (named and why == POOR_ECOG)]


def _list_against(facts: Facts) -> Iterator[str]:
    """List the recorded facts on disease and patient that exclude trials and resection."""
    for fact, recorded, words in _AGAINST:
        if facts.get(fact) == recorded:
            fixed = fact == EXTRAHEPATIC and facts.get(TREATABLE) is False
            yield f"{words}{', neither resectable nor ablatable' if fixed else ''}"
    ecog = facts.get("ecog")
    if isinstance(ecog, Fraction) and ecog > 2:
        yield POOR_ECOG
    if facts.get("able_to_consent") is False:
        yield "not able to consent"


def _elsewhere(situation: Situation) -> Iterator[str]:
    """Name the eligible trials that do not recruit here."""
    for judged in situation.judgements:
        if judged.verdict is Verdict.ELIGIBLE and situation.offer(judged).status != "open":
            yield f"{judged.trial.called} {situation.offer(judged)}"


EXTRAHEPATIC, TREATABLE = "extrahepatic_status", "extrahepatic_resectable_or_ablatable"
RESECTABILITY = "liver_tumour_resectability"
_AGAINST: tuple[tuple[str, Value, str], ...] = (  # a fact, its recorded value, and its words
    ("recist_response_after_chemo", "progressive_disease", "progression after chemotherapy"),
    ("recist_response_after_chemo", "complete_response", "complete response"),
    (EXTRAHEPATIC, "confirmed", "extrahepatic disease"),
    ("vascular_invasion", True, "vascular invasion"),
    (RESECTABILITY, "unresectable", UNRESECTABLE),
    ("prohibitive_comorbidity", True, "prohibitive comorbidity"),
)


def _name_local_trial(row: RouteRow, situation: Situation) -> Judgement:
    judged = situation.judged(row.trial)
    assert judged is not None  # the row requires an eligible trial
    return judged


def _not_answered(row: RouteRow, situation: Situation) -> str:
    """Name the part not assessed if a route depends on a number withdrawn because of an error."""
    answers = (answer for judged in situation.undecided for answer in judged.answers)
    waits = {fact for answer in answers for fact in answer.open_facts}
    if situation.flr_undetermined:
        waits.add(FLR)
    if row.route != "needs_data" or not waits & situation.patient.withdrawn.keys():
        return ""
    return f"{format_not_answered(situation.patient)}; then "


def _word_undecided(situation: Situation) -> str:
    """Name the undecided trials; if there are none, the other missing information."""
    if names := [judged.trial.name for judged in situation.undecided]:
        return f": {join_words(names)} undecided"
    if situation.flr is FlrState.UNDETERMINED:
        patient = situation.patient
        small = patient.protocols.small_flr(patient.states.diagnosis)
        conditions = map(name_liver_condition, sorted(small.open_facts(patient.facts)))
        return f": {join_words([*conditions])}"
    return ": FLR" if situation.flr_undetermined else ": number of lesions left in the remnant"


def _against(situation: Situation) -> str:
    """Name the recorded risks, a low function, and the day after an embolisation."""
    patient = situation.patient
    against = [f"recorded: {join_words(patient.states.risks)}"] if patient.states.risks else []
    against += _list_low_function(situation)
    against += [patient.format_day()] if patient.states.embolised else []
    return "; ".join(against) or "volume and function disagree"


def _lesions(situation: Situation) -> str:
    """Describe the lesions left in the remnant, and the FLR after clearing."""
    patient = situation.patient
    return f"{describe_lesions_left(patient)}, {describe_clearing(patient)}"


def join_criteria(criteria: Sequence[Criterion]) -> str:
    """Join criteria in words: the first five, and the number of the others."""
    words = "; ".join(f"{criterion.says} ({criterion.id})" for criterion in criteria[:MOST])
    more = len(criteria) - MOST
    return f"{words}; and {more} more" if more > 0 else words


FEW = 2  # failed criteria of a trial that are reported with their numbers


def list_route_reasons(row: RouteRow, situation: Situation) -> tuple[str, ...]:
    """List the reasons of a route, those against the others, and what was not checked."""
    passages = {**_PASSAGES, "notes": lambda known: _notes(row, known)}
    reasons = [*fill_sentences(row.reasons, passages, situation), *_pending(row, situation)]
    if not row.settles_first:
        reasons += describe_risks(situation.patient)
    if situation.centre is None:
        reasons.append(_describe_unchecked(situation))
    return tuple(reasons)


def _describe_unchecked(situation: Situation) -> str:
    """State that recruitment was not checked, with the sites of the registry copies."""
    trials = (judged.trial for judged in situation.judgements)
    sites = [f"{trial.site} ({trial.name})" for trial in trials if trial.site is not None]
    named = f"; registry sites: {', '.join(sites)}" if sites else ""
    return f"{NOT_CHECKED}: without a centre file, every trial is assumed to be recruiting{named}."


def _contradictions(situation: Situation) -> Iterator[str]:
    contradictions = situation.contradictions or ("CRLM and HCC are both recorded as present",)
    yield f"The recorded facts contradict each other: {'. '.join(contradictions)}."
    yield "No route is given until this is resolved."


def _diagnosis(situation: Situation) -> Iterator[str]:
    facts = situation.patient.facts
    unknown = [name for fact, name in NAMES_BY_FACT.items() if facts.get(fact) is None]
    yield (
        "Neither CRLM nor HCC is known to be present. Presence or absence of "
        f"{' and of '.join(unknown)} is not recorded."
    )


def _window(situation: Situation) -> Iterator[str]:
    """State when a trial before chemotherapy can no longer be joined, and what may follow it.

    The trial of a small FLR may not, if its arm was given or a permanent criterion excludes it.
    """
    short = situation.patient.protocols.limits_flr(situation.diagnosis).short
    remaining = [
        judged.trial.name
        for judged in situation.judgements
        if judged.trial.short == short
        and judged.by_design is None
        and not any(answer.fails and answer.changes == "permanent" for answer in judged.answers)
    ]
    unless = "may remain an option, unless there is progression or complete response"
    later = "".join(f"; {name} {unless}" for name in remaining)
    yield f"This window closes with the first cycle of chemotherapy{later}."


def _excluded_risk(situation: Situation) -> Iterator[str]:
    """Name the recorded risks that the protocol of the background limits excludes."""
    patient = situation.patient
    if patient.states.risks:
        risks = join_words(patient.states.risks)
        yield f"{patient.trial.name}, which is not one of the {FIVE_TRIALS}, excludes {risks}."


def _flr(situation: Situation) -> Iterator[str]:
    patient = situation.patient
    if (withdrawn := patient.describe_withdrawn(FLR)) is not None:
        yield f"The FLR must not be used: {withdrawn}."
    elif situation.flr is FlrState.NOT_GIVEN:
        yield "The FLR, on which the route depends, is not known."
    elif situation.flr is FlrState.UNDETERMINED:
        yield (
            f"The FLR is {patient.flr_of_liver}. Whether this is below the applicable limit "
            "depends on a missing answer about the liver."
        )
    else:
        side = "not below" if situation.flr is FlrState.SUFFICIENT else "below"
        yield f"The FLR, {patient.flr_of_liver}, is {side} {patient.format_limit()}."
        yield from describe_cirrhosis_limit(patient)


def _function(situation: Situation) -> Iterator[str]:
    patient = situation.patient
    if (withdrawn := patient.describe_withdrawn(FUNCTION)) is not None:
        yield f"FLR function must not be used: {withdrawn}."
        return
    if situation.function is Truth.UNKNOWN:
        yield NOT_MEASURED
        return
    does = "exceeds" if situation.function is Truth.TRUE else "does not exceed"
    limit = f"{patient.function_limit} ({name_function_source(patient)})"
    yield f"FLR function, {patient.format_function()}, {does} {limit}."


def _trials(situation: Situation) -> Iterator[str]:
    """Describe the verdict of each trial for this diagnosis, with the reasons against it."""
    patient = situation.patient
    for judged in situation.routed:
        if judged.verdict is Verdict.NOT_ELIGIBLE:
            why = "; ".join(text.removesuffix(".") for text in explain_verdict(judged, patient))
            yield f"{judged.trial.called}: not eligible. {why}."
        else:
            verdict = show_verdict(judged, patient.facts, patient.limited)
            yield f"{judged.trial.called}: {verdict}, {situation.offer(judged)}."


def _describe_bar(barred: DesignBar, facts: Facts) -> str:
    """Describe an exclusion by design, with the previous treatments that it refers to."""
    decided = dict.fromkeys(each.fact for each in barred.when.decided_by(facts, Truth.TRUE))
    kinds = [name_treatment(fact, facts) for fact in decided if fact in TREATED_BEFORE]
    return barred.describe(join_words(kinds))


def explain_verdict(judged: Judgement, patient: PathwaySituation) -> tuple[str, ...]:
    """Explain in words, with ids, why a patient is not eligible; empty otherwise.

    Exclusion by design comes first. Up to two failed criteria are given with the answers that
    fail and their distances.
    """
    if not judged.applies:
        return (f"{FOR_ANOTHER[0].upper()}{FOR_ANOTHER[1:]}.",)
    failed = [answer for answer in judged.answers if answer.fails]
    barred = judged.trial.by_design if judged.by_design is not None else None
    reasons = [] if barred is None else [f"{_describe_bar(barred, patient.facts)}."]
    few = len(failed) <= FEW
    for answer in failed:
        says = f"{format_stated(answer)}{_near(answer, patient)}" if few else answer.criterion.says
        fails = "Not met" if answer.criterion.kind == "inclusion" else "Applies"
        reasons.append(f"{fails}, {CHANGES[answer.changes]}: {says} ({answer.criterion.id}).")
    return tuple(reasons)


def _near(answer: CriterionAnswer, patient: PathwaySituation) -> str:
    """Format the distance of a failed criterion from its limit, with the chance of crossing.

    Of a count or score the value is given: "ECOG 2", not "1 above the maximum of 1".
    """
    excluding = answer.criterion.kind == "exclusion"
    counted = [one for one in answer.against if FACTS[one.fact].kind is FactKind.WHOLE]
    measured = [one for one in answer.against if one not in counted]
    idle = {(x.limit.fact, x.limit.value) for x in patient.limited if x.applies is False}
    applied = [one for one in measured if (one.fact, one.limit) not in idle]
    distance = format_distance(applied, patient.thresholds, patient.limits, excluding=excluding)
    shown = dict.fromkeys((*map(format_known, counted), distance))
    near = "; ".join(filter(None, shown))
    if near:
        near = f"{'; ' if {':', ';'} & {*near} else ', '}{near}"  # several, or with their names
    crossing = choose_crossing(applied, [x for x in patient.limited if x.has_chance])
    if crossing is not None and crossing.is_borderline:
        near += f"; {as_crossing_chance(crossing.crossing_chance)} chance of crossing"
    return near


def _undecided(situation: Situation) -> Iterator[str]:
    """Describe the unanswered criteria of each undecided trial: five, and the number of others."""
    for judged in situation.undecided:
        human = " (clinical judgement)" if judged.only_human_open else ""
        missing = join_criteria([judged.trial.criterion(id_) for id_ in judged.unknown])
        yield f"{judged.trial.called} is undecided; not yet answered{human}: {missing}."


def _pending(row: RouteRow, situation: Situation) -> Iterator[str]:
    """Name the undecided trials that would be hidden by another route."""
    if row.route == "needs_data" or row.settles_first:
        return
    for sentence in _undecided(situation):
        yield f"Pending: {sentence}"


def _notes(row: RouteRow, situation: Situation) -> Iterator[str]:
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
    "lesions": lambda known: describe_lesions(known.patient),
    "no_tumour": lambda known: describe_no_tumour(known.patient),
    "window": _window,
    "excluded_risk": _excluded_risk,
}
