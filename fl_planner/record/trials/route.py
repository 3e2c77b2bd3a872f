"""Pathway and route: what the images alone answer, and what all facts do."""

from __future__ import annotations

from typing import Annotated

from fl_planner.planning.pathway.pathway import Pathway
from fl_planner.planning.pathway.table import ROWS
from fl_planner.planning.route.questions import Computed, Question
from fl_planner.planning.route.route import Route
from fl_planner.record.declaration.part import RecordPart, as_part
from fl_planner.record.declaration.quantity import (
    Count,
    CriterionId,
    TrialId,
    column,
    like,
    one_of,
    says,
)
from fl_planner.record.trials.trials import Asked, Reached
from fl_planner.trials.centre import Centre

ROUTE_ROWS = "{route rows}"  # stands for the names of all rows, which files of trials bring too
Sentences = Annotated[tuple[str, ...], says("Sentences.")]
Headline = Annotated[str, says("One line for people.")]
RouteName = Annotated[str, says("Stable name."), like("^[a-z0-9_]+$")]
RouteRowName = Annotated[str, one_of("Row of the table of routes.", [ROUTE_ROWS])]


class PathwayRecord(RecordPart):
    """The answer by images alone."""

    name: Annotated[
        str,
        one_of("Stable name.", (row.pathway for row in ROWS)),
        column("pathway", "the answer by images alone"),
    ]
    row: Annotated[
        str,
        one_of("Row of the table of pathways.", (row.name for row in ROWS)),
        column("pathway_row", "its row of the table", type="text"),
    ]
    headline: Headline
    reasons: Sentences
    would_change: Annotated[tuple[str, ...], says("What would lead elsewhere.")]
    to_ask: Annotated[tuple[str, ...], says("Input keys of facts that could change the name.")]
    borderline: Annotated[
        bool,
        says("One of five readings or more would fall on the other side."),
        column("pathway_borderline", "one of five readings or more would fall on the other side"),
    ]


class AlternativeRecord(RecordPart):
    """One."""

    name: Annotated[str, says("Name.")]
    reach: Reached
    why: Annotated[str, says("Reason.")]


class SettledRecord(RecordPart):
    """A criterion."""

    trial: TrialId
    criterion: CriterionId


class NextQuestionRecord(RecordPart):
    """What to find out first."""

    key: Annotated[
        str | None, says("Input key; absent where a person must choose between readings.")
    ] = None
    asked_of: Asked
    trials: Annotated[Count, says("How many trials it could settle.")]


class ComputedRecord(RecordPart):
    """What values on file come to, to be confirmed; it answers nothing before it is."""

    value: Annotated[float | str, says("A number, or a code.")]
    says: Annotated[str, says("The same with its unit and formula.")]


class QuestionRecord(NextQuestionRecord):
    """Something to find out."""

    criteria: Annotated[tuple[SettledRecord, ...], says("What it could settle.")]
    computed: ComputedRecord | None = None


class RouteRecord(RecordPart):
    """What is for discussion at the tumour board, by all facts."""

    name: Annotated[RouteName, column("route", "what is for discussion, by all facts")]
    row: Annotated[RouteRowName, column("route_row", "its row of the table", type="text")]
    headline: Headline
    reasons: Sentences
    alternatives: Annotated[tuple[AlternativeRecord, ...], says("Other options by the facts.")]
    next_steps: Annotated[tuple[str, ...], says("Sentences, in order.")]
    pending: Annotated[tuple[TrialId, ...], says("Trials that a missing answer leaves undecided.")]
    questions: Annotated[
        tuple[QuestionRecord, ...], says("What to find out, the most informative first.")
    ]
    centre: Annotated[str | None, says("Whose list of trials it follows.")] = None


def as_pathway(pathway: Pathway) -> PathwayRecord:
    """Tell the answer by volume alone."""
    return as_part(PathwayRecord, pathway)


def as_route(route: Route, centre: Centre | None) -> RouteRecord:
    """Tell the answer by all facts."""
    return as_part(
        RouteRecord,
        route,
        alternatives=tuple(as_part(AlternativeRecord, other) for other in route.alternatives),
        questions=tuple(map(as_question, route.questions)),
        centre=None if centre is None else centre.name,
    )


def as_question(question: Question) -> QuestionRecord:
    """Tell something to find out."""
    return as_part(
        QuestionRecord,
        question,
        criteria=tuple(
            SettledRecord(trial=trial, criterion=id_) for trial, id_ in question.criteria
        ),
        computed=None if question.computed is None else as_computed(question.computed),
    )


def as_computed(one: Computed) -> ComputedRecord:
    """Tell what values on file come to."""
    value = one.value if isinstance(one.value, str) else float(one.value)
    return ComputedRecord(value=value, says=one.says)
