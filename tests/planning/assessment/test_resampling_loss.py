"""What resampling cuts off at the capsule, on balls and slabs whose volumes are known by hand."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import maximum_filter

from tests.cli.outside import Record, case_toml, codes, finding, refused, told
from tests.niftis import both_forms, nifti, write

Voxels = npt.NDArray[np.bool_]
SIDE = 60  # voxels of 3 mm; coarse ones of 6 mm are two of them along an axis
RADIUS_MM = 75.0  # 1767 mL


def ball(factor: tuple[int, int, int]) -> Voxels:
    """Voxels whose centres lie in the ball, on a grid coarser by a factor along each axis."""
    axes = [(np.arange(SIDE // f) + 0.5) * 3.0 * f - 1.5 for f in factor]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    middle = 3.0 * (SIDE - 1) / 2
    inside: Voxels = (x - middle) ** 2 + (y - middle) ** 2 + (z - middle) ** 2 <= RADIUS_MM**2
    return inside


def left(voxels: Voxels) -> Voxels:
    part = voxels.copy()
    part[2 * len(part) // 5 :] = False
    return part


def put(path: Path, voxels: Voxels, factor: tuple[int, int, int] = (1, 1, 1)) -> Path:
    spacing: Any = tuple(3.0 * f for f in factor)
    origin: Any = tuple(1.5 * (f - 1) for f in factor)
    return write(path, nifti(voxels.astype(np.uint8), **both_forms(spacing, origin)))


def answer(folder: Path, role: str, factor: tuple[int, int, int]) -> tuple[Record, float]:
    """Measure a part drawn on a coarse grid in a fine liver; give its own volume, too."""
    liver = put(folder / "liver.nii", ball((1, 1, 1)))
    coarse = left(ball(factor))
    path = put(folder / "part.nii", coarse, factor)
    masks = ["--liver", liver, f"--{role}", path, "--no-tumour", "--resample"]
    return told("volume", *masks), float(coarse.sum() * 0.027 * np.prod(factor))


IN_PLANE, THROUGH, ALL = (2, 2, 1), (1, 1, 2), (2, 2, 2)


@pytest.mark.parametrize("factor", [IN_PLANE, THROUGH, ALL])
def test_h05_a_coarser_remnant_states_what_is_cut_off(
    tmp_path: Path, factor: tuple[int, int, int]
) -> None:
    record, drawn_ml = answer(tmp_path, "flr", factor)
    counted_ml = record["volumes_ml"]["flr"]
    said = finding(record, "grid.cut_off")
    assert said["value"] == pytest.approx(drawn_ml - counted_ml)
    assert (said["severity"], said["file"]) == ("warning", "part.nii")
    assert "omitted at the capsule" in said["message"]
    (percent,) = re.findall(r"\((\d+\.\d+) %\)", said["message"])
    assert float(percent) == pytest.approx(100 * said["value"] / drawn_ml, abs=0.05)
    (one,) = record["resampled"]
    assert one["cut_off_ml"] == pytest.approx(drawn_ml - counted_ml)
    assert one["before_ml"] == pytest.approx(drawn_ml)
    truth_ml = left(ball((1, 1, 1))).sum() * 0.027
    assert abs(counted_ml - truth_ml) > 0.01 * truth_ml
    assert abs(counted_ml - truth_ml) < 2 * one["error_ml"]  # 1.96 SD, of a regular body
    wide = put(tmp_path / "wide.nii", maximum_filter(ball((1, 1, 1)), 5))  # nothing is cut off
    masks = ["--liver", wide, "--flr", tmp_path / "part.nii", "--no-tumour", "--resample"]
    (uncut,) = told("volume", *masks)["resampled"]
    assert uncut["cut_off_ml"] == 0
    assert one["error_ml"] == pytest.approx(uncut["error_ml"] + one["cut_off_ml"])
    assert "is removed" in finding(record, "grid.resampled")["message"]


def test_h05_a_finer_remnant_in_a_coarse_liver_is_cut_off_too(tmp_path: Path) -> None:
    liver = put(tmp_path / "liver.nii", ball(ALL), ALL)
    path = put(tmp_path / "part.nii", left(ball((1, 1, 1))))
    record = told("volume", "--liver", liver, "--flr", path, "--no-tumour", "--resample")
    lost_ml = left(ball((1, 1, 1))).sum() * 0.027 - record["volumes_ml"]["flr"]
    assert finding(record, "grid.cut_off")["value"] == pytest.approx(lost_ml)


@pytest.mark.parametrize(
    ("role", "means"), [("resected", "counted as remnant"), ("treated", "counted as untreated")]
)
def test_h05_other_coarse_parts_leave_too_much(tmp_path: Path, role: str, means: str) -> None:
    record, drawn_ml = answer(tmp_path, role, ALL)
    said = finding(record, "grid.cut_off")
    assert 0.01 * drawn_ml < said["value"] < 0.05 * drawn_ml
    assert means in said["message"]


def test_h05_a_remnant_of_coarse_segments(tmp_path: Path) -> None:
    coarse = ball(ALL)
    labels = np.where(left(coarse), 2, 5) * coarse
    spacing: Any = (6.0,) * 3
    content = nifti(labels.astype(np.uint8), **both_forms(spacing, (1.5,) * 3))
    put(tmp_path / "liver.nii", ball((1, 1, 1)))
    write(tmp_path / "map.nii", content)
    text = '[masks]\nliver = "liver.nii"\nno_tumour = true\n'
    text += 'labelmap = { file = "map.nii", scheme = "couinaud" }\n'  # half livers, of two labels
    text += '[[plan]]\nremnant_segments = [2]\n[[plan]]\nname = "right"\nremnant_segments = [5]\n'
    case = case_toml(tmp_path, text)
    assert refused("plan", case)["code"] == "grid.differs"
    messages = [
        one["message"]
        for one in told("plan", case, "--resample")["findings"]
        if one["code"] == "grid.cut_off"
    ]
    assert [message.partition(":")[0] for message in messages] == ["map.nii", "plan right"]


def test_what_is_on_the_lattice_is_not_resampled_and_not_reported(tmp_path: Path) -> None:
    """An FLR drawn one voxel beyond the capsule, on the liver's own grid: the stray rule's."""
    record, _ = answer(tmp_path, "flr", (1, 1, 1))
    assert "grid.cut_off" not in codes(record)
    assert "resampled" not in record


def test_less_than_one_percent_is_an_error_and_no_warning(tmp_path: Path) -> None:
    """A coarse part in the middle of the liver touches no capsule: nothing is cut off."""
    liver = put(tmp_path / "liver.nii", ball((1, 1, 1)))
    inner = np.zeros((30, 30, 30), dtype=bool)
    inner[8:22, 8:22, 8:22] = True
    path = put(tmp_path / "part.nii", inner, ALL)
    record = told("volume", "--liver", liver, "--flr", path, "--no-tumour", "--resample")
    assert "grid.cut_off" not in codes(record)
    assert record["resampled"][0]["cut_off_ml"] == 0
    assert record["volumes_ml"]["flr"] == pytest.approx(14**3 * 0.216)


@pytest.mark.parametrize(
    ("role", "code"), [("tumour", "edge.lesion_end"), ("flr", "edge.part_end")]
)
def test_h06_what_is_next_to_a_finer_vessel_does_not_end_flat(
    role: str, code: str, tmp_path: Path
) -> None:
    """A ball of 24 mm, on the liver's grid: a vessel of half its slices changes none of it."""
    axis = (np.arange(SIDE) - (SIDE - 1) / 2) * 3.0
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    drawn = x**2 + y**2 + z**2 <= 24.0**2
    masks = ["--liver", put(tmp_path / "liver.nii", ball((1, 1, 1)))]
    masks += [f"--{role}", put(tmp_path / f"{role}.nii", drawn)]
    vessel = ((np.abs(x) < 3) & (y > 30) & (np.abs(z) < 60)).repeat(2, 2).astype(np.uint8)
    content = nifti(vessel, **both_forms((3.0, 3.0, 1.5), (0.0, 0.0, -0.75)))
    more = ["--vessel", f"PV={write(tmp_path / 'fine.nii', content)}", "--resample"]
    assert code not in codes(told("plan", *masks))
    brought = told("plan", *masks, *more)
    assert "grid.resampled" in codes(brought)
    assert code not in codes(brought)
