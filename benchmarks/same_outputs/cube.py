"""A small liver, 20 x 20 x 20 voxels of 5 mm with air around: quick to plan, of any content.

Its voxels are numbered along the last axis first, so `0-2400` is the first six of its layers.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID

SIDE, STEP_MM, FIRST_MM = 20, 5.0, (-40.0, -60.0, 30.0)
EDGE = SIDE + 2
CT, EXPLICIT, UIDS = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", "2.25.20261120"
PARTS = {  # name of the file: first voxel, and the one after the last
    "liver": (0, 8000), "flr": (0, 2400), "tumour": (7600, 8000), "treated": (4000, 8000),
    "resected": (2400, 8000), "cyst": (100, 120), "scar": (300, 340), "ivc": (2390, 2420),
    "liver2": (0, 7600), "flr2": (0, 2720), "flr32": (0, 2560), "tumour2": (7580, 8000),
    "in_remnant": (2300, 2500), "flr_day21": (0, 4000), "flr_day42": (0, 4400),
    "flr_less": (0, 2300), "flr25": (0, 1900), "flr_sliver": (0, 7000),
    "nothing": (0, 0), "one": (4000, 4001),
}  # fmt: skip

Voxels = npt.NDArray[np.uint8]


def draw(folder: Path) -> None:
    """Write masks, maps of segments, a coarser mask, and a CT as NIfTI and as DICOM."""
    folder.mkdir(exist_ok=True)
    for name, (start, stop) in PARTS.items():
        _write(folder / f"{name}.nii", _part(start, stop))
    segments = _segments()
    _write(folder / "segments.nii", segments)
    _write(folder / "mirrored.nii", np.ascontiguousarray(segments[::-1, ::-1]))
    _write(folder / "gaps.nii", np.where(_part(3900, 4100) > 0, 0, segments).astype(np.uint8))
    _write(folder / "vessels.nii", _with_vessels(segments))
    _write(folder / "veins.nii", _veins())
    _write(folder / "sliver.nii", _sliver())
    _write(folder / "lits.nii", _part(0, 8000) + _part(7600, 8000))
    _write(folder / "lesions.nii", _lesions())
    _write(folder / "before.nii", _part(0, 400) | _part(7600, 8000))
    _write(folder / "coarse.nii", _part(0, 2400)[:, :, ::2].copy(), (1.0, 1.0, 2.0))
    _write_scans(folder)
    values = np.where(_part(0, 8000) > 0, 100, -1000).astype(np.int16)
    values += np.random.default_rng(5).integers(-9, 10, values.shape, np.int16)
    _write(folder / "ct.nii", values)
    _write_ct(folder / "ct", values)


def _part(start: int, stop: int) -> Voxels:
    inside = np.zeros(SIDE**3, np.uint8)
    inside[start:stop] = 1
    return np.pad(inside.reshape((SIDE,) * 3), 1)


def _segments() -> Voxels:
    """Return eight segments of a thousand voxels each, by their number."""
    return sum((n * _part(1000 * n - 1000, 1000 * n) for n in range(2, 9)), _part(0, 1000))


def _lesions() -> Voxels:
    """Draw five lesions of several sizes, on both sides, one where the remnant ends."""
    voxels = np.zeros((EDGE,) * 3, np.uint8)
    for (i, j, k), edge in zip(
        [(3, 3, 3), (6, 14, 5), (12, 5, 12), (16, 15, 8), (18, 8, 17)], (2, 3, 5, 4, 1), strict=True
    ):
        voxels[i : i + edge, j : j + edge, k : k + edge] = 1
    return voxels


def _sliver() -> Voxels:
    """Draw a lesion of segment 8 that reaches into segment 7 by one voxel of two hundred."""
    voxels = np.zeros((EDGE,) * 3, np.uint8)
    voxels[19:21, 6:16, 6:16] = 1
    voxels[18, 10, 8] = 1
    return voxels


def _with_vessels(segments: Voxels) -> Voxels:
    """Let two rows of voxels through all segments be veins."""
    voxels = segments.copy()
    voxels[3:20, 10, 10], voxels[3:20, 4, 14] = 9, 10
    return voxels


def _veins() -> Voxels:
    """Draw nine portal veins from one plate, and nine hepatic ones to another: near all liver."""
    voxels = np.zeros((EDGE,) * 3, np.uint8)
    for j, k in product((4, 10, 16), repeat=2):
        voxels[3:18, j, k], voxels[5:21, j + 2, k + 2] = 1, 2
    voxels[3, 4:17, 4:17], voxels[20, 6:19, 6:19] = 1, 2
    return voxels


def _write_scans(folder: Path) -> None:
    """Write three scans of one liver: the same voxels in files that are not the same."""
    for name in ("before", "day21", "day42"):
        image = _image(_part(0, 8000), (1.0, 1.0, 1.0))
        image.header["descrip"] = name
        image.to_filename(folder / f"liver_{name}.nii")


def _write(
    path: Path, voxels: npt.NDArray[Any], times: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> None:
    _image(voxels, times).to_filename(path)


def _image(voxels: npt.NDArray[Any], times: tuple[float, ...]) -> Any:
    affine = np.diag([*(STEP_MM * one for one in times), 1.0])
    affine[:3, 3] = FIRST_MM
    build: Any = nibabel.Nifti1Image  # its calls are untyped
    image = build(voxels, affine)
    image.header.set_xyzt_units("mm")
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    return image


def _write_ct(folder: Path, values: npt.NDArray[np.int16]) -> None:
    """Write slices as scanners do, left to right and front to back, and no person in them."""
    folder.mkdir(exist_ok=True)
    for k in range(EDGE):
        data = Dataset()
        data.SOPClassUID, data.SOPInstanceUID, data.Modality = CT, f"{UIDS}.4.{k + 1}", "CT"
        data.StudyInstanceUID, data.SeriesInstanceUID = f"{UIDS}.2", f"{UIDS}.3"
        data.FrameOfReferenceUID, data.InstanceNumber = f"{UIDS}.1", k + 1
        data.PatientName, data.PatientID, data.PatientSex = "Nobody^At All", "N-1", "O"
        data.PatientBirthDate, data.StudyDate, data.StudyTime = "19610203", "20260504", "101112"
        data.AccessionNumber, data.StudyID = "A-1", "S-1"
        data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        far = (EDGE - 1) * STEP_MM
        x, y, z = FIRST_MM
        data.ImagePositionPatient = [-x - far, -y - far, z + STEP_MM * k]
        data.ImageOrientationPatient = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
        data.PixelSpacing, data.SliceThickness = [STEP_MM, STEP_MM], STEP_MM
        _fill(data, values[::-1, ::-1, k].T)
        _save(data, folder / f"{k:03}.dcm")


def _fill(data: Dataset, plane: npt.NDArray[np.int16]) -> None:
    data.Rows, data.Columns = plane.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.RescaleSlope, data.RescaleIntercept = 1, -1024
    data.PixelData = (plane.astype(np.int32) + 1024).clip(0, 4095).astype("<u2").tobytes()
    data["PixelData"].VR = "OW"


def _save(data: Dataset, path: Path) -> None:
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID = UID(CT)
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.file_meta.TransferSyntaxUID = UID(EXPLICIT)
    dcmwrite(path, data, enforce_file_format=True)
