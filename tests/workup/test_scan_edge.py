"""A liver that its scan cuts off is told so, however its mask is stored and cropped.

One body for all: an ellipsoid in slices of 5 mm whose middle lies on or near the scan's last slice.
"""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import each_case
from tests.cli.outside import BUNDLED, CASES, Record, ask, codes, told
from tests.formats.dicom.dicoms import ct_slice, frames_of, pack, ring, rtstruct, seg
from tests.niftis import nifti, sform, upright, write
from tests.shared import shared
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


# ---- the CT as witness

StoreCt = Callable[[Voxels], Path]


def nifti_bytes(voxels: npt.NDArray[Any], like: Any) -> bytes:
    written: bytes = nib.Nifti1Image(voxels, like.affine).to_bytes()  # type: ignore[no-untyped-call]
    return written


@pytest.fixture(params=[*CASES, "public"], scope="module")
def public_scan(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Voxels, StoreCt]:
    """Give a CT, the liver on it, and a way to store another mask under the liver's header."""
    if request.param == "public":
        folder = shared("data", "totalsegmentator_example")
        ct, mask, label = folder / "example_ct_sm.nii.gz", folder / "example_seg.nii.gz", 5
    else:
        folder = BUNDLED / request.param
        ct, mask, label = folder / "ct.nii.gz", folder / "liver.nii.gz", 1
    image: Any = nib.load(mask)
    liver = np.asarray(image.dataobj) == label
    place = tmp_path_factory.mktemp(request.param)

    def store(voxels: Voxels) -> Path:
        path = place / "liver.nii"
        path.write_bytes(nifti_bytes(voxels.astype(np.uint8), image))
        return path

    return ct, liver, store


def of_ct(*args: object) -> list[Record]:
    return [one for one in told("volume", *args)["findings"] if one["code"].startswith("ct.")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("axis", "words"), [(0, "left and right"), (1, "back and front"), (2, "foot and head")]
)
def test_h02_a_mirrored_mask_is_an_error(
    public_scan: tuple[Path, Voxels, StoreCt], axis: int, words: str
) -> None:
    ct, liver, store = public_scan
    (finding,) = of_ct("--liver", store(np.flip(liver, axis)), "--ct", ct)
    assert (finding["code"], finding["severity"]) == ("ct.mask_mirrored", "error")
    assert finding["message"].startswith(
        f"liver.nii on {ct.name}: the mask fits the CT better if mirrored ({words} swapped): "
    )
    assert finding["file"] == "liver.nii"


@pytest.mark.slow
def test_the_ct_is_named_among_the_inputs_and_changes_no_number() -> None:
    folder = BUNDLED / "crlm"
    masks = [f"--{name}={folder / name}.nii.gz" for name in ("liver", "tumour", "flr")]
    without, asked = told("volume", *masks), told("volume", *masks, "--ct", folder / "ct.nii.gz")
    (ct,) = [one for one in asked["inputs"] if one["role"] == "ct"]
    assert ct["file"] == "ct.nii.gz"
    same = without.keys() - {"inputs", "findings"}
    assert {key: asked[key] for key in same} == {key: without[key] for key in same}


def test_volume_reads_the_ct_of_a_case_file_only_when_asked(tmp_path: Path) -> None:
    text = (BUNDLED / "crlm" / "case.toml").read_text("utf-8")
    (tmp_path / "case.toml").write_text(text.replace('"ct.nii.gz"', '"none.nii.gz"'), "utf-8")
    for name in ("liver", "tumour", "flr", "segments"):
        (tmp_path / f"{name}.nii.gz").symlink_to(BUNDLED / "crlm" / f"{name}.nii.gz")
    assert ask("volume", tmp_path / "case.toml").status == 0
    assert ask("plan", tmp_path / "case.toml").status == 2


@pytest.mark.slow
def test_a_plan_asks_the_ct_of_its_case_file(tmp_path: Path) -> None:
    for path in (BUNDLED / "crlm").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    found = [code for code in codes(told("plan", tmp_path / "case.toml")) if code[:3] == "ct."]
    assert found == ["ct.fits"]
    image: Any = nib.load(BUNDLED / "crlm" / "ct.nii.gz")
    with gzip.open(tmp_path / "ct.nii.gz", "wb") as file:
        file.write(nifti_bytes(np.asarray(image.dataobj)[::-1], image))
    assert "ct.mask_mirrored" in codes(told("plan", tmp_path / "case.toml"))


def test_a_mask_given_as_ct_is_no_ct() -> None:
    liver = BUNDLED / "crlm" / "liver.nii.gz"
    (finding,) = of_ct("--liver", liver, "--ct", liver)
    assert finding["code"] == "ct.not_hounsfield"
    assert str(liver.parent) not in finding["message"]  # a folder may bear a name
