"""The CT as witness from outside: bundled cases, a public scan, and what `volume --ct` says."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest

from tests.cli.outside import BUNDLED, CASES, Record, ask, codes, told
from tests.shared import shared

Voxels = npt.NDArray[np.bool_]
Store = Callable[[Voxels], Path]


def nifti_bytes(voxels: npt.NDArray[Any], like: Any) -> bytes:
    written: bytes = nib.Nifti1Image(voxels, like.affine).to_bytes()  # type: ignore[no-untyped-call]
    return written


@pytest.fixture(params=[*CASES, "public"], scope="module")
def scan(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Voxels, Store]:
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
    scan: tuple[Path, Voxels, Store], axis: int, words: str
) -> None:
    ct, liver, store = scan
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
