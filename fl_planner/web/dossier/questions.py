"""What is still to ask of a case, as the page asks it: in words, with a control for its answer."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from fl_planner.basis.shown import as_plain
from fl_planner.basis.units import METHYLPREDNISOLONE_MG_IN_MG
from fl_planner.intake.documents.bundled_trials import find_trial_name
from fl_planner.planning.facts import state_case
from fl_planner.planning.next_question import list_open
from fl_planner.planning.route.questions import Question
from fl_planner.planning.tried_answers import try_answers
from fl_planner.record.trials.route import as_question
from fl_planner.report import words as say
from fl_planner.report.effects import say_effects, say_tried
from fl_planner.report.questions import say_question
from fl_planner.trials.facts.facts import FACTS, FactKind
from fl_planner.trials.facts.per_trial import LISTS_OF_TRIALS
from fl_planner.trials.facts.quantities import DATES, QUANTITIES, RATIO_UNIT, UPPER_LIMITS
from fl_planner.trials.statements import (
    DRUG_KEY,
    EMBOLISATION_KINDS,
    EMBOLISED,
    Amount,
    EarlierEmbolisation,
    StatedValue,
)
from fl_planner.web.dossier.planned import PlannedCase

YES_NO = ("yes", "no")
UNITS = {  # as laboratories print them
    "10*9/L": "\u00d710\u2079/L",
    "10*3/uL": "\u00d710\u00b3/\u00b5L",
    "/uL": "/\u00b5L",
    "/mm3": "/mm\u00b3",
    "umol/L": "\u00b5mol/L",
    "ukat/L": "\u00b5kat/L",
    "mm[Hg]": "mmHg",
    "mm3": "mm\u00b3",
    "wk": "weeks",
    "mL/min/{1.73_m2}": "mL/min/1.73 m\u00b2",
    "%/min/m2": "%/min/m\u00b2",
    "1": "no unit (1)",
}
WITH_OTHERS = "It counts together with other answers."


def list_questions(case: PlannedCase) -> list[dict[str, Any]]:
    """List what is to be asked: what could change the pathway first, then the most informative."""
    plan = case.plan
    deciding = {*plan.pathway.to_ask}
    asked = list_open(plan.judged, state_case(plan.case))
    ordered = sorted(asked, key=lambda one: one.key not in deciding)
    return [_describe(one, case, deciding=one.key in deciding) for one in ordered]


def try_question(case: PlannedCase, key: str) -> dict[str, Any]:
    """Tell what each answer to a question would do."""
    here, grounds = case.plan.judged, case.grounds
    tried = try_answers(key, here, lambda more: case.judge(more, grounds), grounds.as_of)
    told = [
        {"value": _value(one.given), "says": say_tried(one), "does": [*say_effects(here, one)]}
        for one in tried
    ]
    return {"key": key, "answers": told, "beside": "" if tried else WITH_OTHERS}


def _value(given: StatedValue) -> str:
    """Give an answer as its choice has it; a number is none."""
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


def _describe(question: Question, case: PlannedCase, *, deciding: bool) -> dict[str, Any]:
    record = as_question(question)
    key = str(question.key)
    settles = say.settled(record.criteria)
    return {
        "key": key,
        "says": say_question(record),
        "settles": settles,
        "deciding": deciding,
        "offered": None if record.computed is None else record.computed.says,
        **find_control(key, case),
    }


def say_value(value: StatedValue) -> str:
    """Say an answer as it was given."""
    match value:
        case bool():
            return say.YES_NO[value]
        case Amount():
            told = f"{as_plain(value.value)} {say.said_unit(value.unit)}".strip()
            return say.joined(told, value.drug, _day(value.date))
        case EarlierEmbolisation():
            return say.joined(value.kind or "yes", _day(value.date))
        case Fraction():
            return as_plain(value)
        case date():
            return value.isoformat()
        case str():
            return say.code(value)
    return say.numbered(say.code(find_trial_name(one)) for one in value)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def find_control(key: str, case: PlannedCase) -> dict[str, Any]:
    """Find how a question is answered: by a choice, a number with its unit, or a day."""
    if key in QUANTITIES or key in UPPER_LIMITS:
        return _amount(key)
    if key in DATES:
        return {"control": "day"}
    if key in LISTS_OF_TRIALS:
        ids = (one.trial.id for one in case.plan.judged.judgements)
        return {"control": "several", "choices": [(one, find_trial_name(one)) for one in ids]}
    if key == EMBOLISED:
        kinds = [kind for kind, of in EMBOLISATION_KINDS.items() if kind == of]
        choices = [("no", "no"), ("yes", "yes, kind not known"), *((one, one) for one in kinds)]
        return {"control": "choice", "choices": choices, "may_have_day": True}
    fact = FACTS[key]
    if fact.kind is FactKind.YES_NO:
        return {"control": "choice", "choices": [(one, one) for one in YES_NO]}
    if fact.kind is FactKind.WHOLE:
        return {"control": "whole"}
    several = fact.kind is FactKind.CODES
    choices = [(one, say.code(one)) for one in fact.codes]
    return {"control": "several" if several else "choice", "choices": choices}


def _amount(key: str) -> dict[str, Any]:
    quantity = QUANTITIES.get(key) or UPPER_LIMITS[key]
    units = [*quantity.units]
    if quantity.takes_ratio and key == quantity.name:
        units.append(RATIO_UNIT)
    drugs = [*METHYLPREDNISOLONE_MG_IN_MG] if key == DRUG_KEY else []
    dated = quantity.is_laboratory and key == quantity.name
    shown = [(unit, UNITS.get(unit) or say.said_unit(unit)) for unit in units]
    return {"control": "amount", "units": shown, "may_have_day": dated, "drugs": drugs}
