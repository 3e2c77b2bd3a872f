"""Records of a list of patients by urgency, and of the run of a cohort."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.standing_words import FOR_ANOTHER, NOT_ELIGIBLE, RESEARCH_USE, ResearchUse
from fl_planner.planning.worklist_order import Urgency
from fl_planner.record.declaration.part import (
    CaseId,
    Code,
    Count,
    CriterionId,
    FileName,
    FlrDenominator,
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
from fl_planner.record.files.chart import FactSourceRecord, UnmappedCodeRecord
from fl_planner.record.head import AnswerRecord, Findings, name_schema
from fl_planner.record.judgement import (
    ComputedRecord,
    NextQuestionRecord,
    RouteName,
    RouteRowName,
    SettledRecord,
)
from fl_planner.record.over_time.log import (
    LastOutcomeRecord,
    RandomisedCount,
    ResectedCount,
    TreatedCount,
    WithdrawnCount,
)
from fl_planner.record.trials import RuleRecord, VerdictCode, VerdictShown
from fl_planner.trials.judge import VERDICTS, Verdict

RowNumber = Annotated[
    Number, says("Number of the table row, of the line, or of the patient in a folder.")
]
FindingCode = Annotated[Code, says("Code.")]
NOT_ELIGIBLE_OR_FOR_ANOTHER = f"{NOT_ELIGIBLE} or {FOR_ANOTHER}"  # one verdict, in counts


class DeadlineRecord(SettledRecord):
    """Deadline."""

    says: Annotated[str, says("Expiring item, in brief.")]
    days: Annotated[
        float | None,
        says(
            "Number of days from the assessment date until expiry, negative if past; absent if "
            "expiry depends on an event."
        ),
    ] = None


class DoubtRecord(RecordPart):
    """Warning or error on a patient."""

    code: FindingCode
    severity: Annotated[str, one_of("Urgency.", ("warning", "error"))]
    message: Annotated[str, says("Uncertain item and the effect of this uncertainty.")]


class OfferedRecord(ComputedRecord):
    """Computed value, not used until it is confirmed."""

    key: Annotated[str, says("Input key of the question that this value answers.")]


class MeasuredPartsRecord(RecordPart):
    """Volumes of the masks; withdrawn numbers are absent."""

    liver: Annotated[Ml, says("Whole liver, including tumour")]
    tumour: Annotated[Ml | None, says("All liver tumours")] = None
    nontumorous_liver: Annotated[
        Ml, says("Non-tumorous liver (the whole liver, if no tumour mask was given)")
    ]
    flr: Annotated[Ml | None, says("FLR without drawn tumour")] = None


class ScreenedRecord(RecordPart):
    """One patient."""

    row: RowNumber
    id: CaseId | None = None
    file: FileName | None = None
    volumes_ml: MeasuredPartsRecord | None = None
    flr_percent: Annotated[
        Sided[Percent] | None,
        says(
            "FLR as a share of the denominator",
            shown="The FLR, with enough digits to show whether it is below, at or above each limit",
        ),
    ] = None
    denominator: FlrDenominator = None
    flr_typed_percent: Annotated[
        Percent | None,
        says("FLR as a share of the non-tumorous liver, as entered, not measured by this program"),
    ] = None
    urgency: Annotated[str, one_of("Reason for urgency.", (one.name.lower() for one in Urgency))]
    deadline: DeadlineRecord | None = None
    deadlines: Annotated[tuple[DeadlineRecord, ...], says("Expiring items, the most urgent first.")]
    verdicts: Annotated[dict[str, VerdictCode], says("Verdict by trial, as a code.")]
    verdicts_shown: Annotated[dict[str, VerdictShown], says("Verdict by trial, in words.")]
    only_human_open: Annotated[
        tuple[TrialId, ...], says("Trials for which only clinical judgement is missing.")
    ]
    possible: Annotated[
        tuple[TrialId, ...],
        says("Trials that do not exclude the patient and are not closed at this centre."),
    ]
    route: RouteName
    route_row: RouteRowName
    next_question: NextQuestionRecord | None = None
    questions: Annotated[Count, says("Number of unanswered questions.")]
    computed: Annotated[
        tuple[OfferedRecord, ...] | None,
        says("Values calculated from recorded data for unanswered questions; to be confirmed."),
    ] = None
    findings: Annotated[
        tuple[FindingCode, ...], says("Codes of warning-level and error-level findings.")
    ]
    doubts: Annotated[
        tuple[DoubtRecord, ...],
        says(
            "Warning-level and error-level findings in words; data from the patient's file only in "
            "the clinical profile."
        ),
    ]
    outcomes: Annotated[
        dict[str, LastOutcomeRecord] | None, says("Last recorded outcome by trial.")
    ] = None
    sources: Annotated[
        tuple[FactSourceRecord, ...] | None,
        says("Resources in the electronic record from which the facts were read."),
    ] = None


class NotReadRecord(RecordPart):
    """A row that cannot be read."""

    row: RowNumber
    id: CaseId | None = None
    file: FileName | None = None
    code: Code
    reason: Annotated[
        str, says("Reason; only the clinical profile may repeat contents of the row.")
    ]
    remedy: Annotated[str, says("Remedy.")]


class FaultRowRecord(RecordPart):
    """One row."""

    row: RowNumber
    id: CaseId | None = None


class FaultRecord(RecordPart):
    """A kind of fault in the rows of a list."""

    fault: Annotated[str, says("Column and fault; contents of the rows are not repeated.")]
    remedy: Annotated[str, says("Remedy.")]
    rows: Annotated[tuple[FaultRowRecord, ...], says("The first rows with this fault.")]
    count: Annotated[Number, says("Number of rows with this fault.")]
    judged: Annotated[
        bool,
        says(
            "Whether the rows with this fault were assessed, with the invalid cell treated as "
            "unknown."
        ),
    ]


class CriterionCountRecord(RecordPart):
    """Number of patients for a criterion."""

    criterion: CriterionId
    patients: Annotated[Number, says("Number of patients.")]


class DesignCountRecord(RecordPart):
    """Number of patients whom the design of the trial excludes for one reason."""

    reason: Annotated[str, says("Reason for exclusion by the trial design (`by_design`).")]
    says: Annotated[str, says("The verdict in words.")]
    patients: Annotated[Number, says("Number of patients.")]


class TrialCountsRecord(RecordPart):
    """Numbers of patients for a trial."""

    trial: TrialId
    assessed: Annotated[Count, says("Number of patients assessed.")]
    not_eligible: Annotated[
        Count,
        says(
            "Number of patients excluded by a criterion or the trial design.",
            step=NOT_ELIGIBLE_OR_FOR_ANOTHER,
        ),
    ]
    kept_out_by: Annotated[
        tuple[CriterionCountRecord, ...],
        says("Number of excluded patients, by the first criterion that excludes them."),
    ]
    kept_out_by_design: Annotated[
        tuple[DesignCountRecord, ...],
        says("Number of patients excluded by the trial design alone."),
    ] = ()
    open: Annotated[
        Count,
        says(
            "Number of patients whose eligibility is undecided because of missing answers.",
            step=VERDICTS[Verdict.INDETERMINATE],
        ),
    ]
    eligible: Annotated[
        Count,
        says(
            "Number of patients with the verdict eligible, including those who meet all criteria.",
            step=VERDICTS[Verdict.ELIGIBLE],
        ),
    ]
    approached: Annotated[
        Count,
        says("Number of patients approached, or with any recorded outcome.", step="approached"),
    ]
    declined: Annotated[
        Count, says("Number of patients who declined, as last recorded.", step="declined")
    ]
    consented: Annotated[
        Count, says("Number of patients who consented, as last recorded.", step="consented")
    ]
    screen_failures: Annotated[
        Count,
        says(
            "Number of patients who failed screening, before or after consent.",
            step="failed screening",
        ),
    ]
    failed_on: Annotated[
        tuple[CriterionCountRecord, ...],
        says("Number of screen failures, by the most recently recorded criterion."),
    ]
    randomised: RandomisedCount
    treated: TreatedCount
    resected: ResectedCount
    withdrawn: WithdrawnCount


class ConsortRecord(RecordPart):
    """Patients by step, for a CONSORT diagram."""

    listed: Annotated[Count, says("Number of patients on the list.")]
    not_read: Annotated[Count, says("Number of rows that could not be read.")]
    assessed: Annotated[Count, says("Number of patients assessed.")]
    trials: Annotated[tuple[TrialCountsRecord, ...], says("Numbers of patients by trial.")]


class ListedFileRecord(RecordPart):
    """File from which the list was read."""

    role: Annotated[str, says("Role: patients, centre or trial.")]
    file: FileName | None = None
    format: Annotated[str, says("Format: csv, json ...")]
    sha256: Sha256


class SelectionRecord(RecordPart):
    """Selection of listed patients; all were assessed and are counted."""

    trial: TrialId | None = None
    only: Annotated[
        VerdictCode | None, says("Required verdict, for the selected trial or for any trial.")
    ] = None
    sort: Annotated[str, one_of("Order of the rows.", ("need", "deadline", "row", "id"))]
    top: Annotated[Count | None, says("Maximum number of rows.")] = None
    told: Annotated[Count, says("Number of patients shown.")]
    left_out: Annotated[Count, says("Number of patients assessed but not shown.")]


class ScreenRecord(AnswerRecord, tag_field="schema", tag=name_schema("screen")):
    """Patients by urgency."""

    notice: ResearchUse = RESEARCH_USE
    inputs: Annotated[
        tuple[ListedFileRecord, ...], says("Files; named only in the clinical profile.")
    ]
    rules: Annotated[tuple[RuleRecord, ...], says("All protocols used."), at_least(1)]
    rows: Annotated[tuple[ScreenedRecord, ...], says("Patients, the most urgent first.")]
    refused: Annotated[tuple[NotReadRecord, ...], says("Rows that could not be read.")]
    faults: Annotated[
        tuple[FaultRecord, ...], says("Faults in the rows by type, with the number of rows.")
    ] = ()
    selection: SelectionRecord | None = None
    consort: ConsortRecord
    unmapped: Annotated[
        tuple[UnmappedCodeRecord, ...] | None,
        says("Codes in electronic records for which the mapping has no rule."),
    ] = None
    findings: Findings


ROW_REFUSED = "cohort.row"  # rows of a table; their faults are listed by kind
UNKNOWN_CELLS = "Invalid cells, treated as unknown"
MOST_FAULTS = 8  # kinds printed; JSON contains more
MOST_ROWS = 8  # of a kind
MOST_SAID = 20  # cases without a plan listed one by one for a person; the tables have all


class CaseLeftRecord(RecordPart):
    """A case without a plan."""

    id: Annotated[str, says("Pseudonym as given by the user.")]
    number: Annotated[Number, says("Position of the case in the source, as in the log.")]
    status: Literal["refused", "failed"]
    code: Code | None = None
    file: Annotated[str | None, says("File or key that was refused.")] = None
    reason: Annotated[str, says("Reason for the missing result.")]
    remedy: Annotated[str | None, says("Remedy.")] = None


class PlannedAgainRecord(RecordPart):
    """Cases whose previous result was no longer valid."""

    changed: Annotated[str, says("Changes that made a new plan necessary.")]
    cases: Annotated[Count, says("Number of cases.")]


CaseCount = Annotated[Count, says("Number of cases in the source.")]
PlannedCount = Annotated[Count, says("Number of cases with a plan.")]
RefusedCount = Annotated[
    Count, says("Number of refused cases, for which no valid result can be given.")
]
FailedCount = Annotated[
    Count,
    says(
        "Number of cases not completed: limit of memory or time, stopped process, program "
        "defect or other worker version."
    ),
]


class CohortCountKeys(RecordPart):
    """Numbers of cases by result."""

    cases: CaseCount
    planned: PlannedCount
    refused: RefusedCount
    failed: FailedCount
    held: Annotated[
        Count, says("Number of cases with a valid previous result, for which no new plan was made.")
    ]
    held_by_hash: Annotated[
        Count,
        says(
            "Number of cases with a reused result whose files were hashed again; in the others, "
            "the files have unchanged sizes, time stamps and first bytes."
        ),
    ]
    left_out: Annotated[
        Count, says("Number of cases of the last run in this folder that are not part of this run.")
    ]


class CohortRecord(AnswerRecord, tag_field="schema", tag=name_schema("cohort")):
    """A cohort, planned into a folder."""

    counts: CohortCountKeys
    planned_again: Annotated[
        tuple[PlannedAgainRecord, ...], says("Cases whose previous results were no longer valid.")
    ]
    without_plan: Annotated[tuple[CaseLeftRecord, ...], says("All cases without a result.")]
    faults: Annotated[
        tuple[FaultRecord, ...],
        says("Faults in the rows of a table by type, with the number of rows."),
    ] = ()


class MergedTableRecord(RecordPart):
    """One table."""

    name: Annotated[str, says("Name of the table.")]
    rows: Annotated[Count, says("Number of rows.")]


class MergeRecord(AnswerRecord, tag_field="schema", tag=name_schema("cohort-merge")):
    """Shards of a cohort, merged into its tables."""

    shards: Annotated[Number, says("Number of shards.")]
    cases: CaseCount
    planned: PlannedCount
    refused: RefusedCount
    failed: FailedCount
    tables: Annotated[tuple[MergedTableRecord, ...], says("Tables written.")]


def format_merge(record: MergeRecord) -> Iterator[str]:
    """Format as a few lines."""
    states = f"{record.planned:,} planned, {record.refused:,} refused, {record.failed:,} failed"
    shards = format_count(record.shards, "shard")
    yield f"{shards} merged, {format_cases(record.cases)}: {states}"
    for table in record.tables:
        yield f"  {table.name}: {format_count(table.rows, 'row')}"


def format_cohort(record: CohortRecord) -> Iterator[str]:
    """Format as a few lines."""
    counts = record.counts
    counted = f"{counts.planned:,} planned, {counts.refused:,} refused, {counts.failed:,} failed"
    yield f"{format_cases(counts.cases)}: {counted}"
    if counts.held:
        yield f"  {counts.held:,} of these have results from a previous run that are still valid"
        yield f"  {_describe_identity(counts)}"
    for again in record.planned_again:
        yield f"  {again.cases:,} planned again because of changes in {again.changed}"
    if counts.left_out:
        left_out = "cases from a previous run that are not in this source, left unchanged"
        yield f"  {left_out}: {counts.left_out:,}"
    faults = record.faults
    left = [one for one in record.without_plan if not (faults and one.code == ROW_REFUSED)]
    for one in left[:MOST_SAID]:
        about = "" if one.file is None else f"{one.file}: "
        remedy = "" if one.remedy is None else f"; {one.remedy}"
        yield f"  {one.id}: {one.status}: {about}{one.reason}{remedy}"
    if (more := len(left) - MOST_SAID) > 0:
        yield f"  and {more:,} more; cases.csv lists all"
    for judged, head in ((False, "Rows that were not read:"), (True, UNKNOWN_CELLS)):
        yield from _format_faults(head, [one for one in faults if one.judged is judged])


def _format_faults(head: str, faults: Sequence[FaultRecord]) -> Iterator[str]:
    """Format the faults of rows by kind, each remedy once."""
    if not faults:
        return
    yield head
    shown = faults[:MOST_FAULTS]
    yield from (f"  {format_fault(one)}" for one in shown)
    if more := len(faults) - len(shown):
        yield f"  further kinds of fault: {more}, listed with --json"
    yield from (f"  Remedy: {one}" for one in dict.fromkeys(one.remedy for one in shown))


def format_fault(one: FaultRecord) -> str:
    """Format a kind of fault with its first rows."""
    rows = [f"{row.row}" + ("" if row.id is None else f" ({row.id})") for row in one.rows]
    named, more = ", ".join(rows[:MOST_ROWS]), one.count - min(len(rows), MOST_ROWS)
    if not rows:
        return f"{one.fault}: {one.count}"
    others = f" and {more} more" if more else ""
    return f"{one.fault}: {'row' if one.count == 1 else 'rows'} {named}{others}"


def _describe_identity(counts: CohortCountKeys) -> str:
    """Describe how unchanged files were identified."""
    if not (by_header := counts.held - counts.held_by_hash):
        return "  their files were hashed again"
    those = "their files" if not counts.held_by_hash else f"the files of {by_header:,}"
    return (
        f"  {those} were compared by size, time stamp and first bytes; --rehash compares all bytes"
    )


def format_cases(count: int) -> str:
    """Count cases."""
    return format_count(count, "case")
