"""A plan's record as a table that fits 80 columns: on one screen, or with all that it tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.basis.glossary import OTHER_OPTIONS, QUESTIONS
from fl_planner.record.dose.answer import LungDoseRecord
from fl_planner.record.function import RemnantFunctionRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.trials.trials import (
    CriterionAnswerRecord,
    EvidenceRecord,
    TrialAnswerRecord,
)
from fl_planner.report import words as say
from fl_planner.report.questions import list_questions, say_question
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
from fl_planner.report.terminal.plan_parts import answer_rows, case_row, limit_rows
from fl_planner.report.terminal.plan_summary import summary
from fl_planner.report.terminal.readers.spread import spread_rows
from fl_planner.report.terminal.scores import scores_rows
from fl_planner.report.terminal.table import finding_rows, inset, notice, volume_rows
from fl_planner.report.terminal.vessels import supplied_rows, vessel_rows
from fl_planner.trials.criterion import By


def plan_table(record: PlanRecord, *, verbose: bool = False) -> RenderableType:
    """Show a plan on one screen, or all that it tells."""
    return _whole(record) if verbose else summary(record)


def _whole(record: PlanRecord) -> RenderableType:
    pathway, route = record.judged.pathway, record.judged.route
    return Group(
        *case_row(record),
        *finding_rows(record.findings, verbose=True),
        *answer_rows(record),
        Text(""),
        *volume_rows(record.volumes, record),
        *_intervals(record),
        *supplied_rows(record),
        *limit_rows(record),
        *plan_rows(record),
        *lesion_rows(record, record.clearing),
        *baseline_rows(record.tumour),
        *vessel_rows(record),
        *resection_rows(record),
        *body_rows(record),
        *(() if record.growth is None else ("", *story_rows(record.growth.story))),
        *_stated(record),
        *_told("Why", pathway.reasons),
        *_told("What would change it", pathway.would_change),
        *_told("Why this route", route.reasons),
        *_told(OTHER_OPTIONS, [other.why for other in route.alternatives]),
        *_told("Next", route.next_steps),
        *_told(QUESTIONS, list(map(say_question, list_questions(record.judged)))),
        *_trials(record.judged.trials),
        notice(record.notice),
    )


def _intervals(record: PlanRecord) -> Iterable[RenderableType]:
    for name in record.ratios.by_part:
        yield inset(f"{say.PARTS[name]}: {say.interval(record, name)}", "dim")
    yield from spread_rows(record.ratios)


def _stated(record: PlanRecord) -> Iterable[RenderableType]:
    if record.function is not None:
        yield from _function(record.function)
    if record.dose is not None:
        yield from _dose(record.dose)
    if record.scores is not None:
        yield from scores_rows(record.scores)
    if record.context is not None:
        yield from context_rows(record.context, verbose=True)


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


def _trials(trials: Iterable[TrialAnswerRecord]) -> Iterable[RenderableType]:
    yield Text("\nTrials", style="bold")
    for one in trials:
        missing = len(one.unknown) if one.applies else 0
        unknown = f"; {say.criteria(missing)} not answered" if missing else ""
        yield inset(f"{one.trial.name} ({one.trial.id}): {one.shown}{unknown}")
        for answer in one.criteria if one.applies else ():
            yield from _criterion(answer)


def _criterion(answer: CriterionAnswerRecord) -> Iterable[RenderableType]:
    """Show a criterion that fails or that images answer, in its words, and what answers it."""
    asked = answer.criterion
    parts: list[tuple[Sequence[By], EvidenceRecord]]
    parts = [(one.by, one) for one in answer.parts] or [(asked.by, answer)]
    seen = [one for by, one in parts if "imaging" in by]
    if not seen and not answer.against:
        return
    said = say.ANSWERS[asked.kind]
    yield inset(f"{asked.id} ({asked.kind}) {said[answer.answer]}: {asked.says}", by=4)
    for one in seen:
        of_part = f"{said[one.answer]}: " if answer.parts else ""
        distance = f", {one.distance}" if one.distance else ""
        yield inset(f"{of_part}{one.evidence}{distance}", "dim", by=6)
    if not seen and answer.in_the_way:
        yield inset(answer.in_the_way, "dim", by=6)
