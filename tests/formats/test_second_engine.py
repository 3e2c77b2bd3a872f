"""Volumes against SimpleITK's label statistics and nibabel's affine: two other readers.

Both must find the volume that is read here, on random masks and on every public NIfTI file
that they can read. SimpleITK takes the voxel's size from its own spacing and directions.
"""

from collections.abc import Sequence
from importlib import import_module
from math import cos, prod, radians, sin
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from fl_planner.formats.nifti.read import read_image, read_labels
from fl_planner.formats.read import read_labels as read_any
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile, SegmentFile
from tests.cases import each_case, of_many, sure
from tests.niftis import DATATYPES, nifti, qform, sform, write, zipped
from tests.refusals import refuses
from tests.shared import shared

SAME = 1e-5  # relative
sitk: Any = import_module("SimpleITK")  # its calls are untyped

VolumesMl = dict[int, float]


def read_here(path: Path) -> VolumesMl:
    file = read_labels(path, "labelmap", Holds.LABEL_MAP, Limits())
    return {label: file.mask("part", label).volume_ml for label in file.labelled.labels}


def read_by_simpleitk(path: Path) -> VolumesMl:
    """Volumes by label: LabelShapeStatistics' physical size, in mm3."""
    image = sitk.ReadImage(str(path))
    if "float" in image.GetPixelIDTypeAsString():
        image = sitk.Cast(image, sitk.sitkInt32)
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.ComputePerimeterOff()
    statistics.Execute(image)
    return {label: statistics.GetPhysicalSize(label) / 1000 for label in statistics.GetLabels()}


def read_by_nibabel(path: Path) -> VolumesMl:
    """Volumes by label: voxels times |det| of the affine."""
    image = nibabel.load(path)
    assert isinstance(image, nibabel.Nifti1Image | nibabel.Nifti2Image)
    values = np.asanyarray(image.dataobj)
    labels, counts = np.unique(values[values != 0], return_counts=True)
    affine = image.affine
    assert affine is not None
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000
    counted = zip(labels, counts, strict=True)
    return {int(label): int(count) * voxel_ml for label, count in counted}


def turned(seed: int) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], list[float]]:
    """Random rotation, as a matrix and as the b, c, d of its quaternion."""
    random = np.random.default_rng(seed)
    axis = random.normal(size=3)
    axis /= np.linalg.norm(axis)
    half = radians(float(random.uniform(0, 85)))
    b, c, d = axis * sin(half)
    a = cos(half)
    cross = np.array([[0, -d, c], [d, 0, -b], [-c, b, 0]])
    return np.eye(3) + 2 * a * cross + 2 * cross @ cross, [float(b), float(c), float(d)]


@pytest.mark.slow
@each_case("seed", range(40))
def test_random_masks(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    shape = random.integers(2, 12, 3)
    dtype = [*DATATYPES][seed % len(DATATYPES)]
    voxels = (random.random(shape) < 0.4).astype(dtype) * random.integers(1, 4, shape).astype(dtype)
    voxels.flat[0], voxels.flat[1] = 0, 3
    edges = [float(edge) for edge in np.round(random.uniform(0.4, 6, 3), 4)]
    place = [float(x) for x in random.uniform(-300, 300, 3)]
    turn, quatern = turned(seed)
    qfac = -1.0 if seed % 3 == 0 else 1.0
    rows = np.column_stack([turn * [1, 1, qfac] * edges, place]).tolist()
    forms = {**sform(rows), **qform(edges, place, quatern, qfac=qfac)}
    content = nifti(voxels, order="<" if seed % 2 else ">", **forms)
    path = write(tmp_path / "mask.nii.gz", zipped(content))
    here = read_here(path)
    assert sorted(here) == sorted({*voxels.ravel().tolist()} - {0})
    for other in (read_by_simpleitk(path), read_by_nibabel(path)):
        assert here == pytest.approx(other, rel=SAME)


@pytest.mark.parametrize("seed", range(5))
def test_h07_places_agree_with_other_readers(seed: int, tmp_path: Path) -> None:
    turn, quatern = turned(100 + seed)
    edges, place = [0.8, 0.7, 2.5], [-120.0, 80.0, 33.0]
    rows = np.column_stack([turn * edges, place]).tolist()
    voxels = np.zeros((6, 5, 4), "i2")
    voxels[1, 2, 3] = 1
    for forms in (sform(rows), qform(edges, place, quatern)):
        path = write(tmp_path / "mask.nii", nifti(voxels, **forms))
        image, _, _ = read_image(path, "ct", Limits())
        (here,) = image.grid.places_mm(np.array([[1, 2, 3]]))
        lps = sitk.ReadImage(str(path)).TransformIndexToPhysicalPoint((1, 2, 3))
        assert here == pytest.approx([-lps[0], -lps[1], lps[2]], abs=1e-3)
        loaded = nibabel.load(path)
        assert isinstance(loaded, nibabel.Nifti1Image)
        assert here == pytest.approx((sure(loaded.affine) @ [1, 2, 3, 1])[:3], abs=1e-3)


# Public files that are no masks, and why.
NO_MASKS = {
    "anatomical.nii": "values.image",
    "reoriented_anat_moved.nii": "values.image",
    "resampled_anat_moved.nii": "values.image",
    "example_ct_sm.nii.gz": "values.image",
    "example_nifti2.nii.gz": "dims.frames",
    **{
        f"{name}.nii.gz": "values.fractions"  # a head, its numbers scaled
        for name in ("ASR", "IRP", "LAS", "LPS", "PIR", "RAS", "RPI", "SLA")
    },
}


def public_files() -> list[Path]:
    folder = shared("data")
    return sorted(path for path in folder.rglob("*.nii*") if path.is_file())


def some_files() -> Sequence[Path]:
    """List those that are refused, and every sixth of the others; all of them at night."""
    every = public_files()
    masks = [path for path in every if path.name not in NO_MASKS]
    return of_many([*(path for path in every if path.name in NO_MASKS), *masks[::6]], every)


def test_public_files_are_there() -> None:
    names = [path.name for path in public_files()]
    assert len(names) > 50
    assert set(NO_MASKS) <= set(names)


@pytest.mark.slow
@pytest.mark.parametrize("path", some_files(), ids=lambda path: path.name)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_public_files(path: Path) -> None:
    if path.name in NO_MASKS:
        with refuses(NO_MASKS[path.name]):
            read_here(path)
        return
    here = read_here(path)
    assert here == pytest.approx(read_by_simpleitk(path), rel=SAME)
    assert here == pytest.approx(read_by_nibabel(path), rel=SAME)


def test_a_head_in_eight_orientations_is_one_image() -> None:
    paths = [path for path in public_files() if path.parent.name == "nifti_orientations"]
    assert len(paths) == 8
    for path in paths:
        image, _, findings = read_image(path, "ct", Limits())
        values = image.voxels * image.slope + image.inter
        bright = values > 20
        # index.json: 162,531 voxels, 2192.42 mL, centre (0.657, -21.369, 8.174) mm
        assert int(bright.sum()) == 162_531
        assert bright.sum() * image.grid.voxel_ml == pytest.approx(2192.42, abs=0.01)
        centre = image.grid.places_mm(np.argwhere(bright)).mean(axis=0)
        assert centre == pytest.approx([0.657, -21.369, 8.174], abs=2e-3)
        assert findings == ()


# Public files of other formats: what SimpleITK makes of each.
OTHERS = {
    "heart_seg.nrrd": "label",
    "liver_seg.nrrd": "label",
    "liver_spine_gapped_seg.nrrd": "label",
    "liver_spine_seg.nrrd": "label",
    "partial_overlaps-1.nrrd": "label",
    "partial_overlaps-2.nrrd": "label",
    "partial_overlaps-3.nrrd": "label",
    "sparse_labelmap_noppv_seg.nrrd": "label",
    "sparse_labelmap_ppv5_seg.nrrd": "label",
    "spine_seg.nrrd": "label",
    "spine_seg_label5.nrrd": "label",
    "liver.dcm": "mask",
    "liver_nonbyte_aligned.dcm": "mask",
    "seg_image_ct_binary.dcm": "mask",
    "Segmentation.seg.nrrd": "segments",
}


def others() -> list[Path]:
    """Every public NRRD and SEG that SimpleITK reads as it is, one picture with its spacing."""
    folder = shared("data")
    return sorted(path for path in folder.rglob("*") if path.name in OTHERS)


def test_all_of_them_are_there() -> None:
    assert [path.name for path in sorted(others(), key=lambda path: path.name)] == sorted(OTHERS)


@pytest.mark.parametrize("path", others(), ids=lambda path: path.name)
def test_public_files_of_other_formats(path: Path) -> None:
    by_simpleitk = read_by_simpleitk(path)
    file = read_any(path, "check", Holds.LABEL_MAP, Limits())
    match OTHERS[path.name]:
        case "label":
            assert isinstance(file, LabelFile)
            here = {n: file.mask("part", n).volume_ml for n in file.labelled.labels}
        case "segments":  # in one layer: a segment's label is its number
            assert isinstance(file, SegmentFile)
            here = {one.number: mask.volume_ml for one, mask in file.drawn()}
        case _:  # SimpleITK gives a single segment as 255
            assert isinstance(file, SegmentFile)
            ((_, mask),) = file.drawn()
            here = {255: mask.volume_ml}
            # of bits that end within a byte, it leaves the last 1 to 7 voxels undefined
            if prod(mask.grid.shape) % 8:
                rest = by_simpleitk.keys() - here.keys()
                assert sum(map(by_simpleitk.pop, rest)) < 8 * mask.grid.voxel_ml
    assert here == pytest.approx(by_simpleitk, rel=SAME)


IMAGES = ("ct.nii.gz", "spect.nii.gz")


def bundled() -> list[Path]:
    folder = Path(__file__).resolve().parents[2] / "sample_data"
    return sorted(path for path in folder.rglob("*.nii.gz") if path.name not in IMAGES)


@pytest.mark.parametrize("path", bundled(), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_bundled_masks(path: Path) -> None:
    assert read_here(path) == pytest.approx(read_by_simpleitk(path), rel=SAME)
