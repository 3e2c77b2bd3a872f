"""Arrays, nibabel, SimpleITK and files: the same bytes but for the sources' names."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fl_planner
from tests.workup.python.kinds import Array, Drawn, Words, give, told

SHAPE = (40, 36, 30)
KINDS = ("array", "nibabel", "simpleitk")
ORIGIN = (-90.0, -80.5, 40.25)
UPRIGHT = np.diag([5.0, 5.0, 5.0])
FLIPPED = np.diag([-5.0, -5.0, 5.0])  # as most scanners store
THICK = np.diag([-4.5, -4.5, 6.0])
SIDEWAYS = np.array([[0.0, 0.0, 5.0], [-5.0, 0.0, 0.0], [0.0, 5.0, 0.0]])  # sagittal layers
TURNED = np.array([[3.0, -4.0, 0.0], [4.0, 3.0, 0.0], [0.0, 0.0, 5.0]])  # 53 degrees about z
OBLIQUE = np.array([[3.0, -3.2, 2.4], [4.0, 2.4, -1.8], [0.0, 3.0, 4.0]])  # and 37 about x


def affine(edges: Array, origin: Any = ORIGIN) -> Array:
    whole = np.eye(4)
    whole[:3, :3], whole[:3, 3] = edges, origin
    return whole


def block(*spans: tuple[int, int], kind: Any = np.uint8, label: float = 1) -> Array:
    voxels = np.zeros(SHAPE, dtype=kind)
    voxels[tuple(slice(*span) for span in spans)] = label
    return voxels


LIVER = block((6, 32), (6, 28), (5, 25))
TUMOUR = block((25, 29), (10, 15), (9, 14))
OTHER = block((9, 11), (20, 23), (15, 18))
FLR = block((6, 16), (6, 28), (5, 25))
CUT = block((16, 32), (6, 28), (5, 25))
CYST = block((20, 23), (22, 26), (10, 13))


def segments() -> Array:
    voxels = np.zeros(SHAPE, dtype=np.uint8)
    for number in range(8):
        i, j, k = number % 2, number // 2 % 2, number // 4
        voxels[6 + 13 * i : 19 + 13 * i, 6 + 11 * j : 17 + 11 * j, 5 + 10 * k : 15 + 10 * k] = (
            number + 1
        )
    return voxels


def soft() -> Array:
    """Blur the liver: fractions of many values, cut at one half."""
    values: Array = LIVER.astype(np.float32)
    for axis in (0, 1, 2, 0, 1, 2):
        values = (np.roll(values, 1, axis) + 2 * values + np.roll(values, -1, axis)) / 4
    return values


def scan() -> Array:
    values = np.full(SHAPE, -1000, dtype=np.int16)
    values[2:38, 2:34, :] = 40
    values[LIVER > 0] = 110
    return values


def masks(edges: Array = FLIPPED, origin: Any = ORIGIN, **others: Any) -> Words:
    place = affine(edges, origin)
    drawn = {"liver": LIVER, "tumour": TUMOUR, "flr": FLR, **others}
    return {
        name: Drawn(one, place) if isinstance(one, np.ndarray) else one
        for name, one in drawn.items()
        if one is not None
    }


def at(voxels: Array, edges: Array = FLIPPED) -> Drawn:
    return Drawn(voxels, affine(edges))


def shifted() -> Drawn:
    """Crop the FLR to its box: another shape and origin on the same lattice."""
    place = affine(FLIPPED)
    place[:3, 3] = (place @ [4, 5, 4, 1])[:3]
    return Drawn(FLR[4:20, 5:30, 4:27].copy(), place)


def finer() -> Drawn:
    """Draw the FLR on voxels of half the size."""
    place = affine(FLIPPED / 2)
    place[:3, 3] += FLIPPED @ [-0.25, -0.25, -0.25]
    return Drawn(FLR.repeat(2, 0).repeat(2, 1).repeat(2, 2), place)


CASES: dict[str, Words] = {
    "upright": masks(UPRIGHT),
    "as scanners store": masks(FLIPPED),
    "anisotropic": masks(THICK),
    "sagittal layers": masks(SIDEWAYS),
    "turned about z": masks(TURNED),
    "oblique twice": masks(OBLIQUE, diagnosis="crlm"),
    "a label map and its remnant": {"labelmap": at(segments()), "remnant_segments": (2, 3, 4, 1)}
    | {"no_tumour": True},
    "a label map of a scheme": {"labelmap": at(LIVER + TUMOUR), "scheme": "lits"},
    "a label map beside masks": masks(labelmap=segments(), diagnosis="crlm"),
    "a probability map": masks(liver=soft(), tumour=None, no_tumour=True),
    "a background of -1": masks(liver=2 * LIVER.astype(np.int16) - 1),
    "a label of 255 in doubles": masks(liver=255.0 * LIVER),
    "a CT": masks(ct=scan()),
    "a treated area": masks(treated=block((16, 32), (6, 28), (5, 25)), lung_dose=12.5),
    "a cyst left out": masks() | {"exclude": {"cyst": at(CYST)}},
    "vessels": masks() | {"vessel": {"PV": at(CYST), "RHV": at(OTHER)}},
    "a spleen": masks(spleen=block((1, 4), (6, 16), (5, 15)), height_cm=180, weight_kg=80),
    "a second reader": masks() | {"second_reader": {"flr": at(block((6, 17), (6, 28), (5, 25)))}},
    "what is to be removed": masks(flr=None, resected=CUT, chemo_damage=True),
    "two files of a tumour": masks() | {"tumour": [at(TUMOUR), at(OTHER)]},
    "lesions by label": masks(tumour=TUMOUR + 2 * OTHER),
    "no voxel of tumour": masks(tumour=0 * TUMOUR),
    "cropped to its box": masks() | {"flr": shifted()},
    "brought onto the finest": masks(resample=True) | {"flr": finer()},
    "voxel size not set": masks(np.eye(3), (0.0, 0.0, 0.0), liver=LIVER, tumour=None, flr=None)
    | {"no_tumour": True},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_four_kinds_of_image_give_the_same_bytes(name: str, tmp_path: Path) -> None:
    words = CASES[name]
    by_file = told(fl_planner.plan, dict.fromkeys(words, "file"), words, tmp_path)
    for kind in KINDS:
        assert told(fl_planner.plan, dict.fromkeys(words, kind), words, tmp_path) == by_file, kind


def test_kinds_mixed_in_one_case_give_the_same_bytes(tmp_path: Path) -> None:
    words = masks(ct=scan(), diagnosis="crlm")
    mixed = dict(zip(("liver", "tumour", "flr", "ct"), ("file", *KINDS), strict=True))
    by_file = told(fl_planner.plan, dict.fromkeys(words, "file"), words, tmp_path)
    assert told(fl_planner.plan, mixed, words, tmp_path) == by_file


def test_the_hash_is_of_the_voxels_whoever_holds_them() -> None:
    image = at(LIVER)
    results = [
        fl_planner.volume(liver=give(kind, image, Path(), "liver"), no_tumour=True)
        for kind in KINDS
    ]
    assert len({one["inputs"][0]["sha256"] for one in results}) == 1
    assert [one["inputs"][0]["file"] for one in results] == [
        "array liver", "nibabel image liver", "SimpleITK image liver",
    ]  # fmt: skip
    moved = fl_planner.volume(liver=Drawn(LIVER, affine(UPRIGHT)).as_array(), no_tumour=True)
    assert moved["inputs"][0]["sha256"] != results[0]["inputs"][0]["sha256"]
