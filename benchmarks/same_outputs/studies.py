"""Studies of counts beside the bundled ones: other forms of the same counts, and a CT of lungs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from pydicom import dcmread

from sample_data.scintigraphy import write, write_dicom

LUNG_HU, BODY_HU = -750, 40
SHIFT_VOXELS = 4
CURVES = """\
time_s,liver_counts,heart_counts,field_counts
100,20000,1250,69000
150,26000,1000,70000
200,31500,820,70800
250,36500,690,71300
300,41000,600,71700
350,45000,540,72000
400,48500,500,72200
"""


def derive(folder: Path) -> None:
    """Write what scenes read beside `function/` and `maa/` of a folder of inputs."""
    function, maa = folder / "function", folder / "maa"
    write_dicom(function / "spect.dcm")
    (function / "curves.csv").write_text(CURVES, "utf-8")
    for told in ("START", "ADMIN"):
        data = dcmread(function / "dynamic.dcm")
        data.DecayCorrection = told
        data.save_as(function / f"dynamic_{told.lower()}.dcm", enforce_file_format=True)
    counts, edges, first = _read(function / "spect.nii.gz")
    moved = np.roll(counts.astype(np.uint16), SHIFT_VOXELS, 2)
    write(function / "spect_moved.nii.gz", moved, edges, first)
    lungs, edges, first = _read(maa / "lungs.nii.gz")
    values = np.where(lungs > 0, LUNG_HU, BODY_HU).astype(np.int16)
    build: Any = nibabel.Nifti1Image  # its calls are untyped
    affine = np.diag([*edges, 1.0])
    affine[:3, 3] = first
    build(values, affine).to_filename(maa / "lung_ct.nii")


def _read(path: Path) -> tuple[Any, tuple[float, ...], tuple[float, ...]]:
    """Return the values of an upright image, its edges and the place of its first voxel."""
    image: Any = nibabel.Nifti1Image.from_filename(path)
    edges = tuple(float(x) for x in image.header.get_zooms())
    return np.asarray(image.dataobj), edges, tuple(float(x) for x in image.affine[:3, 3])
