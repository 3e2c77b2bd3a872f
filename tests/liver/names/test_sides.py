"""Sides that names promise, in several languages, and where the part lies."""

from pathlib import Path
from shutil import copy

import pytest

from fl_planner.liver.misplacement import find_named_sides
from fl_planner.liver.names.sides import read_side
from tests.cli.outside import BUNDLED, ask
from tests.masks import liver_part, small_liver

LIVER = small_liver().liver
LEFT = liver_part([[1, 7, 1, 11, 1, 11]], "flr")  # of the patient: 6 of 15 cm
RIGHT = liver_part([[7, 16, 1, 11, 1, 11]], "flr")
MIDDLE = liver_part([[5, 12, 1, 11, 1, 11]], "flr")


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("right lobe", "right"), ("FLR_left", "left"), ("Rechter Leberlappen", "right"),
        ("lobe gauche", "left"), ("linker leverkwab", "left"), ("lobo derecho", "right"),
        ("右葉", "right"), ("segment VIII", "right"), ("S2+S3", "left"), ("S23", "left"),
        ("Segmente 5/6/7/8", "right"), ("liver_segment_2_3_4a", "left"),
        ("liver_segment_2_3_4b", "left"),
        ("left lateral section (S2/3)", "left"),
        ("FLR", None), ("S4", None), ("S4-8", None), ("S1", None), ("left and right", None),
        ("S5 left", None), ("FLR 2", None), ("FLR after right hepatectomy", None),
        ("not right", None), ("without S2+S3", None), ("Tumour S8", None), ("", None),
        ("s9", None), ("Right_John", None),
        ("liver_L", "left"), ("Liver_R", "right"), ("LHL", "left"), ("RHL mask", "right"),
        ("LLS", "left"), ("liver_r", None), ("liver_R1", None), ("Lung_L", None),
        ("Liver_R_2", None), ("Liver_R_mask", "right"),
    ],
)  # fmt: skip
def test_the_side_of_a_name(name: str, side: str | None) -> None:
    assert read_side(name) == side


def test_h02_a_part_on_the_other_side_than_its_name_is_reported() -> None:
    """The centres are 4.5 cm and 3 cm from that of the liver, 15 cm wide."""
    parts = [("S2+S3", LEFT), ("right lobe", LEFT), ("left", RIGHT), ("S8", RIGHT), ("S8", MIDDLE)]
    found = [*find_named_sides(LIVER, parts)]
    assert [one.code for one in found] == ["remnant.named_side"] * 2
    assert "is named right lobe, but its centre is 45 mm to the patient's left" in found[0].message
    assert "is named left, but its centre is 30 mm to the patient's right" in found[1].message
    assert not [*find_named_sides(LIVER, [("left", RIGHT - RIGHT)])]


def test_a_numbered_segmentation_of_a_remnant_promises_no_side() -> None:
    """A remnant is never one segment: the second file or subject is meant."""
    assert not [*find_named_sides(LIVER, [(one, RIGHT) for one in ("flr_seg_2", "S2", "FLR s3")])]
    (found,) = find_named_sides(LIVER, [("S2", RIGHT.renamed("resected"))])
    assert "is named S2" in found.message
    assert [*find_named_sides(LIVER, [("FLR seg 2-3", RIGHT)])]


def test_h02_the_name_of_a_file_is_compared_with_its_place(tmp_path: Path) -> None:
    """The bundled FLR is segments II and III."""
    codes = {}
    for name in ("right lobe", "S2+S3"):
        flr = copy(BUNDLED / "crlm" / "flr.nii.gz", tmp_path / f"{name}.nii.gz")
        ran = ask("volume", "--liver", BUNDLED / "crlm" / "liver.nii.gz", "--flr", flr, "--json")
        codes[name] = {one["code"] for one in ran.record["findings"]}
    assert "remnant.named_side" in codes["right lobe"]
    assert "remnant.named_side" not in codes["S2+S3"]
