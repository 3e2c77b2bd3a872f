"""`fl-planner volume`: its record, its table, and a case file that names more than masks."""

from pathlib import Path

from tests.cli.outside import SMALL, case_toml, told

KEYS = {
    "schema", "version", "status", "inputs", "voxels", "volumes_ml", "findings", "refusal",
    "voxel_ml", "denominator", "notice", "share_limits_percent", "flr_percent",
    "flr_percent_shown", "remnant", "masks",
}  # fmt: skip


def test_the_record_has_all_keys(tmp_path: Path) -> None:
    record = told("volume", *SMALL.write(tmp_path, flr=(0, 2400), tumour=(7200, 8000)))
    assert set(record) == KEYS
    assert (record["schema"], record["status"]) == ("fl-planner/volume/1", "ok")
    assert record["flr_percent_shown"] == "33.3"  # 2400 of 7200


def test_a_case_file_is_measured_without_its_ct(tmp_path: Path) -> None:
    """Nothing clinical is asked here, and a CT that stayed elsewhere is no reason to refuse."""
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    text = """
id = "case-7"
diagnosis = "crlm"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[imaging]
ct = "elsewhere.nii"
[facts]
ecog = 1
"""
    record = told("volume", case_toml(tmp_path, text))
    assert set(record) == KEYS
    assert [one["role"] for one in record["inputs"]] == ["case", "liver", "tumour", "flr"]
    assert record["flr_percent_shown"] == "31.6"
