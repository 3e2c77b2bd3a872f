"""Volumes of masks, from a request: livers whose voxels are counted by hand."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fl_planner.workup.files.convert import Conversion, convert_file
from tests.cli.outside import BUNDLED, FINE, SMALL, codes, finding
from tests.niftis import both_forms, nifti, zipped
from tests.refusals import refuses
from tests.workup.asked import plan_of, volumes_of


def test_inputs_are_named_with_role_format_and_hash(tmp_path: Path) -> None:
    masks = SMALL.files(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    forms = both_forms((5.0, 5.0, 5.0), (-40.0, -60.0, 30.0))
    zipped_2 = zipped(nifti(SMALL.mask(0, 8000), version=2, **forms))
    masks["liver"] = tmp_path / "liver.nii.gz"
    masks["liver"].write_bytes(zipped_2)
    inputs = volumes_of(**masks)["inputs"]
    assert [(one["role"], one["file"], one["format"]) for one in inputs] == [
        ("liver", "liver.nii.gz", "nifti2"),
        ("tumour", "tumour.nii", "nifti1"),
        ("flr", "flr.nii", "nifti1"),
    ]
    for one in inputs:  # as the file is stored, packed or not
        assert one["sha256"] == sha256((tmp_path / one["file"]).read_bytes()).hexdigest()


def test_no_tumour_is_an_answer_and_not_the_absence_of_one(tmp_path: Path) -> None:
    masks = SMALL.files(tmp_path, flr=(0, 2400))
    unsaid = volumes_of(**masks)
    assert (unsaid["denominator"], unsaid["flr_percent"]) == ("measured_liver", 30.0)
    assert finding(unsaid, "tumour.not_given")["severity"] == "info"
    said = volumes_of(**masks, no_tumour=True)
    assert (said["denominator"], said["flr_percent"]) == ("measured_nontumour", 30.0)
    assert said["voxels"]["tumour"] == 0
    assert "tumour.empty" not in codes(said)  # the liver's file is not called an empty tumour mask
    empty = SMALL.file(tmp_path / "empty.nii", SMALL.mask(0, 0))
    drawn = volumes_of(**masks, tumour=empty)
    assert {**drawn, "inputs": [], "findings": []} == {**said, "inputs": [], "findings": []}
    assert finding(drawn, "tumour.empty")["file"] == "empty.nii"


def test_a_devascularised_part_is_with_the_remnant_without_it(tmp_path: Path) -> None:
    """Liver 8000 without tumour, FLR 2600; 300 devascularised, 200 of them in the FLR."""
    masks = SMALL.files(tmp_path, flr=(0, 2600))
    lost = SMALL.file(tmp_path / "lost.nii", SMALL.mask(2400, 2700))
    words = {**masks, "no_tumour": True, "exclude": (f"devascularised={lost}",)}
    record = volumes_of(**words)
    assert (record["flr_percent"], record["flr_percent_with_impaired"]) == (30.0, 32.5)
    assert (record["voxels"]["flr"], record["voxels"]["impaired"]) == (2400, 300)
    assert record["voxels"]["flr_impaired"] == 200
    assert "excluded" not in record["voxels"]
    assert "30.0 % without this part and" in finding(record, "remnant.impaired")["message"]
    tumour = SMALL.file(tmp_path / "tumour.nii", SMALL.beside())
    drawn = {**masks, "tumour": tumour, "exclude": words["exclude"]}
    decided = plan_of(**drawn, diagnosis="crlm")["thresholds"]
    assert {one["answer"] for one in decided if one["limit_percent"] == 30} == {"at"}


def test_counts_are_exact_and_millilitres_have_six_digits(tmp_path: Path) -> None:
    record = volumes_of(**FINE.files(tmp_path, flr=(0, 123_457), tumour=(999_999, 1_000_000)))
    assert record["voxels"]["flr"] == 123_457
    assert record["volumes_ml"]["flr"] == pytest.approx(123.457, abs=1e-9)
    assert record["volumes_ml"]["tumour"] == pytest.approx(0.001, abs=1e-12)
    assert record["flr_percent"] == pytest.approx(100 * 123_457 / 999_999, abs=5e-7)


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
    with refuses(code, file):
        volumes_of(**SMALL.files(tmp_path, **parts))


def test_h13_two_shares_of_a_remnant_made_of_segments_are_with_each_other(
    tmp_path: Path,
) -> None:
    """Liver 8000; II to VIII are 1000 each, I is 600, and 400 between I and II lie in none."""
    labels = SMALL.mask(0, 600).astype(np.uint8)
    for number in range(2, 9):
        labels += number * SMALL.mask(1000 * (number - 1), 1000 * number)
    masks = {**SMALL.files(tmp_path), "no_tumour": True}
    by_map: dict[str, Any] = {
        "labelmap": SMALL.file(tmp_path / "map.nii", labels),
        "remnant_segments": "1,2,3",
    }
    record = volumes_of(**masks, **by_map)
    assert (record["voxels"]["flr"], record["voxels"]["unassigned"]) == (2600, 400)
    assert (record["flr_percent"], record["flr_percent_shown"]) == (32.5, "32.5")
    assert record["flr_percent_of_segments"] == pytest.approx(100 * 2600 / 7600)
    assert record["flr_percent_of_segments_shown"] == "34.2"
    assert finding(record, "segments.gaps")["value"] == pytest.approx(50.0)
    asked = volumes_of(**masks, **by_map, gaps_to_nearest=True)
    assert "flr_percent_of_segments" not in asked
    assert 2600 < asked["voxels"]["flr"] <= 3000
    assert finding(asked, "segments.gaps_filled")["severity"] == "info"
    with refuses("segments.none_to_fill"):
        volumes_of(**masks, gaps_to_nearest=True)


def test_a_label_map_that_names_its_segments_is_reported_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "segments.seg.nrrd"
    convert_file(Conversion(BUNDLED / "crlm" / "segments.nii.gz", path, scheme="couinaud"))
    record = volumes_of(labelmap=path, no_tumour=True)
    names = [f"segment_{number}" for number in range(1, 9)]
    assert record["label_map"]["labels"] == dict(zip(names, names, strict=True))
