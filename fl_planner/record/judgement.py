"""Results from the facts of one patient: pathway, route, answers, and the FLR if entered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

from fl_planner.basis.findings import Finding
from fl_planner.basis.standing_words import TYPED_HERE
from fl_planner.planning.assessment.near_limits import FLR, EnteredLimit, read_entered_share
from fl_planner.planning.full_route.route import Computed, Question, Route
from fl_planner.planning.given.case import Accepted, InputFile
from fl_planner.planning.judgement import Judged
from fl_planner.planning.volume_pathway.pathway_rows import ROWS
from fl_planner.planning.volume_pathway.situation import UNTREATED
from fl_planner.record.context import ContextRecord, as_context
from fl_planner.record.declaration.part import (
    CaseId,
    Count,
    CriterionId,
    Percent,
    RecordKeys,
    RecordPart,
    TrialId,
    as_part,
    at_least,
    by_name,
    column,
    like,
    observed_as,
    one_of,
    says,
)
from fl_planner.record.files.chart import FactSourceRecord, UnmappedCodeRecord
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs, name_schema
from fl_planner.record.ratios import LimitName
from fl_planner.record.trials import (
    Asked,
    FactValue,
    Reached,
    RuleRecord,
    TrialAnswerRecord,
    as_fact_value,
    as_rules,
    as_trial_answer,
)
from fl_planner.trials.criterion import Centre
from fl_planner.trials.facts.facts import FACTS, Facts
from fl_planner.trials.facts.meanings import Fact, FactKind

if TYPE_CHECKING:
    from fl_planner.planning.assessment.context import ContextNote

ROUTE_ROWS = "{route rows}"  # stands for the names of all rows, which files of trials bring too
Sentences = Annotated[tuple[str, ...], says("Sentences.")]
Headline = Annotated[str, says("Text for display.")]
RouteName = Annotated[str, says("Identifier."), like("^[a-z0-9_]+$")]
RouteRowName = Annotated[str, one_of("Row in the table of routes.", [ROUTE_ROWS])]


class PathwayRecord(RecordPart):
    """Answer based only on images."""

    name: Annotated[
        str,
        one_of("Identifier.", (row.pathway for row in ROWS)),
        column("pathway", "the answer based on images alone"),
    ]
    row: Annotated[
        str,
        one_of("Row in the table of pathways.", (row.name for row in ROWS)),
        column("pathway_row", "row in the table of pathways", type="text"),
    ]
    headline: Headline
    reasons: Sentences
    would_change: Annotated[tuple[str, ...], says("Changes that would lead to another answer.")]
    to_ask: Annotated[tuple[str, ...], says("Input keys of facts that could change the answer.")]
    borderline: Annotated[
        bool,
        says("Whether at least one in five readings would be on the other side of a limit."),
        column(
            "pathway_borderline",
            "whether at least one in five readings would be on the other side of a limit",
        ),
    ]


class AlternativeRecord(RecordPart):
    """Another option according to the recorded facts."""

    name: Annotated[str, says("Name.")]
    reach: Reached
    says: Annotated[str, says("The option in words.")]
    why: Annotated[str, says("Reason.")]


class SettledRecord(RecordPart):
    """A criterion."""

    trial: TrialId
    criterion: CriterionId


class NextQuestionRecord(RecordPart):
    """Question to answer first."""

    key: Annotated[str | None, says("Input key; absent if an interpretation must be agreed.")] = (
        None
    )
    asked_of: Asked
    trials: Annotated[Count, says("Number of trials whose verdict the answer could decide.")]


class ComputedRecord(RecordPart):
    """Value computed from recorded values, not used until it is confirmed."""

    value: Annotated[float | str, says("A number or a code.")]
    says: Annotated[str, says("The value with its unit and formula.")]


class QuestionRecord(NextQuestionRecord):
    """Question to be answered."""

    criteria: Annotated[tuple[SettledRecord, ...], says("Criteria that the answer could decide.")]
    computed: ComputedRecord | None = None


class RouteRecord(RecordPart):
    """Route for discussion at the tumour board, based on all facts."""

    name: Annotated[RouteName, column("route", "option for discussion, based on all facts")]
    row: Annotated[RouteRowName, column("route_row", "row in the table of routes", type="text")]
    headline: Headline
    reasons: Sentences
    alternatives: Annotated[
        tuple[AlternativeRecord, ...], says("Other options according to the recorded facts.")
    ]
    next_steps: Annotated[tuple[str, ...], says("Next steps, in order.")]
    pending: Annotated[tuple[TrialId, ...], says("Trials undecided because of missing answers.")]
    questions: Annotated[
        tuple[QuestionRecord, ...], says("Missing information, in the order of the questions.")
    ]
    centre: Annotated[str | None, says("Name of the centre, as given in the centre file.")] = None


def as_route(route: Route, centre: Centre | None) -> RouteRecord:
    """Describe the answer based on all facts."""
    return as_part(
        RouteRecord,
        route,
        alternatives=tuple(as_part(AlternativeRecord, other) for other in route.alternatives),
        questions=tuple(map(as_question, route.questions)),
        centre=None if centre is None else centre.name,
    )


def as_question(question: Question) -> QuestionRecord:
    """Describe a question."""
    return as_part(
        QuestionRecord,
        question,
        criteria=tuple(
            SettledRecord(trial=trial, criterion=id_) for trial, id_ in question.criteria
        ),
        computed=None if question.computed is None else as_computed(question.computed),
    )


def as_computed(one: Computed) -> ComputedRecord:
    """Describe a value computed from recorded values."""
    return as_part(ComputedRecord, one)


class TypedLimitRecord(RecordPart):
    """Limit without mL and crossing chance, because the share was not measured."""

    name: LimitName
    answer: Annotated[
        str, one_of("Comparison of the entered share with the limit.", ("below", "at", "above"))
    ]
    limit_percent: Annotated[Percent, says("The limit")]
    near: Annotated[
        bool,
        says(
            "Whether the share is so close to the limit that another reading may be on the other "
            "side."
        ),
    ]
    distance: Annotated[str, says("Distance from the limit, in words.")]
    source: Annotated[str, says("Passage in the trial protocol that states the limit.")]
    applies: Annotated[
        bool | None, says("Whether the limit applies to this liver; absent if that is unknown.")
    ] = None

    @property
    def is_close(self) -> bool:
        """Whether it is near, unless it does not apply to this liver."""
        return self.near and self.applies is not False


class TypedFlrRecord(RecordPart):
    """FLR entered from a report, used because none was measured."""

    percent: Annotated[
        Percent,
        says("Share of the non-tumorous liver, as entered, not measured by this program"),
        column(
            "flr_typed_pct",
            "FLR as a share of the non-tumorous liver, as entered, not measured by this program",
        ),
        observed_as(
            "flr-percent-typed",
            "Future liver remnant as a share of the liver, entered from a report",
            f"{TYPED_HERE}; share of the non-tumorous liver",
            origin="given",
            doubts=(
                "flr.typed",
                "evidence.flr_apart",
                "evidence.typed_apart",
                "discordance.volume_function",
            ),
        ),
    ]
    shown: Annotated[str, says("The value, formatted for display.")]
    limits: Annotated[
        tuple[TypedLimitRecord, ...], says("Comparison with the limits for this diagnosis.")
    ]


def as_entered_flr(judged: Judged) -> TypedFlrRecord | None:
    """Describe an entered FLR; None if it is not used."""
    if (share := read_entered_share(judged.facts)) is None:
        return None
    from fl_planner.trials.convert import format_entered  # where one was typed

    return TypedFlrRecord(
        percent=float(100 * share),
        shown=format_entered(share, judged.limits.get(FLR, ())),
        limits=tuple(_as_limit(one) for one in judged.entered if one.limit.fact == FLR),
    )


class TypedUntreatedRecord(RecordPart):
    """Untreated share computed from entered volumes, used because none was measured."""

    percent: Annotated[
        Percent,
        says("Untreated share of the non-tumorous liver, by entered volumes, not measured"),
    ]
    shown: Annotated[str, says("The value, formatted for display.")]
    limits: Annotated[
        tuple[TypedLimitRecord, ...], says("Comparison with the limits for this diagnosis.")
    ]


def as_entered_untreated(judged: Judged) -> TypedUntreatedRecord | None:
    """Describe the untreated share of entered volumes; None if no limit is compared with it."""
    limits = [one for one in judged.entered if one.limit.fact == UNTREATED]
    if not limits:
        return None
    from fl_planner.trials.convert import format_entered  # where one was typed

    share = limits[0].share
    return TypedUntreatedRecord(
        percent=float(100 * share),
        shown=format_entered(share, judged.limits.get(UNTREATED, ())),
        limits=tuple(map(_as_limit, limits)),
    )


def _as_limit(one: EnteredLimit) -> TypedLimitRecord:
    percent = 100 * one.limit.value
    return as_part(TypedLimitRecord, one, limit_percent=percent, near=one.is_borderline)


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
    """Results from the facts of one patient."""

    facts: Annotated[dict[str, FactValue], by_name("All recorded facts, by canonical name.", KINDS)]
    typed_flr: TypedFlrRecord | None = None
    typed_untreated: TypedUntreatedRecord | None = None
    rules: Annotated[tuple[RuleRecord, ...], says("All protocols used, by hash."), at_least(1)]
    trials: Annotated[
        tuple[TrialAnswerRecord, ...], says("Trials in the order of the project's list.")
    ]
    pathway: PathwayRecord
    route: RouteRecord


class JudgementRecord(ResultRecord, tag_field="schema", tag=name_schema("trials")):
    """Results from a patient's facts."""

    id: CaseId | None = None
    judged: JudgementKeys
    context: ContextRecord | None = None
    sources: Annotated[
        tuple[FactSourceRecord, ...] | None,
        says("Resources in the electronic record from which the facts were read."),
    ] = None
    unmapped: Annotated[
        tuple[UnmappedCodeRecord, ...] | None,
        says("Codes in the electronic record for which the mapping has no rule."),
    ] = None
    findings: Findings


def as_judgement_record(
    judged: Judged,
    inputs: Iterable[InputFile],
    findings: Iterable[Finding],
    accepted: Iterable[Accepted] = (),
    case_id: str | None = None,
    context: Sequence[ContextNote] = (),
) -> JudgementRecord:
    """Describe the results from a patient's facts, with findings.

    - `context`: additional data of a case file.
    """
    return JudgementRecord(
        id=case_id,
        refusal=None,
        inputs=as_inputs(inputs),
        judged=as_judgement(judged),
        context=as_context(context),
        findings=as_findings(findings, accepted),
    )


def as_judgement(judged: Judged) -> JudgementKeys:
    """Describe facts, rules, trials, pathway and route."""
    return JudgementKeys(
        facts=dict(_list_facts(judged.facts)),
        typed_flr=as_entered_flr(judged),
        typed_untreated=as_entered_untreated(judged),
        rules=as_rules(judged.rules),
        trials=tuple(as_trial_answer(one, judged) for one in judged.judgements),
        pathway=as_part(PathwayRecord, judged.pathway),
        route=as_route(judged.route, judged.centre),
    )


def _list_facts(facts: Facts) -> Iterable[tuple[str, FactValue]]:
    """List every known fact by its canonical name; none is a date or free text.

    A laboratory's own upper limits are omitted: their names contain no unit, and the ratios
    to them are facts.
    """
    for name in FACTS:
        if (value := facts.get(name)) is not None:
            yield name, as_fact_value(value)
