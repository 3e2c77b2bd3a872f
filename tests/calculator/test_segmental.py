"""Formulas of segments and voxels."""

from fractions import Fraction
from typing import Any

import pytest

from tests.calculator.asking import codes, refusal, results

ML: dict[str, Any] = dict(  # SEG-01: 1350 mL
    zip(
        ("1", "2", "3", "4a", "4b", "5", "6", "7", "8"),
        ("30", "110", "130", "90", "100", "210", "190", "230", "260"),
        strict=True,
    )
)


def ask(resection: str, *, caudate: bool | None = False, ml: Any = None) -> dict[str, Any]:
    return results(
        "segments",
        resection=resection,
        caudate_resected=caudate,
        segment_nontumour_ml={**ML, **(ml or {})},
    )


@pytest.mark.parametrize(
    ("name", "removed"),
    [
        ("right hepatectomy", "5678"),
        ("Right Lobectomy", "5678"),
        ("left hepatectomy", "234"),
        ("right trisectionectomy", "45678"),
        ("right trisegmentectomy", "45678"),
        ("left trisectionectomy", "23458"),
        ("left lateral sectionectomy", "23"),
        ("left-medial-sectionectomy", "4"),
        ("right anterior sectionectomy", "58"),
        ("right_posterior_sectionectomy", "67"),
        ("central hepatectomy", "458"),
        ("mesohepatectomy", "458"),
        ("H5678", "5678"),
        ("h67", "67"),
    ],
)
def test_names_and_codes(name: str, removed: str) -> None:
    found = ask(name)
    assert (found["resected_segments"], found["new_world"]) == (removed, f"H{removed}")
    assert found["flr_segments"] == "".join(s for s in "12345678" if s not in removed)
    with_caudate = ask(name, caudate=True)
    assert with_caudate["new_world"] == f"H1{removed}"
    assert with_caudate["flr_segments"] == found["flr_segments"][1:]


def test_without_an_answer_on_the_caudate_both_are_given() -> None:
    found = ask("right hepatectomy", caudate=None)
    assert found["flr_percent"] is found["new_world"] is found["flr_segments"] is None
    assert found["flr_percent_caudate_kept"] == Fraction(46_000, 1350)
    assert found["flr_percent_caudate_resected"] == Fraction(43_000, 1350)
    assert ask("H15678", caudate=None)["flr_ml"] == 430  # the code says it


def test_a_code_with_the_caudate_and_an_answer_without() -> None:
    wrong = refusal("segments", resection="H15678", caudate_resected=False, segment_nontumour_ml=ML)
    assert (wrong.code, wrong.source) == ("calc.twice", "caudate_resected")


def test_h13_a_missing_segment_is_a_question() -> None:
    found = ask("right hepatectomy", ml={"6": None})
    assert (found["flr_ml"], found["total_ml"], found["flr_percent"]) == (460, None, None)
    assert ask("right hepatectomy", ml={"6": 0})["flr_percent"] == Fraction(46_000, 1160)
    ml = {name: amount for name, amount in ML.items() if name != "4b"}  # half of IV is not IV
    given = {"resection": "right hepatectomy", "caudate_resected": False}
    half = results("segments", **given, segment_nontumour_ml=ml)
    assert half["flr_ml"] is None
    assert codes("segments", **given, segment_nontumour_ml=ml) == ["segments.absent_or_missing"]
    assert codes("segments", **given, segment_nontumour_ml=ML) == []


def test_segments_as_people_write_them() -> None:
    ml = {"I": 30, "S2": 110, "3": 130, "IV": 190, "V": 210, "6": 190, "7": 230, "VIII": 260}
    found = results(
        "segments", resection="right hepatectomy", caudate_resected="no", segment_nontumour_ml=ml
    )
    assert found["flr_percent"] == Fraction(46_000, 1350)


@pytest.mark.parametrize(
    ("ml", "code"),
    [
        ({"4": 190}, "segments.given_twice"),  # beside its halves
        ({"IVa": 90}, "segments.given_twice"),
        ({"9": 10}, "calc.input"),
        ({"2": -1}, "calc.input"),
        ({"2": 110_000}, "calc.input"),  # mm3
    ],
)
def test_impossible_segments_are_refused(ml: dict[str, Any], code: str) -> None:
    wrong = refusal(
        "segments", resection="H5678", caudate_resected=False, segment_nontumour_ml={**ML, **ml}
    )
    assert (wrong.code, wrong.source) == (code, "segment_nontumour_ml")


def test_h09_litres_are_refused() -> None:
    litres = {name: float(ml) / 1000 for name, ml in ML.items()}
    wrong = refusal(
        "segments", resection="H5678", caudate_resected=False, segment_nontumour_ml=litres
    )
    assert wrong.code == "value.implausible"


def test_names_that_mean_two_things() -> None:
    wrong = refusal("segments", resection="left lobectomy", segment_nontumour_ml=ML)
    assert wrong.code == "segments.resection_unknown"
    assert "segments 2-3 in some texts and 2-4 in others" in wrong.reason
    near = refusal("segments", resection="right hepatectomie", segment_nontumour_ml=ML)
    assert "right hepatectomy" in near.remedy
    far = refusal("segments", resection="whipple", segment_nontumour_ml=ML)
    assert "left hepatectomy" in far.remedy


def test_extended_is_asked_about() -> None:
    given = {"caudate_resected": False, "segment_nontumour_ml": ML}
    extended = {"resection": "extended right hepatectomy", **given}
    assert codes("segments", **extended) == ["segments.extended"]
    assert results("segments", **extended)["resected_segments"] == "45678"


def test_a_resection_without_volumes_has_segments() -> None:
    found = results("segments", resection="H5678", caudate_resected=False)
    assert found["flr_segments"] == "1234"
    assert found["flr_ml"] is found["flr_percent"] is None


def affine(edge: float = 1.0, shear: float = 0.0) -> list[list[float]]:
    return [[edge, shear, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


def test_volumes_are_by_the_determinant() -> None:
    found = results("volume_from_affine", voxel_count=1000, affine_mm=affine(2.5, 0.25))
    assert (found["voxel_volume_mm3"], found["volume_ml"]) == (Fraction("2.5"), Fraction("2.5"))
    flipped = results("volume_from_affine", voxel_count=1000, affine_mm=affine(-2.5))
    assert flipped["volume_ml"] == Fraction("2.5")
    assert results("volume_from_affine", affine_mm=affine()[:3])["volume_ml"] is None
    assert results("volume_from_affine", voxel_count=0, affine_mm=affine())["volume_ml"] == 0


# three axes 60 degrees and a hair apart, half a millionth of a mm from one plane
SIXTY = [
    [1, "0.5", "-0.5", 0],
    [0, "0.8660254037845", "0.8660254037845", 0],
    [0, 0, "0.0000005", 0],
    [0, 0, 0, 1],
]


@pytest.mark.parametrize(
    ("matrix", "code"),
    [
        (affine(0.0008), "value.implausible"),  # metres
        (affine(800), "value.implausible"),  # microns
        (affine(0), "value.implausible"),
        (affine(1, 1), "geometry.sheared"),  # 45 degrees apart
        ([[2, 1, -1, 0], [0, 2, 2, 0], [0, 0, 0, 0], [0, 0, 0, 1]], "geometry.sheared"),
        (SIXTY, "geometry.singular"),
        (affine()[:2], "calc.input"),
        ([[1, 0, 0]] * 4, "calc.input"),
        ([*affine()[:3], [0, 0, 0, 2]], "calc.input"),
        ([*affine()[:3], [0, 0, 0, "NaN"]], "calc.input"),
    ],
)
def test_h01_matrices_in_other_units_are_refused(matrix: object, code: str) -> None:
    wrong = refusal("volume_from_affine", voxel_count=1, affine_mm=matrix)
    assert (wrong.code, wrong.source) == (code, "affine_mm")


def test_h16_a_segment_of_nearly_nothing_is_queried() -> None:
    """A segment that failed is not 0 mL: without VIII, 450 of 1350 mL would be 41 %, not 33 %."""
    given = {"resection": "right hepatectomy", "caudate_resected": False}
    for small in ("0", "0.26", "4.9"):
        found = codes("segments", **given, segment_nontumour_ml={**ML, "8": small})
        assert found == ["segments.nearly_zero"]
    assert codes("segments", **given, segment_nontumour_ml={**ML, "1": "5"}) == []
