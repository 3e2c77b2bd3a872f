"""`fl-planner convert` on public files: volumes and places are those of other libraries."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.outside import Record, refused, told
from tests.shared import BESIDE, shared

nib: Any = import_module("nibabel")  # its calls are untyped

INDEX = BESIDE / "data" / "index.json"
SETS = ("dcmqi_liver_seg", "highdicom_seg", "pydicom_liver_seg_variants", "slicer_segnrrd")
FILES = ("couinaud_msd08/MSD-066_couinaud.nii.gz", "nifti_odd/labels256.nii.gz")
LOST = {  # what a label map would lose: code of the refusal
    "dcmqi_liver_seg/partial_overlaps.dcm": "convert.overlap",
    "highdicom_seg/seg_image_ct_binary_overlap.dcm": "convert.overlap",
    "highdicom_seg/seg_image_ct_true_fractional.dcm": "convert.fractions",
    "slicer_segnrrd/SegmentationOverlapping.seg.nrrd": "convert.overlap",
}
CODES = ("ASR", "IRP", "LAS", "LPS", "PIR", "RAS", "RPI", "SLA")


def rows() -> Iterator[Record]:
    """List the files whose volumes are known; none where the reference data are absent."""
    if INDEX.exists():
        every = json.loads(INDEX.read_text("utf-8"))["files"]
        for row in every:
            chosen = row["path"].startswith(SETS) or row["path"] in FILES
            if chosen and row["volumes_ml"] and row["path"] not in LOST:
                yield row


def test_the_reference_data_are_there() -> None:
    shared("data", "index.json")
    assert len([*rows()]) == 24  # of five folders: 14, 3, 4, 1 and 2


@pytest.mark.slow
@pytest.mark.parametrize("row", [*rows()], ids=lambda row: row["path"])
def test_labels_have_the_volumes_that_are_known(row: Record, tmp_path: Path) -> None:
    record = told("convert", shared("data", row["path"]), "--to", tmp_path / "o.nii.gz")
    image = nib.load(tmp_path / "o.nii.gz")
    voxel_ml = abs(np.linalg.det(image.affine[:3, :3])) / 1000
    labels, counts = np.unique(np.asarray(image.dataobj), return_counts=True)
    found = {str(n): count * voxel_ml for n, count in zip(labels, counts, strict=True) if n}
    assert found == pytest.approx(row["volumes_ml"], abs=1e-3)
    assert all(one["voxels"] == one["voxels_before"] for one in record["structures"])


@pytest.mark.parametrize("path", sorted(LOST))
def test_what_a_label_map_would_lose_is_refused(path: str, tmp_path: Path) -> None:
    refusal = refused("convert", shared("data", path), "--to", tmp_path / "o.nii")
    assert refusal["code"] == LOST[path]


@pytest.mark.parametrize("code", CODES)
def test_every_orientation_gives_the_same_array(code: str, tmp_path: Path) -> None:
    start, like = (shared("data", "nifti_orientations", f"{c}.nii.gz") for c in (code, "RAS"))
    told("convert", start, "--to", tmp_path / "o.nii", "--like", like)
    one, other = nib.load(tmp_path / "o.nii"), nib.load(like)
    assert np.allclose(one.affine, other.affine, atol=1e-4)
    # nibabel scales by the 32-bit slope, this package by the decimal that it stands for
    assert np.allclose(one.get_fdata(), other.get_fdata(), rtol=1e-6, atol=0.0)


def test_a_seg_on_a_public_ct_is_given_back(tmp_path: Path) -> None:
    ct = shared("data", "dcmqi_liver_seg", "ct-3slice")
    start = shared("data", "dcmqi_liver_seg", "liver_spine_seg.nrrd")
    choice = ("--structure", "Liver=1", "--structure", "Spine=2")
    told("convert", start, "--to", tmp_path / "o.dcm", "--ct", ct, *choice)
    told("convert", tmp_path / "o.dcm", "--to", tmp_path / "o.nii", "--like", start)
    record = told("convert", start, "--to", tmp_path / "p.nii")
    assert [one["voxels"] for one in record["structures"]] == [107_098, 12_439]
    one, other = (np.asarray(nib.load(tmp_path / name).dataobj) for name in ("o.nii", "p.nii"))
    assert np.array_equal(one, other)
