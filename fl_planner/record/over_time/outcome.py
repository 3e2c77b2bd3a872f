"""What became of a patient and a trial: the records of `outcome`, as they are logged."""

from typing import Annotated, Final

from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import (
    CaseId,
    CriterionId,
    Number,
    TrialId,
    one_of,
    says,
)
from fl_planner.record.head import AnswerRecord
from fl_planner.trials.outcomes import STATES

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
