"""Make the bundled cases: `python -m sample_data.make [FOLDER]`, from the repository's root.

Two invented patients, drawn from formulas; no scan of a person went into them. Masks, CT and
`truth.json` are written, the case files beside them are not. The voxels are the same on every
machine (see `shapes.py`), and so are the files wherever Python is built with the reference
zlib; zlib-ng packs the same voxels into other bytes.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sample_data.liver import (
    LIVER_BOX,
    Build,
    Labels,
    couinaud,
    draw_liver,
    draw_tumour,
    fissure_for_share,
    without_specks,
)
from sample_data.picture import Flags, Nodule, draw_picture
from sample_data.recount import FIRST_CENTRE_MM, NX, NY, SPACING_MM, recount
from sample_data.shapes import Box, Ellipsoid, Points

NZ = 96
UINT8, INT16 = (2, 8), (4, 16)  # NIfTI datatype and bits
GZIP_START = bytes([31, 139, 8, 0, 0, 0, 0, 0, 0, 255])  # no name, no time, no system
GZIP_LEVEL = 8  # 9 saves 0.7 % and takes twice as long


@dataclass(frozen=True, slots=True)
class Case:
    """One invented patient, and the mask that the question is about."""

    name: str
    build: Build
    nodules: tuple[Nodule, ...]
    mask: str
    mask_segments: tuple[int, ...]
    share: float | None = None  # what II and III shall take of the non-tumorous liver


METASTASIS, HCC = (60, 52, 64), (85, 48, 124)
CASES = (
    Case(
        "crlm",
        Build(0.9, 86, (76, 92, 98)),
        (
            Nodule(Ellipsoid((-72, 24, 26), (23, 25, 22)), *METASTASIS),  # VIII
            Nodule(Ellipsoid((-94, -36, -6), (15, 17, 17)), *METASTASIS),  # VI and VII
            Nodule(Ellipsoid((-84, 44, -36), (13, 12, 14)), *METASTASIS),  # V
            Nodule(Ellipsoid((-32, 54, 10), (11, 12, 13)), *METASTASIS),  # IV
            Nodule(Ellipsoid((-58, -58, 26), (7, 7, 8)), *METASTASIS),  # VII
        ),
        "flr",
        (2, 3),
        0.2996,  # one decimal would read 30.0 %
    ),
    Case(
        "hcc",
        Build(0.96, 64, (82, 96, 102)),
        (
            Nodule(Ellipsoid((-83, 4, 0), (43, 48, 46)), *HCC),
            Nodule(Ellipsoid((-58, 50, 34), (8, 9, 8)), *HCC),  # satellite
        ),
        "treated",
        (5, 6, 7, 8),
    ),
)


def atlas_points(stature: float) -> Points:
    """Return the voxel centres in the atlas of a patient's stature; x runs to the left."""
    axes = (
        (np.arange(n) * np.float64(step) + first) / stature
        for n, step, first in zip((NX, NY, NZ), SPACING_MM, FIRST_CENTRE_MM, strict=True)
    )
    x, y, z = (axis.astype(np.float32) for axis in axes)
    return Points(x[None, None, :], y[None, :, None], z[:, None, None])


def pack(array: NDArray[np.uint8] | NDArray[np.int16], kind: tuple[int, int]) -> bytes:
    """Return a gzipped NIfTI-1 file: RAS+, mm, sform and qform alike.

    The atlas counts x to the left, RAS+ to the right: rows are written backwards. The grid
    lies evenly about x = 0, so that its first centre is the same both ways.
    """
    nz, ny, nx = array.shape
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, nx, ny, nz, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, *kind)
    struct.pack_into("<8f", header, 76, 1, *SPACING_MM, 0, 0, 0, 0)
    struct.pack_into("<3f", header, 108, 352, 1, 0)  # data start, slope, intercept
    header[123] = 2  # mm
    struct.pack_into("<2h", header, 252, 1, 1)  # qform and sform: scanner
    struct.pack_into("<3f", header, 268, *FIRST_CENTRE_MM)  # quaternion 0, 0, 0 before it
    for row in range(3):
        values = [0.0, 0.0, 0.0, FIRST_CENTRE_MM[row]]
        values[row] = SPACING_MM[row]
        struct.pack_into("<4f", header, 280 + 16 * row, *values)
    header[344:348] = b"n+1\0"
    rightwards = array[:, :, ::-1].astype(array.dtype.newbyteorder("<"))
    raw = bytes(header) + rightwards.tobytes()
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -15)
    end = struct.pack("<2I", zlib.crc32(raw), len(raw))
    return GZIP_START + packer.compress(raw) + packer.flush() + end


def in_whole(box: Box, part: NDArray[np.bool_ | np.uint8]) -> Labels:
    """Put what was drawn in the liver's box into the whole grid."""
    whole = np.zeros((NZ, NY, NX), np.uint8)
    whole[box] = part
    return whole


def draw_segments(q: Points, case: Case, liver: Flags, tumour: Flags) -> Labels:
    """Return the segments of a liver, with the fissure where the case wants it."""
    segments = np.where(liver, couinaud(q, 0.0), 0).astype(np.uint8)
    if case.share is not None:
        sound = liver & ~tumour
        spared = sound & np.isin(segments, (2, 3, 4))
        at = fissure_for_share(q, spared, sound, case.share)
        segments = np.where(liver, couinaud(q, at), 0).astype(np.uint8)
    return without_specks(segments)


def draw(case: Case) -> dict[str, bytes]:
    """Draw a case: file name -> bytes."""
    p = atlas_points(case.build.stature)
    box, q = p.near(*LIVER_BOX)
    solid = draw_liver(q, case.build)
    liver = solid < 0
    tumour = draw_tumour(q, solid, [nodule.shape for nodule in case.nodules])
    segments = draw_segments(q, case, liver, tumour)
    asked = np.isin(segments, case.mask_segments)
    drawn: dict[str, NDArray[Any]] = {
        "liver": liver,
        "tumour": tumour,
        "segments": segments,
        case.mask: asked & ~tumour if case.mask == "flr" else asked,
    }
    whole = {name: in_whole(box, part) for name, part in drawn.items()}
    ct = draw_picture(p, whole["liver"] > 0, whole["tumour"] > 0, case.nodules)
    files = {f"{name}.nii.gz": pack(part, UINT8) for name, part in whole.items()}
    return files | {"ct.nii.gz": pack(ct, INT16)}


def main(folder: Path) -> None:
    """Write every case, count the written files, and write the count."""
    truth = {}
    for case in CASES:
        place = folder / case.name
        place.mkdir(parents=True, exist_ok=True)
        for name, content in draw(case).items():
            (place / name).write_bytes(content)
        truth[case.name] = recount(place)
    text = json.dumps(truth, indent=1, sort_keys=True) + "\n"
    (folder / "truth.json").write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
