"""NIfTI files as bytes, written field by field, so that each field can be wrong.

The offsets are those of nifti1.h and nifti2.h; nothing here comes from the package, nor from
another library that could share its errors.
"""

import gzip
import struct
from collections.abc import Sequence
from math import acos, sin
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Order = Literal["<", ">"]
Rows = Sequence[Sequence[float]]  # three rows of four: voxel index to mm, RAS+

SIZES = {1: 348, 2: 540}
SINGLE = {1: b"n+1\0", 2: b"n+2\0\r\n\x1a\n"}
PAIR = {1: b"ni1\0", 2: b"ni2\0\r\n\x1a\n"}
# field -> byte offset and format
FIELDS = {
    1: {
        "sizeof_hdr": (0, "i"), "dim_info": (39, "B"), "dim": (40, "8h"),
        "intent_code": (68, "h"), "datatype": (70, "h"), "bitpix": (72, "h"),
        "pixdim": (76, "8f"), "vox_offset": (108, "f"), "scl_slope": (112, "f"),
        "scl_inter": (116, "f"), "xyzt_units": (123, "B"), "toffset": (136, "f"),
        "descrip": (148, "80s"), "qform_code": (252, "h"), "sform_code": (254, "h"),
        "quatern": (256, "3f"), "qoffset": (268, "3f"), "srow": (280, "12f"),
        "intent_name": (328, "16s"), "magic": (344, "4s"),
    },
    2: {
        "sizeof_hdr": (0, "i"), "magic": (4, "8s"), "datatype": (12, "h"), "bitpix": (14, "h"),
        "dim": (16, "8q"), "pixdim": (104, "8d"), "vox_offset": (168, "q"),
        "scl_slope": (176, "d"), "scl_inter": (184, "d"), "toffset": (216, "d"),
        "descrip": (240, "80s"), "qform_code": (344, "i"), "sform_code": (348, "i"),
        "quatern": (352, "3d"), "qoffset": (376, "3d"), "srow": (400, "12d"),
        "xyzt_units": (500, "i"), "intent_code": (504, "i"), "intent_name": (508, "16s"),
        "dim_info": (524, "B"),
    },
}  # fmt: skip
DATATYPES = {
    "u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "i1": 256, "u2": 512, "u4": 768,
    "i8": 1024, "u8": 1280,
}  # fmt: skip


def header(version: int = 1, order: Order = "<", **fields: Any) -> bytes:
    """Pack a header of 348 or 540 bytes; a field that is not named is zero."""
    packed = bytearray(SIZES[version])
    for name, value in {"sizeof_hdr": SIZES[version], **fields}.items():
        offset, form = FIELDS[version][name]
        several = isinstance(value, tuple | list)
        struct.pack_into(order + form, packed, offset, *(value if several else (value,)))
    return bytes(packed)


def upright(spacing_mm: Sequence[float], origin_mm: Sequence[float] = (0.0, 0.0, 0.0)) -> Rows:
    return [
        [*(spacing_mm[row] if row == column else 0.0 for column in range(3)), origin_mm[row]]
        for row in range(3)
    ]


def sform(rows: Rows, code: int = 1) -> dict[str, Any]:
    """Fields of an sform; pixdim holds the lengths of its columns."""
    return {
        "sform_code": code,
        "srow": [number for row in rows for number in row],
        "pixdim": (1.0, *_lengths(rows), 0.0, 0.0, 0.0, 0.0),
    }


def qform(
    spacing_mm: Sequence[float],
    origin_mm: Sequence[float] = (0.0, 0.0, 0.0),
    quatern: Sequence[float] = (0.0, 0.0, 0.0),
    *,
    qfac: float = 1.0,
    code: int = 1,
) -> dict[str, Any]:
    """Fields of a qform."""
    return {
        "qform_code": code,
        "quatern": tuple(quatern),
        "qoffset": tuple(origin_mm),
        "pixdim": (qfac, *spacing_mm, 0.0, 0.0, 0.0, 0.0),
    }


def quaternion(turn: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """b, c, d of a rotation: its axis times the sine of half its angle."""
    values, vectors = np.linalg.eig(turn)
    axis = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    twist = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    angle = acos(min(1.0, max(-1.0, (np.trace(turn) - 1) / 2)))
    return tuple(float(x) for x in axis * sin(angle / 2) * (-1 if twist @ axis < 0 else 1))


def both_forms(
    spacing_mm: Sequence[float], origin_mm: Sequence[float] = (0.0, 0.0, 0.0)
) -> dict[str, Any]:
    return {**sform(upright(spacing_mm, origin_mm)), **qform(spacing_mm, origin_mm)}


def describe(
    shape: Sequence[int], dtype: str = "u1", *, version: int = 1, single: bool = True, **fields: Any
) -> dict[str, Any]:
    """Fields of a right header for voxels of `shape`, with `fields` in place of its own."""
    dim = (len(shape), *shape, *[1] * (7 - len(shape)))
    return {
        "dim": dim,
        "datatype": DATATYPES[dtype],
        "bitpix": 8 * np.dtype(dtype).itemsize,
        "vox_offset": SIZES[version] + 4 if single else 0,
        "xyzt_units": 2,
        "magic": (SINGLE if single else PAIR)[version],
        **fields,
    }


def stored(voxels: npt.NDArray[Any], order: Order = "<") -> bytes:
    return voxels.astype(voxels.dtype.newbyteorder(order)).tobytes(order="F")


def nifti(
    voxels: npt.NDArray[Any],
    *,
    version: int = 1,
    order: Order = "<",
    between: bytes = b"\0\0\0\0",
    **fields: Any,
) -> bytes:
    """Pack a single file; `between` stands between the header and the voxels."""
    dtype = voxels.dtype.str[1:]
    offset = SIZES[version] + len(between)
    right = {"vox_offset": offset, **fields}
    described = describe(voxels.shape, dtype, version=version, **right)
    return header(version, order, **described) + between + stored(voxels, order)


def nifti_pair(
    voxels: npt.NDArray[Any], *, version: int = 1, order: Order = "<", **fields: Any
) -> tuple[bytes, bytes]:
    dtype = voxels.dtype.str[1:]
    described = describe(voxels.shape, dtype, version=version, single=False, **fields)
    return header(version, order, **described), stored(voxels, order)


def zipped(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def write_nifti(
    path: Path,
    voxels: npt.NDArray[Any],
    spacing: Sequence[float] = (2.0, 3.0, 5.0),
    origin: Sequence[float] = (0.0, 0.0, 0.0),
    **fields: Any,
) -> Path:
    """Write voxels on an upright grid, gzipped where the name says so, and give the path."""
    content = nifti(voxels, **{**both_forms(spacing, origin), **fields})
    return write(path, zipped(content) if path.name.endswith(".gz") else content)


def _lengths(rows: Rows) -> list[float]:
    return [sum(row[column] ** 2 for row in rows) ** 0.5 for column in range(3)]
