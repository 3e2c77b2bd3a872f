"""Unanswered questions of a case on the page, with their inputs and the effects of answers."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from fl_planner.basis.shown import as_plain, as_unit
from fl_planner.basis.units import METHYLPREDNISOLONE_MG_IN_MG
from fl_planner.intake.documents.protocols import find_trial_name
from fl_planner.planning.facts import state_case
from fl_planner.planning.full_route.route import Question
from fl_planner.planning.next_question import list_open
from fl_planner.record.judgement import as_question
from fl_planner.report import words
from fl_planner.report.questions import describe_effects, describe_question, describe_tried
from fl_planner.trials.convert import is_comparable
from fl_planner.trials.facts.facts import FACTS, LISTS_OF_TRIALS
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import DAYS, QUANTITIES, RATIO_UNIT, UPPER_LIMITS, name_code
from fl_planner.trials.statements import (
    DRUG_KEY,
    EMBOLISATION_KINDS,
    EMBOLISED,
    FUNCTION_KEY,
    NORMALISATION_KEY,
    RADIOEMBOLISED,
    Amount,
    EarlierEmbolisation,
    StatedValue,
)
from fl_planner.web.dossier.case_form import YES_NO
from fl_planner.web.dossier.planned import PlannedCase

FLR_VOLUME = "flr_volume"  # input key; a plan answers its question
WITH_OTHERS = "The effect of the answer depends on other missing answers."
ON_NUMBER = "The answer could change the pathway; this depends on the number."


def list_questions(case: PlannedCase) -> list[dict[str, Any]]:
    """List the questions in the order of the route, and whether they could change the pathway."""
    found = case.find_pathway_questions()
    return [
        _describe(
            each, case, deciding=each.key in found.alone, with_others=each.key in found.with_others
        )
        for each in _list_asked(case)
    ]


def list_keys(case: PlannedCase) -> set[str | None]:
    """List the input keys of the open questions."""
    return {each.key for each in _list_asked(case)}


def _list_asked(case: PlannedCase) -> tuple[Question, ...]:
    return list_open(case.plan.judged, state_case(case.plan.case), again=True)


def try_question(case: PlannedCase, key: str) -> dict[str, Any]:
    """Describe the effect of each answer to a question."""
    here, tried = case.plan.judged, case.try_answers(key)
    answers = [
        {
            "value": _value(each.given),
            "says": describe_tried(each),
            "does": [*describe_effects(here, each)],
        }
        for each in tried
    ]
    alone = key in case.find_pathway_questions().alone
    untried = ON_NUMBER if alone else WITH_OTHERS
    return {"key": key, "answers": answers, "beside": "" if tried else untried}


def _value(given: StatedValue) -> str:
    """Return an answer as the value of the selected choice; empty for a number."""
    match given:
        case bool():
            return YES_NO[not given]
        case str():
            return given
        case EarlierEmbolisation():
            return str(given.kind)
        case (one,):
            return str(one)
    return ""


def _describe(
    question: Question, case: PlannedCase, *, deciding: bool, with_others: bool
) -> dict[str, Any]:
    record = as_question(question)
    key = str(question.key)
    on_file = state_case(case.plan.case).values
    recorded = None if record.computed is None else record.computed.says
    if key in on_file:
        whole_field = key == FUNCTION_KEY and not is_comparable(on_file.get(NORMALISATION_KEY))
        why = ", normalised to the whole field of view, so not compared with any limit"
        why = why if whole_field else ""
        recorded = f"{format_value(on_file[key])}{why}; an answer replaces this value"
    return {
        "key": key,
        "says": describe_question(record),
        "settles": words.settled(record.criteria),
        "deciding": deciding,
        "with_others": with_others,
        "by_plan": key == FLR_VOLUME,
        "recorded": recorded,
        **find_control(key, case),
    }


def format_value(value: StatedValue) -> str:
    """Format an answer."""
    match value:
        case bool():
            return words.YES_NO[value]
        case Amount():
            amount = f"{as_plain(value.value)} {as_unit(value.unit)}".strip()
            return words.joined(amount, value.drug, _day(value.date))
        case EarlierEmbolisation():
            return words.joined(value.kind or "yes", _day(value.date))
        case Fraction():
            return as_plain(value)
        case date():
            return value.isoformat()
        case str():
            return name_code(value)
    return words.numbered(name_code(find_trial_name(one)) for one in value)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def find_control(key: str, case: PlannedCase) -> dict[str, Any]:
    """Return the input of a question: a choice, a number with its unit, or a date."""
    if key in QUANTITIES or key in UPPER_LIMITS:
        return _amount(key)
    if key in DAYS:
        return {"control": "day"}
    if key in LISTS_OF_TRIALS:
        ids = (one.trial.id for one in case.plan.judged.judgements)
        return {"control": "several", "choices": [(one, find_trial_name(one)) for one in ids]}
    if key == RADIOEMBOLISED:
        choices = [(one, one) for one in YES_NO]
        return {"control": "choice", "choices": choices, "may_have_day": True}
    if key == EMBOLISED:
        kinds = [kind for kind, of in EMBOLISATION_KINDS.items() if kind == of]
        choices = [("no", "no"), ("yes", "yes, method unknown"), *((one, one) for one in kinds)]
        return {"control": "choice", "choices": choices, "may_have_day": True}
    fact = FACTS[key]
    if fact.kind is FactKind.YES_NO:
        return {"control": "choice", "choices": [(one, one) for one in YES_NO]}
    if fact.kind is FactKind.WHOLE:
        return {"control": "whole"}
    several = fact.kind is FactKind.CODES
    choices = [(one, name_code(one)) for one in fact.codes]
    return {"control": "several" if several else "choice", "choices": choices}


def _amount(key: str) -> dict[str, Any]:
    quantity = QUANTITIES.get(key) or UPPER_LIMITS[key]
    units = [*quantity.units]
    if quantity.takes_ratio and key == quantity.name:
        units.append(RATIO_UNIT)
    drugs = [*METHYLPREDNISOLONE_MG_IN_MG] if key == DRUG_KEY else []
    dated = quantity.is_laboratory and key == quantity.name
    shown = [(unit, as_unit(unit) or "no unit (1)") for unit in units]
    return {"control": "amount", "units": shown, "may_have_day": dated, "drugs": drugs}
