"""Each case as its readers have it: volumes, Dice, distances, and the consensus of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Annotated, get_args

from msgspec import Meta

from fl_planner.liver.agreement.consensus import Consensus, Vote
from fl_planner.liver.agreement.over_cases import CaseAgreement, PairAgreement, ReadAmounts
from fl_planner.liver.agreement.reading import OF_SEGMENT
from fl_planner.liver.agreement.second_reader import Agreement
from fl_planner.record.declaration.part import RecordPart, Sided
from fl_planner.record.declaration.quantity import (
    CaseId,
    FileName,
    Ml,
    Mm,
    Percent,
    Sha256,
    as_float,
    as_sided,
    at_least,
    one_of,
    says,
)
from fl_planner.record.volumes import Denominator

Reader = Annotated[str, says("Reader or tool, as given.")]
StructureName = Annotated[str, says("liver (with its tumour), tumour, flr, segment_1 ...")]
Unity = Annotated[float, Meta(ge=0, le=1)]


class SegmentReadRecord(RecordPart):
    """A segment."""

    name: Annotated[str, says('"1" to "8".')]
    volume_ml: Ml


class CaseReadingRecord(RecordPart):
    """What one reader has of a case."""

    reader: Reader
    liver_ml: Annotated[Ml, says("Liver with its tumour")]
    tumour_ml: Annotated[Ml | None, says("All tumour; absent where none was told")] = None
    flr_ml: Annotated[Ml | None, says("Remnant without tumour")] = None
    flr_percent: Annotated[Sided[Percent] | None, says("FLR")] = None
    denominator: Denominator
    origin: Annotated[
        str | None, one_of("Where the remnant comes from.", ("drawn", "segments"))
    ] = None
    segments: Annotated[tuple[SegmentReadRecord, ...], says("Of a label map.")] = ()


class StructureAgreementRecord(RecordPart):
    """A structure as two readers have it."""

    name: StructureName
    first_ml: Ml
    second_ml: Ml
    dice: Annotated[Unity | None, says("Twice what is common over both.")] = None
    mean_surface_mm: Annotated[Mm | None, says("Mean distance of the surfaces")] = None
    surface_95_mm: Annotated[
        Mm | None, says("95th percentile of that distance, the larger of both ways")
    ] = None


class PairRecord(RecordPart):
    """Two readers of a case."""

    first: Reader
    second: Reader
    structures: Annotated[tuple[StructureAgreementRecord, ...], says("How each agrees.")]


class AgreedCaseRecord(RecordPart):
    """A case that was read twice at least."""

    case: CaseId
    counts: Annotated[bool, says("Whether it counts over cases; not where a finding is an error.")]
    readings: Annotated[tuple[CaseReadingRecord, ...], says("By reader."), at_least(2)]
    pairs: Annotated[tuple[PairRecord, ...], says("Every two readers."), at_least(1)]


class WeighedReaderRecord(RecordPart):
    """A reader beside the consensus."""

    reader: Reader
    dice: Annotated[Unity | None, says("Of the reader and the consensus.")] = None
    mean_surface_mm: Annotated[Mm | None, says("Mean distance of the surfaces")] = None
    surface_95_mm: Annotated[Mm | None, says("95th percentile of that distance")] = None
    sensitivity: Annotated[Unity | None, says("As STAPLE has it.")] = None
    specificity: Annotated[Unity | None, says("As STAPLE has it, within the box looked at.")] = None


class ConsensusRecord(RecordPart):
    """A mask made of several readers': nobody drew it."""

    case: CaseId
    structure: StructureName
    vote: Annotated[str, one_of("By which it was found.", get_args(Vote))]
    file: FileName
    sha256: Sha256
    volume_ml: Ml
    sd_ml: Annotated[Ml, says("Standard deviation of the readers' volumes")]
    undisputed_ml: Annotated[Ml, says("What every reader drew")]
    disputed_ml: Annotated[Ml, says("What some drew and others did not")]
    readers: Annotated[tuple[WeighedReaderRecord, ...], says("Beside it."), at_least(2)]


@dataclass(frozen=True, slots=True, eq=False)
class WrittenConsensus:
    """A consensus, and the file that it went into."""

    case: str
    structure: str
    readers: tuple[str, ...]
    consensus: Consensus
    file: str
    content: bytes


def as_agreed_case(one: CaseAgreement, limits: Sequence[Fraction]) -> AgreedCaseRecord:
    """Tell a case; no FLR that is told changes its side of `limits`, in percent."""
    return AgreedCaseRecord(
        case=one.case,
        counts=one.counts,
        readings=tuple(_as_reading(each, limits) for each in one.readings),
        pairs=tuple(map(_as_pair, one.pairs)),
    )


def _as_reading(one: ReadAmounts, limits: Sequence[Fraction]) -> CaseReadingRecord:
    segments = (
        SegmentReadRecord(name=name.removeprefix(OF_SEGMENT).removesuffix("_ml"), volume_ml=ml)
        for name, ml in one.amounts.items()
        if name.startswith(OF_SEGMENT)
    )
    return CaseReadingRecord(
        reader=one.reader,
        liver_ml=one.amounts["liver_ml"],
        tumour_ml=one.amounts.get("tumour_ml"),
        flr_ml=one.amounts.get("flr_ml"),
        flr_percent=as_sided(one.flr, limits),
        denominator=one.denominator,
        origin=one.origin,
        segments=tuple(segments),
    )


def _as_pair(one: PairAgreement) -> PairRecord:
    return PairRecord(
        first=one.first, second=one.second, structures=tuple(map(_as_structure, one.structures))
    )


def _as_structure(one: Agreement) -> StructureAgreementRecord:
    return StructureAgreementRecord(
        name=one.name,
        first_ml=one.first_voxels * one.voxel_ml,
        second_ml=one.second_voxels * one.voxel_ml,
        dice=as_float(one.dice),
        mean_surface_mm=one.mean_mm,
        surface_95_mm=one.far_mm,
    )


def as_consensus_record(one: WrittenConsensus) -> ConsensusRecord:
    """Tell a consensus, and each reader beside it."""
    found = one.consensus
    return ConsensusRecord(
        case=one.case,
        structure=one.structure,
        vote=found.vote,
        file=one.file,
        sha256=sha256(one.content).hexdigest(),
        volume_ml=found.mask.volume_ml,
        sd_ml=found.sd_ml,
        undisputed_ml=found.undisputed_ml,
        disputed_ml=found.disputed_ml,
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
