"""NRRD in: labels, segments of 3D Slicer, or an image, from bytes checked one by one."""

from collections.abc import Sequence
from contextlib import ExitStack
from math import prod
from pathlib import Path

from fl_planner.basis.findings import Finding
from fl_planner.formats.nrrd.geometry import find_axes, find_grid
from fl_planner.formats.nrrd.header import (
    FROM_END,
    Encoding,
    NrrdHeader,
    read_encoding,
    read_header,
    read_sizes,
    read_type,
)
from fl_planner.formats.nrrd.slicer import find_unclaimed, has_segments, read_parts
from fl_planner.formats.segments.by_role import SegmentEntry, as_segment_file, choose, tell_unknown
from fl_planner.formats.stored.compression import Packing
from fl_planner.formats.stored.file import Limits, PlainBytes
from fl_planner.formats.voxels.carried import KEY, find_carried
from fl_planner.formats.voxels.data_file import name_files, open_data
from fl_planner.formats.voxels.label_file import LabelFile, SegmentFile
from fl_planner.formats.voxels.slabs import Stored, read_layers
from fl_planner.formats.voxels.text_numbers import TextNumbers
from fl_planner.formats.voxels.values import Holds, Labelled, find_labels
from fl_planner.formats.voxels.voxel_file import (
    Opened,
    ReadImage,
    count_before_last,
    find_other_name,
    require_size,
)
from fl_planner.space.mask import Mask

NAMES = (".nrrd", ".nhdr")  # what an NRRD file is called
LINE_PIECE = 1 << 12  # bytes in which the end of a line is looked for


def read_labels(path: Path, role: str, holds: Holds, limits: Limits) -> LabelFile | SegmentFile:
    """Read a mask, a label map or a segmentation of 3D Slicer, once, in pieces.

    A `.nrrd`, `.seg.nrrd`, or the `.nhdr` beside its data; content decides, not the name. What
    is given is as in `formats.read`; where the file names its segments, the role asks for the
    one that bears its name, and the names decide what it holds.

    Raises `InputRefused`: by the rules N1, S1, F1, F2, F4-F7, F10 and F11 of safety.md, naming the
    file, the reason and the remedy.
    """
    with ExitStack() as stack:
        nrrd = _Nrrd(path, limits, stack)
        if nrrd.parts:
            return nrrd.read_segments(role)
        return nrrd.opened.read_labels(role, holds)


def read_image(path: Path, role: str, limits: Limits) -> ReadImage:
    """Read an image as it is stored; refused by the same rules but those on mask values."""
    with ExitStack() as stack:
        nrrd = _Nrrd(path, limits, stack, layered=False)
        return nrrd.opened.read_image(role)


def list_files(path: Path, limits: Limits) -> tuple[Path, ...]:
    """List the file, and that of its voxels; refused by the same rules as far as that is named."""
    with PlainBytes(path, limits) as head:
        header = read_header(head)
        return name_files(header, path, header.fields.get("datafile"))


class _Nrrd:
    """An NRRD file, whole or a header and its data, opened at its first voxel."""

    def __init__(
        self, path: Path, limits: Limits, stack: ExitStack, *, layered: bool = True
    ) -> None:
        head = stack.enter_context(PlainBytes(path, limits))
        self.header = header = read_header(head)
        named = find_other_name(header, "an NRRD file", NAMES, packed=head.packed)
        sizes = read_sizes(header, limits)
        dtype = read_type(header)
        encoding = read_encoding(header)
        self.axes = find_axes(header, sizes, layered=layered and has_segments(header))
        self.parts = read_parts(header, self.axes.layers) if layered else ()
        grid, place = find_grid(header, self.axes)
        size = prod(sizes) * dtype.itemsize
        require_size(header, size, limits)
        more = header.refuse(
            "file.data_twice",
            "names a data file, and holds data itself: which are meant is unclear",
        )
        data = open_data(stack, header, head, encoding.data_file, more)
        odd = _go_to_voxels(header, encoding, data, size)
        self.opened = Opened(
            "nrrd",
            (head,) if data is head else (head, data),
            TextNumbers(data, dtype) if encoding.is_text else data,
            Stored(header.name, self.axes.shape, dtype, 1.0, 0.0),
            grid,
            (*named, *header.odd, *place, *odd, *find_carried(header, header.pairs.get(KEY, ""))),
        )

    def read_segments(self, role: str) -> SegmentFile:
        """Read the segments that a role asks for."""
        opened, grid = self.opened, self.opened.grid
        choice = choose(self.header, self.parts, role)
        findings: list[Finding] = []
        layers = []
        for values in read_layers(opened.voxels, opened.stored, self.axes.layers, label_map=True):
            layer, meant = find_labels(values, opened.stored, Holds.LABEL_MAP, grid.voxel_ml)
            layers.append(layer)
            findings += meant
        findings += find_unclaimed(self.header, self.parts, layers, grid.voxel_ml)
        masks = {n: self._draw(self.parts[n], layers) for n in choice.drawn}
        unknown = {n: self._draw(self.parts[n], layers).volume_ml for n in choice.unknown}
        findings += tell_unknown(self.header, self.parts, unknown)
        found = (*opened.findings, *findings)
        return as_segment_file(
            self.header, self.parts, choice, masks, grid, opened.inputs(role), found
        )

    def _draw(self, part: SegmentEntry, layers: Sequence[Labelled]) -> Mask:
        return layers[part.layer or 0].mask(part.name, self.opened.grid, part.number)


def _go_to_voxels(
    header: NrrdHeader, encoding: Encoding, data: PlainBytes, size: int
) -> tuple[Finding, ...]:
    """Pass over what stands before the voxels; lines as they are stored, bytes unpacked."""
    odd = []
    _skip_lines(data, encoding.line_skip)
    if encoding.packing is not Packing.NONE:
        data.unpack_rest(encoding.packing)
    if encoding.packing is Packing.BZIP2:
        odd.append(header.find("nrrd.bzip2", "is packed with bzip2, which few programs read"))
    skip = encoding.byte_skip
    if skip == FROM_END:
        skip = count_before_last(data, size)
    data.skip(skip)
    if encoding.line_skip or encoding.byte_skip:
        what = "skips what stands before its voxels, as its header says (line or byte skip)"
        odd.append(header.find("nrrd.skip", what))
    return tuple(odd)


def _skip_lines(data: PlainBytes, lines: int) -> None:
    while lines:
        piece = data.peek(LINE_PIECE)
        end = piece.find(b"\n") + 1
        if not end and len(piece) < LINE_PIECE:
            raise data.refuse("header.too_few_bytes", "ends before its data begin")
        data.take(end or LINE_PIECE)
        lines -= 1 if end else 0
