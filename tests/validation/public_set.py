"""Invented livers with given voxel counts, as the archive stores its public set: one DICOM SEG.

Each structure is filled from its centre, so that it is compact and has exactly its count. The
remnant is the part of the liver on one side, the tumour is filled from the far end of the other.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from tests.formats.dicom.dicoms import Frame, frames_of, pack, seg

Voxels = npt.NDArray[np.bool_]
NAMES = ("Liver", "Liver Remnant", "Hepatic", "Portal", "Tumor_1")
KEYS = ("liver", "remnant", "hepatic", "portal", "tumour")
IN_PLANE_MM, STEP_MM = 0.8, 2.5
MARGIN = 3


def draw(counts: Mapping[str, int]) -> dict[str, Voxels]:
    """Draw the structures, axes (slice, row, column)."""
    slices, width = 40, 32
    while 0.4 * slices * width * width < max(counts["liver"], counts["tumour"]):
        slices, width = slices + 8, width + 16
    place = np.indices((slices, width, width)).reshape(3, -1).astype(np.float64)
    middle = np.array([slices, width, width])[:, None] / 2
    round_ = (((place - middle) / middle) ** 2).sum(axis=0)
    liver = _first(round_, counts["liver"])
    across = place[2] + place[1] * 1e-4 + place[0] * 1e-7
    remnant = _first(np.where(liver, across, np.inf), counts["remnant"])
    apart = liver & ~remnant if counts["tumour"] < liver.sum() - remnant.sum() else liver
    heart = _heart(place, apart)
    tumour = _first(np.where(apart, heart, 1e9 + heart), counts["tumour"])
    line = ((place[1:] - middle[1:]) ** 2)[0] + ((place[0:1] - middle[0:1]) ** 2)[0]
    hepatic = _first(np.where(liver, line, np.inf), counts["hepatic"])
    beneath = ((place[1] - middle[1] * 1.5) ** 2) + (place[0] - middle[0]) ** 2
    portal = _first(np.where(liver & ~hepatic, beneath, np.inf), counts["portal"])
    shape = (slices, width, width)
    drawn = (liver, remnant, hepatic, portal, tumour)
    return {
        name: np.pad(one.reshape(shape), MARGIN) for name, one in zip(NAMES, drawn, strict=True)
    }


def _heart(place: npt.NDArray[np.float64], within: Voxels) -> npt.NDArray[np.float64]:
    """Measure the distance from the middle of a part."""
    middle = place[:, within].mean(axis=1, keepdims=True)
    return np.asarray(((place - middle) ** 2).sum(axis=0))


def _first(order: npt.NDArray[np.float64], count: int) -> Voxels:
    """Take the `count` voxels that come first, ties by position."""
    taken = np.zeros(order.size, dtype=bool)
    taken[np.argsort(order, kind="stable")[:count]] = True
    return taken


def as_seg(drawn: Mapping[str, Voxels]) -> Dataset:
    """Build the SEG of some structures, one segment each."""
    frames: list[Frame] = []
    for number, voxels in enumerate(drawn.values(), start=1):
        frames += frames_of(voxels, number)
    data = seg(frames, [*drawn])
    measures = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.PixelSpacing = [IN_PLANE_MM, IN_PLANE_MM]
    measures.SliceThickness = measures.SpacingBetweenSlices = STEP_MM
    for (_, layer, _), group in zip(frames, data.PerFrameFunctionalGroupsSequence, strict=True):
        group.PlanePositionSequence[0].ImagePositionPatient = [-40.0, -30.0, STEP_MM * layer]
    data.SOPInstanceUID = generate_uid()
    return data


def write_patient(root: Path, id_: str, counts: Mapping[str, int]) -> Path:
    """Write a patient as downloaded; return the file of the SEG."""
    path = make_place(root, id_)
    path.write_bytes(pack(as_seg(draw(counts))))
    return path


def make_place(root: Path, id_: str) -> Path:
    """Make the folders of a patient as downloaded; return where the SEG is to be."""
    folder = root / id_ / "1.2.3-NA-CT ABDOMEN" / "300.000000-Segmentation"
    folder.mkdir(parents=True)
    return folder / "1-1.dcm"
