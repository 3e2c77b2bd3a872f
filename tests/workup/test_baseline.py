"""Lesions of an earlier scan, told by a case file."""

from pathlib import Path

import pytest

from tests.cli.outside import SMALL, ask, case_toml, doubts, told

pytestmark = pytest.mark.slow

CASE = """
diagnosis = "crlm"
[masks]
labelmap = "labels.nii"
tumour = "tumour.nii"
[[plan]]
remnant_segments = [1, 2, 3]
[baseline]
mask = "before.nii"
registered = true
"""
POINTS = """points_mm = [[-37.5, -57.5, 30.0], [37.5, 57.5, 30.0]]
frame = "{frame}"
registered = true
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight segments of 1000 voxels, by number; tumour 7600-8000; before, also 0-400 in 1."""
    SMALL.file(tmp_path / "labels.nii", SMALL.segments())
    SMALL.file(tmp_path / "tumour.nii", SMALL.mask(7600, 8000))
    SMALL.file(tmp_path / "before.nii", SMALL.mask(0, 400) | SMALL.mask(7600, 8000))
    return tmp_path


@pytest.mark.essential
def test_a_vanished_lesion_stays_in_the_list(folder: Path) -> None:
    case = case_toml(folder, CASE)
    plan = told("plan", case)
    first, second = plan["baseline_lesions"]
    assert (first["seen_now"], first["clears_with"], first["volume_ml"]) == (False, ["1"], 50.0)
    assert (second["seen_now"], second["seen_as"]) == (True, [1])
    assert first["in_remnant"] is True
    assert "baseline.in_remnant" in doubts(plan)
    assert [one["file"] for one in plan["inputs"] if one["role"] == "baseline"] == ["before.nii"]
    assert plan["lesion_summary"]["count"] == 1
    rows = {row["code"]: row for row in told("resections", case)["resections"]}
    assert rows["H5678"]["baseline_left"] == [1]
    assert rows["H15678"]["baseline_left"] == []
    line = "Baseline lesion 1: no longer visible (segment I, 50.0 mL at baseline)"
    assert line in ask("plan", case).out


def test_h02_points_in_either_frame(folder: Path) -> None:
    """Voxel (1, 1, 1) of the liver lies at -35, -55, 35 mm RAS, and 30 mm high is one below."""
    before, _, _ = CASE.partition("mask =")
    before = before if "[baseline]" in before else CASE.partition('mask = "before.nii"')[0]
    ras = told("plan", case_toml(folder, before + POINTS.format(frame="RAS")))
    lps = told("plan", case_toml(folder, before + POINTS.format(frame="LPS"), "lps.toml"))
    inside, outside = ras["baseline_lesions"]
    assert inside["clears_with"] == []  # half a step outside, and no finding
    assert ras["baseline_lesions"][0]["centre_mm"] == lps["baseline_lesions"][1]["centre_mm"]
    assert outside["seen_now"] is False
