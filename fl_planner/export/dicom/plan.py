"""A plan as DICOM: a segmentation, a report of its numbers, and a picture, on its CT.

All belong to the CT's study and name its slices, so they bear its identifiers. Of the patient
they bear the case's pseudonym; only the clinical profile takes over the patient data of the CT.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from fl_planner.basis.constants import LONG_STRING
from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import is_plain
from fl_planner.basis.version import __version__
from fl_planner.export.dicom.report import MODEL, sr_bytes
from fl_planner.formats.dicom.patient_tags import empty_patient, name_patient, without_patient
from fl_planner.formats.dicom.seg_write import (
    MAKER,
    UTF_8,
    made_uid,
    seg_bytes,
    writing,
)
from fl_planner.formats.segments.content import ConvertedFile
from fl_planner.record.plan import PlanRecord

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DCM = ".dcm"
SEGMENTATION, MEASUREMENTS = f"segmentation{DCM}", f"measurements{DCM}"
NO_DAY = date(1900, 1, 1)  # DICOM requires a date; shareable files have this one, marked as no date
REMOVED = "name, number, dates left out; UIDs kept"


def as_dicom(
    converted: ConvertedFile,
    record: PlanRecord,
    slices: Sequence[Dataset],
    profile: Profile,
    on: date | None,
) -> dict[str, bytes]:
    """Write the structures and numbers of a plan as the contents of two files, by name.

    - `converted`: the plan's structures on the grid of its CT.
    - `record`: of the plan.
    - `slices`: headers of the CT's slices, one for each layer of the grid.
    - `profile` ("shareable" or "clinical"): whether they bear the pseudonym and no day, or the
      patient data of the CT.
    - `on`: the day written in the clinical profile; the CT's study date where none is given.

    Raises `InputRefused`: `dicom.case_id` where DICOM cannot store the pseudonym.
    """
    shared = profile == "shareable"
    pseudonym = pseudonym_of(record) if shared else ""
    of_case = _stripped(slices, pseudonym) if shared else slices
    day = NO_DAY if shared else on
    content = seg_bytes(converted, of_case, day, model=MODEL, beside=pseudonym)
    with writing("plan"):
        from highdicom.seg import segread
        from pydicom import dcmread

        seg = segread(BytesIO(content))
        empty_patient(seg)  # messages cannot contain it
        used = _referred(seg, slices)
        report = dcmread(BytesIO(sr_bytes(record, converted.structures, seg, used)))
        for made in (seg, report):
            name_patient(made, of_case[0])
            if shared:
                _mark(made)
        return {SEGMENTATION: _written(seg), MEASUREMENTS: _written(report)}


def as_capture(
    png: bytes, record: PlanRecord, slices: Sequence[Dataset], profile: Profile
) -> bytes:
    """Write a picture of a plan as Secondary Capture in the study of its CT.

    Raises `InputRefused`: `dicom.case_id` where DICOM cannot store the pseudonym.
    """
    shared = profile == "shareable"
    pseudonym = pseudonym_of(record) if shared else ""
    whose = _stripped(slices[:1], pseudonym)[0] if shared else slices[0]
    with writing("picture"):
        made = capture_of(png, whose, pseudonym)
        if shared:
            _mark(made)
        return written(made)


def pseudonym_of(record: PlanRecord) -> str:
    """Return the case id, which is the patient ID in DICOM; empty without one.

    Raises `InputRefused`: `dicom.case_id` where it is too long or has a sign that DICOM keeps for
    itself.
    """
    id_ = record.case.id or ""
    if len(id_) > LONG_STRING or "\\" in id_ or not is_plain(id_):
        reason = f"a patient ID in DICOM has no backslash and at most {LONG_STRING} characters"
        remedy = "give a shorter pseudonym without a backslash"
        raise InputRefused("dicom.case_id", "id", reason, remedy)
    return id_


def _stripped(slices: Sequence[Dataset], pseudonym: str) -> list[Dataset]:
    """Copy headers with the pseudonym instead of the patient, and without dates."""
    bare = [without_patient(one) for one in slices]
    for one in bare:
        one.PatientID = pseudonym
    return bare


def _referred(seg: Dataset, slices: Sequence[Dataset]) -> list[Dataset]:
    """Select the slices to which a segmentation refers."""
    (series,) = seg.ReferencedSeriesSequence
    named = {one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence}
    return [without_patient(one) for one in slices if one.SOPInstanceUID in named]


def _mark(made: Dataset) -> None:
    """State that the patient was removed, and that the date is not real."""
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = REMOVED
    made.LongitudinalTemporalInformationModified = "REMOVED"


def _written(made: Dataset) -> bytes:
    content = BytesIO()
    made.save_as(content, enforce_file_format=True)
    return content.getvalue()


STORAGE = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture Image Storage [PS3.4 B.5]
SERIES = 9001  # project's choice: behind those of the scanner
PICTURE_MODEL = "fl-planner pictures"
SAYS = "Contact sheet of masks, research use"


def capture_of(png: bytes, whose: Dataset, beside: str = "") -> Dataset:
    """Build a Secondary Capture of a PNG in the study of a header.

    `whose` contains the patient data that may be written; identifiers are derived from it, of the
    picture and of `beside`.
    """
    from PIL.Image import open as read
    from pydicom.dataset import Dataset

    pixels: Any = np.asarray(read(BytesIO(png)).convert("RGB"))
    made = Dataset()
    made_of = "\n".join([str(whose.SOPInstanceUID), beside, __version__]).encode()
    made_of += sha256(pixels.tobytes()).digest()
    empty_patient(made)
    name_patient(made, whose)
    made.SpecificCharacterSet = UTF_8
    made.SOPClassUID, made.SOPInstanceUID = STORAGE, made_uid(made_of, "capture")
    made.StudyInstanceUID = whose.StudyInstanceUID
    made.SeriesInstanceUID = made_uid(made_of, "capture series")
    made.Modality, made.ConversionType = "OT", "WSD"  # made on a workstation
    made.SeriesNumber, made.InstanceNumber = SERIES, 1
    made.SeriesDescription = made.ImageComments = SAYS
    made.Manufacturer, made.ManufacturerModelName = MAKER, PICTURE_MODEL
    made.SoftwareVersions = __version__
    made.ReferringPhysicianName = made.PatientOrientation = made.Laterality = ""
    made.BurnedInAnnotation = "NO"  # the pixels contain no patient data
    _lay(made, pixels)
    return made


def written(made: Dataset) -> bytes:
    """Write a data set as a file, explicit and little endian."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return _written(made)


def _lay(made: Dataset, pixels: Any) -> None:
    """Write pixels, (rows, columns, 3), into the data set."""
    made.Rows, made.Columns, made.SamplesPerPixel = pixels.shape
    made.PhotometricInterpretation, made.PlanarConfiguration = "RGB", 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 8, 8, 7
    made.PixelRepresentation = 0
    made.PixelData = pixels.tobytes().ljust(pixels.size + pixels.size % 2, b"\0")
    made["PixelData"].VR = "OB"
