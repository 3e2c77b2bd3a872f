"""Many patients in order of need, and a cohort's run, as records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from fl_planner.basis.standing_words import RESEARCH_USE, ResearchUse
from fl_planner.planning.worklist_order import Urgency
from fl_planner.record.declaration.part import (
    CaseId,
    Code,
    Count,
    CriterionId,
    FileName,
    Ml,
    Number,
    Percent,
    RecordPart,
    Sha256,
    Sided,
    TrialId,
    at_least,
    one_of,
    says,
)
from fl_planner.record.head import AnswerRecord, Findings
from fl_planner.record.judgement import (
    ComputedRecord,
    NextQuestionRecord,
    RouteName,
    RouteRowName,
    SettledRecord,
)
from fl_planner.record.over_time.log import LastOutcomeRecord
from fl_planner.record.trials import RuleRecord, VerdictCode, VerdictShown
from fl_planner.trials.judge import VERDICTS, Verdict

RowNumber = Annotated[Number, says("Row of the table, line, or file in the order of names.")]
FindingCode = Annotated[Code, says("Code.")]


class DeadlineRecord(SettledRecord):
    """Something that ends."""

    says: Annotated[str, says("What ends, in short.")]
    days: Annotated[
        float | None,
        says(
            "Days from the assessment date on which it still holds, below 0 where it is past; "
            "absent where it ends with an event."
        ),
    ] = None


class DoubtRecord(RecordPart):
    """One."""

    code: FindingCode
    severity: Annotated[str, one_of("How much it matters.", ("warning", "error"))]
    message: Annotated[str, says("What is doubtful, and what it does.")]


class OfferedRecord(ComputedRecord):
    """One: it answers nothing before a person confirms it."""

    key: Annotated[str, says("Input key of the question that it answers.")]


class MeasuredPartsRecord(RecordPart):
    """Volumes of the masks; what is not to be used is absent."""

    liver: Annotated[Ml, says("Whole organ, liver and tumour together")]
    tumour: Annotated[Ml | None, says("All tumour")] = None
    nontumorous_liver: Annotated[Ml, says("Organ without its tumour")]
    flr: Annotated[Ml | None, says("Future liver remnant without tumour")] = None


class ScreenedRecord(RecordPart):
    """One patient."""

    row: RowNumber
    id: CaseId | None = None
    file: FileName | None = None
    volumes_ml: MeasuredPartsRecord | None = None
    flr_percent: Annotated[
        Sided[Percent] | None,
        says("FLR of the non-tumorous liver, percent", shown="The same, on its side of each limit"),
    ] = None
    flr_typed_percent: Annotated[
        Percent | None, says("FLR of the non-tumorous liver, typed and not measured here")
    ] = None
    urgency: Annotated[str, one_of("What presses.", (one.name.lower() for one in Urgency))]
    deadline: DeadlineRecord | None = None
    deadlines: Annotated[tuple[DeadlineRecord, ...], says("What ends, the most pressing first.")]
    verdicts: Annotated[dict[str, VerdictCode], says("By trial, for programs.")]
    verdicts_shown: Annotated[dict[str, VerdictShown], says("By trial, for people.")]
    only_human_open: Annotated[
        tuple[TrialId, ...], says("Trials that wait for a person's word alone.")
    ]
    possible: Annotated[tuple[TrialId, ...], says("Trials that are possible, and not closed here.")]
    route: RouteName
    route_row: RouteRowName
    next_question: NextQuestionRecord | None = None
    questions: Annotated[Count, says("How many there are to ask.")]
    computed: Annotated[
        tuple[OfferedRecord, ...] | None,
        says("What values on file come to, for questions still to ask; to be confirmed."),
    ] = None
    findings: Annotated[tuple[FindingCode, ...], says("Codes of findings above info.")]
    doubts: Annotated[
        tuple[DoubtRecord, ...],
        says("The same findings in words, which repeat nothing of the patient's file."),
    ]
    outcomes: Annotated[
        dict[str, LastOutcomeRecord] | None, says("By trial, what was recorded last.")
    ] = None


class NotReadRecord(RecordPart):
    """A row that cannot be read."""

    row: RowNumber
    id: CaseId | None = None
    file: FileName | None = None
    code: Code
    reason: Annotated[str, says("What is wrong; nothing of the row is repeated.")]
    remedy: Annotated[str, says("What to do about it.")]


class CriterionCountRecord(RecordPart):
    """One."""

    criterion: CriterionId
    patients: Annotated[Number, says("How many.")]


class DesignCountRecord(RecordPart):
    """One."""

    reason: Annotated[str, says("What the trial's design rules out, as of its `by_design`.")]
    says: Annotated[str, says("The same for a person.")]
    patients: Annotated[Number, says("How many.")]


class TrialCountsRecord(RecordPart):
    """One."""

    trial: TrialId
    assessed: Annotated[Count, says("Judged.")]
    not_eligible: Annotated[
        Count,
        says(
            "A criterion or the trial's design keeps them out.", step=VERDICTS[Verdict.NOT_ELIGIBLE]
        ),
    ]
    kept_out_by: Annotated[tuple[CriterionCountRecord, ...], says("By the first such criterion.")]
    kept_out_by_design: Annotated[
        tuple[DesignCountRecord, ...], says("By the trial's design alone, no criterion.")
    ] = ()
    open: Annotated[Count, says("Answers are missing.", step=VERDICTS[Verdict.INDETERMINATE])]
    eligible: Annotated[Count, says("Potentially eligible.", step=VERDICTS[Verdict.ELIGIBLE])]
    approached: Annotated[
        Count, says("Were asked, or anything was recorded of them.", step="approached")
    ]
    declined: Annotated[Count, says("Their last word.", step="declined")]
    consented: Annotated[Count, says("Their last word.", step="consented")]
    screen_failures: Annotated[
        Count, says("Failed screening, before or after consent.", step="failed screening")
    ]
    failed_on: Annotated[tuple[CriterionCountRecord, ...], says("By the criterion last recorded.")]
    randomised: Annotated[Count, says("Between the arms of the trial.", step="randomised")]
    treated: Annotated[Count, says("In the trial.", step="treated")]
    resected: Annotated[Count, says("After treatment in the trial.", step="resected")]
    withdrawn: Annotated[Count, says("Left the trial after consent.", step="withdrawn")]


class ConsortRecord(RecordPart):
    """Patients by step, for a CONSORT diagram."""

    listed: Annotated[Count, says("On the list.")]
    not_read: Annotated[Count, says("Rows that could not be read.")]
    assessed: Annotated[Count, says("Judged.")]
    trials: Annotated[tuple[TrialCountsRecord, ...], says("By trial.")]


class ListedFileRecord(RecordPart):
    """A file that the list was read from."""

    role: Annotated[str, says("patients, centre, trial.")]
    file: FileName | None = None
    format: Annotated[str, says("csv, json ...")]
    sha256: Sha256


class SelectionRecord(RecordPart):
    """Which patients are told; all were judged, and are in the counts."""

    trial: TrialId | None = None
    only: Annotated[VerdictCode | None, says("Answer that the trial, or any, must give.")] = None
    sort: Annotated[str, one_of("Order of the rows.", ("need", "deadline", "row", "id"))]
    top: Annotated[Count | None, says("How many at most.")] = None
    told: Annotated[Count, says("Patients that are told.")]
    left_out: Annotated[Count, says("Patients that were judged, and are not told.")]


class ScreenRecord(AnswerRecord, tag_field="schema", tag="fl-planner/screen/2"):
    """Many patients, in order of need."""

    notice: ResearchUse = RESEARCH_USE
    inputs: Annotated[
        tuple[ListedFileRecord, ...], says("The files; by name in the clinical profile alone.")
    ]
    rules: Annotated[
        tuple[RuleRecord, ...], says("Every protocol that the answers rest on."), at_least(1)
    ]
    rows: Annotated[tuple[ScreenedRecord, ...], says("Patients, what presses most first.")]
    refused: Annotated[tuple[NotReadRecord, ...], says("Rows that could not be read.")]
    selection: SelectionRecord | None = None
    consort: ConsortRecord
    findings: Findings


MOST_SAID = 20  # cases without a plan that a person is told one by one; the tables have all


class CaseLeftRecord(RecordPart):
    """A case without a plan."""

    id: Annotated[str, says("The user's pseudonym, as given.")]
    number: Annotated[Number, says("In the order of the source; the log names it so.")]
    status: Literal["refused", "failed"]
    code: Code | None = None
    file: Annotated[str | None, says("What the refusal is about.")] = None
    reason: Annotated[str, says("Why it has none.")]
    remedy: Annotated[str | None, says("What to do about it.")] = None


class PlannedAgainRecord(RecordPart):
    """Cases whose earlier result did not hold."""

    changed: Annotated[str, says("What had changed.")]
    cases: Annotated[Count, says("How many.")]


class CohortCountKeys(RecordPart):
    """Cases by what became of them."""

    cases: Annotated[Count, says("All of the source.")]
    planned: Annotated[Count, says("With a plan.")]
    refused: Annotated[Count, says("Refused: there is no honest result.")]
    failed: Annotated[Count, says("Not ended: memory, time, or a process that was killed.")]
    held: Annotated[Count, says("Whose earlier result holds: not planned anew.")]
    left_out: Annotated[Count, says("In the folder from an earlier run, and not of this one.")]


class CohortRecord(AnswerRecord, tag_field="schema", tag="fl-planner/cohort/1"):
    """A cohort, planned into a folder."""

    counts: CohortCountKeys
    planned_again: Annotated[tuple[PlannedAgainRecord, ...], says("Of results that did not hold.")]
    without_plan: Annotated[tuple[CaseLeftRecord, ...], says("Every case that has none.")]


def say_cohort(record: CohortRecord) -> Iterator[str]:
    """Say it in a few lines."""
    counts = record.counts
    told = f"{counts.planned:,} planned, {counts.refused:,} refused, {counts.failed:,} failed"
    yield f"{say_cases(counts.cases)}: {told}"
    if counts.held:
        yield f"  {counts.held:,} of them were planned before, and their result holds"
    for again in record.planned_again:
        yield f"  {again.cases:,} planned again: changed was {again.changed}"
    if counts.left_out:
        yield f"  of an earlier run and not among these, left as they are: {counts.left_out:,}"
    for one in record.without_plan[:MOST_SAID]:
        about = "" if one.file is None else f"{one.file}: "
        remedy = "" if one.remedy is None else f"; {one.remedy}"
        yield f"  {one.id}: {one.status}: {about}{one.reason}{remedy}"
    if (more := len(record.without_plan) - MOST_SAID) > 0:
        yield f"  and {more:,} more; cases.csv lists all"


def say_cases(count: int) -> str:
    """Count cases."""
    return "1 case" if count == 1 else f"{count:,} cases"
