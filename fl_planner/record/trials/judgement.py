"""What the facts of one patient come to: in the record of `trials judge`, and in that of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fl_planner.basis.findings import Finding
from fl_planner.planning.given.case import Accepted, InputFile
from fl_planner.planning.judgement import Judged
from fl_planner.record.declaration.part import RecordKeys
from fl_planner.record.declaration.quantity import CaseId, TrialId, at_least, by_name, one_of, says
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs
from fl_planner.record.trials.route import PathwayRecord, RouteRecord, as_pathway, as_route
from fl_planner.record.trials.trials import (
    FactValue,
    RuleRecord,
    TrialAnswerRecord,
    as_fact_value,
    as_rules,
    as_trial_answer,
)
from fl_planner.record.trials.typed_flr import TypedFlrRecord, as_typed_flr
from fl_planner.trials.facts.facts import FACTS, Fact, FactKind, Facts


def _find_kind(fact: Fact) -> object:
    words = says(f"{fact.meaning}, {fact.unit}" if fact.unit else fact.meaning, sign=fact.unit)
    match fact.kind:
        case FactKind.YES_NO:
            return Annotated[bool, words]
        case FactKind.CODE:
            return Annotated[str, one_of(fact.meaning, fact.codes)]
        case FactKind.TRIALS:
            return Annotated[tuple[TrialId, ...], words]
        case FactKind.CODES:
            return Annotated[tuple[Annotated[str, one_of("One.", fact.codes)], ...], words]
        case FactKind.WHOLE:
            return Annotated[int, words]
    return Annotated[float, words]


KINDS = {name: _find_kind(fact) for name, fact in FACTS.items()}


class JudgementKeys(RecordKeys):
    """What the facts of one patient come to."""

    facts: Annotated[
        dict[str, FactValue],
        by_name("Every fact that is known, by canonical name.", KINDS),
    ]
    typed_flr: TypedFlrRecord | None = None
    rules: Annotated[
        tuple[RuleRecord, ...],
        says("Every protocol that the answers rest on, by hash."),
        at_least(1),
    ]
    trials: Annotated[tuple[TrialAnswerRecord, ...], says("In the order of the project's list.")]
    pathway: PathwayRecord
    route: RouteRecord


class JudgementRecord(ResultRecord, tag_field="schema", tag="fl-planner/trials/2"):
    """What a patient's facts come to."""

    id: CaseId | None = None
    judged: JudgementKeys
    findings: Findings


def as_judgement_record(
    judged: Judged,
    inputs: Iterable[InputFile],
    findings: Iterable[Finding],
    accepted: Iterable[Accepted] = (),
    case_id: str | None = None,
) -> JudgementRecord:
    """Tell what a patient's facts come to, and what to doubt in them."""
    return JudgementRecord(
        id=case_id,
        refusal=None,
        inputs=as_inputs(inputs),
        judged=as_judgement(judged),
        findings=as_findings(findings, accepted),
    )


def as_judgement(judged: Judged) -> JudgementKeys:
    """Tell facts, rules, trials, pathway and route."""
    return JudgementKeys(
        facts=dict(_list_facts(judged.facts)),
        typed_flr=as_typed_flr(judged),
        rules=as_rules(judged.rules),
        trials=tuple(as_trial_answer(one, judged) for one in judged.judgements),
        pathway=as_pathway(judged.pathway),
        route=as_route(judged.route, judged.centre),
    )


def _list_facts(facts: Facts) -> Iterable[tuple[str, FactValue]]:
    """List every fact that is known, by its canonical name: none is a date or free text.

    A laboratory's own upper limits are left out: no unit stands in their names, and the ratios
    to them are facts.
    """
    for name in FACTS:
        value = facts.get(name)
        if value is not None:
            yield name, as_fact_value(value)
