"""DICOM SR output through highdicom: a measurement report (TID 1500) on the segments of a plan.

Each group refers to its segment. A program cannot finalise a report, so the report is preliminary,
partial and unverified. The same input gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from fl_planner.basis import clinical_codes
from fl_planner.basis.clinical_codes import LOCAL, Coded, Term
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.version import __version__
from fl_planner.formats.dicom.seg_write import (
    MAKER,
    UTF_8,
    as_code,
    codes_of,
    forget_clock,
    writing,
)
from fl_planner.formats.dicom.uids import derived_uid
from fl_planner.formats.segments.content import Structure
from fl_planner.record.declaration.part import DIGITS, WHOLE_LIVER
from fl_planner.record.plan import PlanRecord

if TYPE_CHECKING:
    from highdicom.seg import Segmentation
    from highdicom.sr import Measurement, VolumetricROIMeasurementsAndQualitativeEvaluations
    from pydicom.dataset import Dataset

MODEL = "fl-planner plan"
DEFECT = "this is a defect in the program; please report it"
REFERENCES = ("SegmentIdentificationSequence", "DerivationImageSequence")  # of a frame
WHOSE = ("SOPClassUID", "SOPInstanceUID", "NumberOfFrames", "ReferencedSeriesSequence")
DOUBTS = ("error", "warning")
UNITS = {
    unit.code: unit.coded
    for unit in (clinical_codes.CM3, clinical_codes.MM, clinical_codes.PERCENT)
}
SHARES = {  # part -> whose share it is, and its code
    "flr": ("flr", clinical_codes.FLR_PERCENT),
    "treated": ("untreated", clinical_codes.UNTREATED_PERCENT),
}


@dataclass(frozen=True, slots=True)
class ReportSeries:
    """The series of a report: its number and description, and the reports that it replaces."""

    number: int
    description: str
    predecessors: tuple[Dataset, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportedNumber:
    """A number for a segment: code, value, UCUM unit, denominator, and how it was derived."""

    segment: int
    code: Coded
    value: float
    unit: str
    whole: Coded | None = None
    derivation: Coded = clinical_codes.CALCULATED.coded


def list_reported(
    record: PlanRecord, structures: Iterable[Structure]
) -> tuple[ReportedNumber, ...]:
    """List the numbers of a plan on its segments, rounded as in the record."""
    return tuple(_list_reported(record, structures))


def _list_reported(record: PlanRecord, structures: Iterable[Structure]) -> Iterator[ReportedNumber]:
    for one in structures:
        part, volumes = str(one.meaning), record.volumes
        known = getattr(volumes.volumes_ml, part, None)
        ml = one.mask.volume_ml if known is None else known  # a territory is not in the record
        yield ReportedNumber(
            one.number, clinical_codes.VOLUME.coded, _rounded(ml), clinical_codes.CM3.code
        )
        name, share = SHARES.get(part, ("", clinical_codes.VOLUME))
        found = volumes.find_share(name) if name else None
        if found is None or (name == "untreated" and volumes.denominator == WHOLE_LIVER):
            continue  # the code of the untreated share is of the non-tumorous liver
        whole = clinical_codes.WHOLES[volumes.denominator].coded
        ends = record.ratios.by_part[name].ends_95_percent or ()
        coded = zip((clinical_codes.LOW_95, clinical_codes.HIGH_95), ends, strict=False)
        yield from _list_shares({share: found[1].value, **dict(coded)}, one.number, whole)
        if name == "flr":
            yield from _list_cleared(record, one.number, whole)
            yield from _list_supplied(record, one.number, whole)


def _list_cleared(record: PlanRecord, segment: int, whole: Coded) -> Iterator[ReportedNumber]:
    """List the FLR after clearance of the lesions in it."""
    after = None if record.clearing is None else record.clearing.after
    if after is None:
        return
    ends = record.ratios.by_side["clear"].ends_95_percent or ()
    yield ReportedNumber(
        segment,
        clinical_codes.CLEARING_MARGIN.coded,
        _rounded(after.margin_mm),
        clinical_codes.MM.code,
    )
    ml = _rounded(after.flr_after_clearing_ml)
    yield ReportedNumber(segment, clinical_codes.CLEARED_ML.coded, ml, clinical_codes.CM3.code)
    shares = {
        clinical_codes.CLEARED_PERCENT: after.flr_after_clearing_percent.value,
        **dict(zip((clinical_codes.CLEARED_LOW, clinical_codes.CLEARED_HIGH), ends, strict=False)),
    }
    yield from _list_shares(shares, segment, whole)


def _list_shares(
    shares: Mapping[Term, float], segment: int, whole: Coded
) -> Iterator[ReportedNumber]:
    for term, value in shares.items():
        yield ReportedNumber(
            segment, term.coded, _rounded(value), clinical_codes.PERCENT.code, whole
        )


def _list_supplied(record: PlanRecord, segment: int, whole: Coded) -> Iterator[ReportedNumber]:
    """List the FLR that keeps its supply, by the codes of its trees; it is an estimate."""
    for one in _list_kept(record, segment, whole):
        yield replace(one, derivation=clinical_codes.ESTIMATED.coded)


def _list_kept(record: PlanRecord, segment: int, whole: Coded) -> Iterator[ReportedNumber]:
    vessels = record.vessels
    supplied = None if vessels is None else vessels.supplied
    if supplied is None:
        return
    by = clinical_codes.SUPPLIED[supplied.flr_supplied_by]
    shares = {
        by.low: supplied.flr_supplied_low_percent,
        by.high: supplied.flr_supplied_high_percent,
    }
    if supplied.flr_supplied_ml is not None and supplied.flr_supplied_percent is not None:
        yield ReportedNumber(
            segment, by.ml.coded, _rounded(supplied.flr_supplied_ml), clinical_codes.CM3.code
        )
        shares = {by.percent: supplied.flr_supplied_percent.value, **shares}
    yield from _list_shares(shares, segment, whole)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def sr_bytes(
    record: PlanRecord,
    structures: Sequence[Structure],
    seg: Segmentation,
    slices: Sequence[Dataset],
    series: ReportSeries,
) -> bytes:
    """Write the numbers of a plan on its segments.

    - `record`: record of the plan.
    - `structures`: structures with the numbers of the segments.
    - `seg`: the segmentation to which it refers; the report has its patient, study and day.
    - `slices`: headers of the CT slices to which the segmentation refers, without patient data.
    - `series`: series of the report.
    """
    numbers = list_reported(record, structures)
    content = BytesIO()
    with writing("plan", "measurement report"):
        report = _build(record, structures, numbers, seg, slices, series)
        forget_clock(report)
        report.save_as(content, enforce_file_format=True)
        _require_reported(content.getvalue(), numbers)
    return content.getvalue()


def read_reported_values(content: bytes) -> dict[tuple[int, str], tuple[float, str]]:
    """Read a report back: number and unit by segment and code."""
    from highdicom.sr import srread

    found = {}
    report: Any = srread(BytesIO(content)).content
    for group in report.get_volumetric_roi_measurement_groups():
        (segment,) = group.referenced_segment.referenced_segment_numbers
        for measured in group.get_measurements():
            found[segment, measured.name.value] = (float(measured.value), measured.unit.value)
    return found


def _require_reported(content: bytes, numbers: Sequence[ReportedNumber]) -> None:
    meant = {(one.segment, one.code[0]): (one.value, one.unit) for one in numbers}
    if read_reported_values(content) != meant:
        reason = "the numbers read back differ from those written"
        raise InputRefused("dicom.not_the_plan", "report", reason, DEFECT)


def _build(
    record: PlanRecord,
    structures: Sequence[Structure],
    numbers: Sequence[ReportedNumber],
    seg: Segmentation,
    slices: Sequence[Dataset],
    series: ReportSeries,
) -> Dataset:
    from highdicom import sr

    evaluations = [*_evaluations(record)]
    groups = [
        _group(
            one,
            seg,
            [each for each in numbers if each.segment == one.number],
            [*evaluations, *_format_trees(record, one)],
        )
        for one in structures
    ]
    content = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=observing_device()),
        procedure_reported=as_code(clinical_codes.CT_OF_THE_BODY.coded),
        imaging_measurements=groups,
    )
    stated = json.dumps([one.to_json_dict() for one in content], sort_keys=True)
    named = [str(one.SOPInstanceUID) for one in series.predecessors]
    made_of = "\n".join([seg.SOPInstanceUID, stated, *named, __version__]).encode()
    return sr.Comprehensive3DSR(
        evidence=[seg, *slices],
        content=content,
        previous_versions=series.predecessors or None,
        series_instance_uid=derived_uid(made_of, "series"),
        series_number=series.number,
        series_description=series.description,
        sop_instance_uid=derived_uid(made_of, "instance"),
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=MODEL,
        software_versions=__version__,
        device_serial_number="unknown",
        content_date=seg.ContentDate,
        content_time=seg.ContentTime,
        specific_character_set=UTF_8,
    )


def _in_frames(seg: Dataset) -> Dataset:
    """Return the references of a segmentation with those shared by all frames in each frame.

    A segmentation with one segment has its number only in the shared groups, which
    `ReferencedSegment.from_segmentation` of highdicom 0.28.2 does not read.
    """
    from pydicom.dataset import Dataset

    (shared,) = seg.SharedFunctionalGroupsSequence
    made, frames = Dataset(), []
    for keyword in (one for one in WHOSE if one in seg):
        made[keyword] = seg[keyword]
    for frame in seg.PerFrameFunctionalGroupsSequence:
        whole = Dataset()
        for keyword in REFERENCES:
            for group in (one for one in (shared, frame) if keyword in one):
                whole[keyword] = group[keyword]
        frames.append(whole)
    made.PerFrameFunctionalGroupsSequence = frames
    return made


def _group(
    one: Structure, seg: Segmentation, numbers: Sequence[ReportedNumber], evaluations: Sequence[Any]
) -> VolumetricROIMeasurementsAndQualitativeEvaluations:
    """Describe one segment: code, site, program and numbers."""
    from highdicom import sr

    category, kind = codes_of(one.called, one.meaning)
    segment = seg.get_segment_description(one.number)
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(segment.tracking_uid, segment.tracking_id),
        referenced_segment=sr.ReferencedSegment.from_segmentation(_in_frames(seg), one.number),
        finding_category=as_code(category),
        finding_type=as_code(kind),
        finding_sites=[sr.FindingSite(as_code(clinical_codes.LIVER.coded))],
        algorithm_id=sr.AlgorithmIdentification(MAKER, __version__),
        measurements=[_measurement(each) for each in numbers],
        qualitative_evaluations=evaluations,
    )


def _measurement(number: ReportedNumber) -> Measurement:
    from highdicom import sr

    return sr.Measurement(
        name=as_code(number.code),
        value=number.value,
        unit=as_code(UNITS[number.unit]),
        derivation=as_code(number.derivation),
        method=None if number.whole is None else as_code(number.whole),
    )


def _doubts(record: PlanRecord) -> Iterator[tuple[str, str]]:
    """Return level and code of each finding above info; messages contain file names.

    The level states whether a reader accepted the finding, as in every other output.
    """
    for one in record.findings:
        if one.severity in DOUBTS:
            accepted = " accepted by a reader" if one.accepted else ""
            yield f"{one.severity}{accepted}", one.code


def _evaluations(record: PlanRecord) -> Iterator[Any]:
    """State the purpose, and every finding by its code."""
    from highdicom.sr import QualitativeEvaluation

    use = (clinical_codes.INTENDED_USE.coded, clinical_codes.RESEARCH.coded)
    yield QualitativeEvaluation(*map(as_code, use))
    for level, code in dict.fromkeys(_doubts(record)):
        term = Term(LOCAL, code, f"{level}: {code}"[:64])
        yield QualitativeEvaluation(as_code(clinical_codes.DOUBT.coded), as_code(term.coded))


def _format_trees(record: PlanRecord, one: Structure) -> Iterator[Any]:
    """State the vessel trees by which the kept supply was determined, if any."""
    from highdicom.sr import QualitativeEvaluation

    supplied = None if record.vessels is None else record.vessels.supplied
    if supplied is not None and str(one.meaning) == "flr":
        trees = clinical_codes.SUPPLIED[supplied.flr_supplied_by].trees
        yield QualitativeEvaluation(as_code(clinical_codes.SUPPLIED_BY.coded), as_code(trees.coded))


def observing_device() -> Any:
    """Describe the program as the observer of a structured document."""
    from highdicom import sr
    from pydicom.sr.codedict import codes

    device = sr.DeviceObserverIdentifyingAttributes(
        uid=derived_uid(__version__.encode(), "device"),
        name=MAKER,
        manufacturer_name=MAKER,
        model_name=f"{MODEL} {__version__}",
    )
    return sr.ObserverContext(codes.DCM.Device, device)
