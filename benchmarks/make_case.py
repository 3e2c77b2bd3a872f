"""Makes the case of the benchmarks: `python -m benchmarks.make_case FOLDER 512 512 300`."""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

SPACING_MM = (0.75, 0.75, 1.0)


def make_case(folder: Path, shape: tuple[int, ...]) -> None:
    """Write a liver of ellipsoid shape with three lesions, and a remnant, as `.nii.gz`."""
    axes = [np.linspace(-1, 1, size, dtype=np.float32) for size in shape]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    liver = ((x - 0.15) / 0.55) ** 2 + ((y - 0.1) / 0.42) ** 2 + (z / 0.5) ** 2 < 1
    centres = ((0.3, 0.1, 0.1), (0.35, 0.2, -0.2), (0.1, 0.0, 0.1))
    tumour = np.zeros(shape, dtype=np.bool_)
    for a, b, c in centres:
        tumour |= (x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2 < 0.08**2
    flr = liver & (x < -0.05)
    for name, mask in (("liver", liver), ("tumour", tumour & liver), ("flr", flr)):
        write_nifti(folder / f"{name}.nii.gz", mask)


def write_nifti(path: Path, mask: npt.NDArray[np.bool_]) -> None:
    """Write an 8-bit mask as single-file NIfTI-1, upright, in mm."""
    header = bytearray(352)
    x, y, z = SPACING_MM
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *mask.shape, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, 2, 8)
    struct.pack_into("<8f", header, 76, 1, x, y, z, 0, 0, 0, 0)
    struct.pack_into("<fff", header, 108, 352, 1, 0)
    struct.pack_into("<B", header, 123, 2)
    struct.pack_into("<hh", header, 252, 0, 1)
    struct.pack_into("<12f", header, 280, x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0)
    header[344:348] = b"n+1\0"
    voxels = mask.astype(np.uint8).tobytes(order="F")
    path.write_bytes(gzip.compress(bytes(header) + voxels, compresslevel=6, mtime=0))


if __name__ == "__main__":
    make_case(Path(sys.argv[1]), tuple(map(int, sys.argv[2:])))
