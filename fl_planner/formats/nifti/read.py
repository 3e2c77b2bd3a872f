"""NIfTI in: labels or an image, from bytes that were checked one by one."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np

from fl_planner.basis.findings import Finding
from fl_planner.formats.nifti.geometry import find_grid
from fl_planner.formats.nifti.header import read_header
from fl_planner.formats.stored.file import Limits, PlainBytes
from fl_planner.formats.stored.magic import other_ending
from fl_planner.formats.voxels.label_file import LabelFile
from fl_planner.formats.voxels.slabs import Stored, read_values
from fl_planner.formats.voxels.values import Holds, find_labels
from fl_planner.planning.given.case import InputFile
from fl_planner.space.image import Image

HEADER_NAMES = (".hdr", ".hdr.gz", ".HDR", ".HDR.GZ")  # beside the `.img` of a pair
DATA_NAMES = (".img", ".img.gz", ".IMG", ".IMG.GZ")  # beside its header


def read_labels(path: Path, role: str, holds: Holds, limits: Limits) -> LabelFile:
    """Read a mask or a label map, once, in pieces.

    Parameters
    ----------
    path : Path
        `.nii`, `.nii.gz`, or the `.hdr` or `.img` of a pair; content decides, not the name.
    role : str
        What it is given as; stands in the result's list of inputs.
    holds : Holds
        One label, several that are counted together, or a label map.
    limits : Limits
        How large it may be.

    Raises
    ------
    InputRefused
        By the rules F1-F11 of safety.md, naming the file, the reason and the remedy.
    """
    with ExitStack() as stack:
        opened = _Opened(path, limits, stack)
        grid, place = find_grid(opened.header)
        stored = opened.stored
        values = read_values(opened.data, stored, label_map=holds is Holds.LABEL_MAP)
        labelled, meant = find_labels(values, stored, holds, grid.voxel_ml)
        found = (*opened.findings, *place, *meant)
        return LabelFile(labelled, grid, opened.inputs(role), found)


def read_image(
    path: Path, role: str, limits: Limits
) -> tuple[Image, tuple[InputFile, ...], tuple[Finding, ...]]:
    """Read an image as it is stored; refused by the same rules but those on mask values."""
    with ExitStack() as stack:
        opened = _Opened(path, limits, stack)
        header, data = opened.header, opened.data
        grid, place = find_grid(header)
        buffer = bytearray(header.voxel_count * header.dtype.itemsize)
        if data.fill(memoryview(buffer)) < len(buffer):
            raise data.refuse("header.too_few_bytes", "ends before its last voxel")
        data.finish()
        i, j, k = header.shape
        voxels = np.frombuffer(buffer, header.dtype).reshape(k, j, i).transpose(2, 1, 0)
        image = Image(voxels, header.slope, header.inter, grid, header.name)
        return image, opened.inputs(role), (*opened.findings, *place)


class _Opened:
    """A NIfTI file, single or pair, opened at its first voxel."""

    def __init__(self, path: Path, limits: Limits, stack: ExitStack) -> None:
        self._head = stack.enter_context(PlainBytes(_header_of(path), limits))
        self.header, odd = read_header(self._head)
        self._odd = (*self._named_otherwise(), *odd)
        self.data = self._head
        if not self.header.single:
            self._head.finish()
            self.data = stack.enter_context(PlainBytes(_data_of(path, self._head), limits))
            self._skip_to_data()
        size = self.header.voxel_count * self.header.dtype.itemsize
        if size > limits.unpacked_bytes:
            reason = f"is too large: {size} bytes of voxels, the limit is {limits.unpacked_bytes}"
            raise self._head.refuse("limit.unpacked", reason, "crop it, or raise --size-limit")

    @property
    def stored(self) -> Stored:
        """How its voxels lie."""
        header = self.header
        return Stored(self.data.name, header.shape, header.dtype, header.slope, header.inter)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was odd about the bytes; whole after the last voxel."""
        pair = () if self.data is self._head else self.data.findings
        return (*self._head.findings, *pair, *self._odd)

    def inputs(self, role: str) -> tuple[InputFile, ...]:
        """Name the files with their hashes; whole after the last voxel."""
        files = (self._head,) if self.data is self._head else (self._head, self.data)
        return tuple(InputFile(role, file.name, self.header.format, file.sha256) for file in files)

    def _named_otherwise(self) -> tuple[Finding, ...]:
        ending = other_ending(self.header.name)
        what = f"is a NIfTI file, though its name ends in {ending}"
        return (self.header.find("file.name", what),) if ending else ()

    def _skip_to_data(self) -> None:
        offset = self.header.data_offset
        if len(self.data.take(offset)) < offset:
            raise self.data.refuse("header.too_few_bytes", "ends before its data begin")


def _header_of(path: Path) -> Path:
    """Give the header of a pair whose image file was given; else the file itself."""
    for ending in DATA_NAMES:
        if path.name.endswith(ending):
            stem = path.name[: -len(ending)]
            beside = [path.with_name(stem + header) for header in HEADER_NAMES]
            return next(filter(_is_there, beside), path)
    return path


def _data_of(path: Path, head: PlainBytes) -> Path:
    stem = next((head.name[: -len(e)] for e in HEADER_NAMES if head.name.endswith(e)), head.name)
    beside = [path.with_name(stem + ending) for ending in DATA_NAMES]
    if not head.name.endswith(HEADER_NAMES):
        reason = "says its voxels are in another file (a pair), but is not named .hdr"
        raise head.refuse("file.pair", reason, "export it as one file (.nii, .nii.gz)")
    for data in filter(_is_there, beside):
        return data
    reason = f"is the header of a pair, and {beside[0].name} is not beside it: no such file"
    raise head.refuse("file.pair", reason, "put both files into one folder")


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:  # of its folder; opening the file that was given says so
        return False
