"""The header of a NIfTI file, read field by field; what cannot be right is refused.

Rules F3-F5 of safety.md. Layout: nifti1.h and nifti2.h (NIfTI-1.1, NIfTI-2).
"""

from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np

from fl_planner.basis.findings import Finding
from fl_planner.formats.stored.file import PlainBytes
from fl_planner.formats.stored.magic import say_unknown
from fl_planner.formats.stored.named_file import NamedFile
from fl_planner.formats.voxels.geometry import decimal_of
from fl_planner.space.box import Index

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
NUMBER_TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4",
    1024: "i8", 1280: "u8",
}  # fmt: skip
OTHER_TYPES = {
    0: "unknown", 1: "1-bit", 32: "complex", 128: "RGB colour", 1536: "128-bit float",
    1792: "complex", 2048: "complex", 2304: "RGBA colour",
}  # fmt: skip
LAST_OFFSET = 16 << 20  # bytes; longer headers are not believed [safety.md F5]
EXTENSION_UNIT = 16  # bytes; each extension is a multiple of it [nifti1.h]


@dataclass(frozen=True, slots=True)
class Header(NamedFile):
    """What a NIfTI header says, in plain numbers; still to be judged by `geometry`."""

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

    @property
    def voxel_count(self) -> int:
        """Number of voxels."""
        i, j, k = self.shape
        return i * j * k


def read_header(source: PlainBytes) -> tuple[Header, tuple[Finding, ...]]:
    """Read a header and all that stands before the voxels of a single file.

    Afterwards `source` gives the voxels (single file) or nothing more (the `.hdr` of a pair).
    """
    raw = _read_raw(source)
    version: Literal["nifti1", "nifti2"] = "nifti1" if raw.dtype.itemsize == 348 else "nifti2"
    single = _is_single(source, version, raw["magic"].tobytes())
    dtype, findings = _number_type(source, raw)
    offset, odd = _skip_to_data(source, raw, single=single)
    slope, inter = _scaling(source, raw)
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
    )
    return header, findings + odd


def _read_raw(source: PlainBytes) -> np.void:
    head = source.peek(LAYOUT_2.itemsize)
    for layout in (LAYOUT_1, LAYOUT_2):
        for order in "<>":
            swapped = layout.newbyteorder("<" if order == "<" else ">")
            size = int.from_bytes(head[:4], "little" if order == "<" else "big")
            if size == layout.itemsize:
                if len(head) < layout.itemsize:
                    raise source.refuse("header.cut", "ends within its header")
                source.take(layout.itemsize)
                found: np.void = np.frombuffer(head[: layout.itemsize], swapped)[0]
                return found
    reason, remedy = say_unknown(head, source.name)
    raise source.refuse(
        "file.format", f"{reason}, which is not a mask that can be read here", remedy
    )


def _is_single(source: PlainBytes, version: str, magic: bytes) -> bool:
    ends = {
        "nifti1": (b"n+1\0", b"ni1\0"),
        "nifti2": (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n"),
    }
    single, pair = ends[version]
    if magic == single:
        return True
    if magic == pair:
        return False
    if version == "nifti1" and not magic.strip(b"\0"):
        reason = "is an Analyze 7.5 file, which does not say left from right"
        raise source.refuse("file.format", reason, "export it as NIfTI (.nii, .nii.gz)")
    raise source.refuse("header.magic", f"has the magic {magic!r}, which no NIfTI file has")


def _shape(source: PlainBytes, dim: list[int]) -> Index:
    axes = dim[0]
    if not 1 <= axes <= 7:
        raise source.refuse("dims.count", f"says it has {axes} axes (dim[0]), of 1 to 7 possible")
    sizes = dim[1 : axes + 1]
    if min(sizes) < 1:
        raise source.refuse("dims.size", f"has an axis of {min(sizes)} voxels (dim = {sizes})")
    if axes < 3:
        raise source.refuse("dims.not_3d", f"has {axes} axes, a mask has 3", "export the volume")
    if max(sizes[3:], default=1) > 1:
        reason = f"holds several frames or vectors (dim = {sizes}), a mask is one 3-D volume"
        raise source.refuse("dims.frames", reason, "export one 3-D volume")
    limits = source.limits
    voxels = sizes[0] * sizes[1] * sizes[2]
    if voxels > limits.voxels:
        reason = f"is too large: {voxels} voxels in its header, the limit is {limits.voxels}"
        raise source.refuse("limit.voxels", reason, "crop it, or raise --size-limit")
    return sizes[0], sizes[1], sizes[2]


def _number_type(
    source: PlainBytes, raw: np.void
) -> tuple[np.dtype[np.generic], tuple[Finding, ...]]:
    code, bits = int(raw["datatype"]), int(raw["bitpix"])
    if code not in NUMBER_TYPES:
        what = OTHER_TYPES.get(code, "undefined")
        reason = f"has the data type {code} ({what}), a mask holds real numbers"
        raise source.refuse("header.datatype", reason, "export the mask as whole numbers")
    order = raw.dtype["dim"].base.str[0]
    dtype: np.dtype[np.generic] = np.dtype(order + NUMBER_TYPES[code])
    if bits == 8 * dtype.itemsize:
        return dtype, ()
    what = f"bitpix is {bits} where the data type {code} has {8 * dtype.itemsize}"
    return dtype, (source.find("header.bitpix", what),)


def _scaling(source: PlainBytes, raw: np.void) -> tuple[float, float]:
    slope, inter = decimal_of(raw["scl_slope"]), decimal_of(raw["scl_inter"])
    if slope == 0 or slope != slope:  # 0 and NaN: not scaled [safety.md F9]
        return 1.0, 0.0
    if not isfinite(slope) or not isfinite(inter):
        reason = f"scales its values by {slope} and {inter}"
        raise source.refuse("header.scaling", reason)
    return slope, inter


def _skip_to_data(
    source: PlainBytes, raw: np.void, *, single: bool
) -> tuple[int, tuple[Finding, ...]]:
    """Go to the first voxel; extensions are passed over, never read into anything."""
    first = 4 + raw.dtype.itemsize if single else 0
    offset = float(raw["vox_offset"])
    findings = []
    if offset == 0 and single:
        offset = float(first)
        what = f"says its data begin at byte 0; read from {first}"
        findings.append(source.find("header.vox_offset", what))
    if not (offset.is_integer() and first <= offset <= LAST_OFFSET):
        reason = f"says its data begin at byte {offset:g}, of {first} to {LAST_OFFSET} possible"
        raise source.refuse("header.vox_offset", reason)
    size = int(offset) - raw.dtype.itemsize if single else LAST_OFFSET
    between = source.take(size)
    if single and len(between) < size:
        raise source.refuse("header.too_few_bytes", "ends before its data begin")
    if not _whole_extensions(between, raw.dtype["dim"].base.str[0]):
        what = "has a broken header extension; passed over"
        findings.append(source.find("header.extensions", what))
    return int(offset), tuple(findings)


def _whole_extensions(between: bytes, order: str) -> bool:
    """Whether the extensions between header and data are a chain that fits."""
    if between[:1] in (b"", b"\0"):
        return True
    endian: Literal["big", "little"] = "big" if order == ">" else "little"
    at = 4
    while at + 8 <= len(between):
        size = int.from_bytes(between[at : at + 4], endian, signed=True)
        if not between[at:].strip(b"\0"):
            return at > 4  # padding after the last one
        if size < EXTENSION_UNIT or size % EXTENSION_UNIT:
            return False
        at += size
    return at == len(between) and at > 4
