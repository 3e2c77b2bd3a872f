"""A screening log, outcomes, and whether an output still holds, as records."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from msgspec import Meta

from fl_planner.record.declaration.json_form import describe
from fl_planner.record.declaration.part import (
    CaseId,
    Count,
    CriterionId,
    FileName,
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
from fl_planner.record.head import AnswerRecord, Findings, RefusedRecord
from fl_planner.record.trials import RuleRecord, VerdictCode
from fl_planner.trials.outcomes import RANDOMISED, STATES, TREATED

OUTCOME: Final = "fl-planner/outcome/1"  # schemas of entries of a log
WITHDRAWAL: Final = "fl-planner/withdrawal/1"


class LastOutcomeRecord(RecordPart):
    """One."""

    became: Annotated[str, one_of("What became of the patient and the trial.", STATES)]
    criterion: CriterionId | None = None
    arm: Annotated[str | None, says("Arm or group, as it was told.")] = None


class OutcomeRecord(LastOutcomeRecord):
    """What a person recorded."""

    trial: TrialId


class WithdrawnOutcomeRecord(OutcomeRecord):
    """An outcome that is taken back."""

    entry: Annotated[Number, says("The entry of the log that recorded it.")]


class RecordedOutcomeRecord(AnswerRecord, tag_field="schema", tag=OUTCOME):
    """What became of a patient and a trial, as it was recorded."""

    id: CaseId
    outcome: OutcomeRecord


class WithdrawalRecord(AnswerRecord, tag_field="schema", tag=WITHDRAWAL):
    """An outcome that was recorded wrongly, and is counted no more."""

    id: CaseId
    withdraws: WithdrawnOutcomeRecord


Kind = Literal["file", "fact", "rule", "version", "time", "answer"]
RecordName = Annotated[str, says("Schema of the result."), like("^fl-planner/[a-z-]+/[0-9]+$")]


class VerifiedOutputRecord(RecordPart):
    """What was asked about."""

    file: FileName
    sha256: Sha256
    schema: RecordName


class DifferenceRecord(RecordPart):
    """Something that is not as it was."""

    kind: Annotated[Kind, one_of("What sort of thing.", get_args(Kind))]
    name: Annotated[str, says("Role, fact, protocol, criterion ...")]
    message: Annotated[str, says("For a person.")]
    before: Annotated[str | None, says("As the output has it.")] = None
    after: Annotated[str | None, says("As it is now.")] = None
    file: FileName | None = None


class VerificationRecord(AnswerRecord, tag_field="schema", tag="fl-planner/verify/1"):
    """Whether an output still holds."""

    output: VerifiedOutputRecord
    holds: Annotated[bool, says("Nothing that was looked at has changed.")]
    recomputed: Annotated[
        bool, says("It was made again from its files; else their hashes were compared.")
    ]
    changes: Annotated[tuple[DifferenceRecord, ...], says("What has changed.")]
    not_found: Annotated[tuple[FileName, ...], says("Files that could not be looked at.")]
    findings: Findings


StableName = Annotated[str | None, says("Stable name.")]


class LoggedFileRecord(RecordPart):
    """One."""

    role: Annotated[str, says("Role.")]
    sha256: Sha256


class AnyEntryRecord(RecordPart):
    """An entry, whatever is told of it."""

    sequence: int


class EntryRecord(AnyEntryRecord):
    """A result that was logged."""

    sequence: Annotated[Number, says("Its number in the log.")]
    case: CaseId | None = None
    day: Annotated[int | None, says("Days since the log's first entry.")] = None
    logged_at: Annotated[str | None, says("When, UTC; in the clinical profile alone.")] = None
    command: Annotated[str, says("Which command gave it.")]
    schema: RecordName
    version: Annotated[str, says("Version of fl_planner that made it.")]
    sha256: Annotated[Sha256, says("SHA-256 of the result's bytes.")]
    inputs: Annotated[
        tuple[LoggedFileRecord, ...], says("Its files, by role and hash; never by name.")
    ]
    rules: Annotated[tuple[RuleRecord, ...], says("The protocols it rests on.")]
    verdicts: Annotated[dict[str, VerdictCode], says("By trial.")]
    findings: Annotated[tuple[str, ...], says("Codes of its findings above info.")]
    flr_percent: Annotated[Percent | None, says("Share, percent.")] = None
    flr_percent_shown: Annotated[str | None, says("The same, on its side of every limit.")] = None
    pathway: StableName = None
    route: StableName = None
    outcome: OutcomeRecord | None = None
    withdraws: WithdrawnOutcomeRecord | None = None
    withdrawn_by: Annotated[
        Number | None, says("The entry that took this outcome back: it counts no more.")
    ] = None
    chain: Annotated[Sha256, says("SHA-256 over this entry and the one before.")]
    intact: Annotated[
        Literal[True], says("Its hashes hold, and it follows on the entry before.")
    ] = True


class BrokenEntryRecord(AnyEntryRecord):
    """An entry that is not what was logged: nothing in it is told."""

    intact: Literal[False] = False


EITHER = {"items": {"oneOf": [describe(EntryRecord), describe(BrokenEntryRecord)]}}


class LogKeys(RecordKeys):
    """What is told of a log, also of one that is refused because somebody changed it."""

    intact: Annotated[bool, says("Every entry is, and none is missing between them.")]
    head: Annotated[Sha256, says("Chain of the last entry: note it down elsewhere.")]
    entries: Annotated[
        tuple[AnyEntryRecord, ...],
        says("In the order they were logged."),
        Meta(extra_json_schema=EITHER),
    ]
    findings: Findings


class OutcomeCountsRecord(RecordPart):
    """One."""

    trial: TrialId
    approached: Annotated[Count, says("Anything was recorded of them.", step="approached")]
    declined: Annotated[Count, says("Their last word.", step="declined")]
    consented: Annotated[Count, says("Their last word.", step="consented")]
    screen_failure: Annotated[Count, says("Failed screening.", step="failed screening")]
    randomised: Annotated[Count, says("Between the arms of the trial.", step="randomised")]
    treated: Annotated[Count, says("In the trial.", step="treated")]
    resected: Annotated[Count, says("After treatment in the trial.", step="resected")]
    withdrawn: Annotated[Count, says("Left the trial after consent.", step="withdrawn")]
    resected_of: Annotated[str, one_of("What the percentage is of.", (RANDOMISED, TREATED))]
    resected_percent: Annotated[Percent | None, says("Resected of these.")] = None
    arms: Annotated[
        dict[str, int] | None, says("Patients by arm or group, as told; not a comparison.")
    ] = None


class LogRecord(AnswerRecord, tag_field="schema", tag="fl-planner/log/1"):
    """A screening log."""

    told: LogKeys
    outcomes: Annotated[
        tuple[OutcomeCountsRecord, ...],
        says("Patients by what was recorded and not taken back, by trial."),
    ] = ()


class ChangedLogRecord(RefusedRecord):
    """A screening log that somebody changed."""

    told: LogKeys
