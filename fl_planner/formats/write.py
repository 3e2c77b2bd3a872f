"""Masks out: structures or an image as NIfTI, NRRD or DICOM SEG, as bytes still to be checked.

What a format cannot hold is named: numbers without names, places rounded to 32 bits. What
would be lost without a word is refused: overlaps in a label map, structures without a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import LONG_STRING
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.extras import refuse_missing
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.text.plain_text import is_plain
from fl_planner.formats.dicom.seg.segment_codes import list_local
from fl_planner.formats.nifti.write import exact_values, nifti_bytes
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
    `convert.image` for segments.
    """
    if written in OF_SEGMENTS:
        _require_segments(converted, OF_SEGMENTS[written])
        is_dicom = written == "dicom-seg"
        structures = number_anew(converted.structures, None if is_dicom else MOST_LABEL)
        told = (
            *find_renumbered(converted.source, structures),
            *(_find_of_seg(converted.source, structures) if is_dicom else ()),
        )
    else:
        require_apart(converted.source, converted.structures)
        structures = number_anew(converted.structures, MOST_LABEL)
        told = (
            *find_renumbered(converted.source, structures),
            *_find_unnamed(converted.source, structures),
            *_find_empty(converted.source, structures),
        )
    return replace(converted, structures=structures, findings=(*converted.findings, *told))


def as_nifti(converted: ConvertedFile, name: str) -> Output:
    """Write structures as a label map, or an image, as NIfTI-1; gzipped where the name says so."""
    image = converted.image
    if image is None:
        voxels = label_array(converted)
    else:
        voxels = exact_values(image.voxels, image.slope, image.inter)
    packed = name.lower().endswith(GZIP)
    return Output(nifti_bytes(voxels, converted.grid, name, packed=packed), voxels.dtype.name)


def as_nrrd(converted: ConvertedFile, name: str) -> Output:
    """Write structures or an image as NRRD, in which a `.seg.nrrd` names its segments."""
    from fl_planner.formats.nrrd.write import lay_segments, nrrd_bytes, segment_keys

    grid, keys, image = converted.grid, [], converted.image
    if format_of(name) == "seg-nrrd":
        voxels, layers = lay_segments(converted.structures, grid)
        keys = segment_keys(converted.structures, layers, grid)
    elif image is None:
        voxels = label_array(converted)
    else:
        voxels = exact_values(image.voxels, image.slope, image.inter)
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
    odd = [one.called for one in structures if not _is_name(one.called)]
    if odd:
        reason = f"has a name that {what} cannot hold: {odd[0]!r}"
        remedy = f"rename it: at most {LONG_STRING} letters, without a backslash"
        raise InputRefused("convert.no_name", source, reason, remedy)
    empty = [one.called for one in structures if not one.mask.voxel_count]
    if empty or not structures:
        reason = f"nothing is drawn: {', '.join(empty) or 'no structure'}"
        remedy = f"choose the others by --structure: {what} holds no segment without a voxel"
        raise InputRefused("convert.empty", source, reason, remedy)


def _is_name(name: str) -> bool:
    whole = is_plain(name) and name == name.strip()
    return whole and len(name) <= LONG_STRING and "\\" not in name


def _find_of_seg(source: str, structures: Sequence[Structure]) -> tuple[Finding, ...]:
    """Tell what a SEG says beyond its input, or cannot say."""
    kept = f"{source}: the output holds the patient's name and number, as its CT does"
    origin = (
        f"{source}: DICOM cannot say that it is not known how segments were drawn: they stand as "
        "semi-automatic, by an unknown algorithm"
    )
    found = [
        Finding("convert.identifiers", Severity.INFO, kept, source),
        Finding("convert.origin", Severity.INFO, origin, source),
    ]
    if local := list_local(structures):
        message = f"{source}: no public code was found for {', '.join(local)}"
        found.append(Finding("convert.local_code", Severity.INFO, message, source))
    return tuple(found)


def _find_unnamed(source: str, structures: Sequence[Structure]) -> tuple[Finding, ...]:
    """Tell the names of numbers, which a label map has no place for."""
    named = [f"{one.number} is {one.name}" for one in structures if one.name is not None]
    if not named:
        return ()
    message = f"{source}: names are not in the output, which holds numbers: {', '.join(named)}"
    return (Finding("convert.names", Severity.INFO, message, source),)


def _find_empty(source: str, structures: Sequence[Structure]) -> tuple[Finding, ...]:
    """Name structures that a label map cannot tell from structures that were never there."""
    empty = [one.called for one in structures if not one.mask.voxel_count]
    if not empty:
        return ()
    message = f"{source}: empty, and so not to be seen in the output: {', '.join(empty)}"
    return (Finding("convert.nothing_drawn", Severity.WARNING, message, source),)
