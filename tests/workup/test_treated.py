"""A treated area told by segments, by the tumour and by a margin."""

from pathlib import Path

import pytest

from tests.cli.outside import SMALL, ask, case_toml, doubts, refused, told

CASE = """
diagnosis = "hcc"
[masks]
labelmap = "labels.nii"
tumour = "tumour.nii"
[treated]
segments = [5, "VIII"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight segments of 1000 voxels, by the number of the voxel; 400 of them tumour in 8."""
    SMALL.file(tmp_path / "labels.nii", SMALL.segments())
    SMALL.file(tmp_path / "tumour.nii", SMALL.mask(7600, 8000))
    SMALL.file(tmp_path / "treated.nii", SMALL.mask(4000, 8000))
    return tmp_path


def masks(folder: Path, *more: object) -> list[object]:
    files = ["--labelmap", folder / "labels.nii", "--tumour", folder / "tumour.nii"]
    return [*files, "--diagnosis", "hcc", *more]


def test_by_segments(folder: Path) -> None:
    record = told("plan", *masks(folder, "--treated-segments", "5,8"))
    assert record["voxels"]["untreated"] == 7600 - 1000 - 600
    assert record["case"]["treated"] == {
        "segments": ["5", "8"], "with_tumour": False, "margin_mm": 0.0,
    }  # fmt: skip
    assert record["ratios"]["untreated"]["cv"]["remnant"] == 0.12  # borders from segments


@pytest.mark.slow
def test_by_the_tumour_and_a_margin(folder: Path) -> None:
    """Segment 8 is the last two and a half layers of 400; one layer more lies 5 mm before."""
    record = told("plan", *masks(folder, "--treat-tumour"))
    assert record["voxels"]["untreated"] == 7000
    wider = told("plan", *masks(folder, "--treat-tumour", "--treated-margin-mm", "5"))
    # The other half of its first layer lies under the second one, and the same half of the layer
    # before that under its own: 200 voxels each.
    assert wider["voxels"]["untreated"] == 7000 - 200 - 200
    assert wider["case"]["treated"]["margin_mm"] == 5.0


@pytest.mark.essential
@pytest.mark.slow
def test_the_case_file_states_it_too(folder: Path) -> None:
    case = case_toml(folder, CASE)
    assert told("plan", case)["voxels"]["untreated"] == 6000
    assert told("plan", case, "--treat-tumour")["voxels"]["untreated"] == 7000
    drawn = told("plan", case, "--treated", folder / "treated.nii")
    assert drawn["voxels"]["untreated"] == 4000
    assert "treated" not in drawn["case"]
    assert drawn["ratios"]["untreated"]["cv"]["remnant"] == 0.07


@pytest.mark.slow
def test_reported_words_replace_a_drawing_of_the_case_file(folder: Path) -> None:
    text = CASE.partition("[treated]")[0].replace("[masks]", '[masks]\ntreated = "treated.nii"')
    case = case_toml(folder, text)
    assert told("plan", case)["voxels"]["untreated"] == 4000
    assert told("plan", case, "--treated-segments", "1")["voxels"]["untreated"] == 6600


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--treated-margin-mm", "5"], "territory.empty"),
        (["--treat-tumour", "--treated-margin-mm", "500"], "territory.margin"),
        (["--treat-tumour", "--treated-margin-mm", "five"], "usage.wrong"),
        (["--treated-segments", "9"], "usage.wrong"),
        (["--treated-segments", "4a"], "territory.no_segment"),
    ],
)
def test_what_is_no_territory(folder: Path, options: list[str], code: str) -> None:
    assert refused("plan", *masks(folder, *options))["code"] == code


def test_drawn_and_reported_at_once(folder: Path) -> None:
    both = ["--treated", folder / "treated.nii", "--treat-tumour"]
    assert refused("plan", *masks(folder, *both))["code"] == "territory.twice"
    text = CASE.replace("[masks]", '[masks]\ntreated = "treated.nii"')
    assert refused("plan", case_toml(folder, text))["code"] == "territory.twice"


# ---- lesions of an earlier scan


WITH_BASELINE = """
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
def scanned(tmp_path: Path) -> Path:
    """Eight segments of 1000 voxels, by number; tumour 7600-8000; before, also 0-400 in 1."""
    SMALL.file(tmp_path / "labels.nii", SMALL.segments())
    SMALL.file(tmp_path / "tumour.nii", SMALL.mask(7600, 8000))
    SMALL.file(tmp_path / "before.nii", SMALL.mask(0, 400) | SMALL.mask(7600, 8000))
    return tmp_path


@pytest.mark.slow
@pytest.mark.essential
def test_a_vanished_lesion_stays_in_the_list(scanned: Path) -> None:
    case = case_toml(scanned, WITH_BASELINE)
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


@pytest.mark.slow
def test_h02_points_in_either_frame(scanned: Path) -> None:
    """Voxel (1, 1, 1) of the liver lies at -35, -55, 35 mm RAS, and 30 mm high is one below."""
    before, _, _ = WITH_BASELINE.partition("mask =")
    before = before if "[baseline]" in before else WITH_BASELINE.partition('mask = "before.nii"')[0]
    ras = told("plan", case_toml(scanned, before + POINTS.format(frame="RAS")))
    lps = told("plan", case_toml(scanned, before + POINTS.format(frame="LPS"), "lps.toml"))
    inside, outside = ras["baseline_lesions"]
    assert inside["clears_with"] == []  # half a step outside, and no finding
    assert ras["baseline_lesions"][0]["centre_mm"] == lps["baseline_lesions"][1]["centre_mm"]
    assert outside["seen_now"] is False
