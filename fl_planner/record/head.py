"""Common part of all records: inputs, findings and withdrawn numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fl_planner.basis.findings import Finding, InputRefused, Severity, in_order
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.standing_words import RESEARCH_USE, ResearchUse
from fl_planner.basis.version import __version__
from fl_planner.planning.given.case import Accepted, InputFile
from fl_planner.planning.withdrawal import NUMBERS, Withdrawn
from fl_planner.record.declaration.part import (
    Code,
    FileName,
    RecordPart,
    Sha256,
    as_part,
    at_least,
    column,
    one_of,
    says,
)

SEVERITIES = tuple(severity.value for severity in Severity)
Version = Annotated[
    str, says("Version of fl_planner."), column("fl_planner_version", "version of fl_planner")
]


_SECOND = frozenset({"plan", "demo", "resections", "trials", "screen"})  # commands


def number_of(command: str) -> int:
    """Return the schema number of a command's record."""
    return 2 if command in _SECOND else 1


def name_schema(command: str) -> str:
    """Return the schema of a command's record, with its number.

    Examples
    --------
    >>> name_schema("plan"), name_schema("volume")
    ('fl-planner/plan/2', 'fl-planner/volume/1')
    """
    return f"fl-planner/{command}/{number_of(command)}"


class AnswerRecord(RecordPart):
    """Common part of every answer; `refusal` is null unless the input was refused."""

    version: Version = __version__
    status: Literal["ok"] = "ok"
    refusal: None


class InputRecord(RecordPart):
    """File on which the result is based."""

    role: Annotated[str, says("Role: liver, tumour, flr, case, facts, trial ...")]
    file: FileName
    format: Annotated[str, says("Format: nifti1, nrrd, dicom-seg, toml ...")]
    sha256: Sha256


class ResultRecord(AnswerRecord):
    """Common part of every answer based on a patient's files."""

    notice: ResearchUse = RESEARCH_USE
    inputs: Annotated[tuple[InputRecord, ...], says("Input files, by base name and hash.")]


class AcceptedRecord(RecordPart):
    """Reader who reviewed and accepted the finding."""

    by: Annotated[str, says("Reader.")]
    why: Annotated[str, says("Reason, as given.")]


class FindingRecord(RecordPart):
    """Observation on an input or a result."""

    code: Code
    severity: Annotated[
        str,
        one_of(
            "info: no action needed; warning: check before relying on the result; "
            "error: do not use the number.",
            SEVERITIES,
        ),
    ]
    message: Annotated[str, says("Description of the finding.")]
    file: FileName | None
    value: Annotated[float, says("Measured value, in `unit`.")] | None = None
    unit: Annotated[str, says("Unit of `value`.")] | None = None
    accepted: AcceptedRecord | None = None


Findings = Annotated[
    tuple[FindingRecord, ...], says("Information required to interpret the result.")
]


class RefusalRecord(RecordPart):
    """Reason why there is no result."""

    code: Code
    message: Annotated[str, says("File, reason and remedy in one sentence.")]
    file: Annotated[str, says("Base name of the file, or the option, key or id concerned.")]
    reason: Annotated[str, says("Reason.")]
    remedy: Annotated[str, says("Remedy.")]


class RefusedRecord(RecordPart):
    """A refusal."""

    schema: Annotated[str, says("Command that refused the input.")]
    version: Version = __version__
    status: Literal["refused"] = "refused"
    refusal: RefusalRecord


def as_inputs(inputs: Iterable[InputFile]) -> tuple[InputRecord, ...]:
    """List the files on which a result is based."""
    return tuple(as_part(InputRecord, one) for one in inputs)


def as_findings(
    findings: Iterable[Finding], accepted: Iterable[Accepted] = ()
) -> tuple[FindingRecord, ...]:
    """List findings, errors first; accepted ones with reader and reason."""
    seen = {one.code: as_part(AcceptedRecord, one) for one in accepted}
    return tuple(
        as_part(
            FindingRecord, finding, severity=finding.severity.value, accepted=seen.get(finding.code)
        )
        for finding in in_order(findings)
    )


def as_refusal(refused: InputRefused, command: str) -> RefusedRecord:
    """Describe a refusal: command, source, reason and remedy."""
    return RefusedRecord(
        schema=name_schema(command),
        refusal=as_part(RefusalRecord, refused, message=str(refused), file=refused.source),
    )


Record = dict[str, Any]


class WithdrawnRecord(RecordPart):
    """Number that must not be used, with the reason."""

    number: Annotated[str, one_of("Name of the number.", (*NUMBERS, "growth"))]
    codes: Annotated[tuple[str, ...], says("Codes of the errors.")]
    why: Annotated[str, says("Causes of the errors, in brief.")]


class MeasuredRecord(ResultRecord):
    """Measured result with its withdrawn numbers and findings."""

    withdrawn: Annotated[
        tuple[WithdrawnRecord, ...],
        says(
            "Numbers that are shown but must not be used because of an error-level finding; absent "
            "if there are none."
        ),
        at_least(1),
    ] = ()
    findings: Findings


def as_withdrawn(withdrawn: Iterable[Withdrawn]) -> tuple[WithdrawnRecord, ...]:
    """List numbers that are shown but must not be used."""
    return tuple(as_part(WithdrawnRecord, one) for one in withdrawn)


DO_NOT_USE = "DO NOT USE"
SEE = f"{DO_NOT_USE}: see the findings"
NOT_ANSWERED = "not answered"
NAMED = {
    "flr": "the FLR",
    "untreated": "the untreated share",
    "function": "the function",
    "dose": "the lung dose",
    "growth": "the growth",
    "segments": "the segments",
    "resections": "the resections",
    "plans": "the comparison of plans",
}
NEXT_TO_FLR = {"untreated", "dose", "segments", "resections", "plans"}  # the FLR may be used


def find_why(record: MeasuredRecord, *numbers: str) -> str | None:
    """Return the reason why one of these numbers must not be used, or None.

    Examples
    --------
    >>> seen = WithdrawnRecord(number="flr", codes=("remnant.side",), why="it is mirrored")
    >>> record = MeasuredRecord(refusal=None, inputs=(), withdrawn=(seen,), findings=())
    >>> find_why(record, "flr", "plans"), find_why(record, "lesions")
    ('it is mirrored', None)
    """
    reasons = [one.why for one in record.withdrawn if one.number in numbers]
    return "; ".join(dict.fromkeys(reasons)) or None


def mark(record: MeasuredRecord, *numbers: str) -> str:
    """Return the mark of a number that must not be used, otherwise ""."""
    return "" if find_why(record, *numbers) is None else SEE


def mark_measured(origin: str | None, *, usable: bool) -> str:
    """Return the mark of a value measured from counts with an error; an entered value has none."""
    return "" if usable or origin == "given" else SEE


def state_not_answered(record: MeasuredRecord, *numbers: str) -> str:
    """State that answers based on these numbers are withheld, with the reason; "" otherwise."""
    why = find_why(record, *numbers)
    return "" if why is None else f"{NOT_ANSWERED}: {why}"


def warn(record: MeasuredRecord) -> str:
    """State which numbers must not be used, and why; "" if all may be used.

    Examples
    --------
    >>> seen = WithdrawnRecord(number="flr", codes=("remnant.side",), why="it is mirrored")
    >>> warn(MeasuredRecord(refusal=None, inputs=(), withdrawn=(seen,), findings=()))
    'DO NOT USE the FLR: it is mirrored'
    """
    numbers = [one.number for one in record.withdrawn]
    if (why := find_why(record, *numbers)) is None:
        return ""
    are_named = {*numbers} <= NEXT_TO_FLR or (len(numbers) == 1 and numbers[0] in NAMED)
    named = join_words(NAMED[one] for one in numbers) if are_named else "these numbers"
    return f"{DO_NOT_USE} {named}: {why}"


def state_level(severity: str, message: str) -> str:
    """State before a message among warnings that it is an error.

    Examples
    --------
    >>> state_level("error", "the remnant is on the left"), state_level("warning", "thick slices")
    ('error: the remnant is on the left', 'thick slices')
    """
    return f"error: {message}" if severity == "error" else message


def state_reader(finding: FindingRecord) -> str:
    """State after a finding which reader accepted it, and why; "" if none did.

    Examples
    --------
    >>> by = AcceptedRecord(by="R1", why="situs inversus")
    >>> left = {"code": "remnant.side", "severity": "error", "message": "left", "file": None}
    >>> state_reader(FindingRecord(**left, accepted=by)), state_reader(FindingRecord(**left))
    (' (accepted by R1: situs inversus)', '')
    """
    by = finding.accepted
    return "" if by is None else f" (accepted by {by.by}: {by.why})"


def state_accepted(findings: Findings) -> str:
    """State after a headline which readers accepted errors among these findings; "" if none.

    Examples
    --------
    >>> left = {"code": "remnant.side", "severity": "error", "message": "left", "file": None}
    >>> by = AcceptedRecord(by="R1", why="situs inversus")
    >>> state_accepted((FindingRecord(**left, accepted=by),))
    ', despite an error accepted by R1 (remnant.side)'
    """
    seen = [
        (one.accepted.by, one.code) for one in findings if one.severity == "error" and one.accepted
    ]
    if not seen:
        return ""
    readers, codes = (", ".join(dict.fromkeys(values)) for values in zip(*seen, strict=True))
    what = "an error" if len(seen) == 1 else "errors"
    return f", despite {what} accepted by {readers} ({codes})"
