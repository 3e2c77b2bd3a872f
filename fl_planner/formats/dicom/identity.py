"""Marks of whose a DICOM file is, made with a key of this run and kept from sight."""

from hashlib import sha256
from hmac import digest
from secrets import token_bytes

from fl_planner.formats.dicom.dataset import Attribute, DataSet
from fl_planner.planning.given.identity import Identity

PATIENT, ISSUER = Attribute(0x00100020, "PatientID"), Attribute(0x00100021, "IssuerOfPatientID")
STUDY = Attribute(0x0020000D, "StudyInstanceUID")
FRAME = Attribute(0x00200052, "FrameOfReferenceUID")
_KEY = token_bytes(sha256().digest_size)  # of this run: a mark cannot be found by trying


def mark(attribute: Attribute, raw: bytes) -> bytes | None:
    """Mark a value; None where there is none."""
    plain = raw.strip(b" \0")
    return digest(_KEY, attribute.keyword.encode() + b"=" + plain, sha256) if plain else None


def identify(data: DataSet, frame: bytes = b"") -> Identity:
    """Mark what a data set says of patient, study and frame of reference."""
    return Identity(
        patient=mark(PATIENT, data.raw(PATIENT)),
        issuer=mark(ISSUER, data.raw(ISSUER)),
        frame=mark(FRAME, frame or data.raw(FRAME)),
        study=mark(STUDY, data.raw(STUDY)),
    )
