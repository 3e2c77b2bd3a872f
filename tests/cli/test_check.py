"""`fl-planner check`: exit 0 whatever the files are, unless none can be read."""

import json
from pathlib import Path

import numpy as np
import pytest

from fl_planner.cli import run
from fl_planner.intake.documents.samples import sample_case
from tests.niftis import write_nifti


def test_the_bundled_case_fits(capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted(map(str, sample_case("crlm").glob("*.nii.gz")))
    assert run(["check", *files, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["schema"], record["status"], record["fits"]) == (
        "fl-planner/check/1",
        "ok",
        True,
    )
    assert [file["kind"] for file in record["files"]] == [
        "image", "mask", "mask", "label map", "mask",
    ]  # fmt: skip


def test_files_that_do_not_fit_are_an_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.nii").write_text("a text")
    liver = sample_case("crlm") / "liver.nii.gz"
    assert run(["check", str(liver), str(tmp_path / "text.nii")]) == 0
    printed = capsys.readouterr()
    assert "text.nii: refused" in printed.out
    assert "do not fit together" in printed.out
    assert printed.err == ""


def test_where_none_can_be_read_it_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.nii").write_text("a text")
    assert run(["check", str(tmp_path / "a.nii"), str(tmp_path / "b.nii"), "--json"]) == 2
    record = json.loads(capsys.readouterr().out)
    assert (record["status"], record["refusal"]["file"]) == ("refused", "a.nii")


def test_it_wants_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 2
    assert "FILES" in capsys.readouterr().err


def test_an_image_with_values_that_are_no_numbers_has_finite_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    voxels = np.full((4, 4, 4), np.nan, "f4")
    voxels[3, 3, 3] = np.inf
    for name, held in (("all.nii", []), ("some.nii", [-3.5, 7.25])):
        voxels.flat[: len(held)] = held
        path = write_nifti(tmp_path / name, voxels)
        for shown in ([], ["--json"]):
            assert run(["check", str(path), *shown]) == 0
        _, _, text = capsys.readouterr().out.partition("{")
        (file,) = json.loads("{" + text)["files"]
        assert (file["kind"], file.get("values", [])) == ("image", held)
