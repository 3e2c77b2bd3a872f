"""Classes of objects that are exchanged, and their encodings, by their UIDs."""

from __future__ import annotations

from fl_planner.formats.dicom.file import (
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
