"""Write masks and images as NIfTI, NRRD or DICOM SEG, and verify each by reading it back.

Limits of a format are reported: numbers without names, positions rounded to 32 bits. Losses are
refused: overlaps in a label map, structures without a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from msgspec import structs

from fl_planner.basis.constants import CARRIED, CARRIED_SPECT, CONSENSUS, LONG_STRING, SAME_PLACE_MM
from fl_planner.basis.extras import refuse_missing
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.formats.dicom.seg_write import list_local
from fl_planner.formats.nifti.write import exact_values, nifti_bytes
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.segments.content import (
    MOST_LABEL,
    ConvertedFile,
    OutFormat,
    Output,
    Structure,
    find_renumbered,
    is_name,
    label_type,
    number_segments,
    renumber_structures,
    require_apart,
)
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.temporary import temporary_folder
from fl_planner.formats.voxels.carried import (
    KEY,
    carried_text,
    consensus_text,
    join_marks,
    read_author,
)
from fl_planner.formats.voxels.values import Holds, LabelFile, SegmentFile
from fl_planner.space.common_grid.resample import move_onto, off_mm
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Author, Mask, join_authors

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
NUMBERED_AS = ("couinaud", "couinaud_41_42")  # schemes of segments: whole, and with IV in halves
GZIP = ".gz"


def format_of(name: str) -> OutFormat:
    """Return the format of an output from its name.

    Raises `InputRefused`: `convert.format`, listing the known extensions.

    Examples
    --------
    >>> format_of("liver.nii.gz"), format_of("Liver.DCM")
    ('nifti1', 'dicom-seg')
    """
    lower = name.lower()
    for ending, written in ENDINGS.items():
        if lower.endswith(ending) and lower not in ENDINGS:
            return written
    reason = "the file extension does not belong to a supported output format"
    raise InputRefused("convert.format", name, reason, f"use one of {', '.join(ENDINGS)}")


def numbered_for(converted: ConvertedFile, written: OutFormat) -> ConvertedFile:
    """Assign the numbers of structures in the output, and report changes.

    Raises `InputRefused`: `convert.overlap` for a label map; `convert.no_name`, `convert.empty` or
    `convert.image` for segments; `convert.carried` for a carried mask in a format other than NIfTI.
    """
    source, is_dicom = converted.source, written == "dicom-seg"
    if written != "nifti1":
        require_no_mark(source, converted.findings)
    if written in OF_SEGMENTS:
        _require_segments(converted, OF_SEGMENTS[written])
    else:
        require_apart(source, converted.structures)
    structures = converted.structures
    if written not in OF_SEGMENTS and not converted.numbered:
        bundled = read_bundled_schemes()
        structures = number_segments(structures, [bundled[name] for name in NUMBERED_AS])
    structures = renumber_structures(structures, None if is_dicom else MOST_LABEL)
    findings = [*converted.findings, *find_renumbered(source, structures)]
    if is_dicom:
        findings += _find_of_seg(source, structures)
    elif written not in OF_SEGMENTS:
        findings += _find_of_numbers(source, structures)
        findings += find_lost_origins(source, structures, mark_of(findings))
    return replace(converted, structures=structures, findings=tuple(findings))


def as_nifti(converted: ConvertedFile, name: str) -> Output:
    """Write structures as a label map, or an image, as NIfTI-1; gzipped if the name ends in .gz."""
    voxels = _voxels_of(converted)
    packed = name.lower().endswith(GZIP)
    author = join_authors(one.mask for one in converted.structures)
    text = join_marks(mark_of(converted.findings), author)
    content = nifti_bytes(voxels, converted.grid, name, packed=packed, text=text)
    return Output(content, voxels.dtype.name)


def require_no_mark(source: str, findings: Iterable[Finding]) -> None:
    """Refuse to write carried or consensus masks in a format without a field for their mark.

    Raises `InputRefused`: `convert.carried`.
    """
    if mark := mark_of(findings):
        stated = mark.decode("ascii").partition(": ")[2]
        reason = f"this output format cannot record how the mask was made ({stated})"
        remedy = (
            "write NIfTI, which can record how the mask was made, or correct the mask manually "
            "first"
        )
        raise InputRefused("convert.carried", source, reason, remedy)


def mark_of(findings: Iterable[Finding]) -> bytes:
    """Return the mark of an output with a carried or consensus input; otherwise nothing."""
    findings = [*findings]
    if not (marked := [one for one in findings if one.code in (CARRIED, CARRIED_SPECT)]):
        votes = {code: vote for vote, code in CONSENSUS.items()}
        voted = [(one.value or 0.0, votes[one.code]) for one in findings if one.code in votes]
        sd_ml, vote = max(voted, default=(0.0, ""))
        return consensus_text(vote, sd_ml) if vote else b""
    off_mm = max(one.value or 0.0 for one in marked)
    return carried_text(off_mm, spect=marked[0].code == CARRIED_SPECT)


def as_nrrd(converted: ConvertedFile, name: str) -> Output:
    """Write structures or an image as NRRD; a `.seg.nrrd` has named segments."""
    from fl_planner.formats.nrrd.write import assign_layers, nrrd_bytes, segment_keys

    grid = converted.grid
    if format_of(name) == "seg-nrrd":
        voxels, layers = assign_layers(converted.structures, grid)
        keys = segment_keys(converted.structures, layers, grid)
    else:
        mark = join_marks(b"", join_authors(one.mask for one in converted.structures))
        voxels, keys = _voxels_of(converted), [(KEY, mark.decode())] if mark else []
    return Output(nrrd_bytes(voxels, grid, name, keys), voxels.dtype.name)


def as_seg(converted: ConvertedFile, slices: Sequence[Dataset], on: date | None) -> Output:
    """Write structures as a DICOM SEG that refers to the slices of its CT; `on` is its date.

    Raises `InputRefused`: `convert.no_date` if neither `on` nor the date of the CT is known.
    """
    from fl_planner.formats.dicom.seg_write import content_time, seg_bytes

    when = content_time(slices[0], on, converted.source)
    return Output(seg_bytes(converted, slices, when), "binary")


def require_dicom() -> None:
    """Refuse to write DICOM if its libraries are not installed.

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
    if (image := converted.image) is None:
        return label_array(converted)
    return exact_values(image.voxels, image.slope, image.inter)


def label_array(converted: ConvertedFile) -> npt.NDArray[Any]:
    """Combine structures that do not overlap in one array, of the smallest integer type."""
    dtype = label_type(converted.structures)
    voxels: npt.NDArray[Any] = np.zeros(converted.grid.shape, dtype, order="F")
    for one in converted.structures:
        voxels[one.mask.box.slices()][one.mask.voxels] = one.number
    return voxels


def _require_segments(converted: ConvertedFile, what: str) -> None:
    """Refuse an image, and structures without a name or without voxels."""
    source, structures = converted.source, converted.structures
    if converted.image is not None:
        remedy = "give a mask, or write the image as .nrrd or NIfTI"
        raise InputRefused("convert.image", source, "an image has no structures", remedy)
    nameless = [str(one.number_before) for one in structures if one.name is None]
    if nameless:
        reason = f"labels without a name cannot be written as segments: {', '.join(nameless)}"
        remedy = "name them with --scheme, or with --structure NAME=NUMBER"
        raise InputRefused("convert.no_name", source, reason, remedy)
    odd = [one.called for one in structures if not is_name(one.called)]
    if odd:
        reason = f"the name {odd[0]!r} is not allowed in {what}"
        remedy = f"rename the structure: at most {LONG_STRING} characters, without a backslash"
        raise InputRefused("convert.no_name", source, reason, remedy)
    empty = [one.called for one in structures if not one.mask.voxel_count]
    if empty or not structures:
        reason = f"no voxels in: {', '.join(empty)}" if empty else "there are no structures"
        remedy = f"select other structures with --structure; {what} cannot contain empty segments"
        raise InputRefused("convert.empty", source, reason, remedy)


def _find_of_seg(source: str, structures: Sequence[Structure]) -> Iterator[Finding]:
    """Report statements of a SEG that its input does not contain, and vice versa."""
    kept = f"{source}: like the CT, the output contains the patient's name and ID"
    origin = (
        f"{source}: DICOM has no value for an unknown segmentation method; the segments are "
        "declared as semi-automatic, with an unknown algorithm"
    )
    yield Finding("convert.identifiers", Severity.INFO, kept, source)
    if any(one.mask.author is None for one in structures):
        yield Finding("convert.origin", Severity.INFO, origin, source)
    if local := list_local(structures):
        message = f"{source}: no public code was found for {', '.join(local)}"
        yield Finding("convert.local_code", Severity.INFO, message, source)


def _find_of_numbers(source: str, structures: Sequence[Structure]) -> Iterator[Finding]:
    """Report names and empty structures, which a label map cannot represent."""
    if named := [f"{one.number} is {one.name}" for one in structures if one.name is not None]:
        message = f"{source}: the output contains numbers instead of names: {', '.join(named)}"
        yield Finding("convert.names", Severity.INFO, message, source)
    if empty := [one.called for one in structures if not one.mask.voxel_count]:
        message = f"{source}: empty structures are missing from the output: {', '.join(empty)}"
        yield Finding("convert.nothing_drawn", Severity.WARNING, message, source)


def find_lost_origins(
    source: str, structures: Sequence[Structure], mark: bytes
) -> Iterator[Finding]:
    """Find structures whose origin differs from the only one that the output can record."""
    drawn = [one for one in structures if one.mask.voxel_count]
    recorded = read_author(join_marks(mark, join_authors(one.mask for one in drawn)))
    lost = [
        f"{one.called}: {_format_origin(one.mask.author)}"
        for one in drawn
        if one.mask.author != recorded
    ]
    if lost:
        message = (
            f"{source}: the output records one origin for all its structures "
            f"({_format_origin(recorded)}); in the input it differs for {', '.join(lost)}"
        )
        yield Finding("convert.origin_lost", Severity.WARNING, message, source)


def _format_origin(author: Author | None) -> str:
    if author is None:
        return "unknown"
    return f"{author.method} by {author.program}" if author.program else author.method


EVERY = "check"  # the role that selects every segment of a file
SEG = "dicom-seg"  # its slices have positions, and it has a patient
DEFECT = "this is a defect in fl_planner; please report it, and choose another output format"
Written = dict[tuple[int, str | None], Mask]


def read_back(content: bytes, name: str, converted: ConvertedFile, limits: Limits) -> float:
    """Verify the bytes of an output against the structures to be written.

    - `content`: bytes of the output, which is not yet saved.
    - `name`: its base name.
    - `converted`: structures to be written.
    - `limits`: maximum sizes.

    Returns
    -------
    float
        Largest shift of a corner of the grid, in mm; 0 if exact.

    Raises `InputRefused`: `convert.not_verified` if a voxel, a name, a value or a position differs;
    `output.temporary`.
    """
    with temporary_folder() as folder:
        path = folder / name
        path.write_bytes(content)
        if converted.image is not None:
            image, _, _ = read_image(path, EVERY, limits)
            _require_values(image, converted.image, name)
            return _require_grid(image.grid, converted.grid, name)
        file = read_labels(path, EVERY, Holds.LABEL_MAP, limits)
    if isinstance(file, SegmentFile) and file.inputs[0].format == SEG:
        _require_masks(_read_masks(file, converted.grid), converted, name)
        _require_identity(file, converted, name)
        return _measure_shift(file, converted.grid)
    apart = _require_grid(file.grid, converted.grid, name)
    _require_masks(_read_masks(file, converted.grid), converted, name)
    return apart


def _read_masks(file: LabelFile | SegmentFile, grid: Grid) -> Written:
    """Return the masks of the output by number and name, on the original grid."""
    if isinstance(file, SegmentFile):
        return {
            (one.number, one.name): move_onto(mask, grid, "the CT") for one, mask in file.drawn()
        }
    return {(n, None): file.mask(f"label {n}", n) for n in file.labelled.labels}


def _require_masks(written: Written, converted: ConvertedFile, name: str) -> None:
    """Compare masks voxel by voxel; a label map does not contain empty masks."""
    named = any(called is not None for _, called in written)
    meant = {
        (one.number, one.name if named else None): one.mask
        for one in converted.structures
        if one.mask.voxel_count
    }
    if written.keys() != meant.keys():
        raise _defect(name, "the structures read back differ from those written")
    for key, mask in meant.items():
        found = written[key]
        if found.box != mask.box or not np.array_equal(found.voxels, mask.voxels):
            reason = f"{mask.name} (voxels: {found.voxel_count}) differs from that written "
            raise _defect(name, f"{reason}(voxels: {mask.voxel_count})")


def _require_values(found: Image, meant: Image, name: str) -> None:
    """Compare all values, one layer at a time."""
    layers = range(meant.voxels.shape[2])
    if found.voxels.shape != meant.voxels.shape or not all(
        np.array_equal(_layer(found, k), _layer(meant, k), equal_nan=True) for k in layers
    ):
        raise _defect(name, "the values read back differ from those written")


def _require_identity(file: SegmentFile, converted: ConvertedFile, name: str) -> None:
    """Require the patient, study, series and frame of reference of the CT.

    The date of the CT may be invalid.
    """
    (of_ct,) = (one.identity for one in converted.inputs if one.role == "ct")
    if of_ct is not None and of_ct.series:
        of_ct = structs.replace(of_ct, series=None, drawn_on=(of_ct.series,))
    marks = (file.inputs[0].identity, of_ct)
    written, meant = (one and structs.replace(one, day=None) for one in marks)
    if written != meant:
        what = "the patient, study, series or frame of reference"
        raise _defect(name, f"{what} differs from that of the CT")


def _layer(image: Image, k: int) -> npt.NDArray[np.float64]:
    """Return the values of one layer of the last axis, which is contiguous in memory."""
    values: npt.NDArray[np.float64] = image.voxels[:, :, k].astype(np.float64)
    return values * image.slope + image.inter


def _require_grid(found: Grid, meant: Grid, name: str) -> float:
    if found.shape != meant.shape or found.placed is not meant.placed:
        raise _defect(name, "the grid read back differs from that written")
    apart = off_mm(found, meant)
    if apart > SAME_PLACE_MM:
        reason = f"the grid is shifted by {apart:.3g} mm; at most {SAME_PLACE_MM:g} mm is allowed"
        raise _defect(name, reason)
    return apart


def _measure_shift(file: SegmentFile, grid: Grid) -> float:
    """Measure the shift of voxels from the grid, in mm, for a file with only some slices."""
    (start,) = file.grid.places_mm(np.zeros((1, 3), dtype=np.intp))
    matrix = grid.matrix()
    index = np.rint(np.linalg.solve(matrix[:, :3], start - matrix[:, 3])).astype(int)
    lattice = np.column_stack([matrix[:, :3], matrix @ [*index.tolist(), 1]])
    rows = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in lattice.tolist())
    return off_mm(file.grid, Grid(file.grid.shape, rows))


def _defect(name: str, reason: str) -> InputRefused:
    return InputRefused("convert.not_verified", name, f"verification failed: {reason}", DEFECT)
