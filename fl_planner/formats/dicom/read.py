"""Read DICOM: SEG, RTSTRUCT or slices as masks, and a CT series as an image.

Files are read byte by byte, without another program. Patient data in a file are never decoded,
only hashed, so that two files can be distinguished [safety.md 5].
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec import structs

from fl_planner.basis.constants import CONTOURS
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.formats.array_image import open_held
from fl_planner.formats.dicom.ct_series import FORMAT, read_series
from fl_planner.formats.dicom.file import DicomFile, list_folder, read_dicom
from fl_planner.formats.dicom.named_slices import NamedSlices, mark_series
from fl_planner.formats.dicom.rtstruct import StructureSet
from fl_planner.formats.dicom.seg import Segmentation
from fl_planner.formats.dicom.segment_code_reading import Drawn, contradicts
from fl_planner.formats.dicom.uids import CT, LABELMAP_SEG, NM, RTSTRUCT, SEG
from fl_planner.formats.segments.by_role import (
    Choice,
    SegmentEntry,
    as_segment_file,
    choose,
    find_unknown,
)
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import HeldImage, Source
from fl_planner.formats.voxels.values import NO_GRIDS, Holds, KnownGrids, LabelFile, SegmentFile
from fl_planner.formats.voxels.voxel_file import ReadImage
from fl_planner.liver.mask_faults import find_cut
from fl_planner.liver.names.structures import VESSEL
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import NOWHERE, Box, Grid
from fl_planner.space.mask import Mask

FORMATS = {SEG: "dicom-seg", LABELMAP_SEG: "dicom-seg", RTSTRUCT: CONTOURS}
GIVE_MASK = (
    "give one file of the mask (SEG, RTSTRUCT, NIfTI, NRRD or MetaImage); of several SEG files, "
    "give each under its role, or their folder as --labelmap; a folder of slices is read only if "
    "they are stored as CT images, so convert other slices, for example in 3D Slicer"
)
GIVE_SEG = (
    "give a segmentation (SEG) or a structure set (RTSTRUCT); a mask stored as another kind of "
    "image can be converted to NIfTI or NRRD, for example in 3D Slicer"
)
GIVE_STUDY = (
    "give a scintigram to `function` (--dynamic or --spect), or in the table [dose] of a case "
    "file; give a mask as SEG, RTSTRUCT, NIfTI or NRRD"
)
GIVE_SEG_OR_SLICES = (
    "give a segmentation (SEG), a structure set (RTSTRUCT), or a folder with the DICOM slices of "
    "one mask"
)


@dataclass(frozen=True, slots=True)
class DicomReader:
    """Reader of DICOM with the interface of the other formats.

    - `known`: grids of the image of the contours, and of other masks.
    - `drawn`: files that may name the slices of a series.
    """

    known: KnownGrids = NO_GRIDS
    drawn: tuple[Source, ...] = ()

    def read_labels(self, path: Source, role: str, holds: Holds, limits: Limits) -> SegmentFile:
        """Read the segments of a SEG or an RTSTRUCT required by a role.

        The content of a file, not its name, determines its format. Parameters as in `formats.read`;
        the names of the segments determine `holds`.

        Raises `InputRefused`: by the rules D1-D3, F1-F3, F10, F11 and S1 of safety.md, naming the
        file, the reason and the remedy.
        """
        file = read_dicom(path, limits)
        source = self._source(file, limits)
        choice = choose(file, source.parts, role)
        asked = {n: source.parts[n].number for n in choice.drawn}
        drawing = source.draw(asked.values())
        findings = (*drawing.findings, *_find_miscoded(file, source.parts, choice, role))
        held = source.held(drawing.grid)
        masks = {
            n: _mask(source.parts[n].name, drawing.of.pop(number), drawing.grid, file, held)
            for n, number in asked.items()
        }
        if isinstance(source, Segmentation):
            livers = (m for n, m in masks.items() if "liver" in (role, source.parts[n].structure))
            findings += tuple(one for mask in livers for one in _find_contact(mask))
        unknown = {n: _measure_ml(source, source.parts[n].number) for n in choice.unknown}
        findings += find_unknown(file, source.parts, unknown)
        identity = structs.replace(source.identity(asked.values()), drawn_on=mark_series(file.data))
        inputs = (InputFile(role, file.name, FORMATS[file.sop_class], file.sha256, identity),)
        read = as_segment_file(file, source.parts, choice, masks, drawing.grid, inputs, findings)
        return structs.replace(read, held=held)

    def read_image(self, path: Source, role: str, limits: Limits) -> ReadImage:
        """Read the CT series of a folder or zip, or the series of one file."""
        return read_series(path, role, limits, NamedSlices(self.drawn, limits))

    def list_files(self, path: Path, limits: Limits) -> tuple[Path, ...]:
        """List the files of an image; for a CT slice, all files in its folder."""
        if read_dicom(path, limits).sop_class != CT:
            return (path,)
        return tuple(list_folder(path.parent, below=False))

    def _source(self, file: DicomFile, limits: Limits) -> Segmentation | StructureSet:
        if file.sop_class == RTSTRUCT:
            return StructureSet(file, limits, self.known)
        if file.sop_class in (SEG, LABELMAP_SEG):
            return Segmentation(file, limits, self.known.lattices)
        reason = f"the file is {file.kind}, not a mask"
        if file.sop_class == CT:
            raise file.refuse("values.image", reason, GIVE_SEG_OR_SLICES)
        remedy = GIVE_STUDY if file.sop_class == NM else GIVE_SEG
        raise file.refuse("file.not_a_mask", reason, remedy)


def read_slices(path: Path, role: str, holds: Holds, limits: Limits) -> LabelFile:
    """Read a mask or a label map whose layers are the slices of a series in a folder or zip.

    Raises `InputRefused`: `file.folder` and `file.format` if it contains no slices; otherwise as
    for an image of a series and for the numbers of a mask.
    """
    try:
        image, inputs, findings = read_series(path, role, limits)
    except InputRefused as refused:
        if refused.code != "series.none":
            raise
        if path.is_dir():
            reason = f"in the folder, {refused.reason}"
            raise InputRefused("file.folder", refused.source, reason, GIVE_MASK) from refused
        reason = f"in the zip archive, {refused.reason}"
        raise InputRefused("file.format", refused.source, reason, GIVE_MASK) from refused
    held = HeldImage(inputs[0].file, FORMAT, image.voxels, image.grid, (), image.slope, image.inter)
    file = open_held(held, limits).read_labels(role, holds)
    return structs.replace(file, inputs=inputs, findings=(*findings, *file.findings))


def _find_miscoded(
    file: DicomFile, parts: Sequence[SegmentEntry], choice: Choice, role: str
) -> Iterator[Finding]:
    """Find segments whose code contradicts the structure under which they are counted."""
    for n in choice.drawn:
        part = parts[n]
        meant = part.structure or (role.removeprefix(VESSEL) if n in choice.meant else None)
        if meant is not None and contradicts(part.coded, meant):
            coded, counted = (str(one).replace("_", " ") for one in (part.coded, meant))
            what = f"segment {part.name} has the code for {coded} but is counted as {counted}"
            yield file.find("segments.code", what)


def _mask(name: str, drawn: Drawn, grid: Grid, file: DicomFile, held: Box | None) -> Mask:
    return Mask(name, drawn.voxels, drawn.box, grid, file.name, held=held or NOWHERE)


def _measure_ml(source: Segmentation | StructureSet, number: int) -> float | None:
    """Measure a segment that is not used; None if it cannot be drawn."""
    try:
        if isinstance(source, StructureSet) and source.has_no_volume(number):
            return 0.0
        drawing = source.draw((number,))
    except InputRefused:
        return None
    return int(np.count_nonzero(drawing.of[number].voxels)) * drawing.grid.voxel_ml


def _find_contact(mask: Mask) -> tuple[Finding, ...]:
    """Find a liver that touches the border of its frames, which are as wide as the scan.

    Flat ends are found for every format separately.
    """
    touches = [
        mask.box.start[axis] == 0 or mask.box.stop[axis] == mask.grid.shape[axis] for axis in (0, 1)
    ]
    if not mask.voxel_count or not any(touches) or find_cut(mask):
        return ()
    what = f"{mask.source}: the liver touches the border of the frames and may be incomplete"
    return (Finding("edge.frames", Severity.WARNING, what, mask.file),)
