"""Read the header of a NIfTI file, and compute its grid.

Layout: nifti1.h and nifti2.h (NIfTI-1.1, NIfTI-2). Rules F3-F9 of safety.md: one file may have two
spacings and two sides for different readers, so each disagreement is reported or refused here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite, sqrt
from typing import Literal

import numpy as np
from msgspec import Struct, structs

from fl_planner.basis.constants import SAME_PLACE_MM, SCANNER_MM
from fl_planner.basis.findings import Finding
from fl_planner.basis.plain_text import as_plain_text, format_count, list_first
from fl_planner.formats.stored.file import PlainBytes, describe_unknown
from fl_planner.formats.stored.source import NamedFile
from fl_planner.formats.voxels.geometry import (
    SAME_LENGTH,
    Matrix,
    as_affine,
    by_edges,
    decimal_of,
    is_singular,
    require_edges,
    require_upright,
)
from fl_planner.formats.voxels.voxel_file import EXPORT_3D, require_count
from fl_planner.space.grid import Grid, Index

LAYOUT_1 = np.dtype(
    [
        ("sizeof_hdr", "i4"), ("old", "S35"), ("dim_info", "u1"), ("dim", "i2", 8),
        ("intent_p", "f4", 3), ("intent_code", "i2"), ("datatype", "i2"), ("bitpix", "i2"),
        ("slice_start", "i2"), ("pixdim", "f4", 8), ("vox_offset", "f4"), ("scl_slope", "f4"),
        ("scl_inter", "f4"), ("slice_end", "i2"), ("slice_code", "u1"), ("xyzt_units", "u1"),
        ("cal", "f4", 2), ("slice_duration", "f4"), ("toffset", "f4"), ("glmax", "i4", 2),
        ("text", "S104"), ("qform_code", "i2"), ("sform_code", "i2"), ("quatern", "f4", 3),
        ("qoffset", "f4", 3), ("srow", "f4", (3, 4)), ("intent_name", "S16"), ("magic", "V4"),
    ]
)  # fmt: skip
LAYOUT_2 = np.dtype(
    [
        ("sizeof_hdr", "i4"), ("magic", "V8"), ("datatype", "i2"), ("bitpix", "i2"),
        ("dim", "i8", 8), ("intent_p", "f8", 3), ("pixdim", "f8", 8), ("vox_offset", "i8"),
        ("scl_slope", "f8"), ("scl_inter", "f8"), ("cal", "f8", 2), ("slice_duration", "f8"),
        ("toffset", "f8"), ("slice_start", "i8"), ("slice_end", "i8"), ("text", "S104"),
        ("qform_code", "i4"), ("sform_code", "i4"), ("quatern", "f8", 3), ("qoffset", "f8", 3),
        ("srow", "f8", (3, 4)), ("slice_code", "i4"), ("xyzt_units", "i4"),
        ("intent_code", "i4"), ("intent_name", "S16"), ("dim_info", "u1"), ("unused", "S15"),
    ]
)  # fmt: skip
ANALYZE = "Analyze 7.5 format, which does not distinguish left from right"
EXPORT_NIFTI = "export the mask as NIfTI (.nii, .nii.gz)"
SINGULAR_SFORM = "the sform matrix is singular, so voxels have no volume"
INVALID_EXTENSION = "an invalid header extension was skipped"
QFORM_USED = "the sform is singular; the qform is used"
NUMBER_TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4",
    1024: "i8", 1280: "u8",
}  # fmt: skip
OTHER_TYPES = {
    0: "unknown", 1: "1-bit", 32: "complex", 128: "RGB colour", 1536: "128-bit float",
    1792: "complex", 2048: "complex", 2304: "RGBA colour",
}  # fmt: skip
LAST_OFFSET = 16 << 20  # bytes; longer headers are refused [safety.md F5]
MOST_LISTED = 20  # labels in a message
MOST_TABLE = 1 << 20  # bytes with the names of labels [project's choice]
EXTENSION_UNIT = 16  # bytes; each extension is a multiple of it [nifti1.h]


class Header(NamedFile, Struct, frozen=True):
    """The fields of a NIfTI header, before the checks of `geometry`."""

    name: str
    format: Literal["nifti1", "nifti2"]
    single: bool
    shape: Index
    dtype: np.dtype[np.generic]
    data_offset: int
    slope: float
    inter: float
    unit_code: int
    qform_code: int
    sform_code: int
    pixdim: tuple[float, ...]  # qfac and the three edges
    quaternion: tuple[float, ...]
    qoffset: tuple[float, ...]
    srow: tuple[tuple[float, ...], ...]
    text: bytes = b""
    label_names: Mapping[int, str] = {}

    @property
    def voxel_count(self) -> int:
        """Number of voxels."""
        i, j, k = self.shape
        return i * j * k


def read_header(source: PlainBytes) -> tuple[Header, tuple[Finding, ...]]:
    """Read a header and all bytes before the voxels of a single file.

    Afterwards `source` is at the voxels (single file) or at its end (the `.hdr` of a pair).
    """
    raw = _read_raw(source)
    version: Literal["nifti1", "nifti2"] = "nifti1" if raw.dtype.itemsize == 348 else "nifti2"
    single = _is_single(source, version, raw["magic"].tobytes())
    dtype, findings = _number_type(source, raw)
    offset, between, odd = _skip_to_data(source, raw, single=single)
    slope, inter = _scaling(source, raw)
    names, ambiguous = read_label_names(source, between)
    header = Header(
        name=source.name,
        format=version,
        single=single,
        shape=_shape(source, [int(n) for n in raw["dim"]]),
        dtype=dtype,
        data_offset=offset,
        slope=slope,
        inter=inter,
        unit_code=int(raw["xyzt_units"]) & 7,  # the low three bits are space [nifti1.h]
        qform_code=int(raw["qform_code"]),
        sform_code=int(raw["sform_code"]),
        pixdim=tuple(decimal_of(x) for x in raw["pixdim"][:4]),
        quaternion=tuple(float(x) for x in raw["quatern"]),
        qoffset=tuple(decimal_of(x) for x in raw["qoffset"]),
        srow=tuple(tuple(decimal_of(x) for x in row) for row in raw["srow"]),
        text=bytes(raw["text"]),
        label_names=names,
    )
    return header, findings + odd + ambiguous


def _read_raw(source: PlainBytes) -> np.void:
    head = source.peek(LAYOUT_2.itemsize)
    for layout in (LAYOUT_1, LAYOUT_2):
        for order in "<>":
            swapped = layout.newbyteorder("<" if order == "<" else ">")
            size = int.from_bytes(head[:4], "little" if order == "<" else "big")
            if size == layout.itemsize:
                if len(head) < layout.itemsize:
                    raise source.refuse("header.cut", "the file ends within its header")
                source.take(layout.itemsize)
                found: np.void = np.frombuffer(head[: layout.itemsize], swapped)[0]
                return found
    raise source.refuse("file.format", *describe_unknown(head, source.name))


def _is_single(source: PlainBytes, version: str, magic: bytes) -> bool:
    ends = {"nifti1": (b"n+1\0", b"ni1\0"), "nifti2": (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n")}
    single, pair = ends[version]
    if magic == single:
        return True
    if magic == pair:
        return False
    if version == "nifti1" and not magic.strip(b"\0"):
        raise source.refuse("file.format", f"the file is in {ANALYZE}", EXPORT_NIFTI)
    raise source.refuse("header.magic", f"the signature {magic!r} is not that of a NIfTI file")


def _shape(source: PlainBytes, dim: list[int]) -> Index:
    axes = dim[0]
    if not 1 <= axes <= 7:
        reason = f"the header gives {axes} axes (dim[0]); 1 to 7 are allowed"
        raise source.refuse("dims.count", reason)
    sizes = dim[1 : axes + 1]
    if min(sizes) < 1:
        raise source.refuse("dims.size", f"an axis has {min(sizes)} voxels (dim = {sizes})")
    if axes < 3:
        reason = f"the file has {format_count(axes, 'axis', 'axes')} instead of 3"
        raise source.refuse("dims.not_3d", reason, EXPORT_3D)
    if max(sizes[3:], default=1) > 1:
        reason = f"the file has several frames or vectors (dim = {sizes})"
        raise source.refuse("dims.frames", reason, EXPORT_3D)
    require_count(source, sizes[0] * sizes[1] * sizes[2], source.limits)
    return sizes[0], sizes[1], sizes[2]


def _number_type(
    source: PlainBytes, raw: np.void
) -> tuple[np.dtype[np.generic], tuple[Finding, ...]]:
    code, bits = int(raw["datatype"]), int(raw["bitpix"])
    if code not in NUMBER_TYPES:
        what = OTHER_TYPES.get(code, "undefined")
        reason = f"the data type {code} ({what}) is not supported"
        raise source.refuse("header.datatype", reason, "export the mask as whole numbers")
    order = raw.dtype["dim"].base.str[0]
    dtype: np.dtype[np.generic] = np.dtype(order + NUMBER_TYPES[code])
    if bits == 8 * dtype.itemsize:
        return dtype, ()
    what = f"bitpix is {bits}, but the data type {code} has {8 * dtype.itemsize}"
    return dtype, (source.find("header.bitpix", what),)


def _scaling(source: PlainBytes, raw: np.void) -> tuple[float, float]:
    slope, inter = decimal_of(raw["scl_slope"]), decimal_of(raw["scl_inter"])
    if slope == 0 or slope != slope:  # 0 and NaN: not scaled [safety.md F9]
        return 1.0, 0.0
    if not isfinite(slope) or not isfinite(inter):
        reason = f"at least one of the scaling values, {slope} and {inter}, is not finite"
        raise source.refuse("header.scaling", reason)
    return slope, inter


def _skip_to_data(
    source: PlainBytes, raw: np.void, *, single: bool
) -> tuple[int, bytes, tuple[Finding, ...]]:
    """Move to the first voxel; return its position, and the bytes of extensions before it."""
    first = 4 + raw.dtype.itemsize if single else 0
    offset = float(raw["vox_offset"])
    findings = []
    if offset == 0 and single:
        offset = float(first)
        what = (
            f"the header gives byte 0 as the start of the data; the data are read from byte {first}"
        )
        findings.append(source.find("header.vox_offset", what))
    if not (offset.is_integer() and first <= offset <= LAST_OFFSET):
        reason = f"the data begin at byte {offset:g}; bytes {first} to {LAST_OFFSET} are allowed"
        raise source.refuse("header.vox_offset", reason)
    size = int(offset) - raw.dtype.itemsize if single else LAST_OFFSET
    between = source.take(size)
    if single and len(between) < size:
        raise source.refuse("header.too_few_bytes", "the file ends before its data begin")
    if not _whole_extensions(between, raw.dtype["dim"].base.str[0]):
        findings.append(source.find("header.extensions", INVALID_EXTENSION))
    return int(offset), between, tuple(findings)


_LABEL = re.compile(
    rb'<Label\s[^<>]{0,300}?\bKey="(\d{1,5})"[^<>]{0,300}>\s{0,9}'
    rb"(?:<!\[CDATA\[([^<>\]]{1,200})\]\]>|([^<>]{1,200}))\s{0,9}</Label>"
)


def read_label_names(
    header: NamedFile, between: bytes
) -> tuple[Mapping[int, str], tuple[Finding, ...]]:
    """Read the names of labels in an extension, as Connectome Workbench defines them.

    TotalSegmentator writes them. Only the first table is read. Labels with two different names are
    reported, and have no name.
    """
    start, end = between.find(b"<LabelTable>"), between.find(b"</LabelTable>")
    table = between[start : min(end, start + MOST_TABLE)] if 0 <= start < end else b""
    names: dict[int, set[str]] = {}
    for key, in_data, plain in _LABEL.findall(table):
        name = as_plain_text((in_data or plain).decode("utf-8", "replace").strip())
        names.setdefault(int(key), set()).add(name)
    known = {label: one for label, (one, *others) in names.items() if not others}
    if not (twice := [str(label) for label in names if label and label not in known]):
        return known, ()
    what = (
        f"the header has different names for label {list_first(twice, MOST_LISTED)}; "
        "these names are not compared with the scheme"
    )
    return known, (header.find("header.label_names", what, value=len(twice), unit="labels"),)


def _whole_extensions(between: bytes, order: str) -> bool:
    """Whether valid extensions fill the space between header and data, except for final zeros."""
    if between[:1] in (b"", b"\0"):
        return True
    endian: Literal["big", "little"] = "big" if order == ">" else "little"
    at, filled = 4, len(between.rstrip(b"\0"))  # up to a million extensions: seen once
    while at + 8 <= len(between):
        size = int.from_bytes(between[at : at + 4], endian, signed=True)
        if at >= filled:
            return at > 4  # padding after the last extension
        if size < EXTENSION_UNIT or size % EXTENSION_UNIT:
            return False
        at += size
    return at == len(between) and at > 4


MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # unknown, metre, mm, micron [nifti1.h]
UNIT_NAMES = {1: "metres", 3: "microns"}
LAST_CODE = 5  # of qform and sform [nifti1.h, NIFTI_XFORM_TEMPLATE_OTHER]
SAME_CORNER_EDGES = 0.1  # sform against qform, silent [safety.md F8]
UNIT_QUATERNION = 1 + 1e-5  # maximum of b2 + c2 + d2 [safety.md F9]
HALF_TURN = 1 - 1e-7  # above this b2 + c2 + d2 of 32-bit numbers is 1 [nifti1_io.c]


@np.errstate(all="ignore")  # overflow and underflow are out of range, and refused
def compute_grid(header: Header) -> tuple[Grid, tuple[Finding, ...]]:
    """Compute the grid; refused if the voxel size or the side cannot be determined."""
    findings: list[Finding] = []
    header = _in_mm(_positive(header, findings), findings)
    for name, code in (("qform", header.qform_code), ("sform", header.sform_code)):
        if not 0 <= code <= LAST_CODE:
            raise header.refuse(
                "geometry.form_code", f"the {name} code is {code}; 0 to 5 are allowed"
            )
    if (matrix := _choose(header, findings)) is None:
        what = (
            "the sform and qform codes are 0: orientation and position in the patient are "
            f"undetermined, and the voxel size of {by_edges(header.pixdim[1:])} mm is taken from "
            "pixdim"
        )
        findings.append(header.find("geometry.both_codes_zero", what))
        x, y, z = header.pixdim[1:]
        return replace(Grid.upright(header.shape, (x, y, z)), placed=False), tuple(findings)
    require_edges(header, np.linalg.norm(matrix[:, :3], axis=0))
    findings += require_upright(header, matrix)
    return Grid(header.shape, as_affine(matrix)), tuple(findings)


def _positive(header: Header, findings: list[Finding]) -> Header:
    edges = header.pixdim[1:]
    if not all(isfinite(edge) and edge != 0 for edge in edges):
        reason = f"the voxel size of {by_edges(edges)} in the header (pixdim) is invalid"
        raise header.refuse("geometry.no_spacing", reason)
    if min(edges) < 0:
        what = f"negative voxel size ({by_edges(edges)}); the absolute value is used"
        findings.append(header.find("geometry.negative_spacing", what))
    return structs.replace(header, pixdim=(header.pixdim[0], *map(abs, edges)))


def _in_mm(header: Header, findings: list[Finding]) -> Header:
    """Convert lengths according to the unit code; an undefined code is read as mm."""
    by = MM_PER_UNIT.get(header.unit_code, 1.0)
    header = structs.replace(
        header,
        pixdim=(header.pixdim[0], *(edge * by for edge in header.pixdim[1:])),
        qoffset=tuple(x * by for x in header.qoffset),
        srow=tuple(tuple(x * by for x in row) for row in header.srow),
    )
    require_edges(header, header.pixdim[1:])
    findings += find_other_unit(header, header.unit_code)
    return header


def find_other_unit(header: NamedFile, code: int) -> tuple[Finding, ...]:
    """Report a unit code that is undefined, or not that of mm."""
    if code not in MM_PER_UNIT:
        what = f"the unit code {code} is undefined; lengths are read as mm"
        return (header.find("geometry.unit_undefined", what),)
    if code in UNIT_NAMES:
        what = f"lengths in {UNIT_NAMES[code]} were converted to mm"
        return (header.find("geometry.unit_converted", what),)
    return ()


def _choose(header: Header, findings: list[Finding]) -> Matrix | None:
    """Choose between sform and qform by F8; None if neither is coded."""
    qform = _qform(header) if header.qform_code else None
    if not header.sform_code:
        return qform
    sform = np.array(header.srow, dtype=np.float64)
    _require_near(header, "sform", sform.ravel().tolist())
    if is_singular(sform):
        if qform is None:
            raise header.refuse("geometry.singular", SINGULAR_SFORM)
        findings.append(header.find("geometry.sform_singular", QFORM_USED))
        return qform
    if qform is None:
        _compare_lengths(header, sform, findings)
    else:
        _compare_forms(header, sform, qform, findings)
    return sform


def _qform(header: Header) -> Matrix:
    """Compute the qform matrix from its quaternion [nifti1.h, method 2]."""
    b, c, d = header.quaternion
    length2 = b * b + c * c + d * d
    if not length2 <= UNIT_QUATERNION:
        reason = f"the quaternion has a length of {sqrt(length2):g}; at most 1 is possible"
        raise header.refuse("geometry.quaternion", reason)
    qfac = header.pixdim[0]
    _require_near(header, "qform", [*header.qoffset, qfac])
    if qfac < 0 and qfac != -1:  # read as -1 by nifti1_io.c, as 1 by nibabel
        reason = (
            f"a qfac (pixdim[0]) of {qfac:g} is interpreted differently by different programs: "
            "left and right may be swapped"
        )
        raise header.refuse("geometry.quaternion", reason)
    a = sqrt(max(0.0, 1.0 - length2))
    if length2 > HALF_TURN:
        a = 0.0
        b, c, d = (x / sqrt(length2) for x in (b, c, d))
    turn = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    x, y, z = header.pixdim[1:]
    edges = np.array([x, y, -z if qfac < 0 else z])
    return np.column_stack([turn * edges, np.array(header.qoffset)])


def _require_near(header: Header, form: str, numbers: list[float]) -> None:
    """Refuse a form with a position outside any scanner."""
    if not all(map(isfinite, numbers)):
        raise header.refuse("geometry.not_finite", f"the {form} is not finite")
    if abs(far := max(numbers, key=abs)) > SCANNER_MM:
        reason = f"the {form} gives a position {far:.3g} mm from the origin; "
        reason += f"at most {SCANNER_MM:g} mm is possible"
        raise header.refuse("geometry.too_far", reason)


def _compare_lengths(header: Header, sform: Matrix, findings: list[Finding]) -> None:
    lengths = np.linalg.norm(sform[:, :3], axis=0)
    edges = np.array(header.pixdim[1:])
    if not np.allclose(lengths, edges, rtol=SAME_LENGTH, atol=0.0):
        sizes = f"sform has voxels of {by_edges(lengths)} mm, pixdim {by_edges(edges)} mm"
        findings.append(header.find("geometry.pixdim_stale", f"{sizes}; the sform is used"))


def _compare_forms(header: Header, sform: Matrix, qform: Matrix, findings: list[Finding]) -> None:
    """Accept, report or refuse the difference between two coded forms."""
    volumes = [abs(float(np.linalg.det(m[:, :3]))) for m in (sform, qform)]
    if abs(volumes[0] - volumes[1]) > SAME_LENGTH * min(volumes):
        percent = 100 * abs(volumes[0] / volumes[1] - 1)
        reason = f"the voxel volumes given by sform and qform differ by {percent:.3g} %"
        raise header.refuse("geometry.sform_qform_differ", reason)
    corners = np.column_stack([Grid.upright(header.shape, (1.0, 1.0, 1.0)).corners(), np.ones(8)])
    apart = float(np.linalg.norm(corners @ (sform - qform).T, axis=1).max())
    edge = min(header.pixdim[1:])
    if np.linalg.det(sform[:, :3]) * np.linalg.det(qform[:, :3]) < 0:
        reason = "sform and qform are mirrored relative to each other: "
        reason += "they disagree on which side is left"
        raise header.refuse("geometry.sform_qform_differ", reason)
    if apart > edge:
        reason = f"the positions given by sform and qform are {apart:.3g} mm apart"
        raise header.refuse("geometry.sform_qform_differ", reason)
    if apart > max(SAME_PLACE_MM, SAME_CORNER_EDGES * edge):
        what = f"the positions given by sform and qform are {apart:.3g} mm apart; the sform is used"
        code = "geometry.sform_qform_differ"
        findings.append(header.find(code, what, value=apart, unit="mm"))
