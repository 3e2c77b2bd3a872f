"""Read MetaImage (.mha, .mhd with .raw or .zraw): header, labels or an image.

Rules M1, F2, F4 and F5 of safety.md. Format: itk.org/Wiki/ITK/MetaIO/Documentation, supplemented by
metaObject.cxx and metaImage.cxx of MetaIO.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from math import isfinite, prod
from pathlib import Path

import numpy as np
from msgspec import Struct

from fl_planner.basis.findings import Finding
from fl_planner.basis.plain_text import format_count
from fl_planner.formats.stored.file import GZIP, Packing, PlainBytes
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import NamedFile
from fl_planner.formats.voxels.carried import KEY, find_carried, read_author
from fl_planner.formats.voxels.geometry import (
    LAST_SKIP,
    LPS_TO_RAS,
    SAME_LENGTH,
    as_affine,
    by_edges,
    is_clean,
    is_singular,
    mm_per_unit,
    name_files,
    number,
    numbers,
    open_data,
    read_text_header,
    require_edges,
    require_near,
    require_upright,
    whole_numbers,
)
from fl_planner.formats.voxels.slabs import Stored
from fl_planner.formats.voxels.voxel_file import (
    EXPORT_3D,
    Opened,
    ReadImage,
    TextNumbers,
    count_before_last,
    find_other_name,
    read_axis_sizes,
    remedy_of_frames,
    require_count,
    require_no_frames,
    require_size,
)
from fl_planner.space.grid import Grid

END = re.compile(rb"(?:^|\n)[ \t]*ElementDataFile[ \t]*[=:][^\n]*\n", re.IGNORECASE)
SIGN = re.compile(r"[=:]")  # between key and value
MATRIX = ("transformmatrix", "rotation", "orientation")  # synonyms
OFFSET = ("offset", "position", "origin", "imageposition")
USED = {
    "objecttype", "ndims", "dimsize", "elementtype", "elementdatafile", "elementspacing",
    "elementnumberofchannels", "binarydata", "binarydatabyteordermsb", "elementbyteordermsb",
    "compresseddata", "compresseddatasize", "headersize", "distanceunits",
    "elementtointensityfunctionslope", "elementtointensityfunctionoffset", *MATRIX, *OFFSET,
}  # fmt: skip
OF_SEGMENTS = ("segment", "org.mitk.")  # keys of other programs that name labels
NUMBER_TYPES = {
    "met_char": "i1", "met_uchar": "u1", "met_short": "i2", "met_ushort": "u2",
    "met_int": "i4", "met_uint": "u4", "met_long": "i4", "met_ulong": "u4",
    "met_long_long": "i8", "met_ulong_long": "u8", "met_float": "f4", "met_double": "f8",
}  # fmt: skip
LOCAL = "local"  # the voxels follow the header
MOST_AXES = 10  # of a MetaImage [metaObject.h]
FROM_END = -1  # header size: the voxels are the last bytes of the file
TRUE, FALSE = ("t", "1"), ("f", "0")  # first letters of true and false [metaObject.cxx]


class Data(Struct, frozen=True):
    """Location and encoding of the voxels."""

    file: str | None  # None: behind the header
    is_text: bool
    packed: bool
    packed_size: int | None
    skip: int


class MetaHeader(NamedFile):
    """The values of a MetaImage header by key, in lower case, and its description."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.entries: dict[str, str] = {}
        self.text = ""
        self.keys: dict[str, str] = {}  # of other programs
        for line in text.split("\n"):
            given, *values = SIGN.split(line, maxsplit=1)
            if values:
                self._read_line(given.strip(), values[0])

    def _read_line(self, key: str, text: str) -> None:
        known, value = key.lower(), text.strip()
        if known in USED and not is_clean(text):
            raise self.refuse("metaimage.value", f"{known} in the header is not text")
        entries = self.entries if known in USED else self.keys
        name = known if known in (*USED, KEY) else key
        twice = entries.setdefault(name, value) != value
        if twice and (known in (*USED, KEY) or known.startswith(OF_SEGMENTS)):
            reason = f"the header gives two values for {key}"
            raise self.refuse("metaimage.key_twice", reason)
        if known == KEY:
            self.text = value

    def require(self, key: str, called: str) -> str:
        """Return a required value."""
        if not self.entries.get(key):
            raise self.refuse("metaimage.key_missing", f"the header lacks the {called}")
        return self.entries[key]

    def one_of(self, keys: tuple[str, ...]) -> str | None:
        """Return the value of a key with several names; None if it is missing."""
        given = [key for key in keys if key in self.entries]
        texts = [self.entries[key] for key in given]
        if len({tuple(numbers(text) or [text.lower()]) for text in texts}) > 1:
            reason = f"header keys with the same meaning have different values: {', '.join(given)}"
            raise self.refuse("metaimage.key_twice", reason)
        return texts[0] if texts else None

    def whole_number(self, key: str, usual: str) -> int:
        """Return a value that is one whole number."""
        found = whole_numbers(self.entries.get(key, usual))
        if found is None or len(found) != 1:
            raise self.refuse("metaimage.value", f"{key} in the header is not a whole number")
        return found[0]

    def numbers(self, text: str, count: int, called: str) -> list[float]:
        """Read `count` finite numbers."""
        found = numbers(text)
        if found is None or len(found) != count or not all(map(isfinite, found)):
            reason = f"the {called} in the header does not consist of {count} finite numbers"
            raise self.refuse("geometry.not_finite", reason)
        return found

    def spacing(self, count: int) -> list[float]:
        """Read the distance between neighbours along each axis, which is not `ElementSize`."""
        if not self.entries.get("elementspacing"):
            reason = "the header lacks the spacing (ElementSpacing)"
            raise self.refuse("geometry.no_spacing", reason)
        found = self.numbers(self.entries["elementspacing"], count, "spacing")
        if min(found[:3]) <= 0:
            reason = f"the spacing of {by_edges(found[:3])} is not greater than 0"
            raise self.refuse("geometry.no_spacing", reason)
        return found

    def is_true(self, *keys: str, usual: bool) -> bool:
        """Read a truth value."""
        text = self.one_of(keys)
        if text is not None and text[:1].lower() not in TRUE + FALSE:
            reason = f"{keys[0]} in the header is neither true nor false"
            raise self.refuse("metaimage.value", reason)
        return usual if text is None else text[0].lower() in TRUE


def read_header(source: PlainBytes) -> MetaHeader:
    """Read a header up to its last line; the next bytes of `source` are the voxels."""
    text, ended = read_text_header(source, END)
    header = MetaHeader(source.name, text.replace("\r\n", "\n"))
    if header.entries.get("objecttype", "Image").lower() != "image":
        raise header.refuse("file.format", "the MetaIO object is not an image")
    if not ended:
        header.require("elementdatafile", "data file (ElementDataFile)")
    return header


def read_sizes(header: MetaHeader, limits: Limits) -> tuple[int, ...]:
    """Read the number of voxels along each axis; only three may have more than one."""
    header.require("ndims", "number of axes (NDims)")
    axes, text = header.whole_number("ndims", ""), header.require("dimsize", "size (DimSize)")
    sizes = read_axis_sizes(header, "DimSize", text, axes, MOST_AXES)
    if axes < 3:
        reason = f"the file has {format_count(axes, 'axis', 'axes')} instead of 3"
        raise header.refuse("dims.not_3d", reason, EXPORT_3D)
    if max(sizes[3:], default=1) > 1 or header.whole_number("elementnumberofchannels", "1") != 1:
        reason = f"the file has several frames or channels (DimSize = {sizes})"
        raise header.refuse("dims.frames", reason, remedy_of_frames(header.keys))
    require_count(header, prod(sizes), limits)
    return sizes


def read_type(header: MetaHeader) -> np.dtype[np.generic]:
    """Read the type and byte order of a voxel's number; little endian by default."""
    name = header.require("elementtype", "voxel type (ElementType)").lower()
    if name not in NUMBER_TYPES:
        reason = "the voxel type (ElementType) is not numeric"
        raise header.refuse("header.datatype", reason, "export the mask as whole numbers")
    big = header.is_true("binarydatabyteordermsb", "elementbyteordermsb", usual=False)
    dtype: np.dtype[np.generic] = np.dtype(NUMBER_TYPES[name])
    return dtype.newbyteorder(">" if big and header.is_true("binarydata", usual=True) else "<")


def read_scaling(header: MetaHeader) -> tuple[float, float]:
    """Read slope and offset, which convert stored numbers to values."""
    slope, inter = (
        number(header.entries.get(f"elementtointensityfunction{end}", usual))
        for end, usual in (("slope", "1"), ("offset", "0"))
    )
    if slope is None or inter is None or not (isfinite(slope) and isfinite(inter) and slope):
        raise header.refuse(
            "header.scaling", "the scaling factor for values in the header is 0 or not a number"
        )
    return slope, inter


def read_data(header: MetaHeader) -> Data:
    """Read location and encoding of the voxels."""
    file = header.require("elementdatafile", "data file (ElementDataFile)")
    is_text = not header.is_true("binarydata", usual=True)
    packed = header.is_true("compresseddata", usual=False)
    size = header.whole_number("compresseddatasize", "0")
    skip = header.whole_number("headersize", "0")
    here = file.lower() == LOCAL
    plain = not is_text and not packed
    if not (FROM_END if plain else 0) <= skip <= (0 if here else LAST_SKIP) or size < 0:
        reason = f"a HeaderSize of {skip} is not a valid start of the data"
        raise header.refuse("metaimage.skip", reason)
    if is_text and packed:
        raise header.refuse(
            "metaimage.value", "the header describes the data as both text and compressed"
        )
    return Data(None if here else file, is_text, packed, size if packed and size else None, skip)


NAMES = (".mha", ".mhd")  # endings of a MetaImage


def read_image(path: Path, role: str, limits: Limits) -> ReadImage:
    """Read an image as stored, with the same checks except those on mask values."""
    with ExitStack() as stack:
        return open_file(path, limits, stack).read_image(role)


def list_files(path: Path, limits: Limits) -> tuple[Path, ...]:
    """List the file and its data file, with the checks of the header."""
    with PlainBytes(path, limits) as head:
        header = read_header(head)
        return name_files(header, path, read_data(header).file)


def open_file(path: Path, limits: Limits, stack: ExitStack) -> Opened:
    """Open a file at its first voxel: a `.mha`, or the `.mhd` next to its data.

    The content determines the format, not the name.

    Raises `InputRefused`: by the rules M1, F2 and F4-F7 of safety.md, naming the file, the reason
    and the remedy.
    """
    head = stack.enter_context(PlainBytes(path, limits))
    header = read_header(head)
    named = find_other_name(header, "a MetaImage", NAMES, packed=head.packed)
    require_no_frames(header, header.keys)
    sizes = read_sizes(header, limits)
    dtype = read_type(header)
    slope, inter = read_scaling(header)
    how = read_data(header)
    grid, place = compute_grid(header, sizes)
    size = prod(sizes) * dtype.itemsize
    require_size(header, size, limits)
    reason = "lines follow ElementDataFile, which must be the last line of the header"
    more = header.refuse("metaimage.after_end", reason)
    data = open_data(stack, header, head, how.file, more)
    odd = _skip_to_voxels(header, how, data, size)
    shape = (sizes[0], sizes[1], sizes[2])
    return Opened(
        "metaimage",
        (head,) if data is head else (head, data),
        TextNumbers(data, dtype) if how.is_text else data,
        Stored(header.name, shape, dtype, slope, inter),
        grid,
        (*named, *place, *odd, *find_carried(header, header.text)),
        read_author(header.text),
        keys=header.keys,
    )


@np.errstate(all="ignore")  # overflow and underflow are out of range, and refused
def compute_grid(header: MetaHeader, sizes: tuple[int, ...]) -> tuple[Grid, tuple[Finding, ...]]:
    """Compute the grid; axes of one entry after the third are not spatial.

    `TransformMatrix` contains the direction of each axis in turn, and points are in LPS.
    """
    axes, shape = len(sizes), (sizes[0], sizes[1], sizes[2])
    factor, findings = _mm(header)
    edges = np.array(header.spacing(axes)[:3]) * factor
    require_edges(header, edges)
    matrix, offset = header.one_of(MATRIX), header.one_of(OFFSET)
    turn = np.eye(axes).ravel() if matrix is None else header.numbers(matrix, axes**2, "matrix")
    columns = np.reshape(turn, (axes, axes)).T[:3, :3]
    origin = [0.0] * axes if offset is None else header.numbers(offset, axes, "offset")
    place = np.column_stack([columns * edges, np.array(origin[:3]) * factor])
    if is_singular(place):
        reason = "the matrix is singular, so voxels have no volume"
        raise header.refuse("geometry.singular", reason)
    lengths = np.linalg.norm(columns, axis=0)
    if np.abs(lengths - 1).max() > SAME_LENGTH:
        reason = "the matrix contains a scaling factor, but the voxel size is given separately"
        raise header.refuse("geometry.spacings_differ", reason)
    require_near(header, place)
    findings += require_upright(header, place)
    missing = [
        name for name, given in (("the matrix", matrix), ("the offset", offset)) if given is None
    ]
    if missing:
        what = (
            f"the header lacks {' and '.join(missing)}: orientation and position in the patient "
            "are undetermined"
        )
        findings.append(header.find("geometry.no_space", what))
    return Grid(shape, as_affine(place * LPS_TO_RAS), not missing), tuple(findings)


def _mm(header: MetaHeader) -> tuple[float, list[Finding]]:
    """Return the millimetres of the file's unit; an undefined unit is read as mm."""
    unit = header.entries.get("distanceunits", "")
    if (factor := mm_per_unit(unit)) is None:
        what = "undefined length unit, read as mm"
        return 1.0, [header.find("geometry.unit_undefined", what)]
    if factor != 1.0:
        what = f"lengths in {unit} were converted to mm"
        return factor, [header.find("geometry.unit_converted", what)]
    return 1.0, []


def _skip_to_voxels(
    header: MetaHeader, how: Data, data: PlainBytes, size: int
) -> tuple[Finding, ...]:
    """Skip the bytes before the voxels, and unpack the voxels if compressed."""
    data.skip(count_before_last(data, size) if how.skip == FROM_END else how.skip)
    if how.packed:
        _unpack(how, data)
    if not how.skip:
        return ()
    what = "bytes before the voxel data were skipped, as stated in the header (HeaderSize)"
    return (header.find("metaimage.skip", what),)


def _unpack(how: Data, data: PlainBytes) -> None:
    """Unpack a zlib stream, or gzip, which MetaIO also reads."""
    if how.packed_size is not None and not data.packed and data.left() != how.packed_size:
        reason = f"the file has {data.left()} bytes of data; the header gives {how.packed_size}"
        raise data.refuse("metaimage.packed_size", reason)
    data.unpack_rest(Packing.GZIP if data.peek(len(GZIP)) == GZIP else Packing.ZLIB)
