"""Results that are read back: those that no command wrote are refused, and not worked on."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.workup import remake
from fl_planner.workup.remake import MOST_FILES, read_output
from tests.cases import each_case
from tests.refusals import refuses

INPUT = {"role": "liver", "file": "liver.nii", "sha256": "0" * 64}


def put(folder: Path, files: int) -> Path:
    path = folder / "plan.json"
    record = {
        "schema": "fl-planner/plan/2",
        "status": "ok",
        "version": "1",
        "inputs": [INPUT] * files,
    }
    path.write_text(json.dumps(record), "utf-8")
    return path


def test_a_thousand_files_are_the_most_that_a_result_rests_on(tmp_path: Path) -> None:
    assert len(read_output(put(tmp_path, MOST_FILES)).inputs) == 1000
    with refuses("verify.not_an_output") as caught:
        read_output(put(tmp_path, MOST_FILES + 1))
    assert caught.value.reason == "the output lists 1,001 files, more than the maximum of 1,000"


def test_h12_a_conversion_rests_on_the_files_that_it_read_and_wrote(tmp_path: Path) -> None:
    made = {"file": "out.nii", "sha256": "1" * 64}
    record = {
        "schema": "fl-planner/convert/1", "status": "ok", "version": "1", "inputs": [INPUT],
        "output": made,
    }  # fmt: skip
    (path := tmp_path / "convert.json").write_text(json.dumps(record), "utf-8")
    assert read_output(path).inputs == (INPUT, {"role": "output", **made})


def test_a_result_that_is_too_long_is_reported_by_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, 1)
    monkeypatch.setattr(remake, "MOST_BYTES", path.stat().st_size)
    assert read_output(path).kind == "plan"
    monkeypatch.setattr(remake, "MOST_BYTES", path.stat().st_size - 1)
    with pytest.raises(
        InputRefused, match="the file is larger than 0 MiB, so it cannot be a result"
    ):
        read_output(path)


@each_case(
    "schema, reason, remedy",
    [
        ("plan/1", "the schema is fl-planner/plan/1, but this version reads fl-planner/plan/2",
         "create the output again, or verify it with the version stated in it"),
        ("plan/3", "the schema is fl-planner/plan/3, but this version reads fl-planner/plan/2",
         "install the newer version of fl_planner"),
    ],
)  # fmt: skip
def test_an_output_of_another_version_is_named_by_its_schema(
    schema: str, reason: str, remedy: str
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "made.json")
        path.write_text(json.dumps({"schema": f"fl-planner/{schema}", "status": "ok"}), "utf-8")
        with refuses("verify.other_schema") as caught:
            read_output(path)
    assert (caught.value.reason, caught.value.remedy) == (reason, remedy)
