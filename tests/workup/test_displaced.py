"""Shifted and mirrored files get the cause that fits, in every command that compares places."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.cli.outside import SMALL, case_toml, codes, doubts, finding, refused, told
from tests.niftis import both_forms, nifti, write

SHAPE = (60, 50, 40)
SPACING: Any = (3.5, 3.5, 4.0)
ORIGIN: Any = (-100.0, -80.0, 21.0)
STEP = np.array(SPACING)
Voxels = npt.NDArray[np.uint8]

i, j, k = np.meshgrid(*map(np.arange, SHAPE), indexing="ij")
# a wedge, wide on the right of the patient (large x) and thin on the left: no two sides alike
LIVER: Voxels = ((i >= 5) & (i < 50) & (j >= 5) & (j < 5 + i * 4 // 5) & (k >= 3) & (k < 30)
                 & (k < 8 + i // 2)).astype("u1")  # fmt: skip
FLR: Voxels = LIVER * (i < 32)
RIGHT: Voxels = LIVER * (i >= 40)
VESSELS: Voxels = LIVER * (j == 10) * (k < 20) * (k >= 10)


def put(folder: Path, name: str, voxels: Voxels, origin: Any = ORIGIN) -> Path:
    return write(folder / name, nifti(voxels, **both_forms(SPACING, origin)))


def moved(*by_mm: float) -> Any:
    return tuple(np.add(ORIGIN, by_mm).tolist())


def exchanged(folder: Path, name: str, voxels: Voxels, signs: tuple[int, int, int]) -> Path:
    flips = tuple(n for n in range(3) if signs[n] < 0)
    size = (np.array(SHAPE) - 1) * STEP
    first = np.where(np.array(signs) < 0, -(np.array(ORIGIN) + size), ORIGIN)
    return put(folder, name, np.flip(voxels, flips), tuple(first.tolist()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, voxels in (("liver", LIVER), ("flr", FLR), ("right", RIGHT)):
        put(tmp_path, f"{name}.nii", voxels)
    return tmp_path


def masks(folder: Path, flr: Path) -> list[object]:
    return ["--liver", folder / "liver.nii", "--flr", flr, "--no-tumour"]


def every_reason(folder: Path, path: Path) -> dict[str, str]:
    liver = folder / "liver.nii"
    text = f'[masks]\nliver = "liver.nii"\nflr = "{path.name}"\nno_tumour = true\n'
    text += "[imaging]\ndate = 2026-05-04\n"
    one, two = case_toml(folder, text, "one.toml"), case_toml(folder, text, "two.toml")
    mapped = ["--liver", liver, "--labelmap", path, "--no-tumour"]
    tumour = ["--liver", liver, "--tumour", path]
    reasons = {
        "volume": refused("volume", *masks(folder, path))["reason"],
        "plan": refused("plan", one)["reason"],
        "resections": refused("resections", *mapped)["reason"],
        "vessels": refused("plan", *mapped, "--scheme", "totalsegmentator_vessels")["reason"],
        "tumour": refused("dose", *tumour, "--lung-shunt", "0.06")["reason"],
        "growth": refused("growth", one, two)["reason"],
        "convert": refused(
            "convert", path, "--to", folder / "out.nii", "--like", liver
        )["reason"],
    }  # fmt: skip
    (misfit,) = told("check", liver, path)["misfits"]
    return {**reasons, "check": misfit["reason"]}


@pytest.mark.parametrize(
    ("by_mm", "says"),
    [
        ((1.75, 0.0, 0.0), "shifted by 1.75 mm towards the patient's right"),
        ((0.0, 0.0, -2.0), "shifted by 2 mm towards the feet"),
        (
            (-0.7, 1.4, 0.0),
            "shifted by 0.7 mm towards the patient's left and 1.4 mm towards the front",
        ),
    ],
)
def test_h06_a_shifted_grid_is_named_with_its_way(
    folder: Path, by_mm: tuple[float, float, float], says: str
) -> None:
    path = put(folder, "off.nii", FLR, moved(*by_mm))
    for command, reason in every_reason(folder, path).items():
        assert says in reason, command
        assert "not a whole number of voxels" in reason


@pytest.mark.parametrize(
    ("signs", "says"),
    [
        ((-1, 1, 1), "it is mirrored left-right"),
        ((-1, -1, 1), "it is mirrored left-right and front-back, as if LPS had been read as RAS"),
        ((1, 1, -1), "it is mirrored head-foot"),
    ],
)
def test_h02_a_mirrored_header_is_named(
    folder: Path, signs: tuple[int, int, int], says: str
) -> None:
    path = exchanged(folder, "mirrored.nii", FLR, signs)
    for command, reason in every_reason(folder, path).items():
        assert says in reason, command


@pytest.mark.parametrize("signs", [(-1, 1, 1), (-1, -1, 1)])
def test_h02_a_mirrored_header_is_not_resampled(folder: Path, signs: tuple[int, int, int]) -> None:
    path = exchanged(folder, "mirrored.nii", FLR, signs)
    vessels = ["--vessel", f"portal_veins={exchanged(folder, 'veins.nii', VESSELS, signs)}"]
    right = ["--flr", folder / "flr.nii", "--liver", folder / "liver.nii", "--no-tumour"]
    to = ["convert", path, "--like", folder / "liver.nii", "--to", folder / "out.nii"]
    for asked in (["volume", *masks(folder, path)], ["plan", *right, *vessels], to):
        for more in ([], ["--resample"]):
            refusal = refused(*asked, *more)
            assert refusal["code"] == "grid.mirrored"
            assert "it is mirrored left-right" in refusal["reason"]
            assert refusal["remedy"].startswith("determine which of the two is mirrored")
            assert "fl-planner convert" not in refusal["remedy"]


def test_h02_a_mirrored_header_of_finer_voxels_is_not_resampled(folder: Path) -> None:
    fine = np.repeat(np.flip(FLR, 0), 2, axis=2)  # from 21 - 2 to 21 + 40 x 4 - 2 mm as before
    first = (-(ORIGIN[0] + 59 * 3.5), ORIGIN[1], ORIGIN[2] - 1.0)
    path = write(folder / "fine.nii", nifti(fine, **both_forms((3.5, 3.5, 2.0), first)))
    assert refused("volume", *masks(folder, path), "--resample")["code"] == "grid.mirrored"


@pytest.mark.parametrize("by_mm", [1.4, -1.4])
def test_h02_a_small_shift_about_the_middle_is_no_mirror_image(folder: Path, by_mm: float) -> None:
    first = (-59 * 3.5 / 2 - by_mm / 2, *ORIGIN[1:])  # so the other is its mirror image as well
    put(folder, "liver.nii", LIVER, first)
    path = put(folder, "half.nii", FLR, (first[0] + by_mm, *first[1:]))
    refusal = refused("volume", *masks(folder, path))
    assert (refusal["code"], "mirrored" in refusal["message"]) == ("grid.differs", False)
    assert (
        f"shifted by 1.4 mm towards the patient's {'right' if by_mm > 0 else 'left'}"
        in refusal["reason"]
    )
    assert "grid.resampled" in codes(told("volume", *masks(folder, path), "--resample"))


def test_h06_a_lost_origin_is_named(folder: Path) -> None:
    refusal = refused("volume", *masks(folder, put(folder, "off.nii", FLR, (0.0, 0.0, 0.0))))
    assert "its first voxel is at 0, 0, 0, so its position was lost" in refusal["reason"]


def test_a_crop_next_to_the_lattice_is_shifted_by_part_of_a_voxel(folder: Path) -> None:
    path = put(folder, "crop.nii", FLR[:, :, 5:30], moved(1.75, 0.0, 20.0))
    reason = refused("volume", *masks(folder, path))["reason"]
    assert "it is shifted by part of a voxel" in reason


# On the lattice, but elsewhere.


def test_h06_a_whole_shift_is_named_where_the_part_is_outside(folder: Path) -> None:
    path = put(folder, "up.nii", FLR, moved(0.0, 0.0, 16.0))
    said = finding(told("volume", *masks(folder, path)), "stray.outside_liver")
    assert (
        "its file is shifted by 16 mm towards the head relative to liver.nii, which has the same "
        "size" in said["message"]
    )
    path = put(folder, "far.nii", FLR, moved(0.0, 0.0, 160.0))
    refusal = refused("volume", *masks(folder, path))
    assert refusal["code"] == "stray.mostly_outside"
    assert "shifted by 160 mm towards the head" in refusal["reason"]


def test_h02_a_mirrored_header_on_the_lattice_by_chance_is_named(folder: Path) -> None:
    """The origin is such that the mirror image lies on the lattice: 2 x -98 is 56 x 3.5."""
    first = (-98.0, -80.0, 20.0)
    put(folder, "liver.nii", LIVER, first)
    size = (SHAPE[0] - 1) * SPACING[0]
    path = put(folder, "mirrored.nii", np.flip(RIGHT, 0), (98.0 - size, *first[1:]))
    refusal = refused("volume", *masks(folder, path))
    assert refusal["code"] == "stray.mostly_outside"
    assert "it is mirrored left-right, or liver.nii is; check" in refusal["message"]


def test_h02_voxels_flipped_under_a_right_header_are_asked_about(folder: Path) -> None:
    path = put(folder, "flipped.nii", np.flip(RIGHT, 0))
    refusal = refused("volume", *masks(folder, path))
    said = "mirrored left-right within its file, it would be in the liver"
    assert f"{said}: check whether this file or liver.nii was flipped" in refusal["reason"]


def test_h06_a_map_that_is_elsewhere_states_why_it_does_not_cover_the_liver(folder: Path) -> None:
    path = put(folder, "map.nii", 2 * FLR + 5 * (LIVER - FLR), moved(0.0, 0.0, 16.0))
    given = ["--liver", folder / "liver.nii", "--labelmap", path, "--scheme", "couinaud"]
    record = told("volume", *given, "--no-tumour")  # half livers of two labels
    covers = [one["message"] for one in record["findings"] if one["code"] == "segments.cover"]
    assert covers
    assert all("its file is shifted by 16 mm towards the head" in message for message in covers)


def test_h06_vessels_outside_the_liver_are_reported(folder: Path) -> None:
    given = ["--liver", folder / "liver.nii", "--tumour", put(folder, "t.nii", RIGHT * (k < 6))]
    scheme = ["--scheme", "totalsegmentator_vessels"]
    right = told("plan", *given, "--labelmap", put(folder, "v.nii", VESSELS), *scheme)
    assert "stray.vessels" not in codes(right)
    path = put(folder, "far.nii", VESSELS, moved(0.0, 0.0, 160.0))
    said = finding(told("plan", *given, "--labelmap", path, *scheme), "stray.vessels")
    assert (said["severity"], said["file"]) == ("warning", "far.nii")
    assert "shifted by 160 mm towards the head" in said["message"]


def test_honest_files_are_reported_nothing(folder: Path) -> None:
    record = told("volume", *masks(folder, folder / "flr.nii"))
    assert not [one for one in record["findings"] if one["code"].startswith("stray.")]


# As many voxels elsewhere.


def test_h06_vessels_of_the_livers_size_that_are_elsewhere_are_reported(tmp_path: Path) -> None:
    """Ten mm up by their header, on a scan of less than 256 rows and columns."""
    wide = ((0, 10), (0, 20), (0, 30))  # 70 x 70 x 70 voxels
    liver, veins = np.pad(LIVER, wide), np.pad(VESSELS, wide)
    paths = [put(tmp_path, "liver.nii", liver), put(tmp_path, "veins.nii", veins, moved(0, 0, 12))]
    for name, given in (("portal_veins", paths[1]), ("hepatic_artery", paths[1])):
        asked = ["plan", "--liver", paths[0], "--no-tumour", "--vessel", f"{name}={given}"]
        said = finding(told(*asked), "grid.moved")
        assert (said["severity"], said["file"], said["value"]) == ("warning", "veins.nii", 12.0)
        assert "both have 70 x 70 x 70 voxels but are 12 mm apart" in said["message"]
    assert told("check", *paths)["fits"] is False
    put(tmp_path, "veins.nii", veins)
    assert "grid.moved" not in codes(told(*asked))


# ---- what a file overrules in a label map


ONE, TWO = (2800, 3200), (7600, 8000)  # two lesions of 400 voxels and 50 mL each
LITS = ("--scheme", "lits")


@pytest.fixture
def mapped(tmp_path: Path) -> Path:
    """Write a liver of 1000 mL with a remnant of 300 mL and two lesions; a map has both."""
    SMALL.write(tmp_path, flr=(0, 2400), one=ONE, two=TWO)
    both = SMALL.mask(*ONE) + SMALL.mask(*TWO)
    SMALL.file(tmp_path / "lits.nii", SMALL.mask(0, 8000) + both)
    return tmp_path


def tumours(mapped: Path, *names: str) -> list[object]:
    given = [word for name in names for word in ("--tumour", mapped / f"{name}.nii")]
    return ["--labelmap", mapped / "lits.nii", *LITS, "--flr", mapped / "flr.nii", *given]


def test_h03_a_lesion_that_the_map_alone_has_is_reported(mapped: Path) -> None:
    record = told("volume", *tumours(mapped, "one"))
    assert record["volumes_ml"]["tumour"] == 50.0
    said = finding(record, "labels.file_wins")
    assert (said["severity"], said["file"], said["value"]) == ("warning", "lits.nii", 50.0)
    assert "50.0 mL of tumour that is only in the map is counted as liver" in said["message"]


def test_files_with_all_that_the_map_has_are_quiet(mapped: Path) -> None:
    record = told("volume", *tumours(mapped, "one", "two"))
    assert finding(record, "labels.file_wins")["severity"] == "info"


def test_an_outline_that_is_a_little_smaller_is_no_other_lesion(mapped: Path) -> None:
    SMALL.file(mapped / "one.nii", SMALL.mask(2800, 3190))
    record = told("volume", *tumours(mapped, "one", "two"))
    assert finding(record, "labels.file_wins")["severity"] == "info"


@pytest.mark.parametrize(("stop", "severity"), [(2400, "info"), (3200, "warning")])
def test_h03_a_remnant_that_the_map_has_otherwise_is_reported(
    mapped: Path, stop: int, severity: str
) -> None:
    SMALL.file(mapped / "map.nii", SMALL.mask(0, 8000) + SMALL.mask(0, stop))
    case = case_toml(
        mapped,
        "[masks]\nno_tumour = true\n"
        'labelmap = { file = "map.nii", labels = { 1 = "liver", 2 = "FLR" } }\n',
    )
    record = told("volume", case, "--flr", mapped / "flr.nii")
    assert record["flr_percent"] == 30.0
    said = finding(record, "labels.file_wins")
    assert said["severity"] == severity
    assert said.get("value") == (100.0 if severity == "warning" else None)


def test_h03_a_part_to_be_removed_that_is_the_maps_remnant_is_reported(mapped: Path) -> None:
    SMALL.file(mapped / "map.nii", SMALL.mask(0, 8000) + SMALL.mask(0, 2400))
    labels = 'labelmap = { file = "map.nii", labels = { 1 = "liver", 2 = "FLR" } }\n'
    case = case_toml(mapped, f"[masks]\nno_tumour = true\n{labels}")
    record = told("volume", case, "--resected", mapped / "flr.nii")
    assert record["flr_percent"] == 70.0
    assert finding(record, "labels.file_wins")["severity"] == "warning"


def gallbladder(layers: tuple[int, int]) -> np.ndarray:
    """Draw 36 voxels a layer, away from the liver's surface."""
    drawn = SMALL.mask(0, 0)
    drawn[1 + layers[0] : 1 + layers[1], 8:14, 8:14] = 1
    return drawn


@pytest.mark.parametrize("left_out", [False, True])
def test_an_excluded_structure_is_no_slip_of_the_remnant_and_no_hole(
    mapped: Path, left_out: bool
) -> None:
    """Liver and remnant run over 144 voxels of gallbladder, or both were led around it."""
    drawn = gallbladder((1, 5))
    SMALL.file(mapped / "gb.nii", drawn)
    if left_out:
        SMALL.file(mapped / "liver.nii", SMALL.mask(0, 8000) - drawn)
        SMALL.file(mapped / "flr.nii", SMALL.mask(0, 2400) - drawn)
    given = ("--liver", mapped / "liver.nii", "--flr", mapped / "flr.nii", "--no-tumour")
    record = told("volume", *given, "--exclude", f"gallbladder={mapped / 'gb.nii'}")
    assert (record["volumes_ml"]["liver"], record["volumes_ml"]["flr"]) == (982.0, 282.0)
    assert doubts(record) == []


def test_h04_a_remnant_that_loses_much_to_an_excluded_structure_is_reported(mapped: Path) -> None:
    SMALL.file(mapped / "gb.nii", SMALL.mask(0, 800))
    given = ("--liver", mapped / "liver.nii", "--flr", mapped / "flr.nii", "--no-tumour")
    record = told("volume", *given, "--exclude", f"gallbladder={mapped / 'gb.nii'}")
    assert record["volumes_ml"]["flr"] == 200.0
    assert "stray.outside_liver" in doubts(record)


@pytest.mark.parametrize(("name", "said"), [("gallbladder", True), ("cyst", False)])
def test_h03_a_lesion_that_is_excluded_too_is_reported(mapped: Path, name: str, said: bool) -> None:
    """One file of a tumour of two is the gallbladder as well: 50 mL leave with it."""
    given = ("--liver", mapped / "liver.nii", "--flr", mapped / "flr.nii")
    lesions = ("--tumour", mapped / "one.nii", "--tumour", mapped / "two.nii")
    record = told("volume", *given, *lesions, "--exclude", f"{name}={mapped / 'two.nii'}")
    assert record["volumes_ml"]["tumour"] == (50.0 if said else 100.0)
    assert ("overlap.excluded_tumour" in doubts(record)) is said
    if said:
        assert finding(record, "overlap.excluded_tumour")["value"] == 50.0


def test_a_lesion_that_runs_into_what_is_excluded_is_no_slip(mapped: Path) -> None:
    SMALL.file(mapped / "gb.nii", SMALL.mask(3100, 3400))  # a quarter of the lesion
    given = ("--liver", mapped / "liver.nii", "--flr", mapped / "flr.nii")
    lesions = ("--tumour", mapped / "one.nii", "--exclude", f"gallbladder={mapped / 'gb.nii'}")
    assert "overlap.excluded_tumour" not in doubts(told("volume", *given, *lesions))


def test_a_folder_of_segments_is_not_asked_for_the_slices_of_a_ct(mapped: Path) -> None:
    (mapped / "parts").mkdir()
    SMALL.file(mapped / "parts" / "liver_segment_2.nii", SMALL.mask(0, 800))
    refusal = refused("convert", mapped / "parts", "--to", mapped / "out.nii")
    assert (refusal["code"], refusal["file"]) == ("file.folder", "parts")
    assert "a folder of segment files was given instead of one file" in refusal["message"]
    (mapped / "void").mkdir()
    assert refused("convert", mapped / "void", "--to", mapped / "out.nii")["code"] == "series.none"
