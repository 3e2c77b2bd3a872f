"""Makes the case of the benchmarks: `make_case FOLDER 512 512 300 [LESIONS]`; `make_ct` its CT."""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

SPACING_MM = (0.75, 0.75, 1.0)

Axis = npt.NDArray[np.float32]


def make_case(folder: Path, shape: tuple[int, ...], lesions: int = 3) -> None:
    """Write a liver of ellipsoid shape, its lesions, segments and remnant, as `.nii.gz`."""
    axes = [np.linspace(-1, 1, size, dtype=np.float32) for size in shape]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    liver = ((x - 0.15) / 0.55) ** 2 + ((y - 0.1) / 0.42) ** 2 + (z / 0.5) ** 2 < 1
    tumour = np.zeros(shape, dtype=np.bool_)
    for (a, b, c), radius in place_lesions(lesions):
        tumour |= (x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2 < radius**2
    flr = liver & (x < -0.05)
    parts = {"liver": liver, "tumour": tumour & liver, "flr": flr}
    for name, mask in parts.items():
        write_nifti(folder / f"{name}.nii.gz", mask.view(np.uint8))
    write_nifti(folder / "segments.nii.gz", np.where(liver, number_segments(x, y, z), 0))


def make_ct(folder: Path) -> None:
    """Write a CT of a body around the case that lies there, with noise, as `ct.nii.gz`."""
    liver, tumour = (_read_mask(folder / f"{name}.nii.gz") for name in ("liver", "tumour"))
    axes = [np.linspace(-1, 1, size, dtype=np.float32) for size in liver.shape]
    x, y, _ = np.meshgrid(*axes, indexing="ij", sparse=True)
    body = np.broadcast_to((x / 0.85) ** 2 + (y / 0.65) ** 2 < 1, liver.shape)
    inside = np.where(tumour > 0, 60, np.where(liver > 0, 110, 20))
    noise = np.random.default_rng(1).integers(-15, 16, liver.shape, np.int16)
    write_nifti(folder / "ct.nii.gz", np.where(body, inside, -1000).astype(np.int16) + noise)


def _read_mask(path: Path) -> npt.NDArray[np.uint8]:
    content = gzip.decompress(path.read_bytes())
    shape = struct.unpack_from("<3h", content, 42)
    return np.frombuffer(content, np.uint8, offset=352).reshape(shape, order="F")


def place_lesions(count: int) -> list[tuple[tuple[float, float, float], float]]:
    """Place lesions, centre and radius: three large ones, or many small ones on a lattice."""
    if count <= 3:
        centres = ((0.3, 0.1, 0.1), (0.35, 0.2, -0.2), (0.1, 0.0, 0.1))
        return [(centre, 0.08) for centre in centres[:count]]
    side = np.ceil(count ** (1 / 3)).astype(int)
    steps = np.linspace(-1, 1, side)
    places = [
        (0.15 + 0.3 * a, 0.1 + 0.22 * b, 0.26 * c) for a in steps for b in steps for c in steps
    ]
    return [(place, 0.025) for place in places[:count]]


def number_segments(x: Axis, y: Axis, z: Axis) -> npt.NDArray[np.uint8]:
    """Return each voxel the number of its segment, by planes: RAS+, x to the right."""
    above, front = z > 0, y > 0.1
    left = np.where(above, 2, 3)
    right = np.where(front, np.where(above, 8, 5), np.where(above, 7, 6))
    number = np.where(x < -0.05, left, np.where(x < 0.15, 4, right))
    caudate = (np.abs(x - 0.05) < 0.1) & (y < -0.1) & (np.abs(z) < 0.2)
    return np.where(caudate, 1, number).astype(np.uint8)


def write_nifti(path: Path, mask: npt.NDArray[np.uint8] | npt.NDArray[np.int16]) -> None:
    """Write a mask or a CT as single-file NIfTI-1, upright, in mm."""
    header = bytearray(352)
    x, y, z = SPACING_MM
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *mask.shape, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, *((2, 8) if mask.dtype == np.uint8 else (4, 16)))
    struct.pack_into("<8f", header, 76, 1, x, y, z, 0, 0, 0, 0)
    struct.pack_into("<fff", header, 108, 352, 1, 0)
    struct.pack_into("<B", header, 123, 2)
    struct.pack_into("<hh", header, 252, 0, 1)
    struct.pack_into("<12f", header, 280, x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0)
    header[344:348] = b"n+1\0"
    voxels = mask.tobytes(order="F")
    path.write_bytes(gzip.compress(bytes(header) + voxels, compresslevel=6, mtime=0))


if __name__ == "__main__":
    numbers = [*map(int, sys.argv[2:])]
    make_case(Path(sys.argv[1]), tuple(numbers[:3]), *numbers[3:])
