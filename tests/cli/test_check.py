"""`fl-planner check`: exit 0 whatever the files are, unless none can be read."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from fl_planner.intake.documents.samples import sample_case
from tests.cli.outside import ask, refused, told
from tests.niftis import write_nifti


@pytest.mark.slow
def test_the_bundled_case_fits() -> None:
    record = told("check", *sorted(sample_case("crlm").glob("*.nii.gz")))
    assert (record["schema"], record["fits"]) == ("fl-planner/check/1", True)
    assert told("check", *sorted(sample_case("crlm").glob("*.nii.gz")), "--exit-code") == record
    said = " ".join(ask("check", *sorted(sample_case("crlm").glob("*.nii.gz"))).out.split())
    assert "liver.nii.gz on ct.nii.gz: the mask agrees with the liver on the CT" in said
    kinds = [file["kind"] for file in record["files"]]
    assert kinds == ["image", "mask", "mask", "label map", "mask"]


def test_files_that_do_not_fit_are_an_answer(tmp_path: Path) -> None:
    (tmp_path / "text.nii").write_text("a text")
    ran = ask("check", sample_case("crlm") / "liver.nii.gz", tmp_path / "text.nii")
    assert (ran.status, ran.err) == (0, "")
    assert "text.nii: refused" in ran.out
    assert "do not fit together" in ran.out
    asked = ask("check", sample_case("crlm") / "liver.nii.gz", tmp_path / "text.nii", "--exit-code")
    assert (asked.status, asked.out, asked.err) == (4, ran.out, "")


def test_where_none_can_be_read_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_text("a text")
    assert refused("check", tmp_path / "a.nii", tmp_path / "b.nii")["file"] == "a.nii"


def test_it_wants_a_file() -> None:
    assert "FILES" in refused("check")["message"]


def test_an_image_with_values_that_are_no_numbers_has_finite_ends(tmp_path: Path) -> None:
    voxels = np.full((4, 4, 4), np.nan, "f4")
    voxels[3, 3, 3] = np.inf
    for name, held in (("all.nii", []), ("some.nii", [-3.5, 7.25])):
        voxels.flat[: len(held)] = held
        path = write_nifti(tmp_path / name, voxels)
        assert ask("check", path).status == 0
        (file,) = told("check", path)["files"]
        assert (file["kind"], file.get("values", [])) == ("image", held)


def test_a_folder_of_masks_is_its_files(tmp_path: Path) -> None:
    for name in ("liver.nii.gz", "tumour.nii.gz"):
        shutil.copy(sample_case("crlm") / name, tmp_path)
    (tmp_path / "notes.txt").write_text("no image")
    record = told("check", tmp_path)
    assert [one["file"] for one in record["files"]] == ["liver.nii.gz", "tumour.nii.gz"]
    assert record == told("check", tmp_path / "liver.nii.gz", tmp_path / "tumour.nii.gz")
