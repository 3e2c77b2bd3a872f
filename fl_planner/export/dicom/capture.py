"""A picture as DICOM Secondary Capture of a CT's study: same input, same bytes, no clock."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from fl_planner.basis.version import __version__
from fl_planner.formats.dicom.seg.write import CARRIED, ISSUER, MAKER, UTF_8, made_uid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

STORAGE = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture Image Storage [PS3.4 B.5]
SERIES = 9001  # project's choice: behind those of the scanner
MODEL = "fl-planner pictures"
SAYS = "Contact sheet of masks, research use"


def capture_of(png: bytes, whose: Dataset, beside: str = "") -> Dataset:
    """Build a Secondary Capture of a PNG in the study of a header.

    `whose` bears what may be told of the patient; identifiers are made of it, of the picture
    and of `beside`.
    """
    from PIL.Image import open as read
    from pydicom.dataset import Dataset

    pixels: Any = np.asarray(read(BytesIO(png)).convert("RGB"))
    made = Dataset()
    made_of = "\n".join([str(whose.SOPInstanceUID), beside, __version__]).encode()
    made_of += sha256(pixels.tobytes()).digest()
    _name(made, whose)
    made.SpecificCharacterSet = UTF_8
    made.SOPClassUID, made.SOPInstanceUID = STORAGE, made_uid(made_of, "capture")
    made.StudyInstanceUID = whose.StudyInstanceUID
    made.SeriesInstanceUID = made_uid(made_of, "capture series")
    made.Modality, made.ConversionType = "OT", "WSD"  # made on a workstation
    made.SeriesNumber, made.InstanceNumber = SERIES, 1
    made.SeriesDescription = made.ImageComments = SAYS
    made.Manufacturer, made.ManufacturerModelName = MAKER, MODEL
    made.SoftwareVersions = __version__
    made.ReferringPhysicianName = made.PatientOrientation = made.Laterality = ""
    made.BurnedInAnnotation = "NO"  # of the patient nothing stands in the pixels
    _lay(made, pixels)
    return made


def written(made: Dataset) -> bytes:
    """Write a data set as a file, explicit and little endian."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content = BytesIO()
    made.save_as(content, enforce_file_format=True)
    return content.getvalue()


def _name(made: Dataset, whose: Dataset) -> None:
    for keyword in CARRIED:
        setattr(made, keyword, "")  # must stand in it, if only empty
    for keyword in (*CARRIED, ISSUER):
        if keyword in whose:
            made[keyword] = whose[keyword]


def _lay(made: Dataset, pixels: Any) -> None:
    """Lay pixels, (rows, columns, 3), into the data set."""
    made.Rows, made.Columns, made.SamplesPerPixel = pixels.shape
    made.PhotometricInterpretation, made.PlanarConfiguration = "RGB", 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 8, 8, 7
    made.PixelRepresentation = 0
    made.PixelData = pixels.tobytes().ljust(pixels.size + pixels.size % 2, b"\0")
    made["PixelData"].VR = "OB"
