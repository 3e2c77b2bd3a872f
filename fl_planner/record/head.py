"""What every record begins with, and what stands beside its numbers: findings, refusals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Final, Literal

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity, in_order
from fl_planner.basis.version import __version__
from fl_planner.record.declaration.part import RecordPart, as_part
from fl_planner.record.declaration.quantity import Code, FileName, Sha256, column, one_of, says

if TYPE_CHECKING:  # a refusal is written without loading what measures
    from fl_planner.planning.given.case import Accepted, InputFile

RESEARCH_USE: Final = "research use, not a cleared device"
SEVERITIES = tuple(severity.value for severity in Severity)
Version = Annotated[
    str,
    says("Version of fl_planner that made it."),
    column("fl_planner_version", "version that made the row"),
]
Profile = Literal["shareable", "clinical"]  # without what tells who it is, or with it


class AnswerRecord(RecordPart):
    """What every answer begins with; `refusal` is null where there is an answer."""

    version: Version = __version__
    status: Literal["ok"] = "ok"
    refusal: None


class InputRecord(RecordPart):
    """A file that the result rests on."""

    role: Annotated[str, says("liver, tumour, flr, case, facts, trial ...")]
    file: FileName
    format: Annotated[str, says("nifti1, nrrd, dicom-seg, toml ...")]
    sha256: Sha256


class ResultRecord(AnswerRecord):
    """What every answer begins with that rests on a patient's files."""

    notice: Literal["research use, not a cleared device"] = RESEARCH_USE
    inputs: Annotated[
        tuple[InputRecord, ...], says("The files that it rests on, by base name and hash.")
    ]


class AcceptedRecord(RecordPart):
    """Who has seen and accepted it."""

    by: Annotated[str, says("Reader.")]
    why: Annotated[str, says("Reason given.")]


class FindingRecord(RecordPart):
    """One observation on one thing."""

    code: Code
    severity: Annotated[
        str,
        one_of(
            "info: nothing to do; warning: look before you trust; error: do not use the number.",
            SEVERITIES,
        ),
    ]
    message: Annotated[str, says("What was seen, for a person.")]
    file: FileName | None
    value: Annotated[float, says("What was measured, in `unit`.")] | None = None
    unit: Annotated[str, says("Unit of `value`.")] | None = None
    accepted: AcceptedRecord | None = None


Findings = Annotated[tuple[FindingRecord, ...], says("What a reader must know about the result.")]


class RefusalRecord(RecordPart):
    """Why there is not a result."""

    code: Code
    message: Annotated[str, says("File, reason and remedy in one sentence.")]
    file: Annotated[str, says("Base name of the file, or the option, key or id that it is about.")]
    reason: Annotated[str, says("What is wrong.")]
    remedy: Annotated[str, says("What to do about it.")]


class RefusedRecord(RecordPart):
    """A refusal."""

    schema: Annotated[str, says("Which command refused.")]
    version: Version = __version__
    status: Literal["refused"] = "refused"
    refusal: RefusalRecord


def as_inputs(inputs: Iterable[InputFile]) -> tuple[InputRecord, ...]:
    """List the files that a result rests on."""
    return tuple(as_part(InputRecord, one) for one in inputs)


def as_findings(
    findings: Iterable[Finding], accepted: Iterable[Accepted] = ()
) -> tuple[FindingRecord, ...]:
    """List findings, errors first; one that a reader has accepted says who and why."""
    seen = {one.code: AcceptedRecord(by=one.by, why=one.why) for one in accepted}
    return tuple(
        as_part(
            FindingRecord, finding, severity=finding.severity.value, accepted=seen.get(finding.code)
        )
        for finding in in_order(findings)
    )


def number_of(command: str) -> int:
    """Give the number of the form of a command's record: how often its meaning was set."""
    return 2 if command in _SECOND else 1


_SECOND = frozenset({"plan", "demo", "resections", "trials", "screen"})  # commands


def as_refusal(refused: InputRefused, command: str) -> RefusedRecord:
    """Tell what was refused, by which command, why, and what to do."""
    return RefusedRecord(
        schema=f"fl-planner/{command}/{number_of(command)}",
        refusal=as_part(RefusalRecord, refused, message=str(refused), file=refused.source),
    )
