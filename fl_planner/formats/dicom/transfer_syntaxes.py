"""Transfer syntaxes of DICOM files: those that are read, and the names of the others."""

from __future__ import annotations

from enum import Enum

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
