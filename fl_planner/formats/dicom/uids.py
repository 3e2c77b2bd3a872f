"""Identifiers of DICOM: transfer syntaxes, storage classes, and those of new objects."""

from __future__ import annotations

from enum import Enum
from hashlib import sha256
from uuid import UUID

STANDARD = "1.2.840.10008."
LOSSLESS = {  # transfer syntaxes behind those of DICOM [PS3.5 A.4]
    "1.2.4.57": "JPEG Lossless",
    "1.2.4.70": "JPEG Lossless",
    "1.2.4.80": "JPEG-LS",
    "1.2.4.90": "JPEG 2000",
}
LOSSY = {"1.2.4.50": "JPEG", "1.2.4.51": "JPEG", "1.2.4.81": "JPEG-LS", "1.2.4.91": "JPEG 2000"}
IMPLICIT, EXPLICIT, DEFLATED = STANDARD + "1.2", STANDARD + "1.2.1", STANDARD + "1.2.1.99"


class PixelPacking(Enum):
    """Compression of the pixels of a frame."""

    NONE = "not at all"
    RLE = "RLE Lossless"
    DEFLATE = "deflated frames"
    JPEG = "JPEG"


PACKINGS = {
    IMPLICIT: PixelPacking.NONE,
    EXPLICIT: PixelPacking.NONE,
    DEFLATED: PixelPacking.NONE,
    STANDARD + "1.2.5": PixelPacking.RLE,
    STANDARD + "1.2.8.1": PixelPacking.DEFLATE,
    **{STANDARD + syntax: PixelPacking.JPEG for syntax in (*LOSSLESS, *LOSSY)},
}
OTHER_SYNTAXES = {  # the start of a transfer syntax -> what people call it, longest start first
    "1.2.1.98": "encapsulated uncompressed frames",
    "1.2.2": "big-endian bytes (retired)",
    **LOSSLESS,
    **LOSSY,
    "1.2.4.9": "JPEG 2000",
    "1.2.4.10": "a video",
    "1.2.4.11": "JPEG XL",
    "1.2.4.20": "High-Throughput JPEG 2000",
}

ENHANCED_CT = STANDARD + "5.1.4.1.1.2.1"
KINDS = {  # storage classes -> what people call them [PS3.4 B.5]
    STANDARD + "1.3.10": "a DICOMDIR",
    STANDARD + "5.1.4.1.1.1": "an X-ray image",
    STANDARD + "5.1.4.1.1.2": "a CT image",
    ENHANCED_CT: "a multi-frame (enhanced) CT image",
    STANDARD + "5.1.4.1.1.2.2": "a multi-frame (enhanced) CT image",  # made of single slices
    STANDARD + "5.1.4.1.1.4": "an MR image",
    STANDARD + "5.1.4.1.1.4.1": "a multi-frame (enhanced) MR image",
    STANDARD + "5.1.4.1.1.4.4": "a multi-frame (enhanced) MR image",
    STANDARD + "5.1.4.1.1.6.1": "an ultrasound image",
    STANDARD + "5.1.4.1.1.7": "a screenshot (secondary capture)",
    STANDARD + "5.1.4.1.1.11.1": "a presentation state",
    STANDARD + "5.1.4.1.1.20": "a scintigram (NM)",
    STANDARD + "5.1.4.1.1.30": "a parametric map",
    STANDARD + "5.1.4.1.1.66.1": "a registration",
    STANDARD + "5.1.4.1.1.66.4": "a segmentation (SEG)",
    STANDARD + "5.1.4.1.1.66.5": "a surface segmentation",
    STANDARD + "5.1.4.1.1.66.7": "a label map segmentation (SEG)",
    STANDARD + "5.1.4.1.1.88.11": "a text report",
    STANDARD + "5.1.4.1.1.88.22": "a structured report",
    STANDARD + "5.1.4.1.1.88.33": "a structured report",
    STANDARD + "5.1.4.1.1.88.34": "a structured report",
    STANDARD + "5.1.4.1.1.104.1": "a PDF document",
    STANDARD + "5.1.4.1.1.128": "a PET image",
    STANDARD + "5.1.4.1.1.481.1": "a radiotherapy image",
    STANDARD + "5.1.4.1.1.481.2": "a radiotherapy dose",
    STANDARD + "5.1.4.1.1.481.3": "a structure set (RTSTRUCT)",
    STANDARD + "5.1.4.1.1.481.5": "a radiotherapy plan",
}
OTHER_KIND = "DICOM, but of a different type"
CT, NM = STANDARD + "5.1.4.1.1.2", STANDARD + "5.1.4.1.1.20"
RTSTRUCT = STANDARD + "5.1.4.1.1.481.3"
SEG, LABELMAP_SEG = STANDARD + "5.1.4.1.1.66.4", STANDARD + "5.1.4.1.1.66.7"

UUID_ROOT = "2.25."  # before a UUID as a whole number [PS3.5 B.2]
NAMED = 5  # version of a UUID made from a name by a hash [RFC 9562 5.5]


def derived_uid(made_of: bytes, part: str) -> str:
    """Return an identifier derived from its content: the same content gives the same identifier."""
    digest = sha256(part.encode() + b"\n" + made_of).digest()
    return f"{UUID_ROOT}{UUID(bytes=digest[:16], version=NAMED).int}"
