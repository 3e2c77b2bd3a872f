"""Studies as a workstation sends them: a CT of a cube of 1000 mL, and a SEG drawn on it.

The segments have names that the program does not know; only the routing file says what they are.
Every identifying attribute holds a canary.
"""

from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from tests.cli.outside import SMALL
from tests.formats.dicom.dicoms import CANARIES, ct_slice, pack

hd: Any = import_module("highdicom")  # its calls are untyped

EDGE, STEP = 22, 5.0  # voxels of the cube and of the air around it, mm
ROOT = "1.2.826.77"  # a canary
FLR, TUMOUR = (0, 2400), (7800, 8000)  # voxels of the cube, by number
FLR_PERCENT = 100 * 2400 / 7800
LIVER_NAME, TUMOUR_NAME, FLR_NAME = "Leber", "Herd", "Rest"
IDENTIFIERS = (*CANARIES, LIVER_NAME, "Doe")

__all__ = ["CANARIES", "FLR_PERCENT", "IDENTIFIERS", "Study", "make_study"]


class Study:
    """A CT with a SEG; each number is another patient's."""

    def __init__(self, number: int, flr: tuple[int, int] = FLR, version: int = 1) -> None:
        self.number, self.flr, self.version = number, flr, version
        self.uid = f"{ROOT}.2.{number}"
        self.slices = [_slice(k, number) for k in range(EDGE)]
        self.seg = _segment(self.slices, flr, f"{ROOT}.8.{number}.{version}")

    @property
    def objects(self) -> list[Dataset]:
        """All objects, the SEG last."""
        return [*self.slices, self.seg]

    def write(self, folder: Path) -> Path:
        """Write each object into a file of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        for one in self.objects:
            one.save_as(folder / f"{one.SOPInstanceUID}.dcm", enforce_file_format=True)
        return folder


def make_study(number: int, flr: tuple[int, int] = FLR, version: int = 1) -> Study:
    """Make a study; `flr` are the voxels of its remnant."""
    return Study(number, flr, version)


def _slice(k: int, number: int) -> Dataset:
    values = np.where(SMALL.mask(0, SMALL.voxels).astype(bool), 1124, 24)
    values[1:-1, 1:-1, 1:-1] += np.random.default_rng(5).integers(-9, 10, (20, 20, 20))
    data = ct_slice(0, values[::-1, ::-1, k].T, number=k + 1)
    data.PixelSpacing, data.SliceThickness = [STEP, STEP], STEP
    far = (EDGE - 1) * STEP
    data.ImagePositionPatient = [40.0 - far, 60.0 - far, 30.0 + STEP * k]
    data.StudyInstanceUID = f"{ROOT}.2.{number}"
    data.SeriesInstanceUID = f"{ROOT}.3.{number}"
    data.FrameOfReferenceUID = f"{ROOT}.1.{number}"
    data.SOPInstanceUID = f"{ROOT}.9.{number}.{k + 1}"
    data.PatientID, data.PatientName = f"CANARY-{number}", "CANARY^Doe"
    return dcmread(BytesIO(pack(data)))


def _segment(slices: list[Dataset], flr: tuple[int, int], uid: str) -> Dataset:
    masks = [SMALL.mask(0, SMALL.voxels), SMALL.mask(*TUMOUR), SMALL.mask(*flr)]
    layers = np.stack([mask[::-1, ::-1, :].transpose(2, 1, 0) for mask in masks], axis=-1)
    named = zip(
        (LIVER_NAME, TUMOUR_NAME, FLR_NAME),
        (codes.SCT.Liver, codes.SCT.Neoplasm, codes.SCT.Liver),
        strict=True,
    )
    described = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=name,
            segmented_property_category=codes.SCT.Organ,
            segmented_property_type=meaning,
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number, (name, meaning) in enumerate(named, 1)
    ]
    made: Dataset = hd.seg.Segmentation(
        source_images=slices,
        pixel_array=layers.astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=described,
        series_instance_uid=f"{uid}.1",
        series_number=7,
        sop_instance_uid=uid,
        instance_number=1,
        manufacturer="CANARY",
        manufacturer_model_name="CANARY",
        software_versions="1",
        device_serial_number="CANARY4711",
    )
    kept = BytesIO()
    made.save_as(kept, enforce_file_format=True)
    return dcmread(BytesIO(kept.getvalue()))
