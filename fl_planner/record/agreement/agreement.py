"""How readers agree over cases: the record of `agree`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from fl_planner.liver.agreement.bland_altman import Span
from fl_planner.liver.agreement.over_cases import (
    CaseAgreement,
    QuantityAgreement,
    ReaderDifferences,
)
from fl_planner.liver.agreement.reading import FLR_PERCENT, OF_SEGMENT
from fl_planner.liver.agreement.repeatability import Estimate
from fl_planner.record.agreement.cases import (
    AgreedCaseRecord,
    ConsensusRecord,
    Reader,
    WrittenConsensus,
    as_agreed_case,
    as_consensus_record,
)
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import (
    Amount,
    CaseId,
    Code,
    Count,
    Percent,
    PercentOfAnother,
    one_of,
    says,
)
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs
from fl_planner.record.ratios import LimitName

if TYPE_CHECKING:
    from fl_planner.basis.errors import InputRefused
    from fl_planner.basis.findings import Finding
    from fl_planner.liver.scatter.reading_error import ReadingError
    from fl_planner.planning.assessment.thresholds import SideChange
    from fl_planner.planning.given.case import InputFile

WORDS = {
    "liver_ml": "Liver with its tumour",
    "tumour_ml": "Tumour",
    "flr_ml": "FLR",
    "flr_percent": "FLR",
}
Ends = Annotated[tuple[float, float] | None, says("Its exact 95 % interval.")]


class DifferencesRecord(RecordPart):
    """Second reader less the first, over the cases that both read, in the quantity's unit."""

    first: Reader
    second: Reader
    cases: Count
    bias: Annotated[float, says("Mean of the differences.")]
    bias_interval: Annotated[Ends, says("By Student's t.")] = None
    sd: Annotated[Amount | None, says("Of the differences; absent of one case.")] = None
    limits_of_agreement: Annotated[
        tuple[float, float] | None,
        says("Bias less and plus 1.96 SD: 95 of 100 differences lie between."),
    ] = None
    low_interval: Annotated[Ends, says("Of the lower limit, by the non-central t.")] = None
    high_interval: Annotated[Ends, says("Of the upper limit, by the non-central t.")] = None


class QuantityAgreementRecord(RecordPart):
    """One quantity over all cases that count."""

    name: Annotated[str, says("liver_ml, flr_ml, flr_percent, segment_1_ml ...")]
    words: Annotated[str, says("For a person.")]
    unit: Annotated[str, one_of("Of all its numbers, but for the CV.", ("mL", "%"))]
    cases: Annotated[Count, says("That were read twice at least.")]
    df: Annotated[Count, says("Degrees of freedom: readings less cases.")]
    within_sd: Annotated[
        Amount | None, says("Within cases, by one-way analysis of variance; absent of one case.")
    ] = None
    within_sd_interval: Annotated[Ends, says("By chi square.")] = None
    repeatability: Annotated[
        Amount | None,
        says("Repeatability coefficient, 1.96 √2 SD: what two readings differ by at most, mostly."),
    ] = None
    repeatability_interval: Annotated[Ends, says("By chi square.")] = None
    cv_percent: Annotated[
        PercentOfAnother | None,
        says("Within cases, over each case's mean, root mean square"),
    ] = None
    cv_interval_percent: Annotated[Ends, says("By chi square.")] = None
    pairs: Annotated[tuple[DifferencesRecord, ...], says("Every two readers: Bland-Altman.")]


class SidesRecord(RecordPart):
    """On which side a reader's FLR lies."""

    reader: Reader
    answer: Annotated[str, one_of("To the voxel.", ("below", "at", "above"))]


class CaseSidesRecord(RecordPart):
    """A case that changes its side."""

    case: CaseId
    sides: Annotated[tuple[SidesRecord, ...], says("By reader.")]


class SideChangeRecord(RecordPart):
    """A limit, and how many patients change their side of it by who reads."""

    name: LimitName
    limit_percent: Annotated[Percent, says("The limit")]
    cases: Annotated[Count, says("With an FLR of the tumour-free liver by two readers or more.")]
    changed: Annotated[Count, says("Of these, on different sides by different readers.")]
    changed_cases: Annotated[tuple[CaseSidesRecord, ...], says("Which.")] = ()
    source: Annotated[str, says("Which sentence of which protocol sets it.")]


class ReadingErrorRecord(RecordPart):
    """What `plan --centre` may use in place of readers in print: [reading_error] of a centre."""

    cv: Annotated[Amount, says("Within-case CV of the FLR's share, a fraction.")]
    cases: Annotated[Count, says("Read twice at least.")]
    df: Annotated[Count, says("Degrees of freedom.")]
    origin: Annotated[
        str, one_of("Of the remnants: of others it says nothing.", ("drawn", "segments"))
    ]
    source: Annotated[str, says("Who read.")]


class RefusedReadingRecord(RecordPart):
    """A reading that is left out, and why."""

    case: CaseId
    reader: Annotated[Reader | None, says("Absent where the readings do not fit together.")] = None
    code: Code
    message: Annotated[str, says("File, reason and remedy.")]


class AgreementAnswer(ResultRecord, tag_field="schema", tag="fl-planner/agree/1"):
    """How two or more readers or tools agree on the same cases."""

    readers: Annotated[tuple[str, ...], says("In the order in which they were given.")]
    cases: Annotated[tuple[AgreedCaseRecord, ...], says("That were read twice at least.")]
    quantities: Annotated[tuple[QuantityAgreementRecord, ...], says("Over the cases that count.")]
    limits: Annotated[tuple[SideChangeRecord, ...], says("How many change side of each.")]
    reading_error: ReadingErrorRecord | None = None
    consensus: Annotated[tuple[ConsensusRecord, ...], says("Masks that were written.")] = ()
    refused: Annotated[tuple[RefusedReadingRecord, ...], says("Left out.")] = ()
    findings: Findings


@dataclass(frozen=True, slots=True)
class RefusedReading:
    """A reading that cannot be used; `reader` is None where several do not fit together."""

    case: str
    reader: str | None
    refusal: InputRefused


@dataclass(frozen=True, slots=True)
class AgreementFound:
    """What the record tells, before it is one."""

    readers: tuple[str, ...]
    cases: tuple[CaseAgreement, ...]
    quantities: tuple[QuantityAgreement, ...]
    limits: tuple[SideChange, ...]
    error: ReadingError | None
    consensus: tuple[WrittenConsensus, ...]
    refused: tuple[RefusedReading, ...]
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]


def as_agreement(found: AgreementFound, limits: Sequence[Fraction]) -> AgreementAnswer:
    """Tell each case, what they come to, and who changes side; `limits` in percent."""
    return AgreementAnswer(
        refusal=None,
        inputs=as_inputs(dict.fromkeys(found.inputs)),
        readers=found.readers,
        cases=tuple(as_agreed_case(one, limits) for one in found.cases),
        quantities=tuple(map(_as_quantity, found.quantities)),
        limits=tuple(map(_as_side_change, found.limits)),
        reading_error=_as_error(found.error),
        consensus=tuple(map(as_consensus_record, found.consensus)),
        refused=tuple(map(_as_refused, found.refused)),
        findings=as_findings(found.findings),
    )


def say_quantity(name: str) -> str:
    """Say what a quantity is.

    Examples
    --------
    >>> say_quantity("segment_4_ml"), say_quantity("flr_percent")
    ('Segment 4', 'FLR')
    """
    if name.startswith(OF_SEGMENT):
        return f"Segment {name.removeprefix(OF_SEGMENT).removesuffix('_ml')}"
    return WORDS[name]


def _as_quantity(one: QuantityAgreement) -> QuantityAgreementRecord:
    told = one.repeatability
    cv = None if told.cv is None else told.cv.times(100)
    return QuantityAgreementRecord(
        name=one.quantity,
        words=say_quantity(one.quantity),
        unit="%" if one.quantity == FLR_PERCENT else "mL",
        cases=told.cases,
        df=told.df,
        within_sd=_value(told.sd),
        within_sd_interval=_ends(told.sd),
        repeatability=_value(told.coefficient),
        repeatability_interval=_ends(told.coefficient),
        cv_percent=_value(cv),
        cv_interval_percent=_ends(cv),
        pairs=tuple(map(_as_differences, one.pairs)),
    )


def _value(one: Estimate | None) -> float | None:
    return None if one is None else one.value


def _ends(one: Estimate | None) -> Span | None:
    return None if one is None else one.interval


def _as_differences(one: ReaderDifferences) -> DifferencesRecord:
    told = one.differences
    between = None if told.low is None or told.high is None else (told.low, told.high)
    return DifferencesRecord(
        first=one.first,
        second=one.second,
        cases=told.cases,
        bias=told.bias,
        bias_interval=told.bias_interval,
        sd=told.sd,
        limits_of_agreement=between,
        low_interval=told.low_interval,
        high_interval=told.high_interval,
    )


def _as_side_change(one: SideChange) -> SideChangeRecord:
    return SideChangeRecord(
        name=one.name,
        limit_percent=float(100 * one.limit.value),
        cases=len(one.sides),
        changed=len(one.changed),
        changed_cases=tuple(
            CaseSidesRecord(case=case, sides=tuple(_as_sides(one.sides[case].items())))
            for case in one.changed
        ),
        source=one.limit.source,
    )


def _as_sides(sides: Iterable[tuple[str, str]]) -> Iterable[SidesRecord]:
    return (SidesRecord(reader=reader, answer=answer) for reader, answer in sides)


def _as_error(one: ReadingError | None) -> ReadingErrorRecord | None:
    if one is None:
        return None
    return ReadingErrorRecord(
        cv=float(one.cv), cases=one.cases, df=one.df, origin=one.origin, source=one.source
    )


def _as_refused(one: RefusedReading) -> RefusedReadingRecord:
    return RefusedReadingRecord(
        case=one.case, reader=one.reader, code=one.refusal.code, message=str(one.refusal)
    )
