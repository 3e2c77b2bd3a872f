"""A plan as DICOM: segmentation, measurements, contact sheet, report, and a list that names them.

In the clinical profile they are in the study of the CT and have its patient data. In the shareable
profile they are in a study with a new identifier, with the pseudonym of the case as patient: an
archive would otherwise show two patients in one study.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from fl_planner.basis import clinical_codes
from fl_planner.basis.constants import LONG_STRING
from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import is_plain
from fl_planner.basis.version import __version__
from fl_planner.export.dicom.report import ReportSeries, sr_bytes
from fl_planner.export.dicom.result_set import (
    CONTACT_SHEET,
    KEY_OBJECTS,
    LISTED,
    MEASUREMENTS,
    MODEL,
    NUMBERS,
    REPORT,
    SEGMENTATION,
    ResultSet,
    read_measurements,
    select_objects,
)
from fl_planner.formats.dicom.elements import empty_patient, name_patient, without_patient
from fl_planner.formats.dicom.seg_write import (
    MAKER,
    UTF_8,
    Heading,
    content_time,
    seg_bytes,
    writing,
)
from fl_planner.formats.dicom.uids import derived_uid
from fl_planner.formats.segments.content import ConvertedFile
from fl_planner.record.plan import PlanRecord

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# SEG, SR and key objects require a date of the content (type 1). A shareable one has a value that
# cannot be mistaken for the day of the scan [PS3.15 E.1.1, action D]. A later one would look like a
# true date of a newer result, and a shifted one requires a secret. Where the date may be empty
# (type 2), it is; so are the dates by which archives sort: no other result is sorted with this one.
NO_DAY = date(1900, 1, 1)
REMOVED = "name, ID and dates removed; UIDs of the slices kept"
CAPTURE_STORAGE = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture Image Storage [PS3.4 B.5]
PDF_STORAGE = "1.2.840.10008.5.1.4.1.1.104.1"  # Encapsulated PDF Storage
TITLES = {  # of the series
    SEGMENTATION: "Liver plan: segmentation",
    MEASUREMENTS: "Liver plan: measurements",
    CONTACT_SHEET: "Liver plan: contact sheet",
    REPORT: "Liver plan: report",
}


@dataclass(frozen=True, slots=True)
class StudyPlacement:
    """Study, patient and time of the DICOM objects of a plan.

    - `slices`: headers of the CT's slices with the patient data that may be written.
    - `study_uid`: the study of the objects.
    - `pseudonym`: patient ID in the shareable profile; empty in the clinical one.
    - `when`: date and time of the content.
    - `plan`: name of the plan, for series.
    """

    slices: Sequence[Dataset]
    profile: Profile
    study_uid: str
    pseudonym: str
    when: tuple[str, str]
    plan: str

    @classmethod
    def of(
        cls, record: PlanRecord, slices: Sequence[Dataset], profile: Profile, on: date | None
    ) -> StudyPlacement:
        """Place the objects of a plan.

        - `slices`: headers of the CT's slices.
        - `profile` ("shareable" or "clinical"): in the shareable profile, the objects have the
          pseudonym, a study with a new identifier and no date.
        - `on`: the date in the clinical profile; the CT's study date by default.

        Raises `InputRefused`: `dicom.case_id` if DICOM cannot store the pseudonym,
        `convert.no_date` if no date is known.
        """
        named = record.case.plan.name or ""
        name = named if is_plain(named) and "\\" not in named else ""
        study = str(slices[0].StudyInstanceUID)
        if profile == "clinical":
            when = content_time(slices[0], on, "plan")
            return cls(slices, profile, study, "", when, name)
        pseudonym = pseudonym_of(record)
        study = derived_uid(f"{study}\n{pseudonym}".encode(), "study")
        when = content_time(slices[0], NO_DAY, "plan")
        bare = [without_patient(one) for one in slices]
        for one in bare:
            one.PatientID = pseudonym
        return cls(bare, profile, study, pseudonym, when, name)

    @property
    def is_dated(self) -> bool:
        """Whether the date of the content is known and may be written."""
        return self.profile == "clinical"

    @property
    def beside(self) -> str:
        """Text that distinguishes its objects from those of another case on the same CT."""
        return f"{self.profile}\n{self.pseudonym}\n{self.plan}"

    def describe(self, name: str) -> str:
        """Describe the series of an object, with the name of the plan if there is room."""
        title = TITLES[name]
        whole = f"{title}, {self.plan}"
        return whole if self.plan and len(whole) <= LONG_STRING else title

    def settle(self, made: Dataset) -> None:
        """Set patient, study and date of an object."""
        name_patient(made, self.slices[0])
        made.StudyInstanceUID = self.study_uid
        if self.profile == "shareable":
            made.PatientIdentityRemoved = "YES"
            made.DeidentificationMethod = REMOVED
            made.LongitudinalTemporalInformationModified = "REMOVED"
        else:
            made.SeriesDate, made.SeriesTime = self.when


@dataclass(frozen=True, slots=True)
class Illustrations:
    """Contact sheet (PNG) and report (PDF) of a plan."""

    sheet: bytes
    report: bytes


def as_result_set(
    converted: ConvertedFile,
    record: PlanRecord,
    placement: StudyPlacement,
    shown: Illustrations,
    predecessor: ResultSet | None,
) -> dict[str, bytes]:
    """Write structures, numbers, contact sheet and report of a plan as DICOM files, by name.

    - `converted`: the plan's structures on the grid of its CT.
    - `record`: record of the plan.
    - `predecessor`: the result set that this one replaces.

    Raises `InputRefused`: `dicom.other_predecessor` if that belongs to another study or patient.
    """
    replaced = () if predecessor is None else (_read_predecessor(predecessor, placement),)
    beside = "\n".join([placement.beside, *(str(one.SOPInstanceUID) for one in replaced)])
    heading = Heading(MODEL, placement.describe(SEGMENTATION), placement.beside, beside)
    content = seg_bytes(converted, placement.slices, placement.when, heading)
    with writing("plan"):
        from highdicom.seg import segread
        from pydicom import dcmread

        seg = segread(BytesIO(content))
        empty_patient(seg)  # messages cannot contain it
        seg.StudyInstanceUID = placement.study_uid
        series = ReportSeries(NUMBERS[MEASUREMENTS], placement.describe(MEASUREMENTS), replaced)
        used = _referred(seg, placement.slices)
        measured = dcmread(BytesIO(sr_bytes(record, converted.structures, seg, used, series)))
        _refer_to_other_study(seg, str(placement.slices[0].StudyInstanceUID))
    with writing("plan", "contact sheet"):
        sheet = _capture_of(shown.sheet, placement, beside)
    with writing("plan", "report"):
        report = _document_of(shown.report, placement, beside, (seg, measured))
    objects = {
        SEGMENTATION: seg, MEASUREMENTS: measured, CONTACT_SHEET: sheet, REPORT: report
    }  # fmt: skip
    with writing("plan", "list of its objects"):
        for made in objects.values():
            placement.settle(made)
        listed = [*objects.values()]
        objects[KEY_OBJECTS] = select_objects(
            listed, clinical_codes.MANIFEST, LISTED, NUMBERS[KEY_OBJECTS]
        )
        return {name: _written(made) for name, made in objects.items()}


def _read_predecessor(predecessor: ResultSet, placement: StudyPlacement) -> Dataset:
    """Read the header of the measurements that are replaced.

    Raises `InputRefused`: `dicom.other_predecessor`.
    """
    measured: Dataset = read_measurements(predecessor)
    same_patient = measured.PatientID == placement.slices[0].PatientID
    if predecessor.profile != placement.profile or not same_patient:
        raise _other_predecessor(predecessor, "patient or profile")
    if measured.StudyInstanceUID != placement.study_uid:
        raise _other_predecessor(predecessor, "study")
    empty_patient(measured)
    return measured


def _other_predecessor(predecessor: ResultSet, what: str) -> InputRefused:
    name = predecessor.measurements.path.parent.name
    reason = f"the plan cannot replace this result set, which belongs to a different {what}"
    remedy = "give the result set for the same CT, patient and profile"
    return InputRefused("dicom.other_predecessor", name, reason, remedy)


def as_capture(png: bytes, placement: StudyPlacement) -> bytes:
    """Write a picture of a plan as Secondary Capture."""
    with writing("picture", "picture"):
        made = _capture_of(png, placement, placement.beside)
        placement.settle(made)
        return _written(made)


def pseudonym_of(record: PlanRecord) -> str:
    """Return the case id, which is the patient ID in DICOM; empty if there is none.

    Raises `InputRefused`: `dicom.case_id` if it is too long or contains a character that DICOM
    reserves.
    """
    id_ = record.case.id or ""
    if len(id_) > LONG_STRING or "\\" in id_ or not is_plain(id_):
        reason = (
            f"a patient ID in DICOM must not contain a backslash or exceed {LONG_STRING} characters"
        )
        remedy = "give a shorter pseudonym without a backslash"
        raise InputRefused("dicom.case_id", "id", reason, remedy)
    return id_


def _referred(seg: Dataset, slices: Sequence[Dataset]) -> list[Dataset]:
    """Select the slices to which a segmentation refers."""
    (series,) = seg.ReferencedSeriesSequence
    named = {one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence}
    return [without_patient(one) for one in slices if one.SOPInstanceUID in named]


def _refer_to_other_study(seg: Dataset, study: str) -> None:
    """Declare that the slices are in another study, if they are [PS3.3 C.12.2]."""
    from pydicom.dataset import Dataset

    if seg.StudyInstanceUID == study:
        return
    other = Dataset()
    other.StudyInstanceUID = study
    other.ReferencedSeriesSequence = seg.ReferencedSeriesSequence
    seg.StudiesContainingOtherReferencedInstancesSequence = [other]
    del seg.ReferencedSeriesSequence


def _start(placement: StudyPlacement, name: str, made_of: bytes) -> Dataset:
    """Start an object with the common elements: identifiers, series, equipment and time."""
    from pydicom.dataset import Dataset

    made = Dataset()
    empty_patient(made)
    made.SpecificCharacterSet = UTF_8
    made.SOPInstanceUID = derived_uid(made_of, "instance")
    made.SeriesInstanceUID = derived_uid(made_of, "series")
    made.SeriesNumber, made.InstanceNumber = NUMBERS[name], 1
    made.SeriesDescription = placement.describe(name)
    made.ContentDate, made.ContentTime = placement.when if placement.is_dated else ("", "")
    made.Manufacturer, made.ManufacturerModelName = MAKER, MODEL
    made.SoftwareVersions = __version__
    made.ReferringPhysicianName = ""
    return made


def _made_of(placement: StudyPlacement, beside: str, name: str, content: bytes) -> bytes:
    """Return the identifying properties of an object: slice, case, date, program and content."""
    of = (str(placement.slices[0].SOPInstanceUID), name, beside, *placement.when, __version__)
    return "\n".join(of).encode() + sha256(content).digest()


def _capture_of(png: bytes, placement: StudyPlacement, beside: str) -> Dataset:
    from PIL.Image import open as read

    pixels: Any = np.asarray(read(BytesIO(png)).convert("RGB"))
    made = _start(
        placement, CONTACT_SHEET, _made_of(placement, beside, CONTACT_SHEET, pixels.tobytes())
    )
    made.SOPClassUID = CAPTURE_STORAGE
    made.Modality, made.ConversionType = "OT", "WSD"  # made on a workstation
    made.ImageComments = SAYS
    made.BodyPartExamined = "LIVER"  # not paired, so that there is no Laterality
    made.PatientOrientation = ""
    made.BurnedInAnnotation = "NO"  # the pixels contain no patient data
    _lay(made, pixels)
    _compress(made)
    return made


def _compress(made: Dataset) -> None:
    """Compress pixels without loss by JPEG-LS: a tenth of their size, or a third of RLE's."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless

    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.compress(JPEGLSLossless, generate_instance_uid=False)


SAYS = "Contact sheet of masks, for research use only"


def _document_of(
    pdf: bytes, placement: StudyPlacement, beside: str, sources: Sequence[Dataset]
) -> Dataset:
    """Build an Encapsulated PDF, which states its sources."""
    from pydicom.dataset import Dataset

    made = _start(placement, REPORT, _made_of(placement, beside, REPORT, pdf))
    made.SOPClassUID = PDF_STORAGE
    made.Modality, made.ConversionType = "DOC", "WSD"
    made.AcquisitionDateTime = ""
    made.BurnedInAnnotation = "YES" if placement.profile == "clinical" else "NO"
    made.DocumentTitle = TITLES[REPORT]
    made.VerificationFlag = "UNVERIFIED"
    titled = Dataset()
    titled.CodeValue, titled.CodingSchemeDesignator, titled.CodeMeaning = (
        clinical_codes.MEASUREMENT_REPORT.coded
    )
    made.ConceptNameCodeSequence = [titled]
    made.SourceInstanceSequence = [_refer(one) for one in sources]
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocument = pdf.ljust(len(pdf) + len(pdf) % 2, b"\0")
    made.EncapsulatedDocumentLength = len(pdf)
    return made


def _refer(one: Dataset) -> Dataset:
    from pydicom.dataset import Dataset

    made = Dataset()
    made.ReferencedSOPClassUID, made.ReferencedSOPInstanceUID = one.SOPClassUID, one.SOPInstanceUID
    return made


def _written(made: Dataset) -> bytes:
    """Write a data set as a file; a new one is explicit and little endian."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    if not hasattr(made, "file_meta"):
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content = BytesIO()
    made.save_as(content, enforce_file_format=True)
    return content.getvalue()


def _lay(made: Dataset, pixels: Any) -> None:
    """Write pixels, (rows, columns, 3), into the data set."""
    made.Rows, made.Columns, made.SamplesPerPixel = pixels.shape
    made.PhotometricInterpretation, made.PlanarConfiguration = "RGB", 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 8, 8, 7
    made.PixelRepresentation = 0
    made.PixelData = pixels.tobytes().ljust(pixels.size + pixels.size % 2, b"\0")
    made["PixelData"].VR = "OB"
