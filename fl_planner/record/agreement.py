"""Agreement of readers, per case and over all cases: the record of `agree`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, get_args

from msgspec import Meta

from fl_planner.liver.agreement.bland_altman import (
    CaseAgreement,
    Estimate,
    PairAgreement,
    QuantityAgreement,
    ReadAmounts,
    ReaderDifferences,
    Span,
)
from fl_planner.liver.agreement.reading import FLR_PERCENT, OF_SEGMENT
from fl_planner.liver.agreement.second_reader import Consensus, Vote
from fl_planner.record.declaration.part import (
    Amount,
    CaseId,
    Code,
    Count,
    Denominator,
    FileName,
    Ml,
    Mm,
    Percent,
    PercentOfAnother,
    RecordPart,
    Sha256,
    Sided,
    as_float,
    as_part,
    as_sided,
    at_least,
    one_of,
    says,
)
from fl_planner.record.head import Findings, ResultRecord, as_findings, as_inputs, name_schema
from fl_planner.record.ratios import LimitName, as_structure

if TYPE_CHECKING:
    from fl_planner.basis.findings import Finding, InputRefused
    from fl_planner.liver.scatter.reading_error import ReadingError
    from fl_planner.planning.assessment.near_limits import SideChange
    from fl_planner.planning.given.case import InputFile

Reader = Annotated[str, says("Reader or tool, as given by the user.")]
StructureName = Annotated[
    str, says("Structure: liver (including tumour), tumour, flr, segment_1 ...")
]
Unity = Annotated[float, Meta(ge=0, le=1)]


class SegmentReadRecord(RecordPart):
    """A segment."""

    name: Annotated[str, says('Segment, "1" to "8".')]
    volume_ml: Ml


class CaseReadingRecord(RecordPart):
    """Reading of a case by one reader."""

    reader: Reader
    liver_ml: Annotated[Ml, says("Liver including tumour")]
    tumour_ml: Annotated[
        Ml | None, says("All liver tumours, mL; absent if no tumour mask was given.")
    ] = None
    flr_ml: Annotated[Ml | None, says("FLR without drawn tumour")] = None
    flr_percent: Annotated[Sided[Percent] | None, says("FLR")] = None
    denominator: Denominator
    origin: Annotated[
        str | None,
        one_of("Whether the remnant was drawn or defined by segments.", ("drawn", "segments")),
    ] = None
    segments: Annotated[
        tuple[SegmentReadRecord, ...], says("Volume of each segment of a label map.")
    ] = ()


class StructureAgreementRecord(RecordPart):
    """Agreement of two readers on a structure."""

    name: StructureName
    first_ml: Ml
    second_ml: Ml
    dice: Annotated[
        Unity | None,
        says("Dice coefficient: twice the shared volume divided by the sum of the two volumes."),
    ] = None
    mean_surface_mm: Annotated[Mm | None, says("Mean distance between the two surfaces")] = None
    surface_95_mm: Annotated[
        Mm | None,
        says(
            "95th percentile of the distance between the surfaces; the larger of the values "
            "from each surface to the other"
        ),
    ] = None


class PairRecord(RecordPart):
    """Two readers of a case."""

    first: Reader
    second: Reader
    structures: Annotated[
        tuple[StructureAgreementRecord, ...], says("Agreement for each structure.")
    ]


class AgreedCaseRecord(RecordPart):
    """Case with at least two readings."""

    case: CaseId
    counts: Annotated[
        bool,
        says(
            "Whether the case is included in the summary; false if there is an error-level finding."
        ),
    ]
    readings: Annotated[
        tuple[CaseReadingRecord, ...], says("Volumes for each reader."), at_least(2)
    ]
    pairs: Annotated[
        tuple[PairRecord, ...], says("Agreement for each pair of readers."), at_least(1)
    ]


class WeighedReaderRecord(RecordPart):
    """Comparison of a reader with the consensus."""

    reader: Reader
    dice: Annotated[
        Unity | None, says("Dice coefficient between the reader's mask and the consensus.")
    ] = None
    mean_surface_mm: Annotated[Mm | None, says("Mean distance between the two surfaces")] = None
    surface_95_mm: Annotated[
        Mm | None, says("95th percentile of the distance between the two surfaces")
    ] = None
    sensitivity: Annotated[Unity | None, says("Sensitivity estimated by STAPLE.")] = None
    specificity: Annotated[
        Unity | None, says("Specificity estimated by STAPLE, within the evaluated box.")
    ] = None


class ConsensusRecord(RecordPart):
    """Mask computed from the masks of several readers, not drawn by any of them."""

    case: CaseId
    structure: StructureName
    vote: Annotated[str, one_of("Consensus method.", get_args(Vote))]
    file: FileName
    sha256: Sha256
    volume_ml: Ml
    sd_ml: Annotated[Ml, says("Standard deviation of the readers' volumes")]
    undisputed_ml: Annotated[Ml, says("Drawn by all readers")]
    disputed_ml: Annotated[Ml, says("Drawn by some readers but not by all")]
    readers: Annotated[
        tuple[WeighedReaderRecord, ...],
        says("Comparison of each reader with the consensus."),
        at_least(2),
    ]


@dataclass(frozen=True, slots=True, eq=False)
class WrittenConsensus:
    """Consensus and the file to which it was written."""

    case: str
    structure: str
    readers: tuple[str, ...]
    consensus: Consensus
    file: str
    content: bytes


def as_agreed_case(one: CaseAgreement, limits: Sequence[Fraction]) -> AgreedCaseRecord:
    """Describe a case; a shown FLR is not rounded across `limits`, in percent."""
    return as_part(
        AgreedCaseRecord,
        one,
        readings=tuple(_as_reading(each, limits) for each in one.readings),
        pairs=tuple(map(_as_pair, one.pairs)),
    )


def _as_pair(one: PairAgreement) -> PairRecord:
    structures = tuple(as_structure(StructureAgreementRecord, each) for each in one.structures)
    return as_part(PairRecord, one, structures=structures)


def _as_reading(one: ReadAmounts, limits: Sequence[Fraction]) -> CaseReadingRecord:
    segments = (
        SegmentReadRecord(name=name.removeprefix(OF_SEGMENT).removesuffix("_ml"), volume_ml=ml)
        for name, ml in one.amounts.items()
        if name.startswith(OF_SEGMENT)
    )
    return as_part(
        CaseReadingRecord,
        one,
        liver_ml=one.amounts["liver_ml"],
        tumour_ml=one.amounts.get("tumour_ml"),
        flr_ml=one.amounts.get("flr_ml"),
        flr_percent=as_sided(one.flr, limits),
        segments=tuple(segments),
    )


def as_consensus_record(one: WrittenConsensus) -> ConsensusRecord:
    """Describe a consensus and its comparison with each reader."""
    found = one.consensus
    return as_part(
        ConsensusRecord,
        found,
        case=one.case,
        structure=one.structure,
        file=one.file,
        sha256=sha256(one.content).hexdigest(),
        volume_ml=found.mask.volume_ml,
        readers=tuple(_weigh(one)),
    )


def _weigh(one: WrittenConsensus) -> Iterable[WeighedReaderRecord]:
    found = one.consensus
    for number, (reader, beside) in enumerate(zip(one.readers, found.compare(), strict=True)):
        yield WeighedReaderRecord(
            reader=reader,
            dice=as_float(beside.dice),
            mean_surface_mm=beside.mean_mm,
            surface_95_mm=beside.far_mm,
            sensitivity=found.sensitivity[number] if found.sensitivity else None,
            specificity=found.specificity[number] if found.specificity else None,
        )


WORDS = {
    "liver_ml": "Whole liver",
    "tumour_ml": "Tumour",
    "flr_ml": "FLR",
    "flr_percent": "FLR",
}
Ends = Annotated[tuple[float, float] | None, says("Exact 95 % confidence interval.")]


class DifferencesRecord(RecordPart):
    """Second reader minus the first, over cases read by both, in the quantity's unit."""

    first: Reader
    second: Reader
    cases: Count
    bias: Annotated[float, says("Mean of the differences (bias).")]
    bias_interval: Annotated[
        Ends, says("95 % confidence interval from Student's t distribution.")
    ] = None
    sd: Annotated[
        Amount | None, says("Standard deviation of the differences; absent for a single case.")
    ] = None
    limits_of_agreement: Annotated[
        tuple[float, float] | None,
        says(
            "Limits of agreement: bias minus and plus 1.96 SD; 95 % of differences are expected "
            "between them."
        ),
    ] = None
    low_interval: Annotated[
        Ends,
        says(
            "95 % confidence interval for the lower limit of agreement, from the non-central t "
            "distribution."
        ),
    ] = None
    high_interval: Annotated[
        Ends,
        says(
            "95 % confidence interval for the upper limit of agreement, from the non-central t "
            "distribution."
        ),
    ] = None


class QuantityAgreementRecord(RecordPart):
    """One quantity over all included cases."""

    name: Annotated[str, says("Quantity: liver_ml, flr_ml, flr_percent, segment_1_ml ...")]
    words: Annotated[str, says("Name of the quantity in words.")]
    unit: Annotated[str, one_of("Unit of all values except the CV.", ("mL", "%"))]
    cases: Annotated[Count, says("Number of cases read at least twice.")]
    df: Annotated[Count, says("Degrees of freedom: number of readings minus number of cases.")]
    within_sd: Annotated[
        Amount | None,
        says(
            "Within-case standard deviation, by one-way analysis of variance; absent for a single "
            "case or if no reading differs."
        ),
    ] = None
    within_sd_interval: Annotated[
        Ends, says("95 % confidence interval from the chi-square distribution.")
    ] = None
    repeatability: Annotated[
        Amount | None,
        says(
            "Repeatability coefficient, 1.96 √2 SD: 95 % of differences between two readings "
            "are expected to be smaller."
        ),
    ] = None
    repeatability_interval: Annotated[
        Ends, says("95 % confidence interval from the chi-square distribution.")
    ] = None
    cv_percent: Annotated[
        PercentOfAnother | None,
        says("Within-case coefficient of variation, root mean square over cases"),
    ] = None
    cv_interval_percent: Annotated[
        Ends, says("95 % confidence interval from the chi-square distribution.")
    ] = None
    pairs: Annotated[
        tuple[DifferencesRecord, ...], says("Bland-Altman analysis for each pair of readers.")
    ]


class SidesRecord(RecordPart):
    """Side of a limit for each reader's FLR."""

    reader: Reader
    answer: Annotated[
        str, one_of("Whether the FLR is below, at or above the limit.", ("below", "at", "above"))
    ]


class CaseSidesRecord(RecordPart):
    """Case whose side of a limit depends on the reader."""

    case: CaseId
    sides: Annotated[
        tuple[SidesRecord, ...], says("Comparison of each reader's FLR with the limit.")
    ]


class SideChangeRecord(RecordPart):
    """Limit and number of patients whose side depends on the reader."""

    name: LimitName
    limit_percent: Annotated[Percent, says("The limit")]
    cases: Annotated[
        Count,
        says(
            "Number of cases in which the FLR, as a share of the non-tumorous liver, is known "
            "from at least two readers."
        ),
    ]
    changed: Annotated[
        Count,
        says(
            "Number of cases in which the readers' FLR values are on different sides of the limit."
        ),
    ]
    changed_cases: Annotated[
        tuple[CaseSidesRecord, ...],
        says("Cases in which the readers' FLR values are on different sides of the limit."),
    ] = ()
    source: Annotated[str, says("Passage in the trial protocol that states the limit.")]


class ReadingErrorRecord(RecordPart):
    """Reading error for `plan --centre`, used instead of default values."""

    cv: Annotated[Amount, says("Within-case CV of the FLR share, as a fraction.")]
    cases: Annotated[Count, says("Number of cases read at least twice.")]
    df: Annotated[Count, says("Degrees of freedom.")]
    origin: Annotated[
        str,
        one_of(
            "Origin of the remnants; the CV applies only to remnants of this origin.",
            ("drawn", "segments", "automatic"),
        ),
    ]
    source: Annotated[str, says("Readers.")]


class RefusedReadingRecord(RecordPart):
    """Omitted reading and the reason."""

    case: CaseId
    reader: Annotated[
        Reader | None,
        says(
            "Reader; absent if the readings of the case cannot be compared, as on different grids."
        ),
    ] = None
    code: Code
    message: Annotated[str, says("File, reason and remedy.")]


class AgreementAnswer(ResultRecord, tag_field="schema", tag=name_schema("agree")):
    """Agreement of two or more readers or tools on the same cases."""

    readers: Annotated[tuple[str, ...], says("Readers in the order given.")]
    cases: Annotated[tuple[AgreedCaseRecord, ...], says("Cases read at least twice.")]
    quantities: Annotated[
        tuple[QuantityAgreementRecord, ...], says("Summary of the included cases.")
    ]
    limits: Annotated[
        tuple[SideChangeRecord, ...],
        says("Cases in which the readers' FLR values are on different sides of a limit, by limit."),
    ]
    reading_error: ReadingErrorRecord | None = None
    consensus: Annotated[tuple[ConsensusRecord, ...], says("Consensus masks written.")] = ()
    refused: Annotated[tuple[RefusedReadingRecord, ...], says("Readings that were omitted.")] = ()
    findings: Findings


@dataclass(frozen=True, slots=True)
class RefusedReading:
    """Reading that cannot be used; `reader` is None if several readings do not match."""

    case: str
    reader: str | None
    refusal: InputRefused


@dataclass(frozen=True, slots=True)
class AgreementFound:
    """Content of the record before it is composed."""

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
    """Describe each case, the summary and changes of side; `limits` in percent."""
    return AgreementAnswer(
        refusal=None,
        inputs=as_inputs(dict.fromkeys(found.inputs)),
        readers=found.readers,
        cases=tuple(as_agreed_case(one, limits) for one in found.cases),
        quantities=tuple(map(_as_quantity, found.quantities)),
        limits=tuple(map(_as_side_change, found.limits)),
        reading_error=None if found.error is None else as_part(ReadingErrorRecord, found.error),
        consensus=tuple(map(as_consensus_record, found.consensus)),
        refused=tuple(map(_as_refused, found.refused)),
        findings=as_findings(found.findings),
    )


def name_quantity(name: str) -> str:
    """Name a quantity.

    Examples
    --------
    >>> name_quantity("segment_4_ml"), name_quantity("flr_percent")
    ('Segment 4', 'FLR')
    """
    if name.startswith(OF_SEGMENT):
        return f"Segment {name.removeprefix(OF_SEGMENT).removesuffix('_ml')}"
    return WORDS[name]


def _as_quantity(one: QuantityAgreement) -> QuantityAgreementRecord:
    estimates = one.repeatability
    cv = None if estimates.cv is None else estimates.cv.times(100)
    return as_part(
        QuantityAgreementRecord,
        estimates,
        name=one.quantity,
        words=name_quantity(one.quantity),
        unit="%" if one.quantity == FLR_PERCENT else "mL",
        within_sd=_value(estimates.sd),
        within_sd_interval=_ends(estimates.sd),
        repeatability=_value(estimates.coefficient),
        repeatability_interval=_ends(estimates.coefficient),
        cv_percent=_value(cv),
        cv_interval_percent=_ends(cv),
        pairs=tuple(map(_as_differences, one.pairs)),
    )


def _value(one: Estimate | None) -> float | None:
    return None if one is None else one.value


def _ends(one: Estimate | None) -> Span | None:
    return None if one is None else one.interval


def _as_differences(one: ReaderDifferences) -> DifferencesRecord:
    estimates = one.differences
    between = (
        None if estimates.low is None or estimates.high is None else (estimates.low, estimates.high)
    )
    return as_part(
        DifferencesRecord,
        estimates,
        first=one.first,
        second=one.second,
        limits_of_agreement=between,
    )


def _as_side_change(one: SideChange) -> SideChangeRecord:
    return SideChangeRecord(
        name=one.name,
        limit_percent=float(100 * one.limit.value),
        cases=len(one.sides),
        changed=len(one.changed),
        changed_cases=tuple(
            CaseSidesRecord(
                case=case,
                sides=tuple(
                    SidesRecord(reader=reader, answer=answer)
                    for reader, answer in one.sides[case].items()
                ),
            )
            for case in one.changed
        ),
        source=one.limit.source,
    )


def _as_refused(one: RefusedReading) -> RefusedReadingRecord:
    code, message = one.refusal.code, str(one.refusal)
    return as_part(RefusedReadingRecord, one, code=code, message=message)
