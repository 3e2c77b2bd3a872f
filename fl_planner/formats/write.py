"""Masks out: structures or an image as NIfTI, NRRD or DICOM SEG, as bytes still to be checked.

What a format cannot hold is named: numbers without names, places rounded to 32 bits. What
would be lost without a word is refused: overlaps in a label map, structures without a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import CARRIED, CARRIED_SPECT, CONSENSUS, LONG_STRING
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.extras import refuse_missing
from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.dicom.seg.segment_codes import list_local
from fl_planner.formats.nifti.write import exact_values, nifti_bytes
from fl_planner.formats.segments.choice import is_name
from fl_planner.formats.segments.content import (
    MOST_LABEL,
    ConvertedFile,
    OutFormat,
    Output,
    Structure,
    find_renumbered,
    label_type,
    number_anew,
    require_apart,
)
from fl_planner.formats.voxels.carried import carried_text, consensus_text

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

ENDINGS: dict[str, OutFormat] = {
    ".nii": "nifti1",
    ".nii.gz": "nifti1",
    ".seg.nrrd": "seg-nrrd",
    ".nrrd": "nrrd",
    ".dcm": "dicom-seg",
}
OF_SEGMENTS = {"dicom-seg": "DICOM", "seg-nrrd": "a .seg.nrrd"}  # formats that name segments
GZIP = ".gz"


def format_of(name: str) -> OutFormat:
    """Tell the format that the name of an output asks for.

    Raises `InputRefused`: `convert.format`, listing the endings that are known.

    Examples
    --------
    >>> format_of("liver.nii.gz"), format_of("Liver.DCM")
    ('nifti1', 'dicom-seg')
    """
    lower = name.lower()
    for ending, written in ENDINGS.items():
        if lower.endswith(ending) and lower not in ENDINGS:
            return written
    reason = "its name ends in none of the formats that are written"
    raise InputRefused("convert.format", name, reason, f"end it in {', '.join(ENDINGS)}")


def numbered_for(converted: ConvertedFile, written: OutFormat) -> ConvertedFile:
    """Give structures the numbers that they have in the output, and name what changes.

    Raises `InputRefused`: `convert.overlap` for a label map; `convert.no_name`, `convert.empty` or
    `convert.image` for segments; `convert.carried` for a carried mask in another format than NIfTI.
    """
    source, is_dicom = converted.source, written == "dicom-seg"
    if written != "nifti1":
        require_no_mark(source, converted.findings)
    if written in OF_SEGMENTS:
        _require_segments(converted, OF_SEGMENTS[written])
    else:
        require_apart(source, converted.structures)
    structures = number_anew(converted.structures, None if is_dicom else MOST_LABEL)
    told = [*converted.findings, *find_renumbered(source, structures)]
    if is_dicom:
        told += _find_of_seg(source, structures)
    elif written not in OF_SEGMENTS:
        told += _find_of_numbers(source, structures)
    return replace(converted, structures=structures, findings=tuple(told))


def as_nifti(converted: ConvertedFile, name: str) -> Output:
    """Write structures as a label map, or an image, as NIfTI-1; gzipped where the name says so."""
    voxels = _voxels_of(converted)
    packed = name.lower().endswith(GZIP)
    text = mark_of(converted.findings)
    content = nifti_bytes(voxels, converted.grid, name, packed=packed, text=text)
    return Output(content, voxels.dtype.name)


def require_no_mark(source: str, findings: Iterable[Finding]) -> None:
    """Refuse to write carried masks in a format that has no place for their mark.

    Raises `InputRefused`: `convert.carried`.
    """
    if mark_of(findings):
        reason = "was carried or voted and not drawn, which the output could not say"
        remedy = "write NIfTI, which keeps that, or correct the mask by hand first"
        raise InputRefused("convert.carried", source, reason, remedy)


def mark_of(findings: Iterable[Finding]) -> bytes:
    """Give the mark of an output one of whose inputs was carried, or voted; else nothing."""
    findings = [*findings]
    marked = [one for one in findings if one.code in (CARRIED, CARRIED_SPECT)]
    if not marked:
        votes = {code: vote for vote, code in CONSENSUS.items()}
        voted = [(votes[one.code], one.value or 0.0) for one in findings if one.code in votes]
        return consensus_text(*voted[0]) if voted else b""
    off_mm = max(one.value or 0.0 for one in marked)
    return carried_text(off_mm, spect=marked[0].code == CARRIED_SPECT)


def as_nrrd(converted: ConvertedFile, name: str) -> Output:
    """Write structures or an image as NRRD, in which a `.seg.nrrd` names its segments."""
    from fl_planner.formats.nrrd.write import lay_segments, nrrd_bytes, segment_keys

    grid = converted.grid
    if format_of(name) == "seg-nrrd":
        voxels, layers = lay_segments(converted.structures, grid)
        keys = segment_keys(converted.structures, layers, grid)
    else:
        voxels, keys = _voxels_of(converted), []
    return Output(nrrd_bytes(voxels, grid, name, keys), voxels.dtype.name)


def as_seg(converted: ConvertedFile, slices: Sequence[Dataset], on: date | None) -> Output:
    """Write structures as a DICOM SEG that refers to the slices of its CT; `on` is its date."""
    from fl_planner.formats.dicom.seg.write import seg_bytes

    return Output(seg_bytes(converted, slices, on), "binary")


def require_dicom() -> None:
    """Refuse to write DICOM where the libraries for it are not installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    try:
        import highdicom
        import pydicom
    except ImportError as missing:
        lacking = [missing.name or "a library"]
        raise refuse_missing("dicom", lacking, "; or write NIfTI") from missing
    del highdicom, pydicom


def _voxels_of(converted: ConvertedFile) -> npt.NDArray[Any]:
    image = converted.image
    if image is None:
        return label_array(converted)
    return exact_values(image.voxels, image.slope, image.inter)


def label_array(converted: ConvertedFile) -> npt.NDArray[Any]:
    """Lay structures that do not overlap into one array, in the smallest type of their numbers."""
    dtype = label_type(converted.structures)
    voxels: npt.NDArray[Any] = np.zeros(converted.grid.shape, dtype, order="F")
    for one in converted.structures:
        voxels[one.mask.box.slices()][one.mask.voxels] = one.number
    return voxels


def _require_segments(converted: ConvertedFile, what: str) -> None:
    """Refuse what no segment can be: an image, a structure without a name or without a voxel."""
    source, structures = converted.source, converted.structures
    if converted.image is not None:
        remedy = "give a mask, or write the image as .nrrd or NIfTI"
        raise InputRefused("convert.image", source, "is an image, which has no structures", remedy)
    nameless = [str(one.number_before) for one in structures if one.name is None]
    if nameless:
        reason = f"labels have no name, and a segment bears one: {', '.join(nameless)}"
        remedy = "name them by --scheme, or choose by --structure NAME=NUMBER"
        raise InputRefused("convert.no_name", source, reason, remedy)
    odd = [one.called for one in structures if not is_name(one.called)]
    if odd:
        reason = f"has a name that {what} cannot hold: {odd[0]!r}"
        remedy = f"rename it: at most {LONG_STRING} letters, without a backslash"
        raise InputRefused("convert.no_name", source, reason, remedy)
    empty = [one.called for one in structures if not one.mask.voxel_count]
    if empty or not structures:
        reason = f"nothing is drawn: {', '.join(empty) or 'no structure'}"
        remedy = f"choose the others by --structure: {what} holds no segment without a voxel"
        raise InputRefused("convert.empty", source, reason, remedy)


def _find_of_seg(source: str, structures: Sequence[Structure]) -> Iterator[Finding]:
    """Tell what a SEG says beyond its input, or cannot say."""
    kept = f"{source}: the output holds the patient's name and number, as its CT does"
    origin = (
        f"{source}: DICOM cannot say that it is not known how segments were drawn: they stand as "
        "semi-automatic, by an unknown algorithm"
    )
    yield Finding("convert.identifiers", Severity.INFO, kept, source)
    yield Finding("convert.origin", Severity.INFO, origin, source)
    if local := list_local(structures):
        message = f"{source}: no public code was found for {', '.join(local)}"
        yield Finding("convert.local_code", Severity.INFO, message, source)


def _find_of_numbers(source: str, structures: Sequence[Structure]) -> Iterator[Finding]:
    """Tell what a label map has no place for: names, and structures in which nothing is drawn."""
    if named := [f"{one.number} is {one.name}" for one in structures if one.name is not None]:
        message = f"{source}: names are not in the output, which holds numbers: {', '.join(named)}"
        yield Finding("convert.names", Severity.INFO, message, source)
    if empty := [one.called for one in structures if not one.mask.voxel_count]:
        message = f"{source}: empty, and so not to be seen in the output: {', '.join(empty)}"
        yield Finding("convert.nothing_drawn", Severity.WARNING, message, source)
