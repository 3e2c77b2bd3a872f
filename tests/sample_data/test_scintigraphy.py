"""The bundled scintigraphy: made again alike, read by others, its truth counted another way."""

import json
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
import pytest

from sample_data.scintigraphy import UPTAKE, make, write_dicom

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "sample_data" / "function"
LIMIT_BYTES = 600_000


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / "truth.json").read_text("utf-8"))
    return read


@pytest.mark.essential
@pytest.mark.slow
def test_it_is_made_again_alike(tmp_path: Path, truth: dict[str, Any]) -> None:
    assert make(tmp_path) == truth
    again, bundled = (pydicom.dcmread(f / "dynamic.dcm") for f in (tmp_path, FOLDER))
    sums = [float(data.pixel_array.sum()) for data in (again, bundled)]
    assert sums[0] == pytest.approx(sums[1], rel=0.002)
    for name in ("gallbladder", "region_liver", "region_heart"):
        one, other = (voxels_of(f / f"{name}.nii.gz") for f in (tmp_path, FOLDER))
        assert (one == other).all()
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < LIMIT_BYTES


@pytest.fixture(scope="module")
def dicoms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    spect = write_dicom(tmp_path_factory.mktemp("spect") / "spect.dcm")
    return {"dynamic": FOLDER / "dynamic.dcm", "spect": spect}


def voxels_of(path: Path) -> Any:
    image: Any = nib.load(path)
    return np.asarray(image.dataobj)


@pytest.mark.parametrize("name", ["dynamic", "spect"])
def test_others_read_it_without_a_warning(name: str, dicoms: dict[str, Path]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = pydicom.dcmread(dicoms[name])
        assert len(data.pixel_array) == data.NumberOfFrames
    assert data.PatientID == "invented"


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize("name", ["dynamic", "spect"])
def test_dciodvfy_finds_no_error(name: str, dicoms: dict[str, Path]) -> None:
    told = subprocess.run(
        ["dciodvfy", "-new", dicoms[name]], capture_output=True, text=True, check=False
    )
    assert [line for line in told.stderr.splitlines() if "Error" in line] == []


def test_both_forms_of_the_spect_hold_the_same_counts_at_the_same_places(
    dicoms: dict[str, Path],
) -> None:
    nifti: Any = nib.load(FOLDER / "spect.nii.gz")
    dicom = pydicom.dcmread(dicoms["spect"])
    counts = np.asarray(nifti.dataobj)
    assert (dicom.pixel_array.transpose(2, 1, 0)[::-1, ::-1] == counts).all()
    first = dicom.DetectorInformationSequence[0].ImagePositionPatient
    last = nifti.affine @ [counts.shape[0] - 1, counts.shape[1] - 1, 0, 1]
    assert [-float(first[0]), -float(first[1]), float(first[2])] == pytest.approx(last[:3].tolist())


def test_the_truth_by_uptake_and_volume(truth: dict[str, Any]) -> None:
    volume = truth["share_by_volume"]["flr"]
    kept = volume * UPTAKE["flr"]
    assert truth["share"]["flr"] == pytest.approx(kept / (kept + (1 - volume) * UPTAKE["liver"]))
    assert truth["flr_pct_per_min_per_m2"] == pytest.approx(
        truth["clearance"]["pct_per_min_per_m2"] * truth["share"]["flr"]
    )
