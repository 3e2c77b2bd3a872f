"""Make the bundled scintigraphy: `python -m sample_data.scintigraphy [FOLDER]`, from the root.

The liver of the case `crlm`, given a tracer: a dynamic study of both heads as DICOM NM with its
regions, a SPECT as NIfTI (`write_dicom` gives it as DICOM NM), and `truth.json` beside them. The
case file is written by hand. The same seed gives the same files wherever numpy's random numbers
are the same.
"""

from __future__ import annotations

import gzip
import json
import struct
import sys
from math import sqrt
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from sample_data.emission import Part, count, distribute, find_shares
from sample_data.kinetics import Liver, Planar, expect
from sample_data.kinetics import count as count_frames
from sample_data.nuclear import Phase, dynamic, tomo

HERE = Path(__file__).parent
SEED = 20261120
HEIGHT_CM, WEIGHT_KG = 176, 74
LIVER = Liver(per_min=0.15, blood_per_min=0.17, bsa_m2=sqrt(HEIGHT_CM * WEIGHT_KG / 3600))
MATRIX, PIXEL_MM, FRAMES, FRAME_S = 64, 9.6, 36, 10
EDGE_MM = 4.8  # of a SPECT voxel
SHAPE = (72, 52, 52)
COUNTS = 4_000_000  # of the whole SPECT
UPTAKE = {"body": 0.03, "liver": 1.0, "flr": 1.4, "tumour": 0.1, "gallbladder": 6.0}
GALLBLADDER = ((42.0, 32.0, -52.0), (14.0, 22.0, 12.0))  # centre and half axes, mm, RAS+

Voxels = NDArray[np.bool_]


def make(folder: Path) -> dict[str, Any]:
    """Write every file but the case file; give the truth."""
    rng = np.random.default_rng(SEED)
    folder.mkdir(exist_ok=True)
    planar = Planar.of(MATRIX)
    edges = np.arange(FRAMES + 1.0) * FRAME_S
    heads = count_frames(expect(LIVER, planar, edges), rng)
    (folder / "dynamic.dcm").write_bytes(dynamic(heads, [Phase(FRAMES, 1000 * FRAME_S)], PIXEL_MM))
    for name, region in (("liver", planar.liver), ("heart", planar.heart)):
        pixels = region.T[:, :, None].astype(np.uint8)
        write(folder / f"region_{name}.nii.gz", pixels, (PIXEL_MM,) * 3, (0.0,) * 3)
    truth = _emit(folder, rng)
    truth["clearance"] = {
        "pct_per_min": 100 * LIVER.per_min,
        "pct_per_min_per_m2": LIVER.per_min_m2_percent,
        "bsa_m2": LIVER.bsa_m2,
        "variant_of_whole_field_pct_per_min": 100 * LIVER.per_min * (1 - LIVER.liver_share),
    }
    share = truth["share"]["flr"]
    truth["flr_pct_per_min_per_m2"] = LIVER.per_min_m2_percent * share
    text = json.dumps(truth, indent=2, sort_keys=True) + "\n"
    (folder / "truth.json").write_text(text, "utf-8")
    return truth


def _emit(folder: Path, rng: np.random.Generator) -> dict[str, Any]:
    """Write the SPECT and the gallbladder; give the shares of the counts to be expected."""
    masks = {name: _read(name) for name in ("liver", "tumour", "flr")}
    affine = masks["liver"][1]
    grid = masks["liver"][0].shape
    gall = _ellipsoid(_places(affine, grid)) & ~masks["liver"][0]
    write(
        folder / "gallbladder.nii.gz",
        gall.astype(np.uint8),
        tuple(float(affine[axis, axis]) for axis in range(3)),
        tuple(float(x) for x in affine[:3, 3]),
    )
    first = _first_mm(affine, grid)
    step = np.diag([EDGE_MM, EDGE_MM, EDGE_MM, 1.0])
    step[:3, 3] = first
    centres = _places(step, SHAPE)
    laid = {name: _sample(mask, own, centres) for name, (mask, own) in masks.items()}
    laid["gallbladder"] = _sample(gall, affine, centres)
    body = np.broadcast_to((centres[0] / 165) ** 2 + (centres[1] / 115) ** 2 < 1, SHAPE)
    order = ("liver", "flr", "tumour", "gallbladder")
    parts = [Part(body, UPTAKE["body"]), *(Part(laid[name], UPTAKE[name]) for name in order)]
    expected = distribute(parts, SHAPE, COUNTS)
    counted = count(expected, rng)
    write(folder / "spect.nii.gz", counted, (EDGE_MM,) * 3, first)
    tissue = laid["liver"] & ~laid["tumour"] & ~laid["gallbladder"]
    flr = laid["flr"] & tissue
    return {
        "seed": SEED,
        "share": find_shares(expected, {"flr": flr}, tissue),
        "share_by_volume": {"flr": int(flr.sum()) / int(tissue.sum())},
        "spect_voxels": {"tissue": int(tissue.sum()), "flr": int(flr.sum())},
    }


def write(
    path: Path, voxels: NDArray[Any], edges: tuple[float, ...], first: tuple[float, ...]
) -> None:
    """Write an upright NIfTI-1 file, RAS+, gzipped without a name and a time."""
    kinds = {"|u1": (2, 8), "<u2": (512, 16)}
    datatype, bits = kinds[voxels.dtype.str]
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *voxels.shape, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, datatype, bits)
    struct.pack_into("<8f", header, 76, 1, *edges, 0, 0, 0, 0)
    struct.pack_into("<3f", header, 108, 352, 1, 0)
    header[123] = 2  # mm
    struct.pack_into("<2h", header, 252, 1, 1)
    struct.pack_into("<3f", header, 268, *first)
    for row in range(3):
        values = [0.0, 0.0, 0.0, first[row]]
        values[row] = edges[row]
        struct.pack_into("<4f", header, 280 + 16 * row, *values)
    header[344:348] = b"n+1\0"
    path.write_bytes(gzip.compress(bytes(header) + voxels.tobytes(order="F"), 9, mtime=0))


def _read(name: str) -> tuple[Voxels, NDArray[np.float64]]:
    image: Any = nibabel.load(HERE / "crlm" / f"{name}.nii.gz")
    return np.asarray(image.dataobj) > 0, np.asarray(image.affine, dtype=np.float64)


def _first_mm(affine: NDArray[np.float64], grid: tuple[int, ...]) -> tuple[float, ...]:
    """Centre the SPECT on the CT, a tenth of a mm beside its centres: none lies on a border."""
    edges = np.diag(affine)[:3]
    wanted = (edges * (np.array(grid) - 1) - EDGE_MM * (np.array(SHAPE) - 1)) / 2
    first = affine[:3, 3] + np.rint(wanted / edges) * edges + 0.1
    return tuple(round(float(x), 6) for x in first)


def _places(affine: NDArray[np.float64], shape: tuple[int, ...]) -> list[NDArray[np.float64]]:
    """Return x, y and z of voxel centres of an upright grid, to be broadcast."""
    axes = [affine[a, a] * np.arange(n) + affine[a, 3] for a, n in enumerate(shape)]
    return [*np.meshgrid(*axes, indexing="ij", sparse=True)]


def _ellipsoid(places: list[NDArray[np.float64]]) -> Voxels:
    centre, half = GALLBLADDER
    terms = (((p - c) / h) ** 2 for p, c, h in zip(places, centre, half, strict=True))
    inside: Voxels = sum(terms) < 1  # type: ignore[assignment]
    return inside


def _sample(
    mask: Voxels, affine: NDArray[np.float64], centres: list[NDArray[np.float64]]
) -> Voxels:
    """Return which centres lie in a mask of an upright grid: halves go up, beyond it is nothing."""
    indices, inside = [], np.ones(SHAPE, dtype=np.bool_)
    for axis, place in enumerate(centres):
        index = np.floor((place - affine[axis, 3]) / affine[axis, axis] + 0.500001).astype(int)
        inside &= (index >= 0) & (index < mask.shape[axis])
        indices.append(np.clip(index, 0, mask.shape[axis] - 1))
    found: Voxels = mask[tuple(indices)] & inside
    return found


def write_dicom(path: Path) -> Path:
    """Write the bundled SPECT as DICOM NM: RAS+ turned to LPS+, columns to the left."""
    image: Any = nibabel.load(HERE / "function" / "spect.nii.gz")
    counted = np.asarray(image.dataobj, np.uint16)
    first = [round(float(x), 4) for x in image.affine[:3, 3]]
    turned = counted[::-1, ::-1].transpose(2, 1, 0)
    x, y, z = first
    last = [x + EDGE_MM * (SHAPE[0] - 1), y + EDGE_MM * (SHAPE[1] - 1)]
    content = tomo(
        np.ascontiguousarray(turned),
        (EDGE_MM, EDGE_MM, EDGE_MM),
        (-round(last[0], 6), -round(last[1], 6), z),
        "mebrofenin",
    )
    path.write_bytes(content)
    return path


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "function")
