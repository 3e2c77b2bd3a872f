"""Trials and a patient's answers as dicts: the keys of `trials` and of the trials in `plan`."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from fl_planner.basis.findings import Finding
from fl_planner.basis.version import __version__
from fl_planner.planning.given.case import Accepted, InputFile
from fl_planner.planning.judgement import Judged
from fl_planner.planning.pathway.evidence import find_crossing, tell_distance, tell_evidence
from fl_planner.planning.pathway.pathway import Pathway
from fl_planner.planning.route.questions import Question
from fl_planner.planning.route.route import Route
from fl_planner.record.base import Record, as_findings, as_float, as_head, given
from fl_planner.trials.centre import Centre, find_offer
from fl_planner.trials.criterion import Criterion, Trial
from fl_planner.trials.facts.facts import FACTS, Facts
from fl_planner.trials.judge import CriterionAnswer, Judgement, say_verdict


def as_judged(
    judged: Judged,
    inputs: Iterable[InputFile],
    findings: Iterable[Finding],
    accepted: Iterable[Accepted] = (),
    case_id: str | None = None,
) -> Record:
    """Tell what a patient's facts come to, and what to doubt in them."""
    return {
        "schema": "fl-planner/trials/1",
        **given(id=case_id),
        **as_head(inputs),
        **as_answers(judged),
        "findings": as_findings(findings, accepted),
    }


def as_answers(judged: Judged) -> Record:
    """Tell facts, rules, trials, pathway and route: the keys that a plan has too."""
    return {
        "facts": _facts(judged.facts),
        "rules": as_rules(judged.rules),
        "trials": [_judgement(one, judged) for one in judged.judgements],
        "pathway": _pathway(judged.pathway),
        "route": _route(judged.route, judged.centre),
    }


def _facts(facts: Facts) -> Record:
    """Tell every fact that is known, by its canonical name: none is a date or free text.

    A laboratory's own upper limits are left out: no unit stands in their names, and the ratios
    to them are facts.
    """
    told: Record = {}
    for name in FACTS:
        value = facts.get(name)
        if isinstance(value, Fraction):
            told[name] = int(value) if value.denominator == 1 else float(value)
        elif isinstance(value, tuple):
            told[name] = list(value)
        elif value is not None:
            told[name] = value
    return told


def as_rules(trials: Iterable[Trial]) -> list[Record]:
    """Name protocols, each with the SHA-256 of its text."""
    return [given(id=trial.id, name=trial.name, sha256=trial.sha256) for trial in trials]


def as_trial_list(trials: Iterable[Trial]) -> Record:
    """List the trials by what they are called."""
    named = [
        {"id": t.id, "name": t.name, "source": t.source, "notes": list(t.notes)} for t in trials
    ]
    return {
        "schema": "fl-planner/trial-list/1",
        "version": __version__,
        "status": "ok",
        "refusal": None,
        "trials": named,
    }


def as_criteria(trial: Trial) -> Record:
    """One trial with its criteria in registry order."""
    criteria = [_criterion(criterion) for criterion in trial.criteria]
    return as_trial_list([trial]) | {"criteria": criteria}


def _criterion(criterion: Criterion) -> Record:
    facts = (leaf.fact for part in criterion.parts for leaf in part.when.compared({}))
    return given(
        id=criterion.id,
        kind=criterion.kind,
        says=criterion.says,
        source=criterion.source,
        by=list(criterion.by),
        asked_of=criterion.asked_of,
        changes=criterion.changes,
        facts=list(dict.fromkeys(facts)),
        reading=criterion.reading,
        note=criterion.note,
    )


def _judgement(judgement: Judgement, judged: Judged) -> Record:
    trial, centre = judgement.trial, judged.centre
    return {
        "id": trial.id,
        "name": trial.name,
        "source": trial.source,
        "notes": list(trial.notes),
        **({"reach": find_offer(centre, trial).status} if centre else {}),
        "verdict": judgement.verdict.value,
        "verdict_shown": say_verdict(judgement.verdict, judged.facts),
        "only_human_open": judgement.only_human_open,
        "failed": list(judgement.failed),
        "unknown": list(judgement.unknown),
        "criteria": [_answer(answer, judged) for answer in judgement.answers],
    }


def _answer(answer: CriterionAnswer, judged: Judged) -> Record:
    criterion, thresholds, limits = answer.criterion, judged.thresholds, judged.limits
    crossing = find_crossing(answer.compared, thresholds)
    parts = [
        given(
            name=part.part.name,
            answer=part.truth.value,
            by=list(part.part.by),
            evidence=tell_evidence(part.compared, part.open_facts, limits, judged.withdrawn),
            distance=tell_distance(part.compared, thresholds, limits),
            open_facts=sorted(part.open_facts),
        )
        for part in answer.parts
    ]
    return given(
        id=criterion.id,
        kind=criterion.kind,
        answer=answer.truth.value,
        says=criterion.says,
        evidence=tell_evidence(answer.compared, answer.open_facts, limits, judged.withdrawn),
        distance=tell_distance(answer.against or answer.compared, thresholds, limits),
        crossing_chance=None if crossing is None else crossing.crossing_chance,
        by=list(criterion.by),
        asked_of=criterion.asked_of,
        changes=answer.changes,
        source=criterion.source,
        reading=criterion.reading,
        note=criterion.note,
        human_open=answer.human_open,
        holds_days=as_float(answer.holds_days),
        open_facts=sorted(answer.open_facts),
        parts=parts if len(parts) > 1 else None,
    )


def _pathway(pathway: Pathway) -> Record:
    return {
        "name": pathway.name,
        "row": pathway.row,
        "headline": pathway.headline,
        "reasons": list(pathway.reasons),
        "would_change": list(pathway.would_change),
        "to_ask": list(pathway.to_ask),
        "borderline": pathway.borderline,
    }


def _route(route: Route, centre: Centre | None) -> Record:
    return {
        "name": route.name,
        "row": route.row,
        "headline": route.headline,
        "reasons": list(route.reasons),
        "alternatives": [
            {"name": other.name, "reach": other.reach, "why": other.why}
            for other in route.alternatives
        ],
        "next_steps": list(route.next_steps),
        "pending": list(route.pending),
        "questions": [as_question(question) for question in route.questions],
        **({"centre": centre.name} if centre else {}),
    }


def as_question(question: Question) -> Record:
    """Tell something to find out."""
    return given(
        key=question.key,
        asked_of=question.asked_of,
        trials=question.trials,
        criteria=[{"trial": trial, "criterion": id_} for trial, id_ in question.criteria],
    )
