"""DICOM files for tests, written with pydicom: SEG, CT slices, RTSTRUCT, full of canaries.

The small mask is that of `tests.formats.opening`: 3 x 2 x 2 voxels of 2 x 3 x 5 mm in 6 x 5 x 4.
"""

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.formats.read import read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, KnownGrids, SegmentFile
from fl_planner.space.grid import Grid
from tests.formats.opening import require_finding, require_reason
from tests.niftis import write

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
DEFLATED, RLE, DEFLATED_FRAMES = (
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.8.1",
)
SEG, LABELMAP, RTSTRUCT = (f"1.2.840.10008.5.1.4.1.1.{n}" for n in ("66.4", "66.7", "481.3"))
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"

COLUMNS, ROWS, SLICES = 6, 5, 4
SPACING = (3.0, 2.0)  # between rows, between columns
STEP = 5.0
UPRIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
ORIGIN = (-40.0, -30.0, 100.0)
VOXELS, ML = 12, 0.36

FRAME, STUDY, SERIES = "1.2.826.77.1.1", "1.2.826.77.2.1", "1.2.826.77.3.1"
PATIENT = "CANARY-ID-4711"
CANARIES = ("CANARY", "4711", "1.2.826.77", "19610203", "20240506", "101112", "063Y")

USUAL = Limits()


def drawn() -> npt.NDArray[np.bool_]:
    """Draw the small mask, axes (slice, row, column)."""
    voxels = np.zeros((SLICES, ROWS, COLUMNS), dtype=bool)
    voxels[1:3, 1:3, 1:4] = True
    return voxels


def place(layer: float) -> list[float]:
    return [ORIGIN[0], ORIGIN[1], ORIGIN[2] + STEP * layer]


def head(sop_class: str, modality: str) -> Dataset:
    """Begin a data set whose every identifying attribute holds a canary."""
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID, data.SOPInstanceUID, data.Modality = sop_class, "1.2.826.77.9.9", modality
    data.PatientName, data.PatientID = "CANARY^NAME", PATIENT
    data.IssuerOfPatientID, data.OtherPatientIDs = "CANARY HOSPITAL", "CANARY-ID-4712"
    data.PatientSex, data.PatientAge = "O", "063Y"
    data.PatientBirthDate = data.StudyDate = data.SeriesDate = "19610203"
    data.ContentDate = data.AcquisitionDate = "20240506"
    data.StudyTime = data.ContentTime = data.SeriesTime = "101112"
    data.AccessionNumber, data.StudyID = "CANARY4711", "CANARY4711"
    data.InstitutionName = data.StationName = data.Manufacturer = "CANARY"
    data.ReferringPhysicianName = data.OperatorsName = data.ContentCreatorName = "CANARY^DOCTOR"
    data.StudyDescription = data.SeriesDescription = data.PatientComments = "CANARY TEXT"
    data.StudyInstanceUID, data.SeriesInstanceUID = STUDY, SERIES
    data.FrameOfReferenceUID = FRAME
    private = data.private_block(0x0011, "CANARY PRIVATE", create=True)
    private.add_new(1, "LO", "CANARY PRIVATE VALUE")
    return data


def item(**attributes: Any) -> Dataset:
    data = Dataset()
    for keyword, value in attributes.items():
        setattr(data, keyword, value)
    return data


def segment(number: int, label: str, code: tuple[str, str] = ("SCT", "85756007")) -> Dataset:
    coded = item(CodingSchemeDesignator=code[0], CodeValue=code[1], CodeMeaning="CANARY")
    return item(
        SegmentNumber=number,
        SegmentLabel=label,
        SegmentDescription="CANARY",
        SegmentAlgorithmType="MANUAL",
        SegmentedPropertyTypeCodeSequence=[coded],
    )


Frame = tuple[int, float, npt.NDArray[Any]]  # segment, slice, pixels


def frames_of(
    voxels: npt.NDArray[Any], number: int = 1, *, keep_empty: bool = False
) -> list[Frame]:
    """Cut a mask into the frames of one segment; empty slices are left out."""
    return [
        (number, layer, plane) for layer, plane in enumerate(voxels) if keep_empty or plane.any()
    ]


def seg(
    frames: Sequence[Frame] | None = None,
    labels: Sequence[str] = ("Liver",),
    kind: str = "BINARY",
    *,
    maximum: int = 255,
) -> Dataset:
    """Build a SEG; its pixels are packed by `pack`."""
    frames = frames_of(drawn()) if frames is None else frames
    data = head(LABELMAP if kind == "LABELMAP" else SEG, "SEG")
    data.SegmentationType = kind
    data.SegmentSequence = [segment(n, label) for n, label in enumerate(labels, start=1)]
    pixels = np.stack([plane for _, _, plane in frames])
    data.NumberOfFrames = len(frames)
    data.Rows, data.Columns = pixels.shape[1:]
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PixelRepresentation = (
        1,
        "MONOCHROME2",
        0,
    )
    bits = 1 if kind == "BINARY" else 16 if int(pixels.max()) > 255 else 8
    data.BitsAllocated, data.BitsStored, data.HighBit = bits, bits, bits - 1
    if kind == "FRACTIONAL":
        data.SegmentationFractionalType, data.MaximumFractionalValue = "PROBABILITY", maximum
    measures = item(PixelSpacing=list(SPACING), SliceThickness=STEP, SpacingBetweenSlices=STEP)
    data.SharedFunctionalGroupsSequence = [
        item(
            PixelMeasuresSequence=[measures],
            PlaneOrientationSequence=[item(ImageOrientationPatient=list(UPRIGHT))],
        )
    ]
    data.PerFrameFunctionalGroupsSequence = [_group(kind, *frame[:2]) for frame in frames]
    data.PixelData = raw_bits(pixels) if bits == 1 else pixels.astype(f"<u{bits // 8}").tobytes()
    return data


def _group(kind: str, number: int, layer: float) -> Dataset:
    source = item(ReferencedSOPInstanceUID="1.2.826.77.5.5", ReferencedSOPClassUID=CT)
    group = item(
        DerivationImageSequence=[item(SourceImageSequence=[source])],
        PlanePositionSequence=[item(ImagePositionPatient=place(layer))],
    )
    if kind != "LABELMAP":
        group.SegmentIdentificationSequence = [item(ReferencedSegmentNumber=number)]
    return group


def raw_bits(pixels: npt.NDArray[Any]) -> bytes:
    """Pack bits from the lowest, frames on from one another."""
    packed = np.packbits(pixels.astype(bool).ravel(), bitorder="little").tobytes()
    return packed + b"\0" * (len(packed) % 2)


def pieces(data: Dataset, frames: Iterable[bytes], *, table: bool = True) -> Dataset:
    data.PixelData = encapsulate([*frames], has_bot=table)
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    return data


def pack(data: Dataset, syntax: str = EXPLICIT) -> bytes:
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.file_meta.TransferSyntaxUID = UID(RLE if syntax == DEFLATED_FRAMES else syntax)
    target = io.BytesIO()
    dcmwrite(target, data, enforce_file_format=True)
    content = target.getvalue()
    if syntax != DEFLATED_FRAMES:  # which pydicom does not write
        return content
    return content.replace(_uid(RLE), _uid(syntax), 1)


def _uid(uid: str) -> bytes:
    padded = uid.encode() + b"\0" * (len(uid) % 2)
    return b"UI" + len(padded).to_bytes(2, "little") + padded


def ct_slice(layer: float, pixels: npt.NDArray[Any] | None = None, number: int = 1) -> Dataset:
    if pixels is None:
        pixels = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) + 100 * int(layer)
    data = head(CT, "CT")
    data.SOPInstanceUID = f"1.2.826.77.4.{number}"
    data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    data.InstanceNumber = number
    data.ImagePositionPatient, data.ImageOrientationPatient = place(layer), list(UPRIGHT)
    data.PixelSpacing, data.SliceThickness = list(SPACING), STEP
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.RescaleSlope, data.RescaleIntercept = 1, -1024
    data.PixelData = pixels.astype("<u2").tobytes()
    data["PixelData"].VR = "OW"
    return data


def rtstruct(
    structures: Sequence[tuple[str, Sequence[npt.NDArray[np.float64]]]], frame: str = FRAME
) -> Dataset:
    """Build a structure set: names, and their contours as (N, 3) points in mm, LPS+."""
    data = head(RTSTRUCT, "RTSTRUCT")
    del data.FrameOfReferenceUID
    data.StructureSetLabel, data.StructureSetDate = "CANARY", "20240506"
    data.StructureSetROISequence = [
        item(ROINumber=n, ReferencedFrameOfReferenceUID=frame, ROIName=name)
        for n, (name, _) in enumerate(structures, start=1)
    ]
    data.ROIContourSequence = [
        item(ReferencedROINumber=n, ContourSequence=[contour(points) for points in contours])
        for n, (_, contours) in enumerate(structures, start=1)
    ]
    return data


def contour(points: npt.NDArray[np.float64], kind: str = "CLOSED_PLANAR") -> Dataset:
    source = item(ReferencedSOPInstanceUID="1.2.826.77.5.5", ReferencedSOPClassUID=CT)
    return item(
        ContourGeometricType=kind,
        NumberOfContourPoints=len(points),
        ContourData=[f"{value:.10g}"[:16] for value in points.ravel().tolist()],
        ContourImageSequence=[source],
    )


def put(**values: Any) -> Callable[[Any], None]:
    """Change elements of a data set."""

    def change(data: Any) -> None:
        for keyword, value in values.items():
            setattr(data, keyword, value)

    return change


def changed(content: bytes, change: Callable[[Dataset], None]) -> bytes:
    """Change the data set of a file."""
    data, target = dcmread(io.BytesIO(content)), io.BytesIO()
    change(data)
    data.save_as(target, enforce_file_format=True)
    return target.getvalue()


def require_private(*told: object) -> None:
    """Demand that nothing told holds a canary."""
    for one in told:
        text = re.sub(r"[0-9a-f]{64}", "", repr(one))  # a hash tells of nobody, by any digits
        if isinstance(one, InputRefused):
            text += f"{one}{one.reason}{one.remedy}{one.source}{one.__cause__}{one.__context__}"
        if isinstance(one, Finding):
            text += one.message
        assert not [canary for canary in CANARIES if canary in text], text


def read(
    folder: Path,
    content: bytes,
    role: str = "liver",
    *,
    name: str = "liver.dcm",
    on: Grid | None = None,
    masks: tuple[Grid, ...] = (),
    limits: Limits = USUAL,
) -> SegmentFile:
    """Write and read one file through the door; nothing of it may tell whose it is."""
    known = KnownGrids(on, masks)
    file = read_labels(write(folder / name, content), role, Holds.LABELS, limits, known)
    assert isinstance(file, SegmentFile)
    require_private(file.inputs, *file.findings)
    return file


def require_right(folder: Path, content: bytes) -> SegmentFile:
    """Exact and silent: the small mask, and nothing said."""
    file = read(folder, content)
    mask = file.whole("liver")
    assert mask.voxel_count == VOXELS
    assert mask.volume_ml == pytest.approx(ML, rel=1e-12)
    assert file.findings == ()
    return file


def require_warning(folder: Path, content: bytes, code: str, says: str) -> SegmentFile:
    """Warn and go on: the small mask, and one warning that names the file and the cause."""
    file = read(folder, content)
    assert file.whole("liver").voxel_count == VOXELS
    assert require_finding(file, code, says).file == "liver.dcm"
    return file


def require_refusal(
    folder: Path,
    content: bytes,
    code: str,
    says: str,
    role: str = "liver",
    *,
    on: Grid | None = None,
    limits: Limits = USUAL,
) -> InputRefused:
    """Refuse: code, base name, reason, remedy; no path, and nothing of a patient."""
    with pytest.raises(InputRefused) as refusal:
        read(folder, content, role, on=on, limits=limits)
    require_private(refusal.value)
    return require_reason(refusal.value, folder / "liver.dcm", code, says)


def run_lengths(plain: bytes) -> bytes:
    """Pack bytes into runs of one byte and of several [PS3.5 G.3.1]."""
    packed, at = bytearray(), 0
    while at < len(plain):
        count = 1
        while at + count < len(plain) and count < 128 and plain[at + count] == plain[at]:
            count += 1
        packed += bytes([257 - count, plain[at]]) if count > 1 else bytes([0, plain[at]])
        at += count
    return bytes(packed) + b"\0" * (len(packed) % 2)


def rle(*planes: bytes) -> bytes:
    """Pack a frame as RLE Lossless: the bytes of its numbers by themselves, highest first."""
    runs = [run_lengths(plane) for plane in planes]
    starts = [64 + sum(map(len, runs[:n])) for n in range(len(runs))]
    return struct.pack("<16I", len(runs), *starts, *[0] * (15 - len(runs))) + b"".join(runs)


def deflate(plain: bytes, *, even: bool = True) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(plain) + packer.flush()
    return packed + b"\0" * (len(packed) % 2 if even else 0)


def ring(
    radius: float, z: float, centre: tuple[float, float] = (0.0, 0.0), points: int = 240
) -> npt.NDArray[np.float64]:
    turn = np.linspace(0.0, 2 * np.pi, points, endpoint=False)
    x, y = centre[0] + radius * np.cos(turn), centre[1] + radius * np.sin(turn)
    return np.column_stack([x, y, np.full(points, z)])
