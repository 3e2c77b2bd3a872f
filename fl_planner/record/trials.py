"""Trials, and a patient's answers to their criteria."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction
from typing import Annotated

from msgspec import Meta

from fl_planner.basis.constants import CANCERS
from fl_planner.basis.standing_words import FOR_ANOTHER, MEETS_ALL
from fl_planner.basis.three_valued import Truth
from fl_planner.planning.assessment.near_limits import list_entered
from fl_planner.planning.judgement import Judged
from fl_planner.planning.only_just_eligible import list_only_just
from fl_planner.planning.volume_pathway.pathway import (
    choose_crossing,
    format_distance,
    format_evidence,
)
from fl_planner.record.declaration.part import (
    Count,
    CriterionId,
    RecordKeys,
    RecordPart,
    Sha256,
    TrialId,
    as_part,
    at_least,
    column,
    one_of,
    says,
)
from fl_planner.record.head import AnswerRecord, name_schema
from fl_planner.trials.condition import Compared
from fl_planner.trials.criterion import (
    REACH,
    AskedOf,
    By,
    Changes,
    Criterion,
    Reach,
    Trial,
    find_offer,
    name_with_id,
)
from fl_planner.trials.facts.facts import Value
from fl_planner.trials.judge import VERDICTS, CriterionAnswer, Judgement, PartAnswer

FactValue = bool | float | str | tuple[str, ...]
Asked = Annotated[AskedOf, says("Person or team who can answer.")]
Reached = Annotated[Reach, one_of("Availability of the trial to patients of this centre.", REACH)]
VerdictCode = Annotated[str, one_of("Verdict, as a code.", (verdict.value for verdict in VERDICTS))]
VerdictShown = Annotated[
    str, one_of("Verdict, in words.", (FOR_ANOTHER, *VERDICTS.values(), MEETS_ALL))
]
_By = Annotated[tuple[Annotated[By, says("Kind.")], ...], says("Types of evidence used.")]


class RuleRecord(RecordPart):
    """Protocol used for the answers."""

    id: TrialId
    name: Annotated[str, says("Name for display.")]
    sha256: Sha256 | None = None


class TrialKeys(RecordKeys):
    """A trial."""

    id: TrialId
    name: Annotated[str, says("Name for display.")]
    source: Annotated[str, says("Source of the text.")]
    notes: Annotated[tuple[str, ...], says("Notes on the trial as a whole.")]

    @property
    def called(self) -> str:
        """Name with registry number, without repetition."""
        return name_with_id(self.name, self.id)


class CriterionKeys(RecordKeys):
    """Criterion as stated in a protocol."""

    id: CriterionId
    kind: Annotated[str, one_of("Inclusion or exclusion.", ("inclusion", "exclusion"))]
    says: Annotated[str, says("Criterion, abridged.")]
    source: Annotated[str, says("Position of the criterion in the registry entry or protocol.")]
    by: _By
    asked_of: Asked
    reading: Annotated[str | None, says("Interpretation chosen if the text is unclear.")] = None
    note: Annotated[str | None, says("Notes on the answer.")] = None


class CriterionRecord(RecordPart):
    """A criterion."""

    criterion: CriterionKeys
    changes: Annotated[Changes, says("Whether and how the answer may change.")]
    facts: Annotated[tuple[str, ...], says("Canonical names of the facts used.")]


class ListedTrialRecord(RecordPart):
    """Trial in a list."""

    trial: TrialKeys
    diagnosis: Annotated[str, one_of("Target population.", CANCERS)]
    arms: Annotated[tuple[str, ...], says("Interventions; empty if the registry entry lists none.")]
    criteria_count: Annotated[Count, says("Number of criteria.")]
    text_date: Annotated[str | None, says("Date of the registry entry, if stated.")] = None
    link: Annotated[str | None, says("Source of the current text.")] = None


class TrialListRecord(AnswerRecord, tag_field="schema", tag=name_schema("trial-list")):
    """Trials by their names."""

    trials: Annotated[tuple[ListedTrialRecord, ...], says("Trials.")]
    limits_only: Annotated[
        tuple[ListedTrialRecord, ...], says("Trials that provide a limit but are not assessed.")
    ] = ()
    criteria: Annotated[
        tuple[CriterionRecord, ...] | None, says("Criteria of the requested trial.")
    ] = None
    background: Annotated[
        tuple[str, ...] | None,
        says("Further statements in the registry entry of the requested trial."),
    ] = None


class EvidenceRecord(RecordPart):
    """Answer and its evidence."""

    answer: Annotated[
        str,
        one_of(
            "An exclusion criterion that is met excludes the patient.",
            (Truth.TRUE.value, Truth.FALSE.value, Truth.UNKNOWN.value),
        ),
    ]
    evidence: Annotated[str, says("Facts and limits used.")]
    distance: Annotated[str | None, says("Distance from the limit.")] = None
    open_facts: Annotated[
        tuple[str, ...], says("Unknown facts that could still change the answer.")
    ]


class CriterionPartRecord(EvidenceRecord):
    """Part of a criterion."""

    name: Annotated[str, says("Name.")]
    by: _By


class FailingRecord(RecordPart):
    """Value that excludes the patient."""

    fact: Annotated[str, says("Canonical name.")]
    value: Annotated[FactValue, says("Value as recorded, in the unit of the fact.")]
    changes: Annotated[Changes, says("Whether and how the value may change.")]


class CriterionAnswerRecord(EvidenceRecord):
    """A criterion, answered."""

    criterion: CriterionKeys
    crossing_chance: Annotated[
        Annotated[float, Meta(ge=0, le=0.5)] | None,
        says("Probability that another reading would give a different answer."),
    ] = None
    changes: Annotated[Changes, says("Whether and how the answer may change.")]
    against: Annotated[
        tuple[FailingRecord, ...], says("Values that exclude the patient; empty if there are none.")
    ] = ()
    in_the_way: Annotated[
        str | None,
        says(
            "Values that exclude the patient, in words, each with the requirement of the criterion."
        ),
    ] = None
    human_open: Annotated[bool, says("Whether only clinical judgement is missing.")]
    holds_days: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        says("Number of days, from the assessment date, for which the values used remain valid."),
    ] = None
    parts: Annotated[
        tuple[CriterionPartRecord, ...],
        says("Parts of the criterion, if there are several."),
        at_least(2),
    ] = ()


class TrialAnswerRecord(RecordPart):
    """A trial's answers to one patient."""

    trial: TrialKeys
    reach: Reached | None = None
    verdict: Annotated[VerdictCode, column("{}_verdict", "verdict for {}")]
    shown: Annotated[VerdictShown, column("{}_shown", "verdict for {}, for readers")]
    by_design: Annotated[
        str | None, says("Exclusion by the trial design, without a criterion.")
    ] = None
    applies: Annotated[
        bool, says("False if the patient is known not to have the disease studied in the trial.")
    ]
    only_human_open: Annotated[
        bool,
        says("Whether only clinical judgement is missing."),
        column("{}_human_open", "whether only clinical judgement is missing for {}"),
    ]
    failed: Annotated[tuple[str, ...], says("Identifiers of criteria that exclude the patient.")]
    unknown: Annotated[tuple[str, ...], says("Identifiers of criteria without an answer.")]
    reasons: Annotated[
        tuple[str, ...], says("Reasons why the patient is not eligible, in sentences.")
    ] = ()
    criteria: Annotated[
        tuple[CriterionAnswerRecord, ...], says("Criteria in the order of the registry entry.")
    ]


def as_rules(trials: Iterable[Trial]) -> tuple[RuleRecord, ...]:
    """Name protocols, each with the SHA-256 of its text."""
    return tuple(as_part(RuleRecord, one) for one in trials)


def as_trial_list(trials: Iterable[Trial], lending: Iterable[Trial]) -> TrialListRecord:
    """List the assessed trials, and those used only for a limit."""
    return TrialListRecord(
        refusal=None,
        trials=tuple(map(_as_listed, trials)),
        limits_only=tuple(map(_as_listed, lending)),
    )


def as_criteria(trial: Trial) -> TrialListRecord:
    """One trial with its criteria in registry order."""
    criteria = tuple(
        as_part(
            CriterionRecord,
            one,
            criterion=as_part(CriterionKeys, one),
            facts=tuple(_list_facts(one)),
        )
        for one in trial.criteria
    )
    return TrialListRecord(
        refusal=None,
        trials=(_as_listed(trial),),
        criteria=criteria,
        background=tuple(one.says for one in trial.background),
    )


def _as_listed(trial: Trial) -> ListedTrialRecord:
    keys = as_part(TrialKeys, trial)
    return as_part(ListedTrialRecord, trial, trial=keys, criteria_count=len(trial.criteria))


def as_trial_answer(judgement: Judgement, judged: Judged) -> TrialAnswerRecord:
    """Describe a trial's answers to one patient, and its recruitment for the centre."""
    trial, centre = judgement.trial, judged.centre
    only_just = list_only_just(judgement, judged.facts, judged.limited)
    crossing = _choose_crossings(judgement, judged)
    return as_part(
        TrialAnswerRecord,
        judgement,
        trial=as_part(TrialKeys, trial),
        reach=None if centre is None else find_offer(centre, trial).status,
        verdict=judgement.verdict.value,
        shown=judgement.shown(only_just=bool(only_just)),
        reasons=judged.why_not.get(trial.id, ()),
        criteria=tuple(
            _as_answer(answer, judged, only_just.get(answer.criterion.id), chance)
            for answer, chance in zip(judgement.answers, crossing, strict=True)
        ),
    )


def _list_facts(criterion: Criterion) -> Iterable[str]:
    """List the facts used, each once."""
    return dict.fromkeys(leaf.fact for part in criterion.parts for leaf in part.when.compared({}))


def _choose_crossings(judgement: Judgement, judged: Judged) -> Iterator[float | None]:
    """Choose the crossing chance of each criterion, among the limits that may apply."""
    ruled_out = {fact for fact, known in judged.facts.items() if known is False}
    near = [one for one in judged.limited if one.has_chance]
    for answer in judgement.answers:
        may_hold = (one for one in answer.compared if ruled_out.isdisjoint(one.where))
        crossing = choose_crossing(may_hold, near)
        yield None if crossing is None else crossing.crossing_chance


def _as_answer(
    answer: CriterionAnswer, judged: Judged, only_just: str | None, crossing_chance: float | None
) -> CriterionAnswerRecord:
    parts = answer.parts if len(answer.parts) > 1 else ()
    return as_part(
        CriterionAnswerRecord,
        answer,
        criterion=as_part(CriterionKeys, answer.criterion),
        answer=answer.truth.value,
        evidence="; ".join(filter(None, (_format_evidence(answer, judged), only_just))),
        distance=_format_distance(answer.criterion, answer.against or answer.compared, judged),
        crossing_chance=crossing_chance,
        against=tuple(_list_failing(answer)),
        in_the_way=_format_unmet(answer, judged),
        open_facts=tuple(sorted(answer.open_facts)),
        parts=tuple(_as_part(answer.criterion, part, judged) for part in parts),
    )


def _format_unmet(answer: CriterionAnswer, judged: Judged) -> str | None:
    if not answer.fails:
        return None
    limits, typed = judged.limits, list_entered(judged.facts)
    return format_evidence(answer.against, (), limits, withdrawn=judged.withdrawn, typed=typed)


def _list_failing(answer: CriterionAnswer) -> Iterable[FailingRecord]:
    failing = {one.compared.fact: one for one in answer.failing}
    return (
        FailingRecord(fact=fact, value=as_fact_value(one.compared.known), changes=one.changes)
        for fact, one in failing.items()
        if one.compared.known is not None
    )


def as_fact_value(value: Value) -> FactValue:
    """Return a known value as in JSON."""
    if not isinstance(value, Fraction):
        return value
    return int(value) if value.denominator == 1 else float(value)


def _format_distance(
    criterion: Criterion, compared: Collection[Compared], judged: Judged
) -> str | None:
    excluding = criterion.kind == "exclusion"
    return format_distance(compared, judged.thresholds, judged.limits, excluding=excluding)


def _as_part(criterion: Criterion, part: PartAnswer, judged: Judged) -> CriterionPartRecord:
    return as_part(
        CriterionPartRecord,
        part.part,
        answer=part.truth.value,
        evidence=_format_evidence(part, judged),
        distance=_format_distance(criterion, part.compared, judged),
        open_facts=tuple(sorted(part.open_facts)),
    )


def _format_evidence(answer: CriterionAnswer | PartAnswer, judged: Judged) -> str:
    limits, typed = judged.limits, list_entered(judged.facts)
    return format_evidence(
        answer.compared, answer.open_facts, limits, withdrawn=judged.withdrawn, typed=typed
    )
