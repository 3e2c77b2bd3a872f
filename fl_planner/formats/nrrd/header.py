"""The header of an NRRD file: field by field, and where the voxels are.

Rules N1 and F4-F7 of safety.md. Format: teem.sourceforge.net/nrrd/format.html (NRRD0005).
SimpleITK assumes 1 mm if directions are missing; here, a file without a spacing is refused, and
the sides of one without a space are unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import isfinite, prod

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.findings import Finding
from fl_planner.basis.plain_text import format_count
from fl_planner.formats.stored.file import Packing, PlainBytes
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import NamedFile
from fl_planner.formats.voxels.geometry import (
    LAST_SKIP,
    SAME_LENGTH,
    as_affine,
    by_edges,
    is_clean,
    is_singular,
    mm_per_unit,
    number,
    numbers,
    read_text_header,
    require_edges,
    require_near,
    require_upright,
    whole_numbers,
)
from fl_planner.formats.voxels.voxel_file import EXPORT_3D, read_axis_sizes, require_count
from fl_planner.space.grid import TO_RAS, Grid, Index

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


class Encoding(Struct, frozen=True):
    """Storage of the voxels, and any data before them."""

    packing: Packing
    is_text: bool
    line_skip: int
    byte_skip: int
    data_file: str | None


class NrrdHeader(NamedFile):
    """Content of an NRRD header.

    `fields` are the fields in use, by name without blanks; `pairs` are keys and values of other
    programs, `twice` the keys with two values; `odd` are findings about ignored parts.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.fields: dict[str, str] = {}
        self.pairs: dict[str, str] = {}
        self.twice: set[str] = set()
        self.odd: list[Finding] = []
        first, *lines = text.replace("\r\n", "\n").split("\n")
        if not MAGIC.fullmatch(first.rstrip()):
            raise self.refuse("nrrd.version", "the NRRD version is not NRRD0001 to NRRD0005")
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
            self.odd.append(self.find("nrrd.unknown_field", "an unknown field was ignored"))
        elif field in FIELDS and field in self.fields:
            raise self.refuse("nrrd.field_twice", f"the header gives {key.strip()} twice")
        elif field in FIELDS - {"datafile"} and not is_clean(value):
            raise self.refuse("nrrd.field", f"{key.strip()} in the header is not text")
        elif field in FIELDS:
            self.fields[field] = value.strip()

    def require(self, field: str, called: str) -> str:
        """Return a required field."""
        if not self.fields.get(field):
            raise self.refuse("nrrd.field_missing", f"the header lacks the {called}")
        return self.fields[field]

    def whole_number(self, field: str, called: str, usual: str = "") -> int:
        """Return a field that is one whole number."""
        text = self.fields.get(field, usual) if usual else self.require(field, called)
        found = whole_numbers(text)
        if found is None or len(found) != 1:
            raise self.refuse("nrrd.field", f"{called} in the header is not a whole number")
        return found[0]


def read_header(source: PlainBytes) -> NrrdHeader:
    """Read a header and its final empty line; afterwards `source` is at the voxels."""
    text, _ = read_text_header(source, END)
    return NrrdHeader(source.name, text)


def read_sizes(header: NrrdHeader, limits: Limits) -> tuple[int, ...]:
    """Read the number of voxels along each axis, with checks before unpacking."""
    axes, text = header.whole_number("dimension", "dimension"), header.require("sizes", "sizes")
    sizes = read_axis_sizes(header, "sizes", text, axes, MOST_AXES)
    require_count(header, prod(sizes), limits)
    return sizes


def read_type(header: NrrdHeader) -> np.dtype[np.generic]:
    """Read the type and byte order of a voxel's number."""
    keyword = " ".join(header.require("type", "type").lower().split())
    if keyword not in TYPE_OF:
        reason = "the voxel type is unknown or not numeric"
        raise header.refuse("header.datatype", reason, "export the mask as whole numbers")
    dtype: np.dtype[np.generic] = np.dtype(TYPE_OF[keyword])
    endian = header.fields.get("endian", "").lower()
    if endian and endian not in ENDIANS:
        raise header.refuse("nrrd.endian", "endian is neither little nor big")
    if dtype.itemsize == 1 or header.fields.get("encoding", "").lower() in TEXTS:
        return dtype
    if not endian:
        reason = "the header lacks the byte order (endian)"
        raise header.refuse("nrrd.endian", reason)
    return dtype.newbyteorder("<" if endian == "little" else ">")


def read_encoding(header: NrrdHeader) -> Encoding:
    """Read the encoding of the voxels."""
    keyword = header.require("encoding", "encoding").lower()
    if keyword not in ENCODINGS and keyword not in TEXTS:
        reason = "the encoding is not raw, gzip, bzip2 or ascii"
        raise header.refuse("nrrd.encoding", reason, "save the file with encoding raw or gzip")
    encoding = Encoding(
        ENCODINGS.get(keyword, Packing.NONE),
        keyword in TEXTS,
        header.whole_number("lineskip", "line skip", "0"),
        header.whole_number("byteskip", "byte skip", "0"),
        header.fields.get("datafile"),
    )
    least = FROM_END if keyword == "raw" else 0
    if not (0 <= encoding.line_skip <= LAST_LINE and least <= encoding.byte_skip <= LAST_SKIP):
        reason = f"{encoding.line_skip} lines and {encoding.byte_skip} bytes are skipped"
        raise header.refuse("nrrd.skip", f"{reason}; {keyword} data cannot start there")
    return encoding


# name of a space -> signs that make its axes right, anterior and superior
RAS_SIGNS = {
    **dict.fromkeys(("right-anterior-superior", "ras"), TO_RAS["RAS"]),
    **dict.fromkeys(("left-anterior-superior", "las"), (-1.0, 1.0, 1.0)),
    **dict.fromkeys(("left-posterior-superior", "lps"), TO_RAS["LPS"]),
}  # fmt: skip
NO_SIDE = {"scanner-xyz", "3d-right-handed", "3d-left-handed", "3dr", "3dl", "3d-r", "3d-l"}
SPACE_KINDS = {"domain", "space", "???", "none"}  # of spatial axes
LAYER_KINDS = {"list", "vector", "???"}  # of the layer axis of a segmentation
MOST_LAYERS = 1 << 8  # more are refused [project's choice]
_VECTOR = re.compile(r"\(([^()]*)\)|(none)", re.IGNORECASE)
_UNIT = re.compile(r'"([^"]*)"|(\S+)')
Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Axes:
    """The spatial axes among `count` axes of an array, and its number of layers."""

    space: Index
    shape: Index
    count: int
    layers: int = 1


def find_axes(header: NrrdHeader, sizes: tuple[int, ...], *, layered: bool) -> Axes:
    """Return the three spatial axes; any other has one entry, or layers of a segmentation."""
    kinds = header.fields.get("kinds", "").lower().split() or ["???"] * len(sizes)
    if len(kinds) != len(sizes):
        entries = format_count(len(kinds), "entry", "entries")
        which = format_count(len(sizes), "axis", "axes")
        raise header.refuse("nrrd.field", f"kinds has {entries} for {which}")
    space = _axes_of_space(header, sizes, kinds)
    others = [axis for axis, size in enumerate(sizes) if size > 1 and axis not in space[:3]]
    vectors = [axis for axis in space if sizes[axis] > 1 and kinds[axis] not in SPACE_KINDS]
    axes = Axes(
        (space[0], space[1], space[2]),
        (sizes[space[0]], sizes[space[1]], sizes[space[2]]),
        len(sizes),
    )
    few = sizes[0] <= MOST_LAYERS
    if layered and others == [0] and few and kinds[0] in LAYER_KINDS and not vectors:
        return replace(axes, layers=sizes[0])
    if others or vectors:
        reason = f"the file has several frames, layers or vectors (sizes = {list(sizes)})"
        raise header.refuse("dims.frames", reason, EXPORT_3D)
    return axes


def _axes_of_space(header: NrrdHeader, sizes: tuple[int, ...], kinds: list[str]) -> list[int]:
    """List the spatial axes; more than three only if none has one entry."""
    if (directions := _directions(header, len(sizes))) is None:
        spacings = _spacings(header, len(sizes))
        lies = [kind in SPACE_KINDS and s == s for kind, s in zip(kinds, spacings, strict=True)]
    else:
        lies = [direction is not None for direction in directions]
    space = [axis for axis, in_space in enumerate(lies) if in_space]
    while len(space) > 3 and (flat := [axis for axis in space if sizes[axis] == 1]):
        space.remove(flat[-1])
    if len(space) < 3:
        reason = f"the file has {len(space)} spatial axes instead of 3"
        raise header.refuse("dims.not_3d", reason, EXPORT_3D)
    return space


@np.errstate(all="ignore")  # overflow and underflow are out of range, and refused
def compute_grid(header: NrrdHeader, axes: Axes) -> tuple[Grid, tuple[Finding, ...]]:
    """Compute the grid; refused if the voxel size is unknown."""
    signs, findings = _signs(header)
    if (directions := _directions(header, axes.count)) is None:
        return _of_spacings(header, axes)
    _compare_spacings(header, directions)
    origin = _origin(header)
    if origin is None and signs is not None:
        what = "the header lacks the origin: position in the patient undetermined"
        findings.append(header.find("geometry.no_origin", what))
    columns = [directions[axis] for axis in axes.space]
    matrix = np.array([*columns, origin or (0.0, 0.0, 0.0)], dtype=np.float64).T
    if not np.isfinite(matrix).all():
        raise header.refuse(
            "geometry.not_finite",
            "the space directions or the origin contain numbers that are not finite",
        )
    if is_singular(matrix):
        raise header.refuse("geometry.singular", "the space directions are linearly dependent")
    factors, converted = _mm_per_unit(header, "spaceunits", (0, 1, 2), 3)
    matrix *= factors[:, None] * np.array(signs or (1.0, 1.0, 1.0))[:, None]
    require_edges(header, np.linalg.norm(matrix[:, :3], axis=0))
    require_near(header, matrix)
    findings += [*converted, *require_upright(header, matrix)]
    placed = signs is not None and origin is not None
    return Grid(axes.shape, as_affine(matrix), placed), tuple(findings)


def _signs(header: NrrdHeader) -> tuple[Vector | None, list[Finding]]:
    """Return the orientation of the spatial axes in the patient; None if not given."""
    space = header.fields.get("space", "").lower()
    if header.fields.get("spacedimension", "3") != "3":
        raise header.refuse("dims.not_3d", "the coordinate space does not have 3 dimensions")
    if space in RAS_SIGNS:
        return RAS_SIGNS[space], []
    if space and space not in NO_SIDE:
        reason = "the coordinate space is not LPS, RAS, LAS or that of the scanner"
        raise header.refuse("geometry.space", reason)
    why = (
        "the coordinate space is that of the scanner" if space else "no coordinate space is stated"
    )
    what = f"{why}: orientation and position in the patient are undetermined"
    return None, [header.find("geometry.no_space", what)]


def _directions(header: NrrdHeader, count: int) -> list[Vector | None] | None:
    """Read a vector for each axis, None for other axes; None if there are no vectors."""
    if header.fields.get("spacedimension") == "4":  # of a series, even with a single frame
        raise header.refuse("dims.frames", "the file has four spatial axes", EXPORT_3D)
    if (text := header.fields.get("spacedirections")) is None:
        return None
    found = [*_VECTOR.finditer(text)]
    if len(found) != count or _VECTOR.sub("", text).strip():
        raise header.refuse(
            "geometry.directions", f"the space directions do not consist of {count} vectors"
        )
    return [None if match[2] else _vector(header, match[1]) for match in found]


def _vector(header: NrrdHeader, text: str) -> Vector:
    parts = [number(part.strip()) for part in text.split(",")]
    if len(parts) != 3 or None in parts:
        raise header.refuse("geometry.directions", "a vector does not consist of three numbers")
    x, y, z = (part for part in parts if part is not None)
    return x, y, z


def _origin(header: NrrdHeader) -> Vector | None:
    if (text := header.fields.get("spaceorigin")) is None:
        return None
    match = _VECTOR.fullmatch(text)
    if match is None or match[2]:
        raise header.refuse("geometry.directions", "the origin does not consist of three numbers")
    return _vector(header, match[1])


def _spacings(header: NrrdHeader, count: int) -> list[float]:
    if "spacings" not in header.fields:
        reason = "the header has neither space directions nor spacings"
        raise header.refuse("geometry.no_spacing", reason)
    found = numbers(header.fields["spacings"])
    if found is None or len(found) != count:
        raise header.refuse(
            "geometry.no_spacing", f"spacings in the header do not consist of {count} numbers"
        )
    return found


def _of_spacings(header: NrrdHeader, axes: Axes) -> tuple[Grid, tuple[Finding, ...]]:
    """Compute the grid of a file that only gives the voxel size."""
    spacings = _spacings(header, axes.count)
    edges = np.array([spacings[axis] for axis in axes.space])
    if not (np.isfinite(edges) & (edges != 0)).all():
        reason = f"the voxel size of {by_edges(edges)} in the header (spacings) is invalid"
        raise header.refuse("geometry.no_spacing", reason)
    what = "only spacings are given: orientation and position in the patient are undetermined"
    findings = [header.find("geometry.no_space", what)]
    if edges.min() < 0:
        what = f"negative voxel size ({by_edges(edges)}); the absolute value is used"
        findings.append(header.find("geometry.negative_spacing", what))
    factors, converted = _mm_per_unit(header, "units", axes.space, axes.count)
    edges = np.abs(edges) * factors
    require_edges(header, edges)
    matrix = np.column_stack([np.diag(edges), np.zeros(3)])
    return Grid(axes.shape, as_affine(matrix), placed=False), (*findings, *converted)


def _compare_spacings(header: NrrdHeader, directions: list[Vector | None]) -> None:
    """Refuse two different voxel sizes."""
    if "spacings" not in header.fields:
        return
    keyword = _spacings(header, len(directions))
    for spacing, direction in zip(keyword, directions, strict=True):
        if direction is None or not isfinite(spacing):
            continue
        length = float(np.linalg.norm(direction))
        if not abs(abs(spacing) - length) <= SAME_LENGTH * length:
            reason = f"a spacing of {spacing:g} contradicts a space direction of length {length:g}"
            raise header.refuse("geometry.spacings_differ", reason)


def _mm_per_unit(
    header: NrrdHeader, field: str, which: Index, count: int
) -> tuple[npt.NDArray[np.float64], list[Finding]]:
    """Read the units of three of `count` axes; an undefined unit is read as mm."""
    if field not in header.fields:
        return np.ones(3), []
    keyword = [quoted or bare for quoted, bare in _UNIT.findall(header.fields[field])]
    if len(keyword) != count:
        raise header.refuse("geometry.units", f"units are given for {len(keyword)} of {count} axes")
    units = [keyword[axis] for axis in which]
    known = [mm_per_unit(unit) for unit in units]
    findings = []
    if None in known:
        what = "undefined length unit, read as mm"
        findings.append(header.find("geometry.unit_undefined", what))
    other = {u: None for u, in_mm in zip(units, known, strict=True) if in_mm not in (None, 1.0)}
    if other:
        what = f"lengths in {', '.join(other)} were converted to mm"
        findings.append(header.find("geometry.unit_converted", what))
    return np.array([in_mm or 1.0 for in_mm in known]), findings
