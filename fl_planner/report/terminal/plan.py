"""A plan's record as a table that fits 80 columns: the answer first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.basis.diagnoses import DIAGNOSES
from fl_planner.basis.shown import as_ml
from fl_planner.record.dose.answer import LungDoseRecord
from fl_planner.record.function import RemnantFunctionRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.trials.trials import (
    CriterionAnswerRecord,
    EvidenceRecord,
    TrialAnswerRecord,
)
from fl_planner.record.withdrawal_words import say_accepted, say_not_answered
from fl_planner.report import words as say
from fl_planner.report.terminal.anatomy import (
    baseline_rows,
    body_rows,
    lesion_rows,
    plan_rows,
    resection_rows,
)
from fl_planner.report.terminal.context import context_rows
from fl_planner.report.terminal.dose import dose_rows
from fl_planner.report.terminal.function import days_row, function_rows
from fl_planner.report.terminal.growth import story_rows
from fl_planner.report.terminal.scores import scores_rows
from fl_planner.report.terminal.spread import spread_rows
from fl_planner.report.terminal.table import finding_rows, inset, notice, volume_rows, wide_table
from fl_planner.trials.criterion import By
from fl_planner.trials.facts.meaning import say_meaning


def plan_table(record: PlanRecord, *, verbose: bool = False) -> RenderableType:
    """Show a plan: pathway, route, volumes, limits, lesions, trials, questions, findings."""
    pathway, route = record.judged.pathway, record.judged.route
    return Group(
        *_headline(record),
        *finding_rows(record.findings, verbose=verbose),
        *volume_rows(record.volumes, record),
        *_limits(record),
        *plan_rows(record),
        *lesion_rows(record, record.clearing),
        *baseline_rows(record.tumour),
        *resection_rows(record),
        *body_rows(record),
        *(() if record.growth is None else ("", *story_rows(record.growth.story))),
        *_stated(record, verbose=verbose),
        *_told("Why", pathway.reasons),
        *_told("What would change it", pathway.would_change),
        *_to_ask(pathway.to_ask),
        *_told("Why this route", route.reasons),
        *_told("What else there is", [other.why for other in route.alternatives]),
        *_told("Next", route.next_steps),
        *_trials(record.judged.trials, verbose=verbose),
        notice(record.notice),
    )


def _headline(record: PlanRecord) -> Iterable[RenderableType]:
    case, pathway, route = record.case, record.judged.pathway, record.judged.route
    scanned = f"scan of {case.reading.date}" if case.reading.date else None
    diagnosis = DIAGNOSES.get(case.diagnosis or "")
    named = [case.id, case.label, scanned, case.plan.name, diagnosis]
    if any(named):
        yield Text(" · ".join(part for part in named if part), style="dim")
    yield Text(say.sentence(pathway.headline), style="bold")
    doubts = f"{say.borderline(pathway.borderline)}{say_accepted(record)}"
    yield Text(f"pathway {pathway.name} ({pathway.row}{doubts})", style="dim")
    yield Text(say.sentence(route.headline), style="bold")
    yield Text(f"route {route.name} ({route.row})", style="dim")
    for other in say.beside_route(route):
        yield Text(f"beside it: {other}")
    yield Text("")


def _limits(record: PlanRecord) -> Iterable[RenderableType]:
    for name in record.ratios.by_part:
        ends = f"95 of 100 readings would lie in {say.interval_ends(record, name)}"
        yield Text(f"  {say.PARTS[name]}: {ends}", style="dim")
    yield from spread_rows(record.ratios)
    for name, words in say.PARTS.items():
        unanswered = say_not_answered(record, name)
        if unanswered:
            yield Text(f"Limits on the {words} {unanswered}", style="bold red")
    if not record.thresholds:
        return
    yield Text("")
    table = wide_table("Limit", "share is", "by", "crossing chance")
    for limit in record.thresholds:
        distance, chance = as_ml(abs(limit.distance_ml)), say.crossing(limit.crossing_chance)
        style = "yellow" if limit.borderline else ""
        table.add_row(limit.name, limit.answer, distance, chance, style=style)
    yield table


def _stated(record: PlanRecord, *, verbose: bool) -> Iterable[RenderableType]:
    if record.function is not None:
        yield from _function(record.function)
    if record.dose is not None:
        yield from _dose(record.dose)
    if record.scores is not None:
        yield from scores_rows(record.scores)
    if record.context is not None:
        yield from context_rows(record.context, verbose=verbose)


def _dose(told: LungDoseRecord) -> Iterable[RenderableType]:
    """Show the lung dose that decides, and what was computed."""
    if told.computed is not None:
        yield from dose_rows(told)
    else:
        yield Text(f"Lung dose {told.shown} Gy at 150 Gy to the tumour, as given")


def _function(told: RemnantFunctionRecord) -> Iterable[RenderableType]:
    """Show the function that decides; what was measured stands beside one that was typed."""
    if told.origin == "given":
        yield Text(f"FLR function {told.shown} %/min/m2, as given")
    if told.measured is not None:
        yield from function_rows(told.measured)
    yield days_row(told.ct_to_scintigraphy_days)


def _told(heading: str, sentences: Sequence[str]) -> Iterable[RenderableType]:
    if sentences:
        yield Text(f"\n{heading}", style="bold")
    for sentence in sentences:
        yield inset(f"- {sentence}")


def _to_ask(keys: tuple[str, ...]) -> Iterable[RenderableType]:
    if not keys:
        return
    yield Text("\nStill to be asked", style="bold")
    for key in keys:
        yield inset(Text.assemble(f"- {key}: ", (say_meaning(key), "dim")))


def _trials(trials: Iterable[TrialAnswerRecord], *, verbose: bool) -> Iterable[RenderableType]:
    yield Text("\nTrials", style="bold")
    for one in trials:
        failed = f": {', '.join(one.failed)}" if one.failed and one.applies else ""
        missing = len(one.unknown) if one.applies else 0
        unknown = f"; {missing} criteria not answered" if missing else ""
        line = f"{one.trial.name} ({one.trial.id}): {one.shown}{failed}{unknown}"
        yield inset(line)
        for answer in one.criteria if verbose or one.verdict != "not_eligible" else ():
            yield from _imaging(answer)


def _imaging(answer: CriterionAnswerRecord) -> Iterable[RenderableType]:
    """Show what the images answer of one criterion."""
    asked = answer.criterion
    parts: list[tuple[str, Sequence[By], EvidenceRecord]]
    parts = [(f"{asked.id} {one.name}", one.by, one) for one in answer.parts]
    for name, by, part in parts or [(asked.id, asked.by, answer)]:
        if "imaging" in by:
            distance = f", {part.distance}" if part.distance else ""
            said = f"{name} ({asked.kind}) {say.ANSWERS[part.answer]}"
            line = f"{said}: {part.evidence}{distance}"
            yield inset(line, "dim", by=4)
