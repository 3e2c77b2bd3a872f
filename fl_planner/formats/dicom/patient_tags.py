"""Copy patient and study elements of a DICOM header, or remove them from a shared file.

One list for both: the elements copied into an output are those removed from a shareable file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fl_planner.formats.dicom.elements import ISSUER, PATIENT, Attribute

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

NAME = Attribute(0x00100010, "PatientName")
TEXTS = {  # -> the most letters
    NAME: 64,
    PATIENT: 64,
    ISSUER: 64,
    Attribute(0x00200010, "StudyID"): 16,
    Attribute(0x00080050, "AccessionNumber"): 16,
}
DATES = (Attribute(0x00100030, "PatientBirthDate"), Attribute(0x00080020, "StudyDate"))
TIME = Attribute(0x00080030, "StudyTime")
SEX = Attribute(0x00100040, "PatientSex")
ALL = tuple(one.keyword for one in (*TEXTS, *DATES, TIME, SEX))
# Of patient and study, if only empty [PS3.3 C.7.1.1, C.7.2.1]. The issuer stands only where it is
# known: without it two hospitals' number 17 are one patient.
MUST_STAND = tuple(one for one in ALL if one != ISSUER.keyword)


def without_patient(header: Dataset) -> Dataset:
    """Copy a header without the elements on patient and date."""
    from pydicom.dataset import Dataset

    # elements are shared: those that are emptied must be its own
    bare = Dataset({one.tag: one for one in header if one.keyword not in ALL})
    empty_patient(bare)
    return bare


def empty_patient(data: Dataset) -> None:
    """Empty the elements on patient and date."""
    for keyword in MUST_STAND:
        setattr(data, keyword, "")
    if ISSUER.keyword in data:
        delattr(data, ISSUER.keyword)


def name_patient(made: Dataset, whose: Dataset) -> None:
    """Add the patient and study of a header to an output, except missing elements."""
    for keyword in ALL:
        if keyword in whose:
            made[keyword] = whose[keyword]
