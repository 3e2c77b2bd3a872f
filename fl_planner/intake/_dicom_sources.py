"""The slices of a CT as a SEG refers to them: which they are and where, and as little of whose.

Of each slice those attributes are read that a segmentation has to carry or is placed by;
private tags, comments, institutions and physicians are left where they are [safety.md 5].
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fl_planner.basis.errors import InputRefused
from fl_planner.intake._bytes import Limits, PlainBytes
from fl_planner.intake._dicom_file import CT, is_dicom, take_all
from fl_planner.intake._dicom_folder import FoundFile, read_folder, read_zip
from fl_planner.space.grid import Grid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

LOCALIZER = "LOCALIZER"  # an overview, which a series is read without
CARRIED = (  # what a segmentation must have, if only empty [PS3.3 C.7.1.1, C.7.2.1]
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "StudyID", "StudyDate", "StudyTime", "AccessionNumber",
)  # fmt: skip
ISSUER = "IssuerOfPatientID"  # without it two hospitals' number 17 are one patient
NEEDED = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID",
    "FrameOfReferenceUID", "Modality", "Rows", "Columns", "PixelSpacing",
    "ImagePositionPatient", "ImageOrientationPatient",
)  # fmt: skip
READ = ("SpecificCharacterSet", "ImageType", "InstanceNumber", *CARRIED, ISSUER, *NEEDED)
TO_RAS = (-1.0, -1.0, 1.0)
GIVE_AGAIN = "export the CT again, with all that it had"


def read_sources(path: Path, grid: Grid, limits: Limits) -> tuple[Dataset, ...]:
    """Read the slices of a CT series, from the first to the last along its grid.

    Parameters
    ----------
    path : Path
        Folder, zip or one file of the series, which was read as an image before.
    grid : Grid
        The image's.
    limits : Limits
        How large it may be.

    Raises
    ------
    InputRefused
        `convert.ct_lacks` where a slice does not say what a segmentation has to refer to, or
        the slices are no longer those of the image.
    """
    with warnings.catch_warnings(action="ignore"):  # they would print what a header holds
        slices = [data for found in _find(path, limits) if (data := _read(found)) is not None]
        by_layer = {_layer(data, grid): data for data in slices}
    if len(by_layer) < len(slices) or sorted(by_layer) != [*range(grid.shape[2])]:
        reason = "has other slices than when it was first read"
        raise InputRefused("convert.ct_lacks", path.name, reason, "wait until it is whole")
    return tuple(by_layer[layer] for layer in sorted(by_layer))


def _find(path: Path, limits: Limits) -> Iterator[FoundFile]:
    """Find the DICOM files that an image was read from."""
    if path.is_dir():
        yield from read_folder(path, limits)
        return
    with PlainBytes(path, limits) as source:
        content = take_all(source, limits)
    if not is_dicom(content):
        yield from read_zip(path.name, content, limits)
        return
    series = _parse(content).SeriesInstanceUID
    for found in read_folder(path.parent, limits, below=False):
        if _parse(found.content).get("SeriesInstanceUID") == series:
            yield found


def _parse(content: bytes) -> Dataset:
    from pydicom import dcmread

    return dcmread(BytesIO(content), force=True, stop_before_pixels=True, specific_tags=[*READ])


def _read(found: FoundFile) -> Dataset | None:
    """Read the header of a slice; None for what is no slice."""
    data = _parse(found.content)
    if data.get("SOPClassUID") != CT or LOCALIZER in data.get("ImageType", ()):
        return None
    lacking = [name for name in NEEDED if not data.get(name)]
    if lacking:
        reason = f"does not say its {', '.join(lacking)}"
        raise InputRefused("convert.ct_lacks", found.name, reason, GIVE_AGAIN)
    for name in CARRIED:
        if name not in data:
            setattr(data, name, "")
    return data


def _layer(data: Dataset, grid: Grid) -> int:
    """Tell which layer of the grid a slice is."""
    place = np.array([float(x) for x in data.ImagePositionPatient]) * TO_RAS
    matrix = grid.matrix()
    return int(np.rint(np.linalg.solve(matrix[:, :3], place - matrix[:, 3]))[2])
