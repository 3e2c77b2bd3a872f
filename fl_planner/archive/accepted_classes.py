"""Classes of objects that are exchanged, and their encodings, by their UIDs."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from fl_planner.basis.findings import quietly
from fl_planner.formats.dicom.uids import (
    CT,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    LABELMAP_SEG,
    LOSSLESS,
    LOSSY,
    RTSTRUCT,
    SEG,
    STANDARD,
)

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DRAWINGS = (SEG, LABELMAP_SEG, RTSTRUCT)
RECEIVED = (CT, *DRAWINGS)  # what a plan is made from
_STORAGE = f"{STANDARD}5.1.4.1.1."
COMPREHENSIVE_SR, COMPREHENSIVE_3D_SR = f"{_STORAGE}88.33", f"{_STORAGE}88.34"
ENHANCED_SR, KEY_OBJECTS = f"{_STORAGE}88.22", f"{_STORAGE}88.59"
CAPTURE, PDF = f"{_STORAGE}7", f"{_STORAGE}104.1"
RESULTS = (SEG, COMPREHENSIVE_3D_SR, COMPREHENSIVE_SR, ENHANCED_SR, CAPTURE, PDF, KEY_OBJECTS)
PLAIN = (EXPLICIT, IMPLICIT, DEFLATED)
RLE = f"{STANDARD}1.2.5"
JPEG_LS = f"{STANDARD}1.2.4.80"  # without loss
PACKED = (RLE, *(f"{STANDARD}{one}" for one in (*LOSSLESS, *LOSSY)))


def syntaxes_of(sop_class: str) -> tuple[str, ...]:
    """Return the encodings of a class that this program reads: pixels of a CT may be compressed."""
    if sop_class == CT:
        return (*PLAIN[:2], *PACKED)
    if sop_class == CAPTURE:
        return (*PLAIN, JPEG_LS, RLE)
    if sop_class in (SEG, LABELMAP_SEG):
        return (*PLAIN, RLE)
    return PLAIN


def syntax_of(one: Dataset) -> str:
    """Return the transfer syntax of an object; empty if it has none."""
    meta = getattr(one, "file_meta", None)
    return "" if meta is None else str(meta.get("TransferSyntaxUID") or "")


def is_compressed(one: Dataset) -> bool:
    """Whether the pixels of an object are compressed."""
    return syntax_of(one) in PACKED


def decompress(one: Dataset) -> Dataset:
    """Copy an object with its pixels uncompressed, for an archive that cannot store it otherwise.

    Raises `InputRefused`: `archive.member` if the pixels cannot be decompressed.
    """
    made = deepcopy(one)
    reason, remedy = "the pixel data cannot be decompressed", "write the result set again"
    with quietly("archive.member", "picture", reason, remedy):
        made.decompress(generate_instance_uid=False)
    return made


def has_same_pixels(sent: Dataset, given: Dataset) -> bool:
    """Whether two objects have the same pixels, in any encoding."""
    import numpy as np

    with quietly(
        "archive.not_stored",
        "archive",
        "the pixel data cannot be decompressed",
        "push the result set again",
    ):
        return bool(np.array_equal(sent.pixel_array, given.pixel_array))
