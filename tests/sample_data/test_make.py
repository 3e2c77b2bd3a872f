"""The bundled cases: made again alike, counted alike by other readers, and anatomically sane."""

import gzip
import hashlib
import json
import subprocess
import sys
import tomllib
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray
from scipy import ndimage

REPOSITORY = Path(__file__).parents[2]
BUNDLED = REPOSITORY / "sample_data"
CASES = ("crlm", "hcc")
LIMIT_BYTES = 3_000_000
LEFT_TO_RIGHT = ((2, 3), (4,), (5, 6, 7, 8))  # by centroid, patient's left first [safety.md W1]
ABOVE = ((7, 6), (8, 5))
BEHIND = ((6, 5), (7, 8))

Truth = dict[str, Any]
Labels = NDArray[np.uint8]
Case = tuple[str, Truth, dict[str, Labels]]


def by_nibabel(path: Path) -> Labels:
    return np.asarray(nib.load(path).dataobj, np.uint8)  # type: ignore[attr-defined]


def bundled(case: str, *names: str) -> list[Labels]:
    return [by_nibabel(BUNDLED / case / f"{name}.nii.gz") for name in names]


def by_simpleitk(path: Path) -> Labels:
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path)).transpose()


@pytest.fixture(scope="module")
def truth() -> Truth:
    text: Truth = json.loads((BUNDLED / "truth.json").read_text("utf-8"))
    return text


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, truth: Truth) -> Case:
    name: str = request.param
    files = (BUNDLED / name).glob("*.nii.gz")
    masks = {p.name.split(".")[0]: by_nibabel(p) for p in files if p.name != "ct.nii.gz"}
    return name, truth[name], masks


def counts(masks: dict[str, Labels]) -> dict[str, int]:
    found = {name: int((mask > 0).sum()) for name, mask in masks.items()}
    sound = (masks["liver"] > 0) & (masks["tumour"] == 0)
    return found | {"nontumorous_liver": int(sound.sum())}


def centroid_mm(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    affine = nib.load(BUNDLED / "crlm" / "ct.nii.gz").affine  # type: ignore[attr-defined]
    place: NDArray[np.float64] = affine[:3, :3] @ ndimage.center_of_mass(mask) + affine[:3, 3]
    return place


@pytest.mark.slow
def test_the_script_makes_the_committed_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sample_data.make", str(tmp_path)]
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=120)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    others = BUNDLED / "function"  # of another script: test_scintigraphy.py
    files = [p for p in BUNDLED.rglob("*.*") if others not in p.parents]
    kept = [p for p in files if p.name == "truth.json" or p.suffix == ".gz"]
    assert made == sorted(path.relative_to(BUNDLED) for path in kept)
    reference_zlib = "ng" not in zlib.ZLIB_RUNTIME_VERSION
    for name in made:
        ours, theirs = (tmp_path / name).read_bytes(), (BUNDLED / name).read_bytes()
        if name.suffix == ".gz" and not reference_zlib:  # other packing, the same voxels
            ours, theirs = gzip.decompress(ours), gzip.decompress(theirs)
        assert hashlib.sha256(ours).digest() == hashlib.sha256(theirs).digest(), name


def test_everything_is_small() -> None:
    files = [path for path in BUNDLED.rglob("*.*") if "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) < LIMIT_BYTES


def test_truth_equals_a_recount_with_nibabel(case: Case) -> None:
    _, expected, masks = case
    assert counts(masks) == expected["voxels"]


def test_truth_equals_a_recount_with_simpleitk(case: Case) -> None:
    name, expected, masks = case
    read_again = {mask: by_simpleitk(BUNDLED / name / f"{mask}.nii.gz") for mask in masks}
    assert counts(read_again) == expected["voxels"]


def test_truth_of_the_segments(case: Case) -> None:
    _, expected, masks = case
    for label, row in expected["segments"].items():
        segment = masks["segments"] == int(label)
        inside = int((segment & (masks["tumour"] > 0)).sum())
        assert row["voxels"] == int(segment.sum())
        assert (row["tumour_voxels"], row["without_tumour"]) == (inside, row["voxels"] - inside)


@pytest.mark.essential
@pytest.mark.slow
def test_truth_of_the_lesions(case: Case) -> None:
    _, expected, masks = case
    parts, number = ndimage.label(masks["tumour"], np.ones((3, 3, 3)))
    found = sorted((parts == n).sum() for n in range(1, number + 1))
    assert [row["voxels"] for row in expected["lesions"]] == found[::-1]
    for row in expected["lesions"]:
        part = parts == parts[tuple(at_voxel(row["centre_mm"]))]
        assert part.sum() == row["voxels"]
        np.testing.assert_allclose(row["centre_mm"], centroid_mm(part), atol=0.006)
        labels, number_in = np.unique(masks["segments"][part], return_counts=True)
        by_segment = {str(n): int(k) for n, k in zip(labels, number_in, strict=True)}
        assert row["voxels_by_segment"] == by_segment
        assert row["ml"] >= 0.03


def at_voxel(place_mm: list[float]) -> NDArray[np.int64]:
    affine = nib.load(BUNDLED / "crlm" / "ct.nii.gz").affine  # type: ignore[attr-defined]
    index: NDArray[np.float64] = np.linalg.solve(affine[:3, :3], place_mm - affine[:3, 3])
    return np.rint(index).astype(np.int64)


def test_shares(truth: Truth) -> None:
    flr, untreated = truth["crlm"]["flr"], truth["hcc"]["untreated"]
    assert 2990 * flr["denominator_voxels"] < 10000 * flr["numerator_voxels"]
    assert 10000 * flr["numerator_voxels"] < 2999 * flr["denominator_voxels"]
    assert 38 * untreated["denominator_voxels"] < 100 * untreated["numerator_voxels"]
    assert 100 * untreated["numerator_voxels"] < 45 * untreated["denominator_voxels"]
    for share in (flr, untreated):
        exact = 100 * share["numerator_voxels"] / share["denominator_voxels"]
        assert share["percent"] == pytest.approx(exact, abs=1e-6)


def test_the_flr_is_segments_2_and_3_without_tumour(truth: Truth) -> None:
    flr, segments, tumour = bundled("crlm", "flr", "segments", "tumour")
    np.testing.assert_array_equal(flr > 0, np.isin(segments, (2, 3)) & (tumour == 0))
    assert truth["crlm"]["flr"]["numerator_voxels"] == (flr > 0).sum()


def test_the_untreated_liver_is_segments_1_to_4(truth: Truth) -> None:
    treated, segments, tumour = bundled("hcc", "treated", "segments", "tumour")
    np.testing.assert_array_equal(treated > 0, segments > 4)
    untreated = (segments > 0) & (treated == 0) & (tumour == 0)
    assert truth["hcc"]["untreated"]["numerator_voxels"] == untreated.sum()


def test_lesions_pose_the_intended_questions(truth: Truth) -> None:
    metastases, hcc = truth["crlm"]["lesions"], truth["hcc"]["lesions"]
    assert len(metastases) == 5
    assert metastases[0]["axial_outer_mm"] < 80
    assert {n for row in metastases for n in row["voxels_by_segment"]} == set("45678")
    assert [set(row["voxels_by_segment"]) for row in metastases].count({"6", "7"}) == 1
    assert len(hcc) == 2
    assert 90 < hcc[0]["axial_outer_mm"] < 100
    assert hcc[1]["ml"] < 5


@pytest.mark.essential
@pytest.mark.slow
def test_the_longest_axial_diameter_of_the_hcc() -> None:
    (tumour,) = bundled("hcc", "tumour")
    longest = 0.0
    for k in np.flatnonzero(tumour.any((0, 1))):
        i, j = np.nonzero(tumour[:, :, k])
        corners = np.concatenate([np.stack([i + a, j + b], 1) for a in (0, 1) for b in (0, 1)])
        turned = [corners @ (np.cos(t), np.sin(t)) for t in np.linspace(0, np.pi, 181)]
        longest = max(longest, *(float(np.ptp(along)) for along in turned))
    expected = json.loads((BUNDLED / "truth.json").read_text("utf-8"))["hcc"]["lesions"][0]
    assert 0.8 * longest == pytest.approx(expected["axial_outer_mm"], abs=0.01)


def test_segments_make_up_the_liver_and_hold_the_tumour(case: Case) -> None:
    _, _, masks = case
    np.testing.assert_array_equal(masks["segments"] > 0, masks["liver"] > 0)
    assert not ((masks["tumour"] > 0) & (masks["liver"] == 0)).any()


@pytest.mark.slow
def test_liver_and_segments_are_whole_pieces(case: Case) -> None:
    _, _, masks = case
    assert ndimage.label(masks["liver"])[1] == 1
    filled = ndimage.binary_fill_holes(masks["liver"])
    assert int(filled.sum()) == int(masks["liver"].sum())
    for label in range(1, 9):
        segment = masks["segments"] == label
        assert ndimage.label(segment)[1] == 1, label
        assert segment.sum() * 1.28e-3 >= 20, label
    assert (masks["segments"] == 1).sum() * 1.28e-3 <= 60
    assert (masks["segments"] == 3).sum() <= 2 * (masks["segments"] == 2).sum()


def test_the_liver_is_free_in_its_grid(case: Case) -> None:
    _, _, masks = case
    liver = masks["liver"] > 0
    for axis in range(3):
        layers = liver.any(tuple(other for other in range(3) if other != axis))
        filled = np.flatnonzero(layers)
        assert filled[0] > 0
        assert filled[-1] < layers.size - 1
        assert filled.size == filled[-1] - filled[0] + 1


@pytest.mark.slow
def test_centroids_are_as_in_a_patient(case: Case) -> None:
    _, _, masks = case
    centre = {n: centroid_mm(masks["segments"] == n) for n in range(1, 9)}
    for left, right in pairwise(LEFT_TO_RIGHT):
        assert max(centre[n][0] for n in left) < min(centre[n][0] for n in right)  # RAS+
    assert all(centre[upper][2] > centre[lower][2] for upper, lower in ABOVE)
    assert all(centre[back][1] < centre[front][1] for back, front in BEHIND)


@pytest.mark.parametrize("name", CASES)
def test_sides_and_front_by_simpleitk(name: str) -> None:
    """Its world is LPS: x grows to the patient's left, y to the back."""
    segments: Any = SimpleITK.ReadImage(BUNDLED / name / "segments.nii.gz")
    ct: Any = SimpleITK.ReadImage(BUNDLED / name / "ct.nii.gz")
    bone: Any = ct > 250
    shapes: Any = SimpleITK.LabelShapeStatisticsImageFilter()  # type: ignore[no-untyped-call]
    shapes.Execute(segments)
    place = {label: shapes.GetCentroid(label) for label in shapes.GetLabels()}
    assert place[2][0] > place[4][0] > place[8][0]
    assert place[7][0] < 0  # the liver is on the right
    shapes.Execute(bone)
    assert shapes.GetCentroid(1)[1] > place[8][1]  # spine and ribs, mostly behind


@pytest.mark.parametrize("name", CASES)
def test_headers(name: str) -> None:
    for path in (BUNDLED / name).glob("*.nii.gz"):
        image: Any = nib.load(path)
        np.testing.assert_array_equal(image.get_sform(), image.get_qform())
        assert image.header["sform_code"] == image.header["qform_code"] == 1
        assert nib.orientations.aff2axcodes(image.affine) == ("R", "A", "S")  # type: ignore[no-untyped-call]
        assert image.header.get_xyzt_units()[0] == "mm"
        np.testing.assert_allclose(image.header.get_zooms(), (0.8, 0.8, 2.0), rtol=1e-7)
        other: Any = SimpleITK.ReadImage(path)
        np.testing.assert_allclose(other.GetSpacing(), (0.8, 0.8, 2.0), rtol=1e-6)
        assert image.get_data_dtype() == (np.int16 if path.name == "ct.nii.gz" else np.uint8)
        assert path.read_bytes()[3:10] == bytes([0, 0, 0, 0, 0, 0, 255])  # no name, no time


@pytest.mark.parametrize("name", CASES)
def test_case_files_name_what_is_there(name: str) -> None:
    facts = tomllib.loads((BUNDLED / name / "case.toml").read_text("utf-8"))
    masks = dict(facts["masks"])
    named = {masks.pop("labelmap")["file"], facts["imaging"]["ct"], *masks.values()}
    assert named == {path.name for path in (BUNDLED / name).glob("*.nii.gz")}
    assert facts["diagnosis"] == name
    assert "chemo_liver_damage" not in facts["facts"]


@pytest.mark.parametrize("name", CASES)
def test_the_wheel_takes_every_case(name: str) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    taken = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert taken[f"sample_data/{name}"] == f"fl_planner/sample_data/{name}"
    assert taken["sample_data/truth.json"] == "fl_planner/sample_data/truth.json"


def test_the_ct_shows_what_the_masks_mark(case: Case) -> None:
    name, _, masks = case
    image: Any = nib.load(BUNDLED / name / "ct.nii.gz")
    ct = np.asarray(image.dataobj)
    sound = (masks["liver"] > 0) & (masks["tumour"] == 0)
    assert 106 <= np.median(ct[sound]) <= 114
    assert np.median(ct[masks["tumour"] > 0]) < 90
    assert ct[0, 0, 0] == -1000
    assert (ct[:, :, -1] == -850).any()
