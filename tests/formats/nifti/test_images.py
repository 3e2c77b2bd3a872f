"""An image as it is stored: the rules of masks but those on values [safety.md F1-F9]."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.formats.nifti.read import read_image
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.space.grid import Image
from tests.niftis import Order, both_forms, nifti, write, zipped
from tests.refusals import refuses

FORMS = both_forms((2.0, 3.0, 5.0), (1.0, 2.0, 3.0))
CT = np.random.default_rng(7).integers(-1024, 1500, (6, 5, 4)).astype("i2")


def image_of(folder: Path, content: bytes, name: str = "ct.nii") -> Image:
    image, inputs, findings = read_image(write(folder / name, content), "ct", Limits())
    assert [(one.role, one.file) for one in inputs] == [("ct", name)]
    assert findings == ()
    return image


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["i2", "f4", "f8", "i4"])
def test_numbers_as_stored(dtype: str, order: Order, tmp_path: Path) -> None:
    voxels: npt.NDArray[Any] = CT.astype(dtype)
    content = nifti(voxels, order=order, scl_slope=2.0, scl_inter=-10.0, **FORMS)
    image = image_of(tmp_path, zipped(content), "ct.nii.gz")
    assert np.array_equal(image.voxels, voxels)
    assert (image.slope, image.inter, image.file) == (2.0, -10.0, "ct.nii.gz")
    assert image.plane(2, 1) == pytest.approx(voxels[:, :, 1] * 2.0 - 10.0)
    assert image.grid.affine[2] == (0, 0, 5, 3)


def test_an_image_may_hold_what_no_mask_may(tmp_path: Path) -> None:
    voxels = np.full((6, 5, 4), np.nan, "f4")
    assert np.isnan(image_of(tmp_path, nifti(voxels, **FORMS)).voxels).all()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (nifti(CT, **FORMS)[:-1], "header.too_few_bytes"),
        (nifti(CT, **FORMS) + b"\0", "header.too_many_bytes"),
        (zipped(nifti(CT, **FORMS))[:-4], "gzip.cut"),
        (b"\x1f\x8b" + bytes(30), "gzip.damaged"),
        (nifti(CT, **{**FORMS, "dim": (4, 6, 5, 2, 2, 1, 1, 1)}), "dims.frames"),
        (nifti(CT, **{**FORMS, "pixdim": (1, 2, 0, 5, 0, 0, 0, 0)}), "geometry.no_spacing"),
        (b"NRRD0004\n", "file.format"),
        (b"", "file.empty"),
    ],
)
def test_h14_what_is_damaged_is_refused(content: bytes, code: str, tmp_path: Path) -> None:
    path = write(tmp_path / "ct.nii.gz", content)
    with refuses(code, "ct.nii.gz"):
        read_image(path, "ct", Limits())


def test_what_is_odd_is_reported(tmp_path: Path) -> None:
    fields = {**FORMS, "bitpix": 8, "xyzt_units": 5}
    path = write(tmp_path / "ct.nii", zipped(nifti(CT, **fields)) + b"\0")
    _, _, findings = read_image(path, "ct", Limits())
    assert [finding.code for finding in findings] == [
        "gzip.name",
        "gzip.trailing_bytes",
        "header.bitpix",
        "geometry.unit_undefined",
    ]
