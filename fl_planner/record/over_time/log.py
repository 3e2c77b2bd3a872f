"""Records of a screening log, outcomes, and verification."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from msgspec import Meta

from fl_planner.record.declaration.json_form import describe
from fl_planner.record.declaration.part import (
    CaseId,
    Count,
    CriterionId,
    FileName,
    FlrDenominator,
    Number,
    Percent,
    RecordKeys,
    RecordPart,
    Sha256,
    TrialId,
    like,
    one_of,
    says,
)
from fl_planner.record.head import AnswerRecord, Findings, RefusedRecord, name_schema
from fl_planner.record.trials import RuleRecord, VerdictCode
from fl_planner.trials.patient_steps import RANDOMISED, STATES, TREATED

OUTCOME: Final = "fl-planner/outcome/1"  # schemas of entries of a log
WITHDRAWAL: Final = "fl-planner/withdrawal/1"


class LastOutcomeRecord(RecordPart):
    """Last recorded outcome of a patient in a trial."""

    became: Annotated[str, one_of("The patient's outcome in the trial.", STATES)]
    criterion: CriterionId | None = None
    arm: Annotated[str | None, says("Arm or group, as recorded.")] = None


class OutcomeRecord(LastOutcomeRecord):
    """Recorded outcome."""

    trial: TrialId


class WithdrawnOutcomeRecord(OutcomeRecord):
    """Withdrawn outcome."""

    entry: Annotated[Number, says("Number of the log entry that recorded the outcome.")]


class RecordedOutcomeRecord(AnswerRecord, tag_field="schema", tag=OUTCOME):
    """Recorded outcome of a patient in a trial."""

    id: CaseId
    outcome: OutcomeRecord
    findings: Findings = ()


class WithdrawalRecord(AnswerRecord, tag_field="schema", tag=WITHDRAWAL):
    """Withdrawal of an incorrect outcome, which is no longer counted."""

    id: CaseId
    withdraws: WithdrawnOutcomeRecord


Kind = Literal["file", "fact", "rule", "version", "time", "answer"]
RecordName = Annotated[str, says("Schema of the result."), like("^fl-planner/[a-z-]+/[0-9]+$")]


class VerifiedOutputRecord(RecordPart):
    """Verified output."""

    file: FileName
    sha256: Sha256
    schema: RecordName


class DifferenceRecord(RecordPart):
    """Difference from the previous result."""

    kind: Annotated[Kind, one_of("Type of change.", get_args(Kind))]
    name: Annotated[str, says("Role, fact, protocol, criterion ...")]
    message: Annotated[str, says("Description.")]
    before: Annotated[str | None, says("Value in the output being verified.")] = None
    after: Annotated[str | None, says("Current value.")] = None
    file: FileName | None = None


class VerificationRecord(AnswerRecord, tag_field="schema", tag=name_schema("verify")):
    """Result of a verification."""

    output: VerifiedOutputRecord
    holds: Annotated[bool, says("Whether all checked items are unchanged.")]
    recomputed: Annotated[
        bool,
        says(
            "Whether the output was computed again from its files; otherwise only hashes and the "
            "version were compared."
        ),
    ]
    changes: Annotated[tuple[DifferenceRecord, ...], says("Changes.")]
    not_found: Annotated[tuple[FileName, ...], says("Files that could not be checked.")]
    findings: Findings


StableName = Annotated[str | None, says("Identifier.")]


class LoggedFileRecord(RecordPart):
    """Input file, by role and hash."""

    role: Annotated[str, says("Role.")]
    sha256: Sha256


class AnyEntryRecord(RecordPart):
    """Entry of the log."""

    sequence: int


class EntryRecord(AnyEntryRecord):
    """Logged result."""

    sequence: Annotated[Number, says("Number of the entry in the log.")]
    case: CaseId | None = None
    day: Annotated[int | None, says("Days since the first log entry.")] = None
    logged_at: Annotated[str | None, says("Time, UTC; only in the clinical profile.")] = None
    command: Annotated[str, says("Command.")]
    schema: RecordName
    version: Annotated[str, says("Version of fl_planner.")]
    sha256: Annotated[Sha256, says("SHA-256 of the result's bytes.")]
    inputs: Annotated[
        tuple[LoggedFileRecord, ...], says("Input files, by role and hash; never by name.")
    ]
    rules: Annotated[tuple[RuleRecord, ...], says("Protocols used.")]
    verdicts: Annotated[dict[str, VerdictCode], says("Verdict by trial.")]
    findings: Annotated[tuple[str, ...], says("Codes of warning-level and error-level findings.")]
    flr_percent: Annotated[Percent | None, says("FLR as a share of the denominator")] = None
    flr_percent_shown: Annotated[
        str | None,
        says("The FLR, with enough digits to show whether it is below, at or above each limit."),
    ] = None
    denominator: FlrDenominator = None
    pathway: StableName = None
    route: StableName = None
    outcome: OutcomeRecord | None = None
    withdraws: WithdrawnOutcomeRecord | None = None
    withdrawn_by: Annotated[
        Number | None,
        says("Number of the entry that withdrew this outcome, which is no longer counted."),
    ] = None
    chain: Annotated[Sha256, says("SHA-256 over this entry and the previous one.")]
    intact: Annotated[
        Literal[True],
        says("Whether the hashes of this entry are correct, and match the previous entry."),
    ] = True


class BrokenEntryRecord(AnyEntryRecord):
    """Entry that was changed, or that follows a gap; its content is not shown."""

    intact: Literal[False] = False


EITHER = {"items": {"oneOf": [describe(EntryRecord), describe(BrokenEntryRecord)]}}


class LogKeys(RecordKeys):
    """Keys of a log, including a log that was refused because it was changed."""

    intact: Annotated[
        bool,
        says(
            "Whether all entries are intact, with none missing before the last; removed last "
            "entries are detected only by `head`."
        ),
    ]
    head: Annotated[Sha256, says("Hash of the last entry; keep a copy of this hash elsewhere.")]
    entries: Annotated[
        tuple[AnyEntryRecord, ...], says("Entries in order."), Meta(extra_json_schema=EITHER)
    ]
    findings: Findings


RandomisedCount = Annotated[
    Count, says("Number of patients allocated to an arm of the trial.", step="randomised")
]
TreatedCount = Annotated[Count, says("Number of patients treated in the trial.", step="treated")]
ResectedCount = Annotated[
    Count,
    says("Number of patients who had a resection after treatment in the trial.", step="resected"),
]
WithdrawnCount = Annotated[
    Count, says("Number of patients who withdrew from the trial after consent.", step="withdrawn")
]


class OutcomeCountsRecord(RecordPart):
    """Numbers of patients in a trial, by recorded outcome."""

    trial: TrialId
    approached: Annotated[
        Count, says("Number of patients with any recorded outcome.", step="approached")
    ]
    declined: Annotated[
        Count, says("Number of patients who declined, as last recorded.", step="declined")
    ]
    consented: Annotated[
        Count, says("Number of patients who consented, as last recorded.", step="consented")
    ]
    screen_failure: Annotated[
        Count, says("Number of patients who failed screening.", step="failed screening")
    ]
    randomised: RandomisedCount
    treated: TreatedCount
    resected: ResectedCount
    withdrawn: WithdrawnCount
    resected_of: Annotated[
        str, one_of("Denominator of the percentage who underwent resection.", (RANDOMISED, TREATED))
    ]
    resected_percent: Annotated[
        Percent | None,
        says("Patients who underwent resection, as a percentage of the stated denominator."),
    ] = None
    arms: Annotated[
        dict[str, int] | None,
        says("Number of patients by arm or group, as recorded; not a comparison."),
    ] = None


class LogRecord(AnswerRecord, tag_field="schema", tag=name_schema("log")):
    """A screening log."""

    told: LogKeys
    outcomes: Annotated[
        tuple[OutcomeCountsRecord, ...],
        says("Numbers of patients by trial and recorded outcome, excluding withdrawn outcomes."),
    ] = ()


class ChangedLogRecord(RefusedRecord):
    """Screening log that was changed."""

    told: LogKeys
