"""The header of an NRRD file, read field by field; what cannot be right is refused.

Rules N1, F4 and F5 of safety.md. Format: teem.sourceforge.net/nrrd/format.html (NRRD0005).
"""

import re
from dataclasses import dataclass
from math import prod

import numpy as np

from fl_planner.basis.findings import Finding
from fl_planner.formats.stored.compression import Packing
from fl_planner.formats.stored.file import Limits, PlainBytes
from fl_planner.formats.stored.named_file import NamedFile
from fl_planner.formats.voxels.text_header import (
    LAST_SKIP,
    is_clean,
    take_header,
    whole_numbers,
)

END = re.compile(rb"\n\r?\n")  # the first empty line
MAGIC = re.compile(r"NRRD000[1-5]")
FIELDS = {
    "type", "dimension", "space", "spacedimension", "sizes", "spacings", "spacedirections",
    "spaceorigin", "spaceunits", "units", "kinds", "endian", "encoding", "lineskip", "byteskip",
    "datafile",
}  # fmt: skip
UNUSED = {
    "content", "number", "blocksize", "thicknesses", "axismins", "axismaxs", "centers",
    "centerings", "labels", "min", "max", "oldmin", "oldmax", "sampleunits", "measurementframe",
}  # fmt: skip
NUMBER_TYPES = {
    "i1": "char, signed char, int8, int8_t",
    "u1": "uchar, unsigned char, uint8, uint8_t",
    "i2": "short, short int, signed short, signed short int, int16, int16_t",
    "u2": "ushort, unsigned short, unsigned short int, uint16, uint16_t",
    "i4": "int, signed int, int32, int32_t",
    "u4": "uint, unsigned int, uint32, uint32_t",
    "i8": "longlong, long long, long long int, signed long long, signed long long int,"
    " int64, int64_t",
    "u8": "ulonglong, unsigned long long, unsigned long long int, uint64, uint64_t",
    "f4": "float",
    "f8": "double",
}
TYPE_OF = {name: kind for kind, names in NUMBER_TYPES.items() for name in names.split(", ")}
ENCODINGS = {
    "raw": Packing.NONE, "gzip": Packing.GZIP, "gz": Packing.GZIP,
    "bzip2": Packing.BZIP2, "bz2": Packing.BZIP2,
}  # fmt: skip
TEXTS = {"ascii", "text", "txt"}
ENDIANS = {"little": "<", "big": ">"}
MOST_AXES = 16  # of an NRRD array [NRRD_DIM_MAX]
LAST_LINE = 1 << 16  # that may stand before the voxels
FROM_END = -1  # byte skip: the voxels are the last bytes of the file


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the voxels are written, and what stands before them."""

    packing: Packing
    is_text: bool
    line_skip: int
    byte_skip: int
    data_file: str | None


class NrrdHeader(NamedFile):
    """What an NRRD header says.

    `fields` are those that matter, by name without blanks; `pairs` are the keys and values
    that other programs keep there, `twice` the keys with two values; `odd` is what was
    passed over.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.fields: dict[str, str] = {}
        self.pairs: dict[str, str] = {}
        self.twice: set[str] = set()
        self.odd: list[Finding] = []
        first, *lines = text.replace("\r\n", "\n").split("\n")
        if not MAGIC.fullmatch(first.rstrip()):
            reason = "is an NRRD file of a version other than NRRD0001 to NRRD0005"
            raise self.refuse("nrrd.version", reason)
        for line in lines:
            if line.strip() and not line.startswith("#"):
                self._read_line(line)

    def _read_line(self, line: str) -> None:
        key, colon, value = line.partition(":")
        field = key.strip().lower().replace(" ", "")
        known = bool(colon) and not value.startswith("=") and field in FIELDS | UNUSED
        if not known and ":=" in line:
            key, _, value = line.partition(":=")
            if self.pairs.setdefault(key, value) != value:
                self.twice.add(key)
        elif not known:
            self.odd.append(self.find("nrrd.unknown_field", "has an unknown field; passed over"))
        elif field in FIELDS and field in self.fields:
            raise self.refuse("nrrd.field_twice", f"says its {key.strip()} twice")
        elif field in FIELDS - {"datafile"} and not is_clean(value):
            raise self.refuse("nrrd.field", f"has a {key.strip()} with what is no text in it")
        elif field in FIELDS:
            self.fields[field] = value.strip()

    def require(self, field: str, called: str) -> str:
        """Give a field without which nothing can be read."""
        if not self.fields.get(field):
            raise self.refuse("nrrd.field_missing", f"does not say its {called}")
        return self.fields[field]

    def whole_number(self, field: str, called: str, usual: str = "") -> int:
        """Give a field that is one whole number."""
        text = self.fields.get(field, usual) if usual else self.require(field, called)
        found = whole_numbers(text)
        if found is None or len(found) != 1:
            raise self.refuse("nrrd.field", f"has a {called} that is not a whole number")
        return found[0]


def read_header(source: PlainBytes) -> NrrdHeader:
    """Read a header and the empty line that ends it; afterwards `source` gives the voxels."""
    text, _ = take_header(source, END)
    return NrrdHeader(source.name, text)


def read_sizes(header: NrrdHeader, limits: Limits) -> tuple[int, ...]:
    """Read how many voxels lie along each axis, and judge it before anything is unpacked."""
    axes = header.whole_number("dimension", "dimension")
    if not 1 <= axes <= MOST_AXES:
        raise header.refuse("dims.count", f"says it has {axes} axes, of 1 to {MOST_AXES} possible")
    sizes = whole_numbers(header.require("sizes", "sizes"))
    if sizes is None or len(sizes) != axes:
        raise header.refuse("dims.count", f"has sizes that are not {axes} whole numbers")
    if min(sizes) < 1:
        raise header.refuse("dims.size", f"has an axis of {min(sizes)} voxels (sizes = {sizes})")
    if prod(sizes) > limits.voxels:
        reason = f"is too large: {prod(sizes)} voxels in its header, limit {limits.voxels}"
        raise header.refuse("limit.voxels", reason, "crop it, or raise --size-limit")
    return tuple(sizes)


def read_type(header: NrrdHeader) -> np.dtype[np.generic]:
    """Read the type and byte order of a voxel's number."""
    said = " ".join(header.require("type", "type").lower().split())
    if said not in TYPE_OF:
        reason = "has a type of voxel that is not a number, or none that NRRD knows"
        raise header.refuse("header.datatype", reason, "export the mask as whole numbers")
    dtype: np.dtype[np.generic] = np.dtype(TYPE_OF[said])
    endian = header.fields.get("endian", "").lower()
    if endian and endian not in ENDIANS:
        raise header.refuse("nrrd.endian", "has an endian other than little and big")
    if dtype.itemsize == 1 or header.fields.get("encoding", "").lower() in TEXTS:
        return dtype
    if not endian:
        reason = "does not say its endian: which byte of a number comes first"
        raise header.refuse("nrrd.endian", reason)
    return dtype.newbyteorder("<" if endian == "little" else ">")


def read_encoding(header: NrrdHeader) -> Encoding:
    """Read how the voxels are written."""
    said = header.require("encoding", "encoding").lower()
    if said not in ENCODINGS and said not in TEXTS:
        reason = "has an encoding other than raw, gzip, bzip2 and ascii"
        raise header.refuse("nrrd.encoding", reason, "save it with encoding raw or gzip")
    encoding = Encoding(
        ENCODINGS.get(said, Packing.NONE),
        said in TEXTS,
        header.whole_number("lineskip", "line skip", "0"),
        header.whole_number("byteskip", "byte skip", "0"),
        header.fields.get("datafile"),
    )
    least = FROM_END if said == "raw" else 0
    if not (0 <= encoding.line_skip <= LAST_LINE and least <= encoding.byte_skip <= LAST_SKIP):
        reason = f"skips {encoding.line_skip} lines and {encoding.byte_skip} bytes"
        raise header.refuse("nrrd.skip", f"{reason}, which cannot be where {said} data begin")
    return encoding
