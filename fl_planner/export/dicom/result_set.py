"""A result set: the DICOM objects of a plan, the document that names them, and their rejection.

A key object selection (TID 2010) with the title "Manifest" names the other objects. A set is
withdrawn by a rejection note, a key object selection with the title of a reason, which names all of
them [IHE RAD TF-1 32, Imaging Object Change Management].
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fl_planner.basis import clinical_codes
from fl_planner.basis.clinical_codes import Term
from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import InputRefused, quietly
from fl_planner.basis.standing_words import RESEARCH_USE
from fl_planner.basis.version import __version__
from fl_planner.export.dicom.report import observing_device
from fl_planner.export.save import save
from fl_planner.formats.dicom.elements import empty_patient, name_patient
from fl_planner.formats.dicom.file import require_whole
from fl_planner.formats.dicom.seg_write import (
    MAKER,
    SERIES_NUMBER,
    UTF_8,
    as_code,
    forget_clock,
    writing,
)
from fl_planner.formats.dicom.uids import derived_uid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SEGMENTATION, MEASUREMENTS = "segmentation.dcm", "measurements.dcm"
CONTACT_SHEET, REPORT = "contact_sheet.dcm", "report.dcm"
KEY_OBJECTS = "key_objects.dcm"
NAMES = (SEGMENTATION, MEASUREMENTS, CONTACT_SHEET, REPORT, KEY_OBJECTS)  # in order of storage
NUMBERS = {name: SERIES_NUMBER + n for n, name in enumerate(NAMES)}  # of their series
REJECTION_NUMBER = SERIES_NUMBER + 900
MODEL = "fl-planner plan"
LISTED = f"Liver plan: segmentation, measurements, contact sheet and report. {RESEARCH_USE}."
REJECTED = "Result set of a liver plan; this result set must no longer be used."
KEY_OBJECT_STORAGE = "1.2.840.10008.5.1.4.1.1.88.59"  # Key Object Selection Document [PS3.4 B.5]
WRITE_AGAIN = "write the result set again to a new folder"

RejectionReason = Literal["quality", "patient safety", "wrong worklist entry", "retention"]
REASONS: dict[RejectionReason, Term] = {
    "quality": clinical_codes.REJECTED_QUALITY,
    "patient safety": clinical_codes.REJECTED_SAFETY,
    "wrong worklist entry": clinical_codes.REJECTED_WORKLIST,
    "retention": clinical_codes.REJECTED_RETENTION,
}


@dataclass(frozen=True, slots=True)
class Member:
    """An object of a result set: its file and identifiers."""

    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    study_instance_uid: str


@dataclass(frozen=True, slots=True)
class ResultSet:
    """The objects of a result set in order of storage; the last object names the others.

    - `members`: segmentation, measurements, contact sheet, report, and key object selection.
    - `profile` ("shareable" or "clinical"): whether they contain the patient of the CT.
    - `replaces`: SOP instance UIDs of the measurements of the sets that this one replaces.
    """

    members: tuple[Member, ...]
    profile: Profile
    replaces: tuple[str, ...] = ()

    @property
    def kos(self) -> Member:
        """The key object selection document, which names the other members."""
        return self.members[-1]

    @property
    def measurements(self) -> Member:
        """The structured report."""
        return self.members[NAMES.index(MEASUREMENTS)]


def read_result_set(folder: Path) -> ResultSet:
    """Read a result set from its folder.

    Raises `InputRefused`: `dicom.no_result_set` if a file is missing or not DICOM, if objects
    belong to different patients or studies, or if the key object selection names other objects.
    """
    made = [_read_header(folder, name) for name in NAMES]
    *members, selection = made
    reason = "an object in the folder lacks elements of a result set"
    with quietly("dicom.no_result_set", folder.name, reason, WRITE_AGAIN):
        _require_one_study(folder, made)
        named = {uid for uid, _ in _list_named(selection)}
        replaced = [
            str(item.ReferencedSOPInstanceUID)
            for study in members[NAMES.index(MEASUREMENTS)].get("PredecessorDocumentsSequence", ())
            for series in study.ReferencedSeriesSequence
            for item in series.ReferencedSOPSequence
        ]
    if named != {str(one.SOPInstanceUID) for one in members}:
        raise _no_set(folder, f"{KEY_OBJECTS} lists objects other than those in the folder")
    shared = selection.get("PatientIdentityRemoved") == "YES"
    return ResultSet(
        tuple(_member(folder / name, one) for name, one in zip(NAMES, made, strict=True)),
        "shareable" if shared else "clinical",
        tuple(replaced),
    )


def write_rejection(
    result_set: ResultSet, path: Path, reason: RejectionReason, *, force: bool = False
) -> Member:
    """Write a rejection note, which withdraws all objects of a result set.

    - `reason`: "quality", "patient safety", "wrong worklist entry" or "retention": the titles of
      rejection notes in DICOM (PS3.16 CID 7010).

    An archive with Imaging Object Change Management hides the named objects when it stores the
    note. The note has the patient and study of the set, and its date.

    Raises `InputRefused`: `dicom.no_result_set` if a file of the set changed; see also `save`.
    """
    folder = result_set.kos.path.parent
    headers = [_read_header(folder, one.path.name) for one in result_set.members]
    if [str(one.SOPInstanceUID) for one in headers] != [
        one.sop_instance_uid for one in result_set.members
    ]:
        raise _no_set(folder, "the objects differ from those of the result set")
    with writing("rejection note"):
        made = select_objects(headers, REASONS[reason], REJECTED, REJECTION_NUMBER)
        content = BytesIO()
        made.save_as(content, enforce_file_format=True)
        member = _member(path, made)
    save(path, content.getvalue(), force=force)
    return member


def keep_headers(folder: Path) -> None:
    """Reduce the objects of a stored result set to what its withdrawal or replacement requires.

    Pixels, contours and documents are removed: the archive has them. The folder is read as
    before, but cannot be stored in an archive again. Each file is replaced as a whole, and a
    folder that is already reduced is not changed. An interrupted reduction can therefore be
    repeated.

    Raises `InputRefused`: see `read_result_set` and `save`.
    """
    for one in read_result_set(folder).members:
        save(one.path, _reduced(_read_header(folder, one.path.name)), force=True)
    for path in folder.iterdir():
        if path.name not in NAMES:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _reduced(header: Dataset) -> bytes:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    made = Dataset()
    for keyword in (*REFERRED, *DATED, *KEPT, *LISTING, "Rows", "Columns"):
        if keyword in header:
            made[keyword] = header[keyword]
    name_patient(made, header)
    if header.SOPClassUID == KEY_OBJECT_STORAGE:
        made.ContentSequence = header.ContentSequence
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content = BytesIO()
    made.save_as(content, enforce_file_format=True)
    return content.getvalue()


def read_measurements(result_set: ResultSet) -> Any:
    """Read the header of the structured report of a result set.

    Raises `InputRefused`: `dicom.no_result_set`.
    """
    path = result_set.measurements.path
    return _read_header(path.parent, path.name)


def select_objects(
    objects: Sequence[Dataset], title: Term, description: str, series_number: int
) -> Dataset:
    """Build a key object selection of objects of one study, with their patient and date."""
    from highdicom import ko

    first = objects[0]
    series_uid, instance_uid = _derive_uids(title, (str(one.SOPInstanceUID) for one in objects))
    made = ko.KeyObjectSelectionDocument(
        evidence=[_nameless(one) for one in objects],
        content=ko.KeyObjectSelection(
            as_code(title.coded),
            [_nameless(one) for one in objects],
            observer_device_context=observing_device(),
            description=description,
        ),
        series_instance_uid=series_uid,
        series_number=series_number,
        sop_instance_uid=instance_uid,
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=MODEL,
        software_versions=__version__,
        device_serial_number="unknown",
        series_description=f"Liver plan: {title.display.lower()}"[:64],
        content_date=first.ContentDate,
        content_time=first.ContentTime,
        specific_character_set=UTF_8,
    )
    forget_clock(made)
    name_patient(made, first)
    for keyword in KEPT:
        if keyword in first:
            made[keyword] = first[keyword]
    return made


def name_rejections(result_set: ResultSet) -> Iterator[tuple[str, str]]:
    """List the UIDs, series and instance, of each rejection note that this version may write."""
    instances = [one.sop_instance_uid for one in result_set.members]
    return (_derive_uids(title, instances) for title in REASONS.values())


def list_rejected(selection: Dataset) -> Iterator[str]:
    """List the UIDs of the objects that a key object selection rejects; none by another title."""
    titles = {str(one.get("CodeValue")) for one in selection.get("ConceptNameCodeSequence", ())}
    if titles & {one.code for one in REASONS.values()}:
        yield from (uid for uid, _ in _list_named(selection))


def _derive_uids(title: Term, instances: Iterable[str]) -> tuple[str, str]:
    """Return the UIDs, series and instance, of a key object selection of these objects."""
    made_of = "\n".join((title.code, *instances, __version__)).encode()
    return derived_uid(made_of, "series"), derived_uid(made_of, "instance")


KEPT = (  # of a set, in each of its objects
    "SeriesDate",
    "SeriesTime",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "LongitudinalTemporalInformationModified",
)
DATED = ("SpecificCharacterSet", "ContentDate", "ContentTime")
LISTING = ("ConceptNameCodeSequence", "PredecessorDocumentsSequence")
REFERRED = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")


def _nameless(one: Dataset) -> Dataset:
    """Return the elements of an object required for a reference, without patient data."""
    from pydicom.dataset import Dataset

    made = Dataset()
    empty_patient(made)
    for keyword in (*REFERRED, "Rows", "Columns"):
        if keyword in one:
            made[keyword] = one[keyword]
    return made


def _read_header(folder: Path, name: str) -> Any:
    if not (folder / name).is_file():
        raise _no_set(folder, f"the file {name} is missing")
    reason = f"the file {name} is not a DICOM object of a result set"
    with quietly("dicom.no_result_set", folder.name, reason, WRITE_AGAIN):
        from pydicom import dcmread
        from pydicom.errors import InvalidDicomError

        try:
            require_whole(name, (folder / name).read_bytes())
            made = dcmread(folder / name, stop_before_pixels=True, defer_size=1024)
        except (InvalidDicomError, InputRefused) as error:
            raise _no_set(folder, f"{reason}, or is incomplete") from error
        for keyword in (*REFERRED, "ContentDate", "ContentTime", "PatientID", "PatientName"):
            made[keyword]  # a header without it is refused here
        return made


def _require_one_study(folder: Path, made: Sequence[Dataset]) -> None:
    """Refuse objects of different studies or patients."""
    for keyword in ("StudyInstanceUID", "PatientID", "PatientName", "IssuerOfPatientID"):
        if len({str(one.get(keyword, "")) for one in made}) > 1:
            what = "studies" if keyword == "StudyInstanceUID" else "patients"
            raise _no_set(folder, f"the objects belong to different {what}")
    selection = made[-1]
    titles = [str(one.CodeValue) for one in selection.get("ConceptNameCodeSequence", ())]
    if selection.SOPClassUID != KEY_OBJECT_STORAGE or titles != [clinical_codes.MANIFEST.code]:
        raise _no_set(folder, f"{KEY_OBJECTS} is not the object list of a result set")


def _list_named(selection: Dataset) -> list[tuple[str, str]]:
    """List instance and class of the objects that a selection names."""
    return [
        (str(item.ReferencedSOPInstanceUID), str(item.ReferencedSOPClassUID))
        for one in selection.ContentSequence
        if one.ValueType in ("IMAGE", "COMPOSITE")
        for item in one.ReferencedSOPSequence
    ]


def _no_set(folder: Path, reason: str) -> InputRefused:
    return InputRefused("dicom.no_result_set", folder.name, reason, WRITE_AGAIN)


def _member(path: Path, made: Dataset) -> Member:
    return Member(path, *(str(made[keyword].value) for keyword in REFERRED))
