"""What a screening log holds: the record of `log`."""

from typing import Annotated, Literal

from msgspec import Meta

from fl_planner.record.declaration.json_schema import describe
from fl_planner.record.declaration.part import RecordKeys, RecordPart
from fl_planner.record.declaration.quantity import (
    CaseId,
    Count,
    Number,
    Percent,
    Sha256,
    TrialId,
    one_of,
    says,
)
from fl_planner.record.head import AnswerRecord, Findings, RefusedRecord
from fl_planner.record.over_time.outcome import OutcomeRecord, WithdrawnOutcomeRecord
from fl_planner.record.over_time.verification import RecordName
from fl_planner.record.trials.trials import RuleRecord, VerdictCode
from fl_planner.trials.outcomes import RANDOMISED, TREATED

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
