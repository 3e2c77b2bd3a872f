"""A liver that its scan cuts off is told so, however its mask is stored and cropped.

One body for all: an ellipsoid in slices of 5 mm whose middle lies on or near the scan's last slice.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import each_case
from tests.formats.dicom.dicoms import ct_slice, frames_of, pack, ring, rtstruct, seg
from tests.niftis import nifti, sform, upright, write
from tests.workup.asked import volumes_of

Voxels = npt.NDArray[np.bool_]
SHAPE = (28, 60, 80)  # slices, rows, columns: 5, 3 and 2 mm apart
SCAN = range(4, 26)  # the slices of the CT: a mask's file may have more or fewer
CUT, BROKEN_OFF = 4, 8  # the first slice drawn: the scan's first one, and one within it
RADIUS_MM = 60.0


def body(first: int) -> Voxels:
    """Draw a ball whose middle is 10 mm above its first slice: that one is nearly the largest."""
    slices, rows, columns = np.indices(SHAPE)
    far = (5 * (slices - first - 2)) ** 2 + (3 * (rows - 29)) ** 2 + (2 * (columns - 39)) ** 2
    drawn: Voxels = (far <= RADIUS_MM**2) & (slices >= first)
    return drawn


def scan(folder: Path) -> Path:
    at = folder / "ct"
    at.mkdir()
    for n, layer in enumerate(SCAN, start=1):
        pixels = np.full(SHAPE[1:], 1000)
        (at / f"{n}.dcm").write_bytes(pack(ct_slice(layer, pixels, n)))
    return at


def as_seg(folder: Path, drawn: Voxels) -> Path:
    return write(folder / "liver.dcm", pack(seg(frames_of(drawn))))


def as_nifti(folder: Path, drawn: Voxels, kept: slice = slice(None)) -> Path:
    """Write some slices of it; NIfTI's x and y run against DICOM's."""
    origin = (40.0, 30.0, 100.0 + 5.0 * (kept.start or 0))
    voxels = drawn[kept].astype(np.uint8).transpose(2, 1, 0)
    return write(folder / "liver.nii", nifti(voxels, **sform(upright((-2.0, -3.0, 5.0), origin))))


def as_scanned(folder: Path, drawn: Voxels) -> Path:
    return as_nifti(folder, drawn, slice(SCAN.start, SCAN.stop))


def as_cropped(folder: Path, drawn: Voxels) -> Path:
    filled = np.flatnonzero(drawn.any(axis=(1, 2)))
    return as_nifti(folder, drawn, slice(int(filled[0]), int(filled[-1]) + 1))


def as_contours(folder: Path, drawn: Voxels) -> Path:
    """Draw a circle of the same area around the middle of each slice that holds some of it."""
    held = [(n, float(np.sqrt(6 * one.sum() / np.pi))) for n, one in enumerate(drawn) if one.any()]
    middle = (-40.0 + 2 * 39, -30.0 + 3 * 29)
    circles = [ring(radius, 100.0 + 5 * n, middle) for n, radius in held]
    return write(folder / "liver.dcm", pack(rtstruct([("Liver", circles)])))


Store = Callable[[Path, Voxels], Path]
STORED: dict[str, Store] = {
    "DICOM SEG": as_seg,
    "DICOM RTSTRUCT": as_contours,
    "NIfTI of the scan's size": as_scanned,
    "NIfTI padded beyond the scan": as_nifti,
    "NIfTI cropped to what is drawn": as_cropped,
}


def ends_of(**words: Any) -> list[tuple[str, str]]:
    found = volumes_of(no_tumour=True, **words)["findings"]
    return [(one["code"], one["message"]) for one in found if one["code"].startswith("edge.")]


@pytest.mark.slow
@pytest.mark.parametrize("store", STORED.values(), ids=STORED)
def test_h06_a_liver_that_its_scan_cuts_off_is_reported_however_it_is_stored(
    store: Store, tmp_path: Path
) -> None:
    ((code, says),) = ends_of(liver=store(tmp_path, body(CUT)), ct=scan(tmp_path))
    assert code == "edge.cut"
    assert "cut flat at the edge of the field of view (foot)" in says
    assert "within the scan" not in says


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in STORED if "cropped" not in name])
def test_h06_a_liver_that_ends_within_its_scan_is_stated_to(name: str, tmp_path: Path) -> None:
    ((code, says),) = ends_of(liver=STORED[name](tmp_path, body(BROKEN_OFF)), ct=scan(tmp_path))
    assert code == "edge.flat_end"
    assert "has a flat end within the scan (foot)" in says


def test_h06_a_file_that_was_cropped_through_the_liver_is_reported(tmp_path: Path) -> None:
    liver = as_cropped(tmp_path, body(BROKEN_OFF))
    ((code, says),) = ends_of(liver=liver, ct=scan(tmp_path))
    assert code == "edge.cut"
    assert "at the edge of its file (foot), but the CT continues" in says


@pytest.mark.slow
@each_case("stored", ["DICOM SEG", "DICOM RTSTRUCT"])
def test_h06_without_the_ct_nobody_states_that_a_flat_end_is_within_the_scan(
    stored: str, tmp_path: Path
) -> None:
    ((code, says),) = ends_of(liver=STORED[stored](tmp_path, body(CUT)))
    assert code == "edge.flat_end"
    assert "within the scan" not in says
    assert "at the edge of its file (foot)" in says
    assert "whether the scan ends there or the drawing is incomplete" in says
    assert "--ct" in says


def test_a_seg_that_stores_the_empty_slices_beyond_states_where_it_ends(tmp_path: Path) -> None:
    drawn = body(BROKEN_OFF)
    frames = frames_of(drawn, keep_empty=True)
    liver = write(tmp_path / "liver.dcm", pack(seg(frames)))
    ((_, says),) = ends_of(liver=liver)
    assert "has a flat end within the scan (foot)" in says


def test_a_ct_that_the_mask_goes_beyond_does_not_cut_it(tmp_path: Path) -> None:
    low = body(2)
    ((code, says),) = ends_of(liver=as_cropped(tmp_path, low), ct=scan(tmp_path))
    assert (code, "of the field of view" in says) == ("edge.cut", True)
    found = ends_of(liver=as_nifti(tmp_path, low), ct=tmp_path / "ct")
    assert [code for code, _ in found] == ["edge.flat_end"]
