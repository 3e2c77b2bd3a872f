"""`convert` to NRRD from outside, and the grid of a folder or a zip of slices."""

import json
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.outside import Record, ask, codes, refused, told
from tests.formats.dicom.dicoms import ORIGIN
from tests.niftis import nifti, sform, write
from tests.nrrds import nrrd, seg_nrrd, segment
from tests.record.schemas import require_valid
from tests.shared import BESIDE, shared
from tests.workup.files.test_convert import BLOCK, EVERY, RAS, SHAPE, TUMOUR, VOXEL_ML, ct_folder

sitk: Any = import_module("SimpleITK")  # its calls are untyped


def convert(*args: object) -> Record:
    return require_valid(told("convert", *args))


def voxels_of(path: Path) -> Any:
    image = sitk.ReadImage(str(path))
    assert image.GetOrigin() == pytest.approx(ORIGIN)
    return sitk.GetArrayFromImage(image).T


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("out", ["out.nrrd", "out.seg.nrrd"])
@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_format_becomes_nrrd_on_the_ct(name: str, out: str, tmp_path: Path) -> None:
    mask, ct = EVERY[name](tmp_path), ct_folder(tmp_path)
    given = ["--ct", ct] if name == "rtstruct" else ["--like", ct]
    named = ["--structure", "liver=1"] if name in ("metaimage", "nrrd") or "nifti" in name else []
    record = convert(mask, "--to", tmp_path / out, *given, *named)
    assert record["output"]["format"] == ("seg-nrrd" if "seg" in out else "nrrd")
    assert np.array_equal(voxels_of(tmp_path / out), BLOCK)
    again = told("check", tmp_path / out)["files"][0]
    assert again["labels"][0]["volume_ml"] == pytest.approx(12 * VOXEL_ML)
    assert again["labels"][0].get("name") == ("liver" if "seg" in out and named else
                                              "Liver" if "seg" in out else None)  # fmt: skip


def test_a_segmentation_there_and_back(tmp_path: Path) -> None:
    parts = {**segment(0, "Liver"), **segment(1, "Tumour", layer=1)}
    source = write(tmp_path / "a.seg.nrrd", seg_nrrd([BLOCK, TUMOUR], RAS, parts))
    assert refused("convert", source, "--to", tmp_path / "b.nrrd")["code"] == "convert.overlap"
    record = convert(source, "--to", tmp_path / "b.seg.nrrd")
    assert [(one["name"], one["voxels"]) for one in record["structures"]] == [
        ("Liver", 12), ("Tumour", 3),
    ]  # fmt: skip
    counts = [
        told("volume", "--liver", path, "--tumour", path)["voxels"]
        for path in (source, tmp_path / "b.seg.nrrd")
    ]
    assert counts[0] == counts[1]
    both = voxels_of(tmp_path / "b.seg.nrrd")
    assert [int((both[layer] > 0).sum()) for layer in range(2)] == [12, 3]


def test_a_ct_as_nrrd_holds_its_hu(tmp_path: Path) -> None:
    ct = ct_folder(tmp_path)
    record = convert(ct, "--to", tmp_path / "ct.nrrd")
    assert (record["kind"], record["output"]["numbers"]) == ("image", "int16")
    assert told("convert", ct, "--to", tmp_path / "ct.nii.gz")["values"] == record["values"]
    other = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "ct.nii.gz"))).T
    assert np.array_equal(voxels_of(tmp_path / "ct.nrrd"), other)
    refusal = refused("convert", ct, "--to", tmp_path / "ct.seg.nrrd")
    assert (refusal["code"], (tmp_path / "ct.seg.nrrd").exists()) == ("convert.image", False)


def test_labels_without_a_name_are_no_segments(tmp_path: Path) -> None:
    mask = write(tmp_path / "mask.nrrd", nrrd(BLOCK, RAS))
    assert refused("convert", mask, "--to", tmp_path / "o.seg.nrrd")["code"] == "convert.no_name"
    record = convert(mask, "--to", tmp_path / "o.seg.nrrd", "--structure", "flr=1")
    assert codes(record) == []
    assert told("volume", "--liver", mask, "--flr", tmp_path / "o.seg.nrrd")["flr_percent"] == 100


def zip_of(folder: Path) -> Path:
    target = folder.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return target


def crop(at: Path) -> Path:
    """Write the block on a crop of its grid: without the first column and the last layer."""
    rows = [[*row[:3], row[3] + row[0]] for row in RAS]
    return write(at / "crop.nii", nifti(BLOCK[1:, :, :-1].copy(), **sform(rows)))


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_the_grid_of_a_folder_or_a_zip(packed: bool, tmp_path: Path) -> None:
    ct = ct_folder(tmp_path)
    like = zip_of(ct) if packed else ct
    record = convert(crop(tmp_path), "--like", like, "--to", tmp_path / "out.nrrd")
    assert record["geometry"]["shape"] == [*SHAPE]
    assert [(one["role"], one["file"]) for one in record["inputs"]][-1][0] == "like"
    assert np.array_equal(voxels_of(tmp_path / "out.nrrd"), BLOCK)
    (tmp_path / "made.json").write_bytes(
        ask("convert", crop(tmp_path), "--like", like, "--to", tmp_path / "again.nrrd",
            "--json").stdout
    )  # fmt: skip
    assert told("verify", tmp_path / "made.json")["holds"]


def test_a_zip_of_slices_is_reported_what_it_is(tmp_path: Path) -> None:
    packed = zip_of(ct_folder(tmp_path))
    (found,) = told("check", packed)["files"]
    assert (found["kind"], found["geometry"]["shape"]) == ("image", [*SHAPE])


@pytest.mark.parametrize("content", [b"PK\x03\x04junk", b"hello"], ids=["zip", "text"])
def test_what_is_no_archive_of_slices_is_refused(content: bytes, tmp_path: Path) -> None:
    like, mask = write(tmp_path / "like.zip", content), EVERY["nifti"](tmp_path)
    refusal = refused("convert", mask, "--like", like, "--to", tmp_path / "out.nrrd")
    assert refusal["file"] == "like.zip"
    assert refusal["code"] == refused("check", like)["code"]
    assert not (tmp_path / "out.nrrd").exists()


# ---- public files


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
