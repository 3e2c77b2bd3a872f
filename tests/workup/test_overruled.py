"""What a file overrules in a label map, and what leaves a liver that was drawn over it."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.outside import SMALL, case_toml, doubts, finding, refused, told

ONE, TWO = (2800, 3200), (7600, 8000)  # two lesions of 400 voxels and 50 mL each
LITS = ("--scheme", "lits")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a liver of 1000 mL with a remnant of 300 mL and two lesions; a map has both."""
    SMALL.write(tmp_path, flr=(0, 2400), one=ONE, two=TWO)
    both = SMALL.mask(*ONE) + SMALL.mask(*TWO)
    SMALL.file(tmp_path / "lits.nii", SMALL.mask(0, 8000) + both)
    return tmp_path


def tumours(folder: Path, *names: str) -> list[object]:
    given = [word for name in names for word in ("--tumour", folder / f"{name}.nii")]
    return ["--labelmap", folder / "lits.nii", *LITS, "--flr", folder / "flr.nii", *given]


def test_h03_a_lesion_that_the_map_alone_has_is_reported(folder: Path) -> None:
    record = told("volume", *tumours(folder, "one"))
    assert record["volumes_ml"]["tumour"] == 50.0
    said = finding(record, "labels.file_wins")
    assert (said["severity"], said["file"], said["value"]) == ("warning", "lits.nii", 50.0)
    assert "50.0 mL of tumour that is only in the map is counted as liver" in said["message"]


def test_files_with_all_that_the_map_has_are_quiet(folder: Path) -> None:
    record = told("volume", *tumours(folder, "one", "two"))
    assert finding(record, "labels.file_wins")["severity"] == "info"


def test_an_outline_that_is_a_little_smaller_is_no_other_lesion(folder: Path) -> None:
    SMALL.file(folder / "one.nii", SMALL.mask(2800, 3190))
    record = told("volume", *tumours(folder, "one", "two"))
    assert finding(record, "labels.file_wins")["severity"] == "info"


@pytest.mark.parametrize(("stop", "severity"), [(2400, "info"), (3200, "warning")])
def test_h03_a_remnant_that_the_map_has_otherwise_is_reported(
    folder: Path, stop: int, severity: str
) -> None:
    SMALL.file(folder / "map.nii", SMALL.mask(0, 8000) + SMALL.mask(0, stop))
    case = case_toml(
        folder,
        "[masks]\nno_tumour = true\n"
        'labelmap = { file = "map.nii", labels = { 1 = "liver", 2 = "FLR" } }\n',
    )
    record = told("volume", case, "--flr", folder / "flr.nii")
    assert record["flr_percent"] == 30.0
    said = finding(record, "labels.file_wins")
    assert said["severity"] == severity
    assert said.get("value") == (100.0 if severity == "warning" else None)


def test_h03_a_part_to_be_removed_that_is_the_maps_remnant_is_reported(folder: Path) -> None:
    SMALL.file(folder / "map.nii", SMALL.mask(0, 8000) + SMALL.mask(0, 2400))
    labels = 'labelmap = { file = "map.nii", labels = { 1 = "liver", 2 = "FLR" } }\n'
    case = case_toml(folder, f"[masks]\nno_tumour = true\n{labels}")
    record = told("volume", case, "--resected", folder / "flr.nii")
    assert record["flr_percent"] == 70.0
    assert finding(record, "labels.file_wins")["severity"] == "warning"


def gallbladder(layers: tuple[int, int]) -> np.ndarray:
    """Draw 36 voxels a layer, away from the liver's surface."""
    drawn = SMALL.mask(0, 0)
    drawn[1 + layers[0] : 1 + layers[1], 8:14, 8:14] = 1
    return drawn


@pytest.mark.parametrize("left_out", [False, True])
def test_an_excluded_structure_is_no_slip_of_the_remnant_and_no_hole(
    folder: Path, left_out: bool
) -> None:
    """Liver and remnant run over 144 voxels of gallbladder, or both were led around it."""
    drawn = gallbladder((1, 5))
    SMALL.file(folder / "gb.nii", drawn)
    if left_out:
        SMALL.file(folder / "liver.nii", SMALL.mask(0, 8000) - drawn)
        SMALL.file(folder / "flr.nii", SMALL.mask(0, 2400) - drawn)
    given = ("--liver", folder / "liver.nii", "--flr", folder / "flr.nii", "--no-tumour")
    record = told("volume", *given, "--exclude", f"gallbladder={folder / 'gb.nii'}")
    assert (record["volumes_ml"]["liver"], record["volumes_ml"]["flr"]) == (982.0, 282.0)
    assert doubts(record) == []


def test_h04_a_remnant_that_loses_much_to_an_excluded_structure_is_reported(folder: Path) -> None:
    SMALL.file(folder / "gb.nii", SMALL.mask(0, 800))
    given = ("--liver", folder / "liver.nii", "--flr", folder / "flr.nii", "--no-tumour")
    record = told("volume", *given, "--exclude", f"gallbladder={folder / 'gb.nii'}")
    assert record["volumes_ml"]["flr"] == 200.0
    assert "stray.outside_liver" in doubts(record)


@pytest.mark.parametrize(("name", "said"), [("gallbladder", True), ("cyst", False)])
def test_h03_a_lesion_that_is_excluded_too_is_reported(folder: Path, name: str, said: bool) -> None:
    """One file of a tumour of two is the gallbladder as well: 50 mL leave with it."""
    given = ("--liver", folder / "liver.nii", "--flr", folder / "flr.nii")
    lesions = ("--tumour", folder / "one.nii", "--tumour", folder / "two.nii")
    record = told("volume", *given, *lesions, "--exclude", f"{name}={folder / 'two.nii'}")
    assert record["volumes_ml"]["tumour"] == (50.0 if said else 100.0)
    assert ("overlap.excluded_tumour" in doubts(record)) is said
    if said:
        assert finding(record, "overlap.excluded_tumour")["value"] == 50.0


def test_a_lesion_that_runs_into_what_is_excluded_is_no_slip(folder: Path) -> None:
    SMALL.file(folder / "gb.nii", SMALL.mask(3100, 3400))  # a quarter of the lesion
    given = ("--liver", folder / "liver.nii", "--flr", folder / "flr.nii")
    lesions = ("--tumour", folder / "one.nii", "--exclude", f"gallbladder={folder / 'gb.nii'}")
    assert "overlap.excluded_tumour" not in doubts(told("volume", *given, *lesions))


def test_a_folder_of_segments_is_not_asked_for_the_slices_of_a_ct(folder: Path) -> None:
    (folder / "parts").mkdir()
    SMALL.file(folder / "parts" / "liver_segment_2.nii", SMALL.mask(0, 800))
    refusal = refused("convert", folder / "parts", "--to", folder / "out.nii")
    assert (refusal["code"], refusal["file"]) == ("file.folder", "parts")
    assert "a folder of segment files was given instead of one file" in refusal["message"]
    (folder / "void").mkdir()
    assert refused("convert", folder / "void", "--to", folder / "out.nii")["code"] == "series.none"
