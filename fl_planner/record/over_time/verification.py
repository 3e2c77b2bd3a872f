"""Whether an output still holds: the record of `verify`."""

from typing import Annotated, Literal, get_args

from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import FileName, Sha256, like, one_of, says
from fl_planner.record.head import AnswerRecord, Findings

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
