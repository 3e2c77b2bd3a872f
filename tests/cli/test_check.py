"""`fl-planner check`: exit 0 whatever the files are, unless none can be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fl_planner.cli import run
from fl_planner.intake.samples import sample_case


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
