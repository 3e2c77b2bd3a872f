"""`fl-planner volume`: contract section 3, on livers whose voxels are counted by hand."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from tests.cli.outside import FINE, SMALL, ask, case_toml, codes, doubts, finding, refused, told
from tests.niftis import both_forms, nifti, zipped

KEYS = {
    "schema", "version", "status", "inputs", "voxels", "volumes_ml", "findings", "refusal",
    "voxel_ml", "denominator", "notice", "share_limits_percent",
}  # fmt: skip
OF_FLR = {"flr_percent", "flr_percent_shown", "remnant"}


def test_all_keys_and_their_meaning(tmp_path: Path) -> None:
    masks = SMALL.write(tmp_path, flr=(0, 2400), tumour=(7200, 8000))
    record = told("volume", *masks)
    assert set(record) == KEYS | OF_FLR
    assert (record["schema"], record["status"]) == ("fl-planner/volume/1", "ok")
    assert record["refusal"] is None
    assert record["voxels"] == {
        "liver": 8000,
        "tumour": 800,
        "nontumorous_liver": 7200,
        "flr": 2400,
    }
    assert record["volumes_ml"] == {
        "liver": 1000.0,
        "tumour": 100.0,
        "nontumorous_liver": 900.0,
        "flr": 300.0,
    }
    assert record["voxel_ml"] == 0.125
    assert record["flr_percent"] == pytest.approx(100 * 2400 / 7200, abs=5e-7)
    assert record["flr_percent_shown"] == "33.3"
    assert record["denominator"] == "measured_nontumour"
    assert record["remnant"] == {"origin": "drawn", "segments": []}
    assert doubts(record) == []
    assert record["notice"] == "research use, not a cleared device"


def test_inputs_are_named_with_role_format_and_hash(tmp_path: Path) -> None:
    masks = SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    inputs = told("volume", *masks)["inputs"]
    assert [(one["role"], one["file"], one["format"]) for one in inputs] == [
        ("liver", "liver.nii", "nifti1"),
        ("tumour", "tumour.nii", "nifti1"),
        ("flr", "flr.nii", "nifti1"),
    ]
    for one in inputs:
        stored = (tmp_path / one["file"]).read_bytes()
        assert one["sha256"] == hashlib.sha256(stored).hexdigest()


def test_the_hash_is_that_of_the_file_as_it_is_stored(tmp_path: Path) -> None:
    content = zipped(nifti(SMALL.mask(0, 8000), version=2, **both_forms((5.0, 5.0, 5.0))))
    (tmp_path / "liver.nii.gz").write_bytes(content)
    (one,) = told("volume", "--liver", tmp_path / "liver.nii.gz")["inputs"]
    assert (one["format"], one["sha256"]) == ("nifti2", hashlib.sha256(content).hexdigest())


def test_what_was_not_given_is_absent(tmp_path: Path) -> None:
    record = told("volume", *SMALL.write(tmp_path))
    assert set(record) == KEYS
    assert record["voxels"] == {"liver": 8000, "nontumorous_liver": 8000}
    assert record["volumes_ml"] == {"liver": 1000.0, "nontumorous_liver": 1000.0}


def test_h16_without_a_tumour_mask_the_whole_liver_is_the_denominator_and_that_is_told(
    tmp_path: Path,
) -> None:
    record = told("volume", *SMALL.write(tmp_path, flr=(0, 2400)))
    assert (record["denominator"], record["flr_percent"]) == ("measured_liver", 30.0)
    assert "tumour" not in record["voxels"]
    assert finding(record, "tumour.not_given")["severity"] == "info"


def test_no_tumour_is_an_answer_and_not_the_absence_of_one(tmp_path: Path) -> None:
    masks = SMALL.write(tmp_path, flr=(0, 2400))
    said = told("volume", *masks, "--no-tumour")
    assert (said["denominator"], said["flr_percent"]) == ("measured_nontumour", 30.0)
    assert said["voxels"]["tumour"] == 0
    assert "tumour.empty" not in codes(said)  # the liver's file is not called an empty tumour mask
    empty = SMALL.file(tmp_path / "empty.nii", SMALL.mask(0, 0))
    drawn = told("volume", *masks, "--tumour", empty)
    assert {**drawn, "inputs": [], "findings": []} == {**said, "inputs": [], "findings": []}
    assert finding(drawn, "tumour.empty")["file"] == "empty.nii"


def test_a_devascularised_part_stands_beside_the_remnant_without_it(tmp_path: Path) -> None:
    """Liver 8000 without tumour, FLR 2600; 300 devascularised, 200 of them in the FLR."""
    masks = SMALL.write(tmp_path, flr=(0, 2600))
    lost = SMALL.file(tmp_path / "lost.nii", SMALL.mask(2400, 2700))
    options = [*masks, "--no-tumour", "--exclude", f"devascularised={lost}"]
    record = told("volume", *options)
    assert (record["flr_percent"], record["flr_percent_with_impaired"]) == (30.0, 32.5)
    assert (record["voxels"]["flr"], record["voxels"]["impaired"]) == (2400, 300)
    assert record["voxels"]["flr_impaired"] == 200
    assert "excluded" not in record["voxels"]
    assert "30.0 % without them, which decides" in finding(record, "remnant.impaired")["message"]
    for words in ("taken out of the FLR", "with its devascularised or congested part: 32.5 %"):
        assert words in ask("volume", *options).out
    decided = told("plan", *options, "--diagnosis", "crlm")["thresholds"]
    assert {one["answer"] for one in decided if one["limit_percent"] == 30} == {"at"}


def test_h03_four_definitions_give_four_named_figures(tmp_path: Path) -> None:
    """Liver 8000; tumour 400, half of it in the FLR of 2600; a cyst of 200 in the FLR."""
    masks = SMALL.write(tmp_path, tumour=(2400, 2800), flr=(0, 2600), treated=(2000, 6000))
    cyst = SMALL.file(tmp_path / "cyst.nii", SMALL.mask(0, 200))
    record = told("volume", *masks, "--exclude", f"cyst={cyst}")
    assert record["denominator"] == "measured_nontumour"
    assert record["flr_percent"] == pytest.approx(100 * 2400 / 7600, abs=5e-7)
    assert record["flr_percent_without_excluded"] == pytest.approx(100 * 2200 / 7400, abs=5e-7)
    assert record["untreated_percent"] == pytest.approx(100 * 4000 / 7600, abs=5e-7)
    assert record["voxels"] == {
        "liver": 8000,
        "tumour": 400,
        "nontumorous_liver": 7600,
        "flr": 2400,
        "untreated": 4000,  # 2000 before the treated area, 2000 after it
        "excluded": 200,
    }
    assert finding(record, "overlap.flr_tumour")["value"] == 25.0  # mL of tumour in the FLR
    without = [*masks[:2], *masks[4:]]
    whole = told("volume", *without)
    assert whole["denominator"] == "measured_liver"
    assert whole["flr_percent"] == 32.5  # 2600 of 8000


def test_h03_the_table_names_the_denominator(tmp_path: Path) -> None:
    masks = SMALL.write(tmp_path, flr=(0, 2400))
    shown = ask("volume", *masks, "--no-tumour").out
    assert "FLR of the non-tumorous liver: 30.0 %" in shown
    assert "non-tumorous liver: the denominator" in shown
    shown = ask("volume", *masks).out
    assert "FLR of the whole liver (no tumour mask): 30.0 %" in shown
    assert "whole liver (no tumour mask): the denominator" in shown
    assert "non-tumorous" not in shown


def test_a_resected_part_leaves_the_rest(tmp_path: Path) -> None:
    record = told("volume", *SMALL.write(tmp_path, resected=(2000, 8000), tumour=(7600, 8000)))
    assert record["voxels"]["flr"] == 2000
    assert record["voxels"]["resected"] == 6000  # the specimen, with its tumour
    assert record["volumes_ml"]["resected"] == 750.0
    assert record["flr_percent"] == pytest.approx(100 * 2000 / 7600, abs=5e-7)


def test_counts_are_exact_and_millilitres_have_six_digits(tmp_path: Path) -> None:
    record = told("volume", *FINE.write(tmp_path, flr=(0, 123_457), tumour=(999_999, 1_000_000)))
    assert record["voxels"]["flr"] == 123_457
    assert record["volumes_ml"]["flr"] == pytest.approx(123.457, abs=1e-9)
    assert record["volumes_ml"]["tumour"] == pytest.approx(0.001, abs=1e-12)
    assert record["flr_percent"] == pytest.approx(100 * 123_457 / 999_999, abs=5e-7)


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
    assert set(record) == KEYS | OF_FLR
    assert [one["role"] for one in record["inputs"]] == ["case", "liver", "tumour", "flr"]
    assert record["flr_percent_shown"] == "31.6"


@pytest.mark.parametrize(
    ("parts", "code", "file"),
    [
        ({"flr": (0, 0)}, "mask.empty", "flr.nii"),
        ({"flr": (0, 2400), "resected": (2400, 8000)}, "remnant.two_masks", "resected.nii"),
        ({"tumour": (0, 2400), "flr": (0, 2300)}, "volume.no_remnant", "flr.nii"),
    ],
)
def test_masks_without_an_honest_result_are_refused_by_name(
    parts: dict[str, tuple[int, int]], code: str, file: str, tmp_path: Path
) -> None:
    refusal = refused("volume", *SMALL.write(tmp_path, **parts))
    assert (refusal["code"], refusal["file"]) == (code, file)


def test_a_tumour_that_covers_the_liver_is_refused(tmp_path: Path) -> None:
    tumour = SMALL.file(tmp_path / "tumour.nii", 2 * SMALL.mask(0, 8000))
    refusal = refused("volume", *SMALL.write(tmp_path), "--tumour", tumour)
    assert (refusal["code"], refusal["file"]) == ("volume.no_liver", "tumour.nii")


def test_h13_two_shares_of_a_remnant_made_of_segments_stand_beside_each_other(
    tmp_path: Path,
) -> None:
    """Liver 8000; II to VIII are 1000 each, I is 600, and 400 between I and II lie in none."""
    labels = SMALL.mask(0, 600).astype(np.uint8)
    for number in range(2, 9):
        labels += number * SMALL.mask(1000 * (number - 1), 1000 * number)
    masks = [*SMALL.write(tmp_path), "--no-tumour", "--remnant-segments", "1,2,3"]
    masks += ["--labelmap", str(SMALL.file(tmp_path / "map.nii", labels))]
    record = told("volume", *masks)
    assert (record["voxels"]["flr"], record["voxels"]["unassigned"]) == (2600, 400)
    assert (record["flr_percent"], record["flr_percent_shown"]) == (32.5, "32.5")
    assert record["flr_percent_of_segments"] == pytest.approx(100 * 2600 / 7600)
    assert record["flr_percent_of_segments_shown"] == "34.2"
    assert finding(record, "segments.gaps")["value"] == pytest.approx(50.0)
    out = " ".join(ask("volume", *masks).out.split())
    assert "liver in no segment of the map 50.0 400" in out
    assert "the same of what lies in segments, without the gaps: 34.2 %" in out
    asked = told("volume", *masks, "--gaps-to-nearest")
    assert "flr_percent_of_segments" not in asked
    assert 2600 < asked["voxels"]["flr"] <= 3000
    assert finding(asked, "segments.gaps_filled")["severity"] == "info"
    refusal = refused("volume", *SMALL.write(tmp_path), "--no-tumour", "--gaps-to-nearest")
    assert refusal["code"] == "segments.none_to_fill"
