"""NM images as DICOM: a dynamic or static study of both heads, a reconstructed SPECT.

Of any tracer: what differs is its name and the counts. Nothing in the files is of a person, and
the same counts give the same bytes: no clock, and UIDs made from the content.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian

NM = "1.2.840.10008.5.1.4.1.1.20"
WINDOWS, DETECTORS, PHASES, TIMES, SLICES = (
    0x00540010, 0x00540020, 0x00540030, 0x00540100, 0x00540080,
)  # fmt: skip
VIEWS = {
    "anterior": ("399321004", "Anterior projection", 180),
    "posterior": ("399001007", "Posterior projection", 0),
}
TRACERS = {
    "mebrofenin": ("4832001", "Technetium Tc^99m^ mebrofenin"),
    "maa": ("18891004", "Technetium Tc^99m^ albumin aggregated"),
}
LOW_KEV, HIGH_KEV = 126.5, 154.6  # 140.5 keV, 20 %
DAY = "20000101"  # no day of anyone's

Counts = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Phase:
    """Frames of one length, in ms."""

    frames: int
    frame_ms: int
    delay_ms: int = 0
    pause_ms: int = 0


def dynamic(
    heads: dict[str, Counts], phases: Sequence[Phase], pixel_mm: float, tracer: str = "mebrofenin"
) -> bytes:
    """Write a dynamic study: counts by view, (frames, rows, columns), as each head sees them."""
    names = [*heads]
    order = [
        (head, phase, frame)
        for head in range(len(names))
        for phase, one in enumerate(phases)
        for frame in range(one.frames)
    ]
    data = _head("DYNAMIC", tracer, np.concatenate([heads[name] for name in names]), pixel_mm)
    data.FrameIncrementPointer = [WINDOWS, DETECTORS, PHASES, TIMES]
    data.NumberOfDetectors, data.NumberOfPhases = len(names), len(phases)
    data.EnergyWindowVector = [1] * len(order)
    data.DetectorVector = [head + 1 for head, _, _ in order]
    data.PhaseVector = [phase + 1 for _, phase, _ in order]
    data.TimeSliceVector = [frame + 1 for _, _, frame in order]
    data.DetectorInformationSequence = [_detector(name) for name in names]
    data.PhaseInformationSequence = [
        _item(
            PhaseDelay=phase.delay_ms,
            ActualFrameDuration=phase.frame_ms,
            PauseBetweenFrames=phase.pause_ms,
            NumberOfFramesInPhase=phase.frames,
        )
        for phase in phases
    ]
    return _file(data)


def static(heads: dict[str, Counts], frame_ms: int, pixel_mm: float, tracer: str) -> bytes:
    """Write one picture of each view, (rows, columns)."""
    data = _head("STATIC", tracer, np.stack([*heads.values()]), pixel_mm)
    data.FrameIncrementPointer = [WINDOWS, DETECTORS]
    data.NumberOfDetectors = len(heads)
    data.EnergyWindowVector = [1] * len(heads)
    data.DetectorVector = [*range(1, len(heads) + 1)]
    data.DetectorInformationSequence = [_detector(name) for name in heads]
    data.ActualFrameDuration = frame_ms
    return _file(data)


def tomo(
    counts: Counts,
    voxel_mm: tuple[float, float, float],
    first_mm: tuple[float, float, float],
    tracer: str,
    frame_of_reference: str | None = None,
) -> bytes:
    """Write a reconstructed SPECT.

    - `counts` (array of (slices, rows, columns)): slices upwards, rows to the back, columns to the
      left: LPS+.
    - `voxel_mm`: step along columns, rows and slices.
    - `first_mm`: centre of the first voxel, LPS+.
    - `tracer`: one of `TRACERS`.
    - `frame_of_reference`: UID; one made from the counts if not given.
    """
    data = _head("RECON TOMO", tracer, counts, voxel_mm[0])
    data.ImageType[0] = "DERIVED"
    data.PixelSpacing = [voxel_mm[1], voxel_mm[0]]
    data.SpacingBetweenSlices = data.SliceThickness = voxel_mm[2]
    data.FrameOfReferenceUID = frame_of_reference or _uid("frame", counts)
    data.PositionReferenceIndicator = ""
    data.FrameIncrementPointer = [SLICES]
    data.NumberOfDetectors = 1
    data.NumberOfSlices = len(counts)
    data.SliceVector = [*range(1, len(counts) + 1)]
    data.NumberOfRotations = 1
    data.RotationInformationSequence = [_rotation()]
    detector = _detector(None)
    detector.ImagePositionPatient = [*first_mm]
    detector.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.DetectorInformationSequence = [detector]
    return _file(data)


def _head(kind: str, tracer: str, counts: Counts, pixel_mm: float) -> Dataset:
    """Begin an image: patient, study, camera and pixels."""
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID, data.SOPInstanceUID, data.Modality = NM, _uid("image", counts), "NM"
    data.ImageType = ["ORIGINAL", "PRIMARY", kind, "EMISSION"]
    data.PatientName, data.PatientID = "Invented^Patient", "invented"
    data.PatientBirthDate = data.PatientSex = ""
    data.StudyInstanceUID, data.SeriesInstanceUID = _uid("study", counts), _uid("series", counts)
    data.StudyID, data.SeriesNumber, data.InstanceNumber = "1", 1, 1
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = DAY
    data.StudyTime = data.SeriesTime = data.AcquisitionTime = data.ContentTime = "120000"
    data.AccessionNumber = data.ReferringPhysicianName = ""
    data.Manufacturer, data.SeriesDescription = "fl_planner sample data", "invented"
    data.BodyPartExamined = "LIVER"
    data.PatientOrientation = ""
    data.PatientOrientationCodeSequence = [_recumbent()]
    data.PatientGantryRelationshipCodeSequence = [_code("102540001", "SCT", "headfirst")]
    data.NumberOfFrames, data.Rows, data.Columns = counts.shape
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PixelRepresentation = (
        1,
        "MONOCHROME2",
        0,
    )
    bits = 8 if counts.max() < 256 else 16
    data.BitsAllocated, data.BitsStored, data.HighBit = bits, bits, bits - 1
    data.PixelSpacing = [pixel_mm, pixel_mm]
    data.CountsAccumulated = min(int(counts.sum()), 2**31 - 1)
    data.NumberOfEnergyWindows = 1
    window = _item(EnergyWindowLowerLimit=LOW_KEV, EnergyWindowUpperLimit=HIGH_KEV)
    data.EnergyWindowInformationSequence = [_item(EnergyWindowRangeSequence=[window])]
    data.RadiopharmaceuticalInformationSequence = [_tracer(tracer)]
    packed = counts.astype(f"<u{bits // 8}").tobytes()
    data.PixelData = packed + b"\0" * (len(packed) % 2)
    data["PixelData"].VR = "OW"
    return data


def _tracer(name: str) -> Dataset:
    code, meaning = TRACERS[name]
    return _item(
        RadionuclideCodeSequence=[_code("72454006", "SCT", "^99m^Technetium")],
        Radiopharmaceutical=f"99mTc {name}",
        RadiopharmaceuticalCodeSequence=[_code(code, "SCT", meaning)],
    )


def _detector(view: str | None) -> Dataset:
    """Describe a head; a reconstruction's looks from nowhere."""
    data = _item(CollimatorType="PARA", ImageOrientationPatient=[], ImagePositionPatient=[])
    if view is not None:
        code, meaning, angle = VIEWS[view]
        seen = _code(code, "SCT", meaning)
        seen.ViewModifierCodeSequence = []
        data.ViewCodeSequence, data.StartAngle = [seen], angle
    return data


def _rotation() -> Dataset:
    return _item(
        StartAngle=0, AngularStep=6, RotationDirection="CW", ScanArc=360,
        ActualFrameDuration=10000, RadialPosition=[], NumberOfFramesInRotation=60,
    )  # fmt: skip


def _recumbent() -> Dataset:
    lying = _code("102538003", "SCT", "recumbent")
    lying.PatientOrientationModifierCodeSequence = [_code("40199007", "SCT", "supine")]
    return lying


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    return _item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def _item(**attributes: Any) -> Dataset:
    data = Dataset()
    for keyword, value in attributes.items():
        setattr(data, keyword, value)
    return data


def _uid(what: str, counts: Counts) -> str:
    """Make a UID from counts (UUID-derived, 2.25): the same counts have the same."""
    digest = sha256(what.encode() + counts.astype("<u2").tobytes()).digest()
    return f"2.25.{int.from_bytes(digest[:15], 'big')}"


def _file(data: Dataset) -> bytes:
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID = UID(NM)
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.ImplementationClassUID = UID("2.25.1")
    target = io.BytesIO()
    dcmwrite(target, data, enforce_file_format=True)
    return target.getvalue()
